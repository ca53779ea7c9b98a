#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys go back and forth between samebuild and openssl, ssh-keygen, minisign and signify; an ssh-agent signs; what is wrong with a key or an agent is refused."""
import base64
import contextlib
import hashlib
import json
import os
import shutil
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import signing  # noqa: E402
from sbtest import PROGRAM, case, main, need, run, sb  # noqa: E402
from signing import fed, read, write  # noqa: E402

ED25519 = b"\0\0\0\x0bssh-ed25519"


def fingerprint(path):
    return sb("key", "show", path, "--json", code=0).json()["fingerprint"]


def public(path):
    return sb("key", "show", path, "--json", code=0).json()["public"]


def ssh_string(data):
    return struct.pack(">I", len(data)) + data


@case("every public form that is written is read back, by us and by those whose form it is")
def _(_dir):
    need("openssl", "ssh-keygen", "minisign", "signify-openbsd")
    fed("secret", "key", "new", "k", code=0)
    key = public("k.pub")
    for form in ("pem", "der", "ssh", "minisign", "signify", "hex"):
        sb("key", "export", "k.pub", "--form", form, "-o", "k." + form, code=0)
        assert public("k." + form) == key, form
    sb("key", "export", "k.pub", "--form", "vkey", "--name", "example.test/log", "-o", "k.vkey", code=0)
    assert public("k.vkey") == key
    assert run("openssl", "pkey", "-pubin", "-inform", "DER", "-in", "k.der", "-pubout", code=0).out.encode() == read("k.pem")
    assert run("ssh-keygen", "-l", "-f", "k.ssh", code=0).out.split()[1] == fingerprint("k.pub")
    number = hashlib.blake2b(bytes.fromhex(key), digest_size=8).digest()
    assert base64.b64decode(read("k.minisign").split(b"\n")[1]) == b"Ed" + number + bytes.fromhex(key)
    assert read("k.signify").split(b"\n")[1] == read("k.minisign").split(b"\n")[1]
    # one line alone, as on the command line of minisign
    write("bare", read("k.minisign").split(b"\n")[1])
    assert public("bare") == key
    # the parameters that OpenSSL refuses, and rebuilderd writes
    write("null.der", bytes.fromhex("302c300706032b65700500032100" + key))
    assert public("null.der") == key
    assert run("openssl", "pkey", "-pubin", "-inform", "DER", "-in", "null.der").code != 0


@case("secret keys that openssl, ssh-keygen and minisign made are taken over")
def _(_dir):
    need("openssl", "ssh-keygen", "minisign")
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "o.pem", code=0)
    run("openssl", "pkey", "-in", "o.pem", "-outform", "DER", "-out", "o.der", code=0)
    run("openssl", "pkey", "-in", "o.pem", "-pubout", "-out", "o.pub", code=0)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "somebody", "-f", "s", code=0)
    run("bash", "-c", r"printf 'theirs\ntheirs\n' | minisign -G -p m.pub -s m", code=0)
    run("minisign", "-G", "-W", "-p", "w.pub", "-s", "w", code=0)
    os.chmod("o.der", 0o600)
    for name, theirs, words in (("o.pem", "o.pub", "ours"), ("o.der", "o.pub", "ours"), ("s", "s.pub", "ours"), ("m", "m.pub", "theirs\nours"), ("w", "w.pub", "ours")):
        fed(words, "key", "import", name, "i." + name, code=0)
        assert public(f"i.{name}.pub") == public(theirs), name
        assert oct(os.stat("i." + name).st_mode & 0o777) == "0o600"
        assert fed(words, "key", "import", name, "i." + name, code=2).err.count("key-exists"), "never over a file that is there"
    fed("ours\nanother", "key", "import", "i.s", "again", code=0)  # a new passphrase for one of ours
    assert public("again.pub") == public("s.pub")
    assert "passphrase-wrong" in fed("wrong\nours", "key", "import", "m", "x", code=6).err and not os.path.exists("x")
    sb("key", "import", "s.pub", "p", code=0)  # a public key becomes PEM
    assert read("p") == sb("key", "export", "s.pub", code=0).out.encode()


@case("secret keys that are written are read by openssl, ssh-keygen and minisign, and go to closed files only")
def _(_dir):
    need("openssl", "ssh-keygen", "minisign")
    fed("secret", "key", "new", "k", code=0)
    for form in ("pkcs8", "openssh", "minisign-secret"):
        fed("secret\ntheirs", "key", "export", "k", "--form", form, "-o", "k." + form, code=0)
        assert oct(os.stat("k." + form).st_mode & 0o777) == "0o600", form
    assert run("openssl", "pkey", "-in", "k.pkcs8", "-pubout", code=0).out.encode() == read("k.pub")
    assert run("ssh-keygen", "-y", "-f", "k.openssh", code=0).out.split()[1] == sb("key", "export", "k.pub", "--form", "ssh").out.split()[1]
    write("data", b"data\n")
    sb("key", "export", "k.pub", "--form", "minisign", "-o", "k.mini", code=0)
    run("bash", "-c", "echo theirs | minisign -S -s k.minisign-secret -m data", code=0)
    run("minisign", "-Vm", "data", "-p", "k.mini", code=0)
    assert "option-missing" in fed("secret", "key", "export", "k", "--form", "pkcs8", code=2).err
    assert "key-exists" in fed("secret", "key", "export", "k", "--form", "pkcs8", "-o", "k.pkcs8", code=2).err


def pkcs8(seed, public_half=None, version=b"\0"):
    inner = b"\x02\x01" + version + bytes.fromhex("300506032b6570") + b"\x04\x22\x04\x20" + seed
    if public_half is not None:
        inner += b"\x81\x21\0" + public_half
    return b"0" + bytes([len(inner)]) + inner


def openssh(seed, half, stated=None, cipher=b"none"):
    """The private file of OpenSSH, written from PROTOCOL.key."""
    blob = ED25519 + ssh_string(stated if stated is not None else half)
    part = b"\1\2\3\4" * 2 + ED25519 + ssh_string(half) + ssh_string(seed + half) + ssh_string(b"c")
    part += bytes(range(1, 1 + -len(part) % 8))
    data = b"openssh-key-v1\0" + ssh_string(cipher) + ssh_string(b"none") + ssh_string(b"") + struct.pack(">I", 1) + ssh_string(blob) + ssh_string(part)
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.encodebytes(data) + b"-----END OPENSSH PRIVATE KEY-----\n"


def minisign_secret(seed, half, ops=32768, memory=1 << 24, kdf=b"\0\0", tamper=0):
    body = b"12345678" + seed + half
    checksum = hashlib.blake2b(b"Ed" + body, digest_size=32).digest()
    data = b"Ed" + kdf + b"B2" + bytes(32) + struct.pack("<QQ", ops, memory) + body + bytes([checksum[0] ^ tamper]) + checksum[1:]
    return b"untrusted comment: x\n" + base64.b64encode(data) + b"\n"


@case("a secret with a foreign public half, a damaged, zero, exposed or foreign key file is refused")
def _(_dir):
    need("ssh-keygen")
    seed = bytes(range(32))
    half = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
    other = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

    def imported(data, code, identity=None, words="ours", mode=0o600):
        write("f", data)
        os.chmod("f", mode)
        with contextlib.suppress(FileNotFoundError):
            os.unlink("out")
            os.unlink("out.pub")
        result = fed(words, "key", "import", "f", "out", code=code)
        assert identity is None or f"[{identity}]" in result.err, result
        assert os.path.exists("out") == (code == 0), result
    imported(pkcs8(seed), 0)
    imported(pkcs8(seed, half, b"\1"), 0)
    imported(pkcs8(seed, other, b"\1"), 6, "key-mismatch")
    imported(pkcs8(seed, half, b"\0"), 2, "key-malformed")  # version 0 has no public half
    imported(pkcs8(bytes(32)), 6, "key-unsound")
    imported(pkcs8(seed) + b"\0", 2, "key-malformed")
    for cut in range(15, len(pkcs8(seed))):
        imported(pkcs8(seed)[:cut], 2, "key-malformed")
    imported(openssh(seed, half), 0)
    imported(openssh(seed, other), 6, "key-mismatch")
    imported(openssh(seed, half, other), 6, "key-mismatch")
    imported(openssh(seed, half, cipher=b"aes256-ctr"), 2, "key-encrypted")
    imported(openssh(seed, half) * 2, 2, "key-malformed")
    imported(minisign_secret(seed, half), 0)
    imported(minisign_secret(seed, other), 6, "key-mismatch")
    imported(minisign_secret(seed, half, tamper=1), 2, "key-malformed")
    imported(minisign_secret(seed, half, kdf=b"Sc", memory=4 << 30), 5, "limit-exceeded", words="theirs\nours")
    imported(minisign_secret(seed, half, kdf=b"Sc", ops=1 << 40), 5, "limit-exceeded", words="theirs\nours")
    imported(minisign_secret(seed, half, kdf=b"Sc"), 6, "passphrase-wrong", words="theirs\nours")
    imported(pkcs8(seed), 2, "key-exposed", mode=0o640)
    imported(pkcs8(seed), 2, "key-exposed", mode=0o604)
    if os.getuid() == 0:
        write("f", pkcs8(seed))
        os.chmod("f", 0o600)
        os.chown("f", 12345, 12345)
        assert "[key-exposed]" in fed("ours", "key", "import", "f", "out2", code=2).err
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "hidden", "-f", "hidden", code=0)
    assert "[key-encrypted]" in fed("ours", "key", "import", "hidden", "out2", code=2).err
    # a passphrase that is nowhere to be had
    os.unlink("f")
    write("f", minisign_secret(seed, half, kdf=b"Sc"))
    os.chmod("f", 0o600)
    assert "[passphrase-needed]" in sb("key", "import", "f", "out2", code=2).err


@case("public keys of low order, of mixed order, not canonical or zero are refused in every form")
def _(_dir):
    unsound = ["00" * 32, "01" + "00" * 31, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
               "95" + "99" * 31, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "01" + "00" * 30 + "80", "ff" * 32]
    for key in map(bytes.fromhex, unsound):
        typed = b"\1" + key
        note = "n+" + hashlib.sha256(b"n\n" + typed).hexdigest()[:8] + "+" + base64.b64encode(typed).decode()
        for data in (key.hex().encode(), bytes.fromhex("302a300506032b6570032100") + key, b"ssh-ed25519 " + base64.b64encode(ED25519 + ssh_string(key)),
                     base64.b64encode(b"Ed12345678" + key), b"untrusted comment: signify public key\n" + base64.b64encode(b"Ed12345678" + key), note.encode()):
            write("f", data)
            assert "[key-unsound]" in sb("key", "show", "f", code=6).err, data
            assert sb("key", "import", "f", "out", code=6) and not os.path.exists("out")
    for data in (b"n+00000000+" + base64.b64encode(b"\1" + bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")),
                 b"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t", b"untrusted comment: " + b"x" * 2000 + b"\nRWQ="):
        write("f", data)
        assert "[key-malformed]" in sb("key", "show", "f", code=2).err, data


# ---- ssh-agent ----

@contextlib.contextmanager
def agent():
    """A real ssh-agent of this case."""
    need("ssh-agent", "ssh-add", "ssh-keygen")
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"sb-agent-{os.getpid()}-{len(os.listdir('.'))}")
    said = run("ssh-agent", "-a", path, "-s", code=0).out
    pid = int(said.split("SSH_AGENT_PID=")[1].split(";")[0])
    try:
        yield {"SSH_AUTH_SOCK": path}
    finally:
        os.kill(pid, 15)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


@contextlib.contextmanager
def false_agent(answer):
    """A socket that takes each question and answers what @answer gives for it; None: nothing, ever."""
    path = os.path.join("/tmp", f"sb-false-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)

    def serve():
        while True:
            try:
                peer = listener.accept()[0]
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                n = struct.unpack(">I", peer.recv(4, socket.MSG_WAITALL))[0]
                said = answer(peer.recv(n, socket.MSG_WAITALL))
                peer.sendall(said)
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield {"SSH_AUTH_SOCK": path}
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        os.unlink(path)


@case("an ssh-agent signs, and openssl verifies what it signed")
def _(_dir):
    need("openssl")
    signing.kept_run()
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "s", code=0)
    who = "agent:" + fingerprint("s.pub")
    with agent() as env:
        assert "[agent-key-absent]" in sb("attest", "sign", signing.RUN, "--key", who, "--attestation", "st", env=env, code=2).err
        run("ssh-add", "-q", "s", env=env, code=0)
        sb("attest", "sign", signing.RUN, "--key", who, "--attestation", "st", env=env, code=0)
        sb("verify", "drop.yaml", "--sign", who, "--attestation", "st2", env=env, code=0)
    assert "[agent-absent]" in sb("attest", "sign", signing.RUN, "--key", who, env=env, code=2).err
    assert "[agent-absent]" in sb("attest", "sign", signing.RUN, "--key", who, code=2).err
    sb("key", "export", "s.pub", "-o", "s.pem", code=0)
    for st in ("st", "st2"):
        assert signing.openssl_verifies(json.loads(read(st)), "s.pem")
        sb("attest", "verify", st, "--key", "s.pub", "--artifact", "release/prog", code=0)
    assert "[key-elsewhere]" not in sb("attest", "verify", "st", "--key", "s.pub", "--artifact", "release/prog", code=0).err


def identities(*blobs):
    body = b"\x0c" + struct.pack(">I", len(blobs)) + b"".join(ssh_string(b) + ssh_string(b"c") for b in blobs)
    return struct.pack(">I", len(body)) + body


@case("an agent that lies, or has another kind of key, gives no statement")
def _(_dir):
    signing.kept_run()
    half = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
    blob = ED25519 + ssh_string(half)

    def name(of):
        return "agent:SHA256:" + base64.b64encode(hashlib.sha256(of).digest()).decode().rstrip("=")
    sk = ssh_string(b"sk-ssh-ed25519@openssh.com") + ssh_string(half) + ssh_string(b"ssh:")
    certificate = ssh_string(b"ssh-ed25519-cert-v01@openssh.com") + ssh_string(b"n" * 32) + ssh_string(half) + bytes(40)
    low = ED25519 + ssh_string(b"\1" + bytes(31))

    def signature(said):
        body = b"\x0e" + ssh_string(said)
        return struct.pack(">I", len(body)) + body

    def then(second, first=identities(blob)):
        return lambda question: first if question[0] == 11 else second
    rows = [(then(signature(ssh_string(b"ssh-ed25519") + ssh_string(bytes(64)))), blob, "signer-wrong", 6),
            (then(signature(ssh_string(b"ssh-ed25519") + ssh_string(bytes(63)))), blob, "agent-malformed", 6),
            (then(signature(ssh_string(b"ssh-rsa") + ssh_string(bytes(64)))), blob, "agent-malformed", 6),
            (then(signature(ssh_string(b"ssh-ed25519") + ssh_string(bytes(64)) + b"x")), blob, "agent-malformed", 6),
            (then(struct.pack(">I", 1) + b"\x05"), blob, "agent-refuses", 2),
            (then(b"\xff\xff\xff\xff"), blob, "limit-exceeded", 5),
            (then(struct.pack(">I", 100) + b"\x0e"), blob, "agent-absent", 2),
            (then(b"", identities()), blob, "agent-key-absent", 2),
            (then(b"", identities(sk)), sk, "agent-key-kind", 2),
            (then(b"", identities(certificate)), blob, "agent-key-kind", 2),
            (then(b"", identities(low)), low, "key-unsound", 6),
            (then(b"", struct.pack(">IBI", 5, 12, 1 << 31)), blob, "agent-malformed", 6),
            (then(b"", struct.pack(">IBII", 9, 12, 1, 1 << 30)), blob, "agent-malformed", 6),
            (then(b"", struct.pack(">I", 0)), blob, "agent-malformed", 6)]
    for answer, of, identity, code in rows:
        with false_agent(answer) as env:
            result = sb("attest", "sign", signing.RUN, "--key", name(of), "--attestation", "st", env=env, code=code)
            assert f"[{identity}]" in result.err and not os.path.exists("st"), result


@case("one parser: a policy and attest verify take every form of a public key")
def _(_dir):
    signing.kept_run()
    fed("secret", "key", "new", "k", code=0)
    fed("secret", "attest", "sign", signing.RUN, "--key", "k", "--attestation", "st", code=0)
    for form in ("pem", "der", "ssh", "minisign", "signify", "hex"):
        sb("key", "export", "k.pub", "--form", form, "-o", "f", code=0)
        sb("attest", "verify", "st", "--key", "f", "--artifact", "release/prog", code=0)
    shutil.copy("k", "open")
    os.chmod("open", 0o644)
    assert "[key-exposed]" in fed("secret", "attest", "sign", signing.RUN, "--key", "open", code=2).err
    assert "[key-malformed]" in sb("attest", "verify", "st", "--key", "k", "--artifact", "release/prog", code=2).err, "a secret key is no public one"
    assert "[key-malformed]" in fed("secret", "attest", "sign", signing.RUN, "--key", "k.pub", code=2).err


if __name__ == "__main__":
    assert PROGRAM
    main()
