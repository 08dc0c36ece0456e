"""Forms as a person sees them: formulas by what they show, sheets that are not read, titles in two
rows, and reports that cannot be written."""

import csv
import os
import subprocess
import zipfile
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pytest

from conftest import CDC, CHIEF, MING, TONG

TITLES = ["機關OID", "機關名稱", "姓名", "公務信箱", "手機"]
FDA = "衛生福利部食品藥物管理署"
PERSON = [CDC, "", "王小明", "m1@cdc.gov.tw", "0912345671"]
OTHER = [CDC, "", "陳大華", "m2@cdc.gov.tw", "0912345672"]


class Formula:
    """A cell's formula, and the value that a program has stored beside it, if one has."""

    def __init__(self, text, shown=None):
        self.text, self.shown = text, shown


class Far:
    """A text in a column far to the right."""

    def __init__(self, text, column):
        self.text, self.column = text, column


def cell(number, index, value):
    place = f"{chr(65 + index)}{number}"
    if isinstance(value, Far):
        return f'<c r="{value.column}{number}" t="inlineStr"><is><t>{value.text}</t></is></c>'
    if isinstance(value, Formula):
        shown = "" if value.shown is None else f"<v>{escape(value.shown)}</v>"
        return f'<c r="{place}" t="str"><f>{escape(value.text)}</f>{shown}</c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""


def xlsx(path, sheets):
    """A workbook of sheets by their names, written as plain XML."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>'
                    for n, name in enumerate(sheets, 1))
    relations = "".join(f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="s{n}.xml"/>'
                        for n in range(1, len(sheets) + 1))
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("_rels/.rels", "<Relationships><Relationship Id='a' Target='xl/w.xml' "
                      f"Type='{office}/officeDocument'/></Relationships>")
        book.writestr("xl/w.xml",
                      f'<workbook xmlns:r="{office}"><sheets>{names}</sheets></workbook>')
        book.writestr("xl/_rels/w.xml.rels", f"<Relationships>{relations}</Relationships>")
        for n, rows in enumerate(sheets.values(), 1):
            lines = "".join(
                f'<row r="{number}">'
                + "".join(cell(number, index, value) for index, value in enumerate(row)) + "</row>"
                for number, row in enumerate(rows, 1))
            book.writestr(f"xl/s{n}.xml", f"<worksheet><sheetData>{lines}</sheetData></worksheet>")
    return path


def ods(path, rows):
    """An OpenDocument sheet; texts are XML of paragraphs already."""
    def one(value):
        if isinstance(value, Formula):
            shown = ("" if value.shown is None else
                     f' o:value-type="string" o:string-value="{escape(value.shown)}"')
            return f"<t:table-cell t:formula={quoteattr('of:=' + value.text)}{shown}/>"
        return f"<t:table-cell><x:p>{value}</x:p></t:table-cell>"
    lines = "".join(f"<t:table-row>{''.join(map(one, row))}</t:table-row>" for row in rows)
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", f'<o:document-content xmlns:o="{space}office:1.0" '
                      f'xmlns:t="{space}table:1.0" xmlns:x="{space}text:1.0"><o:body>'
                      f'<o:spreadsheet><t:table t:name="甲">{lines}</t:table></o:spreadsheet>'
                      "</o:body></o:document-content>")
    return path


def read(desk, path, *words):
    return desk.run("import-batch", path, "--dry-run", "--json", *words, session=CHIEF)


def book(tmp_path, kind, rows):
    name = tmp_path / f"form.{kind}"
    return xlsx(name, {"甲": rows}) if kind == "xlsx" else ods(name, rows)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_name_that_a_formula_shows_is_compared(desk, tmp_path, kind):
    lookup = "VLOOKUP(A2,X,2)"

    def tried(shown):
        path = book(tmp_path, kind, [TITLES, [CDC, Formula(lookup, shown), *PERSON[2:]]])
        return read(desk, path)
    wrong = tried(FDA)
    assert wrong.status == 65
    assert [(p["code"], p["level"], p["column"]) for p in wrong.lines[0]["problems"]] == [
        ("agency.name", "error", "機關名稱")]
    assert FDA in wrong.lines[0]["problems"][0]["message"]
    right = tried("衛生福利部疾病管制署")
    assert (right.status, right.lines[0]["problems"]) == (0, [])
    for shown in ("#N/A", None):
        unknown = tried(shown)
        assert unknown.status == 0
        assert [(p["code"], p["level"]) for p in unknown.lines[0]["problems"]] == [
            ("agency.name", "warning")]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_formula_that_shows_nothing_is_an_empty_cell(desk, tmp_path, kind):
    empty = Formula('IF(A3="","",1)', "")
    titles = [*TITLES, "生效日期"]
    path = book(tmp_path, kind, [
        titles, [*PERSON, empty], ["", "", "", "", empty, empty], [empty] * 6, OTHER,
        [*PERSON[:4], empty], [*OTHER[:4], Formula("B1", None)]])
    lines = read(desk, path).lines
    assert [line["row"] for line in lines[:-1]] == [2, 5, 6, 7]
    codes = [[problem["code"] for problem in line["problems"]] for line in lines[:-1]]
    # A cell that shows nothing has no number; of one without a value nobody knows.
    assert codes == [[], [], ["mobile.invalid"], ["row.formula"]]
    assert read(desk, book(tmp_path, kind, [titles, [*PERSON, empty], ["", "", "", "", empty]])
                ).status == 0


def test_a_report_has_what_the_formula_showed(desk, tmp_path):
    path = xlsx(tmp_path / "form.xlsx", {"甲": [
        [*TITLES, "備註", "序號"],
        [CDC, Formula("X!A1", "衛生福利部疾病管制署"), *PERSON[2:], Formula("A2&1", "甲1"),
         Formula("ROW()-1", "1")]]})
    report = tmp_path / "report.csv"
    desk.ok("import-batch", path, "--dry-run", "--report", report, session=CHIEF)
    [row] = csv.DictReader(report.read_text("utf-8-sig").splitlines())
    assert [row[title] for title in ("機關名稱", "備註", "序號")] == ["衛生福利部疾病管制署", "甲1", "1"]
    again = read(desk, report)
    assert (again.status, again.lines[0]["problems"]) == (0, [])


@pytest.mark.parametrize("bad", [[[Far("x", "AMK")]], [["字" * 32_768]], [["x"], [Far("y", "XFD")]]],
                         ids=["wide", "long", "below"])
@pytest.mark.parametrize("name", ["圖表資料", "範例"])
def test_a_sheet_that_is_not_read_refuses_nothing(desk, tmp_path, name, bad):
    for order in (["甲", name], [name, "甲"]):
        sheets = {"甲": [TITLES, PERSON], name: bad}
        path = xlsx(tmp_path / "form.xlsx", {key: sheets[key] for key in order})
        tried = read(desk, path)
        assert tried.status == 0, tried
        assert tried.lines[-1]["unread"] == [name] and tried.lines[-1]["accepted"] == 1


def test_a_sample_is_left_by_its_name(desk, tmp_path):
    sample = [[*TITLES, "姓名"], [*PERSON, Far("x", "AMK")]]
    for name in ("範例", "填寫說明"):
        path = xlsx(tmp_path / "form.xlsx", {name: sample, "甲": [TITLES, PERSON]})
        tried = read(desk, path)
        assert (tried.status, tried.lines[-1]["unread"]) == (0, [name]), tried
    # Asked for by its name it is a sheet as any other.
    desk.refused("sheet.header", "import-batch", path, "--sheet", "填寫說明", session=CHIEF)


def test_what_stands_far_right_in_a_form_is_refused_with_its_place(desk, tmp_path):
    for rows, place in (([TITLES, [*PERSON, Far("x", "XFD")]], "row 2, column XFD"),
                        ([TITLES, PERSON, [Far("x", "AMK")]], "row 3, column AMK"),
                        ([[*TITLES, Far("x", "AMK")], PERSON], "row 1, column AMK")):
        refused = desk.refused("sheet.unreadable", "import-batch",
                               xlsx(tmp_path / "form.xlsx", {"甲": rows}), session=CHIEF)
        assert place in refused.error["message"]
    # A title line above the header is passed over, whatever stands in it.
    path = xlsx(tmp_path / "form.xlsx", {"甲": [["附表1", Far("x", "AMK")], TITLES, PERSON]})
    assert read(desk, path).status == 0


@pytest.mark.parametrize("rows, named", [
    ([["機關OID", "機關名稱", "姓名", "聯絡方式"], ["", "", "", "公務信箱", "手機"], PERSON], "row 1"),
    ([["附表1"], ["機關OID", "姓名", "聯絡"], ["", "", "E-mail", "行動電話"], PERSON], "row 2"),
])
def test_titles_in_two_rows_are_no_form_of_labels(desk, tmp_path, rows, named):
    refused = desk.refused("sheet.header", "import-batch",
                           xlsx(tmp_path / "form.xlsx", {"甲": rows}), session=CHIEF)
    message = refused.error["message"]
    assert f"{named} was taken for the header" in message and "機關OID" in message
    assert "no table" not in message
    labels = [["機關OID", CDC, "姓名", "王小明"], ["公務信箱", "a@cdc.gov.tw", "手機", "0912345678"]]
    refused = desk.refused("sheet.header", "import-batch",
                           xlsx(tmp_path / "form.xlsx", {"甲": labels}), session=CHIEF)
    assert "no table" in refused.error["message"]


def test_a_code_of_the_agencys_own_beside_the_oid(desk, tmp_path):
    for title, value in (("機關代碼", "A21010000I"), ("統一編號", ""), ("統一編號", "12345675")):
        path = tmp_path / "form.csv"
        path.write_text(f"機關OID,{title},姓名,公務信箱,手機\n{CDC},{value},王小明,m@cdc.gov.tw,0912345671\n")
        report = tmp_path / "report.csv"
        report.unlink(missing_ok=True)
        tried = read(desk, path, "--report", report)
        assert (tried.status, tried.lines[0]["problems"]) == (0, []), tried
        # What is not read is kept for the report all the same.
        [row] = csv.DictReader(report.read_text("utf-8-sig").splitlines())
        assert (row["機關OID"], row[title]) == (CDC, value)
    path.write_text(f"機關OID,機關代號,姓名,公務信箱,手機\n{CDC},{CDC},王小明,m@cdc.gov.tw,0912345671\n")
    message = desk.refused("sheet.header", "import-batch", path, session=CHIEF).error["message"]
    assert "'機關OID', '機關代號'" in message and "rename or delete" in message


# Reports


def csv_form(tmp_path, *rows):
    path = tmp_path / "form.csv"
    path.write_text("\n".join(",".join(row) for row in [TITLES, *rows]) + "\n")
    return path


@pytest.fixture
def full_disk(tmp_path):
    """A directory where a file can be made, and nothing be written into it."""
    place = tmp_path / "full"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", place],
                      capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    (place / "fill").write_bytes(b"")
    subprocess.run(["dd", "if=/dev/zero", f"of={place}/fill", "bs=4k", "count=2"],
                   capture_output=True)
    yield place
    subprocess.run(["umount", place], check=True)


def test_after_the_commit_the_truth_is_said(desk, tmp_path, full_disk):
    path = csv_form(tmp_path, PERSON, OTHER)
    report = full_disk / "report.csv"
    before = desk.dump()
    trial = desk.refused("disk.full", "import-batch", path, "--dry-run", "--report", report,
                         session=CHIEF)
    assert "nothing was imported" in trial.error["message"]
    bad = desk.refused("disk.full", "import-batch", csv_form(tmp_path, PERSON, [*OTHER[:4], "1"]),
                       "--report", report, session=CHIEF)
    assert "nothing was imported" in bad.error["message"]
    assert desk.value("SELECT count(*) FROM batch") == 0 and before
    ended = desk.refused("disk.full", "import-batch", csv_form(tmp_path, PERSON, OTHER),
                         "--report", report, session=CHIEF)
    assert desk.rows("SELECT id, rows FROM batch") == [(1, 2)]
    assert ended.lines[-1]["batch"] == 1 and ended.lines[-1]["accepted"] == 2
    message = ended.error["message"]
    assert "batch 1 is imported (accepted 2)" in message and str(report)[:40] in message
    assert "nothing was changed" not in ended.err and "disk is full" in message
    assert ended.error["hint"] == "iauth pending --batch 1"
    assert not report.exists()
    # The way on: the same form again is unchanged, and has its report.
    desk.ok("import-batch", path, "--report", tmp_path / "report.csv", session=CHIEF)


def test_a_report_that_cannot_be_made_is_refused_before(desk, tmp_path):
    path = csv_form(tmp_path, PERSON)
    (tmp_path / "there.csv").write_text("x")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere")
    before = desk.dump()
    for code, report in (
            ("file.uncreatable", ""), ("file.uncreatable", "/proc/x.csv"),
            ("file.uncreatable", tmp_path / ("x" * 300)),
            ("file.uncreatable", tmp_path / "no/such/x.csv"),
            ("file.exists", tmp_path / "there.csv"), ("file.exists", tmp_path / "dangling.csv"),
            ("file.exists", tmp_path)):
        ended = desk.refused(code, "import-batch", path, "--report", report, session=CHIEF)
        assert ended.out == "" and desk.dump() == before, report
    assert not (tmp_path / "nowhere").exists()
    trial = tmp_path / "report.csv"
    desk.ok("import-batch", path, "--report", trial, "--dry-run", session=CHIEF)
    assert trial.exists() and desk.value("SELECT count(*) FROM batch") == 0


def test_a_report_too_long_for_a_workbook_is_refused_before(desk, tmp_path):
    rows = [[CDC, "", "王小明", f"p{n}@cdc.gov.tw", f"09{10_000_000 + n}"] for n in range(20_001)]
    path = csv_form(tmp_path, *rows)
    ended = desk.refused("limit.rows", "import-batch", path, "--report", tmp_path / "r.xlsx",
                         session=CHIEF)
    assert ".csv" in ended.error["message"] and desk.value("SELECT count(*) FROM batch") == 0


# Reasons


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_tab_in_a_reason_is_white_space(desk, tmp_path, kind):
    text = "甲<x:tab/>乙" if kind == "ods" else "甲\t乙"
    path = book(tmp_path, kind, [[*TITLES, "異動原因"], [*PERSON, text]])
    desk.ok("import-batch", path, session=CHIEF)
    assert desk.rows("SELECT reason FROM request WHERE batch = 1") == [("甲\t乙",)]
    desk.join(TONG)
    number = desk.request(TONG, "general", "--reason", "丙\t丁")
    desk.ok("reject", number, "--reason", "戊\t己\r\n庚", session=MING)
    assert desk.rows("SELECT note FROM decision WHERE request = ?", number) == [("戊\t己\n庚",)]
    [mail] = desk.mails(str(number), "decision")
    assert "> 戊 己\n> 庚" in mail
    assert "\t" not in desk.ok("pending", number, session=MING).out


# Systems


def test_a_system_is_added_in_either_spelling(desk):
    desk.ok("systems", "--add", "--code", "abc", "--name", "ABC")
    desk.ok("systems", "--name", "DEF", "--code=def", "--add")
    desk.ok("systems", "--add", "ghi", "--name", "GHI")
    desk.ok("systems", "--add=jkl", "--name", "JKL", "--url", "https://jkl.gov.tw/")
    assert [line["code"] for line in desk.json("systems")] == ["spm", "abc", "def", "ghi", "jkl"]
    missing = desk.refused("usage.missing", "systems", "--add")
    assert "--code" in missing.error["message"] and "--name" in missing.error["message"]
    desk.refused("usage.missing", "systems", "--add", "--code", "x")
    desk.refused("usage.missing", "systems", "--code", "x", "--name", "X")
    desk.refused("usage.repeated", "systems", "--add", "x", "--code", "x", "--name", "X")
    desk.refused("usage.repeated", "systems", "--code", "x", "--add", "x", "--name", "X")
    desk.refused("system.invalid", "systems", "--add", "", "--name", "X")
    desk.refused("system.exists", "systems", "--add", "--code", "abc", "--name", "X")
    assert "--add CODE --name TEXT" in desk.ok("help", "systems").out


# Rows that contradict each other


CHANGES = [*TITLES, "異動類別", "原管理者姓名", "原公務信箱"]


def changes(tmp_path, *rows):
    path = tmp_path / "changes.csv"
    path.write_text("\n".join(",".join(row) for row in [CHANGES, *rows]) + "\n")
    return path


@pytest.mark.parametrize("status", ["active", "invited"])
def test_what_one_form_gives_and_takes_is_a_conflict_in_any_order(desk, tmp_path, status):
    person = [CDC, "", TONG.name, TONG.email, TONG.mobile]
    if status == "active":
        desk.appoint(TONG)
    else:
        desk.ok("import-batch", csv_form(tmp_path, person))
        desk.ok("approve", "--batch", 1, session=CHIEF)
    add, remove = [*person, "新增", "", ""], [*person, "刪除", "", ""]
    other = [CDC, "", "吳小美", "wu@cdc.gov.tw", "0987123456"]
    change = [*other, "交接", TONG.name, TONG.email]
    modify = [*person[:4], "0987123457", "修改", TONG.name, TONG.email]
    before = desk.value("SELECT count(*) FROM permission WHERE status = 'active'")
    for rows, codes in (
            ((add, remove), ["row.conflict"] * 2), ((remove, add), ["row.conflict"] * 2),
            ((remove, change), ["row.conflict"] * 2), ((change, remove), ["row.conflict"] * 2),
            ((remove, modify), ["row.conflict"] * 2), ((modify, remove), ["row.conflict"] * 2)):
        ended = desk.run("import-batch", changes(tmp_path, *rows), "--json", session=CHIEF)
        found = [problem["code"] for line in ended.lines[:-1] for problem in line["problems"]]
        assert (ended.status, found) == (65, codes), (rows, ended)
    twice = desk.run("import-batch", changes(tmp_path, remove, remove), "--json", session=CHIEF)
    assert [problem["code"] for line in twice.lines[:-1] for problem in line["problems"]] == [
        "row.duplicate"]
    assert desk.value("SELECT count(*) FROM permission WHERE status = 'active'") == before


def test_the_letters_number_stands_in_a_column(desk, tmp_path):
    path = tmp_path / "form.csv"
    third = [CDC, "", "吳小美", "m3@cdc.gov.tw", "0912345673"]
    rows = [[*TITLES, "公文文號"], [*PERSON, "甲字第1號"], [*OTHER, "甲字第1號"], [*third, ""]]

    def imported(*words):
        path.write_text("\n".join(",".join(row) for row in rows) + "\n")
        batch = desk.json("import-batch", path, *words, session=CHIEF)[-1]["batch"]
        return (desk.value("SELECT document FROM batch WHERE id = ?", batch),
                [row[0] for row in desk.rows(
                    "SELECT document FROM request WHERE batch = ? ORDER BY id", batch)])
    assert imported() == ("甲字第1號", ["甲字第1號", "甲字第1號", None])
    for index, row in enumerate(rows[1:]):
        row[3], row[4] = f"x{index}@cdc.gov.tw", f"091234568{index}"
        row[2] += "二"
        row[5] = f"乙字第{index}號"
    assert imported() == (None, ["乙字第0號", "乙字第1號", "乙字第2號"])
    for index, row in enumerate(rows[1:]):
        row[3], row[4] = f"y{index}@cdc.gov.tw", f"091234569{index}"
        row[2] += "三"
    assert imported("--document", "丙1") == ("丙1", ["丙1"] * 3)


def test_nothing_good_is_said_of_what_was_not_imported(desk, tmp_path):
    path = csv_form(tmp_path, [*PERSON[:4], "1"], [*OTHER[:4], "2"])
    ended = desk.refused("batch.rejected", "import-batch", path, "--partial", session=CHIEF)
    assert "nothing was imported" in ended.error["message"]


def test_radicals_are_characters_in_every_column(desk, tmp_path):
    path = tmp_path / "form.csv"
    path.write_text(f"機關OID,機關名稱,姓名,公務信箱,⼿機,職稱\n"
                    f"{CDC},衛⽣福利部食品藥物管理署,王小明,m@cdc.gov.tw,0912345671,科⻑\n")
    ended = read(desk, path)
    assert [(p["code"], p["level"]) for p in ended.lines[0]["problems"]] == [
        ("agency.name", "error")]
    path.write_text("機關OID,機關名稱,姓名,公務信箱,⼿機\n"
                    ",衛⽣福利部疾病管制署,王小明,m@cdc.gov.tw,0912345671\n")
    [problem] = read(desk, path).lines[0]["problems"]
    assert problem["code"] == "agency.missing" and CDC in problem["message"]
    found = desk.json("agencies", "衛⽣福利部疾病管制署")
    assert found and found[0]["code"] == CDC


@pytest.mark.parametrize("mark", ["/", "；", ",", "&", "|", "、"])
def test_two_people_in_a_cell_are_two_rows(desk, tmp_path, mark):
    path = xlsx(tmp_path / "form.xlsx", {"甲": [
        TITLES, [CDC, "", f"王小明{mark}陳大華", "m@cdc.gov.tw", "0912345671"],
        [f"{CDC}{mark}{CDC}.20001", "", "王小明", "m2@cdc.gov.tw", "0912345672"]]})
    for line in read(desk, path).lines[:-1]:
        [problem] = line["problems"]
        assert "more than one; one person a row" in problem["message"]


# Pages


def test_a_page_on_standard_output(desk, tmp_path, monkeypatch):
    place = tmp_path / "pages"
    place.mkdir()
    monkeypatch.chdir(place)
    for words in (["statistics", "--html", "-"], ["accounts", "--export", "1", "--html", "-"]):
        ended = desk.ok(*words)
        assert ended.out.startswith("<!DOCTYPE html>") and "written" not in ended.err
        desk.refused("usage.conflict", *words)
        trial = desk.ok(*words[:-1], "page.html", "--dry-run")
        assert "would be written" in trial.err
    desk.refused("usage.conflict", "recertify", "--sheet", "-", session=CHIEF)
    assert os.listdir(place) == []


def test_what_is_passed_over_is_in_no_report(desk, tmp_path):
    """--hidden skip: a hidden column is neither read nor given back."""
    path, report = tmp_path / "form.xlsx", tmp_path / "report.csv"
    form = openpyxl.Workbook()
    for row in [["機關OID", "姓名", "公務信箱", "手機", "異動原因"], [CDC, *PERSON[2:], "私人理由"]]:
        form.active.append(row)
    form.active.column_dimensions["E"].hidden = True
    form.save(path)
    ended = desk.run("import-batch", path, "--dry-run", "--json", session=CHIEF)
    assert [p["code"] for p in ended.lines[0]["problems"]] == ["row.hidden"]
    desk.ok("import-batch", path, "--dry-run", "--hidden", "skip", "--report", report, session=CHIEF)
    assert "私人理由" not in report.read_text() and "異動原因" not in report.read_text()
    desk.ok("import-batch", report, session=CHIEF)
    assert desk.value("SELECT reason FROM request ORDER BY id DESC LIMIT 1") is None


def test_a_hidden_list_beside_the_form_is_no_column_of_it(desk, tmp_path):
    path = tmp_path / "form.xlsx"
    form = openpyxl.Workbook()
    form.active.append([*TITLES, None, "機關OID", "機關名稱"])
    form.active.append([*PERSON, None, CDC + ".1", "某機關"])
    for column in "GH":
        form.active.column_dimensions[column].hidden = True
    form.save(path)
    assert read(desk, path).lines[-1]["accepted"] == 1


@pytest.mark.parametrize("word", ["小計", "合計", "備註"])
def test_a_subtotal_under_a_merged_agency_is_a_note(desk, tmp_path, word):
    path = tmp_path / "form.xlsx"
    form = openpyxl.Workbook()
    for row in [["機關OID", "姓名", "公務信箱", "手機"], [CDC, *PERSON[2:]], [None, *OTHER[2:]],
                [None, word, None, "2"]]:
        form.active.append(row)
    form.active.merge_cells("A2:A4")
    form.save(path)
    assert read(desk, path).lines[-1]["rows"] == 2
