#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The walk-through of docs/firmware.md: every command in it runs, and prints what is shown there."""
import os
import re
import shutil

from sbtest import PROGRAM, SOURCE, case, main, need, run

PAGE = os.path.join(SOURCE, "docs", "firmware.md")


def steps(text):
    """(command, lines that must come) of all blocks, in order."""
    out = []
    for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                out.append((line[2:], []))
            elif line.startswith("> "):
                out[-1] = (out[-1][0] + "\n" + line[2:], out[-1][1])
            else:
                out[-1][1].append(line)
    return out


def missing(shown, printed):
    """The first of the lines that does not come, in order."""
    lines = iter(printed.splitlines())
    for line in shown:
        pattern = re.compile(".*".join(re.escape(part) for part in line.rstrip().split("…")))
        if not any(pattern.fullmatch(candidate.rstrip()) for candidate in lines):
            return line
    return None


@case("docs/firmware.md: an honest delivery is explained, a changed daemon is named")
def _(folder):
    need("mkimage", "dtc", "mksquashfs", "mkfs.ext4", "debugfs", "sfdisk", "busybox", "gcc", "make", "xz")
    shutil.copytree(os.path.join(SOURCE, "docs", "firmware"), "firmware")
    with open(PAGE, encoding="utf-8") as f:
        todo = steps(f.read())
    assert len(todo) > 12, todo
    os.makedirs("bin")
    os.symlink(PROGRAM, "bin/samebuild")
    for command, shown in todo:
        result = run("bash", "-c", command, env={"LC_ALL": "C.UTF-8", "PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"]}, timeout=300, code=0)
        left = missing(shown, result.out)
        assert left is None, f"{command!r} does not print {left!r}: {result}"


if __name__ == "__main__":
    main()
