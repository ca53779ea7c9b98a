#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hash.py [BUILD [ROUNDS]]: hashing against b2sum and sha256sum over the same files, interleaved, warm page cache.

Two trees, made once in the cache: 60,000 small files, and four large ones. samebuild makes both digests in one pass on two threads;
the peers run one after the other. Goal: no more CPU than both together, faster by wall clock. The digests are compared before
anything is measured.
"""
import os
import random
import subprocess
import sys
import tempfile

import measure

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SB_BUILD_ROOT", "out/plain"))
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
BENCH = os.path.join(BUILD, "tests/bench/hash_bench")


def make_small(folder):
    """Sizes as in source trees: median 3 kB, mean 8 kB."""
    numbers = random.Random(60000)
    for folder_number in range(600):
        below = os.path.join(folder, f"d{folder_number:03}")
        os.mkdir(below)
        for number in range(100):
            size = min(int(numbers.lognormvariate(8.0, 1.4)), 1 << 20)
            with open(os.path.join(below, f"f{number:02}.c"), "wb") as f:
                f.write(numbers.randbytes(size))


def make_large(folder):
    numbers = random.Random(4)
    for number in range(4):
        with open(os.path.join(folder, f"image{number}"), "wb") as f:
            for _ in range(200):
                f.write(numbers.randbytes(1 << 20))


def tree(name, make):
    folder = measure.cache(name)
    if not os.path.exists(os.path.join(folder, "whole")):
        subprocess.run(["rm", "-rf", os.path.join(folder, "tree")], check=True)
        os.mkdir(os.path.join(folder, "tree"))
        make(os.path.join(folder, "tree"))
        open(os.path.join(folder, "whole"), "w").close()
    return os.path.join(folder, "tree")


def names_below(folder):
    found = []
    for path, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(path, name), folder) for name in names]
    return sorted(found)


def digests(program, listing, folder):
    out = subprocess.run(["xargs", "-a", listing, program], cwd=folder, stdout=subprocess.PIPE, check=True).stdout
    return {name: digest for digest, name in (line.split("  ") for line in out.decode().splitlines())}


def check(listing, folder):
    """Equal digests, file by file, or no figures."""
    with open(listing, "rb") as f:
        out = subprocess.run([BENCH, "2", folder], stdin=f, stdout=subprocess.PIPE, check=True).stdout
    ours = {name: (a, b) for a, b, name in (line.split("  ") for line in out.decode().splitlines())}
    blake, sha = digests("b2sum", listing, folder), digests("sha256sum", listing, folder)
    assert ours and ours == {name: (blake[name], sha[name]) for name in blake}, "digests differ: no figures"
    return len(ours)


def bench(name, folder):
    names = names_below(folder)
    listing = tempfile.NamedTemporaryFile("w", prefix="samebuild-bench-")
    listing.write("".join(n + "\n" for n in names))
    listing.flush()
    count, size = check(listing.name, folder), sum(os.stat(os.path.join(folder, n)).st_size for n in names)
    xargs = ["xargs", "-a", listing.name]
    ours = lambda jobs: lambda: measure.once([BENCH, str(jobs), folder], stdin=listing.name)
    results = measure.rounds({
        "b2sum": lambda: measure.once(xargs + ["b2sum"], cwd=folder),
        "sha256sum": lambda: measure.once(xargs + ["sha256sum"], cwd=folder),
        "samebuild, 1 thread": ours(1),
        "samebuild, 2 threads": ours(2),
    }, ROUNDS)
    results["b2sum then sha256sum"] = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(results["b2sum"], results["sha256sum"])]
    print(f"{name}: {count} files, {size / 1e6:.0f} MB, {ROUNDS} rounds, digests equal")
    measure.show(results)
    for ours_name in ("samebuild, 1 thread", "samebuild, 2 threads"):
        print(f"  {ours_name} against both: CPU {measure.ratio(results, ours_name, 'b2sum then sha256sum', 0):.2f}x, "
              f"wall {measure.ratio(results, ours_name, 'b2sum then sha256sum', 1):.2f}x")


bench("small files", tree("hash-small", make_small))
bench("large files", tree("hash-large", make_large))
