"""Who is registered is nobody's to find out: unknown and known sign-ins cannot be told apart.

Output, status, throttling and the way wrong codes count are compared word by word; only the
reference, drawn at random, differs.
"""

import re
from datetime import timedelta

import pytest

from conftest import TONG, Person, clerk

UNKNOWN = [
    Person("x", "無此人", "nobody@cdc.gov.tw", "0987654321"),
    Person("x", TONG.name, TONG.email, "0987654321"),
    Person("x", "無此人", TONG.email, TONG.mobile),
    Person("x", TONG.name, TONG.email, TONG.mobile, "2.16.886.101.20003.20065.20021.20001"),
]


def hidden(ended):
    """What was said, without what is random or the time."""
    text = re.sub(r"[AS]-[0-9A-Z]{4}-[0-9A-Z]{4}", "REFERENCE", ended.out + ended.err)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]{8}Z|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( \+\d{4})?", "TIME",
                  text)
    # The agency is what was typed, and is echoed.
    return ended.status, text


def reference_of(ended):
    return re.search(r"[AS]-[0-9A-Z]{4}-[0-9A-Z]{4}", ended.out)[0]


@pytest.mark.parametrize("json", [(), ("--json",)])
@pytest.mark.parametrize("via", ["email", "sms", "both"])
def test_unknown_and_known_are_answered_alike(desk, via, json):
    desk.join(TONG)
    nobody = UNKNOWN[0]
    known = desk.run("verify", *TONG.words, "--via", via, *json)
    unknown = desk.run("verify", *nobody.words, "--via", via, *json)
    assert known.status == 0 and hidden(known) == hidden(unknown)
    for said in [known, unknown]:
        assert "@" not in said.out + said.err and "09" not in hidden(said)[1]
        if not json:
            assert "iauth apply" in said.err  # what to do if nothing arrives
    assert desk.codes(reference_of(known)) and not desk.codes(reference_of(unknown))

    # Entering codes: wrong ones, six times, then the reference afresh.
    count = 2 if via == "both" else 1
    for turn in range(7):
        answers = [desk.run("verify", reference_of(said), *json, stdin="12345678\n" * count)
                   for said in (known, unknown)]
        assert hidden(answers[0]) == hidden(answers[1]), turn
        assert answers[0].status == (1 if turn < 5 else 75)
    assert hidden(desk.run("verify", reference_of(known), *json)) == \
        hidden(desk.run("verify", reference_of(unknown), *json))
    assert hidden(desk.run("verify", "--resend", reference_of(known), *json)) == \
        hidden(desk.run("verify", "--resend", reference_of(unknown), *json))


@pytest.mark.parametrize("nobody", UNKNOWN)
def test_half_known_is_unknown(on_clock, nobody):
    """Someone else's address or number with one of one's own tells nothing, and sends nothing."""
    desk = on_clock
    desk.join(TONG)
    said = []
    for person in [TONG, nobody]:
        desk.clock += timedelta(minutes=2)
        said.append(desk.run("verify", *person.words, "--via", "both"))
    known, unknown = (hidden(ended) for ended in said)
    agencies = [line for line in unknown[1].splitlines() if "2.16.886" in line]
    if nobody.agency == TONG.agency or not agencies:
        assert known == unknown
    assert known[0] == unknown[0] == 0
    assert desk.codes(reference_of(said[0])) and not desk.codes(reference_of(said[1]))


@pytest.mark.parametrize("person", [TONG, *UNKNOWN])
def test_throttling_does_not_depend_on_who_it_is(on_clock, person):
    desk = on_clock
    desk.join(TONG)
    statuses = []
    for minutes in [2, 0.5, 3, 4, 5, 6, 7, 13]:
        start = desk.clock
        desk.clock = start.replace(hour=10, minute=int(minutes), second=int(minutes % 1 * 60))
        statuses.append(desk.run("verify", *person.words, "--via", "both").status)
        desk.clock = start
    # One a minute and five in ten minutes, counted as they come; the clock goes back once.
    assert statuses == [0, 75, 0, 0, 0, 0, 75, 0]


def test_an_application_of_someone_known_is_answered_alike(on_clock):
    desk = on_clock
    desk.join(TONG)
    desk.clock = desk.clock.replace(minute=30)
    known = Person("y", TONG.name, TONG.email, TONG.mobile)
    new = Person("z", "趙六六", "tang@cdc.gov.tw", "0912999679")
    said = [hidden(desk.run("apply", *person.words, "--json")) for person in (known, new)]
    assert said[0] == said[1] and said[0][0] == 0


def test_taken_is_said_only_after_the_proof(on_clock):
    desk = on_clock
    desk.join(TONG)
    desk.clock = desk.clock.replace(minute=30)
    other = Person("o", "全不同", TONG.email, "0955555555")
    reference = desk.apply(other)
    wrong = "12345678\n12345678\n"
    desk.refused("code.wrong", "verify", reference, stdin=wrong, session=other)
    desk.refused("account.taken", "verify", reference, stdin=desk.typed(reference), session=other)
    assert desk.value("SELECT count(*) FROM account") == 2


def test_what_others_may_not_see_does_not_exist(desk):
    desk.join(TONG)
    number = desk.request(TONG)
    stranger = clerk(1, "2.16.886.101.20003.20065.20021.20001")
    desk.join(stranger)
    for words in [["pending"], ["approve"], ["request-permission", "--withdraw"]]:
        there = desk.run(*words, number, "--json", session=stranger)
        not_there = desk.run(*words, 999, "--json", session=stranger)
        assert hidden(there)[1].replace(str(number), "N") == \
            hidden(not_there)[1].replace("999", "N"), words
        assert there.status == not_there.status == 67
