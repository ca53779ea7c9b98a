#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signatures by the real tools are detached; whatever hides in their containers, or differs beside them, is refused and named."""
import base64
import gzip
import hashlib
import io
import os
import struct
import sys
import tarfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import expect, compare, read, write  # noqa: E402
from make_packages import EPOCH, Rpm, alpine, b64, rpm  # noqa: E402
from make_signatures import (Cms, Keyring, TOKEN, UNKNOWN, Zip, apksign, attribute, changed_entry, cms, countersigned, extra_field, hide_in_cms, hide_in_entry, hide_in_pgp, jar_tool,
                             jarsign, keys, made_on_unix, packet, plain_jar, quiet, signature_of, timestamp, tlv, with_attribute, with_extra)  # noqa: E402
from mutants_more import ar, deb, inner  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

FILES = {"usr/bin/tool": b"#!/bin/sh\necho acme\n" * 20, "usr/share/acme/data": bytes(range(256)) * 8}
SEEN = {"honest": 0, "refused": 0}


def pair(shipped, rebuilt, suffix):
    """Of that suffix, or of that name where it is none."""
    name = suffix if suffix[:1].isupper() else f"x.{suffix}"
    for side, data in (("s", shipped), ("r", rebuilt)):
        os.makedirs(side, exist_ok=True)
        write(f"{side}/{name}", data)
    return f"s/{name}", f"r/{name}"


def detached(shipped, rebuilt, suffix, named="detached"):
    record = expect("unsigned-identical", *pair(shipped, rebuilt, suffix), named=named)
    assert not [f for f in record["findings"] if f["rule"] in ("none", "hint")], record["findings"]
    assert record["freedom"] and all(row["cause"] == "signature" and not row["loaded"] for row in record["freedom"]), record["freedom"]
    SEEN["honest"] += 1


def honest(files, suffix):
    """Every two of unsigned, signed by one, signed by the other."""
    plain, one, two = files
    for shipped, rebuilt in ((one, plain), (plain, two), (one, two), (two, one)):
        detached(shipped, rebuilt, suffix)


def refused(shipped, rebuilt, suffix, named, label):
    record = compare(*pair(shipped, rebuilt, suffix))
    texts = [" > ".join([*f["where"], f["note"]]) for f in record["findings"] if f["rule"] in ("none", "hint")]
    assert record["level"] in ("different", "undetermined"), (label, record["level"])
    assert any(named in text for text in texts), (label, named, texts)
    SEEN["refused"] += 1


def signed(tool, *names, plain):
    out = [plain]
    for name in names:
        write(f"{name}.tmp", plain)
        tool(name, f"{name}.tmp")
        out.append(read(f"{name}.tmp"))
    return out


# ---- OpenPGP: rpm, deb, texts ----

def rpm_file(content=FILES):
    rpm("acme.rpm", content)
    return read("acme.rpm")


def with_row(data, tag, value):
    """The signature header with one more binary entry at the end of index and store."""
    parsed = Rpm(data)
    at, entries, store, end = parsed.headers[0]
    index, body = data[at + 16:store], data[store:end]
    head = data[at:at + 8] + struct.pack(">II", entries + 1, len(body) + len(value))
    header = head + index + struct.pack(">IIII", tag, 7, len(body), len(value)) + body + value
    return data[:at] + header + b"\0" * (-len(header) % 8) + data[parsed.headers[1][0]:]


def with_longer_store(data, more):
    """@more, whose length is a multiple of eight, at the end of the signature store."""
    end = Rpm(data).headers[0][3]
    return data[:108] + struct.pack(">I", struct.unpack_from(">I", data, 108)[0] + len(more)) + data[112:end] + more + data[end:]


def with_signature(data, value):
    """The package with other bytes of the same length in place of RSAHEADER."""
    row, at, count = Rpm(data).entry(0, 268)
    assert len(value) == count, (len(value), count)
    return data[:at] + value + data[at + count:]


@case("rpm: signed, unsigned, signed by another key, over the header and over the payload")
def _(_dir):
    need("rpmbuild", "rpmsign", "gpg")
    plain = rpm_file()
    with Keyring() as ring:
        files = signed(ring.rpm, "one", "two", plain=plain)
        both = signed(lambda name, path: ring.rpm(name, path, "--rpmv3"), "one", plain=plain)[1]
    honest(files, "rpm")
    detached(both, files[2], "rpm")


@case("rpm: nothing hides in the signature header")
def _(_dir):
    need("rpmbuild", "rpmsign", "gpg")
    plain = rpm_file()
    other = rpm_file(dict(FILES, **{"usr/bin/tool": b"#!/bin/sh\nevil\n" * 20}))
    with Keyring() as ring:
        good = signed(ring.rpm, "one", plain=plain)[1]
        for _ in range(9):  # one signature in some hundred is a byte shorter
            stolen = signed(ring.rpm, "one", plain=other)[1]
            if Rpm(stolen).entry(0, 268)[2] == Rpm(good).entry(0, 268)[2]:
                break
    packet = bytes(good[Rpm(good).entry(0, 268)[1]:][:Rpm(good).entry(0, 268)[2]])
    for label, bad, named in hide_in_pgp(packet):
        if len(bad) == len(packet):
            refused(with_signature(good, bad), plain, "rpm", named, label)
    _, room, count = Rpm(good).entry(0, 1008)
    assert count > 64, count
    attempts = [("text in the reserved room", good[:room + 8] + b"evil code" + good[room + 17:], "RESERVEDSPACE"),
                ("an entry of an unknown tag", with_row(good, 4711, b"evil code"), "signature tag 4711"),
                ("a second signature of that tag", with_row(good, 268, packet), "RSAHEADER"),
                ("signatures of files", with_row(good, 274, b"evil code"), "FILESIGNATURES"),
                ("bytes that no entry leads to", with_longer_store(good, b"evilcode"), "signature gap"),
                ("the signature of another package", with_signature(good, bytes(stolen[Rpm(stolen).entry(0, 268)[1]:][:len(packet)])), "not that of what it should cover"),
                ("another package with its signature", stolen, "./usr/bin/tool")]
    _, at, _ = Rpm(good).entry(0, 273)
    attempts.append(("a wrong digest of the header", good[:at] + (b"0" if good[at:at + 1] != b"0" else b"1") + good[at + 1:], "SHA256HEADER"))
    for label, bad, named in attempts:
        refused(bad, plain, "rpm", named, label)
    for at in (Rpm(good).payload + 40, Rpm(good).headers[1][0] + 40, 12):
        bad = bytearray(good)
        bad[at] ^= 4
        record = compare(*pair(bytes(bad), plain, "rpm"))
        assert record["level"] in ("different", "undetermined"), at


def debian(content=b"acme\n" * 30):
    return deb([("./usr/share/acme/data", content, {})])


@case("deb: signed by debsigs, unsigned, signed by another key")
def _(_dir):
    need("debsigs", "gpg")
    with Keyring() as ring:
        honest(signed(ring.deb, "one", "two", plain=debian()), "deb")


@case("deb: nothing hides in a signature or under its name")
def _(_dir):
    need("debsigs", "gpg")
    plain, other = debian(), debian(b"evil\n" * 30)
    with Keyring() as ring:
        good, stolen = signed(ring.deb, "one", plain=plain)[1], signed(ring.deb, "one", plain=other)[1]
    size = int(good[len(plain) + 48:len(plain) + 58])
    packet = good[len(plain) + 60:len(plain) + 60 + size]
    stolen_packet = stolen[len(other) + 60:len(other) + 60 + int(stolen[len(other) + 48:len(other) + 58])]
    assert good[len(plain):len(plain) + 10] == b"_gpgorigin", good[len(plain):][:60]

    def with_member(name, data):
        return plain + b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, EPOCH, 0, 0, b"100644", len(data)) + data + b"\n" * (len(data) % 2)
    for label, bad, named in hide_in_pgp(packet):
        refused(with_member(b"_gpgorigin", bad), plain, "deb", named, label)
        refused(plain, with_member(b"_gpgorigin", bad), "deb", named, label + ", rebuilt")
        refused(with_member(b"_gpgorigin", bad), good, "deb", named, label + ", both signed")
    for label, bad, named in (("no signature", with_member(b"_gpgorigin", b"evil code"), "_gpgorigin"), ("of an unknown name", with_member(b"_gpgevil", packet), "unknown name"),
                              ("twice", with_member(b"_gpgorigin", packet) + with_member(b"_gpgorigin", packet)[len(plain):], "comes twice"),
                              ("stale", stolen[:len(other)] + good[len(plain):], "data"), ("of other data", with_member(b"_gpgorigin", stolen_packet), "not that of what"),
                              ("setuid", good[:len(plain) + 40] + b"104755  " + good[len(plain) + 48:], "unusual mode"),
                              ("in front of the data", ar([(b"debian-binary/", b"2.0\n"), (b"_gpgorigin/", packet)]) + plain[8 + 64:], "_gpgorigin"),
                              ("another package with its signature", stolen, "./usr/share/acme/data")):
        refused(bad, plain, "deb", named, label)


@case("deb: signed later than it was built, beside a build of another time")
def _(_dir):
    need("debsigs", "gpg")
    plain = debian()
    other = plain.replace(b"1700000000  ", b"1700000500  ")
    with Keyring() as ring:
        one = signed(ring.deb, "one", plain=plain)[1]
    assert one[len(plain):].startswith(b"_gpgorigin") and one[len(plain) + 16:len(plain) + 26] != b"1700000000", one[len(plain):][:60]
    expect("repackaged", *pair(plain, other, "deb"))
    for shipped, rebuilt in ((one, other), (other, one)):
        expect("repackaged", *pair(shipped, rebuilt, "deb"), named="the signature is detached")
    at = plain.index(b"data.tar.xz") + 16
    refused(one[:at] + b"1600000000" + one[at + 10:], other, "deb", "date", "two times beside a signature")


TEXT = b"Format: 3.0 (native)\nSource: acme\nFiles: \n d41d8cd98f00b204e9800998ecf8427e 0 x  \n"


def rewrapped(text, width):
    """The digits of the armor in lines of another length."""
    head, body = text.split(b"-----BEGIN PGP SIGNATURE-----\n\n")
    lines = body.split(b"\n")
    end = next(i for i, line in enumerate(lines) if line[:1] in (b"=", b"-"))
    digits = b"".join(lines[:end])
    return b"".join([head, b"-----BEGIN PGP SIGNATURE-----\n\n", *(digits[at:at + width] + b"\n" for at in range(0, len(digits), width)), b"\n".join(lines[end:])])


@case("dsc: clearsigned, not signed, signed by another key")
def _(_dir):
    need("gpg")
    with Keyring() as ring:
        one, two = (ring.cleartext(name, TEXT) for name in ("one", "two"))
        wide = ring.cleartext("one", TEXT, "--digest-algo", "SHA384")
    honest([TEXT, one, two], "dsc")
    detached(wide, two, "dsc")
    for label, bad in {"text before": b"x\n" + one, "text behind": one + b"x\n", "a header of the armor": one.replace(b"SIGNATURE-----\n\n", b"SIGNATURE-----\nComment: code\n\n"),
                       "a second digest": one.replace(b"\n\n", b"\nHash: SHA1\n\n", 1), "another text": one.replace(b"Source: acme", b"Source: evil"),
                       "a blank at the end of a line": one.replace(b"Source: acme", b"Source: acme "), "a line": one.replace(b"Source: acme\n", b"Source: acme\nX: 1\n"),
                       "lines of another length": rewrapped(one, 76), "a line of two": rewrapped(one, 32), "a checksum of the armor": one[:-36] + (b"A" if one[-36:-35] != b"A" else b"B") + one[-35:],
                       "a blank in the armor": one.replace(b"\n-----END", b" \n-----END"), "a signature of another digest": one[:one.index(b"-----BEGIN PGP SIGNATURE")] + wide[wide.index(b"-----BEGIN PGP SIGNATURE"):],
                       "no end": one[:-10]}.items():
        for rebuilt in (TEXT, two):
            assert compare(*pair(bad, rebuilt, "dsc"))["level"] == "different", label
            SEEN["refused"] += 1


def clearsigned(text, last):
    """By nobody: @last, so many letters of base64, is the last line of the signature, as whoever makes one can choose."""
    hashed = bytes([4, 1, 1, 8]) + struct.pack(">HBBI", 6, 5, 2, EPOCH)
    canonical = b"\r\n".join(line.rstrip() for line in text.split(b"\n")[:-1])
    digest = hashlib.sha256(canonical + hashed + b"\x04\xff" + struct.pack(">I", len(hashed))).digest()
    tail = base64.b64decode(last)
    head = hashed + struct.pack(">HBB8s", 10, 9, 16, b"ABCDEFGH") + digest[:2]
    size = next(n for n in range(200, 400) if (3 + len(head) + 2 + n) % 48 == len(tail))
    digits = base64.b64encode(packet(head + struct.pack(">H", 8 * size) + b"\xff" + b"\x11" * (size - 1 - len(tail)) + tail))
    lines = [digits[at:at + 64] for at in range(0, len(digits), 64)]
    assert lines[-1] == last
    return b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n%s-----BEGIN PGP SIGNATURE-----\n\n%s\n-----END PGP SIGNATURE-----\n" % (text, b"\n".join(lines))


@case("clearsigned: control files of Debian, and no text whose readers take a signature for more of it")
def _(_dir):
    need("gpg")
    script, job = b"#!/bin/sh\necho good\n", b"0 0 * * * root /bin/good\n"
    for name in ("dsc", "changes", "buildinfo", "InRelease"):
        detached(clearsigned(TEXT, b"evilcode"), TEXT, name)
    expect("unsigned-identical", *pair(inner([("./acme.dsc", clearsigned(TEXT, b"evilcode"), {})]), inner([("./acme.dsc", TEXT, {})]), "tar"), named="the signature is detached")
    for text, names in ((script, ("sh", "dsc")), (job, ("cron", "changes")), (b"print('good')\n", ("py",)), (TEXT, ("sh", "txt", "dsc.txt", "Release"))):
        for name in names:
            refused(clearsigned(text, b"evilcode"), text, name, "", f"{text[:9]} as {name}")
    refused(inner([("./etc/cron.d/job", clearsigned(job, b"evilcode"), {})]), inner([("./etc/cron.d/job", job, {})]), "tar", "etc/cron.d/job", "a job in an archive")
    with Keyring() as ring:
        for label, text in (("a line that is no field", TEXT + b"evil\n"), ("a comment", TEXT + b"# evil\n"), ("a second paragraph", TEXT + b"\n" + TEXT), ("a field without a name", TEXT + b": evil\n"),
                            ("a dash", TEXT + b"- evil\n"), ("a value of nothing", b" evil\n" + TEXT), ("a blank line with a blank", TEXT + b" \n"), ("a control byte", TEXT + b"X: \x1b[2J\n")):
            refused(ring.cleartext("one", text), text, "dsc", "", label)


# ---- CMS: kernel modules, jars ----

def appended(data, message):
    return data + message + bytes([0, 0, 2, 0, 0, 0, 0, 0]) + struct.pack(">I", len(message)) + b"~Module signature appended~\n"


@case("module: signed by openssl as the kernel's build does, and with signed attributes")
def _(_dir):
    need("gcc", "openssl")
    write("x.c", b"int init_module(void) { return 3; }\n")
    run("gcc", "-O2", "-c", "x.c", "-o", "x.o", code=0)
    plain = read("x.o")
    for options in (("-noattr", "-nocerts"), ("-nocerts", "-nosmimecap"), ("-keyid",)):
        honest([plain, *(appended(plain, cms(name, plain, *options)) for name in ("one", "two"))], "ko")
    detached(appended(plain, cms("one", plain)), appended(plain, cms("one", plain, "-noattr")), "ko")
    for label, bad, named in hide_in_cms(cms("one", plain)):
        refused(appended(plain, bad), plain, "ko", named if "whole element" not in named else "", label)
    stolen = cms("one", plain + b"x")
    refused(appended(plain, stolen), plain, "ko", "not that of the module", "of another module")
    refused(appended(plain, cms("one", plain, "-nodetach")), plain, "ko", "module", "with its content")
    odd = Cms(cms("one", plain)).signer(lambda f: f.__setitem__(3, (0xA0, f[3][1] + attribute(UNKNOWN, tlv(4, b"code"))))).bytes()
    refused(appended(plain, odd), plain, "ko", "a signed attribute of an unknown type", "a signed attribute with code")


def reaching(plain):
    """(label, module whose tables would lead into the signature to come)."""
    shoff, count = struct.unpack_from("<Q", plain, 40)[0], struct.unpack_from("<H", plain, 60)[0]
    kinds = [struct.unpack_from("<I", plain, shoff + 64 * i + 4)[0] for i in range(count)]
    row = shoff + 64 * next(i for i in range(1, count) if kinds[i] == 1 and struct.unpack_from("<Q", plain, shoff + 64 * i + 32)[0] == 64)

    def leading(at, size):
        return plain[:row + 24] + struct.pack("<QQ", at, size) + plain[row + 40:]
    yield "data in the message", leading(len(plain) + 0x60, 64)
    yield "data that ends in it", leading(len(plain) - 8, 64)
    table = bytearray(plain + bytes(-len(plain) % 8))
    struct.pack_into("<Q", table, 40, len(table) + 0x40)
    yield "the table of sections in it", bytes(table)


@case("module: what a section holds is no signature")
def _(_dir):
    need("gcc", "openssl")
    write("x.c", b"char payload[64] = {1}; int init_module(void) { return payload[3]; }\n")
    run("gcc", "-O2", "-c", "x.c", "-o", "x.o", code=0)
    plain = read("x.o")
    honest([plain, *(appended(plain, cms(name, plain, "-nosmimecap")) for name in ("one", "two"))], "ko")
    for label, bad in reaching(plain):
        one, two = (appended(bad, cms(name, bad, "-nosmimecap")) for name in ("one", "two"))
        refused(one, two, "ko", "", label)
        refused(one, bad, "ko", "", label + ", signed on one side")


@case("module: timestamps are of the signature that they stand beside")
def _(_dir):
    need("openssl", "gcc")
    write("x.c", b"int init_module(void) { return 3; }\n")
    run("gcc", "-O2", "-c", "x.c", "-o", "x.o", code=0)
    plain = read("x.o")
    message = cms("one", plain)
    token = timestamp(signature_of(message))
    detached(appended(plain, with_attribute(message, TOKEN, token)), plain, "ko")
    detached(appended(plain, with_attribute(message, TOKEN, token)), appended(plain, cms("two", plain)), "ko")
    detached(appended(plain, countersigned(message, signature_of(message))), plain, "ko")
    for label, bad, named in (("a timestamp of something else", with_attribute(message, TOKEN, timestamp(b"evil")), "a timestamp of something else"),
                              ("a message that is no timestamp", with_attribute(message, TOKEN, cms("two", signature_of(message))), "a timestamp of something else"),
                              ("a timestamp that is no message", with_attribute(message, TOKEN, tlv(0x30, tlv(4, b"evil"))), "no SignedData"),
                              ("a countersignature of something else", countersigned(message, b"evil"), "a countersignature of something else"),
                              ("a timestamp with a second certificate", with_attribute(message, TOKEN, next(bad for label, bad, _ in hide_in_cms(token) if "certificate" in label)),
                               "a certificate that is neither"),
                              ("a timestamp of a timestamp", with_attribute(message, TOKEN, with_attribute(token, TOKEN, timestamp(signature_of(token)))),
                               "timestamps of timestamps")):
        refused(appended(plain, bad), plain, "ko", named, label)


JAR = [("acme/Main.class", b"\xca\xfe\xba\xbe" + bytes(range(200)) * 4), ("acme/text.properties", b"a=b\n" * 60)]


@case("jar: signed by jarsigner, unsigned, signed by another key, by both")
def _(_dir):
    need("jar", "jarsigner", "openssl")
    jar_tool(JAR, "plain.jar")
    plain = read("plain.jar")
    files = signed(jarsign, "one", "two", plain=plain)
    honest(files, "jar")
    write("both", files[1])
    jarsign("two", "both")
    both = read("both")
    detached(both, plain, "jar", named="(shipped 2, rebuilt 0)")
    detached(both, files[1], "jar", named="(shipped 2, rebuilt 1)")


def manifest_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {i.filename: z.read(i) for i in z.infolist()}


def resign(files, main=b"", section=b"", extra=(), head=b""):
    """A jar signed by hand with what jarsigner would not write: main and section stand in the manifest, head in the signature file."""
    text = b"Manifest-Version: 1.0\r\nCreated-By: 1 (Acme)\r\n" + main + b"\r\n"
    parts = [b"Name: %s\r\nSHA-256-Digest: %s\r\n" % (n.encode(), b64(d)) + (section if i == 0 else b"") + b"\r\n" for i, (n, d) in enumerate(files)]
    text += b"".join(parts)
    file = b"Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: " + b64(text) + b"\r\n" + head + b"\r\n"
    return [("META-INF/MANIFEST.MF", text), ("META-INF/ONE.SF", file), ("META-INF/ONE.RSA", cms("one", file)), *extra, *files]


def packed(members):
    return plain_jar(members[1:], members[0][1])


@case("jar: nothing hides in signature files, blocks or the manifest")
def _(_dir):
    need("jarsigner", "openssl")
    plain = plain_jar(JAR)
    detached(packed(resign(JAR)), plain, "jar")
    good = packed(resign(JAR))
    inside = manifest_of(good)
    file, text = inside["META-INF/ONE.SF"], inside["META-INF/MANIFEST.MF"]
    for label, bad, named in hide_in_cms(inside["META-INF/ONE.RSA"]):
        refused(packed([(n, bad if n.endswith(".RSA") else d) for n, d in resign(JAR)]), plain, "jar", named, label)
    evil = [(JAR[0][0], JAR[0][1].replace(b"\x10", b"\x11")), JAR[1]]
    stray = b"Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: " + b64(b"x") + b"\r\n\r\n"
    attempts = [
        ("a file changed and signed again", packed(resign(evil)), "Main.class"),
        ("a file changed below the signature", packed([(n, dict(evil).get(n, d)) for n, d in resign(JAR)]), "Main.class"),
        ("a file more", packed(resign([*JAR, ("acme/Evil.class", b"evil")])), "Evil.class"),
        ("an attribute of the manifest", packed(resign(JAR, main=b"Class-Path: evil.jar\r\n")), "META-INF/MANIFEST.MF"),
        ("an attribute of a section", packed(resign(JAR, section=b"Evil: code\r\n")), "META-INF/MANIFEST.MF"),
        ("an attribute of the signature file", packed(resign(JAR, head=b"Evil: code\r\n")), "an attribute that no signature needs"),
        ("a second signature file without a block", packed(resign(JAR, extra=[("META-INF/EVIL.SF", file)])), "META-INF/EVIL.SF"),
        ("a second block without a signature file", packed(resign(JAR, extra=[("META-INF/EVIL.RSA", inside["META-INF/ONE.RSA"])])), "META-INF/EVIL.RSA"),
        ("two signature files, one of something else", packed(resign(JAR, extra=[("META-INF/EVIL.SF", stray), ("META-INF/EVIL.RSA", cms("two", stray))])), "META-INF/EVIL.SF"),
        ("two blocks for one signature file", packed(resign(JAR, extra=[("META-INF/ONE.EC", inside["META-INF/ONE.RSA"])])), "META-INF/ONE"),
        ("signers by the dozen", packed(resign(JAR, extra=[(f"META-INF/S{i}.{half}", inside[f"META-INF/ONE.{half}"]) for i in range(40) for half in ("SF", "RSA")])), "more signatures than"),
        ("a block of another signature file", packed([(n, cms("one", b"x") if n.endswith(".RSA") else d) for n, d in resign(JAR)]), "not that of the signature file"),
        ("a program as a block", packed([(n, b"\x7fELF" + bytes(200) if n.endswith(".RSA") else d) for n, d in resign(JAR)]), "META-INF/ONE.RSA"),
        ("no block", packed([m for m in resign(JAR) if not m[0].endswith(".RSA")]), "META-INF/ONE.SF"),
        ("a member in META-INF", packed(resign(JAR, extra=[("META-INF/evil.class", b"evil")])), "META-INF/evil.class"),
        ("a wrong digest in the manifest", packed([(n, text.replace(b64(JAR[0][1]), b64(b"x")) if n.endswith(".MF") else d) for n, d in resign(JAR)]), "the digest in the manifest"),
        ("a section twice", packed([(n, text + text[text.index(b"Name:"):] if n.endswith(".MF") else d) for n, d in resign(JAR)]), "META-INF/MANIFEST.MF"),
    ]
    for label, bad, named in attempts:
        refused(bad, plain, "jar", named, label)
    expect("repackaged", *pair(packed(resign(JAR[::-1])), plain, "jar"))  # another order of files


@case("jar: the headers of what signing adds say what they must and nothing else")
def _(_dir):
    need("openssl")
    members = resign(JAR)
    good, without, plain = packed(members), plain_jar(JAR, None), plain_jar(JAR)
    file = dict(members)["META-INF/ONE.SF"]
    other = packed([(n, cms("two", file) if n.endswith(".RSA") else d) for n, d in members])
    for rebuilt in (plain, without, other):
        detached(good, rebuilt, "jar")
    for name in (b"META-INF/ONE.SF", b"META-INF/ONE.RSA", b"META-INF/MANIFEST.MF"):
        time = extra_field(0x5455, b"\1" + struct.pack("<I", 1700000000))
        detached(changed_entry(good, name, lambda h: with_extra(h, time, 30), lambda e: with_extra(e, time, 46)), without, "jar")
        detached(changed_entry(good, name, entry=made_on_unix(0o100644)), without, "jar")
        for label, bad, named in hide_in_entry(good, name):
            refused(bad, without, "jar", named, f"{label} of {name}")
            refused(without, bad, "jar", named, f"{label} of {name}, rebuilt")
            if not name.endswith(b".MF"):
                refused(bad, other, "jar", named, f"{label} of {name}, both signed")
    for label, bad, _ in hide_in_entry(good, b"META-INF/MANIFEST.MF"):
        refused(bad, plain, "jar", "META-INF/MANIFEST.MF", f"{label} of a manifest on both sides")
    for name in (b"META-INF/O\\E.SF", b"META-INF/O\0E.SF"):
        bad = good.replace(b"META-INF/ONE.SF", name).replace(b"META-INF/ONE.RSA", name[:-2] + b"RSA")
        refused(bad, plain, "jar", "", f"called {name}")
    assert Zip(good).bytes() == good


@case("jar: what a signer chose is counted as it is unpacked")
def _(_dir):
    need("openssl")
    members = [(n, cms("long", dict(resign(JAR))["META-INF/ONE.SF"]) if n.endswith(".RSA") else d) for n, d in resign(JAR)]
    shipped, rebuilt = pair(packed(members), plain_jar(JAR), "jar")
    record = expect("unsigned-identical", shipped, rebuilt)
    chosen = sum(row["bytes"] for row in record["freedom"])
    assert os.path.getsize(shipped) < 8000 < 40000 < chosen, (os.path.getsize(shipped), chosen)


# ---- Android ----

APK = [("AndroidManifest.xml", b"\3\0\x08\0"), ("classes.dex", b"dex\n035\0" * 900), ("res/a.txt", b"hello\n" * 50)]


def block_of(data):
    """(start, end) of the signing block, and its pairs [(id, value)]."""
    directory = struct.unpack_from("<I", data, len(data) - 6)[0]
    size = struct.unpack_from("<Q", data, directory - 24)[0]
    at, pairs = directory - size, []
    while at < directory - 24:
        length, identity = struct.unpack_from("<QI", data, at)
        pairs.append((identity, data[at + 12:at + 8 + length]))
        at += 8 + length
    return directory - size - 8, directory, pairs


def with_pairs(data, pairs):
    start, end, _ = block_of(data)
    body = b"".join(struct.pack("<QI", len(value) + 4, identity) + value for identity, value in pairs)
    size = struct.pack("<Q", len(body) + 24)
    block = size + body + size + b"APK Sig Block 42"
    return data[:start] + block + data[end:-6] + struct.pack("<IH", start + len(block), 0)


def longer(value, at, more):
    """@more at the end of the value that begins at @at behind its length, and all lengths around it right."""
    out = bytearray(value)
    for place in at:
        out[place:place + 4] = struct.pack("<I", struct.unpack_from("<I", value, place)[0] + len(more))
    end = at[-1] + 4 + struct.unpack_from("<I", value, at[-1])[0]
    return bytes(out[:end]) + more + bytes(out[end:])


def archive_digest(data):
    """Of an archive without a block, as the schemes hash it: chunks of one MiB of entries, directory and end record."""
    directory = struct.unpack_from("<I", data, len(data) - 6)[0]
    chunks = [part[at:at + (1 << 20)] for part in (data[:directory], data[directory:-22], data[-22:]) for at in range(0, len(part), 1 << 20)]
    digests = b"".join(hashlib.sha256(b"\xa5" + struct.pack("<I", len(chunk)) + chunk).digest() for chunk in chunks)
    return hashlib.sha256(b"\x5a" + struct.pack("<I", len(chunks)) + digests).digest()


def transplanted(signed_apk, data):
    """@data with the block of another archive, in which the digest is made right."""
    start, end, pairs = block_of(signed_apk)
    without = signed_apk[:start] + signed_apk[end:-6] + struct.pack("<IH", start, 0)
    directory = struct.unpack_from("<I", data, len(data) - 6)[0]
    block = signed_apk[start:end]
    assert archive_digest(without) in block
    block = block.replace(archive_digest(without), archive_digest(data))
    return data[:directory] + block + data[directory:-6] + struct.pack("<IH", directory + len(block), 0)


@case("apk: signed by apksigner with v1, v2 and v3, unsigned, signed by another key")
def _(_dir):
    need("apksigner", "openssl")
    plain = plain_jar(APK, None)
    write("plain.apk", plain)

    def sign(name, *options):
        apksign(name, "plain.apk", f"{name}.apk", *options)
        return read(f"{name}.apk")
    one = sign("one")
    honest([plain, one, sign("two")], "apk")
    second = sign("two", "--v1-signing-enabled", "false", "--v2-signing-enabled", "true", "--v3-signing-enabled", "false")
    detached(second, plain, "apk", named="(shipped 1, rebuilt 0)")
    detached(one, second, "apk")
    _, _, pairs = block_of(second)
    detached(transplanted(second, plain), plain, "apk")
    v2 = dict(pairs)[0x7109871A]
    data_at = 8  # signers, signer, signed data
    for label, new, named in (
            ("a pair of an unknown name", [*pairs, (0x504B4453, b"evil code")], "APK signing pair 0x504b4453"),
            ("a source stamp", [*pairs, (0x6DFF800D, b"evil code")], "a kind of signature that is not detached"),
            ("the scheme twice", [*pairs, (0x7109871A, v2)], "it is there twice"),
            ("fill that is not zero", [(0x7109871A, v2), (0x42726577, b"evil" + bytes(100))], "fill that is not zero"),
            ("bytes behind the signers", [(0x7109871A, v2 + b"evil")], "no list of signers"),
            ("bytes behind the key", [(0x7109871A, longer(v2, (0, 4), b"evil"))], "something behind"),
            ("bytes behind the signed data", [(0x7109871A, longer(v2, (0, 4, data_at), b"evil"))], "behind the signed data"),
            ("an empty block", [(0x42726577, bytes(8))], "without a signature")):
        refused(with_pairs(second, new), plain, "apk", named, label)
    for manifest in (b"Class-Path: evil.jar\r\n\r\n", b"\r\nName: x\r\nSHA-256-Digest: ZXZpbCBjb2Rl\r\n\r\n"):  # a signing block says nothing of manifests
        bad = transplanted(second, plain_jar(APK, b"Manifest-Version: 1.0\r\n" + manifest))
        refused(bad, plain, "apk", "META-INF/MANIFEST.MF", "a manifest in a package that is not signed as a jar")
        refused(bad, plain_jar(APK, b"Manifest-Version: 1.0\r\n\r\n"), "apk", "META-INF/MANIFEST.MF", "another manifest beside a signing block")
    write("plain.apk", plain_jar([APK[0], (APK[1][0], APK[1][1].replace(b"5", b"6", 1)), APK[2]], None))
    evil = sign("two", "--v1-signing-enabled", "false", "--v2-signing-enabled", "true", "--v3-signing-enabled", "false")
    refused(evil, plain, "apk", "classes.dex", "another program, signed")
    refused(with_pairs(second, block_of(evil)[2]), plain, "apk", "not that of the archive", "the signature of another program")


# ---- Alpine ----

def signature_tar(*files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    size = sum(512 + len(data) + (-len(data) % 512) for _, data in files)
    return out.getvalue()[:size]


@case("alpine: a package with a signature, without, with another one; nothing hides beside it")
def _(_dir):
    need("openssl")
    alpine("a.apk", [("usr/bin/x", b"x" * 300)])
    whole = read("a.apk")
    plain = whole[whole.index(b"\x1f\x8b\x08", 4):]
    control = plain[:plain.index(b"\x1f\x8b\x08", 4)]
    write("control", control)

    def sign(name):
        return quiet("openssl", "dgst", "-sha1", "-sign", f"{keys()}/{name}.key", "control")

    def pack(*files, tail=b""):
        return gzip.compress(signature_tar(*files) + tail, mtime=0) + plain
    name = ".SIGN.RSA.acme.rsa.pub"
    one, two = sign("one"), sign("two")
    honest([plain, pack((name, one)), pack((name, two))], "apk")
    for label, bad, named in (("a second file", pack((name, one), ("usr/bin/evil", b"evil")), "behind the signature"), ("another name", pack((".SIGN.RSA.x/../evil", one)), "no signature"),
                              ("a long text", pack((name, b"evil" * 300)), "length"), ("a short text", pack((name, b"evil")), "length"),
                              ("bytes behind it", pack((name, one), tail=b"evil" + bytes(508)), "behind the signature")):
        refused(bad, plain, "apk", named, label)
    packed = gzip.compress(signature_tar((name, one)), mtime=0)
    code = b"evil code" * 999
    detached(packed + plain, plain, "apk")
    for label, flags, more in (("an extra field", 4, struct.pack("<H", len(code)) + code), ("a name", 8, code + b"\0"), ("a comment", 16, code + b"\0"), ("text, as it says", 1, b"")):
        bad = packed[:3] + bytes([flags]) + packed[4:10] + more + packed[10:] + plain
        for rebuilt in (plain, pack((name, two))):
            refused(bad, rebuilt, "apk", "packed with a name, a comment", label)
    refused(packed[:10] + b"\0\0\0\xff\xff" * 1000 + packed[10:] + plain, plain, "apk", "longer than it needs to be", "blocks that hold nothing")
    tar = bytearray(signature_tar((name, one)))
    tar[345:349] = b"evil"
    tar[148:156] = b"%06o\0 " % (sum(tar[:148]) + sum(tar[156:512]) + 8 * 32)
    refused(gzip.compress(bytes(tar), mtime=0) + plain, plain, "apk", "more than a name", "a prefix of the name")
    evil = [("usr/bin/x", b"y" * 300)]
    alpine("b.apk", evil)
    refused(read("b.apk"), plain, "apk", "usr/bin/x", "another program")


@case("the figure")
def _(_dir):
    print(f"# figure: {SEEN['honest']} honest pairs of signed files, {SEEN['refused']} attempts to hide something, 0 accepted", flush=True)


main()
