#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The mutation corpus: tampered pairs of every format, none of which may be accepted, and each with its culprit named.

All pairs of one kind lie in two directories that are compared in one run. Accepted is every level from `repackaged` on; the pairs
hold no difference that deserves one. What lies in sections that nothing loads is another suite's (tamper: image-identical).
"""
import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import contents  # noqa: E402
import firmware  # noqa: E402
import mutants  # noqa: E402
import mutants_fat  # noqa: E402
import mutants_hybrid  # noqa: E402
import mutants_iso  # noqa: E402
import mutants_jffs2  # noqa: E402
import mutants_rom  # noqa: E402
import mutants_ubi  # noqa: E402
import mutants_macho  # noqa: E402
import mutants_more  # noqa: E402
import vendors  # noqa: E402
import volumes  # noqa: E402
from sbtest import case, main, need, sb  # noqa: E402

REFUSED = ("different", "undetermined")
SEEN = {"pairs": 0, "named": 0, "accepted": 0}


def lay(pairs, suffix):
    """Both sides of all pairs as files of two directories; name → what must be named."""
    expected = {}
    for side in ("shipped", "rebuilt"):
        os.mkdir(side)
    for number, (label, shipped, rebuilt, words) in enumerate(pairs):
        assert shipped != rebuilt, f"{suffix}: {label}: nothing was changed"
        name = "%04d %s.%s" % (number, label.replace("/", "_").replace("\0", ""), suffix)
        for side, data in (("shipped", shipped), ("rebuilt", rebuilt)):
            with open(os.path.join(side, name), "wb") as f:
                f.write(data)
        expected[name] = words
    return expected


def unnamed(record, name, words):
    """The words that no finding of this artifact holds."""
    texts = [" > ".join([*f["where"], f["note"]]) for f in record["findings"] if f["artifact"] == name]
    assert texts, f"{name}: no finding at all"
    return [word for word in words if not any(word in text for text in texts)]


def refuse(pairs, suffix, *options):
    expected = lay(pairs, suffix)
    result = sb("compare", "shipped", "rebuilt", "--json", *options, timeout=300)
    assert result.code in (1, 5), result
    record = result.json()
    levels = {a["name"]: a["level"] for a in record["artifacts"]}
    assert set(levels) == set(expected), set(levels) ^ set(expected)
    accepted = {name: level for name, level in levels.items() if level not in REFUSED}
    missed = {name: left for name, words in expected.items() if (left := unnamed(record, name, words))}
    for artifact in record["artifacts"]:
        c = artifact["coverage"]
        assert c["bytes"] == c["equal"] + c["claimed"] + c["residual"] + c["opaque"], artifact
    SEEN["pairs"] += len(expected)
    SEEN["accepted"] += len(accepted)
    SEEN["named"] += len(expected) - len(missed)
    print(f"# {suffix}: {len(expected)} tampered pairs, {len(accepted)} accepted, {len(expected) - len(missed)} with the place that was asked for",
          flush=True)
    assert not accepted, json.dumps(accepted, indent=1)
    assert not missed, json.dumps(missed, indent=1)


@case("tar: fields, members, gaps, extended headers")
def _(_dir):
    refuse(mutants.tar_pairs(), "tar")


@case("ext: superblock, inodes, bitmaps, journal, free blocks, the tree")
def _(_dir):
    refuse(volumes.ext_pairs(), "ext4")


@case("squashfs: every field of its superblock, every byte of its metadata, the tree, what nothing leads to")
def _(_dir):
    refuse(volumes.squashfs_pairs(), "squashfs")


for SUFFIX in mutants.COMPRESSORS:
    @case(f"tar.{SUFFIX}: what it holds and what holds it")
    def _(_dir, suffix=SUFFIX):
        if suffix in ("zst", "lz4"):
            need({"zst": "zstd", "lz4": "lz4"}[suffix])
        refuse(mutants.compressed_pairs(suffix), f"tar.{suffix}")


@case("zip: fields, members, gaps")
def _(_dir):
    refuse(mutants.zip_pairs(), "zip")


for PACKAGE in ("jar", "whl", "apk"):
    @case(f"{PACKAGE}: the same, with the digests that it states of its members")
    def _(_dir, suffix=PACKAGE):
        refuse(mutants.zip_pairs(mutants.packaged(suffix)), suffix)


@case("ar: fields, members, symbol table")
def _(_dir):
    need("gcc", "ar")
    refuse(mutants_more.ar_pairs(), "a")


@case("cpio: fields, members, several archives")
def _(_dir):
    refuse(mutants_more.cpio_pairs(), "cpio")


@case("deb: content, metadata, checksums left stale or forged")
def _(_dir):
    refuse(mutants_more.deb_pairs(), "deb")


@case("ELF: every field of its tables, every loaded section, gaps, tail")
def _(_dir):
    need("gcc", "strip")
    refuse(mutants_more.elf_pairs(), "elf")


for FIRMWARE, (TOOLS, MAKE) in {**firmware.MUTANTS, **vendors.MUTANTS}.items():
    @case(f"{FIRMWARE}: what devices boot")
    def _(_dir, suffix=FIRMWARE, tools=TOOLS, make=MAKE):
        need(*tools)
        refuse(list(make()), suffix)


for KIND in contents.KINDS:
    @case(f"{KIND}: every field, every part, what stands behind the end")
    def _(_dir, kind=KIND):
        need(*contents.TOOLS)
        refuse(contents.KINDS[kind](), kind)


@case("FAT: boot sectors, tables, every field of entries, long names, free clusters")
def _(_dir):
    need("mkfs.fat", "mcopy")
    refuse(mutants_fat.pairs(), "fat")


@case("Mach-O: header, commands, symbols, sections, gaps, code signatures, universal files")
def _(_dir):
    need(*mutants_macho.TOOLS)
    refuse(mutants_macho.pairs(), "macho")


@case("ISO 9660: trees of all readers, every field, boot catalog, path tables, fill")
def _(_dir):
    need("xorriso", "genisoimage", "fakeroot")
    refuse(mutants_iso.pairs(), "iso")


@case("ISO 9660 for sticks: boot code, tables of partitions, partitions behind the volume")
def _(_dir):
    need("xorriso", "fakeroot", "mkfs.fat", "mcopy")
    refuse(mutants_hybrid.pairs(), "iso")


@case("JFFS2: trees, every field of its nodes, nodes and bytes that nobody sees")
def _(_dir):
    need("mkfs.jffs2", "fakeroot", "setfattr")
    refuse(mutants_jffs2.pairs(), "jffs2")


@case("UBIFS: trees, every field of its nodes, free space, nodes that nobody sees")
def _(_dir):
    need("mkfs.ubifs", "fakeroot")
    refuse(mutants_ubi.ubifs_pairs(), "ubifs")


@case("UBI: headers, volume table, blocks of volumes")
def _(_dir):
    need("ubinize", "mkfs.ubifs", "fakeroot")
    refuse(mutants_ubi.ubi_pairs(), "ubi")


for ROM, TOOL in (("cramfs", "mkfs.cramfs"), ("romfs", "genromfs"), ("erofs", "mkfs.erofs")):
    @case(f"{ROM}: trees, every field, maps of blocks, fill")
    def _(_dir, suffix=ROM, maker=TOOL):
        need(maker, "fakeroot", "setfattr")
        refuse(getattr(mutants_rom, f"{suffix}_pairs")(), suffix)


@case("ELF: in what readers see folded")
def _(_dir):
    need("gcc", "strip")
    refuse(mutants_more.folded_pairs(), "so")


@case("files inside files")
def _(_dir):
    need("gcc", "strip")
    refuse(mutants_more.nested_pairs(), "bin")


def free_places(base):
    """Inode, links, time and device of each header of a newc cpio say nothing of the content: any number may stand there."""
    return [range(at + 6 + 8 * i, at + 14 + 8 * i) for at in range(len(base)) if base[at:at + 6] == b"070701" for i in (0, 4, 5, 7, 8)]


def chance(base, count, seed, free=()):
    """Bits, bytes, cuts, copies and swaps at random places of one file."""
    draw = random.Random(seed)
    for i in range(count):
        at, n = draw.randrange(len(base) - 40), draw.randrange(1, 33)
        other = draw.randrange(len(base) - 40)
        bad = {
            0: lambda: mutants.flip(base, at, draw.randrange(8)), 1: lambda: base[:at] + bytes([base[at] ^ draw.randrange(1, 256)]) + base[at + 1:],
            2: lambda: base[:-1 - draw.randrange(len(base) // 2)], 3: lambda: base[:at] + base[at:at + n] + base[at:],
            4: lambda: base[:at] + base[other:other + n] + base[at + n:], 5: lambda: base[:at] + base[at + n:],
        }[i % 6]()
        changed = {i for i in range(min(len(bad), len(base))) if bad[i] != base[i]}
        if bad != base and (len(bad) != len(base) or not all(any(i in place for place in free) for i in changed)):
            yield ("bit", "byte", "cut", "copied", "pasted", "lost")[i % 6], bad, base, ()


@case("chance: bits, bytes, cuts, copies, pastes")
def _(_dir):
    need("gcc", "strip")
    bases = {"tar": mutants.whole(mutants.tar_entries()), "zip": mutants.zipped(mutants.ZIPPED), "deb": mutants_more.deb(),
             "cpio": mutants_more.made_newc(mutants_more.ENTRIES), "ar": mutants_more.ar([(b"one/", b"content\n"), (b"two/", mutants.TEXT)])}
    pairs = []
    for number, (kind, base) in enumerate(bases.items()):
        pairs += [(f"{kind} {label}", bad, good, ()) for label, bad, good, _ in chance(base, 60, number, free_places(base) if kind == "cpio" else ())]
    refuse(pairs, "dat")


@case("the figure")
def _(_dir):
    if len(sys.argv) == 1:
        assert SEEN["pairs"] >= 300 and SEEN["accepted"] == 0, SEEN
    print(f"# figure: {SEEN['pairs']} tampered pairs, {SEEN['accepted']} accepted; the place that was asked for is named in {SEEN['named']} of them", flush=True)


main()
