"""A Debian host to break: an overlay of this one's files, booted by systemd in namespaces.

Nothing of it reaches the real host, and it is gone with its first process. That takes two seconds
where debootstrap takes a minute, and its processes, users, units and package database are real.
IAUTH_HOST_ROOT names another root, such as one that debootstrap has made (`Scripts/try-package`).
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import Desk, wait_for

# The first process makes its file systems and becomes systemd. /sys and /proc/sys are read-only: the
# kernel is not this host's own. What keeps services from being started in an image goes, and so
# does indexing of manual pages.
INIT = r"""
set -eu
root=$1 lower=$2
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/host"
mount -t overlay -o "lowerdir=$lower,upperdir=$root/upper,workdir=$root/work" overlay "$root/host"
cd "$root/host"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for name in run dev; do mount -t tmpfs -o mode=755 tmpfs "$name"; done
mount -t tmpfs -o mode=1777 tmpfs tmp
for name in null zero full random urandom tty; do
  touch "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0 1 2; do ln -s "fd/$number" "dev/$(echo stdin stdout stderr \
  | cut -d ' ' -f $((number + 1)))"; done
: >etc/machine-id
rm -f usr/sbin/policy-rc.d var/lib/man-db/auto-update
ip link set lo up
exec chroot . /usr/bin/env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --log-target=journal --unit=basic.target
"""


class Host(Desk):
    """The booted host. Who runs iauth is an OS user: the operator, or whoever a person is."""

    def __init__(self, directory):
        super().__init__(directory)
        self.cgroup = Path(tempfile.mkdtemp(prefix="iauth-test.", dir=cgroups()))
        into = f"echo $$ >'{self.cgroup}/cgroup.procs'; exec \"$@\""
        self.process = subprocess.Popen(
            ["sh", "-c", into, "sh", "unshare", "--mount", "--pid", "--uts", "--ipc", "--net",
             "--cgroup", "--fork", "--kill-child", "sh", "-c", INIT, "sh", str(directory),
             os.environ.get("IAUTH_HOST_ROOT", "/")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def boot(self):
        """Waits until it is up; false with a reason if this host does not allow it."""
        def children():
            path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            return path.read_text().split() if path.exists() else []

        wait_for(lambda: children() or self.process.poll() is not None)
        if self.process.poll() is None:
            self.first = int(children()[0])
            wait_for(lambda: self.process.poll() is not None or self.is_up(), 30)
        return self.process.poll() is None

    def is_up(self):
        return self.root_path("run/systemd/private").exists() and self.sh(
            "systemctl is-system-running").stdout.strip() in ("running", "degraded")

    def root_path(self, path):
        """A file of that host, seen from here."""
        return Path(f"/proc/{self.first}/root", path.lstrip("/"))

    def end_host(self):
        self.process.kill()
        self.process.communicate()
        wait_for(lambda: "populated 0" in (self.cgroup / "cgroup.events").read_text())
        for group, _, _ in os.walk(self.cgroup, topdown=False):
            os.rmdir(group)

    def entering(self, *words, user=None, env=None):
        """The words that run other words there."""
        values = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TZ": "UTC0",
                  "HOME": "/root", "TERM": "dumb"} | (env or {})
        who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
        return ["nsenter", f"--target={self.first}", "--mount", "--pid", "--uts", "--ipc", "--net",
                "--cgroup", "--root", "--wd", "env", "-i",
                *[f"{name}={value}" for name, value in values.items()], *(who if user else []),
                *map(str, words)]

    def sh(self, script, user=None, env=None, **options):
        """Runs a line of shell there, as root or as somebody."""
        return subprocess.run(self.entering("sh", "-c", script, user=user, env=env), text=True,
                              capture_output=True, timeout=60, check=False, **options)

    def done(self, script, **options):
        ended = self.sh(script, **options)
        assert ended.returncode == 0, (script, ended.stdout, ended.stderr)
        return ended.stdout

    # As a desk

    @property
    def data(self):
        return self.root_path("/var/lib/iauth")

    def typed(self, reference):
        """Both codes; the service sends them after it has answered."""
        wait_for(lambda: len(self.codes(reference)) == 2)
        return super().typed(reference)

    def rows(self, sql):
        # Asked there: SQLite does not find its way into another root.
        answer = self.done(f'sqlite3 -readonly -json -cmd \'.timeout 10000\' /var/lib/iauth/iauth.db "{sql}"')
        return [tuple(row.values()) for row in json.loads(answer or "[]")]

    def dump(self):
        return self.done("sqlite3 -readonly -cmd '.timeout 10000' /var/lib/iauth/iauth.db .dump")

    def start(self, *words, session=None, env=None, under=(), **options):
        user = getattr(session, "session", session) or "iauth"
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE} | options
        return subprocess.Popen(
            self.entering(*under, "iauth", *words, user=user, env=env), **options)


def cgroups():
    """Where cgroups of version 2 are, to hang a host in."""
    for path in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.access(f"{path}/cgroup.procs", os.W_OK) and Path(path, "cgroup.controllers").exists():
            return path
    pytest.skip("no writable cgroup2: a host cannot be booted here")


def booted(directory):
    """A host that is up."""
    if os.geteuid() != 0:
        pytest.skip("booting a host takes root")
    host = Host(directory)
    if not host.boot():
        reason = host.process.communicate()[0]
        host.end_host()
        pytest.skip(f"namespaces and mounts are not permitted here: {reason}")
    return host
