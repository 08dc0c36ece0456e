"""Lists as people and programs ask for them: form, order, columns, bounds, totals, pager."""

import csv
import io
import json
import subprocess

import pexpect
import pytest
from wcwidth import wcswidth

from conftest import CDC, CHIEF, MING, MOHW, TONG, clerk
from test_terminal import ended, talk

LISTS = [
    (["pending"], CHIEF), (["pending", "--status", "all"], CHIEF),
    (["request-permission", "--list"], MING), (["admins"], MING),
    (["admins", "--missing", "--under", MOHW], None), (["agencies", "--under", MOHW], None),
    (["systems"], None), (["accounts"], None), (["deliver", "--list"], None), (["audit"], None),
    (["ssh-gate", "--list"], None),
]


@pytest.fixture
def queue(desk):
    """Three people of one agency who wait."""
    for number in (3, 1, 2):
        desk.join(clerk(number))
        desk.request(clerk(number))
    return desk


@pytest.mark.parametrize("words, session", LISTS, ids=lambda value: str(value)[:30])
def test_every_list_takes_every_option(desk, words, session):
    whole = desk.json(*words, session=session)
    assert desk.ok(*words, "-o", "json", session=session).lines == whole or words == ["audit"]
    for kind, delimiter in (("csv", ","), ("tsv", "\t")):
        out = desk.ok(*words, "-o", kind, session=session).out
        table = list(csv.reader(io.StringIO(out), delimiter=delimiter))
        if whole:
            # Each reading of the trail is an entry more.
            assert len(table) >= len(whole) + 1
            assert set(whole[0]) <= set(table[0]), table[0]
            assert len({len(row) for row in table}) == 1
        else:
            assert out == ""
    assert len(desk.json(*words, "-l", 1, session=session)) <= 1
    first = desk.ok(*words, "--limit=1", "--output", "table", session=session).out
    assert len(first.splitlines()) in (0, 2)
    status = desk.run(*words, "--exit-code", "--json", session=session).status
    assert status == (0 if whole else 1)
    for option in ("--sort", "--columns"):
        refused = desk.refused("usage.value", *words, option, "bogus", session=session)
        assert "bogus" in refused.error["message"]


@pytest.mark.parametrize("words, session", LISTS, ids=lambda value: str(value)[:30])
def test_help_names_the_options_that_the_list_takes(desk, words, session):
    named = {parameter["name"] for parameter in desk.one("help", words[0])["parameters"]}
    for option in ("--since", "--until", "--sort", "--columns", "--limit", "--output"):
        value = {"--since": "2026-01-01", "--until": "2026-01-01", "--limit": "3",
                 "--output": "csv"}.get(option, "bogus")
        tried = desk.run(*words, option, value, "--json" if value != "csv" else "-q",
                         session=session)
        assert option in named
        assert tried.status == 0 or tried.code == "usage.value", tried
    for shell in ("bash", "zsh", "fish"):
        script = desk.ok("completion", shell).out
        assert "--since" in script or "-l since" in script


def test_sorting_by_a_column_both_ways(queue):
    numbers = [row["request"] for row in queue.json("pending", session=MING)]
    down = queue.json("pending", "--sort", "-request", session=MING)
    assert [row["request"] for row in down] == numbers[::-1]
    names = [row["name"] for row in queue.json("pending", "--sort", "name", session=MING)]
    assert names == sorted(names) and len(names) == 3
    codes = [row["code"] for row in queue.json("agencies", "--under", MOHW, "--sort", "-code")]
    arcs = [[int(arc) for arc in code.split(".")] for code in codes]
    assert arcs == sorted(arcs, reverse=True)


def test_columns_are_those_that_were_named(queue):
    shown = queue.ok("pending", "--columns", "request,agency,agency.code,name", session=MING).out
    assert shown.split()[:4] == ["request", "agency", "agency.code", "name"]
    assert shown.splitlines()[1].split()[2] == CDC
    [row, *_] = queue.json("pending", "--columns", "name,request", session=MING)
    assert set(row) == {"name", "request"}
    sheet = queue.ok("pending", "-ocsv", "--columns", "name,agency", session=MING).out
    assert sheet.splitlines()[0] == "name,agency" and "衛生福利部疾病管制署" in sheet


def test_a_sheet_has_every_field_and_runs_nothing(queue):
    queue.join(clerk(7))
    queue.ok("request-permission", "--reason", '=HYPERLINK("x"), 因業務需要', session=clerk(7))
    sheet = queue.ok("pending", "-o", "csv", "--sort", "-request", session=MING).out
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert rows[0]["reason"] == '\'=HYPERLINK("x"), 因業務需要'
    assert rows[0]["agency"] == "衛生福利部疾病管制署" and rows[0]["agency.code"] == CDC
    assert rows[0]["verified"] == "true" and rows[0]["batch"] == ""
    assert [int(row["request"]) for row in rows] == sorted(
        (int(row["request"]) for row in rows), reverse=True)
    lines = queue.ok("pending", "-o", "tsv", session=MING).out.splitlines()
    assert len({line.count("\t") for line in lines}) == 1


def test_since_and_until(queue):
    assert len(queue.json("pending", "--since", "1d", session=MING)) == 3
    assert queue.json("pending", "--until", "2020-01-01", session=MING) == []
    assert queue.json("pending", "--since", "2099-01-01", session=MING) == []
    [day] = {row["submitted_at"][:10] for row in queue.json("pending", session=MING)}
    # The day itself is within.
    assert len(queue.json("pending", "--since", day, "--until", day, session=MING)) == 3
    assert queue.json("accounts", "--since", "2099-01-01") == []
    # What is no list of events has the time at which its line was added or changed.
    for words in (["systems"], ["agencies", CDC], ["agencies", "--under", MOHW],
                  ["admins", "--missing", "--under", MOHW]):
        whole = queue.json(*words)
        assert whole and queue.json(*words, "--since", "1d") == whole
        assert queue.json(*words, "--until", "2020-01-01") == []
        assert queue.json(*words, "--since", "2099-01-01") == []
    new = queue.one("agencies", "--add", "--code", "04595257", "--name", "臺北市私立測試基金會")
    assert queue.json("agencies", "--add", "--code", "12345675", "--name", "另一基金會")
    assert new["code"] in [row["code"] for row in queue.json("agencies", "--since", "1h")]
    queue.ok("recertify", "--open", "--due", "2027-12-31", session=CHIEF)
    assert queue.json("recertify", "--status", "--since", "2099-01-01") == []
    status = queue.json("recertify", "--status")
    assert queue.json("recertify", "--status", "--since", "1d") == status
    # What a target system has here and now has none.
    queue.refused("usage.option", "permissions", "--compare", "-", "--since", "1d")


@pytest.mark.parametrize("words, session", LISTS, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("value", ["", ",", " ", "name,", ",name"])
def test_a_column_has_a_name(desk, words, session, value):
    for more in ([], ["-o", "csv"], ["--json"]):
        ended = desk.run(*words, "--columns", value, *more, session=session)
        assert ended.status == 64 and ended.out == "" and "usage.value" in ended.err, ended
        assert "--columns" in ended.err


def test_totals_and_what_an_empty_list_says(desk):
    many = desk.ok("agencies", "--under", MOHW)
    count = len(many.out.splitlines()) - 1
    assert many.err == "" and count > 10  # a script counts for itself
    cut = desk.ok("agencies", "--under", MOHW, "--limit", 3)
    assert f"3 of {count}" in cut.err and len(cut.out.splitlines()) == 4
    assert desk.ok("agencies", "--under", MOHW, "-q").err == ""
    assert "in all" not in desk.ok("systems").err
    empty = desk.run("agencies", "沒有這個機關", "--exit-code")
    assert (empty.status, empty.out) == (1, "") and empty.err.count("\n") == 1


def test_options_of_lists_stand_beside_lists_only(desk):
    for words in (["approve", "1", "--sort", "name"], ["apply", "--limit", "1"],
                  ["doctor", "--columns", "a"]):
        desk.refused("usage.option", *words)
    desk.refused("usage.conflict", "pending", "1", "--limit", "2", session=CHIEF)
    desk.refused("usage.conflict", "accounts", "--suspend", "1", "--reason", "x", "--sort", "name")
    desk.refused("usage.conflict", "systems", "-o", "csv")
    assert desk.ok("--limit", "1", "agencies", "--json").lines == desk.json("agencies", "-l1")
    assert desk.run("systems", "-qZ").status == 64
    assert desk.ok("-qo", "json", "systems").lines == desk.json("systems")


def test_long_lists_go_through_the_pager(desk):
    pager = {"PAGER": "sed 's/^/>> /'"}
    child = talk(desk, "agencies", "--under", MOHW, **pager)
    assert ended(child) == 0
    paged = child.before.replace("\r", "")
    assert paged.count("\n>> ") > 30 and "\n>> " + "2.16.886" in paged
    assert "共" in paged.splitlines()[-1]
    for words in (["--no-pager"], ["--limit", "3"], ["--json"]):
        child = talk(desk, "agencies", "--under", MOHW, *words, **pager)
        ended(child)
        assert ">> " not in child.before
    child = talk(desk, "agencies", "--under", MOHW, PAGER="/nowhere/less")
    assert ended(child) == 0 and "2.16.886.101" in child.before
    assert "\n>> " not in desk.ok("agencies", "--under", MOHW, env=pager).out


def test_what_its_time_leaves_out_is_said_to_be_that(queue):
    """An empty list is one sentence, and true: there is something, but not then."""
    for words, session in ((["pending"], MING), (["admins"], MING),
                           (["request-permission", "--list"], MING)):
        ended_ = queue.ok(*words, "--until", "2020-01-01", session=session)
        assert (ended_.out, ended_.err) == ("", "iauth: nothing in that time\n"), ended_


def test_results_stand_before_what_is_said_of_them(queue):
    process = queue.start("pending", session=MING, stderr=subprocess.STDOUT)
    out = queue.end(process).out
    assert out.index("iauth: one by one") > out.index(clerk(2).name), out


@pytest.mark.parametrize("columns", (60, 80))
def test_details_fit_the_width(queue, columns):
    number = queue.json("pending", session=MING)[0]["request"]
    for words in (["doctor"], ["pending", str(number)], ["verify", "--status"]):
        for language in ("C.UTF-8", "zh_TW.UTF-8"):
            out = queue.run(*words, session=MING, env={"COLUMNS": str(columns), "LANG": language}).out
            wide = [line for line in out.splitlines() if wcswidth(line) > columns]
            assert out and not wide, wide


def test_a_sheet_whose_first_column_is_empty_keeps_its_columns(desk):
    """A cell that holds nothing is a cell (RFC 4180)."""
    desk.join(TONG)
    number = desk.request(TONG)
    for form, between in [("csv", ","), ("tsv", "\t")]:
        lines = desk.ok("pending", "-o", form, "--columns", "document,request,name",
                        session=MING).out.splitlines()
        assert lines == [between.join(["document", "request", "name"]),
                         between.join(["", str(number), TONG.name])]
