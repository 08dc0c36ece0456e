"""People leave: rights end for whoever waits already, and nothing of them stays in any file."""

import fcntl
from datetime import date, timedelta
from pathlib import Path

from conftest import CDC_OFFICES, CHIEF, DEPUTY, MING, TONG, clerk, wait_for


def test_a_right_ends_for_a_command_that_waits(desk):
    """The lock is the queue: what was asked before the end, and done after it, is refused."""
    desk.join(TONG)
    number = desk.request(TONG)
    held = desk.value("SELECT request FROM permission WHERE role = 'admin' AND account = 2")

    def waits(process):
        return any(" -> FLOCK" in line and f" {process.pid} " in line
                   for line in Path("/proc/locks").read_text().replace(":", " ").splitlines())

    with open(desk.data / "iauth.lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ending = desk.start("revoke", held, "--reason", "離職")
        wait_for(lambda: waits(ending))
        waiting = desk.start("approve", number, "--json", session=MING)
        wait_for(lambda: waits(waiting))
    assert desk.end(ending).status == 0
    ended = desk.end(waiting)
    assert (ended.status, ended.lines[0]["outcome"]) == (67, "request.unknown"), ended
    assert desk.value("SELECT count(*) FROM decision WHERE request = ?", number) == 0
    desk.content()


def test_nothing_of_an_erased_person_is_in_any_file(desk):
    account = desk.join(TONG)["account"]
    desk.ok("reject", desk.request(TONG), "--reason", f"壹：{TONG.name}非本署人員", session=MING)
    number = desk.request(TONG)
    desk.ok("approve", number, "--note", f"貳：{TONG.name}代理", session=MING)
    desk.ok("revoke", number, "--reason", f"參：{TONG.name}調職")
    desk.request(TONG, "admin", "--reason", f"肆：{TONG.name}升任")
    # Others of the same agency make pages split and fill again.
    for other in range(20):
        desk.apply(clerk(other, CDC_OFFICES[0]))
    words = [word.encode() for word in
             [TONG.name, TONG.email, TONG.mobile[1:], "壹：", "貳：", "參：", "肆：", "伍："]]

    def traces():
        files = [path for path in desk.data.iterdir() if path.is_file()]
        assert desk.db in files
        return {word for path in files for word in words if word in path.read_bytes()}
    assert len(traces()) == 7
    told = len(desk.mails(f"account:{account}", "notice"))
    desk.ok("accounts", "--erase", account, "--reason", f"伍：{TONG.name}請求")
    assert traces() == set()
    # The holder was told, at the address that is forgotten now.
    mails = desk.mails(f"account:{account}", "notice")
    assert len(mails) == told + 1
    assert f"\nTo: {TONG.email}\n" in mails[-1] and "伍：" in mails[-1]
    again = desk.run("accounts", "--erase", account, "--reason", "x", "--json")
    assert (again.code, again.status) == ("account.state", 1), again
    desk.content()
    listed = [line for line in desk.json("accounts") if line["account"] == account]
    assert [(line["name"], line["email"], line["erased"]) for line in listed] == [
        (None, None, True)]


def test_the_authority_keeps_one_who_stays(on_clock):
    """Whoever is invited, or was, is no successor; an invitation that is over is in nobody's way."""
    desk = on_clock
    chief = desk.sign_in(CHIEF)["account"]
    appointed = ["admins", "--appoint", "--system", "spm", *DEPUTY.words[2:]]

    def last():
        for words in [["accounts", "--suspend", chief], ["accounts", "--close", chief],
                      ["accounts", "--erase", chief], ["revoke", 1]]:
            ended = desk.run(*words, "--reason", "離職", "--json")
            assert (ended.code, ended.status) == ("account.last", 1), ended
    last()
    first = desk.one(*appointed)["request"]
    last()
    desk.refused("permission.held", *appointed)
    desk.clock += timedelta(days=30)
    last()
    second = desk.one(*appointed)["request"]
    assert second > first
    assert desk.value("SELECT status FROM permission WHERE request = ?", first) == "revoked"
    desk.sign_in(DEPUTY)
    [health] = [line for line in desk.json("doctor") if line["check"] == "authority"]
    assert health["status"] == "ok"
    assert desk.one("accounts", "--close", chief, "--reason", "離職")["status"] == "closed"
    [health] = [line for line in desk.json("doctor") if line["check"] == "authority"]
    assert health["status"] == "warn"
    desk.content()


def test_the_last_administrator_does_not_rest(on_clock):
    """New contacts would need a reviewer, and there is none: the account stays as it is."""
    desk = on_clock
    desk.sign_in(CHIEF)
    desk.clock += timedelta(minutes=2)
    reference = desk.one("apply", *CHIEF.words[:-1], "0922222222")["application"]
    ended = desk.run("verify", reference, "--json", stdin=desk.typed(reference), session="phone")
    assert (ended.code, ended.status) == ("account.last", 1), ended
    desk.refused("session.none", "verify", "--status", session="phone")
    assert desk.ok("pending", "--json", session=CHIEF).out == ""
    desk.content()


def test_what_was_approved_without_a_review_names_nobody(desk):
    number = desk.one("admins", "--appoint", "--system", "spm", "--name", "吳新人", "--email",
                      "w@nicst.ey.gov.tw", "--mobile", "0912345699")["request"]
    said = desk.refused("request.decided", "approve", number, session=CHIEF).err
    assert "already approved, without a review, at" in said


def test_the_list_shows_no_last_day_of_what_ended_before(desk):
    desk.join(TONG)
    first, last = ((date.today() + timedelta(days=days)).isoformat() for days in (3, 9))
    number = desk.request(TONG, "general", "--from", first, "--until", last)
    desk.ok("approve", number, session=MING)
    assert last in desk.ok("request-permission", "--list", session=TONG).out
    desk.ok("revoke", number, "--reason", "調職", session=MING)
    shown = desk.ok("request-permission", "--list", session=TONG).out
    assert "revoked" in shown and last not in shown
