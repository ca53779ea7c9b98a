#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Append-only logs through the binary: against a second reading of the formats, damaged, torn, rolled back and split."""
import base64
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import keyfile  # noqa: E402
import logs  # noqa: E402
from logs import LOG, SEEDS, append, copy, envelope, files, head, init, read, secret, write  # noqa: E402
from sbtest import PROGRAM, case, main, need, run, sb, start, under_ptrace  # noqa: E402


def verify(path="L", *more, code=0):
    return sb("log", "verify", path, "--log", LOG, *more, code=code)


def made(lines):
    return [text for line in lines for text in logs.entries(line)]


@case("entries, tiles and head are what the specifications say, at every size where something changes")
def _(_dir):
    init()
    verify()
    assert files("L") == ["checkpoint"] and head() == (logs.ORIGIN, 0, logs.root([]))
    lines, at = [envelope(i) for i in range(514)], 0
    for size in (1, 2, 255, 256, 257, 511, 512, 514):
        added = append(lines[at:size], more=("--json",)).json()
        assert added["size"] == size and added["indexes"] == list(range(at, size)), added
        texts = made(lines[:size])
        leaves = [logs.leaf(t) for t in texts]
        assert head() == (logs.ORIGIN, size, logs.root(leaves)), size
        assert read("L/checkpoint").decode() == logs.checkpoint(size, logs.root(leaves))
        bundle = lambda part: b"".join(len(t).to_bytes(2, "big") + t for t in part)  # noqa: E731
        for n in range(0, size, 256):
            part = texts[n:n + 256]
            name = f"{n // 256:03}" + ("" if len(part) == 256 else f".p/{len(part)}")
            assert read(f"L/tile/entries/{name}") == bundle(part), name
            assert read(f"L/tile/0/{name}") == b"".join(leaves[n:n + 256]), name
        full = [logs.root(leaves[n:n + 256]) for n in range(0, size - size % 256, 256)]
        assert not full or read(f"L/tile/1/000.p/{len(full)}") == b"".join(full)
        verify()
        at = size
    assert not [n for n in files("L") if "000.p" in n and "tile/1" not in n], "partial tiles of what is full are dropped"


@case("a statement about many files has several entries, one about a file twice has it once; nothing is added again")
def _(_dir):
    init()
    many = envelope(1, [f"{i:064x}" for i in range(1200)])
    lines = [envelope(2, ["ab" * 32, "AB" * 32]), many]
    assert append(lines, more=("--json",)).json()["indexes"] == [0, 1, 2, 3]
    assert append(lines + [envelope(3), envelope(3)], more=("--json",)).json()["indexes"] == [0, 1, 2, 3, 4, 4]
    assert max(len(t) for t in made(lines)) <= 65535 and head()[1] == 5
    verify()


@case("an envelope written in another way is the same entry; what is no statement refuses the whole call")
def _(_dir):
    init()
    line = envelope(1)
    again = json.loads(line)
    again["signatures"][0]["keyid"] = "another"
    append([line])
    assert append([json.dumps(again, indent=None, separators=(", ", " : "))], more=("--json",)).json()["added"] == 0
    before = read("L/checkpoint")
    for junk in ("{}", "not json", json.dumps(dict(again, payloadType="application/json")), json.dumps(dict(again, payload="e30="))):
        append([envelope(2), junk], code=6)
        assert read("L/checkpoint") == before
    verify()


def proof_of(text):
    lines, rest = text.split("\n\n", 1)
    magic, extra, index, *hashes = lines.split("\n")
    assert magic == "c2sp.org/tlog-proof@v1" and extra.startswith("extra ") and index.startswith("index ")
    return int(index[6:]), [base64.b64decode(h) for h in hashes], rest


def climbs(leaf, index, size, path, top):
    """RFC 9162 section 2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = logs.sha256(b"\1", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = logs.sha256(b"\1", r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == top


@case("proofs of inclusion hold by the algorithm of the RFC, for the newest head and for an older one")
def _(_dir):
    init()
    lines = [envelope(i) for i in range(300)]
    append(lines[:70])
    write("old", read("L/checkpoint"))
    append(lines[70:])
    for number in (0, 1, 69, 70, 255, 256, 299):
        write("st", lines[number] + "\n")
        index, path, note = proof_of(sb("log", "prove", "L", "st", "--log", LOG, code=0).out)
        assert index == number and note == read("L/checkpoint").decode()
        assert climbs(logs.leaf(made([lines[number]])[0]), index, 300, path, head()[2])
        older = sb("log", "prove", "L", "st", "--log", LOG, "--checkpoint", "old", code=0 if number < 70 else 6)
        if number < 70:
            index, path, note = proof_of(older.out)
            assert note == read("old").decode() and climbs(logs.leaf(made([lines[number]])[0]), index, 70, path, base64.b64decode(note.split("\n")[2]))
    write("several", "\n".join(lines[:3]))
    sb("log", "prove", "L", "several", "--log", LOG, code=2)
    os.mkdir("proofs")
    assert len(sb("log", "prove", "L", "several", "--log", LOG, "-O", "proofs", code=0).out.splitlines()) == 3 == len(os.listdir("proofs"))
    assert len(sb("log", "prove", "L", "several", "--log", LOG, "--json", code=0).json()["proofs"]) == 3
    write("st", envelope(1000))
    assert "[entry-absent]" in sb("log", "prove", "L", "st", "--log", LOG, code=6).err


def swap(data, a, b, width=32):
    parts = [data[i:i + width] for i in range(0, len(data), width)]
    parts[a], parts[b] = parts[b], parts[a]
    return b"".join(parts)


@case("an entry that is changed, removed, added or in another place is found, and the log is not written to")
def _(_dir):
    init()
    lines = [envelope(i) for i in range(5)]
    append(lines)
    texts = made(lines)
    place, tile = "tile/entries/000.p/5", "tile/0/000.p/5"
    bundle, hashes = read(f"L/{place}"), read(f"L/{tile}")
    pack = lambda part: b"".join(len(t).to_bytes(2, "big") + t for t in part)  # noqa: E731
    wrong = [(place, bundle.replace(b"pae sha256:", b"pae sha257:", 1)), (place, pack(texts[:4])), (place, pack(texts + texts[:1])), (place, bundle[:-1]), (place, b""),
             (place, pack([texts[1], texts[0]] + texts[2:])), (place, pack(texts[:4] + [texts[4][:-1]])), (place, None), (tile, swap(hashes, 0, 1)), (tile, hashes[:-32]),
             (tile, hashes + bytes(32)), (tile, hashes[:-1]), (tile, None), ("checkpoint", logs.checkpoint(4, head()[2])), ("checkpoint", logs.checkpoint(5, bytes(32))),
             ("checkpoint", logs.checkpoint(5, head()[2], seed=SEEDS["other"])), ("checkpoint", logs.checkpoint(5, head()[2], "lab.example/lug")), ("checkpoint", b""), ("checkpoint", None),
             ("checkpoint", read("L/checkpoint").replace(b"\n5\n", b"\n05\n")), ("checkpoint", logs.checkpoint(2**62, head()[2]))]
    for name, data in wrong:
        copy("L", "D")
        os.unlink(f"D/{name}") if data is None else write(f"D/{name}", data)
        said = verify("D", code=6)
        assert "entries, all" not in said.out, said
        if data and b"lug" in (data if isinstance(data, bytes) else data.encode()):
            continue  # to the writer it is a log of that name
        before = {n: read(f"D/{n}") for n in files("D")}
        append([envelope(9)], "D", code=6)
        assert {n: read(f"D/{n}") for n in files("D")} == before, name
        if name == tile:
            write("st", lines[0])
            sb("log", "prove", "D", "st", "--log", LOG, code=6)
            sb("log", "prove", "D", "--since", "3", "--log", LOG, code=6)
    # both entries and hashes in another order: only the head knows
    copy("L", "D")
    write(f"D/{place}", pack([texts[1], texts[0]] + texts[2:]))
    write(f"D/{tile}", swap(hashes, 0, 1))
    verify("D", code=6)
    verify("absent", code=6)
    verify(code=0)


@case("what is remembered: a log that was rolled back, or that tells two histories, is refused; both heads are kept")
def _(_dir):
    init()
    append([envelope(i) for i in range(3)])
    copy("L", "old")
    verify("L", "--remember", "seen")
    append([envelope(i) for i in range(3, 6)])
    copy("L", "fork")
    verify("L", "--remember", "seen")
    assert read("seen") == read("L/checkpoint")
    assert "[log-rolled-back]" in verify("old", "--remember", "seen", code=6).err
    assert read("seen") == read("L/checkpoint") and not os.path.exists("seen.equivocation")
    # another history of the same size
    append([envelope(i) for i in (7, 8, 9)], "old")
    assert head("old")[1] == head("L")[1]
    verify("old")
    assert "[log-equivocation]" in verify("old", "--remember", "seen", code=6).err
    assert sorted(read(f"seen.equivocation/{n}") for n in os.listdir("seen.equivocation")) == sorted([read("L/checkpoint"), read("old/checkpoint")])
    assert read("seen") == read("L/checkpoint")
    run("rm", "-r", "seen.equivocation", code=0)
    # a longer one that does not begin with what was seen
    append([envelope(10)], "old")
    assert "[log-equivocation]" in verify("old", "--remember", "seen", code=6).err
    assert len(os.listdir("seen.equivocation")) == 2
    # a damaged copy is no proof against the log
    run("rm", "-r", "seen.equivocation", code=0)
    append([envelope(11)], "fork")
    os.unlink("fork/tile/0/000.p/7")
    assert "[log-damaged]" in verify("fork", "--remember", "seen", code=6).err
    assert not os.path.exists("seen.equivocation")
    write("seen", b"junk")
    verify("L", "--remember", "seen", code=6)


def request(path="L", since=0, name="request"):
    write(name, sb("log", "prove", path, "--since", str(since), "--log", LOG, code=0).out.encode())
    return name


def witness(name="request", key="w1", code=0, when="2026-11-01T00:00:00Z", more=()):
    return secret("log", "witness", name, "--state", f"state-{key}", "--key", f"{key}.key", "--name", f"{key}.example", "--log", LOG, "--time", when, *more, code=code)


WHEN = 1793491200


@case("a witness signs what continues what it knows, and answers with that size otherwise")
def _(_dir):
    init()
    said = witness(request())
    assert said.out == logs.cosign("w1", "".join(line + "\n" for line in read("L/checkpoint").decode().split("\n")[:3]), WHEN)
    append([envelope(i) for i in range(3)])
    assert witness(request(), code=0).out.count("\u2014") == 1
    append([envelope(i) for i in range(3, 300)])
    assert witness(request(), code=1).out == "3\n", "stale: it knows more"
    assert witness(request(since=2), code=1).out == "3\n"
    assert witness(request(since=3), more=("--json",)).json()["stale"] is False
    assert witness(request(since=300)).out, "the same head again"
    (name,) = os.listdir("state-w1")
    assert name == logs.sha256(logs.ORIGIN.encode()).hex() + ".checkpoint"
    kept = read(f"state-w1/{name}").decode()
    assert kept.startswith(read("L/checkpoint").decode()) and kept.count("\u2014") == 2
    text = read("request").decode()
    before = kept
    for wrong in (text.replace("old 300", "old 301"), text.replace("old 300\n", "old 300\n" + logs.b64(bytes(32)) + "\n"), text.replace("old 300", "old 0300"), text.replace("\n300\n", "\n301\n"), "", "old 0\n",
                  "old 300\n\n" + logs.checkpoint(300, head()[2], "stranger.example/log"), "old 300\n\n" + logs.checkpoint(300, head()[2], seed=SEEDS["other"]),
                  "old 300\n\n" + logs.checkpoint(301, bytes(32)), "old 300\n\n" + logs.checkpoint(0, bytes(32))):
        write("request", wrong)
        assert not witness(code=6).out, wrong
        assert read(f"state-w1/{name}").decode() == before
    witness(key="log", code=2), witness(request(since=300), more=("--witness", "x"), code=2)


@case("a log that shows a witness two heads of one size is refused, and both are kept")
def _(_dir):
    init()
    append([envelope(1)])
    copy("L", "fork")
    append([envelope(2)])
    append([envelope(3)], "fork")
    witness(request())
    for since in (0, 1, 2):
        assert "[log-equivocation]" in witness(request("fork", since), code=6).err
    state = "state-w1/" + logs.sha256(logs.ORIGIN.encode()).hex()
    notes = [read(f"{state}.equivocation/{n}") for n in os.listdir(f"{state}.equivocation")]
    assert len(notes) == 2 and any(n == read("fork/checkpoint") for n in notes) and any(n.startswith(read("L/checkpoint")) for n in notes)
    witness(request(since=2))


@case("cosignatures are put onto the head when they are good, and onto no other head")
def _(_dir):
    init()
    append([envelope(1)])
    write("answer", witness(request()).out.encode())
    write("answer2", witness(request(), key="w2").out.encode())
    w1, w2 = logs.witness_vkey("w1"), logs.witness_vkey("w2")

    def attach(name, *names, code=0):
        return secret("log", "append", "L", "--key", "log.key", "--cosignatures", name, *(w for n in names for w in ("--witness", n)), "--json", code=code)
    assert attach("answer", w1).json()["cosignatures"] == 1
    assert attach("answer", w1).json()["cosignatures"] == 0, "the same line is there once"
    attach("answer2", w1, code=6), attach("answer2", code=2), attach("answer2", w2, w2, code=2), attach("answer2", LOG, code=2)
    assert attach("answer2", w1, w2).json()["cosignatures"] == 1
    text = read("L/checkpoint").decode()
    assert text.count("\u2014") == 3
    verify()
    append([envelope(2)])
    assert read("L/checkpoint").decode().count("\u2014") == 1
    assert "[cosignature-wrong]" in attach("answer", w1, code=6).err
    verify()


@case("a log needs a key of its own, a name that can be signed, and an empty folder")
def _(_dir):
    init()
    append([envelope(1, seed=SEEDS["log"])], code=2)
    append([envelope(1)], key="other", code=6)
    for name in ("", "a b", "a+b", "a\u00a0b", "a\nb", "SSHSIG.example", "cosignature/v1", "a" * 300):
        secret("log", "init", "M", "--key", "log.key", "--origin", name, code=2)
        run("rm", "-rf", "M", code=0)
    secret("log", "init", "L", "--key", "log.key", "--origin", logs.ORIGIN, code=2)
    verify()


@case("two writers do not meet")
def _(_dir):
    init()
    holder = start(sys.executable, "-c", "import fcntl, os, sys; fcntl.flock(os.open('L', os.O_RDONLY), fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()",
                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    assert "[log-locked]" in append([envelope(1)], code=75).err
    holder.communicate(b"")
    append([envelope(1)])


@case("an append that dies at any of its calls leaves the old log or the new one, and the next append goes on")
def _(_dir):
    need("strace")
    init()
    append([envelope(i) for i in range(254)])
    copy("L", "start")
    sb("log", "verify", "L", "--log", LOG, "--remember", "seen", code=0)
    lines = [envelope(i) for i in range(254, 258)]
    write("to-append", "\n".join(lines))
    words = [PROGRAM, "log", "append", "L", "to-append", "--key", "log.key", "--passphrase-fd", "0"]
    seen = set()
    for call in ("fsync", "renameat", "write", "mkdirat", "unlinkat", "openat"):
        for number in range(1, 100):
            copy("start", "L")
            process = start("strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}", *words, env=under_ptrace(), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.communicate((keyfile.PASSPHRASE + "\n").encode(), timeout=60)
            if process.returncode == 0:
                break
            size = head()[1]
            seen.add(size)
            run("cp", "seen", "mine", code=0)
            verify("L", "--remember", "mine")
            append(lines)
            assert head()[1] == 258
            verify("L", "--remember", "mine")
    assert seen == {254, 258}, seen


@case("a witness whose state cannot be made durable gives no answer")
def _(_dir):
    need("strace")
    init()
    append([envelope(1)])
    request()
    words = [PROGRAM, "log", "witness", "request", "--state", "state", "--key", "w1.key", "--name", "w1.example", "--log", LOG, "--passphrase-fd", "0"]
    reached = 0
    for call, error in (("fsync", "EIO"), ("renameat", "EIO"), ("write", "ENOSPC"), ("openat", "EIO"), ("flock", "EIO")):
        for number in range(1, 60):
            run("rm", "-rf", "state", code=0)
            process = start("strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}", *words, env=under_ptrace(), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = process.communicate((keyfile.PASSPHRASE + "\n").encode(), timeout=60)
            name = "state/" + logs.sha256(logs.ORIGIN.encode()).hex() + ".checkpoint"
            assert not out or (os.path.exists(name) and out in read(name)), (call, number, out, err)
            assert process.returncode != 0 or out, (call, number, err)
            reached += process.returncode != 0
            if process.returncode == 0 and number > 20:
                break
    assert reached > 5, reached


main()
