# SPDX-License-Identifier: Apache-2.0
"""Drops whose delivered files a vendor has built elsewhere: the same sources and recipe, in another environment."""
import hashlib
import io
import json
import os
import shutil
import tarfile

from sbtest import sb

EPOCH = 1700000000  # 2023-11-14 22:13:20 UTC
OURS = {"epoch": EPOCH, "clock": "shift"}
THEIRS = {"epoch": 1711111111, "clock": "frozen", "hostname": "ci-node-42", "user": "jenkins", "timezone": "CET-1", "umask": "027"}
THEIR_PATH = "/home/jenkins/workspace/acme-router_release"


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def pack(path, files, mtime=EPOCH - 86400):
    with tarfile.open(path, "w") as archive:
        for name, content in sorted(files.items()):
            data = content if isinstance(content, bytes) else content.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), 0o644, mtime
            archive.addfile(entry, io.BytesIO(data))


class Product:
    """A drop in the current folder. outputs: names below the build path."""

    def __init__(self, files, steps, outputs, control=None, path="/build/acme-1.0", env=None, mtime=EPOCH - 86400):
        pack("source.tar", files, mtime)
        self.outputs = outputs
        self.drop = {
            "schema": "samebuild-drop/1", "name": "acme", "version": "1.0", "sources": [{"path": "source.tar", "sha256": sha256("source.tar")}],
            "toolchain": {"root": "host"},
            "build": {"path": path, "env": env or {}, "steps": [{"sh": s} for s in steps], "control": dict(OURS, **(control or {}))},
            "limits": {"wall": "300s", "disk": "512M"}, "outputs": [{"shipped": f"release/{os.path.basename(n)}", "built": n} for n in outputs]}

    def save(self):
        with open("drop.json", "w") as f:
            json.dump(self.drop, f)

    def vendor(self, control=None, path=THEIR_PATH, env=None, only=None):
        """Deliver what the vendor builds: in the environment @control at @path."""
        mine = json.loads(json.dumps(self.drop["build"]))
        self.drop["build"].update(path=path, env=dict(mine["env"], **(env or {})))
        self.drop["build"]["control"].update(THEIRS if control is None else control)
        os.makedirs("release", exist_ok=True)
        for name in self.outputs:
            if not os.path.exists(f"release/{os.path.basename(name)}"):
                with open(f"release/{os.path.basename(name)}", "w") as f:
                    f.write("built below\n")
        self.save()
        shutil.rmtree("vendor", ignore_errors=True)
        sb("rebuild", "drop.json", "-O", "vendor", code=0)
        for name in only or self.outputs:
            os.replace(f"vendor/{name}", f"release/{os.path.basename(name)}")
        self.drop["build"] = mine
        self.save()

    def verify(self, *options, rounds=3, code=None):
        result = sb("verify", "drop.json", "--solve", str(rounds), "--json", *options)
        assert result.code in (0, 1), result
        record = result.json()
        assert code in (None, result.code), json.dumps(dict(record["solve"], levels=levels(record)), indent=1)
        return record


def levels(record):
    return {a["name"].split("/", 1)[1]: a["level"] for a in record["artifacts"]}


def facts(record):
    """Facts of the rebuild that made most files equal, or of the last one that came closer."""
    solve = record["solve"]
    used = [f["rebuild"] for f in solve["files"] if f["rebuild"]]
    if used:
        return solve["rebuilds"][max(set(used), key=used.count) - 1]["facts"]
    closer = [r["facts"] for r in solve["rebuilds"] if r["end"] == "closer"]
    return closer[-1] if closer else {}
