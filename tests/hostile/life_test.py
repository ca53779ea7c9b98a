#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""However a run ends, nothing of it remains: no process, mount, control group or file."""
import os
import signal
import subprocess
import time

from box import PROBE, Box, cgroups
from sbtest import ORDINARY_UID, PROGRAM, case, main, need, ordinary, run, skip, start

PATIENCE = 20  # seconds until the kernel of a loaded machine must have ended a pid namespace


def program():
    with open(PROBE, "rb") as f:
        return {"abuse_probe*": f.read()}


def busy(**options):
    """A build with daemons and a burning processor that says when it runs, and does not end."""
    step = "./abuse_probe daemon out/alive; while [ ! -e out/alive ]; do sleep 0.01; done; echo running; while :; do :; done"
    return Box(step, files=program(), limits={"wall": "100s"}, **options)


def mounts():
    with open("/proc/self/mountinfo") as f:
        return {line.split(" - ")[0].split()[4] for line in f if "/build" in line or "samebuild" in line}


def picture():
    """Everything in the folders where a run may put something: TMPDIR and HOME are those of the case."""
    return {os.path.join(top, name) for place in (".", "../tmp", "../home") for top, folders, names in os.walk(place) for name in folders + names}


class Run:
    """A rebuild in the background; its own processes carry the mark of the box only from the first step on."""

    def __init__(self, box, *words):
        self.box, self.before, self.mounts = box, picture(), mounts()
        self.process = start(PROGRAM, "rebuild", "drop.json", "-O", "built", *words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def wait_running(self):
        end = time.monotonic() + 60
        while not any("kworker" in line for process in self.box.alive() for line in process):
            assert time.monotonic() < end and self.process.poll() is None, f"the build does not run: {self.process.stderr.read()}"
            time.sleep(0.01)

    def init(self):
        """Process 1 of the environment: the only child."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
            return [int(pid) for pid in f.read().split()]

    def end(self, expected):
        try:
            err = self.process.communicate(timeout=60)[1]
        finally:
            self.process.kill()
        assert self.process.returncode in expected, (self.process.returncode, err)
        self.box.assert_gone(PATIENCE)
        group = [name for name in cgroups(str(self.process.pid)) if "samebuild" in name]
        return err, group

    def assert_clean(self):
        assert picture() == self.before, picture() ^ self.before
        assert mounts() == self.mounts, mounts() ^ self.mounts


def stopped_by(number, expected):
    run_ = Run(busy())
    run_.wait_running()
    run_.process.send_signal(number)
    _, groups = run_.end(expected)
    run_.assert_clean()
    assert groups == [], groups


@case("SIGTERM and SIGINT end everything, with their exit codes", user=True)
def _(_dir):
    stopped_by(signal.SIGTERM, (143,))
    stopped_by(signal.SIGINT, (130,))


@case("SIGHUP, SIGQUIT, SIGPIPE and SIGABRT of the supervisor leave nothing", user=True)
def _(_dir):
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT):
        run_ = Run(busy())
        run_.wait_running()
        run_.process.send_signal(number)
        run_.end((-number, 128 + number, 1, 4, 75, 130, 143))
        run_.assert_clean()


@case("SIGKILL of the supervisor at many moments: no process, file or mount remains", user=True)
def _(_dir):
    for delay in (0, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2):
        run_ = Run(busy())
        time.sleep(delay)
        run_.process.kill()
        run_.end((-signal.SIGKILL,))
        run_.assert_clean()


@case("SIGKILL of the supervisor while the build runs, and the next run sweeps its control group", user=True)
def _(_dir):
    run_ = Run(busy())
    run_.wait_running()
    run_.process.kill()
    _, groups = run_.end((-signal.SIGKILL,))
    run_.assert_clean()
    Box("true").rebuild()
    assert not [name for name in groups if os.path.exists(name)], groups


@case("SIGKILL of the supervisor while it takes outputs", user=True)
def _(_dir):
    for delay in (0.05, 0.15, 0.3):
        run_ = Run(Box("cd out; ../abuse_probe many-files 20000", files=program()))
        time.sleep(delay)
        run_.process.kill()
        run_.end((-signal.SIGKILL, 0))
        run_.box.assert_gone(PATIENCE)


@case("SIGKILL of init: the run says that it failed", user=True)
def _(_dir):
    run_ = Run(busy())
    run_.wait_running()
    for pid in run_.init():
        os.kill(pid, signal.SIGKILL)
    err, groups = run_.end((4, 5, 70, 75))
    assert b"error[" in err, err
    run_.assert_clean()
    assert groups == [], groups


@case("SIGSTOP of init: the limit of time still ends the run", user=True)
def _(_dir):
    box = Box("while :; do :; done", limits={"wall": "3s"})
    run_ = Run(box)
    end = time.monotonic() + 30
    while not box.alive():
        assert time.monotonic() < end
        time.sleep(0.01)
    for pid in run_.init():
        os.kill(pid, signal.SIGSTOP)
    err, groups = run_.end((4,))
    assert b"wall" in err, err
    run_.assert_clean()
    assert groups == [], groups


@case("success, a failing step, a step that is not there, and a limit leave nothing", user=True)
def _(_dir):
    for step, limits, code in (("echo x > out/n", {}, 0), ("exit 3", {}, 4), (["/nowhere/at-all"], {}, 4), ("sleep 1000", {"wall": "1s"}, 4),
                               ("dd if=/dev/zero of=big bs=1M", {"disk": "5M"}, 4)):
        run_ = Run(Box(step, limits=limits))
        _, groups = run_.end((code,))
        left = {name for name in picture() - run_.before if not name.startswith("./built")}
        assert left == set() and groups == [] and mounts() == run_.mounts, (step, left, groups)


def with_small_folder(size, *words):
    """The program with a temporary folder of @size; mounted as root, whose rights are given up when the case runs as another."""
    if os.getuid() != 0:
        skip("a small file system of its own needs root")
    need("unshare", "setpriv")
    small = os.path.join(os.path.dirname(os.getcwd()), "small")
    os.makedirs(small, exist_ok=True)
    script = f"mount -t tmpfs -o size={size},mode=1777 small {small} && exec "
    if ordinary():
        script += f"setpriv --reuid {ORDINARY_UID} --regid {ORDINARY_UID} --clear-groups "
    return run("unshare", "-m", "sh", "-c", script + '"$@"', "sh", PROGRAM, *words, user=False, env={"TMPDIR": small}, timeout=100)


@case("a full disk of the machine, while the outputs are taken, is a temporary failure", user=True)
def _(_dir):
    box = Box("dd if=/dev/urandom of=out/big bs=1M count=20")
    result = with_small_folder("4M", "rebuild", "drop.json", "-O", "built", "--json")
    assert result.code == 75, result
    box.assert_gone()
    assert not os.path.exists("built"), os.listdir("built")


@case("a full disk of the machine, while the log is kept, is a temporary failure", user=True)
def _(_dir):
    box = Box("yes | head -c 20000000; echo x > out/n")
    result = with_small_folder("4M", "rebuild", "drop.json", "-O", "built", "--json")
    assert result.code == 75, result
    box.assert_gone()


main()
