"""The command line as POSIX, GNU, sysexits and people's habits have it, tried word by word.

What PRODUCT.md settles (section 4) wins: JSON is one object a line, there are no abbreviations
and no --yes, and codes come from standard input.
"""

import json
import os
import pty
import re
import resource
import select
import subprocess

import pytest

from conftest import CDC, CHIEF, IAUTH, MING, ROOT, TONG, STATUS

COMMANDS = ["apply", "verify", "request-permission", "pending", "approve", "reject", "revoke",
            "admins", "import-batch", "agencies", "systems", "accounts", "init", "deliver",
            "audit", "doctor", "backup", "restore", "completion", "help"]


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_spellings_agree_and_need_no_database(empty_desk, command, language):
    before = set(empty_desk.home.rglob("*"))
    by_option = empty_desk.ok(command, "--help", "--lang", language)
    by_command = empty_desk.ok("help", command, "--lang", language)
    in_passing = empty_desk.ok(command, "--bogus", "x", "-h", "--lang", language)
    assert by_option.out == by_command.out == in_passing.out
    assert by_option.err == ""
    assert "iauth " + command in by_option.out.splitlines()[0]
    if language == "en":
        assert all(len(line) <= 80 for line in by_option.out.splitlines())
        assert "\nExamples:\n" in by_option.out and "\nExit status:\n" in by_option.out
    assert set(empty_desk.home.rglob("*")) == before


def test_help_without_a_command_and_the_version(empty_desk):
    whole = empty_desk.ok("--help")
    assert whole.err == "" and all(f"\n  {name} " in whole.out for name in COMMANDS)
    assert empty_desk.ok("help").out == whole.out
    bare = empty_desk.run()
    assert bare.status == 64 and bare.out == "" and "--help" in bare.err
    assert len(bare.err.splitlines()) <= 30
    assert empty_desk.ok("--version", "--bogus").out.startswith("iauth ")
    listed = empty_desk.ok("help", "exit-codes").out
    assert all(code in listed for code in STATUS)


@pytest.mark.parametrize("words, named", [
    (["pend"], "'pending'"),
    (["approv", "2"], "'approve'"),
    (["apply", "--agencyy", "x"], "'--agency'"),
    (["apply", "--agenc", CDC], "'--agency'"),
    (["apply"], "--agency, --name, --email, --mobile"),
    (["apply", "--agency", CDC, "--email", "a@b.tw"], "--name, --mobile"),
    (["reject", "2"], "--reason"),
    (["pending", "--limit", "5", "--limit", "6"], "--limit"),
    (["pending", "--limit"], "--limit"),
    (["pending", "--limit=many"], "--limit"),
    (["pending", "--json=yes"], "--json"),
    (["pending", "1", "2"], "2"),
    (["approve", "two"], "two"),
    (["approve", "2", "3", "--expect", "abc"], "--expect"),
    (["approve", "2", "--batch", "1"], "--batch"),
    (["verify", "--status", "--sign-out"], "--sign-out"),
    (["--lang", "fr", "pending"], "--lang"),
    (["--color", "blue", "pending"], "--color"),
    (["frobnicate"], "frobnicate"),
])
def test_wrong_words_are_usage_errors(fresh_desk, words, named):
    before = fresh_desk.dump()
    ended = fresh_desk.run(*words)
    assert ended.status == 64 and ended.out == "", ended
    assert ended.err.startswith("iauth: usage.") and named in ended.err, ended
    assert "iauth: try: iauth help" in ended.err
    ended = fresh_desk.run("--json", *words)
    assert ended.status == 64 and ended.out == "" and ended.code.startswith("usage.")
    assert fresh_desk.dump() == before


def test_words_may_stand_anywhere(desk):
    desk.join(TONG)
    desk.request(TONG)
    whole = desk.ok("pending", "--limit", "5", "--json", session=MING).out
    assert whole
    for words in [["pending", "--limit=5", "--json"], ["--json", "pending", "--limit", "5"],
                  ["pending", "--json", "--limit", "5", "--"]]:
        assert desk.ok(*words, session=MING).out == whole
    shown = desk.ok("pending", "--session=ming", "3", "--json").out
    assert desk.ok("pending", "3", "--json", "--session", "ming").out == shown
    assert desk.ok("pending", "--json", "3", env={"IAUTH_SESSION": "ming"}).out == shown


def test_a_value_may_begin_with_a_dash_or_be_empty(desk):
    desk.join(TONG)
    number = desk.request(TONG, "general", "--reason", "--no-input")
    assert desk.one("pending", number, session=MING)["reason"] == "--no-input"
    desk.ok("request-permission", "--withdraw", number, session=TONG)
    number = desk.one("request-permission", "--reason=--json", session=TONG)["request"]
    assert desk.one("pending", number, session=MING)["reason"] == "--json"
    ended = desk.refused("reason.invalid", "reject", number, "--reason", "", session=MING)
    assert ended.status == 65
    assert desk.ok("--json", "agencies", "--", "-x").out == ""
    assert desk.run("approve", "--", "99", session=MING).status == 67


def test_a_dash_is_standard_input_and_output(desk):
    sheet = desk.home / "f.csv"
    sheet.write_text(f"OID,姓名,E-mail,手機\n{CDC},周一,one@cdc.gov.tw,0922000001\n")
    by_name = desk.json("import-batch", sheet, "--dry-run", session=CHIEF)
    by_dash = desk.json("import-batch", "-", "--dry-run", stdin=sheet.read_text(), session=CHIEF)
    assert by_name == by_dash
    report = desk.home / "report.csv"
    desk.ok("import-batch", sheet, "--dry-run", "--report", report, session=CHIEF)
    out = desk.start("import-batch", sheet, "--dry-run", "--report", "-", session=CHIEF)
    assert report.read_bytes() in out.communicate()[0]


def test_what_is_wrong_with_a_file_is_explained_where_it_was_named(desk, tmp_path):
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    for words in [("agencies", "--load"), ("import-batch",)]:
        ended = desk.refused("sheet.header", *words, tmp_path / "no.csv", session=CHIEF)
        assert ended.error["hint"] == f"iauth help {words[0]}"


@pytest.mark.parametrize("words", [
    ["apply"], ["apply", "--agency", CDC], ["verify"], ["verify", "--agency", CDC],
    ["reject", "2"], ["revoke", "2"], ["init"], ["restore"], ["backup"], ["completion"],
])
def test_nothing_waits_for_input_that_cannot_come(fresh_desk, words):
    for stdin in [subprocess.DEVNULL, None]:
        process = fresh_desk.start(*words, stdin=stdin or subprocess.PIPE)
        assert process.wait(timeout=5) == 64


def test_too_few_codes_are_no_attempt(fresh_desk):
    reference = fresh_desk.apply(TONG)
    first = fresh_desk.codes(reference)[0]
    for stdin in ["", f"{first}\n", "\n"]:
        fresh_desk.refused("usage.input", "verify", reference, stdin=stdin)
    assert fresh_desk.value("SELECT count(*) FROM attempt") == 0
    fresh_desk.prove(reference, TONG)


EVERY_COMMAND = [
    ["apply", "--agency", "1.2"], ["verify", "--status"], ["verify", "A-0000-0000"],
    ["request-permission", "--list"], ["pending"], ["pending", "999"], ["pending", "--remind"],
    ["approve", "2", "999"], ["reject", "2", "--reason", "x"], ["revoke", "999", "--reason", "x"],
    ["admins"], ["admins", "--missing", "--under", CDC], ["import-batch", "/nonexistent"],
    ["agencies", CDC], ["agencies", "nothing-like-it"], ["systems"], ["accounts"],
    ["accounts", "--suspend", "99", "--reason", "x"], ["deliver"], ["deliver", "--list"],
    ["audit"], ["audit", "--verify"], ["doctor"], ["backup", "/nonexistent/x"],
    ["restore", "/nonexistent"], ["completion", "bash"], ["help"], ["help", "apply"], ["bogus"],
    ["init", "--authority", CDC],
]


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=" ".join)
def test_json_is_a_contract_on_every_command(desk, words):
    ended = desk.run("--json", *words, session=CHIEF)
    assert ended.status != 70, ended
    assert ended.lines is not None
    for line in ended.out.splitlines():
        assert list(json.loads(line)) == sorted(json.loads(line))
    if ended.status:
        assert len(ended.err.splitlines()) == 1 and ended.code, ended
    else:
        assert ended.err == "", ended
    plain = desk.run(*words, session=CHIEF)
    assert (plain.status == 0) == (ended.status == 0) or words[0] in ("approve", "reject")
    for line in plain.err.splitlines():
        assert line.startswith("iauth: "), plain
    assert "\x1b" not in plain.out + plain.err + ended.out + ended.err


READINGS = [["pending", "--status", "all"], ["pending", "2"], ["admins", "--agency", CDC],
            ["agencies", "衛生福利部"], ["systems"], ["accounts"], ["audit"],
            ["approve", "2"], ["verify", "--status"]]


@pytest.mark.parametrize("words", READINGS, ids=" ".join)
def test_json_is_the_same_bytes_anywhere(desk, words):
    def bytes_of(**environment):
        ended = desk.run(*words, "--json", session=CHIEF, env=environment)
        # A privileged reading is an entry of the trail itself; when the account was last used is
        # noted once a minute.
        return [re.sub(r'("(?:used_at|expires_at)":)"[^"]*"', r"\1", line) for line in (ended.out + ended.err).splitlines()
                if '"action":"audit.read"' not in line]
    usual = bytes_of()
    assert usual
    for environment in [{"LC_ALL": "C"}, {"LC_ALL": "zh_TW.UTF-8"}, {"LANG": "zh_TW.UTF-8"},
                        {"COLUMNS": "20"}, {"TZ": "Asia/Taipei"}, {"TERM": "xterm-256color"}]:
        assert bytes_of(**environment) == usual, environment
    ended = _on_terminal(desk, *words, "--json", session=CHIEF)
    shown = re.sub(r'("(?:used_at|expires_at)":)"[^"]*"', r"\1", ended.replace("\r\n", "\n"))
    assert shown.splitlines()[:1] == usual[:1]


def _on_terminal(desk, *words, session=None, env=None):
    """Runs a command with all its standard streams on a pseudo-terminal; what it wrote."""
    master, slave = pty.openpty()
    process = desk.start(*words, session=session, env={"COLUMNS": "80", "TERM": "xterm"} | (
        env or {}), stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 10)[0]:
        try:
            chunk = os.read(master, 65_536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(master)
    process.wait(10)
    return shown.decode()


def test_colour_only_where_it_is_wanted(desk):
    words = ["approve", "999"]
    plain = {"NO_COLOR": "1"}, {"TERM": "dumb"}
    assert "\x1b[" in _on_terminal(desk, *words, session=CHIEF)
    assert "\x1b[" in _on_terminal(desk, *words, session=CHIEF, env={"NO_COLOR": ""})
    for env in plain:
        assert "\x1b" not in _on_terminal(desk, *words, session=CHIEF, env=env)
    assert "\x1b" not in _on_terminal(desk, *words, "--color", "never", session=CHIEF)
    assert "\x1b" not in desk.run(*words, session=CHIEF).err
    assert "\x1b[" in desk.run(*words, "--color=always", session=CHIEF).err


def test_data_and_messages_keep_apart(desk):
    desk.join(TONG)
    desk.request(TONG)
    ended = desk.ok("pending", session=MING)
    assert TONG.name in ended.out and "iauth" not in ended.out
    assert desk.ok("pending", "--quiet", session=MING).err == ""
    empty = desk.ok("pending", "--status", "lapsed", session=MING)
    assert empty.out == "" and len(empty.err.splitlines()) == 1
    assert desk.ok("pending", "--status", "lapsed", "--quiet", session=MING).err == ""
    one_of_two = desk.run("approve", "3", "999", "--json", session=MING)
    assert one_of_two.status == 67
    assert [line["outcome"] for line in one_of_two.lines] == ["decided", "request.unknown"]


def test_a_closed_pipe_is_silent_and_the_commit_stands(desk):
    out = subprocess.run(["bash", "-c", f"{IAUTH} agencies --json | head -1"], env=desk.environment,
                         capture_output=True)
    assert out.stderr == b"" and len(out.stdout.splitlines()) == 1
    reader, writer = os.pipe()
    os.close(reader)
    process = desk.start("apply", *TONG.words, "--json", stdout=writer)
    os.close(writer)
    assert desk.end(process).status == 0
    assert desk.value("SELECT count(*) FROM verification WHERE purpose = 'application'") == 2


def test_a_full_device_is_said(desk):
    with open("/dev/full", "wb") as full:
        for words in [["agencies"], ["help"], ["doctor", "--json"]]:
            ended = desk.end(desk.start(*words, stdout=full))
            assert ended.status == 74, ended
            assert "disk.full" in ended.err
        ended = desk.end(desk.start("apply", *TONG.words, stdout=full))
    # It was committed before anything was said.
    assert ended.status == 74 and "nothing was changed" not in ended.err, ended
    assert desk.value("SELECT count(*) FROM verification WHERE email = ?", TONG.email) == 1


def test_only_the_data_directory_is_written(empty_desk, tmp_path):
    desk = empty_desk
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    ended = desk.end(desk.start("init", "--authority", CDC, cwd=cwd, preexec_fn=lambda:
                                os.umask(0)))
    assert ended.status == 0, ended
    desk.end(desk.start("apply", *TONG.words, cwd=cwd, preexec_fn=lambda: os.umask(0)))
    assert list(cwd.iterdir()) == []
    assert [path.name for path in desk.home.iterdir()] == [".local"]
    for path in (desk.home / ".local").rglob("*"):
        expected = 0o700 if path.is_dir() else 0o600
        if path not in desk.data.parents:
            assert path.stat().st_mode & 0o777 == expected, path


def test_a_deleted_working_directory_and_closed_descriptors(desk, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = subprocess.run(["bash", "-c", f"cd {gone} && rmdir {gone} && {IAUTH} doctor --json"],
                           env=desk.environment, capture_output=True)
    assert ended.returncode == 0 and ended.stderr == b""
    before = desk.value("SELECT count(*) FROM audit")
    for closed in ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"]:
        words = " ".join(f"'{word}'" for word in ["accounts", "--unlock", "2", "--reason", "x"])
        subprocess.run(["bash", "-c", f"{IAUTH} {words} {closed}"], env=desk.environment,
                       capture_output=True)
    assert desk.value("SELECT count(*) FROM audit") > before
    desk.content()


def test_what_cannot_be_said_is_a_failure_with_one_error(desk):
    for out in [">&-", ">/dev/full"]:
        ended = subprocess.run(["bash", "-c", f"{IAUTH} systems {out}"], env=desk.environment,
                               capture_output=True, text=True)
        assert (ended.returncode, ended.stderr.count("iauth: disk.")) == (74, 1), ended
    words = f"{IAUTH} approve 98 99 --json >/dev/full"
    ended = subprocess.run(["bash", "-c", words], env=desk.environment | {"IAUTH_SESSION": "chief"},
                           capture_output=True, text=True)
    assert ended.returncode and len(ended.stderr.splitlines()) == 1, ended


def test_few_descriptors_change_nothing_half(desk):
    for count in range(4, 12):
        process = desk.start("apply", *TONG.words, "--json", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (count, count)))
        ended = desk.end(process)
        # 127: the loader itself could not open the C library.
        assert ended.status in (0, 70, 73, 74, 75, 78, 127), ended
    desk.content()


def test_each_status_is_the_documented_one(desk, tmp_path):
    """One provocation a status; 70, 74 to 76 have files of their own."""
    text = tmp_path / "text"
    text.write_text("no database\n" * 100)
    bad = tmp_path / "bad.conf"
    bad.write_text("\n# fine\ncolour = blue\n")
    provoked = {
        0: ["systems"], 1: ["approve", "2"], 64: ["approve"],
        65: ["apply", *TONG.words[:3], "\x1b[2J", *TONG.words[4:]],
        66: ["import-batch", "/nonexistent"], 67: ["agencies", "--under", "2.16.886.101.1"],
        73: ["init", "--authority", CDC], 77: ["pending", "--session", "nobody"],
        78: ["pending", "--db", text],
    }
    for status, words in provoked.items():
        session = None if "--session" in words else CHIEF
        assert desk.run(*words, session=session).status == status, words
    ended = desk.refused("config.invalid", "systems", "--config", bad)
    assert "3" in ended.error["message"] and "colour" in ended.error["message"]
    desk.refused("file.missing", "systems", "--config", tmp_path / "none")


def test_language_follows_the_locale(desk):
    for environment, is_chinese in [
            ({"LC_ALL": "zh_TW.UTF-8"}, True), ({"LC_ALL": "C", "LANG": "zh_TW.UTF-8"}, False),
            ({"LC_MESSAGES": "zh_TW"}, True), ({"LANG": "zh_TW.UTF-8"}, True),
            ({"LANG": "zh_CN.UTF-8"}, False), ({"LC_ALL": "", "LANG": "zh_TW"}, True), ({}, False)]:
        shown = desk.ok("systems", env={"LANG": "C"} | environment).out
        assert ("代碼" in shown) == is_chinese, environment
    assert "代碼" in desk.ok("systems", "--lang", "zh-TW", env={"LC_ALL": "C"}).out


def test_the_environment_names_database_and_configuration(desk, tmp_path):
    other = tmp_path / "other/iauth.db"
    desk.ok("init", "--authority", CDC, "--db", other)
    conf = tmp_path / "iauth.conf"
    conf.write_text(f"database = {other}\n")
    for words, environment in [(["--db", other], {}), ([], {"IAUTH_DB": str(other)}),
                               (["--config", conf], {}), ([], {"IAUTH_CONFIG": str(conf)}),
                               ([], {"XDG_DATA_HOME": str(tmp_path / "xdg")})]:
        ended = desk.run("accounts", *words, "--json", env=environment)
        assert ended.out == "" and ended.status in (0, 66)
        assert (ended.status == 66) == ("XDG_DATA_HOME" in environment), ended
    # A relative XDG path is none.
    assert desk.json("accounts", env={"XDG_DATA_HOME": "relative"})


def test_completions_are_valid_scripts(desk, tmp_path):
    for shell in ["bash", "zsh", "fish"]:
        script = tmp_path / shell
        script.write_text(desk.ok("completion", shell).out)
        if subprocess.run(["which", shell], capture_output=True).returncode == 0:
            assert subprocess.run([shell, "-n", script], capture_output=True).stderr == b""
    assert (ROOT / "man/iauth.1").exists()
