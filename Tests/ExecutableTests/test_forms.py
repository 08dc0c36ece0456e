"""Forms as real programs write them, long ones, and what becomes of them when they are cut off.

The small committed fixtures are tested in Swift; what is long is made here, in the test run.
"""

import csv
import io
import random
import signal
import subprocess
import threading
import time
import zipfile

import openpyxl
import pytest

from conftest import CDC, CDC_OFFICES, CHIEF, MANAGER, MING, wait_for

TITLES = ["機關OID", "機關名稱", "姓名", "公務信箱", "手機", "職稱", "備註"]


def people(count, start=0):
    """Rows of people of three agencies, all different."""
    for n in range(start, start + count):
        name = "王" + "".join("零一二三四五六七八九"[int(digit)] for digit in str(n))
        yield [CDC_OFFICES[n % 3], "", name, f"p{n}@cdc.gov.tw", f"09{10_000_000 + n}", "科員", ""]


def text(rows):
    out = io.StringIO()
    csv.writer(out).writerows([TITLES, *rows])
    return out.getvalue()


def workbook(path, rows):
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("附表1")
    page.append(["管考系統 機關管理者帳號申請表"])
    for row in [TITLES, *rows]:
        page.append(row)
    page.append(["備註：請附公文"])
    book.save(path)
    return path


def repacked(path, level):
    """The same archive, packed by Python's zipfile at another level."""
    packed = path.with_name(f"level{level}.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(
            packed, "w", zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED,
            compresslevel=level or None) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return packed


def test_a_workbook_of_twenty_thousand_rows(desk, tmp_path):
    full = workbook(tmp_path / "full.xlsx", people(20_000))
    lines = desk.json("import-batch", full, "--dry-run", session=CHIEF)
    assert lines[-1] | {"digest": ""} == {
        "batch": None, "digest": "", "rows": 20_000, "accepted": 20_000, "unchanged": 0,
        "rejected": 0, "held": 0, "dry_run": True}
    assert [line["row"] for line in lines[:-1]] == list(range(3, 20_003))
    over = workbook(tmp_path / "over.xlsx", people(20_001))
    desk.refused("limit.rows", "import-batch", over, session=CHIEF)


def test_every_level_of_compression_reads_alike(desk, tmp_path):
    plain = workbook(tmp_path / "plain.xlsx", people(300))
    answers = set()
    for level in range(10):
        ended = desk.ok("import-batch", repacked(plain, level), "--dry-run", "--json",
                        session=CHIEF)
        assert len(ended.lines) == 301
        answers.add(tuple(ended.out.splitlines()[:-1]))
    assert len(answers) == 1


def test_all_formats_answer_alike(desk, tmp_path):
    rows = list(people(50))
    workbook(tmp_path / "form.xlsx", rows)
    plain = "管考系統 機關管理者帳號申請表\n" + text(rows) + "備註：請附公文\n"
    tabs = plain.replace(",", "\t")
    for name, content in [("utf8.csv", plain.encode()), ("mark.csv", b"\xef\xbb\xbf" + plain.encode()),
                          ("big5.csv", plain.encode("cp950")), ("tabs.txt", tabs.encode("utf-16")),
                          ("tabs.tsv", tabs.encode("utf-16-be"))]:
        (tmp_path / name).write_bytes(content)
    answers = {tuple(desk.ok("import-batch", path, "--dry-run", "--json", session=CHIEF)
                     .out.splitlines()[:-1]) for path in tmp_path.glob("*.*")}
    assert len(answers) == 1 and len(answers.pop()) == 50


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_report_is_fixed_and_handed_in_again(desk, tmp_path, kind):
    desk.appoint(MANAGER)
    rows = list(people(4))
    rows[1][3] = "=p1@cdc.gov.tw"
    rows[2][4] = "+886 912-345-600"
    rows[3][6] = "-請洽分機 #12, \"週一\"\n再議"
    sheet = tmp_path / "form.csv"
    sheet.write_text(text(rows))
    report = tmp_path / f"report.{kind}"
    desk.refused("batch.rejected", "import-batch", sheet, "--report", report, session=MANAGER)

    def read(path):
        if kind == "csv":
            return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
        page = openpyxl.load_workbook(path).active
        return [["" if cell is None else str(cell) for cell in row]
                for row in page.iter_rows(values_only=True)]
    titles, *found = read(report)
    assert titles == [*TITLES, "結果", "代碼", "說明"]
    assert [row[7] for row in found] == ["暫緩", "退件", "暫緩", "暫緩"]
    assert found[1][8] == "email.invalid" and found[1][9].startswith("公務信箱：")
    # What a spreadsheet program would run is guarded, and nothing else is changed.
    assert found[1][3] == "'=p1@cdc.gov.tw" and found[2][4] == "'+886 912-345-600"
    assert found[3][6] == "'" + rows[3][6]

    found[1][3] = "p1@cdc.gov.tw"
    fixed = tmp_path / f"fixed.{kind}"
    if kind == "csv":
        fixed.write_text(
            "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n"
                    for row in [titles, *found]), encoding="utf-8-sig")
    else:
        book = openpyxl.load_workbook(report)
        book.active["D3"] = "p1@cdc.gov.tw"
        book.save(fixed)
    second = tmp_path / f"second.{kind}"
    lines = desk.json("import-batch", fixed, "--report", second, session=MANAGER)
    assert (lines[-1]["accepted"], lines[-1]["batch"]) == (4, 1)
    assert desk.rows("SELECT mobile FROM account WHERE email = 'p2@cdc.gov.tw'") == [
        ("+886912345600",)]

    # As it is: everything is in force or pending, and the sheet comes back the same.
    third = tmp_path / f"third.{kind}"
    lines = desk.json("import-batch", second, "--report", third, session=MANAGER)
    assert (lines[-1]["unchanged"], lines[-1]["batch"]) == (4, 1)
    assert [row[:7] for row in read(third)] == [row[:7] for row in read(second)]
    assert {row[7] for row in read(third)[1:]} == {"無異動"}


def test_the_submitter_follows_a_batch(desk):
    desk.appoint(MANAGER)
    desk.json("import-batch", "-", stdin=text(people(3)), session=MANAGER)
    numbers = [line["request"] for line in desk.json("pending", "--batch", 1, session=MANAGER)]
    assert len(numbers) == 3
    desk.ok("approve", numbers[0], session=CHIEF)
    desk.ok("reject", numbers[1], "--reason", "非現職人員", session=CHIEF)
    lines = desk.json("pending", "--batch", 1, session=MANAGER)
    assert [line["status"] for line in lines] == ["approved", "rejected", "pending"]
    waiting = desk.json("pending", "--batch", 1, "--status", "pending", session=MANAGER)
    assert [line["request"] for line in waiting] == numbers[2:]
    said = desk.ok("--lang", "zh-TW", "pending", "--batch", 1, session=MANAGER)
    assert "整批申請 1：審核中 1 件、核准 1 件、退件 1 件" in said.err
    # The reviewer sees what is left to decide; a stranger sees no batch at all.
    assert [line["request"] for line in desk.json("pending", "--batch", 1, session=CHIEF)] == \
        numbers[2:]
    desk.refused("batch.unknown", "pending", "--batch", 1, session=MING)
    desk.ok("approve", "--batch", 1, session=CHIEF)
    assert [line["status"] for line in desk.json("pending", "--batch", 1, session=MANAGER)] == \
        ["approved", "rejected", "approved"]
    assert len(desk.mails("batch:1", "notice")) == 2  # to the reviewer, and to the submitter


def test_a_pipe_is_read_like_a_file(desk, tmp_path):
    """More than a spool keeps in memory: it goes on in a file that has no name."""
    sheet = tmp_path / "long.csv"
    filling = [["", "", "", "", "", "", "x" * 200]] * 70_000
    sheet.write_text(text([*people(5), *filling]))
    assert sheet.stat().st_size > 12 << 20
    by_name = desk.json("import-batch", sheet, "--dry-run", session=CHIEF)
    by_pipe = desk.json("import-batch", "-", "--dry-run", stdin=sheet.read_bytes(), session=CHIEF)
    assert by_name == by_pipe and by_name[-1]["accepted"] == 5
    assert sorted(path.name for path in desk.data.iterdir() if path.is_file()) == [
        "iauth.db", "iauth.key", "iauth.lock"]


@pytest.mark.parametrize("way", ["file", "pipe"])
def test_memory_does_not_grow_with_the_file(desk, tmp_path, way):
    sheet = tmp_path / "long.csv"
    with open(sheet, "w") as out:
        out.write(text(people(10)))
        for _ in range(230_000):
            out.write(",,,,,," + "備" * 100 + "\n")
    size = sheet.stat().st_size
    assert size > 60_000_000
    # Half of the file does not fit into what the process may have of memory.
    limited = ["sh", "-c", f"ulimit -d {size // 2048}; exec \"$@\"", "sh"]
    with open(sheet, "rb") as source:
        process = desk.start("import-batch", "-" if way == "pipe" else sheet, "--dry-run",
                             "--json", session=CHIEF, under=limited,
                             stdin=source if way == "pipe" else subprocess.DEVNULL)
        ended = desk.end(process)
    assert ended.status == 0 and ended.lines[-1]["accepted"] == 10


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_what_the_parent_ignored_stops_no_import(desk, number):
    """As `nohup iauth import-batch … &`: the form is stored, whatever the terminal says."""
    sheet = desk.home / "long.csv"
    sheet.write_text(text(people(4_000)))
    process = desk.start("import-batch", sheet, "--json", session=CHIEF,
                         preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    # What it prints is more than a pipe holds: somebody has to read it, or it waits for ever.
    answers = []
    reader = threading.Thread(target=lambda: answers.extend(process.communicate()))
    reader.start()
    while reader.is_alive():
        if process.returncode is None:
            process.send_signal(number)
        reader.join(0.005)
    out, err = answers
    assert process.returncode == 0, err
    assert desk.value("SELECT count(*) FROM request WHERE batch = 1") == 4_000
    assert b'"batch":1' in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_long_decision_ends_when_it_is_told_to(desk, number):
    batch = desk.json("import-batch", "-", stdin=text(people(6_000)))[-1]["batch"]
    before = desk.dump()
    process = desk.start("approve", "--batch", batch, "--json", session=CHIEF)
    wait_for(lambda: (desk.data / "iauth.db-journal").exists())
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (-number, b"")
    assert desk.dump() == before
    assert len(desk.json("approve", "--batch", batch, session=CHIEF)) == 6_000
    desk.content()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_long_import_cut_off_anywhere_leaves_nothing(desk, number):
    sheet = desk.home / "long.csv"
    sheet.write_text(text(people(12_000)))
    before = desk.dump()
    chance = random.Random(4)
    started = []
    for _ in range(6):
        process = desk.start("import-batch", sheet, "--json", session=CHIEF)
        try:
            process.wait(timeout=chance.uniform(0.02, 0.6))
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        out, _ = process.communicate()
        started.append(process.returncode)
        # Whoever comes next rolls back what was cut off in the middle.
        desk.ok("systems")
        if desk.value("SELECT count(*) FROM batch"):
            assert desk.value("SELECT count(*) FROM request WHERE batch = 1") == 12_000
            break
        assert process.returncode != 0 and out == b""
        assert desk.dump() == before
    assert any(status != 0 for status in started)
    ended = desk.json("import-batch", sheet, session=CHIEF)[-1]
    assert ended["batch"] == 1 and ended["accepted"] + ended["unchanged"] == 12_000
    assert desk.value("SELECT count(*) FROM request WHERE batch = 1") == 12_000
    assert {path.name for path in desk.data.iterdir() if path.is_file()} == {
        "iauth.db", "iauth.key", "iauth.lock"}
    desk.content()


def test_rows_in_any_order_of_agencies_keep_their_numbers(desk):
    """Rows are stored agency by agency, and reported in the order of the sheet."""
    rows = list(people(9))
    rows.insert(4, [CDC, "疾管署", "王大明", "w@cdc.gov.tw", "0912000111", "", ""])
    # The first row once more, its code in another spelling.
    rows.append([rows[0][0].replace("2", "２"), *rows[0][1:]])
    lines = desk.run("import-batch", "-", "--partial", "--json", stdin=text(rows),
                     session=CHIEF).lines
    assert [line["row"] for line in lines[:-1]] == list(range(2, 13))
    assert [line["outcome"] for line in lines[:-1]] == ["accepted"] * 10 + ["rejected"]
    assert [problem["code"] for problem in lines[4]["problems"]] == ["agency.name"]
    assert [problem["code"] for problem in lines[10]["problems"]] == ["row.duplicate"]
    stored = dict(desk.rows("SELECT r.id, a.email FROM request r JOIN account a ON a.id = r.account"
                            " WHERE batch = 1"))
    assert [stored[line["request"]] for line in lines[:10]] == [row[3] for row in rows[:10]]
    # What the triggers would have refused, had they run, is nowhere in the batch.
    assert desk.rows("SELECT seq FROM audit a WHERE seq > 1 AND NOT EXISTS"
                     " (SELECT 1 FROM audit b WHERE b.seq = a.seq - 1)") == []
    assert desk.rows("SELECT r.id FROM request r JOIN permission p ON p.account = r.account"
                     " WHERE r.batch = 1 OR r.batch = 1 AND r.status <> 'pending'") == []
    desk.content()
