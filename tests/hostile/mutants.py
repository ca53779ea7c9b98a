# SPDX-License-Identifier: Apache-2.0
"""Tampered pairs of archives: for each header field, gap, overlay, link, duplicate, order and checksum one file that must not pass.

Field tables stand here a second time, written from the specifications and not from the product. A pair is (name, shipped, rebuilt,
words): every word must stand in the way in or the note of one finding.
"""
import base64
import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make_archives import header, padded  # noqa: E402

warnings.filterwarnings("ignore", "Duplicate name")  # that is the point of them
ZEROS = bytes(512)
TEXT = b"#!/bin/sh\n# started by the init system\nexec /usr/sbin/acme --serve\n" * 9


def tool(*argv, data=b""):
    """What a real tool makes of @data; None when it is not installed."""
    if shutil.which(argv[0]) is None:
        return None
    return subprocess.run(argv, input=data, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def put(data, at, new):
    """@data with the bytes at @at replaced; same length."""
    assert 0 <= at and at + len(new) <= len(data) and data[at:at + len(new)] != new, (at, new)
    return data[:at] + new + data[at + len(new):]


def flip(data, at, bit=0):
    return put(data, at, bytes([data[at] ^ 1 << bit]))


# ---- tar: POSIX.1-2017, "ustar Interchange Format" ----

TAR = {"name": (0, b"./evil\0"), "mode": (100, b"0004755"), "uid": (108, b"0001750"), "gid": (116, b"0000052"), "size": (124, b"00000000777"),
       "mtime": (136, b" 7346545000"), "typeflag": (156, b"2"), "linkname": (157, b"/etc/passwd"), "magic": (257, b"ustar  \0"),
       "uname": (265, b"daemon\0"), "gname": (297, b"shadow\0"), "devmajor": (329, b"0000010"), "devminor": (337, b"0000007"),
       "prefix": (345, b"/"), "unused": (500, b"evil")}


def resum(data, at=0):
    block = data[at:at + 148] + b" " * 8 + data[at + 156:at + 512]
    return data[:at + 148] + b"%06o\0 " % sum(block) + data[at + 156:]


def entry(name, data=b"", **more):
    return header(name, len(data), **more) + padded(data)


def tar_entries():
    return [entry(b"./bin/", kind=b"5", mode=0o755), entry(b"./bin/acme", TEXT, mode=0o755), entry(b"./etc/acme.conf", b"port=80\n"),
            entry(b"./bin/sh", kind=b"2", link=b"acme"), entry(b"./bin/hard", kind=b"1", link=b"./bin/acme"),
            entry(b"./dev/null", kind=b"3", mode=0o666, major=1, minor=3)]


def whole(entries):
    return b"".join(entries) + 2 * ZEROS


def pax(records, kind=b"x"):
    body = b""
    for key, value in records:
        n = len(key) + len(value) + 3
        while len(b"%d" % n) + len(key) + len(value) + 3 != n:
            n = len(b"%d" % n) + len(key) + len(value) + 3
        body += b"%d %s=%s\n" % (n, key, value)
    return entry(b"./PaxHeaders/x", body, kind=kind)


def tar_fields():
    e = tar_entries()
    base = whole(e)
    at = len(e[0])  # the header of ./bin/acme
    for field, (offset, new) in TAR.items():
        words = ("bin/acme",) if field in ("mode", "uid", "gid", "uname", "gname", "mtime") else ()
        yield f"{field}, sum mended", resum(put(base, at + offset, new), at), base, words
        yield f"{field}, sum stale", put(base, at + offset, new), base, ()
    yield "chksum alone", put(base, at + 148, b"000000"), base, ()
    yield "chksum spelled otherwise", put(base, at + 154, b" \0"), base, ("chksum",)


def tar_members():
    e = tar_entries()
    base = whole(e)
    for i, name in enumerate(("bin", "acme", "acme.conf", "sh", "hard", "null")):
        yield f"{name} is missing", whole(e[:i] + e[i + 1:]), base, (name,)
        yield f"{name} comes twice", whole(e + [e[i]]), base, (name,)
    yield "another member", whole(e + [entry(b"./etc/cron.d/x", b"* * * * * root x\n")]), base, ("cron.d/x",)
    yield "second copy is bad", whole(e + [entry(b"./bin/acme", b"evil\n", mode=0o755)]), base, ("bin/acme",)
    yield "another target", whole([*e[:3], entry(b"./bin/sh", kind=b"2", link=b"evil"), *e[4:]]), base, ("linkname",)
    yield "hard link elsewhere", whole([*e[:4], entry(b"./bin/hard", kind=b"1", link=b"./etc/acme.conf"), e[5]]), base, ("linkname",)
    yield "another device", whole([*e[:5], entry(b"./dev/null", kind=b"3", mode=0o666, major=1, minor=1)]), base, ("devminor",)
    yield "hard link before its target", whole([e[0], e[4], e[1], e[2], e[3], e[5]]), base, ("order",)
    yield "block instead of character device", whole([*e[:5], entry(b"./dev/null", kind=b"4", mode=0o666, major=1, minor=3)]), base, ("typeflag",)
    yield "bytes in the content", base.replace(b"--serve", b"--swerv", 1), base, ("bin/acme",)
    yield "name in another case", base.replace(b"./etc/acme.conf", b"./etc/Acme.conf", 1), base, ()


def tar_gaps():
    e = tar_entries()
    base = whole(e)
    fill = len(e[0]) + 512 + len(TEXT)
    yield "fill behind a member", put(base, fill, b"\xcc"), base, ("padding",)
    yield "first block of the end", put(base, len(base) - 1024, b"evil"), base, ()
    yield "second block of the end", put(base, len(base) - 512, b"evil"), base, ()
    yield "bytes behind the end", base + b"evil" * 128, base, ("overlay",)
    yield "zeros and bytes behind the end", base + bytes(1020) + b"evil", base, ()
    yield "another archive behind the end", base + whole([entry(b"./evil", b"x")]), base, ("overlay",)
    yield "no end", base[:-1024], base, ()
    yield "cut inside a member", base[:fill - 10], base, ()
    yield "cut inside a header", base[:len(e[0]) + 100], base, ()


def tar_pax():
    a, b = entry(b"./a", b"1"), entry(b"./b", b"2")
    for key, good, bad in ((b"path", b"./good", b"./evil"), (b"linkpath", b"good", b"evil"), (b"uid", b"1", b"0"), (b"gid", b"5", b"0"),
                           (b"uname", b"user", b"root"), (b"size", b"1", b"9"), (b"SCHILY.xattr.security.capability", b"\1\0", b"\1\2"),
                           (b"SCHILY.xattr.user.note", b"a", b"b"), (b"SCHILY.acl.access", b"user::r--", b"user::rwx"), (b"comment", b"a", b"b"),
                           (b"SCHILY.devmajor", b"1", b"2"), (b"hdrcharset", b"BINARY", b"UTF-16"), (b"GNU.sparse.major", b"1", b"0")):
        yield f"record {key.decode()}", whole([pax([(key, bad)]), a, b]), whole([pax([(key, good)]), a, b]), ()
        yield f"global record {key.decode()}", whole([pax([(key, bad)], b"g"), a, b]), whole([pax([(key, good)], b"g"), a, b]), ()
    note, none = pax([(b"SCHILY.xattr.user.x", b"y")]), whole([a, b])
    yield "a record more", whole([note, a, b]), none, ()
    yield "a global header more", whole([pax([(b"uid", b"0")], b"g"), a, b]), none, ()
    yield "a global header elsewhere", whole([a, pax([(b"uid", b"0")], b"g"), b]), whole([pax([(b"uid", b"0")], b"g"), a, b]), ()
    yield "record for the other member", whole([a, note, b]), whole([note, a, b]), ()
    yield "two records of one key", whole([pax([(b"path", b"./a"), (b"path", b"./e")]), a]), whole([pax([(b"path", b"./e"), (b"path", b"./a")]), a]), ()
    yield "long name of GNU", *(whole([header(b"././@LongLink", 151, kind=b"L", magic=b"ustar  \0") + padded(c * 150 + b"\0"),
                                       entry(c * 100, b"1", magic=b"ustar  \0")]) for c in (b"e", b"g")), ()
    yield "time that is no number", whole([pax([(b"mtime", b"170000000x")]), a]), whole([pax([(b"mtime", b"1700000000")]), a]), ()


def tar_pairs():
    for part in (tar_fields, tar_members, tar_gaps, tar_pax):
        yield from part()


# ---- one payload: gzip, xz, lzma, lzip, bzip2, zstd, lz4 ----

def lzip(data):
    raw = lzma.compress(data, format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}])
    body = b"LZIP\x01\x10" + raw + struct.pack("<IQ", zlib.crc32(data), len(data))
    return body + struct.pack("<Q", len(body) + 8)


COMPRESSORS = {"gz": lambda d: gzip.compress(d, mtime=0), "xz": lzma.compress, "bz2": bz2.compress,
               "lzma": lambda d: lzma.compress(d, format=lzma.FORMAT_ALONE), "lz": lzip,
               "zst": lambda d: tool("zstd", "-q", "-c", "--check", data=d), "lz4": lambda d: tool("lz4", "-q", "-c", "--content-size", data=d)}
# Places of a compressed file whose bytes no encoder is free to choose; the rest of its headers are parameters.
FIXED = {"gz": {"ID1": 0, "ID2": 1, "CM": 2, "FLG": 3, "CRC": -8, "ISIZE": -4},
         "xz": {"magic": 0, "flags": 7, "header CRC": 8, "block header": 12, "footer CRC": -12, "backward size": -8, "footer flags": -3, "footer magic": -1},
         "bz2": {"magic": 0, "version": 2, "block magic": 4, "block CRC": 10, "end": -1}, "lzma": {"size": 5}, "lz": {"magic": 0, "version": 4, "CRC": -20, "data size": -16, "member size": -8},
         "zst": {"magic": 0, "descriptor": 4, "checksum": -1}, "lz4": {"magic": 0, "FLG": 4, "content size": 6, "header sum": 14, "checksum": -1}}
SKIPPABLE = struct.pack("<II", 0x184D2A50, 4) + b"evil"


def payload_changes():
    """A few changes of a tar, from everywhere in it, for each way to pack it."""
    pairs = list(tar_fields())[::5] + list(tar_members())[::4] + list(tar_gaps())[::3]
    return [(label, a, b) for label, a, b, _ in pairs]


def gzip_extras(good):
    head = good[:3]
    for label, flag, more in (("extra field", 4, b"\x04\0evil"), ("name", 8, b"evil\0"), ("comment", 16, b"evil\0")):
        yield label, head + bytes([flag]) + good[4:10] + more + good[10:]
    yield "header CRC", head + b"\2" + good[4:10] + struct.pack("<H", zlib.crc32(head + b"\2" + good[4:10]) & 0xFFFF) + good[10:]
    yield "text flag", head + b"\1" + good[4:]
    yield "reserved flag", head + b"\x20" + good[4:]
    yield "empty member with a comment", good + gzip.compress(b"")[:3] + b"\x10" + gzip.compress(b"")[4:10] + b"evil\0" + gzip.compress(b"")[10:]


def compressed_pairs(suffix):
    pack = COMPRESSORS[suffix]
    if pack(b"x") is None:
        return
    for label, a, b in payload_changes():
        yield label, pack(a), pack(b), ()
    good = pack(whole(tar_entries()))
    for label, at in FIXED[suffix].items():
        yield f"{label} changed", flip(good, at % len(good)), good, ()
    yield "bytes behind the end", good + b"evil", good, ()
    yield "fill and bytes behind the end", good + bytes(8) + b"evil", good, ()
    yield "cut", good[:-9], good, ()
    yield "cut in the middle", good[:len(good) // 2], good, ()
    yield "further content behind the end", good + pack(b"evil"), good, ()
    if suffix in ("zst", "lz4"):
        yield "skippable frame behind", good + SKIPPABLE, good, ("skippable",)
        yield "skippable frame in front", SKIPPABLE + good, good, ()
    if suffix == "xz":
        yield "stream padding of a wrong length", good + bytes(3), good, ()
        yield "another stream of nothing with other flags", good + lzma.compress(b"", check=lzma.CHECK_SHA256), good, ()
    if suffix == "gz":
        for label, bad in gzip_extras(good):
            yield label, bad, good, ()


# ---- zip: PKWARE APPNOTE 6.3.10, 4.3 ----

LOCAL = {"signature": 0, "version needed": 4, "flags": 6, "method": 8, "CRC": 14, "packed size": 18, "size": 22, "name length": 26, "extra length": 28}
CENTRAL = {"signature": 0, "made by": 4, "host": 5, "version needed": 6, "flags": 8, "method": 10, "CRC": 16, "packed size": 20, "size": 24,
           "name length": 28, "extra length": 30, "comment length": 32, "disk": 34, "internal attributes": 36, "DOS attributes": 38, "unix mode": 41,
           "local header": 42}
END = {"signature": 0, "disk": 4, "disk of directory": 6, "entries here": 8, "entries": 10, "directory size": 12, "directory": 16, "comment length": 20}


def zipped(members, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data, mode, method in members:
            info = zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20))
            info.create_system, info.external_attr, info.compress_type = 3, mode << 16, method
            z.writestr(info, data)
        z.comment = comment
    return out.getvalue()


ZIPPED = [("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n\r\n", 0o100644, 8), ("bin/acme", TEXT, 0o100755, 8),
          ("etc/acme.conf", b"port=80\n", 0o100644, 0), ("bin/sh", b"acme", 0o120777, 0)]


def packaged(kind):
    """Members as a package has them: a manifest or a RECORD with the digest of each."""
    rest = ZIPPED[1:]
    sha = {name: hashlib.sha256(data).digest() for name, data, _, _ in rest}
    if kind == "whl":
        rows = [f"{name},sha256={base64.urlsafe_b64encode(d).decode().rstrip('=')},{len(data)}\n" for (name, data, _, _), d in zip(rest, sha.values())]
        return [("acme-1.dist-info/RECORD", "".join([*rows, "acme-1.dist-info/RECORD,,\n"]).encode(), 0o100644, 8), *rest]
    sections = [f"Name: {name}\r\nSHA-256-Digest: {base64.b64encode(d).decode()}\r\n\r\n" for name, d in sha.items()]
    return [("META-INF/MANIFEST.MF", ("Manifest-Version: 1.0\r\n\r\n" + "".join(sections)).encode(), 0o100644, 8), *rest]


def zip_fields(ZIPPED=ZIPPED):
    base = zipped(ZIPPED)
    local = base.index(b"PK\3\4", 10)
    central = base.index(b"PK\1\2", base.index(b"PK\1\2") + 1)
    end = base.index(b"PK\5\6")
    for where, at, table in (("local", local, LOCAL), ("central", central, CENTRAL), ("end", end, END)):
        for field, offset in table.items():
            yield f"{where} {field}", flip(base, at + offset), base, ()
    yield "local name", base.replace(b"bin/acme", b"bin/evil", 1), base, ()
    yield "central name", base[:central] + base[central:].replace(b"bin/acme", b"bin/evil", 1), base, ()
    yield "both names", base.replace(b"bin/acme", b"bin/evil"), base, ("bin/",)
    yield "both CRCs", put(put(base, local + 14, b"evil"), central + 16, b"evil"), base, ()
    yield "both sizes", put(put(base, local + 22, b"\1\1\1\0"), central + 24, b"\1\1\1\0"), base, ()
    yield "setuid", flip(base, central + 41, 3), base, ("unix mode",)
    yield "time that is none", put(put(base, local + 10, b"\xff\xff\xff\xff"), central + 12, b"\xff\xff\xff\xff"), base, ("time",)
    yield "time of one header", put(base, central + 12, b"\x21\x42\x31\x42"), base, ("time",)


def zip_members(ZIPPED=ZIPPED):
    base = zipped(ZIPPED)
    end = base.index(b"PK\5\6")
    for i, (name, data, mode, method) in enumerate(ZIPPED):
        yield f"{name} is missing", zipped(ZIPPED[:i] + ZIPPED[i + 1:]), base, (name,)
        yield f"{name} with other content", zipped(ZIPPED[:i] + [(name, data + b"#", mode, method)] + ZIPPED[i + 1:]), base, (name,)
        yield f"{name} with another mode", zipped(ZIPPED[:i] + [(name, data, mode ^ 2, method)] + ZIPPED[i + 1:]), base, (name, "mode")
    yield "a member more", zipped(ZIPPED + [("bin/evil", b"x", 0o100755, 8)]), base, ("bin/evil",)
    yield "a name twice", zipped(ZIPPED + [("bin/acme", b"evil", 0o100755, 8)]), base, ("bin/acme",)
    yield "twice, in another order", zipped([("a", b"evil", 0o100644, 0), ("a", b"good", 0o100644, 0)]), zipped([("a", b"good", 0o100644, 0), ("a", b"evil", 0o100644, 0)]), ()
    yield "prepended", b"#!/bin/sh\nevil\n" + base, base, ()
    yield "appended", base + b"evil", base, ()
    yield "comment", zipped(ZIPPED, b"evil"), base, ()
    yield "another comment", zipped(ZIPPED, b"evil"), zipped(ZIPPED, b"good"), ("comment",)
    yield "gap before the directory", gap_in_zip(base), base, ()
    yield "cut", base[:end], base, ()
    yield "second end record", base + base[end:], base, ()
    yield "link becomes file", zipped(ZIPPED[:3] + [("bin/sh", b"acme", 0o100777, 0)]), base, ("bin/sh",)


def gap_in_zip(base):
    directory, end = base.index(b"PK\1\2"), base.index(b"PK\5\6")
    moved = base[:directory] + b"evil" + base[directory:]
    return put(moved, end + 4 + 16, struct.pack("<I", directory + 4))


def zip_pairs(members=None):
    """Of plain members, or of those of a package: then the digests that it states are left stale."""
    yield from zip_fields(members or ZIPPED)
    yield from zip_members(members or ZIPPED)
