# SPDX-License-Identifier: Apache-2.0
"""Packages for the suites that change them: rpm by rpmbuild; jar, wheel and apk by hand, with right digests."""
import base64
import gzip
import hashlib
import io
import os
import struct
import tarfile
import zipfile

from sbtest import run

EPOCH = 1700000000
SPEC = """Name: acme
Version: 1.0
Release: 1
Summary: test
License: none
BuildArch: noarch
%description
A test.
%install
cp -a %{_sourcedir}/. %{buildroot}
%files
"""


def rpm(path, files, epoch=EPOCH, host="builder", payload="w6.xzdio", *defines):
    """A binary rpm of {name: bytes}."""
    top = os.path.abspath(path + ".top")
    for name, data in files.items():
        at = os.path.join(top, "src", name)
        os.makedirs(os.path.dirname(at), exist_ok=True)
        with open(at, "wb") as f:
            f.write(data)
        os.chmod(at, 0o755)
    for folder, _, names in os.walk(os.path.join(top, "src")):
        os.chmod(folder, 0o755)
        for name in [folder, *(os.path.join(folder, n) for n in names)]:
            os.utime(name, (epoch, epoch))
    with open(path + ".spec", "w") as f:
        f.write(SPEC + "".join(f"/{name}\n" for name in files))
    macros = {"_topdir": top, "_sourcedir": top + "/src", "_rpmdir": os.path.dirname(os.path.abspath(path)), "_rpmfilename": os.path.basename(path),
              "_buildhost": host, "use_source_date_epoch_as_buildtime": "1", "clamp_mtime_to_source_date_epoch": "1",
              "source_date_epoch_from_changelog": "0", "_binary_payload": payload, "__os_install_post": "%{nil}", "_buildrootdir": top + "/root",
              "_dbpath": top + "/db"}
    args = [x for key, value in macros.items() for x in ("--define", f"{key} {value}")] + [x for d in defines for x in ("--define", d)]
    run("rpmbuild", "-bb", *args, path + ".spec", env={"SOURCE_DATE_EPOCH": str(epoch)}, code=0)


class Rpm:
    """Where the parts of an rpm lie."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.headers = []
        at = 96
        for _ in range(2):
            entries, length = struct.unpack_from(">II", data, at + 8)
            store = at + 16 + 16 * entries
            self.headers.append((at, entries, store, store + length))
            at = store + length + (-(store + length) % 8 if len(self.headers) == 1 else 0)
        self.payload = at

    def entry(self, which, tag):
        """(place of the row, place of the data, count)."""
        at, entries, store, _ = self.headers[which]
        for i in range(entries):
            found, _, offset, count = struct.unpack_from(">IIII", self.data, at + 16 + 16 * i)
            if found == tag:
                return at + 16 + 16 * i, store + offset, count
        raise KeyError(tag)

    def mend(self):
        """Make every digest and length of the signature header right again, as somebody would who changed the package."""
        main = bytes(self.data[self.headers[1][0]:self.headers[1][3]])
        rest = bytes(self.data[self.headers[1][0]:])
        for tag, digest in ((269, hashlib.sha1(main).hexdigest()), (273, hashlib.sha256(main).hexdigest())):
            _, at, _ = self.entry(0, tag)
            self.data[at:at + len(digest)] = digest.encode()
        _, at, _ = self.entry(0, 1004)
        self.data[at:at + 16] = hashlib.md5(rest).digest()
        return bytes(self.data)


def stored(members, date=(2020, 1, 1, 0, 0, 0), method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, date), data, method)
    return out.getvalue()


def b64(data):
    return base64.b64encode(hashlib.sha256(data).digest())


def fold(line):
    """Lines of at most 70 bytes, as the tools of the JDK write them."""
    parts = [line[:70]]
    for at in range(70, len(line), 69):
        parts.append(b" " + line[at:at + 69])
    return b"\r\n".join(parts) + b"\r\n"


def sections(files, extra=b""):
    return [fold(b"Name: " + name.encode()) + fold(b"SHA-256-Digest: " + b64(data)) + extra + b"\r\n" for name, data in files]


def manifest(files, order=1, extra=b""):
    return b"Manifest-Version: 1.0\r\nCreated-By: 17 (Acme)\r\n\r\n" + b"".join(sections(files, extra)[::order])


def signature_file(files, text):
    main = text[:text.index(b"\r\n\r\n") + 4]
    head = (b"Signature-Version: 1.0\r\nSHA-256-Digest-Manifest-Main-Attributes: " + b64(main) + b"\r\nSHA-256-Digest-Manifest: " + b64(text) + b"\r\n\r\n")
    return head + b"".join(fold(b"Name: " + name.encode()) + b"SHA-256-Digest: " + b64(section) + b"\r\n\r\n"
                           for (name, _), section in zip(files, sections(files)))


def jar(path, files, text=None, signed=None, date=(2020, 1, 1, 0, 0, 0)):
    """A jar of [(name, bytes)]; signed: bytes of the signature block."""
    text = manifest(files) if text is None else text
    members = [("META-INF/MANIFEST.MF", text)]
    if signed is not None:
        members += [("META-INF/ACME.SF", signature_file(files, text)), ("META-INF/ACME.RSA", signed)]
    with open(path, "wb") as f:
        f.write(stored(members + files, date))


def record(files):
    lines = [b"%s,sha256=%s,%d\n" % (name.encode(), base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"="), len(data)) for name, data in files]
    return b"".join(lines) + b"acme-1.dist-info/RECORD,,\n"


def wheel(path, files, text=None):
    with open(path, "wb") as f:
        f.write(stored(files + [("acme-1.dist-info/RECORD", record(files) if text is None else text)]))


V2, V3, PADDING = 0x7109871A, 0xF05368C0, 0x42726577


def apk(path, files, pairs):
    """A zip with an APK Signing Block of [(id, bytes)]."""
    data = stored(files)
    directory, = struct.unpack_from("<I", data, len(data) - 6)
    body = b"".join(struct.pack("<QI", len(value) + 4, identity) + value for identity, value in pairs)
    size = struct.pack("<Q", len(body) + 24)
    block = size + body + size + b"APK Sig Block 42"
    with open(path, "wb") as f:
        f.write(data[:directory] + block + data[directory:-6] + struct.pack("<IH", directory + len(block), 0))


def tar(entries, end):
    """A tar of [(name, bytes)], with or without its end; modes and times never differ."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), EPOCH
            t.addfile(info, io.BytesIO(data))
    size = sum(512 + len(data) + (-len(data) % 512) for _, data in entries)
    return out.getvalue()[:size + (1024 if end else 0)]


def alpine(path, files, info=b"", signature=b"s" * 64, datahash=None):
    """A package of apk-tools 2."""
    data = gzip.compress(tar(files, True), mtime=0)
    digest = hashlib.sha256(data).hexdigest().encode() if datahash is None else datahash
    control = gzip.compress(tar([(".PKGINFO", b"# by hand\npkgname = acme\npkgver = 1\n" + info + b"datahash = " + digest + b"\n")], False), mtime=0)
    with open(path, "wb") as f:
        f.write(gzip.compress(tar([(".SIGN.RSA.acme.rsa.pub", signature)], False), mtime=0) + control + data)
