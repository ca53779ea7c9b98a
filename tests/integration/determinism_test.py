#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a build can learn of time, chance and the machine: the manifest's word, in every language, for root and for others."""
import os
import re
import shutil
import signal
import time

import drops
from sbtest import PROGRAM, case, main, need, own, run, sb, start

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH, LATER = 1600000000, 2100000000


def program(name):
    with open(os.path.join(HERE, 'programs', name), encoding='utf-8') as f:
        return f.read()


def drop(steps, control, files=(), limits=''):
    """A manifest whose steps write out/log."""
    drops.tarball('src.tar', dict({'README': 'x'}, **{n: program(n) for n in files}) if not isinstance(files, dict) else files, mode='w')
    os.makedirs('release', exist_ok=True)
    with open('release/log', 'w', encoding='utf-8') as f:
        f.write('x')
    drops.manifest(sources='src.tar', strip=0, steps=[f'sh: {s!r}' if "'" not in s else 'sh: "' + s.replace('\\', '\\\\').replace('"', '\\"') + '"' for s in steps],
                   shipped='release/log', built='out/log', limits=limits)
    with open('drop.yaml', encoding='utf-8') as f:
        text = f.read()
    with open('drop.yaml', 'w', encoding='utf-8') as f:
        f.write(text.replace('{epoch: 1700000000, jobs: 2}', control))


def build(user=None, name='built'):
    """The log of a build."""
    own()
    shutil.rmtree(name, ignore_errors=True)
    if user:
        os.makedirs(name, exist_ok=True)
        run('chown', '-R', '54321', '.', code=0, user=False)
        os.chmod(os.path.dirname(os.getcwd()), 0o755)
    sb('rebuild', 'drop.yaml', '-O', name + '/o', code=0, user=user)
    with open(name + '/o/out/log', encoding='utf-8') as f:
        return f.read()


def rows(text):
    return dict(line.split(' ', 1) for line in text.splitlines() if ' ' in line)


def controls():
    return sb('verify', 'drop.yaml', '--json').json()['environment']['controls']


PROGRAMS = ('gcc -O1 -o clocks clocks.c && gcc -O1 -static -o clocks-static clocks.c',)
TIMES = ('./clocks | grep -v ^stack >>out/log', './clocks-static | sed s/^/static-/ | grep -v stack >>out/log',
         'date +"date %s.%N" >>out/log', 'bash -c \'echo bash ${EPOCHREALTIME}000\' >>out/log',
         'bash -c \'printf "bash-printf %(%s)T.000000000\\n"\' >>out/log',
         'perl -MTime::HiRes -e \'printf "perl %.9f\\n", Time::HiRes::time()\' >>out/log', 'perl -e \'print "perl-time ", time, ".000000000\\n"\' >>out/log',
         'python3 -c \'import time; print("python %.9f" % time.time())\' >>out/log',
         'awk \'BEGIN { srand(); print "awk " srand() ".000000000" }\' >>out/log',
         'printf \'all:\\n\\t@echo make $(shell date +%%s).000000000\\n\' | make -f - >>out/log')
GO = '''package main
import ("crypto/rand"; "fmt"; "os"; "runtime"; "time")
func main() { t := time.Now(); fmt.Printf("go %d.%09d\\n", t.Unix(), t.Nanosecond()); h, _ := os.Hostname(); fmt.Println("host", h)
b := make([]byte, 8); rand.Read(b); fmt.Printf("random %x cpus %d\\n", b, runtime.NumCPU()) }
'''


def time_drop(control):
    drop(PROGRAMS + TIMES, control, {'clocks.c': program('clocks.c')})


def told(text):
    """The times of day in a log."""
    return {k: v for k, v in rows(text).items() if re.fullmatch(r'\d+\.\d{9}', v)}


@case('a frozen clock is the epoch to the nanosecond in every program, linked either way, by every call', user=True)
def _(_dir):
    time_drop(f'{{epoch: {EPOCH}, clock: frozen}}')
    times = told(build())
    assert len(times) >= 28, times
    wrong = {k: v for k, v in times.items() if v != f'{EPOCH}.000000000'}
    assert not wrong, wrong


@case('a shifted clock begins at the epoch and runs, in the past and in the future', user=True)
def _(_dir):
    for epoch in (EPOCH, LATER):
        time_drop(f'{{epoch: {epoch}, clock: shift}}')
        times = told(build())
        assert len(times) >= 28, times
        wrong = {k: v for k, v in times.items() if not epoch <= float(v) < epoch + 300}
        assert not wrong, wrong
        assert float(times['static-realtime']) > float(times['realtime'])


@case('a program in Go, which asks the vDSO itself, sees the same', user=True)
def _(_dir):
    need('go')
    build_go = 'GOCACHE=/tmp/go GOPATH=/tmp/gopath CGO_ENABLED=0 go build -o clock-go clock.go && ./clock-go >out/log'
    for clock in ('frozen', 'shift'):
        drop([build_go], f'{{epoch: {EPOCH}, clock: {clock}, seed: 3, cpus: 5, hostname: vendor}}', {'clock.go': GO})
        seen = rows(build())
        assert 0 <= float(seen['go']) - EPOCH < (300 if clock == 'shift' else 1e-9), seen
        assert seen['host'] == 'vendor' and seen['random'].endswith('cpus 5') and seen['random'] == rows(build())['random'], seen


@case('without a word about the clock it is shifted to the epoch, and `real` is the real one')
def _(_dir):
    drop(['date +%s >out/log'], '{}')
    assert 315532800 <= int(build()) < 315532800 + 300
    assert controls()['clock'] == 'shift'
    drop(['date +%s >out/log'], '{clock: real}')
    assert abs(int(build()) - time.time()) < 300
    assert controls()['clock'] == 'real'


CHANCE = ('./clocks | grep -v realtime >out/log', './clocks-static | sed s/^/static-/ >>out/log',
          'python3 -c \'import os, uuid, tempfile; print("python", os.urandom(4).hex(), hash("a"), uuid.uuid4(), tempfile.mktemp())\' >>out/log',
          'perl -e \'print "perl ", rand(), join(",", keys %{{a => 1, b => 2, c => 3, d => 4}}), "\\n"\' >>out/log', 'mktemp -u >>out/log', 'mktemp -u >>out/log',
          'bash -c \'echo bash $RANDOM $SRANDOM\' >>out/log', 'head -c 8 /dev/urandom | od -An -tx1 >>out/log', 'head -c 8 /dev/random | od -An -tx1 >>out/log',
          'ls -iU . >>out/log', 'echo pid $$ >>out/log', 'uname -a >>out/log', 'env | sort >>out/log', 'id >>out/log', 'umask >>out/log',
          'head -3 /proc/self/maps | cut -c1-40 >>out/log', 'cat /proc/version /proc/meminfo /proc/loadavg /proc/uptime >>out/log', 'free -k >>out/log')


def chance_drop(control):
    drop(PROGRAMS + CHANCE, control, {'clocks.c': program('clocks.c'), **{f'f{i}': '' for i in range(9)}})


@case('frozen and seeded, three runs and another user see the same to the byte, and another seed or time shows')
def _(_dir):
    chance_drop(f'{{epoch: {EPOCH}, clock: frozen, seed: 7}}')
    first = build()
    assert len(first.splitlines()) > 60 and 'getrandom 8 ' in first, first
    for _ in range(2):
        assert build() == first
    if os.getuid() == 0:
        assert build(user=True) == first
    assert controls()['randomness'] == 'seeded' and controls()['seed'] == 7
    chance_drop(f'{{epoch: {EPOCH}, clock: frozen, seed: 8}}')
    a, b = rows(first), rows(build())
    for key in ('getrandom', 'start', 'static-getrandom', 'static-start', 'python', 'perl', 'bash'):
        assert a[key] != b[key], key
    chance_drop(f'{{epoch: {LATER}, clock: frozen, seed: 7}}')
    c = rows(build())
    assert c['getrandom'] == a['getrandom'] and c['time'] != a['time']


@case('without a seed chance is real, and the record says so', user=True)
def _(_dir):
    chance_drop(f'{{epoch: {EPOCH}, clock: frozen}}')
    a, b = rows(build()), rows(build())
    for key in ('getrandom', 'start', 'static-getrandom', 'python', 'perl'):
        assert a[key] != b[key], key
    assert controls()['randomness'] == 'real' and 'seed' not in controls()


FORKS = '''import os
for i in range(3):
    if os.fork() == 0:
        print(os.urandom(8).hex(), flush=True)
        os._exit(0)
    os.wait()
'''


@case('a program that looks for a free name gets on under a seed', user=True)
def _(_dir):
    drop(['for i in $(seq 60); do mktemp -d /tmp/a.XXXXXXXX; done >out/log',
          'for i in $(seq 20); do perl -MFile::Temp=tempfile -e \'my ($h, $n) = tempfile("/tmp/pXXXX"); print "$n\\n"\'; done >>out/log',
          'python3 -c \'import tempfile; [print(tempfile.mkdtemp()) for i in range(20)]\' >>out/log',
          'python3 forks.py >>out/log'], '{seed: 7}', {'forks.py': FORKS})
    names = build().split()
    assert len(names) == 103 and len(set(names)) == 103, sorted(names)


WAITED = {'cond': ('ETIMEDOUT', 7), 'semaphore': ('ETIMEDOUT', 7), 'mutex': ('ETIMEDOUT', 7), 'pi-mutex': ('ETIMEDOUT', 7), 'sleep': ('0', 7), 'timer': ('0', 7),
          'sleep-past': ('0', 0), 'cond-past': ('ETIMEDOUT', 0), 'timer-past': ('0', 0), 'cond-woken': ('0', 3), 'sleep-broken': ('EINTR', 3)}


@case('waits until a time of day end when the build\'s clock is there: none hangs, none spins', user=True)
def _(_dir):
    for control in (f'epoch: {EPOCH}, clock: shift', f'epoch: {LATER}, clock: shift', f'epoch: {EPOCH}, clock: frozen', f'epoch: {EPOCH}, clock: real'):
        drop(['gcc -O1 -pthread -o waits waits.c && timeout 200 ./waits >out/log'], f'{{{control}}}', ['waits.c'])
        seen = {k: v.split() for k, v in rows(build()).items()}
        assert seen.keys() == WAITED.keys() | {'cpu'}, seen
        for name, (result, least) in WAITED.items():
            assert seen[name][0] == result, (control, name, seen[name])
            assert least - 1 <= int(seen[name][1]) < least + 100, (control, name, seen[name])
        assert int(seen['cpu'][1]) < 20, (control, seen['cpu'])
    assert 'timed-waits' not in controls()
    drop(['gcc -O1 -pthread -o waits waits.c && timeout 200 ./waits >out/log'], f'{{epoch: {EPOCH}}}', ['waits.c'])
    assert controls()['timed-waits'] == "followed the build's clock"


@case('the number of processors is the manifest\'s, wherever one looks', user=True)
def _(_dir):
    looks = ('nproc', 'nproc --all', 'getconf _NPROCESSORS_ONLN', 'getconf _NPROCESSORS_CONF', 'grep -c ^processor /proc/cpuinfo', 'grep -c "^cpu[0-9]" /proc/stat',
             'python3 -c "import os; print(os.cpu_count())"', 'python3 -c "import os; print(len(os.sched_getaffinity(0)))"',
             'python3 -c "import os; os.sched_setaffinity(0, range(9)); print(len(os.sched_getaffinity(0)))"')
    for cpus in (1, 3, 70):
        drop([f'{look} >>out/log' for look in looks] + ['cat /sys/devices/system/cpu/online >>out/log'], f'{{cpus: {cpus}, jobs: 2}}')
        seen = build().split()
        assert seen[:-1] == [str(cpus)] * len(looks), list(zip(looks, seen))
        assert seen[-1] == ('0' if cpus == 1 else f'0-{cpus - 1}')


@case('the kernel and the host have the names that the manifest gives them', user=True)
def _(_dir):
    version = '#1 SMP PREEMPT_DYNAMIC Debian 5.10.5-1 (2021-01-09)'
    control = f'{{kernel: 5.10.0-1-amd64, kernel-version: "{version}", hostname: vendor, domain: example.org, user: alice, home: /home/alice}}'
    drop(['uname -r >out/log', 'uname -v >>out/log', 'uname -n >>out/log', 'cat /proc/sys/kernel/osrelease /proc/sys/kernel/version >>out/log',
          'cat /proc/sys/kernel/domainname >>out/log', 'python3 -c \'import os; print(os.uname().machine)\' >>out/log', 'id -un >>out/log', 'echo $HOME >>out/log',
          'cat /proc/version >>out/log'], control)
    seen = build().splitlines()
    release = '5.10.0-1-amd64'
    assert seen[:-1] == [release, version, 'vendor', release, version, 'example.org', os.uname().machine, 'alice', '/home/alice'], seen
    assert release in seen[-1] and version in seen[-1]
    recorded = controls()
    for name, value in (('kernel', release), ('kernel-version', version), ('hostname', 'vendor'), ('domain', 'example.org'), ('user', 'alice')):
        assert recorded[name] == value, recorded


@case('folders are listed in the order that was asked for, with the same numbers in every run', user=True)
def _(_dir):
    files = {f'{d}/{i:02}': '' for d in ('a', 'b', 'c') for i in range(12)}
    seen = {}
    for order in ('sorted', 'reversed', 'shuffled', 'shuffled, seed: 5'):
        drop(['find . -path ./out -prune -o -printf "%i %p\\n" >out/log', 'ls -U a >>out/log'], f'{{order: {order}}}', files)
        seen[order] = build()
        assert build() == seen[order], order
        assert sorted(line.split()[-1] for line in seen[order].splitlines()) == sorted(line.split()[-1] for line in seen['sorted'].splitlines())
    assert len(set(seen.values())) == 4
    listed = [seen[order].splitlines()[-12:] for order in ('sorted', 'reversed')]
    assert listed[0] == listed[1][::-1], listed


@case('addresses repeat unless they are to differ; process numbers begin where they are told to', user=True)
def _(_dir):
    look = ['python3 -c \'import ctypes; print(ctypes.addressof(ctypes.c_int()))\' >out/log; head -1 /proc/self/maps | cut -d- -f1 >>out/log']
    drop(look, '{seed: 1}')
    assert build() == build()
    drop(look, '{seed: 1, aslr: on}')
    assert len({build() for _ in range(3)}) > 1
    drop(['echo $$ >out/log'], '{}')
    plain = int(build())
    drop(['echo $$ >out/log'], '{pid-offset: 1000}')
    assert int(build()) == plain + 1000
    assert controls()['pid-offset'] == 1000


@case('numbers and times of sources begin where they are told to', user=True)
def _(_dir):
    drop(['stat -c %i README >out/log'], '{}')
    plain = int(build())
    drop(['stat -c %i README >out/log'], '{inode-offset: 1000}')
    assert int(build()) == plain + 1000
    drop(['stat -c %Y README >out/log'], f'{{epoch: {EPOCH}}}')
    plain = int(build())
    drop(['stat -c %Y README >out/log'], f'{{epoch: {EPOCH}, source-age: 90061}}')
    assert int(build()) == max(plain - 90061, 1), plain
    assert controls()['source-age'] == 90061


@case('what a step leaves running is answered while later steps run', user=True)
def _(_dir):
    drop(['(sleep 2; date +%s >out/log) & date +%s >out/first', 'n=0; while [ ! -s out/log ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n+1)); done'], f'{{epoch: {EPOCH}}}')
    assert EPOCH <= int(build()) < EPOCH + 300


@case('addresses that are none, flags that are none and clocks that are none fail as the kernel would have it', user=True)
def _(_dir):
    drop(['gcc -O1 -pthread -o askers askers.c && ./askers odd >out/log </dev/null'], '{seed: 1, kernel: 5.10.0}', ['askers.c'])
    seen = rows(build())
    expected = {'clock-one': 'EFAULT', 'clock-kernel': 'EFAULT', 'clock-high-bits': '0', 'day-null': '0', 'day-one': 'EFAULT', 'time-one': 'EFAULT',
                'random-one': 'EFAULT', 'random-flags': 'EINVAL', 'random-none': '0', 'random-closed': '0', 'uname-one': 'EFAULT',
                'affinity-short': 'EINVAL', 'affinity-nobody': 'ESRCH', 'sleep-bad': 'EINVAL', 'sleep-one': 'EFAULT', 'timer-none': 'EINVAL',
                'timer-no-timer': 'EINVAL', 'untouched': '0'}
    assert seen == expected, {k: (v, expected.get(k)) for k, v in seen.items() if v != expected.get(k)}


@case('processes killed while they ask do not end the one who answers', user=True)
def _(_dir):
    drop(['gcc -O1 -pthread -o askers askers.c && ./askers die >out/log && date +%s >>out/log'], f'{{epoch: {EPOCH}, seed: 1}}', ['askers.c'])
    word, now = build().split()
    assert word == 'survived' and EPOCH <= int(now) < EPOCH + 300


@case('a flood of questions starves neither the time limit nor a person who has had enough', user=True)
def _(_dir):
    drop(['gcc -O1 -pthread -o askers askers.c && ./askers flood'], '{seed: 1}', ['askers.c'], limits='{wall: 4s}')
    own()
    before = time.monotonic()
    result = sb('rebuild', 'drop.yaml', '-O', 'built', code=4)
    assert 'wall' in result.err and time.monotonic() - before < 60, result
    process = start(PROGRAM, 'rebuild', 'drop.yaml', '-O', 'built')
    time.sleep(2)
    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130 and time.monotonic() - before < 30


FILES = r'''import os, time
def near(path, what):
    for name, at in zip(('mtime', 'ctime'), (os.lstat(path).st_mtime, os.lstat(path).st_ctime)):
        print(what, name, 0 <= at - EPOCH <= time.time() - EPOCH + 0.01, at)
near('README', 'source')
open('new', 'w').close()
near('new', 'new')
os.symlink('new', 'link')
near('link', 'link')
os.mkdir('folder')
near('folder', 'folder')
near('/tmp', 'tmp')
near('/usr/bin/env', 'host')
with open('new') as f:
    print('fstat', os.fstat(f.fileno()).st_mtime == os.stat('new').st_mtime, 0)
print('beneath', os.stat('new', dir_fd=os.open('.', os.O_RDONLY)).st_mtime == os.stat('new').st_mtime, 0)
for year in (100, 1000000000, 1900000000, 2140000000):
    os.utime('folder', (year, year))
    print('set', os.stat('folder').st_mtime == year, year)
time.sleep(0.05)
open('later', 'w').close()
print('order', os.stat('later').st_mtime_ns > os.stat('new').st_mtime_ns, 0)
print('pipe', os.fstat(os.pipe()[0]).st_size == 0, 0)
for path, number in (('absent', 2), ('new/x', 20), ('locked/x', 13), ('n' * 300, 36), ('', 2), ('loop', 40)):
    os.makedirs('locked', exist_ok=True)
    os.chmod('locked', 0)
    if not os.path.islink('loop'):
        os.symlink('loop', 'loop')
    try:
        os.stat(path)
        print('error', False, path)
    except OSError as error:
        print('error', error.errno == number, path, error)
os.chmod('locked', 0o700)
os.symlink('/proc/1/root/etc', 'init')
print('self', os.readlink('/proc/self') == str(os.getpid()) and os.stat('/proc/self/exe').st_size > 1000, 0)
try:
    print('init', os.stat('init/passwd') is None, 0)
except OSError as error:
    print('init', error.errno in (2, 13), error)
'''


@case('the times of files follow the clock, and whatever was set on purpose stays', user=True)
def _(_dir):
    for epoch, clock in ((EPOCH, 'shift'), (LATER, 'shift'), (EPOCH, 'frozen')):
        drop(['python3 files.py >out/log', 'ls -lL --time-style=+%s README new | while read a b c d e time name; do '
              'echo ls $([ $time -le $(date +%s) ] && [ $time -ge $(stat -c %Y README) ] && echo True || echo False) $name; done >>out/log'],
             f'{{epoch: {epoch}, clock: {clock}}}', {'README': '', 'files.py': FILES.replace('EPOCH', str(epoch))})
        seen = [line.split(' ', 3) for line in build().splitlines()]
        assert len(seen) > 28, seen
        wrong = [row for row in seen if 'True' not in row and not (row[0] in ('source', 'host') and (row[1] == 'mtime' or epoch == LATER))]
        assert not wrong, (epoch, clock, wrong)


@case('without that, the times of files are what the kernel stamps')
def _(_dir):
    drop(['touch new; stat -c %Y new >out/log; date +%s >>out/log'], f'{{epoch: {EPOCH}, file-times: real}}')
    stamp, clock = map(int, build().split())
    assert abs(stamp - time.time()) < 300 and EPOCH <= clock < EPOCH + 300
    assert controls()['file-times'] == 'real'


@case('make builds what is newer and Meson finds no clock skew', user=True)
def _(_dir):
    need('meson')
    files = {'meson.build': "project('a', 'c')\nexecutable('a', 'a.c')\n", 'a.c': 'int main(void) { return 0; }\n', 'Makefile': 'a: a.c\n\tgcc -o a a.c\n'}
    for clock in ('shift', 'frozen'):
        drop(['make >out/log 2>&1', 'make >>out/log 2>&1', 'sed -i s/0/1/ a.c', 'make >>out/log 2>&1 && (! ./a) && make >>out/log 2>&1',
              'sed -i s/x/x/ meson.build && CC=gcc meson setup b >>out/log 2>&1 && ninja -C b >>out/log 2>&1 && ninja -C b >>out/log 2>&1'],
             f'{{epoch: {EPOCH}, clock: {clock}}}', files)
        log = build()
        assert clock == 'frozen' or ('skew' not in log and 'future' not in log), log  # there make warns of a part of a millisecond
        assert log.count('gcc -o a a.c') == 2 and 'no work to do' in log, log


@case('outputs have no time after the epoch')
def _(_dir):
    drop(['touch out/log', 'touch -d @5 out/old'], f'{{epoch: {EPOCH}}}')
    with open('drop.yaml', encoding='utf-8') as f:
        text = f.read()
    with open('drop.yaml', 'w', encoding='utf-8') as f:
        f.write(text.replace('shipped: release/log, built: out/log', 'shipped: release, built: out'))
    sb('rebuild', 'drop.yaml', '-O', 'built', code=0)
    assert int(os.stat('built/out/log').st_mtime) == EPOCH
    assert int(os.stat('built/out/old').st_mtime) == 5


@case('values that no environment can have are refused before anything runs')
def _(_dir):
    for control in ('{clock: fast}', '{order: random}', '{aslr: maybe}', '{pid-offset: 40000}', '{inode-offset: 100001}', '{source-age: -1}', '{cpus: 0}', '{seed: -1}', '{domain: ""}', '{kernel: "a b"}',
                    '{kernel-version: ' + 'x' * 65 + '}', '{epoch: -5}', '{umask: "9"}'):
        drop(['true'], control)
        sb('check', 'drop.yaml', code=2)


main()
