# SPDX-License-Identifier: Apache-2.0
"""Harness of the suites that drive the built binary: each case in an empty folder of its own, TAP on stdout.

    from sbtest import case, sb, skip, main
    @case("a changed byte is different")
    def _(dir):
        result = sb("compare", "a", "b", "--json")
        assert result.code == 1, result
    main()

SB_PROGRAM names the binary, SB_SOURCE_ROOT the sources. A case fails by any exception, by a process that it leaves behind, or by
a mount that it leaves behind.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

PROGRAM = os.path.abspath(os.environ.get("SB_PROGRAM", "out/plain/verifier/cli/samebuild"))
SOURCE = os.environ.get("SB_SOURCE_ROOT", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
ORDINARY_UID = 54321
_cases = []


class Skip(Exception):
    """What is missing, and how to get it."""


def skip(reason):
    raise Skip(reason)


def need(*tools):
    """Skip when a real tool is not installed; the name says what to install."""
    for tool in tools:
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed")


def case(name, user=False):
    """Register a case. user=True: it also runs as an ordinary user when the suite runs as root."""
    def register(function):
        _cases.append((name, function, False))
        if user and os.getuid() == 0:
            _cases.append((name + " (ordinary user)", function, True))
        return function
    return register


class Result:
    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code} of {self.args}\n--- stdout\n{self.out[-4000:]}\n--- stderr\n{self.err[-4000:]}"


class _State:
    ordinary = False
    environment = {}


def ordinary():
    """True while the case runs as an ordinary user."""
    return _State.ordinary or os.getuid() != 0


def _demote():
    os.setgroups([])
    os.setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)
    os.setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)


def start(*args, user=None, env=None, **options):
    """Popen of any command in the environment of the case."""
    demote = _State.ordinary if user is None else (user and os.getuid() == 0)
    environment = dict(_State.environment, **(env or {}))
    return subprocess.Popen([str(a) for a in args], env=environment, preexec_fn=_demote if demote else None, **options)


def run(*args, stdin=None, timeout=300, user=None, env=None, code=None, cwd=None):
    """Run any command; code: the exit status it must have."""
    if _State.ordinary and user is None:
        own()
    process = start(*args, user=user, env=env, cwd=cwd, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    data = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        out, err = process.communicate(data, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{args} did not end within {timeout} s\n{err.decode(errors='replace')[-2000:]}")
    result = Result(args, process.returncode, out.decode(errors="surrogateescape"), err.decode(errors="surrogateescape"))
    if code is not None:
        assert result.code == code, f"expected exit {code}: {result}"
    return result


def sb(*args, **options):
    """Run samebuild."""
    return run(PROGRAM, *args, **options)


def own(path="."):
    """Give what the case made to the user it runs as."""
    if _State.ordinary:
        run("chown", "-R", f"{ORDINARY_UID}:{ORDINARY_UID}", path, user=False, code=0)


def under_ptrace():
    """Additions to the environment of a program that strace runs: LeakSanitizer cannot work while another tracer is attached."""
    return {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def cache(name):
    """Folder below the cache of fetched inputs; kept between runs, outside the checkout."""
    base = os.environ.get("SB_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "samebuild-tests")
    path = os.path.join(base, name)
    os.makedirs(path, exist_ok=True)
    return path


def _environment(folder, mark):
    keep = {k: os.environ[k] for k in ("PATH", "SB_SOURCE_ROOT", "SB_BUILD_ROOT", "SB_PROGRAM", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "SB_CACHE")
            if k in os.environ}
    places = {"HOME": "home", "TMPDIR": "tmp", "XDG_CONFIG_HOME": "home/config", "XDG_DATA_HOME": "home/data",
              "XDG_STATE_HOME": "home/state", "XDG_CACHE_HOME": "home/cache"}
    for name, place in places.items():
        keep[name] = os.path.join(folder, place)
        os.makedirs(keep[name], exist_ok=True)
    return dict(keep, LC_ALL="C", SB_CASE=mark, TERM="dumb")


def _left_behind(mark):
    """Processes that still carry the mark of the case in their environment."""
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if f"SB_CASE={mark}".encode() in f.read():
                    with open(f"/proc/{pid}/cmdline", "rb") as c:
                        left.append(f"{pid} {c.read().decode(errors='replace')}")
        except OSError:
            continue
    return left


def _mounts(folder):
    """Mounts below the folder of the case; other programs of the machine make and end mounts of their own meanwhile."""
    with open("/proc/self/mountinfo") as f:
        return {line.split()[4] for line in f if line.split()[4].startswith(folder)}


def _run_case(function, as_user):
    folder = tempfile.mkdtemp(prefix="samebuild-case-")
    mark = os.path.basename(folder)
    work = os.path.join(folder, "work")
    os.mkdir(work)
    _State.ordinary = as_user
    _State.environment = _environment(folder, mark)
    if as_user:
        run("chown", "-R", f"{ORDINARY_UID}:{ORDINARY_UID}", folder, user=False, code=0)
    os.chmod(folder, 0o755 if as_user else 0o700)
    os.chdir(work)
    try:
        function(work)
        deadline = time.monotonic() + 5  # who is killed with its supervisor needs a moment to be gone
        while (left := _left_behind(mark)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"processes left behind: {left}"
        assert not _mounts(folder), f"mounts left behind: {_mounts(folder)}"
    finally:
        os.chdir("/")
        _State.ordinary = False
        subprocess.run(["chmod", "-R", "u+rwx", folder], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def _take_signals():
    """A suite under nohup or in the background of a script inherits ignored signals, which its children would inherit in turn."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def main():
    os.umask(0o077)
    _take_signals()
    only = sys.argv[1:]
    chosen = [c for c in _cases if not only or any(word in c[0] for word in only)]
    print("TAP version 13")
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function, as_user) in enumerate(chosen, 1):
        label = f"{number} - {name}".replace("#", "\\#")
        try:
            _run_case(function, as_user)
            print(f"ok {label}", flush=True)
        except Skip as reason:
            print(f"ok {label} # SKIP {reason}", flush=True)
        except BaseException as error:  # a case must never end the suite
            failed += 1
            print(f"not ok {label}")
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            sys.stdout.flush()
            if isinstance(error, KeyboardInterrupt):
                raise
    sys.exit(1 if failed else 0)
