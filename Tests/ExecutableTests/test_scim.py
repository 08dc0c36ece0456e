"""Scripts/feed/scim against a real SCIM server (scim2-server of PyPI) behind a line that breaks.

By hand with more people and kills: SCIM_PEOPLE=60 SCIM_KILLS=40 pytest Tests/ExecutableTests/test_scim.py
"""

import http.client
import http.server
import json
import os
import random
import sqlite3
import subprocess
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import CHIEF, IAUTH, MING, ROOT, clerk

PEOPLE = int(os.environ.get("SCIM_PEOPLE", 3))
KILLS = int(os.environ.get("SCIM_KILLS", 3))
TOKEN = "kXo7-geheim-Qz"
ADMINS, USERS = "管考系統管理者", 'users "spm" \\ 1'


class Line(BaseHTTPRequestHandler):
    """A proxy that fails as servers and networks do, before the request was done or after."""

    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    rate, dice, target, store = 0.0, random.Random(1), None, 0
    seen, done = 0, 0
    # Called with each request before it is passed on, or says what is answered instead.
    look = staticmethod(lambda line: None)
    # A place that nothing is taken for.
    refused = None

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Line.seen += 1
        self.body = body.decode()
        if said := Line.look(self) or self.path == Line.refused and (400, {}, ""):
            self.send_response(said[0])
            for name, value in said[1].items() | {("Content-Length", len(said[2]))}:
                self.send_header(name, value)
            self.end_headers()
            return self.wfile.write(said[2].encode())
        fate = Line.dice.random() if Line.dice.random() < Line.rate else None
        if fate is not None and fate < 0.5:
            return self.fail(fate * 2)
        upstream = http.client.HTTPConnection("127.0.0.1", Line.target)
        upstream.request(self.command, f"/s{Line.store}{self.path}", body, {
            name: value for name, value in self.headers.items() if name not in ("Host",)})
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        Line.done += 1
        if fate is not None:
            return self.fail(fate * 2 - 1)
        self.send_response(answer.status)
        for name in ["Content-Type", "Location"]:
            if answer.headers.get(name):
                self.send_header(name, answer.headers[name])
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def fail(self, how):
        if how < 0.25:
            self.close_connection = True
            return self.connection.close()
        status, header = (429, "0") if how < 0.5 else (
            (503, time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())) if how < 0.75
            else (500, None))
        self.send_response(status)
        if header:
            self.send_header("Retry-After", header)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def scim():
    """The port of a server, which has a store of its own for each word that a path begins with."""
    programs = subprocess.run([ROOT / "Scripts/install-pypi", "scim2-server==0.8.3"], check=True,
                              capture_output=True, text=True).stdout.strip()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    process = subprocess.Popen([f"{programs}/scim2-server", "--port", str(port), "--bearer-token", TOKEN,
                                "--dynamic-tenants"], stderr=subprocess.DEVNULL)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def server(scim):
    """An empty server behind a line."""
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    Line.target, Line.store = scim, Line.store + 1
    proxy.handle_error = lambda *_: None
    threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
    Line.rate, Line.dice = 0.0, random.Random(20_270_101)
    Line.look, Line.refused = staticmethod(lambda line: None), None
    base = f"http://127.0.0.1:{proxy.server_port}"
    for _ in range(200):
        try:
            ask(base, "/Users")
            break
        except OSError:
            time.sleep(0.1)
    yield base
    proxy.shutdown()
    proxy.server_close()


def ask(base, path, method="GET", body=None):
    rate, Line.rate = Line.rate, 0.0
    try:
        line = http.client.HTTPConnection(base.removeprefix("http://"))
        line.request(method, path, json.dumps(body) if body else None, {
            "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"})
        answer = line.getresponse()
        content = answer.read()
        if answer.status >= 500:
            raise OSError(answer.status)
        return json.loads(content) if content else None
    finally:
        Line.rate = rate


def state(base):
    """What the server has: mailbox to (active, groups, roles), of those who have an externalId."""
    users = ask(base, "/Users?count=1000").get("Resources", [])
    groups = ask(base, "/Groups").get("Resources", [])
    names = [group["displayName"] for group in groups]
    assert len(names) == len(set(names))
    found = {}
    for user in users:
        inside = {group["displayName"] for group in groups
                  for member in group.get("members", []) if member["value"] == user["id"]}
        found[user["userName"]] = (
            user["active"], inside, {role["value"] for role in user.get("roles", [])})
    assert len(found) == len(users), "nobody is there twice"
    return found


class Adapter:
    def __init__(self, desk, base, tmp_path, ended="deactivate"):
        self.desk, self.place = desk, tmp_path
        (tmp_path / "map").write_text(
            f"# who is what\nbase {base}/\nsystem spm\nadmin group {ADMINS}\n"
            f"admin group {USERS}\ngeneral group {USERS}\nadmin role manager\n"
            f"ended {ended}\ntries 12\npause 0.02\n")
        (tmp_path / "conf").write_text(f'header = "Authorization: Bearer {TOKEN}"\n')
        (tmp_path / "conf").chmod(0o600)

    def start(self, *words, under=()):
        environment = self.desk.environment | {
            "STATE_DIRECTORY": str(self.place / "state"), "IAUTH": IAUTH}
        return subprocess.Popen(
            [*under, ROOT / "Scripts/feed/scim", *words, self.place / "map", self.place / "conf"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)

    def run(self, *words, **options):
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=300)
        assert out == ""
        return process.returncode, err


def expected(desk):
    """The same from the list of permissions, which is another way than the feed."""
    held = {}
    for account, email, role in desk.rows(
            "SELECT a.id, a.email, p.role FROM permission p JOIN account a ON a.id = p.account"
            " JOIN system s ON s.id = p.system WHERE p.status = 'active' AND a.status = 'active'"
            " AND s.code = 'spm' AND p.starts_at <= unixepoch()"):
        held.setdefault(email, set()).add(role)
    return {email: (True, {USERS} | ({ADMINS} if "admin" in roles else set()),
                    {"manager"} if "admin" in roles else set())
            for email, roles in held.items()}


def acknowledged(desk):
    return desk.one("permissions", "--acknowledge", 0)


def test_it_converges_however_the_line_breaks(desk, server, tmp_path):
    adapter = Adapter(desk, server, tmp_path)
    own = ask(server, "/Users", "POST", {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "root@target.tw",
        "active": True, "roles": [{"value": "owner"}]})
    people = [clerk(number) for number in range(PEOPLE)]
    accounts, numbers = {}, {}
    for person in people:
        accounts[person] = desk.join(person)["account"]
        numbers[person] = desk.request(person)
    desk.ok("approve", *numbers.values(), session=MING)
    Line.rate = 0.3
    for kill in range(KILLS):
        process = adapter.start()
        time.sleep(Line.dice.uniform(0.05, 0.8))
        process.kill() if kill % 2 else process.terminate()
        os.killpg(process.pid, 9)
        process.communicate()
        if kill == KILLS // 2:
            # A revocation comes while it is at work.
            gone = people[0]
            desk.ok("revoke", numbers[gone], "--reason", "調職", session=MING)
            desk.ok("accounts", "--suspend", accounts[people[1]], "--reason", "調查")
    # Two at a time, and again until it is done.
    pair = [adapter.start(), adapter.start()]
    assert {process.wait(timeout=200) for process in pair} <= {0, 75}
    for _ in range(20):
        status, err = adapter.run()
        if status == 0:
            break
        assert status == 75 and "@" not in err and "geheim" not in err, err
    assert status == 0
    assert Line.seen > Line.done > 0
    found = state(server)
    assert found.pop("root@target.tw") == (True, set(), {"owner"})
    active = {mail: what for mail, what in found.items() if what[0]}
    assert active == expected(desk)
    assert all(what[1:] == (set(), set()) for what in found.values() if not what[0])
    line = acknowledged(desk)
    assert line["acknowledged"] == line["last"]
    # Nothing is left to do: it only asks.
    Line.rate, before = 0.0, ask(server, "/Users?count=1000")
    assert adapter.run("--all")[0] == 0
    assert ask(server, "/Users?count=1000") == before
    assert own["id"] in {user["id"] for user in before["Resources"]}


def test_changes_arrive_and_keep_the_user(on_clock, server, tmp_path):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    adapter = Adapter(desk, server, tmp_path)
    one, two, later = clerk(1), clerk(2), clerk(3)
    # A user of the target's own with the mailbox of somebody who gets a permission becomes theirs.
    ask(server, "/Users", "POST", {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": two.email,
        "active": False, "roles": [{"value": "auditor"}], "nickName": "阿二"})
    account = desk.join(one)["account"]
    desk.join(two)
    first, second = desk.request(one), desk.request(two)
    desk.join(later)
    start, end = desk.clock.date() + timedelta(days=2), desk.clock.date() + timedelta(days=3)
    third = desk.request(later, "general", "--from", start, "--until", end)
    desk.ok("approve", first, second, third, session=MING)
    assert adapter.run() == (0, "")
    assert later.email not in state(server), "their day has not come"
    found = state(server)
    assert found[one.email] == (True, {USERS}, set())
    assert found[two.email] == (True, {USERS}, {"auditor"})
    assert found[MING.email] == found[CHIEF.email] == (True, {USERS, ADMINS}, {"manager"})
    users = {user["userName"]: user for user in ask(server, "/Users?count=99")["Resources"]}
    assert users[two.email]["nickName"] == "阿二"
    user = users[one.email]
    assert user["externalId"] == f"iauth-{account}" and user["displayName"] == one.name
    # Another address is the same user.
    with_new = type(one)(one.session, one.name, "new1@cdc.gov.tw", one.mobile)
    desk.clock += timedelta(minutes=2)
    desk.prove(desk.apply(with_new), with_new)
    assert adapter.run() == (0, "")
    users = {user["userName"]: user for user in ask(server, "/Users?count=99")["Resources"]}
    assert users["new1@cdc.gov.tw"]["id"] == user["id"] and one.email not in users
    desk.clock += timedelta(days=2)
    assert adapter.run() == (0, "")
    assert state(server)[later.email] == (True, {USERS}, set()), "it has, and nothing else changed"
    desk.clock += timedelta(days=2)
    desk.sign_in(MING)
    desk.ok("revoke", first, "--reason", "調職", session=MING)
    desk.ok("revoke", second, "--reason", "調職", session=MING)
    assert adapter.run() == (0, "")
    found = state(server)
    assert found[later.email] == (False, set(), set())
    assert found["new1@cdc.gov.tw"] == (False, set(), set())
    assert found[two.email] == (False, set(), {"auditor"})
    # Erased, they are not named again; with `ended delete` they are gone.
    desk.ok("accounts", "--erase", account, "--reason", "請求刪除")
    adapter = Adapter(desk, server, tmp_path, ended="delete")
    assert adapter.run("--all") == (0, "")
    assert set(state(server)) == {MING.email, CHIEF.email}


def test_who_loses_something_does_not_wait_for_the_others(desk, server, tmp_path):
    """A permission that is taken away while many are granted is gone there before they are."""
    adapter = Adapter(desk, server, tmp_path)
    with open(tmp_path / "map", "a", encoding="utf-8") as file:
        file.write("batch 1\nturn 0\n")
    people = [clerk(number) for number in range(1, 5)]
    for person in people:
        desk.join(person)
    numbers = [desk.request(person) for person in people]
    desk.ok("approve", numbers[0], session=MING)
    assert adapter.run() == (0, "")
    desk.ok("approve", *numbers[1:], session=MING)
    made, gone = [], []

    def look(line):
        if line.command == "POST":
            made.append(line.path)
            if len(made) == 2:
                desk.ok("revoke", numbers[0], "--reason", "調職", session=MING)
        elif made and line.command == "PATCH" and line.path.startswith("/Users/"):
            gone.append(len(made))

    Line.look = staticmethod(look)
    assert adapter.run() == (0, "")
    assert (len(made), gone) == (3, [2]), "after the one that was just being made"
    assert state(server)[people[0].email] == (False, set(), set())
    assert all(state(server)[person.email][0] for person in people[1:])
    # Where nothing is new the server is left alone.
    before = Line.seen
    assert adapter.run() == (0, "")
    assert Line.seen == before


def test_it_says_what_is_wrong_and_shows_nothing(desk, server, tmp_path):
    adapter = Adapter(desk, server, tmp_path)
    (tmp_path / "conf").chmod(0o640)
    assert adapter.run()[0] == 78
    (tmp_path / "conf").chmod(0o600)
    # Whoever looks at the list of processes sees neither what lets us in, nor anybody.
    trace = tmp_path / "trace"
    status, err = adapter.run(
        under=["strace", "-f", "-qq", "-s", "4096", "-e", "trace=execve", "-o", str(trace)])
    assert (status, err) == (0, "")
    seen = trace.read_text()
    assert "curl" in seen and TOKEN not in seen and "@cdc" not in seen and "李小明" not in seen
    assert "\\346\\235\\216" not in seen, "nor their name in octal"
    (tmp_path / "conf").write_text('header = "Authorization: Bearer wrong"\n')
    desk.join(clerk(1))
    desk.ok("approve", desk.request(clerk(1)), session=MING)
    status, err = adapter.run()
    assert status == 78 and "401" in err
    line = acknowledged(desk)
    assert line["acknowledged"] < line["last"], "what was not done is not acknowledged"
    text = (tmp_path / "map").read_text()
    (tmp_path / "map").write_text(text.replace("base http://127.0.0.1", "base http://192.0.2.1"))
    assert adapter.run()[0] == 78, "no secret over an open line"
    for line in ["turn soon", "tries 0", "tries -1", "pause 1.", "batch 0", "batch 1 2"]:
        (tmp_path / "map").write_text(f"{line}\n{text.partition('tries')[0]}")
        status, err = adapter.run()
        assert status == 78 and f"{line.split()[0]} is no number" in err, line


def many(desk, count):
    """So many colleagues of the administrator's; the numbers of their requests, all approved."""
    with sqlite3.connect(desk.db) as db:
        db.executemany(
            "INSERT INTO account (agency, name, name_key, email, mobile, status, created_at,"
            " status_at) SELECT agency, ?1, ?1, ?2, ?3, 'active', created_at, created_at"
            " FROM account WHERE email = ?4", [(f"同仁{n}", f"p{n}@cdc.gov.tw", f"+88697{n:07}", MING.email)
                                  for n in range(count)])
        db.execute("INSERT INTO request (account, agency, system, role, kind, status, origin,"
                   " created_at) SELECT id, agency, 1, 'general', 'grant', 'pending', 'self',"
                   " created_at FROM account WHERE email GLOB 'p[0-9]*@*' ORDER BY id")
        numbers = [n for n, in db.execute(
            "SELECT id FROM request WHERE status = 'pending' ORDER BY id")]
    for start in range(0, count, 100):
        desk.ok("approve", *numbers[start:start + 100], session=MING)
    return numbers


def test_many_travel_together(desk, server, tmp_path):
    """A hundred people take few runs of curl, and hardly more requests than they must."""
    numbers = many(desk, 100)
    adapter, before, trace = Adapter(desk, server, tmp_path), Line.seen, tmp_path / "trace"
    with open(tmp_path / "map", "a", encoding="utf-8") as file:
        file.write("batch 40\nturn 100\n")
    assert adapter.run(under=[
        "strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=execve", "-o", str(trace)]) == (0, "")
    active = {mail: what for mail, what in state(server).items() if what[0]}
    assert len(active) == 102 and active == expected(desk)
    assert Line.seen - before < 102 * 3 + 20, "two that look, and one that makes"
    assert trace.read_text().count('/curl"') <= 30
    # One whom the server refuses holds up nobody, and is not acknowledged.
    user, = [user for user in ask(server, "/Users?count=1000")["Resources"]
             if user["userName"] == "p7@cdc.gov.tw"]
    for number in numbers[5:10]:
        desk.ok("revoke", number, "--reason", "調職", session=MING)
    line = acknowledged(desk)
    Line.refused = f"/Users/{user['id']}"
    status, err = adapter.run()
    assert status == 75 and "HTTP 400" in err and err.count("\n") == 1
    active = {mail for mail, what in state(server).items() if what[0]}
    assert active - set(expected(desk)) == {"p7@cdc.gov.tw"}
    assert acknowledged(desk)["acknowledged"] == line["acknowledged"] + 2
    # Whoever is through is not asked about again.
    before = Line.seen
    assert adapter.run()[0] == 75
    assert Line.seen - before < 6
    Line.refused = None
    assert adapter.run() == (0, "")
    assert state(server)["p7@cdc.gov.tw"] == (False, set(), set())
    assert acknowledged(desk)["acknowledged"] == acknowledged(desk)["last"]
