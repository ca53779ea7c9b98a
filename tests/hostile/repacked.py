# SPDX-License-Identifier: Apache-2.0
"""Packages whose archives are packed in another way on each side, and what somebody would hide there: (label, shipped, rebuilt)."""
import bz2
import gzip
import lzma
import struct

from make_packages import EPOCH, Rpm, rpm
from mutants import TEXT, tool
from mutants_more import ar, deb, inner, read

SKIPPABLE = struct.pack("<II", 0x184D2A50, 8) + b"evil evi"


def zst(data):
    return tool("zstd", "-qc", data=data)


def gz(data, flags=0, mtime=0, more=b""):
    made = gzip.compress(data, mtime=mtime)
    return made[:3] + bytes([flags]) + made[4:10] + more + made[10:]


def raw(data):
    return data


PACKERS = {b".gz": gz, b".xz": lzma.compress, b".zst": zst, b"": raw}


def packed(parts, data=None, control=None, change=lambda p: p):
    """@parts of a package in xz with another suffix and packer for its archives, as (suffix, packer)."""
    out = [parts[0]]
    for (name, content), how in zip(parts[1:], (control, data)):
        suffix, packer = how or (b".xz", lzma.compress)
        out.append((name[:-3] + suffix, packer(lzma.decompress(content))))
    return change(out)


def repacked(of_data=None, of_control=None, change=lambda p: p, **more):
    return deb(outer=lambda p: packed(p, of_data, of_control, change), **more)


def debs():
    base = deb()
    gzipped, zipped = (b".gz", gz), (b".zst", zst)
    acme, evil = ("./usr/sbin/acme", TEXT, {"mode": 0o755}), ("./usr/sbin/acme", TEXT.replace(b"--serve", b"--shell", 1), {"mode": 0o755})
    conf = ("./etc/acme.conf", b"port=80\n", {})
    for label, how in (("gz", gzipped), ("zst", zipped), ("none", (b"", raw))):
        yield f"{label}: content", repacked(how, data=[evil, conf]), base
        yield f"{label}: mode", repacked(how, data=[(acme[0], acme[1], {"mode": 0o4755}), conf]), base
        yield f"{label}: a file more", repacked(how, extra=[("./etc/cron.d/acme", b"* * * * * root x\n", {})]), base
        yield f"{label}: a script", repacked(None, how, scripts=[("./postinst", b"#!/bin/sh\nevil\n", {"mode": 0o755})]), base
        yield f"{label}: behind the end of the tar", repacked((how[0], lambda d, f=how[1]: f(d + b"evil"))), base
        yield f"{label}: behind the stream", repacked((how[0], lambda d, f=how[1]: f(d) + b"evil")), base
        yield f"{label}: another order", repacked(how, change=lambda p: [p[0], p[2], p[1]]), base
        yield f"{label}: both archives", repacked(how, change=lambda p: [*p, (b"data.tar.xz", lzma.compress(inner([acme, conf])))]), base
        yield f"{label}: both archives, the other first", repacked(how, change=lambda p: [p[0], p[1], (b"data.tar.xz", lzma.compress(inner([acme, conf]))), p[2]]), base
        yield f"{label}: a third one", repacked(how, change=lambda p: [*p, (b"data.tar.bz2", bz2.compress(inner([evil])))]), base
        yield f"{label}: time of one header", repacked(how, change=lambda p: [p[0], p[1], (*p[2], b"100644", b"1700000001")]), base
        yield f"{label}: mode of a header", repacked(how, change=lambda p: [p[0], p[1], (*p[2], b"100755")]), base
        yield f"{label}: a slash at the name", repacked(how, change=lambda p: [p[0], p[1], (p[2][0] + b"/", p[2][1])]), base
    for name in (b"data.tar.lz4", b"data.tar.zstd", b"data.tar.GZ", b"data.tar.gz2", b"data.tgz", b"data.tar-gz", b"Data.tar.gz", b"data.tar.", b"data.tar.xz.gz"):
        yield f"unknown name {name.decode()}", repacked((name[4:], gz), change=lambda p, n=name: [p[0], p[1], (n, p[2][1])]), base
    yield "control in what no control is in", repacked(None, (b".bz2", bz2.compress)), base
    yield "a name that lies: xz in .zst", repacked((b".zst", lzma.compress)), base
    yield "a name that lies: xz of another level in .zst", repacked((b".zst", lambda d: lzma.compress(d, preset=0))), base
    yield "a name that lies: gz in .zst", repacked((b".zst", gz)), base
    yield "a name that lies: xz without a suffix", repacked((b"", lzma.compress)), base
    yield "a name that lies: gz without a suffix", repacked((b"", gz)), base
    yield "packed twice", repacked((b".gz", lambda d: gz(lzma.compress(d)))), base
    yield "gzip: a name", repacked((b".gz", lambda d: gz(d, 8, more=b"evil\0"))), base
    yield "gzip: a comment", repacked((b".gz", lambda d: gz(d, 16, more=b"evil\0"))), base
    yield "gzip: an extra field", repacked((b".gz", lambda d: gz(d, 4, more=b"\4\0evil"))), base
    yield "gzip: a time", repacked((b".gz", lambda d: gz(d, mtime=1700000000))), base
    yield "gzip: an empty member more", repacked((b".gz", lambda d: gz(d) + gz(b""))), base
    yield "gzip: zeros behind it", repacked((b".gz", lambda d: gz(d) + bytes(512))), base
    yield "zstd: a skippable frame before it", repacked((b".zst", lambda d: SKIPPABLE + zst(d))), base
    yield "zstd: a skippable frame behind it", repacked((b".zst", lambda d: zst(d) + SKIPPABLE)), base
    yield "zstd: an empty frame more", repacked((b".zst", lambda d: zst(d) + zst(b""))), base
    yield "zstd: empty skippable frames", repacked((b".zst", lambda d: zst(d) + b"".join(struct.pack("<II", 0x184D2A50 + n, 0) for n in b"\5\7\6\f"))), base
    gzip_base = repacked(gzipped, gzipped)
    yield "xz: padding", repacked((b".xz", lambda d: lzma.compress(d) + bytes(8)), gzipped), gzip_base
    yield "xz: an empty stream more", repacked((b".xz", lambda d: lzma.compress(d) + lzma.compress(b"")), gzipped), gzip_base
    yield "a long name of BSD", long_name(repacked(gzipped)), base


def long_name(package):
    """The last archive's name moved in front of its content."""
    at = package.index(b"data.tar.gz")
    head, content = package[at:at + 60], package[at + 60:].rstrip(b"\n")
    size = int(head[48:58]) + 11
    return package[:at] + b"#1/11".ljust(16) + head[16:48] + str(size).encode().ljust(10) + head[58:] + b"data.tar.gz" + content + b"\n" * (size % 2)


def honest_debs():
    base = deb()
    for suffix, packer in PACKERS.items():
        word = suffix.decode() or "none"
        if suffix != b".xz":
            yield f"data {word}", repacked((suffix, packer)), base
            yield f"control {word}", base, repacked(None, (suffix, packer))
        if suffix != b".gz":
            yield f"both {word}", repacked((suffix, packer), (suffix, packer)), repacked((b".gz", gz), (b".gz", gz))
    yield "data bz2", repacked((b".bz2", bz2.compress)), base
    yield "data lzma", repacked((b".lzma", lambda d: lzma.compress(d, lzma.FORMAT_ALONE))), base


FILES = {"usr/bin/tool": b"#!/bin/sh\necho acme\n" * 20, "usr/share/acme/data": bytes(range(256)) * 8}
PAYLOADS = ("w9.gzdio", "w6.bzdio", "w6.xzdio", "w7T2.xzdio", "w6.lzdio", "w19.zstdio")
COMPRESSOR, FLAGS, NEED_FLAGS, NEED_NAME, NEED_VERSION = 1125, 1126, 1048, 1049, 1050


def made(payload, files=None):
    rpm(f"{payload}.rpm", files or FILES, EPOCH, "builder", payload)
    return read(f"{payload}.rpm")


def honest_rpms():
    all_of_them = {payload: made(payload) for payload in PAYLOADS}
    for payload, data in all_of_them.items():
        yield payload, data, all_of_them["w6.xzdio" if payload != "w6.xzdio" else "w19.zstdio"]


def changed(data, tag, old, new):
    """The first @old in what a tag of the main header holds becomes @new."""
    package = Rpm(data)
    _, at, _ = package.entry(1, tag)
    at = package.data.index(old, at)
    package.data[at:at + len(old)] = new
    return package.mend()


def rpms():
    base, other = made("w6.xzdio"), made("w19.zstdio")
    evil = dict(FILES, **{"usr/bin/tool": FILES["usr/bin/tool"].replace(b"acme", b"evil", 1)})
    yield "content", made("w18.zstdio", evil), base
    yield "a compressor that is not there", changed(other, COMPRESSOR, b"zstd\0", b"gzip\0"), base
    yield "a compressor that nobody knows", changed(other, COMPRESSOR, b"zstd\0", b"evil\0"), base
    yield "flags that are none", changed(other, FLAGS, b"19\0", b";i\0"), base
    yield "flags as on neither", changed(base, FLAGS, b"6\0", b"x\0"), base
    yield "flags alone", changed(base, FLAGS, b"6\0", b"7\0"), base
    yield "another dependency", changed(other, NEED_NAME, b"rpmlib(FileDigests)", b"rpmlib(FileDigestz)"), base
    yield "a dependency for the feature", changed(other, NEED_NAME, b"rpmlib(PayloadIsZstd)", b"rpmlib(PayloadIsEvil)"), base
    yield "the feature of another compressor", changed(other, NEED_NAME, b"PayloadIsZstd)\0", b"PayloadIsXz)\0\0\0"), base
    yield "another version of the feature", changed(other, NEED_VERSION, b"5.4.18-1", b"5.4.17-1"), base
    yield "another version of a dependency", changed(other, NEED_VERSION, b"4.6.0-1", b"4.6.0-2"), base
    yield "the version of a dependency as a feature's", changed(other, NEED_VERSION, b"3.0.4-1", b"3.0.4-2"), base
    yield "flags of a dependency", changed(other, NEED_FLAGS, b"\1\0\0\x0a", b"\1\0\0\x08"), base
    for label, payload in (("a skippable frame", lambda d: d + SKIPPABLE), ("an empty frame", lambda d: d + zst(b"")), ("bytes behind the stream", lambda d: d + b"evil")):
        package = Rpm(other)
        package.data[package.payload:] = payload(bytes(package.data[package.payload:]))
        yield label, package.mend(), base
