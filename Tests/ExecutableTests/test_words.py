"""The Chinese terms are those of the contract, and only those, in texts, pages, mails and
transcripts. What people write in sheets and at prompts may be older, so the files that read it are
left out."""

import re
import subprocess

import pytest

from conftest import ROOT
from test_command_line import COMMANDS

TERMS = ["待審核列表", "審查詳細資訊", "核准（接受申請）", "退件", "退回補正", "廢止", "稽催", "彙整通知", "整批申請",
         "附表", "角色", "申請序號", "工作階段", "執行者", "後續作業", "自動完成", "機關", "上級機關", "主管機關",
         "帳號申請", "帳號", "系統", "權限申請", "權限", "審核", "整批", "驗證碼", "通知", "使用者程序", "登入"]

# Not this, but that.
WRONG = {
    "催辦|催審|提醒通知": "稽催",
    "身分(?!驗證系統)": "角色, or 使用者程序",
    "退回(?!補正)|駁回": "退件, 退回補正; a mail: 退信",
    "核可|批准|核定": "核准",
    "撤銷": "廢止 a permission, 撤回 a request, 復原 a succession",
    "權限(已|即|之)?終止|終止(該|原)?權限|取消權限": "廢止",
    "申請編號|案號|流水號": "申請序號",
    "批次|批號": "整批",
    "會話|連線階段|登入階段": "工作階段",
    "補全|自動補齊": "自動完成",
    "彙總|摘要": "彙整通知",
    "待審(?!核)|審核清單|權限清單": "待審核, 待審核列表",
    "審核詳情|(?<!審查)詳細資訊": "審查詳細資訊",
    "下一步|接下來": "後續作業",
    "一般使用者": "一般權限",
    "帳戶": "帳號",
    "上層機關|上級單位": "上級機關",
    "認證碼|確認碼": "驗證碼",
    "操作者|操作人|行為人|行為帳號": "執行者",
}
TYPED = {"FormColumns.swift", "FormValues.swift", "DecisionLines.swift", "Suggestion.swift",
         "agencies.csv"}


def texts():
    listed = subprocess.run(
        ["git", "ls-files", "Sources", "README.zh-TW.md", "Scripts/man-source",
         "Scripts/debian/iauth.conf", "Tests/IAuthTests/Transcripts"],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name: (ROOT / name).read_text() for name in listed.splitlines()
            if name.rsplit("/", 1)[-1] not in TYPED and (ROOT / name).is_file()}


@pytest.mark.parametrize("word", WRONG)
def test_no_other_word_stands_for_a_term(word):
    found = [(name, line) for name, text in texts().items() for line in text.splitlines()
             if re.search(word, line)]
    assert not found, f"rather {WRONG[word]}"


def test_every_term_is_said():
    said = "\n".join(texts().values())
    assert [term for term in TERMS if term not in said] == []


def test_what_is_shown_has_no_other_word_either(empty_desk):
    chinese = {"LC_ALL": "zh_TW.UTF-8"}
    shown = empty_desk.ok("help", env=chinese).out + empty_desk.ok("help", "json", env=chinese).out
    for command in COMMANDS:
        shown += empty_desk.ok("help", command, env=chinese).out
    for word, better in WRONG.items():
        assert not (found := re.search(word, shown)), f"{found[0]}: rather {better}"


def test_older_words_are_still_read(desk):
    desk.refused("usage.command", "催辦")
    sheet = "機關代號,使用者姓名,公務信箱,手機,使用者角色\n{},江一二,j12@cdc.gov.tw,0933111222,一般使用者\n"
    from conftest import CDC, CHIEF
    row = desk.json("import-batch", "-", "--dry-run", stdin=sheet.format(CDC), session=CHIEF)[0]
    assert row["outcome"] == "accepted", row
