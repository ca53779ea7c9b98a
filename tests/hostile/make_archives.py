#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile and odd archives, written byte by byte: no library may put them right on the way.

    make_archives.py FOLDER        write them all, for looking at

A case says what a drop must do with it: `refuse` names the error (exit 3) and `entry` what the error must name; without `refuse` the
archive must be taken, and `notice` names the remark that goes with it.
"""
import bz2
import gzip
import lzma
import os
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass, field

BLOCK = 512
ZEROS = bytes(BLOCK)


@dataclass
class Case:
    name: str
    file: str
    data: bytes
    refuse: str = None
    entry: str = None
    notice: str = None
    limits: dict = field(default_factory=dict)
    also: tuple = ()       # other error ids that say the same as well
    or_good: bool = False  # a flipped bit that changes nothing of the content may be taken: compressed forms are not unique


# ---- tar: POSIX.1-2017 ustar, pax; GNU tar manual ----

def octal(value, width):
    """A number field; negative and large ones in base 256 (GNU)."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return (value & ((1 << (8 * width)) - 1) | 1 << (8 * width - 1)).to_bytes(width, "big")


def header(name, size=0, kind=b"0", mode=0o644, link=b"", uid=0, gid=0, mtime=1000000000, major=0, minor=0, prefix=b"",
           magic=b"ustar\x0000", owner=b"root", checksum=None):
    block = bytearray(b"".join([
        name[:100].ljust(100, b"\0"), octal(mode, 8), octal(uid, 8), octal(gid, 8), octal(size, 12), octal(mtime, 12), b" " * 8, kind,
        link[:100].ljust(100, b"\0"), magic, owner.ljust(32, b"\0"), b"root".ljust(32, b"\0"), octal(major, 8), octal(minor, 8),
        prefix.ljust(155, b"\0")]).ljust(BLOCK, b"\0"))
    total = sum(block) if checksum is None else checksum
    block[148:156] = b"%06o\0 " % total
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def member(name, data=b"content\n", **facts):
    return header(name, len(data), **facts) + padded(data)


def folder(name, **facts):
    return header(name, kind=b"5", mode=0o755, **facts)


def symlink(name, target):
    return header(name, kind=b"2", mode=0o777, link=target)


def hardlink(name, target):
    return header(name, kind=b"1", link=target)


def record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    length = len(body)
    while len(b"%d" % length) + len(body) != length:
        length = len(b"%d" % length) + len(body)
    return b"%d" % length + body


def pax(*records, kind=b"x"):
    data = b"".join(records)
    return header(b"PaxHeaders/x", len(data), kind=kind) + padded(data)


def long_name(name, kind=b"L"):
    data = name + b"\0"
    return header(b"././@LongLink", len(data), kind=kind, magic=b"ustar  \0") + padded(data)


def tar(*members, end=2 * ZEROS):
    return b"".join(members) + end


GOOD = tar(folder(b"p/"), member(b"p/first"), member(b"p/second", b"x" * 700))


# ---- zip: APPNOTE.TXT 6.3 ----

@dataclass
class Zip:
    """One member; the `c_` fields are what the central directory says, the others what stands in front of the data."""
    name: bytes
    data: bytes = b"content\n"
    method: int = 0
    flags: int = 0
    c_name: bytes = None
    c_size: int = None
    c_packed: int = None
    c_method: int = None
    c_crc: int = None
    size: int = None
    packed: int = None
    crc: int = None
    extra: bytes = b""
    c_extra: bytes = b""
    attributes: int = 0o100644 << 16
    c_offset: int = None
    raw: bool = False  # `data` is compressed already

    def body(self):
        if self.method != 8 or self.raw:
            return self.data
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.data) + deflate.flush()


def pick(value, other):
    return other if value is None else value


def zip_archive(*members, front=b"", comment=b"", shift=None, count=None, back=b""):
    out, directory = bytearray(front), bytearray()
    for m in members:
        body, offset = m.body(), len(out) - (len(front) if shift is None else 0)
        crc = zlib.crc32(m.data)
        out += struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, m.flags, m.method, 0, 0x21, pick(m.crc, crc), pick(m.packed, len(body)),
                           pick(m.size, len(m.data)), len(m.name), len(m.extra)) + m.name + m.extra + body
        c_name = pick(m.c_name, m.name)
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 0x314, 20, m.flags, pick(m.c_method, m.method), 0, 0x21,
                                 pick(m.c_crc, crc), pick(m.c_packed, len(body)), pick(m.c_size, len(m.data)), len(c_name),
                                 len(m.c_extra), 0, 0, 0, m.attributes, pick(m.c_offset, offset)) + c_name + m.c_extra
    start = len(out) - (len(front) if shift is None else 0)
    number = len(members) if count is None else count
    end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, number, number, len(directory), start, len(comment))
    return bytes(out + directory) + end + comment + back


# ---- cpio "newc": SVR4 ----

def cpio_member(name, data=b"content\n", mode=0o100644, links=1, inode=1, major=0, minor=0):
    head = b"070701" + b"".join(b"%08X" % v for v in (inode, mode, 0, 0, links, 1000000000, len(data), 0, 0, major, minor, len(name) + 1, 0))
    out = head + name + b"\0"
    out += bytes(-len(out) % 4)
    return out + data + bytes(-len(data) % 4)


def cpio(*members):
    out = b"".join(members) + cpio_member(b"TRAILER!!!", b"", 0, inode=0)
    return out + bytes(-len(out) % BLOCK)


# ---- compression ----

def tool(*command):
    def run(data):
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    return run


def compressions():
    """Ending and compressor; what is not installed is left out, and the test says so."""
    found = {"gz": lambda d: gzip.compress(d, mtime=0), "bz2": bz2.compress, "xz": lzma.compress,
             "lzma": lambda d: lzma.compress(d, format=lzma.FORMAT_ALONE)}
    if shutil.which("zstd"):
        found["zst"] = tool("zstd", "-q", "-c")
    if shutil.which("lz4"):
        found["lz4"] = tool("lz4", "-q", "-c")
    return found


# ---- the cases ----

def names():
    for text in (b"../evil", b"/abs", b"a/../../b", b"a/..", b"..", b"p/../../../etc/passwd", b"//abs"):
        shown = text.decode()
        yield Case(f"tar name {shown}", "a.tar", tar(member(b"p/fine"), member(text)), "archive-escape", shown)
        yield Case(f"pax name {shown}", "a.tar", tar(pax(record(b"path", text)), member(b"innocent")), "archive-escape", shown)
        yield Case(f"GNU long name {shown}", "a.tar", tar(long_name(text), member(b"innocent")), "archive-escape", shown)
        yield Case(f"zip name {shown}", "a.zip", zip_archive(Zip(b"fine"), Zip(text)), "archive-escape", shown)
        yield Case(f"cpio name {shown}", "a.cpio", cpio(cpio_member(b"fine"), cpio_member(text)), "archive-escape", shown)
    yield Case("ustar prefix leads out", "a.tar", tar(member(b"evil", prefix=b"../..")), "archive-escape", "../../evil")
    yield Case("folder leads out", "a.tar", tar(folder(b"../evil/")), "archive-escape", "../evil/")
    yield Case("an empty name", "a.tar", tar(member(b"p/fine"), member(b"")), "archive-bad-name", "entry 2")
    yield Case("an empty zip name", "a.zip", zip_archive(Zip(b"")), "archive-bad-name", "entry 1")
    yield Case("the top itself", "a.tar", tar(folder(b"./"), member(b"./f")))
    yield Case("NUL in a pax name", "a.tar", tar(pax(record(b"path", b"good\0evil")), member(b"innocent")), "archive-nul-name")
    yield Case("NUL in a GNU long name", "a.tar", tar(header(b"././@LongLink", 10, kind=b"L", magic=b"ustar  \0") + padded(b"good\0evil\0"),
                                                       member(b"innocent")), "archive-nul-name")
    yield Case("NUL in a zip name", "a.zip", zip_archive(Zip(b"good\0evil")), "archive-nul-name", also=("archive-bad-name",))
    yield Case("a component of 256 bytes", "a.tar", tar(pax(record(b"path", b"a/" + b"n" * 256)), member(b"innocent")), "archive-bad-name")
    yield Case("a component of 255 bytes", "a.tar", tar(pax(record(b"path", b"a/" + b"n" * 255)), member(b"innocent")))
    yield Case("a path of 200,000 bytes", "a.tar", tar(pax(record(b"path", b"n/" * 100000 + b"f")), member(b"innocent")), "archive-bad-name")
    yield Case("a path of 4,097 bytes", "a.tar", tar(pax(record(b"path", b"ab/" * 1365 + b"cd")), member(b"innocent")), "archive-bad-name")
    yield Case("a path of 100,000 components", "a.tar", tar(long_name(b"d/" * 99999 + b"f"), member(b"innocent")), "archive-bad-name")
    for text in (b"..\\evil", b"C:\\evil", b"a\\b"):
        yield Case(f"zip name {text.decode()}", "a.zip", zip_archive(Zip(text)), "archive-backslash", text.decode().replace("\\", "\\\\"))
    yield Case("a backslash in a tar name is a letter", "a.tar", tar(member(b"a\\b")))
    odd = {"newline": b"a\nb", "escape": b"a\x1b[31mb", "bidirectional control": "a\u202eb".encode(), "invalid UTF-8": b"a\xffb"}
    for what, text in odd.items():
        yield Case(f"{what} in a name", "a.tar", tar(member(text)), notice="archive-odd-name")
    yield Case("names that differ by case", "a.tar", tar(member(b"Readme"), member(b"README")), notice="archive-case-twins")
    yield Case("NFC and NFD of one name", "a.tar", tar(member("\u00e9".encode()), member("e\u0301".encode())), notice="archive-foreign-name")
    for text in (b"CON", b"p/nul.txt", b"dot.", b"blank "):
        yield Case(f"Windows name {text.decode()!r}", "a.tar", tar(member(text)), notice="archive-foreign-name")
    yield Case("a UTF-8 name", "a.tar", tar(member("größe".encode())))


def links():
    yield Case("file through a symbolic link", "a.tar", tar(symlink(b"p", b"/tmp"), member(b"p/evil")), "archive-escape", "p/evil")
    yield Case("symbolic link over a folder in use", "a.tar", tar(member(b"p/evil"), symlink(b"p", b"/tmp")), "archive-escape", "p/evil")
    yield Case("chain of links", "a.tar", tar(folder(b"d/"), symlink(b"d/a", b".."), symlink(b"d/b", b"a/.."), member(b"d/b/evil")),
               "archive-escape", "d/b/evil")
    yield Case("folder through a link", "a.tar", tar(symlink(b"p", b"."), folder(b"p/q/")), "archive-escape", "p/q")
    yield Case("link through a link", "a.tar", tar(symlink(b"p", b"/"), symlink(b"p/q", b"x")), "archive-escape", "p/q")
    yield Case("zip file through a link", "a.zip", zip_archive(Zip(b"p", b"/tmp", attributes=0o120777 << 16), Zip(b"p/evil")),
               "archive-escape", "p/evil")
    yield Case("cpio file through a link", "a.cpio", cpio(cpio_member(b"p", b"/tmp", 0o120777), cpio_member(b"p/evil")), "archive-escape", "p/evil")
    for target in (b"/etc/passwd", b"../../x", b"nowhere", b"."):
        yield Case(f"symbolic link to {target.decode()} is data", "a.tar", tar(symlink(b"l", target)))
    yield Case("symbolic link to nothing", "a.tar", tar(symlink(b"l", b"")), "archive-bad-link", "l")
    for target in (b"/etc/passwd", b"../x", b"a/../../x"):
        yield Case(f"hard link to {target.decode()}", "a.tar", tar(member(b"f"), hardlink(b"l", target)), "archive-escape", "l")
    yield Case("hard link to a symbolic link", "a.tar", tar(symlink(b"s", b"x"), hardlink(b"l", b"s")), "archive-bad-link", "l")
    yield Case("hard link to a later member", "a.tar", tar(hardlink(b"l", b"f"), member(b"f")), "archive-bad-link", "l")
    yield Case("hard link to a missing member", "a.tar", tar(member(b"f"), hardlink(b"l", b"g")), "archive-bad-link", "l")
    yield Case("hard link to a folder", "a.tar", tar(folder(b"d/"), hardlink(b"l", b"d")), "archive-bad-link", "l")
    yield Case("hard link to a hard link", "a.tar", tar(member(b"f"), hardlink(b"l", b"f"), hardlink(b"m", b"l")), "archive-bad-link", "m")
    yield Case("hard link to itself", "a.tar", tar(hardlink(b"l", b"l")), "archive-bad-link", "l")
    yield Case("hard link to an earlier file", "a.tar", tar(member(b"f"), hardlink(b"l", b"./f")))
    yield Case("hard link through a link", "a.tar", tar(member(b"f"), symlink(b"p", b"."), hardlink(b"l", b"p/f")), "archive-bad-link", "l")


def types():
    for what, kind in (("a character device", b"3"), ("a block device", b"4"), ("a FIFO", b"6")):
        yield Case(what, "a.tar", tar(member(b"fine"), header(b"special", kind=kind, major=1, minor=3)), "archive-special-file", "special")
    for what, mode in (("device", 0o020600), ("block device", 0o060600), ("FIFO", 0o010600), ("socket", 0o140600)):
        yield Case(f"cpio {what}", "a.cpio", cpio(cpio_member(b"special", b"", mode, major=1, minor=3)), "archive-special-file", "special")
    yield Case("zip socket", "a.zip", zip_archive(Zip(b"special", b"", attributes=0o140600 << 16)), "archive-special-file", "special",
               also=("archive-unsupported",))
    for kind in (b"V", b"M", b"D", b"N", b"Z"):
        yield Case(f"tar type {kind.decode()}", "a.tar", tar(header(b"odd", kind=kind)), "archive-unsupported", "odd",
                   also=("archive-special-file",))
    for mode in (0o4755, 0o2755):
        yield Case(f"mode {mode:o}", "a.tar", tar(member(b"tool", mode=mode)), notice="archive-setuid")
    yield Case("sticky folder", "a.tar", tar(header(b"d/", kind=b"5", mode=0o1777)))
    yield Case("extended attributes", "a.tar", tar(pax(record(b"SCHILY.xattr.security.capability", b"\1\0\0\2\0\x20\0\0")), member(b"tool")))
    for uid in (1 << 31, (1 << 32) - 1, -2):
        yield Case(f"uid {uid}", "a.tar", tar(member(b"f", uid=uid)))
    yield Case("odd owner names", "a.tar", tar(member(b"f", owner=b"\x1b[2J\xff../")))
    for mtime in (-1, 1 << 62):
        yield Case(f"mtime {mtime}", "a.tar", tar(member(b"f", mtime=mtime)), notice="archive-odd-time")
    yield Case("a folder with content", "a.tar", tar(header(b"d/", 512, kind=b"5") + ZEROS), "archive-readers-disagree")


def repeats():
    yield Case("a name twice", "a.tar", tar(member(b"f", b"one"), member(b"g"), member(b"f", b"two")), "archive-duplicate", "f")
    yield Case("./f and f", "a.tar", tar(member(b"./f"), member(b"f")), "archive-duplicate", "f")
    yield Case("a//b and a/b", "a.tar", tar(member(b"a//b"), member(b"a/b")), "archive-duplicate", "a/b")
    yield Case("a/./b and a/b", "a.tar", tar(member(b"a/./b"), member(b"a/b")), "archive-duplicate", "a/b")
    yield Case("file and folder of one name", "a.tar", tar(member(b"f"), folder(b"f/")), "archive-duplicate", "f")
    yield Case("file below a file", "a.tar", tar(member(b"f"), member(b"f/g")), "archive-duplicate", "f/g")
    yield Case("file and link of one name", "a.tar", tar(symlink(b"f", b"/etc/passwd"), member(b"f")), "archive-duplicate", "f")
    yield Case("a zip name twice", "a.zip", zip_archive(Zip(b"f"), Zip(b"f", b"two")), "archive-duplicate", "f")
    yield Case("a cpio name twice", "a.cpio", cpio(cpio_member(b"f"), cpio_member(b"./f")), "archive-duplicate", "f")
    yield Case("two path records", "a.tar", tar(pax(record(b"path", b"good"), record(b"path", b"evil")), member(b"x")), "archive-duplicate-record")
    yield Case("two extended headers", "a.tar", tar(pax(record(b"path", b"good")), pax(record(b"path", b"evil")), member(b"x")),
               "archive-duplicate-record")
    yield Case("two long names", "a.tar", tar(long_name(b"good"), long_name(b"evil"), member(b"x")), "archive-duplicate-record")
    yield Case("a pax and a GNU name", "a.tar", tar(long_name(b"good"), pax(record(b"path", b"evil")), member(b"x")), "archive-readers-disagree")
    yield Case("a global name", "a.tar", tar(pax(record(b"path", b"evil"), kind=b"g"), member(b"x")), "archive-readers-disagree")
    yield Case("a global comment", "a.tar", tar(pax(record(b"comment", b"4f2c"), kind=b"g"), member(b"x")))
    yield Case("a size that pax denies", "a.tar", tar(pax(record(b"size", b"0")), member(b"x", b"y" * 512)), "archive-readers-disagree",
               also=("archive-damaged",))


def sizes():
    yield Case("old GNU sparse file", "a.tar", tar(header(b"s", 0, kind=b"S", magic=b"ustar  \0")), "archive-sparse", "s")
    yield Case("pax sparse file of 1 TiB", "a.tar",
               tar(pax(record(b"GNU.sparse.major", b"1"), record(b"GNU.sparse.minor", b"0"), record(b"GNU.sparse.name", b"s"),
                       record(b"GNU.sparse.realsize", b"%d" % (1 << 40))), member(b"x", b"1\n0\n1\n" + bytes(600))), "archive-sparse")
    yield Case("64 MiB of pax header", "a.tar", tar(pax(record(b"comment", b"x" * (64 << 20))), member(b"x")), "archive-limit")
    yield Case("a member larger than the archive", "a.tar", header(b"big", 1 << 33) + bytes(4096), "archive-truncated")
    yield Case("a member of 2^62 bytes", "a.tar", header(b"big", 1 << 62) + bytes(4096), "archive-truncated", also=("archive-damaged",))
    yield Case("a member of negative size", "a.tar", header(b"big", -1) + bytes(4096), "archive-damaged", also=("archive-truncated",))
    bomb = gzip.compress(header(b"zeros", 256 << 20) + bytes((256 << 20) + 1024), mtime=0)
    yield Case("256 MiB of zeros in 260 kB", "bomb.tar.gz", bomb, "archive-limit", "bomb.tar.gz")
    yield Case("a bomb in a bomb", "bomb.tar.gz.gz", gzip.compress(bomb, mtime=0), "archive-limit", "bomb.tar.gz")
    yield Case("256 MiB of zeros in a zip", "bomb.zip", zip_archive(Zip(b"zeros", bytes(256 << 20), 8)), "archive-limit", "zeros")
    nested = GOOD
    for _ in range(18):
        nested = gzip.compress(nested, mtime=0)
    yield Case("18 compressions of one archive", "a.tar.gz", nested, "archive-limit", "a.tar.gz")
    yield Case("3 compressions of one archive", "a.tar.gz", gzip.compress(gzip.compress(gzip.compress(GOOD))))
    many = tar(*(member(b"f%d" % i, b"") for i in range(200)))
    yield Case("more entries than allowed", "a.tar", many, "archive-limit", "a.tar", limits={"entries": 199})
    yield Case("as many entries as allowed", "a.tar", many, limits={"entries": 200})
    deep = tar(*(long_name(b"%d/" % i + b"d/" * 200 + b"f") + member(b"x", b"") for i in range(50)))
    yield Case("folders that nobody named", "a.tar", deep, "archive-limit", "a.tar", limits={"entries": 10000})
    yield Case("folders that nobody named, allowed", "a.tar", deep, limits={"entries": 10100})
    yield Case("more bytes than allowed", "a.tar.xz", lzma.compress(tar(member(b"f", os.urandom(3 << 20)))), "archive-limit", "a.tar.xz",
               limits={"unpacked": "2M"})


def ends():
    yield Case("an empty file", "a.tar", b"", "archive-empty", "a.tar")
    yield Case("an empty .tar.xz", "a.tar.xz", b"", "archive-empty", "a.tar.xz")
    yield Case("nothing, compressed", "a.tar.gz", gzip.compress(b"", mtime=0), "archive-empty", "a.tar.gz")
    yield Case("a tar without entries", "a.tar", bytes(10240), "archive-empty", "a.tar")
    yield Case("a compressed tar without entries", "a.tar.gz", gzip.compress(bytes(10240), mtime=0), "archive-empty", "a.tar")
    yield Case("a zip without entries", "a.zip", zip_archive(), "archive-empty", "a.zip")
    yield Case("a cpio without entries", "a.cpio", cpio(), "archive-empty", "a.cpio")
    yield Case("no archive at all", "a.tar", b"#!/bin/sh\nexit 0\n" * 100, "archive-unrecognised", "a.tar")
    yield Case("no archive, compressed", "a.tar.gz", gzip.compress(b"#!/bin/sh\n" * 100, mtime=0), "archive-unrecognised", "a.tar")
    yield Case("a good archive", "a.tar", GOOD)
    yield Case("a second archive", "a.tar", GOOD + GOOD, "archive-trailing", "a.tar")
    yield Case("garbage behind", "a.tar", GOOD + b"GARBAGE", "archive-trailing", "a.tar")
    yield Case("zeros behind", "a.tar", GOOD + bytes(20 * BLOCK))
    yield Case("no end", "a.tar", GOOD[:-1024], "archive-truncated", "a.tar")
    yield Case("half an end", "a.tar", GOOD[:-512], "archive-truncated", "a.tar")
    yield Case("cut between two members", "a.tar", GOOD[:3 * BLOCK], "archive-truncated", "a.tar")
    for at in range(1, len(GOOD), 211):
        yield Case(f"cut after {at} bytes", "a.tar", GOOD[:at], "archive-truncated", also=("archive-damaged", "archive-unrecognised"))
    for bit in (0, 800, 1000, 1190, 1260):
        flipped = bytearray(GOOD)
        flipped[BLOCK + bit // 8] ^= 1 << bit % 8
        yield Case(f"bit {bit} of a header flipped", "a.tar", bytes(flipped), "archive-damaged", "a.tar")


def compressed_ends():
    for ending, compress in compressions().items():
        good, file = compress(GOOD), f"a.tar.{ending}"
        yield Case(f"{ending}: a good archive", file, good)
        yield Case(f"{ending}: a second archive, compressed by itself", file, good + good, "archive-trailing", file, also=("archive-damaged",))
        yield Case(f"{ending}: a second archive in one stream", file, compress(GOOD + GOOD), "archive-trailing", "a.tar")
        yield Case(f"{ending}: GARBAGE behind", file, good + b"GARBAGE", "archive-trailing", file, also=("archive-damaged",))
        yield Case(f"{ending}: 3 bytes cut off", file, good[:-3], "archive-damaged", file, also=("archive-truncated",))
        for part in range(1, 20):
            yield Case(f"{ending}: cut at {part}/20", file, good[:len(good) * part // 20], "archive-damaged", file,
                       also=("archive-truncated", "archive-unrecognised"))
        for part in range(1, 10):
            flipped = bytearray(good)
            flipped[len(good) * part // 10] ^= 4
            yield Case(f"{ending}: a bit flipped at {part}/10", file, bytes(flipped), "archive-damaged", file,
                       also=("archive-truncated", "archive-trailing", "archive-unrecognised", "archive-unsupported"), or_good=True)
    for ending in ("gz", "bz2", "lz4", "xz"):
        if ending in compressions():
            yield Case(f"{ending}: zeros behind", f"a.tar.{ending}", compressions()[ending](GOOD) + bytes(BLOCK))


def zips():
    yield Case("a good zip", "a.zip", zip_archive(Zip(b"p/f"), Zip(b"p/g", b"x" * 5000, 8)))
    yield Case("two names of one member", "a.zip", zip_archive(Zip(b"evil", c_name=b"good")), "archive-names-disagree")
    for what, facts in (("size", {"c_size": 3}), ("packed size", {"c_packed": 3}), ("method", {"c_method": 8}), ("checksum", {"c_crc": 1})):
        yield Case(f"two values of {what}", "a.zip", zip_archive(Zip(b"f", **facts)), "archive-readers-disagree",
                   also=("archive-damaged", "archive-truncated", "archive-trailing"))
    yield Case("a wrong checksum", "a.zip", zip_archive(Zip(b"f", crc=1, c_crc=1)), "archive-damaged", "f")
    yield Case("a wrong size of a deflated member", "a.zip", zip_archive(Zip(b"f", b"y" * 3000, 8, size=2999, c_size=2999)), "archive-damaged", "f")
    yield Case("something behind the deflated data", "a.zip",
               zip_archive(Zip(b"f", b"\x03\0" + b"hidden", 8, packed=8, c_packed=8, size=0, c_size=0, crc=0, c_crc=0, raw=True)),
               "archive-trailing", "f")
    yield Case("a wrong checksum of a deflated member", "a.zip", zip_archive(Zip(b"f", b"y" * 3000, 8, crc=1, c_crc=1)), "archive-damaged")
    yield Case("size 0 in front", "a.zip", zip_archive(Zip(b"f", size=0, packed=0)), "archive-readers-disagree", also=("archive-damaged",))
    yield Case("400 bytes in front", "a.zip", zip_archive(Zip(b"f"), front=b"#" * 400), "archive-damaged",
               also=("archive-prepended", "archive-trailing", "archive-readers-disagree", "archive-unrecognised"))
    yield Case("400 bytes in front, offsets right", "a.zip", zip_archive(Zip(b"f"), front=b"#" * 400, shift=1), "archive-damaged",
               also=("archive-prepended", "archive-trailing", "archive-readers-disagree", "archive-unrecognised"))
    yield Case("a second end in the comment", "a.zip", zip_archive(Zip(b"f"), comment=zip_archive()), "archive-readers-disagree",
               also=("archive-damaged", "archive-trailing", "archive-empty"))
    yield Case("garbage behind a zip", "a.zip", zip_archive(Zip(b"f"), back=b"GARBAGE"), "archive-trailing", also=("archive-damaged", "archive-unrecognised", "archive-readers-disagree"))
    yield Case("two members over the same data", "a.zip", zip_archive(Zip(b"f"), Zip(b"g", c_offset=0)), "archive-names-disagree", "g",
               also=("archive-overlap",))
    yield Case("two members of one name over the same data", "a.zip", zip_archive(Zip(b"f"), Zip(b"f", c_offset=0)), "archive-overlap",
               also=("archive-duplicate",))
    yield Case("sizes of zip64 that lie", "a.zip",
               zip_archive(Zip(b"f", c_size=0xffffffff, c_packed=0xffffffff, c_extra=struct.pack("<HHQQ", 1, 16, 1 << 40, 8))),
               "archive-readers-disagree", also=("archive-damaged", "archive-truncated"))
    yield Case("an encrypted member", "a.zip", zip_archive(Zip(b"secret", flags=1)), "archive-encrypted", "secret", also=("archive-unsupported",))
    yield Case("more members than the end says", "a.zip", zip_archive(Zip(b"f"), Zip(b"g"), count=1), "archive-readers-disagree",
               also=("archive-damaged",))
    yield Case("an unknown method", "a.zip", zip_archive(Zip(b"f", method=99)), "archive-unsupported", "f", also=("archive-encrypted",))
    whole = zip_archive(Zip(b"p/f"), Zip(b"p/g", b"x" * 5000, 8))
    for at in range(1, len(whole), 37):
        yield Case(f"zip cut after {at} bytes", "a.zip", whole[:at], "archive-truncated",
                   also=("archive-damaged", "archive-unrecognised", "archive-readers-disagree", "archive-trailing"))


def cpios():
    right, wrong = (cpio(cpio_member(b"f").replace(b"070701", b"070702").replace(b"00000000f", b"%08Xf" % s)) for s in (sum(b"content\n"), 7))
    yield Case("cpio with a checksum", "a.cpio", right)
    yield Case("cpio with a wrong checksum", "a.cpio", wrong, "archive-damaged", "f")
    good = cpio(cpio_member(b"p", b"", 0o040755), cpio_member(b"p/f"), cpio_member(b"l", b"p/f", 0o120777))
    yield Case("a good cpio", "a.cpio", good)
    yield Case("a second cpio", "a.cpio", good + good, "archive-trailing", also=("archive-damaged",))
    yield Case("garbage behind a cpio", "a.cpio", good + b"GARBAGE", "archive-trailing", also=("archive-damaged",))
    yield Case("a cpio without a trailer", "a.cpio", cpio_member(b"f"), "archive-truncated", also=("archive-damaged",))
    for at in range(1, 300, 31):
        yield Case(f"cpio cut after {at} bytes", "a.cpio", good[:at], "archive-truncated", also=("archive-damaged", "archive-unrecognised"))


FAMILIES = (names, links, types, repeats, sizes, ends, compressed_ends, zips, cpios)


def cases():
    for family in FAMILIES:
        yield from family()


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for number, case in enumerate(cases()):
        with open(os.path.join(sys.argv[1], f"{number:03}-{case.file}"), "wb") as f:
            f.write(case.data)


if __name__ == "__main__":
    main()
