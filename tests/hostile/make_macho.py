# SPDX-License-Identifier: Apache-2.0
"""Programs for macOS that are large enough for many fields to follow from one change, by clang and by two linkers: one writes rebase and bind information, the other
chained fixups. Where tables lie in them stands here a second time, written from loader.h and not from the product."""
import functools
import os
import shutil
import struct
import tempfile

from mutants_macho import DYSYMTAB, SYMTAB, commands
from sbtest import run

LINKER = shutil.which("ld64.lld") or "ld64.lld-14"
CHAINING = "ld64.lld-16"
TOOLS = ("clang", LINKER, CHAINING)
BANNER = "the banner"
MORE = "if (s[1] == 77) { sink += s[2] * 91; counter ^= 5; }"
GROWN = "f11"
STUBS = """--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libSystem.B.dylib'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ _puts, _printf, _atoi, _strlen, _strcmp, dyld_stub_binder ]
...
"""
STARTS, DATA_IN_CODE, HINTS, EXPORTS, FIXUPS, DYLD_INFO, SEGMENT = 0x26, 0x29, 0x2e, 0x33, 0x34, 0x22, 0x19


def source(banner=BANNER, more="", count=30):
    """@more: what function GROWN does besides."""
    lines = ["int puts(const char *); int printf(const char *, ...); int atoi(const char *); unsigned long strlen(const char *); int strcmp(const char *, const char *);",
             "volatile int sink; int counter = 3;",
             f'__attribute__((noinline)) int banner(void) {{ return puts("{banner}"); }}']
    for i in range(count):
        own = more if f"f{i}" == GROWN else ""
        lines.append(f'__attribute__((noinline)) int f{i}(const char *s) {{ {own} if (strlen(s) > 8) printf("message number {i}: %s\\n", s); else puts("short {i}");'
                     f" for (int k = 0; k < s[0]; k++) sink += k * {i} + s[k % 3]; return sink; }}")
    for i in range(3):
        cases = "".join(f'case {k}: puts("case {k} of {i}"); sink += {k * k + i}; return atoi(s) + {k * 31 + i};' for k in range(9))
        lines.append(f"__attribute__((noinline)) int sw{i}(int x, const char *s) {{ switch (x) {{ {cases} default: return 0; }} }}")
    lines.append("static __attribute__((noinline)) int check_auth(const char *p) { int tries = atoi(p); if (tries < counter) puts(p); return strcmp(p, \"secret\") == 0; }")
    lines.append("static int (*const table[])(const char *) = {" + ", ".join(f"f{i}" for i in range(count)) + "};")
    lines.append("const char *names[] = {" + ", ".join(f'"name of entry {i}"' for i in range(count)) + "};")
    lines.append(f"int main(int c, char **v) {{ int r = c; banner(); for (int i = 0; i < c; i++) r += table[i % {count}](names[i * 7 % {count}]);"
                 + "".join(f" r += sw{i}(c, v[0]);" for i in range(3)) + " return r + check_auth(v[0]); }")
    return "\n".join(lines) + "\n"


def link(kind, chained, arch, obj, stubs, out):
    form = ["-dylib", "-install_name", "@rpath/libp.dylib"] if kind == "library" else []
    run(CHAINING if chained else LINKER, *form, *(["-fixup_chains"] if chained else []), "-arch", arch, "-platform_version", "macos", "13.0", "13.0", "-o", out, obj, stubs, code=0)


@functools.lru_cache(None)
def build(arch, kind, chained=False, banner=BANNER, more=""):
    """@kind: program, library or object; the bytes."""
    with tempfile.TemporaryDirectory() as folder:
        text, obj, out, stubs = (os.path.join(folder, name) for name in ("p.c", "p.o", "p", "libSystem.tbd"))
        for path, content in ((text, source(banner, more)), (stubs, STUBS)):
            with open(path, "w") as f:
                f.write(content)
        run("clang", "-target", f"{arch}-apple-macos11", "-O1", "-fno-builtin", "-c", text, "-o", obj, code=0)
        if kind != "object":
            link(kind, chained, arch, obj, stubs, out)
        with open(obj if kind == "object" else out, "rb") as f:
            return f.read()


def sections(image):
    """name → (address, offset, size, offset of relocations, how many)."""
    found = {}
    for kind, at, size in commands(image):
        for row in range(at + 72, at + size, 80) if kind == SEGMENT else ():
            name, segment = (image[row + 16 * i:row + 16 * i + 16].rstrip(b"\0").decode() for i in range(2))
            address, length, offset, _, relocations, count = struct.unpack_from("<QQIIII", image, row + 32)
            found[f"{segment},{name}"] = (address, offset, length, relocations, count)
    return found


DATA = {STARTS: "function starts", DATA_IN_CODE: "data in code", HINTS: "hints for linkers", EXPORTS: "exports", FIXUPS: "chained fixups"}
INFO = ("rebase information", "binding information", "weak binding information", "lazy binding information", "exports")
HELD = ("__TEXT,__unwind_info", "__LD,__compact_unwind", "__DATA,__data", "__DATA_CONST,__const", "__DATA,__const", "__DATA,__la_symbol_ptr", "__DATA_CONST,__got", "__TEXT,__stubs",
        "__TEXT,__stub_helper")


def tables(image):
    """name → (offset, bytes) of every table of which something may follow."""
    found = {}
    for kind, at, _ in commands(image):
        words = struct.unpack_from("<10I", image, at + 8) if kind == DYLD_INFO else ()
        found.update({name: words[2 * i:2 * i + 2] for i, name in enumerate(INFO) if words})
        if kind in DATA:
            found[DATA[kind]] = struct.unpack_from("<II", image, at + 8)
        if kind == SYMTAB:
            offset, count = struct.unpack_from("<II", image, at + 8)
            found["symbols"] = offset, 16 * count
        if kind == DYSYMTAB:
            offset, count = struct.unpack_from("<II", image, at + 56)
            found["indirect symbols"] = offset, 4 * count
    for name, (_, offset, size, relocations, count) in sections(image).items():
        found[f"relocations of {name}"] = relocations, 8 * count
        if name in HELD:
            found[name] = offset, size
    return {name: place for name, place in found.items() if place[1]}


def symbols(image):
    """(row, name, type, section, value)."""
    at = next(at for kind, at, _ in commands(image) if kind == SYMTAB)
    offset, count, strings, _ = struct.unpack_from("<IIII", image, at + 8)
    for row in range(offset, offset + 16 * count, 16):
        name, kind, section, _, value = struct.unpack_from("<IBBHQ", image, row)
        yield row, image[strings + name:image.index(0, strings + name)].decode(), kind, section, value


def address_of(image, name):
    return next(value for _, called, _, section, value in symbols(image) if called == "_" + name and section)


def leb(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def lebs(data):
    """(offset, bytes, value) of numbers until one is 0."""
    at = 0
    while at < len(data):
        first, value, shift = at, 0, 0
        while True:
            value |= (data[at] & 0x7f) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 0x80:
                break
        if value == 0:
            return
        yield first, at - first, value
