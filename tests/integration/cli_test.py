#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verbs, streams, exit codes, and what every verb must do alike."""
import json
import os
import re
import signal
import struct
import time

import drops
from sbtest import PROGRAM, case, main, need, ordinary, own, run, sb, skip, start


def verbs():
    text = sb('--help', code=0).out
    listed = re.search(r'verbs:\n(.*?)\n\n', text, re.S).group(1)
    return [m.group(1).strip() for m in re.finditer(r'^  (\S+(?: \S+)?)  +\S', listed, re.M)]


@case('every verb has help, refuses an unknown option with 2, and says so as one JSON document')
def _(_dir):
    assert len(verbs()) >= 19, verbs()
    for verb in verbs():
        words = verb.split()
        assert 'usage: samebuild ' + verb in sb(*words, '--help', code=0).out, verb
        assert '[option-unknown]' in sb(*words, '--no-such-option', code=2).err, verb
        document = sb(*words, '--json', '--no-such-option', code=2).json()
        assert document['schema'] == 'samebuild-error/1' and document['exit'] == 2, document
        assert document['errors'][0]['id'] == 'option-unknown' and document['errors'][0]['hint'], document


@case('a mistyped verb or option is told with what was meant')
def _(_dir):
    assert 'verify' in sb('veriffy', code=2).err
    assert 'metadata' in sb('compare', '--metdata', 'a', 'b', code=2).err


@case('an honest delivery is identical, one changed byte is different and named, and both are signed and checked', user=True)
def _(_dir):
    drops.acme(sb)
    own()
    result = sb('verify', 'drop.yaml', code=0)
    assert 'identical' in result.out, result
    record = sb('verify', 'drop.yaml', '--json', code=0).json()
    assert record['schema'] == 'samebuild-result/1' and record['level'] == 'identical' and record['artifacts'][0]['level'] == 'identical'
    assert record['artifacts'][0]['shipped']['sha256'] == drops.sha256('release/prog')
    data = bytearray(open('release/prog', 'rb').read())
    offset = data.find(b'\x73')  # the letter that check() compares with, or whatever else is an 's'
    data[offset] ^= 1
    open('release/prog', 'wb').write(data)
    record = sb('verify', 'drop.yaml', '--json', code=1).json()
    assert record['level'] == 'different' and record['findings'], record
    assert record['findings'][0]['where'][0] == 'release/prog', record['findings'][0]
    assert sum(a['coverage']['residual'] for a in record['artifacts']) == 1


@case('sign, verify with the public key, and every way in which that must fail')
def _(_dir):
    drops.acme(sb)
    pass_fd = ('bash', '-c')
    run(*pass_fd, f'{PROGRAM} key new k --passphrase-fd 3 3<<<secret', code=0)
    run(*pass_fd, f'{PROGRAM} key new other --passphrase-fd 3 3<<<secret', code=0)
    assert os.stat('k').st_mode & 0o777 == 0o600
    run(*pass_fd, f'{PROGRAM} verify drop.yaml --sign k --attestation st --passphrase-fd 3 3<<<secret', code=0)
    check = ('attest', 'verify', 'st', '--key', 'k.pub', '--artifact', 'release/prog')
    assert 'verified' in sb(*check, code=0).out
    assert sb(*check, '--json', code=0).json()['good'] is True
    sb('attest', 'verify', 'st', '--key', 'other.pub', '--artifact', 'release/prog', code=6)
    sb('attest', 'verify', 'st', '--key', 'k.pub', '--artifact', 'src.tar.xz', code=6)
    sb(*check, '--resource', 'pkg:generic/other@1', code=6)
    sb(*check, '--level', 'identical', code=0)
    run(*pass_fd, f'{PROGRAM} verify drop.yaml --sign k --passphrase-fd 3 3<<<wrong', code=6)
    text = open('st').read()
    open('st', 'w').write(text.replace('"sig":"', '"sig":"AAAA', 1)[:-10])
    sb(*check, code=6)
    open('st', 'w').write('')
    sb(*check, code=6)
    assert sb('attest', 'show', 'st', code=6)
    open('st', 'w').write(text)
    assert sb('attest', 'show', 'st', code=0).out.startswith('UNVERIFIED')


@case('a negative result is signed too, and its good signature does not make it a pass')
def _(_dir):
    drops.acme(sb)
    with open('release/prog', 'ab') as f:
        f.write(b'overlay')
    run('bash', '-c', f'{PROGRAM} key new k --passphrase-fd 3 3<<<secret', code=0)
    run('bash', '-c', f'{PROGRAM} verify drop.yaml --sign k --attestation st --passphrase-fd 3 3<<<secret', code=1)
    result = sb('attest', 'verify', 'st', '--key', 'k.pub', '--artifact', 'release/prog', code=1)
    assert 'different' in result.out, result


def refused(code, identity, *words, **options):
    """One sentence with the id, a hint, and the exit code; with --json the same id."""
    result = sb(*words, code=code, **options)
    assert f'[{identity}]' in result.err and 'hint: ' in result.err, result
    document = sb(*words, '--json', code=code, **options).json()
    assert document['errors'][0]['id'] == identity, document
    return result


@case('bad input: each a sentence with a hint and the right exit code', user=True)
def _(_dir):
    drops.acme(sb)
    own()
    refused(3, 'drop-unreadable', 'verify', 'absent.yaml')
    refused(3, 'file-unreadable', 'compare', 'absent', 'release/prog')
    refused(2, 'not-comparable', 'compare', 'release', 'release/prog')
    good = open('drop.yaml').read()
    open('drop.yaml', 'w').write(good.replace('strip: 1', 'stripp: 1'))
    assert 'did you mean strip' in refused(2, 'unknown-key', 'check', 'drop.yaml').err
    open('drop.yaml', 'w').write(good.replace(drops.sha256('src.tar.xz'), '0' * 64))
    refused(3, 'digest-mismatch', 'check', 'drop.yaml')
    open('drop.yaml', 'w').write(good.replace('release/prog', 'release/absent'))
    refused(3, 'drop-missing-file', 'check', 'drop.yaml')
    open('drop.yaml', 'w').write(good.replace('path: src.tar.xz', 'path: ../src.tar.xz'))
    refused(2, 'path-escapes', 'check', 'drop.yaml')
    open('drop.yaml', 'w').write(good)
    open('release/unlisted', 'w').write('x')
    refused(2, 'drop-unmatched-shipped', 'check', 'drop.yaml')
    os.unlink('release/unlisted')
    open('empty.tar.xz', 'w').close()
    drops.manifest(sources='empty.tar.xz')
    refused(3, 'archive-empty', 'check', 'drop.yaml')


@case('several mistakes of a manifest are told at once, with line and column')
def _(_dir):
    drops.acme(sb)
    text = open('drop.yaml').read().replace('jobs: 2', 'jobz: 2').replace('name: acme', 'names: acme').replace('epoch: 1700000000', 'epoch: soon')
    open('drop.yaml', 'w').write(text)
    document = sb('check', 'drop.yaml', '--json', code=2).json()
    assert len(document['errors']) >= 3 and all(e['line'] for e in document['errors'] if e['id'] == 'unknown-key'), document


@case('a failing step ends with 4, its log and the hint for a shell')
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: echo "about to fail"; false'])
    result = sb('verify', 'drop.yaml', code=4)
    assert 'about to fail' in result.err and 'samebuild shell' in result.err, result


@case('a build that runs too long is ended, and the limit is named')
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: sleep 60 & setsid sleep 60 & sleep 60'], limits='{wall: 1s}')
    begun = time.time()
    result = sb('verify', 'drop.yaml', code=4)
    assert 'wall' in result.err and time.time() - begun < 10, result


@case('a full disk inside the build is named')
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: head -c 64000000 /dev/zero > big'], limits='{disk: 16M}')
    assert 'disk' in sb('verify', 'drop.yaml', code=4).err


@case('Ctrl-C ends the build and leaves nothing', user=True)
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: sleep 60'])
    own()
    process = start(PROGRAM, 'verify', 'drop.yaml')
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert not [name for name in os.listdir('.') if name.startswith('.tmp')]


@case('killing samebuild itself ends the build')
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: setsid sleep 61 & sleep 61'])
    process = start(PROGRAM, 'verify', 'drop.yaml')
    time.sleep(1.5)
    process.kill()
    process.wait(10)
    time.sleep(0.5)
    left = [p for p in os.listdir('/proc') if p.isdigit() and b'sleep\x0061' in _cmdline(p)]
    assert not left, left


def _cmdline(pid):
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as f:
            return f.read()
    except OSError:
        return b''


@case('an unwritable store and a store that others may change')
def _(_dir):
    drops.acme(sb)
    open('file', 'w').close()
    refused(75, 'store-unwritable', 'verify', 'drop.yaml', '--store', 'file/store')
    os.mkdir('open')
    os.chmod('open', 0o777)
    refused(2, 'store-unsafe', 'verify', 'drop.yaml', '--store', 'open')


@case('a full disk for the results: exit 75, nothing half-written')
def _(_dir):
    if ordinary():
        skip('needs root for a small tmpfs')
    drops.acme(sb)
    os.mkdir('small')
    script = (f'mount -t tmpfs -o size=64k none small && head -c 100000 /dev/zero 2>/dev/null > small/fill; {PROGRAM} verify -q drop.yaml -o json=small/result.json; '
              'code=$?; ls -A small; exit $code')
    result = run('unshare', '-m', 'bash', '-c', script, code=75)
    assert result.out.split()[-1] == 'fill', result


@case('without user namespaces the build is refused and the switch is named')
def _(_dir):
    if ordinary():
        skip('needs root to forbid user namespaces in a child')
    drops.acme(sb)
    own('.')
    script = f'echo 0 > /proc/sys/user/max_user_namespaces; exec {PROGRAM} verify drop.yaml'
    result = run('unshare', '-Ur', 'bash', '-c', script, code=5)
    assert '[no-user-namespaces]' in result.err and 'max_user_namespaces' in result.err, result


@case('compare gives the same bytes for one thread and for two')
def _(_dir):
    drops.tarball('a.tar.xz', {f'd/{n}': f'file {n}\n' * 50 for n in range(40)})
    drops.tarball('b.tar.xz', {f'd/{n}': f'file {n}\n' * (50 + n % 2) for n in range(40)})
    one, two = (sb('compare', 'a.tar.xz', 'b.tar.xz', '--json', '-j', str(jobs), code=1).out for jobs in (1, 2))
    assert one == two and json.loads(one)['level'] == 'different'


@case('two directories: equal files are summed up, missing, extra, mode and link differences are each told', user=True)
def _(_dir):
    for side in 'ab':
        os.makedirs(f'{side}/sub')
        for name in ('same', 'sub/same2'):
            open(f'{side}/{name}', 'w').write(name)
        open(f'{side}/mode', 'w').write('m')
        os.symlink('same', f'{side}/link')
    own()
    record = sb('compare', 'a', 'b', '--json', code=0).json()
    assert record['level'] == 'identical' and record['equal']['files'] == 4 and record['artifacts'] == [], record
    os.chmod('b/mode', 0o4755)
    os.unlink('b/link')
    os.symlink('sub', 'b/link')
    open('a/missing', 'w').close()
    open('b/extra', 'w').close()
    record = sb('compare', 'a', 'b', '--json', code=1).json()
    kinds = {f['where'][0]: (f['kind'], f['cause']) for f in record['findings']}
    assert kinds['mode'] == ('mode', 'permissions') and kinds['link'][0] == 'link', kinds
    assert kinds['missing'][1] == 'missing' and kinds['extra'][1] == 'extra', kinds


@case('two directories with --metadata: owners, times and extended attributes are each told, and none of them without it', user=True)
def _(_dir):
    for side in ('a', 'b'):
        os.mkdir(side)
        for name in ('attribute', 'capability', 'folder', 'owner', 'same', 'time', 'value'):
            os.mkdir(f'{side}/{name}') if name == 'folder' else open(f'{side}/{name}', 'w').close()
            os.utime(f'{side}/{name}', (1700000000, 1700000000))
    told = {'attribute': 'attributes', 'folder': 'attributes', 'time': 'time', 'value': 'attributes'}
    try:
        os.setxattr('a/attribute', 'user.one', b'1')
        os.setxattr('a/folder', 'user.one', b'1')
        for side in ('a', 'b'):
            os.setxattr(f'{side}/value', 'user.one', side.encode())
            os.setxattr(f'{side}/same', 'user.one', b'1')
    except OSError as why:
        skip(f'no extended attributes in a temporary folder: {why}')
    os.utime('a/time', (1700000001, 1700000001))
    own()
    if not ordinary():
        os.chown('a/owner', 7, 7)
        os.setxattr('a/capability', 'security.capability', struct.pack('<5I', 0x02000001, 1 << 21, 0, 0, 0))
        told.update(owner='owner', capability='attributes')
    sb('compare', 'a', 'b', code=0)
    record = sb('compare', 'a', 'b', '--metadata', '--json', code=1).json()
    assert {f['artifact']: f['kind'] for f in record['findings']} == told, record['findings']
    assert len(record['findings']) == len(told) and all(f['primary'] for f in record['findings'])


@case('foreign names are escaped before anybody sees them')
def _(_dir):
    drops.tarball('a.tar', {'d/\x1b[31mred\n': 'x', 'd/\u202eevil': 'y'}, 'w')
    drops.tarball('b.tar', {'d/\x1b[31mred\n': 'z', 'd/\u202eevil': 'w'}, 'w')
    result = sb('compare', 'a.tar', 'b.tar', code=1)
    assert '\x1b' not in result.out + result.err and '\u202e' not in result.out + result.err, result
    record = sb('compare', 'a.tar', 'b.tar', '--json', code=1).out
    assert '\\\\x1b[31mred' in record, record


@case('-o writes what --json prints, and report renders it again')
def _(_dir):
    drops.acme(sb)
    result = sb('verify', 'drop.yaml', '-o', 'json=r.json', '-o', 'text=r.txt', code=0)
    identity = re.search(r'run +([0-9a-f]{8})', result.out).group(1)
    assert sb('report', identity, '--json', code=0).out == open('r.json').read()
    assert 'identical' in open('r.txt').read()
    assert '[report-format]' in sb('report', identity, '-o', 'pdf=x', code=2).err
    assert '[run-unknown]' in sb('report', 'ffffffff', code=2).err


@case('explain has a page for every id that an error can show, and for the exit codes')
def _(_dir):
    assert '130' in sb('explain', 'exit-codes', code=0).out
    assert 'Exit code 3' in sb('explain', 'archive-escape', code=0).out
    assert 'did you mean archive-escape' in sb('explain', 'archive-escap', code=2).err


@case('init writes a manifest that works for a Make project once its outputs are filled in')
def _(_dir):
    drops.tarball('acme-1.0.tar.xz', {'acme-1.0/prog.c': drops.PROGRAM, 'acme-1.0/Makefile': drops.MAKEFILE})
    open('prog', 'w').write('x')
    sb('init', '.', '--shipped', 'prog', code=0)
    assert '[drop-todo]' in sb('check', 'drop.yaml', code=2).err
    text = open('drop.yaml').read().replace('TODO out/prog', 'out/usr/bin/prog')
    open('drop.yaml', 'w').write(text)
    sb('verify', 'drop.yaml', code=1)
    assert '[init-exists]' in sb('init', '.', code=2).err


@case('the source tree as mtree is read by bsdtar')
def _(_dir):
    need('bsdtar')
    drops.acme(sb)
    sb('check', 'drop.yaml', '--mtree', 'tree.mtree', code=0)
    listed = run('bsdtar', '-tf', 'tree.mtree', code=0).out
    assert './prog.c' in listed and './Makefile' in listed, listed


@case('a passphrase is taken whole or not at all')
def _(_dir):
    for number, (line, code) in enumerate(((b'secret', 0), (b's' * 1023, 0), (b's' * 1024, 2), (b's' * 5000, 2), (b's\0ecret', 2), (b'\0', 2))):
        with open('line', 'wb') as f:
            f.write(line + b'\nmore')
        result = run('bash', '-c', f'exec "$0" key new k{number} --passphrase-fd 3 3<line', PROGRAM, code=code)
        assert (code == 0) == os.path.exists(f'k{number}') and (code == 0 or 'passphrase-cut' in result.err), result


main()
