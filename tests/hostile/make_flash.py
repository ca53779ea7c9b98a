# SPDX-License-Identifier: Apache-2.0
"""Images of file systems by the real tools, from one tree and its variants. All variants of a format are made in one run of fakeroot, so that
owners and devices need no rights."""
import os
import random
import shlex

from sbtest import run

TIME = 1700000000
# Shell lines that make ./t; what follows the tree in VARIANTS changes it before an image is made of it.
BASE = r"""
mkdir -p t/bin t/etc t/dev
cp program t/bin/acme; chmod 755 t/bin/acme
ln -s acme t/bin/sh
ln t/bin/acme t/bin/hard
cp random t/etc/random
seq 1 4000 > t/etc/numbers
: > t/etc/empty
printf 'port=80\n' > t/etc/acme.conf
mknod t/dev/null c 1 3; chmod 666 t/dev/null
mknod t/dev/sda b 8 1
mkfifo t/dev/pipe
chown 7:8 t/etc/acme.conf
"""
XATTR = "setfattr -n user.note -v good t/etc/acme.conf"
# label: (shell lines, words that a finding must hold)
VARIANTS = {
    "setuid": ("chmod 4755 t/bin/acme", ("mode",)),
    "world may write": ("chmod 666 t/etc/acme.conf", ("etc/acme.conf",)),
    "mode of a folder": ("chmod 777 t/etc", ("etc",)),
    "owner": ("chown 0:8 t/etc/acme.conf", ("etc/acme.conf",)),
    "group": ("chown 7:0 t/etc/acme.conf", ("etc/acme.conf",)),
    "one byte of content": (r"printf 'port=81\n' > t/etc/acme.conf; chown 7:8 t/etc/acme.conf", ("etc/acme.conf",)),
    "one byte of a large file": ("printf x | dd of=t/etc/numbers bs=1 seek=9000 conv=notrunc 2>/dev/null", ("etc/numbers",)),
    "one byte of a random file": ("printf x | dd of=t/etc/random bs=1 seek=7001 conv=notrunc 2>/dev/null", ("etc/random",)),
    "one byte of the program": ("printf x | dd of=t/bin/acme bs=1 seek=1500 conv=notrunc 2>/dev/null", ("bin/acme",)),
    "target of a link": ("ln -sf evil t/bin/sh", ("bin/sh",)),
    "number of a device": ("rm t/dev/null; mknod t/dev/null c 1 1; chmod 666 t/dev/null", ("dev/null",)),
    "character instead of block device": ("rm t/dev/sda; mknod t/dev/sda c 8 1", ("dev/sda",)),
    "a device more": ("mknod t/dev/mem c 1 1", ("dev/mem",)),
    "a file more": ("printf 'x' > t/etc/rc.local", ("etc/rc.local",)),
    "an empty file more": (": > t/etc/nologin", ("etc/nologin",)),
    "a file less": ("rm t/etc/numbers", ("etc/numbers",)),
    "a link less": ("rm t/bin/sh", ("bin/sh",)),
    "another name": ("mv t/etc/acme.conf t/etc/acme.cond", ("etc/acme.cond",)),
    "name in another case": ("mv t/etc/acme.conf t/etc/Acme.conf", ("etc/Acme.conf",)),
    "in another folder": ("mv t/etc/acme.conf t/bin/acme.conf", ("bin/acme.conf",)),
    "two files changed places": ("mv t/etc/random t/x; mv t/etc/numbers t/etc/random; mv t/x t/etc/numbers", ("etc/numbers",)),
    "a copy instead of a hard link": ("rm t/bin/hard; cp -p t/bin/acme t/bin/hard", ("bin/hard",)),
    "a hard link to another file": ("rm t/bin/hard; ln t/etc/numbers t/bin/hard", ("bin/hard",)),
    "a link instead of a file": ("rm t/etc/empty; ln -s /etc/passwd t/etc/empty", ("etc/empty",)),
    "a folder instead of a file": ("rm t/etc/empty; mkdir t/etc/empty", ("etc/empty",)),
    "a file that is longer by a zero": (r"printf '\0' >> t/etc/acme.conf", ("etc/acme.conf",)),
}
XATTRS = {
    "another attribute": ("setfattr -n user.note -v evil t/etc/acme.conf", ("etc/acme.conf", "attributes")),
    "an attribute more": ("setfattr -n user.more -v x t/etc/acme.conf", ("etc/acme.conf", "attributes")),
    "an attribute of a folder": ("setfattr -n user.more -v x t/etc", ("attributes",)),
    "an attribute less": ("setfattr -x user.note t/etc/acme.conf", ("etc/acme.conf", "attributes")),
    "a capability": ("setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 t/etc/numbers", ("etc/numbers", "attributes")),
}


def sources():
    """What the tree is made of: a program that compresses, and bytes that do not."""
    draw = random.Random(7)
    with open("program", "wb") as f:
        f.write(b"\x7fELF" + bytes(draw.choice(b"\0\1\x48\x89\xe5\xc3") for _ in range(20000)))
    with open("random", "wb") as f:
        f.write(draw.randbytes(9001))


def build(makers, base=BASE):
    """{label: (lines that change the tree, command that makes `image` of ./t)} → {label: bytes}."""
    sources()
    script = ["set -e"]
    for number, (change, command) in enumerate(makers.values()):
        script += ["rm -rf t image; mkdir t", base, change, f"find t -exec touch -h -d @{TIME} {{}} +", f"( {command} ) >log 2>&1 || {{ cat log >&2; exit 1; }}",
                   f"mv image image.{number}"]
    run("fakeroot", "sh", "-c", "\n".join(script), timeout=300, code=0)
    made = {}
    for number, label in enumerate(makers):
        with open(f"image.{number}", "rb") as f:
            made[label] = f.read()
        os.unlink(f"image.{number}")
    return made


def tampered(command, variants, base=BASE, skip=()):
    """Pairs (label, shipped, rebuilt, words) of a tree that somebody changed."""
    chosen = {label: row for label, row in variants.items() if label not in skip}
    made = build({"": ("", command), **{label: (lines, command) for label, (lines, _) in chosen.items()}}, base)
    for label, (_, words) in chosen.items():
        yield label, made[label], made[""], words


def quoted(*words):
    return " ".join(shlex.quote(str(word)) for word in words)
