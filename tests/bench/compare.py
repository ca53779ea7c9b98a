#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py [--build DIR] [--rounds N] [--peer N] [--only REGEX]: `samebuild compare` against the floor and against diffoscope.

Floor: decode both sides once and hash what comes out, with the same libraries (floor.c); "record floor" with the digests that a result carries.
All programs run interleaved, every other round backwards; ratios are medians of the ratios within a round. A wrong level or a culprit that no
finding names ends the benchmark: speed counts only where the answer is right. Peak memory is that of the largest process. --peer N: rounds with diffoscope (default 1 where it is installed; said loudly when it is not).
"""
import argparse
import json
import os
import re
import shutil
import statistics
import sys

import images
import measure
import pairs

LIMIT_MEMORY, LIMIT_THREADS = 256, 1.6


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=os.environ.get("SB_BUILD_ROOT", "out/plain"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=int, default=1)
    parser.add_argument("--only", default=".")
    return parser.parse_args()


def names(finding, culprit):
    """Every part of the culprit, in this order, somewhere on the way in."""
    way = [part.removeprefix("./") for part in [finding["artifact"]] + finding["where"]]
    at = 0
    for part in culprit:
        if part not in way[at:]:
            return False
        at += way[at:].index(part) + 1
    return True


def check(pair, text):
    """What is wrong with an answer; None when it is right."""
    result = json.loads(text)
    if result["level"] not in pair.levels:
        return f"level {result['level']}"
    if pair.culprit and not any(names(f, pair.culprit) for f in result["findings"]):
        return f"{'/'.join(pair.culprit)} is not named"
    return None


class Bench:
    def __init__(self, chosen):
        build = os.path.abspath(chosen.build)
        self.program = os.path.join(build, "verifier/cli/samebuild")
        self.floor = os.path.join(build, "tests/bench/floor")
        self.chosen = chosen
        self.peer = shutil.which("diffoscope")

    def ours(self, pair, jobs):
        figures, out = measure.run([self.program, "compare", pair.a, pair.b, "--json", "-j", str(jobs)], codes=(0, 1), keep=True)
        wrong = check(pair, out)
        if wrong:
            raise SystemExit(f"{pair.name}: {wrong}; no figures")
        return figures + (sum(f["primary"] for f in json.loads(out)["findings"]),)

    def floor_of(self, pair):
        """The sum of what a pair's own floor consists of, or the one of its kind."""
        paths = ["-e", pair.a, pair.b] if pair.kind == "same" else [pair.a, pair.b]
        commands = pair.floor or [[images.FLOOR] + (paths if pair.kind == "same" else ["-r"] + paths)]
        figures = [measure.run([self.floor if word == images.FLOOR else word for word in command])[0] for command in commands]
        return sum(f[0] for f in figures), sum(f[1] for f in figures), max(f[2] for f in figures)

    def programs(self, pair, peer):
        table = {
            "ours": lambda: self.ours(pair, 1),
            "ours2": lambda: self.ours(pair, 2),
            "record": lambda: self.floor_of(pair),
        }
        if peer:
            table["peer"] = lambda: measure.run([self.peer, "--no-progress", "--text", "/dev/null", pair.a, pair.b], codes=(0, 1))[0]
        return table

    def row(self, pair):
        results = {}
        for number in range(self.chosen.rounds + 1):
            programs = self.programs(pair, self.peer and 0 < number <= self.chosen.peer)
            order = sorted(programs, reverse=number % 2 == 1)
            figures = {name: programs[name]() for name in order}
            for name, value in figures.items() if number else ():
                results.setdefault(name, {})[number] = value
        return results


def ratio(results, a, b, which):
    both = results[a].keys() & results[b].keys()
    return statistics.median(results[a][n][which] / results[b][n][which] for n in both)


def show(pair, results):
    """One line of the table, and what misses its goal."""
    def cpu(name):
        return statistics.median(f[0] for f in results[name].values())
    floor, memory = ratio(results, "ours", "record", 0), max(f[2] for f in list(results["ours"].values()) + list(results["ours2"].values()))
    threads = ratio(results, "ours", "ours2", 1)
    peer = ratio(results, "peer", "ours", 0) if "peer" in results else None
    missed = [f"floor {floor:.2f} > {pair.limit}"] if floor > pair.limit else []
    missed += [f"memory {memory:.0f} MB"] if memory > LIMIT_MEMORY else []
    missed += [f"threads {threads:.2f} < {LIMIT_THREADS}"] if pair.shared and threads < LIMIT_THREADS else []
    missed += [f"diffoscope {peer:.1f} < {pair.goal}"] if peer and pair.goal and peer < pair.goal else []
    primary = max(f[3] for f in results["ours"].values())
    missed += [f"{primary} primary findings"] if primary > 10 else []
    print(f"{pair.name:16} {cpu('record'):8.3f} {cpu('ours'):8.3f} {floor:7.2f} {threads:8.2f} {memory:6.0f} "
          f"{cpu('peer') if peer else float('nan'):9.2f} {peer if peer else float('nan'):7.1f}  {'; '.join(missed) or 'met'}", flush=True)
    return missed


def show_growth(all_results):
    """Four times the files: how much more CPU."""
    for kind in ("tree", "tar", "zip"):
        small, large = all_results.get(f"{kind}_1250"), all_results.get(f"{kind}_10000")
        if small and large:
            factor = {name: statistics.median(large[name][n][0] / small[name][n][0] for n in large[name]) for name in ("ours", "record")}
            print(f"growth of {kind} from 1,250 to 10,000 members: {factor['ours']:.1f} times the CPU; the floor {factor['record']:.1f} times")


def main():
    bench = Bench(options())
    for needed in (bench.program, bench.floor):
        if not os.path.exists(needed):
            raise SystemExit(f"{needed} is missing: ninja -C {bench.chosen.build} verifier/cli/samebuild tests/bench/floor (which needs libsquashfs-dev)")
    if not bench.peer:
        print("diffoscope is NOT installed (apt-get install diffoscope-minimal): no peer is measured, no goal against it is shown", file=sys.stderr)
    place = measure.cache("compare-pairs-3")
    made = pairs.load(place)
    print(f"{'pair':16} {'record':>8} {'ours':>8} {'x floor':>7} {'2 thr.':>8} {'MB':>6} {'diffosc.':>9} {'ratio':>7}  goals")
    missed, all_results = 0, {}
    for pair in made:
        if re.search(bench.chosen.only, pair.name):
            all_results[pair.name] = bench.row(pair)
            missed += bool(show(pair, all_results[pair.name]))
    show_growth(all_results)
    print(f"{missed} of {len(all_results)} pairs miss a goal")


if __name__ == "__main__":
    main()
