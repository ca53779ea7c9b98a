# SPDX-License-Identifier: Apache-2.0
"""
Pairs of images that compare.py measures: one tree of texts and of libraries of this machine, packed by the real tools, with a line more in one text.

Each pair says what its floor consists of: FLOOR is the program of floor.c; a format that no library at hand reads is decoded by its own tool, and its contents are hashed where they came from.
"""
import os
import pathlib
import shutil
import subprocess

from material import EPOCH, LIBRARIES, Pair, library, same_time, write_texts

FLOOR = "FLOOR"
TEXTS = 4000
CHANGED = "usr/share/doc/d026/f50.h"
UUID = "6b6d8e7c-2b5f-4b5e-9a55-3f1f0c1d2e3f"
ITS = """/dts-v1/;
/ {
	description = "benchmark";
	images {
		kernel { data = /incbin/("kernel"); type = "kernel"; arch = "x86_64"; os = "linux"; compression = "none"; load = <0x1000>; entry = <0x1000>; hash { algo = "sha256"; }; };
		root { data = /incbin/("root"); type = "filesystem"; arch = "x86_64"; compression = "none"; hash { algo = "sha256"; }; };
	};
	configurations { default = "c"; c { kernel = "kernel"; loadables = "root"; }; };
};
"""


def run(*command, cwd=None):
    subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=dict(os.environ, SOURCE_DATE_EPOCH=str(EPOCH), E2FSPROGS_FAKE_TIME=str(EPOCH), LC_ALL="C"))


def write_tree(root):
    write_texts(os.path.join(root, "usr/share/doc"), TEXTS)
    os.makedirs(os.path.join(root, "usr/lib"))
    for name in LIBRARIES:
        shutil.copy(library(name), os.path.join(root, "usr/lib", name))
    same_time(root)


def squashfs(compressor):
    def pack(tree, out):
        environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
        subprocess.run(["mksquashfs", tree, out, "-comp", compressor, "-all-root", "-no-xattrs", "-processors", "2", "-mkfs-time", str(EPOCH), "-all-time", str(EPOCH), "-quiet",
                        "-no-progress"], check=True, stdout=subprocess.DEVNULL, env=environment)
    return pack


def iso(tree, out):
    run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-uid", "0", "-gid", "0", "-o", out, tree)


def ext4(tree, out):
    run("mke2fs", "-q", "-t", "ext4", "-d", tree, "-U", UUID, "-E", f"hash_seed={UUID},lazy_itable_init=0", out, "80M")


def erofs(tree, out):
    run("mkfs.erofs", "-zlz4hc", "-x-1", "--all-root", f"-T{EPOCH}", "-U", UUID, out, tree)


def jffs2(tree, out):
    run("mkfs.jffs2", "-l", "-n", "-e", "0x20000", "-U", "-x", "lzo", "-x", "rtime", "-d", tree, "-o", out)


def fit(tree, out):
    here = out + ".parts"
    os.makedirs(here)
    shutil.copy(library("libcrypto.so.3"), os.path.join(here, "kernel"))
    squashfs("xz")(tree, os.path.join(here, "root"))
    pathlib.Path(here, "fit.its").write_text(ITS)
    run("mkimage", "-f", "fit.its", os.path.abspath(out), cwd=here)


def of_library(a, b, trees):
    del trees
    return [[FLOOR, "-r", a, b]]


def of_contents(a, b, trees):
    return [[FLOOR, "-d", a, b], [FLOOR, *trees]]


def of_erofs(a, b, trees):
    return [["fsck.erofs", "--extract", a], ["fsck.erofs", "--extract", b], *of_contents(a, b, trees)]


def of_nested(a, b, trees):
    del trees
    inner = [f"{side}.parts/root" for side in (a, b)]
    return [[FLOOR, "-r", *inner], [FLOOR, "-d", a, b], [FLOOR, f"{a}.parts/kernel", f"{b}.parts/kernel"]]


# name, how it is packed, what its floor consists of, times less CPU than diffoscope, times the floor
KINDS = (
    ("iso", iso, of_library, 20, 1.3),
    ("squashfs_xz", squashfs("xz"), of_library, 10, 1.3),
    ("squashfs_gzip", squashfs("gzip"), of_library, 10, 1.3),
    ("ext4", ext4, of_contents, 0, 1.3),
    ("erofs", erofs, of_erofs, 0, 1.3),
    ("jffs2", jffs2, of_library, 0, 1.3),
    ("fit_squashfs", fit, of_nested, 0, 2),
)


def make(root, scratch):
    """All pairs of images below @root."""
    trees = [os.path.join(scratch, f"image-{side}") for side in "ab"]
    kept = [os.path.join(root, "image_tree", side) for side in "ab"]
    write_tree(trees[0])
    subprocess.run(["cp", "-a", *trees], check=True)
    with open(os.path.join(trees[1], CHANGED), "a") as f:
        f.write("changed\n")
    same_time(trees[1])
    os.makedirs(os.path.join(root, "image_tree"))
    for tree, place in zip(trees, kept):
        shutil.move(tree, place)
    for name, pack, floor, goal, limit in KINDS:
        folder = os.path.join(root, name)
        os.makedirs(folder)
        a, b = (os.path.join(folder, f"{side}.img") for side in "ab")
        for tree, out in zip(kept, (a, b)):
            pack(tree, out)
        inner = ("root",) if name.startswith("fit") else ()
        yield Pair(name, a, b, "file", ("different",), inner + (CHANGED,), goal=goal, limit=limit, floor=floor(a, b, kept))
