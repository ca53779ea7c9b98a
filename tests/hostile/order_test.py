#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Equal parts in another order are another file: beside a difference that is accepted, and with nothing else at all."""
import gzip
import io
import os
import struct
import sys
import tarfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import contents  # noqa: E402
import make_macho  # noqa: E402
import mutants_fat  # noqa: E402
from expecting import expect, write  # noqa: E402
from make_binaries import entry, tar  # noqa: E402
from sbtest import case, main, need  # noqa: E402


def both_ways(shipped, rebuilt, named="order"):
    """Different by itself and behind a checksum that follows from it."""
    write("a", shipped)
    write("b", rebuilt)
    record = expect("different", "a", "b", named=named)
    assert any(f["kind"] == "order" for f in record["findings"]), record["findings"]
    for name, data in (("a.gz", shipped), ("b.gz", rebuilt)):
        write(name, gzip.compress(data, mtime=0))
    record = expect("different", "a.gz", "b.gz", named=named)
    assert any(f["kind"] == "order" and f["primary"] for f in record["findings"]), record["findings"]


def swapped(data, first, second):
    """Two neighbouring stretches [at, end) the other way round."""
    assert first[1] == second[0]
    return data[:first[0]] + data[second[0]:second[1]] + data[first[0]:first[1]] + data[second[1]:]


@case("PNG: chunks change places")
def _(_dir):
    base = contents.png()
    extra = contents.chunk(b"tRNS", bytes(2)), contents.chunk(b"gAMA", struct.pack(">I", 45455))
    both_ways(base[:33] + extra[1] + extra[0] + base[33:], base[:33] + extra[0] + extra[1] + base[33:])


@case("WebAssembly: a custom section in front of another")
def _(_dir):
    base = contents.wasm()
    one, two = (b"\0" + bytes([len(body)]) + body for body in (b"\x08dylink.0\0\0", b"\x05other\1"))
    both_ways(base[:8] + two + one + base[8:], base[:8] + one + two + base[8:])


@case("Mach-O: two load commands, which bindings count")
def _(_dir):
    need("ld64.lld-16")
    base = make_macho.build("arm64", "program")
    commands, at = [], 32
    for _ in range(struct.unpack_from("<I", base, 16)[0]):
        size = struct.unpack_from("<I", base, at + 4)[0]
        commands.append((at, at + size))
        at += size
    segments = [i for i, (at, _) in enumerate(commands) if struct.unpack_from("<I", base, at)[0] == 0x19]
    both_ways(swapped(base, commands[segments[1]], commands[segments[2]]), base)


def document(order):
    """A PDF whose references fit."""
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>", 3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"}
    out, places = b"%PDF-1.4\n", {}
    for number in order:
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % places[n] for n in (1, 2, 3))
    return out + table + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


@case("PDF: objects change places, and the references with them")
def _(_dir):
    both_ways(document((3, 1, 2)), document((1, 2, 3)))


def archive(order, names=None, swap=None):
    """A zip whose directory names its members in another order than they lie in; @swap: whose places the directory exchanges."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in order:
            z.writestr(zipfile.ZipInfo(name), data)
        if names:
            z.filelist.sort(key=lambda info: names.index(info.filename))
        if swap:
            z.filelist[swap[0]], z.filelist[swap[1]] = z.filelist[swap[1]], z.filelist[swap[0]]
    return out.getvalue()


@case("zip: where members lie counts for those who read from the front")
def _(_dir):
    good, evil = ("a.sh", b"echo good\n"), ("a.sh", b"echo evil\n")
    write("b.zip", archive([evil, good]))
    write("a.zip", archive([good, evil], swap=(0, 1)))
    expect("different", "a.zip", "b.zip", named="order")
    names = ["x", "y", "z"]
    plain = [(name, name.encode() * 40) for name in names]
    write("b.zip", archive(plain))
    write("a.zip", archive(plain[::-1], names))
    record = expect("repackaged", "a.zip", "b.zip", named="another order")
    assert record["freedom"] == [{"bytes": 1, "cause": "order", "loaded": False}], record["freedom"]


@case("jar and EPUB: what readers look for in front stays in front")
def _(_dir):
    for first in ("META-INF/MANIFEST.MF", "mimetype"):
        members = [(first, b"Manifest-Version: 1.0\n\n"), ("a", b"a" * 50), ("b", b"b" * 50)]
        write("b.zip", archive(members))
        write("a.zip", archive(members[1:] + members[:1]))
        expect("different", "a.zip", "b.zip", named="order")
        write("a.zip", archive([members[0], members[2], members[1]]))
        expect("repackaged", "a.zip", "b.zip")


@case("tar: a folder is there before what lies in it, or on neither side")
def _(_dir):
    folder, rules, other = entry("etc", type=tarfile.DIRTYPE, mode=0o755), entry("etc/rules", b"drop\n"), entry("init", b"#!\n")
    for name, entries in (("a", [rules, folder, other]), ("b", [folder, rules, other]), ("c", [other, rules, folder]), ("d", [other, folder, rules])):
        tar(name + ".tar", entries)
    expect("different", "a.tar", "b.tar", named="order")
    expect("repackaged", "a.tar", "c.tar", named="order")
    expect("repackaged", "b.tar", "d.tar", named="order")


@case("FAT: the same files in another order are told and counted")
def _(_dir):
    need("mcopy")
    one, two = ("/one", b"1" * 3000), ("/two", b"2" * 900)
    write("a.img", mutants_fat.made(12, files=(two, one)))
    write("b.img", mutants_fat.made(12, files=(one, two)))
    record = expect("repackaged", "a.img", "b.img")
    assert any(f["kind"] == "order" and f["cause"] == "container-metadata" for f in record["findings"]), record["findings"]
    assert any(f["cause"] == "container-metadata" and f["bytes"] > 0 for f in record["freedom"]), record["freedom"]


main()
