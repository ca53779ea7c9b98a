#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Everything that a build can read about where it runs holds nothing of this machine, its caller, or its network."""
import glob
import os
import re
import subprocess

from box import Box
from sbtest import ORDINARY_UID, PROGRAM, case, main, need, ordinary, own, run, sb, skip

SCAN = '''
import ctypes, os, resource, socket, sys, time

def below(top, depth):
    try:
        names = sorted(os.listdir(top))
    except OSError:
        return
    for name in names:
        path = os.path.join(top, name)
        if os.path.isdir(path) and not os.path.islink(path):
            if depth:
                yield from below(path, depth - 1)
        else:
            yield path

def content(path):
    if os.path.islink(path):
        return os.readlink(path).encode(errors="surrogateescape")
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(fd, 1 << 18)
    finally:
        os.close(fd)

places = [("/proc", 0), ("/proc/self", 2), ("/proc/1", 2), ("/proc/sys", 7), ("/proc/net", 3), ("/proc/pressure", 1), ("/proc/sysvipc", 1),
          ("/sys", 9), ("/etc", 0), ("/run", 4), ("/dev", 2), ("/var", 2), ("/tmp", 3), ("/home", 3), ("/root", 3), ("/mnt", 2)]
with open("out/facts", "wb") as out:
    for top, depth in places:
        for path in below(top, depth):
            if path in ("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom") or "/fd/" in path:
                continue
            try:
                out.write(b"=== " + path.encode() + b"\\n" + content(path) + b"\\n")
            except OSError:
                pass
    out.write(b"=== uname\\n" + repr(os.uname()).encode() + b"\\n=== names\\n")
    out.write(repr((socket.gethostname(), socket.getfqdn(), os.getlogin() if sys.stdin.isatty() else "", os.getuid(), os.getgroups(), os.environ)).encode())
'''
# What the kernel shows of a mount or of a user namespace cannot be covered file by file: of the machine it tells the device of the tool
# chain (with `root: host`), and of the caller the number of its id.
KNOWN = re.compile(r"^/proc/(self|thread-self)(/task/\d+)?/(mounts|mountinfo|mountstats|uid_map|gid_map)$")
SECRET = "a-secret-of-the-caller-4711"
HOST = "needle-of-a-host-4711"


def facts():
    with open("built/out/facts", "rb") as f:
        parts = f.read().split(b"=== ")
    return {part.split(b"\n", 1)[0].decode(): part.split(b"\n", 1)[1] for part in parts if part}


def first_line(path):
    try:
        with open(path) as f:
            return f.readline().strip()
    except OSError:
        return ""


def needles():
    """What would name this machine or its caller; nothing that is short enough to turn up by chance."""
    cpu = re.search(r"^model name\s*: (.*)$", open("/proc/cpuinfo").read(), re.M) if os.path.exists("/proc/cpuinfo") else None
    found = {"boot id": first_line("/proc/sys/kernel/random/boot_id"), "machine id": first_line("/etc/machine-id"), "kernel": os.uname().release,
             "processor": cpu.group(1) if cpu else "", "command line of the kernel": first_line("/proc/cmdline"), "memory": first_line("/proc/meminfo"),
             "caller's secret": SECRET, "caller's folder": os.getcwd(), "program": PROGRAM, "caller's home": os.path.join(os.path.dirname(os.getcwd()), "home"),
             "host name": HOST, "caller's id": str(ORDINARY_UID) if ordinary() else ""}
    for name in glob.glob("/sys/class/net/*/address"):
        found["address of " + name] = first_line(name)
    for name in ("product_uuid", "product_serial", "board_serial", "sys_vendor", "product_name"):
        found["DMI " + name] = first_line("/sys/class/dmi/id/" + name)
    return {what: text for what, text in found.items() if len(text) >= 5 and text != "00:00:00:00:00:00"}


def rebuild_on_a_host_of_another_name(box):
    need("unshare", "setpriv")
    if os.getuid() != 0:
        skip("a host name of its own needs root")
    script = f"hostname {HOST} 2>/dev/null || echo {HOST} > /proc/sys/kernel/hostname; exec "
    if ordinary():
        script += f"setpriv --reuid {ORDINARY_UID} --regid {ORDINARY_UID} --clear-groups "
    run("unshare", "--uts", "sh", "-c", script + '"$@"', "sh", PROGRAM, "rebuild", "drop.json", "-O", "built", user=False, env={"SECRET": SECRET}, code=0)
    box.assert_gone()


@case("nothing that a build can read names the machine or its caller", user=True)
def _(_dir):
    for control in ({"kernel": "5.10.0"}, {"kernel": "5.10.0", "clock": "frozen", "seed": 7}):
        subprocess.run(["rm", "-rf", "built"], check=True)
        box = Box(["/usr/bin/python3", "scan.py"], files={"scan.py": SCAN}, control=control)
        rebuild_on_a_host_of_another_name(box)
        found = facts()
        assert len(found) > 200 and "/proc/self/status" in found and "/proc/sys/kernel/hostname" in found, len(found)
        leaks = {(what, path) for what, text in needles().items() for path, data in found.items() if text.encode() in data}
        assert not [leak for leak in leaks if not KNOWN.match(leak[1])], leaks
        assert not any(path.startswith("/proc/1/") for path in found), "init is seen"
        assert found["/proc/sys/kernel/hostname"].strip() == b"build"


@case("the machine's load, memory, processors and network do not show", user=True)
def _(_dir):
    step = "nproc; nproc --all; getconf _NPROCESSORS_ONLN; cat /proc/loadavg /proc/stat /proc/meminfo /proc/net/dev /proc/net/route; ls /sys /sys/devices/system/cpu; ps ax | wc -l"
    texts = []
    for cpus in (1, 1, 3):
        Box(f"({step}) > out/facts 2>&1", control={"cpus": cpus}).rebuild()
        with open("built/out/facts") as f:
            texts.append(f.read())
    assert texts[0] == texts[1] and texts[0].split()[:3] == ["1", "1", "1"], texts
    assert texts[0] != texts[2]
    assert "eth" not in texts[0] and "enp" not in texts[0], texts[0]


LOGGER = """#include <stdio.h>
#define SYSLOG_NAMES
#include <syslog.h>
int main(int count, char **words) { (void)words; return puts(facilitynames[count].c_name) < 0; }
"""


@case("a word that the toolchain spells is no fact of the environment, whoever chose it", user=True)
def _(_dir):
    need("gcc")
    steps = 'gcc -O1 -s -Wl,--build-id=none -o out/p p.c; echo "made by $(id -un)" > out/banner'
    for user, theirs, expected in (("authpriv", "evilpriv", ("different", "different")), ("authoring", "pretending", ("identical", "explained"))):
        subprocess.run(["rm", "-rf", "built"], check=True)
        theirs = theirs[:len(user)]
        box = Box(steps, files={"p.c": LOGGER}, outputs=("out/p", "out/banner"), control={"user": user})
        box.rebuild()
        for number, name in enumerate(("p", "banner")):
            with open(f"built/out/{name}", "rb") as f, open(f"shipped/{number}", "wb") as to:
                to.write(f.read().replace(user.encode(), theirs.encode()))
        own()
        record = sb("verify", "drop.json", "--json").json()
        assert tuple(a["level"] for a in record["artifacts"]) == expected, (user, record["artifacts"], record["findings"])


@case("an environment is given a zone, a locale and a kernel, and nothing else by that name")
def _(_dir):
    for fact, wrong, right in (("timezone", ("bin/sh", "Evrope/Berlin", "passwd", "Europe/../x"), ("UTC", "CET-1", "EST5EDT", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5")),
                               ("locale", ("libc.so", "passwd", "de_DE."), ("C", "POSIX", "C.UTF-8", "de_DE.UTF-8", "de_DE@euro", "sr_RS.UTF-8@latin")),
                               ("kernel", ("passwd", "7", "7.text"), ("5.10.0", "6.1.0-13-amd64"))):
        for value in wrong:
            Box("true", control={fact: value})
            assert sb("check", "drop.json", "--json", code=2).json()["errors"][0]["id"] == "bad-value", (fact, value)
        for value in right:
            Box("true", control={fact: value})
            sb("check", "drop.json", code=0)


main()
