"""Forms whose sight deceives: merges, hidden headers, formats that show nothing, titles that are
nearly right, sheets sorted with their header."""

import csv
import zipfile

import openpyxl
import pytest

from conftest import CHIEF, MING, MOHW
from test_seen_forms import CDC, OTHER, PERSON, TITLES, Formula, ods, read, xlsx


SPACES = ('xmlns:n="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" '
          'xmlns:s="urn:oasis:names:tc:opendocument:xmlns:style:1.0"')
HIDING = "".join(f'<n:number-style {SPACES} s:name="N149P{n}"><n:text/></n:number-style>'
                 for n in range(3)) + (
    f'<n:text-style {SPACES} s:name="N149">'
    + "".join(f'<s:map s:condition="value(){test}0" s:apply-style-name="N149P{n}"/>'
              for n, test in enumerate(["&gt;", "&lt;", "="]))
    + f'</n:text-style><s:style {SPACES} s:name="ce8" s:family="table-cell" '
      's:data-style-name="N149"/>')


def saved(path, rows):
    form = openpyxl.Workbook()
    for row in rows:
        form.active.append(row)
    return form, form.active, path


def codes(line):
    return [(problem["level"], problem["column"], problem["code"]) for problem in line["problems"]]


def test_what_a_merge_shows_and_a_row_does_not_get_is_said(desk, tmp_path):
    form, sheet, path = saved(tmp_path / "form.xlsx", [
        [*TITLES, "職稱", "單位", "公務電話"],
        [*PERSON, "科長", "企劃組", "02-23959825"], OTHER])
    for column in "FGH":
        sheet.merge_cells(f"{column}2:{column}3")
    form.save(path)
    first, second, end = read(desk, path).lines
    assert codes(first) == [] and end["accepted"] == 2
    assert codes(second) == [("warning", title, "row.merged")
                             for title in ("職稱", "單位", "公務電話")]


def test_a_header_that_nobody_sees_changes_nothing(desk, tmp_path):
    swapped = ["機關OID", "機關名稱", "職稱", "公務信箱", "手機", "姓名"]
    form, sheet, path = saved(tmp_path / "form.xlsx", [
        [*TITLES, "職稱"], swapped, [*PERSON, "科長"]])
    sheet.row_dimensions[2].hidden = True
    form.save(path)
    header, person, end = read(desk, path).lines
    assert ("error", "姓名", "row.hidden") in codes(header) and header["row"] == 2
    assert (person["outcome"], codes(person), end["rejected"]) == ("held", [], 1)
    assert [line["row"] for line in read(desk, path, "--hidden", "skip").lines[:-1]] == [3]
    included = read(desk, path, "--hidden", "include")
    assert [line["row"] for line in included.lines[:-1]] == [3]
    # One that only says the same again is passed over, as where it is seen.
    sheet.delete_rows(2)
    sheet.insert_rows(2)
    for column, title in enumerate([*TITLES, "職稱"], 1):
        sheet.cell(2, column, title)
    sheet.row_dimensions[2].hidden = True
    form.save(path)
    assert [line["row"] for line in read(desk, path).lines[:-1]] == [3]


@pytest.mark.parametrize("code", [";;;", '"";"";"";""', '"";"";""', '"";;', '""', '"";0'])
def test_a_number_that_is_not_shown_is_not_there(desk, tmp_path, code):
    form, sheet, path = saved(tmp_path / "form.xlsx", [TITLES, [*PERSON[:4], 912345671]])
    sheet["E2"].number_format = code
    form.save(path)
    line = read(desk, path).lines[0]
    assert codes(line) == [("error", "手機", "mobile.invalid")]


def test_nor_is_one_that_libreoffice_shows_nothing_of(desk, tmp_path):
    """What it writes for `;;;`: a style of empty texts for every number, and the value all the same."""
    path = ods(tmp_path / "form.ods", [TITLES, PERSON])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    shown = f"<t:table-cell><x:p>{PERSON[4]}</x:p></t:table-cell>"
    assert shown in parts["content.xml"]
    parts["content.xml"] = parts["content.xml"].replace(
        shown, '<t:table-cell t:style-name="ce8" o:value-type="float" o:value="912345671"><x:p/>'
        "</t:table-cell>").replace("<o:body>", f"<o:automatic-styles>{HIDING}</o:automatic-styles>"
                                   "<o:body>")
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            book.writestr(name, text)
    assert codes(read(desk, path).lines[0]) == [("error", "手機", "mobile.invalid")]


def test_a_report_shows_what_a_refused_formula_showed(desk, tmp_path):
    path = xlsx(tmp_path / "form.xlsx", {"甲": [
        [*TITLES, "異動原因"], [*PERSON, Formula("B2&1", "輪調")]]})
    report = tmp_path / "report.csv"
    refused = read(desk, path, "--report", report)
    assert codes(refused.lines[0]) == [("error", "異動原因", "row.formula")]
    [row] = csv.DictReader(report.read_text("utf-8-sig").splitlines())
    assert row["異動原因"] == "輪調"
    desk.ok("import-batch", report, session=CHIEF)
    assert desk.value("SELECT reason FROM request ORDER BY id DESC LIMIT 1") == "輪調"


def test_a_sheet_that_lacks_only_a_title_is_named_with_it(desk, tmp_path):
    nearly = ["機關OID", "機關名稱", "姓名", "公務信箱", "緊急聯絡手機"]
    path = xlsx(tmp_path / "form.xlsx", {"疾管署": [TITLES, PERSON], "食藥署": [nearly, OTHER],
                                         "封面": [["名冊"]]})
    run = desk.run("import-batch", path, "--dry-run", session=CHIEF)
    assert run.status == 0
    said = [line for line in run.err.splitlines() if "not read" in line]
    assert len(said) == 2 and "'食藥署', whose header lacks 手機" in said[0] and "'封面'" in said[1]
    assert read(desk, path).lines[-1]["unread"] == ["食藥署", "封面"]


def test_a_sheet_that_was_sorted_with_its_header_loses_nobody(desk, tmp_path):
    path = xlsx(tmp_path / "form.xlsx", {"甲": [PERSON, TITLES, OTHER]})
    lines = read(desk, path).lines
    assert [line["row"] for line in lines[:-1]] == [1, 3] and lines[-1]["accepted"] == 2


def test_a_merged_person_only_looks_empty(desk, tmp_path):
    for column, title in (("C", "姓名"), ("D", "公務信箱"), ("E", "手機")):
        form, sheet, path = saved(tmp_path / f"{column}.xlsx", [TITLES, PERSON, OTHER])
        sheet.merge_cells(f"{column}2:{column}3")
        form.save(path)
        second = read(desk, path).lines[1]
        assert codes(second) == [("error", title, "row.merged")]


def test_a_short_name_of_another_agency_is_an_error(desk, tmp_path):
    def answer(name, code):
        path = tmp_path / "form.csv"
        path.write_text("機關名稱,機關OID,姓名,公務信箱,手機\n" + f"{name},{code},吳一,wu@cdc.gov.tw,0912348002\n")
        return codes(read(desk, path).lines[0])

    assert answer("疾病管制署", MOHW) == [("error", "機關名稱", "agency.name")]
    assert answer("衛生福利部疾病管制署", MOHW) == [("error", "機關名稱", "agency.name")]
    assert answer("疾病管制署", CDC) == [("warning", "機關名稱", "agency.name")]
    assert answer("沒有此機關", MOHW) == [("warning", "機關名稱", "agency.name")]
    assert answer("衛生福利部", MOHW) == []


def test_columns_that_are_not_read_are_named(desk, tmp_path):
    path = tmp_path / "form.csv"
    path.write_text("項次,【機關OID】,1.姓名,公務信箱(gov.tw),手機（09xxxxxxxx）,【異動類別】,到職日\n"
                    f"1,{CDC},吳一,wu@cdc.gov.tw,0912348002,刪除,115/1/1\n")
    line, end = read(desk, path).lines
    # Nobody of that name is there to lose anything.
    assert line["outcome"] == "rejected" and codes(line)[0][1] in ("1.姓名", "公務信箱(gov.tw)")
    assert end["ignored"] == ["項次", "到職日"]
    said = desk.run("import-batch", path, "--dry-run", session=CHIEF)
    assert "columns that are not read: '項次', '到職日'" in said.err


def test_what_a_change_does_not_replace_is_said(desk, tmp_path):
    path = tmp_path / "form.csv"
    path.write_text("機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,公務電話,單位,角色,到期日\n"
                    f"{MING.agency},{MING.name},{MING.email},{MING.mobile},修改,{MING.name},{MING.email},"
                    "02-23959825,資訊室,一般權限,2027-03-01\n")
    line = read(desk, path).lines[0]
    assert codes(line) == [("warning", column, "row.kept")
                           for column in ("公務電話", "單位", "角色", "到期日")]
    assert line["outcome"] == "unchanged"
