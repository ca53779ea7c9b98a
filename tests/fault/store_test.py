#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The store under failing system calls: every N-th call fails once, or the process is killed there. Whatever happens, the program says
so, the store holds whole objects only, and the next run succeeds and leaves nothing behind."""
import os
import subprocess

from sbtest import case, main, need, own, run, skip, start, under_ptrace

PROBE = os.path.join(os.environ["SB_BUILD_ROOT"], "tests/fault/store_probe")
CONTENT = os.urandom(700_000)
MOST = 60


def traced(inject, *args, path=None):
    """Exit code, output, and whether the fault was reached. @path: only calls that touch it, which leaves the loader's own alone."""
    call = inject.split(":")[0]
    only = ("-P", path) if path else ()
    process = start("strace", "-f", "-qq", "-o", "trace", *only, "-e", f"trace={call}", "-e", f"inject={inject}", PROBE, *args,
                    env=under_ptrace(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out, _ = process.communicate(timeout=60)
    with open("trace", errors="replace") as f:
        text = f.read()
    if "PTRACE" in text or process.returncode == 1 and not text and not out:
        skip("strace cannot trace here; allow ptrace")
    return process.returncode, out.decode(), "(INJECTED)" in text or "killed by SIGKILL" in text


def prepare():
    need("strace")
    with open("content", "wb") as f:
        f.write(CONTENT)
    own()


def expect_sound(what):
    """Whole objects only; and a run without a fault keeps the content and sweeps what was left."""
    if os.path.isdir("store/objects"):
        objects, damaged, _ = (int(n) for n in run(PROBE, "check", "store", code=0).out.split())
        assert damaged == 0 and objects <= 1, f"{what}: {objects} objects, {damaged} damaged"
    assert run(PROBE, "put", "store", "content").out == "kept\n", what
    assert run(PROBE, "check", "store", code=0).out == "1 0 0\n", what
    run("rm", "-rf", "store", code=0)


def every(inject, may_succeed=False, ids=None):
    """@inject holds a %d for the number of the call. Ends when a run was not reached by the fault."""
    prepare()
    reached = 0
    for number in range(1, MOST):
        code, out, hit = traced(inject % number, "put", "store", "content")
        if not hit:
            assert code == 0 and out == "kept\n", f"without a fault: exit {code}, {out}"
            break
        reached += 1
        what = f"{inject % number}: exit {code}, {out}"
        assert may_succeed or code != 0 or out == "kept\n", what
        if code == 0:
            assert may_succeed, f"succeeded in spite of it: {what}"
        if ids and out:
            assert out.split()[1] in ids, what
        expect_sound(what)
    else:
        raise AssertionError(f"{inject}: no end after {MOST} calls")
    assert reached > 0, f"{inject}: never reached"


@case("store: no space while writing", user=True)
def _(_):
    every("write:error=ENOSPC:when=%d", ids=("store-full",))


@case("store: input and output errors while writing")
def _(_):
    every("write:error=EIO:when=%d", ids=("store-unwritable",))


@case("store: a failed fsync is no success", user=True)
def _(_):
    every("fsync:error=EIO:when=%d", ids=("store-unwritable",))


@case("store: content first, then the name, then the folder", user=True)
def _(_):
    prepare()
    start("strace", "-f", "-qq", "-y", "-o", "trace", "-e", "trace=fsync,linkat", PROBE, "put", "store", "content", env=under_ptrace(),
          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).wait(timeout=60)
    with open("trace") as f:
        calls = [line.split(None, 1)[1] for line in f if "fsync" in line or "linkat" in line]
    link = next(n for n, call in enumerate(calls) if call.startswith("linkat"))
    assert any(call.startswith("fsync") and ("(deleted)" in call or ".tmp-" in call) for call in calls[:link]), calls
    name = calls[link].split('"')[3]
    assert any(call.startswith("fsync") and os.path.dirname(name) + ">" in call for call in calls[link:]), calls


@case("store: no space for a name")
def _(_):
    every("linkat:error=ENOSPC:when=%d", ids=("store-full",))


@case("store: no folder can be made")
def _(_):
    every("mkdirat:error=ENOSPC:when=%d", ids=("store-full",))


@case("store: no descriptor left")
def _(_):
    every("openat:error=EMFILE:when=%d", may_succeed=True)


@case("store: interrupted and short calls are normal")
def _(_):
    prepare()
    for inject, path in (("write:error=EINTR:when=1..3", None), ("read:error=EINTR:when=1..3", "content"), ("write:retval=1:when=1", None)):
        code, out, hit = traced(inject, "put", "store", "content", path=path)
        if inject.startswith("write:retval"):
            # strace only pretends that a byte was written: the object must then not be called by the content's digest unread
            assert hit
            run("rm", "-rf", "store", code=0)
            continue
        assert hit and code == 0 and out == "kept\n", f"{inject}: {code} {out}"
        expect_sound(inject)


@case("store: killed at every step", user=True)
def _(_):
    for call in ("write", "fsync", "linkat", "mkdirat"):
        every(call + ":signal=KILL:when=%d", may_succeed=True)


@case("store: a file system without nameless files", user=True)
def _(_):
    prepare()
    # the openat that asks for O_TMPFILE is the one on "objects" for writing: find it, then refuse it as such file systems do
    traced("openat:error=EOPNOTSUPP:when=999", "put", "store", "content")
    with open("trace") as f:
        numbers = [n for n, line in enumerate(f, 1) if "TMPFILE" in line]
    run("rm", "-rf", "store", code=0)
    assert numbers, "the store asks for no nameless file"
    code, out, hit = traced(f"openat:error=EOPNOTSUPP:when={numbers[0]}", "put", "store", "content")
    assert hit and code == 0 and out == "kept\n", f"{code} {out}"
    expect_sound("fallback")
    for call in ("write", "fsync", "linkat", "flock"):
        for number in range(1, 5):
            process = start("strace", "-f", "-qq", "-o", "trace", "-e", f"inject=openat:error=EOPNOTSUPP:when={numbers[0]}", "-e",
                            f"inject={call}:signal=KILL:when={number}", PROBE, "put", "store", "content", env=under_ptrace(), stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            process.wait(timeout=60)
            expect_sound(f"fallback, killed at {call} {number}")


@case("store: a disk that is really full", user=True)
def _(_):
    prepare()
    script = ('mount -t tmpfs -o size=300k,mode=0700 none store && "$0" put store content; code=$?; "$0" check store; exit $code')
    os.mkdir("store")
    own()
    result = run("unshare", "-Urm", "sh", "-c", script, PROBE)
    if "unshare" in result.err:
        skip("no user namespaces here: sysctl kernel.unprivileged_userns_clone=1")
    assert result.code == 1 and result.out.splitlines() == [f"failed store-full {-8}", "0 0 0"], result


main()
