"""--dry-run on every command that writes: checked and shown as ever, nothing kept, nothing sent."""

import pytest

from conftest import AUTHORITY, CDC, CHIEF, MING, MOHW, TONG, clerk, status_of
from test_terminal import ended, talk

FORM = "機關OID,姓名,公務信箱,手機\n{},江一二,j12@cdc.gov.tw,0933111222\n"


def state(desk, isNoted=False):
    # A command of a session may be noted as its use. What an import tells of people is an entry.
    aside = ('"session"', '"audit', '"sqlite_sequence"') if isNoted else ('"session"',)
    dump = [line for line in desk.dump()
            if not any(f"INSERT INTO {name}" in line for name in aside)]
    return dump, desk.mails(), desk.texts(), sorted(desk.home.rglob("*"))


@pytest.fixture
def busy(desk):
    """A desk with something of everything."""
    desk.join(TONG)
    desk.request(TONG)
    desk.join(clerk(1))
    desk.request(clerk(1))
    return desk


CASES = [
    (["apply", *clerk(5).words], None, ""),
    (["verify", *TONG.words, "--via", "both"], "other", ""),
    (["verify", "--sign-out"], TONG, ""),
    (["request-permission", "--role", "admin"], TONG, ""),
    (["request-permission", "--withdraw", "4"], clerk(1), ""),
    (["approve", "3", "4", "--note", "好"], MING, ""),
    (["reject", "3", "--reason", "已離職"], MING, ""),
    (["revoke", "2", "--reason", "調任"], MING, ""),
    (["admins", "--appoint", "--system", "spm", "--name", "吳新人", "--email", "w@nicst.ey.gov.tw",
      "--mobile", "0955111222"], None, ""),
    (["import-batch", "-"], CHIEF, FORM.format(CDC)),
    (["agencies", "--add", "--code", "12345675", "--name", "測試中心"], None, ""),
    (["agencies", "--set-superior", CDC, MOHW + ".20022"], None, ""),
    (["systems", "--add", "doc", "--name", "公文"], None, ""),
    (["accounts", "--suspend", "3", "--reason", "留職停薪"], None, ""),
    (["accounts", "--erase", "3", "--reason", "當事人請求"], None, ""),
    (["deliver"], None, ""), (["pending", "--remind"], None, ""),
    (["ssh-gate", "--enrol", "mohw", "--account", "2"], None, ""),
]


def test_a_partly_refused_decision_says_so(busy):
    out = busy.run("approve", 3, 99999, "--dry-run", session=MING)
    assert out.status == status_of("request.unknown") and "request.unknown" in out.err
    assert "dry run: nothing was kept or sent" in out.err
    assert "dry run" not in busy.run("approve", 99999, "--dry-run", session=MING).err


@pytest.mark.parametrize("words, session, stdin", CASES, ids=lambda value: str(value)[:40])
def test_a_dry_run_answers_and_keeps_nothing(busy, words, session, stdin):
    isNoted = words[0] == "import-batch"
    before = state(busy, isNoted)
    tried = busy.ok(*words, "--dry-run", session=session, stdin=stdin)
    assert "dry run: nothing was kept or sent" in tried.err
    short = busy.ok(*words, "-n", "--json", session=session, stdin=stdin)
    assert short.lines
    assert state(busy, isNoted) == before
    tried = busy.value("SELECT count(*) FROM audit WHERE action = 'batch.dry-run'")
    assert tried == (2 if isNoted else 0)
    # What was tried can be done.
    done = busy.ok(*words, "--json", session=session, stdin=stdin)
    assert [set(line) - {"messages"} for line in done.lines] == [
        set(line) - {"messages"} for line in short.lines]


def test_what_is_refused_is_refused_in_a_dry_run(busy):
    busy.ok("systems", "--add", "doc", "--name", "公文")
    [own] = busy.json("request-permission", "--role", "admin", "--system", "doc", session=CHIEF)
    before = state(busy)
    for words, session, code in [
        (["approve", "99"], MING, "request.unknown"),
        # Hers, too, and first of all for the authority to decide.
        (["approve", "2"], MING, "request.outside"),
        (["approve", str(own["request"])], CHIEF, "request.own"),
        (["apply", "--agency", "1.2.3", *TONG.words[2:]], None, "agency.unknown"),
        (["systems", "--add", "spm", "--name", "x"], None, "system.exists"),
        (["request-permission", "--system", "spm"], TONG, "request.duplicate"),
        (["backup", busy.db], None, "file.exists"),
        (["init", "--authority", CDC], None, "database.exists"),
    ]:
        busy.refused(code, *words, "--dry-run", session=session)
    assert state(busy) == before


def test_a_dry_run_of_init_creates_nothing(empty_desk):
    words = ["init", "--authority", AUTHORITY, "--reviewer-name", CHIEF.name,
             "--reviewer-email", CHIEF.email, "--reviewer-mobile", CHIEF.mobile]
    tried = empty_desk.one(*words, "--dry-run")
    assert tried["agencies"] > 8000
    assert list(empty_desk.home.rglob("*")) == []
    empty_desk.refused("agency.unknown", "init", "--authority", "1.2.3", "--dry-run")
    assert empty_desk.one(*words)["agencies"] == tried["agencies"]


def test_backup_and_restore_are_tried_without_a_file(desk, tmp_path):
    copy = tmp_path / "copy.db"
    before = desk.dump()
    assert desk.one("backup", copy, "--dry-run")["entries"] > 0
    assert list(tmp_path.glob("copy*")) == [] and desk.dump() == before
    desk.ok("backup", copy)
    elsewhere = tmp_path / "elsewhere/iauth.db"
    desk.ok("restore", copy, "--dry-run", "--db", elsewhere)
    assert not elsewhere.parent.exists()
    desk.ok("restore", copy, "--db", elsewhere)
    assert elsewhere.exists()


def test_a_wrong_code_is_an_attempt_in_a_dry_run_too(fresh_desk):
    """Or codes could be guessed without an end."""
    reference = fresh_desk.apply(TONG)
    fresh_desk.refused("code.wrong", "verify", reference, "--dry-run", stdin="1" * 8 + "\n" + "2" * 8)
    assert fresh_desk.value("SELECT max(wrong) FROM attempt") == 1
    fresh_desk.ok("verify", reference, "--dry-run", stdin=fresh_desk.typed(reference))
    assert fresh_desk.value("SELECT count(*) FROM account WHERE name = ?", TONG.name) == 0
    fresh_desk.prove(reference, TONG)


def test_a_second_code_is_not_sent_in_a_dry_run(desk):
    """The first one was right, and would be spent; it is not, and nobody is written to."""
    sheet = FORM.format(CDC)
    desk.ok("import-batch", "-", stdin=sheet)
    [line] = desk.json("pending", session=CHIEF)
    desk.ok("approve", line["request"], session=CHIEF)
    words = ["verify", "--agency", CDC, "--name", "江一二", "--email", "j12@cdc.gov.tw",
             "--mobile", "0933111222", "--via", "email"]
    reference = desk.one(*words, session="jiang")["signin"]
    [code] = desk.codes(reference)
    before = state(desk)
    for _ in range(2):
        tried = desk.refused("code.second", "verify", reference, "--dry-run", session="jiang",
                             stdin=code)
        assert state(desk) == before, tried
    desk.refused("code.second", "verify", reference, session="jiang", stdin=code)
    assert len(desk.codes(reference)) == 2


def test_nobody_is_asked_for_codes_that_were_not_sent(desk):
    """A sign-in that was only tried has no reference to go on with."""
    desk.join(TONG)
    before = state(desk)
    child = talk(desk, "verify", "--via", "both", "--dry-run", session=TONG)
    assert ended(child) == 0 and "驗證碼：" not in child.before
    child = talk(desk, "apply", *clerk(7).words, "--dry-run")
    child.expect("y/N")
    child.sendline("y")
    assert ended(child) == 0
    assert state(desk) == before


def test_a_privileged_reading_is_on_the_trail_in_a_dry_run_too(busy):
    busy.ok("pending", 3, "--dry-run", session=MING)
    busy.ok("audit", "--dry-run")
    actions = [row[0] for row in busy.rows("SELECT action FROM audit ORDER BY seq DESC LIMIT 2")]
    assert actions == ["audit.read", "request.read"]
