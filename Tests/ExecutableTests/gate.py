"""A host with the service: OS users who run iauth as themselves, and the socket between.

Made by root with useradd; the socket is held by systemd-socket-activate, as systemd itself would
hold it, so that SO_PEERCRED, modes and owners are the real ones.
"""

import os
import pwd
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import AUTHORITY, CHIEF, Desk, IAUTH, wait_for

SERVICE = "iauth-test"
USERS = ["iauth-alice", "iauth-bob", "iauth-admin", "iauth-mallory"]
ACTIVATE = shutil.which("systemd-socket-activate")


def make_users():
    if os.geteuid() != 0:
        pytest.skip("only root can make the users")
    if ACTIVATE is None:
        pytest.skip("systemd-socket-activate is not installed")
    for name in [SERVICE, *USERS]:
        try:
            pwd.getpwnam(name)
        except KeyError:
            subprocess.run(["useradd", "--system", "--no-create-home", name], check=True)


class Host(Desk):
    """The service's side is the desk; people are OS users."""

    def __init__(self):
        # Not among pytest's directories, which are closed to others.
        root = Path(tempfile.mkdtemp(prefix="iauth-host-"))
        root.chmod(0o755)
        super().__init__(root / "home")
        self.root = root
        self.program = root / "bin/iauth"
        self.config = root / "etc/iauth.conf"
        self.state = root / "state"
        self.socket = root / "run/sock"
        self.listener = None

    @property
    def data(self):
        return self.state

    @property
    def environment(self):
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC0", "HOME": "/nonexistent",
                "IAUTH_CONFIG": str(self.config)}

    def words(self, words, session):
        named = ["--session", getattr(session, "session", session)] if session else []
        return [str(self.program), *named, *map(str, words)]

    def start(self, *words, session=None, env=None, under=(), user=SERVICE, **options):
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "cwd": "/"} | options
        return subprocess.Popen(
            [*map(str, under), *self.words(words, session)], user=user, group=user,
            extra_groups=[], env=self.environment | (env or {}), **options)

    def build(self, more=""):
        for name, mode in {"bin": 0o755, "etc": 0o755, "run": 0o755, "state": 0o700}.items():
            (self.root / name).mkdir(parents=True)
            (self.root / name).chmod(mode)
        shutil.copy(IAUTH, self.program)
        self.config.write_text(
            f"database = {self.state}/iauth.db\nsocket = {self.socket}\n{more}")
        for place in [self.state, self.root / "run"]:
            shutil.chown(place, SERVICE, SERVICE)
        self.ok("init", "--authority", AUTHORITY, "--reviewer-name", CHIEF.name,
                "--reviewer-email", CHIEF.email, "--reviewer-mobile", CHIEF.mobile)

    def listen(self, under=()):
        self.listener = subprocess.Popen(
            [*under, ACTIVATE, "--accept", "--inetd", "-l", self.socket,
             "-E", f"IAUTH_CONFIG={self.config}", self.program, "serve-one"],
            user=SERVICE, group=SERVICE, extra_groups=[], cwd="/usr", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=(self.root / "journal").open("ab"))
        wait_for(self.socket.exists)
        self.socket.chmod(0o666)

    def close(self):
        if self.listener:
            self.listener.terminate()
            self.listener.wait()
        subprocess.run(["pkill", "-KILL", "-u", SERVICE, "-f", str(self.root)])
        shutil.rmtree(self.root)

    def settled(self, reference):
        """The answer comes before the messages go out; this waits for both codes."""
        wait_for(lambda: len(self.codes(reference)) == 2)
        return reference

    def join_as(self, user, person):
        reference = self.one("apply", *person.words, user=user)["application"]
        codes = self.typed(self.settled(reference))
        return self.one("verify", reference, stdin=codes, user=user)

    def sign_in_as(self, user, person):
        signin = self.one("verify", *person.words, "--via", "both", user=user)["signin"]
        return self.one("verify", signin, stdin=self.typed(self.settled(signin)), user=user)

    # Raw connections

    def connect(self, timeout=30):
        """A connection of this process's own user, root."""
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(timeout)
        peer.connect(str(self.socket))
        return peer


def frame(kind, payload=b"", length=None):
    return kind + struct.pack(">I", len(payload) if length is None else length) + payload


def greeting(*words, environment=(), flags=0, version=1):
    text = [item for pair in environment for item in pair] + [*words]
    body = bytes([version, flags]) + struct.pack(">HH", 80, len(environment))
    for item in text:
        item = item if isinstance(item, bytes) else item.encode()
        body += struct.pack(">I", len(item)) + item
    return frame(b"G", body)


def receive(peer):
    """The next frame, or None at the end."""
    def exactly(count):
        got = b""
        while len(got) < count:
            try:
                more = peer.recv(count - len(got))
            except ConnectionResetError:
                return None
            if not more:
                return None
            got += more
        return got
    header = exactly(5)
    if header is None:
        return None
    return header[:1], exactly(struct.unpack(">I", header[1:])[0])


def conversation(peer):
    """All frames until the end."""
    frames = []
    while (got := receive(peer)) is not None:
        frames.append(got)
        if got[0] == b"S":
            break
    return frames
