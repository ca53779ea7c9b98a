# SPDX-License-Identifier: Apache-2.0
"""Sources of programs that are large enough for thousands of fields to follow from one change: calls, tables of jumps, pointers, exceptions."""
import struct

from sbtest import run

BANNER = "the banner"
LONGER = "the banner that is very much longer than the other one was"
COMPILERS = {"c": {"gcc": "gcc", "clang": "clang"}, "cc": {"gcc": "g++", "clang": "clang++"}}


def c_source(banner=BANNER, count=60, changed=None):
    """@changed: text of one function → what stands there instead."""
    lines = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>", "volatile int sink;",
             f'static const char *banner(void) {{ return "{banner}"; }}']
    for i in range(count):
        lines.append(f'__attribute__((noinline)) int f{i}(const char *s) {{ if (strlen(s) > 8) printf("message number {i}: %s\\n", s);'
                     f' else puts("short {i}"); for (int k = 0; k < s[0]; k++) sink += k * {i} + s[k % 3]; return sink; }}')
    for i in range(6):
        cases = "".join(f'case {k}: puts("case {k} of {i}"); sink += {k * k + i}; return atoi(s) + {k * 31 + i};' for k in range(9))
        lines.append(f"__attribute__((noinline)) int sw{i}(int x, const char *s) {{ switch (x) {{ {cases} default: return 0; }} }}")
    lines.append("__attribute__((noinline)) int check_auth(const char *p) { int tries = atoi(p); if (tries < 8) puts(p); return strcmp(p, \"secret\") == 0; }")
    lines.append("static int (*const table[])(const char *) = {" + ", ".join(f"f{i}" for i in range(count)) + "};")
    lines.append("const char *names[] = {" + ", ".join(f'"name of entry {i}"' for i in range(count)) + "};")
    lines.append(f"int main(int c, char **v) {{ int r = c; puts(banner()); for (int i = 0; i < c; i++) r += table[i % {count}](names[i * 7 % {count}]);"
                 + "".join(f" r += sw{i}(c, v[0]);" for i in range(6)) + " return r + check_auth(v[0]); }")
    source = "\n".join(lines) + "\n"
    if changed:
        assert source.count(changed[0]) == 1, changed
        source = source.replace(*changed)
    return source


def cc_source(banner=BANNER, count=20):
    lines = ["#include <iostream>", "#include <stdexcept>", "struct Base { virtual ~Base() {} virtual int run(int) = 0; };",
             f'static const char *banner() {{ return "{banner}"; }}']
    for i in range(count):
        lines.append(f'struct D{i} : Base {{ int run(int x) override {{ try {{ if (x > {i}) throw std::runtime_error("error of {i}"); std::cout << "fine {i}" << x;'
                     f' return x; }} catch (const std::runtime_error &e) {{ std::cerr << e.what() << "caught in {i}"; return {i}; }} }} }};')
        cases = "".join(f'case {k}: std::cout << "case {k} of {i}"; return x + {k * 7 + i};' for k in range(7))
        lines.append(f"__attribute__((noinline)) int sw{i}(int x) {{ switch (x) {{ {cases} }} return 0; }}")
    lines.append("int main(int c, char **) { std::cout << banner(); Base *all[] = {" + ", ".join(f"new D{i}" for i in range(count))
                 + "}; int r = 0; for (Base *b : all) r += b->run(c);" + "".join(f" r += sw{i}(c);" for i in range(count)) + " return r; }")
    return "\n".join(lines) + "\n"


def build(path, source, *flags, compiler="gcc", language="c"):
    """The same name of the source for every pair: it stands in the debug information."""
    with open(f"prog.{language}", "w") as f:
        f.write(source)
    run(COMPILERS[language][compiler], *flags, f"prog.{language}", "-o", path, code=0)
    return path


# ---- places in what came out ----

def section_row(elf, name):
    """(address, offset, size) of a section of an Elf of make_binaries."""
    offset, size = elf.section(name)
    for at in range(elf.shoff, elf.shoff + 64 * elf.shnum, 64):
        address, where, length = struct.unpack_from("<QQQ", elf.data, at + 16)
        if (where, length) == (offset, size):
            return address, offset, size
    raise KeyError(name)


def jump_tables(elf):
    """(offset in the file, bytes of an entry) of each table of jumps that a `lea` or a `jmp` of .text leads to."""
    code, code_at, code_size = section_row(elf, ".text")
    data, data_at, data_size = section_row(elf, ".rodata")
    tables = set()

    def leads_to_code(value):
        return code <= value < code + code_size

    for at in range(code_at, code_at + code_size - 8):
        b = elf.data[at:at + 3]
        distance, = struct.unpack_from("<i", elf.data, at + 3)
        relative = b[0] in (0x48, 0x4c) and b[1] == 0x8d and b[2] & 0xc7 == 5
        target = code + at - code_at + 7 + distance if relative else distance
        if not data <= target < data + data_size - 16 or not (relative or (b[:2] == b"\xff\x24" and b[2] & 0xc7 == 0xc5)):
            continue
        place = data_at + target - data
        if relative and all(leads_to_code(target + v) for v in struct.unpack_from("<4i", elf.data, place)):
            tables.add((place, 4))
        if not relative and all(leads_to_code(v) for v in struct.unpack_from("<2Q", elf.data, place)):
            tables.add((place, 8))
    return sorted(tables)
