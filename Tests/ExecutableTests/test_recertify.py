"""The periodic review: opened, answered one by one, all at once or by sheet, closed, and proven."""

import csv
import io
import json
import subprocess
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import openpyxl
from conftest import CDC, CHIEF, MANAGER, MING, MOHW, ROOT, TONG, Person, clerk

FIELDS = {"recertification", "item", "request", "agency", "name", "title", "system", "role",
          "since", "granted_by", "last_used", "status"}
DUE = "2199-12-31"


def reviewed(desk, due=DUE, *more, session=CHIEF):
    return desk.one("recertify", "--open", "--due", due, *more, session=session)


def staff(desk):
    """The ministry's administrator above the agency's, and a general user there."""
    desk.appoint(MANAGER)
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("approve", number, session=MING)
    return number


def items(desk, session):
    return {line["name"]: line for line in desk.json("recertify", session=session)}


def mine_of(desk, session):
    return desk.json("recertify", session=session)[0]["item"]


def test_each_answers_for_those_below(desk):
    number = staff(desk)
    mails = len(desk.mails("recertification"))
    receipt = reviewed(desk, DUE, "--name", "上半年清查", "--system", "spm")
    # 陳主管 is the only one of the authority: nobody may answer for her.
    assert receipt == {"recertification": 1, "items": 4, "reviewers": 3, "unassigned": 1,
                       "due": "2199-12-31T15:59:59Z"}
    assert len(desk.mails("recertification")) == mails + 2, "who opened it sees it on the screen"
    assert set(items(desk, MING)) == {"王大同"}
    assert set(items(desk, MANAGER)) == {"李小明"}
    assert set(items(desk, CHIEF)) == {"李小明", "林部管"}
    assert items(desk, TONG) == {}
    line = items(desk, MING)["王大同"]
    assert set(line) == FIELDS and line["request"] == number and line["status"] == "open"
    assert (line["granted_by"], line["role"], line["agency"]["code"]) == ("李小明", "general", CDC)
    desk.refused("recertify.open", "recertify", "--open", "--due", DUE, session=CHIEF)
    desk.refused("recertify.open", "recertify", "--open", "--due", DUE, "--under", MOHW)
    past = desk.refused("date.invalid", "recertify", "--open", "--due", "2020-01-01")
    assert past.error["message"] == "the day is past"
    missing = desk.refused("usage.missing", "recertify", mine_of(desk, MING), session=MING)
    assert "--keep|--end" in missing.error["message"]
    both = desk.refused("usage.conflict", "recertify", 1, "--keep", "--end", session=MING)
    assert "--keep" in both.error["message"] and "NUMBER" not in both.error["message"]

    mine = line["item"]
    above = items(desk, MANAGER)["李小明"]["item"]
    desk.refused("request.own", "recertify", above, "--keep", session=MING)
    desk.refused("recertify.unknown", "recertify", mine, "--keep", session=MANAGER)
    desk.refused("right.missing", "recertify", above, "--keep", session=TONG)
    desk.refused("recertify.unknown", "recertify", 99, "--keep", session=MING)
    desk.refused("session.none", "recertify", mine, "--keep")
    desk.refused("usage.missing", "recertify", mine, "--end", session=MING)
    answer = desk.one("recertify", mine, "--end", "--reason", "調職", session=MING)
    assert (answer["status"], answer["outcome"], answer["answered_by"]) == (
        "ended", "answered", "李小明")
    assert desk.value("SELECT status FROM permission WHERE request = ?", number) == "revoked"
    assert "調職" in desk.mails(str(number))[-1]
    again = desk.refused("recertify.answered", "recertify", mine, "--keep", session=MING)
    assert again.lines[0]["status"] == "ended"
    kept = desk.one("recertify", above, "--keep", "--note", "仍在職", session=MANAGER)
    assert (kept["status"], kept["item"]) == ("kept", above)
    assert items(desk, MANAGER) == {} and set(items(desk, CHIEF)) == {"林部管"}
    desk.content()


def test_everyone_sees_how_far_their_part_has_come(desk, tmp_path):
    """A holder their own items, and the operator everything, signed in or not (11.8)."""
    assert desk.json("recertify", "--status") == []
    assert "no review" in desk.ok("recertify", "--status").err
    desk.refused("recertify.unknown", "recertify", "--status", 1)
    desk.join(TONG)
    desk.join(clerk(3))
    number = desk.request(TONG)
    desk.ok("approve", number, session=MING)
    # Whoever is signed in, it is the operator.
    reviewed(desk, DUE, "--dry-run", session=TONG)
    reviewed(desk, session=TONG)
    whole = {line["agency"]["code"]: line for line in desk.json("recertify", "--status")}
    assert whole[CDC] == whole[CDC] | {
        "items": 2, "open": 2, "answered": 0, "ended": 0, "unassigned": 0}
    assert [line["unassigned"] for code, line in whole.items() if code != CDC] == [1]
    assert "nobody may answer 1" in desk.ok("recertify", "--status").err
    own = desk.one("recertify", "--status", session=TONG)
    assert (own["agency"]["code"], own["items"], own["open"]) == (CDC, 1, 1)
    assert desk.json("recertify", "--status", session=clerk(3)) == []
    directory = tmp_path / "own"
    desk.ok("recertify", "--evidence", 1, directory, session=TONG)
    rows = list(csv.DictReader((directory / "items.csv").open(encoding="utf-8-sig")))
    assert [row["姓名"] for row in rows] == ["王大同"]
    desk.refused("recertify.early", "recertify", "--close", 1, session=TONG)
    desk.content()


def test_the_authority_reads_the_rates_and_what_nobody_may_answer(on_clock):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    reviewed(desk, "2027-01-31", "--name", "上半年清查")

    def digests(days):
        before = len(desk.mails("digest"))
        desk.clock += timedelta(days=days)
        desk.ok("pending", "--remind", "--clock-is-right")
        return [text for text in desk.mails("digest")[before:] if CHIEF.email in text]
    first, = digests(1)
    assert "上半年清查" in first and "recertify --status 1" in first
    assert "衛生福利部" in first and "0 of 2, 0 %" in first
    assert "nobody may answer: 1" in first
    assert digests(1) == [], "twice is once"
    desk.sign_in(MING)
    desk.ok("recertify", mine_of(desk, MING), "--keep", session=MING)
    fortnight, = digests(15)
    assert "1 of 2, 50 %" in fortnight


def test_all_at_once_needs_the_count(desk):
    staff(desk)
    reviewed(desk)
    desk.refused("usage.missing", "recertify", "--all", "--keep", session=CHIEF)
    desk.refused("recertify.count", "recertify", "--all", "--keep", "--expect", 7, session=CHIEF)
    assert desk.value("SELECT count(*) FROM recertification_item WHERE status = 'kept'") == 0
    lines = desk.json("recertify", "--all", "--keep", "--expect", 2, session=CHIEF)
    assert [line["outcome"] for line in lines] == ["answered"] * 2
    assert items(desk, CHIEF) == {}
    desk.content()


def test_a_sheet_goes_out_and_comes_back(desk, tmp_path):
    staff(desk)
    reviewed(desk)
    book = tmp_path / "mine.xlsx"
    desk.ok("recertify", "--sheet", book, session=CHIEF)
    desk.refused("file.exists", "recertify", "--sheet", book, session=CHIEF)
    workbook = openpyxl.load_workbook(book)
    sheet = workbook.active
    titles = [cell.value for cell in sheet[1]]
    assert titles[-2:] == ["清查結果", "說明"] and sheet.max_row == 3

    def filled(answers, change=None, name="answered.xlsx"):
        for row, (answer, note) in zip(sheet.iter_rows(min_row=2), answers):
            row[-2].value, row[-1].value = answer, note
        copy = tmp_path / name
        workbook.save(copy)
        if change:
            other = openpyxl.load_workbook(copy)
            change(other.active)
            other.save(copy)
        return copy

    def rejected(path, code):
        ended = desk.run("recertify", "--hand-in", path, "--json", session=CHIEF)
        assert (ended.status, ended.code) == (65, "batch.rejected"), ended
        assert "recertify --sheet" in ended.error["hint"], ended
        codes = [problem["code"] for line in ended.lines[:-1] for problem in line["problems"]]
        assert codes == [code], ended
        assert desk.value(
            "SELECT count(*) FROM recertification_item WHERE status <> 'open'") == 0
    good = [("停用", "離職"), ("保留", None)]
    rejected(filled([("保留", None), ("刪除", None)]), "usage.value")
    rejected(filled([("保留", None), ("停用", None)]), "reason.invalid")
    rejected(filled([("保留", None), (None, None)]), "usage.value")
    rejected(filled(good, lambda sheet: sheet.delete_rows(3)), "recertify.missing")
    rejected(filled(good, lambda sheet: sheet.cell(3, 5, "別人")), "recertify.row")
    rejected(filled(good, lambda sheet: sheet.append([cell.value for cell in sheet[3]])),
             "row.duplicate")
    lines = desk.json("recertify", "--hand-in", filled(good), session=CHIEF)
    assert [line["outcome"] for line in lines[:-1]] == ["accepted"] * 2
    assert lines[-1] == {"rows": 2, "accepted": 2, "rejected": 0, "held": 0}
    text = desk.ok("recertify", "--sheet", "-", session=MING).out
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert rows[0] == titles and rows[1][4] == "王大同"
    filled_in = text.replace(",,\r\n", ",保留,在職\r\n")
    assert filled_in != text
    desk.ok("recertify", "--hand-in", "-", session=MING, stdin=filled_in)
    desk.content()


def answered(desk, path, change, session=CHIEF):
    """A sheet of one's items, all kept, after `change` was made to it; what came of it."""
    if not path.exists():
        desk.ok("recertify", "--sheet", path, session=session)
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        row[10].value = "保留"
    change(book)
    copy = path.with_name("answered.xlsx")
    book.save(copy)
    return desk.run("recertify", "--hand-in", copy, "--json", session=session)


def test_answers_that_nobody_sees_are_none(desk, tmp_path):
    staff(desk)
    reviewed(desk)
    held = desk.value("SELECT count(*) FROM permission WHERE status = 'active'")

    def end(sheet, row=3):
        sheet.cell(row, 11).value, sheet.cell(row, 12).value = "停用", "離職"

    def hidden_row(book):
        end(book.active)
        book.active.row_dimensions[3].hidden = True

    def hidden_column(book):
        end(book.active)
        book.active.column_dimensions["K"].hidden = True

    def formula(book):
        book.active["K3"] = '="停用"'

    def merged(book):
        book.active.merge_cells("K2:K3")
        book.active["K2"] = "停用"
        book.active["L2"], book.active["L3"] = "離職", "離職"

    for change, codes in [(hidden_row, ["row.hidden"]), (hidden_column, ["row.hidden"] * 2),
                          (formula, ["row.formula"]), (merged, ["row.merged"])]:
        ended = answered(desk, tmp_path / "mine.xlsx", change)
        assert (ended.status, ended.code) == (65, "batch.rejected"), ended
        found = [p for line in ended.lines[:-1] for p in line["problems"]]
        assert [p["code"] for p in found] == codes, ended
        assert {p["column"] for p in found} <= {"清查編號", "清查結果"}
    assert desk.value("SELECT count(*) FROM permission WHERE status = 'active'") == held
    assert desk.value("SELECT count(*) FROM recertification_item WHERE status <> 'open'") == 0


def test_every_sheet_of_answers_is_read_or_named(desk, tmp_path):
    staff(desk)
    reviewed(desk)
    path = tmp_path / "mine.xlsx"

    def another(book):
        copy = book.copy_worksheet(book.active)
        copy.title = "修正"
        copy["K2"], copy["L2"] = "停用", "離職"

    twice = answered(desk, path, another)
    assert twice.code == "batch.rejected"
    problems = [(line["sheet"], p["code"]) for line in twice.lines[:-1] for p in line["problems"]]
    assert problems == [("修正", "row.duplicate")] * 2, twice

    def with_cover(book):
        book.create_sheet("封面", 0)["A1"] = "清查表"
        sheet = book.worksheets[1]
        sheet.append([None])
        sheet.append(["合計", None, None, None, "2人"])
        sheet.append(["承辦人：王"])
        # A program's own way to write a day.
        for row in (2, 3):
            sheet.cell(row, 9).value = sheet.cell(row, 9).value.replace("-", "/")

    done = answered(desk, path, with_cover)
    assert done.status == 0, done
    assert done.lines[-1] == {"rows": 2, "accepted": 2, "rejected": 0, "held": 0,
                              "unread": ["封面"]}


def test_a_row_that_says_otherwise_is_named(desk, tmp_path):
    staff(desk)
    reviewed(desk)
    path = tmp_path / "mine.xlsx"
    for column, value in [(3, "別的機關"), (6, "專員"), (9, "2020-01-01"), (10, "2020-01-01")]:
        def change(book):
            book.active.cell(2, column).value = value
        ended = answered(desk, path, change)
        title = openpyxl.load_workbook(path).active.cell(1, column).value
        found = [(p["code"], p["column"]) for line in ended.lines[:-1] for p in line["problems"]]
        assert found == [("recertify.row", title)], ended

    def no_number(book):
        book.active["A2"] = "第一項"
    ended = answered(desk, path, no_number)
    problems = [p for line in ended.lines[:-1] for p in line["problems"]]
    assert problems[0]["code"] == "recertify.unknown" and "0" not in problems[0]["message"], ended


def test_a_sheet_may_be_older_than_what_is_known(on_clock, tmp_path):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    reviewed(desk, "2027-01-31")
    path = tmp_path / "ming.xlsx"
    desk.ok("recertify", "--sheet", path, session=MING)
    desk.clock += timedelta(minutes=5)
    person = replace(TONG, title="科長")
    desk.prove(desk.apply(person), person)
    desk.sign_in(MING)
    assert items(desk, MING)[TONG.name]["title"] == "科長"

    # Its numbers say whom it means, and nobody else's name stands in their row.
    def other(book):
        book.active.cell(2, 5).value = MING.name
    named = answered(desk, path, other, session=MING)
    assert [p["code"] for line in named.lines[:-1] for p in line["problems"]] == ["recertify.row"]
    same = answered(desk, path, lambda book: None, session=MING)
    assert same.status == 0, same.lines


def test_it_is_reminded_of_closed_and_proven(on_clock, tmp_path):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    desk.join(TONG)
    staff_number = desk.request(TONG)
    desk.ok("approve", staff_number, session=MING)
    receipt = reviewed(desk, "2027-01-31")
    assert receipt["items"] == 3
    desk.refused("recertify.early", "recertify", "--close", 1, session=CHIEF)

    clock = desk.clock
    total = 0
    for days in [10, 17, 18, 24, 25, 28, 29, 30, 33]:
        desk.clock = clock + timedelta(days=days)
        first = len(desk.mails("recertification", "reminder"))
        desk.ok("pending", "--remind", "--clock-is-right")
        second = len(desk.mails("recertification", "reminder"))
        desk.ok("pending", "--remind", "--clock-is-right")
        assert len(desk.mails("recertification", "reminder")) == second, "twice is once"
        total += second - first
    # 14, 7, 3, 1 days ahead and once after, to 陳主管 and to 李小明.
    assert total == 10
    desk.sign_in(CHIEF)
    status = desk.json("recertify", "--status", session=CHIEF)
    assert sum(line["open"] for line in status) == 3
    closed = desk.one("recertify", "--close", 1, session=CHIEF)
    assert closed == {"recertification": 1, "unanswered": 3, "suspended": 0}
    desk.refused("recertify.closed", "recertify", "--close", 1, session=CHIEF)
    desk.refused("recertify.unknown", "recertify", "--close", 9, session=CHIEF)
    assert desk.value("SELECT count(*) FROM permission WHERE status = 'active'") == 3

    directory = tmp_path / "evidence"
    desk.ok("recertify", "--evidence", 1, directory, session=CHIEF)
    # Somebody whose permission it is sees their own.
    desk.sign_in(TONG)
    own = desk.json("recertify", "--status", session=TONG)
    assert [line["items"] for line in own] == [1]
    desk.ok("recertify", "--evidence", 1, tmp_path / "own", session=TONG)
    rows = list(csv.DictReader((tmp_path / "own/items.csv").open(encoding="utf-8-sig")))
    assert [row["姓名"] for row in rows] == ["王大同"]
    said = [json.loads(line)["action"] for line in (tmp_path / "own/audit.jsonl").open()]
    assert "recertification.read" not in said
    assert {path.name for path in directory.iterdir()} == {
        "items.csv", "summary.html", "audit.jsonl", "manifest.json", "SHA256SUMS"}
    subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=directory,
                   check=True)
    rows = list(csv.DictReader((directory / "items.csv").open(encoding="utf-8-sig")))
    assert [row["清查結果"] for row in rows] == ["未答復"] * 3
    page = (directory / "summary.html").read_text()
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert "王大同" in page and "<svg" in page
    entries = [json.loads(line) for line in (directory / "audit.jsonl").open()]
    assert {entry["action"] for entry in entries} >= {
        "recertification.open", "recertification.close"}
    manifest = json.loads((directory / "manifest.json").read_text())
    size, root = manifest["checkpoint"]["size"], b64decode(manifest["checkpoint"]["root"])
    for entry in entries:
        at, last, node = entry["seq"] - 1, size - 1, bytes.fromhex(entry["hash"])
        # RFC 9162, 2.1.3.2.
        for hash in map(b64decode, entry["inclusion"]):
            if at % 2 or at == last:
                node = sha256(b"\x01" + hash + node).digest()
                while at and not at % 2:
                    at, last = at // 2, last // 2
            else:
                node = sha256(b"\x01" + node + hash).digest()
            at, last = at // 2, last // 2
        assert last == 0 and node == root, entry
    # With what is shipped: each entry is as it says, and under the head of the manifest.
    check = [ROOT / "Scripts/verify-trail", "--proof", directory / "audit.jsonl",
             directory / "manifest.json"]
    told = subprocess.run(check, capture_output=True, text=True, check=True).stdout
    assert len(told.splitlines()) == len(entries)
    forged = (directory / "audit.jsonl").read_text().replace('"done"', '"none"', 1)
    (tmp_path / "forged").write_text(forged)
    assert subprocess.run([*check[:2], tmp_path / "forged", check[3]],
                          capture_output=True).returncode == 1
    assert subprocess.run([*check[:2], "/dev/null", check[3]], capture_output=True).returncode == 2
    assert manifest["items"] == 3 and manifest["unanswered"] == 3
    desk.refused("file.exists", "recertify", "--evidence", 1, directory, session=CHIEF)


def mails_of(desk, person):
    return [mail for mail in desk.mails() if f"To: {person.email}" in mail]


def test_silence_suspends_only_where_it_is_configured(on_clock, tmp_path):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("approve", number, session=MING)
    reviewed(desk, "2027-01-02")
    configuration = tmp_path / "iauth.conf"
    configuration.write_text("recertify-unanswered = suspend\n")
    desk.clock += timedelta(days=2)
    desk.sign_in(CHIEF)
    closed = desk.one("--config", configuration, "recertify", "--close", 1, session=CHIEF)
    # The agency's only administrator and the authority's stay.
    assert closed == {"recertification": 1, "unanswered": 3, "suspended": 1}
    feed = [line["change"] for line in desk.json("permissions", "--changed-since", 0)
            if line["request"] == number]
    assert feed == ["granted", "ended"]
    desk.ok("recertify", "--evidence", 1, tmp_path / "evidence", session=CHIEF)
    said = [json.loads(line)["action"] for line in (tmp_path / "evidence/audit.jsonl").open()]
    assert said.count("permission.suspend") == 1
    # Whoever rests is nobody whom the target system must have, and reads it in their own list.
    listed = tmp_path / "target.csv"
    listed.write_text(f"email,role\n{CHIEF.email},admin\n{MING.email},admin\n")
    desk.ok("permissions", "--compare", listed, "--system", "spm")
    desk.sign_in(TONG)
    [own] = [line for line in desk.json("request-permission", "--list", session=TONG)
             if line["request"] == number]
    assert own["permission"] == "suspended"
    account = desk.value("SELECT id FROM account WHERE email = ?", TONG.email)
    document = desk.one("accounts", "--export", account)
    assert [held["status"] for held in document["permissions"]] == ["suspended"]
    # A new review is of what is in force.
    again = desk.one("recertify", "--open", "--due", "2027-03-02", session=CHIEF)
    assert again["items"] == 2
    desk.sign_in(MING)
    item = items(desk, MING)["王大同"]
    assert item["status"] == "unanswered"
    told = mails_of(desk, TONG)
    rested = desk.clock
    desk.clock += timedelta(minutes=1)
    desk.ok("recertify", item["item"], "--keep", session=MING)
    [mail] = [mail for mail in mails_of(desk, TONG) if mail not in told]
    assert "您的下列權限自即日起恢復" in mail and "is in force again" in mail
    # As of then it rested.
    then = rested.strftime("%Y-%m-%dT%H:%M:%SZ")
    held = [line["request"] for line in desk.json("permissions", "--as-of", then)]
    assert number not in held
    assert number in [line["request"] for line in desk.json("permissions")]
    feed = [line["change"] for line in desk.json("permissions", "--changed-since", 0)
            if line["request"] == number]
    assert feed == ["granted", "ended", "granted"]
    desk.content()


def test_a_deputy_answers_nothing_of_the_one_represented(on_clock):
    """林部管 has an account at CDC, too: neither he nor who stands in for him answers for it."""
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    manager = desk.appoint(MANAGER)
    desk.clock += timedelta(minutes=2)
    twice = Person("twice", MANAGER.name, "lin@cdc.gov.tw", MANAGER.mobile)
    number = desk.appoint(twice)
    stand_in = Person("standin", "代理人", "dep@mohw.gov.tw", "0933333334", MOHW)
    desk.join(stand_in)
    day = desk.clock.date()
    request = desk.request(stand_in, "admin", "--deputy-for", manager, "--from", day, "--until",
                           day + timedelta(days=5))
    desk.ok("approve", request, session=CHIEF)
    reviewed(desk)
    item = desk.value("SELECT id FROM recertification_item WHERE request = ?", number)
    for session in (MANAGER, stand_in):
        assert set(items(desk, session)) == {"李小明"}
        desk.refused("request.own", "recertify", item, "--keep", session=session)
    other = items(desk, stand_in)["李小明"]["item"]
    desk.ok("recertify", other, "--keep", session=stand_in)


def test_who_has_no_item_gets_none_as_evidence(desk, tmp_path):
    """Nor does somebody who happens to own the database, signed in as such a person."""
    staff(desk)
    reviewed(desk)
    stranger = Person("stranger", "新人", "new@cdc.gov.tw", "0955000999")
    desk.join(stranger)
    made = desk.one("recertify", "--evidence", 1, tmp_path / "none", session=stranger)
    assert made["items"] == 0, made
    assert len((tmp_path / "none" / "items.csv").read_text().splitlines()) == 1
