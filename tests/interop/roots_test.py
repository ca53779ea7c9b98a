#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trust roots and the stock client of TUF: @tufjs/models verifies the chains that we make, and we follow those that it writes."""
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import roots  # noqa: E402
from sbtest import PROGRAM, cache, case, main, need, run, sb, skip  # noqa: E402

MODELS = "@tufjs/models@4.1.1"
NOW = "2027-01-01T00:00:00Z"
# Verifies each file by the one before it and by itself; prints what the client kept of the field that it does not know.
VERIFY = """
const { Metadata, MetadataKind } = require('@tufjs/models');
const fs = require('fs');
let before = null, kept = null;
for (const name of process.argv.slice(2)) {
  const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(fs.readFileSync(name, 'utf8')));
  (before || root).verifyDelegate('root', root);
  root.verifyDelegate('root', root);
  kept = root.toJSON();
  before = root;
}
console.log(JSON.stringify(kept));
"""
# Makes a root with the client's own classes and signs it with node's Ed25519.
WRITE = """
const { Metadata, Root, Signature } = require('@tufjs/models');
const fs = require('fs'), crypto = require('crypto');
const [part, out, ...pems] = process.argv.slice(2);
const plan = JSON.parse(fs.readFileSync(part, 'utf8'));
const root = new Metadata(Root.fromJSON(plan));
for (const pem of pems) {
  const secret = crypto.createPrivateKey(fs.readFileSync(pem));
  const spki = crypto.createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const id = Object.entries(plan.keys).find(([, k]) => k.keyval.public === spki)[0];
  root.sign((data) => new Signature({ keyID: id, sig: crypto.sign(null, data, secret).toString('hex') }), true);
}
fs.writeFileSync(out, JSON.stringify(root.toJSON(), null, 1));
"""


def client():
    """The folder of the installed client; fetched once."""
    need("node", "npm", "openssl")
    folder = os.path.join(cache("npm"), "tufjs-models-4.1.1")
    if not os.path.exists(os.path.join(folder, "node_modules", "@tufjs", "models", "package.json")):
        os.makedirs(folder, exist_ok=True)
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, MODELS], capture_output=True, text=True, check=False)
        if done.returncode:
            skip(f"npm does not give {MODELS}: {done.stderr[-200:]}")
    return folder


def node(script, *words, code=None):
    folder = client()
    path = os.path.abspath("script.js")
    with open(path, "w") as f:
        f.write(script)
    return run("node", path, *words, env={"NODE_PATH": os.path.join(folder, "node_modules")}, code=code)


def ours(*words, code=0):
    return run("bash", "-c", 'exec "$0" "$@" --passphrase-fd 3 3<<<secret', PROGRAM, *words, code=code)


def chain():
    """Two versions by our own verbs: one key of the root is replaced."""
    client()
    for name in ("a", "b", "c", "lab", "policy"):
        ours("key", "new", name)
    sb("trust", "rotate", "--out", "1.root.json", "--expires", "2028-01-01", "--root", "a.pub", "--root", "b.pub", "--threshold", "2", "--party", "acme:policy:policy.pub",
       "--party", "lab-a:rebuilder:lab.pub", code=0)
    sb("trust", "rotate", "1.root.json", "--out", "2.root.json", "--expires", "2029-01-01", "--drop", "a.pub", "--root", "c.pub", code=0)
    for name, keys in (("1.root.json", "ab"), ("2.root.json", "bc")):
        for key in keys:
            ours("trust", "sign", name, "--key", key)


@case("the stock client verifies our chain, keeps our field, and refuses what we refuse")
def _(_dir):
    chain()
    failed = node(VERIFY, "1.root.json", "2.root.json")
    assert failed.code != 0 and "1/2" in failed.err, failed  # of the old keys just one
    ours("trust", "sign", "2.root.json", "--key", "a", "--previous", "1.root.json")
    kept = json.loads(node(VERIFY, "1.root.json", "2.root.json", code=0).out)
    with open("2.root.json") as f:
        assert kept["signed"] == json.load(f)["signed"] and "x_samebuild" in kept["signed"], kept
    document = json.load(open("2.root.json"))
    document["signed"]["x_samebuild"] = {k: dict(v, party="mallory") for k, v in document["signed"]["x_samebuild"].items()}
    roots.write("2.root.json", document)
    assert node(VERIFY, "1.root.json", "2.root.json").code != 0


@case("we follow a chain that the stock client wrote")
def _(_dir):
    client()
    a, b, c, lab, policy = (roots.Key(n) for n in ("a", "b", "c", "lab", "policy"))
    entries = [(lab, {"party": "lab-a", "roles": ["rebuilder"]}), (policy, {"party": "acme", "roles": ["policy"]})]
    roots.write("part1.json", roots.signed_part(1, [a, b], 2, entries, [policy]))
    roots.write("part2.json", roots.signed_part(2, [b, c], 2, entries, [policy], expires="2029-01-01T00:00:00Z"))
    node(WRITE, "part1.json", "1.root.json", "a.pem", "b.pem", code=0)
    node(WRITE, "part2.json", "2.root.json", "b.pem", "c.pem", code=0)
    with open("1.root.json", "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    sb("trust", "init", "--sha256", digest, "--time", NOW, "acme", "1.root.json", code=0)
    assert sb("trust", "update", "acme", "2.root.json", "--time", NOW, "--json", code=6).json()["errors"][0]["id"] == "root-unsigned"
    document = json.load(open("2.root.json"))
    document["signatures"].append({"keyid": a.id, "sig": a.sign(roots.canonical(document["signed"])).hex()})
    roots.write("2.root.json", document)
    node(VERIFY, "1.root.json", "2.root.json", code=0)
    assert sb("trust", "update", "acme", "2.root.json", "--time", NOW, "--json", code=0).json()["version"] == 2


main()
