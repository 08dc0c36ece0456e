"""Scripts of superior agencies and applicants without an account, through a real sshd."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import time

import pexpect
import pytest

from conftest import CDC, CDC_OFFICES, CHIEF, MANAGER, MING, Ended, clerk, status_of, wait_for
from gate import Host, SERVICE, make_users

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")
SHEET = f"機關OID,姓名,公務信箱,手機\n{CDC_OFFICES[0]},周一一,one@cdc.gov.tw,0922000001\n"


class SSHHost(Host):
    def serve_public(self):
        """For who has no account on the host, and nobody else."""
        subprocess.run(["usermod", "--shell", "/bin/sh", "--password", "*", SERVICE], check=True)
        self.serve_ssh(enrols=False)

    def by_ssh(self, *words):
        ended = self.ssh(" ".join(map(shlex.quote, map(str, words))), key="all")
        return Ended(words, ended.returncode, ended.stdout, ended.stderr)

    def serve_ssh(self, enrols=True):
        """One sshd on loopback: a key of the ministry's script, and one that is open to all."""
        place = self.root / "ssh"
        place.mkdir(mode=0o755)
        for key in ("host", "mohw", "all"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / key],
                           check=True)
        config = f'--config {self.config}'
        public = f'restrict,pty,command="{self.program} {config} ssh-gate --public"'
        lines = [public + " " + (place / "all.pub").read_text()]
        if enrols:
            account = self.value("SELECT id FROM account WHERE email = ?", MANAGER.email)
            enrolled = self.one("ssh-gate", "--enrol", "mohw-hr", "--account", account)
            lines.append(enrolled["line"].replace("iauth ssh-gate", f"iauth {config} ssh-gate")
                         + " " + (place / "mohw.pub").read_text())
        (place / "authorized_keys").write_text("".join(lines))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (place / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {place}/host\n"
            f"AuthorizedKeysFile {place}/authorized_keys\nPidFile none\nUsePAM no\n"
            "PasswordAuthentication no\nStrictModes no\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", place / "config"],
                                     stderr=(place / "log").open("wb"))
        wait_for(self._listens)

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ssh(self, *words, key="mohw", stdin=""):
        return subprocess.run(
            ["ssh", "-F", "none", "-i", self.root / "ssh" / key, "-p", str(self.port),
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "--", f"{SERVICE}@127.0.0.1", *words],
            input=stdin, capture_output=True, text=True, timeout=60)

    def close(self):
        self.sshd.terminate()
        self.sshd.wait()
        super().close()


@pytest.fixture(scope="module")
def host():
    make_users()
    if SSHD is None:
        pytest.skip("openssh-server is not installed")
    # sshd runs a forced command by the account's shell; no password fits it, but it is not locked.
    subprocess.run(["usermod", "--shell", "/bin/sh", "--password", "*", SERVICE], check=True)
    host = SSHHost()
    host.build()
    host.sign_in(CHIEF)
    host.appoint(MANAGER)
    host.serve_ssh()
    yield host
    host.close()


def test_a_script_hands_in_and_follows_up(host):
    first = host.ssh("import-batch", "-", "--document", "'衛部 字 1'", "--json", stdin=SHEET)
    assert first.returncode == 0, first
    assert '"accepted":1' in first.stdout.splitlines()[-1]
    again = host.ssh("import-batch - --json", stdin=SHEET)
    assert '"unchanged":1' in again.stdout.splitlines()[-1], again
    batch = re.search(r'"batch":(\d+)', again.stdout).group(1)
    rows = host.ssh("pending", "--batch", batch, "--json")
    assert rows.returncode == 0 and "周一一" in rows.stdout, rows
    assert MANAGER.email in host.ssh("admins").stdout
    assert CDC in host.ssh("agencies", CDC, "--json").stdout
    caller, account = host.rows(
        "SELECT caller, account FROM audit WHERE action = 'batch.import'")[-1]
    assert caller == "key:mohw-hr" and account is not None
    assert host.value("SELECT document FROM batch") == "衛部 字 1"


@pytest.mark.parametrize("words", [
    ["approve", "1"], ["approve --batch 1"], ["reject 1 --reason x"], ["revoke 1 --reason x"],
    ["accounts"], ["audit"], ["verify --status"], ["deliver"], ["pending"], ["pending 1"],
    ["request-permission --role admin"], ["apply", *clerk(1).words],
    ["--db /tmp/x.db admins"], ["agencies --config /etc/passwd"], ["serve-one"],
    ["ssh-gate other"], ["init --authority 1"], ["backup /tmp/x.db"], ["restore /tmp/x.db"],
    ["agencies --load -"], ["admins --appoint --system spm --name 王五 --email w@ey.gov.tw"
                            " --mobile 0911222333"],
    ["doctor"], ["systems --add x --name X"],
])
def test_a_key_decides_nothing_and_reads_nothing_else(host, words):
    before = host.rows("SELECT id, status FROM request")
    ended = host.ssh(*words, stdin="x\n")
    assert ended.returncode == 77 and ended.stdout == "", ended
    assert host.rows("SELECT id, status FROM request") == before


@pytest.mark.parametrize("words, status", [
    ("import-batch /etc/passwd", 66), ("import-batch - --report /tmp/iauth-planted.csv", 73),
    ("agencies '$(touch /tmp/iauth-planted.csv)'", 0), ("agencies `touch /tmp/iauth-planted.csv`", 64),
    ("agencies; touch /tmp/iauth-planted.csv", 64), ("agencies 'open", 64), ("agencies \\", 64),
    ("agencies\nadmins", 64), ("agencies > /tmp/iauth-planted.csv", 64), ("-oProxyCommand=x", 64),
    ("agencies --limit 1 --bogus", 64), ("x" * 20_000, 64), ("import-batc -", 64),
])
def test_words_are_words(host, words, status):
    ended = host.ssh(words, stdin=SHEET)
    assert ended.returncode == status, ended
    assert not os.path.exists("/tmp/iauth-planted.csv")


def test_a_key_lives_as_long_as_its_administrator(host):
    def hands_in():
        status = host.ssh("import-batch - --dry-run", stdin=SHEET).returncode
        # What everybody may look up, a key may while its account is an active administrator.
        for words in (f"agencies {CDC}", f"admins --agency {CDC}"):
            assert host.ssh(words).returncode == status, words
        assert host.ssh("help").returncode == 0
        return status
    assert hands_in() == 0
    account = host.value("SELECT account FROM gate_key")
    host.ok("accounts", "--suspend", account, "--reason", "查核")
    assert hands_in() == 77
    host.ok("accounts", "--restore", account, "--reason", "查核完畢")
    assert hands_in() == 0
    host.ok("ssh-gate", "--withdraw", "mohw-hr")
    assert hands_in() == 77
    host.refused("key.unknown", "ssh-gate", "--withdraw", "mohw-hr")
    host.ok("ssh-gate", "--enrol", "mohw-hr", "--account", account)
    assert hands_in() == 0


def test_an_applicant_without_an_account_on_the_host(host):
    """One connection: apply, and prove with the codes that came meanwhile."""
    person = clerk(901)
    shell = subprocess.Popen(
        ["ssh", "-F", "none", "-i", host.root / "ssh/all", "-p", str(host.port),
         "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         "-o", "LogLevel=ERROR", f"{SERVICE}@127.0.0.1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    words = " ".join(f"'{word}'" if " " in word else word for word in person.words)
    shell.stdin.write(f"apply {words} --json\n")
    shell.stdin.flush()
    reference = re.search(r"A-[0-9A-Z]{4}-[0-9A-Z]{4}", shell.stdout.readline()).group()
    host.settled(reference)
    email, sms = host.codes(reference)
    shell.stdin.write(f"verify {reference}\n{email}\n{sms}\n"
                      "request-permission --role general --json\nverify --status\nexit\n")
    out, err = shell.communicate(timeout=30)
    assert "signed in" in out and '"request":' in out, (out, err)
    assert shell.returncode == 0, err
    # The connection is over, and with it the session: the next one is somebody else.
    after = host.ssh("verify --status", key="all")
    assert after.returncode == 77, after
    callers = {row[0] for row in host.rows("SELECT caller FROM audit")}
    assert "addr:127.0.0.1" in callers
    assert host.value("SELECT count(*) FROM session WHERE caller LIKE 'addr:%'"
                      " AND ended_at IS NULL") == 0


def test_a_terminal_at_the_open_gate(host):
    """Codes are sent while the question stands; the prompt comes back, and exit signs out."""
    person = clerk(905)
    host.join(person)
    shell = pexpect.spawn(
        "ssh", ["-tt", "-F", "none", "-i", str(host.root / "ssh/all"), "-p", str(host.port),
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "LogLevel=ERROR", f"{SERVICE}@127.0.0.1"], encoding="utf-8", timeout=30)
    shell.expect("iauth> ")
    words = " ".join(f"'{word}'" for word in person.words)
    shell.sendline(f"verify {words} --via email")
    shell.expect(r"S-[0-9A-Z]{4}-[0-9A-Z]{4}")
    reference = shell.match.group()
    shell.expect("Code from the e-mail: ")
    wait_for(lambda: host.codes(reference))
    shell.sendline(host.codes(reference)[0])
    shell.expect("signed in")
    shell.expect("general user.*: ")
    shell.sendline("")
    shell.expect("iauth> ")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)


def test_the_queue_key_by_key_by_ssh(host):
    """A terminal behind ssh: sign in, and decide with a key."""
    person = clerk(906)
    host.join(person)
    number = host.request(person)
    host.appoint(MING)
    shell = pexpect.spawn(
        "ssh", ["-tt", "-F", "none", "-i", str(host.root / "ssh/all"), "-p", str(host.port),
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "LogLevel=ERROR", f"{SERVICE}@127.0.0.1"], encoding="utf-8", timeout=30)
    shell.expect("iauth> ")
    words = " ".join(f"'{word}'" for word in MING.words)
    shell.sendline(f"verify {words} --via both")
    shell.expect(r"S-[0-9A-Z]{4}-[0-9A-Z]{4}")
    reference = host.settled(shell.match.group())
    for code in host.codes(reference):
        shell.expect("Code from the .*: ")
        shell.sendline(code)
    shell.expect("iauth> ")
    shell.sendline(f"pending -i {person.name}")
    shell.expect(r"\[1/1\]")
    assert person.name in shell.before
    shell.send("r")
    shell.expect("empty: back.*: ")
    shell.sendintr()
    shell.expect([pexpect.EOF, "iauth> "])
    shell.close()
    assert host.one("pending", number)["status"] == "pending"


def test_the_open_gate_refuses_what_is_the_operators(host):
    for words in ("deliver", "accounts --erase 1 --reason x", "audit", "--db /tmp/x.db agencies",
                  "doctor", "ssh-gate --list", "serve-one"):
        ended = host.ssh(words, key="all")
        assert ended.returncode in (64, 77) and ended.stdout == "", ended
    assert host.ssh("--session default verify --status", key="all").returncode == 64


def test_what_lines_start_is_reaped_and_bounded(host):
    """Hundreds of lines, and never more than a few processes; afterwards none."""
    shell = subprocess.Popen(
        ["ssh", "-F", "none", "-i", host.root / "ssh/all", "-p", str(host.port),
         "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         "-o", "LogLevel=ERROR", f"{SERVICE}@127.0.0.1"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    words = " ".join(f"'{word}'" for word in clerk(930).words)
    shell.stdin.write(f"verify {words} --via email\n" + f"agencies {CDC}\n" * 150
                      + "pending\n" * 150)
    shell.stdin.flush()
    most = 0

    def is_quiet():
        nonlocal most
        listing = subprocess.run(["ps", "-u", SERVICE, "-o", "stat=,args="], capture_output=True,
                                 text=True).stdout.splitlines()
        ours = [line for line in listing if "deliver" in line or line.startswith("Z")]
        most = max(most, len(ours))
        return not ours

    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        is_quiet()
        time.sleep(0.02)
    shell.stdin.close()
    shell.wait(60)
    # Four at a time, and what has ended and waits to be reaped.
    assert most <= 8, most
    wait_for(is_quiet)


def test_an_address_has_a_budget(host):
    statuses = [host.ssh("apply", *clerk(910 + number).words, key="all").returncode
                for number in range(12)]
    assert statuses[0] == 0 and statuses[-1] == status_of("send.throttled"), statuses


def test_a_line_may_begin_with_the_programs_name(fresh_desk):
    """Every mail's command does: it is pasted as it stands."""
    said = fresh_desk.ok("ssh-gate", "--public", stdin="iauth systems\nsystems\n",
                         env={"SSH_CONNECTION": "203.0.113.7 1 10.0.0.1 22"})
    assert said.out.count("\nspm ") == 2, said
