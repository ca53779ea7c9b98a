#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times of images against the recorded epoch: one other time at every place is explained by it, and nothing else is."""
import json
import os
import shutil
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import compare, read, write  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

OURS, THEIRS = 1700000000, 1690000000
MANY = 300  # more files than differences that are told one by one
ID = "6b6d8e7c-2b5f-4b5e-9a55-3f1f0c1d2e3f"


def tree(when, odd=()):
    """@odd: {name: time} of files with a time of their own."""
    shutil.rmtree("tree", ignore_errors=True)
    os.makedirs("tree/d")
    for number in range(MANY):
        write(f"tree/d/f{number:03}", b"content %d\n" % number)
        os.utime(f"tree/d/f{number:03}", (when, when))
    for name, time in dict(odd).items():
        os.utime(f"tree/d/{name}", (time, time))
    for folder in ("tree/d", "tree"):
        os.utime(folder, (when, when))


def squashfs(out, when):
    run("mksquashfs", "tree", out, "-noappend", "-all-root", "-mkfs-time", str(when), "-quiet", "-no-progress", code=0)


def iso(out, when):
    run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-uid", "0", "-gid", "0", "-o", out, "tree", code=0, env={"SOURCE_DATE_EPOCH": str(when), "TZ": "UTC"})


def fat(out, when):
    del when
    if os.path.exists(out):
        os.unlink(out)
    run("mkfs.fat", "-C", "-i", "12345678", "--invariant", out, "4096", code=0)
    run("mcopy", "-s", "-m", "-i", out, "tree/d", "::", code=0, env={"TZ": "UTC"})


def jffs2(out, when):
    del when
    run("mkfs.jffs2", "-l", "-U", "-d", "tree", "-o", out, code=0)


KINDS = {"squashfs": (squashfs, "mksquashfs"), "ISO 9660": (iso, "xorriso"), "FAT": (fat, "mkfs.fat"), "JFFS2": (jffs2, "mkfs.jffs2")}


def facts(**more):
    write("facts.json", json.dumps({"schema": "samebuild-facts/1", "epoch": OURS, "timezone": "UTC", **more}).encode())
    return "--facts", "facts.json"


def made(pack, name, when, odd=(), own=None):
    tree(when, odd)
    pack(name, own or when)
    return read(name)


def level(*options):
    return compare("a", "b", *options)["level"]


def refused(label, *options):
    found = level(*options)
    assert found in ("repackaged", "different"), (label, found)


for NAME, (PACK, TOOL) in KINDS.items():
    @case(f"{NAME}: one time of the vendor at every place is explained by the recorded one; an odd one is not")
    def _(_folder, pack=PACK, tool=TOOL):
        need(tool, *(["mcopy"] if tool == "mkfs.fat" else []))
        made(pack, "b", OURS)
        made(pack, "a", THEIRS)
        assert level() == "repackaged", "without facts nothing is known"
        record = compare("a", "b", *facts())
        assert record["level"] == "explained", record["findings"][:9]
        assert {f["rule"] for f in record["findings"] if f["cause"] == "timestamp"} == {"environment"}, record["findings"][:9]
        assert any(row["cause"] == "timestamp" for row in record["freedom"]), record["freedom"]
        refused("another epoch", *facts(epoch=OURS + 2))
        for place in ("f001", f"f{MANY - 1}"):
            made(pack, "a", THEIRS, {place: THEIRS + 86400})
            refused(f"another time of {place}", *facts())
            made(pack, "a", THEIRS, {place: OURS})
            refused(f"our time at {place}", *facts())
        made(pack, "a", 500000000)
        refused("a time before anybody built", *facts())
        tree(THEIRS)
        write("tree/d/f001", b"Content 1\n")
        os.utime("tree/d/f001", (THEIRS, THEIRS))
        pack("a", THEIRS)
        assert level(*facts()) == "different", "other content"


@case("squashfs: the image itself has our time, and its files have not")
def _(_folder):
    need("mksquashfs")
    made(squashfs, "b", OURS)
    made(squashfs, "a", THEIRS, own=OURS)
    refused("our time in the superblock", *facts())
    made(squashfs, "a", THEIRS, own=THEIRS + 1)
    refused("another time in the superblock", *facts())


@case("EROFS: times of inodes and of the image")
def _(_folder):
    need("mkfs.erofs")
    for name, when in (("a", THEIRS), ("b", OURS)):
        tree(when)
        run("mkfs.erofs", "--all-root", f"-T{when}", "-U", ID, name, "tree", code=0)
    assert level() == "repackaged" and level(*facts()) == "explained"
    good = read("a")
    at = good.rindex(struct.pack("<Q", THEIRS))
    for label, when in (("another time", THEIRS + 1), ("our time", OURS)):
        write("a", good[:at] + struct.pack("<Q", when) + good[at + 8:])
        refused(label, *facts())


@case("ISO 9660: another zone, or hundredths of a second, is no recorded time")
def _(_folder):
    need("xorriso")
    made(iso, "b", OURS)
    good = made(iso, "a", THEIRS)
    assert level(*facts()) == "explained"
    for at, label in ((0x8000 + 813 + 14, "hundredths of the volume"), (0x8000 + 813 + 16, "zone of the volume"), (0x8000 + 156 + 24, "zone of the root")):
        write("a", good[:at] + bytes([good[at] + 1]) + good[at + 1:])
        refused(label, *facts())


@case("FAT: what a clock on the wall said is known only in UTC; hundredths of a second are content of nobody")
def _(_folder):
    need("mkfs.fat", "mcopy")
    made(fat, "b", OURS)
    good = made(fat, "a", THEIRS)
    assert level(*facts()) == "explained"
    refused("another zone", *facts(timezone="Europe/Berlin"))
    at = good.index(b"F001    ") + 13
    write("a", good[:at] + bytes([good[at] + 1]) + good[at + 1:])
    refused("hundredths", *facts())


@case("tar: a time that is spelled in another way is no recorded time")
def _(_folder):
    need("tar")
    def pack(out, _when):
        run("tar", "--sort=name", "--format=ustar", "--owner=0", "--group=0", "--numeric-owner", "-cf", out, "tree", code=0)
    made(pack, "b", OURS)
    good = made(pack, "a", THEIRS)
    assert level(*facts()) == "explained"
    at, block = 136 + 11, bytearray(good[:512])
    block[at] = 0x20
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    write("a", bytes(block) + good[512:])
    refused("a blank behind the time", *facts())


@case("uImage: the time in its header is the recorded one")
def _(_folder):
    need("mkimage")
    write("kernel", b"kernel " * 100)
    for name, when in (("a", THEIRS), ("b", OURS)):
        run("mkimage", "-A", "arm", "-T", "kernel", "-C", "none", "-n", "k", "-d", "kernel", name, code=0, env={"SOURCE_DATE_EPOCH": str(when)})
    assert struct.unpack_from(">I", read("b"), 8)[0] == OURS
    assert level() == "repackaged" and level(*facts()) == "explained"


if __name__ == "__main__":
    main()
