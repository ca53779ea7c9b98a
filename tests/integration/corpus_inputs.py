# SPDX-License-Identifier: Apache-2.0
"""Real Debian packages: their sources, what Debian ships, and one root with the build dependencies of all of them.

Everything comes from the package mirror by apt, with a configuration of our own, and is kept in the cache of the tests. What a mirror
no longer has is a skip that names it.
"""
import contextlib
import fcntl
import glob
import os
import shutil

from sbtest import PROGRAM, cache, need, own, run, sb, skip

# Source package: version of the source, delivered binary packages, their version where it is another one. The versions are pinned: what is
# expected of them was measured.
EVERYDAY = {
    "ucf": ("3.0043+nmu1+deb12u1", ["ucf"]),
    "net-tools": ("2.10-0.1+deb12u2", ["net-tools"]),
    "hostname": ("3.23+nmu1", ["hostname"]),
    "tree": ("2.1.0-1", ["tree"]),
}
SLOW = {
    "giflib": ("5.2.1-2.5+deb12u1", ["giflib-tools", "libgif-dev", "libgif7"]),
    "cjson": ("1.7.15-1+deb12u4", ["libcjson1", "libcjson-dev"]),
    "libsodium": ("1.0.18-1+deb12u1", ["libsodium23", "libsodium-dev"]),
}
# Built long before the tools of today: what is shipped and what is rebuilt differ, each in its own way.
DRIFT = {
    "hello": ("2.10-3", ["hello"]),
    "yajl": ("2.1.0-3+deb12u2", ["libyajl2", "yajl-tools"]),
    "lz4": ("1.9.4-1", ["lz4", "liblz4-1"]),
    "libtry-tiny-perl": ("0.31-2", ["libtry-tiny-perl"]),
    "bzip2": ("1.0.8-5", ["bzip2", "libbz2-1.0"], "1.0.8-5+b1"),
}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = (("http://deb.debian.org/debian", "bookworm"), ("http://deb.debian.org/debian", "bookworm-updates"),
          ("http://deb.debian.org/debian-security", "bookworm-security"))


class Corpus:
    def __init__(self, name, packages):
        self.packages = packages
        self.folder = cache(name)
        self.apt = os.path.join(self.folder, "apt")
        self.updated = False

    @contextlib.contextmanager
    def _alone(self):
        """Suites that run at a time would fetch and build the same."""
        with open(os.path.join(self.folder, "lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _get(self, *words, cwd, missing):
        """apt-get with sources and lists of our own; the lists are fetched once."""
        for sub in ("lists/partial", "archives/partial", "parts"):
            os.makedirs(os.path.join(self.apt, sub), exist_ok=True)
        listing = os.path.join(self.apt, "sources.list")
        with open(listing, "w") as f:
            for uri, suite in SUITES:
                f.writelines(f"{kind} [signed-by={KEYRING}] {uri} {suite} main\n" for kind in ("deb", "deb-src"))
        own_places = [f"Dir::Etc::sourcelist={listing}", f"Dir::Etc::sourceparts={self.apt}/parts", f"Dir::State::lists={self.apt}/lists",
                      f"Dir::Cache={self.apt}", "APT::Sandbox::User=root"]
        options = [o for place in own_places for o in ("-o", place)]
        if not self.updated:
            result = run("apt-get", *options, "-q", "update", timeout=300, user=False)
            if result.code != 0:
                skip(f"the package mirror cannot be reached: {result.err.strip().splitlines()[-1:]}")
            self.updated = True
        result = run("apt-get", *options, "-q", *words, timeout=300, user=False, cwd=cwd)
        if result.code != 0:
            skip(f"the mirror does not have {missing}")

    def fetch(self, package):
        """Folder with the .dsc, its files and the delivered packages."""
        version, binaries, *other = self.packages[package]
        delivered = other[0] if other else version
        final = os.path.join(self.folder, f"{package}_{version}")
        need("apt-get", "dpkg-source")
        with self._alone():
            if os.path.isdir(final):
                return final
            made = final + ".new"
            shutil.rmtree(made, ignore_errors=True)
            os.mkdir(made)
            self._get("source", "--download-only", "--only-source", f"{package}={version}", cwd=made, missing=f"source {package} {version}")
            for binary in binaries:
                self._get("download", f"{binary}={delivered}", cwd=made, missing=f"{binary} {delivered}")
            os.rename(made, final)
        return final

    def root(self):
        """The archive, made by `samebuild toolchain debian` when the cache has none for these packages."""
        dscs = [glob.glob(os.path.join(self.fetch(p), "*.dsc"))[0] for p in self.packages]
        return self.other_root("root", "--indep", *(word for dsc in dscs for word in ("--build-deps", dsc)))

    def other_root(self, name, *words):
        """The same of a root of its own, with what these words of `toolchain debian` ask for."""
        need("mmdebstrap", "zstd")
        place = os.path.join(self.folder, name)
        archive = os.path.join(place, "root.tar.zst")
        mirror = os.path.join(self.apt, "sources.list")
        if not os.path.isfile(mirror):
            self.fetch(next(iter(self.packages)))
        with self._alone():
            if not os.path.isfile(archive):
                sb("toolchain", "debian", "--suite", "bookworm", "--mirror", os.path.relpath(mirror), *words, "-O", place, timeout=1200, user=False, code=0)
            os.chmod(archive, 0o644)
        return archive

    def drop(self, package, folder, change=None):
        """A drop of @package in @folder with the manifest that init writes. change(folder): what happens to the delivery before."""
        fetched, archive = self.fetch(package), self.root()
        os.mkdir(folder)
        for path in glob.glob(os.path.join(fetched, "*")):
            target = shutil.copy(path, folder)
            os.chmod(target, 0o644)
        if change:
            change(folder)
        os.chmod(folder, 0o755)
        own(folder)
        try:
            os.link(archive, os.path.join(folder, "root.tar.zst"))
        except OSError:
            shutil.copy(archive, os.path.join(folder, "root.tar.zst"))
            os.chmod(os.path.join(folder, "root.tar.zst"), 0o644)
        delivered = sorted(glob.glob(os.path.join(folder, "*.deb")))
        dsc = glob.glob(os.path.join(folder, "*.dsc"))[0]
        sb("init", dsc, "--toolchain", os.path.join(folder, "root.tar.zst"), "--shipped", *delivered, code=0)
        return os.path.join(folder, "drop.yaml")


def verify(manifest, code):
    """The record of a run that must end with @code."""
    result = sb("verify", manifest, "--json", timeout=900)
    assert result.code == code, result
    return result.json()


def expect_identical(corpus, package):
    record = verify(corpus.drop(package, package), 0)
    levels = {artifact["name"]: artifact["level"] for artifact in record["artifacts"]}
    assert len(levels) == len(corpus.packages[package][1]), levels
    assert set(levels.values()) == {"identical"} and record["level"] == "identical", levels
    assert record["findings"] == [], record["findings"]


def expect_build_id(corpus, package):
    """Below identical: the build-id is what differs, the rest follows from it, and nothing is left unnamed."""
    record = verify(corpus.drop(package, package), 0)
    assert record["level"] == "explained", record["level"]
    primary = [f for f in record["findings"] if f["primary"]]
    assert {f["cause"] for f in primary} == {"build-id"}, primary
    assert all(f["cause"] not in ("unexplained", "missing", "extra") for f in record["findings"]), record["findings"]
    for artifact in record["artifacts"]:
        coverage = artifact["coverage"]
        assert coverage["residual"] == 0 and coverage["opaque"] == 0 and coverage["claimed"] > 0, artifact


__all__ = ["PROGRAM", "EVERYDAY", "SLOW", "DRIFT", "Corpus", "verify", "expect_identical", "expect_build_id"]
