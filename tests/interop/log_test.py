#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Go's own note and tlog packages accept our logs, and we what they sign."""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import logs  # noqa: E402
from logs import LOG, append, cosign, envelope, init, read, secret, write  # noqa: E402
from sbtest import SOURCE, case, main, need, run, sb, skip  # noqa: E402

GO = "/usr/share/gocode"


def client():
    need("go")
    if not os.path.isdir(f"{GO}/src/golang.org/x/mod/sumdb/tlog"):
        skip("golang-golang-x-mod-dev is not installed")
    shutil.copytree(os.path.join(SOURCE, "tests/interop/tlog"), "client")
    run("go", "build", "-o", "../tlog", ".", cwd="client", env={"GO111MODULE": "off", "GOPATH": GO, "GOCACHE": os.path.abspath("cache")}, code=0)
    return "./tlog"


@case("Go opens our checkpoint, checks our proofs, and knows a cosignature for what it is")
def _(_dir):
    tlog = client()
    init()
    lines = [envelope(i) for i in range(300)]
    append(lines[:70])
    write("old", read("L/checkpoint"))
    append(lines[70:])
    note = read("L/checkpoint").decode()
    write("L/checkpoint", note + cosign("w1", note.split("\n\n")[0] + "\n", 1700000000))
    for number in (0, 69, 255, 299):
        write("st", lines[number] + "\n")
        write("entry", next(logs.entries(lines[number])))
        write("proof", sb("log", "prove", "L", "st", "--log", LOG, code=0).out)
        assert run(tlog, "record", "proof", LOG, "entry", code=0).out == "verified 1 unverified 1\n"
        write("entry", b"another")
        run(tlog, "record", "proof", LOG, "entry", code=1)
    for old in ("old", "L/checkpoint"):
        size = read(old).decode().split("\n")[1]
        write("request", sb("log", "prove", "L", "--since", size, "--log", LOG, code=0).out)
        assert run(tlog, "tree", "request", LOG, old, code=0).out == f"continues {size} 300\n"
    write("request", sb("log", "prove", "L", "--since", "71", "--log", LOG, code=0).out)
    run(tlog, "tree", "request", LOG, "old", code=1)


@case("we verify and cosign what Go has signed")
def _(_dir):
    tlog = client()
    init()
    lines = [envelope(i) for i in range(300)]
    append(lines)
    write("entries", json.dumps([t.decode() for line in lines for t in logs.entries(line)]))
    vkey = run(tlog, "make", "entries", logs.ORIGIN, code=0).out.strip()
    write("L/checkpoint", read("their-checkpoint"))  # the same tree under their signature
    sb("log", "verify", "L", "--log", vkey, code=0)
    sb("log", "verify", "L", "--log", LOG, code=6)
    write("st", lines[77])
    assert "index 77\n" in sb("log", "prove", "L", "st", "--log", vkey, code=0).out
    write("request", sb("log", "prove", "L", "--since", "0", "--log", vkey, code=0).out)
    assert secret("log", "witness", "request", "--state", "s", "--key", "w1.key", "--name", "w1.example", "--log", vkey, code=0).out.startswith("\u2014 w1.example ")
    write("L/checkpoint", read("their-checkpoint").replace(b"\n300\n", b"\n299\n"))
    sb("log", "verify", "L", "--log", vkey, code=6)


main()
