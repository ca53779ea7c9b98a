# SPDX-License-Identifier: Apache-2.0
"""Real packages from source to verdict, as root and as an ordinary user; then deliveries that were changed. Reaches the package mirror."""
import functools
import glob
import os
import shutil
import subprocess

import corpus_inputs
from sbtest import case, main, need, run, sb

BYTES_TRIED = 150


@functools.cache
def corpus():
    return corpus_inputs.Corpus("corpus", corpus_inputs.EVERYDAY)


@case("ucf is identical", user=True)
def _(_dir):
    corpus_inputs.expect_identical(corpus(), "ucf")


@case("net-tools is identical", user=True)
def _(_dir):
    corpus_inputs.expect_identical(corpus(), "net-tools")


@case("hostname differs by its build-id and what follows from it", user=True)
def _(_dir):
    corpus_inputs.expect_build_id(corpus(), "hostname")


@case("tree differs by its build-id and what follows from it", user=True)
def _(_dir):
    corpus_inputs.expect_build_id(corpus(), "tree")


def repack(deb, change):
    """Unpack a delivered package, change its tree, and pack it again; its own checksums stay as they were."""
    need("dpkg-deb")
    run("dpkg-deb", "-R", deb, "unpacked", code=0)
    change("unpacked")
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", "unpacked", deb], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree("unpacked")


def flip(path, offset):
    with open(path, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)[0]
        f.seek(offset)
        f.write(bytes([byte ^ 1]))


def text_offset(path):
    for line in run("objdump", "-h", path, code=0).out.splitlines():
        words = line.split()
        if len(words) > 5 and words[1] == ".text":
            return int(words[5], 16) + int(words[2], 16) // 2
    raise AssertionError("no .text")


@case("one byte of a program changed: verify says different and where")
def _(_dir):
    need("objdump")

    def change(folder):
        deb = glob.glob(os.path.join(folder, "*.deb"))[0]
        repack(deb, lambda tree: flip(os.path.join(tree, "sbin/ifconfig"), text_offset(os.path.join(tree, "sbin/ifconfig"))))

    record = corpus_inputs.verify(corpus().drop("net-tools", "drop", change), 1)
    assert record["level"] == "different", record["level"]
    blamed = [f for f in record["findings"] if f["primary"] and "./sbin/ifconfig" in f["where"]]
    assert blamed and any(".text" in f["where"] for f in blamed), record["findings"]


def shipped():
    deb = glob.glob(os.path.join(corpus().fetch("net-tools"), "*.deb"))[0]
    shutil.copy(deb, "shipped.deb")
    os.chmod("shipped.deb", 0o600)


def compared(change, expected):
    """What net-tools ships against the same package after @change."""
    shipped()
    shutil.copy("shipped.deb", "changed.deb")
    repack("changed.deb", change)
    result = sb("compare", "shipped.deb", "changed.deb", "--json")
    assert result.code == 1, result
    record = result.json()
    assert record["level"] == "different", record["level"]
    assert any(expected in f["where"] for f in record["findings"]), record["findings"]


@case("one changed mode is different")
def _(_dir):
    compared(lambda tree: os.chmod(os.path.join(tree, "sbin/route"), 0o4755), "./sbin/route")


@case("one further member is different")
def _(_dir):
    def change(tree):
        with open(os.path.join(tree, "usr/share/doc/net-tools/more"), "w") as f:
            f.write("more\n")
    compared(change, "./usr/share/doc/net-tools/more")


@case("one missing member is different")
def _(_dir):
    compared(lambda tree: os.unlink(os.path.join(tree, "sbin/plipconfig")), "./sbin/plipconfig")


@case("one changed byte anywhere in the package is never identical and never a pass")
def _(_dir):
    shipped()
    size = os.path.getsize("shipped.deb")
    passed = []
    for number in range(BYTES_TRIED):
        offset = number * (size - 1) // (BYTES_TRIED - 1)
        shutil.copy("shipped.deb", "changed.deb")
        flip("changed.deb", offset)
        result = sb("compare", "shipped.deb", "changed.deb", "--json")
        if result.code not in (1, 5) or result.json()["level"] not in ("different", "undetermined", "repackaged"):
            passed.append((offset, result.code))
    assert not passed, passed


@case("a package that the build does not make is different")
def _(_dir):
    def change(folder):
        deb = glob.glob(os.path.join(folder, "*.deb"))[0]
        shutil.copy(deb, os.path.join(folder, "extra_1_amd64.deb"))

    record = corpus_inputs.verify(corpus().drop("hostname", "drop", change), 1)
    levels = {artifact["name"]: artifact["level"] for artifact in record["artifacts"]}
    assert levels["extra_1_amd64.deb"] == "different" and record["level"] == "different", levels


@case("the lock lists every package of the root with its digest")
def _(_dir):
    import hashlib
    import json
    archive = corpus().root()
    with open(os.path.join(os.path.dirname(archive), "root.lock.json")) as f:
        lock = json.load(f)
    assert lock["schema"] == "samebuild-toolchain-lock/1", lock["schema"]
    with open(archive, "rb") as f:
        assert lock["root"] == hashlib.file_digest(f, "sha256").hexdigest()
    names = {package["name"] for package in lock["packages"]}
    assert {"gcc", "libc6", "dpkg-dev", "fakeroot", "debhelper"} <= names, names
    assert all(len(package["sha256"]) == 64 and package["version"] and package["arch"] for package in lock["packages"])
    assert len(lock["indices"]) == 3 and all(len(index["sha256"]) == 64 for index in lock["indices"]), lock["indices"]


main()
