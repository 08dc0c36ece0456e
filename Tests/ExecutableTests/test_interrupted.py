"""Every question of every sitting, left in every way: Ctrl-C, a hang-up, a window of another size.

A shell around it keeps the terminal open, to look at afterwards; it says how iauth ended, as
shells do: 128 and the signal.
"""

import os
import re
import signal
import termios
import time

import pexpect
import pytest

from conftest import CDC, CHIEF, IAUTH, MING, TONG, clerk, wait_for


class Sitting:
    """One command in a shell on a terminal."""

    def __init__(self, desk, *words, session):
        self.desk, self.seen = desk, ""
        self.child = pexpect.spawn(
            "/bin/sh", encoding="utf-8", timeout=10, dimensions=(40, 100),
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            env=desk.environment | {"LC_ALL": "zh_TW.UTF-8", "PS1": "% ", "TERM": "xterm"})
        self.child.delaybeforesend = None
        self.child.expect("% ")
        self.before = termios.tcgetattr(self.child.child_fd)
        line = " ".join(desk.words(words, session))
        self.child.sendline(f"sh -c 'echo pid=$$; exec {line}'")
        self.child.expect(r"pid=(\d+)")
        self.pid = int(self.child.match[1])

    def expect(self, prompt):
        self.child.expect(prompt)
        self.seen += self.child.before

    def answer(self, answer):
        answer = answer(self) if callable(answer) else answer
        # A key of the queue is no line.
        self.child.send(answer if answer.startswith("key:") is False and answer.endswith("\n")
                        else answer.removeprefix("key:"))

    def codes(self):
        return self.desk.codes(re.findall(r"[AS]-[0-9A-Z]{4}-[0-9A-Z]{4}", self.seen)[-1])

    def status(self):
        """How it ended, and that the terminal is as it was."""
        self.child.expect("% ")
        self.child.sendline("echo status=$?")
        self.child.expect(r"status=(\d+)")
        assert termios.tcgetattr(self.child.child_fd) == self.before
        status = int(self.child.match[1])
        self.child.sendline("exit")
        self.child.expect(pexpect.EOF)
        self.child.close()
        return status


def line(text):
    return text + "\n"


def email_code(sitting):
    return line(sitting.codes()[0])


def sms_code(sitting):
    return line(sitting.codes()[-1])


PERMISSION = [("申請權限.*：", line("1")), ("申請事由.*：", line("業務")), ("確定送出.*：", line("y"))]


def applying(desk, person):
    return ["apply"], [
        ("機關代碼：", line("疾管署")), ("姓名：", line(person.name)),
        ("電子郵件：", line(person.email)), ("行動電話：", line(person.mobile)), ("y/N", line("y")),
        ("電子郵件驗證碼：", email_code), ("簡訊驗證碼：", sms_code), *PERMISSION]


def signing_in(desk, person):
    desk.join(person)
    desk.ok("verify", "--sign-out", session=person)
    return ["verify"], [
        ("驗證方式.*：", line("both")), ("電子郵件驗證碼：", email_code), ("簡訊驗證碼：", sms_code), *PERMISSION]


def asking(desk, person):
    desk.join(person)
    return ["request-permission"], PERMISSION


def reviewing(desk, person):
    desk.join(person)
    desk.request(person)
    return ["pending", "-i", person.name], [
        (r"\[1/1\].*：", "key:r"), ("退件理由.*：", line("已離職"))]


def recertifying(desk, person):
    desk.join(person)
    desk.ok("approve", desk.request(person), session=MING)
    desk.ok("recertify", "--open", "--due", "2027-12-31", session=CHIEF)
    return ["recertify", "-i"], [(r"\[1/1\].*：", "key:e"), ("停用理由.*：", line("已離職"))]


SITTINGS = {
    "apply": (applying, 10), "verify": (signing_in, 6), "request-permission": (asking, 3),
    "pending": (reviewing, 2), "recertify": (recertifying, 2)}
POINTS = [(name, at) for name, (_, count) in SITTINGS.items() for at in range(count)]


def led_to(desk, name, at):
    """A sitting that has come to its question number `at`."""
    begin, count = SITTINGS[name]
    person = clerk(40 + at)
    words, steps = begin(desk, person)
    assert len(steps) == count
    session = MING if name in ("pending", "recertify") else person
    sitting = Sitting(desk, *words, session=session)
    for prompt, answer in steps[:at]:
        sitting.expect(prompt)
        sitting.answer(answer)
    sitting.expect(steps[at][0])
    return sitting, steps, person, session


def facts(desk):
    return [desk.value(f"SELECT count(*) FROM {table}")
            for table in ("account", "request", "decision", "attempt")]


@pytest.mark.parametrize("name, at", POINTS)
@pytest.mark.parametrize("end, status", [("c", 130), ("HUP", 129), ("TERM", 143)])
def test_left_at_any_question(desk, name, at, end, status):
    sitting, _, person, session = led_to(desk, name, at)
    before = facts(desk)
    began = time.monotonic()
    if end == "c":
        sitting.child.sendintr()
    else:
        os.kill(sitting.pid, getattr(signal, f"SIG{end}"))
    assert sitting.status() == status
    assert time.monotonic() - began < 3
    # What was said to be done is done, and nothing else.
    assert facts(desk) == before
    assert desk.value("SELECT count(*) FROM attempt") == 0
    if name in ("apply", "verify") and at in (5, 6) and name == "apply":
        # Its own command goes on.
        reference = re.findall(r"A-[0-9A-Z]{4}-[0-9A-Z]{4}", sitting.seen)[-1]
        assert desk.prove(reference, person)["status"] == "active"
    if name == "pending":
        assert len(desk.json("pending", person.name, session=MING)) == 1
    if name == "recertify":
        assert len(desk.json("recertify", session=MING)) == 1
    desk.content()


@pytest.mark.parametrize("name", SITTINGS)
def test_the_line_goes_dead(desk, name):
    """The terminal itself is gone: nothing is left running, and nothing is done."""
    sitting, *_ = led_to(desk, name, SITTINGS[name][1] - 1)
    before = facts(desk)
    sitting.child.close(force=True)
    wait_for(lambda: not os.path.exists(f"/proc/{sitting.pid}/exe"))
    assert facts(desk) == before
    desk.content()


@pytest.mark.parametrize("name, at", POINTS)
def test_a_window_of_another_size_changes_nothing(desk, name, at):
    sitting, steps, person, session = led_to(desk, name, at)
    for rows, columns in [(10, 47), (50, 200)]:
        sitting.child.setwinsize(rows, columns)
        time.sleep(0.02)
    sitting.answer(steps[at][1])
    for prompt, answer in steps[at + 1:]:
        sitting.expect(prompt)
        sitting.answer(answer)
    assert sitting.status() == 0
    if name == "pending":
        assert desk.json("pending", person.name, session=MING) == []
    elif name == "recertify":
        assert desk.json("recertify", session=MING) == []
    else:
        [request] = desk.json("request-permission", "--list", session=session)
        assert (request["reason"], request["status"]) == ("業務", "pending")
