# SPDX-License-Identifier: Apache-2.0
"""Honest pairs: what builds do differently, made by the real tools. A pair is (label, shipped, rebuilt, level, causes): the primary
findings must name exactly these causes; of a tuple some, of a list all among others; None: any."""
import gzip
import os
import shutil
import stat
import subprocess

from make_binaries import Elf, newc
from mutants import entry, tool, whole, zipped
from mutants_more import ar, deb, inner, read
from sbtest import run

# ours, theirs, cause: values of one length, as whole words
VALUES = {
    "path": (b"/build/acme-1.0", b"/home/v/acme1.0", "build-path"), "user": (b"builder", b"vendor9", "user"), "host": (b"maker-7", b"vhost-1", "host"),
    "kernel": (b"6.1.0-13-amd64", b"5.10.0-9-amd64", "kernel"), "locale": (b"en_US.UTF-8", b"de_DE.UTF-8", "locale"),
    "zone": (b"Europe/Berlin", b"Asia/Shanghai", "timezone"), "date": (b"Nov 14 2023", b"Feb  3 2024", "timestamp"), "clock": (b"22:13:20", b"07:05:09", "timestamp"),
    "iso": (b"2023-11-14", b"2024-02-03", "timestamp"), "seconds": (b"1700000000", b"1706943909", "timestamp"),
    "stamp": (b"Tue Nov 14 22:13:20 2023", b"Sat Feb  3 07:05:09 2024", "timestamp"), "tool": (b"Tue Nov 14 22:13:20 UTC 2023", b"Sat Feb  3 07:05:09 UTC 2024", "timestamp"),
}


def carriers(text):
    """The same value in a text, a table of bytes, archives and a package."""
    yield "text", b"# made: %s\nrest\n" % text
    yield "bytes", b"\1\2\3%s\0\4\5" % text
    yield "tar", whole([entry(b"./a", b"made: %s\n" % text), entry(b"./b", b"other")])
    yield "tar.gz", gzip.compress(whole([entry(b"./a", b"made: %s\n" % text)]), mtime=0)
    yield "zip", zipped([("a", b"made: %s\n" % text, 0o100644, 0), ("b", b"other", 0o100644, 8)])
    yield "deb", deb([("./usr/share/acme/version", b"made: %s\n" % text, {})])


def environment():
    for name, (ours, theirs, cause) in VALUES.items():
        for (kind, shipped), (_, rebuilt) in zip(carriers(theirs), carriers(ours)):
            yield f"{name} in {kind}", shipped, rebuilt, "explained", {cause}
    both = VALUES["user"][1] + b"@" + VALUES["host"][1], VALUES["user"][0] + b"@" + VALUES["host"][0]
    yield "user@host", b"by %s\n" % both[0], b"by %s\n" % both[1], "explained", ("user", "host")
    yield "everything at once", *(b"\1" + b"\0".join(v[side] for v in VALUES.values()) for side in (1, 0)), "explained", tuple(v[2] for v in VALUES.values())


PROGRAM = r"""
#include <stdio.h>
const char path[] = "%s/src/main.c", user[] = "%s", host[] = "%s";
int main(void) { puts(path); puts(user); puts(host); puts(__DATE__ " " __TIME__); return 0; }
"""


def compiled(user, host, epoch, *flags, path, strip=False):
    """A program that says where, when and by whom it was made."""
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, "main.c"), "w") as f:
        f.write(PROGRAM % (path, user, host))
    # gcc, as and ld order the strings of debug information by hashes of what they spell; clang keeps them as they come: see obj().
    run("gcc", "-O1", "-g", f"-fdebug-prefix-map={path}=/x", *flags, os.path.join(path, "main.c"), "-o", os.path.join(path, "main"), env={"SOURCE_DATE_EPOCH": str(epoch)}, cwd=path, code=0)
    if strip:
        run("strip", os.path.join(path, "main"), code=0)
    return read(os.path.join(path, "main"))


def programs(here):
    """here: a folder whose path has the same length for both sides."""
    ours, theirs = f"{here}/ours_1", f"{here}/them_2"
    base = {strip: compiled("builder", "maker-7", 1700000000, path=ours, strip=strip) for strip in (False, True)}
    for strip in (False, True):
        word = "stripped" if strip else "with symbols"
        yield f"user, {word}", compiled("vendor9", "maker-7", 1700000000, path=ours, strip=strip), base[strip], "explained", {"user", "build-id"}
        yield f"host, {word}", compiled("builder", "vhost-1", 1700000000, path=ours, strip=strip), base[strip], "explained", {"host", "build-id"}
        yield f"time, {word}", compiled("builder", "maker-7", 1706943909, path=ours, strip=strip), base[strip], "explained", {"timestamp", "build-id"}
        yield f"path, {word}", compiled("builder", "maker-7", 1700000000, path=theirs, strip=strip), base[strip], "explained", {"build-path", "build-id"}
        yield f"all, {word}", compiled("vendor9", "vhost-1", 1706943909, path=theirs, strip=strip), base[strip], "explained", ("user", "host", "timestamp", "build-path", "build-id")
    yield "id only, other debug level", *(compiled("builder", "maker-7", 1700000000, f, path=ours, strip=True) for f in ("-g1", "-g3")), "explained", {"build-id"}
    yield "object, path", *(obj(p) for p in (theirs, ours)), "explained", {"build-path"}
    yield "object, path in debug information", *(obj(p, "-g", "-gdwarf-4", tool="clang") for p in (theirs, ours)), "explained", {"build-path"}
    for name, around in (("tar", lambda d: inner([("./main", d, {})])), ("ar", lambda d: ar([(b"main/", d)])), ("deb", lambda d: deb([("./usr/bin/main", d, {"mode": 0o755})])),
                         ("zip", lambda d: zipped([("main", d, 0o100755, 8)]))):
        yield f"id only, in {name}", *(around(compiled("builder", "maker-7", 1700000000, f, path=ours, strip=True)) for f in ("-g1", "-g3")), "explained", {"build-id"}


def obj(path, *flags, tool="gcc"):
    os.makedirs(path, exist_ok=True)
    with open(f"{path}/o.c", "w") as f:
        f.write('const char where[] = "%s/o.c";\n' % path)
    run(tool, "-O1", *flags, "-c", f"{path}/o.c", "-o", f"{path}/o.o", cwd=path, code=0)
    return read(f"{path}/o.o")


def files(root, mtime=1700000000, order=None, mode=0o644):
    shutil.rmtree(root, ignore_errors=True)
    names = order or ["alpha", "beta", "gamma", "delta", "epsilon"]
    os.makedirs(f"{root}/dir")
    for name in names:
        with open(f"{root}/dir/{name}", "w") as f:
            f.write(f"content of {name}\n" * 50)
        os.chmod(f"{root}/dir/{name}", mode)
        os.utime(f"{root}/dir/{name}", (mtime, mtime))
    os.chmod(f"{root}/dir", mode | (mode & 0o444) >> 2)
    os.utime(f"{root}/dir", (mtime, mtime))
    return root


SORTED = ["dir", "dir/alpha", "dir/beta", "dir/delta", "dir/epsilon", "dir/gamma"]
WALKED = ["dir", "dir/gamma", "dir/alpha", "dir/epsilon", "dir/beta", "dir/delta"]
TOLD = SORTED[1:]


def tarred(root, names=SORTED, *more, form="ustar"):
    return subprocess.run(["tar", "--no-recursion", f"--format={form}", "--owner=0", "--group=0", *more, "-cf", "-", *names], cwd=root, check=True, stdout=subprocess.PIPE).stdout


def cpioed(root, names=SORTED, *more, form="newc"):
    return subprocess.run(["cpio", "--quiet", "-o", "-H", form, "-R", "0:0", *more], input="\n".join(names).encode(), cwd=root, check=True, stdout=subprocess.PIPE).stdout


def zip_of(root, names=TOLD, *more):
    path = os.path.abspath("made.zip")
    if os.path.exists(path):
        os.unlink(path)
    run("zip", "-q", "-X", *more, path, *names, cwd=root, code=0)
    return read(path)


def lib_of(root, names=TOLD, flags="qcD"):
    path = os.path.abspath("made.a")
    if os.path.exists(path):
        os.unlink(path)
    run("ar", flags, path, *names, cwd=root, code=0)
    return read(path)


def containers():
    a, b = files("then"), files("now", 1706943909)
    for form in ("ustar", "gnu", "v7"):
        yield f"tar {form}, times", tarred(b, form=form), tarred(a, form=form), "repackaged", {"timestamp"}
        yield f"tar {form}, order of a folder", tarred(a, WALKED, form=form), tarred(a, form=form), "repackaged", {"readdir"}
        yield f"tar {form}, order as listed", tarred(a, TOLD[::-1], form=form), tarred(a, TOLD, form=form), "repackaged", {"order"}
        yield f"tar {form}, times and order", tarred(b, WALKED, form=form), tarred(a, form=form), "repackaged", {"timestamp", "readdir"}
    yield "tar, records of another size", tarred(a, SORTED, "-b", "1"), tarred(a), "repackaged", set()
    for form in ("newc", "odc"):
        plain = cpioed(a, SORTED, "--reproducible", form=form)
        yield f"cpio {form}, times", cpioed(b, SORTED, "--reproducible", form=form), plain, "repackaged", {"timestamp"}
        yield f"cpio {form}, order of a folder", cpioed(a, WALKED, "--reproducible", form=form), plain, "repackaged", {"readdir"}
    raw = [(n, i, 1, d) for i, (n, d) in enumerate((("a", b"1"), ("b", b"22"), ("c", b"333")))]
    newc("x.cpio", raw)
    newc("y.cpio", [(n, i + 70, links, d) for n, i, links, d in raw])
    yield "cpio, inodes", read("y.cpio"), read("x.cpio"), "repackaged", set()
    yield "initramfs, times", gzip.compress(cpioed(b, SORTED, "--reproducible"), mtime=0), gzip.compress(cpioed(a, SORTED, "--reproducible"), mtime=0), "repackaged", {"timestamp"}
    yield "zip, times", zip_of(b), zip_of(a), "repackaged", {"timestamp"}
    yield "zip, order", zip_of(a, TOLD[::-1]), zip_of(a), "repackaged", {"order"}
    yield "zip, another level", zip_of(a, TOLD, "-1"), zip_of(a, TOLD, "-9"), "repackaged", {"compression"}
    yield "zip, times and another level", zip_of(b, TOLD, "-1"), zip_of(a, TOLD, "-9"), "repackaged", {"compression", "timestamp"}
    yield "library, times", lib_of(b, flags="qcU"), lib_of(a, flags="qcU"), "repackaged", {"timestamp"}
    yield "static library, times", objects(b), objects(a), "repackaged", {"timestamp"}


def objects(root):
    """A library with a symbol table, whose times are those of its objects."""
    for name in ("one", "two"):
        with open(f"{root}/{name}.c", "w") as f:
            f.write(f"int {name}(void) {{ return 1; }}\n")
        run("gcc", "-O1", "-c", f"{name}.c", cwd=root, code=0)
        mtime = os.stat(f"{root}/dir/beta").st_mtime
        os.utime(f"{root}/{name}.o", (mtime, mtime))
    data = lib_of(root, ["one.o", "two.o"], flags="qcsU")
    return data[:24] + b"1700000000  " + data[36:]  # ar writes the time of this very second into the table's header


def compressors():
    plain = tarred(files("packed"))
    for name, one, two in (("gzip", ["-n", "-1"], ["-n", "-9"]), ("xz", ["-1"], ["-9"]), ("xz", ["-T2", "--block-size=4096"], ["-T1"]), ("xz", ["--check=crc32"], ["--check=crc64"]),
                           ("zstd", ["-q", "-1"], ["-q", "-19"]), ("zstd", ["-q", "--no-check"], ["-q", "--check"]), ("bzip2", ["-1"], ["-9"]), ("lz4", ["-q", "-1"], ["-q", "-9"]), ("lzip", ["-0"], ["-9"]),
                           ("lzma", ["-1"], ["-9"])):
        a, b = tool(name, "-c", *one, data=plain), tool(name, "-c", *two, data=plain)
        if a is not None and a != b:
            yield f"{name} {' '.join(one)}", a, b, "repackaged", None
    yield "gzip, time", gzip.compress(plain, mtime=1706943909), gzip.compress(plain, mtime=1700000000), "repackaged", {"timestamp"}
    yield "gzip, system", gzip.compress(plain, mtime=0)[:9] + b"\3" + gzip.compress(plain, mtime=0)[10:], gzip.compress(plain, mtime=0)[:9] + b"\xff" + gzip.compress(plain, mtime=0)[10:], "repackaged", set()


def packages():
    """dpkg-deb with other times, compressions and levels."""
    def made(mtime, *more):
        root = files("pkg", mtime)
        os.makedirs(f"{root}/DEBIAN")
        os.chmod(f"{root}/DEBIAN", 0o755)
        with open(f"{root}/DEBIAN/control", "w") as f:
            f.write("Package: acme\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: x\n")
        for name in (f"{root}/DEBIAN/control", f"{root}/DEBIAN", root):
            os.chmod(name, os.stat(name).st_mode & 0o755 | stat.S_IRUSR)
            os.utime(name, (mtime, mtime))
        run("dpkg-deb", "--root-owner-group", *more, "-b", root, "made.deb", env={"SOURCE_DATE_EPOCH": str(mtime)}, code=0)
        return read("made.deb")
    base = made(1700000000, "-Zxz")
    yield "deb, time", made(1706943909, "-Zxz"), base, "repackaged", {"timestamp"}
    for packing in ("gzip", "zstd", "none"):
        yield f"deb, {packing}", made(1700000000, f"-Z{packing}"), base, "repackaged", {"compression"}
        yield f"deb, {packing}, time", made(1706943909, f"-Z{packing}"), base, "repackaged", {"timestamp"}
    yield "deb, control as it was", made(1700000000, "-Zzstd", "--no-uniform-compression"), made(1700000000, "-Zxz", "--no-uniform-compression"), "repackaged", {"compression"}
    yield "deb, level", made(1700000000, "-Zxz", "-z0"), base, "repackaged", {"compression"}


__all__ = ["Elf", "environment", "programs", "containers", "compressors", "packages"]
