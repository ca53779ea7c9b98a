#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PE images by MinGW and of UEFI: tampering is named, Authenticode is detached, and nothing hides in its table or beside it."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import compare, expect, read, text_of, write  # noqa: E402
from make_signatures import hide_in_cms, keys  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

SOURCE = r"""
#include <windows.h>
#include <stdio.h>
static const char path[] = "%s/auth.c";
__declspec(dllexport) int check_auth(const char *p) { return lstrcmpA(p, "secret") == 0; }
int main(int c, char **v) { puts(path); if (c > 1 && check_auth(v[1])) puts("in"); return 0; }
"""
STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
SEEN = {"honest": 0, "refused": 0}


def program(name="a.exe", path="/build/acme", *flags):
    write("a.c", (SOURCE % path).encode())
    run("x86_64-w64-mingw32-gcc", "-O1", "-Wl,--no-insert-timestamp", *flags, "a.c", "-o", name, code=0)
    return read(name)


class Image:
    """Where the parts of an image lie."""

    def __init__(self, data):
        self.data = data
        self.pe = struct.unpack_from("<I", data, 60)[0]
        self.optional = self.pe + 24
        self.wide = struct.unpack_from("<H", data, self.optional)[0] == 0x20B
        self.checksum = self.optional + 64
        self.directories = self.optional + (112 if self.wide else 96)
        self.certificates = struct.unpack_from("<II", data, self.directories + 32)
        count, size = struct.unpack_from("<H", data, self.pe + 6)[0], struct.unpack_from("<H", data, self.pe + 20)[0]
        self.sections = {}
        for i in range(count):
            row = self.optional + size + 40 * i
            name = data[row:row + 8].rstrip(b"\0").decode()
            self.sections[name] = struct.unpack_from("<IIII", data, row + 8) + (row,)

    def offset(self, address):
        for size, start, raw, at, _ in self.sections.values():
            if start <= address < start + raw:
                return at + address - start
        raise ValueError(address)


def summed(data):
    """The same image with the checksum that fits it."""
    image = Image(data)
    clean = data[:image.checksum] + bytes(4) + data[image.checksum + 4:]
    total = sum(struct.unpack(f"<{(len(clean) + 1) // 2}H", clean + b"\0" * (len(clean) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return data[:image.checksum] + struct.pack("<I", total + len(data)) + data[image.checksum + 4:]


def put(data, at, new):
    return data[:at] + new + data[at + len(new):]


def flip(data, at, bit=4):
    return put(data, at, bytes([data[at] ^ bit]))


def pair(shipped, rebuilt):
    for folder, data in (("s", shipped), ("r", rebuilt)):
        os.makedirs(folder, exist_ok=True)
        write(f"{folder}/a.exe", data)
    return "s/a.exe", "r/a.exe"


def different(shipped, rebuilt, named, label, severity=None):
    record = compare(*pair(shipped, rebuilt))
    assert record["level"] in ("different", "undetermined"), (label, record["level"])
    hits = [f for f in record["findings"] if named in text_of(f) and f["rule"] in ("none", "hint")]
    assert hits, (label, named, [text_of(f) for f in record["findings"]])
    assert severity is None or any(f["severity"] == severity for f in hits), (label, hits)
    SEEN["refused"] += 1
    return record


def detached(shipped, rebuilt):
    record = expect("unsigned-identical", *pair(shipped, rebuilt), named="detached")
    assert not [f for f in record["findings"] if f["rule"] in ("none", "hint")], record["findings"]
    assert all(row["cause"] == "signature" and not row["loaded"] for row in record["freedom"]), record["freedom"]
    SEEN["honest"] += 1


@case("what is tampered with is named: header, code, imports, exports, gaps, overlay")
def _(_dir):
    need("x86_64-w64-mingw32-gcc")
    good = program()
    image = Image(good)
    _, _, _, text, row = image.sections[".text"]
    _, imports, _, idata, _ = image.sections[".idata"]
    dll = good.index(b"KERNEL32.dll")
    checked = good.index(b"check_auth\0", image.sections[".edata"][3])
    function = next(i for i in range(text, len(good)) if good[i:i + 4] == b"\x48\x83\xec\x28")
    for label, bad, named, severity in (
            ("code", flip(good, function + 2), ".text", "critical"), ("the entry point", flip(good, image.optional + 16), "AddressOfEntryPoint", "critical"),
            ("a name of an import", put(good, dll, b"KERNEL33"), "import", "critical"), ("a name of an export", put(good, checked, b"check_auti"), "export", "critical"),
            ("no NX", put(good, image.optional + 70, bytes([good[image.optional + 70], good[image.optional + 71] & 0xFE])), "DllCharacteristics", "critical"),
            ("a section that is writable", flip(good, row + 39, 0x80), ".text Characteristics", "critical"), ("the machine", flip(good, image.pe + 4), "Machine", "critical"),
            ("the stub", flip(good, 80), "DOS stub", "major"), ("code behind the end", good + b"\x90" * 64, "overlay", "critical"),
            ("data", flip(good, good.index(b"secret")), ".rdata", "major"), ("a wrong checksum", flip(good, image.checksum), "CheckSum", "critical"),
            ("the time", flip(good, image.pe + 8), "TimeDateStamp", "critical")):
        different(bad, good, named, label, severity)
        if label not in ("a wrong checksum", "code behind the end"):
            record = different(summed(bad), good, named, label + ", checksum mended")
            assert any(f["where"][-1] == "CheckSum" and f["rule"] == "derived" for f in record["findings"]), label
    record = compare(*pair(put(good, image.optional + 70, bytes([good[image.optional + 70], good[image.optional + 71] & 0xFE])), good))
    assert any(f["kind"] == "hardening" and "nx" in text_of(f) for f in record["findings"]), record["findings"]
    record = compare(*pair(flip(good, function + 2), good))
    assert any(f["where"][-1] not in (".text", "a.exe") for f in record["findings"]), record["findings"]  # the function is named


@case("a build path is owned where it is a recorded fact, and not in what a loader acts on")
def _(_dir):
    need("x86_64-w64-mingw32-gcc")
    from pairs import FACTS
    import json
    write("facts.json", json.dumps(dict(FACTS, path="/build/acme")).encode())
    shipped, rebuilt = (program("a.exe", path, "-s") for path in ("/home/v/acm", "/build/acme"))
    expect("explained", *pair(shipped, rebuilt), "--facts", "facts.json")
    dll = rebuilt.index(b"KERNEL32.dll")
    ours, theirs = put(rebuilt, dll, b"/build/acme\0"), put(rebuilt, dll, b"/home/v/acm\0")
    assert compare(*pair(summed(theirs), summed(ours)), "--facts", "facts.json")["level"] == "different"


@case("names of imports and exports are content, wherever a linker puts them; so is a manifest")
def _(_dir):
    need("clang", "lld-link", "llvm-dlltool")
    import json
    from pairs import FACTS
    write("m.def", b"LIBRARY acme.dll\nEXPORTS\nbuilder\n")
    write("p.c", b'__declspec(dllimport) int builder(const char *); const char text[] = "%s";\n'
          b"__declspec(dllexport) int maker(int x) { return builder(text) + x; }\nint main(void) { return maker(1); }\n")
    run("llvm-dlltool", "-m", "i386:x86-64", "-d", "m.def", "-l", "m.lib", code=0)
    write("facts.json", json.dumps(dict(FACTS, host="maker")).encode())

    def linked(text, *more):
        write("q.c", read("p.c") % text)
        run("clang", "--target=x86_64-pc-windows-msvc", "-O1", "-fno-builtin", "-c", "q.c", "-o", "q.obj", code=0)
        run("lld-link", "/nologo", "/entry:main", "/subsystem:console", "/nodefaultlib", "/timestamp:0", "/out:q.exe", *more, "q.obj", "m.lib", code=0)
        return read("q.exe")
    plain = linked(b"x")
    ranges = [(Image(plain).directories + 8 * i) for i in (0, 1, 12)]
    ranges = [struct.unpack_from("<II", plain, at) for at in ranges]
    name = plain.index(b"builder\0")
    assert not any(size and Image(plain).offset(at) <= name < Image(plain).offset(at) + size for at, size in ranges), "the name lies in a directory"
    delayed = linked(b"x", "/delayload:acme.dll", "/alternatename:__delayLoadHelper2=main")
    write("x.manifest", b'<?xml version="1.0"?><assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0"><dependency><dependentAssembly>'
          b'<assemblyIdentity name="/build/acme-1.0" type="win32" version="1.0.0.0"/></dependentAssembly></dependency></assembly>')
    manifest = linked(b"x", "/manifest:embed", "/manifestinput:x.manifest")
    for label, data, ours, theirs in (("import", plain, b"builder\0", b"vendor9\0"), ("export", plain, b"maker\0", b"thief\0"), ("delayed import", delayed, b"builder\0", b"vendor9\0"),
                                      ("manifest", manifest, b"/build/acme-1.0", b"/home/v/acme1.0")):
        record = compare(*pair(data.replace(ours, theirs), data), "--facts", "facts.json")
        assert record["level"] == "different" and any(f["severity"] == "critical" for f in record["findings"]), (label, record["level"], record["findings"])
        SEEN["refused"] += 1
    text = linked(b"/build/acme-1.0/x.c")
    expect("explained", *pair(text.replace(b"/build/acme-1.0", b"/home/v/acme1.0"), text), "--facts", "facts.json")


@case("CodeView: GUID, age and path are typed; times of directories too")
def _(_dir):
    need("x86_64-w64-mingw32-gcc", "objcopy")
    good = program("a.exe", "/build/acme", "-s")
    image = Image(good)
    # A debug directory with one CodeView record in the room at the end of .rdata.
    size, start, raw, at, row = image.sections[".rdata"]
    record = b"RSDS" + bytes(range(16)) + struct.pack("<I", 1) + b"C:\\acme\\auth.pdb\0"
    place = raw - 128
    assert good[at + place:at + raw] == bytes(128)
    entry = struct.pack("<IIHHIIII", 0, 1700000000, 0, 0, 2, len(record), start + place + 28, at + place + 28)
    good = put(put(put(good, at + place, entry + record), image.directories + 48, struct.pack("<II", start + place, 28)), row + 8, struct.pack("<I", raw))
    for label, bad, named in (("the GUID", flip(good, at + place + 34), "PDB GUID"), ("the path", put(good, at + place + 28 + 24, b"D"), "PDB path"),
                              ("the time", flip(good, at + place + 4), "debug 0 TimeDateStamp")):
        different(bad, good, named, label)


def sign(name, source, path, *options):
    run("osslsigncode", "sign", "-certs", f"{keys()}/{name}.pem", "-key", f"{keys()}/{name}.key", "-h", "sha256", *options, "-in", source, "-out", path, code=0)
    return read(path)


@case("Authenticode by osslsigncode: signed, unsigned, signed by another key, of programs and libraries")
def _(_dir):
    need("x86_64-w64-mingw32-gcc", "osslsigncode", "openssl")
    for flags in ((), ("-s",), ("-shared",)):
        run("rm", "-f", "one", "two", code=0)
        plain = program("plain.exe", "/build/acme", *flags)
        one, two = sign("one", "plain.exe", "one"), sign("two", "plain.exe", "two", "-n", "a program", "-i", "https://example.org/")
        for shipped, rebuilt in ((one, plain), (plain, two), (one, two)):
            detached(shipped, rebuilt)
        zero = put(plain, Image(plain).checksum, bytes(4))
        detached(one, zero)  # linkers leave the checksum out
        different(plain, zero, "CheckSum", "a sum that nobody had to state")
        different(zero, plain, "CheckSum", "a sum that is not stated")


@case("secure boot: an EFI stub signed by sbsign")
def _(_dir):
    need("sbsign", "openssl")
    plain = read(STUB)
    out = [plain]
    for name in ("one", "two"):
        write("plain.efi", plain)
        run("sbsign", "--key", f"{keys()}/{name}.key", "--cert", f"{keys()}/{name}.pem", "--output", f"{name}.efi", "plain.efi", code=0)
        out.append(read(f"{name}.efi"))
    run("sbsign", "--key", f"{keys()}/two.key", "--cert", f"{keys()}/two.pem", "--output", "both.efi", "one.efi", code=0)
    for shipped, rebuilt in ((out[1], plain), (plain, out[2]), (out[1], out[2]), (read("both.efi"), plain), (read("both.efi"), out[1])):
        detached(shipped, rebuilt)
    section = Image(plain).sections[".text"][3]
    different(flip(out[1], section + 64), plain, ".text", "code below the signature", "critical")


def table(data, entries):
    """The image with another certificate table; entries: bytes with their heads."""
    image = Image(data)
    at = image.certificates[0]
    body = b"".join(entries)
    return summed(put(data[:at], image.directories + 32, struct.pack("<II", at, len(body))) + body)


def entry(message, fill=None, kind=2, revision=0x200):
    pad = -(len(message) + 8) % 8
    return struct.pack("<IHH", len(message) + 8 + pad, revision, kind) + message + (bytes(pad) if fill is None else fill[:pad] + bytes(pad - len(fill[:pad])))


@case("nothing hides in the certificate table, in front of it or behind it")
def _(_dir):
    need("x86_64-w64-mingw32-gcc", "osslsigncode", "openssl")
    plain = program("plain.exe", "/build/acme", "-s")
    good = sign("one", "plain.exe", "one")
    image = Image(good)
    at, size = image.certificates
    length = struct.unpack_from(">H", good, at + 10)[0] + 4
    message = good[at + 8:at + 8 + length]
    detached(table(good, [entry(message)]), plain)
    for label, bad, named in hide_in_cms(message):
        if label == "bytes behind it":
            continue  # zeros up to a multiple of eight are fill
        refused = named if "whole element" not in named else "certificate table"
        different(table(good, [entry(bad)]), plain, refused, label)
    other = flip(plain, Image(plain).sections[".text"][3] + 64)
    write("other", summed(other))
    stolen = sign("one", "other", "stolen")
    stolen_at = Image(stolen).certificates[0]
    stolen_message = stolen[stolen_at + 8:stolen_at + 12 + struct.unpack_from(">H", stolen, stolen_at + 10)[0]]
    for label, bad, named in (
            ("the signature of another image", table(good, [entry(stolen_message)]), "not that of the image"), ("another image with its signature", stolen, ".text"),
            ("a second entry of another kind", table(good, [entry(message), entry(b"evil code", kind=1)]), "an entry that is no signature"),
            ("bytes between entries", table(good, [entry(message), b"evilcode", entry(message)]), "an entry that is no signature"),
            ("fill that is not zero", table(good, [entry(message + b"evil")]), "behind a message"), ("another revision", table(good, [entry(message, revision=0x100)]), "an entry"),
            ("bytes behind the table", summed(good + b"evilcode"), "does not end the file"), ("bytes in front of the table", summed(good[:at] + b"evilcode" + good[at:]), ""),
            ("a shorter row", summed(put(good, image.directories + 36, struct.pack("<I", size - 8))), ""),
            ("an empty table", summed(put(good[:at], image.directories + 36, struct.pack("<I", 0))), "certificate directory"),
            ("a wrong checksum", flip(good, image.checksum), "CheckSum"), ("a header beside the digest", summed(flip(good, image.optional + 44)), "ImageVersion")):
        different(bad, plain, named, label)


def with_named_section(name, body):
    """A program whose function check() lies in a section of that name, a long one of the string table."""
    write("n.c", ('__attribute__((section("%s"), noinline)) int check(const char *p) { %s }\nint main(int c, char **v) { return check(v[0]); }\n' % (name, body)).encode())
    run("x86_64-w64-mingw32-gcc", "-O1", "-S", "n.c", "-o", "n.s", code=0)
    text = read("n.s").replace(name.encode() + b",", b'"%s",' % name.encode())
    write("n.s", text)
    run("x86_64-w64-mingw32-gcc", "-Wl,--no-insert-timestamp", "-Wl,--enable-long-section-names", "n.s", "-o", "n.exe", code=0)
    return read("n.exe")


@case("a section that is called like a part of a signature is none")
def _(_dir):
    need("x86_64-w64-mingw32-gcc", "osslsigncode", "openssl")
    for name in ("certificate padding", "certificate table", "optional header"):
        good, evil = (with_named_section(name, body) for body in ("return p[0] == 65;", "return p[0] != 65;"))
        signed_images = []
        for key, image in (("one", evil), ("two", good)):
            run("rm", "-f", "signed", code=0)
            write("plain.exe", image)
            signed_images.append(sign(key, "plain.exe", "signed"))
        for shipped, rebuilt in ((evil, good), (signed_images[0], good), tuple(signed_images)):
            different(shipped, rebuilt, name, f"code in {name}", "critical")
        detached(signed_images[1], good)


def reaching(plain):
    """(label, unsigned image whose loader would map bytes of the certificates to come)."""
    plain += bytes(-len(plain) % 8)
    image = Image(plain)
    row = image.sections[".tls"][4]
    yield "a section in the table", put(plain, row + 16, struct.pack("<II", 0x200, len(plain) + 0x20))
    last = max(image.sections.values(), key=lambda s: s[3])
    assert last[3] + last[2] == len(plain) and plain[-0x178:] == bytes(0x178), last
    yield "a section whose last block holds the table", put(plain[:-0x178], last[4] + 16, struct.pack("<I", last[2] - 0x178))
    yield "headers up to the table", put(plain, image.optional + 60, struct.pack("<I", len(plain) + 0x200))


@case("what a loader maps is no signature: sections and headers that reach into the table")
def _(_dir):
    need("x86_64-w64-mingw32-gcc", "osslsigncode", "openssl")
    for label, plain in reaching(program("plain.exe", "/build/acme", "-s")):
        both = []
        for key in ("one", "two"):
            run("rm", "-f", "signed", code=0)
            write("in.exe", plain)
            both.append(sign(key, "in.exe", "signed"))
        different(*both, "certificate table", label, "critical")
        different(both[0], plain, "certificate", label + ", signed on one side")


@case("flips: outside of the certificates each brings the level down")
def _(_dir):
    need("x86_64-w64-mingw32-gcc", "osslsigncode", "openssl")
    import random
    plain = program("plain.exe", "/build/acme", "-s")
    good = sign("one", "plain.exe", "one")
    at = Image(good).certificates[0]
    draw = random.Random(7)
    os.mkdir("shipped")
    os.mkdir("rebuilt")
    for i in range(300):
        bad = flip(good, draw.randrange(at), 1 << draw.randrange(8))
        write(f"shipped/{i}.exe", summed(bad) if i % 2 and Image(bad).checksum == Image(good).checksum else bad)
        write(f"rebuilt/{i}.exe", plain)
    from sbtest import sb
    record = sb("compare", "shipped", "rebuilt", "--json", timeout=300).json()
    accepted = [a["name"] for a in record["artifacts"] if a["level"] not in ("different", "undetermined")]
    assert len(record["artifacts"]) == 300 and not accepted, accepted


@case("the figure")
def _(_dir):
    print(f"# figure: {SEEN['honest']} honest pairs of signed images, {SEEN['refused']} tampered ones, 0 accepted", flush=True)


main()
