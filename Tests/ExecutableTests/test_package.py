"""The Debian package: what is in it, and what becomes of a host that gets, upgrades and loses it.

The host is booted by systemd (booted.py), so units, users and maintainer scripts are tried as they
will run. It takes root, and a kernel that lets root make namespaces; else it is skipped.
"""

import os
import re
import shutil
import subprocess

import pytest

from booted import booted
from conftest import AUTHORITY, CHIEF, IAUTH, ROOT, wait_for

TEMPLATES = ROOT / "Scripts/debian"
UNITS = ["iauth.socket", "iauth-deliver.path", "iauth-deliver.timer", "iauth-remind.timer"]
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
                           ("preinst", r"(?m)^reads=1$", f"reads={schema}"),
                           ("postinst", r"(?m)^reads=1$", f"reads={schema}")]:
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


@pytest.fixture
def server(tmp_path, package):
    """A host with the package installed, set up by its operator."""
    host = booted(tmp_path)
    try:
        made = Server(host, package)
        installed = made.install()
        assert installed.returncode == 0, installed
        made.installed = installed.stdout
        yield made
    finally:
        host.end_host()


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
                 "/usr/share/doc/iauth/examples/sshd_config",
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
                          (ROOT / "Sources/IAuthCore/World/Settings.swift").read_text(), re.M))
    lines = re.findall(r"^(#?)([a-z-]+) = (.*)$", CONFIGURATION, re.M)
    assert {key for _, key, _ in lines} == keys
    assert [key for hash_, key, _ in lines if not hash_] == ["database"]
    for _, key, value in lines:
        path = desk.home / "one.conf"
        path.write_text(f"{key} = {value}\n")
        if key != "database":
            desk.ok("doctor", "--config", path)
    path.write_text("database = elsewhere\n")
    desk.refused("config.invalid", "doctor", "--config", path)


def test_the_configuration_shows_the_defaults():
    defaults = dict(re.findall(r"^\| `([a-z-]+)`(?:, `[a-z-]+`)? \| `([^|`]*)`",
                               (ROOT / "README.md").read_text(), re.M))
    shown = dict(re.findall(r"^#([a-z-]+) = (.*)$", CONFIGURATION, re.M))
    assert len(defaults) > 6
    assert {key: shown[key] for key in defaults} == defaults


def test_operators_need_not_be_root(server):
    host = server.host
    if host.sh("command -v sudo").returncode != 0:
        pytest.skip("sudo is not installed")
    examples = "/usr/share/doc/iauth/examples"
    host.done(f"visudo --check --strict --file {examples}/sudoers")
    host.done(f"install -m 440 {examples}/sudoers /etc/sudoers.d/iauth")
    host.done("sed -i 's/(iauth) /&NOPASSWD: /' /etc/sudoers.d/iauth")
    host.done("groupadd iauth-operators; useradd -G iauth-operators hwang; useradd guest")
    host.done("iauth " + " ".join(INIT))
    host.done("sudo -n -u iauth iauth doctor", user="hwang")
    # Their environment does not follow them, and it is one program, as one user.
    for words in ("IAUTH_DB=/tmp/x sudo -n -E -u iauth iauth doctor", "sudo -n -u iauth id",
                  "sudo -n iauth doctor", "sudo -n -u iauth IAUTH_DB=/tmp/x iauth doctor"):
        assert host.sh(words, user="hwang").returncode != 0, words
    assert host.sh("sudo -n -u iauth iauth doctor", user="guest").returncode != 0


def test_an_operator_installs_it_and_the_service_waits(server):
    host = server.host
    assert "no database yet" in server.installed
    assert server.modes("/var/lib/iauth", "/var/backups/iauth", "/etc/iauth",
                        "/etc/iauth/iauth.conf", "/run/iauth", "/run/iauth/sock") == {
        "/var/lib/iauth": "700 iauth iauth", "/var/backups/iauth": "700 iauth iauth",
        "/etc/iauth": "755 root root", "/etc/iauth/iauth.conf": "644 root root",
        "/run/iauth": "755 root root", "/run/iauth/sock": "666 root root"}
    assert host.done("systemctl is-active " + " ".join(UNITS)).split() == ["active"] * len(UNITS)
    assert host.done("systemctl is-enabled " + " ".join(UNITS)).split() == ["enabled"] * len(UNITS)
    # Without a database the schedules neither run nor fail.
    host.done("systemctl start iauth-deliver.service iauth-remind.service")
    assert host.done("systemctl list-units --failed --no-legend 'iauth*'") == ""
    for timer in ("iauth-deliver", "iauth-remind"):
        assert host.done(f"systemctl show {timer}.timer -P NextElapseUSecRealtime").strip()

    # Root makes the database as its owner-to-be.
    host.done("iauth " + " ".join(INIT))
    assert set(server.modes("/var/lib/iauth/*").values()) == {"600 iauth iauth", "700 iauth iauth"}
    assert {line["check"]: line["status"] for line in host.json("doctor")}["socket"] == "ok"
    host.done("systemctl start iauth-deliver.service iauth-remind.service")
    for unit in ("iauth-deliver", "iauth-remind"):
        shown = host.done(f"systemctl show {unit} -p Result -p ConditionResult -p ExecMainCode")
        assert "Result=success" in shown and "ConditionResult=yes" in shown
        assert "ExecMainCode=1" in shown  # it ran, and exited


def test_the_units_are_sound_and_shut(server):
    host = server.host
    names = " ".join(path.name.replace("@.", "@1.")
                     for path in (ROOT / "Scripts/systemd").iterdir())
    assert host.sh(f"systemd-analyze verify --man=no {names} 2>&1").stdout == ""
    # From 0, shut, to 100, open: what the gate's processes could do if one were taken over.
    host.done("systemd-analyze security --offline=true --threshold=10 "
              "/lib/systemd/system/iauth@.service")
    # Mail systems need set-id helpers, so the delivery must be able to gain privileges.
    for unit in ("iauth-deliver", "iauth-remind"):
        assert host.done(f"systemctl show {unit} -p NoNewPrivileges") == "NoNewPrivileges=no\n"


def test_a_message_that_waits_is_sent_at_once(server):
    host = server.host
    host.done("iauth " + " ".join(INIT))
    wake = "/var/lib/iauth/outbox/wake"
    host.done(f"mkdir -p -m 700 {wake.rsplit('/', 1)[0]}", user="iauth")
    before = host.done("systemctl show iauth-deliver -p ExecMainStartTimestampMonotonic")
    host.done(f"touch {wake}", user="iauth")
    wait_for(lambda: not host.root_path(wake).exists() and before != host.done(
        "systemctl show iauth-deliver -p ExecMainStartTimestampMonotonic"))
    wait_for(lambda: "Result=success" in host.done("systemctl show iauth-deliver -p Result"))


def test_a_new_version_keeps_the_database_and_what_the_operator_has_set(server):
    host = server.host
    host.done("iauth " + " ".join(INIT))
    host.done("echo 'review-codes = either' >>/etc/iauth/iauth.conf")
    host.done("systemctl disable --now iauth-remind.timer")
    stored = host.dump()
    server.install()
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
    newer = server.bring(rebuilt(server.built, tmp_path_factory.mktemp("newer"), "0.2.0-1", 2))

    # No copy, no upgrade.
    host.done("mv /var/backups/iauth /var/backups/elsewhere")
    refused = server.install(newer)
    assert refused.returncode != 0 and "nothing is replaced" in refused.stderr
    assert "0.1.0" in host.done("dpkg-query -W -f '${Version}' iauth")
    assert host.json("doctor") and host.dump() == stored

    host.done("mv /var/backups/elsewhere /var/backups/iauth")
    upgraded = server.install(newer)
    assert upgraded.returncode == 0, upgraded
    copy = re.search(r"copied to (\S+\.db), its key to \1\.key", upgraded.stdout)[1]
    assert "schema version 1" in upgraded.stderr and "version 2 only" in upgraded.stderr
    assert server.modes(copy, f"{copy}.key") == {copy: "600 iauth iauth",
                                                 f"{copy}.key": "600 iauth iauth"}
    # The way back: the version before, and the copy is a database.
    assert server.install().returncode == 0
    host.done("rm /var/lib/iauth/iauth.db")
    host.done(f"iauth restore {copy}")
    host.done("iauth audit --verify")


def test_chinese_is_spoken_where_the_locale_asks(server):
    said = server.host.done("dpkg --purge iauth", env={"LANG": "zh_TW.UTF-8"})
    assert "iauth" not in re.sub(r"\(.*?\)|.*for iauth.*|.*Removing.*", "", said)
    assert "尚無資料庫" in server.install(env={"LANG": "zh_TW.UTF-8"}).stdout


def test_purging_keeps_the_data_unless_asked(server):
    host = server.host
    host.done("iauth " + " ".join(INIT))
    removed = host.done("dpkg --remove iauth")
    assert host.sh("systemctl is-active " + " ".join(UNITS)).stdout.split() == ["inactive"] * 4
    assert host.root_path("/etc/iauth/iauth.conf").exists(), removed
    purged = host.done("dpkg --purge iauth")
    assert "/var/lib/iauth is kept" in purged
    assert host.sh("ls -d /etc/iauth /run/iauth /usr/bin/iauth /var/backups/iauth").stdout == ""
    assert {"iauth.db", "iauth.key"} <= {path.name for path in host.data.iterdir()}
    assert host.sh("find /etc/systemd -name '*iauth*'").stdout == ""

    # Back again: the same database, the same owner.
    assert server.install().returncode == 0
    host.done("iauth audit --verify")
    host.done("dpkg --purge iauth", env={"IAUTH_PURGE_DATA": "yes"})
    assert host.sh("ls -d /var/lib/iauth /var/backups/iauth").stdout == ""
