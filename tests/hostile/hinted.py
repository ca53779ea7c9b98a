# SPDX-License-Identifier: Apache-2.0
"""Honest pairs whose cause can be named and not be proven: the level stays below a pass."""
import subprocess

from benign import SORTED, cpioed, files, tarred
from make_binaries import entry as tar_entry, tar
from mutants import entry, whole, zipped
from mutants_more import read
from sbtest import run

EVERY = set("""timestamp build-path user host kernel locale timezone umask cpu-count parallelism order readdir random pid aslr build-id checksum signature compression
container-metadata ownership permissions debug-info compiler flags line-number padding component-version source-change missing extra unexplained""".split())


def lines(*items):
    return b"".join(b"%s\n" % i for i in items)


def texts():
    def pair(label, shipped, rebuilt, *causes):
        return label, shipped, rebuilt, "different", set(causes)
    yield pair("path of another length", b"in /home/vendor/src/acme\n", b"in /build/acme-1.0\n", "build-path")
    yield pair("path, unknown", b"in /home/vendor/src/x.c\n", b"in /opt/build/y/src/x.c\n", "build-path")
    yield pair("user of another length", b"built by bob\n", b"built by builder\n", "user")
    yield pair("user of somebody", b"root@box\n", b"mock@box\n", "user")
    yield pair("host of somebody", b"mail root@vm12345\n", b"mail root@box\n", "host")
    yield pair("kernel", b"Linux 5.15.0-generic\n", b"Linux 6.8.0-31-generic\n", "kernel")
    yield pair("date of another form", b"on 2024-02-03 at noon\n", b"on 2023-01-01 at noon\n", "timestamp")
    yield pair("year", b"(c) 2024 Acme\n", b"(c) 2023 Acme\n", "timestamp")
    yield pair("zone", b"at 07:05:09 CET\n", b"at 07:05:09 UTC\n", "timezone")
    yield pair("offset", b"at 07:05:09 +0100\n", b"at 07:05:09 +0000\n", "timezone")
    yield pair("language", b"LANG=C\n", b"LANG=de_DE\n", "locale")
    yield pair("decimal mark", b"ratio 3,14\n", b"ratio 3.14\n", "locale")
    yield pair("sorted by language", lines(b"Alpha", b"beta", b"Gamma"), lines(b"Alpha", b"Gamma", b"beta"), "locale")
    yield pair("order of a folder", lines(b"c", b"a", b"b"), lines(b"a", b"b", b"c"), "readdir")
    yield pair("jobs that ended differently", lines(b"x.o", b"b.o", b"m.o"), lines(b"m.o", b"x.o", b"b.o"), "parallelism")
    yield pair("processors", b"make -j16\n", b"make -j2\n", "cpu-count")
    yield pair("number of a process", b"pid 8812 wrote it\n", b"pid 4007 wrote it\n", "pid")
    yield pair("address", b"object at 0x7f12a45b6010\n", b"object at 0x7fd01233e010\n", "aslr")
    yield pair("uuid", b"id 3b9f6b1c-55aa-4c1e-9b0e-6a2b0a4f1c22\n", b"id 9c1f6b7d-01ab-4f1e-8c0e-7b2b0a4f1d33\n", "random")
    yield pair("temporary name", b"cc /tmp/ccQ1x8Yz.s\n", b"cc /tmp/ccB7p2Lm.s\n", "random")
    yield pair("digest in text", b"sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709\n", b"sha1 0a4d55a8d778e5022fab701977c5d840bbc486d0\n", "checksum")
    yield pair("compiler", b"GCC: (Debian 12.2.0-14) 12.2.0\n", b"GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\n", "compiler")
    yield pair("debhelper", b"# Automatically added by dh_installinit/13.11\n", b"# Automatically added by dh_installinit/13.14\n", "compiler")
    yield pair("options", b"CFLAGS = -g -O2\n", b"CFLAGS = -g -O3\n", "flags")
    yield pair("option in a line", b"built with -march=armv8-a here\n", b"built with -march=armv7-a here\n", "flags")
    yield pair("option of a daemon", b"exec acmed --serve\n", b"exec acmed --swerv\n", "unexplained")
    yield pair("option of a tool", b"rm -f /var/run/acme.pid\n", b"rm -f /var/run/acne.pid\n", "build-path")
    yield pair("library", b"zlib 1.2.11 Copyright\n", b"zlib 1.2.13 Copyright\n", "component-version")
    yield pair("signature", b"-----BEGIN PGP SIGNATURE-----\nabc\n", b"-----BEGIN PGP SIGNATURE-----\nabd\n", "signature")
    yield pair("nothing known", b"timeout is five\n", b"timeout is nine\n", "unexplained")


SOURCE = r"""
#include <assert.h>
#include <stdio.h>
static int helper(int x) { return x * 3 + 1; }
%s
int main(int argc, char **argv) { assert(argc < 9); printf("%%d\n", helper(argc)); return argv[0][0] == 'x'%s; }
"""


def build(*flags, more="", tail="", strip=False, comment=None):
    with open("p.c", "w") as f:
        f.write(SOURCE % (more, tail))
    run("gcc", "-O1", "-Wl,--build-id=none", *flags, "p.c", "-o", "p", code=0)
    if comment:
        with open("comment", "wb") as f:
            f.write(comment)
        run("objcopy", "--update-section", ".comment=comment", "p", code=0)
    if strip:
        run("strip", "p", code=0)
    return read("p")


def programs():
    base = build("-g")
    bare = build()
    comment = b"GCC: (Debian 12.2.0-14) 12.2.0\0", b"GCC: (Debian 12.2.0-15) 12.2.0\0"
    yield "compiler in the comment only", build(comment=comment[0]), build(comment=comment[1]), "image-identical", {"compiler"}
    debug = base.find(b"helper\0")
    yield "debug information only", base[:debug] + b"h3lper" + base[debug + 6:], base, "image-identical", {"debug-info"}
    yield "line of an assertion", build(more="\n"), bare, "different", {"line-number"}
    yield "other optimisation", build("-g", "-O0"), build("-g", "-O2"), "different", ["flags"]
    yield "edited line", build(tail=" || argv[0][1] == 'y'"), bare, "different", ["source-change"]
    yield "random seed", lto("one"), lto("two"), "different", ["random"]
    yield "stripped or not", build(strip=True), bare, "image-identical", ["debug-info"]


def lto(seed):
    with open("r.cc", "w") as f:
        f.write("namespace { struct s { int v; virtual int f() { return v; } }; }\nint g(int x) { s o; o.v = x; return o.f(); }\n")
    run("gcc", "-flto", f"-frandom-seed={seed}", "-O1", "-c", "-x", "c++" if subprocess.run(["which", "g++"], stdout=subprocess.DEVNULL).returncode == 0 else "c", "r.cc" if subprocess.run(["which", "g++"], stdout=subprocess.DEVNULL).returncode == 0 else "p.c", "-o", "r.o", code=0)
    return read("r.o")


def tarball(*entries):
    tar("made.tar", entries)
    return read("made.tar")


def archives():
    plain = whole([entry(b"./a", b"1"), entry(b"./b", b"2")])
    root = files("modes")
    other = files("other", mode=0o600)
    yield "umask", tarred(other), tarred(root), "different", {"umask"}
    yield "one mode", tarball(tar_entry("a", b"1", mode=0o755), tar_entry("b", b"2")), tarball(tar_entry("a", b"1"), tar_entry("b", b"2")), "different", {"permissions"}
    yield "owner", tarball(tar_entry("a", b"1", uid=1000)), tarball(tar_entry("a", b"1")), "different", {"ownership"}
    yield "owner's name", tarball(tar_entry("a", b"1", uname="vendor")), tarball(tar_entry("a", b"1", uname="root")), "different", {"ownership"}
    yield "missing", whole([entry(b"./a", b"1"), entry(b"./b", b"2"), entry(b"./c", b"3")]), plain, "different", {"missing"}
    yield "extra", whole([entry(b"./a", b"1")]), plain, "different", {"extra"}
    yield "fill", plain[:513] + b"\x90" + plain[514:], plain, "different", {"padding"}
    yield "checksum", plain[:148] + b"000000" + plain[154:], plain, "different", None
    yield "two names, one inode", *(cpioed(root, SORTED, "--reproducible")[:38] + n + cpioed(root, SORTED, "--reproducible")[46:] for n in (b"0000000g", b"00000002")), "different", None
    yield "signature of a jar", *(zipped([("META-INF/ACME.SF", b"Signature-Version: %s\n" % v, 0o100644, 0)]) for v in (b"1.0", b"2.0")), "different", {"signature"}
    pax = [tarred(root, SORTED, "--pax-option=exthdr.name=%d/PaxHeaders." + str(pid) + "/%f", "--mtime=@1700000000.5", form="pax") for pid in (4711, 5822)]
    yield "number of a process in tar", *pax, "different", {"pid"}
    number = whole([entry(b"./a", b"1")])
    yield "checksum of a cpio", *(crc_cpio(check) for check in (b"00000061", b"00000062")), "different", {"checksum"}
    del number


def crc_cpio(check):
    name = b"a\0"
    fields = (1, 0o100644, 0, 0, 1, 0, 1, 0, 0, 0, 0, len(name))
    head = b"070702" + b"".join(b"%08X" % x for x in fields) + check + name
    body = head + bytes(-len(head) % 4) + b"a" + bytes(3)
    end = b"070702" + b"".join(b"%08X" % x for x in (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0)) + b"TRAILER!!!\0"
    return body + end + bytes(-len(end) % 4)
