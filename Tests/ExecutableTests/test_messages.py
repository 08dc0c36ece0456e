"""Mail and SMS where they really go: Postfix delivers to a mailbox, smsd and gammu-smsd take the
file, an MTA hangs. What a host does not have is skipped, and says so.
"""

import email
import email.policy
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import CHIEF, IAUTH, MING, ROOT, Person, clerk
from mailsystem import own_postfix

NAME = "‧𠮷 王‧Lekal"
TEXT = "12345678 是「測試\\\"𠮷·」驗證碼"


def needs(program):
    """Skips without the program, or without the rights to start it."""
    if shutil.which(program, path="/usr/sbin:/usr/bin") is None or os.getuid() != 0:
        pytest.skip(f"{program} is not installed, or this is not root")


def configured(desk, **keys):
    path = desk.home / "iauth.conf"
    path.write_text("".join(f"{key.replace('_', '-')} = {value}\n" for key, value in keys.items()))
    return ["--config", str(path)]


def waited(look, seconds=15):
    """What `look` finds, as soon as it finds anything."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.1)
    return look()


def apply(desk, person, *options):
    return desk.one("apply", "--agency", person.agency, "--name", NAME, "--email", person.email,
                    "--mobile", person.mobile, *options)["application"]


@pytest.fixture
def postfix(tmp_path_factory):
    """A Postfix of its own, without a port: its sendmail, and its mailboxes."""
    needs("postfix")
    with own_postfix(tmp_path_factory.mktemp("postfix")) as (sendmail, mailboxes):
        yield sendmail, mailboxes


def test_postfix_delivers_and_leaves_headers_and_text_as_they_were(fresh_desk, postfix):
    sendmail, mailboxes = postfix
    reference = apply(fresh_desk, MING, *configured(
        fresh_desk, mail=f"sendmail:{sendmail}", mail_from="iauth@cdc.gov.tw"))
    path, = waited(lambda: list(mailboxes.glob("*/new/*")))
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert not mail.defects
    assert mail["Subject"] == "帳號申請驗證碼 / Application code"
    assert (mail["To"], mail["From"]) == (MING.email, "iauth@cdc.gov.tw")
    assert mail["Return-Path"] == "<iauth@cdc.gov.tw>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["X-IAuth-Kind"], mail["X-IAuth-Reference"]) == ("code", reference)
    text = mail.get_content()
    assert text.index("疾病管制署") < text.index("Hello,")
    assert len(set(re.findall(r"(?<!\d)\d{8}(?!\d)", text))) == 1


def test_postfix_delivers_names_and_reasons_of_every_script(desk, postfix):
    sendmail, mailboxes = postfix
    reason = "請附‧核章公文 𠮷\n.\nFrom 臺北・Lekal"
    person = Person("lekal", NAME, "lekal@cdc.gov.tw", "0955123123")
    desk.join(person)
    number = desk.request(person)
    desk.ok("reject", number, "--reason", reason, *configured(
        desk, mail=f"sendmail:{sendmail}", mail_from="iauth@cdc.gov.tw"), session=MING)
    path, = waited(lambda: list(mailboxes.glob("*/new/*")))
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert not mail.defects
    assert mail["Subject"] == f"申請案 {number} 已退件 / Request {number} rejected"
    assert (mail["X-IAuth-Kind"], mail["X-IAuth-Reference"]) == ("decision", str(number))
    text = mail.get_content()
    assert text.count(NAME) == 2
    assert text.count("".join(f"> {line}\n" for line in reason.split("\n"))) == 2


def test_smsd_takes_the_file_though_it_is_another_user(fresh_desk, tmp_path_factory):
    needs("smsd")
    home = tmp_path_factory.mktemp("sms")
    for place in (home, *home.parents):
        if place.owner() == "root" and str(place) != "/":
            place.chmod(place.stat().st_mode | 0o055)
    names = ("outgoing", "checked", "failed", "incoming", "sent")
    for name in names:
        (home / name).mkdir()
        shutil.chown(home / name, "smsd", "smsd")
        (home / name).chmod(0o2775)
    shutil.chown(home, "smsd")
    (home / "conf").write_text(
        "devices = GSM1\nloglevel = 7\ndelaytime = 1\n"
        + "".join(f"{name} = {home / name}\n" for name in names)
        + f"logfile = {home}/log\ninfofile = {home}/info\npidfile = {home}/pid\n"
        "[GSM1]\ndevice = /dev/null\nincoming = no\n")
    apply(fresh_desk, MING, *configured(fresh_desk, sms=f"smstools:{home}/outgoing"))
    assert len(list((home / "outgoing").iterdir())) == 1
    daemon = subprocess.Popen(
        ["smsd", "-t", f"-c{home}/conf", "-usmsd", "-gsmsd"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        # Without a modem it goes as far as its own check, which reads number and alphabet; until
        # it is through, the file has another name.
        taken, = waited(lambda: [path for path in (home / "checked").iterdir()
                                 if path.suffix != ".LOCK"], 30)
        text = taken.read_text()
    finally:
        daemon.terminate()
        daemon.wait(20)
    assert "".join(text.split("\n")[:2]) == "To: 886912345678Alphabet: UTF-8"
    assert not list((home / "failed").iterdir())


FAILING = {
    "missing": None, "exit 75": "cat >/dev/null; exit 75", "exit 1": "exit 1",
    "killed": "kill -9 $$", "hanging, never reading": "sleep 60",
    "forking": "sleep 60 & exec sleep 60", "flooding": "timeout 60 yes",
}


@pytest.mark.parametrize("what", FAILING)
def test_a_failing_mail_system_keeps_neither_the_sender_nor_the_sms(fresh_desk, what):
    desk = fresh_desk
    mta = desk.home / "mta"
    if FAILING[what] is not None:
        mta.write_text(f"#!/bin/sh\n{FAILING[what]}\n")
        mta.chmod(0o755)
    options = configured(desk, mail=f"sendmail-arguments:{mta}")
    start = time.monotonic()
    reference = apply(desk, MING, *options)
    assert time.monotonic() - start < 12
    assert len(desk.texts(reference)) == 1
    assert desk.value("SELECT attempts FROM message WHERE channel = 'email' AND reference = ?",
                      reference) == 1

    # The reminder run says so by its status; once mail works again, each goes out once.
    run = desk.run("pending", "--remind", "--clock-is-right", "--json", *options)
    assert (run.status, run.code) == (74, "deliver.failed") and run.lines[0]["failed"] == 1
    with_time = "UPDATE message SET due_at = 0 WHERE status = 'queued'"
    subprocess.run(["sqlite3", desk.db, with_time], check=True)
    desk.ok("deliver")
    desk.ok("deliver")
    assert len(desk.mails(reference)) == 1


def test_a_crash_after_the_mta_accepted_sends_again_under_the_same_message_id(fresh_desk):
    """The MTA takes the mail and kills who gave it; the mail goes twice, and is known by its id."""
    desk = fresh_desk
    took = desk.home / "took"
    mta = desk.home / "mta"
    mta.write_text(f"#!/bin/sh\ncat >> {took}\n[ -e {took}.once ] || kill -9 $PPID\n"
                   f"touch {took}.once\n")
    mta.chmod(0o755)
    options = configured(desk, mail=f"sendmail-arguments:{mta}")
    desk.ok("deliver")
    assert desk.run("admins", "--appoint", "--system", "spm", "--name", MING.name, "--email",
                    "ming@ey.gov.tw", "--mobile", MING.mobile, *options).status == -9
    assert desk.value("SELECT count(*) FROM message WHERE status = 'queued'") == 1
    # Until its claim has run out, nobody else takes it.
    desk.ok("deliver", *options)
    assert took.read_text().count("\nMessage-ID: ") == 1
    subprocess.run(["sqlite3", desk.db, "UPDATE message SET claimed_until = 0"], check=True)
    desk.ok("deliver", *options)
    desk.ok("deliver", *options)
    ids = re.findall(r"\nMessage-ID: (\S+)", took.read_text())
    assert len(ids) == 2 and len(set(ids)) == 1


def test_twenty_delivery_runs_at_once_send_each_message_once(fresh_desk):
    desk = fresh_desk
    options = configured(desk, mail=f"sendmail:{desk.home}/none", sms=f"command:{desk.home}/none")
    for number in range(10):
        desk.ok("apply", "--agency", MING.agency, "--name", MING.name, "--email",
                f"p{number}@cdc.gov.tw", "--mobile", f"09550000{number:02}", *options)
    subprocess.run(["sqlite3", desk.db, "UPDATE message SET due_at = 0"], check=True)
    count = desk.home / "count"
    desk.home.joinpath("mta").write_text(f"#!/bin/sh\ncat >/dev/null\necho $5 >> {count}\n")
    desk.home.joinpath("mta").chmod(0o755)
    options = configured(desk, mail=f"sendmail-arguments:{desk.home}/mta")
    runs = [desk.start("deliver", *options) for _ in range(20)]
    assert [desk.end(run).status for run in runs] == [0] * 20
    sent = [line for line in count.read_text().splitlines() if line.startswith("p")]
    assert sorted(sent) == [f"p{number}@cdc.gov.tw" for number in range(10)]


def test_nothing_due_is_nothing_said(fresh_desk):
    fresh_desk.run("deliver")
    ended = fresh_desk.ok("deliver", "--quiet")
    assert (ended.out, ended.err) == ("", "")


def test_messages_that_are_left_wake_the_delivery_unit(desk):
    """What the path unit watches is what is touched, and only by whoever leaves messages."""
    unit = (ROOT / "Scripts/systemd/iauth-deliver.path").read_text()
    watched, = re.findall(r"(?m)^PathExists=/var/lib/iauth/(.+)$", unit)
    people = [clerk(number) for number in range(11)]
    sheet = desk.home / "form.csv"
    sheet.write_text("機關OID,姓名,公務信箱,手機\n" + "".join(
        f"{person.agency},{person.name},{person.email},{person.mobile}\n" for person in people))
    batch = desk.json("import-batch", sheet)[-1]["batch"]
    assert not (desk.data / watched).exists()
    desk.ok("approve", "--batch", batch, session=CHIEF)
    assert (desk.data / watched).stat().st_mode & 0o777 == 0o600
    assert desk.one("deliver")["delivered"] == 1
    # The unit's run takes the file away before it looks.
    service = (ROOT / "Scripts/systemd/iauth-deliver.service").read_text()
    assert f"\nExecStartPre=/bin/rm -f /var/lib/iauth/{watched}\nExecStart=" in service


def test_the_crontab_is_quiet_and_says_what_failed(desk):
    lines = [line for line in (ROOT / "Scripts/cron/iauth").read_text().splitlines()
             if re.match(r"[*\d]", line)]
    assert len(lines) == 2
    for line in lines:
        user, command = re.match(r"(?:\S+ ){5}(\S+) (.*)", line).groups()
        assert user == "iauth"
        command = command.replace("/var/lib/iauth", str(desk.data)).replace(" iauth ", f" {IAUTH} ")

        def run(config=""):
            return subprocess.run(["sh", "-c", config + command], capture_output=True, text=True,
                                  env=desk.environment)

        run()
        quiet = run()
        assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
        # One that is busy is not joined.
        lock = re.search(r"\S+\.lock", command)[0]
        with subprocess.Popen(["flock", "-F", lock, "sleep", "60"]) as holder:
            waited(lambda: subprocess.run(["flock", "-n", lock, "true"]).returncode)
            busy = run()
            holder.kill()
        assert (busy.returncode, busy.stdout, busy.stderr) == (0, "", "")
        subprocess.run(["sqlite3", desk.db, "DELETE FROM told WHERE audience = 'operator'"],
                       check=True)
        desk.ok("apply", *clerk(len(line)).words, *configured(desk, mail="sendmail:/nowhere"))
        subprocess.run(["sqlite3", desk.db, "UPDATE message SET due_at = 0"], check=True)
        failed = run(f"export IAUTH_CONFIG={desk.home}/iauth.conf; ")
        assert (failed.returncode, failed.stdout) == (74, "")
        assert failed.stderr.startswith("iauth: deliver.failed: ")


# Options that take the set-gid from postdrop, by systemd.exec(5), NoNewPrivileges=.
NO_NEW_PRIVILEGES = """NoNewPrivileges DynamicUser LockPersonality MemoryDenyWriteExecute
PrivateDevices ProtectClock ProtectHostname ProtectKernelLogs ProtectKernelModules
ProtectKernelTunables RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID
SystemCallArchitectures SystemCallFilter SystemCallLog""".split()


@pytest.mark.parametrize("name", ["deliver", "remind"])
def test_the_services_let_a_set_gid_mail_system_work(name):
    unit = (ROOT / f"Scripts/systemd/iauth-{name}.service").read_text()
    options = re.findall(r"(?m)^(\w+)=", unit)
    assert not set(options) & set(NO_NEW_PRIVILEGES)
    assert {"User", "ProtectSystem", "UMask"} <= set(options)


@pytest.mark.parametrize("timer", ["deliver", "remind"])
def test_systemd_accepts_the_units(timer):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    units = sorted((ROOT / "Scripts/systemd").glob(f"iauth-{timer}.*"))
    said = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    ours = [line for line in said.stderr.splitlines()
            if "iauth-" in line and "is not executable" not in line
            and "man iauth" not in line]
    assert len(units) == (3 if timer == "deliver" else 2) and not ours, ours


def test_doctor_says_which_program_cannot_be_run(fresh_desk):
    desk = fresh_desk
    conf, program = desk.home / "iauth.conf", desk.home / "program"
    conf.write_text(f"mail = sendmail:{program}\nsms = command:{program} x\n"
                    "mail-from = iauth@cdc.gov.tw\n")

    def channels():
        lines = desk.run("doctor", "--json", "--config", conf).lines
        return {line["check"]: line["status"] for line in lines if line["check"] in ("mail", "sms")}

    assert channels() == {"mail": "fail", "sms": "fail"}
    program.write_text("#!/bin/sh\n")
    assert channels() == {"mail": "fail", "sms": "fail"}
    program.chmod(0o700)
    assert channels() == {"mail": "ok", "sms": "ok"}


def test_nothing_else_in_a_code_mail_looks_like_a_code(fresh_desk):
    """A telephone number of eight digits, a name with a tax number: the code is the one that is not
    split."""
    reference = apply(fresh_desk, MING, *configured(
        fresh_desk, help_contact="02-33568888", service_name="S 12345678",
        service_host="h12345678.gov.tw"))
    for text in fresh_desk.mails(reference) + fresh_desk.texts(reference):
        assert len(set(re.findall(r"(?<!\d)\d{8}(?!\d)", text.split("\n\n", 1)[1]))) == 1, text
