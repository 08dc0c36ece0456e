"""One person's data, and whose data others could have read (PRODUCT 11.6)."""

import os
import pwd
import sqlite3
import time

from conftest import CDC, CHIEF, MANAGER, MING, TONG, clerk


def test_one_persons_data_is_all_there(desk, tmp_path):
    account = desk.join(TONG)["account"]
    number = desk.request(TONG, "general", "--reason", "業務需要")
    desk.ok("approve", number, session=MING)
    document = desk.one("accounts", "--export", account, session=TONG)
    assert document["person"]["mobile"] == "+886912345679"
    assert [request["reason"] for request in document["requests"]] == ["業務需要"]
    assert document["decisions"][0]["decided_by"] == "李小明"
    assert document["permissions"][0]["status"] == "active" and document["sessions"]
    # Every table that has a column of somebody's has its section.
    with sqlite3.connect(desk.db) as db:
        tables = {table for table, in db.execute(
            "SELECT DISTINCT m.name FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f "
            "WHERE f.[table] = 'account'")}
    assert tables == {
        "request", "decision", "permission", "permission_change", "recertification",
        "recertification_item", "reminder", "batch", "gate_key", "session", "verification",
        "message", "audit_person"}, "a new table about people needs a section of --export"
    for code in desk.rows("SELECT body FROM message WHERE kind = 'code' AND body <> ''"):
        assert code[0] not in str(document)
    # The operator's, whoever they are signed in as (test_gate has everybody else).
    for stranger in (MING, CHIEF):
        desk.ok("accounts", "--export", account, session=stranger)
        desk.ok("accounts", "--history", account, session=stranger)
    desk.refused("account.unknown", "accounts", "--export", 999)
    page = tmp_path / "person.html"
    for lang, word in (("zh-TW", "權限申請"), ("en", "Requests")):
        written = desk.run("accounts", "--export", account, "--html", page, "--lang", lang, "--json")
        assert written.status == 0 and written.lines[0]["account"] == account
        text = page.read_text()
        assert word in text and "業務需要" in text and "<script" not in text
        assert "http" not in text.replace("http-equiv", "")
        desk.refused("file.exists", "accounts", "--export", account, "--html", page)
        page.unlink()
    actions = [event["action"] for event in desk.json("accounts", "--history", account)]
    assert actions[0] == "application.submit" or "account.open" in actions
    assert {"request.submit", "request.approve", "account.export"} <= set(actions)
    desk.ok("accounts", "--erase", account, "--reason", "當事人請求")
    erased = desk.ok("accounts", "--export", account, "--json").out
    for word in ("王大同", "tong@cdc.gov.tw", "912345679", "業務需要"):
        assert word not in erased, word
    desk.ok("audit", "--verify")


def test_whose_data_could_have_been_read(desk, tmp_path):
    tong = desk.join(TONG)["account"]
    number = desk.request(TONG)
    desk.appoint(MANAGER)
    span = ["--since", "1d", "--until", "2099-01-01"]
    desk.ok("pending", number, session=MING)

    def people(*words):
        return {line["account"]: line for line in desk.json("accounts", "--affected", *span, *words)}
    seen = people()
    assert seen[tong]["email"] == TONG.email and "request" in seen[tong]["exposures"]
    assert "copy" not in seen[tong]["exposures"]
    # Lists write nothing: a key that holds could have read what its agency may.
    desk.ok("ssh-gate", "--enrol", "kk", "--account",
            desk.value("SELECT id FROM account WHERE email = ?", MANAGER.email))
    assert "key:kk" in people()[tong]["callers"]
    assert tong in people("key:kk")
    desk.ok("backup", tmp_path / "copy.db")
    assert all("copy" in line["exposures"] for line in people().values())
    assert people("uid:nobody") == {}
    assert desk.json("accounts", "--affected", "--since", "2001-01-01", "--until",
                     "2001-01-02") == []
    missing = desk.refused("usage.missing", "accounts", "--affected")
    assert "--since" in missing.error["message"]
    shown = desk.ok("accounts", "--affected", *span, "--lang", "zh-TW").out
    assert "0912-345-679" in shown and "備份" in shown
    # Who has applied and proven nothing yet stands in a copy, and nowhere else.
    waiting = clerk(5)
    reference = desk.apply(waiting)
    [line] = [line for line in desk.json("accounts", "--affected", *span) if not line["account"]]
    assert (line["application"], line["email"]) == (reference, waiting.email)
    assert "copy" in line["exposures"] and line["mobile"] == "+886" + waiting.mobile[1:]
    assert reference in desk.ok("accounts", "--affected", *span).out
    desk.prove(reference, waiting)
    assert all(line["account"] for line in desk.json("accounts", "--affected", *span))
    assert time.time() and desk.value(
        "SELECT count(*) FROM audit WHERE action = 'accounts.affected'") >= 4
    assert CDC and desk.ok("audit", "--verify")


def test_a_caller_is_named_as_people_name_one(desk):
    tong = desk.join(TONG)["account"]
    desk.ok("pending", desk.request(TONG), session=MING)
    span = ["--since", "1d", "--until", "2099-01-01"]
    uid = os.getuid()
    desk.ok("accounts", "--affected", *span)  # which is itself a reading of everybody's
    asked = {word: desk.ok("accounts", "--affected", *span, word, "--json").out
             for word in (pwd.getpwuid(uid).pw_name, f"uid:{uid}")}
    assert len(set(asked.values())) == 1 and f'"account":{tong},' in asked[f"uid:{uid}"]
    for word in ("nokey", "key:nokey", "uid:4000000001", "uid:", str(tong)):
        refused = desk.refused("usage.value", "accounts", "--affected", *span, word)
        assert word in refused.error["message"] and "key:NAME" in refused.error["message"]
    # Without QUERY it is the union of what each of the callers named is answered with.
    together = {line["account"]: line for line in desk.json("accounts", "--affected", *span)}
    callers = {caller for line in together.values() for caller in line["callers"]}
    for caller in callers:
        alone = {line["account"] for line in desk.json("accounts", "--affected", *span, caller)}
        assert alone == {account for account, line in together.items()
                         if caller in line["callers"]}, caller


def test_a_span_that_is_over_before_it_begins_is_refused(desk):
    account = desk.join(TONG)["account"]
    span = ["--since", "2026-03-03", "--until", "2026-03-02"]
    for words in (["accounts", "--affected"], ["accounts"], ["accounts", "--history", account],
                  ["statistics"], ["permissions"], ["audit"], ["systems"]):
        refused = desk.refused("usage.value", *words, *span)
        assert refused.error["message"].startswith("--since is not before"), words
    desk.ok("statistics", "--since", "2026-03-03", "--until", "2026-03-03")


def test_a_history_is_a_list(desk):
    account = desk.join(TONG)["account"]
    events = desk.json("accounts", "--history", account)
    assert desk.json("accounts", "--history", account, "--since", "1h")[:len(events)] == events
    assert desk.json("accounts", "--history", account, "--until", "2001-01-01") == []
    assert desk.run("accounts", "--history", account, "--until", "2001-01-01",
                    "--exit-code").status == 1


def test_the_page_is_for_people(desk, tmp_path):
    account = desk.join(TONG)["account"]
    desk.ok("approve", desk.request(TONG), "--note", "一\n二", session=MING)
    desk.ok("accounts", "--export", account, "--html", tmp_path / "zh.html", "--lang", "zh-TW",
            env={"TZ": "Asia/Taipei"})
    text = (tmp_path / "zh.html").read_text()
    assert "+0800" in text and "建立時間（CST）" in text
    assert "\\u{A}" not in text and "name=王大同<br>" in text and "一<br>二" in text
    for word in ("grant", "approved", "active", "self", "granted", "default session"):
        assert f"<td>{word}</td>" not in text, word
    for word in ("核准", "啟用", "本人", "取得", "一般權限", "工作階段名稱"):
        assert word in text, word
    desk.ok("accounts", "--export", account, "--html", tmp_path / "en.html", "--lang", "en")
    assert "session name" in (tmp_path / "en.html").read_text()


def test_every_way_of_reading_counts_as_one(desk):
    tong = desk.join(TONG)["account"]
    desk.ok("approve", desk.request(TONG), session=MING)
    span = ["--since", "1d", "--until", "2099-01-01"]

    def how(account):
        lines = desk.json("accounts", "--affected", *span)
        return next((set(line["exposures"]) for line in lines if line["account"] == account), set())
    assert not how(tong) & {"list", "person"}
    desk.ok("accounts", "--history", tong)
    assert "person" in how(tong) and "list" not in how(tong)
    desk.ok("permissions", "--changed-since", "0", "--json")
    assert "list" in how(tong)
    chief = desk.value("SELECT id FROM account WHERE email = ?", CHIEF.email)
    assert "list" in how(chief) and "person" not in how(chief)
    desk.refused("usage.value", "accounts", "--affected", "--since", "2026-12-05", "--until",
                 "2026-12-01")


def test_why_something_was_done_to_an_account_stays_beside_its_entry(desk):
    account = desk.join(TONG)["account"]
    reasons = {"suspend": "調查中\nasked=grant admin spm", "restore": "查無不法", "unlock": "本人來電",
               "close": "離職"}
    for verb, reason in reasons.items():
        desk.ok("accounts", f"--{verb}", account, "--reason", reason)
    desk.run("deliver")
    for verb, reason in reasons.items():
        [entry] = desk.json("audit", "--action", f"account.{verb}")
        assert entry["note"] == reason
    noted = [event["note"] for event in desk.json("accounts", "--history", account)]
    assert [note for note in noted if note] == list(reasons.values())
    assert "查無不法" in desk.ok("accounts", "--history", account).out
    assert "本人來電" in desk.ok("accounts", "--export", account).out
    desk.ok("audit", "--verify")
    desk.ok("accounts", "--erase", account, "--reason", "當事人請求")
    assert all(event["note"] is None for event in desk.json("accounts", "--history", account))
    desk.ok("audit", "--verify")
