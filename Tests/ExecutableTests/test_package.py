"""The Debian package: what is in it, and what becomes of a host that gets, upgrades and loses it.

The host is booted by systemd (booted.py), so units, users and maintainer scripts are tried as they
will run. It takes root, and a kernel that lets root make namespaces; else it is skipped.
"""

import gzip
import json
import os
import re
import shutil
import subprocess

import pytest

from booted import booted
from conftest import AUTHORITY, CDC, CHIEF, IAUTH, MANAGER, MING, ROOT, TONG, clerk, wait_for

TEMPLATES = ROOT / "Scripts/debian"
UNITS = ["iauth.socket", "iauth-deliver.path", "iauth-deliver.timer", "iauth-remind.timer",
         "iauth-backup.timer"]
CONFIGURATION = (TEMPLATES / "iauth.conf").read_text()
INIT = ["init", "--authority", AUTHORITY, "--reviewer-name", CHIEF.name, "--reviewer-email",
        CHIEF.email, "--reviewer-mobile", CHIEF.mobile]


@pytest.fixture(scope="module")
def package():
    """The package, made of the executable under test."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("this is not Debian")
    return build()


def build():
    """Builds it, in a quick format."""
    made = subprocess.run([ROOT / "Scripts/build-deb", IAUTH], text=True, capture_output=True,
                          env=os.environ | {"DPKG_DEB_COMPRESSOR_TYPE": "gzip"}, check=True)
    return ROOT / made.stdout.strip()


def rebuilt(package, directory, version, schema):
    """The package as one of another version, that reads another schema."""
    tree = directory / version
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    for name, old, new in [("control", r"(?m)^Version: .*$", f"Version: {version}"),
                           ("preinst", r"(?m)^reads=2$", f"reads={schema}"),
                           ("postinst", r"(?m)^reads=2$", f"reads={schema}")]:
        path = tree / "DEBIAN" / name
        text, count = re.subn(old, new, path.read_text())
        assert count == 1, name
        path.write_text(text)
    out = directory / f"{version}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, out], check=True,
                   capture_output=True)
    return out


class Server:
    """A booted host, and what an administrator does on it."""

    def __init__(self, host, package):
        self.host = host
        self.built = package
        self.package = self.bring(package)

    def bring(self, file):
        """A file, copied there."""
        there = f"/root/{file.name}"
        shutil.copyfile(file, self.host.root_path(there))
        return there

    def install(self, package=None, **options):
        return self.host.sh(f"dpkg --force-unsafe-io -i {package or self.package}", **options)

    def modes(self, *paths):
        """Mode, owner and group of files."""
        listed = self.host.done("stat -c '%n %a %U %G' " + " ".join(paths))
        return {line.split()[0]: " ".join(line.split()[1:]) for line in listed.splitlines()}


def made(directory, package):
    """A host with the package installed."""
    host = booted(directory)
    try:
        server = Server(host, package)
        installed = server.install()
        assert installed.returncode == 0, installed
        server.said = installed.stdout
        yield server
    finally:
        host.end_host()


@pytest.fixture
def server(tmp_path, package):
    """A host of the test's own."""
    yield from made(tmp_path, package)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, package):
    """A host for tests that leave it as it was."""
    yield from made(tmp_path_factory.mktemp("shared"), package)


@pytest.fixture(scope="module")
def service(shared):
    """The shared host in use: people have accounts on it, the first reviewer is signed in."""
    host = shared.host
    host.done("iauth " + " ".join(INIT))
    for person in (CHIEF, MING, TONG, MANAGER):
        host.done(f"id {person.session} || useradd {person.session}")
    host.sign_in(CHIEF)
    return host


def test_lintian_has_nothing_to_say(package):
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    said = subprocess.run(["lintian", "--allow-root", "--tag-display-limit=0", package], text=True,
                          capture_output=True, check=False)
    assert (said.stdout, said.returncode) == ("", 0), said


def test_the_package_has_everything_in_both_languages(package):
    listed = subprocess.run(["dpkg-deb", "--contents", package], text=True, capture_output=True,
                            check=True).stdout
    files = {line.split()[5][1:]: line.split()[:2] for line in listed.splitlines()}
    for page in (ROOT / "man").glob("*.[157]"):
        section = page.suffix[1:]
        for place in ("man", "man/zh_TW"):
            assert f"/usr/share/{place}/man{section}/{page.name}.gz" in files
    for path in ("/usr/share/bash-completion/completions/iauth", "/usr/share/iauth/agencies.csv",
                 "/usr/share/zsh/vendor-completions/_iauth", "/usr/share/iauth/sms/gammu",
                 "/usr/share/fish/vendor_completions.d/iauth.fish", "/etc/iauth/iauth.conf",
                 "/usr/share/doc/iauth/examples/sudoers",
                 "/usr/share/doc/iauth/examples/accept-yes.conf",
                 "/usr/share/doc/iauth/examples/sshd_config",
                 "/usr/share/doc/iauth/examples/pacemaker.crm",
                 "/usr/share/doc/iauth/examples/drbd.res", "/usr/share/iauth/witness/git",
                 "/usr/lib/ocf/resource.d/iauth/iauth",
                 "/usr/share/doc/iauth/copyright", "/usr/share/doc/iauth/changelog.Debian.gz",
                 "/usr/share/doc/iauth/README.zh-TW.md"):
        assert path in files
    # Nothing runs with another's rights, nothing may be changed by others, all is root's.
    for path, (mode, owner) in files.items():
        assert "s" not in mode[1:] and "w" not in mode[5] + mode[8] and owner == "root/root", path


def test_the_package_is_made_the_same_twice(package):
    first = package.read_bytes()
    assert build().read_bytes() == first


def test_every_key_of_the_configuration_is_explained_and_accepted(desk):
    keys = set(re.findall(r'^    case "([a-z-]+)":',
                          (ROOT / "Sources/IAuthCore/Environment/Settings.swift").read_text(), re.M))
    lines = re.findall(r"^(#?)([a-z-]+) = (.*)$", CONFIGURATION, re.M)
    assert {key for _, key, _ in lines} == keys
    assert [key for hash_, key, _ in lines if not hash_] == ["database"]
    for _, key, value in lines:
        path = desk.home / "one.conf"
        path.write_text(f"{key} = {value}\n")
        if key == "mount-point":  # whose disk is not here
            desk.refused("database.missing", "systems", "--config", path)
        elif key != "database":
            desk.ok("systems", "--config", path)
    path.write_text("database = elsewhere\n")
    desk.refused("config.invalid", "systems", "--config", path)


def test_the_configuration_shows_the_defaults():
    defaults = dict(re.findall(r"^\| `([a-z-]+)`(?:, `[a-z-]+`)? \| `([^|`]*)`",
                               (ROOT / "README.md").read_text(), re.M))
    shown = dict(re.findall(r"^#([a-z-]+) = (.*)$", CONFIGURATION, re.M))
    assert len(defaults) > 6
    assert {key: shown[key] for key in defaults} == defaults


def test_an_operator_installs_it_and_the_service_waits(server):
    host = server.host
    assert "no database yet" in server.said
    assert server.modes("/var/lib/iauth", "/var/backups/iauth", "/etc/iauth",
                        "/etc/iauth/iauth.conf", "/run/iauth", "/run/iauth/sock") == {
        "/var/lib/iauth": "700 iauth iauth", "/var/backups/iauth": "700 iauth iauth",
        "/etc/iauth": "755 root root", "/etc/iauth/iauth.conf": "644 root root",
        "/run/iauth": "755 root root", "/run/iauth/sock": "666 root root"}
    assert host.done("systemctl is-active " + " ".join(UNITS)).split() == ["active"] * len(UNITS)
    assert host.done("systemctl is-enabled " + " ".join(UNITS)).split() == ["enabled"] * len(UNITS)
    # The feed to a SCIM server is the operator's to enable, and does nothing without its two files.
    assert host.sh("systemctl is-enabled iauth-scim.timer").stdout.strip() == "disabled"
    assert server.modes(*(f"/usr/share/iauth/feed/scim{part}" for part in ("", ".awk", ".jq"))) == {
        "/usr/share/iauth/feed/scim": "755 root root", "/usr/share/iauth/feed/scim.awk": "644 root root",
        "/usr/share/iauth/feed/scim.jq": "644 root root"}
    host.done("systemctl start iauth-scim.service")
    # Without a database the schedules neither run nor fail.
    host.done("systemctl start iauth-deliver.service iauth-remind.service")
    assert host.done("systemctl list-units --failed --no-legend 'iauth*'") == ""
    for timer in ("iauth-deliver", "iauth-remind", "iauth-backup"):
        assert host.done(f"systemctl show {timer}.timer -P NextElapseUSecRealtime").strip()

    # Root makes the database as its owner-to-be.
    host.done("iauth " + " ".join(INIT))
    assert set(server.modes("/var/lib/iauth/*").values()) == {"600 iauth iauth", "700 iauth iauth"}
    found = {line["check"]: line["status"] for line in host.json("doctor")}
    for check in ["socket", "schedule", "configuration", "files", "filesystem", "disk"]:
        assert found[check] == "ok", (check, found)
    host.done("systemctl start iauth-deliver.service iauth-remind.service")
    for unit in ("iauth-deliver", "iauth-remind"):
        shown = host.done(f"systemctl show {unit} -p Result -p ConditionResult -p ExecMainCode")
        assert "Result=success" in shown and "ConditionResult=yes" in shown
        assert "ExecMainCode=1" in shown  # it ran, and exited
    host.done("systemctl disable --now iauth-remind.timer")
    found = {line["check"]: line["status"] for line in host.json("doctor")}
    assert found["schedule"] == "warn"
    # The same numbers on every host; and every night a copy.
    assert host.done("id -u iauth; id -g iauth").split() == ["815", "815"]
    host.done("systemctl start iauth-backup.service")
    assert len(host.done("ls /var/backups/iauth/iauth-*.db").split()) == 1


def test_of_two_hosts_only_that_with_the_disk_serves(server):
    host = server.host
    host.done("iauth " + " ".join(INIT))
    host.done("systemctl stop " + " ".join(UNITS) + "; touch /etc/iauth/mounted-only")
    host.done("systemctl start " + " ".join(UNITS))
    assert "active" not in host.sh("systemctl is-active iauth.socket").stdout.split()
    host.done("systemctl start iauth-deliver.service iauth-remind.service iauth-backup.service")
    assert "ConditionResult=no" in host.done("systemctl show iauth-backup -p ConditionResult")
    assert host.done("ls /var/backups/iauth") == ""
    host.done("mount --bind /var/lib/iauth /var/lib/iauth")
    host.done("systemctl start iauth.socket")
    assert host.done("systemctl is-active iauth.socket").split() == ["active"]


def test_the_resource_agent_starts_watches_and_stops(server):
    host = server.host
    agent = "/usr/lib/ocf/resource.d/iauth/iauth"
    run = lambda action, **env: host.sh(f"OCF_RESOURCE_INSTANCE=x {agent} {action}", **env).returncode
    assert host.sh(f"{agent} meta-data").stdout.startswith("<?xml")
    host.done("systemctl disable --now " + " ".join(UNITS))
    assert (run("validate-all"), run("monitor"), run("stop")) == (0, 7, 0)
    assert run("start") == 5, "there is no database on this host"
    host.done("iauth " + " ".join(INIT))
    assert (run("start"), run("start"), run("monitor")) == (0, 0, 0)
    assert host.done("systemctl is-active " + " ".join(UNITS)).split() == ["active"] * len(UNITS)
    host.done("chmod 644 /var/lib/iauth/iauth.db")
    assert run("monitor") == 1
    host.done("chmod 600 /var/lib/iauth/iauth.db; echo nonsense >>/etc/iauth/iauth.conf")
    assert run("monitor") == 6
    host.done("sed -i /nonsense/d /etc/iauth/iauth.conf; systemctl stop iauth.socket")
    assert run("monitor") == 7
    assert (run("start"), run("monitor"), run("stop"), run("monitor"), run("stop")) == (0, 0, 0, 7, 0)
    assert "active" not in host.sh("systemctl is-active " + " ".join(UNITS)).stdout.split()
    assert run("promote") == 3


def test_the_units_are_sound_and_shut(shared):
    host = shared.host
    names = " ".join(path.name.replace("@.", "@1.")
                     for path in (ROOT / "Scripts/systemd").iterdir())
    assert host.sh(f"systemd-analyze verify --man=no {names} 2>&1").stdout == ""
    # From 0, shut, to 100, open: what the gate's processes could do if one were taken over.
    for unit in ("iauth@.service", "iauth.service"):
        host.done("systemd-analyze security --offline=true --threshold=10 "
                  f"/lib/systemd/system/{unit}")
    # Mail systems need set-id helpers, so the delivery must be able to gain privileges.
    for unit in ("iauth-deliver", "iauth-remind"):
        assert host.done(f"systemctl show {unit} -p NoNewPrivileges") == "NoNewPrivileges=no\n"


def test_a_new_version_keeps_the_database_and_what_the_operator_has_set(server):
    host = server.host
    host.done("iauth " + " ".join(INIT))
    host.done("echo 'review-codes = either' >>/etc/iauth/iauth.conf")
    host.done("systemctl disable --now iauth-remind.timer")
    stored = host.dump()
    # Nobody notices: one command after the other, until it is installed.
    words = f"until [ -e /tmp/installed ]; do iauth agencies {CDC} || exit; done"
    asking = subprocess.Popen(host.entering("sh", "-c", words, user="games"),
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    server.install()
    host.done("touch /tmp/installed")
    assert asking.communicate()[1] == ""
    assert host.dump() == stored
    assert host.done("tail -n 1 /etc/iauth/iauth.conf") == "review-codes = either\n"
    assert host.done("systemctl is-active iauth.socket") == "active\n"
    assert host.sh("systemctl is-enabled iauth-remind.timer").stdout == "disabled\n"
    assert host.sh("systemctl is-active iauth-remind.timer").stdout == "inactive\n"
    assert host.done("ls /var/backups/iauth") == ""


def test_a_new_schema_is_not_met_without_a_copy(server, tmp_path_factory):
    host = server.host
    host.done("iauth " + " ".join(INIT))
    stored = host.dump()
    newer = server.bring(rebuilt(server.built, tmp_path_factory.mktemp("newer"), "0.3.0-1", 3))

    # No copy, no upgrade.
    host.done("mv /var/backups/iauth /var/backups/elsewhere")
    refused = server.install(newer)
    assert refused.returncode != 0 and "nothing is replaced" in refused.stderr
    assert "0.2.0" in host.done("dpkg-query -W -f '${Version}' iauth")
    assert host.json("doctor") and host.dump() == stored

    host.done("rmdir /var/backups/iauth; mv /var/backups/elsewhere /var/backups/iauth")
    upgraded = server.install(newer)
    assert upgraded.returncode == 0, upgraded
    copy = re.search(r"copied to (\S+\.db), its key to \1\.key", upgraded.stdout)[1]
    assert "schema version 2" in upgraded.stderr and "version 3 only" in upgraded.stderr
    assert server.modes(copy, f"{copy}.key") == {copy: "600 iauth iauth",
                                                 f"{copy}.key": "600 iauth iauth"}
    # The way back: the version before, and the copy is a database.
    assert server.install().returncode == 0
    host.done("rm /var/lib/iauth/iauth.db")
    host.done(f"iauth restore {copy}")
    host.done("iauth audit --verify")

    # Nobody asked for that copy, so a purge takes it; what the operator made was asked for.
    mine = "/var/backups/iauth/before-0.2.0.db"
    host.done(f"iauth backup {mine}")
    beside = set(host.done(f"ls {mine}*").split())
    assert len(beside) == 3
    purged = host.done("dpkg --purge iauth")
    deleted = re.search(r"made by themselves: (.*)", purged)[1].split()
    assert sorted(deleted) == [f"{copy.split('/')[-1]}{end}" for end in ("", ".key", ".manifest")]
    assert "kept in /var/backups/iauth" in purged
    assert set(host.done("ls -d /var/backups/iauth/*").split()) == beside
    assert server.install().returncode == 0
    host.done(f"iauth restore {mine} && iauth audit --verify")


def test_an_older_database_is_migrated_by_the_upgrade(server):
    host = server.host
    fixture = ROOT / "Tests/Fixtures/schema-1"
    for name, content in [("iauth.db", gzip.decompress((fixture / "iauth.db.gz").read_bytes())),
                          ("iauth.key", (fixture / "iauth.key").read_bytes())]:
        path = host.root_path(f"/var/lib/iauth/{name}")
        path.write_bytes(content)
        host.done(f"chown iauth:iauth /var/lib/iauth/{name}; chmod 600 /var/lib/iauth/{name}")
    assert host.sh("iauth agencies --limit 1").returncode == 78
    upgraded = server.install()
    assert upgraded.returncode == 0 and "1 -> 2" in upgraded.stdout, upgraded
    host.done("iauth audit --verify")
    assert len(host.done("ls /var/lib/iauth/iauth.db.schema-1-*").split()) == 1


def test_removing_keeps_the_data_and_purging_does_not(server):
    host = server.host
    host.done("iauth " + " ".join(INIT))
    stored = host.dump()
    data = "ls -d /var/lib/iauth /var/backups/iauth"

    host.done("dpkg --remove iauth")
    assert host.sh("systemctl is-active " + " ".join(UNITS)).stdout.split() == ["inactive"] * len(UNITS)
    assert host.root_path("/etc/iauth/iauth.conf").exists() and host.dump() == stored

    # Kept if that is said, however it is said; back again it is the same database and owner.
    for value in ("yes", "1"):
        kept = host.done("dpkg --purge iauth", env={"IAUTH_KEEP_DATA": value})
        assert "kept in /var/lib/iauth" in kept and "deleted from" not in kept
        assert host.dump() == stored
        assert host.sh("ls -d /etc/iauth /run/iauth /usr/bin/iauth").stdout == ""
        assert host.sh("find /etc/systemd -name '*iauth*'").stdout == ""
        assert "no database" not in server.install().stdout
        host.done("iauth audit --verify")

    # Whatever the names are, none of them writes to the terminal.
    host.done("touch /var/lib/iauth/$(printf 'x\\033[2J') /var/backups/iauth/$(printf 'y\\033[2J')")
    purged = host.done("dpkg --purge iauth")
    assert "\033" not in purged and "x?[2J" in purged and "y?[2J" in purged
    host.done("rm -r /var/backups/iauth")  # What was kept is the operator's to remove.
    said = re.search(r"deleted from /var/lib/iauth: (.*)", purged)[1].split()
    assert {"iauth.db", "iauth.key", "outbox"} <= set(said)
    assert host.sh(data).stdout == ""
    # Again, with nothing to delete; and Chinese is spoken where the locale asks.
    chinese = {"LANG": "zh_TW.UTF-8"}
    assert "尚無資料庫" in server.install(env=chinese).stdout
    assert "iauth: " not in host.done("dpkg --purge iauth")
    assert host.sh(data).stdout == ""

    # Data on another disk, behind a link, is data; what an operator put beside the configuration
    # is theirs.
    host.done("mkdir /srv/iauth; ln -s /srv/iauth /var/lib/iauth")
    server.install()
    host.done("iauth " + " ".join(INIT) + "; touch /etc/iauth/authorized_keys")
    purged = host.done("dpkg --purge iauth", env=chinese)
    assert "已刪除 /var/lib/iauth 內之資料：" in purged
    assert "保留於 /etc/iauth，確定不再需要時請自行刪除：authorized_keys" in purged
    assert host.done("ls -A /srv/iauth") == ""


# Everybody on that host


def joined(host, person):
    """Applies and proves both codes, as oneself."""
    return host.prove(host.one("apply", *person.words, session=person)["application"], person)


def test_everybody_uses_it_by_the_socket(service):
    host = service
    joined(host, MING)
    number = host.request(MING, "admin")
    assert host.one("approve", number, session=CHIEF)["outcome"] == "decided"
    joined(host, TONG)
    number = host.request(TONG)
    assert [line["request"] for line in host.json("pending", session=MING)] == [number]
    assert host.one("approve", number, session=MING)["outcome"] == "decided"
    held = host.json("request-permission", "--list", session=TONG)
    assert [line["status"] for line in held] == ["approved"]
    uid = host.done(f"id -u {TONG.session}").strip()
    assert (f"uid:{uid}",) in host.rows("SELECT DISTINCT caller FROM audit")
    host.content()
    # Nobody but the service gets at its files, and what it runs is not theirs.
    for words in ("ls /var/lib/iauth", "cat /var/lib/iauth/iauth.key", "touch /run/iauth/x",
                  "rm -f /run/iauth/sock"):
        assert host.sh(words, user=TONG.session).returncode != 0, words
    host.refused("right.missing", "doctor", session=TONG)
    # A refusal is an answer, not a failure; and nothing stays of who has been answered.
    assert host.done("systemctl is-active iauth.service") == "active\n"
    wait_for(lambda: host.sh("pgrep -f '[i]auth serve-one'").returncode == 1)
    host.ok("agencies", CDC, session=MING)


# Connects as often as it is told, or without end; ends with its standard input.
CROWD = """
import resource, select, socket, sys
how, often = sys.argv[1], int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
held = []
while not select.select([0], [], [], 0)[0]:
    one = socket.socket(socket.AF_UNIX)
    one.connect("/run/iauth/sock")
    if how == "half-open":
        held.append(one)
        del held[:-(often or 500)]
    if len(held) == often:
        print("here", flush=True)
        sys.stdin.read()
"""


def crowd(host, how, often=0):
    return subprocess.Popen(
        host.entering("/usr/bin/python3", "-c", CROWD, how, str(often), user=TONG.session),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.fixture
def accepted(service):
    """The service where systemd takes the connections."""
    host = service
    folder = "/etc/systemd/system/iauth.socket.d"
    host.done(f"install -D -m 644 -t {folder} /usr/share/doc/iauth/examples/accept-yes.conf; "
              "systemctl daemon-reload; systemctl stop iauth.service; "
              "systemctl restart iauth.socket")
    assert host.done("systemctl show iauth.socket -P Accept") == "yes\n"
    yield host
    host.done(f"rm -r {folder}; systemctl daemon-reload; systemctl restart iauth.socket")
    assert host.done("systemctl show iauth.socket -P Accept") == "no\n"
    host.ok("agencies", CDC, session=MING)


def test_two_thousand_at_once_keep_nobody_out(accepted):
    host = accepted
    many = crowd(host, "half-open", 2000)
    try:
        assert many.stdout.readline() == "here\n"
        # Each in a process of its own, whose unit names the caller.
        uid = host.done(f"id -u {TONG.session}").strip()
        assert f"-{uid}.service" in host.done("systemctl list-units --no-legend 'iauth@*'")
        # On a slow machine somebody may have to do as they are told, and come again.
        asking = [host.start("agencies", CDC, session=MING) for _ in range(8)]
        assert {host.end(one).status for one in asking} <= {0, 75}
        wait_for(lambda: host.run("agencies", CDC, session=MING).status == 0, 120)
        assert host.done("systemctl is-active iauth.socket") == "active\n"
    finally:
        many.communicate()
    host.ok("agencies", CDC, session=TONG)
    host.done("journalctl --sync")
    said = host.done("journalctl --quiet --unit 'iauth@*'")
    assert "Deactivated successfully" in said
    wait_for(lambda: host.done("systemctl list-units --all --no-legend 'iauth@*'") == "", 60)


@pytest.mark.parametrize("how", ["in a loop", "half-open"])
def test_whoever_connects_without_end_is_the_only_one_to_wait(service, how):
    host = service
    floods = [crowd(host, how) for _ in range(4)]
    try:
        for _ in range(3):
            host.ok("agencies", CDC, session=MING)
            # systemd itself goes on working, too.
            host.done("systemctl start iauth-deliver.service")
        assert all(flood.poll() is None for flood in floods)
    finally:
        for flood in floods:
            flood.communicate()
    host.ok("agencies", CDC, session=TONG)


def test_a_restart_of_the_service_loses_nobody(service):
    host = service
    asking = [host.start("agencies", CDC, session=MING) for _ in range(8)]
    host.done("systemctl restart iauth.service")
    asking += [host.start("agencies", CDC, session=MING) for _ in range(8)]
    assert [host.end(one).status for one in asking] == [0] * 16


def test_mail_leaves_by_a_set_gid_helper(service):
    host = service
    if host.sh("test -g /usr/sbin/postdrop").returncode != 0:
        pytest.skip("postfix is not installed")
    # On Debian 13 its first start makes its directories.
    host.done("postfix check")
    host.done("cp -p /etc/iauth/iauth.conf /root/kept.conf")
    host.done("echo 'mail = sendmail:/usr/sbin/sendmail' >>/etc/iauth/iauth.conf")
    newcomer = clerk(1)
    host.one("apply", *newcomer.words, session=MING)
    # The served process may not become postdrop's group; the delivery, woken by it, does.
    wait_for(lambda: host.done("ls /var/spool/postfix/maildrop").split())
    assert newcomer.email in host.done("grep -ah . /var/spool/postfix/maildrop/*")
    wait_for(lambda: host.value("SELECT count(*) FROM message WHERE status <> 'sent'") == 0)
    assert not host.root_path("/var/lib/iauth/outbox/wake").exists()
    host.done("mv /root/kept.conf /etc/iauth/iauth.conf")


def test_scripts_come_by_ssh(service):
    host = service
    if host.sh("test -x /usr/sbin/sshd").returncode != 0:
        pytest.skip("openssh-server is not installed")
    joined(host, MANAGER)
    host.one("approve", host.request(MANAGER, "admin"), session=CHIEF)
    account = host.value("SELECT account FROM permission ORDER BY request DESC")
    host.done("install -m 644 /usr/share/doc/iauth/examples/sshd_config "
              "/etc/ssh/sshd_config.d/iauth.conf; ssh-keygen -A; "
              "systemctl start systemd-user-sessions.service ssh.service")
    host.done("ssh-keygen -q -t ed25519 -N '' -f /root/script; "
              "ssh-keygen -q -t ed25519 -N '' -f /root/everybody")
    line = host.one("ssh-gate", "--enrol", "mohw-hr", "--account", account)["line"]
    host.done("""useradd --non-unique --uid "$(id -u iauth)" --gid iauth --home-dir / \\
        --no-create-home --shell /bin/sh --password '*' iauth-public""")
    for options, name, place in ((f"{line} ", "script", "authorized_keys"),
                                 ("", "everybody", "public_keys")):
        keys = host.root_path(f"/etc/iauth/{place}")
        keys.write_text(options + host.root_path(f"/root/{name}.pub").read_text())
        keys.chmod(0o644)
    ssh = "ssh -q -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
    script = ssh + "-i /root/script iauth@localhost "
    everybody = ssh + "-i /root/everybody iauth-public@localhost "
    wait_for(lambda: host.sh(script + "agencies 疾管署").returncode != 255)

    host.root_path("/root/form.csv").write_text(
        f"機關OID,姓名,公務信箱,手機\n{CDC},周一,one@cdc.gov.tw,0922000001\n")
    answer = host.done(script + "import-batch - --document 1130001234 --json </root/form.csv")
    assert [json.loads(line) for line in answer.splitlines()][-1]["accepted"] == 1
    assert host.sh(script + "approve 1").returncode == 77
    assert host.sh(script + "'import-batch - ; id' </root/form.csv").returncode == 64
    said = host.sh(everybody + f"admins --agency {AUTHORITY}")
    assert (said.returncode, said.stderr) == (0, "") and CHIEF.name in said.stdout
    # A forced command and no shell; a key opens its own door only; no password opens any.
    assert host.sh(everybody + "sh -c id").returncode == 64
    assert host.sh(ssh + "-i /root/everybody iauth@localhost help").returncode == 255
    for name in ("iauth", "iauth-public"):
        assert host.sh(f"su {name} -c id </dev/null", user=MING.session).returncode != 0


def test_sudo_serves_where_no_socket_does(service):
    host = service
    if host.sh("command -v sudo").returncode != 0:
        pytest.skip("sudo is not installed")
    examples = "/usr/share/doc/iauth/examples"
    host.done(f"install -m 440 {examples}/sudoers /etc/sudoers.d/iauth")
    host.done("sed -i -e 's/^#ALL/ALL/' -e 's/^%.*(iauth) /&NOPASSWD: /' /etc/sudoers.d/iauth")
    host.done("visudo --check --strict")
    host.done("groupadd iauth-operators; useradd -G iauth-operators clerk1")
    host.done("sudo -n -u iauth iauth doctor", user="clerk1")
    serve = "sudo -n -u iauth iauth serve-one -- "
    host.done(serve + "apply --json " + " ".join(clerk(2).words), user=MING.session)
    uid = host.done(f"id -u {MING.session}").strip()
    assert host.value("SELECT caller FROM audit ORDER BY seq DESC") == f"uid:{uid}"
    # Their environment does not follow them, no option comes before the dashes, and nobody else
    # is an operator.
    for words in ("IAUTH_DB=/tmp/x sudo -n -E -u iauth iauth serve-one -- agencies",
                  "sudo -n -u iauth IAUTH_DB=/tmp/x iauth serve-one -- agencies",
                  "sudo -n -u iauth iauth serve-one --db /tmp/x -- agencies",
                  "sudo -n -u iauth iauth --db /tmp/x serve-one -- agencies",
                  "sudo -n -u iauth iauth doctor", "sudo -n -u iauth id", "sudo -n iauth doctor",
                  serve + "--db /tmp/x agencies", serve + "doctor"):
        assert host.sh(words, user=MING.session).returncode != 0, words
