#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The environment from outside: doctor, shell, what forbids it, and that nothing of it remains."""
import ctypes
import glob
import json
import os
import pty
import select
import signal
import struct
import subprocess
import time

import drops
from sbtest import PROGRAM, case, main, need, ordinary, own, run, sb, start


def prepare(*steps, extra='', built='out', limits=''):
    drops.tarball('src.tar.xz', {'a/x': 'x\n'})
    os.makedirs('release', exist_ok=True)
    with open('release/x', 'w') as f:
        f.write('x\n')
    drops.manifest(steps=[f'sh: {json.dumps(step)}' for step in steps or ['cp x out/x']], shipped='release', built=built, limits=limits)
    if extra:
        text = open('drop.yaml').read()
        open('drop.yaml', 'w').write(text.replace('  control:', f'  {extra}\n  control:'))
    own()


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f'not within {seconds} s: {what}'
        time.sleep(0.02)


def output(*steps, **more):
    """What a build writes to out/said."""
    prepare(*steps, **more)
    sb('rebuild', 'drop.yaml', '-O', 'built', code=0)
    return open('built/out/said').read()


# ---- looking from outside ----

def groups():
    return set(glob.glob('/sys/fs/cgroup/**/samebuild-*', recursive=True))


def alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as f:
            return f.read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


def children(pid):
    found = []
    for task in glob.glob(f'/proc/{pid}/task/*/children'):
        try:
            for child in map(int, open(task).read().split()):
                found += [child] + children(child)
        except OSError:
            continue
    return found


def marked(mark):
    """Processes inside that sleep for the time that marks them."""
    found = []
    for path in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            if mark in open(path).read().split('\0'):
                found.append(int(path.split('/')[2]))
        except OSError:
            continue
    return found


# ---- doctor ----

@case('doctor tells of walls, limits and controls, the same ones as a build records', user=True)
def _(_dir):
    found = sb('doctor', '--json', code=0).json()
    assert found['fit'] and found['possible'] and not found['missing'], found
    prepare()
    recorded = sb('verify', 'drop.yaml', '--json', code=0).json()['environment']
    assert {w['name'] for w in found['walls']} == set(recorded['walls']), recorded['walls']
    for wall in found['walls']:
        assert wall['detail'] == recorded['walls'][wall['name']], wall
        assert wall['present'] or (wall['detail'].startswith('off') and wall['mend']), wall
    kind = recorded['limits']['kind']
    for name in ('memory', 'processes'):
        limit = next(row for row in found['limits'] if row['name'] == name)
        assert limit['present'] == kind.startswith('cgroup') and limit['detail'].startswith(kind), limit
    assert {'clock', 'seed', 'kernel', 'aslr', 'cpuid'} <= {row['name'] for row in found['controls']}
    assert found['parsers']['seccomp'] == 'on' and found['parsers'] == recorded['parsers'], found['parsers']
    text = sb('doctor', code=0).out
    assert all(name in text for name in found['parsers']), text
    assert all(row['name'] in text for part in ('walls', 'limits', 'controls') for row in found[part]), text


@case('doctor --policy: what is there passes, what is absent ends with 5, what does not exist is an error', user=True)
def _(_dir):
    head = 'schema: samebuild-environment-policy/1\n'
    policies = {'good.yaml': (head + 'walls: [seccomp, net-namespace]\nlimits: [disk]\n', 0), 'below.yaml': (head + 'controls: [rdtsc]\n', 5),
                'typo.yaml': (head + 'walls: [secomp]\n', 2), 'other.yaml': ('schema: x/1\nwalls: [seccomp]\n', 2), 'empty.yaml': (head, 2),
                'key.yaml': (head + 'wall: [seccomp]\n', 2), 'map.yaml': (head + 'walls: {a: b}\n', 2), 'wrong-list.yaml': (head + 'limits: [seccomp]\n', 2),
                'good.json': ('{"schema": "samebuild-environment-policy/1", "walls": ["seccomp"]}', 0)}
    for name, (text, _code) in policies.items():
        open(name, 'w').write(text)
    own()
    for name, (_text, code) in policies.items():
        result = sb('doctor', '--policy', name, code=code)
        if code == 5:
            assert 'the policy demands rdtsc' in result.out, result
            assert sb('doctor', '--policy', name, '--json', code=5).json()['missing'] == ['rdtsc']
    sb('doctor', '--policy', 'absent.yaml', code=3)


# ---- shell ----

class Terminal:
    """samebuild shell on a terminal of its own, as a person has it."""

    def __init__(self, *args):
        self.master, slave = pty.openpty()

        def session():
            os.setsid()
            import fcntl
            import termios
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            if ordinary():
                os.setgroups([])
                os.setresgid(54321, 54321, 54321)
                os.setresuid(54321, 54321, 54321)
        from sbtest import _State
        self.process = subprocess.Popen([PROGRAM, *args], stdin=slave, stdout=slave, stderr=slave, preexec_fn=session, env=_State.environment)
        os.close(slave)
        self.seen = ''

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self):
        ready, _, _ = select.select([self.master], [], [], 0.1)
        try:
            self.seen += os.read(self.master, 4096).decode(errors='replace') if ready else ''
        except OSError:
            pass

    def expect(self, text, seconds=60):
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f'{text!r} did not come: {self.seen[-2000:]!r}'
            self.read()
        self.seen = self.seen.split(text, 1)[1]

    def finish(self):
        end = time.monotonic() + 60
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < end, f'the shell did not end: {self.seen[-2000:]!r}'
        os.close(self.master)
        return self.process.returncode


@case('shell on a terminal: the folder of the step, job control, Ctrl-C, and its end', user=True)
def _(_dir):
    prepare('echo made > first', 'echo never > second; exit 1')
    shell = Terminal('shell', 'drop.yaml', '--step', '2')
    shell.expect('$ ')
    shell.type('echo "at $(pwd) $(cat first) $(ls second 2>&1 | wc -l) t$(tty | tr -d /)"\n')
    shell.expect('at /build/acme-1.0 made 1 t')
    shell.type('sleep 1000\n')
    time.sleep(0.5)
    shell.type('\x03')
    shell.type('echo sta"tus" $?\n')
    shell.expect('status 130')
    shell.type('sleep 1000 & jobs; kill %1; echo go"ne"\n')
    shell.expect('Running')
    shell.expect('gone')
    shell.type('exit 3\n')
    assert shell.finish() == 0


@case('shell cannot reach the terminal of the caller, and a SIGKILL of samebuild ends it', user=True)
def _(_dir):
    prepare()
    shell = Terminal('shell', 'drop.yaml')
    shell.expect('$ ')
    shell.type('(: < /dev/tty) 2>/dev/null || echo no"ne"\n')
    shell.expect('none')
    shell.type('sleep 1000\n')
    until(lambda: marked('1000'), 'the command is running')
    family = children(shell.process.pid)
    shell.process.kill()
    shell.process.wait()
    os.close(shell.master)
    until(lambda: not any(alive(pid) for pid in family), f'{family} are alive')


@case('shell with a script: no terminal of the caller comes inside', user=True)
def _(_dir):
    prepare('true', 'true')
    for held in (('stdout',), ('stderr',), ('stdout', 'stderr')):
        outer, inner = os.openpty()
        streams = {name: inner if name in held else subprocess.PIPE for name in ('stdout', 'stderr')}
        child = start(PROGRAM, 'shell', 'drop.yaml', stdin=subprocess.PIPE, **streams)
        child.stdin.close()
        os.close(inner)
        assert child.wait(timeout=60) == 2, held
        os.close(outer)


@case('shell with a script: its output, its status', user=True)
def _(_dir):
    prepare('true', 'true')
    assert '/build/acme-1.0' in sb('shell', 'drop.yaml', stdin='pwd\n', code=0).out
    result = sb('shell', 'drop.yaml', '--step', '2', stdin='exit 3\n', code=4)
    assert 'status 3' in result.err, result


@case('shell: a step before it that fails is told, with its log escaped', user=True)
def _(_dir):
    prepare(r"printf 'a\033]0;title\007b\n'; exit 1", 'true')
    result = sb('shell', 'drop.yaml', '--step', '2', stdin='', code=4)
    assert '\x1b' not in result.err and 'step 1 failed before the shell' in result.err and ']0;title' in result.err, result


# ---- what forbids it ----

class Filter:
    """A seccomp filter that answers one call with an error, as profiles of containers do."""

    def __init__(self, number, error):
        code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | error), (0x06, 0, 0, 0x7fff0000)]
        self.code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *row) for row in code))
        self.program = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(code), ctypes.addressof(self.code)))
        self.libc = ctypes.CDLL(None, use_errno=True)

    def __call__(self):
        if ordinary():
            os.setgroups([])
            os.setresgid(54321, 54321, 54321)
            os.setresuid(54321, 54321, 54321)
        assert self.libc.prctl(38, 1, 0, 0, 0) == 0
        assert self.libc.prctl(22, 2, self.program) == 0


def refused_by_filter(number, error):
    prepare()
    from sbtest import _State
    result = subprocess.run([PROGRAM, 'rebuild', 'drop.yaml', '-O', 'built'], preexec_fn=Filter(number, error), env=_State.environment,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 5 and '[no-user-namespaces]' in result.stdout, result
    assert not os.path.exists('built'), os.listdir()
    return result.stdout


@case('a container that hides or forbids clone3 is told as its seccomp profile', user=True)
def _(_dir):
    assert 'hides clone3' in refused_by_filter(435, 38)
    assert 'forbids new user namespaces' in refused_by_filter(435, 1)


@case('user.max_user_namespaces is named')
def _(_dir):
    prepare()
    script = f'echo 0 > /proc/sys/user/max_user_namespaces; exec {PROGRAM} rebuild drop.yaml -O built'
    result = run('unshare', '-U', '-r', 'sh', '-c', script, code=5)
    assert 'user.max_user_namespaces is 0' in result.err and not os.path.exists('built'), result


@case('user.max_user_namespaces that is reached is named')
def _(_dir):
    prepare()
    script = f'echo 1 > /proc/sys/user/max_user_namespaces; unshare -U -r sleep 50 & sleep 1; {PROGRAM} rebuild drop.yaml -O built; r=$?; kill $!; exit $r'
    result = run('unshare', '-U', '-r', 'sh', '-c', script, code=5)
    assert 'user.max_user_namespaces (1 here)' in result.err, result


@case('a chroot, where user namespaces cannot be made, is told')
def _(_dir):
    prepare()
    result = run('unshare', '-m', 'sh', '-c', f'mkdir r; mount --rbind / r; chroot r {PROGRAM} rebuild {os.getcwd()}/drop.yaml -O /nonexistent/x', code=5)
    assert 'chroot' in result.err, result


@case('a container that covers parts of /proc is told as that', user=True)
def _(_dir):
    prepare()
    drop = 'setpriv --reuid 54321 --regid 54321 --clear-groups' if ordinary() else ''
    result = run('unshare', '-m', 'sh', '-c', f'mount -t tmpfs t /proc/driver; exec {drop} {PROGRAM} rebuild drop.yaml -O built', user=False, code=5)
    assert '[proc-masked]' in result.err and 'unmask=ALL' in result.err, result


@case('a /proc of another pid namespace is told as that, and nobody is swept by mistake')
def _(_dir):
    prepare()
    result = run('unshare', '-p', '-f', 'sh', '-c', f'{PROGRAM} rebuild drop.yaml -O built; exit $?', code=5)
    assert 'another pid namespace' in result.err, result


@case('doctor where nothing is possible says why and ends with 5')
def _(_dir):
    result = run('unshare', '-U', '-r', 'sh', '-c', f'echo 0 > /proc/sys/user/max_user_namespaces; exec {PROGRAM} doctor --json', code=5)
    found = result.json()
    assert not found['possible'] and not found['fit'] and 'max_user_namespaces' in found['why'], found
    assert not any(wall['present'] for wall in found['walls'])


# ---- two ids ----

def with_ranges(command, users='54321:200000:65536', groups='54321:300000:65536'):
    """Run as an ordinary user who has an account and subordinate ids, in a mount namespace where the files say so."""
    need('newuidmap')
    os.makedirs('etc', exist_ok=True)
    for name, text in (('subuid', users), ('subgid', groups), ('passwd', open('/etc/passwd').read() + 'tester:x:54321:54321::/:/bin/sh')):
        with open(f'etc/{name}', 'w') as f:
            f.write(text + '\n')
        os.chmod(f'etc/{name}', 0o644)
    binds = ' && '.join(f'mount --bind etc/{name} /etc/{name}' for name in ('subuid', 'subgid', 'passwd'))
    run('chown', '-R', '54321:54321', '.', code=0)
    os.chmod('.', 0o755)
    os.chmod('..', 0o755)
    return run('unshare', '-m', 'sh', '-c', f'{binds} && exec setpriv --reuid 54321 --regid 54321 --clear-groups {command}', user=False)


@case('an ordinary user with subordinate ids has two of them, and the build cannot touch init')
def _(_dir):
    prepare('kill -0 1 2>out/said; id -u >> out/said; cat /proc/self/uid_map >> out/said; true')
    result = with_ranges(f'{PROGRAM} rebuild drop.yaml -O built')
    assert result.code == 0, result
    said = open('built/out/said').read()
    assert 'not permitted' in said and '1000' in said and '200000' in said and '200001' in said and '54321' not in said, said
    found = with_ranges(f'{PROGRAM} doctor --json').json()
    assert next(w for w in found['walls'] if w['name'] == 'two-ids')['detail'] == 'two subordinate ids', found


@case('subordinate ids that are too few or that the helper refuses: one id, and the record says why')
def _(_dir):
    for users, why in (('54321:200000:1', 'no range'), ('0:200000:65536', 'no range'), ('54321:4294967294:65536', 'newuidmap does not map')):
        found = with_ranges(f'{PROGRAM} doctor --json', users).json()
        wall = next(w for w in found['walls'] if w['name'] == 'two-ids')
        assert found['fit'] and not wall['present'] and why in wall['detail'], wall
    found = with_ranges(f'{PROGRAM} doctor --json', groups='54321:4294967294:65536').json()
    wall = next(w for w in found['walls'] if w['name'] == 'two-ids')
    assert found['fit'] and 'newgidmap does not map' in wall['detail'], wall


@case('user root: the build is 0 inside and nobody outside', user=True)
def _(_dir):
    prepare('id -u > out/said; cat /proc/self/uid_map >> out/said; touch mine; chown 0:0 mine; stat -c %u mine >> out/said')
    text = open('drop.yaml').read().replace('control: {', 'control: {user: root, ')
    open('drop.yaml', 'w').write(text)
    own()
    sb('rebuild', 'drop.yaml', '-O', 'built', code=0)
    lines = open('built/out/said').read().split('\n')
    assert lines[0] == '0' and lines[-2] == '0', lines
    maps = [line.split() for line in lines[1:-2]]
    assert all(int(row[1]) != 0 for row in maps), maps


# ---- walls that a manifest opens ----

@case('ptrace is refused, unless the manifest allows it, and then the record says so', user=True)
def _(_dir):
    need('strace')
    step = 'strace -o /dev/null true; echo $? > out/said'
    assert output(step) != '0\n'
    assert output(step, extra='allow: [ptrace]') == '0\n'
    prepare(extra='allow: [ptrace]')
    assert 'ptrace' in sb('verify', 'drop.yaml', '--json', code=0).json()['environment']['walls']['seccomp']
    prepare(extra='allow: [mount]')
    sb('check', 'drop.yaml', code=2)


# ---- nothing remains ----

@case('a SIGKILL at any moment leaves no process, and the next run removes the control group', user=True)
def _(_dir):
    prepare('setsid sleep 1000 & sleep 1000')
    before = groups()
    for delay in (0, 0.002, 0.004, 0.006, 0.008, 0.01, 0.012, 0.015, 0.02, 0.03, 0.05, 0.1, 0.3):
        process = start(PROGRAM, 'rebuild', 'drop.yaml', '-O', 'built', stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        family = children(process.pid)
        process.kill()
        process.wait()
        until(lambda: not any(alive(pid) for pid in family), f'after {delay} s: {family} are alive')
    prepare()
    sb('rebuild', 'drop.yaml', '-O', 'built', code=0)
    mine = {group for group in groups() - before if not alive(group.split('-')[-3])}
    assert not mine, mine


@case('after success, failure, time-out and Ctrl-C there is no process, mount or control group', user=True)
def _(_dir):
    before = groups()
    mounts = open('/proc/self/mountinfo').read().count('\n')
    prepare()
    sb('rebuild', 'drop.yaml', '-O', 'built', code=0)
    prepare('sleep 5551 & exit 1')
    sb('rebuild', 'drop.yaml', '-O', 'built', code=4)
    prepare('trap "" TERM; setsid sleep 5551 & sleep 5551', limits='{wall: 1s}')
    sb('rebuild', 'drop.yaml', '-O', 'built', code=4)
    prepare('trap "" INT TERM; setsid sleep 5551 & sleep 5551')
    process = start(PROGRAM, 'rebuild', 'drop.yaml', '-O', 'built', stderr=subprocess.DEVNULL)
    until(lambda: marked('5551'), 'the build is running')
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert not marked('5551')
    mine = {group for group in groups() - before if group.split('-')[-3] == str(process.pid)}
    assert not mine, mine
    assert abs(open('/proc/self/mountinfo').read().count('\n') - mounts) < 3


@case('a build that stops itself and whoever it can reach is ended in time', user=True)
def _(_dir):
    prepare('kill -STOP -1; kill -STOP 0; kill -STOP $$; sleep 1000', limits='{wall: 2s}')
    assert 'wall: 2 s allowed' in sb('rebuild', 'drop.yaml', '-O', 'built', code=4).err


main()
