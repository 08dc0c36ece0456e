"""Who has what, and does the target system agree: lists now and as of then, the feed, comparison."""

import json
import sqlite3
import time
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from conftest import AUTHORITY, CDC, CHIEF, MANAGER, MING, MOHW, TONG, clerk

FIELDS = {"request", "account", "agency", "name", "email", "system", "role", "from", "until",
          "granted_by", "granted_at", "ended_at", "ended_by", "reason", "deputy_for"}


def test_who_holds_what_now_and_then(desk):
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("approve", number, session=MING)
    # Seconds are the database's unit: what ends in the second that it begins was never held.
    granted = time.time()
    while time.time() < granted + 1.1:
        time.sleep(0.1)
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    while time.time() < granted + 2.2:
        time.sleep(0.1)
    desk.ok("revoke", number, "--reason", "調職", session=MING)

    held = {line["request"] for line in desk.json("permissions")}
    lines = {line["request"]: line for line in desk.json("permissions", "--as-of", then)}
    assert number not in held and set(lines) == held | {number}
    line = lines[number]
    assert set(line) == FIELDS
    assert (line["name"], line["email"], line["role"], line["granted_by"], line["ended_by"],
            line["reason"]) == ("王大同", "t***@cdc.gov.tw", "general", "李小明", "李小明", "調職")
    assert line["agency"]["code"] == CDC and line["until"] is None and line["ended_at"] >= then
    for words, expected in [
            (["--agency", CDC], {"admin"}), (["--under", MOHW], {"admin"}),
            (["--agency", AUTHORITY], {"admin"}), (["--role", "general"], set()),
            (["--account", 1], {"admin"}), (["--system", "spm"], {"admin"})]:
        assert {line["role"] for line in desk.json("permissions", *words)} == expected, words
    desk.refused("usage.conflict", "permissions", "--agency", CDC, "--under", MOHW)
    desk.refused("account.unknown", "permissions", "--account", 999)
    desk.content()


def test_the_last_day_is_that_of_the_last_moment(on_clock):
    """Whoever looks from wherever: a DATE is a day in Taipei (11.1)."""
    desk = on_clock
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    desk.join(TONG)
    day = (desk.clock + timedelta(days=2)).strftime("%Y-%m-%d")
    number = desk.one("request-permission", "--role", "general", "--until", day,
                      session=TONG)["request"]
    desk.ok("approve", number, session=MING)
    later = desk.clock + timedelta(minutes=30)
    for then in [[], ["--as-of", later.strftime("%Y-%m-%dT%H:%M:%SZ")]]:
        for zone in ["UTC", "Asia/Taipei", "America/New_York"]:
            table = desk.ok("permissions", "--role", "general", *then, env={"TZ": zone}).out
            assert day in table, table
        desk.clock += timedelta(hours=1)
    desk.clock += timedelta(days=4)
    table = desk.ok("permissions", "--role", "general", "--as-of", then[1]).out
    assert day in table, table


def test_everyone_sees_their_part(desk):
    """Own, own agency, subtree, all: section 11.8."""
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    desk.appoint(MANAGER)

    def seen(session, *words):
        return {line["name"] for line in desk.json("permissions", *words, session=session)}
    assert seen(TONG) == {"王大同"}
    assert seen(MING) == {"王大同", "李小明"}
    assert seen(MANAGER) == {"王大同", "李小明", "林部管"}
    assert seen(CHIEF) == {"王大同", "李小明", "林部管", "陳主管"}
    assert seen(MANAGER, "--agency", CDC) == {"王大同", "李小明"}
    # What the person has no right to, the operator has (test_gate has everybody else).
    assert seen(TONG, "--agency", MOHW) == seen(MING, "--agency", MOHW) == {"林部管"}
    assert seen(MANAGER, "--agency", AUTHORITY) == seen(TONG, "--account", 1) == {"陳主管"}
    for words in [["--changed-since", 0], ["--acknowledge", 1], ["--compare", "-"]]:
        for session in [TONG, MING, MANAGER, CHIEF, None]:
            ended = desk.run("permissions", *words, "--json", session=session,
                             stdin="email,role\n")
            assert ended.status == (1 if "--compare" in words else 0), ended
    assert desk.value("SELECT count(*) FROM audit WHERE action = 'permissions.read'") > 3
    desk.content()


def test_the_feed_is_gapless_and_the_same_whenever_asked(desk):
    account = desk.join(TONG)["account"]
    number = desk.request(TONG)
    before = desk.ok("permissions", "--changed-since", 0, "--json").out
    desk.ok("approve", number, session=MING)
    desk.ok("accounts", "--suspend", account, "--reason", "調查")
    desk.ok("accounts", "--restore", account, "--reason", "查畢")
    desk.ok("revoke", number, "--reason", "調職", session=MING)

    ended = desk.ok("permissions", "--changed-since", 0, "--json")
    assert ended.out.startswith(before)
    lines = ended.lines
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    mine = [line for line in lines if line["request"] == number]
    assert [line["change"] for line in mine] == ["granted", "ended", "granted", "ended"]
    assert (mine[0]["email"], mine[0]["name"]) == (TONG.email, TONG.name)
    # An invitation is no access until both contacts are proven.
    assert [line["change"] for line in lines if line["request"] == 1] == ["granted"]
    assert desk.ok("permissions", "--changed-since", 0, "--json").out == ended.out
    pieces, last = "", 0
    while piece := desk.ok("permissions", "--changed-since", last, "--limit", 2, "--json").out:
        pieces, last = pieces + piece, json.loads(piece.splitlines()[-1])["seq"]
    assert pieces == ended.out
    # Erased people stay in their lines, without name and address.
    desk.ok("accounts", "--erase", account, "--reason", "請求刪除")
    after = desk.json("permissions", "--changed-since", 0)
    assert [{**line, "name": None, "email": None} if line["request"] == number else line
            for line in lines] == after
    desk.content()


def test_whoever_has_read_beyond_the_end_is_told(desk):
    """As after an older copy was restored; the trail's reader is told the same (`audit --after`)."""
    last = desk.json("permissions", "--changed-since", 0)[-1]["seq"]
    for words in (["--system", "spm"], ["-o", "csv"], []):
        assert "restored" not in desk.ok("permissions", "--changed-since", last, *words).err
        said = desk.ok("permissions", "--changed-since", last + 9, *words).err
        assert f"number {last}: was an older copy restored?" in said
    # Notes are for people.
    assert not desk.ok("permissions", "--changed-since", last + 9, "--json").err


def test_what_is_not_acknowledged_is_overdue(desk):
    last = desk.json("permissions", "--changed-since", 0)[-1]["seq"]

    def finding():
        lines = desk.run("doctor", "--json").lines
        return next(line["status"] for line in lines if line["check"] == "feed")
    assert finding() == "skipped"
    answer = desk.one("permissions", "--acknowledge", last, "--system", "spm")
    assert answer == {"system": "spm", "acknowledged": last, "last": last}
    assert finding() == "ok"
    assert desk.one("permissions", "--acknowledge", 0)["acknowledged"] == last
    desk.refused("usage.value", "permissions", "--acknowledge", last + 1)
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    assert finding() == "ok"
    desk.rows("SELECT 1")
    with sqlite3.connect(desk.db) as db:
        db.execute("DROP TRIGGER permission_change_stays")
        db.execute("UPDATE permission_change SET at = at - 90000")
    assert finding() == "warn"


def test_the_target_system_is_compared(desk, tmp_path):
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    here = [(CHIEF.email, "admin"), (MING.email, "admin"), (TONG.email, "general")]

    def compare(text, status, *words):
        path = tmp_path / "theirs"
        path.write_text(text)
        ended = desk.run("permissions", "--compare", path, "--json", *words)
        assert ended.status == status, ended
        return [tuple(line[key] for key in ["difference", "email", "role", "target_role"])
                for line in ended.lines]

    def csv(rows):
        return "id,Role,Email\n" + "".join(f"7,{role},{email}\n" for email, role in rows)
    assert compare(csv(here), 0) == []
    assert compare("".join(json.dumps({"email": email.upper(), "role": role, "id": [1]}) + "\n"
                           for email, role in here), 0) == []
    assert compare(csv([(CHIEF.email, "admin"), (MING.email, "general"),
                        ("left@cdc.gov.tw", "general")]), 1) == [
        ("extra", "left@cdc.gov.tw", None, "general"),
        ("different", MING.email, "admin", "general"),
        ("missing", TONG.email, "general", None)]
    assert desk.run("permissions", "--compare", "-", "--json", stdin=csv(here)).status == 0
    lines = "".join(json.dumps({"email": email, "role": role}) + "\n" for email, role in here)
    assert desk.run("permissions", "--compare", "-", stdin="\ufeff" + lines).status == 0
    desk.refused("file.missing", "permissions", "--compare", tmp_path / "none")
    for text, code in [("a,b\n1,2\n", "sheet.header"), ('{"email":"a@b.tw"}\n', "role.invalid"),
                       ('{"email":1,"role":"admin"}\n', "email.invalid"),
                       ('{"email":"a@b.tw",\n', "sheet.unreadable"),
                       ("email,role\na@b.tw,\n", "role.invalid"),
                       ("email,role\nx,admin\n", "email.invalid"),
                       ("email,role\na@b.tw,boss\n", "role.invalid")]:
        (tmp_path / "bad").write_text(text)
        desk.refused(code, "permissions", "--compare", tmp_path / "bad")
    desk.content()


def working_hours(begin, end, holidays):
    """Monday to Friday, 8:30 to 17:30 in Taipei, minute by minute: another way than the program's."""
    minutes, at = 0, begin + timedelta(hours=8)
    while at < end + timedelta(hours=8):
        if at.weekday() < 5 and at.date().isoformat() not in holidays:
            minutes += (8, 30) <= (at.hour, at.minute) < (17, 30)
        at += timedelta(minutes=1)
    return minutes / 60


def test_the_status_of_a_comparison_is_its_own(desk, tmp_path):
    """1 is a difference, which an empty list is none of."""
    same = tmp_path / "same.csv"
    same.write_text("email,role\n" + "".join(
        f"{person.email},admin\n" for person in (CHIEF, MING)))
    words = ["permissions", "--compare", same, "--system", "spm"]
    assert desk.run(*words).status == 0
    refused = desk.refused("usage.conflict", *words, "--exit-code")
    assert "--compare" in refused.error["message"]
    assert desk.run("permissions", "--exit-code", "--role", "general").status == 1


def test_figures_of_a_system_are_under_its_name(desk, tmp_path):
    desk.join(TONG)
    desk.request(TONG)
    english = desk.ok("statistics", "--by", "system", "--lang", "en", env={"COLUMNS": "200"}).out
    assert "Administration and Assessment System" in english and "管考系統" not in english
    assert "管考系統" in desk.ok("statistics", "--by", "system", "--lang", "zh-TW").out
    assert desk.one("statistics", "--by", "system")["name"] == "管考系統"
    desk.ok("statistics", "--html", tmp_path / "s.html", "--lang", "en")
    page = (tmp_path / "s.html").read_text()
    assert "／" not in page and 'aria-label=""' not in page and "<figcaption></figcaption>" not in page


def test_figures_agree_with_a_second_computation(on_clock, tmp_path):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    # 人事行政總處's file as it is: BOM, quotes, the days off marked 2.
    calendar = tmp_path / "115.csv"
    calendar.write_text("\ufeff西元日期,星期,是否放假,備註\r\n20270101,五,2,開國紀念日\r\n"
                        "20270104,一,2,補假\r\n20270105,二,0,\r\n", encoding="utf-8")
    configuration = tmp_path / "iauth.conf"
    configuration.write_text(f"holidays = {calendar}\n")
    holidays = {"2027-01-01", "2027-01-04"}
    start = desk.clock
    waits = []
    for number, (after, wait) in enumerate([(1, 3), (20, 40), (70, 100), (180, 24), (220, 1)]):
        desk.clock = start + timedelta(hours=after)
        desk.join(clerk(number))
        request = desk.request(clerk(number))
        submitted = desk.clock
        desk.clock += timedelta(hours=wait)
        desk.sign_in(MING)
        verdict = ["reject", request, "--reason", "否"] if number == 1 else ["approve", request]
        desk.ok(*verdict, session=MING)
        waits.append((submitted, desk.clock))
    desk.join(clerk(9))
    desk.request(clerk(9))
    words = ["--config", configuration, "statistics", "--since", "2027-01-01T10:30:00Z"]
    line = desk.one(*words)
    assert [line[key] for key in ["submitted", "approved", "rejected", "waiting", "lapsed"]] == [
        6, 4, 1, 1, 0]

    def nearest(values, percent):
        return sorted(values)[-(-len(values) * percent // 100) - 1]
    hours = [(end - begin).total_seconds() / 3600 for begin, end in waits]
    worked = [working_hours(begin, end, holidays) for begin, end in waits]
    for key, values in [("hours", hours), ("working_hours", worked)]:
        for name, percent in [("median", 50), ("p90", 90), ("p95", 95)]:
            assert abs(line[f"{name}_{key}"] - nearest(values, percent)) <= 0.1, (key, name, line)
    assert line["agencies_with_one_administrator"] == 2 and line["recertification_items"] is None
    assert {line["key"] for line in desk.json(*words, "--by", "month")} == {"2027-01"}
    by_reviewer = {line["name"]: line["submitted"] for line in desk.json(*words, "--by", "reviewer")}
    assert by_reviewer == {"李小明": 5, None: 1}
    assert sum(line["submitted"] for line in desk.json(*words, "--by", "agency")) == 6
    assert desk.one(*words, "--by", "superior")["name"] == "衛生福利部"

    text = desk.ok(*words, "--prometheus").out
    assert 'iauth_requests{status="approved"} 4\n' in text
    # By promtool itself: Scripts/check-pages.
    assert "iauth_recertification_ratio NaN\n" in text
    page = tmp_path / "figures.html"
    desk.ok(*words, "--by", "month", "--html", page)
    assert "<svg" in page.read_text() and "<script" not in page.read_text()
    desk.refused("file.exists", *words, "--html", page)
    rows = desk.ok(*words, "--csv").out.splitlines()
    assert len(rows) == 2 and rows[1].startswith(",,6,4,1,")


def test_a_request_counts_once_however_often_it_was_sent_back(desk):
    """By what became of it in the end; `returned` counts the returns (11.7)."""
    names = ["submitted", "approved", "rejected", "returned", "withdrawn", "waiting"]

    def figures(*words):
        lines = desk.json("statistics", "--system", "gcis", *words)
        return {line["name"] or line["key"]: [line[name] for name in names] for line in lines}
    desk.ok("systems", "--add", "gcis", "--name", "GCIS")
    mine = desk.one("request-permission", "--system", "gcis", "--role", "admin", session=MING)
    desk.ok("approve", mine["request"], session=CHIEF)
    desk.join(TONG)
    number = desk.one("request-permission", "--system", "gcis", session=TONG)["request"]
    assert figures()[None] == [2, 1, 0, 0, 0, 1]
    for times in (1, 2):
        desk.ok("reject", number, "--return", "--reason", "請補", session=MING)
        # It waits for its correction (11.2: returned counts as pending).
        assert figures()[None] == [2, 1, 0, times, 0, 1]
        desk.ok("request-permission", "--resubmit", number, session=TONG)
        assert figures()[None] == [2, 1, 0, times, 0, 1]
        assert figures("--by", "agency")["衛生福利部疾病管制署"][0] == 2
    desk.ok("approve", number, session=MING)
    assert figures()[None] == [2, 2, 0, 2, 0, 0]
    desk.join(clerk(3))
    other = desk.one("request-permission", "--system", "gcis", session=clerk(3))["request"]
    desk.ok("reject", other, "--return", "--reason", "請補", session=MING)
    desk.ok("request-permission", "--withdraw", other, session=clerk(3))
    assert figures()[None] == [3, 2, 0, 3, 1, 0]
    assert figures("--by", "reviewer") == {
        "陳主管": [1, 1, 0, 0, 0, 0], "李小明": [1, 1, 0, 3, 0, 0], None: [1, 0, 0, 0, 1, 0]}
    for key in ["agency", "superior", "system", "month"]:
        assert list(figures("--by", key).values()) == [[3, 2, 0, 3, 1, 0]], key
    text = desk.ok("statistics", "--system", "gcis", "--prometheus").out
    assert 'iauth_requests{status="approved"} 2\n' in text
    assert 'iauth_requests{status="returned"} 3\n' in text


def test_the_median_of_two_is_between_them(on_clock):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    for number, hours in enumerate([0, 132]):
        desk.join(clerk(number))
        request = desk.request(clerk(number))
        desk.clock += timedelta(hours=hours)
        desk.sign_in(MING)
        desk.ok("approve", request, session=MING)
    line = next(line for line in desk.json("statistics", "--by", "reviewer")
                if line["name"] == "李小明")
    assert [line[f"{name}_hours"] for name in ["median", "p90", "p95"]] == [66, 132, 132]


def test_the_table_has_every_figure_and_fits(desk):
    desk.join(TONG)
    desk.request(TONG)
    assert "no reviewer" in desk.ok("statistics", "--by", "reviewer").out
    whole = desk.ok("statistics").out.splitlines()[0].split()
    assert {"submitted", "approved", "rejected", "returned", "lapsed", "waiting", "median", "p90",
            "p95", "working", "review"} <= set(whole)
    for columns in [40, 80, 100]:
        ended = desk.ok("statistics", env={"COLUMNS": str(columns)})
        assert all(len(line) <= columns for line in ended.out.splitlines())
        assert "left out" in ended.err, ended
        if columns >= 80:
            assert {"submitted", "waiting", "p95"} <= set(ended.out.splitlines()[0].split())
    for option in ["--csv", "--prometheus"]:
        desk.refused("usage.conflict", "statistics", option)


def test_days_are_taipeis_in_either_calendar_wherever_the_reader_is(on_clock):
    """A day begins at midnight in Taipei; a DATE is Gregorian or of the Republic (11.1, 11.7)."""
    desk = on_clock
    desk.clock = desk.clock.replace(month=1, day=5, hour=15, minute=30, second=0)
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    desk.join(clerk(1))
    desk.clock = desk.clock.replace(hour=15, minute=59)
    late = desk.request(clerk(1))
    desk.clock = desk.clock.replace(hour=16, minute=1)
    desk.join(clerk(2))
    early = desk.request(clerk(2))
    assert late < early
    year = desk.clock.year - 1911

    def counted(since, until, zone):
        # The faked clock is read in the zone, too.
        there = desk.clock.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone))
        lines = desk.json("statistics", "--since", since, "--until", until, "--by", "month",
                          env={"TZ": zone, "FAKETIME": there.strftime("@%Y-%m-%d %H:%M:%S")})
        return sum(line["submitted"] for line in lines)
    for zone in ["UTC", "Asia/Taipei", "America/New_York", "Pacific/Auckland"]:
        for sixth in [f"{year + 1911}-01-06", f"{year}-01-06", f"{year}/1/6", f"民國{year}年1月6日",
                      f"{year}0106"]:
            assert counted(sixth, sixth, zone) == 1, (zone, sixth)
        fifth = f"{year}.01.05"
        assert counted(fifth, fifth, zone) == 2, zone
    desk.refused("usage.value", "statistics", "--since", f"{year}-02-30")


def test_a_line_has_its_own_figures(desk):
    """What an agency, a superior or a system has of administrators, items and bounces (11.7)."""
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    desk.appoint(MANAGER)
    desk.ok("systems", "--add", "gcis", "--name", "GCIS")
    desk.join(clerk(3))
    desk.ok("request-permission", "--system", "gcis", "--role", "general", session=clerk(3))
    opened = desk.one("recertify", "--open", "--due", "2099-12-31", session=CHIEF)
    item = desk.json("recertify", session=MING)[0]["item"]
    desk.ok("recertify", item, "--keep", session=MING)
    names = ["agencies_without_administrator", "agencies_with_one_administrator",
             "recertification_items", "recertification_answered", "contacts_bouncing"]

    def figures(*words):
        return {line["key"]: [line[name] for name in names]
                for line in desk.json("statistics", *words)}
    whole = figures()[None]
    assert whole[2:4] == [opened["items"], 1] and whole[0] > 1
    held = desk.value("SELECT count(*) FROM permission p JOIN agency g ON g.id = p.agency"
                      f" WHERE g.code = '{CDC}'")
    agencies = figures("--by", "agency")
    assert agencies[CDC] == [0, 1, held, 1, 0]
    assert agencies[MOHW] == [0, 1, 1, 0, 0]
    below = desk.value("SELECT count(*) FROM agency g JOIN agency u ON u.id = g.superior"
                       f" WHERE u.code = '{MOHW}' AND g.status = 'active'")
    assert figures("--by", "superior")[MOHW] == [below - 1, 1, held, 1, 0]
    systems = figures("--by", "system")
    assert systems["spm"] == whole
    active = desk.value("SELECT count(*) FROM agency WHERE status = 'active'")
    assert systems["gcis"] == [active, 0, None, None, 0]
    for key in ["month", "reviewer"]:
        assert set(map(tuple, figures("--by", key).values())) == {(None,) * 5}
    offices = desk.value("SELECT count(*) FROM agency g JOIN agency u ON u.id = g.superior"
                         f" WHERE u.code = '{CDC}' AND g.status = 'active'")
    assert figures("--under", CDC)[None] == [offices, 1, held, 1, 0]
    # Who administers nothing sees their own, of their own agency.
    assert desk.one("statistics", session=TONG)["recertification_items"] == 1
    rows = desk.ok("statistics", "--by", "agency", "--csv").out.splitlines()
    assert rows[0].endswith(",".join(names))
    assert any(row.endswith(f",0,1,{held},1,0") for row in rows)
    text = desk.ok("statistics", "--prometheus").out
    assert f"iauth_recertification_items {opened['items']}\n" in text
    ratio = next(line for line in text.splitlines() if line.startswith("iauth_recertification_ra"))
    assert abs(float(ratio.split()[1]) - 1 / opened["items"]) < 1e-9


def test_figures_of_nothing_have_every_column(desk):
    """A sheet, a page or a collector that reads them finds what it always finds (11.7)."""
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    nothing = ["--since", "2099-01-01"]

    def series(*words):
        text = desk.ok("statistics", "--prometheus", *words).out
        return [line.split(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert series(*nothing) == series()
    assert 'iauth_requests{status="approved"} 0\n' in desk.ok(
        "statistics", "--prometheus", *nothing).out
    for by in [[], ["--by", "agency"], ["--by", "reviewer"]]:
        header = desk.ok("statistics", "--csv", *by).out.splitlines()[0]
        assert desk.ok("statistics", "--csv", *by, *nothing).out.splitlines()[0] == header
    whole, none = desk.one("statistics"), desk.one("statistics", *nothing)
    assert list(none) == list(whole)
    assert none["submitted"] == 0 and none["median_hours"] is None
    # What does not depend on requests is there all the same.
    assert none["agencies_with_one_administrator"] == whole["agencies_with_one_administrator"]
    assert desk.json("statistics", "--by", "month", *nothing) == []
    for by in [[], ["--by", "month"]]:
        assert desk.run("statistics", "--exit-code", *by, *nothing).status == 1
        assert desk.run("statistics", "--exit-code", *by).status == 0
    row = desk.ok("statistics", *nothing).out.splitlines()[1]
    assert row.split()[:3] == ["all", "0", "0"] and "#" not in row


@pytest.mark.parametrize("content", [
    None, "日期,備註\n20270101,x\n", "PK\x03\x04nothing", "西元日期,是否放假\n20270101,yes\n"])
def test_a_calendar_that_cannot_be_read_costs_the_working_hours_alone(desk, tmp_path, content):
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    calendar, configuration = tmp_path / "115.csv", tmp_path / "iauth.conf"
    configuration.write_text(f"holidays = {calendar}\n")
    if content:
        calendar.write_text(content)

    def health():
        lines = desk.run("--config", configuration, "doctor", "--json").lines
        return next(line["status"] for line in lines if line["check"] == "holidays")
    words = ["--config", configuration, "statistics"]
    line = desk.one(*words)
    for name in ["median", "p90", "p95"]:
        assert line[f"{name}_working_hours"] is None and line[f"{name}_hours"] is not None
    shown = desk.ok(*words)
    assert "iauth doctor" in shown.err and str(calendar) not in shown.err
    assert 'iauth_decision_working_seconds{percentile="50"} NaN\n' in desk.ok(
        *words, "--prometheus").out
    assert health() == "fail"
    calendar.write_text("西元日期,是否放假\n20270101,2\n")
    assert health() == "ok" and desk.one(*words)["median_working_hours"] is not None
    assert "doctor" not in desk.ok(*words).err


def test_the_newest_changes_are_the_last_of_all(desk):
    """What is sorted is sorted before it is cut."""
    desk.join(TONG)
    desk.ok("approve", desk.request(TONG), session=MING)
    lines = desk.json("permissions", "--changed-since", 0)
    assert len(lines) > 2
    newest = desk.json("permissions", "--changed-since", 0, "--sort", "-seq", "--limit", 2)
    assert newest == lines[:-3:-1]
    assert desk.json("permissions", "--changed-since", 0, "--limit", 2) == lines[:2]


def test_a_bad_row_of_a_target_systems_list_is_named(desk, tmp_path):
    for text, row in [("email,role\na@b.tw,admin\n\nx,admin\n", 4),
                      ("email,role\na@b.tw,admin\nb@b.tw,boss\n", 3),
                      ('{"email":"a@b.tw","role":"admin"}\n{"email":"x","role":"admin"}\n', 2)]:
        (tmp_path / "bad").write_text(text)
        ended = desk.run("permissions", "--compare", tmp_path / "bad")
        assert ended.status == 65 and f"row {row}: " in ended.err, ended
