# SPDX-License-Identifier: Apache-2.0
"""Drops whose steps are what a test wants to happen inside the environment, and a look from outside at what is left of it."""
import hashlib
import io
import json
import os
import shutil
import tarfile
import time

from sbtest import own, sb

PROBE = os.path.abspath(os.path.join(os.environ.get("SB_BUILD_ROOT", "out/test"), "tests/hostile/abuse/abuse_probe"))


def pack(path, files):
    """A tar archive of {name: bytes or text}; a name that ends with * is a program."""
    with tarfile.open(path, "w") as archive:
        for name, content in sorted(files.items()):
            data = content if isinstance(content, bytes) else content.encode()
            entry = tarfile.TarInfo(name.rstrip("*"))
            entry.size, entry.mode = len(data), 0o755 if name.endswith("*") else 0o644
            archive.addfile(entry, io.BytesIO(data))


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


class Box:
    """A drop in the current folder. steps: shell texts or argument lists."""

    def __init__(self, *steps, files=None, outputs=("out",), shipped=None, control=None, limits=None, env=None, path="/build/box-1"):
        self.mark = f"{os.path.basename(os.path.dirname(os.getcwd()))}-{time.monotonic_ns()}"
        pack("source.tar", files or {"placeholder": ""})
        shutil.rmtree("shipped", ignore_errors=True)
        os.mkdir("shipped")
        shipped = shipped if shipped is not None else {name: "placeholder\n" for name in outputs}
        rules = []
        for number, name in enumerate(outputs):
            with open(f"shipped/{number}", "w") as f:
                f.write(shipped.get(name, "placeholder\n"))
            rules.append({"shipped": f"shipped/{number}", "built": name})
        self.drop = {
            "schema": "samebuild-drop/1", "name": "box", "version": "1", "sources": [{"path": "source.tar", "sha256": digest("source.tar")}],
            "toolchain": {"root": "host"},
            "build": {"path": path, "env": dict({"SB_CASE": os.path.basename(os.path.dirname(os.getcwd())), "BOX_MARK": self.mark}, **(env or {})),
                      "steps": [{"sh": s} if isinstance(s, str) else {"run": list(s)} for s in steps],
                      "control": dict({"epoch": 1700000000, "clock": "real"}, **(control or {}))},
            "limits": dict({"wall": "120s", "disk": "512M"}, **(limits or {})), "outputs": rules}
        self.save()

    def save(self):
        with open("drop.json", "w") as f:
            json.dump(self.drop, f)
        own()

    def rebuild(self, code=0, folder="built", **options):
        """Build, write the outputs below @folder; nothing may be left of it."""
        result = sb("rebuild", "drop.json", "-O", folder, "--json", code=code, timeout=200, **options)
        self.assert_gone()
        return result

    def verify(self, code=None, **options):
        result = sb("verify", "drop.json", "--json", code=code, **options)
        self.assert_gone()
        return result

    def alive(self):
        """Processes of this box, by a variable that all of its builds inherit, or by what they run."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    if f"BOX_MARK={self.mark}".encode() in f.read():
                        with open(f"/proc/{pid}/status") as status:
                            found.append(status.read().split("\n")[0:3] + [pid])
            except OSError:
                continue
        return found

    def assert_gone(self, patience=0.0):
        end = time.monotonic() + patience
        while (left := self.alive()) and time.monotonic() < end:
            time.sleep(0.02)
        assert not left, f"processes left: {left}"
        assert not cgroups(os.path.basename(os.path.dirname(os.getcwd()))), "control groups left"


def cgroups(word):
    """Control groups whose name holds @word."""
    return [os.path.join(top, name) for top, names, _ in os.walk("/sys/fs/cgroup") for name in names if word in name]
