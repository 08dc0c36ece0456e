"""Hostile text of every kind, at every door: it gets its code and reaches nothing raw.

Terminals, mail headers, arguments of children, formulas of a report: each is looked at byte by
byte. Honest text that looks odd (indigenous names, full-width digits) must still pass.
"""

import csv
import os
import re

import pytest

from conftest import CDC, CDC_OFFICES, CHIEF, MING, TONG, Person

# Kinds of text that steer something, with what each would do.
STEERING = {
    "escape": "王\x1b[2J明", "bell": "王\x07明", "newline": "王\n明", "crlf": "王\r\nBcc: x@y.tw",
    "nel": "王\u0085明", "csi": "王\u009b31m明", "line separator": "王\u2028明",
    "right to left": "王\u202e明", "isolate": "王\u2066明", "mark": "王\u200f明",
    "zero width": "王\u200b明", "joiner": "王\u200d明", "bom": "王\ufeff明",
    "tag": "王\U000e0041明", "private": "王\ue000明", "unassigned": "王\u0378明",
    "noncharacter": "王\ufdd0明", "delete": "王\x7f明", "word joiner": "王\u2060明",
    "arabic mark": "王\u061c明",
}
NAMES = {
    **STEERING, "empty": "", "blank": " \u3000 ", "long": "王" * 51, "shell": "$(id)",
    "formula": "=1+1", "quote": '王"明', "at": "a@b", "semicolon": "王;明", "slash": "王/明",
    "angle": "王<b>明", "emoji": "王😀", "option with a mark": "-\u0301oX/tmp/x;",
}
EMAILS = {
    "display name": "Wang <w@cdc.gov.tw>", "quotes": '"w x"@cdc.gov.tw', "two": "a@b.tw,c@d.tw",
    "two spaced": "a@b.tw c@d.tw", "option": "-oQ/tmp@cdc.gov.tw", "sendmail option":
    "-X/tmp/x@cdc.gov.tw", "encoded word": "=?utf-8?q?a?=@cdc.gov.tw", "percent": "a%b@c.tw@d.tw",
    "bang": "a!b@cdc.gov.tw", "bracket": "a@[127.0.0.1]", "crlf": "a@cdc.gov.tw\r\nBcc: x@y.tw",
    "nul-like": "a@cdc.gov.tw\x01", "kelvin": "\u212aa@cdc.gov.tw", "cyrillic": "\u0430@cdc.gov.tw",
    "idn": "a@機關.tw", "no domain": "a@", "no local": "@cdc.gov.tw", "dots": "a@cdc..gov.tw",
    "hyphen": "a@-cdc.gov.tw", "trailing dot": "a@cdc.gov.tw.", "long": "a" * 250 + "@b.tw",
    "shell": "a;id@cdc.gov.tw", "escape": "a\x1b@cdc.gov.tw", "empty": "", "comment":
    "a(b)@cdc.gov.tw", "combining": "a\u0301@cdc.gov.tw",
}
MOBILES = {
    "two": "0912345678 0912345679", "two slashed": "0912345678/0912345679", "short": "091234567",
    "long": "09123456789", "landline": "02-12345678", "letters": "0912ABC678", "empty": "",
    "wrong prefix": "0992345678", "plus only": "+", "foreign without plus": "85291234567",
    "too long": "+" + "1" * 16, "devanagari": "०९१२३४५६७८", "escape": "0912\x1b345678",
    "crlf": "0912345678\r\nTo: 1", "extension": "0912345678#12", "minus": "-912345678",
}
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
                 "\ufeff\ue000-\uf8ff\U000e0000-\U000e007f]")


def nothing_raw(*ended):
    for said in ended:
        for text in [said.out, said.err]:
            assert not RAW.search(text.replace("\n", "")), repr(text)


def refused_both_ways(desk, code, *words, **options):
    before = desk.value("SELECT count(*) FROM verification")
    said = desk.refused(code, *words, **options)
    plain = desk.run(*words, **options)
    assert plain.status == said.status and plain.out == ""
    assert all(line.startswith("iauth: ") for line in plain.err.splitlines()), plain
    nothing_raw(said, plain)
    assert desk.value("SELECT count(*) FROM verification") == before


def applying(name=TONG.name, email=TONG.email, mobile=TONG.mobile, agency=CDC, *more):
    return ["apply", "--agency", agency, "--name", name, "--email", email, "--mobile", mobile,
            *more]


@pytest.mark.parametrize("kind", NAMES)
def test_names(fresh_desk, kind):
    refused_both_ways(fresh_desk, "name.invalid", *applying(name=NAMES[kind]))


@pytest.mark.parametrize("kind", EMAILS)
def test_addresses(fresh_desk, kind):
    refused_both_ways(fresh_desk, "email.invalid", *applying(email=EMAILS[kind]))


@pytest.mark.parametrize("kind", MOBILES)
def test_numbers_of_telephones(fresh_desk, kind):
    refused_both_ways(fresh_desk, "mobile.invalid", *applying(mobile=MOBILES[kind]))


@pytest.mark.parametrize("kind", STEERING)
def test_titles_reasons_notes_and_documents(desk, kind):
    text = STEERING[kind]
    refused_both_ways(desk, "title.invalid",
                      *applying(TONG.name, TONG.email, TONG.mobile, CDC, "--title", text))
    desk.join(TONG)
    if kind in ("newline", "crlf"):
        return  # a reason may have lines; how it is shown is tried below
    ended = desk.run("request-permission", "--document", text, "--json", session=TONG)
    assert ended.status == 65
    # A reason is kept as it came, and shown escaped wherever people read it.
    number = desk.request(TONG, "general", "--reason", text)
    nothing_raw(desk.ok("reject", number, "--reason", text, session=MING))
    assert desk.rows("SELECT r.reason, d.note FROM request r JOIN decision d ON d.request = r.id"
                     " WHERE r.id = ?", number) == [(text, text)]
    asked = [["pending", number], ["pending", "--status", "all"],
             ["pending", "--status", "all", "--columns", "request,reason,note"]]
    for words in [*asked, [*asked[1], "-o", "csv"], [*asked[1], "-o", "tsv"],
                  [*asked[1], "--json"], [*asked[0], "--json"]]:
        nothing_raw(desk.ok(*words, session=MING))
    assert desk.one("pending", number, session=MING)["reason"] == text
    nothing_raw(desk.ok("request-permission", "--list", session=TONG))
    [mail] = desk.mails(str(number), "decision")
    assert not RAW.search(mail.replace("\n", "")), mail


def test_bounds(desk):
    desk.join(TONG)
    desk.refused("reason.invalid", "request-permission", "--reason", "字" * 2001, session=TONG)
    number = desk.request(TONG, "general", "--reason", "字" * 2000)
    desk.refused("reason.invalid", "reject", number, "--reason", "x" * 2001, session=MING)
    desk.refused("title.invalid", *applying(TONG.name, "x@cdc.gov.tw", "0955000001", CDC,
                                            "--title", "長" * 51))


@pytest.mark.parametrize("code", [
    "", " ", "x", "2.16.886.101.20003.20065.2002", "2.16.886.101.20003.20065.20021.", "2..16",
    f"+{CDC}", "2.16.886.101.２", "2.16.999", "12345678", "04595253", "' OR 1=1 --", "\x1b[2J",
    "9" * 300, f"{CDC}\n", "2.16.886.101.20003.020065.20021", "१२३४५६७८"])
def test_agency_codes(fresh_desk, code):
    ended = fresh_desk.run(*applying(agency=code), "--json")
    plain = fresh_desk.run(*applying(agency=code))
    if code in (f"{CDC}\n", "2.16.886.101.２"):
        assert ended.status in (0, 65, 67)  # white space goes, full-width digits fold
    else:
        assert ended.status in (65, 67) and ended.code.startswith("agency."), ended
    nothing_raw(ended, plain)


@pytest.mark.parametrize("number", [
    "+2", "-2", "０2x", "२", "2.0", "0x2", "1e1", "99999999999999999999999", " 2 3", "", "2\x1b",
    "٢"])
def test_numbers_that_are_none(desk, number):
    # What is no number is what `pending` looks for.
    for words in [["approve", number], ["revoke", number, "--reason", "x"],
                  ["pending", "--limit", number], ["pending", "--batch", number],
                  ["accounts", "--unlock", number, "--reason", "x"]]:
        ended = desk.run(*words, "--json", session=CHIEF)
        assert ended.status == 64 and ended.out == "", (words, ended)
        nothing_raw(ended)


def test_huge_numbers_are_unknown_and_do_not_trap(desk):
    for number in [0, 2**31, 2**63 - 1]:
        ended = desk.run("approve", number, "--json", session=CHIEF)
        assert ended.status in (64, 67), ended
    assert desk.run("pending", "--limit", 2**63 - 1, session=CHIEF).status in (0, 64)


@pytest.mark.parametrize("reference", [
    "", "A", "A-0000-0000", "S-ZZZZ-ZZZZ", "A-7K3F-9QXU", "B-7K3F-9QXM", "../../etc/passwd",
    "A-7K3F-9QX\x1b", "A" * 10_000, "Ａ-7K3F-9QXM", "' OR 1=1 --"])
def test_references(fresh_desk, reference):
    for words in [["verify", reference], ["verify", "--resend", reference]]:
        ended = fresh_desk.run(*words, "--json", stdin="12345678\n12345678\n")
        assert ended.status in (64, 67) and ended.out == "", ended
        nothing_raw(ended)


@pytest.mark.parametrize("typed", [
    "", "1234567", "123456789", "１２３４５６７x", "१२३४५६७८", "+1234567", "12345678\x00", "x" * 9000])
def test_codes_that_are_none(fresh_desk, typed):
    reference = fresh_desk.apply(TONG)
    ended = fresh_desk.run("verify", reference, "--json", stdin=f"{typed}\n{typed}\n")
    assert ended.status in (1, 64, 65), ended
    assert fresh_desk.value("SELECT count(*) FROM account WHERE email = ?", TONG.email) == 0


def test_full_width_codes_fold(fresh_desk):
    reference = fresh_desk.apply(TONG)
    wide = fresh_desk.typed(reference).translate({0x30 + n: 0xFF10 + n for n in range(10)})
    fresh_desk.ok("verify", reference, stdin=f"\u3000{wide}", session=TONG)


@pytest.mark.parametrize("name, email, mobile, stored", [
    ("Mayaw‧Kacaw", "Ming＠CDC.gov.tw", "０９１２－３４５－６７８", "+886912345678"),
    ("O'Brien-王 Jr.", "a.b+c_d@sub.cdc.gov.tw", "+886 912 345 678", "+886912345678"),
    ("  陳\u3000美玲 ", " MING@cdc.gov.tw ", "886912345678", "+886912345678"),
    ("Đặng Thị Hồng", "x@y.tw", "912345678", "+886912345678"),
    ("𠀋田 ･ 舞", "x@example.com", "+85291234567", "+85291234567"),
])
def test_honest_people_pass(fresh_desk, name, email, mobile, stored):
    conf = fresh_desk.home / "iauth.conf"
    conf.write_text("sms-countries = 886 852\n")
    reference = fresh_desk.one(*applying(name, email, mobile), "--config", conf)["application"]
    opened = fresh_desk.one("verify", reference, "--config", conf, stdin=fresh_desk.typed(reference))
    assert opened["name"] == name.strip() or "\u3000" in name
    assert fresh_desk.rows("SELECT mobile FROM account WHERE status = 'active'") == [(stored,)]
    [(address,)] = fresh_desk.rows("SELECT email FROM account WHERE status = 'active'")
    assert address == address.lower() and address.isascii() and " " not in address


def test_a_reason_with_lines_is_one_row_and_intact_in_json(desk):
    desk.join(TONG)
    reason = "第一行\n第二行\t=HYPERLINK(\"x\")"
    ended = desk.run("request-permission", "--reason", reason, "--json", session=TONG)
    if ended.status:
        assert ended.code == "reason.invalid"
        return
    number = ended.lines[0]["request"]
    assert desk.one("pending", number, session=MING)["reason"] == reason
    assert len([line for line in desk.ok("pending", session=MING).out.splitlines()
                if TONG.name in line]) == 1
    nothing_raw(desk.ok("pending", number, session=MING))


def test_children_get_no_text_of_people_as_words(desk, tmp_path):
    """sendmail and the SMS command: fixed words, the address last after --, text on stdin."""
    for name in ["sendmail", "sms"]:
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\nfor w in "$@"; do printf "%s\\0" "$w"; done >> {tmp_path}/'
                           f'{name}.words\nenv > {tmp_path}/{name}.env\n'
                           f'cat >> {tmp_path}/{name}.in\n')
        program.chmod(0o755)
    conf = tmp_path / "conf"
    conf.write_text(f"mail = sendmail-arguments:{tmp_path}/sendmail\nsms = command:{tmp_path}/sms\n"
                    "mail-from = iauth@example.gov.tw\n")
    odd = Person("odd", "-oQ'tmp", "o-x@cdc.gov.tw", "0912000111")
    desk.ok("apply", *odd.words, "--config", conf)
    words = (tmp_path / "sendmail.words").read_text().split("\0")[:-1]
    assert words[:4] == ["-i", "-f", "iauth@example.gov.tw", "--"]
    assert words[4:] == [odd.email]
    assert (tmp_path / "sms.words").read_text() == ""
    mail = (tmp_path / "sendmail.in").read_text()
    code = re.search(r"(?<!\d)\d{8}(?!\d)", mail)[0]
    for name in ["sendmail", "sms"]:
        environment = (tmp_path / f"{name}.env").read_text()
        assert code not in environment and str(desk.home) not in environment


def test_mail_headers_stay_in_their_lines(desk):
    desk.join(Person("l", "長" * 50, "l@cdc.gov.tw", "0955000077", CDC))
    desk.ok("request-permission", "--reason", "字" * 2000, session="l")
    for mail in desk.mails():
        head = mail.split("\n\n", 1)[0]
        for line in head.split("\n"):
            assert re.match(r"^([A-Za-z-]+: | )", line), repr(line)
            assert line.isascii() and len(line) <= 998
        for header in ["From", "To", "Subject", "Date", "Message-ID", "X-IAuth-Kind"]:
            assert len(re.findall(f"^{header}: ", head, re.M)) == 1


CELLS = {**{kind: text for kind, text in STEERING.items() if "\n" not in text and "\r" not in text},
         "formula": "=cmd|' /C calc'!A0", "wide formula": "＝1+1", "minus": "-1+1", "at": "@SUM(A1)"}


def test_sheets_of_hostile_cells_come_back_harmless(desk):
    """Every cell is refused with its code; the report starts no formula and steers nothing."""
    sheet, report = desk.home / "hostile.csv", desk.home / "report.csv"
    with open(sheet, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["OID", "姓名", "E-mail", "手機", "職稱", "備註", "別的"])
        for number, text in enumerate(CELLS.values()):
            writer.writerow([CDC_OFFICES[0], text, f"n{number}@cdc.gov.tw", f"09660{number:05}",
                             "", "", text])
            writer.writerow([CDC_OFFICES[0], "周一", text, f"09770{number:05}", text, "", ""])
            writer.writerow([text, "周一", f"m{number}@cdc.gov.tw", text, "", text, text])
    ended = desk.refused("batch.rejected", "import-batch", sheet, "--report", report,
                         session=CHIEF)
    rows = ended.lines[:-1]
    assert {row["outcome"] for row in rows} == {"rejected"}
    for kind, group in zip(CELLS, zip(*[iter(rows)] * 3)):
        codes = [{problem["code"] for problem in row["problems"]} for row in group]
        assert "name.invalid" in codes[0], kind
        assert "email.invalid" in codes[1], kind
        assert codes[2] & {"agency.invalid", "agency.unknown"} and "mobile.invalid" in codes[2]
    plain = desk.run("import-batch", sheet, session=CHIEF)
    nothing_raw(ended, plain)
    with open(report, newline="", encoding="utf-8-sig") as file:
        for row in csv.reader(file):
            for cell in row:
                assert not cell or cell[0] not in "=+-@\t\r＝＋－＠", repr(cell)


@pytest.mark.parametrize("content, code", [
    (b"", "sheet.empty"), (b"\xff\xfe", "sheet.empty"), (b"a,b\n1,2\n", "sheet.header"),
    ("OID,姓名,E-mail,手機\n".encode(), "sheet.empty"),
    (b"OID,\x00\x01\xfe\xff\n", None), (b"PK\x03\x04garbage", "sheet.unreadable"),
    ("OID,姓名,E-mail,手機\n\"unclosed,x".encode(), None),
    (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), None),
    ("OID,姓名,E-mail,手機,手機\n1,2,3,4,5\n".encode(), None),
])
def test_files_that_are_no_sheets(desk, content, code):
    sheet = desk.home / "sheet"
    sheet.write_bytes(content)
    ended = desk.run("import-batch", sheet, "--json", session=CHIEF)
    assert ended.status == 65 and ended.code.split(".")[0] in ("sheet", "batch"), ended
    assert code in (None, ended.code)
    nothing_raw(ended)
    assert desk.value("SELECT count(*) FROM batch") == 0


@pytest.mark.parametrize("name", ["/etc", "/dev/zero", "/nonexistent", "", "\x1b[2J", "fifo"])
def test_file_names(desk, name):
    if name == "fifo":
        name = desk.home / "fifo"
        os.mkfifo(name)
    for words in [["import-batch", name], ["agencies", "--load", name], ["restore", name],
                  ["systems", "--config", name]]:
        ended = desk.run(*words, "--json", session=CHIEF, timeout=10)
        assert ended.status in (64, 65, 66, 73, 78), (words, ended)
        nothing_raw(ended, desk.run(*words, session=CHIEF, timeout=10))


def test_session_names_and_option_words(desk):
    for name in ["\x1b[2J", "x" * 10_000, "王\u202e", "", "a b", "../x"]:
        ended = desk.run("verify", "--status", "--session", name, "--json")
        assert ended.status in (64, 65, 77), ended
        nothing_raw(ended, desk.run("verify", "--status", "--session", name))
    for word in ["--\x1b[2J", "--\u202e", "\x1b]0;x\x07", "--" + "x" * 5000]:
        nothing_raw(desk.run(word), desk.run("pending", word), desk.run(word, "--json"))
