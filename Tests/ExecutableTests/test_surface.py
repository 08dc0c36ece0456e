"""What scripts and people's habits look at from outside: ranges, files of decisions, lists of what
was decided, batches, roles, the schema that every output validates against."""

import csv
import io
import json

import jsonschema
import openpyxl
import pytest

from conftest import CDC, CHIEF, MANAGER, MING, MOHW, TONG, clerk


@pytest.fixture
def queue(desk):
    """Six requests of an agency's people, and their administrator."""
    for number in range(6):
        person = clerk(number)
        desk.join(person)
        desk.request(person, "general", "--reason", f"業務 {number}")
    return desk


def waiting(desk, *words, session=MING):
    return [line["request"] for line in desk.json("pending", *words, session=session)]


def test_ranges_and_lists_of_numbers(queue):
    first, *rest = waiting(queue)
    done = queue.json("approve", f"{first}-{first + 1},{first + 3}", session=MING)
    assert [line["request"] for line in done] == [first, first + 1, first + 3]
    assert {line["outcome"] for line in done} == {"decided"}
    done = queue.json("reject", f"{first + 2}", f"{first + 4}－{first + 5}", "--reason", "已離職",
                      session=MING)
    assert [line["status"] for line in done] == ["rejected"] * 3
    assert waiting(queue) == []
    for words in ["3-", "-3x", "5-4", "1,,2", "1-99999999", "four"]:
        ended = queue.run("approve", "--", words, session=MING)
        assert ended.status == 64 and "NUMBER" in ended.err, ended


def test_a_queue_is_decided_by_a_file(queue):
    lines = queue.json("pending", session=MING)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["number", "version", "verdict", "reason"])
    for line, verdict in zip(lines, ["approve", "reject", "return"]):
        writer.writerow([line["request"], line["version"], verdict, f"理由, {line['request']}"])
    before = queue.dump()
    tried = queue.json("approve", "--from", "-", "--dry-run", session=MING, stdin=table.getvalue())
    assert len(tried) == 3
    done = queue.json("approve", "--from", "-", session=MING, stdin=table.getvalue())
    assert [line["status"] for line in done] == ["approved", "rejected", "returned"]
    decided = {line["request"]: line for line in
               queue.json("pending", "--status", "all", "--by", "me", session=MING)}
    for line in lines[:3]:
        assert decided[line["request"]]["note"] == f"理由, {line['request']}"
        assert decided[line["request"]]["decided_by"] == MING.name
    # Words do as well; what changed since, and what cannot be read, is refused.
    rest = [line["request"] for line in lines[3:]]
    text = f"{rest[0]} ZZZZZZ approve\n{rest[1]} - reject 不符 規定\n"
    ended = queue.run("reject", "--from", "-", "--reason", "x", "--json", session=MING, stdin=text)
    assert ended.status == 1 and ended.code == "request.changed"
    assert [line["outcome"] for line in ended.lines] == ["request.changed", "decided"]
    for text, word in [(f"{rest[0]} - maybe\n", "maybe"), ("x - approve\n", "x"), ("", "")]:
        ended = queue.run("approve", "--from", "-", "--json", session=MING, stdin=text)
        assert ended.status == 65 and ended.code in ("decision.line", "sheet.empty"), ended
        assert word in ended.error["message"]
    assert before


@pytest.mark.parametrize("encoding", ["cp950", "utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("lines", ["number,verdict,reason\r\n{0},reject,理由\r\n",
                                   "{0} - reject 理由\r\n"])
def test_a_file_of_decisions_in_any_encoding(queue, tmp_path, encoding, lines):
    number = waiting(queue)[0]
    path = tmp_path / "decisions.csv"
    path.write_bytes(lines.format(number).encode(encoding))
    done = queue.json("approve", "--from", path, session=MING)
    assert [(line["request"], line["status"]) for line in done] == [(number, "rejected")]
    assert queue.value("SELECT note FROM decision WHERE request = ?", number) == "理由"


def test_what_is_no_text_of_decisions_is_told_how_to_become_one(queue, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["number", "verdict"])
    book.active.append([waiting(queue)[0], "approve"])
    book.save(tmp_path / "decisions.xlsx")
    (tmp_path / "bad.csv").write_bytes(b"number,verdict\n1,\xff\xff\n")
    (tmp_path / "quote.csv").write_bytes(b'number,verdict\n"1,approve\n')
    for name in ["decisions.xlsx", "bad.csv", "quote.csv"]:
        for command in ["approve", "reject"]:
            words = [] if command == "approve" else ["--reason", "x"]
            refused = queue.refused("sheet.unreadable", command, "--from", tmp_path / name, *words,
                                    session=MING)
            assert ".xlsx" not in refused.error["message"], refused
    assert waiting(queue)


@pytest.mark.parametrize("lines, decided", [
    ("number,version,verdict,reason\n{0},,,\n{1},,approve,\n", [1]),
    ("number,verdict\n{0},\n{1},核准\n{2},\n", [1]),
    ("{0},,,\n{1},,approve,\n", [1]), ("{0},-,\n{1},-,approve\n", [1]),
    ("{0}\n{1} -\n", [0, 1]), ("{0},\n", [0]),
])
def test_a_line_without_a_verdict_is_left_alone(queue, lines, decided):
    numbers = waiting(queue)
    ended = queue.ok("approve", "--from", "-", session=MING, stdin=lines.format(*numbers))
    left = lines.count("{") - len(decided)
    assert ("no verdict" in ended.err) == (left > 0)
    assert set(waiting(queue)) == set(numbers) - {numbers[index] for index in decided}


def test_a_file_that_says_nothing_decides_nothing(queue):
    numbers = waiting(queue)
    refused = queue.refused("decision.line", "approve", "--from", "-", session=MING,
                            stdin=f"number,verdict\n{numbers[0]},\n{numbers[1]},\n")
    assert "line 2" in refused.error["message"]
    refused = queue.refused("reason.invalid", "approve", "--from", "-", session=MING,
                            stdin=f"{numbers[0]},,approve,\n{numbers[1]},,reject,\n")
    assert "line 2" in refused.error["message"]
    # A verdict under a title of another's choosing is none of ours to overrule.
    for title in ["outcome", "裁示"]:
        refused = queue.refused("sheet.header", "approve", "--from", "-", session=MING,
                                stdin=f"number,version,{title},reason\n{numbers[0]},,reject,no\n")
        assert "verdict" in refused.error["message"]
    # So does a list that nobody has judged, or twice.
    for titles in ["number,reason", "request,version,note", "number,verdict,verdict"]:
        queue.refused("sheet.header", "approve", "--from", "-", session=MING,
                      stdin=f"{titles}\n{numbers[0]},approve,reject\n")
    assert len(waiting(queue)) == len(numbers)


def test_a_list_comes_back_with_verdicts(queue, tmp_path):
    """pending -o csv, a column more, and approve --from."""
    rows = list(csv.DictReader(io.StringIO(queue.ok("pending", "-o", "csv", session=MING).out)))
    table = io.StringIO()
    writer = csv.DictWriter(table, [*rows[0], "verdict"])
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"verdict": "核准"})
    (tmp_path / "list.csv").write_text("\ufeff" + table.getvalue())
    done = queue.json("approve", "--from", tmp_path / "list.csv", session=MING)
    assert [line["outcome"] for line in done] == ["decided"] * len(rows)
    notes = queue.json("pending", "--status", "approved", "--by", "me", session=MING)
    assert {line["note"] for line in notes} == {None}


def test_a_request_is_found_by_what_one_knows(queue):
    everybody = waiting(queue)
    third = clerk(2)
    assert waiting(queue, third.name) == [everybody[2]]
    assert waiting(queue, third.email.upper()) == [everybody[2]]
    assert waiting(queue, "疾病管制署") == everybody == waiting(queue, "--under", MOHW)
    assert waiting(queue, "--under", CDC, "--limit", "2") == everybody[:2]
    assert waiting(queue, "無此人") == [] == waiting(queue, "--until", "2020-01-01")
    queue.ok("approve", everybody[0], "--note", "同意", session=MING)
    queue.ok("reject", everybody[1], "--reason", "已離職", session=MING)
    by_me = queue.json("pending", "--by", "me", "--since", "1h", session=MING)
    assert [line["request"] for line in by_me] == everybody[:2]
    assert queue.json("pending", "--by", "李", "--status", "rejected", session=MING)[0][
        "note"] == "已離職"
    assert queue.json("pending", "--by", "me", "--until", "2020-01-01", session=MING) == []
    shown = queue.ok("pending", "--status", "all", "--by", "me", session=MING, env={
        "COLUMNS": "200"}).out
    assert MING.name in shown and "已離職" in shown
    assert queue.run("pending", "--exit-code", "無此人", session=MING).status == 1


def test_batches_are_listed_by_their_submitter(desk):
    desk.appoint(MANAGER)
    sheet = "機關OID,姓名,公務信箱,手機\n" + "".join(
        f"{CDC},新人{n},new{n}@cdc.gov.tw,09770000{n:02}\n" for n in range(3))
    desk.json("import-batch", "-", "--document", "1130001234", stdin=sheet, session=MANAGER)
    [line] = desk.json("import-batch", "--list", session=MANAGER)
    assert {key: line[key] for key in line if key != "submitted_at"} == {
        "batch": 1, "document": "1130001234", "rows": 3, "pending": 3, "approved": 0,
        "rejected": 0, "returned": 0}
    numbers = [row["request"] for row in desk.json("pending", "--batch", 1, session=MANAGER)]
    desk.ok("approve", numbers[0], session=CHIEF)
    desk.ok("reject", numbers[1], "--return", "--reason", "缺文號", session=CHIEF)
    [line] = desk.json("import-batch", "--list", session=MANAGER)
    assert (line["pending"], line["approved"], line["returned"]) == (1, 1, 1)
    assert desk.json("import-batch", "--list", session=MING) == []
    assert len(desk.json("import-batch", "--list")) == 1


def test_accounts_say_every_role_and_are_found_by_it(desk):
    desk.ok("systems", "--add", "doc", "--name", "Documents", "--name-zh", "公文")
    desk.join(TONG)
    number = desk.request(TONG, "general", "--system", "spm")
    desk.ok("approve", number, session=MING)
    found = {line["name"]: line["roles"] for line in desk.json("accounts", "--agency", CDC)}
    assert found[TONG.name] == [{"request": number, "system": "spm", "role": "general"}]
    names = lambda *words: [line["name"] for line in desk.json("accounts", *words)]
    assert names("--role", "general") == [TONG.name]
    assert names("--agency", CDC, "--role", "admin") == [MING.name]
    assert names("--system", "doc") == [] and len(names("--system", "spm")) == 3
    assert names("--status", "suspended") == [] and TONG.name in names("--status", "active")
    desk.refused("system.unknown", "accounts", "--system", "nope")
    desk.refused("usage.value", "accounts", "--status", "nope")


def test_agencies_that_lack_administrators_and_have_people(desk):
    desk.join(clerk(1, MOHW))
    lacking = desk.json("admins", "--missing", "--with-people")
    assert {line["agency"]["code"] for line in lacking} >= {CDC, MOHW} and len(lacking) <= 3
    assert len(desk.json("admins", "--missing")) > 8000


def test_signing_in_again_asks_for_nothing_but_the_channel(desk):
    desk.join(TONG)
    desk.ok("verify", "--sign-out", session=TONG)
    begun = desk.one("verify", "--via", "sms", session=TONG)
    assert set(begun) == {"signin", "via", "expires_at"}
    assert desk.prove(begun["signin"], TONG)["name"] == TONG.name
    ended = desk.run("verify", "--json", session=TONG)
    assert ended.code == "usage.missing" and "--via" in ended.error["message"], ended
    assert "--agency" not in ended.error["message"]
    # Nobody was here before: everything is needed.
    ended = desk.run("verify", "--json", session="new")
    assert ended.code == "usage.missing" and "--agency" in ended.error["message"]
    # A reference that was used says so.
    ended = desk.refused("code.expired", "verify", begun["signin"], session=TONG, stdin="12345678\n")
    assert "already" in ended.error["message"]


def test_iauth_alone_says_who_one_is(desk):
    shown = desk.ok(session=MING)
    assert MING.name in shown.out and shown.err.startswith("iauth: ")
    home = desk.one(session=MING)
    assert home["name"] == MING.name and home["waiting"] == 0 and home["requests"] == 0
    alone = desk.run(session="nobody")
    assert alone.status == 64 and alone.out == ""


@pytest.mark.parametrize("word, meant", [
    ("login", "'verify'"), ("status", "'verify --status'"), ("whoami", "'verify --status'"),
    ("accept", "'approve'"), ("agency", "'agencies'"), ("logout", "'verify --sign-out'"),
    ("deny", "'reject'"), ("queue", "'pending'")])
def test_words_of_like_tools_are_answered(empty_desk, word, meant):
    ended = empty_desk.run(word)
    assert ended.status == 64 and meant in ended.err, ended


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    from conftest import Desk
    desk = Desk(tmp_path_factory.mktemp("schema"))
    document = json.loads(desk.ok("help", "--schema").out)
    jsonschema.Draft202012Validator.check_schema(document)
    return document


def test_version_and_shapes(empty_desk, schema):
    version = empty_desk.one("--version")
    assert version["name"] == "iauth" and version["schema"] == 2
    listed = empty_desk.json("help", "json")
    assert {line["object"] for line in listed} <= set(schema["$defs"])
    text = empty_desk.ok("help", "json").out
    assert all(line["object"] in text for line in listed)


def test_every_output_validates(queue, schema, tmp_path):
    """The answers of a day: each is one of the objects, and no other."""
    desk = queue
    validator = jsonschema.Draft202012Validator(schema)
    numbers = waiting(desk)
    sheet = f"機關OID,姓名,公務信箱,手機\n{CDC},新人,new@cdc.gov.tw,0977000001\n"
    person = clerk(40)
    calls = [
        (["apply", *person.words], None, ""), (["verify", *TONG.words, "--via", "email"], None, ""),
        (["verify", "--status"], MING, ""), ([], MING, ""), (["--version"], None, ""),
        (["request-permission", "--role", "admin"], clerk(0), ""),
        (["request-permission", "--list"], clerk(0), ""),
        (["request-permission", "--withdraw", numbers[5]], clerk(5), ""),
        (["pending"], MING, ""), (["pending", numbers[0]], MING, ""),
        (["pending", "--columns", "request,agency"], MING, ""),
        (["pending", "--status", "all"], CHIEF, ""), (["approve", numbers[0]], MING, ""),
        (["reject", numbers[1], "--reason", "x"], MING, ""), (["approve", "999"], MING, ""),
        (["pending", numbers[0]], MING, ""), (["admins"], MING, ""),
        (["admins", "--missing", "--under", CDC], None, ""),
        (["import-batch", "-"], CHIEF, sheet), (["import-batch", "--list"], CHIEF, ""),
        (["agencies", CDC], None, ""), (["systems"], None, ""), (["accounts"], None, ""),
        (["accounts", "--suspend", "3", "--reason", "x"], None, ""),
        (["revoke", numbers[0], "--reason", "x"], MING, ""), (["permissions"], CHIEF, ""),
        (["statistics"], CHIEF, ""), (["recertify", "--open", "--due", "2027-12-31"], None, ""),
        (["recertify"], CHIEF, ""), (["recertify", "--status"], CHIEF, ""),
        (["pending", "--remind"], None, ""), (["pending", "--remind", "--dry-run"], None, ""),
        (["deliver"], None, ""), (["deliver", "--list"], None, ""),
        (["deliver", "--test", "x@cdc.gov.tw"], None, ""),
        (["audit"], None, ""), (["audit", "--actions"], None, ""), (["audit", "--verify"], None, ""),
        (["audit", "--head"], None, ""), (["doctor"], None, ""),
        (["backup", tmp_path / "b.db"], None, ""), (["help"], None, ""),
        (["help", "exit-codes"], None, ""), (["help", "json"], None, ""),
        (["completion", "bash"], None, ""), (["frobnicate"], None, ""),
        (["ssh-gate", "--enrol", "mohw", "--account", "2"], None, ""),
        (["ssh-gate", "--list"], None, ""), (["verify", "--sign-out"], MING, ""),
    ]
    for words, session, stdin in calls:
        ended = desk.run(*words, "--json", session=session, stdin=stdin)
        for text in ended.out.splitlines() + ended.err.splitlines():
            problems = list(validator.iter_errors(json.loads(text)))
            assert not problems, (words, text)
        assert ended.out or ended.err or ended.status == 0, words
