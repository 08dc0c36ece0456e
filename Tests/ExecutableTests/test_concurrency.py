"""Many processes at once: nothing is lost, nothing happens twice, nobody waits for ever."""

import collections
import fcntl
import os
import re
import signal
import time
from pathlib import Path

from conftest import CDC_OFFICES, CHIEF, DEPUTY, MANAGER, MING, TONG, clerk, wait_for


def together(desk, runs, stdin=b""):
    """Starts all, then waits for all."""
    processes = [desk.start(*words, "--json", session=session) for session, words in runs]
    return [desk.end(process, stdin) for process in processes]


def test_a_hundred_apply_at_once_lose_nothing(desk):
    people = [clerk(number) for number in range(100)]
    ended = together(desk, [(None, ["apply", *person.words]) for person in people])
    assert {run.status for run in ended} == {0}, [run for run in ended if run.status]
    references = {run.lines[0]["application"] for run in ended}
    assert len(references) == 100
    stored = {row[0] for row in desk.rows("SELECT reference FROM verification")}
    assert references <= stored
    desk.ok("deliver")
    for reference in references:
        assert len(desk.codes(reference)) == 2
    desk.content()


def test_fifty_decisions_at_once_decide_once(desk):
    desk.join(TONG)
    number = desk.request(TONG)
    runs = [["approve", number], ["reject", number, "--reason", "x"]] * 25
    ended = together(desk, [(MING, words) for words in runs])
    outcomes = collections.Counter(run.lines[0]["outcome"] for run in ended)
    assert outcomes == {"decided": 1, "request.decided": 49}
    assert collections.Counter(run.status for run in ended) == {0: 1, 1: 49}
    [winner] = [run.lines[0] for run in ended if run.status == 0]
    for run in ended:
        assert run.lines[0]["status"] == winner["status"]
    assert desk.rows("SELECT verdict FROM decision WHERE request = ?", number) == [
        (winner["status"],)]
    assert len(desk.mails(str(number), "decision")) == 1
    assert desk.value("SELECT count(*) FROM permission WHERE request = ?", number) == (
        winner["status"] == "approved")
    desk.content()


def test_two_reviewers_decide_differently_at_once(desk):
    desk.ok("admins", "--appoint", "--system", "spm", *DEPUTY.words[2:])
    desk.sign_in(DEPUTY)
    for turn in range(5):
        person = clerk(turn, CDC_OFFICES[0])
        desk.join(person)
        number = desk.request(person, "admin")
        ended = together(desk, [(CHIEF, ["approve", number]),
                                (DEPUTY, ["reject", number, "--reason", "x"])] * 2)
        assert sorted(run.status for run in ended) == [0, 1, 1, 1]
    desk.content()


def test_fifty_right_codes_at_once_open_one_session(desk):
    reference = desk.apply(TONG)
    typed = desk.typed(reference).encode()
    ended = together(desk, [(f"s{number}", ["verify", reference]) for number in range(50)], typed)
    assert collections.Counter(run.status for run in ended) == {0: 1, 1: 49}
    assert {run.code for run in ended if run.status} == {"code.expired"}
    assert desk.value("SELECT count(*) FROM session WHERE name LIKE 's%'") == 1
    assert desk.value("SELECT count(*) FROM account WHERE email = ?", TONG.email) == 1
    desk.content()


def test_forty_wrong_codes_at_once_are_five_guesses(desk):
    desk.join(TONG)
    reference = desk.one("verify", *TONG.words, "--via", "both")["signin"]
    typed = desk.typed(reference)
    wrong = "".join(f"{(int(code) + 1) % 10**8:08}\n" for code in typed.split())
    ended = together(desk, [(None, ["verify", reference])] * 40, wrong.encode())
    assert collections.Counter(run.code for run in ended) == {"code.wrong": 5, "code.locked": 35}
    desk.refused("code.locked", "verify", reference, stdin=typed)
    told = [mail for mail in desk.mails(kind="notice") if f"To: {TONG.email}\n" in mail]
    assert len(told) == 1
    desk.content()


def test_one_address_gets_one_code_a_minute(desk):
    ended = together(desk, [(None, ["apply", *TONG.words])] * 20)
    assert collections.Counter(run.status for run in ended) == {0: 1, 75: 19}
    assert {run.code for run in ended if run.status} == {"send.throttled"}
    assert len(desk.mails(kind="code")) == 3  # two are the signed-in people's


def rows(count):
    lines = [f"{CDC_OFFICES[n % 3]},員工{chr(0x4E00 + n)},n{n}@cdc.gov.tw,09660{n:05}"
             for n in range(count)]
    return "OID,姓名,E-mail,手機\n" + "\n".join(lines) + "\n"


def test_the_same_sheet_handed_in_at_once_is_one_batch(desk):
    sheet = desk.home / "sheet.csv"
    sheet.write_text(rows(40))
    ended = together(desk, [(CHIEF, ["import-batch", sheet])] * 6)
    assert {run.status for run in ended} == {0}, ended
    assert sorted(run.lines[-1]["accepted"] for run in ended) == [0] * 5 + [40]
    assert {run.lines[-1]["batch"] for run in ended} == {1}
    assert desk.value("SELECT count(*) FROM request WHERE batch = 1") == 40
    desk.content()


def recording_sendmail(place):
    """A sendmail that keeps each message in a file of its own; never two in one."""
    place.mkdir(exist_ok=True)
    program = place / "sendmail"
    program.write_text(f"#!/bin/sh\nexec cat > \"$(mktemp {place}/mail.XXXXXXXX)\"\n")
    program.chmod(0o755)
    conf = place / "iauth.conf"
    conf.write_text(f"mail = sendmail-arguments:{program}\nmail-from = iauth@example.gov.tw\n")
    return conf


def test_twenty_deliver_at_once_send_each_message_once(desk, tmp_path):
    conf = recording_sendmail(tmp_path / "mta")
    # A superior's sheet: the reviewer did not submit it and may decide.
    desk.appoint(MANAGER)
    sheet = desk.home / "sheet.csv"
    sheet.write_text(rows(40))
    desk.ok("import-batch", sheet, session=MANAGER)
    desk.ok("approve", "--batch", "1", "--config", conf, session=CHIEF)
    queued = desk.value("SELECT count(*) FROM message WHERE status = 'queued'")
    assert queued >= 30
    ended = together(desk, [(None, ["deliver", "--config", conf])] * 20)
    assert {run.status for run in ended} == {0}, ended
    assert sum(run.lines[0]["delivered"] for run in ended) == queued
    mails = [path.read_text() for path in (tmp_path / "mta").glob("mail.*")]
    sent = collections.Counter(re.search(r"^Message-ID: (.*)$", mail, re.M)[1] for mail in mails)
    assert set(sent.values()) == {1} and len(sent) >= 40
    assert desk.value("SELECT count(*) FROM message WHERE status = 'queued'") == 0
    desk.content()


def test_a_stopped_writer_stops_nobody_for_ever(desk):
    """A process frozen in the middle of its commit: others say `database.busy` in time."""
    holder = desk.start("apply", *TONG.words, "--json", under=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
        "-e", "inject=fdatasync:signal=SIGSTOP:when=1"])
    children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children")

    def stopped():
        for child in children.read_text().split():
            state = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state in "Tt" and (desk.data / "iauth.db-journal").exists():
                return True
        return False
    wait_for(stopped)
    [pid] = map(int, children.read_text().split())

    started = time.monotonic()
    # Readers wait as writers do: the file itself is locked for the commit.
    runs = [["apply", *clerk(number).words] for number in range(8)] + [["systems"]]
    ended = together(desk, [(None, words) for words in runs])
    waited = time.monotonic() - started
    assert {(run.status, run.code) for run in ended} == {(75, "database.busy")}
    assert 8 < waited < 15

    os.kill(pid, signal.SIGCONT)
    done = desk.end(holder)
    assert done.status == 0 and done.lines[0]["application"]
    for number in range(8):
        desk.apply(clerk(number))
    desk.content()


def test_a_waiting_command_can_be_interrupted(desk):
    """Ctrl-C while waiting for the writer before it: ends at once, changes nothing."""
    with open(desk.data / "iauth.lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = desk.start("apply", *TONG.words)
        # Waiting, it has opened the lock's file and catches the alarm that ends the waiting.
        descriptors = Path(f"/proc/{process.pid}/fd")
        wait_for(lambda: any(path.resolve().name == "iauth.lock" for path in descriptors.iterdir()))
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=2)
        assert process.returncode in (-signal.SIGINT, 130)
    assert desk.value("SELECT count(*) FROM verification WHERE status = 'open'") == 0
    desk.join(TONG)
