#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person reads first of a pair: one change is one primary finding, whatever offsets, sizes and checksums follow from it."""
import io
import os
import random
import subprocess
import sys
import tarfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import expect, primary, text_of, write  # noqa: E402
from make_binaries import newc  # noqa: E402
from mutants_more import ar, deb  # noqa: E402
from sbtest import case, main, need  # noqa: E402

DRAW = random.Random(11)
WORDS = ["".join(DRAW.choices("abcdefghij", k=6)) for _ in range(60)]
MEMBERS = {f"lib/part{i:02}.txt": " ".join(DRAW.choices(WORDS, k=900)).encode() + b"\n" for i in range(40)}
CHANGED = "lib/part17.txt"
OTHER = dict(MEMBERS, **{CHANGED: MEMBERS[CHANGED].replace(b"a", b"four", 1)})


def zipped(members, level=6, date=(2024, 1, 2, 3, 4, 6)):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(zipfile.ZipInfo(name, date), data, zipfile.ZIP_DEFLATED, level)
    return out.getvalue()


def tarred(members, mtime=1700000000, mode="w", form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as packed:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), mtime
            packed.addfile(info, io.BytesIO(data))
    return out.getvalue()


def cpio(members, first=0):
    newc("made.cpio", [(name, first + number, 1, data) for number, (name, data) in enumerate(members.items(), 100)])
    with open("made.cpio", "rb") as f:
        return f.read()


def package(members):
    return deb([("./" + name, data, {"mode": 0o644}) for name, data in members.items()])


PACKERS = {"zip": zipped, "jar": zipped, "tar": tarred, "tar.gz": lambda m: tarred(m, mode="w:gz"), "tar.xz": lambda m: tarred(m, mode="w:xz"),
           "cpio": cpio, "a": lambda m: ar([(os.path.basename(n).encode() + b"/", d) for n, d in m.items()]), "deb": package}


@case("one longer member of an archive: one primary finding, and all that follows below it")
def _(_dir):
    for suffix, pack in PACKERS.items():
        write(f"a.{suffix}", pack(OTHER))
        write(f"b.{suffix}", pack(MEMBERS))
        record = expect("different", f"a.{suffix}", f"b.{suffix}", named=os.path.basename(CHANGED))
        blamed = primary(record)
        allowed = 2 if suffix in ("deb", "tar.gz") else 1  # a package, and the header of a gzip stream, hold times as well
        named = [f for f in blamed if any(os.path.basename(CHANGED) in part for part in f["where"])]
        assert named and blamed[0] in named and len(blamed) <= allowed, (suffix, [text_of(f) for f in blamed])
        assert all(f["severity"] == "info" for f in record["findings"] if not f["primary"]), suffix


@case("the same change beside another level of compression or another time: the first member stands for all")
def _(_dir):
    pairs = {"level.zip": (zipped(OTHER, 1), zipped(MEMBERS, 9), "compression"),
             "date.zip": (zipped(OTHER, date=(2023, 5, 6, 7, 8, 10)), zipped(MEMBERS), "timestamp"),
             "time.tar": (tarred(OTHER, 1600000000), tarred(MEMBERS), "timestamp"),
             "pax.tar": (tarred(OTHER, 1600000000.25, form=tarfile.PAX_FORMAT), tarred(MEMBERS, 1700000000.75, form=tarfile.PAX_FORMAT), "timestamp")}
    for name, (shipped, rebuilt, cause) in pairs.items():
        write(f"a.{name}", shipped)
        write(f"b.{name}", rebuilt)
        record = expect("different", f"a.{name}", f"b.{name}", named=os.path.basename(CHANGED))
        blamed = primary(record)
        assert CHANGED in blamed[0]["where"] and len(blamed) <= 3, (name, [text_of(f) for f in blamed])
        heads = [f for f in blamed if f["cause"] == cause]
        more = sum(int(f["note"].split("; ")[-1].split()[0]) for f in heads)
        same = [f for f in record["findings"] if f["cause"] == cause and f["rule"] == "structural" and not f["primary"]]
        assert len(heads) == 1 and more <= len(same) and more >= len(MEMBERS) - 2, (name, more, len(same))


@case("what is folded in an archive hides no second change")
def _(_dir):
    for where in ("lib/part05.txt", "lib/part33.txt"):
        bad = dict(OTHER, **{where: MEMBERS[where][:-9] + b"evil" + MEMBERS[where][-5:]})
        for name, shipped, rebuilt in (("zip", zipped(bad, 1), zipped(MEMBERS, 9)), ("tar", tarred(bad, 1600000000), tarred(MEMBERS))):
            write(f"a.{name}", shipped)
            write(f"b.{name}", rebuilt)
            blamed = primary(expect("different", f"a.{name}", f"b.{name}"))
            assert {CHANGED, where} <= {part for f in blamed[:2] for part in f["where"]}, [text_of(f) for f in blamed]


main()
