"""The clock: what ends, ends on time; what comes back, does not; reminders come once.

The real executable runs under libfaketime; the desk's clock says where each process starts.
"""

import os
import random
import re
from datetime import datetime, timedelta

import pytest

from conftest import CHIEF, MING, TONG, clerk


def later(desk, **span):
    desk.clock += timedelta(**span)
    return desk


@pytest.mark.parametrize("seconds, code", [
    (0, None), (1, None), (599, None), (600, "code.expired"), (601, "code.expired"),
    (3600, "code.expired"), (-60, "code.expired")])
def test_a_code_lives_ten_minutes(on_clock, seconds, code):
    desk = on_clock
    desk.clock += timedelta(hours=1)
    reference = desk.apply(TONG)
    typed = desk.typed(reference)
    later(desk, seconds=seconds)
    if code:
        desk.refused(code, "verify", reference, stdin=typed, session=TONG)
        assert desk.value("SELECT count(*) FROM account WHERE email = ?", TONG.email) == 0
    else:
        desk.ok("verify", reference, stdin=typed, session=TONG)


def test_new_codes_void_the_earlier(on_clock):
    desk = on_clock
    reference = desk.apply(TONG)
    old = desk.typed(reference)
    desk.refused("send.throttled", "verify", "--resend", reference)
    later(desk, seconds=61).ok("verify", "--resend", reference)
    assert desk.typed(reference) != old
    desk.refused("code.wrong", "verify", reference, stdin=old)
    desk.prove(reference, TONG)


def test_an_application_lapses_after_a_day(on_clock):
    desk = on_clock
    reference = desk.apply(TONG)
    later(desk, hours=23, minutes=59).ok("verify", "--resend", reference)
    typed = desk.typed(reference)
    later(desk, minutes=2).refused("code.expired", "verify", reference, stdin=typed)
    assert desk.run("verify", "--resend", reference).status == 1


def test_a_lock_ends_after_fifteen_minutes(on_clock):
    desk = on_clock
    reference = desk.apply(TONG)
    for _ in range(5):
        desk.refused("code.wrong", "verify", reference, stdin="12345678\n12345678\n")
    desk.refused("code.locked", "verify", reference, stdin=desk.typed(reference))
    later(desk, minutes=14).run("verify", "--resend", reference)
    desk.refused("code.locked", "verify", reference, stdin=desk.typed(reference))
    later(desk, minutes=1, seconds=1)
    desk.prove(reference, TONG)


def test_a_session_ends_when_idle_and_after_eight_hours(on_clock):
    desk = on_clock
    desk.join(TONG)
    later(desk, minutes=29).ok("verify", "--status", session=TONG)
    desk.join(MING)
    desk.ok("request-permission", session=MING)
    later(desk, minutes=31).refused("session.expired", "request-permission", session=MING)
    # In use, it lives on, but not beyond eight hours.
    desk.sign_in(MING)
    start = desk.clock
    while desk.clock - start < timedelta(hours=7, minutes=55):
        desk.ok("request-permission", "--list", session=MING)
        later(desk, minutes=25)
    desk.clock = start + timedelta(hours=8, seconds=1)
    desk.refused("session.expired", "request-permission", "--list", session=MING)


def test_a_clock_set_back_voids_what_comes_from_its_future(on_clock):
    desk = on_clock
    later(desk, days=2).join(TONG)
    reference = desk.apply(MING)
    typed = desk.typed(reference)
    later(desk, days=-1)
    assert desk.run("verify", "--status", session=TONG).status == 77
    desk.refused("code.expired", "verify", reference, stdin=typed)
    findings = {line["check"]: line["status"] for line in desk.json("doctor")}
    assert findings["clock"] == "warn" and "fail" not in findings.values()
    desk.ok("audit", "--verify")
    desk.sign_in(TONG)
    later(desk, days=2)
    assert {line["check"]: line["status"] for line in desk.json("doctor")}["clock"] == "ok"


@pytest.mark.parametrize("when", [
    datetime(1970, 1, 2), datetime(2038, 1, 20), datetime(2100, 3, 1)])
def test_far_clocks_do_no_harm(on_clock, when):
    desk = on_clock
    desk.clock = when
    ended = desk.run("apply", *TONG.words, "--json")
    assert ended.status in (0, 75), ended
    desk.run("pending", "--remind", "--clock-is-right")
    desk.clock = datetime(2027, 1, 2, 9)
    assert desk.run("doctor").status == 0
    desk.ok("audit", "--verify")


def killed_at(dice):
    """Runs a command that is killed when it syncs for the n-th time."""
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e",
            f"inject=fdatasync,fsync:signal=SIGKILL:when={dice.randrange(1, 14)}"]


def test_a_year_of_reminders_shows_each_threshold_once(on_clock):
    """365 days of runs with gaps, double and killed runs and clocks that jump; requests come and
    are decided in between."""
    desk = on_clock
    seed = int(os.environ.get("IAUTH_SEED", random.randrange(1 << 30)))
    print("IAUTH_SEED", seed)
    dice = random.Random(seed)
    desk.sign_in(CHIEF)
    start, day, people, killed = desk.clock, 0, 0, 0
    submitted, decided, runs = {}, {}, []
    while day < 365:
        day += dice.choice([1, 1, 1, 1, 2, 5])
        desk.clock = start + timedelta(days=day, hours=dice.randrange(8))
        if day > 30 * people:
            people += 1
            desk.join(clerk(people))
            submitted[desk.request(clerk(people), "admin")] = desk.clock
        # The first waits for half a year and lapses; the others are decided before.
        open_ = [number for number in submitted if number not in decided][1:]
        isLate = open_ and desk.clock - submitted[open_[0]] > timedelta(days=120)
        if open_ and (dice.random() < 0.06 or isLate):
            desk.sign_in(CHIEF)
            desk.ok("approve", open_[0], session=CHIEF)
            marks = desk.rows("SELECT * FROM reminder WHERE request = ?", open_[0])
            decided[open_[0]] = (desk.clock, len(desk.mails(kind="reminder")), marks)
        now = desk.clock
        if dice.random() < 0.1:
            desk.clock += timedelta(days=dice.randrange(-20, 20))
        for _ in range(dice.choice([1, 1, 2])):
            if dice.random() < 0.25:
                killed += desk.run("pending", "--remind", "--clock-is-right", under=killed_at(dice)).status != 0
            else:
                desk.ok("pending", "--remind", "--clock-is-right")
                runs.append((desk.clock, set(submitted) - set(decided)))
        desk.clock = now
    # Beyond the two minutes that a killed run, whose clock may have stood there, has for sending.
    later(desk, days=1, minutes=5).ok("pending", "--remind", "--clock-is-right")

    # Each mark has its mail, one for all marks of a run, and none is lost.
    # One that was killed between sending and marking is sent again under the same Message-ID (3.6);
    # its file has another name where the clock was put back in between.
    sent = {re.search(r"\nMessage-ID: (\S+)\n", mail)[1]: mail for mail in
            desk.mails(kind="reminder")}
    mails = list(sent.values())
    assert len(mails) == desk.value("SELECT count(DISTINCT sent_at) FROM reminder")
    assert len(desk.mails(kind="reminder")) <= len(mails) + killed
    assert all(f"To: {CHIEF.email}\n" in mail for mail in mails)
    left = desk.rows("SELECT kind, status FROM message WHERE status IN ('queued', 'failed')")
    assert not left
    for number, since in submitted.items():
        passed = {span for span in (3, 7, 14) if any(
            number in waiting and at >= since + timedelta(days=span) for at, waiting in runs)}
        marked = [row[0] // 86400 for row in desk.rows(
            "SELECT threshold FROM reminder WHERE request = ?", number)]
        assert passed <= set(marked) and len(marked) == len(set(marked)), number
    for number, (_, seen, marks) in decided.items():
        assert not [mail for mail in mails[seen:] if f"iauth pending {number}\n" in mail]
        assert marks == desk.rows("SELECT * FROM reminder WHERE request = ?", number)
    assert desk.value("SELECT status FROM request WHERE id = ?", min(submitted)) == "lapsed"
    assert killed and decided and len(mails) > 10
    desk.content()


def test_reminders_at_once_and_dry(on_clock):
    desk = on_clock
    desk.sign_in(CHIEF)
    desk.join(MING)
    desk.request(MING, "admin")
    later(desk, days=3, seconds=1)
    before = desk.dump()
    dry = desk.json("pending", "--remind", "--clock-is-right", "--dry-run")[-1]
    assert dry["reminded"] == 1 and desk.dump() == before
    runs = [desk.start("pending", "--remind", "--clock-is-right", "--json") for _ in range(10)]
    ended = [desk.end(run) for run in runs]
    assert {run.status for run in ended} == {0}
    assert sum(run.lines[0]["reminded"] for run in ended) == 1
    assert len(desk.mails(kind="reminder")) == 1
    desk.content()


def test_a_decision_in_between_drops_the_reminder(on_clock):
    desk = on_clock
    desk.sign_in(CHIEF)
    desk.join(MING)
    number = desk.request(MING, "admin")
    later(desk, days=2)
    desk.sign_in(CHIEF)
    desk.ok("approve", number, session=CHIEF)
    assert later(desk, days=2).one("pending", "--remind", "--clock-is-right")["reminded"] == 0


def test_the_first_threshold_can_be_replaced(on_clock):
    desk = on_clock
    desk.sign_in(CHIEF)
    desk.join(MING)
    desk.request(MING, "admin")
    later(desk, hours=13)
    assert desk.one("pending", "--remind", "--clock-is-right", "--after", "1d")["reminded"] == 0
    assert desk.one("pending", "--remind", "--clock-is-right", "--after", "12h")["reminded"] == 1
    assert desk.one("pending", "--remind", "--clock-is-right", "--after", "12h")["reminded"] == 0
    for bad in ["-1d", "3", "3 d", "३d", "99999999999999999999d", ""]:
        assert desk.run("pending", "--remind", "--clock-is-right", "--after", bad).status == 64, bad


def test_people_see_their_time_zone(desk):
    desk.join(TONG)
    shown = {zone: desk.ok("verify", "--status", session=TONG, env={"TZ": zone}).out
             for zone in ["UTC0", "CST-8"]}
    times = {zone: re.search(r"\d\d:\d\d( \+\d{4})?", text)[0] for zone, text in shown.items()}
    assert times["UTC0"] != times["CST-8"]
    as_json = {desk.ok("verify", "--status", "--json", session=TONG, env={"TZ": zone}).out
               for zone in ["UTC0", "CST-8", "America/New_York"]}
    assert len(as_json) == 1
