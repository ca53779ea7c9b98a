# SPDX-License-Identifier: Apache-2.0
"""Result records for reports, made as text: a delivery as an evaluator meets it, names that attack a reader, and far too many findings."""
import json
import os

DIGITS = "0123456789abcdef"
HOSTILE = [
    "<img src=x onerror=alert(1)>", "]]>", "a\\xe2\\x80\\xaeb", "\\x1b[31mred\\x1b[0m", "\\xff\\xfe", "`` code ``` span", "|cell|", "</script></style></title>",
    "'\"&amp;&#x0;", "javascript:alert(1)", "-->", "<![CDATA[", "n" * 4096, "\\\\x41", "${{ secrets }}", "~~~\\x0a# head",
]


def digest(seed, size):
    text = "".join(DIGITS[(seed * 7 + i * 5 + i * i) % 16] for i in range(128))
    return {"blake2b": text, "sha256": text[:64], "size": size}


def artifact(name, level, size, seed=1, residual=0, claimed=0, rebuilt=True, opaque=0):
    equal = 0 if not rebuilt else size - residual - claimed - opaque
    shipped = digest(seed, size)
    other = None if not rebuilt else shipped if level == "identical" else digest(seed + 1, size)
    return {"name": name, "level": level, "shipped": shipped, "rebuilt": other, "members": 1,
            "coverage": {"bytes": size, "equal": equal, "claimed": claimed, "residual": residual if rebuilt else size, "opaque": opaque}}


def finding(number, where, kind, cause, rule, severity, note, shipped=None, rebuilt=None, primary=True):
    def side(extent):
        return None if extent is None else {"offset": extent[0], "length": extent[1], "preview": extent[2]}
    return {"id": f"f{number}", "artifact": where[0], "where": where, "kind": kind, "cause": cause, "rule": rule, "primary": primary, "severity": severity,
            "shipped": side(shipped), "rebuilt": side(rebuilt), "note": note}


def record(level, artifacts, findings, **more):
    base = {"schema": "samebuild-result/1", "tool": {"name": "samebuild", "version": "0.1.0", "rules": "derived/1 size/1 build-id/1"}, "level": level,
            "artifacts": artifacts, "findings": findings, "freedom": [], "environment": {}, "trace": None, "limits": []}
    return dict(base, **more)


def environment():
    walls = {name: "on" for name in ("user-namespace", "pid-namespace", "mount-namespace", "net-namespace", "ipc-namespace", "uts-namespace", "read-only-root",
                                     "seccomp", "no-new-privs", "proc-masks", "no-capabilities")}
    walls.update({"landlock": "ABI 6", "time-namespace": "monotonic and boot time begin at 0", "cgroup": "off: not delegated"})
    return {"walls": walls, "parsers": {"seccomp": "on", "no-new-privs": "on", "landlock": "off: the kernel has none"},
            "controls": {"epoch": 1700000000, "clock": "shift", "hostname": "build", "user": "builder", "jobs": 2, "locale": "C.UTF-8", "timezone": "UTC",
                         "umask": "022", "path": "/build/acme-4.2.1"},
            "limits": {"kind": "rlimit", "memory": 4294967296, "wall": 1800, "processes": 512}, "toolchain": {"root": "bookworm-root.tar.zst", "sha256": "2c" * 32},
            "host": {"arch": "x86_64", "kernel": "6.1.0", "cpu-model": "a processor"}}


def delivery():
    return {"name": "acme-router", "version": "4.2.1", "vendor": "Acme Networks", "manifest": "9f" * 32,
            "inputs": [{"name": name, "sha256": f"{n:02x}" * 32} for n, name in enumerate(("acme-router-4.2.1-src.tar.xz", "openssl-3.0.13.tar.gz"), 0x9f)],
            "prebuilt": [{"name": "blobs/wl-firmware.bin", "sha256": "ca" * 32}]}


def typical():
    """A firmware image: much is equal, some is explained, one byte is not, one file is missing."""
    artifacts = [artifact("release/acme.bin", "different", 8680016, 3, residual=9, claimed=1236), artifact("release/bt.bin", "different", 115712, 4, rebuilt=False)]
    artifacts += [artifact(f"release/usr/bin/tool-{n:02}", "explained", 210000 + 41000 * n, n, claimed=92) for n in range(19)]
    artifacts += [artifact(f"release/lib/modules/m{n}.ko", "unsigned-identical", 174667, n, claimed=206) for n in range(6)]
    artifacts += [artifact("release/docs.tar.gz", "repackaged", 801234, 9, claimed=4096)]
    artifacts += [artifact(f"release/usr/lib/lib{n}.so", "identical", 90000 + 31000 * n, n) for n in range(24)]
    way = ["release/acme.bin", "rootfs.squashfs", "./usr/sbin/authd", ".text", "check_auth"]
    findings = [
        finding(1, way, "bytes", "unexplained", "none", "critical", "1 byte differs; auth.c:118; shipped: je 0x4012d0; rebuilt: jne 0x4012d0",
                (0x12a2, 24, "742c488b450889c7e8b1fdffff85c0740ab80000000000eb"), (0x12a2, 24, "752c488b450889c7e8b1fdffff85c0740ab80000000000eb")),
        finding(2, ["release/acme.bin", "rootfs.squashfs", "./etc/init.d/rcS"], "text", "unexplained", "none", "critical", "text differs from line 14",
                (310, 30, "telnetd -l /bin/sh &\\x0a"), (310, 22, "# telnetd is off\\x0a")),
        finding(3, ["release/bt.bin"], "member", "missing", "none", "major", "this file was delivered, but the rebuild does not make it", (0, 115712, "7f454c46" * 8)),
        finding(4, ["release/acme.bin", "rootfs.squashfs", "./usr/bin/gcc-note", ".comment"], "bytes", "compiler", "hint", "minor",
                "\"GCC: (Debian 12.2.0-14)\" shipped, \"GCC: (Debian 12.2.0-13)\" rebuilt", (17, 1, "34"), (17, 1, "33"))]
    for n in range(19):
        findings.append(finding(len(findings) + 1, [f"release/usr/bin/tool-{n:02}", ".rodata"], "text", "build-path", "environment", "info",
                                "/home/ci/acme-4.2 shipped, /build/acme-4.2.1 rebuilt: one value at all 84 places", (4096 + n, 18, "/home/ci/acme-4.2"),
                                (4096 + n, 18, "/build/acme-4.2.1")))
    for n in range(6):
        findings.append(finding(len(findings) + 1, [f"release/lib/modules/m{n}.ko", "signature"], "region", "signature", "structural", "info",
                                "an appended PKCS #7 signature on the shipped side only; everything before it is equal", (174461, 206, "3082" * 16)))
    findings.append(finding(len(findings) + 1, ["release/docs.tar.gz", "docs.tar", "header", "mtime"], "field", "timestamp", "structural", "info",
                            "one time in all headers: 2026-03-02 11:40:07 UTC"))
    for n in range(7):
        findings.append(finding(len(findings) + 1, [f"release/usr/bin/tool-{n:02}", ".gnu_debuglink", "crc"], "field", "checksum", "derived", "info",
                                "crc is right on both sides: it follows from bytes that differ", (9000, 4, "01020304"), (9000, 4, "05060708"), primary=False))
    freedom = [{"cause": "signature", "bytes": 1236, "loaded": False}, {"cause": "build-path", "bytes": 1748, "loaded": True}, {"cause": "timestamp", "bytes": 76, "loaded": False}]
    return record("different", artifacts, findings, freedom=freedom, environment=environment(), delivery=delivery())


def hostile():
    """Every name, note and value is one that tries to get out of where it stands."""
    artifacts = [artifact(name + str(n), "different", 100 + n, n, residual=10) for n, name in enumerate(HOSTILE)]
    findings = [finding(n + 1, [name + str(n), name, HOSTILE[n - 1]], "bytes", "unexplained", "none", ("critical", "major", "minor", "info")[n % 4],
                        f"note {name}", (n, 32, name[:120]), (n, 32, "00" * 32)) for n, name in enumerate(HOSTILE)]
    walls = {"landlock": HOSTILE[0], "seccomp": "off: " + HOSTILE[1], "a": HOSTILE[2], "b": HOSTILE[3], "c": HOSTILE[4]}
    about = {"name": HOSTILE[0], "version": HOSTILE[1], "vendor": HOSTILE[7], "manifest": "9f" * 32, "inputs": [{"name": h, "sha256": "aa" * 32} for h in HOSTILE],
             "prebuilt": [{"name": h, "sha256": "bb" * 32} for h in HOSTILE]}
    more = dict(environment(), walls=walls, controls={"epoch": 1700000000, "path": HOSTILE[0], "user": HOSTILE[5]})
    return record("different", artifacts, findings, environment=more, delivery=about, tool={"name": "samebuild", "version": HOSTILE[0], "rules": HOSTILE[7]},
                  limits=[{"name": "depth", "value": 16, "where": HOSTILE[0]}])


def huge(count):
    """More than any reader shows: one artifact with @count findings, each at a place of its own."""
    name = "release/image.bin"
    findings = [finding(n + 1, [name, f"./usr/share/{n:06}/{'x' * 60}", "header", "mode"], "field", "permissions", "none", ("critical", "major", "minor", "info")[n * 4 // count],
                        "mode 04755 → 0755", (n, 8, "3030303437353500"), (n, 8, "3030303037353500")) for n in range(count)]
    return record("different", [artifact(name, "different", 10 * count, 1, residual=8 * count)], findings, findings_left_out=5)


def empty():
    return record("undetermined", [], [])


def good(level="identical"):
    return record(level, [artifact("release/acme.bin", level, 57870396, 3, claimed=0 if level == "identical" else 64)], [])


def keep(folder, what):
    """A run folder that `samebuild report FOLDER` reads."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "record.json"), "w", encoding="utf-8") as f:
        json.dump(what, f, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with open(os.path.join(folder, "context.json"), "w", encoding="utf-8") as f:
        json.dump({"resource": "pkg:generic/acme@1.0", "source": True, "manifest": "11" * 32, "recipe": "22" * 32, "drops": [], "opaque": []}, f)
    return "./" + folder if not folder.startswith("/") else folder
