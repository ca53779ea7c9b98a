#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Class files by what they say: constants may have any numbers, and whatever else was changed is still the first thing that a person reads."""
import io
import os
import random
import struct
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import compare, expect, primary, text_of, write  # noqa: E402
from make_class import Class, exchanged, find, renumbered  # noqa: E402
from sbtest import case, main, need  # noqa: E402

DRAW = random.Random(17)
SOURCE = """
import java.util.*;
import java.util.function.*;
public class Acme<T extends Comparable<T>> implements Runnable {
    static int port = 80;
    static final long LIMIT = 1234567890123L;
    final List<String> names = new ArrayList<>();
    enum Mode { OPEN, SHUT }
    static boolean check(String word) { return word.equals("%(word)s"); }
    static boolean login(String word) { return word.equals("guest"); }
    static double scale(int by) { return by %(compare)s 3 ? 1.5 * by : 2.5f / (by + LIMIT); }
    static int pick(int key, String name) {
        switch (key) { case 1: return 10; case 2: return 20; case 3: return 35; }
        switch (name) { case "read": return 1; case "write": return 2; default: return 3; }
    }
    static String tell(Object o, Mode mode) throws java.io.IOException {
        try {
            for (int i = 0; i < 10; i++)
                if (o instanceof Runnable r && mode == Mode.SHUT) r.run();
            return "told " + o + " by " + mode;
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new java.io.IOException("not told", e);
        } finally {
            port++;
        }
    }
    public void run() {
        Supplier<String> one = () -> "one " + names.size();
        Function<String, Integer> two = Integer::parseInt;
        int[][] grid = new int[4][5];
        long sum = 0;
        for (int[] row : grid) for (int cell : row) sum += cell + two.apply(one.get());
        System.out.println(sum + names.get(0) + "%(last)s");
    }
}
"""


def java(name="Acme", source=SOURCE, flags=("-g",), **changes):
    need("javac")
    values = {"word": "secret", "compare": "<", "last": "done", **changes}
    os.makedirs(name, exist_ok=True)
    path = os.path.join(name, "Acme.java")
    write(path, (source % values).encode())
    subprocess.run(["javac", *flags, "-d", name, path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(name, "Acme.class"), "rb") as f:
        return f.read()


def shuffled(data, spared=(), seed=None):
    """Constants that a single byte leads to keep small numbers: all of them are small here."""
    order = Class(data).places
    (random.Random(seed) if seed is not None else DRAW).shuffle(order)
    assert len(Class(data).pool) < 256
    return renumbered(data, order, spared)


def pair(shipped, rebuilt, level="different"):
    write("a.class", shipped)
    write("b.class", rebuilt)
    return expect(level, "a.class", "b.class")


def blamed(record):
    return [f for f in primary(record) if f["kind"] != "numbering"]


@case("constants in another order: all of it follows, and one finding says so")
def _(_dir):
    for flags in (("-g",), ("-g:none",), ("-g", "-parameters", "--release", "8")):
        base = java(flags=flags, source=SOURCE.replace(" && mode == Mode.SHUT) r.run()", ") port += mode == Mode.SHUT ? 1 : 2").replace("Runnable r", "Runnable"))
        for _ in range(6):
            record = pair(shuffled(base), base)
            assert [f["kind"] for f in primary(record)] == ["numbering"], [text_of(f) for f in primary(record)]
            assert primary(record)[0]["severity"] == "minor" and primary(record)[0]["cause"] == "compiler"
            assert len(record["findings"]) > 20 and all(f["severity"] == "info" for f in record["findings"] if not f["primary"])


@case("of many classes with other numbers in an archive one is told, and a changed one is told for itself")
def _(_dir):
    base = java()
    for changed in (None, 7):
        for name, build in (("a.jar", shuffled), ("b.jar", bytes)):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as jar:
                for i in range(20):
                    data = java("other", compare="<=") if name == "a.jar" and i == changed else base
                    jar.writestr(zipfile.ZipInfo(f"acme/A{i:02}.class", (2024, 1, 2, 3, 4, 6)), build(data))
            write(name, out.getvalue())
        record = expect("different", "a.jar", "b.jar")
        told = primary(record)
        heads = [f for f in told if f["kind"] == "numbering"]
        assert len(heads) == 1 and f"{19 - (changed is not None)} more files" in heads[0]["note"], heads
        if changed is None:
            assert len(told) == 1, [text_of(f) for f in told]
        else:
            assert len(told) <= 3 and told[0]["severity"] == "critical" and "acme/A07.class" in told[0]["where"], [text_of(f) for f in told]


@case("one changed method where everything has other numbers: the method first, with its instructions, and two more at most")
def _(_dir):
    base = java()
    for changes, words in (({"compare": "<="}, ("method scale", "if_icmpge", "if_icmpgt")), ({"word": "backdoor"}, ("method check", '"secret"', '"backdoor"'))):
        for shipped in (java("other", **changes), shuffled(java("other", **changes))):
            record = pair(shipped, base)
            told = primary(record)
            assert len(told) <= 3, [text_of(f) for f in told]
            assert told[0]["severity"] == "critical" and all(word in text_of(told[0]) for word in words), [text_of(f) for f in told]


@case("one flipped byte below other numbers is never folded away")
def _(_dir):
    base = java()
    other = shuffled(base)
    end, seen = Class(other).end_of_pool, 0
    for at in DRAW.sample(range(end, len(other)), 250) + DRAW.sample(range(10, end), 100):
        bad = bytearray(other)
        bad[at] ^= 1 << DRAW.randrange(8)
        write("a.class", bytes(bad))
        write("b.class", base)
        record = compare("a.class", "b.class")
        assert record["level"] in ("different", "undetermined"), (at, record["level"])
        if record["level"] == "different":
            assert blamed(record), (at, [text_of(f) for f in primary(record)])
            seen += 1
    assert seen > 150, seen


@case("two constants change places under code that does not change: the code is named")
def _(_dir):
    base = java()
    one = Class(base)
    x, y = find(one, 8, "secret"), find(one, 8, "guest")
    for flags in ((), ("shuffled",)):
        rebuilt = shuffled(base) if flags else base
        told = blamed(pair(exchanged(base, x, y), rebuilt))
        if not flags:
            assert told[0]["severity"] == "critical" and "method check" in text_of(told[0]) and "method login" in text_of(told[0]), told
            assert "bytes are equal" in text_of(told[0]) and '"guest"' in text_of(told[0])
        else:
            text = " ".join(text_of(f) for f in told if f["severity"] == "critical")
            assert "method check" in text and "method login" in text, told
    for method in ("check", "login"):
        told = blamed(pair(exchanged(base, x, y, spared=(method,)), base))
        assert len(told) == 1 and told[0]["severity"] == "critical" and f"method {method}" in text_of(told[0]), told
        told = blamed(pair(shuffled(base, spared=(method,), seed=3), base))
        assert any(f["severity"] == "critical" and f"method {method}" in text_of(f) for f in told), told


@case("a constant of another kind that is written alike is another constant")
def _(_dir):
    source = ("public class Acme { static float a = 7.5f; static Object b() { return String.class; } static boolean check(String s) { return s.isEmpty(); } "
              "static int big() { return 0x40f00001; } static Object c() { return \"java/lang/String\"; } }")
    base = java(source=source)
    one = Class(base)
    number = next(i for i in one.places if one.pool[i][0] == 3)
    called = next(i for i in one.places if one.pool[i][0] == 10 and "isEmpty" in one.text(int.from_bytes(one.pool[int.from_bytes(one.pool[i][1][2:], "big")][1][:2], "big")))
    place = {i: at for at, i in enumerate(one.places)}
    for index, tag, method in ((number, 4, "big"), (called, 11, "check"), (find(one, 8, "java/lang/String"), 7, "c"), (find(one, 8, "java/lang/String"), 16, "c")):
        at = 10 + sum(1 + len(one.pool[i][1]) for i in one.places[:place[index]])
        bad = base[:at] + bytes([tag]) + base[at + 1:]
        assert base[at] == one.pool[index][0]
        told = blamed(pair(bad, base))
        assert told[0]["severity"] == "critical" and f"method {method}" in text_of(told[0]), (tag, told)
        told = blamed(pair(shuffled(bad), base))
        assert any(f["severity"] == "critical" and f"method {method}" in text_of(f) for f in told), (tag, told)


@case("a constant that changed where no number did: named with those who use it")
def _(_dir):
    base = java()
    told = blamed(pair(base.replace(b"secret", b"sesame"), base))
    assert len(told) == 1 and told[0]["severity"] == "critical", told
    assert all(word in text_of(told[0]) for word in ("constant pool", "sesame", "secret", "method check")), told


@case("names are content, and the text of a String may be a fact of the environment")
def _(_dir):
    source = """
    public class Acme {
        static String builder() { return "%(text)s"; }
        @Deprecated(since = "%(since)s") static int maker() { return builder().length(); }
    }
    """
    write("facts.json", b'{"schema": "samebuild-facts/1", "user": "builder", "host": "maker-7"}')

    def judged(level, ours, theirs, flags=("-g",), **values):
        data = java(source=source, flags=flags, **{"text": "x", "since": "y", **values})
        assert data.count(ours) == 1, data
        write("a.class", data.replace(ours, theirs))
        write("b.class", data)
        expect(level, "a.class", "b.class", "--facts", "facts.json")
    for flags in (("-g",), ("-g:none",)):
        judged("different", b"builder", b"vendor9", flags)
        judged("different", b"maker-7", b"vhost-1", flags, since="maker-7")
        judged("explained", b"maker-7", b"vhost-1", flags, text="made on maker-7")
        judged("different", b"builder", b"vendor9", flags, text="builder")  # one text for the name and for the String


@case("lines that moved are debug information, and one finding of a class")
def _(_dir):
    base = java()
    moved = java("other", source="\n\n" + SOURCE)
    for shipped in (moved, shuffled(moved)):
        told = primary(pair(shipped, base))
        assert len(told) == 1 and told[0]["cause"] == "debug-info" and told[0]["severity"] == "minor" and "LineNumberTable" in told[0]["note"], [text_of(f) for f in told]
    told = primary(pair(java("none", flags=("-g:none",)), base))
    assert not [f for f in told if f["severity"] == "critical"] and any(f["cause"] == "debug-info" for f in told), [text_of(f) for f in told]


def widened(data, method, number):
    """The one ldc of @number in @method becomes an ldc_w."""
    one = Class(data)
    begin, end = one.methods[method]
    at = data.index(bytes([0x12, number]), begin, end)
    head = data.rindex(struct.pack(">H", find(one, 1, "Code")), begin, at)
    sizes = [head + 2, head + 10]
    out = bytearray(data[:at] + b"\x13" + struct.pack(">H", number) + data[at + 2:])
    for size in sizes:
        out[size:size + 4] = struct.pack(">I", struct.unpack_from(">I", out, size)[0] + 1)
    return bytes(out)


@case("ldc and ldc_w, which the number of a constant decides, mean the same, and another constant does not")
def _(_dir):
    base = java(source='public class Acme { static String f() { return "aaaa"; } static String g() { return "bbbb"; } }', flags=("-g:none",))
    one = Class(base)
    x, y = find(one, 8, "aaaa"), find(one, 8, "bbbb")
    wide = widened(base, "f", x)
    assert not blamed(pair(wide, base)) and not blamed(pair(shuffled(wide), base))
    at = wide.index(b"\x13" + struct.pack(">H", x))
    told = blamed(pair(wide[:at + 1] + struct.pack(">H", y) + wide[at + 3:], base))
    assert len(told) == 1 and "method f" in text_of(told[0]) and told[0]["severity"] == "critical", told


@case("an attribute that cannot be read says the same with the same constants only")
def _(_dir):
    base = java()
    one = Class(base)
    begin, end = one.methods["login"]
    at = base.rindex(b"\xb6", begin, end)  # invokevirtual → an opcode that is none
    bad = base[:at] + b"\xfe" + base[at + 1:]
    told = blamed(pair(shuffled(bad), bad))
    assert any("method login" in text_of(f) and f["severity"] == "critical" for f in told), told
    named = exchanged(bad, find(one, 8, "secret"), find(one, 8, "guest"))
    told = blamed(pair(named, bad))
    assert told[0]["severity"] == "critical" and "method login" in text_of(told[0]), told


# ---- pools that lead in circles, and more of everything ----

def utf8(text):
    return b"\x01" + struct.pack(">H", len(text)) + text


def class_of(pool, bootstraps=(), count=None):
    """Names of the class and of its attribute are the first three constants of @pool."""
    body = struct.pack(">6H", 0x21, 2, 0, 0, 0, 0)
    rows = b"".join(struct.pack(f">{2 + len(args)}H", handle, len(args), *args) for handle, args in bootstraps)
    attribute = struct.pack(">HHIH", 1, 3, 2 + len(rows), len(bootstraps)) + rows
    return b"\xca\xfe\xba\xbe\0\0\0\x3d" + struct.pack(">H", (count or len(pool)) + 1) + b"".join(pool) + body + attribute


NAMES = [utf8(b"Acme"), b"\x07\0\1", utf8(b"BootstrapMethods")]


def hostile_pools():
    yield "classes in circles", class_of(NAMES + [b"\x07\0\4", b"\x08\0\4", b"\x0c\0\6\0\6", b"\x09\0\4\0\6", b"\x0f\6\0\7", b"\x0f\6\0\x09"])
    dynamic = [utf8(b"n"), utf8(b"I"), b"\x0c\0\4\0\5", b"\x0a\0\2\0\6", b"\x0f\6\0\7"]
    yield "a dynamic constant that is its own argument", class_of(NAMES + dynamic + [b"\x11\0\0\0\6"], [(8, [9])])
    chain = [b"\x11" + struct.pack(">H", i) + b"\0\6" for i in range(30000)]
    yield "a chain of them", class_of(NAMES + dynamic + chain, [(8, [9 + i + 1] if i < 29999 else []) for i in range(30000)])
    yield "each of all of them", class_of(NAMES + dynamic + chain[:200], [(8, [9 + i for i in range(200)])] * 200)
    yield "a bootstrap method that is not there", class_of(NAMES + dynamic + [b"\x12\xff\xff\0\6", b"\x11\0\1\0\6"], [(8, [])])
    yield "65,534 constants", class_of(NAMES + [utf8(b"%d" % i) for i in range(65531)])
    yield "as many alike", class_of(NAMES + [utf8(b"same")] * 65531)
    yield "bootstrap methods that do not fill their attribute", class_of(NAMES + dynamic + [b"\x11\0\0\0\6"], [(8, [9])])[:-1] + b"\7"


@case("hostile pools end soon, and what differs in them is named")
def _(_dir):
    for label, data in hostile_pools():
        pool = data.index(b"BootstrapMethods") + 16
        for at in (8 + 7, min(pool + 5, len(data) - 1), len(data) - 1):
            bad = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
            write("a.class", bad)
            write("b.class", data)
            begin = time.monotonic()
            record = compare("a.class", "b.class")
            assert time.monotonic() - begin < 20, label
            assert record["level"] in ("different", "undetermined") and blamed(record), (label, at, record["level"])


main()
