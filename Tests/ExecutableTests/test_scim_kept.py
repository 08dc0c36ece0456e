"""What could leave somebody a target system that they have lost, or take it from somebody who has it:
Scripts/feed/scim with a feed that is written here, and servers that answer what they should not."""

import json
import re
import subprocess
import time

import pytest
import test_scim
from conftest import MING, ROOT, clerk
from test_scim import TOKEN, Adapter, Line, ask

scim, server = test_scim.scim, test_scim.server
IAUTH = """#!/usr/bin/python3
import json, pathlib, sys
place, words = pathlib.Path(__file__).parent, sys.argv
lines, mark = json.loads((place / "feed").read_text()), place / "mark"
if "--acknowledge" in words:
    done = max(int(mark.read_text()), int(words[words.index("--acknowledge") + 1]))
    mark.write_text(str(done))
    print(json.dumps({"acknowledged": done, "last": len(lines)}))
else:
    after = int(words[words.index("--changed-since") + 1])
    print("\\n".join(json.dumps(line) for line in lines[after:]))
"""


class Feed:
    """A feed of lines (ACCOUNT, MAILBOX, CHANGE, ROLE, REQUEST), and what the server has after a run."""

    def __init__(self, base, place, more="pause 0.05\ntries 4\n"):
        self.base, self.place, self.lines = base, place, []
        self.text = f"base {base}\nsystem spm\nadmin group A\ngeneral group U\n"
        (place / "map").write_text(self.text + more)
        (place / "conf").write_text(f'header = "Authorization: Bearer {TOKEN}"\n')
        (place / "conf").chmod(0o600)
        (place / "iauth").write_text(IAUTH)
        (place / "iauth").chmod(0o755)
        (place / "mark").write_text("0")

    def says(self, *lines):
        for account, mail, *more in lines:
            change, role, request = (*more, *("granted", "general", account)[len(more):])
            self.lines.append({
                "seq": len(self.lines) + 1, "at": "2026-11-01T00:00:00Z", "change": change,
                "request": request, "account": account, "role": role, "email": f"{mail}@x.tw",
                "name": f"N{account}", "from": "2026-11-01T00:00:00Z", "until": None})
        (self.place / "feed").write_text(json.dumps(self.lines))

    def run(self, *lines, words=()):
        self.says(*lines)
        done = subprocess.run(
            ["sh", ROOT / "Scripts/feed/scim", *words, self.place / "map", self.place / "conf"],
            env={"PATH": "/usr/bin:/bin", "STATE_DIRECTORY": str(self.place / "state"),
                 "IAUTH": str(self.place / "iauth")}, capture_output=True, text=True, timeout=150)
        return done.returncode, done.stderr.removeprefix("feed/scim: ").strip()

    def acknowledged(self):
        return int((self.place / "mark").read_text()) == len(self.lines)

    def there(self, everybody=False):
        """ "ACCOUNT MAILBOX GROUPS" of whoever is active or in a group."""
        groups = ask(self.base, "/Groups").get("Resources", [])
        found = set()
        for user in ask(self.base, "/Users?count=1000").get("Resources", []):
            inside = "".join(sorted(
                group["displayName"] for group in groups
                for member in group.get("members", []) if member["value"] == user["id"]))
            if user["active"] or inside or everybody:
                found.add(f"{user.get('externalId', '').removeprefix('iauth-')} "
                          f"{user['userName'].removesuffix('@x.tw')} {inside}"
                          + ("" if user["active"] else "off"))
        return found

    def user(self, mail):
        user, = [user for user in ask(self.base, "/Users?count=1000")["Resources"]
                 if user["userName"] == f"{mail}@x.tw"]
        return user["id"]


@pytest.fixture
def feed(server, tmp_path):
    return Feed(server, tmp_path)


def test_everybody_is_looked_for_by_what_is_theirs(feed):
    assert feed.run((1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "d", "granted", "admin")) == (0, "")
    assert feed.there() == {"1 a U", "2 b U", "3 c U", "4 d AU"}
    # Somebody else gets the mailbox of one who ended.
    assert feed.run((1, "a", "ended"), (2, "a", "contact")) == (0, "")
    assert feed.there() == {"2 a U", "3 c U", "4 d AU"}
    # Into a mailbox that is shared then: the user that was theirs goes, what they have does not.
    assert feed.run((3, "d", "contact")) == (0, "")
    assert feed.there() == {"2 a U", "3 d AU"}
    # Out of it again: those who stay keep what they have.
    assert feed.run((3, "e", "contact")) == (0, "")
    assert feed.there() == {"2 a U", "3 e U", "4 d AU"}
    assert feed.run((4, "f", "contact")) == (0, "")
    assert feed.there() == {"2 a U", "3 e U", "4 f U", "5 d A"}
    assert feed.run((3, "e", "ended"), (5, "d", "ended", "admin")) == (0, "")
    assert feed.there() == {"2 a U", "4 f U"} and feed.acknowledged()


def test_no_user_of_another_account_is_taken_over(feed):
    assert feed.run((1, "a"), (2, "b")) == (0, "")
    ids = feed.user("a"), feed.user("b")
    # Their addresses are exchanged, and one more gets one of them.
    assert feed.run((1, "t", "contact"), (2, "a", "contact"), (1, "b", "contact")) == (0, "")
    assert feed.there() == {"1 b U", "2 a U"} and (feed.user("b"), feed.user("a")) == ids
    assert feed.run((3, "z"), (2, "c", "contact"), (3, "a", "contact")) == (0, "")
    assert feed.there() == {"1 b U", "2 c U", "3 a U"} and feed.user("c") == ids[1]
    # As well when the first one's change fails once.
    failed = []

    def look(line):
        if line.command == "PATCH" and line.path.startswith("/Users/") and not failed:
            failed.append(line.path)
            return 503, {}, ""

    Line.look = staticmethod(look)
    assert feed.run((2, "d", "contact"), (4, "c")) == (0, "")
    assert feed.there() == {"1 b U", "2 d U", "3 a U", "4 c U"} and feed.user("d") == ids[1]
    assert failed and feed.acknowledged()


@pytest.mark.parametrize("said", [
    (404, {}, "<pre>Cannot PATCH</pre>"), (200, {}, "<html>Sign in"), (200, {}, "{}"), (202, {}, "")])
def test_a_change_counts_only_when_scim_says_so(feed, said):
    assert feed.run((1, "a")) == (0, "")
    Line.look = staticmethod(lambda line: said if line.command in ("PATCH", "DELETE") else None)
    status, err = feed.run((1, "a", "ended"))
    assert status == 75 and f"HTTP {said[0]}" in err and not feed.acknowledged()
    with (feed.place / "map").open("a") as file:
        file.write("ended delete\n")
    assert feed.run()[0] == 75 and feed.there() == {"1 a U"}
    Line.look = staticmethod(lambda line: None)
    assert feed.run() == (0, "") and feed.there(True) == set()


@pytest.mark.parametrize("method, lines, left", [
    ("PATCH", [(1, "a", "ended")], {"1 a U"}), ("POST", [(1, "a"), (2, "b")], {"1 a U"})])
def test_an_answer_that_shows_something_else_does_not_count(feed, method, lines, left):
    """RFC 7644, 3.5.2: what a server answers to a change is the user as it is now."""
    assert feed.run((1, "a")) == (0, "")
    user = ask(feed.base, f"/Users/{feed.user('a')}")
    shown = user if method == "PATCH" else user | {"externalId": "iauth-2", "active": False}
    Line.look = staticmethod(lambda line: (200 if method == "PATCH" else 201, {}, json.dumps(shown))
                             if line.command == method and line.path.startswith("/Users") else None)
    assert feed.run(*lines)[0] == 75 and feed.there() == left and not feed.acknowledged()
    Line.look = staticmethod(lambda line: None)
    assert feed.run() == (0, "")
    assert feed.there() == (set() if method == "PATCH" else {"1 a U", "2 b U"})


def test_two_users_of_one_person_are_named(feed):
    assert feed.run((1, "a"), (2, "b")) == (0, "")
    ask(feed.base, "/Users", "POST", {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "copy@x.tw",
        "externalId": "iauth-1", "active": True})
    status, err = feed.run((1, "a", "ended"), (2, "b", "ended"))
    assert status == 75 and "account 1 (two users have one externalId)" in err
    assert not feed.acknowledged() and feed.there() == {"1 a U", "1 copy "}


def test_a_map_that_was_changed_counts_for_everybody_and_idle_runs_read_nothing(feed):
    assert feed.run((1, "a"), (2, "b")) == (0, "")
    readings = feed.place / "readings"
    with (feed.place / "iauth").open("a") as file:
        file.write(f"    open('{readings}', 'a').write('x')\n")
    before = Line.seen
    assert feed.run() == (0, "") and Line.seen == before and not readings.exists()
    with (feed.place / "map").open("a") as file:
        file.write("general group V\n")
    assert feed.run() == (0, "") and feed.there() == {"1 a UV", "2 b UV"}


def test_what_is_found_is_what_was_asked_for(feed):
    made = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "root@x.tw", "active": True}
    ask(feed.base, "/Users", "POST", made)

    def look(line):
        """A server that knows no filters."""
        if line.command == "GET" and "filter=" in line.path and not feed.over:
            return 200, {}, json.dumps(ask(feed.base, re.sub(r"\?.*", "", line.path)))

    feed.over = False
    Line.look = staticmethod(look)
    status, err = feed.run((1, "a"))
    assert status == 75 and "it finds the wrong ones" in err and not feed.acknowledged()
    assert feed.there() == {" root "}
    feed.over = True
    # Of two groups the one that is called exactly so.
    for name in ("u", "U"):
        ask(feed.base, "/Groups", "POST", {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name})
    groups = ask(feed.base, "/Groups")["Resources"]
    found = {"totalResults": 2, "Resources": sorted(
        groups, key=lambda group: group["displayName"] == "U")}
    Line.look = staticmethod(lambda line: (200, {}, json.dumps(found))
                             if line.command == "GET" and "eq%20%22U" in line.path else None)
    assert feed.run() == (0, "") and feed.there() == {" root ", "1 a U"}


def test_a_server_that_keeps_no_externalId_is_refused(feed):
    def look(line):
        if line.command == "POST" and "externalId" in line.body:
            made = json.loads(line.body)
            del made["externalId"]
            return 201, {}, json.dumps(ask(feed.base, "/Users", "POST", made))

    Line.look = staticmethod(look)
    assert feed.run((1, "a"), (2, "b")) == (78, "the server keeps no externalId")
    assert feed.there(True) == set() and not feed.acknowledged()


def test_one_who_is_refused_stops_nobody(feed):
    assert feed.run((1, "a"), (2, "b"), (3, "c")) == (0, "")
    refused = f"/Users/{feed.user('b')}"
    Line.look = staticmethod(lambda line: (403, {}, "") if line.path == refused else None)
    status, err = feed.run((2, "z", "contact"), (3, "c", "ended"), (4, "d"))
    assert status == 75 and "account 2 (HTTP 403)" in err
    assert feed.there() == {"1 a U", "2 b U", "4 d U"}
    Line.look = staticmethod(lambda line: (403, {}, ""))
    assert feed.run() == (78, "the server does not let us in (403)")
    # A server that rests for longer than a turn is left alone.
    before, begun = Line.seen, time.monotonic()
    Line.look = staticmethod(lambda line: (503, {"Retry-After": "1800"}, ""))
    assert feed.run()[0] == 75
    status, err = feed.run()
    assert status == 75 and re.search("come back in 1[78]", err)
    assert time.monotonic() - begun < 10 and Line.seen - before < 12


def test_whoever_handed_over_is_among_the_first(server, tmp_path):
    feed = Feed(server, tmp_path, "batch 2\nturn 0\n")
    assert feed.run((1, "a", "granted", "admin", 50)) == (0, "")
    said, user = [], feed.user("a")
    Line.look = staticmethod(lambda line: said.append((line.command, line.path)))
    assert feed.run(*((n, f"p{n}") for n in range(3, 7)), (2, "b", "moved", "admin", 50)) == (0, "")
    assert ("POST", "/Users") not in said[:said.index(("PATCH", f"/Users/{user}"))]
    assert feed.there() == {"2 b A"} | {f"{n} p{n} U" for n in range(3, 7)}


def test_many_who_lose_something_hold_up_nobody(server, tmp_path):
    """What comes at the end of a turn is of the next one; what two turns have not brought is late."""
    feed = Feed(server, tmp_path, "batch 1\nturn 0\n")
    everybody = [(n, f"p{n}") for n in range(1, 7)]
    while feed.run(*everybody)[0] == 75:
        everybody = []
    assert feed.run((1, "p1", "ended"), (2, "p2", "ended"), (7, "p7")) == (0, "")
    assert feed.there() == {f"{n} p{n} U" for n in range(3, 8)} and feed.acknowledged()
    status, said = feed.run(*((n, f"p{n}", "ended") for n in range(3, 7)))
    assert status == 75 and said.startswith("not yet: 2,")
    assert feed.there() == {"5 p5 U", "6 p6 U", "7 p7 U"}
    assert feed.run() == (0, "") and feed.there() == {"7 p7 U"}


def test_a_slow_server_is_asked_for_less_at_once(server, tmp_path):
    feed = Feed(server, tmp_path, "turn 1\n")
    assert feed.run((1, "a")) == (0, "")
    user, said = feed.user("a"), []

    def look(line):
        time.sleep(0.3)
        said.append(line.path)
        if len(said) == 4:
            feed.says((1, "a", "ended"))

    Line.look = staticmethod(look)
    assert feed.run(*((n, f"p{n}") for n in range(2, 42)))[0] in (0, 75)
    assert said.index(f"/Users/{user}") < 100


def test_long_changes_of_a_group_are_split(server, tmp_path):
    feed, many = Feed(server, tmp_path, "batch 300\n"), []
    Line.look = staticmethod(lambda line: line.path.startswith("/Groups/") and many.append(
        len(json.loads(line.body)["Operations"][0]["value"])))
    assert feed.run(*((n, f"p{n}") for n in range(1, 261))) == (0, "")
    assert sum(many) == 260 and max(many) <= 200


def test_a_map_is_right_or_refused(feed):
    for line in ["admins group A", "general groups U", "Admin role manager", "endet delete", "tries: 4",
                 "general group", "batch", "base https://x.tw", "system aud"]:
        (feed.place / "map").write_text(f"{feed.text}\n# so\n{line}\n")
        status, err = feed.run((1, "a"))
        assert status == 78 and "line 7 is none of those" in err, line
    (feed.place / "map").write_text(feed.text)
    assert feed.run() == (0, "")
    # A server is fed for one system; another server has a state of its own.
    (feed.place / "map").write_text(feed.text.replace("spm", "aud"))
    status, err = feed.run()
    assert status == 78 and "is fed for spm" in err
    (feed.place / "map").write_text(feed.text.replace("127.0.0.1", "localhost"))
    before = Line.seen
    assert feed.run() == (0, "") and Line.seen > before


def test_a_feed_that_was_taken_back_is_noticed(desk, server, tmp_path):
    adapter = Adapter(desk, server, tmp_path)
    one = clerk(1)
    desk.join(one)
    number = desk.request(one)
    desk.ok("approve", number, session=MING)
    assert adapter.run() == (0, "")
    copy = tmp_path / "copy"
    desk.ok("backup", copy)
    desk.ok("revoke", number, "--reason", "調職", session=MING)
    assert adapter.run() == (0, "")
    assert not test_scim.state(server)[one.email][0]
    desk.db.rename(tmp_path / "old")
    desk.ok("restore", copy)
    status, err = adapter.run()
    assert status == 0 and "the feed was taken back" in err
    assert test_scim.state(server)[one.email][0]
    assert adapter.run() == (0, "")
