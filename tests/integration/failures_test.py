#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Machines and callers that fail: full disks, places that cannot be written, signals, closed and broken streams, missing namespaces.
Each ends with one sentence, a hint and its exit code, the JSON document says the same, and nothing half-written stays."""
import json
import os
import re
import signal
import stat
import subprocess
import time

import drops
from sbtest import PROGRAM, case, main, ordinary, own, run, sb, start

IN_SMALL = 'mount -t tmpfs -o size={size},mode=0777 none small && '


def place(variable):
    return run('bash', '-c', f'echo "${variable}"', code=0).out.strip()


def in_small(size, script, **options):
    """A script with a small file system at ./small, in a mount namespace of its own; $0 is samebuild."""
    os.makedirs('small', exist_ok=True)
    own()
    return run('unshare', '-Urm', 'bash', '-c', IN_SMALL.format(size=size) + script, PROGRAM, **options)


def told(result, code, identity):
    """Exit code, sentence and hint; of a JSON document the same."""
    assert result.code == code, result
    assert f'error[{identity}]: ' in result.err and '  hint: ' in result.err and f'explain {identity}' in result.err, result
    if result.out.startswith('{'):
        document = result.json()
        assert document['schema'] == 'samebuild-error/1' and document['exit'] == code, document
        assert document['errors'][0]['id'] == identity and document['errors'][0]['hint'] and document['errors'][0]['message'], document
    assert '"level"' not in result.out, result


def temporaries(*folders):
    found = []
    for folder in folders:
        for top, _, names in os.walk(folder):
            found += [os.path.join(top, name) for name in names if name.startswith('.tmp')]
    return found


def nothing_left():
    """No temporary anywhere, no run, and a store with whole objects only."""
    left = temporaries('.', place('HOME'), place('TMPDIR')) + os.listdir(place('TMPDIR'))
    assert not left, left
    if os.path.isdir(place('XDG_DATA_HOME') + '/samebuild/store'):
        report = sb('store', 'check', '--json', code=0).json()
        assert report['damaged'] == 0 and report['strays'] == 0, report


def runs():
    folder = place('XDG_STATE_HOME') + '/samebuild/runs'
    return os.listdir(folder) if os.path.isdir(folder) else []


def key(name='k'):
    run('bash', '-c', f'{PROGRAM} key new {name} --passphrase-fd 3 3<<<secret', code=0)


# ---- every verb as JSON

@case('every verb prints one JSON document, when it succeeds and when it fails')
def _(_dir):
    drops.acme(sb)
    open('a', 'w').write('a')
    key()
    run('bash', '-c', f'{PROGRAM} verify drop.yaml --sign k --attestation st --passphrase-fd 3 3<<<secret', code=0)
    (identity,) = runs()
    ssh = sb('key', 'show', 'k.pub', '--json', code=0).json()['ssh']
    with open('p.json', 'w') as f:
        json.dump({'schema': 'samebuild-policy/1', 'resource': '*', 'keys': [{'party': 'lab', 'role': 'rebuilder', 'key': ssh}],
                   'artifacts': [{'files': '*', 'level': 'identical'}]}, f)
    os.makedirs('tree')
    drops.tarball('tree/x-1.0.tar.xz', {'x-1.0/Makefile': 'all:\n'})
    good = {
        'init': ('init', 'tree'), 'check': ('check', 'drop.yaml'), 'verify': ('verify', 'drop.yaml'), 'rebuild': ('rebuild', 'drop.yaml', '-O', 'again'),
        'compare': ('compare', 'a', 'a'), 'report': ('report', identity), 'attest verify': ('attest', 'verify', 'st', '--key', 'k.pub', '--artifact', 'release/prog'),
        'attest show': ('attest', 'show', 'st'), 'key show': ('key', 'show', 'k.pub'), 'key export': ('key', 'export', 'k.pub'),
        'policy check': ('policy', 'check', 'p.json'), 'gate': ('gate', '--policy', 'p.json', '--attestations', 'st', '--artifact', 'release/prog'),
        'store check': ('store', 'check'), 'doctor': ('doctor',), 'explain': ('explain', 'exit-codes'), 'help': ('help',), 'version': ('version',),
    }
    for verb, words in good.items():
        result = sb(*words, '--json', code=0)
        document = json.loads(result.out)
        assert document['schema'].startswith('samebuild-') and result.out.count('\n') == 1, (verb, result)
    for words in (('attest', 'sign', identity, '--key', 'k', '--attestation', 'st2'), ('key', 'new', 'another')):
        result = run('bash', '-c', f'exec "$0" "$@" --json --passphrase-fd 3 3<<<secret', PROGRAM, *words, code=0)
        assert result.json()['schema'].startswith('samebuild-'), result
    bad = {
        'init': ('init', 'absent'), 'check': ('check', 'absent'), 'verify': ('verify', 'absent'), 'rebuild': ('rebuild', 'absent', '-O', 'x'),
        'shell': ('shell', 'absent'), 'compare': ('compare', 'a', 'absent'), 'report': ('report', 'absent'), 'attest sign': ('attest', 'sign', 'absent', '--key', 'k'),
        'attest verify': ('attest', 'verify', 'absent', '--key', 'k.pub', '--artifact', 'a'), 'attest show': ('attest', 'show', 'absent'),
        'key new': ('key', 'new', 'absent/k'), 'key show': ('key', 'show', 'absent'), 'key export': ('key', 'export', 'absent'),
        'policy check': ('policy', 'check', 'absent'), 'gate': ('gate', '--policy', 'absent', '--attestations', 'st', '--artifact', 'a'),
        'store check': ('store', 'check', '--store', 'a'), 'toolchain debian': ('toolchain', 'debian', '-O', 'x', '--build-deps', 'absent'),
        'explain': ('explain', 'absent'), 'help': ('help', 'absent'), 'doctor': ('doctor', 'extra'), 'version': ('version', 'extra'),
        'attest bundle': ('attest', 'bundle', 'absent', '--out', 'x'), 'attest convert': ('attest', 'convert', 'absent', '--to', 'bundle'),
        'attest summary': ('attest', 'summary', 'absent', '--key', 'k.pub', '--verifier', 'https://lab.example/', '--artifact', 'a'),
        'key import': ('key', 'import', 'absent', 'x'), 'policy explain': ('policy', 'explain', 'absent'),
        'policy sign': ('policy', 'sign', 'absent', '--key', 'k', '--out', 'x'),
        'trust init': ('trust', 'init', 'acme', 'absent', '--sha256', '00' * 32), 'trust show': ('trust', 'show', 'absent'),
        'trust sign': ('trust', 'sign', 'absent', '--key', 'k', '--out', 'x'), 'trust update': ('trust', 'update', 'acme', 'absent'),
        'trust rotate': ('trust', 'rotate', 'absent', '--out', 'x'), 'trust revoke': ('trust', 'revoke', 'absent', '--key', 'k.pub', '--out', 'x'),
        'log init': ('log', 'init', 'absent'), 'log append': ('log', 'append', 'absent', 'st'), 'log prove': ('log', 'prove', 'absent', 'st'),
        'log verify': ('log', 'verify', 'absent'), 'log witness': ('log', 'witness', 'absent'),
    }
    listed = re.search(r'verbs:\n(.*?)\n\n', sb('--help', code=0).out, re.S).group(1)
    verbs = {m.group(1).strip() for m in re.finditer(r'^  (\S+(?: \S+)?)  +\S', listed, re.M)}
    assert verbs == set(bad), verbs ^ set(bad)
    for verb, words in bad.items():
        result = sb(*words, '--json')
        assert result.code not in (0, 1, 70), (verb, result)
        told(result, result.code, result.json()['errors'][0]['id'])


@case('nothing that was asked for is dropped: two reports for one place, or one beside the document of --json, are refused')
def _(_dir):
    open('a', 'w').write('a')
    for words in (('-o', 'json=r', '-o', 'html=r'), ('-o', 'json=-', '-o', 'text=-'), ('--json', '-o', 'text=-'), ('--json', '-o', 'html=-')):
        result = sb('compare', 'a', 'a', *words, code=2)
        assert '[report-place]' in result.err and not os.path.exists('r'), result
    assert sb('compare', 'a', 'a', '--json', '-o', 'json=-', '-o', 'html=r', code=0).out == sb('compare', 'a', 'a', '--json', code=0).out
    for words in (('-o', 'sarif=r', '-o', 'junit=r'), ('--json', '-o', 'junit=-')):
        assert '[report-place]' in sb('gate', '--policy', 'absent', '--artifact', 'a', *words, code=2).err, words


@case('a report takes the place of no other one and of nothing that is read, by whatever name')
def _(_dir):
    os.makedirs('tree/below')
    for name in ('ship', 'built', 'tree/below/file', 'installed', 'facts.json'):
        open(name, 'w').write('{"schema":"samebuild-facts/1"}\n' if name == 'facts.json' else name)
    os.symlink('ship', 'link')
    os.link('built', 'other-name')
    os.symlink('tree', 'way')
    os.mkdir('empty')
    for words in (('ship', 'built', '-o', 'json=ship'), ('ship', 'built', '-o', 'json=./ship'), ('ship', 'built', '-o', 'json=link'), ('ship', 'built', '-o', 'html=other-name'),
                  ('link', 'built', '-o', 'json=ship'), ('tree', 'empty', '-o', 'json=tree/below/file'), ('tree', 'empty', '-o', 'json=way/below/file'),
                  ('ship', 'built', '--installed', 'installed', '-o', 'json=installed'), ('ship', 'built', '--facts', 'facts.json', '-o', 'json=facts.json'),
                  ('ship', 'built', '-o', 'json=r', '-o', 'text=./r'), ('ship', 'built', '-o', 'json=tree/r', '-o', 'text=way/r'), ('ship', 'built', '-o', 'json=r', '-o', f'text={os.getcwd()}/r')):
        result = sb('compare', *words, code=2)
        assert '[report-place]' in result.err and not os.path.exists('r') and not os.path.exists('tree/r'), (words, result)
    for name in ('ship', 'built', 'tree/below/file', 'installed'):
        assert open(name).read() == name
    sb('compare', 'ship', 'built', '-o', 'json=r', '-o', 'text=tree/r', '-o', 'html=/dev/null', '-o', 'markdown=/dev/./null', code=1)
    sb('compare', 'ship', 'built', '-o', 'json=r', '-o', 'text=tree/r', code=1)  # what an earlier run wrote may be replaced


@case('evidence without a statement is neither bundled nor converted, and a log that nobody asks for is not passed over')
def _(_dir):
    open('empty', 'w').close()
    open('lines', 'w').write('\n\n')
    os.mkdir('folder')
    for name in ('empty', 'lines', 'folder'):
        assert '[evidence-absent]' in sb('attest', 'bundle', 'b', '--attestations', name, code=6).err and not os.path.exists('b'), name
    for name in ('empty', 'lines'):
        assert '[evidence-absent]' in sb('attest', 'convert', name, '--to', 'bundle', code=6).err, name
    key()
    ssh = sb('key', 'show', 'k.pub', '--json', code=0).json()['ssh']
    with open('p.json', 'w') as f:
        json.dump({'schema': 'samebuild-policy/1', 'resource': '*', 'keys': [{'party': 'lab', 'role': 'rebuilder', 'key': ssh}],
                   'artifacts': [{'files': '*', 'level': 'identical'}]}, f)
    words = ('gate', '--policy', 'p.json', '--attestations', 'empty', '--artifact', 'lines')
    sb(*words, code=6)
    assert '[option-value]' in sb(*words, '--log', 'folder', code=2).err


@case('a limit of the shell on the size of files: exit 75, it is told, and nothing half-written', user=True)
def _(_dir):
    for name in 'ab':
        with open(name, 'w') as f:
            f.write(name * 99999)
    own()
    for limit, words, identity in ((10, ('-o', 'html=r'), 'report-unwritable'), (1, ('-o', 'json=r'), 'report-unwritable')):
        result = run('bash', '-c', f'ulimit -f {limit}; exec "$0" "$@"', PROGRAM, 'compare', 'a', 'b', *words)
        assert result.code == 75 and f'[{identity}]' in result.err and not os.path.exists('r'), result


@case('the same bytes for one thread and for two', user=True)
def _(_dir):
    drops.acme(sb)
    os.makedirs('release/more')
    steps = ['sh: make && make install DESTDIR="$OUT"', 'sh: mkdir out/more; for i in 1 2 3 4 5 6 7 8 9; do echo $i > out/more/$i; done']
    for n in range(1, 10):
        open(f'release/more/{n}', 'w').write(f'{n if n % 2 else "x"}\n')
    drops.manifest(steps=steps, extra='  - {shipped: release/more, built: out/more}')
    own()
    one, two = (sb('verify', 'drop.yaml', '--json', f'-j{jobs}', code=1).out for jobs in (1, 2))
    assert one == two and json.loads(one)['level'] == 'different'
    assert len(runs()) == 1  # the same result is the same run
    for jobs in (1, 2):
        for side, word in (('a', 'x'), ('b', 'y')):
            os.makedirs(f'{side}/d', exist_ok=True)
            for n in range(20):
                drops.tarball(f'{side}/d/{n}.tar.xz', {f'f{m}': f'{m}{word if n % 3 == 0 else ""}\n' * 20 for m in range(5)})
    own()
    one, two = (sb('compare', 'a', 'b', '--json', f'-j{jobs}', code=1).out for jobs in (1, 2))
    assert one == two


# ---- places

@case('results that cannot be written: exit 75, and the run is kept all the same', user=True)
def _(_dir):
    drops.acme(sb)
    os.makedirs('closed')
    own()
    for target in ('absent/r.json', 'drop.yaml/r.json', 'release', 'x' * 300):
        for words in (('compare', 'release/prog', 'release/prog'), ('verify', 'drop.yaml')):
            told(sb(*words, '-o', f'json={target}', '--json'), 75, 'report-unwritable')
    if ordinary():
        run('chmod', '555', 'closed', user=False, code=0)
        told(sb('compare', 'release/prog', 'release/prog', '-o', 'json=closed/r.json'), 75, 'report-unwritable')
    (identity,) = runs()
    assert sb('report', identity, '--json', code=0).json()['level'] == 'identical'
    assert os.path.isdir('release') and os.path.isfile('drop.yaml')
    nothing_left()


@case('a result goes into a device or a FIFO, and never in its place')
def _(_dir):
    open('a', 'w').write('a')
    if os.getuid() == 0:
        try:
            os.mknod('null', 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            sb('compare', 'a', 'a', '-o', 'json=null', code=0)
            assert stat.S_ISCHR(os.stat('null').st_mode)
            os.mknod('full', 0o666 | stat.S_IFCHR, os.makedev(1, 7))
            told(sb('compare', 'a', 'a', '-o', 'json=full'), 75, 'report-unwritable')
            assert stat.S_ISCHR(os.stat('full').st_mode)
        except PermissionError:
            pass  # no device files here: the FIFO says the same
    os.mkfifo('fifo')
    result = run('bash', '-c', 'cat fifo > read & "$0" compare a a -o json=fifo -q >/dev/null; code=$?; wait; exit $code', PROGRAM, code=0)
    assert stat.S_ISFIFO(os.stat('fifo').st_mode) and json.load(open('read'))['level'] == 'identical', result
    run('bash', '-c', '"$0" compare a a -o json=>(cat >substituted) >/dev/null && sleep 0.2', PROGRAM, code=0)
    open('real.json', 'w').close()
    os.symlink('real.json', 'link.json')
    sb('compare', 'a', 'a', '-o', 'json=link.json', code=0)
    assert os.path.islink('link.json') and json.load(open('real.json'))['level'] == 'identical'


@case('a store, a place for runs and a key that cannot be written', user=True)
def _(_dir):
    drops.acme(sb)
    open('file', 'w').close()
    os.makedirs('closed')
    own()
    told(sb('verify', 'drop.yaml', '--store', 'file/store', '--json'), 75, 'store-unwritable')
    told(sb('verify', 'drop.yaml', '--store', 'file', '--json'), 75, 'store-unwritable')
    told(sb('verify', 'drop.yaml', '--json', env={'XDG_STATE_HOME': os.path.abspath('file')}), 75, 'run-unwritable')
    if ordinary():
        run('chmod', '555', 'closed', user=False, code=0)
        told(sb('verify', 'drop.yaml', '--store', 'closed/store', '--json'), 75, 'store-unwritable')
        told(sb('verify', 'drop.yaml', '--json', env={'XDG_STATE_HOME': os.path.abspath('closed')}), 75, 'run-unwritable')
    told(run('bash', '-c', f'exec {PROGRAM} key new file/k --json --passphrase-fd 3 3<<<secret'), 75, 'key-unwritable')
    nothing_left()


@case('keys and manifests are never replaced')
def _(_dir):
    key()
    secret, public = open('k', 'rb').read(), open('k.pub', 'rb').read()
    again = ('bash', '-c', f'exec {PROGRAM} key new k --json --passphrase-fd 3 3<<<secret')
    told(run(*again), 2, 'key-exists')
    os.unlink('k')
    told(run(*again), 2, 'key-exists')
    assert not os.path.exists('k') and open('k.pub', 'rb').read() == public  # both files or none
    open('k', 'wb').write(secret)
    os.chmod('k', 0o600)
    assert temporaries('.') == []


@case('a key that cannot be used is told before the build, not after it', user=True)
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: echo the build began; false'])
    key()
    key('open')
    os.chmod('open', 0o644)
    own()
    for words, identity in ((('--sign', 'absent', '--passphrase-fd', '0'), 'key-unreadable'), (('--sign', 'open', '--passphrase-fd', '0'), 'key-exposed'),
                            (('--sign', 'k'), 'passphrase-needed'), (('--sign', '-', '--passphrase-fd', '0'), 'key-unreadable')):
        result = sb('verify', 'drop.yaml', *words, '--json')
        told(result, 2, identity)
        assert 'the build began' not in result.err, result


# ---- full disks: real ones

@case('a full disk under the store: exit 75, whole objects only', user=True)
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: head -c 3000000 /dev/urandom | od', 'sh: make install DESTDIR="$OUT"'])
    result = in_small('1m', '"$0" verify drop.yaml --store small/store --json; code=$?; "$0" store check --store small/store --json >check.json || exit 99; '
                      'find small -name ".tmp*" >left; exit $code')
    told(result, 75, 'store-full')
    report = json.load(open('check.json'))
    assert report['damaged'] == 0 and report['strays'] == 0 and open('left').read() == '', report
    assert runs() == []


@case('a full disk under the runs and under the statement: exit 75, nothing half-written', user=True)
def _(_dir):
    drops.acme(sb)
    key()
    fill = 'head -c 1000000 /dev/zero >small/fill 2>/dev/null; '
    result = in_small('64k', fill + 'XDG_STATE_HOME=$PWD/small "$0" verify drop.yaml --json; code=$?; find small -type f >left; exit $code')
    told(result, 75, 'run-unwritable')
    assert open('left').read().split() == ['small/fill']
    result = in_small('64k', fill + '"$0" verify drop.yaml --sign k --attestation small/st --json --passphrase-fd 3 3<<<secret; code=$?; '
                      'find small -type f >left; exit $code')
    told(result, 75, 'report-unwritable')
    assert open('left').read().split() == ['small/fill']
    assert len(runs()) == 1  # the run itself was kept, and can be signed elsewhere
    result = in_small('64k', fill + f'"$0" attest sign {runs()[0]} --key k --attestation small/st --json --passphrase-fd 3 3<<<secret; code=$?; '
                      'find small -type f >left; exit $code')
    told(result, 75, 'report-unwritable')
    assert open('left').read().split() == ['small/fill']


@case('a full disk for temporary files, keys, manifests and outputs', user=True)
def _(_dir):
    drops.acme(sb)
    fill = 'head -c 1000000 /dev/zero >small/fill 2>/dev/null; '
    told(in_small('64k', fill + '"$0" key new small/k --json --passphrase-fd 3 3<<<secret; code=$?; find small -type f >left; exit $code'), 75, 'key-unwritable')
    assert open('left').read().split() == ['small/fill']
    result = in_small('64k', fill + '"$0" rebuild drop.yaml -O small/out --json; code=$?; find small -type f >left; exit $code')
    told(result, 75, 'write-failed')
    assert [p for p in open('left').read().split() if '.tmp' in p] == []
    result = in_small('256k', 'mkdir small/d && cp src.tar.xz small/d && ' + fill + '"$0" init small/d --json; code=$?; find small -type f >left; exit $code')
    told(result, 75, 'write-failed')
    assert sorted(open('left').read().split()) == ['small/d/src.tar.xz', 'small/fill']


@case('a full disk for what is unpacked: exit 75, and no level', user=True)
def _(_dir):
    for side in 'ab':
        with open(side, 'wb') as f:
            f.write(side.encode() * 40_000_000)
        run('gzip', '-1kn', side, code=0)
    for names in ('a a', 'a b', 'a.gz b.gz'):
        told(in_small('1m', f'TMPDIR=$PWD/small "$0" compare {names} --json; code=$?; find small -type f >left; exit $code'), 75, 'spool-failed')
        assert open('left').read() == ''
    drops.tarball('src.tar.gz', {'acme-1.0/big': b'b' * 40_000_000}, 'w:gz')
    os.mkdir('release')
    open('release/prog', 'w').write('x')
    drops.manifest('src.tar.gz')
    told(in_small('1m', 'TMPDIR=$PWD/small "$0" check drop.yaml --json; code=$?; find small -type f >left; exit $code'), 75, 'spool-failed')


# ---- signals

def running(words):
    """Whether a process of the machine has these words as its command line, and started from this case."""
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as f:
                if f.read() == b''.join(word.encode() + b'\0' for word in words):
                    return True
        except OSError:
            continue
    return False


def wait_for(condition, seconds=60):
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, 'it did not come so far'
        time.sleep(0.02)


def stop(number, words, ready):
    """Start samebuild, send it the signal when it is ready, and give what came of it."""
    process = start(PROGRAM, *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(ready)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


@case('SIGINT and SIGTERM during the build: 130 and 143, nothing left', user=True)
def _(_dir):
    drops.acme(sb)
    key()
    for number, code, seconds in ((signal.SIGINT, 130, '71.5'), (signal.SIGTERM, 143, '72.5')):
        drops.manifest(steps=[f'sh: setsid sleep {seconds} & sleep {seconds}'])
        own()
        words = ('verify', 'drop.yaml', '--json', '-o', 'json=r.json', '-o', 'text=r.txt')
        found, out, err = stop(number, words, lambda: running(['sleep', seconds]))
        assert found == code and json.loads(out)['exit'] == code and '[interrupted]' in err and 'hint: ' in err, (found, out, err)
        assert not running(['sleep', seconds])
        assert not os.path.exists('r.json') and not os.path.exists('r.txt') and runs() == []
        nothing_left()


def children(of):
    """Process numbers of the children of @of."""
    found = []
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{name}/stat', encoding='latin-1') as f:
                parent = int(f.read().rsplit(')', 1)[1].split()[1])
        except OSError:
            continue
        found += [int(name)] if parent == of else []
    return found


def kill_parser(process):
    """Kill the first process that parses; False when there was none."""
    while process.poll() is None:
        for parser in (worker for nursery in children(process.pid) for worker in children(nursery)):
            try:
                os.kill(parser, signal.SIGKILL)
                return True
            except ProcessLookupError:
                continue
    return False


@case('the parser of a source is killed: exit 3, the archive is named, nothing is left', user=True)
def _(_dir):
    drops.tarball('src.tar.bz2', {'acme-1.0/data': os.urandom(4 << 20).hex()}, 'w:bz2')  # a second to decode
    os.mkdir('release')
    with open('release/prog', 'w') as f:
        f.write('x')
    drops.manifest(sources='src.tar.bz2', steps=['sh: true'])
    own()
    for words in (('check', 'drop.yaml'), ('verify', 'drop.yaml'), ('rebuild', 'drop.yaml', '-O', 'built')):
        process = start(PROGRAM, *words, '--json', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert kill_parser(process), process.communicate()
        out, err = (stream.decode() for stream in process.communicate(timeout=60))
        assert process.returncode == 3 and 'error[archive-parser-failed]' in err, (words, process.returncode, out, err)
        assert 'src.tar.bz2' in json.loads(out)['errors'][0]['where'][0], out
        assert not os.path.exists('built') and runs() == []
        nothing_left()


@case('an output that no step makes: exit 4, it is named, and what was made is there')
def _(_dir):
    drops.tarball('src.tar.xz', {'acme-1.0/data': 'x'})
    os.mkdir('release')
    for name in ('a', 'b'):
        with open(f'release/{name}', 'w') as f:
            f.write('x')
    drops.manifest(steps=['sh: cp data "$OUT/a"'], shipped='release/a', built='out/a', extra='  - {shipped: release/b, built: out/b}')
    result = sb('rebuild', 'drop.yaml', '-O', 'built', code=4)
    assert 'error[output-missing]' in result.err and 'out/b' in result.err, result.err
    assert os.path.exists('built/out/a') and not os.path.exists('built/out/b')


@case('a signal at any moment: its exit code, or a finished run, and never half of one')
def _(_dir):
    drops.acme(sb)
    for side, word in (('a', b'x'), ('b', b'y')):
        drops.tarball(f'{side}.tar', {f'd/{n}': word * 300_000 for n in range(60)}, 'w')
    for turn in range(14):
        words = ('compare', 'a.tar', 'b.tar') if turn % 2 else ('verify', 'drop.yaml')
        process = start(PROGRAM, *words, '--json', '-o', 'json=r.json', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(0.03 * turn)
        process.send_signal(signal.SIGINT if turn % 3 else signal.SIGTERM)
        out = process.communicate(timeout=60)[0].decode()
        if process.returncode < 0:  # before main was reached
            assert out == '' and not os.path.exists('r.json'), (turn, out)
        elif process.returncode in (130, 143):
            document = json.loads(out)
            assert document.get('exit', process.returncode) == process.returncode, document
        else:
            assert process.returncode == (1 if turn % 2 else 0), process.returncode
        if os.path.exists('r.json'):
            with open('r.json') as f:
                assert json.load(f)['level'] == ('different' if turn % 2 else 'identical')
            os.unlink('r.json')
        nothing_left()
        for identity in runs():
            names = os.listdir(f"{place('XDG_STATE_HOME')}/samebuild/runs/{identity}")
            assert 'record.json' not in names or sb('report', identity, '--json', code=0).json()['level'] == 'identical'


# ---- streams

@case('a stdout that is closed, full, or read by nobody is no success')
def _(_dir):
    drops.acme(sb)
    open('b', 'w').write('b')
    sh = lambda line: run('bash', '-c', line, PROGRAM)
    for redirect in ('>&-', '>/dev/full'):
        for words, code in (('compare release/prog release/prog', 75), ('compare release/prog b', 75), ('verify drop.yaml --json', 75), ('--help', 75), ('version', 75),
                            ('compare release/prog absent --json', 3)):
            result = sh(f'"$0" {words} {redirect}')
            assert result.code == code, (redirect, result)
            assert '[write-failed]' in result.err, result
    result = sh('"$0" explain exit-codes | true; "$0" explain exit-codes | (exec <&-; sleep 0.1); echo "${PIPESTATUS[0]}"')
    assert result.out.strip() in ('0', '75'), result  # what fits into the pipe was written
    write_much = 'mkdir l r; for i in $(seq 3000); do echo $i >l/file$i; done; '
    result = sh(write_much + '"$0" compare l r --json | true; echo "${PIPESTATUS[0]}"')
    assert result.out.strip() == '75' and '[write-failed]' in result.err, result


@case('streams that are closed at the start are not taken over by files that are opened later')
def _(_dir):
    drops.acme(sb)
    drops.manifest(steps=['sh: echo "a line of the build"; make install DESTDIR="$OUT"'])
    for closed in ('<&-', '2>&-', '<&- 2>&-', '>&- 2>&-', '<&- >&- 2>&-'):
        for words in ('verify drop.yaml -v -o json=r.json', 'compare release/prog release/prog -o json=r.json'):
            result = run('bash', '-c', f'"$0" {words} {closed}', PROGRAM)
            assert result.code == (75 if '>&-' in closed.replace('2>&-', '') else 0), (closed, result)
            with open('r.json') as f:
                assert json.load(f)['level'] == 'identical'
            os.unlink('r.json')
    nothing_left()


@case('without user namespaces: exit 5, the switch is named, and the document says the same', user=True)
def _(_dir):
    drops.acme(sb)
    own()
    script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$0" verify drop.yaml --json'
    result = run('unshare', '-Ur', 'bash', '-c', script, PROGRAM)
    told(result, 5, 'no-user-namespaces')
    assert 'max_user_namespaces' in result.err and runs() == [], result
    result = run('unshare', '-Ur', 'bash', '-c', script.replace('verify drop.yaml', 'doctor'), PROGRAM)
    assert result.code == 5, result
    result = run('unshare', '-Ur', 'bash', '-c', script.replace('verify drop.yaml', 'compare release/prog release/prog'), PROGRAM, code=0)  # needs none


@case('documents that are too large are refused before they are read')
def _(_dir):
    drops.acme(sb)
    with open('drop.yaml', 'a') as f:
        f.write('# ' + 'x' * 2_000_000 + '\n')
    told(sb('check', 'drop.yaml', '--json'), 3, 'drop-unreadable')
    with open('facts.json', 'w') as f:
        f.write('{' + ' ' * 2_000_000 + '}')
    told(sb('compare', 'src.tar.xz', 'src.tar.xz', '--facts', 'facts.json', '--json'), 2, 'facts-malformed')


main()
