"""What is refused leaves nothing, and what it says can be pasted."""

import pytest

from conftest import AUTHORITY, CHIEF, MING, TONG

INIT = ["init", "--authority", AUTHORITY]


@pytest.mark.parametrize("kind", ["journal", "wal"])
def test_init_takes_nothing_away_that_a_lost_database_left(empty_desk, tmp_path, kind):
    place = tmp_path / "place"
    place.mkdir(mode=0o700)
    left = place / f"iauth.db-{kind}"
    left.write_bytes(b"what is needed to roll back")
    for words in [[], ["--dry-run"]]:
        empty_desk.refused("file.exists", *INIT, "--db", place / "iauth.db", *words)
    assert [path.name for path in place.iterdir()] == [left.name]


@pytest.mark.parametrize("words, code", [
    (["--reviewer-name", "林志明", "--reviewer-email", "cmlin@ey.gov.tw", "--reviewer-mobile",
      "+447900000000"], "mobile.country"),
    (["--dated", "2099-01-01"], "date.invalid"),
    (["--agencies", "/dev/null"], "sheet.empty"),
])
def test_a_refused_init_leaves_no_directory_and_no_lock(empty_desk, tmp_path, words, code):
    empty_desk.refused(code, *INIT, "--db", tmp_path / "new/place/iauth.db", *words)
    assert not (tmp_path / "new").exists()


def test_the_name_of_a_directory_is_none_of_a_database(empty_desk, tmp_path):
    for end in ["/", "/.", "/.."]:
        for words in [[], ["--dry-run"]]:
            empty_desk.refused("file.uncreatable", *INIT, "--db",
                               f"{tmp_path}/new/iauth.db{end}", *words)
    assert not (tmp_path / "new").exists()


def test_a_lock_that_is_no_file_is_named(empty_desk, tmp_path):
    place = tmp_path / "place"
    (place / "iauth.lock").mkdir(parents=True)
    place.chmod(0o700)
    ended = empty_desk.refused("database.unsafe", *INIT, "--db", place / "iauth.db")
    assert "iauth.lock" in ended.error["message"]


def test_hints_repeat_what_was_named_once(desk, tmp_path):
    said = desk.run("pending", "--session", "no body").err
    assert "--session 'no body'\n" in said and said.count("--session") == 1, said
    there = desk.run(*INIT, "--db", desk.db).err
    assert "iauth --db FILE init" in there and there.count("--db") == 1, there
    # A program knows what it named, and help is the same for everybody.
    assert "--session" not in desk.run("pending", "--session", "x", "--json").error["hint"]
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    said = desk.run("import-batch", tmp_path / "no.csv", "--session", CHIEF.session).err
    assert said.endswith("iauth help import-batch\n"), said


@pytest.mark.parametrize("reason", ["\u200b", "\u3164", "\u2800", "\u00ad \u202e"])
def test_a_reason_that_nobody_sees_is_none(desk, reason):
    desk.join(TONG)
    number = desk.request(TONG)
    desk.refused("reason.invalid", "reject", number, "--reason", reason, session=MING)


def test_no_form_is_written_under_the_name_of_another(desk, tmp_path):
    (tmp_path / "form.csv").write_text("a\n")
    for name in ["report.ods", "REPORT.XLS"]:
        desk.refused("usage.value", "import-batch", tmp_path / "form.csv", "--report",
                     tmp_path / name, session=CHIEF)
        desk.refused("usage.value", "recertify", "--sheet", tmp_path / name, session=CHIEF)
    assert [path.name for path in tmp_path.glob("*.*")] == ["form.csv"]
