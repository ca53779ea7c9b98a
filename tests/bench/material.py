# SPDX-License-Identifier: Apache-2.0
"""What the pairs of compare.py are made of: texts by a seed, libraries of this machine, and one time for all of them."""
import dataclasses
import os
import random

EPOCH = 1700000000
LIBRARIES = ("libcrypto.so.3", "libsodium.so.23", "libarchive.so.13", "libcapstone.so.4", "libc.so.6")


@dataclasses.dataclass
class Pair:
    name: str
    a: str
    b: str
    kind: str            # same, file, tree: which floor it has
    levels: tuple        # levels that are no error
    culprit: tuple = ()  # what one finding's `where` has to hold, outermost first
    goal: float = 0      # times less CPU than diffoscope; 0: none
    shared: bool = False # has members that two threads can share
    limit: float = 1.3   # times the floor
    floor: list = dataclasses.field(default_factory=list) # commands that are the floor together; none: the one that follows from the kind


def library(name):
    for folder in ("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64"):
        if os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    raise SystemExit(f"pairs.py: this machine has no {name}")


def same_time(root):
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            os.utime(os.path.join(folder, name), (EPOCH, EPOCH), follow_symlinks=False)
    os.utime(root, (EPOCH, EPOCH))


def write_texts(root, count):
    """Files like headers: median 4 kB, made of 800 words."""
    numbers = random.Random(count)
    words = ["".join(numbers.choices("abcdefghijklmnopqrstuvwxyz_", k=numbers.randint(2, 11))) for _ in range(800)]
    for number in range(count):
        folder = os.path.join(root, f"d{number // 100:03}")
        os.makedirs(folder, exist_ok=True)
        lines = min(int(numbers.lognormvariate(4.5, 1)), 3000) + 1
        with open(os.path.join(folder, f"f{number % 100:02}.h"), "w") as f:
            for _ in range(lines):
                f.write(" ".join(numbers.choices(words, k=7)) + "\n")
    same_time(root)
