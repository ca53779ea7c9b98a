#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hostile build: every attempt of abuse_probe with the answer that it must get, bombs, signals, daemons, and the log."""
import collections
import contextlib
import ctypes
import os
import re
import socket
import subprocess
import time

from box import PROBE, Box
from sbtest import PROGRAM, case, main, run, sb, start

ATTEMPTS = 268  # as many as there are; fewer means that some were lost
SHARED_KEY = 0x5AB3
WITHOUT_LANDLOCK = 6  # attempts that are left out where the kernel has no Landlock


def program():
    with open(PROBE, "rb") as f:
        return {"abuse_probe*": f.read()}


def probing(*steps, **options):
    return Box(*steps, files=program(), **options)


@contextlib.contextmanager
def host():
    """What the build must not reach: an abstract socket, a port and a shared memory segment of this machine."""
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(SHARED_KEY, 4096, 0o1666)
    assert segment >= 0, os.strerror(ctypes.get_errno())
    abstract, port = socket.socket(socket.AF_UNIX), socket.socket()
    try:
        abstract.bind("\0samebuild-abuse")
        abstract.listen()
        port.bind(("127.0.0.1", 0))
        port.listen()
        yield str(port.getsockname()[1])
    finally:
        abstract.close()
        port.close()
        libc.shmctl(segment, 0, None)


def table(text):
    return [line.split("\t") for line in text.splitlines()]


@case("every attempt gets the answer that it must get", user=True)
def _(_dir):
    with host() as port:
        box = probing("./abuse_probe attempts > out/attempts", outputs=("out/attempts",), limits={"processes": 256}, env={"HOST_PORT": port})
        box.rebuild()
    with open("built/out/attempts") as f:
        rows = table(f.read())
    count = collections.Counter(row[0] for row in rows)
    assert len(rows) >= ATTEMPTS and count["left"] <= WITHOUT_LANDLOCK, count
    assert set(count) <= {"ok", "left"}, [row for row in rows if row[0] == "wrong"]


def refused_otherwise(control, allow=()):
    """Names of the attempts that get another answer under @control than they must get by default."""
    box = probing("./abuse_probe attempts > out/attempts", outputs=("out/attempts",), limits={"processes": 256}, control=control)
    if allow:
        box.drop["build"]["allow"] = list(allow)
        box.save()
    box.rebuild()
    with open("built/out/attempts") as f:
        rows = table(f.read())
    assert len(rows) >= ATTEMPTS
    return {row[2] for row in rows if row[0] == "wrong"}


@case("a controlled clock and seed open nothing", user=True)
def _(_dir):
    for clock in ("shift", "frozen"):
        assert refused_otherwise({"clock": clock, "seed": 3}) == set(), clock


@case("what a recipe may ask for opens exactly that", user=True)
def _(_dir):
    assert refused_otherwise({}, allow=("ptrace",)) == {"ptrace an own child", "be traced", "process_vm_readv of an own child", "process_vm_writev of an own child"}
    own_id = {"give a file to root", "setuid 0", "setgid 0", "setresuid 0", "setresgid 0", "an ordinary id"}
    assert refused_otherwise({"user": "root"}) == own_id  # it has the number 0 from the start, and nothing else of root


@case("outside of the environment the harmless attempts get through, so the probe can tell", user=True)
def _(_dir):
    with host() as port:
        rows = table(run(PROBE, "control", env={"HOST_PORT": port}, code=0, timeout=60).out)
    through = {row[2] for row in rows if row[0] == "through"}
    # what this machine itself may forbid by a sysctl or a container
    perhaps = {"unshare user", "clone user", "clone user with high bits", "clone3 user", "fanotify_init", "userfaultfd", "name_to_handle_at",
               "set_mempolicy", "kcmp", "keyctl", "add_key", "be traced", "ptrace an own child", "process_vm_readv of an own child",
               "process_vm_writev of an own child", "pidfd_getfd of an own child"}
    assert {row[2] for row in rows} - through <= perhaps, rows
    assert len(through) >= 12, rows


def limit_of(result):
    """Name of the limit that a build met, from its message."""
    message = result.json()["errors"][0]
    assert message["id"] == "build-limit", result
    found = re.search(r"limit ([a-z-]+)|: ([a-z-]+): ", message["message"])
    assert found, message
    return found.group(1) or found.group(2)


@case("a fork bomb is stopped at the limit of processes, which is named", user=True)
def _(_dir):
    box = probing("./abuse_probe fork-bomb 4000 && false", limits={"processes": 60, "wall": "60s"})
    assert limit_of(box.rebuild(code=4)) == "processes"


@case("a build that goes on after its fork bomb ends well, and the bomb is gone", user=True)
def _(_dir):
    probing("./abuse_probe fork-bomb 4000 > out/n", outputs=("out/n",), limits={"processes": 60}).rebuild()
    made = int(open("built/out/n").read().split()[0])
    assert 10 < made <= 60, made


@case("a shell's fork bomb ends by the limit of time at the latest", user=True)
def _(_dir):
    box = Box("b() { b | b & }; b; sleep 1000", limits={"processes": 60, "wall": "3s"})
    assert limit_of(box.rebuild(code=4)) in ("wall", "processes")


@case("a flood of zombies is stopped, orphans are reaped", user=True)
def _(_dir):
    box = probing("./abuse_probe zombies 4000 > out/n", "./abuse_probe orphans 300 && echo good >> out/n", outputs=("out/n",),
                  limits={"processes": 60})
    box.rebuild()
    words = open("built/out/n").read().split()
    assert int(words[0]) <= 60 and words[-1] == "good", words


@case("private memory is limited for one process, and named", user=True)
def _(_dir):
    box = probing("./abuse_probe private-memory 1000 && false", limits={"memory": "100M", "disk": "50M", "wall": "60s"})
    assert limit_of(box.rebuild(code=4)) == "memory"


@case("memory of many processes together is limited, and named", user=True)
def _(_dir):
    step = "for i in 1 2 3 4 5 6; do ./abuse_probe private-memory 60 & done; wait; sleep 5; exit 1"
    box = probing(step.replace("private-memory 60", "hold-memory 60"), limits={"memory": "150M", "disk": "50M", "wall": "60s"})
    assert limit_of(box.rebuild(code=4)) == "memory"


@case("shared memory is limited too, and named", user=True)
def _(_dir):
    box = probing("./abuse_probe shared-memory 600; sleep 5; exit 1", limits={"memory": "100M", "disk": "50M", "wall": "60s"})
    assert limit_of(box.rebuild(code=4)) == "memory"


@case("a nameless file in memory is limited too and named, or there are none", user=True)
def _(_dir):
    box = probing("./abuse_probe memory-file 600; [ $? = 33 ] && exit 33; sleep 3; exit 1", limits={"memory": "100M", "disk": "50M", "wall": "60s"})
    result = box.rebuild(code=4)
    error = result.json()["errors"][0]
    if error["id"] == "build-step-failed":
        assert error["message"].endswith("status 33"), error
    else:
        assert limit_of(result) in ("memory", "disk", "file-size"), result


@case("a disk that is filled is named, wherever it is filled", user=True)
def _(_dir):
    for place in (".", "/tmp", "/var/tmp"):
        box = Box(f"for i in 1 2 3; do dd if=/dev/zero of={place}/$i bs=1M count=10 || exit 1; done", limits={"disk": "20M"})
        assert limit_of(box.rebuild(code=4)) == "disk", place


@case("files that are too many are named", user=True)
def _(_dir):
    box = probing("mkdir many; cd many; ../abuse_probe many-files 100000", limits={"inodes": 3000})
    assert limit_of(box.rebuild(code=4)) == "inodes"


@case("a file that is too large is named", user=True)
def _(_dir):
    box = Box("dd if=/dev/zero of=big bs=1M count=30", limits={"file-size": "10M", "disk": "100M"})
    assert limit_of(box.rebuild(code=4)) == "file-size"


@case("shared memory files and /dev/shm hold no more than a little", user=True)
def _(_dir):
    box = probing("(cd /dev/shm; /build/box-1/abuse_probe many-files 100000); dd if=/dev/zero of=/dev/shm/big bs=1M; du -sm /dev/shm > out/n",
                  outputs=("out/n",))
    box.rebuild()
    assert int(open("built/out/n").read().split()[0]) <= 512


@case("everybody stopped: the limit of time ends it", user=True)
def _(_dir):
    box = probing("./abuse_probe stop-everybody", limits={"wall": "2s"})
    assert limit_of(box.rebuild(code=4)) == "wall"


@case("everybody killed: the step has failed", user=True)
def _(_dir):
    result = probing("./abuse_probe kill-everybody & wait; exit 9").rebuild(code=4)
    assert result.json()["errors"][0]["id"] == "build-step-failed", result


@case("daemons with sessions of their own that ignore every signal do not outlive the step's end", user=True)
def _(_dir):
    box = probing("./abuse_probe daemon out/alive; ./abuse_probe daemon /tmp/alive; while [ ! -e out/alive ]; do sleep 0.01; done; echo x > out/n",
                  outputs=("out/n",))
    box.rebuild()


@case("nor its failure", user=True)
def _(_dir):
    box = probing("./abuse_probe daemon out/alive; while [ ! -e out/alive ]; do sleep 0.01; done; exit 3")
    assert box.rebuild(code=4).json()["errors"][0]["id"] == "build-step-failed"


@case("nor the limit of time", user=True)
def _(_dir):
    box = probing("./abuse_probe daemon out/alive; ./abuse_probe stubborn", limits={"wall": "2s"})
    assert limit_of(box.rebuild(code=4)) == "wall"


@case("nor the timeout of a step", user=True)
def _(_dir):
    box = probing("./abuse_probe daemon out/alive; ./abuse_probe stubborn")
    box.drop["build"]["steps"][0]["timeout"] = "1s"
    box.save()
    assert limit_of(box.rebuild(code=4)) == "timeout"


@case("the next step starts although daemons of the one before live on, and ends them", user=True)
def _(_dir):
    probing("./abuse_probe daemon out/alive", "echo second > out/n", outputs=("out/n",)).rebuild()
    assert open("built/out/n").read() == "second\n"


@case("a flood of questions for the time is answered", user=True)
def _(_dir):
    for clock in ("real", "shift"):
        probing("./abuse_probe ask-the-time 30000; echo good > out/n", outputs=("out/n",), control={"clock": clock}).rebuild()
        assert open("built/out/n").read() == "good\n"


@case("a log bomb ends at its limit, which is named", user=True)
def _(_dir):
    assert limit_of(Box("yes", limits={"log": "5M"}).rebuild(code=4)) == "log"
    assert limit_of(Box("tr '\\0' x < /dev/zero", limits={"log": "5M"}).rebuild(code=4)) == "log"


def reading_ends(pid):
    """Flags of each end of a pipe that this process reads from."""
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with open(f"/proc/{pid}/fdinfo/{fd}") as f:
            flags = int(re.search(r"flags:\s+([0-7]+)", f.read()).group(1), 8)
        if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("pipe:") and flags & os.O_ACCMODE == os.O_RDONLY:
            found.append(flags)
    return found


@case("who takes its own output out of the log's pipe holds up nobody: the supervisor never waits in it", user=True)
def _(_dir):
    box = probing("exec ./abuse_probe drain-log", limits={"wall": "3s"})
    supervisor = start(PROGRAM, "rebuild", "drop.json", "-O", "built", "--json", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not box.alive() and supervisor.poll() is None:
        time.sleep(0.02)
    ends = reading_ends(supervisor.pid)
    begun = time.monotonic()
    _out, err = supervisor.communicate(timeout=60)
    assert ends and all(flags & os.O_NONBLOCK for flags in ends), [oct(flags) for flags in ends]
    assert supervisor.returncode == 4 and time.monotonic() - begun < 10, (supervisor.returncode, err)
    box.assert_gone()


NASTY = "\\033]0;owned\\007\\033[31mred\\033[2J\\r\\b\\001\\177\\302\\233\\377\\376 \\342\\200\\256 evil\\n"


@case("terminal escapes in the log reach no terminal", user=True)
def _(_dir):
    for step in (f"printf '{NASTY}'; exit 1", f"printf '{NASTY}' >&2; kill -9 $$"):
        for words in (("-v",), ()):
            box = Box(step)
            result = sb("rebuild", "drop.json", "-O", "built", *words, code=4)
            text = (result.out + result.err).encode(errors="surrogateescape")
            assert b"evil" in text, result
            bad = [byte for byte in text if byte < 32 and byte not in b"\n\t" or byte == 127]
            assert not bad, (bad, text)
            shown = text.decode("utf-8")  # nothing but valid UTF-8
            assert not any(0x80 <= ord(c) < 0xA0 or ord(c) in range(0x202A, 0x202F) or ord(c) in range(0x2066, 0x206A) for c in shown), shown
            box.assert_gone()


@case("a step that closes its log, or hands it to nobody, ends as it ends", user=True)
def _(_dir):
    Box("exec >&- 2>&-; echo good > out/n", outputs=("out/n",)).rebuild()
    Box("exec >&- 2>&-; exit 5").rebuild(code=4)


main()
