"""The adapters of Scripts/sms against servers of ours that answer as the providers' documents say:
accepted, refused in a 200, slow, cut off after the request was taken, twice, late; and the daemons
of Debian. Neither number nor text stands in any argument.
"""

import http.server
import os
import shutil
import sqlite3
import subprocess
import threading
import time
import urllib.parse

import pytest

from conftest import ROOT
from test_smtp import Watcher

NUMBER = "+886912345678"
TEXT = "12345678 是「測試\\\"𠮷·'」驗證碼"
NAME = "iauth-abcdefgh-17"


class Provider(http.server.BaseHTTPRequestHandler):
    """One provider; what it answers next, and what it was asked."""

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {key: values[0] for key, values in urllib.parse.parse_qs(body).items()}
        server.got.append(form)
        status, answer = server.answer(form)
        if answer is None:
            # The request was taken, and the connection ends.
            self.connection.close()
            return
        if answer == "slow":
            time.sleep(6)
            answer = ""
        try:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer.encode())
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def provider(tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.got = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.conf = tmp_path / "conf"
    server.conf.write_text(f'url = "http://127.0.0.1:{server.server_port}/"\n'
                           'data-urlencode = "username=agency"\ndata-urlencode = "password=pa ss"\n')
    server.conf.chmod(0o600)
    yield server
    server.shutdown()
    server.server_close()


def run(adapter, *words, stdin=f"{NUMBER}\n{TEXT}\n", name=NAME):
    """As iauth starts it: two variables and the name."""
    ended = subprocess.run(
        [ROOT / "Scripts/sms" / adapter, *map(str, words)], input=stdin.encode(),
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "IAUTH_MESSAGE_ID": name},
        capture_output=True, timeout=20)
    return ended.returncode, ended.stdout.decode()


def mitake(code, more="", sent="msgid=#000000013\r\n"):
    return 200, f"[1]\r\n{sent}statuscode={code}\r\n{more}AccountPoint=126\r\n"


@pytest.mark.parametrize("code, status", [
    ("0", 0), ("1", 0), ("2", 0), ("4", 0), ("5", 65), ("6", 65), ("v", 65), ("u", 65), ("t", 65),
    ("e", 75), ("k", 75), ("f", 75), ("r", 75), ("*", 75), ("s", 75), ("?", 1),
])
def test_mitake_is_judged_by_its_body(provider, code, status):
    provider.answer = lambda form: mitake(code)
    assert run("mitake", provider.conf) == (status, "id=#000000013\n" if status == 0 else "")
    assert provider.got == [{"username": "agency", "password": "pa ss", "dstaddr": "0912345678",
                             "smbody": TEXT, "clientid": NAME}]


def test_mitake_takes_a_message_once(provider):
    """Its answer is lost; the second time the gateway knows the id, and so nothing is sent twice."""
    taken = {}

    def answer(form):
        if form["clientid"] in taken:
            return mitake("1", "Duplicate=Y\r\n")
        taken[form["clientid"]] = form["smbody"]
        return 200, None

    provider.answer = answer
    assert run("mitake", provider.conf)[0] not in (0, 65)
    assert run("mitake", provider.conf) == (0, "id=#000000013\n")
    assert taken == {NAME: TEXT}


@pytest.mark.parametrize("answer", [(200, "slow"), (200, ""), (500, "<html>"), (200, None),
                                    (200, "statuscode=\r\n")])
@pytest.mark.parametrize("adapter", ["mitake", "every8d"])
def test_what_nobody_knows_is_unknown(provider, adapter, answer):
    provider.answer = lambda form: answer
    assert run(adapter, provider.conf)[0] not in (0, 65)


def test_mitake_reports(provider):
    provider.answer = lambda form: (200, "".join(
        f"#{n}\t{code}\t20260302100000\r\n" for n, code in enumerate("48562107")))
    assert run("mitake", "--report", provider.conf, stdin="#0\n#1\n")[1] == \
        "#0 delivered\n#1 expired\n#2 failed\n#3 failed\n#7 failed\n"
    assert provider.got[0]["msgid"] == "#0,#1"


@pytest.mark.parametrize("answer, status", [
    ("79.0,1,1.0,0,220478cc-8506-49b2-93b7-2505f651c12e", 0), ("79.0,0,0.0,1,220478cc", 65),
    ("-24,sms content is empty", 65), ("-300,驗證失敗", 75), ("-99,system error", 75), ("79.0", 1),
])
def test_every8d_is_judged_by_its_body(provider, answer, status):
    provider.answer = lambda form: (200, answer)
    found, out = run("every8d", provider.conf)
    assert found == status
    assert out == (f"id={answer.split(',')[4]}\n" if status == 0 else "")
    assert (provider.got[0]["DEST"], provider.got[0]["MSG"]) == ("0912345678", TEXT)


def test_every8d_reports(provider):
    states = {"a": "100", "b": "101", "c": "103", "d": "0"}
    provider.answer = lambda form: (
        200, f"1\r\n\t+886912345678\t2026/03/02 10:00:00\t1.0\t{states[form['BID']]}\r\n")
    assert run("every8d", "--report", provider.conf, stdin="a\nb\nc\nd\n")[1] == \
        "a delivered\nb expired\nc failed\n"


def test_http_is_judged_by_its_status(provider):
    for status, expected in [(200, 0), (202, 0), (400, 65), (401, 75), (503, 75), (500, 1)]:
        provider.answer = lambda form: (status, "x")
        assert run("http", provider.conf)[0] == expected, status
    assert (provider.got[0]["to"], provider.got[0]["text"], provider.got[0]["id"]) == \
        (NUMBER, TEXT, NAME)


@pytest.mark.parametrize("adapter", ["mitake", "every8d", "http"])
def test_a_configuration_that_others_may_read_is_refused(provider, adapter):
    provider.answer = lambda form: mitake("1")
    provider.conf.chmod(0o640)
    assert run(adapter, provider.conf)[0] == 75 and not provider.got


@pytest.mark.parametrize("adapter", ["mitake", "every8d", "http", "gammu", "smstools"])
@pytest.mark.parametrize("number", ["", "0912345678", "+88691234567a", "-oX", "+886'; DROP"])
def test_what_is_no_number_is_refused(provider, adapter, number, tmp_path):
    place = provider.conf
    if adapter == "gammu":
        place = tmp_path / "smsd.db"
        place.touch()
    assert run(adapter, place, stdin=f"{number}\ntext\n")[0] in (65, 1)
    assert not provider.got


@pytest.mark.parametrize("adapter", ["mitake", "every8d", "http"])
def test_nothing_of_the_message_is_an_argument(provider, adapter):
    def answer(form):
        time.sleep(0.3)
        return mitake("1") if adapter == "mitake" else (200, "1,1,1,0,x")

    provider.answer = answer
    # Other tests run beside this one: these are nobody else's.
    watcher = Watcher(["955013579", "97531864", "pa ss"])
    watcher.start()
    try:
        assert run(adapter, provider.conf, stdin="+886955013579\n驗證碼：97531864\n")[0] == 0
    finally:
        watcher.over = True
        watcher.join()
    assert any(b"curl" in word for word in watcher.seen)
    assert not watcher.found


# Daemons

GAMMU = """
CREATE TABLE outbox (UpdatedInDB NUMERIC NOT NULL DEFAULT (datetime('now')), InsertIntoDB NUMERIC,
  SendingDateTime NUMERIC, SendBefore time, SendAfter time, Text TEXT, DestinationNumber TEXT NOT NULL
  DEFAULT '', Coding TEXT NOT NULL DEFAULT 'Default_No_Compression', UDH TEXT, Class INTEGER DEFAULT
  '-1', TextDecoded TEXT NOT NULL DEFAULT '', ID INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  MultiPart TEXT NOT NULL DEFAULT 'false', RelativeValidity INTEGER DEFAULT '-1', SenderID TEXT,
  SendingTimeOut NUMERIC, DeliveryReport TEXT DEFAULT 'default', CreatorID TEXT NOT NULL,
  Retries INTEGER DEFAULT 0, Priority INTEGER DEFAULT 0, Status TEXT NOT NULL DEFAULT 'Reserved',
  StatusCode INTEGER NOT NULL DEFAULT -1);
CREATE TABLE sentitems (ID INTEGER, CreatorID TEXT NOT NULL, Status TEXT NOT NULL DEFAULT
  'SendingOK');
"""


def schema():
    """gammu-smsd's own, where it is installed."""
    for place in ("/usr/share/doc/gammu-smsd/examples/sqlite.sql.gz",
                  "/usr/share/doc/gammu-smsd/examples/docs/sql/sqlite.sql.gz",
                  "/usr/share/doc/gammu-smsd/examples/sqlite.sql"):
        if os.path.exists(place):
            return subprocess.run(["zcat", "-f", place], capture_output=True, text=True).stdout
    return GAMMU


def test_gammu_gets_each_message_once(tmp_path):
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed")
    path = tmp_path / "smsd.db"
    with sqlite3.connect(path) as db:
        db.executescript(schema())
    for _ in range(2):
        assert run("gammu", path) == (0, f"id={NAME}\n")
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT DestinationNumber, TextDecoded, CreatorID, Coding FROM outbox"
                          ).fetchall() == [(NUMBER, TEXT, NAME, "Unicode_No_Compression")]
        columns = {row[1] for row in db.execute("PRAGMA table_info(sentitems)")}
        fill = {"Text": "", "UDH": "", "SenderID": ""} if "Text" in columns else {}
        for number, status in enumerate(["DeliveryOK", "DeliveryFailed", "SendingOK", "Error"]):
            row = {"ID": number + 1, "CreatorID": f"iauth-abcdefgh-{number}", "Status": status} | fill
            db.execute(f"INSERT INTO sentitems ({', '.join(row)}) VALUES"
                       f" ({', '.join('?' * len(row))})", list(row.values()))
    assert run("gammu", "--report", path)[1] == \
        "iauth-abcdefgh-0 delivered\niauth-abcdefgh-1 failed\niauth-abcdefgh-3 failed\n"


def test_smstools_gets_each_message_once(tmp_path):
    for name in ("outgoing", "checked", "sent", "failed", "incoming"):
        (tmp_path / name).mkdir()
    assert run("smstools", tmp_path) == (0, f"id={NAME}\n")
    path = tmp_path / "outgoing" / NAME
    assert path.read_text() == f"To: 886912345678\nAlphabet: UTF-8\nReport: yes\n\n{TEXT}"
    assert path.stat().st_mode & 0o777 == 0o660
    path.rename(tmp_path / "checked" / NAME)
    assert run("smstools", tmp_path) == (0, f"id={NAME}\n")
    assert not list((tmp_path / "outgoing").iterdir())
    for number, status in enumerate(["0,Ok", "70,Permanent error: SM validity period expired",
                                     "48,Temporary error", "65,Permanent error"]):
        (tmp_path / "sent" / f"iauth-abcdefgh-{number}").write_text(
            f"To: 886912345678\nMessage_id: {100 + number}\n\nx")
        (tmp_path / "incoming" / f"GSM1.{number}").write_text(
            f"From: 886912345678\n\nSMS STATUS REPORT\nMessage_id: {100 + number}\n"
            f"Status: {status}\n")
    (tmp_path / "failed" / "iauth-abcdefgh-9").write_text("To: 886912345678\n\nx")
    assert sorted(run("smstools", "--report", tmp_path)[1].splitlines()) == [
        "iauth-abcdefgh-0 delivered", "iauth-abcdefgh-1 expired", "iauth-abcdefgh-3 failed",
        "iauth-abcdefgh-9 failed"]
