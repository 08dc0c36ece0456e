"""What people look up finds what they mean, however they write it, and tells all of it."""

from dataclasses import replace
from datetime import timedelta

from conftest import CDC, CHIEF, MING, clerk


def test_everything_about_a_request_says_who_was_reminded(on_clock):
    """審查詳細資訊: who was told, and when; reminders are of many requests, and counted for each."""
    desk = on_clock
    # Each command begins at the desk's time, which is not to run back.
    desk.sign_in(CHIEF)
    desk.clock += timedelta(minutes=1)
    desk.join(MING)
    desk.clock += timedelta(minutes=1)
    number = desk.request(MING, "admin")
    for days in (4, 4, 8):
        desk.clock += timedelta(days=days)
        desk.ok("pending", "--remind", "--clock-is-right")
    told = desk.one("pending", number)["told"]
    assert [(line["name"], line["kind"]) for line in told] == [
        (CHIEF.name, "notice")] + [(CHIEF.name, "reminder")] * 3
    assert [line["at"][:10] for line in told[1:]] == ["2027-01-05", "2027-01-09", "2027-01-17"]
    assert all(line["status"] == "sent" for line in told)
    shown = desk.ok("pending", number, env={"LC_ALL": "zh_TW.UTF-8"}).out
    assert shown.count("稽催") == 3


def test_a_batchs_requests_say_who_was_told(desk):
    sheet = f"機關OID,姓名,公務信箱,手機\n{CDC},新人,new@cdc.gov.tw,0977000001\n"
    desk.ok("import-batch", "-", stdin=sheet, session=None)
    [line] = desk.json("pending", session=CHIEF)
    told = desk.one("pending", line["request"], session=CHIEF)["told"]
    assert [(row["name"], row["kind"]) for row in told] == [(CHIEF.name, "notice")]


def test_names_compare_whatever_the_apostrophe_and_the_dot(on_clock):
    desk = on_clock
    first = replace(clerk(60), name="Ba:i' ‧ Capi")
    desk.join(first)
    number = desk.value("SELECT id FROM account WHERE email = ?", first.email)
    # With another mobile it is the same person, however their keyboard writes it.
    for at, name in enumerate(["Ba:i’・Capi", "ba:iʼ • capi", "BA:I‘．CAPI", "Ba:i`·Capi"]):
        desk.clock += timedelta(minutes=11)
        desk.join(replace(first, name=name, mobile=f"09551000{at:02}"))
    assert desk.value("SELECT count(*) FROM account WHERE email = ?", first.email) == 1
    assert [line["account"] for line in desk.json("accounts", "ba:i＇・CAPI")] == [number]


def test_a_sheet_takes_the_registrys_code_of_an_agency(desk):
    sheet = ("機關代碼,姓名,公務信箱,手機\nA21010000I,江一二,j12@cdc.gov.tw,0933111222\n"
             f"ａ２１０１００００ｉ,江二,j13@cdc.gov.tw,0933111223\n{CDC},江三,j14@cdc.gov.tw,0933111224\n")
    rows = desk.json("import-batch", "-", stdin=sheet)
    assert [row["outcome"] for row in rows[:-1]] == ["accepted"] * 3, rows
    assert {line["agency"]["code"] for line in desk.json("pending", session=CHIEF)} == {CDC}
    twice = ("機關代碼,姓名,公務信箱,手機\nA21010000I,江四,j15@cdc.gov.tw,0933111225\n"
             f"{CDC},江四,j15@cdc.gov.tw,0933111225\n")
    rows = desk.run("import-batch", "-", "--json", stdin=twice, session=CHIEF).lines
    assert rows[1]["outcome"] == "rejected", rows
