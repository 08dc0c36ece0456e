"""A mail system for the tests: a real Postfix of its own, and mailboxes that it hands mails to."""

import asyncio
import os
import re
import shutil
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_postfix(home, more=None, services=""):
    """A Postfix of its own in a directory, without a port: its sendmail, and its mailboxes.

    `more` goes into its main.cf, `services` into its master.cf.
    """
    for place in (home, *home.parents):
        if place.owner() == "root" and str(place) != "/":
            place.chmod(place.stat().st_mode | 0o055)
    for name in ("queue", "data", "config", "mail"):
        (home / name).mkdir()
    (home / "mail").chmod(0o1777)
    shutil.chown(home / "data", "postfix")
    config = home / "config"
    settings = {
        "compatibility_level": "3.6", "queue_directory": home / "queue",
        "data_directory": home / "data", "mail_owner": "postfix", "setgid_group": "postdrop",
        "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "myhostname": "cdc.gov.tw",
        "mydestination": "cdc.gov.tw", "alias_maps": "", "local_recipient_maps": "",
        "luser_relay": "nobody", "mail_spool_directory": f"{home}/mail/",
        "maillog_file": "/var/log/iauth-test-postfix.log"} | (more or {})
    (config / "main.cf").write_text(
        "".join(f"{key} = {value}\n" for key, value in settings.items()))
    master = Path("/etc/postfix/master.cf").read_text()
    master = re.sub(r"(?m)^smtp +inet.*$", "", master)
    master = re.sub(r"(?m)^(\S+ +\S+ +\S+ +\S+ +)y ", r"\1n ", master)
    if "postlog " not in master:
        master += "postlog unix-dgram n - n - 1 postlogd\n"
    (config / "master.cf").write_text(master + services)
    sendmail = home / "sendmail"
    sendmail.write_text(f"#!/bin/sh\nexec /usr/sbin/sendmail -C {config} \"$@\"\n")
    sendmail.chmod(0o755)
    started = subprocess.run(["postfix", "-c", config, "start"], capture_output=True, text=True)
    assert started.returncode == 0, started.stderr
    try:
        yield sendmail, home / "mail"
    finally:
        subprocess.run(["postfix", "-c", config, "stop"], capture_output=True)


class Mailboxes(threading.Thread):
    """Speaks LMTP at a socket, and counts the Message-IDs of what it took or refused.

    `doesTake` says, of an address, whether its mailbox takes a mail, and how often that counts.
    """

    def __init__(self, path, doesTake):
        super().__init__(daemon=True)
        self.path, self.doesTake = path, doesTake
        self.taken, self.refused = Counter(), Counter()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        server = await asyncio.start_unix_server(self.talk, self.path, limit=1 << 22)
        os.chmod(self.path, 0o666)
        await server.serve_forever()

    async def talk(self, reader, writer):
        writer.write(b"220 mailboxes\r\n")
        people = []
        while line := await reader.readline():
            word, answer = line[:4].upper(), b"250 2.0.0 Ok\r\n"
            if word == b"LHLO":
                answer = b"250-mailboxes\r\n250-PIPELINING\r\n250-8BITMIME\r\n" \
                    b"250 ENHANCEDSTATUSCODES\r\n"
            elif word == b"MAIL":
                people = []
            elif word == b"RCPT":
                people.append(line[line.index(b"<") + 1:line.index(b">")].decode())
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                head = (await reader.readuntil(b"\r\n.\r\n")).split(b"\r\n\r\n", 1)[0].decode()
                answer = b"".join(self.take(address, head) for address in people)
            elif word == b"QUIT":
                break
            writer.write(answer)
        writer.close()

    def take(self, address, head):
        name, = re.findall(r"(?m)^Message-ID: (<\S+>)\r?$", head)
        isTaken, times = self.doesTake(address)
        (self.taken if isTaken else self.refused)[name] += times
        return b"250 2.1.5 Ok\r\n" if isTaken else b"550 5.1.1 no such mailbox\r\n"
