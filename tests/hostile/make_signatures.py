# SPDX-License-Identifier: Apache-2.0
"""Signed files by the real tools, and containers taken apart and put together again with something in them."""
import atexit
import io
import os
import shutil
import struct
import subprocess
import tempfile
import zipfile

from sbtest import run

NAMES = ("one", "two")
_made = {}


def keys():
    """A folder with two keys and certificates of one issuer each, as PEM and as PKCS #12; made once."""
    if "keys" not in _made:
        folder = _made["keys"] = tempfile.mkdtemp(prefix="keys-")
        atexit.register(shutil.rmtree, folder, True)
        with open(os.path.join(folder, "long.cnf"), "w", encoding="ascii") as f:
            f.write("[req]\ndistinguished_name=name\nx509_extensions=more\n[name]\n[more]\nnsComment=" + "chosen " * 6000 + "\n")
        for name in (*NAMES, "other", "again", "long"):  # again: of the same name as one
            base = os.path.join(folder, name)
            quiet("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3000", "-subj", f"/CN={'one' if name == 'again' else name}",
                  *(("-config", os.path.join(folder, "long.cnf")) if name == "long" else ()), "-keyout", base + ".key", "-out", base + ".pem")
            quiet("openssl", "pkcs12", "-export", "-inkey", base + ".key", "-in", base + ".pem", "-name", name, "-passout", "pass:changeit", "-out", base + ".p12")
    return _made["keys"]


def quiet(*argv, env=None, **options):
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL if "input" not in options else None, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, **(env or {})), **options).stdout


class Keyring:
    """An OpenPGP keyring with a key for each name; its agent ends with the block."""

    def __enter__(self):
        if "ring" not in _made:
            _made["ring"] = tempfile.mkdtemp(prefix="ring-")
            atexit.register(shutil.rmtree, _made["ring"], True)
            for name in NAMES:
                quiet("gpg", "--batch", "--passphrase", "", "--quick-generate-key", f"{name}@example.org", "rsa2048", "sign", "never", env={"GNUPGHOME": _made["ring"]})
        self.env = {"GNUPGHOME": _made["ring"], "HOME": _made["ring"]}
        return self

    def __exit__(self, *_):
        run("gpgconf", "--kill", "all", env=self.env)

    def detached(self, name, data, *options):
        return quiet("gpg", "--batch", "--local-user", f"{name}@example.org", *options, "--detach-sign", "--output", "-", env=self.env, input=data)

    def cleartext(self, name, data, *options):
        return quiet("gpg", "--batch", "--local-user", f"{name}@example.org", *options, "--clearsign", "--output", "-", env=self.env, input=data)

    def rpm(self, name, path, *options):
        run("rpmsign", "--define", f"_gpg_name {name}@example.org", "--define", f"__gpg {shutil.which('gpg')}", "--define", "_gpg_sign_cmd_extra_args --batch --pinentry-mode loopback", *options, "--addsign", path,
            env=self.env, code=0)

    def deb(self, name, path):
        run("debsigs", "--sign=origin", "-k", f"{name}@example.org", path, env=self.env, code=0)


# ---- jars and Android packages ----

def jarsign(name, path, *options):
    run("jarsigner", "-J-Xshare:auto", "-keystore", f"{keys()}/{name}.p12", "-storetype", "PKCS12", "-storepass", "changeit", *options, path, name, code=0)


def apksign(name, source, path, *options):
    run("apksigner", "sign", "--ks", f"{keys()}/{name}.p12", "--ks-pass", "pass:changeit", "--ks-key-alias", name, "--min-sdk-version", "21", *options, "--out", path, source, code=0)


def jar_tool(files, path):
    """An unsigned jar by the jar tool."""
    for name, data in files:
        os.makedirs(os.path.join("classes", os.path.dirname(name)), exist_ok=True)
        with open(os.path.join("classes", name), "wb") as f:
            f.write(data)
    run("jar", "--create", "--file", path, "-C", "classes", ".", code=0)


def plain_jar(files, manifest=b"Manifest-Version: 1.0\r\nCreated-By: 1 (Acme)\r\n\r\n"):
    """As the jar tool writes it: the manifest first, sizes behind the data."""
    class Sink(io.RawIOBase):
        """Cannot seek, so that zipfile writes descriptors."""
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += data
            return len(data)

    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in ([("META-INF/MANIFEST.MF", manifest)] if manifest else []) + files:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 0, 0
            z.writestr(info, data, zipfile.ZIP_DEFLATED)
    return bytes(sink.data)


class Zip:
    """A zip file taken apart: of each member the header in front of its data, the data with what stands behind it, and its entry in the directory."""

    def __init__(self, data):
        end = data.rindex(b"PK\5\6")
        count, _, at = struct.unpack_from("<HII", data, end + 10)
        self.end, self.headers, self.data, self.entries, starts = data[end:], {}, {}, {}, {}
        directory = at
        for _ in range(count):
            size = 46 + sum(struct.unpack_from("<HHH", data, at + 28))
            name = data[at + 46:at + 46 + struct.unpack_from("<H", data, at + 28)[0]]
            starts[name], self.entries[name], at = struct.unpack_from("<I", data, at + 42)[0], data[at:at + size], at + size
        for name, start in starts.items():
            stop = min([s for s in starts.values() if s > start], default=directory)
            size = 30 + sum(struct.unpack_from("<HH", data, start + 26))
            self.headers[name], self.data[name] = data[start:start + size], data[start + size:stop]

    def bytes(self, last=None):
        """@last: the member whose data stand behind those of all others."""
        out, directory, places = b"", b"", {}
        for name in sorted(self.headers, key=lambda n: n == last):
            places[name] = len(out)
            out += self.headers[name] + self.data[name]
        for name, entry in self.entries.items():
            directory += entry[:42] + struct.pack("<I", places[name]) + entry[46:]
        return out + directory + self.end[:12] + struct.pack("<II", len(directory), len(out)) + self.end[20:]


def put(data, at, form, value):
    """A number of a record changed."""
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form):]


def with_extra(record, extra, fixed):
    """@extra behind the extra fields of a header (@fixed 30) or an entry (46)."""
    at = 28 if fixed == 30 else 30
    end = fixed + sum(struct.unpack_from("<HH", record, at - 2))
    return put(record[:end] + extra + record[end:], at, "<H", struct.unpack_from("<H", record, at)[0] + len(extra))


def extra_field(identity, body):
    return struct.pack("<HH", identity, len(body)) + body


def changed_entry(data, name, header=lambda h: h, entry=lambda e: e, content=lambda d: d, last=False):
    z = Zip(data)
    z.headers[name], z.entries[name], z.data[name] = header(z.headers[name]), entry(z.entries[name]), content(z.data[name])
    return z.bytes(name if last else None)


def made_on_unix(mode):
    return lambda entry: put(put(entry, 4, "<H", 3 << 8 | 20), 38, "<I", mode << 16)


def slack(data, name, blocks=400):
    """Blocks of deflate that hold nothing in front of the others, and the sizes that go with them."""
    more = b"\0\0\0\xff\xff" * blocks
    packed = struct.unpack_from("<I", Zip(data).entries[name], 20)[0] + len(more)
    return changed_entry(data, name, entry=lambda e: put(e, 20, "<I", packed), content=lambda d: more + d[:-8] + struct.pack("<I", packed) + d[-4:])


def hide_in_entry(data, name):
    """(label, archive whose headers of that member say more than they must, what must be named)."""
    code = extra_field(0x4141, b"evil code" * 9)
    moved, time = b"bin/run.sh", extra_field(0x5455, b"\1" + struct.pack("<I", 1700000000))
    yield "another name in front", changed_entry(data, name, lambda h: put(h[:30] + moved + h[30 + len(name):], 26, "<H", len(moved)), last=True), "its own header and the directory differ"
    yield "other flags in front", changed_entry(data, name, lambda h: put(h, 6, "<H", struct.unpack_from("<H", h, 6)[0] ^ 4)), "its own header and the directory differ"
    yield "another version in front", changed_entry(data, name, lambda h: put(h, 4, "<H", 45)), "its own header and the directory differ"
    yield "an extra field in front", changed_entry(data, name, lambda h: with_extra(h, code, 30)), "an extra field that no signature needs"
    yield "an extra field in the directory", changed_entry(data, name, entry=lambda e: with_extra(e, code, 46)), "an extra field that no signature needs"
    yield "an extra field in both", changed_entry(data, name, lambda h: with_extra(h, code, 30), lambda e: with_extra(e, code, 46)), "an extra field that no signature needs"
    yield "a time more, twice", changed_entry(data, name, lambda h: with_extra(h, time * 2, 30), lambda e: with_extra(e, time * 2, 46)), "an extra field that no signature needs"
    yield "a comment", changed_entry(data, name, entry=lambda e: put(e + b"evil code", 32, "<H", 9)), "a comment"
    for label, mode in (("setuid", 0o104644), ("a link", 0o120777), ("a program", 0o100755), ("a device", 0o020644)):
        yield label, changed_entry(data, name, entry=made_on_unix(mode)), "something else than a plain file"
    yield "attributes of another system", changed_entry(data, name, entry=lambda e: put(e, 38, "<H", 0x1234)), "something else than a plain file"
    yield "a number of nobody's", changed_entry(data, name, entry=lambda e: put(e, 36, "<H", 0x1234)), "something else than a plain file"
    yield "another time in front", changed_entry(data, name, lambda h: put(h, 10, "<H", 2)), "two times"
    yield "a time that is none", changed_entry(data, name, lambda h: put(h, 10, "<H", 0xffff), lambda e: put(e, 12, "<H", 0xffff)), "a time that is none"
    yield "a size in front", changed_entry(data, name, lambda h: put(h, 22, "<I", 7)), "a size or checksum"
    yield "blocks that hold nothing", slack(data, name), "a size or checksum"


# ---- DER ----

def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    length = bytes([n]) if n < 128 else bytes([0x80 + (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + content


def children(data):
    """[(tag, content)] of the elements in @data."""
    out, at = [], 0
    while at < len(data):
        tag, n, at = data[at], data[at + 1], at + 2
        if n > 128:
            width = n - 128
            n, at = int.from_bytes(data[at:at + width], "big"), at + width
        out.append((tag, data[at:at + n]))
        at += n
    return out


class Cms:
    """A SignedData taken apart."""

    def __init__(self, data):
        (_, outer), = children(data)
        (_, self.type), (_, inner) = children(outer)
        (_, body), = children(inner)
        self.parts = children(body)  # version, digests, content, [certificates], signers

    def at(self, tag):
        return next(i for i, (t, _) in enumerate(self.parts) if t == tag)

    def signer(self, change):
        """change: the fields of the first signer in place."""
        fields = children(children(self.parts[-1][1])[0][1])
        change(fields)
        self.parts[-1] = (0x31, tlv(0x30, *(tlv(t, c) for t, c in fields)))
        return self

    def bytes(self):
        return tlv(0x30, tlv(6, self.type), tlv(0xA0, tlv(0x30, *(tlv(t, c) for t, c in self.parts))))


UNKNOWN = bytes([0x2A, 0x03, 0x04, 0x05])  # 1.2.3.4.5


def attribute(oid, value):
    return tlv(0x30, tlv(6, oid), tlv(0x31, value))


def cms(name, data, *options):
    """A detached message over @data by openssl."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "data")
        with open(path, "wb") as f:
            f.write(data)
        return quiet("openssl", "cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", "-signer", f"{keys()}/{name}.pem", "-inkey", f"{keys()}/{name}.key", *options, "-in", path)


def certificate(name):
    return quiet("openssl", "x509", "-in", f"{keys()}/{name}.pem", "-outform", "DER")


TOKEN = bytes([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x0E])  # id-aa-timeStampToken
COUNTERSIGNATURE = bytes([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x06])
AUTHORITY = """
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def timestamp(data):
    """A token of RFC 3161 over @data, by an authority of our own."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("data", data), ("config", AUTHORITY.encode()), ("serial", b"01\n")):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(content)
        quiet("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=authority", "-addext", "extendedKeyUsage=critical,timeStamping", "-keyout", "key", "-out",
              "certificate", cwd=folder)
        quiet("openssl", "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query", cwd=folder)
        quiet("openssl", "ts", "-reply", "-config", "config", "-queryfile", "query", "-inkey", "key", "-signer", "certificate", "-token_out", "-out", "token", cwd=folder)
        with open(os.path.join(folder, "token"), "rb") as f:
            return f.read()


def with_attribute(message, oid, value):
    """The message with one unsigned attribute."""
    return Cms(message).signer(lambda fields: fields.append((0xA1, attribute(oid, value)))).bytes()


def signature_of(message):
    return children(children(Cms(message).parts[-1][1])[0][1])[5][1]


def countersigned(message, data):
    """As Authenticode had it before RFC 3161: a signer of @data among the unsigned attributes, its certificate among the others."""
    other = Cms(cms("other", data, "-nosmimecap"))
    out = Cms(with_attribute(message, COUNTERSIGNATURE, other.parts[-1][1]))
    out.parts[out.at(0xA0)] = (0xA0, out.parts[out.at(0xA0)][1] + certificate("other"))
    return out.bytes()


def hide_in_cms(message):
    """(label, message that holds something, what must be named)."""
    def with_certificate():
        c = Cms(message)
        at = c.at(0xA0) if any(t == 0xA0 for t, _ in c.parts) else None
        if at is None:
            c.parts.insert(3, (0xA0, certificate("other")))
        else:
            c.parts[at] = (0xA0, c.parts[at][1] + certificate("other"))
        return c.bytes()

    def with_namesake():
        c = Cms(message)
        at = c.at(0xA0) if any(t == 0xA0 for t, _ in c.parts) else 3
        old = c.parts.pop(at)[1] if c.parts[at][0] == 0xA0 else b""
        c.parts.insert(at, (0xA0, old + certificate("again")))
        return c.bytes()

    def with_list():
        c = Cms(message)
        c.parts.insert(len(c.parts) - 1, (0xA1, tlv(0x30, tlv(4, b"code"))))
        return c.bytes()

    def with_digest():
        c = Cms(message)
        c.parts[1] = (0x31, c.parts[1][1] + tlv(0x30, tlv(6, bytes([0x2B, 14, 3, 2, 26]))))
        return c.bytes()

    yield "a second certificate", with_certificate(), "a certificate that is neither"
    yield "a second certificate of the name of the first", with_namesake(), "certificate"
    yield "an unsigned attribute with code", Cms(message).signer(lambda f: f.append((0xA1, attribute(UNKNOWN, tlv(4, b"\x90" * 64))))).bytes(), "an unsigned attribute that is no timestamp"
    yield "two unsigned attributes", Cms(message).signer(lambda f: f.append((0xA1, attribute(UNKNOWN, tlv(4, b"a")) * 2))).bytes(), "unsigned attribute"
    yield "an empty set of unsigned attributes", Cms(message).signer(lambda f: f.append((0xA1, b""))).bytes(), "unsigned attributes"
    yield "revocation lists", with_list(), "revocation lists"
    yield "a digest that nobody uses", with_digest(), "a digest in the list"
    yield "bytes behind it", message + b"\0", "one whole element of DER"
    yield "a long form of a short length", b"\x30\x83\0" + message[2:], "one whole element of DER"


# ---- OpenPGP ----

def packet_body(packet):
    """Old format, two bytes of length, as gpg writes them."""
    assert packet[0] == 0x89, packet[0]
    return packet[3:]


def packet(body):
    return b"\x89" + struct.pack(">H", len(body)) + body


def hide_in_pgp(data):
    """(label, signature that holds something, what must be named)."""
    body = packet_body(data)
    hashed = struct.unpack_from(">H", body, 4)[0]
    at = 6 + hashed
    loose = struct.unpack_from(">H", body, at)[0]

    def with_loose(more):
        return packet(body[:at] + struct.pack(">H", loose + len(more)) + body[at + 2:at + 2 + loose] + more + body[at + 2 + loose:])

    yield "a notation outside of what is hashed", with_loose(b"\x0a\x14\x00\x00\x00\x00code!"), "names no key"
    yield "a second issuer", with_loose(b"\x09\x10evilcode"), "a subpacket that is there twice"
    yield "bytes behind the numbers", packet(body + b"code"), "behind the numbers"
    yield "a second packet", data + data, "one OpenPGP signature packet"
    yield "a packet of user data behind it", data + b"\xb4\x04code", "one OpenPGP signature packet"
    yield "another digest", data[:3] + body[:at + 2 + loose] + bytes([body[at + 2 + loose] ^ 1]) + body[at + 3 + loose:], "not that of what it should cover"
    yield "another version", packet(b"\x06" + body[1:]), "unknown version"
