#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Independent programs read what samebuild writes, and samebuild takes what they write: openssl, ssh-keygen, bsdtar, sha256sum, b2sum, jq."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import drops  # noqa: E402
from sbtest import PROGRAM, case, main, need, run, sb  # noqa: E402

TYPE = "application/vnd.in-toto+json"


def new_key(name):
    run("bash", "-c", f"{PROGRAM} key new {name} --passphrase-fd 3 3<<<secret", code=0)


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def signed_run():
    """A run of a small drop, signed: the envelope as a tree."""
    drops.acme(sb)
    new_key("k")
    run("bash", "-c", f"{PROGRAM} verify drop.yaml --sign k --attestation st -o json=record.json --passphrase-fd 3 3<<<secret", code=0)
    return json.loads(read("st"))


def pae(kind, body):
    """The bytes that a DSSE signature covers, by its specification."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


def openssl_says(public):
    return run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", "pae", "-sigfile", "sig").code


def envelope(body, signature, kind=TYPE):
    return json.dumps({"payload": base64.b64encode(body).decode(), "payloadType": kind,
                       "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}]}) + "\n"


def sign_with_openssl(body, kind=TYPE):
    write("pae", pae(kind, body))
    run("openssl", "pkeyutl", "-sign", "-inkey", "theirs.pem", "-rawin", "-in", "pae", "-out", "sig", code=0)
    return read("sig")


@case("openssl verifies our envelope with the exported key, and no changed one")
def _(_dir):
    need("openssl")
    st = signed_run()
    write("pub.pem", sb("key", "export", "k.pub", "--form", "pem", code=0).out.encode())
    body, signature = base64.b64decode(st["payload"], validate=True), base64.b64decode(st["signatures"][0]["sig"], validate=True)
    write("pae", pae(st["payloadType"], body))
    write("sig", signature)
    assert openssl_says("pub.pem") == 0
    for wrong in (pae(st["payloadType"], body[:-1] + b"!"), pae("application/json", body), body):
        write("pae", wrong)
        assert openssl_says("pub.pem") == 1, wrong[:80]
    new_key("other")
    write("pae", pae(st["payloadType"], body))
    write("other.pem", sb("key", "export", "other.pub", code=0).out.encode())
    assert openssl_says("other.pem") == 1


@case("the shell recipe of the manual page verifies it without any of our code")
def _(_dir):
    need("openssl", "jq", "base64")
    signed_run()
    page = read(os.path.join(os.environ["SB_SOURCE_ROOT"], "docs/man/samebuild-attest-verify.1.scd")).decode()
    recipe = next(block for block in page.split("```") if "pkeyutl" in block)
    os.rename("st", "statement.intoto.jsonl")
    os.rename("k.pub", "lab.key.pub")
    assert "Signature Verified Successfully" in run("bash", "-ec", recipe, code=0).out
    run("bash", "-ec", "openssl genpkey -algorithm ed25519 | openssl pkey -pubout >lab.key.pub", code=0)
    run("bash", "-ec", recipe, code=1)


@case("we verify what openssl signed, and no envelope in which anything was changed")
def _(_dir):
    need("openssl")
    st = signed_run()
    body = base64.b64decode(st["payload"])
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "theirs.pem", code=0)
    run("openssl", "pkey", "-in", "theirs.pem", "-pubout", "-out", "theirs.pub", code=0)
    check = ("attest", "verify", "theirs.jsonl", "--key", "theirs.pub", "--artifact", "release/prog")
    signature = sign_with_openssl(body)
    write("theirs.jsonl", envelope(body, signature).encode())
    assert sb(*check, "--json", code=0).json()["good"] is True
    sb("attest", "verify", "theirs.jsonl", "--key", "k.pub", "--artifact", "release/prog", code=6)
    for changed in (envelope(body.replace(b'"identical"', b'"explained"', 1), signature), envelope(body, signature, "application/json"),
                    envelope(body, signature[:-1] + bytes([signature[-1] ^ 1])), envelope(body, signature[:-1]), envelope(body, b"\0" * 64)):
        write("theirs.jsonl", changed.encode())
        sb(*check, code=6)
    write("theirs.jsonl", envelope(body, sign_with_openssl(body, "application/json"), "application/json").encode())
    sb(*check, code=6)  # a good signature over something that is no statement
    forged = body.replace(b'"level":"identical"', b'"level":"different"')
    assert forged != body
    write("theirs.jsonl", envelope(forged, sign_with_openssl(forged)).encode())
    assert sb(*check, "--json", code=1).json()["good"] is False


@case("openssl reads the exported PEM form, ssh-keygen the SSH form, and all name one key")
def _(_dir):
    need("openssl", "ssh-keygen")
    new_key("k")
    shown = sb("key", "show", "k.pub", "--json", code=0).json()
    pem, ssh = sb("key", "export", "k.pub", "--form", "pem", code=0).out, sb("key", "export", "k.pub", "--form", "ssh", code=0).out
    assert pem.encode() == read("k.pub")
    write("k.pem", pem.encode())
    der = run("openssl", "pkey", "-pubin", "-in", "k.pem", "-outform", "DER", "-out", "k.der", code=0) and read("k.der")
    assert der[-32:].hex() == shown["public"] and run("openssl", "pkey", "-pubin", "-in", "k.pem", "-pubout", code=0).out == pem
    write("k.ssh", ssh.encode())
    listed = run("ssh-keygen", "-l", "-f", "k.ssh", code=0).out
    assert listed.split()[1] == shown["fingerprint"] and listed.rstrip().endswith("(ED25519)"), listed
    for form in ("k.pem", "k.ssh", "k.der"):
        assert sb("key", "show", form, "--json", code=0).json()["public"] == shown["public"], form


@case("public keys that openssl and ssh-keygen made are read, others are refused")
def _(_dir):
    need("openssl", "ssh-keygen")
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "o.pem", code=0)
    run("openssl", "pkey", "-in", "o.pem", "-pubout", "-out", "o.pub", code=0)
    run("openssl", "pkey", "-in", "o.pem", "-pubout", "-outform", "DER", "-out", "o.der", code=0)
    public = read("o.der")[-32:].hex()
    for name in ("o.pub", "o.der"):
        assert sb("key", "show", name, "--json", code=0).json()["public"] == public
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "somebody@somewhere", "-f", "s", code=0)
    assert sb("key", "show", "s.pub", "--json", code=0).json()["fingerprint"] == run("ssh-keygen", "-l", "-f", "s.pub", code=0).out.split()[1]
    run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "r.pem", code=0)
    run("openssl", "pkey", "-in", "r.pem", "-pubout", "-out", "r.pub", code=0)
    run("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "e", code=0)
    for name in ("r.pub", "e.pub"):
        assert "[key-malformed]" in sb("key", "show", name, code=2).err


@case("bsdtar reads the inventory as mtree and finds the tree that it describes")
def _(_dir):
    need("bsdtar")
    files = {"acme-1.0/Makefile": drops.MAKEFILE, "acme-1.0/prog.c": drops.PROGRAM, "acme-1.0/docs/read me.txt": "a name with a blank\n",
             "acme-1.0/docs/caf\u00e9": "not ASCII\n", "acme-1.0/docs/back\\slash #1": "odd\n", "acme-1.0/empty": ""}
    drops.tarball("src.tar.xz", files)
    os.makedirs("release")
    write("release/prog", b"x")
    drops.manifest()
    sb("check", "drop.yaml", "--mtree", "tree.mtree", code=0)
    utf8 = {"LC_ALL": "C.UTF-8"}
    os.mkdir("tree")
    run("bsdtar", "-xf", "src.tar.xz", "-C", "tree", "--strip-components", "1", env=utf8, code=0)
    facts = "--options=!all,type,size,mode,sha256"
    ours = run("bsdtar", "-cf", "-", "--format=mtree", facts, "@tree.mtree", env=utf8, code=0).out
    theirs = run("bsdtar", "-cf", "-", "--format=mtree", facts, "-C", "tree", ".", env=utf8, code=0).out

    def described(text, *keys):
        rows = (line.split() for line in text.splitlines() if line.startswith("./"))
        return {row[0]: {k: v for k, _, v in (word.partition("=") for word in row[1:]) if k in keys} for row in rows}
    assert described(ours, "type", "size") == described(theirs, "type", "size") and len(described(ours)) == len(files) + 1, (ours, theirs)
    # bsdtar passes no digests on from an mtree: they are read in the text itself
    digests = {row: facts["sha256digest"] for row, facts in described(read("tree.mtree").decode(), "sha256digest").items() if facts}
    assert digests == {row: facts["sha256digest"] for row, facts in described(theirs, "sha256digest").items() if facts}, digests
    assert len(digests) == len(files)


@case("sha256sum and b2sum agree with the record, the statement, the manifest and the store")
def _(_dir):
    need("sha256sum", "b2sum")
    st = signed_run()
    record = json.loads(read("record.json"))
    sha256 = run("sha256sum", "release/prog", code=0).out.split()[0]
    blake2b = run("b2sum", "release/prog", code=0).out.split()[0]
    artifact = record["artifacts"][0]
    assert artifact["shipped"] == artifact["rebuilt"] == {"sha256": sha256, "blake2b": blake2b, "size": os.path.getsize("release/prog")}
    statement = json.loads(base64.b64decode(st["payload"]))
    assert statement["subject"][0]["digest"] == {"sha256": sha256, "blake2b": blake2b}
    assert statement["predicate"]["source"]["drops"] == [{"name": "src.tar.xz", "digest": {"sha256": run("sha256sum", "src.tar.xz").out.split()[0]}}]
    runs = run("bash", "-c", 'echo "$XDG_STATE_HOME"/samebuild/runs', code=0).out.strip()
    (name,) = os.listdir(runs)
    report = run("sha256sum", f"{runs}/{name}/record.json", code=0).out.split()[0]
    assert statement["predicate"]["report"]["digest"]["sha256"] == report
    assert read(f"{runs}/{name}/record.json") + b"\n" == read("record.json")
    listing = run("bash", "-c", 'cd "$XDG_DATA_HOME"/samebuild/store/objects && find . -type f -printf "%f  %p\\n"', code=0).out
    objects = [line.split("  ", 1) for line in listing.splitlines()]
    assert objects
    for name, path in objects:
        digest = run("bash", "-c", f'b2sum "$XDG_DATA_HOME"/samebuild/store/objects/{path}', code=0).out.split()[0]
        assert digest == name or digest == "".join(path.strip("./").split("/")), (name, path, digest)


@case("jq agrees that documents are canonical: sorted keys, no blanks, whole numbers")
def _(_dir):
    need("jq")
    st = signed_run()
    write("statement.json", base64.b64decode(st["payload"]))
    write("b.txt", b"another\n")
    write("compared.json", sb("compare", "release/prog", "b.txt", "--json", code=1).out.encode())
    write("error.json", sb("compare", "release/prog", "absent", "--json", code=3).out.encode())
    for name in ("record.json", "statement.json", "compared.json", "error.json", "st"):
        sorted_form = run("jq", "-cS", ".", name, code=0).out.strip()
        assert sorted_form == read(name).decode().strip(), f"{name} is not canonical"
        assert run("jq", "[.. | numbers | select(floor != .)] | length", name, code=0).out.strip() == "0"


main()
