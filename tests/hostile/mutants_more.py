# SPDX-License-Identifier: Apache-2.0
"""Tampered pairs of ar, cpio, Debian packages, programs and of files inside files; as in mutants.py."""
import gzip
import hashlib
import io
import lzma
import os
import struct
import sys
import tarfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make_binaries import Elf, newc, program  # noqa: E402
from make_programs import LONGER, build, c_source, jump_tables, section_row  # noqa: E402
from mutants import COMPRESSORS, TEXT, ZIPPED, flip, put, zipped  # noqa: E402
from sbtest import run  # noqa: E402

# ---- ar(5) ----

AR = {"name": 0, "date": 16, "uid": 28, "gid": 34, "mode": 40, "size": 48, "fmag": 58}


def ar_member(name, data, mode=b"100644", date=b"1700000000", uid=b"0", gid=b"0"):
    head = b"%-16s%-12s%-6s%-6s%-8s%-10d`\n" % (name, date, uid, gid, mode, len(data))
    return head + data + b"\n" * (len(data) % 2)


def ar(members):
    return b"!<arch>\n" + b"".join(ar_member(*m) if isinstance(m, tuple) else m for m in members)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def library():
    """What ar makes of two objects: symbol table, long names, members."""
    for name in ("first_object_of_acme", "second_object_of_acme"):
        with open(f"{name}.c", "w") as f:
            f.write(f"int {name}(void) {{ return {len(name)}; }}\n")
        run("gcc", "-O1", "-c", f"{name}.c", code=0)
    run("ar", "qcsD", "lib.a", "first_object_of_acme.o", "second_object_of_acme.o", code=0)
    return read("lib.a")


def ar_pairs():
    parts = [(b"one/", b"content of one\n"), (b"two/", b"content of two..\n"), (b"three/", b"3")]
    base = ar(parts)
    at = 8
    for field, new in (("name", b"evil/"), ("uid", b"1000"), ("gid", b"42"), ("mode", b"104755"), ("size", b"99"), ("fmag", b"x"), ("date", b"17x")):
        yield f"{field}", put(base, at + AR[field], new), base, ()
    yield "date with a blank in front", put(base, at + 16, b" 170000000"), base, ("date",)
    yield "magic", flip(base, 3), base, ()
    yield "thin", b"!<thin>\n" + base[8:], base, ()
    yield "order", ar(parts[::-1]), base, ("order",)
    yield "a name twice", ar(parts + [(b"one/", b"evil")]), base, ("one",)
    yield "a member more", ar(parts + [(b"evil/", b"evil")]), base, ("evil",)
    yield "a member less", ar(parts[:2]), base, ("three",)
    yield "padding byte", put(base, 8 + 60 + 15, b"x"), base, ()
    yield "tail", base + b"evil", base, ()
    yield "cut", base[:-1], base, ()
    lib = library()
    yield "symbol offset", put(lib, 8 + 60 + 4, lib[8 + 60 + 8:8 + 60 + 12]), lib, ("symbol offset",)
    yield "symbol count", flip(lib, 8 + 60 + 3), lib, ()
    yield "symbol name", lib.replace(b"first_object_of_acme\0", b"third_object_of_acme\0", 1), lib, ()
    yield "table of names", lib.replace(b"second_object_of_acme.o/", b"second_object_of_evil.o/"), lib, ()
    text = lib.index(b"\xb8\x14\0\0\0")
    yield "code of an object", put(lib, text, b"\xb8\x15"), lib, ("first_object",)


# ---- cpio ----

NEWC = ("ino", "mode", "uid", "gid", "nlink", "mtime", "filesize", "devmajor", "devminor", "rdevmajor", "rdevminor", "namesize", "check")
ENTRIES = [("bin/su", 11, 1, b"su"), ("bin/login", 12, 1, TEXT), ("etc/passwd", 13, 1, b"root:x:0:0\n")]


def made_newc(entries):
    newc("made.cpio", entries)
    return read("made.cpio")


def cpio_pairs():
    base = made_newc(ENTRIES)
    values = {"ino": b"0000000z", "mode": b"000089ED", "uid": b"000003e8", "gid": b"0000002a", "nlink": b"00000002", "mtime": b" 6553F100",
              "filesize": b"00000001", "devmajor": b"0000000g", "rdevmajor": b"00000008", "rdevminor": b"00000001", "namesize": b"00000006",
              "check": b"deadbeef", "devminor": b"+0000001"}
    for i, field in enumerate(NEWC):
        yield f"{field}", put(base, 6 + 8 * i, values[field][:8]), base, ()
    yield "magic", put(base, 5, b"2"), base, ()
    yield "name", base.replace(b"bin/su\0", b"bin/sv\0", 1), base, ("bin/s",)
    yield "content", base.replace(b"root:x:0:0", b"root::0:0\n"), base, ("etc/passwd",)
    yield "two names, one file", made_newc([("bin/su", 11, 2, b"su"), ("bin/login", 11, 2, TEXT), ENTRIES[2]]), base, ("nlink",)
    yield "padding behind a name", put(base, 110 + 7 + 1, b"x"), base, ()
    yield "a member more", made_newc(ENTRIES + [("bin/evil", 14, 1, b"x")]), base, ("bin/evil",)
    yield "a name twice", made_newc(ENTRIES + [("bin/su", 14, 1, b"evil")]), base, ("bin/su",)
    yield "a member less", made_newc(ENTRIES[:2]), base, ("etc/passwd",)
    yield "another archive behind", base + made_newc([("evil", 1, 1, b"x")]), base, ("evil",)
    yield "bytes behind", base + bytes(512) + b"evil", base, ()
    yield "trailer with content", base.replace(b"TRAILER!!!", b"TRAILER!!?"), base, ()
    yield "cut", base[:-130], base, ()
    yield "twice, in another order", made_newc([("a", 1, 1, b"good"), ("a", 2, 1, b"evil")]), made_newc([("a", 1, 1, b"evil"), ("a", 2, 1, b"good")]), ()
    yield "through a link", *(cpio_link(order) for order in (False, True)), ("order",)
    odc = b"".join(odc_member(n, i, d) for i, (n, d) in enumerate(((b"bin/su", b"su"), (b"etc/passwd", b"root:x:0:0\n"), (b"TRAILER!!!", b"")), 1))
    for field, at, new in (("dev", 6, b"00000x"), ("ino", 12, b"00000x"), ("mode", 18, b"104755"), ("uid", 24, b"001750"), ("gid", 30, b"000052"),
                           ("nlink", 36, b"000002"), ("rdev", 42, b"000010"), ("mtime", 48, b" 4524770400"), ("namesize", 59, b"000006"), ("filesize", 65, b"00000000001")):
        yield f"odc {field}", put(odc, at, new), odc, ()


def cpio_link(swapped):
    link = ("d", 0o120777, b"/etc")
    file = ("d/passwd", 0o100644, b"root::0:0")
    out = b""
    for i, (name, mode, data) in enumerate([file, link] if swapped else [link, file]):
        raw = name.encode() + b"\0"
        fields = (i + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % x for x in fields) + raw
        out += head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return out + made_newc([])


def odc_member(name, ino, data):
    mode = 0o100644 if name != b"TRAILER!!!" else 0
    return b"070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o" % (0, ino, mode, 0, 0, 1, 0, 1700000000, len(name) + 1, len(data)) + name + b"\0" + data


# ---- Debian packages, built here so that every byte is ours ----

CONTROL = b"Package: acme\nVersion: 1\nArchitecture: amd64\nMaintainer: Acme <a@example.org>\nDescription: test\n"


def inner(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as f:
        for name, data, more in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), 1700000000, 0o644
            for key, value in more.items():
                setattr(info, key, value)
            f.addfile(info, io.BytesIO(data))
    return out.getvalue()


def deb(data=None, sums=None, control=CONTROL, extra=(), scripts=(), outer=None):
    data = data or [("./usr/sbin/acme", TEXT, {"mode": 0o755}), ("./etc/acme.conf", b"port=80\n", {})]
    if sums is None:
        sums = b"".join(b"%s  %s\n" % (hashlib.md5(d).hexdigest().encode(), n[2:].encode()) for n, d, _ in data if d)
    parts = [(b"debian-binary", b"2.0\n"), (b"control.tar.xz", lzma.compress(inner([("./control", control, {}), ("./md5sums", sums, {}), *scripts]))),
             (b"data.tar.xz", lzma.compress(inner([*data, *extra])))]
    return ar(outer(parts) if outer else parts)


def deb_pairs():
    base = deb()
    acme, conf = ("./usr/sbin/acme", TEXT, {"mode": 0o755}), ("./etc/acme.conf", b"port=80\n", {})
    evil = TEXT.replace(b"--serve", b"--shell", 1)
    md5 = hashlib.md5(TEXT).hexdigest().encode(), hashlib.md5(evil).hexdigest().encode()
    good_sums = b"%s  usr/sbin/acme\n%s  etc/acme.conf\n" % (md5[0], hashlib.md5(conf[1]).hexdigest().encode())
    yield "content, sums mended", deb([("./usr/sbin/acme", evil, {"mode": 0o755}), conf]), base, ("usr/sbin/acme",)
    yield "content, sums stale", deb([("./usr/sbin/acme", evil, {"mode": 0o755}), conf], good_sums), base, ("usr/sbin/acme",)
    yield "sums forged", deb(sums=good_sums.replace(md5[0], md5[1])), base, ("md5sums",)
    yield "a line of sums less", deb(sums=good_sums.split(b"\n", 1)[1]), base, ("md5sums",)
    yield "a line of sums twice", deb(sums=good_sums + good_sums.split(b"\n")[0] + b"\n"), base, ("md5sums",)
    yield "sums of a file that is not there", deb(sums=good_sums + md5[0] + b"  usr/sbin/other\n"), base, ("md5sums",)
    for label, more in (("setuid", {"mode": 0o4755}), ("owner", {"mode": 0o755, "uid": 1000}), ("group", {"mode": 0o755, "gname": "shadow"}),
                        ("writable", {"mode": 0o777})):
        yield label, deb([(acme[0], acme[1], more), conf]), base, ("usr/sbin/acme",)
    yield "a file more", deb(extra=[("./etc/cron.d/acme", b"* * * * * root x\n", {})]), base, ("etc/cron.d/acme",)
    yield "a link more", deb(extra=[("./usr/sbin/x", b"", {"type": tarfile.SYMTYPE, "linkname": "/tmp/x"})]), base, ("usr/sbin/x",)
    yield "a file twice", deb(extra=[("./usr/sbin/acme", b"evil", {"mode": 0o755})]), base, ("usr/sbin/acme",)
    yield "a file less", deb([acme], good_sums), base, ("etc/acme.conf",)
    yield "maintainer script", deb(scripts=[("./postinst", b"#!/bin/sh\nevil\n", {"mode": 0o755})]), base, ("postinst",)
    yield "triggers", deb(scripts=[("./triggers", b"activate ldconfig\n", {})]), base, ("triggers",)
    yield "control", deb(control=CONTROL + b"Depends: evil\n"), base, ("control",)
    yield "version", deb(control=CONTROL.replace(b"Version: 1", b"Version: 2")), base, ("control",)
    yield "format version", deb(outer=lambda p: [(b"debian-binary", b"2.1\n"), *p[1:]]), base, ("debian-binary",)
    yield "format version with more lines", deb(outer=lambda p: [(b"debian-binary", b"2.0\nx\n"), *p[1:]]), base, ("debian-binary",)
    yield "members in another order", deb(outer=lambda p: [p[0], p[2], p[1]]), base, ("order",)
    yield "a member more", deb(outer=lambda p: [*p, (b"_gpgorigin", b"evil")]), base, ("_gpgorigin",)
    yield "two data archives", deb(outer=lambda p: [*p, p[2]]), base, ("data.tar",)
    yield "one time in another header", deb(outer=lambda p: [p[0], p[1], (*p[2], b"100644", b"1700000001")]), base, ("date",)
    yield "mode of a member", deb(outer=lambda p: [p[0], p[1], (*p[2], b"100755")]), base, ("mode",)
    yield "bytes behind the compressed data", deb(outer=lambda p: [p[0], p[1], (p[2][0], p[2][1] + b"evil")]), base, ("data.tar",)
    yield "content behind the end of the data", deb(outer=lambda p: [p[0], p[1], (p[2][0], lzma.compress(lzma.decompress(p[2][1]) + b"evil"))]), base, ("data.tar",)


# ---- ELF ----

def elf_tables(elf):
    """Every field of the ELF header and of the program headers, and of the headers of loaded sections: gABI figures 4-3, 5-1, 4-8."""
    for name, at in {"e_type": 16, "e_machine": 18, "e_version": 20, "e_entry": 24, "e_phoff": 32, "e_flags": 48, "e_phentsize": 54,
                     "e_phnum": 56, "e_shentsize": 58, "class": 4, "data": 5, "version": 6, "OS ABI": 7, "ident padding": 12}.items():
        yield f"header {name}", at, (name,) if name.startswith("e_") and name not in ("e_phoff", "e_phentsize", "e_phnum", "e_shentsize") else ()
    for i, (at, *_rest) in enumerate(elf.segments()):
        for name, offset in {"p_type": 0, "p_flags": 4, "p_offset": 8, "p_vaddr": 16, "p_paddr": 24, "p_filesz": 32, "p_memsz": 40, "p_align": 48}.items():
            yield f"segment {i} {name}", at + offset, (name,)
    for i in range(1, elf.shnum):
        at = elf.shoff + 64 * i
        if not struct.unpack_from("<Q", elf.data, at + 8)[0] & 2:
            continue
        for name, offset in (("sh_type", 4), ("sh_flags", 8), ("sh_addr", 16)):
            yield f"section {i} {name}", at + offset, (name,)


def elf_sections(elf):
    for name in (".interp", ".note.ABI-tag", ".note.gnu.property", ".gnu.hash", ".dynsym", ".dynstr", ".gnu.version", ".gnu.version_r", ".rela.dyn", ".rela.plt",
                 ".init", ".plt", ".text", ".fini", ".rodata", ".eh_frame_hdr", ".eh_frame", ".init_array", ".fini_array", ".dynamic", ".got", ".data"):
        try:
            offset, size = elf.section(name)
        except KeyError:
            continue
        for label, at in (("first", 0), ("middle", size // 2), ("last", size - 1)):
            yield f"{label} byte of {name}", offset + at, (name,)


def elf_pairs():
    program("good")
    elf = Elf("good")
    base = bytes(elf.data)
    for label, at, words in [*elf_tables(elf), *elf_sections(elf)]:
        yield label, flip(base, at), base, words
    ends = [(s[3] + s[5], s[2]) for s in elf.segments() if s[1] == 1]
    for number, (end, flags) in enumerate(ends[:-1]):
        if base[end:end + 16] == bytes(16):
            yield f"code behind segment {number}", put(base, end, b"\x90" * 15 + b"\xc3"), base, ("gap",)
    yield "overlay", base + b"evil" * 20, base, ("overlay",)
    yield "overlay of zeros", base + bytes(16), base, ("overlay",)
    yield "cut", base[:-64], base, ()
    offset, _ = elf.section(".note.gnu.build-id")
    yield "build-id", flip(base, offset + 16), base, ("build-id",)
    yield "type of the build-id note", flip(base, offset + 8), base, ("build-id",)
    yield "build-id of zeros", put(base, offset + 16, bytes(20)), base, ("build-id",)
    yield "text in the build-id", put(base, offset + 20, b"/tmp/evil.so\0"), base, ("build-id",)
    program("symbols", strip=False)
    full = Elf("symbols")
    data = bytes(full.data)
    text = full.section(".text")
    yield "code of a program with symbols", flip(data, text[0] + text[1] // 2), data, (".text",)
    offset, _ = full.section(".note.gnu.build-id")
    yield "build-id of a program with symbols", put(data, offset + 16, bytes(range(20))), data, ("build-id",)
    run("gcc", "-O1", "-g", "-c", "good.c", "-o", "good.o", code=0)
    obj = Elf("good.o")
    data = bytes(obj.data)
    for name in (".text", ".rela.text", ".symtab", ".strtab", ".data.rel", ".rodata.str1.1", ".comment", ".note.GNU-stack", ".debug_info"):
        try:
            offset, size = obj.section(name)
        except KeyError:
            continue
        if size:
            yield f"{name} of an object", flip(data, offset + size // 2), data, (name,)


def built(source, *flags, compiler="gcc"):
    return Elf(build("built", source, *flags, compiler=compiler))


def shifted_places(elf):
    """Places of a program beside a longer text that look as if they had moved with it: (label, offset, bits, words)."""
    for place, width in jump_tables(elf)[:3]:
        for entry in (0, 4):
            yield f"entry {entry} of a table of jumps at {place}", place + entry * width, 1, (".rodata",)
    for name, step, at in ((".rela.dyn", 24, 16), (".data", 8, 0), (".symtab", 24, 8), (".eh_frame_hdr", 8, 16)):
        try:
            _, offset, size = section_row(elf, name)
        except KeyError:
            continue
        for row in (size // step // 3, size // step // 2):
            yield f"row {row} of {name} off by one", offset + row * step + at, 1, (name,)
    _, offset, size = section_row(elf, ".text")
    call = elf.data.index(b"\xe8", offset + size // 2)
    yield "a call to another place", call + 1, 0x10, (".text",)


def folded_pairs():
    """Tampering that hides in what is folded for readers: in a shift by one longer text, in another level of optimisation, in tables of hashes."""
    for flags in (("-O2",), ("-O2", "-s"), ("-O2", "-no-pie", "-fno-pie"), ("-O1", "-static")):
        base, elf = bytes(built(c_source(), *flags).data), built(c_source(LONGER), *flags)
        for label, offset, bits, words in shifted_places(elf):
            yield f"{' '.join(flags)} {label}", put(elf.data, offset, bytes([elf.data[offset] ^ bits])), base, words
    for style, name in (("sysv", ".hash"), ("both", ".hash"), ("gnu", ".gnu.hash")):
        elf = built(c_source(), "-O2", "-shared", "-fPIC", f"-Wl,--hash-style={style}")
        _, offset, size = section_row(elf, name)
        for at in (offset + 8 + size // 3 // 4 * 4, offset + size // 2 // 4 * 4, offset + size - 8):
            if bytes(elf.data[at:at + 4]) != bytes(4):
                yield f"{name} of {style} at {at}", flip(bytes(elf.data), at), bytes(elf.data), (name,)
    backdoor = ('return strcmp(p, "secret") == 0;', 'return strcmp(p, "secret") == 0 || system(p);')
    for shipped, rebuilt in ((("-O1",), ("-O2",)), (("-O1", "-s"), ("-O2", "-s")), (("-O2", "-g"), ("-O0", "-g"))):
        yield f"a tampered function, {shipped} against {rebuilt}", bytes(built(c_source(changed=backdoor), *shipped).data), bytes(built(c_source(), *rebuilt).data), ("build", "texts", "system")
    for flags in (("-O2",), ("-O1", "-g")):
        yield f"a tampered function, {flags} on both sides", bytes(built(c_source(changed=("tries < 8", "tries < 9")), *flags).data), bytes(built(c_source(), *flags).data), ("check_auth",)


# ---- files inside files ----

def nested_pairs():
    program("deep")
    good = read("deep")
    offset, size = Elf("deep").section(".text")
    bad = flip(good, offset + size // 2)

    def in_tar(data):
        return inner([("./bin/acme", data, {"mode": 0o755})])

    def in_zip(data):
        return zipped([*ZIPPED, ("lib/acme", data, 0o100755, 8)])

    def in_deb(data):
        return deb([("./bin/acme", data, {"mode": 0o755})])

    def in_cpio(data):
        return made_newc([("bin/acme", 5, 1, data)])

    outer = {"tar": in_tar, "zip": in_zip, "deb": in_deb, "cpio": in_cpio, "ar": lambda d: ar([(b"acme/", d)])}
    for first, wrap in outer.items():
        for second, around in outer.items():
            yield f"program in {first} in {second}", around(wrap(bad)), around(wrap(good)), (".text",)
        for suffix in ("gz", "xz", "bz2", "lz"):
            pack = COMPRESSORS[suffix]
            yield f"program in {first}.{suffix}", pack(wrap(bad)), pack(wrap(good)), (".text",)
    for suffix in ("gz", "xz", "bz2", "lz"):
        pack = COMPRESSORS[suffix]
        yield f"{suffix} in gz in tar", in_tar(COMPRESSORS["gz"](pack(bad))), in_tar(COMPRESSORS["gz"](pack(good))), (".text",)
