#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""environment.py [BUILD [ROUNDS [NAME...]]]: what the controlled environment costs, as root and as an ordinary user, paired and interleaved.

Start and stop: a drop of one small file with the step `true`, taken in, built, its output written, against plain `true` and bubblewrap.
Builds: upstream sources, unpacked and built by the same commands on a tmpfs outside; outputs must be equal bytes. "sandbox" has the
clock shifted and randomness seeded, "walls only" has both real. With the name "trace" they are built in the environment with and without a
trace instead; goal: at most 1.15x. "first trace" knows no digests of the root from earlier builds, and digests compilers and libraries. Goals: at most 1.1x the CPU of the plain build, less than 100 ms a start.
The ordinary user's rounds need root, to become one.
"""
import glob
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "harness"), os.path.join(HERE, "..", "integration")]
import corpus_inputs  # noqa: E402
import measure  # noqa: E402

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SB_BUILD_ROOT", "out/plain"))
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
CHOSEN = sys.argv[3:]
PROGRAM = os.path.join(BUILD, "verifier/cli/samebuild")
PROBE = os.path.join(BUILD, "tests/integration/trace_probe")
USER = 54321
SOURCES = {"net-tools": ("2.10-0.1+deb12u2", []), "giflib": ("5.2.1-2.5+deb12u1", []), "cjson": ("1.7.15-1+deb12u4", []),
           "libsodium": ("1.0.18-1+deb12u1", []), "zlib": ("1:1.2.13.dfsg-1", [])}
CONFIGURE = "./configure --disable-dependency-tracking --disable-shared --prefix=/usr >/dev/null"
# name: source, steps, outputs that must be equal
CASES = {
    "net-tools": ("net-tools", ["yes '' | make config >/dev/null", "CFLAGS=-O2 make >/dev/null 2>&1"], ["ifconfig", "netstat", "route"]),
    "giflib": ("giflib", ["make CFLAGS='-O2 -fPIC -std=gnu99' libgif.a giftext gif2rgb >/dev/null"], ["libgif.a", "giftext", "gif2rgb"]),
    "cjson": ("cjson", ["make CFLAGS='-O2 -fPIC -std=c89' static shared >/dev/null"], ["libcjson.a", "libcjson_utils.a"]),
    "libsodium": ("libsodium", ["CFLAGS=-O1 CCASFLAGS=-O1 " + CONFIGURE, "make >/dev/null 2>&1"], ["src/libsodium/.libs/libsodium.a"]),
    "configure": ("zlib", ["for i in 1 2 3; do ./configure >/dev/null; done"], ["Makefile", "zconf.h"]),
}
VARIABLES = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb", "TMPDIR": "/tmp", "JOBS": "1",
             "SOURCE_DATE_EPOCH": "1600000000"}


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def write_drop(folder, archive, steps, outputs, control):
    os.makedirs(os.path.join(folder, "shipped"))
    for number, _ in enumerate(outputs):
        with open(os.path.join(folder, "shipped", str(number)), "w") as f:
            f.write("placeholder\n")
    os.link(archive, os.path.join(folder, "source.tar"))
    drop = {"schema": "samebuild-drop/1", "name": "bench", "version": "1", "sources": [{"path": "source.tar", "sha256": sha256(archive), "strip": 1}],
            "toolchain": {"root": "host"}, "build": {"path": "/build/bench", "steps": [{"sh": s} for s in steps], "control": dict({"epoch": 1600000000}, **control)},
            "outputs": [{"shipped": f"shipped/{n}", "built": name} for n, name in enumerate(outputs)]}
    with open(os.path.join(folder, "drop.json"), "w") as f:
        json.dump(drop, f)


def archive_of(corpus, package, folder):
    """The upstream source as a plain tar, with its configure script: neither decompressors nor autoconf are measured."""
    found = [name for name in glob.glob(os.path.join(corpus.fetch(package), "*.orig.tar.*")) if not name.endswith(".asc")]
    assert len(found) == 1, found
    path, tree = os.path.join(folder, package + ".tar"), os.path.join(folder, package, "top")
    os.makedirs(tree)
    subprocess.run(["tar", "-xf", found[0], "--strip-components=1", "--no-same-owner", "-C", tree], check=True)
    if os.path.exists(os.path.join(tree, "autogen.sh")) and not os.path.exists(os.path.join(tree, "configure")):
        subprocess.run(["autoreconf", "-fi"], cwd=tree, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["tar", "-cf", path, "--owner=0", "--group=0", "-C", os.path.dirname(tree), "top"], check=True)
    shutil.rmtree(os.path.dirname(tree))
    return path


class Side:
    """One way to build one case as one user."""

    def __init__(self, top, name, case, archive, user, control=None):
        self.steps, self.outputs, self.archive, self.user, self.control = case[1], case[2], archive, user, control
        self.folder = os.path.join(top, f"{name}-{'plain' if control is None else '-'.join(map(str, control.values()))}-{user}")
        os.mkdir(self.folder)
        if control is not None:
            write_drop(self.folder, archive, self.steps, self.outputs, control)
        self.own()

    def own(self):
        if self.user:
            subprocess.run(["chown", "-R", f"{self.user}:{self.user}", self.folder], check=True)

    def as_user(self, words):
        demote = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if self.user else []
        return ["env", "-i", *[f"{k}={v}" for k, v in VARIABLES.items()], *demote, *words]

    def __call__(self):
        tree = os.path.join(self.folder, "made")
        shutil.rmtree(tree, ignore_errors=True)
        if self.control is None:
            script = f"mkdir {tree} && tar -xf {self.archive} --strip-components=1 -C {tree} && cd {tree} && " + " && ".join(f"( {s} )" for s in self.steps)
            figures = measure.once(self.as_user(["sh", "-c", "umask 022; " + script]))
        else:
            figures = measure.once(self.as_user([PROGRAM, "rebuild", os.path.join(self.folder, "drop.json"), "-O", tree, "-q"]))
        self.digests = [sha256(os.path.join(tree, name)) for name in self.outputs]
        return figures


def start_and_stop(top, archive, user):
    side = Side(top, "start", (None, ["true"], ["a"]), archive, user, {"clock": "shift", "seed": 7})
    bwrap = ["bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
             "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "true"]
    results = measure.rounds({"plain true": lambda: measure.once(side.as_user(["true"])), "bubblewrap": lambda: measure.once(side.as_user(bwrap)),
                              "samebuild rebuild": side}, max(ROUNDS, 15))
    print(f"start and stop, {'ordinary user' if user else 'root'}")
    measure.show(results)
    for which, name in ((1, "wall"), (0, "CPU")):
        more = [1000 * (ours[which] - plain[which]) for ours, plain in zip(results["samebuild rebuild"], results["plain true"])]
        print(f"  samebuild rebuild over plain true: {name} {statistics.median(more):.0f} ms, best {min(more):.0f} ms", flush=True)


def builds(top, name, archive, user):
    case = CASES[name]
    sides = {"plain": Side(top, name, case, archive, user), "sandbox": Side(top, name, case, archive, user, {"clock": "shift", "seed": 7}),
             "walls only": Side(top, name, case, archive, user, {"clock": "real", "seed": 0})}
    results = measure.rounds(sides, ROUNDS)
    made = {tuple(side.digests) for side in sides.values()}
    assert len(made) == 1, f"{name}: the sides made different files: no figures"
    print(f"{name}, {'ordinary user' if user else 'root'}, {ROUNDS} rounds")
    measure.show(results)
    for side in ("sandbox", "walls only"):
        print(f"  {side} against plain: CPU {measure.ratio(results, side, 'plain', 0):.3f}x, wall {measure.ratio(results, side, 'plain', 1):.3f}x", flush=True)
    for side in sides.values():
        shutil.rmtree(side.folder)


def traces(top, name, archive, user):
    """The same build in the same environment, with a trace and without."""
    _source, steps, outputs = CASES[name]
    tree = os.path.join(top, f"{name}-traced-{user}")
    os.mkdir(tree)
    subprocess.run(["tar", "-xf", archive, "--strip-components=1", "--no-same-owner", "-C", tree], check=True)
    if user:
        subprocess.run(["chown", "-R", f"{user}:{user}", tree], check=True)
    demote = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []

    def side(seed, *variables):
        return lambda: measure.once(["env", *variables, *demote, PROBE, tree, seed, outputs[0], *steps])

    book = os.path.join(top, f"digests-{user}")
    os.makedirs(book, exist_ok=True)
    os.chown(book, user, -1)
    results = measure.rounds({"sandbox": side("-"), "traced": side("1", "TRACE_PROBE_DIGESTS=" + book), "first trace": side("1")}, ROUNDS)
    print(f"{name}, {'ordinary user' if user else 'root'}, {ROUNDS} rounds")
    measure.show(results)
    for traced in ("traced", "first trace"):
        print(f"  {traced} against sandbox: CPU {measure.ratio(results, traced, 'sandbox', 0):.3f}x, wall {measure.ratio(results, traced, 'sandbox', 1):.3f}x",
              flush=True)
    shutil.rmtree(tree)


def main():
    corpus = corpus_inputs.Corpus("environment", SOURCES)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as top:
        os.chmod(top, 0o755)
        small = os.path.join(top, "small.tar")
        with tarfile.open(small, "w") as archive:
            archive.add(__file__, "top/a")
        wanted = {CASES[name][0] for name in [name for name in CHOSEN if name in CASES] or CASES if CHOSEN != ["start"]}
        archives = {package: archive_of(corpus, package, top) for package in sorted(wanted)}
        users = (0, USER) if os.getuid() == 0 else (0,)
        for user in users:
            if not CHOSEN or "start" in CHOSEN:
                start_and_stop(top, small, user)
        for name in [name for name in CHOSEN if name in CASES] or CASES if CHOSEN != ["start"] else ():
            for user in users:
                if "trace" in CHOSEN:
                    traces(top, name, archives[CASES[name][0]], user)
                else:
                    builds(top, name, archives[CASES[name][0]], user)


main()
