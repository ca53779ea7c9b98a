# SPDX-License-Identifier: Apache-2.0
"""Discs that a distribution ships, made with grub-mkrescue, genisoimage and xorriso: one changed byte is found, whatever it is in."""
import glob
import os
import pathlib
import shutil

from sbtest import cache, case, main, need, run, sb, skip

DISCS = {"grub-rescue-pc": "usr/lib/grub-rescue/grub-rescue-cdrom.iso", "ipxe": "usr/lib/ipxe/ipxe.iso", "memtest86+": "usr/lib/memtest86+/memtest86+x64.iso"}
SECTOR = 2048


def disc(package):
    """Bytes of the image; kept in the cache of the tests."""
    folder = cache("discs")
    kept = pathlib.Path(folder, package + ".iso")
    if not kept.exists():
        if run("apt-get", "download", "-q", package, cwd=folder, timeout=300).code:
            skip(f"the mirror does not give {package}")
        archive = glob.glob(os.path.join(folder, package + "_*.deb"))[0]
        unpacked = os.path.join(folder, "unpacked-" + package)
        run("dpkg-deb", "-x", archive, unpacked, code=0)
        shutil.move(os.path.join(unpacked, DISCS[package]), kept)
        shutil.rmtree(unpacked)
        os.unlink(archive)
    return kept.read_bytes()


def extents(package):
    """[(path, offset, length)] as another reader has them."""
    path = os.path.join(cache("discs"), package + ".iso")
    lines = run("xorriso", "-indev", path, "-find", "/", "-type", "f", "-exec", "report_lba", "--", timeout=100, code=0).out.split("\n")
    for line in lines:
        if line.startswith("File data lba:"):
            columns = [column.strip() for column in line.split(":", 1)[1].split(",")]
            yield columns[4].strip("'").lstrip("/"), int(columns[1]) * SECTOR, int(columns[3])


def compare_flipped(good, at):
    changed = bytearray(good)
    changed[at] ^= 4
    for side, data in (("a", changed), ("b", good)):
        os.makedirs(side, exist_ok=True)
        pathlib.Path(side, "disc.iso").write_bytes(data)
    result = sb("compare", "a/disc.iso", "b/disc.iso", "--json", timeout=100)
    assert result.code == 1, (at, result)
    record = result.json()
    assert record["level"] == "different" and record["artifacts"][0]["coverage"]["opaque"] == 0, (at, record)
    return record, [f for f in record["findings"] if f["primary"] and f["cause"] != "container-metadata"]


def register(package):
    @case(f"{package}: identical to itself; a byte of each of some files is found in that file")
    def _(_folder):
        need("apt-get", "dpkg-deb", "xorriso")
        good = disc(package)
        for side in "ab":
            os.makedirs(side, exist_ok=True)
            pathlib.Path(side, "disc.iso").write_bytes(good)
        assert sb("compare", "a/disc.iso", "b/disc.iso", "--json").json()["level"] == "identical"
        files = [row for row in extents(package) if row[2]]
        assert files, package
        for path, offset, length in files[::max(1, len(files) // 12)]:
            _, findings = compare_flipped(good, offset + length // 2)
            assert any(path in f["where"] for f in findings), (path, findings)

    @case(f"{package}: a byte that hides in free space is told as one byte, in boot code as boot code")
    def _(_folder):
        need("apt-get", "dpkg-deb", "xorriso")
        good = disc(package)
        at = len(good) - 70000
        assert not any(good[at - 1000:at + 1000])
        record, findings = compare_flipped(good, at)
        assert [f["rebuilt"] or f["shipped"] for f in findings][0]["length"] == 1 and findings[0]["where"][-1].split(" at ")[0] in ("gap", "overlay"), findings
        assert record["artifacts"][0]["coverage"]["residual"] == 1, record["artifacts"]
        assert good[510:512] == b"\x55\xaa"
        _, findings = compare_flipped(good, 100)
        assert [f["where"][-1] for f in findings] == ["boot code"], findings


for name in DISCS:
    register(name)

main()
