# SPDX-License-Identifier: Apache-2.0
"""Tampered and honest pairs of Mach-O: images by clang and lld, signatures by lld and by a signer of our own. Fields stand here a second time, written from loader.h and
cs_blobs.h and not from the product."""
import functools
import hashlib
import os
import shutil
import struct
import tempfile

from mutants import flip, put
from sbtest import run

SOURCE = """
#ifdef LOCAL
static volatile int secret = 7;
#define SECRET secret
#else
int shared = 7;
#define SECRET shared
#endif
#ifdef PLIST
__attribute__((section("__TEXT,__info_plist"), used)) static const char plist[] = "<plist><dict/></plist>";
#endif
int table[4] = {1, 2, 3, 4};
const char *text = "port=80";
int check(int x) { return x * SECRET + table[x & 3]; }
int main(int c, char **v) { return v[0] == 0 || check(c); }
"""
LINKER = shutil.which("ld64.lld") or "ld64.lld-14"
TOOLS = ("clang", LINKER, "openssl")
SEGMENT, UUID, SIGNATURE, SYMTAB, DYSYMTAB = 0x19, 0x1b, 0x1d, 2, 11
PAGE = 4096


@functools.lru_cache(None)
def made(arch="x86_64", *flags):
    with tempfile.TemporaryDirectory() as folder:
        source, obj, out = (os.path.join(folder, name) for name in ("p.c", "p.o", "p"))
        with open(source, "w") as f:
            f.write(SOURCE)
        run("clang", "-target", f"{arch}-apple-macos11", "-O1", *flags, "-c", source, "-o", obj, code=0)
        if "-c" not in flags:
            run(LINKER, "-arch", arch, "-platform_version", "macos", "11.0", "11.0", "-headerpad", "0x100", "-e", "_main", "-o", out, obj, code=0)
        with open(out if "-c" not in flags else obj, "rb") as f:
            return f.read()


def commands(image):
    """(kind, offset, size) of all load commands."""
    at = 32
    for _ in range(struct.unpack_from("<I", image, 16)[0]):
        kind, size = struct.unpack_from("<II", image, at)
        yield kind & 0x7fffffff, at, size
        at += size


def command(image, kind, name=b""):
    return next(at for k, at, _ in commands(image) if k == kind and (not name or image[at + 8:at + 24].rstrip(b"\0") == name))


def section(image, name):
    for kind, at, size in commands(image):
        for row in range(at + 72, at + size, 80) if kind == SEGMENT else ():
            if image[row:row + 16].rstrip(b"\0") == name:
                return struct.unpack_from("<I", image, row + 48)[0], struct.unpack_from("<Q", image, row + 40)[0]
    raise AssertionError(name)


def directory(image, limit, name=b"acme", flags=2, special=(), page=12, team=b"", version=0x20400, text=0, platform=0, runtime=0):
    """A code directory over @image[:@limit]; @special: (slot, blob)."""
    most = max((slot for slot, _ in special), default=0)
    slots = {slot: hashlib.sha256(blob).digest() for slot, blob in special}
    names = name + b"\0" + (team + b"\0" if team else b"")
    tail = struct.pack(">II", runtime, 0) if version >= 0x20500 else b""
    fixed = 88 + len(tail)
    hashes = fixed + len(names) + 32 * most
    pages = [hashlib.sha256(image[at:min(at + (1 << page), limit)]).digest() for at in range(0, limit, 1 << page)]
    head = struct.pack(">IIIIIIIIIBBBBIIIIQQQQ", 0xfade0c02, hashes + 32 * len(pages), version, flags, hashes, fixed, most, len(pages), limit, 32, 2, platform, page, 0, 0,
                       fixed + len(name) + 1 if team else 0, 0, 0, 0, text, 1)
    return head + tail + names + b"".join(slots.get(most - i, bytes(32)) for i in range(most)) + b"".join(pages)


def blob(magic, data):
    return struct.pack(">II", magic, 8 + len(data)) + data


def superblob(parts, fill=8):
    at, rows, data = 12 + 8 * len(parts), b"", b""
    for slot, part in parts:
        rows += struct.pack(">II", slot, at + len(data))
        data += part
    whole = struct.pack(">III", 0xfade0cc0, at + len(data), len(parts)) + rows + data
    return whole + bytes(-len(whole) % 16 + fill * 2)


def sign(image, key=None, entitlements=b"", requirements=b"", behind=b"", beside=(), further=None, **options):
    """The image with a signature of its own, ad hoc or with a message by @key; @beside: slots of what is digested, but not in the signature; @further: flags of a second directory."""
    linkedit = command(image, SEGMENT, b"__LINKEDIT")
    start = (len(image) + 15) // 16 * 16
    special = [(2, requirements or blob(0xfade0c01, bytes(4)))] + ([(5, blob(0xfade7171, entitlements))] if entitlements else [])
    text = struct.unpack_from("<Q", image, command(image, SEGMENT, b"__TEXT") + 48)[0]

    def parts(data):
        code = directory(data, start, special=[*special, *beside], text=text, **options)
        second = [] if further is None else [(0x1000, directory(data, start, special=[*special, *beside], text=text, **{**options, "flags": further}))]
        return [(0, code), *special, *second, (0x10000, blob(0xfade0b01, message(code, key) if key else b""))]
    out = bytearray(image + bytes(start - len(image)))
    size = len(superblob(parts(bytes(out)))) + len(behind)
    count, total = struct.unpack_from("<II", out, 16)
    struct.pack_into("<II", out, 16, count + 1, total + 16)
    struct.pack_into("<IIII", out, 32 + total, SIGNATURE, 16, start, size)
    offset = struct.unpack_from("<Q", out, linkedit + 40)[0]
    struct.pack_into("<Q", out, linkedit + 48, start + size - offset)
    struct.pack_into("<Q", out, linkedit + 32, (start + size - offset + PAGE - 1) // PAGE * PAGE)
    out = bytes(out)
    return out + superblob(parts(out)) + behind


def unsign(image):
    """What was signed, without its signature and the command that leads to it."""
    at, symbols = command(image, SIGNATURE), command(image, SYMTAB)
    end = sum(struct.unpack_from("<II", image, symbols + 16))  # of the strings, which come last
    size = len(image) - end
    count, total = struct.unpack_from("<II", image, 16)
    out = bytearray(image[:end])
    out[at:32 + total] = image[at + 16:32 + total] + bytes(16)
    struct.pack_into("<II", out, 16, count - 1, total - 16)
    linkedit = command(out, SEGMENT, b"__LINKEDIT")
    used, = struct.unpack_from("<Q", out, linkedit + 48)
    struct.pack_into("<Q", out, linkedit + 48, used - size)
    struct.pack_into("<Q", out, linkedit + 32, used - size)
    return bytes(out)


@functools.lru_cache(None)
def key_of(name):
    folder = tempfile.mkdtemp()
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{folder}/key", "-out", f"{folder}/cert", code=0)
    return folder


def message(code, key):
    folder = key_of(key)
    with open(f"{folder}/code", "wb") as f:
        f.write(code)
    run("openssl", "cms", "-sign", "-binary", "-nosmimecap", "-md", "sha256", "-signer", f"{folder}/cert", "-inkey", f"{folder}/key", "-in", f"{folder}/code", "-outform", "DER", "-out", f"{folder}/cms",
        code=0)
    with open(f"{folder}/cms", "rb") as f:
        return f.read()


def plain(image):
    """Pages of an unsigned image that no tool had to finish: the last segment in whole pages."""
    at = command(image, SEGMENT, b"__LINKEDIT")
    return put(image, at + 32, struct.pack("<Q", (struct.unpack_from("<Q", image, at + 48)[0] + PAGE - 1) // PAGE * PAGE))


def universal(*images, align=12, more=0, fill=b"", wide=False):
    """@more: bytes by which each image lies behind its place; @fill: what stands in front of each but the first."""
    form, magic = (">IIQQII", 0xcafebabf) if wide else (">IIIII", 0xcafebabe)
    at, rows, data = 8 + struct.calcsize(form) * len(images), b"", b""
    for number, (cpu, image) in enumerate(images):
        start = ((at + len(data) + (1 << align) - 1) >> align << align) + more
        gap = start - at - len(data)
        data += (fill[:gap] if number else b"").rjust(gap, b"\0") + image
        rows += struct.pack(form, cpu, 3 if cpu == 0x01000007 else 0, start, len(image), align, *([0] if wide else []))
    return struct.pack(">II", magic, len(images)) + rows + data


X86, ARM = 0x01000007, 0x0100000c


def structure(label, image, step):
    end = 32 + struct.unpack_from("<I", image, 20)[0]
    for at in range(0, end, step):
        yield f"{label}, byte {at} of the commands", flip(image, at, at % 8), image, ()
    for kind, at, size in commands(image):
        if kind == SYMTAB:
            symbols, count, strings, length = struct.unpack_from("<IIII", image, at + 8)
            for i in range(symbols, symbols + 16 * count, 3):
                yield f"{label}, symbol byte {i - symbols}", flip(image, i, 1), image, ("symbol ",)
            for i in range(strings, strings + length, 5):
                yield f"{label}, byte {i - strings} of the strings", flip(image, i, 1), image, ()
    for name in (b"__text", b"__cstring", b"__data"):
        offset, size = section(image, name)
        for i in range(offset, offset + size, 7):
            yield f"{label}, byte {i - offset} of {name.decode()}", flip(image, i, 2), image, (name.decode(),)
    first = section(image, b"__text")[0]
    yield f"{label}, in the room for commands", put(image, first - 24, b"evil"), image, ("gap-loaded",)
    yield f"{label}, behind the end", image + b"evil", image, ("overlay",)
    data = struct.unpack_from("<Q", image, command(image, SEGMENT, b"__DATA") + 40)[0]
    yield f"{label}, at the end of a segment", put(image, data + 3000, b"evil"), image, ("gap-loaded",)


def signatures(image):
    """Signatures that are not exactly one, beside an image without."""
    good = sign(image)
    start = struct.unpack_from("<I", good, command(good, SIGNATURE) + 8)[0]
    yield "entitlements that the other side has not", sign(image, entitlements=b"<plist/>"), image, ("entitlements",)
    yield "other entitlements", sign(image, entitlements=b"<plist>1</plist>"), sign(image, entitlements=b"<plist>2</plist>"), ("entitlements",)
    yield "requirements", sign(image, requirements=blob(0xfade0c01, bytes(3) + b"\1" + bytes(12))), image, ("requirements",)
    yield "bytes behind the parts", sign(image, behind=b"evil" * 4), image, ("not exact",)
    yield "bytes behind the signature", good + b"evil", image, ("overlay",)
    yield "rights in its directory", put(good, good.index(b"\xfa\xde\x0c\x02", start) + 84, b"\0\0\0\x11"), image, ("code directory",)
    code = good.index(b"\xfa\xde\x0c\x02", start)
    for at in (*range(8, 12), *range(16, 36), 36, 37, 39, 40, 44, 48, 52, 56, 64, 72, 79, 80):
        yield f"byte {at} of the code directory", flip(good, code + at, 1), image, ()
    for at in range(code + 88 + 5, len(good), 11):
        yield f"byte {at - code} behind the names", flip(good, at, 3), image, ()
    for at in range(start, code, 3):
        yield f"byte {at - start} of the index", flip(good, at, 3), image, ()
    yield "a command that loaders must know", flip(good, command(good, SIGNATURE) + 3, 7), image, ()
    linked = made("arm64")
    row = struct.unpack_from("<I", linked, command(linked, SIGNATURE) + 8)[0] + 20
    yield "a word behind the index of the linker's signature", put(linked, row, b"evil"), unsign(linked), ("not exact",)
    for at in range(row + 4 + 88 + 8, len(linked), 13):
        yield f"byte {at - row} of the linker's signature, behind its name", flip(linked, at, 1), unsign(linked), ()
    yield "code, and the linker's signature of what it was", flip(linked, section(linked, b"__text")[0] + 4), unsign(linked), ("__text",)
    text = section(image, b"__text")[0]
    yield "code, and the signature of what it was", flip(good, text + 4), image, ("__text",)
    yield "code, and a signature of what it is", sign(flip(image, text + 4)), image, ("__text",)
    yield "code, both signed", sign(flip(image, text + 4)), good, ("__text",)
    yield "a message over another directory", sign(image, key="one", name=b"acme")[:-1] + b"!", image, ()
    with_one, other = sign(image, key="one"), sign(image, key="one", name=b"acmf")
    at, end = with_one.index(b"\xfa\xde\x0b\x01"), len(with_one)
    if len(other) == end and other.index(b"\xfa\xde\x0b\x01") == at:
        yield "the message of another signature", with_one[:at] + other[at:], image, ("not that of the code directory",)


def resources(image, with_plist):
    """Digests of what lies beside the image, or is not what lies in it."""
    for slot, word in ((1, "Info.plist, which is not in the file"), (3, "CodeResources"), (4, "only its application"), (6, "disk image"), (8, "something unknown")):
        yield f"a digest in slot {slot}", sign(image, beside=((slot, b"what nobody can see here"),)), image, (word,)
    good = sign(with_plist, beside=((1, plist_of(with_plist)),))
    yield "a digest of another Info.plist", sign(with_plist, beside=((1, b"<plist>evil</plist>"),)), with_plist, ("Info.plist is not that",)
    yield "a digest of no Info.plist, where there is one", sign(with_plist, beside=((3, b"resources"),)), with_plist, ("Info.plist is not that",)
    at = section(with_plist, b"__info_plist")[0]
    yield "another Info.plist, and its digest", sign(put(with_plist, at, b"<evil"), beside=((1, plist_of(put(with_plist, at, b"<evil"))),)), with_plist, ("__info_plist",)
    yield "another Info.plist, and the digest of what it was", put(good, at, b"<evil"), with_plist, ("__info_plist",)


def plist_of(image):
    offset, size = section(image, b"__info_plist")
    return image[offset:offset + size]


def hidden_in_universal(image, arm):
    """One image is signed on one side, which moves the other one: what else may be there because of it?"""
    plain_one = universal((X86, image), (ARM, arm))
    signed = universal((X86, sign(image)), (ARM, arm))
    for at in range(48):
        yield f"signed, byte {at} of the header", flip(signed, at, 1), plain_one, ()
    changed = flip(image, section(image, b"__text")[0] + 4)
    yield "signed, and code is another", universal((X86, sign(changed)), (ARM, arm)), plain_one, ("x86_64", "__text")
    yield "signed, and code of the other is another", universal((X86, sign(image)), (ARM, flip(arm, section(arm, b"__text")[0] + 4))), plain_one, ("arm64", "__text")
    yield "signed, and text between the images", universal((X86, sign(image)), (ARM, arm), fill=b"evil"), plain_one, ("gap",)
    yield "signed, and a page between the images", universal((X86, sign(image)), (ARM, arm), more=4096), plain_one, ("entry",)
    yield "signed, and half a page between the images", universal((X86, sign(image)), (ARM, arm), more=2048), plain_one, ("entry",)
    yield "signed, and another alignment", universal((X86, sign(image)), (ARM, arm), align=14), plain_one, ("align",)
    yield "signed, and in another order", universal((ARM, arm), (X86, sign(image))), plain_one, ()
    yield "signed, and zeros behind it that count as its own", universal((X86, sign(image) + bytes(16)), (ARM, arm)), plain_one, ("x86_64",)
    yield "signed, with rights", universal((X86, sign(image, entitlements=b"<plist/>")), (ARM, arm)), plain_one, ("entitlements",)
    yield "signed, and a header for large files", universal((X86, sign(image)), (ARM, arm), wide=True), plain_one, ()
    wide, at = universal((X86, sign(image)), (ARM, arm), wide=True), 8 + 28
    yield "signed, and what is reserved", put(wide, at, b"evil"), universal((X86, image), (ARM, arm), wide=True), ("reserved",)
    twice = universal((X86, sign(image)), (X86, image), (ARM, arm))
    yield "signed, and a second image for that processor", twice, plain_one, ("x86_64",)


def pairs():
    x86, arm = made("x86_64", "-DLOCAL"), made("arm64", "-DLOCAL")
    yield from structure("x86_64", x86, 3)
    yield from structure("arm64", arm, 5)
    yield from ((f"signed, {label}", a, b, words) for label, a, b, words in signatures(plain(made())))
    yield from ((f"signed, {label}", a, b, words) for label, a, b, words in resources(plain(made()), plain(made("x86_64", "-DPLIST"))))
    yield from ((f"universal, {label}", a, b, words) for label, a, b, words in hidden_in_universal(plain(made()), made("arm64")))
    both = universal((X86, x86), (ARM, arm))
    for at in range(0, 48, 1):
        yield f"universal, byte {at}", flip(both, at, 1), both, ()
    yield "universal, one image changed", universal((X86, flip(x86, section(x86, b"__text")[0] + 3)), (ARM, arm)), both, ("x86_64", "__text")
    yield "universal, images in another order", universal((ARM, arm), (X86, x86)), both, ()
    yield "universal, an image less", universal((X86, x86)), both, ("arm64",)
    yield "universal, an image more", universal((X86, x86), (ARM, arm), (12, arm)), both, ("arm",)
    yield "universal, between images", put(both, 3000, b"evil"), both, ("gap",)
    yield "universal, behind them", both + b"evil", both, ("overlay",)
    stripped = made()
    uuid = command(stripped, UUID)
    yield "one byte of the UUID", flip(stripped, uuid + 20), stripped, ("LC_UUID",)
    yield "text as UUID", put(stripped, uuid + 8, b"a message of us!"), stripped, ("LC_UUID",)
    yield "UUID of an image with its symbols", with_uuid(x86), x86, ("LC_UUID",)
    yield "UUID, and the part of it that is always the same", put(with_uuid(stripped), uuid + 8, b"EVL"), stripped, ("LC_UUID",)


def with_uuid(image):
    """Another digest where lld puts its own: one byte of it stands among those that are always the same."""
    at, digest = command(image, UUID) + 8, hashlib.sha256(b"other").digest()
    return put(put(image, at + 3, digest[:1]), at + 9, digest[1:8])


def honest():
    image = plain(made())
    yield "macho, signed", sign(image), image, "unsigned-identical", {"signature"}
    yield "macho, signed by others", sign(image, name=b"acme.vendor", flags=0x10002), sign(image), "unsigned-identical", {"signature"}
    yield "macho, a message", sign(image, key="one"), image, "unsigned-identical", {"signature"}
    yield "macho, messages", sign(image, key="one", team=b"TEAM"), sign(image, key="two"), "unsigned-identical", {"signature"}
    yield "macho, the same entitlements", sign(image, key="one", entitlements=b"<plist/>"), sign(image, entitlements=b"<plist/>"), "unsigned-identical", {"signature"}
    yield "macho, UUID of what was stripped", with_uuid(image), image, "explained", {"build-id"}
    with_plist = plain(made("x86_64", "-DPLIST"))
    yield "macho, signed with the digest of the Info.plist in it", sign(with_plist, beside=((1, plist_of(with_plist)),)), with_plist, "unsigned-identical", {"signature"}
    arm = made("arm64")
    yield "macho, signed by the linker", arm, unsign(arm), "unsigned-identical", {"signature"}
    for wide in (False, True):
        pair = [universal((X86, one), (ARM, arm), wide=wide) for one in (sign(image), image)]
        yield f"universal, wide={wide}, one of them signed", *pair, "unsigned-identical", {"signature"}
        yield f"universal, wide={wide}, one of them signed as rebuilt", *pair[::-1], "unsigned-identical", {"signature"}
    yield "universal, the last of them signed", universal((ARM, arm), (X86, sign(image))), universal((ARM, arm), (X86, image)), "unsigned-identical", {"signature"}
    yield "universal, signed by others", universal((X86, sign(image, name=b"acme" * 50)), (ARM, arm)), universal((X86, sign(image)), (ARM, arm)), "unsigned-identical", {"signature"}
