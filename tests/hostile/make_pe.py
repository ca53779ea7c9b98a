# SPDX-License-Identifier: Apache-2.0
"""Programs and libraries for Windows that are large enough for many fields to follow from one change: by MinGW, and by clang and lld for three machines. Where parts lie
in them stands here a second time, written from "PE Format" and not from the product."""
import functools
import os
import struct
import tempfile

from make_macho import BANNER, GROWN, MORE, source  # noqa: F401
from sbtest import run

MACHINES = {"x86_64": "i386:x86-64", "i686": "i386", "aarch64": "arm64"}
TOOLS = ("x86_64-w64-mingw32-gcc", "clang", "lld-link", "llvm-dlltool")
IMPORTS = "LIBRARY msvcrt.dll\nEXPORTS\nputs\nprintf\natoi\nstrlen\nstrcmp\n"
EXPORTED = ("banner", "f3", "f5", "f6", "f11", "f20", "f21")
#: maker, machine, kind
FORMS = [("mingw", "x86_64", "program"), ("mingw", "x86_64", "library"), ("mingw", "x86_64", "stripped"), *(("lld", m, k) for m in MACHINES for k in ("program", "library"))]


def exported(text):
    """The same functions, some of them for everybody."""
    for name in EXPORTED:
        text = text.replace(f"__attribute__((noinline)) int {name}(", f"__attribute__((noinline, dllexport)) int {name}(")
    return text


def link_mingw(kind, folder):
    flags = {"program": (), "library": ("-shared",), "stripped": ("-s",)}[kind]
    run("x86_64-w64-mingw32-gcc", "-O1", "-Wl,--no-insert-timestamp", *flags, "p.c", "-o", "p.exe", cwd=folder, code=0)
    return "p.exe"


def link_lld(machine, kind, folder):
    with open(os.path.join(folder, "msvcrt.def"), "w", encoding="utf-8") as f:
        f.write(IMPORTS)
    run("llvm-dlltool", "-m", MACHINES[machine], "-d", "msvcrt.def", "-l", "msvcrt.lib", cwd=folder, code=0)
    run("clang", f"--target={machine}-pc-windows-msvc", "-O1", "-fno-builtin", "-c", "p.c", "-o", "p.obj", cwd=folder, code=0)
    form = ["/dll", "/noentry"] if kind == "library" else ["/entry:main", "/subsystem:console"]
    run("lld-link", "/nologo", *form, "/nodefaultlib", "/timestamp:0", "/dynamicbase", "/out:p", "p.obj", "msvcrt.lib", cwd=folder, code=0)
    return "p"


@functools.lru_cache(None)
def build(maker, machine, kind, banner=BANNER, more=""):
    """The bytes; @more is what function GROWN does besides."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "p.c"), "w", encoding="utf-8") as f:
            f.write(exported(source(banner, more)))
        name = link_mingw(kind, folder) if maker == "mingw" else link_lld(machine, kind, folder)
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()


CXX = "x86_64-w64-mingw32-g++-win32"
CLASSES = """#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
struct Base { virtual ~Base() {} virtual int go(int x) = 0; };
struct A : Base { std::string name; A(const char *n) : name(n) {} int go(int x) override { if (x > 7) throw std::runtime_error("too large: " + name); return x + (int)name.size(); } };
struct B : Base { std::vector<int> v; int go(int x) override { v.push_back(x); if (v.size() > 100) throw std::out_of_range("many"); return v.back(); } };
static std::map<std::string, Base *> all;
int check_auth(const char *user, int level)
{
	try { auto it = all.find(user); if (it == all.end()) throw std::invalid_argument("nobody"); return it->second->go(level) %s; }
	catch (const std::out_of_range &e) { std::printf("out %%s\\n", e.what()); return -1; }
	catch (const std::exception &e) { std::printf("%s %%s\\n", e.what()); return -2; }
}
%s
int main(int argc, char **argv) { all["alpha"] = new A("alpha"); all["b"] = new B; int r = 0; for (int i = 0; i < argc; i++) r += check_auth(argv[i], i); return r; }
"""
#: catches a type that nothing else does: an import, a pseudo relocation and rows of the tables of exceptions come along
CATCHES = 'int more(int x) { try { return check_auth("z", x); } catch (int e) { return e; } }'


@functools.lru_cache(None)
def build_classes(compared="> 3", text="error", more=""):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "p.cc"), "w", encoding="utf-8") as f:
            f.write(CLASSES % (compared, text, more))
        run(CXX, "-O1", "-Wl,--no-insert-timestamp", "p.cc", "-o", "p.exe", cwd=folder, code=0)
        with open(os.path.join(folder, "p.exe"), "rb") as f:
            return f.read()


DIRECTORIES = ("export", "import", "resource", "exception", "certificate", "relocation", "debug", "architecture", "global", "tls", "load", "bound", "iat", "delay", "clr")


class Image:
    """Where the parts of an image lie."""

    def __init__(self, data):
        self.data = data
        self.header = struct.unpack_from("<I", data, 60)[0]
        self.optional = self.header + 24
        self.wide = struct.unpack_from("<H", data, self.optional)[0] == 0x20B
        self.base = struct.unpack_from("<Q" if self.wide else "<I", data, self.optional + (24 if self.wide else 28))[0]
        count, size = struct.unpack_from("<H", data, self.header + 6)[0], struct.unpack_from("<H", data, self.header + 20)[0]
        self.table = self.optional + size
        self.sections = {}
        for row in range(self.table, self.table + 40 * count, 40):
            self.sections[data[row:row + 8].rstrip(b"\0").decode()] = struct.unpack_from("<IIII", data, row + 8)
        first = self.optional + (112 if self.wide else 96)
        self.directories = {name: struct.unpack_from("<II", data, first + 8 * i) for i, name in enumerate(DIRECTORIES)}

    def offset(self, address):
        for _, start, raw, at in self.sections.values():
            if start <= address < start + raw:
                return at + address - start
        raise ValueError(hex(address))

    def directory(self, name):
        """Its offset in the file and its size; None when there is none."""
        address, size = self.directories[name]
        return (self.offset(address), size) if size else None

    def u32(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def exports(self):
        """Names, each with the offset of the field that holds its address."""
        at, _ = self.directory("export")
        count, addresses, names, ordinals = (self.u32(at + i) for i in (24, 28, 32, 36))
        out = {}
        for i in range(count):
            name = self.offset(self.u32(self.offset(names) + 4 * i))
            number = struct.unpack_from("<H", self.data, self.offset(ordinals) + 2 * i)[0]
            out[self.data[name:self.data.index(b"\0", name)].decode()] = self.offset(addresses) + 4 * number
        return out

    def symbols(self):
        """Rows of the COFF symbols by name: offset of the row."""
        at, count = struct.unpack_from("<II", self.data, self.header + 12)
        strings, out, i = at + 18 * count, {}, 0
        while i < count:
            row = at + 18 * i
            raw = self.data[row:row + 8]
            name = strings + self.u32(row + 4)
            out[(self.data[name:self.data.index(b"\0", name)] if raw[:4] == bytes(4) else raw.rstrip(b"\0")).decode()] = row
            i += 1 + self.data[row + 17]
        return out

    def place(self, name):
        """Offset of what a symbol names."""
        row = self.symbols()[name]
        section = list(self.sections.values())[struct.unpack_from("<H", self.data, row + 12)[0] - 1]
        return section[3] + self.u32(row + 8)

    def relocations(self):
        """Offsets of the entries, each with its type and the address it names."""
        at, size = self.directory("relocation")
        end = at + size
        while at < end:
            page, length = struct.unpack_from("<II", self.data, at)
            for entry in range(at + 8, at + length, 2):
                value = struct.unpack_from("<H", self.data, entry)[0]
                if value >> 12:
                    yield entry, value >> 12, page + (value & 0xFFF)
            at += length
