#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Builds that put time, randomness, order and names of the machine into what they make: equal bytes when these are controlled, over runs
and over kinds of user, and other bytes as soon as one of them is varied. lua and zlib are real sources (they reach the package mirror),
and bubblewrap builds both alike.
"""
import functools
import glob
import hashlib
import os
import shutil
import tarfile

import corpus_inputs
from box import Box
from sbtest import ORDINARY_UID, case, main, need, ordinary, run

SOURCES = {"lua5.4": ("5.4.4-3+deb12u1", []), "zlib": ("1:1.2.13.dfsg-1", [])}
CONTROLLED = {"epoch": 1600000000, "clock": "frozen", "seed": 7, "kernel": "5.10.0", "hostname": "builder", "user": "vendor", "jobs": 2, "cpus": 2}
VARIED = {"epoch": {"epoch": 1600000001}, "seed": {"seed": 8}, "order": {"order": "reversed"}, "kernel": {"kernel": "5.10.1"},
          "host": {"hostname": "other"}, "user": {"user": "somebody"}}

# Everything that leaks, as one C header.
STAMP = '''{ date "+%s %N %c"; uname -a; id -un; nproc; od -An -N16 -tx1 /dev/urandom; mktemp -u; echo $$; pwd; ls -U .; bash -c 'echo $RANDOM $SRANDOM'
} | tr -d '"\\\\' | tr '\\n' ' ' | sed 's/.*/static const char stamp[] __attribute__((used)) = "&" __DATE__ __TIME__;/' > stamp.h'''
LUA = ["make -j\"$JOBS\" -C src liblua.a lua.o CC='gcc -std=gnu99' MYCFLAGS='-O0 -DLUA_USE_POSIX -include ../stamp.h'",
       'cd src && gcc -o ../out/lua lua.o liblua.a -lm -ldl -Wl,-E']
ZLIB = ["CFLAGS='-O0 -include stamp.h' ./configure --static", 'make -j"$JOBS" libz.a example', "cp libz.a example out/"]
RECIPES = {"lua5.4": LUA, "zlib": ZLIB}


@functools.cache
def sources():
    return corpus_inputs.Corpus("sources", SOURCES)


@functools.cache
def files_of(package):
    """The upstream source, without its top folder."""
    folder = sources().fetch(package)
    archive = glob.glob(os.path.join(folder, "*.orig.tar.*"))
    assert len(archive) == 1, os.listdir(folder)
    found = {}
    with tarfile.open(archive[0]) as tar:
        for member in tar:
            name = member.name.split("/", 1)[1] if "/" in member.name else ""
            if member.isfile() and name and not name.startswith(("contrib/", "doc/", "testes/")):
                found[name + ("*" if member.mode & 0o100 else "")] = tar.extractfile(member).read()
    assert len(found) > 50, len(found)
    return found


def digests(folder="built/out"):
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(top, name), "rb") as f:
                found[os.path.relpath(os.path.join(top, name), folder)] = hashlib.sha256(f.read()).hexdigest()
    assert found, f"nothing below {folder}"
    return found


def build(steps, files, control, path="/build/vendor/product-1"):
    shutil.rmtree("built", ignore_errors=True)
    Box(*steps, files=files, control=dict(CONTROLLED, **control), path=path, limits={"wall": "280s"}).rebuild()
    return digests()


known = {}


def expect_equal(name, steps, files):
    """Two runs are equal, and equal to those of the other kind of user."""
    first, second = build(steps, files, {}), build(steps, files, {})
    assert first == second, (first, second)
    assert known.setdefault(name, first) == first, "root and ordinary user differ"
    return first


def expect_varied(steps, files, first, axes):
    same = [axis for axis in axes if build(steps, files, VARIED[axis]) == first]
    assert not same, f"varied without effect: {same}"


@case("lua with time, randomness, order and names in it", user=True)
def _(_dir):
    steps, files = [STAMP, *LUA], files_of("lua5.4")
    first = expect_equal("lua", steps, files)
    assert set(first) == {"lua"}, first
    if not ordinary():
        expect_varied(steps, files, first, ("epoch", "seed"))


@case("zlib with time, randomness, order and names in it", user=True)
def _(_dir):
    steps, files = [STAMP, *ZLIB], files_of("zlib")
    first = expect_equal("zlib", steps, files)
    assert set(first) == {"libz.a", "example"}, first
    if not ordinary():
        expect_varied(steps, files, first, ("order", "kernel"))


GO = '''package main

import (
	"crypto/rand"
	"fmt"
	mrand "math/rand"
	"os"
	"time"
)

var stamp string

func main() {
	var bytes [8]byte
	rand.Read(bytes[:])
	mrand.Seed(time.Now().UnixNano())
	host, _ := os.Hostname()
	entries, _ := os.ReadDir(".")
	fmt.Println(stamp, time.Now().UnixNano(), bytes, mrand.Int63(), host, os.Getpid() > 0, len(entries))
}
'''


@case("a Go program, built and run, with time, randomness and names in it", user=True)
def _(_dir):
    need("go")
    # compiler and linker themselves: `go build` would make the standard library anew each time
    steps = ['root=$(go env GOROOT)/pkg/linux_amd64; go tool compile -trimpath "$PWD" -I "$root" -o main.o main.go && '
             "go tool link -L \"$root\" -o out/made -X main.stamp=$(date +%s%N)-$(od -An -N8 -tx1 /dev/urandom | tr -d ' ') main.o", "./out/made > out/said"]
    files = {"main.go": GO}
    first = expect_equal("go", steps, files)
    assert set(first) == {"made", "said"}, first
    if not ordinary():
        expect_varied(steps, files, first, ("epoch", "seed", "host"))


PYTHON = '''
import marshal, os, random, socket, sys, tempfile, time, uuid, platform, threading, collections
facts = [time.time(), time.time_ns(), time.ctime(), os.urandom(8), random.random(), uuid.uuid4(), uuid.uuid1(), hash("a"), tempfile.mktemp(), os.getpid(),
         list({str(n) for n in range(50)}), os.listdir("."), [os.stat(n).st_ino for n in sorted(os.listdir("."))], socket.gethostname(), platform.uname(),
         os.cpu_count(), len(os.sched_getaffinity(0)), os.getcwd(), dict(os.environ)["USER"], id(object()), time.monotonic() < 60]
source = "STAMP = " + repr(repr(facts))
open("out/module.py", "w").write(source)
open("out/module.pyc", "wb").write(marshal.dumps(compile(source, "module.py", "exec")))
'''


@case("a Python program, packed with time, randomness, hashes, addresses and order in it", user=True)
def _(_dir):
    steps, files = [["/usr/bin/python3", "pack.py"]], {"pack.py": PYTHON, **{f"data/{n}": str(n) for n in range(5)}, "b": "", "a": ""}
    first = expect_equal("python", steps, files)
    assert set(first) == {"module.py", "module.pyc"}, first
    if not ordinary():
        expect_varied(steps, files, first, tuple(VARIED))


@case("without control the same programs differ from run to run")
def _(_dir):
    """Else the cases above would prove nothing."""
    steps, files = [["/usr/bin/python3", "pack.py"]], {"pack.py": PYTHON}
    real = {"clock": "real", "seed": 0}
    assert build(steps, files, real) != build(steps, files, real)
    assert build([STAMP + "; cp stamp.h out/"], {"a": ""}, real) != build([STAMP + "; cp stamp.h out/"], {"a": ""}, real)


def in_bubblewrap(steps, files, path):
    """The same files at the same path with the same tools and variables, as bubblewrap shows them."""
    for name, data in files.items():
        place = os.path.join("tree", name.rstrip("*"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(place, 0o755 if name.endswith("*") else 0o644)
    os.makedirs("tree/out")
    if ordinary():
        run("chown", "-R", f"{ORDINARY_UID}:{ORDINARY_UID}", "tree", user=False, code=0)
    links = [w for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32") if os.path.islink(f"/{name}") for w in ("--symlink", os.readlink(f"/{name}"), f"/{name}")]
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC", "USER": "vendor", "LOGNAME": "vendor",
                 "SOURCE_DATE_EPOCH": str(CONTROLLED["epoch"]), "TERM": "dumb", "TMPDIR": "/tmp", "OUT": f"{path}/out", "JOBS": "2"}
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--ro-bind", "/usr", "/usr", *links, "--ro-bind", "/etc/alternatives", "/etc/alternatives",
             "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", os.path.abspath("tree"), path, "--chdir", path,
             *[w for name, value in variables.items() for w in ("--setenv", name, value)]]
    for step in steps:
        run(*words, "/bin/sh", "-c", "umask 022; " + step, timeout=280, code=0)
    return digests("tree/out")


@case("bubblewrap makes the same lua and zlib as we do", user=True)
def _(_dir):
    need("bwrap")
    path = "/build/oracle-1"
    for package, recipe in RECIPES.items():
        steps = ["echo 'static const char stamp[] __attribute__((used)) = __DATE__;' > stamp.h", *recipe]
        shutil.rmtree("tree", ignore_errors=True)
        ours = build(steps, files_of(package), {"clock": "real", "seed": 0}, path)
        theirs = in_bubblewrap(steps, files_of(package), path)
        assert ours == theirs, (package, ours, theirs)


main()
