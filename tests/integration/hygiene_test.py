#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What delivered files were made of, end to end: ready-made objects to the byte, unread sources against the kernel's own word, declared toolchains."""
import base64
import bz2
import glob
import gzip
import hashlib
import importlib.util
import io
import json
import lzma
import marshal
import os
import random
import shutil
import struct
import subprocess
import tarfile
import zlib

import corpus_inputs
from drops import sha256, tarball
from sbtest import case, main, need, own, run, sb

BLOB = '''
int table[40] = {11, 22, 33, 44, 55, 66, 77, 88, 99, 110, 121, 132, 143, 154, 165, 176, 187, 198, 209, 220};
int mix(int a, int b) {
	int r = 0;
	for (int i = 0; i < 40; i++) { r = r * 31 + table[i] * a; r ^= b << (i & 7); if (r & 1) r += b * 7; else r -= a * 3; }
	return r;
}
int blob(int a) { switch (a) { case 1: return 77; case 2: return a * 9; case 5: return a << 4; default: return mix(a, 3); } }
'''


def drop(files, steps, outputs, toolchain='{root: host}', control=''):
    """A drop whose delivery is what it builds."""
    tarball('src.tar.xz', {f'acme/{name}': text for name, text in files.items()})
    lines = ['schema: samebuild-drop/1', 'name: acme', 'version: "1"', 'sources:', f'  - {{path: src.tar.xz, sha256: {sha256("src.tar.xz")}, strip: 1}}',
             f'toolchain: {toolchain}', 'build:', '  path: /build/acme', f'  control: {{jobs: 2{control}}}', '  steps:']
    lines += [f'    - sh: {json.dumps(step)}' for step in steps] + ['outputs:']
    lines += [f'  - {{shipped: {shipped}, built: {built}}}' for shipped, built in outputs]
    for shipped, _ in outputs:
        os.makedirs(os.path.dirname(shipped) or '.', exist_ok=True)
        open(shipped, 'w').close()
    with open('drop.yaml', 'w') as f:
        f.write('\n'.join(lines) + '\n')
    shutil.rmtree('made', ignore_errors=True)
    sb('rebuild', 'drop.yaml', '-O', 'made', code=0)
    for shipped, built in outputs:
        shutil.copy(os.path.join('made', built), shipped)


def verify(*options, code=0):
    sb('verify', 'drop.yaml', '-o', 'json=record.json', *options, code=code)
    with open('record.json') as f:
        record = json.load(f)
    assert record['trace'] is not None, 'the build was not traced'
    assert record['trace']['trusted'], record['trace']['reasons']
    return record


def made_of(record, name, way='data'):
    trace = record['trace']
    output = next(o for o in trace['outputs'] if o['name'] == name)
    assert output['traced'] and output['left_out'] == 0, output
    return [trace['inputs'][i]['path'] for i in output[way]]


def blob_object():
    with open('blob.c', 'w') as f:
        f.write(BLOB)
    subprocess.run(['gcc', '-O2', '-c', 'blob.c', '-o', 'blob.o'], check=True)
    with open('blob.o', 'rb') as f:
        return f.read()


def section(path, name):
    for line in run('objdump', '-h', path, code=0).out.splitlines():
        words = line.split()
        if len(words) > 5 and words[1] == name:
            return int(words[5], 16), int(words[2], 16), int(words[3], 16)  # offset, size, address
    raise AssertionError(f'{path} has no {name}')


def symbol_offset(path, name):
    """Where a function lies in a linked program, as nm and objdump say."""
    address = next(int(line.split()[0], 16) for line in run('nm', path, code=0).out.splitlines() if line.endswith(f' T {name}'))
    offset, _, start = section(path, '.text')
    return address - start + offset


@case('a ready-made object in one of twenty programs is traced to that one and to its bytes', user=True)
def _(_dir):
    files = {f'm{i:02}.c': f'#include "common.h"\nint main(void) {{ return VALUE + {i}; }}\n' for i in range(20)}
    files['m13.c'] = 'int blob(int); int main(void) { return blob(5); }\n'
    files['common.h'] = '#define VALUE 0\n'
    files['vendor/blob.o'] = blob_object()
    files['Makefile'] = ('all: $(foreach i,$(NUMBERS),$(OUT)/m$(i))\n%.o: %.c\n\tgcc -O2 -c $< -o $@\n'
                         '$(OUT)/m13: m13.o vendor/blob.o\n\tgcc -o $@ m13.o vendor/blob.o\n$(OUT)/m%: m%.o\n\tgcc -o $@ $<\n')
    drop(files, ['make -j2 NUMBERS="$(seq -w -s " " 0 19)"'], [(f'release/m{i:02}', f'out/m{i:02}') for i in range(20)])
    record = verify()
    [blob] = record['trace']['prebuilt']
    assert (blob['path'], blob['use'], blob['sha256']) == ('vendor/blob.o', 'read', hashlib.sha256(files['vendor/blob.o']).hexdigest()), blob
    [reached] = blob['reaches']
    assert (reached['name'], reached['reach'], reached['searched']) == ('release/m13', 'data', True), reached
    text = next(p for p in reached['places'] if p['part'] == '.text')
    offset, size, _ = section('blob.o', '.text')
    assert (text['from'], text['length']) == (offset, size), text
    start, end = symbol_offset('release/m13', 'mix'), symbol_offset('release/m13', 'blob')
    assert text['offset'] <= min(start, end) and max(start, end) < text['offset'] + text['length'], (text, start, end)
    [finding] = [f for f in record['findings'] if f['cause'] == 'prebuilt']
    assert finding['artifact'] == 'release/m13' and finding['shipped']['offset'] in [p['offset'] for p in reached['places']], finding
    for i in range(20):
        sources = [p for p in made_of(record, f'release/m{i:02}') if not p.startswith('/')]
        assert sources == (['m13.c', 'vendor/blob.o'] if i == 13 else ['common.h', f'm{i:02}.c']), sources
        assert 'Makefile' in made_of(record, f'release/m{i:02}', 'control')
    assert record['level'] == 'identical'


@case('a ready-made object is found inside a packed delivery')
def _(_dir):
    drop({'m.c': 'int blob(int); int main(void) { return blob(5); }\n', 'blob.o': blob_object()},
         ['gcc -o app m.c blob.o && mkdir -p root/usr/bin && cp app root/usr/bin/ && tar cJf "$OUT/a.tar.xz" --sort=name --mtime=@0 root'],
         [('release/a.tar.xz', 'out/a.tar.xz')])
    [reached] = verify()['trace']['prebuilt'][0]['reaches']
    assert any(p['part'] == '.text' and p['inside'].endswith('root/usr/bin/app') for p in reached['places']), reached


def packed(members):
    tarball('inner.tar.xz', members)
    with open('inner.tar.xz', 'rb') as f:
        return f.read()


@case('what an archive among the sources holds is source as well: read, unread, ready-made')
def _(_dir):
    blob = blob_object()
    members = {'lib/tests/idle.o': blob + b'idle', 'lib/blob.o': blob, 'lib/lib.h': '#define VALUE 5\n', 'lib/README': 'nobody reads this\n', 'lib/old.c': 'int old;\n'}
    drop({'m.c': '#include "lib.h"\nint blob(int); int main(void) { return blob(VALUE); }\n', 'third/lib.tar.xz': packed(members)},
         ['tar xJf third/lib.tar.xz && gcc -Ilib -o "$OUT/app" m.c lib/blob.o'], [('app', 'out/app')])
    sb('key', 'new', 'key', '--passphrase-fd', '0', stdin='word\n', code=0)
    sb('verify', 'drop.yaml', '-o', 'json=record.json', '--sign', 'key', '--attestation', 'a.jsonl', '--passphrase-fd', '0', stdin='word\n', code=0)
    with open('record.json') as f:
        trace = json.load(f)['trace']
    opaque = sb('attest', 'show', 'a.jsonl', '--json', code=0).json()['payload']['predicate']['opaque']
    assert [(o['path'], o['reaches']) for o in opaque] == [('third/lib.tar.xz!/lib/blob.o', ['app'])], opaque
    inside = 'third/lib.tar.xz!/lib/'
    assert trace['sources'] == {'files': 7, 'unread': [inside + 'README', inside + 'old.c', inside + 'tests/idle.o'], 'copied': [], 'unknown': []}, trace['sources']
    sources = [i['path'] for i in trace['inputs'] if i['origin'] == 'source']
    assert sources == ['m.c', 'third/lib.tar.xz', inside + 'blob.o', inside + 'lib.h'], sources
    one, idle = trace['prebuilt']
    assert (idle['path'], idle['use'], idle['reaches']) == (inside + 'tests/idle.o', 'unread', []), idle
    assert (one['path'], one['use'], one['sha256']) == (inside + 'blob.o', 'read', hashlib.sha256(blob).hexdigest()), one
    assert any(p['part'] == '.text' for p in one['reaches'][0]['places']), one


@case('an archive among the sources that breaks the rules is told, and its content not known')
def _(_dir):
    broken = packed({'lib/a.c': 'int a;\n' * 1000})[:-20]
    drop({'m.c': 'int main(void) { return 0; }\n', 'third/lib.tar.xz': broken}, ['gcc -o "$OUT/app" m.c'], [('app', 'out/app')])
    told = sb('check', 'drop.yaml', code=0)
    assert 'third/lib.tar.xz was not looked into' in told.out, told
    assert verify()['trace']['sources'] == {'files': 2, 'unread': ['third/lib.tar.xz'], 'copied': [], 'unknown': []}


@case('a source that is an archive with the mark of a firmware image is unpacked, with the trailer of one it is refused')
def _(_dir):
    def packed_as(name):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode='w', format=tarfile.USTAR_FORMAT) as tar:
            member = tarfile.TarInfo(name)
            member.size = len(blob_object())
            tar.addfile(member, io.BytesIO(blob_object()))
        return data.getvalue()

    def summed(tar):
        sum_ = sum(tar[:148]) + 8 * 32 + sum(tar[156:512])
        return tar[:148] + b'%06o\0 ' % sum_ + tar[156:]
    plain = packed_as('a.o')
    trailer = struct.pack('>4sIB3xI', b'FWx0', zlib.crc32(plain) ^ 0xffffffff, 0, 16)
    marked = packed_as('jumpeGON.BT0')
    marked = summed(marked[:16] + struct.pack('<I', 512) + marked[20:])
    for content, code, word in ((plain, 0, 'ELF'), (marked, 0, 'ELF'), (plain + trailer, 3, 'archive')):
        drop({'m.c': 'int main(void) { return 0; }\n'}, ['gcc -o "$OUT/app" m.c'], [('app', 'out/app')])
        with open('lib.bin', 'wb') as f:
            f.write(content)
        with open('drop.yaml') as f:
            manifest = f.read()
        with open('drop.yaml', 'w') as f:
            f.write(manifest.replace('sources:\n', 'sources:\n  - {path: lib.bin, sha256: %s, into: third}\n' % hashlib.sha256(content).hexdigest()))
        told = sb('check', 'drop.yaml', code=code)
        assert word in told.out + told.err, (word, told)


@case('binaries that are written as text are found, and so is what they became')
def _(_dir):
    firmware = random.Random(1).randbytes(6000)
    rows = ',\n'.join(', '.join(f'0x{b:02x}' for b in firmware[i:i + 16]) for i in range(0, len(firmware), 16))
    lines = base64.encodebytes(firmware[::-1]).decode()
    files = {'fw.c': f'const unsigned char fw[] = {{\n{rows}\n}};\nint main(void) {{ return fw[1]; }}\n', 'fw.b64': lines,
             'unused.b64': lines, 'plain.h': 'int x;\n'}
    drop(files, ['gcc -O1 -o "$OUT/app" fw.c && base64 -d fw.b64 > "$OUT/fw.bin"'], [('release/app', 'out/app'), ('release/fw.bin', 'out/fw.bin')])
    prebuilt = {p['path']: p for p in verify()['trace']['prebuilt']}
    assert sorted(prebuilt) == ['fw.b64', 'fw.c'], sorted(prebuilt)
    for path, form, name in (('fw.c', 'C array', 'release/app'), ('fw.b64', 'base64', 'release/fw.bin')):
        [reached] = prebuilt[path]['reaches']
        assert prebuilt[path]['format'] == form and reached['name'] == name, prebuilt[path]
        [place] = reached['places']
        with open(name, 'rb') as f:
            assert f.read()[place['offset']:place['offset'] + place['length']] == (firmware if path == 'fw.c' else firmware[::-1])


@case('generators, copies and tools of the drop are followed')
def _(_dir):
    files = {'gen.c': '#include <stdio.h>\nint main(void) { char l[99]; fgets(l, 99, stdin); printf("int x = %s;", l); return 0; }\n', 'value.txt': '7\n',
             'main.c': '#include "copy/x.h"\nint main(void) { return X; }\n', 'x.h': '#define X 1\n', 'README': 'text\n', 'lost.c': 'int lost;\n',
             'run.sh': 'gcc -o gen gen.c\ncat value.txt | ./gen > t.tmp\nmv t.tmp t.c\nmkdir copy\ncp x.h copy/x.h\ngcc -o "$OUT/app" main.c t.c\ncp README "$OUT/README"\n'}
    drop(files, ['sh ./run.sh'], [('release/app', 'out/app'), ('release/README', 'out/README')])
    record = verify()
    assert record['trace']['sources'] == {'files': 7, 'unread': ['lost.c'], 'copied': ['README'], 'unknown': []}, record['trace']['sources']
    data = made_of(record, 'release/app')
    assert {'main.c', 'value.txt', 'x.h'} <= set(data) and 'README' not in data and 'lost.c' not in data, data
    assert 'gen.c' in made_of(record, 'release/app', 'run')
    assert [p for p in made_of(record, 'release/README') if not p.startswith('/')] == ['README']


@case('the declared toolchain is held against the one that was used')
def _(_dir):
    drop({'a.c': 'int main(void) { return 0; }\n'}, ['gcc -o "$OUT/a" a.c'], [('release/a', 'out/a')],
         toolchain='{root: host, packages: [gcc-12, cpp-12=0, perl-of-nobody]}')
    packages = verify('-o', 'hygiene=hygiene.md')['trace']['packages']
    used = {p['name']: p for p in packages['used']}
    installed = run('dpkg-query', '-W', '-f', '${Version}', 'cpp-12', code=0).out
    assert packages['declared'] and packages['unused'] == ['perl-of-nobody'], packages
    assert used['gcc-12']['declared'] == 'yes' and used['libc6-dev']['declared'] == 'no', used
    assert used['cpp-12']['declared'] == 'other-version' and used['cpp-12']['version'] == installed, used['cpp-12']
    with open('hygiene.md') as f:
        text = f.read()
    assert [line[3:] for line in text.splitlines() if line.startswith('## ')] == [
        'End-to-end integrity', 'Configuration management', 'Component lifecycle', 'Toolchain', 'Build-environment hygiene']
    for words in ('used and declared with another version: ` cpp-12 `', 'perl-of-nobody', 'not examined: no earlier delivery'):
        assert words in text, words


@case('a program that a build copies from the toolchain is no more made from source than one that the drop brings', user=True)
def _(_dir):
    copied = os.path.realpath('/usr/bin/true')
    steps = [f'cp {copied} "$OUT/app" && mkdir p && cp {copied} p/app && tar --sort=name --mtime=@0 --owner=0 --group=0 -cJf "$OUT/p.tar.xz" p',
             'cp /usr/share/common-licenses/BSD "$OUT/LICENSE" && gcc -o "$OUT/own" m.c && gcc -static -o "$OUT/whole" m.c']
    drop({'m.c': 'int main(void) { return 0; }\n'}, steps, [(f'release/{name}', f'out/{name}') for name in ('app', 'p.tar.xz', 'LICENSE', 'own', 'whole')])
    own()
    record = verify()
    assert record['level'] == 'identical', record['level']
    [found] = record['trace']['prebuilt']
    assert found['path'] == copied and found['sha256'] == sha256(copied) and found['format'] == 'file of the toolchain', found
    assert [(r['name'], [p['inside'] for p in r['places']]) for r in found['reaches']] == [('release/app', ['']), ('release/p.tar.xz', ['p.tar > p/app'])], found
    size = os.path.getsize(copied)
    assert all((p['offset'], p['length'], p['equal']) == (0, size, size) for r in found['reaches'] for p in r['places']), found
    told = [f for f in record['findings'] if f['cause'] == 'prebuilt']
    assert [(f['artifact'], f['severity']) for f in told] == [('release/app', 'major'), ('release/p.tar.xz', 'major')] and 'the toolchain brings' in told[0]['note'], told


@case('a delivered file without any source in it is told, however it was changed on the way')
def _(_dir):
    drop({'m.c': 'int main(void) { return 0; }\n'}, ['gcc -o "$OUT/app" m.c', 'strip -o "$OUT/tool" /usr/bin/true'], [('app', 'out/app'), ('tool', 'out/tool')])
    verify('-o', 'hygiene=h.md', '-o', 'text=t.txt')
    with open('h.md') as hygiene, open('t.txt') as text:
        told = hygiene.read()
        assert 'made without any file of the source: ` tool `' in told and 'source: ` app `' not in told, told
        assert 'No source file got into 1 delivered file.' in text.read()


@case('a gate lets nothing through that was copied from the toolchain, unless its policy names it')
def _(_dir):
    copied = os.path.realpath('/usr/bin/true')
    drop({'m.c': ''}, [f'cp {copied} "$OUT/app"'], [('release/app', 'out/app')])
    for words in (['key', 'new', 'key'], ['verify', 'drop.yaml', '--sign', 'key', '--attestation', 'statement', '--verifier', 'https://lab.example/']):
        sb(*words, '--passphrase-fd', '0', stdin='word\n', code=0)
    predicate = sb('attest', 'show', 'statement', '--json', code=0).json()['payload']['predicate']
    assert [(o['path'], o['reaches'], o['sha256']) for o in predicate['opaque']] == [(copied, ['release/app'], sha256(copied))], predicate['opaque']
    policy = {'schema': 'samebuild-policy/1', 'resource': '*', 'artifacts': [{'files': '*', 'level': 'identical'}],
              'keys': [{'party': 'lab', 'role': 'evaluator', 'key': sb('key', 'show', 'key.pub', '--json', code=0).json()['ssh']}]}
    for opaque, code in (([], 1), (['/usr/bin/false'], 1), ([copied], 0)):
        with open('p.json', 'w') as f:
            json.dump(dict(policy, opaque=opaque), f)
        result = sb('gate', '--policy', 'p.json', '--attestations', 'statement', '--artifact', 'release/app', '--json', code=code).json()
        assert [v['reason'] for v in result['artifacts'][0]['rejected']] == (['opaque-input'] if code else []), result
        sb('verify', 'drop.yaml', '--gate', 'p.json', code=code)


READY = '/usr/bin/true'


def ready():
    with open(READY, 'rb') as f:
        return f.read()


def refused(*opaque):
    """What a statement about the drop at hand calls opaque, after a policy that names only these has refused it, or let it through."""
    if not os.path.exists('key'):
        sb('key', 'new', 'key', '--passphrase-fd', '0', stdin='word\n', code=0)
    words = ['verify', 'drop.yaml', '-o', 'json=record.json', '--sign', 'key', '--attestation', 'statement', '--verifier', 'https://lab.example/']
    sb(*words, '--passphrase-fd', '0', stdin='word\n', code=0)
    policy = {'schema': 'samebuild-policy/1', 'resource': '*', 'artifacts': [{'files': '*', 'level': 'identical'}], 'opaque': list(opaque),
              'keys': [{'party': 'lab', 'role': 'evaluator', 'key': sb('key', 'show', 'key.pub', '--json', code=0).json()['ssh']}]}
    with open('p.json', 'w') as f:
        json.dump(policy, f)
    predicate = sb('attest', 'show', 'statement', '--json', code=0).json()['payload']['predicate']
    gated = sb('gate', '--policy', 'p.json', '--attestations', 'statement', '--artifact', 'release/app', '--json', code=None)
    assert gated.code == (0 if {o['path'] for o in predicate['opaque']} <= set(opaque) else 1), gated
    shutil.rmtree('made', ignore_errors=True)
    return [(o['path'], o['reaches']) for o in predicate['opaque']]


def deliver(files, *steps):
    """A drop that delivers a program which nobody compiled."""
    drop(files, steps, [('release/app', 'out/app')])


# Archives of the drop, and how a build can get at what they hold.
WAYS = ['tar -xJOf blob.tar.xz x/y.bin > "$OUT/app"', "tar -xJf blob.tar.xz --transform=s,x/y.bin,out/app,", 'tar -xJf blob.tar.xz && mv x/y.bin q.dat && cat q.dat > "$OUT/app"',
        'tar -xJf blob.tar.xz && mv x/y.bin "$OUT/app"', 'xz -dc blob.tar.xz | tar -xOf - x/y.bin | dd of="$OUT/app"']


@case('what an archive holds is found under whatever name it went on, and through pipes')
def _(_dir):
    for way in WAYS:
        deliver({'blob.tar.xz': packed({'x/y.bin': ready(), 'x/README': 'read me'})}, way)
        assert refused() == [('blob.tar.xz!/x/y.bin', ['release/app'])], way
        with open('record.json') as f:
            [found] = json.load(f)['trace']['prebuilt']
        assert found['use'] != 'unread' and [(p['offset'], p['length']) for p in found['reaches'][0]['places']] == [(0, len(ready()))], (way, found)


@case('a member that was unpacked and left alone is unread, unless its archive went on beside its members')
def _(_dir):
    files = {'m.c': 'int main(void) { return 0; }\n', 'lib.tar.xz': packed({'lib/idle.o': blob_object() + b'idle', 'lib/lib.h': '#define VALUE 5\n'})}
    idle = 'lib.tar.xz!/lib/idle.o'
    for way, use, opaque in (('tar xJf lib.tar.xz', 'unread', []), ('tar xJf lib.tar.xz lib/lib.h', 'unread', []), ('xz -dc lib.tar.xz | tar x lib/lib.h', 'unread', []),
                             ('tar xJf lib.tar.xz && tar xJOf lib.tar.xz lib/idle.o | od -An -tx1 > t.h && cp t.h lib/', 'unread', []),
                             ('tar xJf lib.tar.xz && tar xJOf lib.tar.xz lib/idle.o | od -An -tx1 | sed "s,^,//," > t.h && cat t.h >> lib/lib.h', 'unread', [(idle, ['release/app'])]),
                             ('tar xJf lib.tar.xz lib/lib.h && tar xJOf lib.tar.xz lib/idle.o | od > t.h', 'unknown', [(idle, [])])):
        drop(files, [f'{way} && gcc -include lib/lib.h -o "$OUT/app" m.c'], [('release/app', 'out/app')])
        assert refused() == opaque, (way, opaque)
        with open('record.json') as f:
            [found] = json.load(f)['trace']['prebuilt']
        assert found['use'] == use, (way, found)


@case('an archive that nobody can look into is ready-made itself')
def _(_dir):
    def twice():
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode='w:xz') as tar:
            for _ in range(2):
                member = tarfile.TarInfo('x/y.bin')
                member.size = len(ready())
                tar.addfile(member, io.BytesIO(ready()))
        return data.getvalue()
    deliver({'blob.tar.xz': twice()}, 'tar -xJf blob.tar.xz && base64 x/y.bin | tr a b > "$OUT/app"')
    assert refused() == [('blob.tar.xz', ['release/app'])]
    with open('record.json') as f:
        [found] = json.load(f)['trace']['prebuilt']
    assert (found['format'], found['use'], found['size']) == ('archive, not looked into', 'read', len(twice())), found
    assert found['sha256'] == hashlib.sha256(twice()).hexdigest(), found
    assert refused('blob.tar.xz') == [('blob.tar.xz', ['release/app'])]
    deliver({'blob.tar.xz': twice(), 'm.c': 'int main(void) { return 0; }\n'}, 'gcc -o "$OUT/app" m.c')
    assert refused() == [], 'nobody opened it'


@case('what is packed is known by its bytes, and so is what was compressed by itself')
def _(_dir):
    for name, data, way, member in (('good.xz', lzma.compress(ready()), 'xz -dc good.xz', 'good'), ('good.gz', gzip.compress(ready()), 'gzip -dc good.gz', 'good'),
                                    ('good.dat', bz2.compress(ready()), 'bzip2 -dc < good.dat', 'good.dat'), ('fixture.dat', packed({'x/y.bin': ready()}), 'tar -xJOf fixture.dat', 'x/y.bin'),
                                    ('twice.gz.gz', gzip.compress(gzip.compress(ready())), 'gzip -dc twice.gz.gz | gzip -dc', 'twice')):
        deliver({name: data}, f'{way} > "$OUT/app"')
        assert refused() == [(f'{name}!/{member}', ['release/app'])], name
    deliver({'good.gz': gzip.compress(ready())[:-9] + b'12345678', 'm.c': ''}, 'gzip -dc good.gz > "$OUT/app" 2> log || true')
    assert [path for path, _ in refused()] == ['good.gz'], 'what cannot be decoded may be anything'


# Ways that no trace sees: the environment of a program, names of links and folders.
HIDDEN = ['X=$(base64 -w0 {0}); export X; exec sh -c \'printf %s "$X" | base64 -d > out/app\'',
          'mkdir l; i=1000; base64 -w 3000 {0} | while read w; do ln -s "$w" l/$i; i=$((i+1)); done; for f in l/*; do readlink $f; done | base64 -d > out/app; rm -r l']


@case('what a delivered file is, byte for byte, is named whatever way it took')
def _(_dir):
    copied = os.path.realpath(READY)
    for way in HIDDEN:
        deliver({'m.c': ''}, way.format(copied))
        assert refused() == [(copied, ['release/app'])], way
        deliver({'m.c': '', 'y.bin': ready()}, way.format('y.bin'))
        assert refused() == [('y.bin', ['release/app'])], way
    deliver({'m.c': '', 'p.txt': base64.encodebytes(ready())}, 'X=$(cat p.txt); export X; exec sh -c \'printf %s "$X" | base64 -d > out/app\'')
    assert refused() == [('p.txt', ['release/app'])]


@case('binary data of the drop is named where it is delivered as it is, or as a member; pictures and text are not, nor what is in no delivered file')
def _(_dir):
    data = random.Random(5).randbytes(3000)
    drop({'fw.bin': data, 'logo.png': b'\x89PNG\r\n\x1a\n' + data, 'other.bin': data[::-1], 'fw.txt': data.hex(), 'm.c': 'int main(void) { return 0; }\n'},
         ['mkdir -p p && cp fw.bin other.bin p/ && rm p/other.bin && cp fw.txt logo.png p/ && gcc -o p/app m.c && tar --sort=name --mtime=@0 -cJf "$OUT/app" p && cp fw.bin fw.txt "$OUT/"'],
         [('release/app', 'out/app'), ('release/fw.bin', 'out/fw.bin'), ('release/fw.txt', 'out/fw.txt')])
    assert refused() == [('fw.bin', ['release/app', 'release/fw.bin'])]
    with open('record.json') as f:
        [found] = json.load(f)['trace']['prebuilt']
    assert found['format'] == 'binary data' and [p['inside'] for p in found['reaches'][0]['places']] == ['payload > p/fw.bin'], found


@case('a binary that stands in the manifest is found in a step and in a variable')
def _(_dir):
    text = base64.b64encode(ready()).decode()
    deliver({'m.c': ''}, f'base64 -d > out/app <<EOF\n{text}\nEOF')
    assert refused() == [('build.steps[0]', ['release/app'])]
    deliver({'m.c': ''}, 'true', f'printf %s {text} | base64 -d > out/app')
    assert refused() == [('build.steps[1]', ['release/app'])]
    deliver({'m.c': ''}, 'printf %s "$BLOB" | base64 -d > out/app')
    with open('drop.yaml') as f:
        manifest = f.read()
    with open('drop.yaml', 'w') as f:
        f.write(manifest.replace('  steps:', f'  env: {{BLOB: {text}}}\n  steps:'))
    shutil.copy(READY, 'release/app')
    assert refused() == [('build.env.BLOB', ['release/app'])]


@case('compiled things of every kind that the formats know are ready-made')
def _(_dir):
    code = compile('x = 1\n', 'x.py', 'exec')
    kinds = {'x.pyc': (importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code), 'Python bytecode'), 'x.bc': (b'BC\xc0\xde' + bytes(60), 'LLVM bitcode'),
             'x.wasm': (b'\0asm\1\0\0\0', 'WebAssembly'), 'x.class': (b'\xca\xfe\xba\xbe\0\0\0\x34' + bytes(60), 'Java class'),
             'x.macho': (b'\xfe\xed\xfa\xce' + bytes(60), 'Mach-O')}
    drop({'m.c': 'int main(void) { return 0; }\n', **{name: data for name, (data, _) in kinds.items()}}, ['gcc -o "$OUT/app" m.c'], [('release/app', 'out/app')])
    assert {p['path']: p['format'] for p in verify()['trace']['prebuilt']} == {name: kind for name, (_, kind) in kinds.items()}


@case('every program that makes programs is named with its digest and version')
def _(_dir):
    drop({'a.c': 'int a;\n', 'm.c': 'int main(void) { return 0; }\n'}, ['gcc -c a.c && ar rc lib.a a.o && gcc -o "$OUT/a" m.c lib.a'], [('release/a', 'out/a')])
    programs = {os.path.basename(p['path']): p for p in verify()['trace']['programs']}
    for name, trade in (('x86_64-linux-gnu-gcc-12', 'compiler'), ('cc1', 'compiler'), ('x86_64-linux-gnu-as', 'assembler'), ('x86_64-linux-gnu-ld.bfd', 'linker'),
                        ('x86_64-linux-gnu-ar', 'archiver')):
        program = programs[name]
        assert program['trade'] == trade and program['sha256'] == sha256(program['path']) and program['version'], program


@case('the same inputs give the same trace, record and input manifests')
def _(_dir):
    files = {f's{i}.c': f'int f{i}(void) {{ return {i}; }}\n' for i in range(8)}
    files['m.c'] = 'int main(void) { return 0; }\n'
    files['Makefile'] = '$(OUT)/app: m.o $(foreach i,0 1 2 3 4 5 6 7,s$(i).o)\n\tgcc -o $@ $^\n'
    drop(files, ['make -j4'], [('release/app', 'out/app')])
    for name, jobs in (('one', '1'), ('two', '2')):
        verify('-j', jobs, '-o', f'trace={name}.trace', '--input-manifests', name)
        os.replace('record.json', f'{name}.record')
    for ending in ('.trace', '.record', '/targets'):
        with open('one' + ending, 'rb') as a, open('two' + ending, 'rb') as b:
            assert a.read() == b.read(), ending


@case('input manifests are those of OmniBOR, with the ids of git')
def _(_dir):
    need('git')
    drop({'m.c': '#include "x.h"\nint main(void) { return X; }\n', 'x.h': '#define X 1\n'}, ['gcc -o "$OUT/app" m.c'], [('release/app', 'out/app')])
    record = verify('--input-manifests', 'omnibor')
    subprocess.run(['git', 'init', '-q', '--object-format=sha256', 'repository'], check=True)

    def gitoid(path):
        return run('git', '-C', 'repository', 'hash-object', os.path.abspath(path), code=0).out.strip()
    with open('omnibor/targets') as f:
        [[target, manifest]] = [line.split() for line in f]
    path = f'omnibor/manifests/gitoid_blob_sha256/{manifest[:2]}/{manifest[2:]}'
    with open(path) as f:
        head, *ids = f.read().splitlines()
    with tarfile.open('src.tar.xz') as archive:
        archive.extractall('.')
    paths = [p if p.startswith('/') else f'acme/{p}' for p in made_of(record, 'release/app')]
    assert head == 'gitoid:blob:sha256' and target == gitoid('release/app') and manifest == gitoid(path)
    wanted = {gitoid(p): p for p in paths if not p.startswith("/dev/")}
    assert gitoid("acme/x.h") in ids, ids
    assert ids == sorted(wanted), [wanted.get(i, i) for i in set(ids) ^ set(wanted)]


@case('the trace document stays with the run, and one that was changed is refused')
def _(_dir):
    drop({'m.c': 'int main(void) { return 0; }\n'}, ['gcc -o "$OUT/app" m.c'], [('release/app', 'out/app')])
    verify('-o', 'trace=trace.json')
    [place] = glob.glob('../home/state/samebuild/runs/*/trace.json')
    folder = os.path.dirname(place)
    sb('report', folder, '-o', 'trace=again.json', code=0)
    with open('trace.json', 'rb') as a, open('again.json', 'rb') as b:
        text = a.read()
        assert text == b.read()
    with open('record.json') as f:
        assert json.load(f)['trace']['graph']['document'] == hashlib.sha256(text).hexdigest()
    with open(place, 'ab') as f:
        f.write(b' ')
    assert 'run-damaged' in sb('report', folder, '-o', 'trace=again.json', code=6).err
    os.unlink(place)
    assert 'trace-absent' in sb('report', folder, '-o', 'trace=again.json', code=5).err
    sb('report', folder, '-o', 'text=-', code=0)


@case('a statement names the programs and what opaque inputs reach')
def _(_dir):
    drop({'m.c': 'int blob(int); int main(void) { return blob(5); }\n', 'blob.o': blob_object()}, ['gcc -o "$OUT/app" m.c blob.o'], [('release/app', 'out/app')])
    with open('pass', 'w') as f:
        f.write('word\n')
    for words in (['key', 'new', 'key'], ['verify', 'drop.yaml', '--sign', 'key', '--attestation', 'statement', '--verifier', 'https://lab.example/']):
        with open('pass') as f:
            sb(*words, '--passphrase-fd', '0', stdin=f.read(), code=0)
    predicate = sb('attest', 'show', 'statement', '--json', code=0).json()['payload']['predicate']
    assert [(o['path'], o['reaches']) for o in predicate['opaque']] == [('blob.o', ['release/app'])], predicate['opaque']
    assert {'cc1', 'x86_64-linux-gnu-ld.bfd'} <= {p['name'] for p in predicate['toolchain']['programs']}, predicate['toolchain']
    [place] = glob.glob('../home/state/samebuild/runs/*')
    words = ('attest', 'sign', os.path.basename(place), '--key', 'key', '--attestation', 'again', '--also', 'provenance', '--passphrase-fd', '0')
    assert 'provenance-builder' in sb(*words, stdin='word\n', code=2).err and not os.path.exists('again')
    sb(*words, '--verifier', 'https://lab.example/', stdin='word\n', code=0)
    payload = sb('attest', 'show', 'again.provenance.jsonl', '--json', code=0).json()['payload']
    assert payload['predicateType'] == 'https://slsa.dev/provenance/v1' and payload['predicate']['runDetails']['builder']['id'] == 'https://lab.example/'
    dependencies = {d['name']: d['digest']['sha256'] for d in payload['predicate']['buildDefinition']['resolvedDependencies']}
    assert dependencies['blob.o'] == sha256('blob.o') and dependencies['src.tar.xz'] == sha256('src.tar.xz'), sorted(dependencies)
    assert payload['subject'][0]['digest']['sha256'] == sha256('made/out/app')


# Real sources, built by their own makefiles; the kernel's access times are the second opinion: 1 means that nobody read it.
PROJECTS = {'hostname': ['make'], 'tree': ['make tree'], 'lz4': ['make -C lib liblz4.a', 'make -C programs lz4']}
TIMES = r'''find . -type f -not -path './out/*' -printf '%A@ %P\n' > "$OUT/times"'''


def corpus(package):
    packages = {**corpus_inputs.EVERYDAY, **corpus_inputs.DRIFT}
    return corpus_inputs.Corpus('corpus' if package in corpus_inputs.EVERYDAY else 'drift', {package: packages[package]})


def unread_of(package):
    need('dpkg-source')
    dsc = glob.glob(os.path.join(corpus(package).fetch(package), '*.dsc'))[0]
    run('dpkg-source', '-x', dsc, 'tree', code=0)
    files = {}
    for folder, _, names in os.walk('tree'):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, 'rb') as f:
                    files[os.path.relpath(path, 'tree')] = f.read()
    drop(files, PROJECTS[package] + [TIMES], [('release/times', 'out/times')], control=', clock: real, file-times: real')
    record = verify('-o', 'hygiene=hygiene.md', code=None)
    shutil.rmtree('made')
    sb('rebuild', 'drop.yaml', '-O', 'made', code=0)
    with open('made/out/times') as f:
        times = dict(reversed(line.rstrip('\n').split(' ', 1)) for line in f)
    return record['trace']['sources'], sorted(path for path in files if float(times[path]) == 1), len(files)


def expect_unread(package):
    sources, unread, count = unread_of(package)
    packed = [path for path in sources['unread'] if '!/' in path]  # of which the kernel keeps no times
    told = [path for path in sources['unread'] if path not in packed]
    assert sources['files'] == count + len(packed) and told == unread, (told, unread)
    assert 0 < len(unread) < count, 'nothing was learnt'


for _name in PROJECTS:
    case(f'{_name}: the sources that nobody read, exactly')(lambda _dir, name=_name: expect_unread(name))

main()
