"""A day of everyone: from an empty home to decided requests, by --json and for people.

The field sets are the contract's (PRODUCT.md, 4.1 and 4.2), complete: a field more or less is a
failure, as scripts rely on them.
"""

import re

import pytest

from conftest import (AUTHORITY, CDC, CDC_OFFICES, CHIEF, MANAGER, MING, MOHW, REFERENCE, ROOT,
                      TIME, TONG, clerk)

AGENCY = {"type", "code", "name", "path"}
APPLIED = {"application", "agency", "email", "mobile", "expires_at"}
SIGNED_IN = {"account", "name", "agency", "status", "session", "proven", "expires_at"}
REQUESTED = {"request", "system", "role", "kind", "status", "reviewed_by", "reviewers",
             "from", "until", "deputy_for", "replaces"}
PENDING = {"request", "version", "kind", "submitted_at", "waiting_days", "agency", "name", "title",
           "email", "mobile", "system", "role", "reason", "document", "batch", "status",
           "verified", "marks", "from", "until", "deputy_for", "replaces", "round", "decided_at",
           "decided_by", "note"}
DECIDED = {"request", "status", "decided_at", "decided_by", "outcome", "next", "deputy_for"}
ROW = {"row", "outcome", "request", "problems"}
BATCH = {"batch", "digest", "rows", "accepted", "unchanged", "rejected", "held", "dry_run"}

FORM = ("附表1 機關管理者名冊,,,,\r\n機關OID,姓名,公務信箱,手機,職稱\r\n"
        f"{CDC_OFFICES[0]},周一,one@cdc.gov.tw,0922-000-001,科長\r\n"
        f"{CDC_OFFICES[1]},吳二,two@cdc.gov.tw,922000002,科員\r\n")


def test_an_account_is_applied_for_and_opened(fresh_desk):
    desk = fresh_desk
    applied = desk.one("apply", *MING.words, "--title", "科長")
    assert set(applied) == APPLIED
    assert set(applied["agency"]) == AGENCY
    assert applied["agency"]["name"] == "衛生福利部疾病管制署"
    assert applied["agency"]["code"] == CDC and applied["agency"]["type"] == "oid"
    assert REFERENCE.match(applied["application"]) and TIME.match(applied["expires_at"])
    assert (applied["email"], applied["mobile"]) == ("m***@cdc.gov.tw", "0912***678")

    # Case and hyphens do not matter, O is 0, I and L are 1.
    typed = applied["application"].lower().replace("-", "").replace("0", "o").replace("1", "l")
    opened = desk.one("verify", typed, stdin=desk.typed(applied["application"]), session=MING)
    assert set(opened) == SIGNED_IN
    assert (opened["name"], opened["status"], opened["session"]) == ("李小明", "active", "ming")
    assert opened["proven"] == ["email", "sms"] and TIME.match(opened["expires_at"])
    assert desk.one("verify", "--status", session=MING) == opened

    assert desk.one("verify", "--sign-out", session=MING)
    desk.refused("session.none", "verify", "--status", session=MING)


def test_a_sign_in_by_one_code_is_stepped_up(desk):
    applied = desk.join(TONG)
    desk.ok("verify", "--sign-out", session=TONG)
    begun = desk.one("verify", *TONG.words, "--via", "sms", session=TONG)
    assert set(begun) == {"signin", "via", "expires_at"}
    assert begun["signin"].startswith("S-") and begun["via"] == "sms"
    assert len(desk.codes(begun["signin"])) == 1
    opened = desk.prove(begun["signin"], TONG)
    assert opened["proven"] == ["sms"] and opened["account"] == applied["account"]
    stepped = desk.one("verify", "--step-up", session=TONG)
    assert desk.prove(stepped["signin"], TONG)["proven"] == ["email", "sms"]


def test_requests_are_reviewed_up_to_the_last_step(fresh_desk):
    desk = fresh_desk
    desk.sign_in(CHIEF)
    desk.join(MING)
    asked = desk.one("request-permission", "--role", "admin", "--reason", "業務需要", session=MING)
    assert set(asked) == REQUESTED
    assert asked | {"request": 0} == {
        "request": 0, "system": "spm", "role": "admin", "kind": "grant", "status": "pending",
        "reviewed_by": "authority", "reviewers": [CHIEF.name], "from": None, "until": None,
        "deputy_for": None, "replaces": None}
    number = asked["request"]

    listed = desk.one("pending", session=CHIEF)
    assert set(listed) == PENDING and set(listed["agency"]) == AGENCY
    assert listed["request"] == number and listed["waiting_days"] == 0
    assert (listed["email"], listed["mobile"]) == ("m***@cdc.gov.tw", "0912***678")
    assert listed["verified"] is True and isinstance(listed["marks"], list)
    assert TIME.match(listed["submitted_at"]) and listed["version"]
    shown = desk.one("pending", number, session=CHIEF)
    assert set(shown) >= PENDING - {"waiting_days"}
    assert (shown["email"], shown["mobile"]) == (MING.email, "+886912345678")

    decided = desk.one("approve", number, "--expect", listed["version"], session=CHIEF)
    assert set(decided) == DECIDED and TIME.match(decided["decided_at"])
    assert (decided["status"], decided["outcome"]) == ("approved", "decided")
    assert decided["decided_by"] == CHIEF.name
    assert decided["next"] == "https://spm.nat.gov.tw/"
    [mail] = desk.mails(str(number), "decision")
    assert "https://spm.nat.gov.tw/" in mail and f"To: {MING.email}\n" in mail

    [administrator] = desk.json("admins", session=MING)
    assert set(administrator) == {"system", "agency", "name", "email", "since", "request", "until",
                                  "deputy_for", "deputy_of"}
    assert administrator["email"] == MING.email
    [masked] = desk.json("admins", "--agency", CDC)
    assert masked == administrator | {"email": "m***@cdc.gov.tw"}

    # A general user is the agency's own administrator's to decide.
    desk.join(TONG)
    asked = desk.one("request-permission", "--role", "general", session=TONG)
    assert (asked["reviewed_by"], asked["reviewers"]) == ("agency", [MING.name])
    assert desk.json("pending", session=CHIEF) == []
    rejected = desk.one("reject", asked["request"], "--reason", "非本署人員", session=MING)
    assert (rejected["status"], rejected["next"]) == ("rejected", None)
    [own] = desk.json("request-permission", "--list", session=TONG)
    assert "非本署人員" in str(own)
    again = desk.request(TONG)
    withdrawn = desk.one("request-permission", "--withdraw", again, session=TONG)
    assert withdrawn["status"] == "withdrawn"
    desk.content()


def test_a_permission_ends(desk):
    desk.join(TONG)
    number = desk.request(TONG)
    desk.ok("approve", number, session=MING)
    assert desk.one("revoke", number, "--reason", "離職", session=MING)
    assert any(f"To: {TONG.email}\n" in mail for mail in desk.mails(str(number), "notice"))
    desk.request(TONG)


def test_a_batch_is_imported_and_approved(desk):
    desk.appoint(MANAGER)
    sheet = desk.home / "form1.csv"
    sheet.write_bytes(b"\xef\xbb\xbf" + FORM.encode())
    def kept():
        return [line for line in desk.dump() if not re.match('INSERT INTO "(audit|sqlite_seq)', line)]
    before = kept()
    dry = desk.json("import-batch", sheet, "--dry-run", session=MANAGER)
    assert [set(line) for line in dry] == [ROW, ROW, BATCH]
    assert dry[-1]["dry_run"] is True and dry[-1]["accepted"] == 2 and dry[-1]["batch"] is None
    # Use of the session is noted at most once a minute, so nothing has changed but the trail.
    assert kept() == before
    assert desk.value("SELECT action FROM audit ORDER BY seq DESC") == "batch.dry-run"

    mails = len(desk.mails())
    lines = desk.json("import-batch", sheet, "--document", "衛部資字第1130001號", session=MANAGER)
    assert [set(line) for line in lines] == [ROW, ROW, BATCH]
    assert [(line["row"], line["outcome"]) for line in lines[:2]] == \
        [(3, "accepted"), (4, "accepted")]
    total = lines[-1]
    assert (total["rows"], total["accepted"], total["dry_run"]) == (2, 2, False)
    # Nobody is written to because of an import, but for those who decide, once.
    assert [f"To: {CHIEF.email}\n" in mail for mail in desk.mails()[mails:]] == [True]

    again = desk.json("import-batch", sheet, session=MANAGER)
    assert [line["outcome"] for line in again[:2]] == ["unchanged", "unchanged"]
    assert (again[-1]["batch"], again[-1]["unchanged"]) == (total["batch"], 2)

    rows = desk.json("pending", "--batch", total["batch"], session=MANAGER)
    assert {row.get("document") for row in rows if "request" in row} == {"衛部資字第1130001號"}
    decided = desk.json("approve", "--batch", total["batch"], session=CHIEF)
    assert [line["outcome"] for line in decided] == ["decided", "decided"]
    assert len(desk.mails(kind="invitation")) == 3  # the first reviewer's, and these
    assert desk.json("admins", "--agency", CDC_OFFICES[0]) == []  # not proven yet
    desk.content()


def test_a_batch_is_followed_up_by_whoever_handed_it_in(desk):
    """Also by the operator, who types in a paper form without an account; whole, or by status."""
    sheet = desk.home / "form.csv"
    sheet.write_text("機關OID,姓名,公務信箱,手機\n" + "".join(
        f"{office},管理{'甲乙丙'[n]},office{n}@cdc.gov.tw,092200010{n}\n"
        for n, office in enumerate(CDC_OFFICES)))
    *rows, end = desk.json("import-batch", sheet)
    first, second, third = [row["request"] for row in rows]
    desk.ok("approve", first, session=CHIEF)

    def listed(*words, session=None):
        return [line["request"] for line in
                desk.json("pending", "--batch", end["batch"], *words, session=session)]

    assert listed() == [first, second, third]
    assert listed("--status", "pending") == [second, third]
    assert listed("--status", "approved") == [first]
    assert "1 approved" in desk.ok("pending", "--batch", end["batch"]).err
    desk.refused("batch.unknown", "pending", "--batch", 99)
    desk.refused("session.none", "pending")

    desk.appoint(MANAGER)
    sheet.write_text(f"機關OID,姓名,公務信箱,手機\n{CDC},新人,new@cdc.gov.tw,0922000200\n")
    *rows, end = desk.json("import-batch", sheet, session=MANAGER)
    assert listed(session=MANAGER) == listed("--status", "all", session=MANAGER) != []
    assert listed("--status", "approved", session=MANAGER) == []


def test_one_bad_row_holds_all_unless_partial(desk):
    desk.appoint(MANAGER)
    bad = FORM + f"{AUTHORITY},鄭三,three@cdc.gov.tw,0922000003,\r\n{CDC},馮四,four,0922000004,\r\n"
    sheet = desk.home / "form1.csv"
    sheet.write_text(bad)
    ended = desk.refused("batch.rejected", "import-batch", sheet, session=MANAGER)
    assert [line["outcome"] for line in ended.lines[:-1]] == ["held", "held"] + ["rejected"] * 2
    assert [[problem["code"] for problem in line["problems"]] for line in ended.lines[2:4]] == \
        [["agency.outside"], ["email.invalid"]]
    assert ended.lines[3]["problems"][0]["column"] == "公務信箱"
    assert ended.lines[-1]["batch"] is None
    assert desk.value("SELECT count(*) FROM batch") == 0

    report = desk.home / "report.csv"
    ended = desk.refused("batch.rejected", "import-batch", sheet, "--partial", "--report", report,
                         session=MANAGER)
    assert ended.lines[-1]["accepted"] == 2 and ended.lines[-1]["rejected"] == 2
    text = report.read_text(encoding="utf-8-sig")
    assert "結果,代碼,說明" in text and "agency.outside" in text and "email.invalid" in text


def test_housekeeping_answers_with_its_fields(desk):
    [agency] = desk.json("agencies", CDC, "--limit", "1")
    assert set(agency) == {"type", "code", "name", "path", "superior", "superior_derived",
                           "status"}
    assert agency["code"] == CDC and agency["status"] == "active"
    below = desk.json("agencies", "--under", MOHW, "--limit", "5")
    assert len(below) == 5 and below == sorted(
        below, key=lambda line: [int(arc) for arc in line["code"].split(".")])
    many = desk.json("agencies", "人事室")
    assert len(many) >= 100

    load = ["agencies", "--load", ROOT / "Sources/CRegistry/agencies.csv"]
    desk.refused("date.invalid", *load, "--dated", "2999-01-01")
    loaded = desk.one(*load)
    assert set(loaded) == {"added", "updated", "removed", "unchanged", "rejected"}
    assert loaded | {"unchanged": 0} == {
        "added": 0, "updated": 0, "removed": 0, "unchanged": 0, "rejected": 0}

    run = desk.one("pending", "--remind")
    assert set(run) == {"reminded", "requests", "without_reviewer", "lapsed", "delivered",
                        "failed"}
    for line in desk.json("doctor"):
        assert set(line) == {"check", "status", "detail"}
        assert line["status"] in {"ok", "warn", "fail", "skipped"}
    for line in desk.json("audit"):
        assert set(line) == {"seq", "at", "caller", "account", "name", "action", "subject",
                             "outcome", "note", "hash"}
    assert desk.json("systems")[0]["code"] == "spm"
    added = desk.one("systems", "--add", "doc", "--name", "Documents", "--url",
                     "https://doc.example.gov.tw/")
    assert added["code"] == "doc"
    assert desk.json("accounts", "--agency", CDC)[0]["name"] == MING.name
    assert desk.json("deliver")


def test_a_backup_is_restored_without_its_sessions(desk):
    copy = desk.home / "copy.db"
    desk.ok("backup", copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    desk.refused("file.exists", "backup", copy)
    desk.refused("database.exists", "restore", copy)
    desk.db.unlink()
    desk.ok("restore", copy)
    desk.content()
    assert desk.run("verify", "--status", session=CHIEF).status == 77
    assert [line["name"] for line in desk.json("admins", "--agency", CDC)] == [MING.name]


@pytest.mark.parametrize("language, words", [
    ("en", {"apply": "application", "verify": "signed in", "request": "reviewed by",
            "pending": "see one in full", "approve": "approved", "reject": "rejected",
            "admins": "since", "accounts": "status"}),
    ("zh-TW", {"apply": "申請", "verify": "登入", "request": "審核", "pending": "審查",
               "approve": "核准", "reject": "退件", "admins": "起始日期", "accounts": "狀態"}),
])
def test_the_same_day_for_people(fresh_desk, language, words):
    desk = fresh_desk
    desk.sign_in(CHIEF)

    def says(key, *command, **options):
        ended = desk.ok(*command, "--lang", language, **options)
        assert words[key] in ended.out + ended.err, ended
        if language == "zh-TW":
            # What English is left are names, codes and commands, never a sentence.
            for line in (ended.out + ended.err).splitlines():
                assert any(ord(c) > 0x2E80 for c in line) or not any(
                    word in line.split() for word in ["the", "is", "are", "of"]), ended
        return ended

    said = says("apply", "apply", *MING.words)
    reference = next(word for word in said.out.split() if REFERENCE.match(word))
    says("verify", "verify", reference, stdin=desk.typed(reference), session=MING)
    says("request", "request-permission", "--role", "admin", session=MING)
    says("pending", "pending", session=CHIEF)
    says("approve", "approve", 2, "--note", "ok", session=CHIEF)
    desk.join(TONG)
    number = desk.request(TONG)
    says("pending", "pending", session=MING)
    says("reject", "reject", number, "--reason", "x", session=MING)
    says("admins", "admins", session=TONG)
    says("accounts", "accounts")


def test_mails_are_chinese_then_english_and_told_once(desk):
    desk.join(TONG)
    number = desk.request(TONG)
    [notice] = desk.mails(str(number), "notice")
    head, body = notice.split("\n\n", 1)
    assert f"To: {MING.email}" in head and "Auto-Submitted: auto-generated" in head
    assert body.index("您好") < body.index("Hello")
    desk.ok("approve", number, session=MING)
    assert len(desk.mails(str(number), "decision")) == 1
    assert len(desk.mails(str(number))) == 2


def test_each_agency_sees_its_own(desk):
    other = clerk(1, agency=CDC_OFFICES[0])
    desk.join(other)
    number = desk.request(other)
    desk.refused("request.unknown", "pending", number, session=MING)
    assert desk.json("pending", session=MING) == []
    ended = desk.refused("request.unknown", "approve", number, session=MING)
    assert [line["outcome"] for line in ended.lines] == ["request.unknown"]
