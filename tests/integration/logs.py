# SPDX-License-Identifier: Apache-2.0
"""A second reading of the formats of a log, and what suites about logs share: nothing here calls the program but where it says so."""
import base64
import hashlib
import json
import os

import keyfile
from sbtest import run, sb

INTOTO = "application/vnd.in-toto+json"
TYPE = "https://samebuild.dev/comparison/v1"
ORIGIN = "lab.example/log"
SEEDS = {"log": bytes(range(32)), "w1": b"1" * 32, "w2": b"2" * 32, "w3": b"3" * 32, "other": b"o" * 32}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


def vkey(name, seed, kind):
    typed = bytes([kind]) + keyfile.public_of(seed)
    return f"{name}+{sha256(name.encode(), bytes([10]), typed)[:4].hex()}+{b64(typed)}"


LOG = vkey(ORIGIN, SEEDS["log"], 1)


def witness_vkey(name):
    return vkey(f"{name}.example", SEEDS[name], 4)


def note_line(name, seed, kind, body):
    return f"\u2014 {name} {b64(bytes.fromhex(vkey(name, seed, kind).split('+')[1]) + body)}\n"


def cosign(name, text, when):
    seed = SEEDS[name]
    return note_line(f"{name}.example", seed, 4, when.to_bytes(8, "big") + keyfile.sign(seed, f"cosignature/v1\ntime {when}\n{text}".encode()))


def checkpoint(size, root, origin=ORIGIN, seed=SEEDS["log"]):
    text = f"{origin}\n{size}\n{b64(root)}\n"
    return text + "\n" + note_line(origin, seed, 1, keyfile.sign(seed, text.encode()))


def pae(body, kind=INTOTO):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)


def envelope(number, subjects=None, seed=None):
    """An envelope about made-up files; without a seed its signature is nobody's."""
    subjects = subjects or [hashlib.sha256(b"file %d" % number).hexdigest()]
    body = json.dumps({"_type": "https://in-toto.io/Statement/v1", "predicateType": TYPE, "predicate": {"number": number},
                       "subject": [{"name": f"f{i}", "digest": {"sha256": s}} for i, s in enumerate(subjects)]}).encode()
    signature = keyfile.sign(seed, pae(body)) if seed else sha256(body) * 2
    return json.dumps({"payload": b64(body), "payloadType": INTOTO, "signatures": [{"keyid": "", "sig": b64(signature)}]})


def entries(line):
    """The texts that stand for an envelope in a log."""
    body = base64.b64decode(json.loads(line)["payload"])
    statement = json.loads(body)
    subjects = sorted({s["digest"]["sha256"] for s in statement["subject"]})
    for at in range(0, len(subjects), 512):
        yield (f"samebuild-log-entry/1\npae sha256:{sha256(pae(body)).hex()}\ntype {statement['predicateType']}\n" +
               "".join(f"subject sha256:{s}\n" for s in subjects[at:at + 512])).encode()


def leaf(text):
    return sha256(b"\0", text)


def root(leaves):
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\1", root(leaves[:k]), root(leaves[k:]))


def write(path, text):
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())


def read(path):
    with open(path, "rb") as f:
        return f.read()


def keys(*names):
    for name in names or SEEDS:
        keyfile.write(f"{name}.key", SEEDS[name])


def secret(*words, **more):
    """The program, with the passphrase of keyfile.py."""
    return sb(*words, "--passphrase-fd", "0", stdin=keyfile.PASSPHRASE + "\n", **more)


def init(path="L", key="log"):
    keys()
    assert secret("log", "init", path, "--key", f"{key}.key", "--origin", ORIGIN, code=0).out == vkey(ORIGIN, SEEDS[key], 1) + "\n"


def append(lines, path="L", code=0, key="log", more=()):
    write("to-append", "".join(line + "\n" for line in lines))
    return secret("log", "append", path, "to-append", "--key", f"{key}.key", *more, code=code)


def head(path="L"):
    """Origin, size and root as the head says."""
    origin, size, top = read(f"{path}/checkpoint").decode().split("\n")[:3]
    return origin, int(size), base64.b64decode(top)


def copy(source, target):
    run("rm", "-rf", target, code=0)
    run("cp", "-a", source, target, code=0)


def files(path):
    return sorted(os.path.relpath(os.path.join(d, f), path) for d, _, names in os.walk(path) for f in names)


def comparison(path, level="identical", **more):
    """A statement about one file, as `attest sign` writes it."""
    data = read(path)
    digest = {"sha256": hashlib.sha256(data).hexdigest(), "blake2b": hashlib.blake2b(data).hexdigest()}
    side, zero = dict(digest, size=len(data)), {"sha256": "00" * 32}
    predicate = {"verifier": {"id": "https://lab.example", "version": {}, "digest": zero}, "resourceUri": "pkg:generic/acme@1.0", "level": level, "complete": True,
                 "artifacts": [{"name": os.path.basename(path), "level": level, "shipped": side, "rebuilt": side, "members": 1, "coverage": {"bytes": len(data), "equal": len(data), "claimed": 0, "residual": 0, "opaque": 0}, "causes": []}],
                 "findings": {}, "causes": [], "freedom": [], "rules": "derived/1", "source": {"manifest": {"sha256": "11" * 32}, "drops": []}, "recipe": {"sha256": "22" * 32},
                 "inferred": [], "opaque": [], "report": {"digest": {"sha256": "33" * 32}}, "environment": {}}
    predicate.update(more)
    return {"_type": "https://in-toto.io/Statement/v1", "predicateType": TYPE, "predicate": predicate, "subject": [{"name": os.path.basename(path), "digest": digest}]}


def signed(statement, *seeds):
    body = json.dumps(statement).encode()
    return json.dumps({"payload": b64(body), "payloadType": INTOTO, "signatures": [{"keyid": "", "sig": b64(keyfile.sign(seed, pae(body)))} for seed in seeds]})
