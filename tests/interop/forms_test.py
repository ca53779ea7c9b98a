#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The forms in which evidence travels, with the programs whose forms they are: minisign, signify, ssh-keygen, in-toto-verify, sigstore, SoftHSM."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import drops  # noqa: E402
import signing  # noqa: E402
import tokens  # noqa: E402
import sigstore_client  # noqa: E402
from sbtest import case, main, need, run, sb, skip  # noqa: E402
from signing import RUN, TYPE, fed, pae, read, write  # noqa: E402


def keys(*names):
    for name in names:
        fed("secret", "key", "new", name, code=0)


def signed(*more, key="k", to="st"):
    return fed("secret", "attest", "sign", RUN, "--key", key, "--attestation", to, *more, code=0)


def other_run():
    """A run whose delivery is not what the source builds; it lies in RUN."""
    drops.acme(sb)
    data = bytearray(read("release/prog"))
    at = data.index(b"no\0")
    data[at:at + 2] = b"NO"
    write("release/prog", bytes(data))
    drops.manifest()
    assert sb("verify", "drop.yaml").code == 1
    runs = run("bash", "-c", 'echo "$XDG_STATE_HOME"/samebuild/runs', code=0).out.strip()
    (name,) = os.listdir(runs)
    os.symlink(f"{runs}/{name}", RUN)


@case("minisign, signify and ssh-keygen verify what stands beside a statement; one byte changed and they do not")
def _(_dir):
    need("minisign", "signify-openbsd", "ssh-keygen")
    signing.kept_run()
    keys("k")
    said = signed("--also", "minisig,signify,sshsig,bundle,link").out.split()
    assert said[:5] == ["st", "st.minisig", "st.sig", "st.sshsig", "st.sigstore.json"] and said[5].startswith("rebuild."), said
    for form in ("minisign", "signify", "ssh"):
        sb("key", "export", "k.pub", "--form", form, "-o", "k." + form, code=0)
    write("allowed", b"lab " + b" ".join(read("k.ssh").split()[:2]) + b"\n")
    shutil.copy("st", "changed")
    with open("changed", "r+b") as f:
        f.seek(20)
        f.write(b"!")
    for name, code in (("st", 0), ("changed", 1)):
        assert run("minisign", "-VHm", name, "-x", "st.minisig", "-p", "k.minisign").code == code, name
        assert (run("signify-openbsd", "-V", "-q", "-p", "k.signify", "-m", name, "-x", "st.sig").code == 0) == (code == 0), name
        assert (run("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "lab", "-n", "file", "-s", "st.sshsig", stdin=read(name)).code == 0) == (code == 0), name
    assert run("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "lab", "-n", "git", "-s", "st.sshsig", stdin=read("st")).code == 255
    comment = run("minisign", "-Vm", "st", "-p", "k.minisign", code=0).out
    assert hashlib.sha256(read("st")).hexdigest() in comment
    fed("secret", "key", "export", "k", "--form", "openssh", "-o", "k.openssh", code=0)
    shutil.copy("st", "theirs")
    run("ssh-keygen", "-q", "-Y", "sign", "-f", "k.openssh", "-n", "file", "theirs", code=0)
    assert read("theirs.sig") == read("st.sshsig"), "byte for byte"


@case("what minisign, signify and ssh-keygen sign is verified as a signature of a file, and never gives a level")
def _(_dir):
    need("minisign", "signify-openbsd", "ssh-keygen")
    write("file", b"some bytes\n")
    write("other", b"other bytes\n")
    run("minisign", "-G", "-W", "-p", "m.pub", "-s", "m", code=0)
    run("minisign", "-S", "-s", "m", "-m", "file", "-x", "hashed", code=0)
    run("minisign", "-S", "-l", "-s", "m", "-m", "file", "-x", "legacy", code=0)
    run("signify-openbsd", "-G", "-n", "-p", "s.pub", "-s", "s.sec", code=0)
    run("signify-openbsd", "-S", "-s", "s.sec", "-m", "file", "-x", "signed", code=0)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "o", code=0)
    run("ssh-keygen", "-q", "-Y", "sign", "-f", "o", "-n", "file", "file", code=0)
    os.rename("file.sig", "ssh")
    run("ssh-keygen", "-q", "-Y", "sign", "-f", "o", "-n", "file", "-O", "hashalg=sha256", "file", code=0)
    os.rename("file.sig", "ssh256")
    for name, key, kind in (("hashed", "m.pub", "minisign"), ("legacy", "m.pub", "minisign"), ("signed", "s.pub", "signify"), ("ssh", "o.pub", "sshsig"),
                            ("ssh256", "o.pub", "sshsig")):
        asked = ("attest", "verify", name, "--key", key, "--artifact")
        assert sb(*asked, "file", "--signature", code=0).out.startswith(kind + ": the signature is good")
        assert sb(*asked, "file", "--signature", "--json", code=0).json()["level"] == "undetermined"
        assert sb(*asked, "file", code=1).out.count("no level was verified") == 1
        assert sb(*asked, "file", "--json", code=1).json()["good"] is False
        assert "[signature-bad]" in sb(*asked, "other", "--signature", code=6).err
        for wrong in ({"m.pub", "s.pub", "o.pub"} - {key}):
            assert "[signature-bad]" in sb("attest", "verify", name, "--key", wrong, "--artifact", "file", "--signature", code=6).err
            assert "[signature-bad]" in sb(*asked, "file", "--key", wrong, "--signature", code=6).err, "every key must have signed"
        assert "[subject-absent]" in sb(*asked, "file", "--artifact", "other", "--signature", code=6).err
        assert sb("attest", "show", name, code=0).out.startswith("UNVERIFIED")
        data = read(name)
        lines = data.split(b"\n")
        for cut in range(0, len(data) - 1, 7):
            write("cut", data[:cut])
            code = sb("attest", "verify", "cut", "--key", key, "--artifact", "file", "--signature").code
            # the first two lines of an old signature of minisign are one of signify: it verifies those too
            assert code == (0 if name == "legacy" and data[:cut].count(b"\n") <= 2 and data[:cut].strip() == b"\n".join(lines[:2]) else 6), (name, cut)
        for number in range(1, len(lines) - 1):  # no line may change but the untrusted comment
            if lines[number].strip() and not lines[number].startswith(b"-----"):
                middle = len(lines[number]) // 2
                changed = lines[number][:middle] + (b"A" if lines[number][middle:middle + 1] != b"A" else b"B") + lines[number][middle + 1:]
                write("changed", b"\n".join(lines[:number] + [changed] + lines[number + 1:]))
                assert sb("attest", "verify", "changed", "--key", key, "--artifact", "file", "--signature").code == 6, (name, number)
    run("ssh-keygen", "-q", "-Y", "sign", "-f", "o", "-n", "git", "file", code=0)
    assert "[filesig-malformed]" in sb("attest", "verify", "file.sig", "--key", "o.pub", "--artifact", "file", "--signature", code=6).err
    write("hard", read("hashed").replace(b"trusted comment: ", b"trusted comment: \x1b[2J", 2))
    assert "\x1b" not in sb("attest", "show", "hard", code=0).out


@case("the encoding of an envelope, an SSH signature and a cosignature are no files that anybody signs")
def _(_dir):
    need("openssl")
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "t.pem", code=0)
    run("openssl", "pkey", "-in", "t.pem", "-pubout", "-out", "t.pub", code=0)
    for data, code in ((pae(TYPE, b"{}"), 6), (b"SSHSIG\0\0\0\x04file", 6), (b"cosignature/v1\ntime 1\n", 6), (b"anything else", 0)):
        write("data", data)
        run("openssl", "pkeyutl", "-sign", "-inkey", "t.pem", "-rawin", "-in", "data", "-out", "sig", code=0)
        write("x", b"untrusted comment: x\n" + base64.b64encode(b"Ed12345678" + read("sig")) + b"\n")
        sb("attest", "verify", "x", "--key", "t.pub", "--artifact", "data", "--signature", code=code)


LAYOUT = """
import sys
from securesystemslib.interface import import_ed25519_privatekey_from_file
from securesystemslib.keys import generate_ed25519_key
from in_toto.models.layout import Layout, Step
from in_toto.models.metadata import Metablock
import json
labs = [json.loads(line) for line in open("labs")]
layout = Layout()
layout.set_relative_expiration(months=1)
for lab in labs:
    layout.keys[lab["keyid"]] = lab
step = Step(name="rebuild")
step.pubkeys = [lab["keyid"] for lab in labs]
step.threshold = 2
step.expected_products = [["ALLOW", "*"]]
layout.steps = [step]
from in_toto.models.layout import Inspection
check = Inspection(name="check")
check.set_run_from_string("true")
check.expected_materials = [["MATCH", "release/*", "WITH", "PRODUCTS", "FROM", "rebuild"], ["DISALLOW", "release/*"]]
layout.inspect = [check]
owner = generate_ed25519_key()
block = Metablock(signed=layout)
block.sign(owner)
block.dump("root.layout")
json.dump({"keytype": "ed25519", "scheme": "ed25519", "keyid": owner["keyid"], "keyid_hash_algorithms": ["sha256", "sha512"], "keyval": {"public": owner["keyval"]["public"]}}, open("owner.pub", "w"))
"""


@case("in-toto-verify takes the links of two of three labs, and no file that was changed")
def _(_dir):
    need("in-toto-verify")
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import in_toto"], capture_output=True, check=False).returncode:
        skip("python3 of the in-toto package is not there")
    signing.kept_run()
    labs = []
    for name in ("a", "b", "c"):
        keys(name)
        public = sb("key", "show", name + ".pub", "--json", code=0).json()["public"]
        lab = {"keytype": "ed25519", "scheme": "ed25519", "keyid_hash_algorithms": ["sha256", "sha512"], "keyval": {"public": public}}
        lab["keyid"] = hashlib.sha256(json.dumps(lab, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        labs.append(lab)
    write("labs", "\n".join(map(json.dumps, labs)).encode())
    os.mkdir("check")
    run(python, "-c", LAYOUT, code=0)
    for name in ("a", "b"):
        signed("--also", "link", key=name, to="check/st")
    os.unlink("check/st")
    links = [name for name in os.listdir("check") if name.endswith(".link")]
    assert sorted(links) == sorted(f"rebuild.{lab['keyid'][:8]}.link" for lab in labs[:2])
    assert [*json.loads(read("check/" + links[0]))["signed"]["products"]] == ["release/prog"]
    os.mkdir("check/release")
    shutil.copy("release/prog", "check/release/prog")
    ask = ("in-toto-verify", "-l", "../root.layout", "-k", "../owner.pub", "-t", "ed25519")
    run(*ask, cwd="check", code=0)
    with open("check/release/prog", "ab") as f:
        f.write(b"\0")
    run(*ask, cwd="check", code=1)
    shutil.copy("release/prog", "check/release/prog")
    run(*ask, cwd="check", code=0)
    forged = json.loads(read("check/" + links[0]))
    forged["signed"]["products"]["release/prog"]["sha256"] = "00" * 32
    write("check/" + links[0], json.dumps(forged).encode())
    run(*ask, cwd="check", code=1)
    os.unlink("check/" + links[0])
    run(*ask, cwd="check", code=1)  # one of three is not enough


@case("a link is verified as evidence without a level, and none is written for what differs")
def _(_dir):
    other_run()
    keys("k")
    for words in (("link",), ("bundle,link",)):
        result = fed("secret", "attest", "sign", RUN, "--key", "k", "--attestation", "st", "--also", *words, code=6)
        assert "[link-level]" in result.err and not os.path.exists("st"), "nothing is signed"
    signed("--also", "bundle,minisig,sshsig")  # a bad verdict is signed like a good one
    assert sb("attest", "verify", "st.sigstore.json", "--key", "k.pub", "--artifact", "release/prog", code=1)
    assert "[option-value]" in fed("secret", "attest", "sign", RUN, "--key", "k", "--also", "link,tar", code=2).err
    os.unlink(RUN)
    shutil.rmtree(run("bash", "-c", 'echo "$XDG_STATE_HOME"/samebuild', code=0).out.strip())
    signing.kept_run()
    signed("--also", "link")
    (link,) = [name for name in os.listdir(".") if name.endswith(".link")]
    ask = ("attest", "verify", link, "--key", "k.pub", "--artifact", "release/prog")
    assert sb(*ask, "--signature", code=0).out.startswith("in-toto-link: the signature is good")
    sb(*ask, code=1)
    write("other", b"x")
    assert "[subject-absent]" in sb("attest", "verify", link, "--key", "k.pub", "--artifact", "other", "--signature", code=6).err
    for old, new in ((b'"rebuild"', b'"rebuilt"'), (b'"signed":{', b'"signed":{"more":1,')):
        write("changed.link", read(link).replace(old, new))
        assert "[signature-bad]" in sb("attest", "verify", "changed.link", "--key", "k.pub", "--artifact", "release/prog", "--signature", code=6).err
    shown = sb("attest", "show", link, code=0).out
    assert shown.startswith("UNVERIFIED") and "gives no level" in shown
    write("x.buildinfo", b"Format: 1.0\nSource: a\x1b[2J\n")
    shown = sb("attest", "show", "x.buildinfo", code=0).out
    assert "gives no level" in shown and "\x1b" not in shown
    assert sb("attest", "verify", "x.buildinfo", "--key", "k.pub", "--artifact", "release/prog", "--signature").code == 6


# ---- sigstore ----

@case("sigstore's verifier takes our bundles, and we take bundles with its kind of key; neither takes a changed one")
def _(_dir):
    signing.kept_run()
    keys("k", "k2")
    signed("--also", "bundle")
    sb("attest", "convert", "st", "--to", "bundle", "-o", "converted.json", code=0)
    assert read("converted.json") == read("st.sigstore.json")
    assert sb("attest", "convert", "converted.json", "--to", "dsse", code=0).out.encode() == read("st")
    bundle = json.loads(read("converted.json"))

    def changed(name, change):
        copy = json.loads(read("converted.json"))
        change(copy)
        write(name, json.dumps(copy, indent=1).encode())
    changed("spread.json", lambda b: None)
    changed("type.json", lambda b: b["dsseEnvelope"].update(payloadType="application/vnd.in-toto+jso"))
    changed("two.json", lambda b: b["dsseEnvelope"]["signatures"].append(bundle["dsseEnvelope"]["signatures"][0]))
    changed("none.json", lambda b: b["dsseEnvelope"].update(signatures=[]))
    changed("body.json", lambda b: b["dsseEnvelope"].update(payload=base64.b64encode(base64.b64decode(bundle["dsseEnvelope"]["payload"]).replace(b"1.0", b"1.1")).decode()))
    changed("version.json", lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle.v0.9+json"))
    changed("hint.json", lambda b: b["verificationMaterial"]["publicKey"].update(hint="another"))
    changed("certificate.json", lambda b: b.update(verificationMaterial={"certificate": {"rawBytes": "AAAA"}, "tlogEntries": []}))
    names = ("converted.json", "spread.json", "hint.json", "type.json", "two.json", "none.json", "body.json", "version.json", "certificate.json")
    said = sigstore_client.says("k.pub", *names)
    for name in names:
        ours = sb("attest", "verify", name, "--key", "k.pub", "--artifact", "release/prog").code
        assert ours == (0 if name in names[:3] else 6), (name, ours)
        # its reader looks at the shape of a version, ours at the version
        assert said[name].startswith("accepted") == (ours == 0 or name == "version.json"), said
    assert "SIGNATURE_ERROR" in said["type.json"] and "ValidationError" in said["two.json"], said
    # two signers: a bundle has room for one
    fed("secret", "attest", "sign", "st", "--signed-by", "k.pub", "--key", "k2", "--attestation", "both", code=0)
    assert "[bundle-signatures]" in sb("attest", "convert", "both", "--to", "bundle", code=6).err
    lines = read("st") + read("converted.json")
    write("lines", lines)
    assert len(sb("attest", "convert", "lines", "--to", "bundle", code=0).out.splitlines()) == 2
    assert sb("attest", "show", "converted.json", code=0).out == sb("attest", "show", "st", code=0).out


@case("a second party adds its signature to what it has verified, and to nothing else")
def _(_dir):
    signing.kept_run()
    keys("a", "b", "c")
    signed(key="a")
    add = ("attest", "sign", "st", "--key", "b")
    assert "[option-missing]" in fed("secret", *add, code=2).err
    assert "[signature-bad]" in fed("secret", *add, "--signed-by", "c.pub", code=6).err
    assert "[signature-bad]" in fed("secret", *add, "--signed-by", "a.pub", "--signed-by", "c.pub", code=6).err
    assert len(json.loads(read("st"))["signatures"]) == 1, "a refusal changes nothing"
    fed("secret", *add, "--signed-by", "a.pub", code=0)
    envelope = json.loads(read("st"))
    assert len(envelope["signatures"]) == 2 and read("st") == json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    for nth, name in enumerate(("a", "b")):
        assert signing.openssl_verifies(envelope, name + ".pub", nth)
    sb("attest", "verify", "st", "--key", "a.pub", "--key", "b.pub", "--artifact", "release/prog", code=0)
    assert "[signature-repeated]" in fed("secret", "attest", "sign", "st", "--key", "a", "--signed-by", "b.pub", code=2).err
    write("two", read("st") * 2)
    assert "[evidence-many]" in fed("secret", "attest", "sign", "two", "--key", "c", "--signed-by", "a.pub", code=6).err
    # what is signed but no whole statement gets no second signature
    fed("secret", "key", "export", "a", "--form", "pkcs8", "-o", "a.pem", code=0)
    for body in (b"{}", base64.b64decode(envelope["payload"]).replace(b'"level":"identical"', b'"level":"bogus"')):
        write("pae", pae(TYPE, body))
        run("openssl", "pkeyutl", "-sign", "-inkey", "a.pem", "-rawin", "-in", "pae", "-out", "sig", code=0)
        write("odd", json.dumps({"payload": base64.b64encode(body).decode(), "payloadType": TYPE, "signatures": [{"keyid": "", "sig": base64.b64encode(read("sig")).decode()}]}).encode())
        assert fed("secret", "attest", "sign", "odd", "--key", "b", "--signed-by", "a.pub").code == 6


# ---- a token ----

@case("a key on a token of SoftHSM signs, and openssl verifies what it signed")
def _(_dir):
    env, tool = tokens.lay()
    signing.kept_run()
    uri = "pkcs11:token=lab;object=signing"
    tokens.need_support(fed("1234", "attest", "sign", RUN, "--key", uri, "--attestation", "st", env=env))
    run(*tool, "--read-object", "--type", "pubkey", "--label", "signing", "-o", "raw", env=env, code=0)
    os.rename("raw", "pub.pem")  # what the tool of the token gives as public key
    assert signing.openssl_verifies(json.loads(read("st")), "pub.pem")
    sb("attest", "verify", "st", "--key", "pub.pem", "--artifact", "release/prog", code=0)
    for words, bad, identity in (("9999", uri, "passphrase-wrong"), ("1234", "pkcs11:token=other", "token-absent"), ("1234", "pkcs11:token=lab;object=none", "token-key-absent"),
                                 ("1234", uri + "?pin-value=1234", "token-uri"), ("1234", "pkcs11:%%%", "token-uri")):
        assert f"[{identity}]" in fed(words, "attest", "sign", RUN, "--key", bad, "--attestation", "no", env=env).err, bad
        assert not os.path.exists("no")
    run(*tool, "--keypairgen", "--key-type", "EC:edwards25519", "--label", "signing", "--id", "02", env=env, code=0)
    assert "[token-key-absent]" in fed("1234", "attest", "sign", RUN, "--key", uri, "--attestation", "no", env=env, code=2).err, "two keys: nobody guesses"
    fed("1234", "attest", "sign", RUN, "--key", uri + ";id=%02", "--attestation", "st2", env=env, code=0)


main()
