#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The counting line itself: what failed, vanished or was skipped without leave must never be added up to a success."""
import json
import os
import subprocess
import sys

from sbtest import SOURCE, case, main

COUNT = os.path.join(SOURCE, "tests/harness/count.py")
TAP = "TAP version 13\n1..2\nok 1 - a\nok 2 - b\n"


def count(tests, *options, floors=None, allowed=None):
    with open("log.json", "w") as f:
        for suite, name, result, out in tests:
            f.write(json.dumps({"name": f"samebuild:{suite} / {name}", "result": result, "stdout": out}) + "\n")
    for name, text in (("floors", floors), ("allowed", allowed)):
        if text is not None:
            with open(name, "w") as f:
                f.write(text)
            options = (*options, f"--{name}", name)
    done = subprocess.run([sys.executable, COUNT, *options, "log.json"], stdout=subprocess.PIPE, text=True)
    return done.returncode, done.stdout.splitlines()[-1], done.stdout


@case("count: subtests are counted, and a whole test that speaks no TAP is one")
def _(_dir):
    assert count([("unit", "base", "OK", TAP), ("fuzz", "ar", "OK", "1 inputs\n")])[:2] == (0, "3 passed, 0 failed, 0 skipped")


@case("count: failed subtests, timeouts, and failures after the last subtest")
def _(_dir):
    assert count([("unit", "base", "FAIL", TAP.replace("ok 2", "not ok 2"))])[:2] == (1, "1 passed, 1 failed, 0 skipped")
    for result in ("TIMEOUT", "ERROR", "FAIL"):
        assert count([("unit", "base", result, TAP)])[:2] == (1, "2 passed, 1 failed, 0 skipped"), result


@case("count: nothing at all, and a log that is not there, are failures")
def _(_dir):
    assert count([])[:2] == (1, "0 passed, 0 failed, 0 skipped")
    done = subprocess.run([sys.executable, COUNT, "absent.json"], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stdout.endswith("0 passed, 1 failed, 0 skipped\n")


@case("count: a skip is no pass, and one without leave is a failure")
def _(_dir):
    tests = [("unit", "base", "OK", TAP.replace("ok 2 - b", "ok 2 - b # SKIP no strace"))]
    assert count(tests)[:2] == (0, "1 passed, 0 failed, 1 skipped")
    assert count(tests, allowed="no strace\n")[:2] == (0, "1 passed, 0 failed, 1 skipped")
    assert count(tests, allowed="# none\n")[:2] == (1, "1 passed, 1 failed, 0 skipped")


@case("count: a suite that is lost, or smaller than its floor, or without one")
def _(_dir):
    tests = [("unit", "base", "OK", TAP)]
    assert count(tests, floors="unit 2\n")[0] == 0
    assert count(tests, floors="unit 3\n")[:2] == (1, "2 passed, 1 failed, 0 skipped")
    assert count(tests, floors="unit 1\nstyle 1\n")[0] == 1
    assert count(tests, "--suites", "unit", floors="unit 1\nstyle 1\n")[0] == 0
    code, _, out = count(tests, "--suites", "unit golden", floors="unit 1\n")
    assert code == 1 and "golden: no floor" in out


@case("count: what a failed subtest said is shown, and no more; figures are shown of every test")
def _(_dir):
    out = "TAP version 13\n1..3\nnot ok 1 - a\n# Traceback\n# boom\nok 2 - b\n# figure: 3 of 4\nok 3 - c\n"
    shown = count([("hostile", "x", "FAIL", out)])[2]
    assert "FAILED samebuild:hostile / x 1 - a\n    # Traceback\n    # boom\nFIGURE samebuild:hostile / x 3 of 4\n" in shown, shown


main()
