# SPDX-License-Identifier: Apache-2.0
"""Paired measurements: CPU seconds with all descendants, wall seconds; the order turns round every other round."""
import os
import resource
import statistics
import subprocess
import tempfile
import time


def once(command, stdin=None, cwd=None, out=subprocess.DEVNULL):
    """CPU and wall seconds of one run; any failure ends the benchmark, since a program that gives up is always fast."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    source = open(stdin, "rb") if stdin else subprocess.DEVNULL
    done = subprocess.run(command, stdin=source, stdout=out, cwd=cwd, check=False)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if stdin:
        source.close()
    if done.returncode != 0:
        raise SystemExit(f"{command}: exit {done.returncode}; no figures")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def run(command, codes=(0,), keep=False):
    """((CPU seconds with descendants, wall seconds, peak MB of the largest process), stdout); any other exit code ends the benchmark."""
    with tempfile.TemporaryFile() as out:
        begin = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out if keep else subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if child.returncode not in codes:
            raise SystemExit(f"{command}: exit {child.returncode}; no figures")
        return (used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024), out.read()


def touch_memory(size):
    """Hypervisors take free memory away; touching a page again then costs microseconds and hits whoever needs memory first. Have it ready."""
    if size:
        with tempfile.NamedTemporaryFile(dir="/var/tmp") as sink:
            subprocess.run(["dd", "if=/dev/zero", f"of={sink.name}", "bs=1M", f"count={size >> 20}", "status=none"], check=True)


def rounds(programs, count, touch=0):
    """
    programs: {name: function that gives (cpu, wall)}; {name: [(cpu, wall)]} over @count rounds after one that warms up.
    touch: bytes of memory to make ready before each program.
    """
    results = {name: [] for name in programs}
    for number in range(count + 1):
        for name in sorted(programs, reverse=number % 2 == 1):
            touch_memory(touch)
            figures = programs[name]()
            if number:
                results[name].append(figures)
    return results


def ratio(results, a, b, which):
    """Median of a/b within a round; which: 0 CPU, 1 wall."""
    return statistics.median(x[which] / y[which] for x, y in zip(results[a], results[b]))


def show(results):
    for name, figures in results.items():
        cpu, wall = (statistics.median(column) for column in zip(*figures))
        print(f"  {name:28} CPU {cpu:7.3f} s   wall {wall:7.3f} s")


def cache(name):
    base = os.environ.get("SB_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "samebuild-tests")
    path = os.path.join(base, name)
    os.makedirs(path, exist_ok=True)
    return path
