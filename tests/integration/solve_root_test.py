#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A delivered file names the folder it was built in. With a root of its own, sources that lie there must not take the place of the root's tools, and no path ends a run."""
import io
import json
import os
import re
import shutil
import subprocess
import tarfile

from sbtest import case, main, sb
from solving import Product, sha256

HONEST = "#!/bin/sh\necho honest code\n"
EVIL = "#!/bin/sh\necho backdoor\n"


def libraries(*programs):
    words = subprocess.run(["ldd", *programs], check=True, stdout=subprocess.PIPE, text=True).stdout
    return sorted(set(re.findall(r"(/\S+) \(0x", words)))


def root(tool, folders=(), links=(), private=()):
    """root.tar: a shell, chmod, and @tool, which says that its code is honest; @links: name → target; @private: folders with a file, for their owner alone."""
    with tarfile.open("root.tar", "w") as archive:
        def add(name, data=b"", kind=tarfile.REGTYPE, target=""):
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.mode, entry.linkname = kind, len(data), 0o700 if name in private else 0o755, target
            archive.addfile(entry, io.BytesIO(data))
        files = {"bin/sh": "/bin/sh", "bin/chmod": "/bin/chmod", **{place[1:]: place for place in libraries("/bin/sh", "/bin/chmod")}}
        above = {"tmp", "var", "var/tmp", *folders, *private}
        for name in (*files, tool, *(name for name, _ in links), *folders):
            parts = name.split("/")[:-1]
            above |= {"/".join(parts[:n + 1]) for n in range(len(parts))}
        for name in sorted(above):
            add(name, kind=tarfile.DIRTYPE)
        for name, place in files.items():
            with open(place, "rb") as f:
                add(name, f.read())
        add(tool, HONEST.encode())
        for name in private:
            add(f"{name}/.profile", b"umask 022\n")
        for name, target in links:
            add(name, kind=tarfile.SYMTYPE, target=target)
    return {"root": "root.tar", "sha256": sha256("root.tar")}


def product(brought, call, path="/build/acme-1.0"):
    """A drop with a file @brought that calls itself a tool, and whose recipe calls @call."""
    made = Product({brought: EVIL}, [f"chmod 755 {brought}; {call} > made; echo built in $PWD now >> made"], ["made"], path=path)
    os.makedirs("release", exist_ok=True)
    return made


def deliver(words):
    with open("release/made", "w") as f:
        f.write(words)


def attack(made, place):
    """What @place would make when the sources lay over it. Returns what was said of the rebuild there."""
    deliver(f"backdoor\nbuilt in {place} now\n")
    made.save()
    record = sb("verify", "drop.json", "--solve", "3", "--json", code=1).json()
    assert record["level"] == "different" and not any(f["rebuild"] for f in record["solve"]["files"]), record["solve"]
    tried = [r for r in record["solve"]["rebuilds"] if r["facts"].get("path") == place]
    assert tried and all(r["end"] == "failed" for r in tried), record["solve"]["rebuilds"]
    return tried[0]["why"]


@case("sources in place of the folder of programs of a root")
def _(dir):
    made = product("cc", "cc")
    made.drop["toolchain"] = root("usr/bin/cc")
    why = attack(made, "/usr/bin")
    assert "/usr/bin" in why and "root" in why, why


@case("sources in place of a toolchain in a folder of its own, or around it")
def _(dir):
    made = product("bin/cc", "/opt/tc/bin/cc")
    made.drop["toolchain"] = root("opt/tc/bin/cc")
    assert "/opt/tc/bin/cc" in attack(made, "/opt/tc")
    shutil.rmtree("release")
    made = product("tc/bin/cc", "/opt/tc/bin/cc")
    made.drop["toolchain"] = root("opt/tc/bin/cc")
    assert "/opt/tc/bin/cc" in attack(made, "/opt")


@case("sources in an empty folder of a root that comes first in PATH")
def _(dir):
    made = product("cc", "cc")
    made.drop["toolchain"] = root("usr/bin/cc", folders=["usr/sbin"])
    assert "/usr/sbin" in attack(made, "/usr/sbin")


@case("sources behind a link of the root, and where one leads that leads nowhere")
def _(dir):
    made = product("cc", "cc")
    made.drop["toolchain"] = root("usr/bin/cc", links=[("opt", "usr")])
    assert "/opt" in attack(made, "/opt/bin")
    made.drop["toolchain"] = root("usr/bin/cc", links=[("usr/sbin", "../srv/tools"), ("usr/share/tools", "/srv/./tools")])
    assert "/usr/sbin" in attack(made, "/srv/tools")
    made.drop["toolchain"] = root("usr/bin/cc", links=[("usr/sbin", "/srv")])
    assert "/usr/sbin" in attack(made, "/srv/tools")


@case("beside what a root brings there is room: nothing of it is hidden")
def _(dir):
    for place in ("/opt/acme-1.0", "/usr/src/acme-1.0", "/home/vendor/acme", "/run/build/acme", "/var/lib/vendor/acme", "/tmp/acme", "/root/acme"):
        shutil.rmtree("release", ignore_errors=True)
        made = product("cc", "/opt/tc/bin/cc")
        made.drop["toolchain"] = root("opt/tc/bin/cc", folders=["home", "usr/src"], links=[("var/run", "/run")], private=["root"])
        deliver(f"honest code\nbuilt in {place} now\n")
        made.save()
        record = sb("verify", "drop.json", "--solve", "3", "--json", code=0).json()
        assert record["level"] == "reproduced" and record["solve"]["rebuilds"][-1]["facts"] == {"path": place}, record["solve"]


@case("a manifest with such a path is refused, and told what lies there")
def _(dir):
    made = product("bin/cc", "/opt/tc/bin/cc", path="/opt/tc")
    made.drop["toolchain"] = root("opt/tc/bin/cc")
    deliver("backdoor\nbuilt in /opt/tc now\n")
    made.save()
    error = json.loads(sb("verify", "drop.json", "--json", code=2).out)["errors"][0]
    assert error["id"] == "build-path-taken" and "/opt/tc/bin/cc" in error["message"] and "/build/" in error["hint"], error


@case("a path that no system can make ends no run")
def _(dir):
    for place in ("/b" + "/a" * 2000, "/b" + "/a" * 300, "/b" + ("/" + "a" * 200) * 20):
        shutil.rmtree("release", ignore_errors=True)
        made = product("cc", "true")
        deliver(f"built in {place} now\n")
        made.save()
        record = sb("verify", "drop.json", "--solve", "3", "--json", code=1).json()
        assert record["level"] == "different" and not any(f["rebuild"] for f in record["solve"]["files"]), record["solve"]


main()
