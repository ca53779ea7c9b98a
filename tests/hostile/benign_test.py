#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Honest pairs over all causes: each at the level that it deserves, and with the causes that it has."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import benign  # noqa: E402
import contents  # noqa: E402
import firmware  # noqa: E402
import hinted  # noqa: E402
import mutants_fat  # noqa: E402
import mutants_hybrid  # noqa: E402
import mutants_iso  # noqa: E402
import mutants_jffs2  # noqa: E402
import mutants_macho  # noqa: E402
import mutants_rom  # noqa: E402
import mutants_ubi  # noqa: E402
import vendors  # noqa: E402
import volumes  # noqa: E402
from pairs import FACTS, compare, lay  # noqa: E402
from sbtest import case, main, need  # noqa: E402

SEEN = {"pairs": 0, "causes": set()}


def wrong(artifact, level, causes):
    primary = {f["cause"] for f in artifact["findings"] if f["primary"]}
    right = causes is None or (primary <= set(causes) and primary if isinstance(causes, tuple) else primary == causes)
    if isinstance(causes, list):  # at least these: what follows from them cannot be told apart
        right = set(causes) <= {f["cause"] for f in artifact["findings"]}
    if artifact["level"] == level and right:
        return None
    return {"level": artifact["level"], "causes": sorted(primary), "expected": [level, sorted(causes or ())],
            "findings": [(f["where"], f["cause"], f["rule"], f["note"][:200]) for f in artifact["findings"] if f["primary"] or f["rule"] in ("hint", "none")][:5]}


def expect(pairs, facts=FACTS):
    names = lay(list(pairs))
    found, record = compare(names, facts)
    bad = {name: left for name, pair in names.items() if (left := wrong(found[name], *pair[3:5]))}
    SEEN["pairs"] += len(names)
    for artifact in found.values():
        SEEN["causes"] |= {f["cause"] for f in artifact["findings"]}
    print(f"# {len(names)} honest pairs, {len(names) - len(bad)} as they deserve", flush=True)
    assert not bad, json.dumps(bad, indent=1)
    return record


@case("values of the environment, in every carrier")
def _(_dir):
    record = expect(benign.environment())
    claimed = {row["cause"] for row in record["freedom"]}
    assert claimed >= {"build-path", "user", "host", "kernel", "locale", "timezone", "timestamp"}, record["freedom"]


@case("without facts the same pairs are different, and their cause is still named")
def _(_dir):
    pairs = [(label, a, b, "different", None) for label, a, b, _, _ in benign.environment()]
    record = expect(pairs, None)
    assert {row["cause"] for row in record["freedom"]} <= {"compression"}, record["freedom"]  # of what is encoded the form is a choice all the same
    for pair, cause in (("path in text", "build-path"), ("stamp in bytes", "timestamp"), ("kernel in text", None)):
        causes = {f["cause"] for f in record["findings"] if pair in f["artifact"]}
        assert cause is None or cause in causes, (pair, causes)


@case("programs: path, time, user and host, with symbols and without")
def _(here):
    need("gcc", "clang", "strip")
    expect(benign.programs(here), dict(FACTS, path=f"{here}/ours_1"))


@case("containers: times, order, inodes")
def _(_dir):
    need("gcc", "tar", "cpio", "zip", "ar")
    expect(benign.containers(), None)


@case("compressors: levels, threads, checks, times")
def _(_dir):
    need("tar")
    expect(benign.compressors(), None)


@case("pictures, catalogues, documents: times")
def _(_dir):
    need(*contents.TOOLS)
    expect(contents.honest(), None)


@case("JFFS2: times, compressions, sizes of pages, fill")
def _(_dir):
    need("mkfs.jffs2", "sumtool", "fakeroot", "setfattr")
    expect(mutants_jffs2.honest(), None)


@case("UBIFS and UBI: identifiers, times, compressions, places of blocks")
def _(_dir):
    need("mkfs.ubifs", "ubinize", "fakeroot")
    expect([*mutants_ubi.ubifs_honest(), *mutants_ubi.ubi_honest()], None)


@case("cramfs, romfs, EROFS: places, compressions, forms of inodes, times, identifiers")
def _(_dir):
    need("mkfs.cramfs", "genromfs", "mkfs.erofs", "fakeroot", "setfattr")
    expect([*mutants_rom.cramfs_honest(), *mutants_rom.romfs_honest(), *mutants_rom.erofs_honest()], None)


@case("FAT: times, volume ids, order")
def _(_dir):
    need("mkfs.fat", "mcopy")
    expect(mutants_fat.honest(), None)


@case("Mach-O: signatures, UUIDs")
def _(_dir):
    need(*mutants_macho.TOOLS)
    expect(mutants_macho.honest(), None)


@case("ISO 9660: times, places, padding")
def _(_dir):
    need("xorriso", "genisoimage", "fakeroot")
    expect(mutants_iso.honest(), None)


@case("ISO 9660 for sticks: names of disks and partitions, times")
def _(_dir):
    need("xorriso", "fakeroot", "mkfs.fat", "mcopy")
    expect(mutants_hybrid.honest(), None)


@case("packages of dpkg-deb")
def _(_dir):
    need("dpkg-deb")
    expect(benign.packages(), None)


for FIRMWARE, (TOOLS, MAKE) in {**firmware.HONEST, **vendors.HONEST}.items():
    @case(f"what devices boot: {FIRMWARE}")
    def _(_dir, tools=TOOLS, make=MAKE):
        need(*tools)
        expect(make(), None)


@case("ext: times, UUIDs, seeds")
def _(_dir):
    expect(volumes.ext_honest(), None)


@case("squashfs: compressors, block sizes, options, times, fill")
def _(_dir):
    expect(volumes.squashfs_honest(), None)


@case("what is only named: texts")
def _(_dir):
    expect(hinted.texts())


@case("what is only named: programs")
def _(_dir):
    need("gcc", "objcopy", "strip")
    expect(hinted.programs())


@case("what is only named: archives")
def _(_dir):
    need("tar", "cpio")
    expect(hinted.archives())


@case("the figure")
def _(_dir):
    print(f"# figure: {SEEN['pairs']} honest pairs, {len(SEEN['causes'])} causes: {' '.join(sorted(SEEN['causes']))}", flush=True)
    if len(sys.argv) == 1:
        assert SEEN["pairs"] >= 100, SEEN
        missing = hinted.EVERY - SEEN["causes"]
        assert not missing, f"no pair has the causes {missing}"


main()
