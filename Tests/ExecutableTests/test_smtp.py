"""Mail by SMTP over a pipe: what each reply means, whole messages or none, several in one
conversation, and nothing of anybody in arguments, environments, names or logs; with a server of
ours that misbehaves as told, and with Postfix and Exim as Debian ships them.
"""

import email
import email.policy
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from conftest import Desk, MING, Person, TONG, clerk
from test_fates import message_id
from test_messages import configured, needs, postfix, waited  # noqa: F401

SERVER = r'''#!/usr/bin/python3
"""Speaks SMTP on its standard input and output, and misbehaves as mta.json says."""
import json, os, sys, time
home = os.path.dirname(os.path.abspath(sys.argv[0]))
told = json.load(open(home + "/mta.json"))
with open(home + "/started", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\n")
def say(text):
    sys.stdout.write(text + "\r\n"); sys.stdout.flush()
def log(text):
    with open(home + "/log", "a") as file:
        file.write(text + "\n")
def do(what, default):
    answer = told.get(what, default)
    if isinstance(answer, list):
        # One for each time, the last one from then on.
        count = home + "/count-" + what
        number = int(open(count).read()) if os.path.exists(count) else 0
        open(count, "w").write(str(number + 1))
        answer = answer[min(number, len(answer) - 1)]
    if answer == "die": os._exit(1)
    if answer == "hang": time.sleep(60)
    if answer == "slow":
        time.sleep(11)
        answer = "250 2.0.0 Ok"
    if answer == "flood":
        while True: sys.stdout.write("250-x\r\n" * 1000)
    say(answer)
    return answer
do("greeting", "220 mx ESMTP")
sender = recipient = None
taken = 0
while True:
    line = sys.stdin.readline()
    if not line: break
    line = line.rstrip("\r\n")
    word = line[:4].upper()
    log(line)
    if word == "EHLO":
        if "ehlo" not in told: say("250-mx")
        for extension in told.get("extensions", ["PIPELINING", "8BITMIME", "DSN"]):
            say("250-" + extension)
        do("ehlo", "250 mx")
    elif word == "HELO": say("250 mx")
    elif word == "MAIL":
        if taken >= told.get("most", 10 ** 9):
            say("421 4.7.0 too many"); break
        sender = line
        if do("mail", "250 2.1.0 Ok")[0] != "2": sender = None
    elif word == "RCPT":
        recipient = line if sender and do("rcpt", "250 2.1.5 Ok")[0] == "2" else None
        if not sender: say("503 5.5.1 no MAIL")
    elif word == "DATA":
        if not recipient and not told.get("lax"):
            say("554 5.5.1 no recipients"); continue
        if do("data", "354 go on")[0] != "3": continue
        text = []
        whole = False
        for line in sys.stdin:
            if line in (".\r\n", ".\n"): whole = True; break
            text.append(line[1:] if line.startswith(".") else line)
        if not whole: break
        if recipient and told.get("dot", "250")[0] == "2" or isinstance(told.get("dot"), list):
            with open(home + "/got-%d-%d" % (time.time_ns(), os.getpid()), "w", newline="") as file:
                file.write(sender + "\r\n" + recipient + "\r\n" + "".join(text))
        if told.get("dies") == "at the dot": os._exit(1)
        do("dot", "250 2.0.0 Ok: queued as 4D1")
        taken += 1
        sender = recipient = None
    elif word == "RSET": sender = recipient = None; say("250 2.0.0 Ok")
    elif word == "NOOP": say("250 2.0.0 Ok")
    elif word == "QUIT": say("221 2.0.0 Bye"); break
    else: say("500 5.5.2 what?")
'''


@pytest.fixture
def mta(fresh_desk):
    desk = fresh_desk
    home = desk.home / "mta"
    home.mkdir()
    program = home / "sendmail"
    program.write_text(SERVER)
    program.chmod(0o755)

    def told(**options):
        (home / "mta.json").write_text(json.dumps(options))

    told()
    desk.mta, desk.told = home, told
    desk.ok("deliver")
    desk.config = configured(desk, mail=f"sendmail:{program}", mail_from="iauth@cdc.gov.tw")
    return desk


def got(desk):
    return [path.read_bytes().decode() for path in sorted(desk.mta.glob("got-*"))]


def queue(desk, count):
    """So many mails that wait, of people who apply."""
    broken = configured(desk, mail="sendmail:/nowhere", mail_from="iauth@cdc.gov.tw")
    for number in range(count):
        desk.ok("apply", *clerk(number).words, *broken)
    configured(desk, mail=f"sendmail:{desk.mta}/sendmail", mail_from="iauth@cdc.gov.tw")
    subprocess.run(["sqlite3", desk.db, "UPDATE message SET due_at = 0"], check=True)


def states(desk):
    return desk.rows("SELECT status, error, attempts FROM message WHERE channel = 'email'"
                     " AND kind = 'code' ORDER BY id")


@pytest.mark.parametrize("extensions", [["PIPELINING", "8BITMIME", "DSN"], ["8BITMIME"],
                                        ["PIPELINING"], []])
def test_a_mail_goes_whole_whatever_the_server_can(mta, extensions):
    desk = mta
    desk.told(extensions=extensions)
    reference = desk.one("apply", *MING.words, *desk.config)["application"]
    text, = got(desk)
    sender, recipient, mail = text.split("\r\n", 2)
    assert sender.startswith("MAIL FROM:<iauth@cdc.gov.tw>") and MING.email in recipient
    assert ("BODY=8BITMIME" in sender) == ("8BITMIME" in extensions)
    ours = message_id(mail.replace("\r\n", "\n"))
    if "DSN" in extensions:
        assert f"ENVID={ours[1:].split('@')[0]}" in sender and "RET=HDRS" in sender
        assert f"ORCPT=rfc822;{MING.email}" in recipient
    assert "\r\n" in mail and "\n" not in mail.replace("\r\n", "")
    if "8BITMIME" not in extensions:
        assert mail.isascii()
    read = email.message_from_bytes(mail.encode(), policy=email.policy.default)
    body = read.get_payload(decode=True).decode()
    assert reference in body and "疾病管制署" in body
    # One program, no address in its words, and it was told farewell.
    assert (desk.mta / "started").read_text() == "-bs\n"
    assert (desk.mta / "log").read_text().splitlines()[-1] == "QUIT"
    assert states(desk) == [("sent", None, 1)]


def test_lines_that_begin_with_a_dot_arrive(desk):
    home = desk.home / "mta"
    home.mkdir()
    (home / "sendmail").write_text(SERVER)
    (home / "sendmail").chmod(0o755)
    (home / "mta.json").write_text("{}")
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("reject", number, "--reason", ".\n..\n.x\nFrom y", *configured(
        desk, mail=f"sendmail:{home}/sendmail", mail_from="iauth@cdc.gov.tw"), session=MING)
    mails = [path.read_bytes().decode() for path in home.glob("got-*")]
    mail, = [text for text in mails if "已退回" in text or "decision" in text]
    assert mail.count("\r\n> .\r\n> ..\r\n> .x\r\n> From y\r\n") == 2


REFUSALS = {
    "no such mailbox": ({"rcpt": "550 5.1.1 x"}, "failed", "550 5.1.1"),
    "not now": ({"rcpt": "450 4.2.1 x"}, "queued", "450 4.2.1"),
    "policy": ({"rcpt": "550 5.7.1 x"}, "failed", "550 5.7.1"),
    "sender refused": ({"mail": "553 5.1.8 x"}, "queued", "553 5.1.8"),
    "refused after DATA": ({"dot": "554 5.6.0 x"}, "failed", "554 5.6.0"),
    "over quota": ({"dot": "552 5.2.2 x"}, "failed", "552 5.2.2"),
    "over quota for now": ({"dot": "452 4.2.2 x"}, "queued", "452 4.2.2"),
    "no DATA": ({"data": "451 4.3.0 x"}, "queued", "451 4.3.0"),
    "text without takers": ({"rcpt": "550 5.1.1 x", "lax": True}, "failed", "550 5.1.1"),
    "closed for today": ({"greeting": "421 4.3.2 x"}, "queued", "421 4.3.2"),
    "full": ({"greeting": "554 5.3.2 x"}, "queued", "554 5.3.2"),
    "no EHLO": ({"ehlo": "500 5.5.1 x", "extensions": []}, "sent", None),
    "dies at once": ({"greeting": "die"}, "queued", "closed"),
    "dies at MAIL": ({"mail": "die"}, "queued", "closed"),
    "354 after the dot": ({"dot": "354 go on"}, "queued", "garbled"),
    "354 to RCPT": ({"rcpt": "354 go on"}, "queued", "354"),
    "the last line counts": ({"dot": "250-2.0.0 Ok\r\n554 5.6.0 x"}, "failed", "554 5.6.0"),
    "dies at the dot": ({"dies": "at the dot"}, "queued", "closed"),
    "no SMTP": ({"greeting": "hello"}, "queued", "garbled"),
    "silent": ({"greeting": "hang"}, "queued", "late"),
    "silent after DATA": ({"data": "hang"}, "queued", "late"),
    "endless": ({"greeting": "flood"}, "queued", None),
}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("what", REFUSALS)
def test_each_reply_ends_as_it_should(mta, what, pipelining):
    desk = mta
    options, state, error = REFUSALS[what]
    extensions = {"extensions": ["PIPELINING", "8BITMIME"] if pipelining else ["8BITMIME"]}
    desk.told(**(extensions | options))
    start = time.monotonic()
    desk.ok("apply", *MING.words, *desk.config)
    assert time.monotonic() - start < 13
    (found, reason, attempts), = states(desk)
    assert (found, attempts) == (state, 1)
    assert reason == error or what == "endless"
    assert not subprocess.run(["pgrep", "-f", str(desk.mta)], capture_output=True).stdout


def test_many_mails_go_in_one_conversation_whatever_becomes_of_one(mta):
    desk = mta
    queue(desk, 7)
    desk.told(rcpt=["250 2.1.5 Ok", "550 5.1.1 x", "250 2.1.5 Ok", "451 4.3.0 x", "250 2.1.5 Ok"],
              dot=["250 2.0.0 Ok", "554 5.6.0 x", "250 2.0.0 Ok"])
    (desk.mta / "started").unlink(missing_ok=True)
    ended = desk.run("deliver", "--json", *desk.config)
    assert ended.status == 74
    assert [row[0] for row in states(desk)] == \
        ["sent", "failed", "failed", "queued", "sent", "sent", "sent"]
    assert (desk.mta / "started").read_text() == "-bs\n"


def test_a_server_that_ends_conversations_is_called_again(mta):
    desk = mta
    queue(desk, 7)
    desk.told(most=2)
    assert desk.one("deliver", *desk.config)["delivered"] == 7
    assert len(got(desk)) == 7
    assert (desk.mta / "started").read_text() == "-bs\n" * 4


def test_a_mailbox_that_is_refused_is_marked(desk):
    home = desk.home / "mta"
    home.mkdir()
    (home / "sendmail").write_text(SERVER)
    (home / "sendmail").chmod(0o755)
    (home / "mta.json").write_text(json.dumps({"rcpt": "550 5.1.1 no such user"}))
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("reject", number, "--reason", "x", *configured(
        desk, mail=f"sendmail:{home}/sendmail", mail_from="iauth@cdc.gov.tw"), session=MING)
    marked = [line for line in desk.json("accounts", session=MING) if line["marks"]]
    assert len(marked) == 1 and marked[0]["marks"] == ["contact-bounces"]
    failed, = [line for line in desk.json("deliver", "--list") if line["status"] == "failed"]
    assert failed["error"] == "550 5.1.1" and failed["reference"] == str(number)
    # What only says how it was asked marks nobody; and it can be sent again.
    (home / "mta.json").write_text("{}")
    desk.ok("deliver", "--retry", failed["message"])
    desk.ok("deliver", "--config", desk.home / "iauth.conf")
    assert len(list(home.glob("got-*"))) >= 1


def test_killed_in_the_middle_nothing_is_lost_and_no_half_is_sent(mta):
    desk = mta
    queue(desk, 6)
    desk.told(dot=["250 2.0.0 Ok", "250 2.0.0 Ok", "hang"])
    process = desk.start("deliver", *desk.config)
    waited(lambda: len(got(desk)) >= 3)
    process.kill()
    process.communicate()
    desk.told()
    subprocess.run(["sqlite3", desk.db, "UPDATE message SET claimed_until = 0"], check=True)
    desk.ok("deliver", *desk.config)
    assert {row[0] for row in states(desk)} == {"sent"}
    ids = [message_id(text.replace("\r\n", "\n")) for text in got(desk)]
    assert len(set(ids)) == 6
    assert all(text.endswith("This mail was sent automatically; replies are not read.\r\n")
               for text in got(desk))


def test_a_server_that_looks_at_the_text_for_long_gets_it_once(mta):
    """RFC 5321, 4.5.3.2.6: who is left before the answer has the mail, and gets it again.

    Nor does anybody whose mail follows: what a long turn has written down meanwhile ends its claim on
    nothing that it has still to send.
    """
    desk = mta
    queue(desk, 3)
    desk.told(dot=["slow"] + ["250 2.0.0 Ok"] * 8)
    assert desk.one("deliver", *desk.config)["delivered"] == 3
    assert len(got(desk)) == 3
    assert {state[0] for state in states(desk)} == {"sent"}


def test_a_bounce_that_is_faster_than_the_turn_counts(mta):
    """The delivery marks what it sent at the end of its turn; a report may be back before."""
    from test_fates import bounce, report
    desk = mta
    queue(desk, 2)
    desk.told(dot=["250 2.0.0 Ok", "hang"])
    process = desk.start("deliver", *desk.config)
    mail = waited(lambda: got(desk))[0].replace("\r\n", "\n").split("\n", 2)[2]
    counts = bounce(desk, report(mail, re.search(r"(?m)^To: (\S+)$", mail)[1]))
    process.kill()
    process.communicate()
    assert counts["bounced"] == 1, counts


def test_for_someone_unknown_the_server_is_started_too(mta):
    """Whoever looks at the processes of the host sees the same program begin."""
    desk = mta
    (desk.mta / "started").unlink(missing_ok=True)
    desk.ok("verify", *TONG.words, "--via", "email", *desk.config)
    assert (desk.mta / "started").read_text() == "-bs\n" and not got(desk)
    assert "RCPT" not in (desk.mta / "log").read_text()


# Nothing of anybody where others look


class Watcher(threading.Thread):
    """Reads what /proc says of every process that there is, as fast as it can or after a pause."""

    def __init__(self, secrets, pause=0):
        super().__init__(daemon=True)
        self.secrets, self.pause = [secret.encode() for secret in secrets], pause
        self.found, self.seen, self.over = set(), set(), False

    def run(self):
        while not self.over:
            for name in os.listdir("/proc"):
                if not name.isdigit() or int(name) == os.getpid():
                    continue
                for part in ("cmdline", "environ", "comm"):
                    try:
                        text = Path(f"/proc/{name}/{part}").read_bytes()
                    except OSError:
                        continue
                    if part == "cmdline" and text:
                        self.seen.add(text.split(b"\0")[0])
                    for secret in self.secrets:
                        if secret in text and b"iauth\0apply" not in text \
                                and b"iauth\0verify" not in text:
                            self.found.add((part, text))
            time.sleep(self.pause)


def test_no_address_stands_in_a_process_a_log_or_a_name(mta):
    desk = mta
    sms = desk.home / "sms"
    sms.write_text("#!/bin/sh\ncat >/dev/null\nsleep 0.2\necho id=7\n")
    sms.chmod(0o755)
    people = [clerk(number) for number in range(3)]
    secrets = [word for person in people for word in (person.email, person.mobile[1:])]
    queue(desk, 3)
    desk.told(dot="250 2.0.0 Ok")
    config = configured(desk, mail=f"sendmail:{desk.mta}/sendmail", sms=f"command:{sms}",
                        mail_from="iauth@cdc.gov.tw")
    watcher = Watcher(secrets)
    watcher.start()
    try:
        desk.ok("deliver", *config)
        desk.ok("deliver", "--list", *config)
    finally:
        watcher.over = True
        watcher.join()
    assert any(b"sms" in word or b"sh" in word for word in watcher.seen)
    assert not watcher.found
    names = [str(path) for path in desk.home.rglob("*")]
    assert not [name for name in names for secret in secrets if secret in name]


# Speed, as a ratio of two ways in one run


def test_a_conversation_is_three_times_as_fast_as_a_process_a_message(desk):
    home = desk.home / "mta"
    home.mkdir()
    (home / "sendmail").write_text(
        "#!/usr/bin/python3\nimport sys\n"
        "if '-bs' not in sys.argv: sys.stdin.read(); sys.exit(0)\n"
        "def say(t): sys.stdout.write(t + '\\r\\n'); sys.stdout.flush()\n"
        "say('220 x')\ndata = False\n"
        "for line in sys.stdin:\n"
        "  word = line[:4].upper()\n"
        "  if data:\n"
        "    if line == '.\\r\\n': data = False; say('250 ok')\n"
        "  elif word == 'EHLO': say('250-x\\r\\n250-PIPELINING\\r\\n250 8BITMIME')\n"
        "  elif word == 'DATA': data = True; say('354 x')\n"
        "  elif word == 'QUIT': say('221 x'); break\n"
        "  else: say('250 ok')\n")
    (home / "sendmail").chmod(0o755)
    count = 150
    took = {}
    for route in ("sendmail-arguments", "sendmail"):
        subprocess.run(["sqlite3", desk.db, f"""
          WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
          INSERT INTO message (kind, channel, recipient, subject, body, reference, created_at, due_at)
          SELECT 'notice', 'email', 'p' || i || '@cdc.gov.tw', 's', 'b', 'x', 1800000000, 0 FROM n
          """], check=True)
        start = time.monotonic()
        desk.ok("deliver", *configured(desk, mail=f"{route}:{home}/sendmail"), timeout=110)
        took[route] = time.monotonic() - start
    assert desk.value("SELECT count(*) FROM message WHERE status = 'sent' AND reference = 'x'") \
        == 2 * count
    print(took)
    assert took["sendmail-arguments"] > 3 * took["sendmail"], took


# Postfix and Exim as they are


def test_postfix_takes_mails_over_the_pipe_and_its_bounces_find_their_message(desk, postfix):  # noqa: F811
    """A mail to a mailbox that there is not comes back, and Postfix's own report is handed in."""
    sendmail, mailboxes = postfix
    config = configured(desk, mail=f"sendmail:{sendmail}", mail_from="iauth@cdc.gov.tw")
    desk.join(TONG)
    gone = clerk(7)
    desk.join(gone)
    numbers = [desk.request(person) for person in (TONG, gone)]
    # From now on one of them is unknown; what comes back lies where all mail does.
    main = sendmail.parent / "config/main.cf"
    (sendmail.parent / "transport").write_text(f"{gone.email} error:5.1.1 User unknown\n")
    main.write_text(main.read_text() + f"transport_maps = texthash:{sendmail.parent}/transport\n")
    subprocess.run(["postfix", "-c", sendmail.parent / "config", "reload"], capture_output=True)
    time.sleep(1)
    for number in numbers:
        desk.ok("reject", number, "--reason", "請補附件", *config, session=MING)

    def reports():
        texts = [path.read_bytes() for path in mailboxes.glob("*/new/*")]
        return [text for text in texts if b"message/delivery-status" in text]

    returned, = waited(reports, 30)
    assert desk.one("deliver", "--bounce", stdin=returned)["bounced"] == 1
    told = [line["status"] for line in desk.one("pending", numbers[1], session=MING)["told"]
            if line["kind"] == "decision"]
    assert told == ["bounced"]
    assert [line["status"] for line in desk.one("pending", numbers[0], session=MING)["told"]
            if line["kind"] == "decision"] == ["sent"]
    assert len([line for line in desk.json("accounts", session=MING) if line["marks"]]) == 1


EXIM = """primary_hostname = mx.cdc.gov.tw
exim_path = {home}/exim
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
domainlist local_domains = *
qualify_domain = cdc.gov.tw
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
keep_environment =
dsn_advertise_hosts = *
acl_not_smtp = all
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
all:
  accept
rcpt:
  deny message = unknown user
       local_parts = p1
  defer message = come back later
        local_parts = p2
  accept
data:
  deny message = 552 5.2.2 {{$recipients}} is full
       condition = ${{if match{{$recipients}}{{p3@}}}}
  accept
begin routers
gone:
  driver = redirect
  local_parts = p4
  allow_fail
  data = :fail: 已離職 no such mailbox any more
home:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  directory = {home}/mail
  maildir_format
  user = Debian-exim
  group = Debian-exim
begin retry
* * F,1h,1m
"""


def debians_exim(place):
    """Debian's Exim, taken out of its package: where Postfix is, apt installs no other MTA."""
    installed = shutil.which("exim4", path="/usr/sbin:/usr/bin")
    if installed:
        return installed
    for words in (["apt-get", "download", "exim4-daemon-light"], ["sh", "-c", "dpkg-deb -x *.deb ."]):
        ended = subprocess.run(words, cwd=place, capture_output=True, text=True)
        if ended.returncode:
            pytest.skip(f"Debian's Exim cannot be had: {ended.stderr}")
    if subprocess.run(["id", "Debian-exim"], capture_output=True).returncode:
        subprocess.run(["useradd", "--system", "--user-group", "Debian-exim"], check=True)
    return place / "usr/sbin/exim4"


@pytest.fixture
def exim(tmp_path_factory):
    """An Exim of its own, Debian's. Its sendmail, its mail."""
    if os.getuid() != 0:
        pytest.skip("only root may start Exim as its user")
    program = debians_exim(tmp_path_factory.mktemp("package"))
    home = tmp_path_factory.mktemp("exim")
    for place in (home, *home.parents):
        if place.owner() == "root" and str(place) != "/":
            place.chmod(place.stat().st_mode | 0o055)
    for name in ("spool", "log", "mail"):
        (home / name).mkdir()
        shutil.chown(home / name, "Debian-exim", "Debian-exim")
    shutil.copy(program, home / "exim")
    (home / "conf").write_text(EXIM.format(home=home))
    sendmail = home / "sendmail"
    sendmail.write_text(f"#!/bin/sh\nexec {home}/exim -C {home}/conf \"$@\"\n")
    sendmail.chmod(0o755)
    yield sendmail, home / "mail"


def test_exim_says_at_once_or_later_what_becomes_of_each(desk, exim):
    sendmail, mailbox = exim
    people = [Person(f"p{number}", f"同仁{'甲乙丙丁戊'[number]}", f"p{number}@cdc.gov.tw",
                     f"095500010{number}") for number in range(5)]
    for person in people:
        desk.join(person)
    numbers = [desk.request(person) for person in people]
    config = configured(desk, mail=f"sendmail:{sendmail}", mail_from="iauth@cdc.gov.tw")
    watcher = Watcher([person.email for person in people])
    watcher.start()
    try:
        for number in numbers:
            desk.ok("reject", number, "--reason", "請補附件", *config, session=MING)
    finally:
        watcher.over = True
        watcher.join()
    # Exim's own children are its business; nothing of ours has an address.
    assert not [text for _, text in watcher.found if b"exim" not in text]
    found = desk.rows("SELECT status, error FROM message WHERE kind = 'decision' AND request >= ?"
                      " ORDER BY id", numbers[0])
    assert [row[0] for row in found] == ["sent", "failed", "queued", "failed", "sent"]
    assert [(row[1] or "")[:3] for row in found] == ["", "550", "451", "552", ""]
    subprocess.run([sendmail, "-q"], capture_output=True)

    def texts():
        return [path.read_bytes() for path in (mailbox / "new").glob("*")]

    returned, = waited(lambda: [text for text in texts() if b"message/delivery-status" in text], 30)
    assert desk.one("deliver", "--bounce", stdin=returned)["bounced"] == 1
    assert desk.value("SELECT status FROM message WHERE kind = 'decision' AND request = ?",
                      numbers[4]) == "bounced"
    # Refused at RCPT and bounced later: both contacts are marked, a full mailbox is not.
    marked = [line["account"] for line in desk.json("accounts", session=MING) if line["marks"]]
    assert len(marked) == 2


# Killed at every system call

SWEPT = ["pwrite64", "fdatasync", "write", "read", "pipe2", "clone3", "poll", "wait4", "flock"]

DEDUPLICATING = """#!/bin/sh
# A gateway that tells one message by its id, as most do.
text=$(cat)
[ "$text" ] || exit 1
if mkdir {home}/taken-$IAUTH_MESSAGE_ID 2>/dev/null; then echo "$text" >>{home}/sms.log; fi
echo id=$IAUTH_MESSAGE_ID
"""


@pytest.mark.parametrize("call", SWEPT)
def test_killed_at_any_call_nothing_is_lost_and_an_id_is_taken_once(mta, call):
    desk = mta
    sms = desk.home / "sms"
    sms.write_text(DEDUPLICATING.format(home=desk.home))
    sms.chmod(0o755)
    queue(desk, 3)
    config = configured(desk, mail=f"sendmail:{desk.mta}/sendmail", sms=f"command:{sms}",
                        mail_from="iauth@cdc.gov.tw")
    subprocess.run(["sqlite3", desk.db, "UPDATE message SET status = 'queued', sent_at = NULL,"
                    " recipient = '+886912345678', body = '12345678 x' WHERE channel = 'sms' AND"
                    " kind = 'code'"], check=True)
    base = desk.home
    for when in [1, 2, 3, 5, 8, 12, 18, 27, 40]:
        home = base.with_name(f"swept-{call}-{when}")
        shutil.copytree(base, home)
        one = Desk(home)
        (home / "sms").write_text(DEDUPLICATING.format(home=home))
        words = configured(one, mail=f"sendmail:{home}/mta/sendmail", sms=f"command:{home}/sms",
                           mail_from="iauth@cdc.gov.tw")
        ended = one.run("deliver", *words, under=[
            "strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:signal=KILL:when={when}"])
        subprocess.run(["sqlite3", one.db, "UPDATE message SET claimed_until = 0, due_at = 0"
                        " WHERE status = 'queued'"], check=True)
        one.ok("deliver", *words)
        assert {row[0] for row in one.rows(
            "SELECT status FROM message WHERE kind = 'code'")} == {"sent"}, (call, when, ended)
        found = [path.read_bytes().decode() for path in (home / "mta").glob("got-*")]
        assert len({message_id(text.replace("\r\n", "\n")) for text in found}) == 3
        assert len(list(home.glob("taken-*"))) == 3
        assert (home / "sms.log").read_text().count("+886912345678") == 3
        shutil.rmtree(home)
        if ended.status == 0:
            break
