#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flipped bits of accepted pairs, judged in one process: outside of claimed places each must bring the level down."""
import gzip
import hashlib
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import benign  # noqa: E402
import firmware  # noqa: E402
import vendors  # noqa: E402
import volumes  # noqa: E402
import mutants_fat  # noqa: E402
import mutants_iso  # noqa: E402
import mutants_jffs2  # noqa: E402
import mutants_macho  # noqa: E402
import mutants_rom  # noqa: E402
import mutants_ubi  # noqa: E402
from make_binaries import Elf  # noqa: E402
from mutants import TEXT, entry, whole, zipped  # noqa: E402
from mutants_more import ar, inner  # noqa: E402
from pairs import FACTS  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

PROBE = os.path.join(os.environ["SB_BUILD_ROOT"], "tests", "hostile", "flip_probe")
COUNT = 300 if os.path.exists(os.path.join(os.environ["SB_BUILD_ROOT"], "sanitizer")) else 1500
SEEN = {"outside": 0, "kept": 0, "inside": 0}


def flips(shipped, rebuilt, level, facts=None, values=(), count=COUNT, seed=1):
    for name, data in (("shipped", shipped), ("rebuilt", rebuilt)):
        with open(name, "wb") as f:
            f.write(data)
    if facts:
        with open("facts.json", "w") as f:
            json.dump(facts, f)
    result = run(PROBE, "shipped", "rebuilt", "facts.json" if facts else "-", count, seed, *values, timeout=500, code=0)
    found = re.search(r"^level (\S+), outside (\d+) kept (\d+), inside (\d+) kept (\d+)$", result.out, re.M)
    assert found, result
    outside, kept, inside = (int(found[i]) for i in (2, 3, 4))
    SEEN["outside"] += outside
    SEEN["kept"] += kept
    SEEN["inside"] += inside
    print(f"# {level}: {outside} flips outside of claimed places, {kept} kept the level; {inside} inside, {found[5]} kept it", flush=True)
    assert found[1] == level and kept == 0 and outside > count // 2, result


@case("programs: time, user, host, path")
def _(here):
    need("gcc", "strip")
    facts = dict(FACTS, path=f"{here}/ours_1")
    values = (facts["path"], "builder", "maker-7", "Nov 14 2023", "22:13:20")
    for strip in (True, False):
        base = benign.compiled("builder", "maker-7", 1700000000, path=f"{here}/ours_1", strip=strip)
        for user, host, epoch, path in (("vendor9", "maker-7", 1700000000, "ours_1"), ("builder", "vhost-1", 1706943909, "ours_1"), ("builder", "maker-7", 1700000000, "them_2")):
            flips(benign.compiled(user, host, epoch, path=f"{here}/{path}", strip=strip), base, "explained", facts, values)


@case("a program whose build-id differs")
def _(here):
    need("gcc", "strip")
    base = benign.compiled("builder", "maker-7", 1700000000, path=f"{here}/p", strip=True)
    elf = Elf(f"{here}/p/main")
    at = elf.section(".note.gnu.build-id")[0] + 16
    flips(base[:at] + hashlib.sha1(b"another").digest() + base[at + 20:], base, "explained")


@case("containers of a program whose build-id differs")
def _(here):
    need("gcc", "strip")
    base = benign.compiled("builder", "maker-7", 1700000000, path=f"{here}/p", strip=True)
    at = Elf(f"{here}/p/main").section(".note.gnu.build-id")[0] + 16
    other = base[:at] + hashlib.sha1(b"another").digest() + base[at + 20:]
    flips(inner([("./main", other, {}), ("./more", b"text" * 99, {})]), inner([("./main", base, {}), ("./more", b"text" * 99, {})]), "explained")
    flips(ar([(b"main/", other), (b"more/", b"text" * 9)]), ar([(b"main/", base), (b"more/", b"text" * 9)]), "explained")
    flips(*(zipped([("main", d, 0o100755, 0), ("more", b"text" * 99, 0o100644, 0)]) for d in (other, base)), "explained")


@case("containers: values of the environment, times and orders")
def _(_dir):
    need("tar", "cpio", "zip", "gcc", "ar")
    ours, theirs, _ = benign.VALUES["path"]
    flips(*(whole([entry(b"./a", b"made in %s\n" % v), entry(b"./b", b"other" * 50)]) for v in (theirs, ours)), "explained", FACTS, (ours.decode(),))
    for label, shipped, rebuilt, level, _ in benign.containers():
        if label == "tar ustar, order of a folder":  # the equal times may be flipped too: any time may stand there
            flips(shipped, rebuilt, level, None, ("%011o" % 1700000000,))


@case("what devices boot: names that were drawn, times, kernels of another level")
def _(_dir):
    need("dtc", "mkimage", "mkbootimg", "sgdisk")
    disk = firmware.gpt()
    flips(firmware.with_ids(disk, 2), firmware.with_ids(disk, 1), "explained", count=COUNT // 2)
    flips(firmware.fit(epoch=firmware.NOW), firmware.fit(), "repackaged", count=COUNT // 2)
    flips(firmware.uimage(TEXT * 9, epoch=firmware.NOW), firmware.uimage(TEXT * 9), "repackaged", count=COUNT // 2)
    flips(*(firmware.android(2, ramdisk=gzip.compress(TEXT * 300, level, mtime=0), tree=firmware.dtb()) for level in (9, 0)), "repackaged", count=COUNT // 2)


@case("headers of vendors: times inside")
def _(_dir):
    need("mkimage", "openssl")
    flips(*(vendors.fwtool(firmware.uimage(TEXT * 9, epoch=epoch), vendors.INFORMATION) for epoch in (firmware.NOW, firmware.THEN)), "repackaged", count=COUNT // 8)
    for form, (make, _) in vendors.FORMS.items():
        print(f"# {form}", flush=True)
        flips(make(firmware.uimage(TEXT * 9, epoch=firmware.NOW)), make(firmware.uimage(TEXT * 9)), "repackaged", count=COUNT // 8)


@case("texts and tables")
def _(_dir):
    for name in ("user", "host", "kernel", "date", "stamp"):
        ours, theirs, _ = benign.VALUES[name]
        table = b"".join(b"\1row %d of a table that says who made it: %%s\0" % i for i in range(40))
        flips(table.replace(b"%s", theirs), table.replace(b"%s", ours), "explained", FACTS, (ours.decode(),), 600)


def volume(shipped, rebuilt, free, count=COUNT // 3):
    """The claim on an image whose layout differs covers all of it: here only places that mean nothing may keep the level."""
    for name, data in (("shipped", shipped), ("rebuilt", rebuilt)):
        with open(name, "wb") as f:
            f.write(data)
    result = run(PROBE, "shipped", "rebuilt", "-", count, 1, timeout=500, code=0)
    kept = [int(at) for at in re.findall(r"^kept \S+ by a flip at offset (\d+)", result.out, re.M)]
    wrong = [at for at in kept if not any(at in place for place in free)]
    SEEN["outside"] += count - len(kept)
    SEEN["inside"] += len(kept)
    print(f"# {count} flips of an image, {len(kept)} kept the level at places that are free", flush=True)
    assert "level repackaged" in result.out and not wrong, (wrong, result)


@case("ext: an image made at another time")
def _(_dir):
    need("mke2fs")
    shipped, rebuilt = (volumes.extended(volumes.tree(many=3), "-O", "^has_journal", size="400K", time=t) for t in (1706943909, 1700000000))
    volume(shipped, rebuilt, ())  # no bit is free: all are below some checksum


@case("squashfs: an image made at another time, its metadata as it is")
def _(_dir):
    need("mksquashfs")
    root = volumes.tree(many=3)
    shipped, rebuilt = (volumes.squashed(root, *volumes.PLAIN, time=t) for t in (1706943909, 1700000000))
    volume(shipped, rebuilt, volumes.squashfs_times(shipped))
    shipped, rebuilt = (volumes.squashed(root, "-comp", "xz", time=t) for t in (1706943909, 1700000000))
    volume(shipped, rebuilt, [range(8, 12)])


@case("images of file systems: identifiers and times")
def _(_dir):
    need("mkfs.jffs2", "mkfs.ubifs", "ubinize", "genromfs", "fakeroot", "setfattr")
    pairs = [*mutants_jffs2.honest(), *mutants_ubi.ubifs_honest(), *mutants_ubi.ubi_honest(), *mutants_rom.romfs_honest()]
    chosen = ("jffs2, times", "ubifs, times", "ubi, sequence number of the image", "romfs, time")
    for label, shipped, rebuilt, level, _ in pairs:
        if label in chosen:
            flips(shipped, rebuilt, level, None, (), min(COUNT, 300))


@case("ISO 9660: an image made at another time")
def _(_dir):
    need("xorriso", "genisoimage", "fakeroot")
    for image in mutants_iso.images(mutants_iso.SMALL, mutants_iso.BOOTING + "-no-pad ").values():
        free = mutants_iso.free_places(image)
        volume(mutants_iso.later(image), image, [range(at, at + 1) for at in free], min(COUNT, 400))


@case("FAT: a volume made at another time")
def _(_dir):
    need("mkfs.fat", "mcopy")
    for kind in (12, 32):
        image = mutants_fat.made(kind)
        volume(mutants_fat.made(kind, time=1706943908), image, [range(at, at + 1) for at in mutants_fat.free_places(image)], min(COUNT, 300))


@case("Mach-O: the UUID of what was stripped, and an image that was signed")
def _(_dir):
    need(*mutants_macho.TOOLS)
    image = mutants_macho.plain(mutants_macho.made())
    flips(mutants_macho.with_uuid(image), image, "explained", count=min(COUNT, 400))
    flips(mutants_macho.sign(image), image, "unsigned-identical", count=min(COUNT, 400))


@case("FIT: an image that was signed, and one that others signed")
def _(_dir):
    need("mkimage", "openssl")
    signed = firmware.signed_fit("one")
    flips(signed, firmware.fit(), "unsigned-identical", count=COUNT // 2)
    flips(signed, firmware.signed_fit("two"), "unsigned-identical", count=COUNT // 2)


@case("the figure")
def _(_dir):
    print(f"# figure: {SEEN['outside']} flips outside of claimed places, {SEEN['kept']} kept the level; {SEEN['inside']} inside", flush=True)
    assert len(sys.argv) > 1 or SEEN["outside"] > 2000, SEEN


main()
