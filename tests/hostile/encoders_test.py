#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encoded forms of content that differs: what real packers write follows from the content, and a form with anybody's hand in it does not."""
import bz2
import gzip
import json
import lzma
import os
import struct
import subprocess
import sys
import zipfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import compare, expect, read, text_of, write  # noqa: E402
from make_binaries import EPOCH, entry, package, tar  # noqa: E402
from make_signatures import keys  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

PATHS = {"a": b"/home/x/acme1.0", "b": b"/build/acme-1.0"}
FACTS = {"schema": "samebuild-facts/1", "path": "/build/acme-1.0", "user": "builder", "epoch": EPOCH}
KNOWN, CHOSEN = "the encoded form is what", "the encoded form follows"


def text(side, lines=20000):
    """More than one block of any encoder but xz; levels differ in what they find in it."""
    return b"# compiled in %s\n" % PATHS[side] + b"".join(b"%x line %d of %d\n" % (i * 2654435761 % 4096, i * i % 977, i) for i in range(lines))


def filtered(*command):
    """What a program makes of a file."""
    def pack(name, data):
        write("plain", data)
        with open(name, "wb") as out:
            subprocess.run([*command, "plain"], stdout=out, check=True)
    return pack


def python_gzip(level):
    def pack(name, data):
        write(name, gzip.compress(data, level, mtime=0))
    return pack


def zipped(name, data):
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as f:
        for member, content in (("one", data), ("two", b"the same on both sides\n" * 90)):
            f.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def info_zip(level):
    """Two members by one run: what is left of the first lies about when the second is packed."""
    def pack(name, data):
        for member, content in (("one", b"the same on both sides\n" * 90), ("two", data)):
            write(member, content)
            os.utime(member, (EPOCH, EPOCH))
        if os.path.exists(name):
            os.unlink(name)
        run("zip", "-q", "-X", f"-{level}", name, "one", "two", code=0)
    return pack


def debian(compression):
    def pack(name, data):
        package(name, {"usr/share/acme/data": (0o644, data)}, compression=compression)
    return pack


def sides(suffix, pack, **contents):
    for side in "ab":
        os.makedirs(side, exist_ok=True)
        pack(f"{side}/f.{suffix}", contents.get(side, text(side)))
    return f"a/f.{suffix}", f"b/f.{suffix}", "--facts", "facts.json"


PACKERS = {
    "xz": filtered("xz", "-6", "-T1", "-c"), "xz-0": filtered("xz", "-0", "-c"), "xz-3e": filtered("xz", "-3e", "-c"),
    "xz-threads": filtered("xz", "-1", "-T2", "-c"), "xz-kernel": filtered("xz", "--check=crc32", "--lzma2=dict=1MiB", "-c"),
    "xz-x86": filtered("xz", "--x86", "--lzma2=preset=6", "-c"), "lzma": filtered("xz", "--format=lzma", "-c"),
    "bz2": filtered("bzip2", "-9", "-c"), "bz2-1": filtered("bzip2", "-1", "-c"),
    "zst": filtered("zstd", "-q", "-c", "-3", "--single-thread"), "zst-19": filtered("zstd", "-q", "-c", "-19", "--single-thread"),
    "zst-threads": filtered("zstd", "-q", "-c", "-3"), "gz-9": python_gzip(9), "gz-1": python_gzip(1), "zip": zipped,
    "gnu-1.gz": filtered("gzip", "-1", "-n", "-c"), "gnu-6.gz": filtered("gzip", "-n", "-c"), "gnu-9.gz": filtered("gzip", "-9", "-n", "-c"),
    "info.zip": info_zip(6), "info-1.zip": info_zip(1),
    "xz.deb": debian("xz"), "zstd.deb": debian("zstd"), "gzip.deb": debian("gzip"),
}


def chosen(record):
    return sum(row["bytes"] for row in record["freedom"] if row["cause"] == "compression")


@case("what packers write of content that differs is no choice of anybody")
def _(_dir):
    need("xz", "bzip2", "zstd", "dpkg-deb", "gzip", "zip")
    write("facts.json", json.dumps(FACTS).encode())
    for name, pack in PACKERS.items():
        record = expect("explained", *sides(name, pack), named=KNOWN)
        assert {row["cause"] for row in record["freedom"]} == {"build-path"}, (name, record["freedom"])


# Around a window, around two of them, which are seen at once, and around where the upper one becomes the lower one.
EDGES = (300, 4096, 32767, 32769, 65235, 65274, 65275, 65276, 65400, 65500, 65535, 65536, 65537, 98041, 98043, 98200, 200000)


@case("what GNU gzip and Info-ZIP write is known at every edge of what they see at once")
def _(_dir):
    need("gzip", "zip")
    write("facts.json", json.dumps(FACTS).encode())
    packers = {"1.gz": filtered("gzip", "-1", "-n", "-c"), "6.gz": filtered("gzip", "-6", "-n", "-c"), "6.zip": info_zip(6)}
    whole = {side: text(side) for side in "ab"}
    tails = {"text": b"", "zeros": bytes(200), "runs": bytes(range(40)) * 5}
    names = []
    for n in EDGES:
        for kind, tail in tails.items():
            for suffix, pack in packers.items():
                names.append(f"{n}-{kind}-{suffix}")
                for side in "ab":
                    os.makedirs(side, exist_ok=True)
                    pack(f"{side}/{names[-1]}", whole[side][:n - len(tail)] + tail)
    record = compare("a", "b", "--facts", "facts.json")
    assert record["level"] == "explained" and chosen(record) == 0, record["freedom"]
    known = {f["artifact"] for f in record["findings"] if KNOWN in text_of(f)}
    assert known == set(names), set(names) - known


@case("a packer that is not at hand leaves its form a choice")
def _(_dir):
    need("lzip", "gzip")
    write("facts.json", json.dumps(FACTS).encode())
    for suffix, pack in (("lz", filtered("lzip", "-6", "-c")), ("gz", filtered("gzip", "--rsyncable", "-n", "-c"))):
        record = expect("explained", *sides(suffix, pack), named=CHOSEN)
        assert chosen(record) > 1000 and not any(KNOWN in text_of(f) for f in record["findings"]), (suffix, record["freedom"])


def blocks(data, size):
    """xz in blocks of a length that no packer chooses by itself."""
    write("plain", data)
    return subprocess.run(["xz", "-1", "-T2", f"--block-size={size}", "-c", "plain"], stdout=subprocess.PIPE, check=True).stdout


def deflated(data, level, strategy=zlib.Z_DEFAULT_STRATEGY, flush=0):
    """gzip, by hand; with flush after so many bytes."""
    z = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    body = z.compress(data[:flush]) + (z.flush(zlib.Z_FULL_FLUSH) if flush else b"") + z.compress(data[flush:]) + z.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\x03" + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xffffffff)


def twice(pack):
    """Two streams, which unpack to one content."""
    return lambda data: pack(data[:50000]) + pack(data[50000:])


def zstandard(*options):
    def pack(data):
        write("plain", data)
        return subprocess.run(["zstd", "-q", "-c", "--single-thread", *options, "plain"], stdout=subprocess.PIPE, check=True).stdout
    return pack


def gnu(*options):
    def pack(data):
        write("plain", data)
        return subprocess.run(["gzip", "-n", "-c", *options, "plain"], stdout=subprocess.PIPE, check=True).stdout
    return pack


def behind_the_end(packed):
    """The highest bit of the last byte of the data, which no decoder reads."""
    changed = packed[:-9] + bytes([packed[-9] ^ 0x80]) + packed[-8:]
    assert gzip.decompress(changed) == gzip.decompress(packed)
    return changed


def by_hand(raw):
    return lambda name, data: write(name, raw(data))


@case("a form with anybody's hand in it is not what an encoder makes")
def _(_dir):
    write("facts.json", json.dumps(FACTS).encode())
    usual = {"gz": lambda data: deflated(data, 6), "xz": lambda data: lzma.compress(data, preset=6), "bz2": bz2.compress, "zst": zstandard("-3"),
             "gnu.gz": gnu("-6")}
    hands = [
        ("gnu.gz", "a level more", gnu("-7")), ("gnu.gz", "two members", twice(gnu("-6"))), ("gnu.gz", "zlib's own blocks", lambda data: deflated(data, 6)),
        ("gnu.gz", "points to be found again", gnu("-6", "--rsyncable")), ("gnu.gz", "a bit behind the end", lambda data: behind_the_end(gnu("-6")(data))),
        ("gz", "one flush", lambda data: deflated(data, 6, flush=70000)), ("gz", "a level more", lambda data: deflated(data, 7)),
        ("gz", "another strategy", lambda data: deflated(data, 6, zlib.Z_FILTERED)), ("xz", "two streams", twice(usual["xz"])),
        ("xz", "other blocks", lambda data: blocks(data, 65536)), ("xz", "another preset", lambda data: lzma.compress(data, preset=5)),
        ("xz", "another check", lambda data: lzma.compress(data, check=lzma.CHECK_CRC32, preset=6)),
        ("xz", "other bits of position", lambda data: lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6, "pb": 0}])),
        ("bz2", "two streams", twice(bz2.compress)), ("bz2", "a level less", lambda data: bz2.compress(data, 8)), ("zst", "two frames", twice(usual["zst"])),
        ("zst", "a frame to be skipped", lambda data: usual["zst"](data) + b"\x50\x2a\x4d\x18\x08\0\0\0evilcode"), ("zst", "another level", zstandard("-4")),
        ("zst", "another window", zstandard("-3", "--zstd=wlog=17")), ("zst", "no checksum", zstandard("-3", "--no-check")),
    ]
    for suffix, what, hand in hands:
        honest = compare(*sides(suffix, by_hand(usual[suffix])))
        assert chosen(honest) == 0 and honest["level"] == "explained", (suffix, honest["freedom"])
        names = sides(suffix, by_hand(usual[suffix]))
        write(names[0], hand(text("a")))
        record = compare(*names)
        assert record["level"] in ("repackaged", "different") or chosen(record) > 1, (suffix, what, record["level"], record["freedom"])
        assert not any(KNOWN in text_of(f) for f in record["findings"]), (suffix, what)


@case("a signed program in an archive: unsigned but identical, whatever packed it, and nothing else of the form may differ")
def _(_dir):
    need("x86_64-w64-mingw32-gcc", "osslsigncode", "openssl")
    write("facts.json", json.dumps(FACTS).encode())
    write("a.c", b"int main(int c, char **v) { return v[c - 1][0]; }\n")
    run("x86_64-w64-mingw32-gcc", "-O1", "-Wl,--no-insert-timestamp", "a.c", "-o", "plain.exe", code=0)
    run("osslsigncode", "sign", "-certs", f"{keys()}/one.pem", "-key", f"{keys()}/one.key", "-h", "sha256", "-in", "plain.exe", "-out", "signed.exe", code=0)
    inside = {}
    for side, name in (("a", "signed.exe"), ("b", "plain.exe")):
        tar("inside.tar", [entry("a.exe", read(name))])
        inside[side] = read("inside.tar")
    for name, pack in PACKERS.items():
        if name.endswith(".deb"):
            continue
        record = expect("unsigned-identical", *sides(f"tar.{name}", pack, **inside), named=KNOWN)
        assert {row["cause"] for row in record["freedom"]} == {"signature"}, (name, record["freedom"])
    names = sides("tar.gz", by_hand(lambda data: deflated(data, 6)), **inside)
    write(names[0], deflated(inside["a"], 6, flush=70000))
    assert compare(*names)["level"] in ("explained", "repackaged")


@case("one content packed twice: who packed it is named, and that is all that was chosen")
def _(_dir):
    write("facts.json", json.dumps(FACTS).encode())
    names = sides("gz", python_gzip(9), a=text("b"))
    write(names[0], deflated(text("b"), 6))
    record = expect("repackaged", *names, named=("level 6 shipped", "level 9 rebuilt"))
    assert chosen(record) <= 9 + 1, record["freedom"]  # and the byte of the header that says how hard it tried
    write(names[0], deflated(text("b"), 6, flush=70000))
    record = expect("repackaged", *names)
    assert chosen(record) > 1000 and not any("level" in text_of(f) for f in record["findings"]), record["freedom"]


main()
