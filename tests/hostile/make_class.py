# SPDX-License-Identifier: Apache-2.0
"""Class files taken apart and put together again: constants in another order, with or without those who lead to them. JVMS 17, chapter 4."""
import struct

SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
# Where the numbers of constants stand behind the tag.
LEADS = {7: (0,), 8: (0,), 9: (0, 2), 10: (0, 2), 11: (0, 2), 12: (0, 2), 15: (1,), 16: (0,), 17: (2,), 18: (2,), 19: (0,), 20: (0,)}
# Operands: bytes behind an opcode, for those that have any; "#": a number of two bytes stands first.
BYTES = {0x10: 1, 0x11: 2, 0x84: 2, 0xa9: 1, 0xbc: 1, 0xc8: 4, 0xc9: 4, **{op: 1 for op in (*range(0x15, 0x1a), *range(0x36, 0x3b))},
         **{op: 2 for op in (*range(0x99, 0xa9), 0xc6, 0xc7)}}
NUMBERS = {0x13: 2, 0x14: 2, 0xb9: 4, 0xba: 4, 0xc5: 3, **{op: 2 for op in (*range(0xb2, 0xb9), 0xbb, 0xbd, 0xc0, 0xc1)}}
# Attributes: "i" a number, digits so many bytes, "*" entries behind a count of two bytes.
FORMS = {"ConstantValue": "i", "Exceptions": "*(i)", "SourceFile": "i", "Signature": "i", "NestHost": "i", "NestMembers": "*(i)", "InnerClasses": "*(iii2)",
         "EnclosingMethod": "ii", "LineNumberTable": "*(4)", "LocalVariableTable": "*(4ii2)", "LocalVariableTypeTable": "*(4ii2)",
         "BootstrapMethods": "*(i*(i))", "MethodParameters": "+(i2)", "Deprecated": "", "Record": "*(iiA)", "PermittedSubclasses": "*(i)"}


class Class:
    """The bytes of a class file, and where each number of a constant stands in them: self.numbers[offset] is its width."""

    def __init__(self, data):
        self.data, self.at, self.numbers, self.methods, self.inside = data, 10, {}, {}, None
        self.pool, self.places = [None], []
        count = self.peek(8, 2)
        while len(self.pool) < count:
            tag = data[self.at]
            size = 2 + self.peek(self.at + 1, 2) if tag == 1 else SIZES[tag]
            self.places.append(len(self.pool))
            self.pool += [(tag, data[self.at + 1:self.at + 1 + size])] + [None] * (tag in (5, 6))
            self.at += 1 + size
        self.end_of_pool = self.at
        self.at += 2
        self.number(), self.number()
        self.entries("*(i)")
        for what in ("field", "method"):
            for _ in range(self.take(2)):
                self.feature(what)
        self.attributes()
        assert self.at == len(data)

    def peek(self, at, width):
        return int.from_bytes(self.data[at:at + width], "big")

    def take(self, width):
        self.at += width
        return self.peek(self.at - width, width)

    def number(self, width=2):
        self.numbers[self.at] = (width, self.inside)
        return self.take(width)

    def text(self, index):
        return self.pool[index][1][2:].decode() if index else ""

    def feature(self, what):
        begin = self.at
        self.at += 2
        name = self.text(self.peek(self.at, 2))
        self.inside = name if what == "method" else None
        self.number(), self.number()
        self.attributes()
        if what == "method":
            self.methods[name] = (begin, self.at)
        self.inside = None

    def attributes(self):
        for _ in range(self.take(2)):
            name = self.text(self.number())
            end = self.take(4) + self.at
            if name == "Code":
                self.code()
            elif name == "StackMapTable":
                self.frames()
            else:
                self.entries(FORMS[name])
            assert self.at == end, name

    def entries(self, form):
        while form:
            if form[0] in "*+":
                depth, end = 0, 1
                while depth or end == 1:
                    depth += {"(": 1, ")": -1}.get(form[end], 0)
                    end += 1
                for _ in range(self.take(2 if form[0] == "*" else 1)):
                    self.entries(form[2:end - 1])
                form = form[end:]
            else:
                if form[0] == "i":
                    self.number()
                elif form[0] == "A":
                    self.attributes()
                else:
                    self.at += int(form[0])
                form = form[1:]

    def code(self):
        self.at += 4
        size = self.take(4)
        start = self.at
        while self.at < start + size:
            self.instruction(start)
        self.entries("*(6i)")
        self.attributes()

    def instruction(self, start):
        op = self.take(1)
        if op == 0x12:
            self.number(1)
        elif op in NUMBERS:
            self.number()
            self.at += NUMBERS[op] - 2
        elif op in (0xaa, 0xab):
            self.at += -(self.at - start) % 4 + 4
            low = self.take(4)
            self.at += 4 * (self.take(4) - low + 1) if op == 0xaa else 8 * low
        elif op == 0xc4:
            self.at += 5 if self.data[self.at] == 0x84 else 3
        else:
            self.at += BYTES.get(op, 0)

    def frames(self):
        for _ in range(self.take(2)):
            kind = self.take(1)
            self.at += 2 if kind >= 247 else 0
            if kind == 255:
                for _ in range(2):
                    self.types(self.take(2))
            else:
                self.types(kind - 251 if kind > 251 else 64 <= kind < 128 or kind == 247)

    def types(self, count):
        for _ in range(count):
            kind = self.take(1)
            if kind == 7:
                self.number()
            elif kind == 8:
                self.at += 2


def put_together(one, order, numbers, spared=()):
    """@one with its constants in @order, a list of their numbers. @numbers: old to new. Methods in @spared go on to say the old ones."""
    out = bytearray()
    for index in order:
        tag, body = one.pool[index]
        body = bytearray(body)
        for at in LEADS.get(tag, ()):
            body[at:at + 2] = struct.pack(">H", numbers[int.from_bytes(body[at:at + 2], "big")])
        out += bytes([tag]) + body
    rest = bytearray(one.data[one.end_of_pool:])
    for at, (width, inside) in one.numbers.items():
        old, at = one.peek(at, width), at - one.end_of_pool
        if inside not in spared or inside is None:
            rest[at:at + width] = numbers[old].to_bytes(width, "big")
    return one.data[:10] + bytes(out) + bytes(rest)


def renumbered(data, order, spared=()):
    """The same class with its constants in another order: @order is a permutation of Class(data).places."""
    one, numbers, at = Class(data), {0: 0}, 1
    for index in order:
        numbers[index] = at
        at += 1 + (one.pool[index][0] in (5, 6))
    return put_together(one, order, numbers, spared)


def find(one, tag, text):
    """Number of the constant of @tag that is or leads to the Utf8 @text."""
    for index in one.places:
        kind, body = one.pool[index]
        if kind == tag and (body[2:] == text.encode() if tag == 1 else one.text(int.from_bytes(body[:2], "big")) == text):
            return index
    raise KeyError(text)


def exchanged(data, x, y, spared=None):
    """Constants @x and @y change places. Those who lead to them follow; with @spared all but those methods; with None nobody does."""
    one = Class(data)
    order = [y if index == x else x if index == y else index for index in one.places]
    if spared is not None:
        return renumbered(data, order, spared)
    return put_together(one, order, {index: index for index in [0, *one.places]})
