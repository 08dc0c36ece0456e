"""What helps: the hint behind an error is a command that can be run, with what is known filled in."""

import re
import shlex

import pytest

from conftest import AUTHORITY, CDC, CHIEF, MING, MOHW, TONG, clerk
from test_terminal import ended, talk

FORM = "機關OID,姓名,公務信箱,手機\n{},江一二,{},0933111222\n"
# Words that stand for what nobody but the person knows.
UNKNOWN = {"CODE", "NAME", "FILE", "ADDRESS", "NUMBER", "TEXT"}


@pytest.fixture
def busy(desk, tmp_path):
    """A queue, a batch, and files that are wrong."""
    desk.join(TONG)
    desk.request(TONG)
    (tmp_path / "bad.csv").write_text(FORM.format(CDC, "nobody"))
    (tmp_path / "few.csv").write_text(
        "機關名稱,OID,電話,地址,DN\n資通安全處,2.16.886.101.20003.20077,,,\"ou=資通安全處,o=行政院,c=TW\"\n")
    return desk


CASES = [
    ("usage.command", ["aprove"], None, "iauth help"),
    ("usage.option", ["pending", "--sytem", "spm"], MING, "iauth help pending"),
    ("usage.operand", ["doctor", "x"], None, "iauth help doctor"),
    ("usage.missing", ["reject", "3"], MING, "iauth help reject"),
    ("usage.conflict", ["approve", "3", "--batch", "1"], MING, "iauth help approve"),
    ("usage.repeated", ["pending", "--role", "admin", "--role", "admin"], MING,
     "iauth help pending"),
    ("usage.value", ["pending", "--limit", "x"], MING, "iauth help pending"),
    ("usage.value", ["pending", "--status", "lost"], MING, "iauth help pending"),
    ("usage.value", ["request-permission", "--role", "root"], TONG, None),
    ("usage.value", ["agencies", "--sort", "bogus"], None, "iauth help agencies"),
    ("usage.value", ["audit", "--action", "bogus"], None, "iauth help audit"),
    ("usage.value", ["completion", "tcsh"], None, "iauth help completion"),
    ("agency.unknown", ["apply", "--agency", "疾管署", *TONG.words[2:]], None,
     "iauth agencies 疾管署"),
    ("agency.unknown", ["apply", "--agency", "2.16.886.101.9", *TONG.words[2:]], None,
     "iauth agencies NAME"),
    ("system.unknown", ["pending", "--system", "x"], MING, "iauth systems"),
    ("request.unknown", ["pending", "99"], MING, "iauth pending"),
    ("request.unknown", ["request-permission", "--withdraw", "99"], TONG,
     "iauth request-permission --list"),
    ("request.unknown", ["revoke", "99", "--reason", "x"], None, "iauth permissions"),
    ("request.outside", ["approve", "2"], MING, "iauth pending 2"),
    ("request.duplicate", ["request-permission"], TONG, "iauth pending 3"),
    ("right.missing", ["pending"], TONG, "iauth request-permission --list"),
    ("account.unknown", ["accounts", "--suspend", "99", "--reason", "x"], None, "iauth accounts"),
    ("batch.unknown", ["pending", "--batch", "9"], MING, "iauth pending --status all"),
    ("agency.exists", ["agencies", "--add", "--code", CDC, "--name", "x"], None,
     f"iauth agencies {CDC}"),
    ("system.exists", ["systems", "--add", "spm", "--name", "x"], None, "iauth systems"),
    ("key.unknown", ["ssh-gate", "--withdraw", "x"], None, "iauth ssh-gate --list"),
    ("session.step-up", ["approve", "3"], "weak", "iauth verify --step-up"),
    ("session.none", ["pending"], "nobody", "iauth verify"),
    ("registry.shrunk", ["agencies", "--load", "few.csv"], None,
     "iauth agencies --load few.csv --allow-removals"),
    ("batch.rejected", ["import-batch", "bad.csv"], CHIEF,
     "iauth import-batch bad.csv --dry-run --report -"),
    ("sheet.header", ["import-batch", "few.csv"], CHIEF, "iauth help import-batch"),
    ("reference.unknown", ["verify", "A-0000-0000"], None, "iauth help verify"),
]


@pytest.mark.parametrize("code, words, session, hint", CASES,
                         ids=lambda value: str(value)[:40])
def test_a_hint_is_a_command_that_helps(busy, tmp_path, code, words, session, hint):
    desk = busy
    if session == "weak":
        desk.sign_in(MING, via="email")
        session = MING
    options = {"session": session, "cwd": tmp_path}
    stdin = "12345678\n12345678\n" if words[0] == "verify" else ""
    ended = desk.run(*words, "--json", stdin=stdin, **options)
    given = ended.err.strip().splitlines()[-1]
    if code == "usage.value" and hint is None:
        assert "iauth help request-permission" in given
        return
    assert f'"code":"{code}"' in given, ended
    assert ended.error["hint"] == hint
    placeholders = set(re.findall(r"\b[A-Z]{2,}\b", hint)) & UNKNOWN
    assert not placeholders - {"NAME", "CODE"}, hint
    if placeholders:
        return
    # It does something, and does not end as the first one did.
    helped = desk.run(*shlex.split(hint)[1:], **options)
    assert helped.status != 64 or hint == "iauth verify", helped
    if not (helped.status and code == "batch.rejected"):
        assert helped.status == 0 or helped.err, helped


def test_a_wrong_code_names_its_reference(fresh_desk):
    reference = fresh_desk.apply(TONG)
    ended = fresh_desk.refused("code.wrong", "verify", reference, stdin="11111111\n22222222\n")
    assert ended.error["hint"] == f"iauth verify {reference}"


def test_the_mail_about_an_account_names_its_agency(desk):
    desk.join(TONG)
    number = desk.value("SELECT id FROM account WHERE email = ?", TONG.email)
    desk.ok("accounts", "--suspend", number, "--reason", "調職")
    assert any(f"iauth admins --agency {CDC}" in text for text in desk.mails())


def test_the_submitter_reads_why_rows_were_rejected(desk):
    desk.ok("import-batch", "-", stdin=FORM.format(CDC, "j@cdc.gov.tw"), session=MING)
    [line] = desk.json("pending", session=CHIEF)
    desk.ok("reject", line["request"], "--reason", "請附公文", session=CHIEF)
    [mail] = [text for text in desk.mails("batch:1") if "整批申請 1" in text or "batch 1" in text
              or "--status rejected" in text][-1:]
    [command] = re.findall(r"^    (iauth .* --status rejected)$", mail, re.M)[:1]
    [read] = desk.json(*shlex.split(command)[1:], session=MING)
    assert read["note"] == "請附公文"


@pytest.mark.parametrize("path, said", [("/tmp", "a directory"), ("/dev/zero", "a device")])
def test_what_is_no_file_is_called_what_it_is(desk, path, said):
    for words in (["import-batch", path], ["--config", path, "systems"], ["restore", path],
                  ["agencies", "--load", path]):
        ended = desk.run(*words, session=CHIEF if words[0] == "import-batch" else None)
        assert ended.status == 66 and said in ended.err, ended


def test_dev_null_is_an_empty_file(desk):
    desk.refused("sheet.empty", "import-batch", "/dev/null", session=CHIEF)
    assert desk.ok("--config", "/dev/null", "systems").out
    desk.refused("database.foreign", "restore", "/dev/null", "--db", desk.home / "new/x.db")


def test_a_reference_that_was_used_asks_for_no_codes(fresh_desk):
    reference = fresh_desk.apply(TONG)
    fresh_desk.prove(reference, TONG)
    child = talk(fresh_desk, "verify", reference)
    child.expect("code.expired")
    assert "驗證碼：" not in child.before
    assert ended(child) == 1


def test_what_a_question_is_about_is_shown_to_the_quiet_too(fresh_desk):
    child = talk(fresh_desk, "apply", "-q", "--agency", "疾管署", *TONG.words[2:])
    child.expect("是否為您所屬機關")
    assert "疾病管制署" in child.before
    child.sendline("n")
    assert ended(child) == 1
    child = talk(fresh_desk, "apply", "--agency", "警政署", *TONG.words[2:])
    child.expect("請選擇（1-10）.*：")
    child.sendline("11")
    child.expect("上列無編號 11")
    child.expect("請選擇（1-10）.*：")
    child.sendcontrol("d")
    assert ended(child) == 64


def test_lines_of_decisions_end_as_any_program_ends_them(desk):
    for number in range(2):
        desk.join(clerk(number))
    numbers = [desk.request(clerk(number)) for number in range(2)]
    for end in ("\r", "\r\n"):
        lines = end.join(f"{number} - reject 缺件{number}" for number in numbers) + end
        said = desk.run("reject", "--from", "-", "--dry-run", "--json", stdin=lines, session=MING)
        assert [line["request"] for line in said.lines if "request" in line] == numbers, said


def test_a_dry_run_of_the_queue_counts_each_once(desk):
    for number in range(2):
        desk.join(clerk(number))
        desk.request(clerk(number))
    child = talk(desk, "pending", "-i", "--dry-run", session=MING)
    child.expect(r"\[1/2\]")
    child.send("a")
    child.expect(r"\[2/2\]")
    child.send("b")
    child.expect(r"\[1/2\]")
    child.send("a")
    child.expect(r"\[2/2\]")
    child.send("q")
    child.expect("核准 1 件、未審核 1 件")
    assert ended(child) == 0


def test_one_zone_on_one_screen(desk):
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("approve", number, session=MING)
    for zone, shown in (("UTC", "+0000"), ("Asia/Taipei", "Taiwan time")):
        child = talk(desk, "approve", str(number), session=MING, language="C.UTF-8", TZ=zone)
        child.expect(r"already approved by \S+ at [-0-9]{10} [:0-9]{5} (\S+( time)?)")
        assert child.match[1] == shown
        assert ended(child) == 1
        child = talk(desk, "pending", str(number), session=MING, language="C.UTF-8", TZ=zone)
        child.expect(r"may not decide: .* at [-0-9]{10} [:0-9]{5} (\S+( time)?)")
        assert child.match[1] == shown
        assert ended(child) == 0


@pytest.mark.parametrize("words", [["restore", "-"], ["deliver", "--bounce"], ["deliver", "--report"]])
def test_what_is_waited_for_at_a_terminal_is_said(desk, words):
    """CLI.md 11, as for every other command that reads its input."""
    child = talk(desk, "--db", str(desk.home / "new/other.db") if words[0] == "restore" else str(desk.db),
                 *words, language="C.UTF-8")
    child.expect("waiting for .* on standard input; it ends with Ctrl-D")
    child.sendcontrol("c")
    ended(child)
    if words[0] == "restore":
        child = talk(desk, *words, language="C.UTF-8")
        child.expect("database.exists")
        assert ended(child) == 73
