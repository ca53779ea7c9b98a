# SPDX-License-Identifier: Apache-2.0
"""Seeds of what --solve reads: facts documents, and pairs of files in which another environment stands, or what pretends to be one."""
import io
import json
import struct
import tarfile

OURS = "built Nov 14 2023 22:13:20 by builder@farm in /build/acme-1.0/src/main.c for 6.1.0-26-amd64 C.UTF-8 make -j2"
THEIRS = "built Mar 22 2024 13:38:31 by jenkins@ci-node-42 in /home/ci/w/src/main.c for 5.10.0-28-amd64 de_DE.UTF-8 make -j8"
HOSTILE = (
    "built Nov 31 2023 99:99:99 by \x1b[31m@../.. in /home/../etc for . C..@ make -j99999999999",
    "built Mar 22 2024 13:38:31 by -rf@a;b in /proc/self/cwd/src/main.c for $(id) en_US.UTF-8;x make -j0",
    "/build/acme-1.0" * 40, "GCC: (Debian 12.2.0-14) 12.2.0", "GCC: (((((((((((", "GNU C17 12.2.0 -O2 " + "-f" * 300, "clang version ", "added by dh_x/", "1970-01-01T00:00:00Z",
)
SOURCE = '#include <assert.h>\nconst char *when = "%s";\nint check(int x) { assert(x != %d); return x; }\n'


def facts():
    value = {"schema": "samebuild-facts/1", "epoch": 1700000000, "path": "/home/ci/w", "user": "jenkins", "host": "ci-node-42", "locale": "de_DE.UTF-8", "timezone": "CET-1",
             "kernel": "5.10.0-28-amd64", "jobs": 8, "clock": "frozen", "umask": "027", "order": "reversed", "input-time": 1690000000, "toolchain": "0a" * 32}
    yield "facts", "all", json.dumps(value).encode()
    yield "facts", "none", b'{"schema":"samebuild-facts/1"}'
    for name, change in (("path", {"path": "/a/../b"}), ("user", {"user": "\x1b[2J"}), ("root", {"toolchain": "../x"}), ("big", {"epoch": 2**63 - 1}), ("more", {"paths": "/x"})):
        yield "facts", f"bad-{name}", json.dumps(dict(value, **change)).encode()


def archive(mtime, mode, user, text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for n, name in enumerate(("a", "b") if user == "builder" else ("b", "a")):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime, entry.uname = len(text), mode, mtime + n, user
            made.addfile(entry, io.BytesIO(text))
    return out.getvalue()


def sides(root, tool):
    """name, shipped, rebuilt"""
    both = "\0".join((THEIRS, *HOSTILE)).encode(), "\0".join((OURS, "GCC: (Debian 12.2.0-9) 12.2.0", "/build/acme-1.0/x")).encode()
    yield "text", THEIRS.encode(), OURS.encode()
    yield "hostile", *both
    yield "tar", archive(1711111111, 0o640, "jenkins", both[0]), archive(1700000000, 0o644, "builder", both[1])
    for side, text in (("p", THEIRS), ("q", OURS)):
        (root / side).mkdir(exist_ok=True)
        (root / side / "s.c").write_text(SOURCE % (text, 2024 if side == "p" else 2023))
        if tool(["cc", "-g", "-O1", "-shared", "-fPIC", f"-fdebug-prefix-map={root}={'/home/ci/w' if side == 'p' else '/build/acme-1.0'}", f"{side}/s.c", "-o", f"{side}/s.so"], cwd=root) is None:
            return
    yield "elf", (root / "p/s.so").read_bytes(), (root / "q/s.so").read_bytes()


def seeds(root, tool):
    yield from facts()
    for name, shipped, rebuilt in sides(root, tool):
        yield "solve", name, struct.pack("<I", len(shipped)) + shipped + rebuilt
