"""The commands that power-cut and inject try, each in an office that is ready for it.

A scene has its words, who acts, and what the same command may answer when it is run again after it
had been done.
"""
import random
from dataclasses import dataclass
from pathlib import Path

from desk import AUTHORITY, CDC, CHIEF, HPA, MOHW, REGISTRY, Desk, fresh

MING = (CDC, "李小明", "ming@cdc.gov.tw", "0912345671")
TONG = (CDC, "王大同", "tong@cdc.gov.tw", "0912345672")
MEI = (CDC, "陳美麗", "mei@cdc.gov.tw", "0912345673")
SHEET = "機關代碼,姓名,公務信箱,行動電話\n" + "".join(
    f"{agency},{name},{mail}@{host}.gov.tw,09333333{n:02}\n" for n, (agency, name, mail, host) in
    enumerate([(MOHW, "林部管", "mohw", "mohw"), (HPA, "張國華", "hua", "hpa"),
               (CDC, "黃疾管", "huang", "cdc")]))


def person(who):
    return ["--agency", who[0], "--name", who[1], "--email", who[2], "--mobile", who[3]]


@dataclass
class Scene:
    name: str
    words: list
    session: str = None
    stdin: str = ""
    # Codes that say, the second time, that it had been done.
    again: tuple = ()
    # Whether nothing but reading is done.
    reads: bool = False
    # A file that it makes, below the home.
    makes: str = None
    # Whether it needs a home without a database.
    isEmpty: bool = False
    # Seconds after the office was made; only where its clock is not the real one.
    later: int = 0


def office(home, now=None):
    """An office with a signed-in reviewer, an administrator, and requests of every kind."""
    desk = fresh(home, now)
    desk.sign_in(AUTHORITY, *CHIEF, session="chief")
    (desk.home / "form.csv").write_text(SHEET)
    (desk.home / "second.csv").write_text(SHEET.replace("林部管", "吳部管").replace(
        "mohw@", "wu@").replace("0933333300", "0933333309"))
    desk.join(*MING, session="ming")
    number = desk.ok("request-permission", "--role", "admin", session="ming")["request"]
    desk.ok("approve", number, session="chief")
    desk.join(*TONG, session="tong")
    desk.waiting = desk.ok("request-permission", session="tong")["request"]
    desk.application = desk.ok("apply", *person(MEI))["application"]
    codes = desk.codes(desk.application)
    desk.codes_of_mei = f"{codes['email']}\n{codes['sms']}\n"
    desk.join(HPA, "周國健", "chou@hpa.gov.tw", "0922222221", session="chou")
    desk.returned = desk.ok("request-permission", "--role", "admin", session="chou")["request"]
    desk.ok("reject", desk.returned, "--return", "--reason", "請補公文", session="chief")
    desk.ok("import-batch", "form.csv")
    desk.batch = desk.rows("SELECT max(id) FROM batch")[0][0]
    desk.admin = number
    desk.ok("backup", "copy.db")
    return desk


def scenes(desk):
    one = lambda who: desk.rows("SELECT id FROM account WHERE email = ?", who[2])[0][0]
    return [
        Scene("apply", ["apply", *person((CDC, "新同仁", "new@cdc.gov.tw", "0912345699"))],
              again=("", "send.throttled")),
        Scene("verify", ["verify", desk.application], "mei", desk.codes_of_mei,
              again=("code.expired",)),
        Scene("sign-in", ["verify", *person(TONG), "--via", "email"], "tong",
              again=("", "send.throttled")),
        Scene("request", ["request-permission", "--role", "admin"], "tong",
              again=("request.duplicate",)),
        Scene("withdraw", ["request-permission", "--withdraw", desk.waiting], "tong",
              again=("request.decided",)),
        Scene("resubmit", ["request-permission", "--resubmit", desk.returned, "--reason", "已補"],
              "chou", again=("request.duplicate", "request.decided")),
        Scene("approve", ["approve", desk.waiting], "ming", again=("request.decided",)),
        Scene("approve-batch", ["approve", "--batch", desk.batch], "chief",
              again=("", "request.decided")),
        Scene("reject", ["reject", desk.waiting, "--reason", "資料不符"], "ming",
              again=("request.decided",)),
        Scene("return", ["reject", desk.waiting, "--return", "--reason", "請補"], "ming",
              again=("request.decided",)),
        Scene("revoke", ["revoke", desk.admin, "--reason", "離職"], again=("permission.none",)),
        Scene("import", ["import-batch", "second.csv", "--document", "1150001"], again=("",)),
        Scene("suspend", ["accounts", "--suspend", one(TONG), "--reason", "離職"],
              again=("account.state",)),
        Scene("close", ["accounts", "--close", one(TONG), "--reason", "離職"],
              again=("account.state",)),
        Scene("erase", ["accounts", "--erase", one(TONG), "--reason", "離職"],
              again=("account.state", "account.unknown")),
        Scene("appoint", ["admins", "--appoint", "--system", "spm", "--name", "林副主管", "--email",
                          "second@nicst.ey.gov.tw", "--mobile", "0911111112"],
              again=("", "request.duplicate", "permission.held", "account.taken")),
        Scene("remind", ["pending", "--remind", "--after", "1s", "--clock-is-right"], again=("",),
              later=5 * 86400),
        Scene("review", ["recertify", "--open", "--due", "2027-06-30"],
              again=("recertify.open",)),
        Scene("system", ["systems", "--add", "law", "--name", "Law"], again=("system.exists",)),
        Scene("agency", ["agencies", "--add", "--code", "12345675", "--name", "測試法人"],
              again=("agency.exists",)),
        Scene("enrol", ["ssh-gate", "--enrol", "mohw-1", "--account", one(MING)],
              again=("key.exists",)),
        Scene("acknowledge", ["permissions", "--acknowledge", 1, "--system", "spm"], again=("",)),
        Scene("deliver", ["deliver"], again=("",)),
        Scene("sign-out", ["verify", "--sign-out"], "tong", again=("session.none",)),
        Scene("backup", ["backup", "second.db"], again=("file.exists",), makes="second.db"),
        Scene("restore", ["restore", "copy.db"], again=("", "database.exists"), isEmpty=True),
        Scene("init", ["init", "--authority", AUTHORITY, "--agencies", "registry.csv",
                       "--reviewer-name", CHIEF[0], "--reviewer-email", CHIEF[1],
                       "--reviewer-mobile", CHIEF[2]], again=("database.exists",), isEmpty=True),
        Scene("pending", ["pending"], "ming", again=("",), reads=True),
        Scene("detail", ["pending", desk.waiting], "ming", again=("",)),
        Scene("accounts", ["accounts"], "ming", again=("",), reads=True),
        Scene("audit", ["audit", "--verify"], again=("",), reads=True),
        Scene("doctor", ["doctor"], again=("",), reads=True),
    ]
