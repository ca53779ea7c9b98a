#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every crafted archive through the room that unpacks, without the command line: which error, which entry, which remark."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_archives  # noqa: E402
from sbtest import case, main, own, run  # noqa: E402

PROBE = os.path.join(os.environ["SB_BUILD_ROOT"], "tests/hostile/unpack_probe")
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size(text):
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


def unpack(crafted):
    with open(crafted.file, "wb") as f:
        f.write(crafted.data)
    own(crafted.file)
    limits = crafted.limits
    out = run(PROBE, crafted.file, str(limits.get("entries", 1000000)), str(size(limits.get("unpacked", "64G"))), timeout=120)
    os.unlink(crafted.file)
    assert os.listdir(".") == [], "something was written beside the archive"
    assert out.code == 0, out
    return out.out


def judge(crafted, out, good):
    """What is wrong with the answer, or None. @good: the answer to an archive without fault."""
    lines = out.splitlines()
    if crafted.or_good and out == good:
        return None
    if crafted.refuse is None:
        if not lines[0].startswith("taken"):
            return "refused: " + " | ".join(lines)
        if crafted.notice and not any(line.startswith(f"notice {crafted.notice} ") for line in lines):
            return f"no notice {crafted.notice}: " + " | ".join(lines)
        return None
    if lines[0] not in ["refused " + i for i in (crafted.refuse, *crafted.also)]:
        return f"expected {crafted.refuse}: " + " | ".join(lines[:4])
    where = lines[1][len("where "):].split(" > ")
    if where[0] != crafted.file:
        return f"does not begin with {crafted.file}: {lines[1]}"
    if crafted.entry and crafted.entry not in where:
        return f"does not name {crafted.entry}: {lines[1]}"
    return None


def register(family):
    @case(f"unpack: {family.__name__.replace('_', ' ')}", user=True)
    def _(_):
        wrong, count = [], 0
        good = unpack(make_archives.Case("good", "a.tar", make_archives.GOOD))
        for crafted in family():
            count += 1
            fault = judge(crafted, unpack(crafted), good)
            if fault:
                wrong.append(f"{crafted.name}: {fault}")
        assert count > 0
        assert not wrong, f"{len(wrong)} of {count} wrong\n" + "\n".join(wrong)


for each in make_archives.FAMILIES:
    register(each)
main()
