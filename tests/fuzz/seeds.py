#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes seeds for the harnesses: seeds.py FOLDER makes FOLDER/<format>/ with small files by real tools; absent tools are skipped."""
import bz2, gzip, io, lzma, os, pathlib, shutil, sqlite3, struct, subprocess, sys, tempfile, zipfile, zlib
import seeds_keys
import seeds_log
import seeds_signed
import seeds_solve
import seeds_trace
import seeds_trust


def tool(argv, **more):
    if shutil.which(argv[0]) is None:
        return None
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more).stdout


def make_tree(root):
    (root / 'folder').mkdir()
    (root / 'folder/file').write_text('hello\n' * 20)
    (root / 'empty').write_text('')
    (root / ('n' * 120)).write_text('long name\n')
    os.symlink('folder/file', root / 'link')
    os.link(root / 'folder/file', root / 'hard')


def lzip(data):
    raw = lzma.compress(data, format=lzma.FORMAT_RAW, filters=[{'id': lzma.FILTER_LZMA1, 'dict_size': 1 << 16}])
    body = b'LZIP\x01\x10' + raw + struct.pack('<IQ', zlib.crc32(data), len(data))
    return body + struct.pack('<Q', len(body) + 8)


def zips():
    def one(method, comment=b''):
        out = io.BytesIO()
        with zipfile.ZipFile(out, 'w', method) as z:
            z.writestr('a', 'stored or deflated ' * 4)
            link = zipfile.ZipInfo('link')
            link.create_system, link.external_attr = 3, 0o120777 << 16
            z.writestr(link, 'a')
            z.comment = comment
        return out.getvalue()
    yield 'stored', one(zipfile.ZIP_STORED)
    yield 'deflated', one(zipfile.ZIP_DEFLATED, b'comment')
    yield 'prepended', b'#!/bin/sh\n' + one(zipfile.ZIP_DEFLATED)


def volumes(root):
    """Images of file systems, and a tree as their decoders write it."""
    for name, flags in (('gzip', []), ('plain', ['-noI', '-noD', '-noF', '-noX', '-noId']), ('xz', ['-comp', 'xz', '-b', '4096', '-no-fragments']), ('zstd', ['-comp', 'zstd']),
                        ('lz4', ['-comp', 'lz4', '-Xhc'])):
        image = root.parent / f'{root.name}.{name}'
        if tool(['mksquashfs', str(root), str(image), '-noappend', '-quiet', '-no-progress', '-nopad', *flags]) is not None:
            yield 'squashfs', name, image.read_bytes()
            image.unlink()
    for name, kind, more in (('four', 'ext4', ['-O', '^has_journal,^resize_inode']), ('three', 'ext3', ['-O', '^has_journal,^resize_inode']), ('two', 'ext2', ['-I', '128', '-O', '^resize_inode']), ('inline', 'ext4', ['-O', '^has_journal,^resize_inode,inline_data'])):
        image = root.parent / f'{root.name}.{name}'
        image.write_bytes(bytes(64 << 10))
        if tool(['mke2fs', '-q', '-F', '-t', kind, '-b', '1024', '-N', '16', '-d', str(root), *more, str(image)]) is not None:
            yield 'ext', name, image.read_bytes()
            image.unlink()
    entry = struct.pack('<IHHQIIqQQIIII48x', 1, 1, 1, 2, 0o644, 0, 1700000000, 0, 0, 0, 0, 1, 0) + b'a' + b'hi'
    yield 'tree', 'one', b'\x89sbtree1' + struct.pack('<III', 2, 6, 1) + b'user.xv' + entry


def cut(library):
    """The same with a section behind all else, in whose last bytes, and beyond, a relocation puts an address: 4 of 8 bytes lie in the file."""
    data = bytearray(library)
    table, = struct.unpack_from('<Q', data, 40)
    count, = struct.unpack_from('<H', data, 60)
    rows = [struct.unpack_from('<IIQQQQIIQQ', data, table + 64 * i) for i in range(count)]
    place, end = 1 << 24, len(data)
    for kind, offset, size in ((row[1], row[4], row[5]) for row in rows):
        for at in range(offset, offset + size, 24) if kind == 4 else ():
            if data[at + 8] == 8:  # R_X86_64_RELATIVE
                struct.pack_into('<Q', data, at, place + 12)
    struct.pack_into('<IQQQQ', data, table + 64 * (count - 3) + 4, 1, 3, place, end, 16)
    return bytes(data) + bytes(16)


def pairs(root):
    """Two builds of one source, one of them with a longer text and a further function; stripped and not, linked and not."""
    source = 'const char *text(void) { return "some text%s"; }\nint check(const char *p) { return p[0] == 8; }\n%sint last(int x) { return check(text()) + x; }\n'
    (root / 'p.c').write_text(source % ('', ''))
    (root / 'q.c').write_text(source % (' that is longer', 'int more(int x) { return x * 7 + check(text()); }\n'))
    for name, flags in (('symbols', ['-shared']), ('stripped', ['-shared', '-s']), ('debug', ['-shared', '-g']), ('objects', ['-c'])):
        for side in 'pq':
            tool(['cc', '-O1', '-fPIC', *flags, f'{side}.c', '-o', f'{side}.so'], cwd=root)
        a, b = (root / 'p.so').read_bytes(), (root / 'q.so').read_bytes()
        yield 'pair', name, struct.pack('<I', len(a)) + a + b


def windows(root):
    """Libraries for Windows by clang and lld, and a pair of them with a longer text and a further function."""
    source = ('__declspec(dllexport) int text(int x) { switch (x) { case 1: return 7; case 2: return text(9) * 3; case 3: return x ^ text(1); case 4: return 99; case 5: return text(x - 3); }'
              ' return 0; }\nconst char *const words[] = {"some text%s", "two"};\n%s__declspec(dllexport) int last(int x) { return words[x & 1][text(x)]; }\n')
    more = '__declspec(dllexport) int more(int x) { return x * 7 + text(x); }\n'
    for machine in ('x86_64', 'i686', 'aarch64'):
        made = []
        for name, parts in (('p', ('', '')), ('q', (' that is longer', more))):
            (root / f'{name}.c').write_text(source % parts)
            if tool(['clang', f'--target={machine}-pc-windows-msvc', '-O1', '-c', f'{name}.c', '-o', f'{name}.obj'], cwd=root) is None or \
               tool(['lld-link', '/nologo', '/dll', '/noentry', '/nodefaultlib', '/timestamp:0', '/filealign:16', f'/out:{name}.dll', f'{name}.obj'], cwd=root) is None:
                return
            made.append((root / f'{name}.dll').read_bytes())
        yield 'pe', machine, made[0]
        yield 'pe', f'{machine}-shared', with_shared_addresses(made[0])
        yield 'pe', f'{machine}-wraps', with_base(made[0], (1 << (32 if machine == 'i686' else 64)) - 0x1020)
        yield 'pair', f'windows-{machine}', struct.pack('<I', len(made[0])) + made[0] + made[1]


def with_base(image, base):
    """Its first section alone, at another place."""
    out = bytearray(image)
    pe = struct.unpack_from('<I', out, 60)[0]
    wide = struct.unpack_from('<H', out, pe + 24)[0] == 0x20b
    struct.pack_into('<H', out, pe + 6, 1)
    struct.pack_into('<Q' if wide else '<I', out, pe + (48 if wide else 52), base)
    return bytes(out)


def with_shared_addresses(image):
    """All sections are code, and at the place of the first."""
    out = bytearray(image)
    pe = struct.unpack_from('<I', out, 60)[0]
    count, optional = struct.unpack_from('<H', out, pe + 6)[0], struct.unpack_from('<H', out, pe + 20)[0]
    for row in range(count):
        struct.pack_into('<I', out, pe + 24 + optional + 40 * row + 12, 0x1000)
        struct.pack_into('<I', out, pe + 24 + optional + 40 * row + 36, 0x60000020)
    return bytes(out)


def archives(root):
    names = sorted(str(p.relative_to(root)) for p in root.rglob('*'))
    for kind in ('v7', 'ustar', 'gnu', 'pax', 'oldgnu'):
        short = [n for n in names if len(n) < 100] if kind in ('v7', 'ustar') else names
        yield 'tar', kind, tool(['tar', '--no-recursion', f'--format={kind}', '-b1', '-cf', '-', *short], cwd=root)
    for kind in ('newc', 'crc', 'odc', 'bin'):
        yield 'cpio', kind, tool(['cpio', '-o', '-H', kind], cwd=root, input='\n'.join(names).encode())
    (root / 'o.c').write_text('int a_function(void) { return 1; }\n')
    if tool(['cc', '-c', '-g', 'o.c', '-o', 'a-rather-long-object.o'], cwd=root) is not None:
        tool(['ar', 'rcs', 'x.a', 'a-rather-long-object.o', 'empty'], cwd=root)
        tool(['cc', '-shared', '-o', 'x.so', 'a-rather-long-object.o'], cwd=root)
        yield 'ar', 'gnu', (root / 'x.a').read_bytes()
        yield 'elf', 'object', (root / 'a-rather-long-object.o').read_bytes()
        yield 'elf', 'shared', (root / 'x.so').read_bytes()
        yield 'elf', 'cut', cut((root / 'x.so').read_bytes())
        yield from pairs(root)


def compressed(data):
    yield 'gzip', 'one', gzip.compress(data, mtime=0)
    yield 'gzip', 'two', gzip.compress(data, mtime=0) + gzip.compress(b'', mtime=1)
    yield 'xz', 'one', lzma.compress(data)
    yield 'xz', 'two', lzma.compress(data, check=lzma.CHECK_SHA256) + lzma.compress(b'') + b'\0\0\0\0'
    yield 'lzma', 'one', lzma.compress(data, format=lzma.FORMAT_ALONE)
    yield 'lzip', 'two', lzip(data) + lzip(b'x')
    for name, argv in (('bzip2', ['bzip2']), ('zstd', ['zstd', '-q']), ('lz4', ['lz4', '-q'])):
        yield name, 'one', tool(argv + ['-c'], input=data)


def rpm_header(entries):
    """Index and store of (tag, type, count, data, alignment)."""
    index, store = b'', b''
    for tag, kind, count, data, align in entries:
        store += b'\0' * (-len(store) % align)
        index += struct.pack('>IIII', tag, kind, len(store), count)
        store += data
    return struct.pack('>IIII', 0x8eade801, 0, len(entries), len(store)) + index + store


def rpm(payload):
    main = rpm_header([(1000, 6, 1, b'acme\0', 1), (1006, 4, 1, struct.pack('>I', 1700000000), 4), (1035, 8, 1, b'0' * 32 + b'\0', 1),
                       (1096, 4, 1, struct.pack('>I', 1), 4), (1116, 4, 1, struct.pack('>I', 0), 4), (1117, 8, 1, b'file\0', 1),
                       (1118, 8, 1, b'/folder/\0', 1), (5092, 8, 1, b'0' * 64 + b'\0', 1)])
    signature = rpm_header([(62, 7, 16, struct.pack('>IIiI', 62, 7, -64, 16), 1), (269, 6, 1, b'0' * 40 + b'\0', 1),
                            (1000, 4, 1, struct.pack('>I', len(main) + len(payload)), 4), (268, 7, 8, b'\x89' * 8, 1)])
    lead = struct.pack('>IBBHH66sHH16x', 0xedabeedb, 3, 0, 0, 1, b'acme-1-1', 1, 5)
    return lead + signature + b'\0' * (-len(signature) % 8) + main + payload


def alpine():
    def segment(name, data):
        head = bytearray(512)
        head[:len(name)] = name
        head[100:136] = b'0000644\0' + b'0000000\0' * 2 + b'%011o\0' % len(data)
        head[136:148], head[156:157], head[257:265] = b'00000000000\0', b'0', b'ustar\x0000'
        head[148:156] = b'%06o\0 ' % (sum(head) + 8 * 32)
        return gzip.compress(bytes(head) + data + b'\0' * (-len(data) % 512), mtime=0)
    return segment(b'.SIGN.RSA.x.pub', b's' * 64) + segment(b'.PKGINFO', b'pkgname = x\ndatahash = 00\n') + segment(b'usr/bin/x', b'x')


def signed_apk():
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        z.writestr('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\r\n\r\n')
    data = out.getvalue()
    directory = struct.unpack_from('<I', data, len(data) - 6)[0]
    pair = struct.pack('<QI', 12, 0x7109871a) + b'signedby'
    block = struct.pack('<Q', len(pair) + 24) + pair + struct.pack('<Q', len(pair) + 24) + b'APK Sig Block 42'
    return data[:directory] + block + data[directory:-6] + struct.pack('<IH', directory + len(block), 0)


def linked(root):
    """Programs for macOS with what two linkers write for a loader: rebase and bind information, chained fixups."""
    (root / 'l.tbd').write_text("--- !tapi-tbd\ntbd-version: 4\ntargets: [ x86_64-macos ]\ninstall-name: '/l'\nexports:\n  - targets: [ x86_64-macos ]\n"
                                "    symbols: [ _puts, _var, dyld_stub_binder ]\n...\n")
    (root / 'l.c').write_text('int puts(const char *); extern int var; int *const to[] = {&var, &var}; const char *word = "word";\n'
                              'int say(int x) { switch (x) { case 1: case 5: return puts(word); case 3: return puts("three") + *to[x & 1]; default: return 4; } }\n'
                              'int main(int c, char **v) { return say(c) + v[0][0]; }\n')
    if tool(['clang', '--target=x86_64-apple-macos11', '-O1', '-c', 'l.c', '-o', 'l.o'], cwd=root) is None:
        return
    yield 'macho', 'object', (root / 'l.o').read_bytes()
    for name, linker, *more in (('bound', 'ld64.lld-14'), ('chained', 'ld64.lld-16', '-fixup_chains')):
        if tool([linker, *more, '-arch', 'x86_64', '-platform_version', 'macos', '13.0', '13.0', '-o', name, 'l.o', 'l.tbd'], cwd=root) is not None:
            yield 'macho', name, (root / name).read_bytes()


def contents(root):
    """Files that are neither archives nor programs of a machine; by real tools where they are small, else by hand."""
    (root / 'p.c').write_text('int check(int x) { return x == 8; }\nint serve(int x) { return check(x) + 1; }\n')
    (root / 'p.py').write_text('def check(word):\n    return word == "secret"\n')
    (root / 'P.java').write_text('class P { static long port = 80L; boolean check(String s) { return s.isEmpty(); } }\n')
    (root / 'R.java').write_text('import java.util.function.*; @Deprecated(since = "1") public class R implements Runnable { enum M { A, B } int n; @Deprecated static int f(int i) { '
                                 'switch (i) { case 1: return 2; case 9000: return 3; } try { return i < 3 ? f(i + 1) : 1; } catch (RuntimeException e) { return 4; } }\n'
                                 'public void run() { Supplier<String> s = () -> "n" + n; for (long l = 1L; l < 5; l++) n += s.get().length() * 2.5; Object o = new int[2][3]; } }\n')
    (root / 'p.po').write_text('msgid ""\nmsgstr "X: y\\n"\n\nmsgid "allow"\nmsgstr "erlauben"\n')
    for kind, result, argv in (('bitcode', 'p.bc', ['clang', '-O1', '-emit-llvm', '-c', 'p.c', '-o', 'p.bc']),
                               ('wasm', 'p.wasm', ['clang', '--target=wasm32', '-O1', '-c', 'p.c', '-o', 'p.wasm']),
                               ('macho', 'q.o', ['clang', '--target=arm64-apple-macos11', '-O1', '-c', 'p.c', '-o', 'q.o']),
                               ('class', 'P.class', ['javac', '-g:none', 'P.java']), ('class', 'R.class', ['javac', '-g', '-parameters', 'R.java']), ('mo', 'p.mo', ['msgfmt', '-o', 'p.mo', 'p.po']),
                               ('pyc', 'p.pyc', [sys.executable, '-c', 'import py_compile; py_compile.compile("p.py", "p.pyc")'])):
        if tool(argv, cwd=root) is not None:
            yield kind, 'rich' if result == 'R.class' else 'one', (root / result).read_bytes()
    if (root / 'q.o').exists():
        image = (root / 'q.o').read_bytes()
        yield 'universal', 'one', struct.pack('>IIIIIII', 0xcafebabe, 1, 0x0100000c, 0, 32, len(image), 4) + bytes(4) + image
        if tool(['ld64.lld-14', '-arch', 'arm64', '-platform_version', 'macos', '11.0', '11.0', '-e', '_check', '-o', 'q', 'q.o'], cwd=root) is not None:
            yield 'macho', 'signed', (root / 'q').read_bytes()
    yield from linked(root)
    yield from windows(root)
    base = sqlite3.connect(root / 'p.db')
    base.executescript('PRAGMA page_size=512; PRAGMA secure_delete=OFF; CREATE TABLE a (t TEXT); CREATE TABLE b (t TEXT);')
    base.executemany('INSERT INTO b VALUES (?)', [('y' * 200,) for _ in range(12)])
    base.execute('DROP TABLE b')
    base.commit()
    base.close()
    yield 'sqlite', 'free', (root / 'p.db').read_bytes()
    chunk = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    yield 'png', 'one', (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)) + chunk(b'tIME', struct.pack('>HBBBBB', 2023, 11, 14, 22, 13, 20)) +
                         chunk(b'IDAT', zlib.compress(b'\0\0')) + chunk(b'IEND', b''))
    yield 'wasm', 'count', b'\0asm\1\0\0\0' + b'\x0a\x01\x80' + b'\0\1\0'  # of functions, which goes on behind its section
    yield 'pdf', 'no-number', b'%PDF-1.4\nstartxref\n1 0 obj\n<< >>\nendobj\n'
    packed = zlib.compress(b'BT (acme) Tj ET')
    yield 'pdf', 'one', (b'%PDF-1.4\n1 0 obj\n<< /Length ' + b'%d' % len(packed) + b' /Filter /FlateDecode >>\nstream\n' + packed + b'\nendstream\nendobj\n2 0 obj\n'
                         b'<< /CreationDate (D:20231114221320Z) >>\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<< /Size 2 >>\nstartxref\n99\n%%EOF\n')


def bsd_library():
    names = b'sym\0'
    table = struct.pack('<III', 8, 0, 8 + 60 + 20) + struct.pack('<I', 4) + names
    out = b'!<arch>\n' + b'%-16s%-12d%-6d%-6d%-8s%-10d`\n' % (b'__.SYMDEF', 0, 0, 0, b'100644', len(table)) + table
    return out + b'%-16s%-12d%-6d%-6d%-8s%-10d`\n' % (b'a.o', 0, 0, 0, b'100644', 2) + b'ob'


TREE = b'''/dts-v1/;
/memreserve/ 0x1000 0x2000;
/ { timestamp = <1>; images { k { data = "content"; hash-1 { algo = "sha1"; value = [00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13]; }; };
 o { data-size = <4>; data-offset = <0>; }; };
 configurations { default = "c"; c { kernel = "k"; signature-1 { algo = "sha1,rsa2048"; timestamp = <2>; }; }; }; };'''


def boot_images():
    tree = tool(['dtc', '-q', '-I', 'dts', '-O', 'dtb'], input=TREE)
    if tree:
        yield 'fit', 'tree', tree + b'data'
        yield 'dtb', 'tree', tree
    yield 'uimage', 'one', struct.pack('>IIIIIIIBBBB32s', 0x27051956, 0, 1, 4, 2, 3, 0, 5, 2, 2, 0, b'name') + b'data'
    yield 'uimage', 'multi', struct.pack('>IIIIIIIBBBB32s', 0x27051956, 0, 1, 20, 2, 3, 0, 5, 2, 4, 0, b'name') + struct.pack('>III', 5, 2, 0) + b'image\0\0\0'
    yield 'trx', 'two', struct.pack('<4sIIHHIII', b'HDR0', 40, 0, 0, 1, 28, 32, 0) + b'part' + b'other   '
    yield 'android', 'v2', struct.pack('<8s10I16s512s32s1024sIQIIQ', b'ANDROID!', 6, 1, 7, 2, 0, 3, 4, 1024, 2, 5, b'', b'', b'', b'', 0, 0, 1660, 3, 6) + bytes(388) + b'kernel' + bytes(1018) + b'ramdisk'
    yield 'android', 'vendor', struct.pack('<8s5I2048sI16sIIQIIII', b'VNDRBOOT', 4, 2048, 1, 2, 3, b'', 4, b'', 2128, 3, 5, 0, 0, 0, 0) + bytes(1968) + b'ram'
    row = struct.Struct('<B3xB3xII')
    yield 'mbr', 'logical', (bytes(446) + row.pack(128, 131, 1, 1) + row.pack(0, 5, 2, 3) + bytes(32) + b'\x55\xaa' + b'partition'.ljust(512) +
                             bytes(446) + row.pack(0, 131, 1, 1) + bytes(48) + b'\x55\xaa' + bytes(1024))
    table = b'type'.ljust(16) + b'guid'.ljust(16) + struct.pack('<QQQ72s', 3, 3, 0, b'r\0o\0') + bytes(128)
    head = [struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 65536, 92, 0, 0, own, other, 3, 3, b'disk', at, 2, 128, 0).ljust(512, b'\0') for own, other, at in ((1, 5, 2), (5, 1, 4))]
    yield 'gpt', 'both', bytes(446) + row.pack(0, 238, 1, 5) + bytes(48) + b'\x55\xaa' + head[0] + table.ljust(512, b'\0') + b'root'.ljust(512) + table.ljust(512, b'\0') + head[1]
    yield 'ihex', 'two', b':020000040800F2\r\n:0400000001020304F2\n:0400100001020304E2\n:04000005080000EF00\n:00000001FF\n'
    yield 'srec', 'two', b'S00600004844521B\nS30908000000010203' + b'04E4\nS1070010010203' + b'04DE\nS70508000000F2\n'
    yield 'raw', 'two', b'vendor'.ljust(256, b'\0') + struct.pack('>IIIIIIIBBBB32s', 0x27051956, 0, 1, 4, 2, 3, 0, 5, 2, 2, 0, b'name') + b'data' + bytes(188) + b'hsqs'.ljust(40) + struct.pack('<Q', 64) + bytes(64)
    setup = bytearray(1024)
    setup[0x1f1] = 1
    struct.pack_into('<I', setup, 0x1f4, 8)
    struct.pack_into('<H2s4sH', setup, 0x1fe, 0xaa55, b'\xeb\x6a', b'HdrS', 0x20f)
    struct.pack_into('<II', setup, 0x248, 8, 40)
    yield 'bzimage', 'one', bytes(setup) + b'code' * 2 + gzip.compress(b'kernel', mtime=0).ljust(40, b'\0') + bytes(76) + b'crc!'


def vendor_images():
    """A header of each kind, and an image of eight bytes; one with what OpenWrt appends."""
    information = bytes(8) + b'{}'
    trailer = lambda kind, size: struct.pack('>4sIB3sI', b'FWx0', 0, kind, b'', size + 16)
    yield 'fwtool', 'both', b'image' + information + trailer(1, 10) + b'sig' + trailer(0, 3)
    image = b'kernel__'
    yield 'vendor', 'chk', struct.pack('>4sIB7sIIIIII', b'*#$^', 40, 1, b'', 0, 0, 4, 4, 0, 0) + image
    yield 'vendor', 'tplink', struct.pack('>I124sIIIIII360s', 0x01000000, b'vendor', 512, 4, 516, 2, 518, 2, b'') + image
    seama = lambda size: struct.pack('>IHHI', 0x5ea3a417, 0, 4, size) + (bytes(16) if size else b'') + b'a=b\0'
    yield 'vendor', 'seama', seama(0) + seama(8) + image + seama(8) + image
    yield 'vendor', 'egon', struct.pack('<I8sII76s', 0xea000016, b'eGON.BT0', 0, 104, b'SPL') + image
    for version, size in ((1, 256), (2, 512)):
        yield 'vendor', f'stm32-{version}', struct.pack('<4s64sIHBBI', b'STM2', b'', 0, 0, version, 0, 8).ljust(size, b'\0') + image
    yield 'vendor', 'socfpga-0', struct.pack('<64s4sBBHHH', b'', b'AS01', 0, 0, 22, 0, 0) + image + b'crc!'
    yield 'vendor', 'socfpga-1', struct.pack('<64s4sBBHIIHH', b'', b'AS01', 1, 0, 20, 96, 20, 0, 0) + image + b'crc!'
    for name, words in (('zynq', (0, 8, 0)), ('mkimage', (2240 + 8, 2240 + 8, 0)), ('pmu', (0, 4, 4))):
        yield 'vendor', f'zynq-{name}', struct.pack('<32s8sIIIIIIII', b'', b'\x66\x55\x99\xaaXNLX', 0, 0, 2240, words[0], words[2], 0, words[1], 0).ljust(2240, b'\0') + image
    for name, head in (('0', struct.pack('<BBHIIIII7B', 0x8b, 0, 0, 12, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
                       ('1', struct.pack('<BBHIBBHIII7B', 0xae, 0, 0, 12, 1, 0, 32, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0))):
        yield 'vendor', f'kwb-{name}', (head + bytes([sum(head) & 255])).ljust(512 if name == '1' else 32, b'\0') + image + b'sum!'


def images(root):
    """Small images of file systems, with attributes where the tree may have them."""
    def made(*argv):
        target = root.parent / 'image'
        done = tool([str(target) if word == 'IMAGE' else word for word in argv], cwd=root)
        return target.read_bytes() if done is not None else None
    tool(['setfattr', '-n', 'user.note', '-v', 'good', 'folder/file'], cwd=root)
    for kind, argv in (('cramfs', ['mkfs.cramfs', '.', 'IMAGE']), ('romfs', ['genromfs', '-d', '.', '-f', 'IMAGE']), ('erofs', ['mkfs.erofs', '-x2', 'IMAGE', '.'])):
        yield kind, 'plain', made(*argv)
    (root / 'folder/more').write_text(''.join(f'{i}\n' for i in range(3000)))
    yield 'erofs', 'compressed', made('mkfs.erofs', '-x2', '-zlz4hc', 'IMAGE', '.')
    yield 'erofs', 'full', made('mkfs.erofs', '-zlz4', '-Elegacy-compress', '-C16384', 'IMAGE', '.')
    yield 'erofs', 'chunks', made('mkfs.erofs', '--chunksize=4096', 'IMAGE', '.')
    yield 'cramfs', 'big', made('mkfs.cramfs', '-N', 'big', '.', 'IMAGE')
    (root / 'folder/more').unlink()
    for bits, size in ((12, 40), (32, 400)):
        (root.parent / 'image').write_bytes(bytes(size * 1024))
        if tool(['mkfs.fat', '-F', str(bits), '-s', '1', '-r', '16' if bits == 12 else '512', str(root.parent / 'image')]) is not None:
            yield 'fat', str(bits), made('mcopy', '-m', '-i', 'IMAGE', 'folder/file', '::/A long name') if bits == 12 else (root.parent / 'image').read_bytes()
    yield 'iso9660', 'rock', made('genisoimage', '-R', '-J', '-quiet', '-no-pad', '-b', 'folder/file', '-no-emul-boot', '-c', 'catalog', '-o', 'IMAGE', '.')
    yield 'iso9660', 'plain', made('xorriso', '-as', 'mkisofs', '-quiet', '-no-pad', '-o', 'IMAGE', '.')
    yield 'jffs2', 'little', made('mkfs.jffs2', '-r', '.', '-o', 'IMAGE', '-l', '--with-xattr', '-s', '64')
    yield 'ubifs', 'small', made('mkfs.ubifs', '-r', '.', '-m', '8', '-e', '15360', '-c', '64', '-o', 'IMAGE')
    (root.parent / 'ini').write_text('[a]\nmode=ubi\nimage=link\nvol_id=0\nvol_type=dynamic\nvol_size=4KiB\nvol_name=a\n[b]\nmode=ubi\nimage=link\nvol_id=1\nvol_type=static\nvol_name=b\n')
    yield 'ubi', 'small', made('ubinize', '-o', 'IMAGE', '-p', '2048', '-m', '64', str(root.parent / 'ini'))
    yield 'jffs2', 'big', made('mkfs.jffs2', '-r', '.', '-o', 'IMAGE', '-b', '-x', 'zlib', '-p', '-e', '8KiB')


def encoded(data):
    """For the harness of encoders: the number of the codec, that of the setting, and what the encoder makes with it."""
    raw = zlib.compressobj(6, zlib.DEFLATED, -15)
    yield 'encode', 'deflate', bytes([0, 5]) + raw.compress(data) + raw.flush()
    for level in 1, 6:
        packed = tool(['gzip', f'-{level}', '-n', '-c'], input=data * 40)
        yield 'encode', f'gzip-{level}', packed and bytes([0, 18 + level - 1]) + packed[10:-8]
    yield 'encode', 'zlib', bytes([1, 8]) + zlib.compress(data, 9)
    yield 'encode', 'bzip2', bytes([2, 8]) + bz2.compress(data)
    yield 'encode', 'xz', bytes([3, 1]) + lzma.compress(data, preset=0)
    yield 'encode', 'filter', bytes([3, 2]) + lzma.compress(data, filters=[{'id': lzma.FILTER_X86}, {'id': lzma.FILTER_LZMA2, 'preset': 1, 'dict_size': 65536}])
    yield 'encode', 'lzma', bytes([4, 1]) + lzma.compress(data, format=lzma.FORMAT_ALONE, preset=0)
    threads = tool(['xz', '-0', '-T2', '-c'], input=data)
    yield 'encode', 'threads', threads and bytes([3, 1]) + threads
    frame = tool(['zstd', '-q', '-c', '-3'], input=data)
    yield 'encode', 'zstd', frame and bytes([5, 2]) + frame


def make_small_tree(root):
    """For images, which are slow to look through when they are large."""
    (root / 'folder').mkdir(parents=True)
    (root / 'folder/file').write_text('hello\n' * 20)
    os.symlink('folder/file', root / 'link')
    os.link(root / 'folder/file', root / 'hard')


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch) / 'tree'
        root.mkdir()
        make_tree(root)
        signed = seeds_signed.signed_seeds(pathlib.Path(scratch) / 'signed')
        small = pathlib.Path(scratch) / 'small'
        make_small_tree(small)
        seeds = list(archives(root)) + list(contents(root)) + list(images(small))
        seeds += list(volumes(small)) + list(seeds_solve.seeds(pathlib.Path(scratch), tool))
    plain = next(data for kind, name, data in seeds if kind == 'tar' and name == 'ustar')
    seeds += list(compressed(plain)) + [('zip', name, data) for name, data in zips()]
    debian = b'!<arch>\n' + b'%-16s%-12d%-6d%-6d%-8s%-10d`\n' % (b'debian-binary', 0, 0, 0, b'100644', 4) + b'2.0\n'
    seeds += [('deb', 'head', debian), ('rpm', 'one', rpm(gzip.compress(b'', mtime=0))), ('zip', 'apk', signed_apk()), ('alpine', 'signed', alpine()), ('ar', 'bsd', bsd_library())]
    seeds += list(encoded(plain))
    text = b''.join(b'line %d of a text\n' % i for i in range(200))
    moved = bytes(range(1, 256)) * 12
    seeds += [('stretch', 'text', b'\x80\0' + text + text.replace(b'line 7 ', b'line seven\r\n')),
              ('stretch', 'json', b'\x80\0{"a": [1, {"b": "x"}]}\n{"a": [1, {"b": "y"}]}\n'), ('stretch', 'bytes', b'\x80\2' + moved + moved[:900] + b'new' + moved[900:])]
    newc = next((data for kind, name, data in seeds if kind == 'cpio' and name == 'newc'), None)
    if newc:
        seeds.append(('cpio', 'initramfs', newc + b'\0' * 256 + gzip.compress(newc, mtime=0)))
    seeds += boot_images()
    seeds += vendor_images()
    seeds += seeds_log.log_seeds()
    seeds += seeds_keys.key_seeds()
    seeds += seeds_trust.trust_seeds()
    seeds += seeds_trace.trace_seeds()
    for kind, name, data in seeds + signed:
        if data is not None:
            (out / kind).mkdir(parents=True, exist_ok=True)
            (out / kind / name).write_bytes(data)
            (out / kind / 'empty').write_bytes(b'')


if __name__ == '__main__':
    main()
