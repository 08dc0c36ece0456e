"""The trail for those who need not trust us: checkpoints, proofs, exports, and an independent judge."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import IAUTH, MING, TONG

SCRIPTS = Path(__file__).parents[2] / "Scripts"
CHECK = SCRIPTS / "verify-trail"


def judged(desk, tmp_path, *words, entries=None):
    """What verify-trail says of the words; files are given by their text."""
    arguments = []
    for number, word in enumerate(words):
        if word == "-" or word.startswith("--"):
            arguments.append(word)
            continue
        path = tmp_path / f"kept{number}"
        path.write_text(word)
        arguments.append(path)
    return subprocess.run([sys.executable, CHECK, *arguments], input=entries, capture_output=True,
                          text=True)


def exported(desk):
    return desk.ok("audit", "--after", 0, "--format", "jsonl").out


def joined(desk):
    desk.join(TONG)
    return TONG


def test_a_checkpoint_is_a_note_of_three_lines(desk):
    origin, size, root, rest = desk.ok("audit", "--checkpoint").out.split("\n")
    assert re.fullmatch(r"[^\s+]+", origin) and rest == ""
    assert int(size) == desk.value("SELECT max(seq) FROM audit")
    assert len(base64.b64decode(root, validate=True)) == 32
    head = desk.one("audit", "--head")
    assert (head["origin"], head["size"], head["root"]) == (origin, int(size), root)
    assert head["hash"] == desk.value("SELECT lower(hex(hash)) FROM audit ORDER BY seq DESC LIMIT 1")
    # It reads and tells nothing that would be worth an entry.
    assert desk.one("audit", "--head")["size"] == int(size)


def test_an_agents_key_signs_the_note(desk, tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    desk.refused("sign.failed", "audit", "--checkpoint", "--sign", f"{key}.pub")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"],
                             stdout=subprocess.DEVNULL)
    try:
        env = {"SSH_AUTH_SOCK": str(tmp_path / "agent")}
        while subprocess.run(["ssh-add", "-q", key], env=os.environ | env).returncode == 2:
            pass
        note = desk.ok("audit", "--checkpoint", "--sign", f"{key}.pub", env=env).out
    finally:
        agent.terminate()
        agent.wait()
    text, _, line = note.partition("\n\n")
    text += "\n"
    dash, name, signature = line.rstrip("\n").split(" ")
    assert (dash, name) == ("—", text.split("\n")[0]) and text.count("\n") == 3
    blob = base64.b64decode(Path(f"{key}.pub").read_text().split()[1])
    # openssl's own verification of the bare Ed25519 signature.
    (tmp_path / "public.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + blob[-32:])
    (tmp_path / "signature").write_bytes(base64.b64decode(signature)[4:])
    (tmp_path / "text").write_text(text)
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "public.der",
         "-rawin", "-in", "text", "-sigfile", "signature"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done
    (tmp_path / "note").write_text(note)
    desk.ok("audit", "--verify", "--anchor", tmp_path / "note")


def test_ssh_keygen_signs_the_checkpoint_as_it_stands(desk, tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    text = desk.ok("audit", "--checkpoint").out.encode()
    signed = subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "iauth", "-f", key],
                            input=text, capture_output=True, check=True)
    (tmp_path / "signature").write_bytes(signed.stdout)
    (tmp_path / "signers").write_text("head " + Path(f"{key}.pub").read_text())
    subprocess.run(["ssh-keygen", "-q", "-Y", "verify", "-n", "iauth", "-f", "signers", "-I", "head",
                    "-s", "signature"], input=text, cwd=tmp_path, check=True, capture_output=True)


def test_a_root_that_begins_with_a_plus_is_a_root(desk, tmp_path):
    """One in 64 does, and a plus is also what a diff has in front of a line."""
    kept = tmp_path / "kept"
    for number in range(400):
        note = desk.ok("audit", "--checkpoint").out
        if note.split("\n")[2].startswith("+"):
            break
        desk.ok("systems", "--add", f"s{number}", "--name", "S")
    entries = exported(desk)
    for mark in ["", "+", "> ", "+ "]:
        text = "".join(f"{mark}{line}\n" for line in note.splitlines())
        kept.write_text(text)
        desk.ok("audit", "--verify", "--anchor", kept)
        assert judged(desk, tmp_path, text, "--entries", entries).returncode == 0
    other = re.sub(r"\n\+[^\n]+=\n", f"\n+{'A' * 42}=\n", note)
    kept.write_text(other)
    desk.refused("audit.broken", "audit", "--verify", "--anchor", kept)
    assert judged(desk, tmp_path, other, "--entries", entries).returncode == 1


def test_every_form_of_a_head_is_an_anchor(desk, tmp_path):
    kept = tmp_path / "kept"
    forms = [desk.ok("audit", "--checkpoint").out, desk.ok("audit", "--head").out,
             desk.ok("audit", "--head", "--json").out, desk.ok("audit", "--prove", 3).out,
             desk.ok("audit", "--verify").out, exported(desk),
             desk.ok("audit", "--prove", 2, "--since", 4).out]
    forms.append("\n".join(forms))
    desk.join(TONG)
    for form in forms:
        kept.write_text(form)
        desk.ok("audit", "--verify", "--anchor", kept)
    kept.write_text("")
    desk.refused("anchor.missing", "audit", "--verify", "--anchor", kept)
    origin, size, root, _ = forms[0].split("\n")
    other = base64.b64encode(bytes(32)).decode()
    for text in [f"{origin}\n{size}\n{other}\n", f"{forms[0]}{origin}\n{size}\n{other}\n",
                 f"iauth/{'0' * 32}\n{size}\n{root}\n", f"{origin}\n9999\n{root}\n"]:
        kept.write_text(text)
        desk.refused("audit.broken", "audit", "--verify", "--anchor", kept)


def test_anchors_count_beside_a_checkpoint(desk, tmp_path):
    """An anchor, as the operator's digest has one, does not say of which trail it is."""
    head = desk.one("audit", "--head")
    note, entries = desk.ok("audit", "--checkpoint").out, exported(desk)
    anchor = f"iauth-audit/1 {head['size']} {head['hash']}\n"
    alone = judged(desk, tmp_path, "--entries", "-", anchor, entries=entries)
    assert alone.returncode == 2 and "a checkpoint of one trail" in alone.stderr
    assert judged(desk, tmp_path, "--entries", "-", anchor, note, entries=entries).returncode == 0
    said = judged(desk, tmp_path, "--help").stdout
    assert "anchors (`iauth-audit/1 SEQ HASH`) count beside one" in said
    for page in ("iauth-audit.1", "zh_TW/iauth-audit.1"):
        text = subprocess.run(["man", "-l", SCRIPTS.parent / "man" / page], capture_output=True,
                              text=True, env=os.environ | {"MANWIDTH": "400"}).stdout
        assert ("anchors count there beside a checkpoint" in text) == (page[0] == "i")


def test_a_proof_of_one_decision_is_small_and_holds_without_iauth(desk, tmp_path):
    number = desk.request(joined(desk))
    older = desk.ok("audit", "--checkpoint").out
    desk.ok("approve", number, session=MING)
    seq = desk.value("SELECT max(seq) FROM audit WHERE action = 'request.approve'")
    newer = desk.ok("audit", "--checkpoint").out
    size = int(older.split("\n")[1])
    proof = desk.ok("audit", "--prove", seq, "--since", size).out
    assert len(desk.ok("audit", "--prove", seq).out) <= 2048
    for heads in [[older], [newer], [older, newer]]:
        done = judged(desk, tmp_path, *heads, "--proof", proof)
        assert done.returncode == 0, done
    # A proof of something else, or under another head, is none.
    changed = json.loads(proof)
    changed["entry"]["account"] = 1
    for text, head in [(json.dumps(changed), newer), (proof.replace(f'"size":{size}}}', '"size":3}'),
                                                      older),
                       (proof, re.sub(r"\n[^\n]+=\n", f"\n{'A' * 43}=\n", older))]:
        assert judged(desk, tmp_path, head, "--proof", text).returncode == 1
    desk.refused("entry.unknown", "audit", "--prove", 99999)


def test_the_judge_names_what_was_changed(desk, tmp_path):
    head = desk.ok("audit", "--checkpoint").out
    entries = exported(desk)
    assert judged(desk, tmp_path, head, "--entries", entries).returncode == 0
    assert judged(desk, tmp_path, head, "--entries", "-", entries=entries).returncode == 0
    lines = entries.splitlines(keepends=True)
    for text, said in [("".join(lines[:4] + lines[5:]), "entry 5 is missing"),
                       ("".join(lines[:3]), "and only 3 are here"),
                       (entries.replace('"outcome":"done"', '"outcome":"no"', 1), "was changed"),
                       (entries.replace('"seq":4', '"seq":"4"'), ""), ("x", "")]:
        done = judged(desk, tmp_path, head, "--entries", text)
        assert done.returncode == 1 and said in done.stderr, done
    assert judged(desk, tmp_path, "nothing", "--entries", entries).returncode == 2
    lines = CHECK.read_text().splitlines()
    assert len(lines) <= 150
    known = {"argparse", "base64", "datetime", "functools", "hashlib", "json", "re", "sys"}
    assert {line.split()[1] for line in lines if re.match("(import|from) ", line)} <= known


def test_a_feed_is_resumable_and_the_same_at_any_time(desk):
    desk.request(joined(desk))
    last = desk.one("audit", "--head")["seq"]
    for form in ["jsonl", "rfc5424", "ocsf"]:
        whole = desk.ok("audit", "--after", 0, "--format", form, "--limit", last).out
        pieces, next_seq = "", 0
        while next_seq < last:
            limit = min(3, last - next_seq)
            pieces += desk.ok("audit", "--after", next_seq, "--format", form, "--limit", limit).out
            next_seq += limit
        assert pieces == whole and whole.count("\n") == last
        for person in (MING, TONG):
            assert person.name not in whole and person.email not in whole
    beyond = desk.ok("audit", "--after", last + 100000)
    assert beyond.out == "" and "entries only" in beyond.err
    assert "entries only" not in desk.ok("audit", "--after", last).err
    desk.refused("usage.value", "audit", "--after", 0, "--format", "xml")


def test_syslog_and_ocsf_say_what_their_specifications_want(desk):
    number = desk.request(joined(desk))
    desk.ok("approve", number, session=MING)
    desk.ok("revoke", number, "--reason", "調職", session=MING)
    for line in desk.ok("audit", "--after", 0, "--format", "rfc5424").out.splitlines():
        assert re.fullmatch(
            r'<10[89]>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S{1,255} iauth \S{1,128} \S{1,32} '
            r'\[audit@32473( [a-z]+="([^"\\\]]|\\["\\\]])*")+\] .+', line), line
    events = [json.loads(line) for line in
              desk.ok("audit", "--after", 0, "--format", "ocsf").out.splitlines()]
    seen = {}
    for event in events:
        assert event["type_uid"] == 100 * event["class_uid"] + event["activity_id"]
        assert event["category_uid"] == event["class_uid"] // 1000
        assert {"time", "severity_id", "metadata"} <= set(event)
        if event["class_uid"]:
            assert event["user"]["uid"]
        if event["class_uid"] == 3005:
            assert event["privileges"][0].startswith("spm:")
        seen.setdefault(event["unmapped"]["action"], event["type_uid"])
    assert seen["account.open"] == 300101 and seen["session.start"] == 300201
    assert seen["request.approve"] == 300501 and seen["permission.revoke"] == 300502


def test_rewritten_histories_are_found_and_honest_ones_accepted():
    done = subprocess.run([sys.executable, SCRIPTS / "try-histories", "6"],
                          env=os.environ | {"IAUTH_EXECUTABLE": str(IAUTH)}, capture_output=True,
                          text=True)
    assert done.returncode == 0, done
    assert "6 rewritten histories: 6 found" in done.stdout and "6 accepted" in done.stdout
