"""A person at a terminal: asked for what is missing, in their language, codes unseen.

pexpect drives the real executable on a pseudo-terminal.
"""

import re
import signal
import sqlite3
import termios
import time

import pexpect
import pytest
from wcwidth import wcswidth

from conftest import CDC, CHIEF, IAUTH, MING, REFERENCE, TONG, clerk

KEYS = ["機關", "姓名", "電子郵件", "行動電話"]


def talk(desk, *words, session=None, language="zh_TW.UTF-8", columns=100, **environment):
    child = pexpect.spawn(
        IAUTH, desk.words(words, session)[1:], encoding="utf-8", timeout=10,
        dimensions=(40, columns),
        # CI may run under nohup, whose ignored signal a child inherits.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        env=desk.environment | {"LC_ALL": language, "TERM": "xterm"} | environment)
    child.delaybeforesend = None
    return child


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus if child.signalstatus is None else -child.signalstatus


def echoes(child):
    return bool(termios.tcgetattr(child.child_fd)[3] & termios.ECHO)


def reference_in(text):
    return next(word for word in text.split() if REFERENCE.match(word))


def begin_to_apply(desk, answer="y"):
    child = talk(desk, "apply")
    for prompt, value in zip(KEYS, [CDC, TONG.name, TONG.email, TONG.mobile]):
        child.expect(prompt + ".*：")
        child.sendline(value)
    child.expect("衛生福利部疾病管制署")
    child.expect("（y/N）")
    child.sendline(answer)
    return child


def test_apply_and_verify_by_prompts_in_chinese(fresh_desk):
    desk = fresh_desk
    child = begin_to_apply(desk)
    child.expect("電子郵件驗證碼：")
    shown = child.before
    child.sendcontrol("d")
    assert ended(child) == 0  # the application stands; the codes are entered another time
    assert "iauth verify A-" in shown and "t***@cdc.gov.tw" in shown
    reference = reference_in(shown)
    email, sms = desk.codes(reference)

    child = talk(desk, "verify", reference, session=TONG)
    child.expect("電子郵件驗證碼：")
    assert not echoes(child)
    child.sendline(email)
    child.expect("簡訊驗證碼：")
    assert not echoes(child)
    seen = child.before
    child.sendline(sms)
    child.expect("申請權限.*：")
    seen += child.before
    child.sendline("")
    assert ended(child) == 0
    assert email not in seen and sms not in seen
    assert TONG.name in seen and "登入" in seen
    assert desk.one("verify", "--status", session=TONG)["proven"] == ["email", "sms"]


@pytest.mark.parametrize("answer", ["n", "", "否", "yess"])
def test_an_agency_that_is_not_confirmed_stores_nothing(fresh_desk, answer):
    child = begin_to_apply(fresh_desk, answer)
    if answer == "yess":  # neither: asked again
        child.expect("y（是）.*y/N")
        child.sendline("n")
    assert ended(child) == 1
    assert "A-" not in child.before and "declined" in child.before
    assert fresh_desk.value("SELECT count(*) FROM verification") == 0


def test_a_wrong_code_is_asked_for_again_until_the_lock(fresh_desk):
    """Of an application neither code is judged before both are there."""
    desk = fresh_desk
    reference = desk.apply(TONG)
    child = talk(desk, "verify", reference, session=TONG)
    for left in [4, 3, 2, 1]:
        child.expect("電子郵件驗證碼：")
        child.sendline("12345678")
        child.expect("簡訊驗證碼：")
        assert "code.wrong" not in child.before
        child.sendline("12345678")
        child.expect(f"尚可嘗試 {left} 次")
    child.expect("電子郵件驗證碼：")
    child.sendline("not a code")
    child.expect("8 位數字，本次不計次")
    child.expect("電子郵件驗證碼：")
    child.sendline("")
    child.expect("尚未輸入驗證碼，本次不計次")
    child.sendline("12345678")
    child.expect("簡訊驗證碼：")
    child.sendline("12345678")
    assert ended(child) in (1, 75)
    assert desk.value("SELECT max(wrong) FROM attempt") == 5


def test_the_second_code_of_a_sign_in_is_asked_for_after_the_first_was_right(desk):
    desk.join(TONG)
    child = talk(desk, "verify", "--via", "both", session=TONG)
    child.expect("S-[0-9A-Z]{4}-[0-9A-Z]{4}")
    reference = child.after
    child.expect("電子郵件驗證碼：")
    child.sendline("12345678")
    child.expect("尚可嘗試 4 次")
    assert "簡訊驗證碼" not in child.before
    email, sms = desk.codes(reference)
    child.expect("電子郵件驗證碼：")
    child.sendline(email)
    child.expect("簡訊驗證碼：")
    child.sendline(sms)
    child.expect("申請權限.*：")
    child.sendcontrol("d")
    assert ended(child) == 0


def test_a_sign_in_goes_on_to_ask(desk):
    desk.join(TONG)
    child = talk(desk, "verify", session="other", language="en_US.UTF-8")
    for prompt, value in zip(["gency", "ame", "mail", "obile", "both"],
                             [CDC, TONG.name, TONG.email, TONG.mobile, "sms"]):
        child.expect(prompt + ".*: ")
        child.sendline(value)
    child.expect("S-[0-9A-Z]{4}-[0-9A-Z]{4}")
    reference = child.after
    child.expect("SMS.*: ")
    [code] = desk.codes(reference)
    child.sendline(code)
    child.expect("general user.*: ")
    assert code not in child.before and TONG.name in child.before
    child.sendline("")
    assert ended(child) == 0


def test_a_wrong_answer_is_asked_for_again(fresh_desk):
    child = talk(fresh_desk, "apply", "--agency", CDC)
    child.expect("姓名.*：")
    child.sendline("壞\u202e人")
    child.expect("name.invalid")
    child.expect("姓名.*：")
    child.sendline(TONG.name)
    child.expect("電子郵件.*：")
    child.sendline("not an address")
    child.expect("email.invalid")
    child.expect("電子郵件.*：")
    child.sendcontrol("d")
    assert ended(child) == 64
    assert "\u202e" not in child.before


@pytest.mark.parametrize("prompt, words", [
    ("電子郵件驗證碼：", ["verify"]), ("機關.*：", ["apply"])])
def test_control_c_restores_the_terminal(fresh_desk, prompt, words):
    desk = fresh_desk
    if words == ["verify"]:
        words = ["verify", desk.apply(TONG)]
    # A shell around it keeps the terminal open, to look at afterwards.
    child = pexpect.spawn("/bin/sh", encoding="utf-8", timeout=10,
                          env=desk.environment | {"LC_ALL": "zh_TW.UTF-8", "PS1": "% "})
    child.delaybeforesend = None
    child.expect("% ")
    before = termios.tcgetattr(child.child_fd)
    child.sendline(" ".join([IAUTH, *words]))
    child.expect(prompt)
    started = time.monotonic()
    child.sendcontrol("c")
    child.expect("% ")
    assert time.monotonic() - started < 1
    child.sendline("echo status=$?")
    child.expect(r"status=(\d+)")
    assert child.match[1] == "130"
    assert termios.tcgetattr(child.child_fd) == before
    child.sendline("exit")
    child.expect(pexpect.EOF)
    assert desk.value("SELECT count(*) FROM attempt") == 0
    desk.content()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_at_the_prompt_end_it(fresh_desk, number):
    child = talk(fresh_desk, "verify", fresh_desk.apply(TONG))
    child.expect("驗證碼：")
    child.kill(number)
    assert ended(child) in (-number, 128 + number)


@pytest.mark.parametrize("words", [["apply"], ["reject", "2"], ["init"], ["verify"]])
def test_no_input_never_asks(desk, words):
    child = talk(desk, *words, "--no-input", session=CHIEF)
    assert ended(child) == 64
    assert "usage.missing" in child.before


def test_no_input_reads_no_codes_from_a_terminal(desk):
    child = talk(desk, "verify", desk.apply(TONG), "--no-input")
    assert ended(child) == 64


def lines_of(child):
    assert ended(child) == 0
    return child.before.replace("\r\n", "\n").splitlines()


@pytest.mark.parametrize("columns", [60, 100, 160])
@pytest.mark.parametrize("language", ["zh_TW.UTF-8", "en_US.UTF-8"])
@pytest.mark.parametrize("words", [["pending"], ["agencies", "衛生福利部"], ["accounts"],
                                   ["admins", "--agency", CDC], ["systems"],
                                   ["pending", "--status", "all"]])
def test_tables_line_up_and_fit(desk, words, language, columns):
    desk.join(TONG)
    desk.request(TONG)
    mixed = clerk(3)
    desk.join(mixed)
    desk.request(mixed, "general", "--reason", "業務 needs ﾊﾝｶｸ")
    child = talk(desk, *words, "--color=never", session=MING, language=language, columns=columns,
                 COLUMNS=str(columns))
    shown = lines_of(child)
    table = [line for line in shown if not line.startswith("iauth: ")]
    assert len(table) >= 2
    assert all(wcswidth(line) <= columns for line in table), table
    heading = _cells(table[0])
    for line in table[1:]:
        # A cell begins where its heading begins, or, a number, ends where that ends.
        for start, end in _cells(line):
            assert any(start == left or end == right for left, right in heading), (table[0], line)


def _cells(line):
    """The display columns between which each cell stands; two spaces part cells."""
    cells, position = [], 0
    for part in re.split("( {2,})", line):
        if part.strip():
            begin = position + len(part) - len(part.lstrip())
            cells.append((begin, position + wcswidth(part)))
        position += wcswidth(part)
    return cells


def test_the_width_of_the_terminal_is_looked_at(desk):
    child = talk(desk, "agencies", "衛生福利部疾病管制署", columns=50)
    assert all(wcswidth(line) <= 50 for line in lines_of(child) if "iauth" not in line)


def test_hostile_text_in_the_file_reaches_no_terminal_raw(desk):
    """What got into the database by another way is escaped, too."""
    desk.join(TONG)
    number = desk.request(TONG)
    hostile = "壞\x1b[2J\u202e\x07\x9b31m\n假列\u200b\ue000"
    db = sqlite3.connect(desk.db)
    for (name,) in db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute("UPDATE request SET reason = ?", (hostile,))
    db.execute("UPDATE account SET title = ?, name = ? WHERE email = ?",
               (hostile, hostile, TONG.email))
    db.commit()
    db.close()
    for words in [["pending"], ["pending", number], ["pending", number, "--json"],
                  ["accounts"], ["accounts", "--json"], ["approve", number]]:
        child = talk(desk, *words, "--color=never", session=MING)
        ended(child)
        raw = child.before.replace("\r\n", "\n")
        for character in "\x1b\u202e\x07\x9b\u200b\ue000":
            assert character not in raw, (words, raw)
    assert desk.one("pending", number, session=MING)["reason"] == hostile


def test_whoever_sits_at_standard_input_is_told_what_is_waited_for(desk):
    child = talk(desk, "import-batch", "-", "--dry-run", session=CHIEF)
    child.expect("標準輸入")
    child.sendeof()
    child.expect("sheet.empty")
    assert ended(child) == 65
