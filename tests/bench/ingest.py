#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ingest.py [BUILD [ROUNDS [MB]]]: taking in a .tar.xz of about 140 MB (or MB) against decoding and hashing it once, interleaved.

Floor: the same libraries, one thread, BLAKE2b of the decoded bytes. Record floor: and the SHA-256 and BLAKE2b of the archive itself,
which the manifest pins and the record names. Ingest does all of that, keeps a private copy, walks the archive, checks it, and hashes
every file, in a worker behind walls where bytes are foreign. Goal: at most 1.15x of the record floor.
"""
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile

import measure

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SB_BUILD_ROOT", "out/plain"))
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
BENCH = os.path.join(BUILD, "tests/bench/ingest_bench")
PACKED = float(sys.argv[3]) * 1e6 if len(sys.argv) > 3 else 140e6
NAME = f"tree-{PACKED / 1e6:.0f}.tar.xz"


def files_of_this_machine():
    for top in ("/usr/include", "/usr/share", "/usr/lib"):
        for folder, below, names in os.walk(top):
            below.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.R_OK):
                    yield path, os.path.getsize(path)


def compress(target, packed):
    """One pass: files go in until about @packed bytes have come out."""
    with open(target, "wb") as out:
        xz = subprocess.Popen(["xz", "-T2", "-3"], stdin=subprocess.PIPE, stdout=out)
        with tarfile.open(fileobj=xz.stdin, mode="w|", format=tarfile.GNU_FORMAT, dereference=True) as tar:
            for path, _ in files_of_this_machine():
                if os.path.getsize(target) > packed:
                    break
                entry = tar.gettarinfo(path)
                entry.type, entry.linkname = tarfile.REGTYPE, ""  # every name with content of its own
                entry.size = os.path.getsize(path)
                with open(path, "rb") as f:
                    tar.addfile(entry, f)
        xz.stdin.close()
        assert xz.wait() == 0


def archive():
    folder = measure.cache("ingest")
    path = os.path.join(folder, NAME)
    if not os.path.exists(path):
        compress(path + ".new", PACKED * 0.96)  # what xz still holds comes on top
        os.rename(path + ".new", path)
    with open(os.path.join(folder, "shipped"), "w") as f:
        f.write("x\n")
    return folder, path


folder, path = archive()
with open(path, "rb") as f:
    sha256 = hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(f.read()).hexdigest()
listed = int(subprocess.run(f"bsdtar -tf {path} | wc -l", shell=True, stdout=subprocess.PIPE, check=True).stdout)
floor_bytes = int(subprocess.run([BENCH, "floor", path], stdout=subprocess.PIPE, check=True).stdout)
take = [BENCH, "take", folder, NAME, sha256]
entries, content = (int(n) for n in subprocess.run(take + ["1"], stdout=subprocess.PIPE, check=True).stdout.split())
assert entries >= listed > 0 and 0 < content < floor_bytes, "not everything was taken: no figures"
extracted = tempfile.TemporaryDirectory(dir="/var/tmp")
results = measure.rounds({
    "floor": lambda: measure.once([BENCH, "floor", path]),
    "record floor": lambda: measure.once([BENCH, "floor2", path]),
    "samebuild, 1 thread": lambda: measure.once(take + ["1"]),
    "samebuild, 2 threads": lambda: measure.once(take + ["2"]),
    "xz -dc | b2sum": lambda: measure.once(["sh", "-c", f"xz -dc {path} | b2sum"]),
    "sha256sum, xz -dc | b2sum": lambda: measure.once(["sh", "-c", f"sha256sum {path}; xz -dc {path} | b2sum"]),
    "bsdtar -x": lambda: measure.once(["bsdtar", "-xf", path, "-C", extracted.name]),
    "bsdtar to mtree, sha256": lambda: measure.once(["bsdtar", "-cf", "-", "--format=mtree", "--options=sha256", f"@{path}"]),
}, ROUNDS, touch=int(1.3 * floor_bytes))
extracted.cleanup()
print(f"{os.path.getsize(path) / 1e6:.0f} MB packed, {floor_bytes / 1e6:.0f} MB decoded, {entries} entries, {ROUNDS} rounds")
measure.show(results)
for ours in ("samebuild, 1 thread", "samebuild, 2 threads"):
    for other in results:
        if not other.startswith("samebuild"):
            print(f"  {ours} against {other}: CPU {measure.ratio(results, ours, other, 0):.2f}x, wall {measure.ratio(results, ours, other, 1):.2f}x")
