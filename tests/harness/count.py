#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what meson ran, from its testlog.json files: subtests where a test speaks TAP, else the test itself.

A test that is not OK always counts as failed, whatever its subtests said: meson's own summary hides timeouts and failures after the
last subtest. With --allowed FILE every skip must be listed there. The last line is "N passed, N failed, N skipped".
"""
import json
import re
import sys


def tally(test):
    """(passed, failed names, skipped names) of one test."""
    out = test.get("stdout") or ""
    spoke_tap = re.search(r"^1\.\.\d+$|^TAP version", out, re.M)
    lines = re.findall(r"^(not ok|ok)\b(.*)$", out, re.M) if spoke_tap else []
    skipped = [rest.strip(" -") for word, rest in lines if word == "ok" and "# SKIP" in rest]
    failed = [rest.strip(" -") for word, rest in lines if word == "not ok"]
    passed = len(lines) - len(skipped) - len(failed)
    result = test["result"]
    if not lines and result == "SKIP":
        skipped = ["whole test"]
    elif not lines and result == "OK":
        passed = 1
    elif result not in ("OK", "SKIP", "EXPECTEDFAIL") and not failed:
        failed = [f"ended as {result}"]
    return passed, failed, skipped


def is_allowed(name, reason, allowed):
    return any(pattern in f"{name}: {reason}" for pattern in allowed)


def main(arguments):
    allowed = None
    if arguments and arguments[0] == "--allowed":
        with open(arguments[1]) as f:
            allowed = [line.strip() for line in f if line.strip() and not line.startswith("#")]
        arguments = arguments[2:]
    passed = failed = skipped = 0
    for path in arguments:
        try:
            log = open(path)
        except OSError as error:
            print(f"FAILED {path}: no test log ({error.strerror})")
            failed += 1
            continue
        with log:
            for line in log:
                test = json.loads(line)
                good, bad, left = tally(test)
                for reason in list(left):
                    if allowed is not None and not is_allowed(test["name"], reason, allowed):
                        left.remove(reason)
                        bad.append(f"skipped without being listed: {reason}")
                passed, failed, skipped = passed + good, failed + len(bad), skipped + len(left)
                for kind, rows in (("FAILED", bad), ("SKIPPED", left)):
                    for row in rows:
                        print(kind, test["name"], row)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
