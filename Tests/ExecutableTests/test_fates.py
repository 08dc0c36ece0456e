"""What becomes of messages: mails that come back, and what an SMS gateway says of them, at once and
later. Reports are other programs' texts, in several languages and encodings; a forged one is worth
nothing.
"""

import base64
import os
import quopri
import re
import subprocess

import pytest

from conftest import CHIEF, Desk, MING, REFERENCE, TONG, Person, clerk


def message_id(mail):
    return re.search(r"(?m)^Message-ID: (<\S+>)$", mail)[1]


def report(mail, recipient, action="failed", status="5.1.1", *, encoding="7bit", subject="x",
           text="This is the mail system.", charset="utf-8", original=None, headers_only=False,
           extra="", kind="report; report-type=delivery-status"):
    """An RFC 3464 report about a mail, as Postfix, Exim and others write one."""
    fields = (f"Reporting-MTA: dns; mx.example\nX-Queue: 1\n\n"
              f"Final-Recipient: rfc822; {recipient}\n"
              + (f"Original-Recipient: rfc822;{original}\n" if original else "")
              + f"Action: {action}\n" + (f"Status: {status}\n" if status else "") + extra)
    head = mail.split("\n\n", 1)[0] + "\n"
    returned = head if headers_only else mail
    parts = [(f"text/plain; charset={charset}", text.encode(charset)),
             ("message/delivery-status", fields.encode()),
             ("text/rfc822-headers" if headers_only else "message/rfc822", returned.encode())]
    lines = [b"From MAILER-DAEMON Mon Mar  2 10:00:00 2026", b"From: MAILER-DAEMON@mx.example",
             b"Subject: " + subject.encode(), b"MIME-Version: 1.0",
             b'Content-Type: multipart/' + kind.encode() + b'; boundary="=_b"', b"", b"preamble"]
    for content, body in parts:
        lines += [b"--=_b", b"Content-Type: " + content.encode()]
        if encoding == "base64":
            body = base64.encodebytes(body)
        elif encoding == "quoted-printable":
            body = quopri.encodestring(body)
        lines += [b"Content-Transfer-Encoding: " + encoding.encode(), b"", body]
    return b"\n".join(lines + [b"--=_b--", b""])


@pytest.fixture
def rejected(desk):
    """Somebody was told that their request is rejected; the mail, and its number."""
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("reject", number, "--reason", "x", session=MING)
    mail, = desk.mails(str(number), "decision")
    return desk, mail, number


def state(desk, number, kind="decision"):
    told = desk.one("pending", number, session=MING)["told"]
    return [line["status"] for line in told if line["kind"] == kind]


def bounce(desk, mail, *words):
    return desk.one("deliver", "--bounce", *words, stdin=mail)


SHAPES = {
    "whole": {}, "headers": {"headers_only": True}, "base64": {"encoding": "base64"},
    "quoted": {"encoding": "quoted-printable"},
    "Big5": {"text": "無此使用者，郵件無法投遞", "charset": "big5", "encoding": "8bit",
             "subject": "=?big5?B?sGg=?="},
    "GB18030": {"text": "用户不存在", "charset": "gb18030", "encoding": "base64"},
    "explained": {"status": "5.1.1 (user unknown)"},
    "by its reply": {"status": None, "extra": "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"},
    "forwarded": {"recipient": "tong@mail.elsewhere.tw", "original": TONG.email},
    "in capitals": {"recipient": TONG.email.upper()},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_mail_that_came_back_is_bounced_and_its_contact_marked(rejected, shape):
    desk, mail, number = rejected
    options = {"recipient": TONG.email} | SHAPES[shape]
    counts = bounce(desk, report(mail, options.pop("recipient"), **options))
    assert counts == {"bounced": 1, "delivered": 0, "failed": 0, "expired": 0, "noted": 0,
                      "ignored": 0}
    assert state(desk, number) == ["bounced"]
    listed, = [line for line in desk.json("deliver", "--list") if line["status"] == "bounced"]
    assert listed["reference"] == str(number) and listed["reported_at"]
    # The request, the list of accounts, and the agency's administrator, once.
    assert "contact-bounces" in desk.one("pending", number, session=MING)["marks"]
    marked = [line["email"] for line in desk.json("accounts", session=MING) if line["marks"]]
    assert marked == [TONG.email[0] + "***@cdc.gov.tw"]
    told = [text for text in desk.mails(kind="notice") if "does not arrive" in text]
    assert len(told) == 1 and f"\nTo: {MING.email}\n" in told[0]
    # Once more: nothing new.
    assert bounce(desk, report(mail, TONG.email))["ignored"] == 1
    assert len([text for text in desk.mails(kind="notice") if "does not arrive" in text]) == 1
    checks = {line["check"]: line for line in desk.run("doctor", "--json").lines}
    assert checks["messages"]["status"] == "warn" and "1 person" in checks["messages"]["detail"]
    desk.content()


@pytest.mark.parametrize("action, status", [
    ("delayed", "4.4.1"), ("failed", "4.2.2"), ("delivered", "2.0.0"), ("relayed", "2.1.5"),
    ("expanded", "2.0.0"),
])
def test_what_is_no_failure_for_good_is_noted(rejected, action, status):
    desk, mail, number = rejected
    assert bounce(desk, report(mail, TONG.email, action, status))["noted"] == 1
    assert state(desk, number) == ["sent"]
    noted = [line for line in desk.json("deliver", "--list") if line["reference"] == str(number)
             and line["error"]]
    assert [line["error"] for line in noted] == [f"{action} {status}"]
    assert not [line for line in desk.json("accounts", session=MING) if line["marks"]]
    # And what follows counts.
    assert bounce(desk, report(mail, TONG.email))["bounced"] == 1


def test_what_is_forged_or_foreign_is_ignored(rejected):
    desk, mail, number = rejected
    ours = message_id(mail)
    invented = re.sub(r"-[a-p]{10}@", "-aaaaaaaaaa@", ours)
    other = mail.replace(ours, "<20260302.1@example.com>")
    inside = (b"Subject: Fwd\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type:"
              b" message/rfc822\n\n" + report(mail, TONG.email) + b"\n--o--\n")
    forged = {
        "an answer": b"From: x@y.tw\nSubject: Re: x\n\nI am on holiday.\n",
        "nothing": b"", "noise": os.urandom(100_000), "one line": b"x" * 100_000,
        "another's": report(other, TONG.email),
        "to another": report(mail, MING.email), "to nobody": report(mail, ""),
        "an invented id": report(mail.replace(ours, invented), TONG.email),
        "no status": report(mail, TONG.email, status=None),
        "no action": report(mail, TONG.email, action=""),
        "failed and fine": report(mail, TONG.email, status="2.0.0"),
        "a strange status": report(mail, TONG.email, status="5"),
        "a forwarded report": inside,
        "its parts attached to a mail": report(mail, TONG.email, kind="mixed"),
        "endless parts": b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n" * 300_000,
        "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
                         for n in range(5_000)),
        "no boundary": b"Content-Type: multipart/report\n\n--\n--\n",
    }
    for what, text in forged.items():
        assert bounce(desk, text)["ignored"] == 1, what
    assert state(desk, number) == ["sent"]
    assert desk.value("SELECT sum(number) FROM report WHERE outcome = 'ignored'") == len(forged)
    assert not [line for line in desk.json("accounts", session=MING) if line["marks"]]
    # A mail of any length is read to its end: whoever pipes it must not fail.
    assert bounce(desk, report(mail, TONG.email) + b"\n" * (8 << 20))["bounced"] == 1


def test_a_contact_that_works_again_or_is_replaced_is_marked_no_more(rejected):
    desk, mail, number = rejected
    bounce(desk, report(mail, TONG.email))
    said = desk.ok("verify", "--status", session=TONG)
    assert "iauth apply" in said.err and "comes back" in said.err
    subprocess.run(["sqlite3", desk.db, "DELETE FROM send"], check=True)
    # By SMS alone nothing is proven of the address.
    desk.sign_in(TONG, "sms")
    assert [line for line in desk.json("accounts", session=MING) if line["marks"]]
    subprocess.run(["sqlite3", desk.db, "DELETE FROM send"], check=True)
    desk.sign_in(TONG, "email")
    assert not [line for line in desk.json("accounts", session=MING) if line["marks"]]
    assert "comes back" not in desk.ok("verify", "--status", session=TONG).err
    assert bounce(desk, report(mail, TONG.email))["ignored"] == 1


def test_a_sign_in_of_someone_whose_mail_comes_back_tells_nothing(rejected):
    desk, mail, _ = rejected
    subprocess.run(["sqlite3", desk.db, "DELETE FROM send"], check=True)

    def said():
        ended = desk.run("verify", *TONG.words, "--via", "email")
        return re.sub(r"S-[0-9A-Z-]{9}|\d\d:\d\d", "…", ended.out + ended.err)

    before = said()
    bounce(desk, report(mail, TONG.email))
    subprocess.run(["sqlite3", desk.db, "DELETE FROM send"], check=True)
    assert said() == before


def test_an_applicant_hears_that_the_code_came_back(fresh_desk):
    desk = fresh_desk
    reference = desk.apply(MING)
    mail, = desk.mails(reference, "code")
    assert bounce(desk, report(mail, MING.email))["bounced"] == 1
    said = desk.run("verify", reference, stdin="12345678\n12345678\n")
    assert "came back" in said.err and MING.email not in said.err
    # Whoever has the codes has the mail.
    assert "came back" not in desk.run("verify", reference, stdin=desk.typed(reference)).err
    # Nobody else: there is no account yet.
    assert not [text for text in desk.mails(kind="notice") if "does not arrive" in text]
    # Once it is proven, nothing is known of the address any more.
    second = desk.apply(clerk(1))
    mail, = desk.mails(second, "code")
    desk.prove(second, clerk(1))
    assert bounce(desk, report(mail, clerk(1).email))["ignored"] == 1


def test_reports_of_a_review_mark_its_item(rejected):
    desk, mail, _ = rejected
    number = desk.request(TONG)
    desk.ok("approve", number, session=MING)
    subprocess.run(["sqlite3", desk.db, "DELETE FROM send"], check=True)
    desk.ok("recertify", "--open", "--due", "2036-01-01", session=CHIEF)
    assert ["marks" in line for line in desk.json("recertify", session=MING)] == [False]
    bounce(desk, report(mail, TONG.email))
    assert [line["marks"] for line in desk.json("recertify", session=MING)] == [["contact-bounces"]]


# SMS


GATEWAY = """#!/bin/sh
# A gateway as the contract has it: what it gets is kept, what it answers stands in a file.
printf '%s\\n' "$IAUTH_MESSAGE_ID" "$@" >>{home}/ids
cat >>{home}/in
cat {home}/answer
exit $(cat {home}/status)
"""


@pytest.fixture
def gateway(fresh_desk, monkeypatch):
    desk = fresh_desk
    own = Desk.environment
    monkeypatch.setattr(Desk, "environment", property(
        lambda self: own.fget(self) | {"IAUTH_CONFIG": str(self.home / "iauth.conf")}))
    program = desk.home / "gateway"
    program.write_text(GATEWAY.format(home=desk.home))
    program.chmod(0o755)
    (desk.home / "iauth.conf").write_text(f"sms = command:{program} --account 7\n")

    def answers(status=0, text=""):
        (desk.home / "status").write_text(f"{status}\n")
        (desk.home / "answer").write_text(text)

    answers()
    desk.answers = answers
    return desk


def sms(desk, reference):
    return desk.rows("SELECT status, provider, error, attempts FROM message WHERE channel = 'sms'"
                     " AND reference = ?", reference)[0]


def test_an_accepted_sms_keeps_the_gateways_id(gateway):
    desk = gateway
    desk.answers(0, "hello\nid=AB-12.3_x\n")
    reference = desk.apply(MING)
    assert sms(desk, reference) == ("sent", "AB-12.3_x", None, 1)
    number, text = (desk.home / "in").read_text().split("\n", 1)
    assert number == "+886912345678" and re.match(r"\d{8} ", text)
    ours, *words = (desk.home / "ids").read_text().splitlines()
    assert len(ours) <= 36 and words == ["--account", "7"]
    assert [line["provider"] for line in desk.json("deliver", "--list")
            if line["channel"] == "sms"] == ["AB-12.3_x"]


@pytest.mark.parametrize("status, state, delivered", [
    (65, "failed", 74), (75, "queued", 74), (1, "queued", 74), (99, "queued", 74),
])
def test_the_status_of_the_command_says_what_becomes_of_it(gateway, status, state, delivered):
    desk = gateway
    desk.answers(status, "id=never\n")
    reference = desk.apply(MING)
    assert sms(desk, reference) == (state, None, f"status {status}", 1)
    subprocess.run(["sqlite3", desk.db, "UPDATE message SET due_at = 0"], check=True)
    if state == "queued":
        # It is tried again by the same name, whatever became of it.
        desk.answers(0)
        desk.ok("deliver")
        assert sms(desk, reference)[0] == "sent"
        ids = (desk.home / "ids").read_text().splitlines()[::3]
        assert len(ids) == 2 and len(set(ids)) == 1
    else:
        desk.ok("deliver")
        assert len((desk.home / "ids").read_text().splitlines()[::3]) == 1
        assert "failed" in {line["status"] for line in desk.json("deliver", "--list")}


def test_a_gateways_reports_settle_its_messages(gateway):
    desk = gateway
    references = []
    for number, (name, what) in enumerate([("p1", "delivered"), ("p2", "failed"),
                                           ("p3", "expired"), ("", "delivered")]):
        desk.answers(0, f"id={name}\n" if name else "")
        references.append(desk.apply(clerk(number)))
    ours = (desk.home / "ids").read_text().splitlines()[::3]
    lines = f"p1 DELIVERED\np2 failed 0x05\n\np3\texpired\n{ours[3]} delivered\n" \
        "p1 delivered\np9 delivered\nnonsense\np2 read\n"
    counts = desk.one("deliver", "--report", stdin=lines)
    assert counts == {"bounced": 0, "delivered": 2, "failed": 1, "expired": 1, "noted": 0,
                      "ignored": 4}
    assert [sms(desk, reference)[0] for reference in references] == \
        ["delivered", "failed", "lapsed", "delivered"]
    # What arrived in the end has arrived; what is late is no news.
    counts = desk.one("deliver", "--report", stdin="p3 delivered\np1 failed\np1 expired\n")
    assert (counts["delivered"], counts["ignored"]) == (1, 2)
    listed = {line["status"] for line in desk.json("deliver", "--list")}
    assert {"delivered", "failed"} <= listed
    failed, = [line["message"] for line in desk.json("deliver", "--list")
               if line["status"] == "failed" and line["channel"] == "sms"]
    ended = desk.run("deliver", "--retry", failed, "--json")
    assert (ended.status, ended.code) == (1, "message.state")


def test_a_failed_report_marks_the_number(gateway):
    desk = gateway
    for number in (1, 2):
        desk.answers(0, f"id=q{number}\n")
        reference = desk.apply(clerk(number))
        code = re.findall(r"(?m)^(\d{8}) 是", (desk.home / "in").read_text())[-1]
        desk.ok("verify", reference, stdin=f"{desk.codes(reference)[0]}\n{code}\n",
                session=clerk(number))
    desk.answers(0, "id=q3\n")
    subprocess.run(["sqlite3", desk.db, "DELETE FROM send"], check=True)
    desk.ok("verify", *clerk(1).words, "--via", "sms", session=clerk(1))
    assert desk.one("deliver", "--report", stdin="q3 failed\n")["failed"] == 1
    marked = [line["marks"] for line in desk.json("accounts", "--agency", clerk(1).agency)]
    assert marked == [["contact-bounces"], []]
    assert "SMS to your number" in desk.ok("verify", "--status", session=clerk(1)).err


def test_numbers_abroad_need_their_country_everywhere(fresh_desk):
    desk = fresh_desk
    abroad = Person("abroad", "駐外人員", "abroad@ey.gov.tw", "+1 202 555 0143",
                    "2.16.886.101.20003.20077")
    desk.refused("mobile.country", "apply", *abroad.words)
    words = ["--name", abroad.name, "--email", abroad.email, "--mobile", abroad.mobile]
    desk.refused("mobile.country", "admins", "--appoint", "--system", "spm", *words)
    sheet = desk.home / "form.csv"
    sheet.write_text("機關OID,姓名,公務信箱,手機\n"
                     f"{MING.agency},駐外人員,abroad@cdc.gov.tw,+1 202 555 0143\n")
    ended = desk.run("import-batch", sheet, "--json")
    assert ended.status == 65
    problem, = ended.lines[0]["problems"]
    assert (problem["code"], problem["column"]) == ("mobile.country", "手機")
    other = desk.home / "other"
    ended = desk.run("init", "--authority", abroad.agency, "--reviewer-name", abroad.name,
                     "--reviewer-email", abroad.email, "--reviewer-mobile", abroad.mobile,
                     "--db", str(other / "iauth.db"), "--json")
    assert (ended.status, ended.code) == (65, "mobile.country")
    assert not (other / "iauth.db").exists()
    (desk.home / "iauth.conf").write_text("sms-countries = 886 1\n")
    desk.ok("admins", "--appoint", "--system", "spm", *words, "--config", desk.home / "iauth.conf")
    assert desk.json("import-batch", sheet, "--config", desk.home / "iauth.conf")[-1]["accepted"] == 1


def test_a_message_refused_for_good_is_not_said_to_be_tried_again(gateway):
    desk = gateway
    desk.answers(65)
    told = desk.ok("apply", *TONG.words)
    assert "is not tried again" in told.err and "stays queued" not in told.err, told
    reference = next(word for word in told.out.split() if REFERENCE.match(word))
    assert sms(desk, reference)[0] == "failed"
    # Of a sign-in nothing is told, whoever was named.
    for person in [MING, clerk(7)]:
        told = desk.ok("verify", *person.words, "--via", "sms")
        assert "tried again" not in told.err and "queued" not in told.err, told


# A test message


def test_a_test_message_says_what_the_channel_answers(gateway):
    desk = gateway
    desk.ok("deliver")
    desk.answers(0, "id=t1\n")
    assert desk.one("deliver", "--test", "0912345678") == {
        "channel": "sms", "recipient": "0912***678", "status": "sent", "answer": "status 0"}
    desk.answers(65)
    ended = desk.run("deliver", "--test", "0912345678", "--json")
    assert (ended.status, ended.code) == (74, "deliver.failed")
    assert ended.lines[0]["status"] == "failed" and ended.lines[0]["answer"] == "status 65"
    assert desk.one("deliver", "--test", "x@cdc.gov.tw")["status"] == "sent"
    assert "test" in {line["reference"] for line in desk.json("deliver", "--list")}
    before = desk.dump()
    desk.ok("deliver", "--test", "x@cdc.gov.tw", "--dry-run")
    assert desk.dump() == before
    desk.refused("mobile.country", "deliver", "--test", "+1 202 555 0143")
    desk.refused("email.invalid", "deliver", "--test", "x@")
