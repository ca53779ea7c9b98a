#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libsamebuild as another program meets it: installed, found by pkg-config, linked both ways, used rightly and wrongly."""
import gzip
import os
import re

from sbtest import case, main, need, run, sb

ROOT, BUILD = os.environ["SB_SOURCE_ROOT"], os.environ["SB_BUILD_ROOT"]
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
# What a library has no business with; fprintf and friends would print.
NEVER = re.compile(r"\b(exit|_Exit|quick_exit|abort|printf|puts|putchar|fprintf|vfprintf|fputs|fputc|fwrite|perror|stdout|stderr|dprintf|system|popen|socket|connect)\b")


def install(folder):
    """What meson installs, below DESTDIR; the flags of pkg-config by name."""
    need("meson", "pkg-config", "cc", "nm", "size")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", f"{folder}/root", code=0, user=False)
    found = run("find", f"{folder}/root", "-name", "samebuild.pc", code=0).out.split()
    assert len(found) == 1, found
    where = os.path.dirname(os.path.dirname(found[0]))
    prefix = re.search(r"^prefix=(.*)$", open(found[0], encoding="utf-8").read(), re.M)[1]
    environment = {"PKG_CONFIG_PATH": os.path.dirname(found[0])}

    def flags(*wanted):
        return run("pkg-config", f"--define-variable=prefix={folder}/root{prefix}", *wanted, "samebuild", env=environment, code=0).out.split()
    return where, flags


def pair():
    for name, data in (("a", b"one thing\n" * 900), ("b", b"one thing\n" * 450 + b"evil thing" + b"one thing\n" * 449)):
        with open(name, "wb") as f:
            f.write(data)
        with open(name + ".gz", "wb") as f:
            f.write(gzip.compress(data, mtime=0))


@case("the example of the manual, from an installed prefix", user=True)
def _(folder):
    where, flags = install(folder)
    pair()
    run("cc", "-std=c17", *WARNINGS, "-o", "compare", f"{ROOT}/docs/examples/compare.c", *flags("--cflags", "--libs"), code=0)
    environment = {"LD_LIBRARY_PATH": where}
    assert run("./compare", "a", "a", env=environment, code=0).out == "identical\n"
    result = run("./compare", "a.gz", "b.gz", env=environment, code=1)
    assert result.out.startswith("different\n") and "evil" in result.out and result.err == "", result
    assert run("./compare", "absent", "b", env=environment, code=2).err.startswith("error[file-unreadable]: ")


def probe(folder, program, environment):
    result = run(program, env=environment, timeout=120)
    assert (result.code, result.out, result.err) == (0, "ok\n", ""), result
    record = sb("compare", "--json", "a.gz", "b.gz", code=1).out
    with open("library.json", encoding="utf-8") as f:
        assert f.read() == record, "the program and the library say the same"


@case("every function, rightly and wrongly, by the shared library", user=True)
def _(folder):
    where, flags = install(folder)
    pair()
    run("cc", "-D_GNU_SOURCE", *WARNINGS, "-o", "probe", f"{ROOT}/tests/integration/programs/library_probe.c", *flags("--cflags", "--libs"), "-pthread", code=0)
    assert "libsamebuild.so.1" in run("ldd", "./probe", env={"LD_LIBRARY_PATH": where}, code=0).out
    probe(folder, "./probe", {"LD_LIBRARY_PATH": where})


@case("every function by the static library, beside a program's own symbols of the same names")
def _(folder):
    where, flags = install(folder)
    pair()
    with open("own.c", "w", encoding="utf-8") as f:
        f.write("int sb_fail(void); int sb_fail(void) { return 7; }\nint sb_escape(void); int sb_escape(void) { return 8; }\n")
    libraries = [word for word in flags("--static", "--libs") if word != "-lsamebuild"]
    run("cc", "-D_GNU_SOURCE", *WARNINGS, "-o", "probe", f"{ROOT}/tests/integration/programs/library_probe.c", "own.c", *flags("--cflags"), f"{where}/libsamebuild.a",
        *libraries, "-pthread", code=0)
    assert "libsamebuild" not in run("ldd", "./probe", code=0).out
    probe(folder, "./probe", {})


@case("the symbols of both libraries are those of the header, and nothing in them prints, exits or connects")
def _(folder):
    where, _ = install(folder)
    with open(f"{ROOT}/verifier/samebuild/samebuild.h", encoding="utf-8") as f:
        header = set(re.findall(r"\b(samebuild_\w+)\(", re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)))
    shared = run("nm", "-D", "--defined-only", f"{where}/libsamebuild.so", code=0).out
    assert set(re.findall(r" T (\S+)@@SAMEBUILD_1$", shared, re.M)) == header
    assert set(re.findall(r" [A-Z] (\S+)", shared)) - {"SAMEBUILD_1"} == {f"{name}@@SAMEBUILD_1" for name in header}
    static = run("nm", "-g", "--defined-only", f"{where}/libsamebuild.a", code=0).out
    assert set(re.findall(r" [A-Z] (\S+)", static)) == header
    undefined = run("nm", "-u", f"{where}/libsamebuild.a", code=0).out
    assert not NEVER.findall(re.sub(r"__(\w+)_chk", r"\1", undefined)), NEVER.findall(undefined)
    sections = run("size", "-A", f"{where}/libsamebuild.a", code=0).out
    assert re.findall(r"^\.(data|bss)\s+(\d+)", sections, re.M) == [("data", "0"), ("bss", "0")], "no variables at file scope"


@case("the header stands alone, in C99 and in C++")
def _(folder):
    _, flags = install(folder)
    need("c++")
    with open("alone.c", "w", encoding="utf-8") as f:
        f.write("#include <samebuild.h>\nint main(void) { return (int)sizeof(struct samebuild_error) == 0; }\n")
    run("cc", "-std=c99", *WARNINGS, "-fsyntax-only", *flags("--cflags"), "alone.c", code=0)
    run("c++", "-std=c++11", "-x", "c++", *WARNINGS, "-fsyntax-only", *flags("--cflags"), "alone.c", code=0)


main()
