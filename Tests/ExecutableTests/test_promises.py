"""SECURITY.md does not rot: each test that it names exists, and each row has one or says why not."""

import re
import subprocess

import pytest

from conftest import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
NAME = re.compile(r"`(\w+\.(?:py|swift))::(\w+)`")


def section(title):
    """The rows of the table below a heading, as lists of cells."""
    body = TEXT.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in body.splitlines()
            if line.startswith("|")]
    return rows[2:]


def shown(row):
    """The tests that a row names; without any, why there is none."""
    named = NAME.findall(row[-1])
    assert named or row[-1].startswith("none: ") and len(row[-1]) > 7, row
    return named


TABLES = {"Start-up rules": 17, "ASVS 5.0": 95, "資通系統防護基準": 80}


@pytest.mark.parametrize("title", TABLES)
def test_every_row_names_a_test_that_exists(title):
    rows = section(title)
    assert len(rows) >= TABLES[title]
    files = {path.name: path.read_text() for path in (ROOT / "Tests").rglob("*")
             if path.suffix in (".py", ".swift")}
    missing = []
    for row in rows:
        for file, name in shown(row):
            function = rf"^def {name}\(" if file.endswith(".py") else rf"^\s+(?:@Test.* )?func {name}\("
            if not re.search(function, files.get(file, ""), re.M):
                missing.append((row[0], file, name))
    assert not missing
    # Most have one: a table of excuses is none.
    assert sum(bool(shown(row)) for row in rows) >= len(rows) * 3 / 4


def test_every_requirement_of_the_baseline_stands_once_with_its_level():
    lines = (ROOT / "Tests/Fixtures/baseline/levels.txt").read_text().splitlines()[1:]
    assert [row[:2] for row in section("資通系統防護基準")] == [line.split() for line in lines]
    assert len(lines) == 80


def test_every_number_of_the_other_tables_stands_once():
    assert [row[0] for row in section("Start-up rules")] == [f"X{n}" for n in range(1, 18)]
    numbers = [row[0].split()[0] for row in section("ASVS 5.0")]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers, key=lambda text: [int(part) for part in text.split(".")])
    # Each deviation is explained.
    assert [row[0] for row in section("ASVS 5.0") if "✗" in row[0]]


def test_every_guard_stands_in_the_sources():
    subprocess.run([ROOT / "Scripts/check-guards", "--quick"], check=True)
