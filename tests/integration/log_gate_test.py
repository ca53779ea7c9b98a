#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gate and logs: what is logged, who has witnessed it, who speaks against a file, and bundles. Every way round that was thought of stays here."""
import base64
import hashlib
import json
import os
import sys
import tarfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import keyfile  # noqa: E402
import logs  # noqa: E402
from logs import LOG, SEEDS, append, comparison, copy, cosign, envelope, head, init, read, secret, signed, write  # noqa: E402
from sbtest import case, main, run, sb  # noqa: E402

NOW, THEN, LATE = "2027-01-01T00:00:00Z", 1793491200, 1798675200  # two months, and one day, before
A, B, VENDOR = b"A" * 32, b"B" * 32, b"V" * 32
W1, W2, W3 = (logs.witness_vkey(n) for n in ("w1", "w2", "w3"))


def key(party, seed, role="rebuilder", **more):
    return dict({"party": party, "role": role, "key": keyfile.public_of(seed).hex()}, **more)


def policy(log=None, keys=None, **more):
    made = dict({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.*", "keys": keys or [key("lab-a", A), key("lab-b", B)], "artifacts": [{"files": "*", "level": "explained"}]}, **more)
    if log is not None:
        made["log"] = dict({"vkey": LOG}, **log)
    write("p.json", json.dumps(made))


def two_of(*names, **more):
    return dict({"witnesses": {"need": 2, "of": list(names) or [W1, W2, W3]}}, **more)


def lay():
    init()
    write("acme.bin", b"firmware" * 999)
    write("other.bin", b"another" * 999)
    write("st", signed(comparison("acme.bin"), A) + "\n")


def witnessed(path="L", names=("w1", "w2"), when=THEN):
    """Put signatures of witnesses onto the head as it is."""
    note = read(f"{path}/checkpoint").decode()
    text = note.split("\n\n")[0] + "\n"
    write(f"{path}/checkpoint", note + "".join(cosign(n, text, when) for n in names))


def prove(statement="st", to="proof", path="L", code=0):
    write(to, sb("log", "prove", path, statement, "--log", LOG, code=code).out)
    return to


def gate(*evidence, code=None, more=(), artifacts=("acme.bin",)):
    words = [w for e in evidence for w in ("--attestations", e)] + [w for a in artifacts for w in ("--artifact", a)]
    return sb("gate", "--policy", "p.json", *words, "--time", NOW, "--json", *more, code=code)


def reasons(result):
    return [v["reason"] for v in result.json()["artifacts"][0]["rejected"]]


def rule(result, name):
    return next(r for r in result.json()["artifacts"][0]["rules"] if r["rule"] == name)


def logged(lines=None, **more):
    lay()
    append(lines or [read("st").decode().strip(), envelope(1), envelope(2)])
    witnessed(**more)
    prove()


@case("a statement counts when it is in the log, below a head that enough witnesses have signed")
def _(_dir):
    logged()
    policy()
    gate("st", code=0)
    policy(two_of())
    assert reasons(gate("st", code=1)) == ["not-logged"]
    result = gate("st", "proof", code=0)
    assert rule(result, "log")["found"] == "1 of 1 statements" and "2 of 3 witnesses" in rule(result, "log")["needed"]
    os.mkdir("folder")
    run("cp", "st", "proof", "folder", code=0)
    gate("folder", code=0)
    assert gate("st", code=0, more=("--log", "L")).json()["allowed"]
    assert "not-logged" in sb("gate", "--policy", "p.json", "--attestations", "st", "--artifact", "acme.bin", "--time", NOW, code=1).out
    assert "in the log lab.example/log" in sb("gate", "--policy", "p.json", "--attestations", "folder", "--artifact", "acme.bin", "--time", NOW, "-v", code=0).out
    # neither the bytes nor the signature of the statement stop mattering
    gate("folder", code=6, artifacts=("other.bin",))
    policy(two_of(), keys=[key("lab-b", B)])
    gate("folder", code=6)


@case("a proof for another entry, another log, a changed head or a changed path proves nothing")
def _(_dir):
    logged()
    policy(two_of())
    proof = read("proof").decode()
    note = proof.split("\n\n", 1)[1]
    top, hashes = proof.split("\n\n")[0], proof.split("\n\n")[0].split("\n")[3:]
    write("st1", envelope(1))
    wrong = [proof.replace("index 0", "index 1"), proof.replace("index 0", "index 3"), proof.replace("index 0", "index 00"), proof.replace(hashes[0], logs.b64(bytes(32))),
             proof.replace(hashes[0] + "\n", ""), proof.replace(hashes[0], hashes[0] + "\n" + hashes[0]), proof.replace("\n3\n", "\n4\n"), top + "\n\n" + logs.checkpoint(3, head()[2], seed=SEEDS["other"]),
             top + "\n\n" + logs.checkpoint(3, head()[2], "lab.example/lug"), top + "\n\n" + note.split("\n\n")[0] + "\n", top, "", proof + "x", read(prove("st1", "p1")).decode(),
             read("p1").decode().replace(read("p1").decode().split("\n")[1], top.split("\n")[1])]
    for text in wrong:
        write("bad", text)
        assert reasons(gate("st", "bad", code=1)) == ["not-logged"], text
    write("bad", proof.replace("extra " + top.split("\n")[1][6:] + "\n", ""))
    gate("st", "bad", code=0)  # the hint is no part of the proof
    write("bad", proof.replace(top.split("\n")[1], "extra " + logs.b64(bytes(32))))
    assert reasons(gate("st", "bad", code=1)) == ["not-logged"], "a hint that leads elsewhere"


@case("witnesses: too few, strangers, one twice, a bad one, one from the future, and 17 signatures")
def _(_dir):
    for names, when, code in ((("w1",), THEN, 1), (("w1", "other"), THEN, 1), (("w1", "w1"), THEN, 1), (("w1", "w2"), THEN, 0), (("w1", "w2", "w3"), THEN, 0), (("w1", "w2"), 1893456000, 1),
                              (("w1", "w2"), 0, 0), (("w1", "w3") + ("other",) * 14, THEN, 0)):
        run("rm", "-rf", "L", code=0)
        logged(names=names, when=when)
        policy(two_of())
        gate("st", "proof", code=code), gate("st", code=code, more=("--log", "L"))
    run("rm", "-rf", "L", code=0)
    logged(names=("w1", "w2"))
    good = read("proof").decode()
    text = good.split("\n\n")[1] + "\n"
    for bad in (logs.note_line("w3.example", SEEDS["w3"], 4, (THEN).to_bytes(8, "big") + bytes(64)), logs.note_line("w3.example", SEEDS["w3"], 4, b"short"),
                logs.note_line(logs.ORIGIN, SEEDS["log"], 1, bytes(64)), cosign("w3", text.replace("3", "4"), THEN)):
        write("bad", good + bad)
        assert reasons(gate("st", "bad", code=1)) == ["not-logged"], bad
    write("fine", good + logs.note_line("w3.example", SEEDS["other"], 4, bytes(72)))
    gate("st", "fine", code=0)
    policy({})
    run("rm", "-rf", "L", code=0)
    logged(names=())
    gate("st", "proof", code=0)


@case("what a policy may ask of a log, and what it may not")
def _(_dir):
    logged()
    for good in (two_of(W1, W2), {"witnesses": {"need": "any", "of": [W1]}}, {"witnesses": {"need": "all", "of": [W1, W2]}}, two_of(veto=True), {}, two_of(veto=False)):
        policy(good)
        sb("policy", "check", "p.json", code=0), sb("policy", "explain", "p.json", code=0)
    as_log = logs.vkey(logs.ORIGIN, A, 1)
    for bad in (two_of(W1, W1), two_of(W1, logs.vkey("again.example", SEEDS["w1"], 4)), two_of(W1, LOG), two_of(W1, logs.vkey("w.example", SEEDS["log"], 4)), two_of(W1, logs.vkey("w.example", A, 4)),
                {"vkey": as_log}, {"vkey": W1}, {"vkey": "junk"}, {"vkey": ""}, {"veto": True}, {"witnesses": {"need": 0, "of": [W1]}}, {"witnesses": {"need": 2, "of": [W1]}}, {"witnesses": {"need": 1, "of": []}},
                {"witnesses": {"of": [W1]}}, {"witnesses": {"need": 1}}, {"more": 1}, {"veto": 1}):
        policy(bad)
        gate("st", "proof", code=2)
    policy()
    made = json.loads(read("p.json"))
    made["log"] = {}
    write("p.json", json.dumps(made))
    gate("st", "proof", code=2)


@case("a key that is past its time counts for what witnesses had seen by then, and a later one does not")
def _(_dir):
    for when, code in ((THEN, 0), (1796083200, 6)):
        run("rm", "-rf", "L", code=0)
        logged(when=when)
        policy(two_of(), keys=[key("lab-a", A, not_after="2026-11-15")])
        gate("st", "proof", code=code)
    policy(keys=[key("lab-a", A, not_after="2026-11-15")])
    gate("st", "proof", code=6)


@case("veto: somebody who says different decides, and nothing of the log may be missing")
def _(_dir):
    lay()
    against = signed(comparison("acme.bin", "different"), B)
    vendor, stranger = signed(comparison("acme.bin", "different"), VENDOR), signed(comparison("acme.bin", "different", opaque=["x"]), b"S" * 32)
    good = read("st").decode().strip()

    def trial(lines, evidence, code, found=None, log="L", more=("--log", "L")):
        run("rm", "-rf", "L", code=0)
        init()
        append(lines)
        witnessed()
        policy(two_of(veto=True), keys=[key("lab-a", A), key("lab-b", B), key("acme", VENDOR, "vendor")])
        write("evidence", "".join(e + "\n" for e in evidence))
        result = gate("evidence", code=code, more=more)
        assert found is None or rule(result, "veto")["found"] == found, result
        return result
    trial([good, envelope(1)], [good], 0, "nobody does")
    trial([good, envelope(1)], [good], 5, "not all of the log", more=())
    trial([good, against], [good, against], 1, "lab-b says different")
    assert rule(trial([good, against], [good], 5), "veto")["found"].endswith("is in the log and not in the evidence")
    trial([good], [good, against], 0, "nobody does")  # not logged: it could be left out as well
    # a signature that got lost on the way hides nobody
    stripped = json.dumps(dict(json.loads(against), signatures=json.loads(stranger)["signatures"]))
    trial([good, against], [good, stripped], 5)
    trial([good, against], [stripped, good, against], 1, "lab-b says different")
    trial([good, vendor], [good, vendor], 5)  # whoever made it has no say, and may have put his signature in the place of another one
    trial([good, stranger], [good, stranger], 5)  # a stranger's word could be a known one's without its signature
    trial([good, signed(comparison("acme.bin"), b"S" * 32)], [good, signed(comparison("acme.bin"), b"S" * 32)], 0, "nobody does")
    # an older log, in which nobody has spoken yet, beside a proof from a newer one
    run("rm", "-rf", "L", "old", code=0)
    init()
    append([good])
    witnessed()
    copy("L", "old")
    append([against])
    witnessed()
    prove()
    gate("st", code=0, more=("--log", "old"))
    assert rule(gate("st", "proof", code=5, more=("--log", "old")), "veto")["found"] == "not all of the log"
    assert gate("st", code=5, more=("--log", "L")).json()["allowed"] is False
    # an entry that is no statement of ours could be anything
    run("rm", "-rf", "L", code=0)
    text = b"somebody else's entry\n"
    texts = list(logs.entries(good)) + [text]
    os.makedirs("F/tile/entries/000.p"), os.makedirs("F/tile/0/000.p")
    write("F/tile/entries/000.p/2", b"".join(len(t).to_bytes(2, "big") + t for t in texts))
    write("F/tile/0/000.p/2", b"".join(logs.leaf(t) for t in texts))
    write("F/checkpoint", logs.checkpoint(2, logs.root([logs.leaf(t) for t in texts])))
    witnessed("F")
    assert rule(gate("st", code=5, more=("--log", "F")), "veto")["found"] == "not all of the log"
    # a damaged one, and one that too few have witnessed
    copy("F", "D")
    write("D/tile/entries/000.p/2", b"")
    gate("st", code=6, more=("--log", "D"))
    write("F/checkpoint", logs.checkpoint(2, logs.root([logs.leaf(t) for t in texts])))
    gate("st", code=5, more=("--log", "F"))
    gate("st", code=6, more=("--log", "absent"))


@case("veto: whoever may not veto settles nothing, by whatever he puts his signature on")
def _(_dir):
    lay()
    good, against = read("st").decode().strip(), comparison("acme.bin", "different")
    both = comparison("acme.bin", "different")
    both["subject"] += comparison("other.bin")["subject"]
    both["predicate"]["artifacts"] += comparison("other.bin")["predicate"]["artifacts"]
    append([good, signed(against, B), signed(both, B)])
    witnessed()
    policy(two_of(veto=True), keys=[key("lab-a", A), key("lab-b", B), key("acme", VENDOR, "vendor"), key("lab-c", b"C" * 32, not_after="2020-01-01")])

    def trial(code, *lines):
        write("evidence", "".join(line + "\n" for line in (good, *lines)))
        return rule(gate("evidence", code=code, more=("--log", "L")), "veto")["found"]
    assert trial(1, signed(against, B), signed(both, B)) == "lab-b says different"
    for other in (VENDOR, b"C" * 32, b"S" * 32):
        assert trial(5, signed(against, other), signed(both, other)).endswith("is in the log and not in the evidence")
    assert trial(1, signed(against, VENDOR, b"C" * 32, B), signed(both, VENDOR), signed(both, B)) == "lab-b says different"
    # what is signed and cannot be read may say anything
    run("rm", "-rf", "L", code=0)
    init()
    unclear = comparison("acme.bin", "different", complete="no")
    append([good, signed(unclear, B)])
    witnessed()
    assert trial(5, signed(unclear, B)).endswith("is in the log and not in the evidence")


@case("veto: what is over a limit was not heard, and what is there many times is heard once")
def _(_dir):
    lay()
    names = [f"f{n:03}.bin" for n in range(250)]
    for n, name in enumerate(names):
        write(name, b"file %d" % n)

    def about_all(number):
        made = [comparison(name) for name in names]
        made[0]["predicate"].update(number=number, artifacts=[m["predicate"]["artifacts"][0] for m in made])
        return dict(made[0], subject=[m["subject"][0] for m in made])
    good, against = signed(about_all(0), A), signed(comparison("f007.bin", "different"), B)
    paper = signed(dict(about_all(0), predicateType="https://slsa.dev/provenance/v1"), A)
    append([good, against])
    witnessed()
    policy(two_of(veto=True))
    os.mkdir("e")
    write("e/0", good + "\n"), write("e/2", against + "\n")

    def trial(code):
        result = gate("e", code=code, more=("--log", "L"), artifacts=names).json()
        assert result["allowed"] is False
        return result["left_out"], next(r for r in result["artifacts"][7]["rules"] if r["rule"] == "veto")["found"]
    assert trial(1) == (0, "lab-b says different")
    write("e/1", (paper + "\n") * 200 + (good + "\n") * 250)
    assert trial(1) == (0, "lab-b says different")
    write("e/1", "".join(signed(about_all(n), A) + "\n" for n in range(1, 401)))
    left_out, found = trial(5)
    assert left_out > 0 and found.startswith(f"{left_out} statements or signatures were over a limit"), found


@case("strangers: what nobody known has signed is looked at for so long, and then nothing is decided")
def _(_dir):
    lay()
    keys = [key(f"lab-{n}", hashlib.sha256(b"%d" % n).digest()) for n in range(500)]
    policy(keys=keys + [key("lab-a", A)])
    good = read("st").decode().strip()
    os.mkdir("e")

    def crowd(lines):
        write("e/0", "".join(json.dumps({"payload": logs.b64(b"{}" + b" " * n), "payloadType": logs.INTOTO, "signatures": [{"sig": logs.b64(keyfile.sign(b"S" * 32, b"%d" % n))}] * 64}) + "\n" for n in range(lines)))
    crowd(1)
    write("e/1", good + "\n")
    assert gate("e", code=0).json()["left_out"] == 0
    crowd(10)
    assert gate("e", code=5).json()["left_out"] > 0


@case("a log whose newer part was held back can be shown for so long, and a head that is signed again is new")
def _(_dir):
    logged(when=THEN)  # 61 days before NOW
    for age, code in (("61d", 0), ("60d", 5), ("1h", 5), ("1464h", 0), ("1463h", 5), (None, 0)):
        policy(two_of(**({"max_head_age": age} if age else {})))
        result = gate("st", "proof", code=code)
        assert code == 0 or (rule(result, "log-age")["found"] == f"{61 * 86400} seconds ago" and result.json()["allowed"] is False), result
    policy(two_of(max_head_age="30d"))
    assert rule(gate("st", code=5), "log-age")["found"] == "no head that counts"
    old = read("proof").decode()
    # one witness is not enough to make it new, nor one who signs twice, nor a time that is not yet
    text = old.split("\n\n")[1] + "\n"
    for lines in ([cosign("w1", text, LATE)], [cosign("w1", text, LATE), cosign("w1", text, LATE)], [cosign("w1", text, 1893456000), cosign("w2", text, 1893456000)], [cosign("other", text, LATE)] * 2):
        write("p2", old + "".join(lines))
        gate("st", "p2", code=5)
    write("p2", old + cosign("w1", text, LATE) + cosign("w3", text, LATE))
    gate("st", "p2", code=0)  # they have signed it again
    write("p2", old + cosign("w1", text, LATE) + cosign("w3", text, 1893456000))
    gate("st", "p2", code=5)  # one of them not yet
    write("p2", old + cosign("w1", text, LATE) + cosign("w2", text, LATE) + cosign("w2", text, 1893456000))
    gate("st", "p2", code=0)
    write("p2", old.split("\u2014 w1")[0] + cosign("w1", text, LATE) + cosign("w3", text, LATE))
    gate("st", "p2", code=0)
    gate("st", "proof", "p2", code=0)  # an older sight of the same head takes nothing away
    gate("st", "p2", "proof", code=0)
    # the largest head decides: a smaller one cannot be newer
    append([envelope(7)])
    witnessed(when=THEN + 1)
    prove(to="larger")
    gate("st", "p2", "larger", code=5)
    gate("st", "larger", "p2", code=5)
    # somebody who speaks later: the log as it was before, whole and witnessed, counts only while it is new
    policy(two_of(max_head_age="30d", veto=True))
    copy("L", "old")
    append([signed(comparison("acme.bin", "different"), B)])
    witnessed(when=LATE)
    assert rule(gate("st", code=5, more=("--log", "old")), "log-age")["ok"] is False
    assert gate("st", code=5, more=("--log", "L")).json()["allowed"] is False
    policy(two_of(veto=True))
    gate("st", code=0, more=("--log", "old"))
    for bad in (two_of(max_head_age="soon"), two_of(max_head_age=0), {"max_head_age": "1d"}, two_of(max_head_age=-1)):
        policy(bad)
        gate("st", "proof", code=2)


@case("a log that has signed two roots of one size proves nothing any more")
def _(_dir):
    logged()
    policy(two_of())
    gate("st", "proof", code=0)
    top = read("proof").decode().split("\n\n")[0]
    write("split", top + "\n\n" + logs.checkpoint(3, bytes(32)))
    assert "[log-equivocation]" in sb("gate", "--policy", "p.json", "--attestations", "st", "--attestations", "proof", "--attestations", "split", "--artifact", "acme.bin", "--time", NOW, code=6).err
    write("split", top + "\n\n" + logs.checkpoint(3, bytes(32), seed=SEEDS["other"]))
    gate("st", "proof", "split", code=0)


@case("a log that has signed a head which is not its own beginning proves nothing any more")
def _(_dir):
    logged()
    policy(two_of(veto=True))
    good = read("st").decode().strip()
    texts = list(logs.entries(good))
    others = [t for n in (1, 2) for t in logs.entries(envelope(n))]

    def proof_below(leaves, names=("w1", "w2")):
        note = logs.checkpoint(len(leaves), logs.root(leaves))
        write("forked", f"c2sp.org/tlog-proof@v1\nindex 0\n{''.join(logs.b64(h) + chr(10) for h in leaves[1:])}\n" + note + "".join(cosign(n, note.split(chr(10) * 2)[0] + chr(10), THEN) for n in names))
    for leaves, names, code in (([logs.leaf(texts[0])], ("w1", "w2"), 0), ([logs.leaf(others[0])], ("w1", "w2"), 6), ([logs.leaf(others[0])], (), 6), ([logs.leaf(texts[0]), logs.leaf(others[0])], ("w1", "w2"), 0),
                                ([logs.leaf(texts[0]), logs.leaf(others[1])], ("w3",), 6)):
        proof_below(leaves, names)
        result = gate("st", "forked", code=code, more=("--log", "L"))
        assert code == 0 or result.json()["errors"][0]["id"] == "log-equivocation", result
    # without the whole log nobody can tell
    policy(two_of())
    gate("st", "proof", "forked", code=0)


@case("heads: what strangers write below one makes it no other, and over the limit nothing is decided")
def _(_dir):
    logged()
    policy(two_of(veto=True))
    copy("L", "old")
    append([signed(comparison("acme.bin", "different"), B)])
    witnessed()
    prove(to="newer")
    gate("st", "newer", code=5, more=("--log", "old"))
    proof = read("proof").decode()
    flood = [(b"proofs/%06d" % i, (proof + f"\u2014 x{i} AAAAAAAA\n").encode()) for i in range(10001)]
    write("many", packed(MARK, *flood))
    gate("many", "st", code=0, more=("--log", "old"))
    assert rule(gate("many", "st", "newer", code=5, more=("--log", "old")), "veto")["found"] == "not all of the log"
    split = logs.checkpoint(head("old")[1], bytes(32))
    write("split", proof.split("\n\n")[0] + "\n\n" + split)
    gate("many", "st", "split", code=6, more=("--log", "old"))
    # signatures in the name of somebody whom we know are looked at, each of them
    write("many", packed(MARK, *((n, (proof + logs.note_line("w3.example", SEEDS["w3"], 4, b"%072d" % i)).encode()) for i, (n, _) in enumerate(flood))))
    result = gate("many", "st", code=5, more=("--log", "old"))
    assert rule(result, "log")["found"].endswith("that were not looked at") and rule(result, "veto")["ok"] is False
    policy(two_of())
    assert rule(gate("many", "st", "proof", code=5), "log")["ok"] is False


@case("a statement is no newer than when witnesses had seen it")
def _(_dir):
    lay()
    late = signed(comparison("acme.bin", finishedOn="2026-12-31T00:00:00Z"), A)
    write("st", late + "\n")
    append([late])
    witnessed(when=THEN)
    prove()
    for age, code in (("61d", 0), ("30d", 1), ("1462h", 1)):
        policy(two_of(), max_age=age)
        result = gate("st", "proof", code=code)
        assert code == 0 or reasons(result) == ["too-old"], result
    policy({}, max_age="30d")
    gate("st", "proof", code=0)  # nobody witnesses when it was logged


@case("ten thousand proofs that prove nothing do no harm")
def _(_dir):
    logged()
    policy(two_of())
    os.mkdir("many")
    proof = read("proof").decode()
    for i in range(10000):
        write(f"many/{i}", proof.replace("index 0", f"index {i + 5}") if i % 3 else f"c2sp.org/tlog-proof@v1\njunk {i}\n")
    assert reasons(gate("st", "many", code=1)) == ["not-logged"]
    gate("st", "many", "proof", code=0)


def members(path):
    with tarfile.open(path) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers()}


@case("a bundle is one file that gate, attest verify and log verify read; the same input gives the same bytes")
def _(_dir):
    logged()
    policy(two_of(veto=True))
    write("root.json", "{}"), write("record.json", "{}"), write("a.pub", keyfile.public_of(A).hex())
    words = ("--attestations", "st", "--attestations", "proof", "--log", "L", "--policy", "p.json", "--root", "root.json", "--report", "record.json")
    sb("attest", "bundle", "b", *words, code=0), sb("attest", "bundle", "c", *words, code=0)
    assert read("b") == read("c") and run("tar", "-tf", "b", code=0).out.splitlines()[0] == "BUNDLE"
    os.makedirs("other")
    write("other/record.json", "[]")
    sb("attest", "bundle", "d", *words, "--report", "record.json", code=0)
    assert read("b") == read("d")
    sb("attest", "bundle", "e", *words, "--report", "other/record.json", code=2)
    assert not os.path.exists("e")
    inside = members("b")
    assert inside["log/checkpoint"] == read("L/checkpoint") and inside["policy/p.json"] == read("p.json") and len([n for n in inside if n.startswith("statements/")]) == 1


@case("a veto is decided from a bundle alone, and a policy in it decides nothing")
def _(_dir):
    logged()
    policy(two_of(veto=True))
    write("a.pub", keyfile.public_of(A).hex())
    sb("attest", "bundle", "b", "--attestations", "st", "--attestations", "proof", "--log", "L", "--policy", "p.json", code=0)
    gate("b", code=0)
    sb("attest", "verify", "b", "--key", "a.pub", "--artifact", "acme.bin", code=0)
    sb("log", "verify", "b", "--log", LOG, code=0)
    sb("attest", "bundle", "again", "--attestations", "b", code=0)
    assert gate("again", code=5)
    policy(two_of(veto=True), keys=[key("lab-b", B)])
    gate("b", code=6)
    sb("gate", "--attestations", "b", "--artifact", "acme.bin", code=2)


def packed(*named):
    """A bundle of these members as they come, written from docs/bundles.md."""
    out = []
    for name, data in named:
        header = bytearray(512)
        header[:len(name)] = name
        for at, digits, value in ((100, 7, 0o644), (108, 7, 0), (116, 7, 0), (124, 11, len(data)), (136, 11, 0), (329, 7, 0), (337, 7, 0)):
            header[at:at + digits] = b"%0*o" % (digits, value)
        header[148:156] = b" " * 8
        header[156:157], header[257:265] = b"0", b"ustar\x0000"
        header[148:155] = b"%06o\0" % sum(header)
        out += [bytes(header), data, bytes(-len(data) % 512)]
    return b"".join(out) + bytes(1024)


MARK = (b"BUNDLE", b"samebuild-bundle/1\n")


@case("hostile bundles: names, order, kinds, sizes and ends that none of ours has are refused before anything is read")
def _(_dir):
    lay()
    policy()
    good = read("st")
    st = (b"statements/a", good)
    write("b", packed(MARK, st))
    gate("b", code=0)
    fine = packed(MARK, st)
    kind = bytearray(fine)
    for bad in (packed(st), packed(st, MARK), packed((b"BUNDLE", b"other\n"), st), packed(MARK, MARK, st), packed(MARK, st, st), packed(MARK, (b"z", b""), st),
                *(packed(MARK, (n, good)) for n in (b"../evil", b"/etc/passwd", b"statements/../x", b"statements/.hidden", b"statements//x", b"statements/", b"statements/\x1b[31m", b"statements/a b", b"s\xc3\xa4")),
                fine[:-1], fine[:-512], fine + bytes(512), fine + b"x", fine[:700], fine.replace(b"ustar\x0000", b"ustar  \0"), bytes(kind[:156]) + b"5" + bytes(kind[157:]), fine.replace(b"0000644", b"0000777"),
                fine[:512 + 124] + b"77777777777" + fine[512 + 135:]):
        write("b", bad)
        result = gate("b", code=6)
        assert "allowed" not in result.out or not result.json().get("allowed"), bad[:600]
    write("b", packed(MARK, *((b"statements/%06d" % i, b"junk\n") for i in range(100_001))))
    gate("b", code=5)
    write("b", packed(MARK, (b"statements/a", b"junk\n" * 100_000), (b"statements/b", good), (b"store/bomb", bytes(1 << 20))))
    assert gate("b", code=0).json()["unreadable"] == 100_000


main()
