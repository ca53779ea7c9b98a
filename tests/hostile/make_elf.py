# SPDX-License-Identifier: Apache-2.0
"""ELF files written from scratch, of both classes and byte orders and with the counts that only section 0 can hold: gABI chapters 4 and 5."""
import struct

LOAD, DYNAMIC, INTERP, NOTE, STACK = 1, 2, 3, 4, 0x6474E551
PROGBITS, SYMTAB, STRTAB, RELA, NOTES, NOBITS, INIT_ARRAY = 1, 2, 3, 4, 7, 8, 14
ALLOC, WRITE, EXEC = 2, 1, 4
BASE = 0x400000


class Section:
    def __init__(self, name, kind, flags, data=b"", address=0, link=0, info=0, align=1, entry=0, size=None, offset=None):
        self.name, self.kind, self.flags, self.data, self.address = name, kind, flags, data, address
        self.link, self.info, self.align, self.entry, self.offset = link, info, align, entry, offset
        self.size = len(data) if size is None else size


class Layout:
    """Widths of one class and byte order."""

    def __init__(self, bits=64, big=False):
        self.bits, self.big, self.order = bits, big, ">" if big else "<"
        self.header, self.segment, self.row, self.word = (64, 56, 64, "Q") if bits == 64 else (52, 32, 40, "I")
        self.symbol_size = 24 if bits == 64 else 16

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def symbol(self, name, value, size, info=0x12, section=1):
        if self.bits == 64:
            return self.pack("IBBHQQ", name, info, 0, section, value, size)
        return self.pack("IIIBBH", name, value, size, info, 0, section)

    def relocation(self, place, kind, symbol, addend):
        info = symbol << 32 | kind if self.bits == 64 else symbol << 8 | kind
        return self.pack("3" + self.word, place, info, addend)

    def words(self, *values):
        return self.pack(f"{len(values)}{self.word}", *values)

    def program_header(self, kind, flags, offset, size, memory=None, align=0x1000):
        address = BASE + offset
        if self.bits == 64:
            return self.pack("IIQQQQQQ", kind, flags, offset, address, address, size, size if memory is None else memory, align)
        return self.pack("IIIIIIII", kind, offset, address, address, size, size if memory is None else memory, flags, align)

    def section_header(self, name, s):
        w = self.word
        return self.pack(f"II4{w}II2{w}", name, s.kind, s.flags, s.address, s.offset or 0, s.size, s.link, s.info, s.align, s.entry)


def build(layout, sections, segments, etype=3, machine=62, entry=0x401000, extended=False, tables=True):
    """
    Sections are laid out one after the other; segments: (type, flags, first, last) by section name, or (type, flags, None, None).
    extended: the counts stand in section 0. tables: with section headers.
    """
    names = b"\0"
    offsets = {}
    for s in [*sections, Section(".shstrtab", STRTAB, 0)]:
        offsets[s.name] = len(names)
        names += s.name.encode() + b"\0"
    count = len(segments)
    at = layout.header + layout.segment * count
    body = b""
    for s in [*sections, Section(".shstrtab", STRTAB, 0, names)]:
        pad = -(at + len(body)) % max(s.align, 1)
        body += bytes(pad)
        if s.offset is None:
            s.offset = at + len(body)
        if s.flags & ALLOC and not s.address:
            s.address = BASE + s.offset
        if s.kind != NOBITS:
            body += s.data
        last = s
    body += bytes(-(at + len(body)) % 8)
    rows = b""
    for kind, flags, first, final in segments:
        if first is None:
            rows += layout.program_header(kind, flags, 0, 0)
            continue
        a = next(s for s in sections if s.name == first)
        b = next(s for s in sections if s.name == final)
        rows += layout.program_header(kind, flags, a.offset, b.offset + len(b.data) - a.offset)
    everything = [Section("", 0, 0, offset=0), *sections, last]
    if extended:
        everything[0].size, everything[0].link, everything[0].info = len(everything), len(everything) - 1, count
    headers = b"".join(layout.section_header(offsets.get(s.name, 0) if i else 0, s) for i, s in enumerate(everything))
    where = at + len(body) if tables else 0
    ident = b"\x7fELF" + bytes([layout.bits // 32, 2 if layout.big else 1, 1]) + bytes(9)
    header = ident + layout.pack(f"HHI3{layout.word}IHHHHHH", etype, machine, 1, entry, layout.header if count else 0, where, 0, layout.header,
                                 layout.segment if count else 0, 0xFFFF if extended else count, layout.row if tables else 0,
                                 0 if extended or not tables else len(everything), 0xFFFF if extended else len(everything) - 1 if tables else 0)
    return header + rows + body + (headers if tables else b"")


def small(layout, **changes):
    """A small library: code, data, a table of symbols, relocations, notes, something that nothing maps."""
    text = changes.pop("text", b"\x55\x48\x89\xe5\xb8\x08\x00\x00\x00\x5d\xc3" + b"\x90" * 5)
    data = changes.pop("data", b"some text\0another text\0" + bytes(9))
    strings = b"\0check\0other\0"
    comment = changes.pop("comment", b"GCC: (made up) 1.0\0")
    array = changes.pop("array", layout.words(0x401000, 0x401008))
    note = layout.pack("III", 4, 20, 3) + b"GNU\0" + bytes(range(20))
    sections = [
        Section(".note.gnu.build-id", NOTES, ALLOC, note, align=4),
        Section(".text", PROGBITS, ALLOC | EXEC, text, align=16),
        Section(".rela.dyn", RELA, ALLOC, layout.relocation(0x400100, 8, 0, 0x401000), align=8, entry=24 if layout.bits == 64 else 12),
        Section(".init_array", INIT_ARRAY, ALLOC | WRITE, array, align=4096, entry=8),
        Section(".data", PROGBITS, ALLOC | WRITE, data, align=8),
        *changes.pop("more", []),
        Section(".comment", PROGBITS, 0x30, comment, align=4096, entry=1),
        Section(".symtab", SYMTAB, 0, bytes(layout.symbol_size) + layout.symbol(1, 0x401000, 8), link=8, info=1, align=8, entry=layout.symbol_size),
        Section(".strtab", STRTAB, 0, strings),
    ]
    segments = [(LOAD, 5, ".note.gnu.build-id", ".rela.dyn"), (LOAD, 6, ".init_array", ".data"), (STACK, 6, None, None)]
    return build(layout, sections, changes.pop("segments", segments), **changes)
