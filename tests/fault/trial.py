# SPDX-License-Identifier: Apache-2.0
"""One call of samebuild under failing system calls and allocations: every N-th call of each kind fails once, then it and all after it."""
import json
import os
import re
import signal
import subprocess

from sbtest import PROGRAM, need, skip, start

ALLOCATIONS = os.path.join(os.environ["SB_BUILD_ROOT"], "tests/fault/fail_alloc.so")
SANITIZED = not os.path.exists(ALLOCATIONS)
PASSPHRASE = b"correct horse\n"
KNOWN = {0, 1, 2, 3, 4, 5, 6, 70, 75}
ERRORS = {"openat": "EIO", "read": "EIO", "pread64": "EIO", "write": "EIO", "fsync": "EIO", "close": "EIO", "renameat": "EIO", "renameat2": "EIO",
          "mkdirat": "ENOSPC", "linkat": "ENOSPC", "newfstatat": "EIO", "fstat": "EIO", "getdents64": "EIO", "mmap": "ENOMEM", "getrandom": "EIO",
          "openat2": "EIO", "fchmod": "EPERM", "ftruncate": "EIO", "lseek": "EIO"}
# LeakSanitizer cannot work under a tracer.
QUIET = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
LOADER = 127  # the loader itself could not read a library: main was never reached


class Trial:
    """A call of samebuild, what it prints and writes without a fault, and what must hold with one.

    @lay puts back what the call changes, before each run; @holds(exit code, stdout) is asked after each.
    """

    def __init__(self, words, code, outputs=(), passphrase=False, lay=None, holds=None):
        self.words, self.code, self.outputs, self.passphrase, self.lay, self.holds = words, code, outputs, passphrase, lay, holds
        self.expected, self.reached = None, 0
        self.expected = self.run([], {})
        assert self.expected[0] == code, self.expected

    def run(self, before, env):
        for name in self.outputs:
            if os.path.exists(name):
                os.unlink(name)
        if self.lay:
            self.lay()
        words = [*self.words, *(("--passphrase-fd", "0") if self.passphrase else ())]
        process = start(*before, PROGRAM, *words, env={**QUIET, **env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(PASSPHRASE if self.passphrase else b"", timeout=120)
        files = {}
        for name in self.outputs:
            if os.path.exists(name):
                with open(name, "rb") as f:
                    files[name] = f.read()
        return process.returncode, out, files, err

    def check(self, what, found, may_leave_temporary=False):
        code, out, files, err = found
        if b"LeakSanitizer does not work under ptrace" in err:  # the fault hit the sanitizer's own reading of its options
            return
        said = f"{what}: exit {code}, stdout {out[:300]!r}, stderr {err[-600:]!r}"
        if code == -signal.SIGABRT and what.startswith("getrandom"):  # libsodium gives up without random numbers
            assert not out and not files, said
            return
        if code == LOADER:
            assert not out and not files and b"shared librar" in err, said
            return
        if self.holds:
            self.holds(code, out)
        assert code in KNOWN, f"neither success nor a known failure: {said}"
        assert code != 0 or (out == self.expected[1] and files == self.expected[2]), f"exit 0 without the evidence: {said}"
        assert code == 0 or self.code == 0 or code in (self.code, 2, 3, 5, 6, 70, 75), f"a better answer than the right one: {said}"
        assert not (self.code != 0 and code == 0), f"a pass out of a failure: {said}"
        for name, data in files.items():
            assert data == self.expected[2][name], f"{name} is half-written: {said}"
        if out and b'"samebuild-error/1"' in out:
            assert json.loads(out)["exit"] == code, said
        elif out and code not in (0, self.code):
            undecided = code == 5 and json.loads(out)["level"] == "undetermined"  # a parsing worker that had no memory decides nothing
            assert undecided or out == self.expected[1] or b"write-failed" in err or code == 75, f"a result beside a failure: {said}"
        left = [n for n in os.listdir(".") if n.startswith(".tmp")]
        if left and may_leave_temporary:
            for name in left:
                os.unlink(name)
        assert may_leave_temporary or not left, f"{left}: {said}"

    def calls(self):
        """How often the program makes each call once main has begun; and how often before."""
        log = os.path.abspath("calls")
        self.run(["strace", "-qq", "-o", log, "-e", "trace=munmap," + ",".join(ERRORS)], {})
        with open(log, errors="replace") as f:
            lines = [line for line in f.read().splitlines() if re.match(r"\w+\(", line)]  # signals and ends of children left out
        if not lines:
            skip("strace cannot trace here; allow ptrace")
        # the loader's last act is to give back its cache; what follows is ours
        last = max((i for i, line in enumerate(lines) if ".so" in line and line.startswith("openat")), default=0)
        last = next((i for i, line in enumerate(lines) if i > last and line.startswith("munmap")), last)
        before, total = {}, {}
        for i, line in enumerate(lines):
            name = re.match(r"\w+", line).group(0)
            total[name] = total.get(name, 0) + 1
            before[name] = before.get(name, 0) + (i <= last)
        return before, total

    def under_calls(self, only=None):
        need("strace")
        before, total = self.calls()
        for call, error in ERRORS.items():
            if (only and call not in only) or (SANITIZED and call == "mmap"):  # a sanitizer maps memory of its own, and dies without
                continue
            for number in range(before.get(call, 0) + 1, total.get(call, 0) + 1):
                for form in (str(number),) if SANITIZED else (str(number), f"{number}+"):
                    found = self.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={form}"], {})
                    self.check(f"{call} {error} {form} of {self.words}", found)
                    self.reached += 1
        assert self.reached > 0, "no call was reached"

    def under_allocations(self, step=1):
        if SANITIZED:
            skip("a sanitizer brings its own allocator; the plain build runs this")
        number = 1
        while True:
            assert number < 200_000, "no end"
            env = {"LD_PRELOAD": ALLOCATIONS, "SB_FAIL_ALLOC": str(number), "SB_FAIL_LOG": os.path.abspath("failed-alloc")}
            found = self.run([], env)
            if not os.path.exists("failed-alloc"):
                assert found[:3] == self.expected[:3], found
                break
            os.unlink("failed-alloc")
            self.check(f"allocation {number} of {self.words}", found)
            self.reached += 1
            number += step if os.environ.get("SB_THOROUGH") else max(step, number // 100)  # all of the first, then ever fewer of what repeats
        assert self.reached > 10, self.reached
