#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""For each difference that is accepted, attempts to hide something in it. The honest pair beside them must pass, so that a test cannot
succeed because nothing is accepted at all."""
import bz2
import gzip
import hashlib
import importlib._bootstrap_external
import io
import json
import lzma
import os
import struct
import sys
import tarfile
import uuid
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import firmware  # noqa: E402
from make_binaries import Elf, program  # noqa: E402
from mutants import put, whole, entry, zipped  # noqa: E402
from mutants_more import ar, deb, inner, read  # noqa: E402
import repacked  # noqa: E402
from pairs import FACTS, compare, lay  # noqa: E402
import volumes  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

OURS, THEIRS = b"/build/acme-1.0", b"/home/v/acme1.0"
BLOB = b"\0".join(b"\1%s/src/%d.c" % (OURS, i) for i in range(36)) + b"\0\2"
GOOD = BLOB.replace(OURS, THEIRS)
SEEN = {"pairs": 0}


def judge(attempts, honest=(), facts=FACTS, best="explained"):
    """All attempts are refused and all honest pairs have the level @best."""
    names = lay([(label, a, b, False) for label, a, b in attempts] + [(label, a, b, True) for label, a, b in honest])
    found, _ = compare(names, facts)
    wrong = {}
    for name, pair in names.items():
        level = found[name]["level"]
        if (level == best) != pair[3] or (not pair[3] and level not in ("different", "undetermined")):
            wrong[name] = (level, [(f["where"], f["cause"], f["rule"], f["note"]) for f in found[name]["findings"]][:4])
    SEEN["pairs"] += len(list(attempts))
    print(f"# {len(attempts)} attempts refused beside {len(honest)} honest pairs" if not wrong else "# some went wrong", flush=True)
    assert not wrong, json.dumps(wrong, indent=1)


@case("build path: one value at every place, and one that a build could have")
def _(_dir):
    attempts = [("one of many swapped", GOOD.replace(THEIRS + b"/src/7.c", b"/home/evil/e1.0/src/7.c"), BLOB),
                ("one left as ours", GOOD.replace(THEIRS + b"/src/7.c", OURS + b"/src/7.c"), BLOB),
                ("one swapped, the rest equal", BLOB.replace(OURS + b"/src/7.c", THEIRS + b"/src/7.c"), BLOB),
                ("a byte beside it", GOOD[:-1] + b"!", BLOB), ("a byte right behind it", GOOD.replace(b"/src/7.c", b"/srd/7.c"), BLOB),
                ("longer", BLOB.replace(OURS, b"/home/vendor/acme-1.0"), BLOB), ("shorter", BLOB.replace(OURS, b"/h/acme"), BLOB),
                ("ours in a longer word", BLOB.replace(OURS, b"/build/acme-1.1"), BLOB.replace(OURS, OURS + b"x").replace(b"/src", b"/sr")),
                ("a path below it as another", GOOD + b"/home/v/acme1.0.1/x", BLOB + b"/build/acme-1.0.1/x")]
    for bad in (b"/tmp;rm -rf ~/x", b"/tmp/../etc/pas", b"relative/path12", b"/tmp/$(id)/ab12", b"/a//b//c//d//ee", b"/home/v/acme1.0\n"[:15].replace(b".", b"\x1b"),
                b"/home/v/acme 10", b"/home/v/acme10/", b"\0home/v/acme1.0"):
        attempts.append((f"implausible {bad[:6]!r}", BLOB.replace(OURS, bad), BLOB))
    judge(attempts, [("honest", GOOD, BLOB), ("behind an option", b"\1-I%s/include\0" % THEIRS, b"\1-I%s/include\0" % OURS),
                     ("text", b"built in %s\nby nobody\n" % THEIRS, b"built in %s\nby nobody\n" % OURS)])


@case("build path: a copy that nobody unpacked counts")
def _(_dir):
    left = b"\1/build/acme-1.0/left\0" * 9
    for_all = [(name, pack) for name, pack in (("gz", lambda d: gzip.compress(d, mtime=0)), ("xz", lzma.compress))]
    attempts = [(f"{name} in tar", whole([entry(b"a", GOOD), entry(b"b", pack(left))]), whole([entry(b"a", BLOB), entry(b"b", pack(left))])) for name, pack in for_all]
    attempts += [(f"{name} in gz in ar", ar([(b"a/", GOOD), (b"b/", gzip.compress(pack(left), mtime=0))]), ar([(b"a/", BLOB), (b"b/", gzip.compress(pack(left), mtime=0))]))
                 for name, pack in for_all]
    packages = [("deb in tar", deb([("./b", left, {})])), ("zip in tar", zipped([("b", left, 0o100644, 8)]))]
    attempts += [(name, whole([entry(b"a", GOOD), entry(b"b", p)]), whole([entry(b"a", BLOB), entry(b"b", p)])) for name, p in packages]
    attempts.append(("zip", *(zipped([("a", x, 0o100644, 8), ("b", left, 0o100644, 8)]) for x in (GOOD, BLOB))))
    attempts.append(("as it is in tar", whole([entry(b"a", GOOD), entry(b"b", left)]), whole([entry(b"a", BLOB), entry(b"b", left)])))
    attempts.append(("as it is in ar", ar([(b"a/", GOOD), (b"b/", left)]), ar([(b"a/", BLOB), (b"b/", left)])))
    tree = inner([("./x.gz", gzip.compress(left, mtime=0), {})])
    attempts.append(("equal but packed in two ways", *(whole([entry(b"a", d), entry(b"t.xz", lzma.compress(tree, preset=p))]) for d, p in ((GOOD, 1), (BLOB, 9)))))
    broken = bytearray(gzip.compress(b"no path at all" * 50, mtime=0))
    broken[20] ^= 0xFF
    attempts.append(("a gz that cannot be read", whole([entry(b"a", GOOD), entry(b"b", bytes(broken))]), whole([entry(b"a", BLOB), entry(b"b", bytes(broken))])))
    clean = gzip.compress(b"nothing of it\n" * 50, mtime=0)
    judge(attempts, [("clean gz beside it", whole([entry(b"a", GOOD), entry(b"b", clean)]), whole([entry(b"a", BLOB), entry(b"b", clean)]))])


@case("build path: what is acted on is content")
def _(_dir):
    need("gcc", "strip", "objcopy")
    attempts = [("interpreter of a script", b"#!%s/bin/sh\necho\n" % THEIRS, b"#!%s/bin/sh\necho\n" % OURS)]
    for label, flags in (("run path", f"-Wl,-rpath,{OURS.decode()}"), ("interpreter", f"-Wl,--dynamic-linker={OURS.decode()}/ld.so")):
        program("p", flags, "-Wl,--build-id=none")
        data = read("p")
        attempts.append((label, data.replace(OURS, THEIRS), data))
    program("d", f'-DX="{OURS.decode()}"', "-Wl,--build-id=none", strip=False)
    with open("e.c", "w") as f:
        f.write('const char *where = "%s/x"; int main(void) { return where[1] == 0; }\n' % OURS.decode())
    run("gcc", "-O1", "-g", "-gz=zlib", "-Wl,--build-id=none", "e.c", "-o", "z", code=0)
    attempts.append(("compressed debug sections beside it", read("z").replace(OURS + b"/x", THEIRS + b"/x"), read("z")))
    run("gcc", "-O1", "-g", "-gz=zlib-gnu", "-Wl,--compress-debug-sections=zlib-gnu", "-Wl,--build-id=none", "e.c", "-o", "z", code=0)
    assert b".zdebug_info" in read("z")
    attempts.append(("debug sections that were packed in the old way", read("z").replace(OURS + b"/x", THEIRS + b"/x"), read("z")))
    run("gcc", "-O1", "-Wl,--build-id=none", "e.c", "-o", "e", code=0)

    def with_packed(data):
        with open("m", "wb") as f:
            f.write(data)
        run("objcopy", "--add-section", ".gnu_debugdata=m", "e", "d", code=0)
        return read("d").replace(OURS + b"/x", THEIRS + b"/x"), read("d")
    attempts += [("a packed table of symbols that names it", *with_packed(lzma.compress(b"\1%s/left\0" % OURS))), ("one that cannot be unpacked", *with_packed(b"\xfd7zXZ\0 and no more"))]
    judge(attempts, [("a text of the program", read("e").replace(OURS + b"/x", THEIRS + b"/x"), read("e")), ("a packed table of symbols beside it", *with_packed(lzma.compress(b"symbols" * 9)))])


RUNS = """.globl _start
.text
_start: xor %%eax,%%eax
 xor %%edi,%%edi
 jmp code+1
.section kcode,"%s",@progbits
code: .ascii "%s"
 mov $60,%%eax
 syscall
"""
PLAIN = 'const char *where = "%s/x"; int main(void) { return where[1] == 0; }\n'


def linked(name, text, *flags):
    ending = "S" if "_start" in text else "c"
    with open(f"{name}.{ending}", "w") as f:
        f.write(text)
    run("gcc", "-O1", "-Wl,--build-id=none", *flags, f"{name}.{ending}", "-o", name, code=0)
    return read(name)


def renamed(name, *words):
    run("objcopy", *words, name, code=0)
    return read(name)


@case("build path: what is acted on is content, whatever its section is called")
def _(_dir):
    need("gcc", "objcopy", "ld.lld")
    path, bare = OURS.decode(), ("-nostdlib", "-static", "-s")
    files = {"code in a section of any name": linked("code", RUNS % ("ax", path), *bare),
             "code in a section of any name, one segment for all": linked("mixed", RUNS % ("ax", path), *bare, "-Wl,-z,noseparate-code")}
    linked("data", RUNS % ("ax", path), *bare)
    files["code in a section that says it is data"] = renamed("data", "--set-section-flags", "kcode=alloc,readonly,data")
    for label, flag in (("audit library", f"-Wl,--audit={path}/au.so"), ("run path", f"-Wl,-rpath,{path}/lib"), ("filter", f"-Wl,-shared,--auxiliary={path}/f.so"),
                        ("library", f"-Wl,-soname,{path}/l.so,-shared")):
        linked("dynamic", PLAIN % "x", flag, "-fPIC")
        files[label + " among strings of any name"] = renamed("dynamic", "--rename-section", ".dynstr=.strtab.dyn")
    linked("behind", PLAIN % (path + "/" + "a" * 40), "-fPIC", "-Wl,-soname,short,-shared")
    behind = Elf("behind")
    table, size = behind.section(".dynamic")
    at = next(at for at in range(table, table + size, 16) if struct.unpack_from("<Q", behind.data, at)[0] == 14)
    struct.pack_into("<Q", behind.data, at + 8, behind.data.index(OURS) - behind.section(".dynstr")[0])
    files["name of a library that lies behind the strings"] = bytes(behind.data)
    attempts = [(label, data.replace(OURS, THEIRS), data) for label, data in files.items()]
    plain = {"a text beside the code": linked("old", PLAIN % path, "-Wl,-z,noseparate-code"), "a text by another linker": linked("lld", PLAIN % path, "-fuse-ld=lld"),
             "a text of a library": linked("lib", PLAIN % path, "-shared", "-fPIC")}
    judge(attempts, [(label, data.replace(OURS, THEIRS), data) for label, data in plain.items()])


def module(name, data, custom):
    """A WebAssembly module that imports the function @name."""
    def section(kind, content):
        return bytes([kind, len(content)]) + content
    word = bytes([len(name)]) + name
    return b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + section(2, b"\1\3env" + word + b"\0\0") + section(5, b"\1\0\1") + \
        section(11, b"\1\0\x41\0\x0b" + bytes([len(data)]) + data) + section(0, bytes([len(custom[0])]) + custom[0] + custom[1])


def python(source):
    return bytes(importlib._bootstrap_external._code_to_timestamp_pyc(compile(source, "/x.py", "exec"), 0, 0))


@case("names: what linkers and loaders find things by is content")
def _(_dir):
    need("gcc")
    ours, theirs = b"builder", b"vendor9"

    def compiled(text):
        with open("m.c", "w") as f:
            f.write(text)
        run("gcc", "-O1", "-c", "m.c", "-o", "m.o", code=0)
        return read("m.o")
    bitcode = b"BC\xc0\xde" + struct.pack("<II", 1 | 8 << 2 | 3 << 10, 4) + b"\0\0%s\0\0\0\0\0\0\0" % ours
    files = {"import of an object": compiled("void builder(void); int f(void) { builder(); return 1; }\n"), "a script": b"#!/bin/sh -x builder\nexit\n",
             "facts of a kernel module": compiled('__attribute__((section(".modinfo"))) const char m[] = "alias=builder";\n'),
             "attribute of Python": python("def f(x):\n    return x.builder\n"), "argument of Python": python("def f(g):\n    return g(builder=1)\n"),
             "module of Python": python("def f():\n    import builder\n"), "import of WebAssembly": module(ours, b"x", (b"x", b"x")), "custom section of a linker": module(b"f", b"x", (b"linking", b"\2\0%s\0" % ours)), "bitcode": bitcode}
    plain = {"a text of Python": python("WHO = 'by builder, who'\n"), "a text of Python beside names": python("def f(x, y=('by builder, who', b'x', 1.5, 1 << 70, ...)):\n    return {'k': x.z(y)}\n"),
             "a text of an object": compiled('const char *who = "by builder";\n'), "a text of WebAssembly": module(b"f", b"by builder\0", (b"x", b"x")),
             "debug information of WebAssembly": module(b"f", b"x", (b".debug_str", b"by builder\0"))}
    judge([(label, data.replace(ours, theirs), data) for label, data in files.items()], [(label, data.replace(ours, theirs), data) for label, data in plain.items()])


@case("names: whole words, long enough to mean something")
def _(_dir):
    text = b"built by builder@maker-7\nLANG=en_US.UTF-8 TZ=Europe/Berlin Linux 6.1.0-13-amd64\n"
    theirs = {b"builder": b"vendors", b"maker-7": b"vhost-1", b"en_US.UTF-8": b"de_DE.UTF-8", b"Europe/Berlin": b"Asia/Shanghai", b"6.1.0-13-amd64": b"5.10.0-9-amd64"}
    honest = [(ours.decode(), text.replace(ours, value), text) for ours, value in theirs.items()]
    attempts = [("part of a longer word", b"the vendors2 word\n", b"the builder2 word\n"), ("behind a dash", b"the -vendors word\n", b"the -builder word\n"),
                ("one of two left", text.replace(b"builder", b"vendors") + b"builder\n", text + b"builder\n"),
                ("one of two swapped", text.replace(b"builder", b"vendors") + b"attacks\n", text + b"builder\n")]
    for ours, bad in ((b"builder", b"ven;ors"), (b"builder", b"7endors"), (b"maker-7", b"ma/er-7"), (b"en_US.UTF-8", b"en US.UTF-8"), (b"Europe/Berlin", b"Europe/$erlin"),
                      (b"6.1.0-13-amd64", b"6.1.0-13 amd64"), (b"6.1.0-13-amd64", b"x.1.0-13-amd64")):
        attempts.append((f"implausible {bad!r}", text.replace(ours, bad), text))
    judge(attempts, honest)


@case("names: facts that stand everywhere")
def _(_dir):
    facts = dict(FACTS, user="a", host="sh", path="/b", locale="C", timezone="UTC", kernel="6.1")
    attempts = [("a letter", b"mode b\n", b"mode a\n"), ("a shell", b"run ed\n", b"run sh\n"), ("a short path", b"x /c y", b"x /b y"), ("a zone", b"12:00 EST\n", b"12:00 UTC\n"),
                ("a kernel", b"version 7.9\n", b"version 6.1\n"), ("a locale", b"LANG=D\n", b"LANG=C\n")]
    judge(attempts, facts=facts)


@case("names: what is a part of a path or of a name with dots may be anybody's")
def _(_dir):
    ours, theirs = b"builder", b"vendor9"
    forms = (b"open /etc/%s\n", b"see %s.conf\n", b"run %s/main\n", b"conf.%s\n", b"cd /home/%s.old/x\n")
    attempts = [(f"user in {form!r}", form % theirs, form % ours) for form in forms]
    attempts += [(f"host in {form!r}", form % b"vhost-1", form % b"maker-7") for form in forms]
    attempts.append(("one word more that is free", b"by vendor9\nopen /etc/vendor9\n", b"by builder\nopen /etc/builder\n"))
    attempts.append(("a number of a library", b"lib.so.5.10.0-9-amd64\n", b"lib.so.6.1.0-13-amd64\n"))
    pairs = {"home": (b"/home/%s/.cargo/x\n", ours, theirs), "end of a sentence": (b"built by %s.\n", ours, theirs), "address": (b"%s@maker-7\n", ours, theirs),
             "modules": (b"/lib/modules/%s/build\n", b"6.1.0-13-amd64", b"5.10.0-9-amd64"), "zones": (b"/usr/share/zoneinfo/%s\n", b"Europe/Berlin", b"Asia/Shanghai")}
    judge(attempts, [(label, form % b, form % a) for label, (form, a, b) in pairs.items()])


@case("names: a fact is what it is called, also our own one")
def _(_dir):
    for number, (fact, ours, theirs) in enumerate((
            ("timezone", "bin/sh", "tmp/sh"), ("timezone", "Japan", "Egypt"), ("timezone", "UTF-8", "UTF-7"), ("timezone", "Europe/Berlin", "Europe/berlin"),
            ("timezone", "Europe/Berlin", "Evrope/Berlin"), ("locale", "libc.so", "libd.so"), ("locale", "msg.text", "log.text"), ("locale", "POSIX", "ANSIC"),
            ("kernel", "7.text", "8.text"), ("path", "/bin/sh", "/tmp/sh"), ("path", "/usr/share/locale", "/home/evil/locale"), ("path", "/var/tmp", "/tmp/var"),
            ("path", "/build/acme-1", "/usr/lib/evil"))):
        os.makedirs(str(number))
        os.chdir(str(number))
        judge([(fact, b"run %s now\n" % theirs.encode(), b"run %s now\n" % ours.encode())], facts=dict(FACTS, **{fact: ours}))
        os.chdir("..")


@case("names: accounts of every system are no fact")
def _(_dir):
    judge([("an account", b"owner nobody\n".replace(b"nobody", b"attack"), b"owner nobody\n")], facts=dict(FACTS, user="nobody"))


@case("time: one instant, written as ours, between 1990 and 2099")
def _(_dir):
    ours = {"date": b"Nov 14 2023", "clock": b"22:13:20", "iso": b"2023-11-14", "seconds": b"1700000000", "stamp": b"Tue Nov 14 22:13:20 2023",
            "mail": b"14 Nov 2023", "digits": b"20231114", "tool": b"Tue Nov 14 22:13:20 UTC 2023", "full": b"2023-11-14T22:13:20"}
    good = {"date": b"Feb  3 2024", "clock": b"07:05:09", "iso": b"2024-02-03", "seconds": b"1706943909", "stamp": b"Sat Feb  3 07:05:09 2024",
            "mail": b"03 Feb 2024", "digits": b"20240203", "tool": b"Sat Feb  3 07:05:09 UTC 2024", "full": b"2024-02-03T07:05:09"}
    bad = {"date": (b"Feb 30 2024", b"Feb  3 1989", b"Feb  3 2145", b"feb  3 2024", b"Feb 03 2024", b"Evil 3 2024"), "clock": (b"25:00:00", b"12:61:00", b"12:00:99", b"1:2:3456"),
           "iso": (b"2024-13-01", b"1989-01-01", b"2024-2-003", b"9999-01-01"), "seconds": (b"0631151999", b"9999999999", b"17000x0000", b"0000000001"),
           "stamp": (b"Sun Feb  3 07:05:09 2024",), "tool": (b"Sat Feb  3 07:05:09 UTC 1985",), "digits": (b"20241301", b"18500101"), "full": (b"2024-02-03T24:05:09",)}
    attempts = [(f"{form} {b!r}", b"\1built %s\0" % b, b"\1built %s\0" % ours[form]) for form, values in bad.items() for b in values]
    attempts += [("two forms, two days", b"\1%s\0%s\0" % (good["date"], b"2024-02-04"), b"\1%s\0%s\0" % (ours["date"], ours["iso"])),
                 ("two forms, two clocks", b"\1%s\0%s\0" % (good["stamp"], b"07:05:10"), b"\1%s\0%s\0" % (ours["stamp"], ours["clock"])),
                 ("two copies, two days", b"\1%s\0%s\0" % (good["date"], b"Feb  4 2024"), b"\1%s\0%s\0" % (ours["date"], ours["date"])),
                 ("one copy left", b"\1%s\0%s\0" % (good["date"], ours["date"]), b"\1%s\0%s\0" % (ours["date"], ours["date"]))]
    attempts += [("the other form left", b"built %s, valid from %s\n" % (good["date"], ours["iso"]), b"built %s, valid from %s\n" % (ours["date"], ours["iso"])),
                 ("the first form left", b"built %s, valid from %s\n" % (ours["date"], good["iso"]), b"built %s, valid from %s\n" % (ours["date"], ours["iso"])),
                 ("the clock left", b"\1%s\0%s\0" % (good["stamp"], ours["clock"]), b"\1%s\0%s\0" % (ours["stamp"], ours["clock"]))]
    honest = [(form, b"\1built %s\0" % good[form], b"\1built %s\0" % ours[form]) for form in ours]
    honest.append(("later on one day", b"\1%s\0%s\0" % (ours["date"], b"23:05:09"), b"\1%s\0%s\0" % (ours["date"], ours["clock"])))
    honest.append(("all forms at once", b"\1" + b"\0".join(good.values()), b"\1" + b"\0".join(ours.values())))
    judge(attempts, honest)


def with_id(data, elf, new):
    at = elf.section(".note.gnu.build-id")[0] + 16
    return put(data, at, new)


@case("build-id: nothing but a digest, where nothing lets us recompute it")
def _(_dir):
    need("gcc", "strip", "objcopy")
    program("s")
    stripped, elf = read("s"), Elf("s")
    other = hashlib.sha1(b"another link").digest()
    attempts = [(label, with_id(stripped, elf, new), stripped) for label, new in
                (("text", b"/usr/lib/evil.so.123"), ("zeros", bytes(20)), ("few values", b"\1\2\3\4" * 5), ("one byte", bytes([elf.data[elf.section(".note.gnu.build-id")[0] + 16] ^ 1])),
                 ("half of it", other[:10]))]
    attempts.append(("code beside it", put(with_id(stripped, elf, other), elf.section(".text")[0] + 8, b"\x90\x90"), stripped))
    with open("n.s", "w") as f:
        f.write('.section .note.more,"a",@note\n.long 4,20,3\n.asciz "GNU"\n.ascii "%s"\n' % "".join(f"\\{b:03o}" for b in hashlib.sha1(b"x").digest()))
    program("two", "n.s", "-Wl,--no-relax")
    data, second = read("two"), Elf("two")
    more = second.section(".note.more")[0] + 16
    attempts.append(("a second note", put(data, more, other), data))
    attempts.append(("both notes", put(with_id(data, second, other), more, other), data))
    program("u", strip=False)
    attempts.append(("a program with symbols", with_id(read("u"), Elf("u"), other), read("u")))
    judge(attempts, [("another digest", with_id(stripped, elf, other), stripped)], facts=None)


@case("debug link: its checksum is recomputed where the file is at hand")
def _(_dir):
    need("gcc", "strip", "objcopy")
    program("u", strip=False)
    first, second = read("u"), with_id(read("u"), Elf("u"), hashlib.sha1(b"another link").digest())

    def stripped(full):
        ident = full[Elf("u").section(".note.gnu.build-id")[0] + 16:][:20].hex()
        for name, data in (("t", full), (f"{ident[2:]}.debug", full)):
            with open(name, "wb") as f:
                f.write(data)
        run("strip", "t", code=0)
        run("objcopy", f"--add-gnu-debuglink={ident[2:]}.debug", "t", "l", code=0)
        return read("l"), f"{ident[2:]}.debug"

    (a, a_name), (b, b_name) = stripped(second), stripped(first)
    crc = struct.pack("<I", zlib.crc32(second))
    forged = put(a, a.rindex(crc), b"evil")
    honest = [("file absent", a, b)]
    attempts = []
    for label, program_file in (("honest", a), ("forged", forged)):
        pair = (f"{label}, file at hand", inner([("./p", program_file, {}), (f"./debug/{a_name}", second, {})]), inner([("./p", b, {}), (f"./debug/{b_name}", first, {})]))
        attempts.append(pair)  # the debug file itself has another name: missing on one side
    judge(attempts, honest, facts=None)
    # One name on both sides: then the checksum alone tells the two apart.
    sides = {}
    for side, full in (("a", second), ("b", first)):
        with open("p.debug", "wb") as f:
            f.write(full)
        with open("t", "wb") as f:
            f.write(full)
        run("strip", "t", code=0)
        run("objcopy", "--add-gnu-debuglink=p.debug", "t", "l", code=0)
        sides[side] = read("l"), full
    run("rm", "-rf", "shipped", "rebuilt", code=0)
    for side, folder in (("a", "shipped"), ("b", "rebuilt")):
        os.makedirs(folder)
        for name, data in zip(("p", "p.debug"), sides[side]):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
    found, _ = compare(["p", "p.debug"])
    crcs = [f for f in found["p"]["findings"] if "debuglink-crc" in f["where"]]
    assert crcs and crcs[0]["rule"] == "derived", crcs
    with open("shipped/p", "wb") as f:
        f.write(put(sides["a"][0], sides["a"][0].rindex(struct.pack("<I", zlib.crc32(second))), b"evil"))
    found, _ = compare(["p", "p.debug"])
    assert found["p"]["level"] == "image-identical", found["p"]  # nothing loads it, and it is below a pass
    crcs = [f for f in found["p"]["findings"] if "debuglink-crc" in f["where"]]
    assert crcs and crcs[0]["cause"] == "checksum" and crcs[0]["rule"] == "hint", crcs


def stored(*parts):
    """A deflate stream of stored blocks."""
    return b"".join(bytes([part is parts[-1]]) + struct.pack("<HH", len(part), len(part) ^ 0xffff) + part for part in parts)


def recoded_zip(content, packed, local_method):
    """One member, its stream given and called deflated by the directory."""
    base = zipped([("run.sh", content, 0o100755, 8)])
    central = base.index(b"PK\1\2")
    local = base[:8] + struct.pack("<H", local_method) + base[10:36]
    head, row, end = put(local, 18, struct.pack("<I", len(packed))), put(base[central:-22], 20, struct.pack("<I", len(packed))), base[-22:]
    return head + packed + row + put(end, 16, struct.pack("<I", len(head) + len(packed)))


@case("zip: both headers of a member name one method")
def _(_dir):
    parts = b"#!/bin/sh\necho good\n# off", b"; echo evil; exit\n" + b"# fill\n" * 400
    content = b"".join(parts)
    base = zipped([("run.sh", content, 0o100755, 8)])
    whole_form = zipped([("run.sh", content, 0o100755, 0)])
    local = whole_form.index(b"PK\3\4")
    judge([("stored in front, deflated in the directory", recoded_zip(content, stored(*parts), 0), base),
           ("deflated in front, stored in the directory", put(whole_form, local + 8, b"\x08\0"), base)],
          [("stored", whole_form, base), ("stored blocks", recoded_zip(content, stored(*parts), 8), base)], None, "repackaged")


@case("bzip2: as many streams, since some readers stop behind the first")
def _(_dir):
    tar = inner([("./etc/app.conf", b"allow all\n", {}), ("./etc/app.conf.d/deny.conf", b"deny root\n" * 300, {})])
    one, two = bz2.compress(tar), bz2.compress(tar[:1024]) + bz2.compress(tar[1024:])
    control = lzma.compress(inner([("./control", b"Package: acme\nVersion: 1\n", {})]))

    def deb_of(data):
        return ar([(b"debian-binary", b"2.0\n"), (b"control.tar.xz", control), (b"data.tar.bz2", data)])
    loose = bytearray(two)
    loose[len(bz2.compress(tar[:1024])) - 1] |= 1  # a bit of fill that decoders do not look at
    judge([("two", two, one), ("two for one in a package", deb_of(two), deb_of(one)), ("one for two", one, two), ("an empty one in front", bz2.compress(b"") + one, one),
           ("fill that is not zero", bytes(loose), one)],
          [("another level", bz2.compress(tar, 1), one), ("another level in a package", deb_of(bz2.compress(tar, 1)), deb_of(one)),
           ("two and two", bz2.compress(tar[:1024], 1) + bz2.compress(tar[1024:], 1), two)], None, "repackaged")


@case("md5sums: the same files in the same lines, in lower case")
def _(_dir):
    text = b"hello world\n" * 50
    content = {"usr/share/doc.gz": gzip.compress(text, 9, mtime=0), "usr/bin/tool": b"#!/bin/sh\necho good\n", "usr/lib/z": b"zzz\n"}
    built = dict(content, **{"usr/share/doc.gz": gzip.compress(text, 1, mtime=0)})

    def deb_of(files, names=tuple(content), case_of=str.lower):
        lines = [(case_of(hashlib.md5(files[n]).hexdigest()) + "  " + n).encode() + b"\n" for n in names]
        return deb([("./" + n, d, {}) for n, d in files.items()], b"".join(lines))
    doc, tool, z = content
    base = deb_of(built)
    judge([("a line less", deb_of(content, (doc, z)), base), ("two lines swapped", deb_of(content, (tool, doc, z)), base), ("a line twice", deb_of(content, (doc, doc, tool, z)), base),
           ("upper case", deb_of(content, case_of=str.upper), base), ("the case of one", deb_of(content, case_of=lambda d: d[:-1] + d[-1].upper() if d[-1].isalpha() else d.swapcase()), base)],
          [("another level of a member", deb_of(content), base)], None, "repackaged")


@case("sizes: written as packers write them")
def _(_dir):
    short, long = gzip.compress(b"text\n" * 900, 9, mtime=0), gzip.compress(b"text\n" * 900, 1, mtime=0)
    assert len(short) != len(long)

    def tar_of(data, size=None):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as f:
            info = tarfile.TarInfo("x.gz")
            info.size, info.mtime = len(data), 1700000000
            f.addfile(info, io.BytesIO(data))
        head = bytearray(out.getvalue()[:512])
        if size:
            head[124:136] = size.ljust(12, b"\0")
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        return bytes(head) + out.getvalue()[512:]

    def cpio_of(data, size=b"%08X"):
        fields = [b"%08X" % n for n in (1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, 5, 0)]
        fields[6] = size % len(data)
        head = b"070701" + b"".join(fields) + b"x.gz\0"
        last = b"070701" + b"".join(b"%08X" % n for n in (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0)) + b"TRAILER!!!\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4) + last + bytes(-len(last) % 4)

    def ar_of(data, size=b"%-10d"):
        return b"!<arch>\n%-16s%-12d%-6d%-6d%-8s%s`\n" % (b"x.gz/", 0, 0, 0, b"100644", size % len(data)) + data + b"\n" * (len(data) % 2)
    octal = b"%o" % len(short)
    attempts = [(f"tar {size!r}", tar_of(data, size), tar_of(base)) for data, base in ((short, short), (short, long))
                for size in (octal + b"\0 \n\0 \n\n \0 "[:12 - len(octal)], octal.rjust(11), octal, octal.rjust(12, b"0"))]
    attempts += [("cpio in lower case", cpio_of(b"x" * 10, b"%08x"), cpio_of(b"x" * 10)),
                 ("ar with zeros", ar_of(short, b"%010d"), ar_of(short)), ("ar with zeros, of another length", ar_of(short, b"%010d"), ar_of(long))]
    judge([(label, a, b) for label, a, b in attempts if a != b],
          [("tar", tar_of(short), tar_of(long)), ("cpio", cpio_of(short), cpio_of(long)), ("cpio in lower case on both sides", cpio_of(short, b"%08x"), cpio_of(long, b"%08x")),
           ("ar", ar_of(short), ar_of(long))], None, "repackaged")


@case("packing: archives of a Debian package in another compression")
def _(_dir):
    need("zstd")
    judge(list(repacked.debs()), list(repacked.honest_debs()), None, "repackaged")


@case("packing: the payload of an rpm in another compression")
def _(_dir):
    need("rpmbuild", "zstd")
    judge(list(repacked.rpms()), list(repacked.honest_rpms()), None, "repackaged")


@case("ext: what another layout may not carry")
def _(_dir):
    def other(root):
        return volumes.extended(root, uuid=volumes.IDS[1], seed=volumes.IDS[1], time=1706943909, size="2500K")
    base, shipped = volumes.extended(volumes.tree(), size="2500K"), other(volumes.tree())
    attempts = [(f"another UUID and time: {label}", a, base) for label, a, _, _ in volumes.changed(other, base)]
    attempts += [(f"another UUID and time: {label}", a, base) for label, a, _, _ in volumes.ext_hidden(shipped)]
    attempts += [(f"another UUID and time: {label}", a, base) for label, a, _, _ in volumes.ext_edited(shipped)]
    attempts.append(("another UUID, checksums as they were", volumes.with_super_sum(volumes.put(base, 1024 + 104, "<Q", 7)), base))
    judge(attempts, [("honest", shipped, base)], None, best="repackaged")


@case("squashfs: what another layout may not carry")
def _(_dir):
    def other(root):
        return volumes.squashed(root, "-comp", "xz", "-b", "4096", time=1706943909)
    base = volumes.squashed(volumes.tree())
    plain = volumes.squashed(volumes.tree(many=3), *volumes.PLAIN, time=1706943909)
    small = volumes.squashed(volumes.tree(many=3))
    attempts = [(f"packed in another way: {label}", shipped, base) for label, shipped, _, _ in volumes.changed(other, base)]
    attempts += [(f"packed in another way: {label}", shipped, small) for label, shipped, _, _ in volumes.squashfs_hidden(plain) if label != "cut by a byte of its fill"]
    attempts += [("a time that is none", volumes.put(plain, 8, "<I", 0), volumes.put(small, 30, "<H", 1))]
    judge(attempts, [("honest", other(volumes.tree()), base), ("honest, not packed", plain, small)], None, "repackaged")


@case("what devices boot: GUIDs that are drawn, fill that follows from a size")
def _(_dir):
    need("sgdisk", "dtc", "mkimage")
    disk = firmware.gpt()
    ours, theirs = firmware.with_ids(disk, 1), firmware.with_ids(disk, 2)
    second = struct.unpack_from("<Q", theirs, len(theirs) - 512 + 72)[0] * 512
    text = b"rm -rf\0\x41\x81;evil!!"[:16]
    attempts = [("disk GUID of one copy", firmware.mend_gpt(put(theirs, 512 + 56, ours[568:584]), (1,)), ours),
                ("partition GUID of one copy", firmware.mend_gpt(put(theirs, 1024 + 16, ours[1040:1056]), (1,)), ours),
                ("partition GUID that is text", firmware.mend_gpt(put(put(theirs, 1024 + 16, text), second + 16, text)), ours),
                ("disk GUID of zeros", firmware.mend_gpt(put(put(theirs, 512 + 56, bytes(16)), len(theirs) - 512 + 56, bytes(16))), ours),
                ("a checksum left as it was", put(theirs, 512 + 16, ours[528:532]), ours),
                ("GUIDs, and a type beside them", firmware.mend_gpt(put(put(theirs, 1024, b"evil"), second, b"evil")), ours)]
    size = 256 << 10
    honest_fit, other_fit = (firmware.fit(kernel=k).ljust(size, b"\0") for k in (GOOD, BLOB))
    attempts += [("bytes in the fill of a place", put(honest_fit, size - 9, b"evil"), other_fit), ("a place of another size", honest_fit + bytes(512), other_fit)]
    judge(attempts, [("names that were drawn", theirs, ours), ("a path in a kernel, and the fill behind", honest_fit, other_fit)])


def named_disk(label, text=b"ro quiet", swapped=False):
    """A disk with drawn names whose second partition holds @text."""
    disk = firmware.with_ids(firmware.gpt(two=text), label)
    second = struct.unpack_from("<Q", disk, len(disk) - 512 + 72)[0] * 512
    for entries in (1024, second) if swapped else ():
        one, two = disk[entries + 16:entries + 32], disk[entries + 144:entries + 160]
        disk = put(put(disk, entries + 16, two), entries + 144, one)
    return firmware.mend_gpt(disk)


def guid_text(raw):
    return str(uuid.UUID(bytes_le=raw)).encode()


@case("names that are drawn: what somebody is called by is no freedom")
def _(_dir):
    need("sgdisk", "sfdisk")
    raw = {label: named_disk(label)[1040:1056] for label in (1, 2)}
    text, theirs = guid_text(raw[1]), guid_text(raw[2])
    called = {"a command line": b"root=PARTUUID=%s ro" % text, "in capitals": b"root=PARTUUID=%s" % text.upper(), "in mixed letters": text[:3].upper() + text[3:],
              "without dashes": b"id " + text.replace(b"-", b"") + b"x", "in wide characters": b"set " + text.decode().encode("utf-16-le"), "escaped": text.replace(b"-", rb"\x2d"),
              "as bytes": b"path" + raw[1], "as bytes of the other order": b"path" + uuid.UUID(bytes_le=raw[1]).bytes,
              "packed": whole([entry(b"boot.gz", gzip.compress(b"root=PARTUUID=%s ro" % text, mtime=0))]), "the shipped name": b"root=PARTUUID=%s ro" % theirs,
              "over the end of a piece": bytes((1 << 20) - firmware.SECOND * 512 - 5) + text}
    attempts = [(label, named_disk(2, content), named_disk(1, content)) for label, content in called.items()]
    attempts += [("two changed places", named_disk(1, swapped=True), named_disk(1)), ("each side by its own", named_disk(2, theirs), named_disk(1, text))]
    contents = {firmware.FIRST: b"root=PARTUUID=1234abcd-01 ro", 400: b"signature" + struct.pack("<I", 0x1234abcd) + bytes(12) + b"end"}
    for place, content in contents.items():
        record = firmware.mbr(firmware.MBR, {place: content})
        attempts.append((f"signature of a disk at {place}", put(record, 440, b"\x98\x76\x54\x32"), record))
    honest = [("nobody is called", named_disk(2), named_disk(1)), ("by a name of nobody", named_disk(2, b"PARTUUID=0c1d2e3f-1111-4222-8333-123456789abc"),
                                                                   named_disk(1, b"PARTUUID=0c1d2e3f-1111-4222-8333-123456789abc"))]
    judge(attempts, honest, None)


@case("names that are drawn: of file systems")
def _(_dir):
    need("mke2fs")
    ids = "3f2a1c44-5b7e-4d19-9c3a-1f60d2b8e771", "a9d1b0e2-6c34-4f8b-8e21-77c0f4a3d915"

    def system(text, name):
        root = volumes.tree()
        with open(os.path.join(root, "fstab"), "w") as f:
            f.write(text)
        os.utime(os.path.join(root, "fstab"), (1700000000, 1700000000))
        return volumes.extended(root, uuid=name)

    fstab = f"UUID={ids[0]} / ext4 ro 0 1\n"
    attempts = [("in a file of it", system(fstab, ids[1]), system(fstab, ids[0]))]
    plain = [system("/dev/sda1 / ext4 ro 0 1\n", name) for name in ids]
    attempts.append(("in a tar beside it", *(whole([entry(b"root", p), entry(b"cmdline", fstab.encode())]) for p in plain[::-1])))
    attempts.append(("two changed places", *(whole([entry(b"a", p), entry(b"b", q)]) for p, q in ((plain[1], plain[0]), (plain[0], plain[1])))))
    judge(attempts, [("called by nobody", plain[1], plain[0]), ("in a tar", *(whole([entry(b"root", p), entry(b"cmdline", b"ro")]) for p in plain[::-1]))], None, "repackaged")


@case("the figure")
def _(_dir):
    print(f"# figure: {SEEN['pairs']} attempts to hide something in what is accepted, 0 accepted", flush=True)


main()
