#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""verify --solve under failing system calls and allocations: whatever fails, and in whichever of the rebuilds, nothing is reproduced that is not."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from sbtest import PROGRAM, case, main, need, sb, skip, start  # noqa: E402
from solving import Product, levels  # noqa: E402

ALLOCATIONS = os.path.join(os.environ["SB_BUILD_ROOT"], "tests/fault/fail_alloc.so")
SANITIZED = not os.path.exists(ALLOCATIONS)
KNOWN = {0, 1, 2, 3, 4, 5, 6, 70, 75}
LOADER = 127  # the loader itself could not read a library: main was never reached
QUIET = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
WORDS = ("verify", "drop.json", "--solve", "2", "--json", "-j1")
ERRORS = {"read": "EIO", "openat": "EIO", "openat2": "EIO", "mmap": "ENOMEM", "fstat": "EIO", "newfstatat": "EIO", "lseek": "EIO", "pread64": "EIO", "write": "EIO",
          "memfd_create": "EMFILE", "clone3": "EAGAIN", "getrandom": "EIO"}
RECIPE = ['printf "made by user %s in the folder %s\\n" "$(id -un)" "$PWD" > info']


def product(tampered):
    made = Product({"x": "x"}, RECIPE, ["info"])
    made.vendor()
    if tampered:
        with open("release/info", "rb") as f:
            data = f.read()
        with open("release/info", "wb") as f:
            f.write(data.replace(b"made by", b"made my"))
    expected = sb(*WORDS, code=1 if tampered else 0).json()
    assert levels(expected) == {"info": "different" if tampered else "reproduced"}, expected["solve"]


def run_under(before, env):
    process = start(*before, PROGRAM, *WORDS, env={**QUIET, **env}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def check(what, tampered, code, out, err):
    said = f"{what}: exit {code}, {out[:400]!r} {err[-400:]!r}"
    if b"LeakSanitizer does not work under ptrace" in err:  # the fault hit the sanitizer's own reading of its options
        return
    if code == LOADER or (code < 0 and what.startswith("getrandom")):  # libsodium gives up without random numbers
        assert not out, said
        return
    assert code in KNOWN, said
    record = json.loads(out) if out else None
    passes = record is not None and record.get("level") in ("identical", "reproduced", "unsigned-identical", "explained")
    assert not (tampered and (code == 0 or passes)), f"a pass out of a failure: {said}"
    if code == 0:
        assert levels(record) == {"info": "reproduced"} and record["level"] == "reproduced", said
    for artifact in (record or {}).get("artifacts", []):
        if artifact["level"] == "reproduced":
            assert not tampered and artifact["shipped"] == artifact["rebuilt"] and record["solve"]["files"][0]["rebuild"], said


def calls_of_a_start(call):
    """How often the loader and a program that does nothing make it."""
    start("strace", "-qq", "-o", "trace", "-e", f"trace={call}", PROGRAM, "--version", env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait(timeout=60)
    with open("trace", errors="replace") as f:
        return sum(line.startswith(call + "(") for line in f)


def under_calls(tampered):
    need("strace")
    product(tampered)
    reached, sticky = 0, "" if SANITIZED else "+"  # a sanitizer needs some of them itself, and dies without
    for call, error in ERRORS.items():
        if SANITIZED and call == "mmap":
            continue
        number = first = calls_of_a_start(call) + 1
        while number < 4000:
            code, out, err = run_under(["strace", "-qq", "-o", "trace", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}{sticky}"], {})
            with open("trace", errors="replace") as f:
                if "(INJECTED)" not in f.read():
                    break
            check(f"{call} {number}", tampered, code, out, err)
            reached += 1
            number = first + max(number - first + 1, (number - first) * 3 // 2)
    assert reached > 20, reached


def under_allocations(tampered):
    if SANITIZED:
        skip("a sanitizer brings its own allocator; the plain build runs this")
    product(tampered)
    number, reached = 1, 0
    for sign in (1, -1):
        number = 1
        while number < 10_000_000:
            env = {"LD_PRELOAD": ALLOCATIONS, "SB_FAIL_ALLOC": str(sign * number), "SB_FAIL_LOG": os.path.abspath("failed-alloc")}
            code, out, err = run_under([], env)
            if not os.path.exists("failed-alloc"):
                break
            os.unlink("failed-alloc")
            check(f"allocation {sign * number}", tampered, code, out, err)
            reached += 1
            number = max(number + 1, number * 8 // 7) if sign > 0 else number * 2
    assert reached > 20, reached


@case("a file with a planted byte is never reproduced, whichever call fails")
def _(_dir):
    under_calls(True)


@case("a file with a planted byte is never reproduced, whichever allocation fails")
def _(_dir):
    under_allocations(True)


@case("what is said to be reproduced is, whichever allocation fails")
def _(_dir):
    under_allocations(False)


main()
