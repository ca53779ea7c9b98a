#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what meson ran, from its testlog.json files: subtests where a test speaks TAP, else the test itself.

A test that is not OK always counts as failed, whatever its subtests said: meson's own summary hides timeouts and failures after the
last subtest. What a failed subtest said, and lines "# figure: …" of any test, are shown, since meson keeps them to itself. With
--allowed FILE every skip must be listed there. With --floors FILE no suite that the file names may have fewer tests than it says, and --suites "NAME…" restricts that to the suites that were run: a lost suite fails the run. The last line is
"N passed, N failed, N skipped".
"""
import argparse
import collections
import itertools
import json
import re
import sys

MOST_LINES, MOST_WIDTH = 40, 400


def tally(test):
    """(passed, failed names, skipped names) of one test."""
    out = test.get("stdout") or ""
    spoke_tap = re.search(r"^1\.\.\d+$|^TAP version", out, re.M)
    lines = re.findall(r"^(not ok|ok)\b ?(.*)$", out, re.M) if spoke_tap else []
    skipped = [rest.strip(" -") for word, rest in lines if word == "ok" and "# SKIP" in rest]
    failed = [rest.strip() for word, rest in lines if word == "not ok"]
    passed = len(lines) - len(skipped) - len(failed)
    result = test["result"]
    if not lines and result == "SKIP":
        skipped = ["whole test"]
    elif not lines and result == "OK":
        passed = 1
    elif result not in ("OK", "SKIP", "EXPECTEDFAIL") and not failed:
        failed = [f"ended as {result}"]
    return passed, failed, skipped


def said(test, name):
    """What a failed subtest wrote after its "not ok" line; the end of it, where the reason stands."""
    _, _, after = (test.get("stdout") or "").partition(f"not ok {name}\n")
    lines = itertools.takewhile(lambda line: not re.match(r"(not )?ok\b", line), after.splitlines())
    return [line[:MOST_WIDTH] for line in lines][-MOST_LINES:]


def figures(test):
    return re.findall(r"^# figure: (.*)$", test.get("stdout") or "", re.M)


def is_allowed(name, reason, allowed):
    return any(pattern in f"{name}: {reason}" for pattern in allowed)


def read_lines(path):
    with open(path) as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def suite_of(test):
    """"samebuild:unit / base" belongs to unit."""
    return test["name"].partition(":")[2].partition(" / ")[0]


def lost(found, floors, suites):
    """Suites with fewer tests than their floor; one without a floor could vanish unseen."""
    for suite in suites if suites is not None else sorted(floors):
        if suite not in floors:
            yield f"{suite}: no floor in the list"
        elif found[suite] < floors[suite]:
            yield f"{suite}: {found[suite]} tests, {floors[suite]} at least were there before"


def load(path):
    """The tests of a log, or None."""
    try:
        with open(path) as log:
            return [json.loads(line) for line in log]
    except OSError as error:
        print(f"FAILED {path}: no test log ({error.strerror})")
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--allowed")
    parser.add_argument("--floors")
    parser.add_argument("--suites")
    parser.add_argument("logs", nargs="+")
    asked = parser.parse_args()
    allowed = read_lines(asked.allowed) if asked.allowed else None
    passed = failed = skipped = 0
    found = collections.Counter()
    for tests in map(load, asked.logs):
        failed += tests is None
        for test in tests or []:
            good, bad, left = tally(test)
            found[suite_of(test)] += good + len(bad) + len(left)
            for reason in list(left):
                if allowed is not None and not is_allowed(test["name"], reason, allowed):
                    left.remove(reason)
                    bad.append(f"skipped without being listed: {reason}")
            passed, failed, skipped = passed + good, failed + len(bad), skipped + len(left)
            for kind, rows in (("FAILED", bad), ("SKIPPED", left)):
                for row in rows:
                    print(kind, test["name"], row)
                    print("".join(f"    {line}\n" for line in said(test, row)), end="")
            for figure in figures(test):
                print("FIGURE", test["name"], figure)
    if asked.floors:
        floors = {suite: int(number) for suite, number in (line.split() for line in read_lines(asked.floors))}
        for row in lost(found, floors, asked.suites.split() if asked.suites is not None else None):
            print("FAILED floor of", row)
            failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
