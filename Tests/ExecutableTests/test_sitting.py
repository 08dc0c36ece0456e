"""A person sits down and gets through: which agency, one sitting, the queue key by key.

Keys are counted here: what a person presses, the line's end with it.
"""

import json
import shlex
import termios
from dataclasses import replace

import pexpect
import pytest

from conftest import CDC, CHIEF, IAUTH, MING, TONG, clerk
from test_terminal import echoes, ended, talk

SHORT = {
    "疾管署": "衛生福利部疾病管制署", "國發會": "國家發展委員會", "北市府": "臺北市政府",
    "衛福部": "衛生福利部", "健保署": "衛生福利部中央健康保險署", "金管會": "金融監督管理委員會",
    "警政署": "內政部警政署", "台北市政府": "臺北市政府", "行政院": "行政院", "主計總處": "行政院主計總處",
    "高市府": "高雄市政府", "中研院": "中央研究院", "農委會": "行政院農業委員會",
}


@pytest.mark.parametrize("short, name", SHORT.items())
def test_what_people_call_an_agency_finds_it_first(fresh_desk, short, name):
    assert fresh_desk.json("agencies", short)[0]["name"] == name


def test_codes_of_every_kind_name_an_agency(fresh_desk):
    assert fresh_desk.one("agencies", "A21010000I")["code"] == CDC
    assert fresh_desk.one("agencies", "ａ２１０１００００ｉ")["code"] == CDC
    assert fresh_desk.json("agencies", CDC)[0]["code"] == CDC
    applied = fresh_desk.one("apply", "--agency", "a21010000i", *TONG.words[2:])
    assert applied["agency"]["code"] == CDC
    fresh_desk.refused("agency.unknown", "apply", "--agency", "Z99999999Z", *TONG.words[2:])
    for words in [["apply"], ["verify", "--via", "email"]]:
        fresh_desk.refused("agency.missing", *words, "--agency", "", *TONG.words[2:])
    fresh_desk.refused("agency.unknown", "apply", "--agency", "疾管署", *TONG.words[2:])


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_agency_is_chosen_before_anything_else_is_asked(fresh_desk, columns):
    child = talk(fresh_desk, "apply", "--agency", "警政署", columns=columns)
    child.expect("請選擇（1-10）.*：")
    shown = child.before
    assert "10" in shown and "另有其他機關" in shown and "姓名" not in shown
    child.sendline("沒有這個機關")
    child.expect("agency.unknown")
    child.expect("機關名稱或機關代碼：")
    child.sendline("疾管署")
    child.expect("姓名：")  # one that is meant is not asked about
    child.sendcontrol("d")
    assert ended(child) == 64
    child = talk(fresh_desk, "verify", columns=columns)
    child.expect("機關名稱或機關代碼：")
    child.sendline("國發會")
    child.expect("請選擇（1-3）.*：")
    child.sendline("1")
    child.expect("姓名：")
    child.sendcontrol("c")
    assert ended(child) in (-2, 130)


class Typist:
    """Types, and counts the keys."""

    def __init__(self, child):
        self.child, self.keys = child, 0

    def line(self, prompt, text):
        self.child.expect(prompt)
        self.child.sendline(text)
        self.keys += len(text) + 1

    def key(self, prompt, key):
        self.child.expect(prompt)
        self.child.send(key)
        self.keys += 1


@pytest.mark.parametrize("language, words", [
    ("zh_TW.UTF-8", ["電子郵件驗證碼：", "簡訊驗證碼：", "申請權限.*：", "申請事由.*：", "確定送出.*："]),
    ("en_US.UTF-8", ["e-mail: ", "SMS: ", "Permission.*: ", "Reason.*: ", "Submit.*: "])])
def test_one_sitting_from_nothing_to_a_submitted_request(desk, language, words):
    child = talk(desk, "apply", session=TONG, language=language)
    hand = Typist(child)
    hand.keys = len("iauth apply") + 1
    hand.line("機關|Agency", "疾管署")
    hand.line("姓名|Name", TONG.name)
    hand.line("公務電子郵件|Official e-mail", TONG.email)
    hand.line("行動電話|Mobile", TONG.mobile)
    hand.line("y/N", "y")
    child.expect("A-[0-9A-Z]{4}-[0-9A-Z]{4}")
    reference = child.after
    child.expect(words[0])
    email, sms = desk.codes(reference)
    assert not echoes(child)
    child.sendline(email)
    child.expect(words[1])
    child.sendline(sms)
    hand.keys += 18
    hand.line(words[2], "1")
    hand.line(words[3], "業務需要")
    hand.line(words[4], "Y ")
    assert ended(child) == 0
    assert "request-permission --list" in child.before
    [request] = desk.json("request-permission", "--list", session=TONG)
    assert (request["role"], request["reason"], request["status"]) == (
        "general", "業務需要", "pending")
    print(f"newcomer to submitted request: {hand.keys} keys")
    assert hand.keys < 110


def test_what_is_declined_in_the_end_changes_nothing(desk):
    desk.join(TONG)
    child = talk(desk, "request-permission", session=TONG)
    child.expect("申請權限.*：")
    child.sendline("5")
    child.expect("role.invalid")
    child.expect("申請權限.*：")
    child.sendline("2")
    child.expect("申請事由.*：")
    child.sendline("")
    child.expect("y/N")
    child.sendline("否")
    assert ended(child) == 1
    assert desk.json("request-permission", "--list", session=TONG) == []


def test_the_daily_sign_in_is_a_few_keys(desk):
    desk.ok("verify", "--sign-out", session=MING)
    child = talk(desk, "verify", session=MING)
    hand = Typist(child)
    hand.keys = len("iauth verify") + 1
    hand.line("驗證方式.*：", "both")
    assert MING.name in child.before and "m***@cdc.gov.tw" in child.before
    child.expect("S-[0-9A-Z]{4}-[0-9A-Z]{4}")
    reference = child.after
    child.expect("電子郵件驗證碼：")
    email, sms = desk.codes(reference)
    child.sendline(email)
    child.expect("簡訊驗證碼：")
    child.sendline(sms)
    hand.keys += 18
    assert ended(child) == 0
    print(f"daily sign-in: {hand.keys} keys")
    assert hand.keys <= 42
    assert desk.one("verify", "--status", session=MING)["proven"] == ["email", "sms"]


@pytest.fixture
def forty(desk):
    for number in range(40):
        person = clerk(number)
        desk.join(person)
        desk.request(person, "general", "--reason", f"業務 {number}")
    return desk


def test_forty_requests_are_cleared_in_forty_keys_and_a_few_reasons(forty):
    desk = forty
    child = talk(desk, "pending", "-i", session=MING, columns=100)
    hand = Typist(child)
    hand.keys = len("iauth pending -i") + 1
    for number in range(40):
        prompt = rf"\[{number + 1}/40\]"
        if number in (3, 17, 30):
            hand.key(prompt, "r")
            hand.line("退件理由.*：", "已離職" if number == 3 else "1")
        else:
            hand.key(prompt, "a")
    child.expect("核准 37 件、退件 3 件、未審核 0 件")
    assert ended(child) == 0
    print(f"forty requests with three rejections: {hand.keys} keys")
    assert hand.keys < 80
    decided = desk.json("pending", "--status", "rejected", "--by", "me", session=MING)
    assert [line["note"] for line in decided] == ["已離職"] * 3
    assert desk.json("pending", session=MING) == []
    desk.content()


def test_finding_someone_and_what_was_decided_last_week(forty):
    desk = forty
    person = clerk(7)
    [line] = desk.json("pending", person.name, session=MING)
    desk.ok("reject", line["request"], "--reason", "非本業務承辦人", session=MING)
    words = ["pending", person.name, "--status", "all", "--since", "7d"]
    keys = len(" ".join(["iauth", *words])) + 1
    shown = desk.ok(*words, session=MING, env={"COLUMNS": "120", "LC_ALL": "C.UTF-8"}).out
    [found] = [row for row in shown.splitlines() if person.name in row]
    assert "rejected" in found and MING.name in found and "非本業務承辦人" in found
    print(f"someone, and what was decided last week: {keys} keys")
    assert keys <= 45


@pytest.fixture
def three(desk):
    for number in range(3):
        person = clerk(number)
        desk.join(person)
        desk.request(person, "general", "--reason", f"業務 {number}")
    return desk


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("language, accept", [("zh_TW.UTF-8", "核准"), ("en_US.UTF-8", "approved")])
def test_every_key_of_the_queue(three, columns, language, accept):
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "pending", "-i", session=MING, language=language, columns=columns)
    child.expect(r"\[1/3\]")
    assert clerk(0).name in child.before and clerk(0).email in child.before.replace("\r\n", "")
    child.send("?")
    child.expect("a approves|a 核准；")
    child.expect(r"\[1/3\]")
    child.send("x\x1b[A")  # neither means anything
    child.expect(r"\[1/3\]")
    child.send("s")
    child.expect(r"\[2/3\]")
    child.send("b")
    child.expect(r"\[1/3\]")
    child.send("a")
    child.expect(accept)
    child.expect(r"\[2/3\]")
    child.send("r")
    child.expect("empty: back|未填則返回")
    child.sendline("")
    child.expect(r"\[2/3\]")
    child.send("c")
    child.expect("empty: back|未填則返回")
    child.sendline("請補附公文")
    child.expect(r"\[3/3\]")
    child.send("b")
    child.expect(r"\[2/3\]")
    child.send("s")
    child.expect(r"\[3/3\]")
    child.send("q")
    assert ended(child) == 0
    status = {line["request"]: line["status"] for line in
              desk.json("pending", "--status", "all", session=MING)}
    assert [status[number] for number in numbers] == ["approved", "returned", "pending"]


@pytest.mark.parametrize("keys", ["aaa", "aa", "\x1b[200~aaa\x1b[201~", "sa"])
def test_a_key_decides_what_stands_on_the_screen(three, keys):
    """Keys that were pressed, or pasted, before a request was shown say nothing of it."""
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "pending", "-i", session=MING)
    child.expect(r"\[1/3\]")
    child.send(keys)
    decides = keys[0] == "a"
    child.expect(r"\[2/3\]" if keys[0] != "\x1b" else r"\[1/3\]")
    child.send("q")
    assert ended(child) == 0
    found = {line["request"]: line["status"] for line in
             desk.json("pending", "--status", "all", session=MING)}
    assert [found[number] for number in numbers] == [
        "approved" if decides else "pending", "pending", "pending"]


def test_a_question_is_asked_until_it_is_answered(three):
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "approve", f"{numbers[0]}-{numbers[-1]}", session=MING)
    for answer in ("x", "yy", "1"):
        child.expect(r"y/N")
        child.sendline(answer)
        child.expect("y（是）")
    child.expect(r"y/N")
    child.sendline("確定")
    assert ended(child) == 0
    assert desk.json("pending", session=MING) == []


def test_what_is_said_of_one_stands_before_the_next(three):
    """A refusal, and the key that was pressed, stand under what they were about."""
    desk = three
    [first, second, third] = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "pending", "-i", session=MING)
    child.expect(r"\[1/3\]")
    desk.ok("request-permission", "--withdraw", first, session=clerk(0))
    child.send("a")
    child.expect(r"\[2/3\]")
    shown = child.before
    assert shown.index("結束　?：a\r\n") < shown.index("request.decided") < shown.index(clerk(1).name)
    child.send("s")
    child.expect(r"\[3/3\]")
    assert child.before.index("結束　?：s\r\n") < child.before.index(clerk(2).name)
    child.send("q")
    assert ended(child) == 0
    assert child.before.index("結束　?：q\r\n") < child.before.index("未審核 2 件")


def test_what_is_said_of_one_item_stands_before_the_next(three):
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    desk.ok("approve", *numbers, session=MING)
    desk.ok("recertify", "--open", "--due", "2099-01-01")
    items = desk.json("recertify", session=MING)
    child = talk(desk, "recertify", "-i", session=MING)
    child.expect(r"\[1/3\]")
    desk.ok("recertify", items[0]["item"], "--keep", session=MING)
    child.send("k")
    child.expect(r"\[2/3\]")
    shown = child.before
    assert shown.index("結束　?：k\r\n") < shown.index("recertify.") < shown.index(items[1]["name"])
    child.send("q")
    assert ended(child) == 0
    assert child.before.index("結束　?：q\r\n") < child.before.index("未答復 3 項")


def test_what_changed_meanwhile_is_shown_again(three):
    desk = three
    [first, second, _] = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "pending", "-i", session=MING)
    child.expect(r"\[1/3\]")
    desk.ok("request-permission", "--withdraw", first, session=clerk(0))
    child.send("a")
    child.expect("request.decided")
    child.expect(r"\[2/3\]")
    child.sendcontrol("d")
    assert ended(child) == 0
    assert desk.one("pending", second, session=MING)["status"] == "pending"


@pytest.mark.parametrize("end", ["c", "hangup", "term", "int"])
def test_the_terminal_is_as_it_was_whatever_ends_it(three, end):
    desk = three
    child = pexpect.spawn("/bin/sh", encoding="utf-8", timeout=10, dimensions=(40, 100),
                          env=desk.environment | {"LC_ALL": "zh_TW.UTF-8", "PS1": "% "})
    child.delaybeforesend = None
    child.expect("% ")
    before = termios.tcgetattr(child.child_fd)
    child.sendline(f"sh -c 'echo pid=$$; exec {IAUTH} --session ming pending -i'")
    child.expect(r"pid=(\d+)")
    pid = child.match[1]
    child.expect(r"\[1/3\]")
    assert not echoes(child)
    if end == "c":
        child.sendcontrol("c")
    else:
        name = {"hangup": "HUP", "term": "TERM", "int": "INT"}[end]
        pexpect.run(f"kill -{name} {pid}")
    child.expect("% ")
    child.sendline("echo status=$?")
    child.expect(r"status=(\d+)")
    assert int(child.match[1]) > 128
    assert termios.tcgetattr(child.child_fd) == before
    child.sendline("exit")
    child.expect(pexpect.EOF)
    assert len(desk.json("pending", session=MING)) == 3


def test_it_needs_a_terminal(three):
    three.refused("usage.conflict", "pending", "-i", session=MING)
    ended_ = three.run("pending", "-i", session=MING)
    assert ended_.status == 64 and "terminal" in ended_.err


@pytest.mark.parametrize("answer, status", [("n", 1), ("y", 0)])
def test_a_range_shows_what_and_asks(three, answer, status):
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "approve", f"{numbers[0]}-{numbers[2]}", session=MING)
    child.expect("確定核准上列 3 件")
    assert clerk(1).name in child.before
    child.sendline(answer)
    assert ended(child) == status
    left = desk.json("pending", session=MING)
    assert len(left) == (3 if status else 0)


def test_a_range_is_decided_as_it_was_shown(three):
    """3.4: what is approved is what was shown."""
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "approve", f"{numbers[0]}-{numbers[2]}", session=MING)
    child.expect("確定核准上列 3 件")
    desk.join(replace(clerk(1), email="same@cdc.gov.tw", mobile="0988777666"))
    child.sendline("y")
    assert ended(child) == 1
    assert "request.changed" in child.before
    [left] = desk.json("pending", session=MING)
    assert left["request"] == numbers[1] and "same-name" in left["marks"]


def test_a_batch_is_decided_as_it_was_shown(desk, tmp_path):
    """What was decided meanwhile is said, and what came since is not meant."""
    form = tmp_path / "form.csv"
    form.write_text("機關OID,姓名,公務信箱,手機,角色\n" + "".join(
        f"{CDC},{clerk(n).name},{clerk(n).email},{clerk(n).mobile},一般權限\n" for n in range(2)))
    desk.ok("import-batch", form, session=CHIEF)
    first, second = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "approve", "--batch", "1", session=MING)
    child.expect("確定核准上列 2 件")
    desk.ok("reject", first, "--reason", "重複", session=MING)
    child.sendline("y")
    assert ended(child) == 1 and "request.decided" in child.before
    assert desk.one("pending", second, session=MING)["status"] == "approved"


def test_a_number_finds_its_request_and_options_that_mean_nothing_are_refused(three):
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    found = desk.json("pending", numbers[1], "--status", "all", session=MING)
    assert [line["request"] for line in found] == [numbers[1]]
    child = talk(desk, "pending", "-i", str(numbers[1]), session=MING)
    child.expect(r"\[1/1\]")
    child.send("q")
    assert ended(child) == 0
    for words in (["-o", "csv"], ["--columns", "request"], ["--sort", "name"], ["--since", "1d"]):
        child = talk(desk, "pending", "-i", *words, session=MING, language="en_US.UTF-8")
        assert ended(child) == 64 and "usage.conflict" in child.before
    child = talk(desk, "pending", "-i", "--exit-code", "nobody", session=MING)
    assert ended(child) == 1 and "沒有符合條件的申請" in child.before


def test_a_number_that_is_on_no_list_is_asked_again(three):
    desk = three
    numbers = [line["request"] for line in desk.json("pending", session=MING)]
    child = talk(desk, "pending", "-i", session=MING)
    child.expect(r"\[1/3\]")
    child.send("r")
    child.expect("退件理由.*：")
    child.sendline("資料不符")
    child.expect(r"\[2/3\]")
    child.send("r")
    child.expect("退件理由.*：")
    child.sendline("9")
    child.expect("無第 9 項理由")
    child.expect("退件理由.*：")
    child.sendline("1")
    child.expect(r"\[3/3\]")
    child.send("q")
    assert ended(child) == 0
    notes = [desk.one("pending", number, session=MING)["note"] for number in numbers]
    assert notes == ["資料不符", "資料不符", None]
    child = talk(desk, "apply")
    child.expect("機關名稱或機關代碼：")
    child.sendline("衛生局")
    for answer in ("99", "0"):
        child.expect("請選擇（1-10）.*：")
        child.sendline(answer)
    child.expect("請選擇（1-10）.*：")
    child.sendcontrol("c")
    ended(child)


def test_what_was_left_out_is_asked_for(desk):
    desk.ok("systems", "--add", "gcis", "--name", "GCIS")
    desk.join(TONG)
    child = talk(desk, "request-permission", "--reason", "業務", session=TONG)
    child.expect("系統（1-2.*：")
    child.sendline("2")
    assert ended(child) == 0
    assert desk.json("request-permission", "--list", session=TONG)[0]["system"] == "gcis"
    child = talk(desk, "request-permission", session=clerk(7))
    assert ended(child) == 77 and "系統（1-2" not in child.before
    child = talk(desk, "admins")
    child.expect("機關名稱或機關代碼：")
    child.sendline("疾管署")
    assert ended(child) == 0 and MING.name in child.before


def test_a_review_is_answered_key_by_key(desk):
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    desk.ok("recertify", "--open", "--due", "2027-12-31", session=CHIEF)
    child = talk(desk, "recertify", "-i", session=MING)
    child.expect(r"\[1/1\]")
    assert TONG.name in child.before
    child.send("e")
    child.expect("停用理由.*：")
    child.sendline("五月離職")
    child.expect("停用 1 項")
    assert ended(child) == 0
    assert desk.json("recertify", session=MING) == []


def test_who_decides_on_nothing_is_told_what_they_can_do(desk):
    desk.join(TONG)
    ended_ = desk.refused("right.missing", "pending", session=TONG)
    assert ended_.error["hint"] == "iauth request-permission --role admin"
    desk.request(TONG)
    ended_ = desk.refused("right.missing", "pending", session=TONG)
    assert ended_.error["hint"] == "iauth request-permission --list"


@pytest.mark.parametrize("session, words, questions", [
    (TONG, ["request-permission", "--role", "admin", "--deputy-for", "2"],
     [("First day.*: ", "2027-12-01"), ("Last day.*: ", "2027-12-14")]),
    (MING, ["recertify", "3", "--end"], [("Reason.*: ", "left in May")]),
    (CHIEF, ["recertify", "--open"], [("Last day.*: ", "no day"), ("Last day.*: ", "2098-12-31")]),
    (None, ["systems", "--set", "spm"], [("Longest.*: ", "365d")]),
    (None, ["agencies", "--succeed", CDC + ".20001"],
     [("Agency.*: ", CDC), ("Day.*: ", "2098-12-31"), ("Number.*: ", "1150000001")]),
    (None, ["accounts", "--affected"], [("From.*: ", "1d"), ("Until.*: ", "2098-12-31")]),
    (None, ["admins", "--appoint"],
     [("System.*: ", "spm"), ("Name.*: ", "周文"), ("E-mail.*: ", "zhou@ey.gov.tw"),
      ("Mobile.*: ", "0911000031")]),
    (None, ["permissions", "--acknowledge", "1"], [("System.*: ", "spm")])],
    ids=["deputy", "end", "open", "longest", "succeed", "affected", "appoint", "acknowledge"])
def test_what_a_command_needs_is_asked_for(desk, session, words, questions):
    """Section 4: elsewhere than on a terminal it is a usage error naming every missing option."""
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    if words[0] == "permissions":
        desk.ok("systems", "--add", "gcis", "--name", "GCIS")
    if words[0] == "recertify" and "--end" in words:
        desk.ok("recertify", "--open", "--due", "2098-12-31", session=CHIEF)
        words = ["recertify", str(desk.json("recertify", session=MING)[0]["item"]), "--end"]
    missing = desk.refused("usage.missing", *words, "--dry-run", session=session)
    child = talk(desk, *words, "--dry-run", session=session, language="en_US.UTF-8")
    for question, answer in questions:
        child.expect(question)
        child.sendline(answer)
    assert ended(child) in (0, 1), child.before
    assert "usage" not in child.before and "iauth help" not in child.before, child.before
    assert missing.error["message"]


@pytest.mark.parametrize("answer, status", [("y", 0), ("n", 1)])
def test_a_range_is_asked_about_with_json_too(three, answer, status):
    """Only --no-input keeps a terminal from asking (section 4); results are JSON alone."""
    numbers = [line["request"] for line in three.json("pending", session=MING)]
    words = ["approve", f"{numbers[0]}-{numbers[-1]}", "--json"]
    command = " ".join(shlex.quote(word) for word in [IAUTH, "--session", "ming", *words])
    child = pexpect.spawn("sh", ["-c", f"{command} >{three.home}/out"], encoding="utf-8",
                          timeout=10, env=three.environment | {"LC_ALL": "C.UTF-8"})
    child.expect(clerk(0).name)
    child.expect("Approve these 3.*: ")
    child.sendline(answer)
    assert ended(child) == status
    lines = [json.loads(line) for line in (three.home / "out").read_text().splitlines()]
    assert [line["request"] for line in lines] == (numbers if answer == "y" else [])
    assert len(three.json("pending", session=MING)) == (0 if answer == "y" else 3)


def test_the_agency_is_asked_about_with_json_too(fresh_desk):
    child = talk(fresh_desk, "apply", *TONG.words, "--json", language="C.UTF-8")
    child.expect("Is this your agency.*: ")
    child.sendline("n")
    child.expect("declined")
    assert ended(child) == 1
    assert fresh_desk.value("SELECT count(*) FROM verification") == 0
    child = talk(fresh_desk, "apply", *TONG.words, "--json", "--no-input", language="C.UTF-8")
    child.expect("\"application\"")
    assert ended(child) == 0


def test_help_that_is_asked_for_is_given_quietly_too(three):
    child = talk(three, "pending", "-iq", session=MING, language="C.UTF-8")
    child.expect(r"\[1/3\].*\?: ")
    child.send("?")
    child.expect("sends back for correction")
    child.send("q")
    assert ended(child) == 0
