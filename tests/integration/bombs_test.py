# SPDX-License-Identifier: Apache-2.0
"""Files made to exhaust whoever opens them: each ends in `undetermined` with the limit named, whichever side it stands on, in bounded memory."""
import bz2
import gzip
import lzma
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import time
import zipfile

from sbtest import PROGRAM, case, main, run, sb, start

STARVED = 96 << 20  # less than one large file; the goal for any input is 256 MB


def cut_by(limit, a="a", b="b"):
    """Both ways round and for every number of threads the same answer: nothing is decided, and this limit is why."""
    for first, second in ((a, b), (b, a)):
        records = [sb("compare", first, second, "--json", "-j", jobs, code=5) for jobs in ("1", "7")]
        assert records[0].out == records[1].out, f"the answer depends on -j: {records}"
        result = records[0].json()
        assert result["level"] == "undetermined", result["level"]
        names = {hit["name"] for hit in result["limits"]}
        assert limit in names, f"{limit} is not among {names}"


def zeros_by(compress, path, megabytes, tail):
    with open(path, "wb") as f:
        for _ in range(megabytes):
            f.write(compress.compress(bytes(1 << 20)))
        f.write(compress.compress(tail) + compress.flush())


@case("payloads that are far larger than the file together")
def _(folder):
    for name in "ab":
        with tarfile.open(name, "w") as packed:
            for number in range(3):  # none of them over the floor below which no ratio is judged
                zeros_by(lzma.LZMACompressor(preset=0), f"{number}.xz", 40, name.encode())
                packed.add(f"{number}.xz")
    cut_by("unpack-ratio-total")
    with tarfile.open("small", "w") as packed:
        for number in range(3):
            with open(f"{number}.xz", "wb") as f:
                f.write(lzma.compress(b"no bomb"))
            packed.add(f"{number}.xz")
    cut_by("unpack-ratio-total", "a", "small")


@case("one member far larger than what it takes in the archive")
def _(folder):
    # Ballast keeps the ratio of the whole below its limit.
    ballast = random.Random(1).randbytes(2 << 20)
    for name in "ab":
        zeros_by(lzma.LZMACompressor(preset=0), "bomb.xz", 80, name.encode())
        with tarfile.open(name, "w") as packed:
            with open("ballast", "wb") as f:
                f.write(ballast)
            packed.add("ballast")
            packed.add("bomb.xz")
    cut_by("unpack-ratio-member")


@case("containers in containers in containers")
def _(folder):
    for name in "ab":
        data = name.encode()
        for _ in range(20):
            data = gzip.compress(data, mtime=0)
        with open(name, "wb") as f:
            f.write(data)
    cut_by("nest-depth")


@case("an archive of very many entries")
def _(folder):
    local, central = struct.Struct("<IHHHHHIIIHH"), struct.Struct("<IHHHHHHIIIHHHHHII")
    for side, name in enumerate("ab"):
        body, directory, count = bytearray(), bytearray(), 300000
        for number in range(count):
            member = b"%07d" % number
            directory += central.pack(0x02014b50, 20, 20, 0, 0, 0, 33, 0, 0, 0, len(member), 0, 0, 0, 0, 0, len(body)) + member
            body += local.pack(0x04034b50, 20, 0, 0, 0, 33 + side, 0, 0, 0, len(member), 0) + member
        start_of_directory = len(body)
        body += directory
        end64 = len(body)
        body += struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, count, count, len(directory), start_of_directory)
        body += struct.pack("<IIQI", 0x07064b50, 0, end64, 1)
        body += struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0)
        with open(name, "wb") as f:
            f.write(body)
    cut_by("parts-bytes")


# A process inherits the peak of the one that started it, through exec: this suite has held much by now, so a small one is put between.
MEASURE = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, LD_PRELOAD=os.environ.pop("PRELOAD", "")))
_, status, used = os.wait4(child.pid, 0)
print(used.ru_maxrss * 1024, os.waitstatus_to_exitcode(status))
"""


def peak(*words, preload):
    """Bytes of the largest process of a run, and its exit code."""
    used, code = run(sys.executable, "-c", MEASURE, PROGRAM, *words, env={"PRELOAD": preload}, code=0).out.split()
    return int(used), int(code)


def pack(name, large):
    """@large as a member of containers of many kinds, beside a small one that holds @name."""
    os.mkdir(name + ".d")
    os.link(large, name + ".d/large")
    with open(name + ".d/small", "w") as f:
        f.write(name)
    with zipfile.ZipFile(name + ".zip", "w") as packed, tarfile.open(name + ".tar", "w") as tar:
        for member in ("large", "small"):
            packed.write(f"{name}.d/{member}", member)
            tar.add(f"{name}.d/{member}", member)
    with open(name + ".tar", "rb") as tar, gzip.open(name + ".tar.gz", "wb", compresslevel=0) as packed:
        shutil.copyfileobj(tar, packed)
    subprocess.run(["zstd", "-q", "-1", name + ".tar"], check=True)
    subprocess.run(["mkfs.jffs2", "-q", "-l", "-m", "none", "-r", name + ".d", "-o", name + ".jffs2"], check=True)


def memory_is_bounded(folder):
    numbers, size = random.Random(2), 128
    with open("large", "wb") as large, open("longer", "wb") as longer:
        for number in range(size):
            piece = numbers.randbytes(1 << 20)
            large.write(piece)
            longer.write(b"inserted" if number == size // 2 else b"")
            longer.write(piece)
    shutil.copy("large", "flipped")
    with open("flipped", "r+b") as f:
        for at in range(0, size << 20, 65536):
            f.seek(at)
            f.write(b"x")
    for name in "ab":
        pack(name, "large")
    # Nobody who looks only now and then ever gets a turn: what bounds the memory is what the readers themselves give back.
    starved = os.path.join(os.environ["SB_BUILD_ROOT"], "tests/integration/starved.so")
    pairs = [("large", "longer"), ("large", "flipped")] + [(f"a.{kind}", f"b.{kind}") for kind in ("d", "tar", "zip", "tar.gz", "tar.zst", "jffs2")]
    for a, b in pairs:
        for jobs in ("1", "8"):
            used, code = peak("compare", a, b, "--json", "-j", jobs, preload=starved)
            assert code == 1 and used < STARVED, f"{a} and {b}, {jobs} jobs: exit {code}, {used >> 20} MB"


if "ASAN_OPTIONS" not in os.environ and not os.environ.get("SB_BUILD_ROOT", "").endswith("asan"):
    case("memory is bounded, whatever comes in")(memory_is_bounded)  # sanitizers multiply memory: there the case does not exist


@case("an interrupted comparison ends at once")
def _(folder):
    numbers = random.Random(3)
    for name in "ab":
        with open(name, "wb") as f:
            f.write(bz2.compress(numbers.randbytes(24 << 20)))
    child = start(PROGRAM, "compare", "a", "b", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    asked = time.monotonic()
    code = child.wait(timeout=60)
    took = time.monotonic() - asked
    assert code == 130, code
    assert took < 5, f"{took:.1f} s"  # one second on a machine that does nothing else


main()
