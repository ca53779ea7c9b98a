#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs under failing system calls and allocations: exit 0 means what it means without a fault, and the log is the old one or the new one, whole, whatever failed.

(That a call that is killed leaves the log whole is in integration/log_test.py.)
"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import logs  # noqa: E402
from logs import LOG, append, copy, envelope, head, init, read, write  # noqa: E402
from sbtest import case, main, sb  # noqa: E402
from trial import ERRORS, Trial  # noqa: E402

# strace keeps a descriptor open when it lets close fail; Linux never does.
WRITING = [call for call in ERRORS if call != "close"]
READING = ("openat", "read", "pread64", "fstat", "newfstatat", "mmap", "lseek")
OLD, NEW = 254, 258  # the new entries fill a tile and begin the next one


def log_of(size, path="L"):
    init(path)
    if size:
        append([envelope(i) for i in range(size)], path)


class Growing:
    """A log, what it is grown by, and what must hold after each attempt."""

    def __init__(self):
        log_of(OLD)
        copy("L", "start")
        write("seen", read("L/checkpoint"))
        self.lines = [envelope(i) for i in range(OLD, NEW)]
        write("more", "\n".join(self.lines) + "\n")
        self.sizes = set()

    def lay(self):
        copy("start", "L")

    def whole(self, code):
        """The head is the old one or the new one, all below it is there, and it continues what was seen."""
        size = head()[1]
        self.sizes.add(size)
        assert size in (OLD, NEW) and (code != 0 or size == NEW), (code, size)
        write("mine", read("seen"))
        assert sb("log", "verify", "L", "--log", LOG, "--remember", "mine").code == 0, (code, size)

    def holds(self, code, _out):
        """And what failed is made good by another call."""
        self.whole(code)
        if code != 0:
            append(self.lines)
            self.whole(0)

    def trial(self):
        return Trial(("log", "append", "L", "more", "--key", "log.key", "--json"), 0, passphrase=True, lay=self.lay, holds=self.holds)


@case("log append: no failing call leaves half a log, or says that it grew when it did not")
def _(_dir):
    growing = Growing()
    growing.trial().under_calls(WRITING)
    assert growing.sizes == {OLD, NEW}, growing.sizes


@case("log append: no failing allocation does")
def _(_dir):
    growing = Growing()
    growing.trial().under_allocations(step=7)
    assert growing.sizes == {OLD, NEW}, growing.sizes


@case("log append of what is no statement, and with a key that is not the log's, under failing calls and allocations")
def _(_dir):
    log_of(3)
    write("junk", "{}\n")
    before = read("L/checkpoint")

    def same(_code, _out):
        assert read("L/checkpoint") == before
    for words in (("log", "append", "L", "junk", "--key", "log.key", "--json"), ("log", "append", "L", "junk", "--key", "other.key", "--json")):
        trial = Trial(words, 6, passphrase=True, holds=same)
        trial.under_calls(READING)
        trial.under_allocations(step=3)


@case("log append --cosignatures: the head has them all or none")
def _(_dir):
    log_of(3)
    text = "\n".join(read("L/checkpoint").decode().split("\n")[:3]) + "\n"
    write("answers", logs.cosign("w1", text, 1793491200) + logs.cosign("w2", text, 1793491200))
    copy("L", "start")

    def holds(code, _out):
        count = read("L/checkpoint").decode().count("\u2014")
        assert count in (1, 3) and (code != 0 or count == 3), (code, count)
        assert sb("log", "verify", "L", "--log", LOG).code == 0
    words = ("log", "append", "L", "--key", "log.key", "--cosignatures", "answers", "--witness", logs.witness_vkey("w1"), "--witness", logs.witness_vkey("w2"), "--json")
    trial = Trial(words, 0, passphrase=True, lay=lambda: copy("start", "L"), holds=holds)
    trial.under_calls(WRITING)
    trial.under_allocations(step=3)


@case("log init: a folder with a head, or none")
def _(_dir):
    logs.keys()

    def lay():
        shutil.rmtree("L", ignore_errors=True)

    def holds(code, _out):
        there = os.path.exists("L/checkpoint")
        assert not there or (read("L/checkpoint") == expected and sb("log", "verify", "L", "--log", LOG).code == 0), code
        assert code != 0 or there
    expected = logs.checkpoint(0, logs.root([])).encode()
    trial = Trial(("log", "init", "L", "--origin", logs.ORIGIN, "--key", "log.key", "--json"), 0, passphrase=True, lay=lay, holds=holds)
    trial.under_calls(WRITING)
    trial.under_allocations(step=3)


@case("log prove: a proof that is given is the one that is given without a fault, and what is not in the log is proven by nothing")
def _(_dir):
    log_of(300)
    write("st", envelope(77) + "\n")
    write("absent", envelope(1000) + "\n")
    words = ("log", "prove", "L", "--log", LOG, "--json")
    for more, code in ((("st",), 0), (("--since", "70"), 0), (("absent",), 6)):
        trial = Trial((*words[:3], *(m for m in more if more[0] != "--since"), *words[3:], *(more if more[0] == "--since" else ())), code)
        trial.under_calls(READING)
        trial.under_allocations(step=7)
    Trial(("log", "prove", "L", "st", "--log", LOG, "--json", "-O", "proofs"), 0, lay=lambda: os.makedirs("proofs", exist_ok=True)).under_calls(WRITING)


@case("log verify: nothing that fails makes a damaged log whole, or forgets what was seen")
def _(_dir):
    log_of(260)
    copy("L", "old")
    append([envelope(1000)])
    write("kept", read("L/checkpoint"))
    copy("L", "D")
    bundle = bytearray(read("D/tile/entries/000"))
    bundle[40] ^= 1
    write("D/tile/entries/000", bytes(bundle))

    def lay():
        write("seen", read("kept"))
        shutil.rmtree("seen.equivocation", ignore_errors=True)

    def holds(_code, _out):
        assert read("seen") == read("kept")
    for log, code in (("L", 0), ("D", 6), ("old", 6)):
        trial = Trial(("log", "verify", log, "--log", LOG, "--remember", "seen", "--json"), code, lay=lay, holds=holds)
        trial.under_calls(READING if code else WRITING)
        trial.under_allocations(step=11)


@case("log witness: no answer that is not remembered, and none to a head that does not continue")
def _(_dir):
    log_of(3)
    copy("L", "fork")
    append([envelope(4)])
    append([envelope(5)], "fork")
    for log in ("L", "fork"):
        write(f"request-{log}", sb("log", "prove", log, "--since", "0", "--log", LOG, code=0).out)
    name = "state/" + logs.sha256(logs.ORIGIN.encode()).hex() + ".checkpoint"
    words = ("log", "witness", "request-{}", "--state", "state", "--key", "w1.key", "--name", "w1.example", "--log", LOG, "--time", "2026-11-01T00:00:00Z")

    def lay():
        shutil.rmtree("state", ignore_errors=True)

    def remembered(_code, out):
        assert b"\xe2\x80\x94 w1.example" not in out or out in read(name), out
    trial = Trial([w.format("L") for w in words], 0, passphrase=True, lay=lay, holds=remembered)
    trial.under_calls(WRITING)
    trial.under_allocations(step=3)
    shutil.rmtree("state", ignore_errors=True)
    logs.secret(*[w.format("L") for w in words], code=0)
    copy("state", "start")

    def silent(_code, out):
        assert b"\xe2\x80\x94" not in out and read(name) == read(name.replace("state", "start", 1))
    trial = Trial([w.format("fork") for w in words], 6, passphrase=True, lay=lambda: copy("start", "state"), holds=silent)
    trial.under_calls(WRITING)
    trial.under_allocations(step=3)


main()
