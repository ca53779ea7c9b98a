#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Outputs that are not what they seem: nothing is followed, opened or written elsewhere, and none of them is a pass."""
import os
import stat

from box import PROBE, Box
from sbtest import case, main, ordinary, run, sb

SECRET = b"a secret of the host 4711\n"


def program():
    with open(PROBE, "rb") as f:
        return {"abuse_probe*": f.read()}


def tree(folder="built"):
    """{path: (kind, bytes or target)} of what was written."""
    found = {}
    for top, folders, names in os.walk(os.fsencode(folder)):
        for name in folders + names:
            path = os.path.join(top, name)
            mode = os.lstat(path).st_mode
            content = os.readlink(path) if stat.S_ISLNK(mode) else open(path, "rb").read() if stat.S_ISREG(mode) else None
            found[os.path.relpath(path, os.fsencode(folder))] = (stat.S_IFMT(mode), content)
    return found


def level(box):
    """Level of the only artifact; the verdict must not be a pass."""
    result = box.verify()
    assert result.code in (1, 5), result
    record = result.json()
    assert record["level"] in ("different", "undetermined"), record["level"]
    return record["artifacts"][0]["level"]


@case("a link to a file of the host is a link, and never its content", user=True)
def _(_dir):
    with open("secret", "wb") as f:
        f.write(SECRET)
    for target in (os.path.abspath("secret"), "/etc/shadow", "/proc/1/environ", "/dev/zero"):
        box = Box(f"ln -s {target} out/prog; ln -s {os.path.dirname(target)} out/folder", outputs=("out",))
        box.rebuild()
        assert tree() == {b"out": (stat.S_IFDIR, None), b"out/prog": (stat.S_IFLNK, target.encode()),
                          b"out/folder": (stat.S_IFLNK, os.path.dirname(target).encode())}, tree()
        run("rm", "-r", "built", code=0)
        assert level(Box(f"ln -s {target} out/prog", outputs=("out/prog",), shipped={"out/prog": SECRET.decode()})) == "different"


@case("an output behind a linked folder is not taken", user=True)
def _(_dir):
    for step in ("ln -s /etc out/sub", "rmdir out; ln -s /etc out; mkdir sub", "mkdir real; cp /etc/passwd real/passwd; ln -s ../real out/sub"):
        box = Box(step, outputs=("out/sub/passwd",), shipped={"out/sub/passwd": "root\n"})
        box.rebuild(code=4)  # the output is named and was not made
        assert not any(kind == stat.S_IFREG for kind, _ in tree().values()), (step, tree())
        assert level(box) == "different"
        run("rm", "-rf", "built", code=0)


@case("a build folder that was replaced by a link is not collected", user=True)
def _(_dir):
    for path, step, outputs in (("/build/a/task", "mv /build/a /build/b; ln -s /proc/self /build/a", ("1/environ", "1/maps", "1/cmdline")),
                                ("/build/a/lib", "mv /build/a /build/b; ln -s /usr /build/a", ("os-release",)),
                                ("/build/a/usr", "mv /build/a/usr /build/b; ln -s /usr /build/a/usr", ("lib/os-release",)),
                                ("/build/a/cpu", "mv /build/a /build/b; ln -s /sys/devices/system /build/a", ("online",))):
        box = Box(step, outputs=outputs, path=path)
        result = sb("rebuild", "drop.json", "-O", "built", "--json", env={"SECRET": SECRET.decode()}, timeout=100)
        assert result.code != 70, result
        assert not os.path.isdir("built") or tree() == {}, (result, tree())
        box.assert_gone()
        assert level(box) == "different" or ordinary()


@case("fifo, socket and hard link: told, and never opened or made", user=True)
def _(_dir):
    box = Box("mkfifo out/fifo; ./abuse_probe socket out/socket; echo x > out/a; ln out/a out/b; chmod 4755 out/a; mknod out/null c 1 3; true",
              files=program())
    box.rebuild()
    assert set(tree()) == {b"out", b"out/a", b"out/b"}, tree()
    assert os.stat("built/out/a").st_nlink == 1 and os.stat("built/out/a").st_mode & 0o7000 == 0
    for kind in ("mkfifo out/prog", "./abuse_probe socket out/prog", "mkdir out/prog"):
        assert level(Box(kind, files=program(), outputs=("out/prog",))) == "different", kind


@case("a file that becomes a fifo at the very end is not waited for", user=True)
def _(_dir):
    assert level(Box("echo x > out/prog", "(sleep 0.1; rm out/prog; mkfifo out/prog) & rm out/prog; mkfifo out/prog", outputs=("out/prog",))) == "different"


@case("odd names come out as they are, and reach no terminal", user=True)
def _(_dir):
    names = [b"new\nline", b"esc\033[31m", b"bad\xff\xfeutf", b"bidi\xe2\x80\xae", b"-rf", b" ", b"x" * 255, b"quote'\"\\", b"$(id)"]
    script = "import os\nfor n in " + repr(names) + ":\n    open(b'out/' + n, 'w').write('x')\n"
    box = Box(["/usr/bin/python3", "odd.py"], files={"odd.py": script})
    result = box.rebuild()
    assert {os.path.basename(name) for name in tree()} == set(names) | {b"out"}, tree()
    assert len(result.json()["outputs"]) == len(names)
    text = box.verify().out
    assert not [c for c in text if ord(c) < 32 and c != "\n" or ord(c) in (0x7F, 0x202E)], text
    text = sb("verify", "drop.json")
    assert not [c for c in text.out + text.err if ord(c) < 32 and c != "\n" or ord(c) in (0x7F, 0x202E)], text


def refused(box, limit):
    result = box.rebuild(code=4)
    error = result.json()["errors"][0]
    assert error["id"] == "build-limit" and limit in error["message"], error
    assert not os.path.isdir("built") or tree() == {}, tree()


@case("folders deeper than any path", user=True)
def _(_dir):
    refused(Box("cd out; ../abuse_probe deep 3000", files=program()), "output-depth")


@case("more entries than may be collected", user=True)
def _(_dir):
    refused(Box("cd out; ../abuse_probe many-files 3000", files=program(), limits={"output-count": 2000}), "output-count")


@case("one folder with twenty thousand entries, of which one is delivered, or all", user=True)
def _(_dir):
    many = "cd out; ../abuse_probe many-files 20000"
    Box(many, files=program(), outputs=("out/19999",), shipped={"out/19999": ""}).verify(code=0)
    assert level(Box(many, files=program())) == "different"


@case("a sparse file of 4 GiB is charged by its size, and by its file size limit", user=True)
def _(_dir):
    refused(Box("truncate -s 4G out/big", limits={"file-size": "5G", "output-size": "1G"}), "output-")
    refused(Box("truncate -s 4G out/big", limits={"disk": "100M"}), "disk")
    refused(Box("for i in 1 2 3 4 5 6 7 8; do truncate -s 90M out/$i; done", limits={"disk": "100M", "output-size": "500M"}), "output-size")


@case("a thousand hard links to one file are charged a thousand times", user=True)
def _(_dir):
    refused(Box("dd if=/dev/zero of=out/f bs=1M count=20; for i in $(seq 1000); do ln out/f out/$i; done", limits={"output-size": "200M"}), "output-size")


@case("what is beside $OUT, or above the build, is not taken", user=True)
def _(_dir):
    Box("echo x > out/a; echo y > beside; echo z > ../above; echo w > /tmp/tmp", outputs=("out",)).rebuild()
    assert set(tree()) == {b"out", b"out/a"}, tree()


@case("an $OUT that is gone, or no folder, is an output that is missing", user=True)
def _(_dir):
    for step in ("rmdir out", "rmdir out; echo x > out", "rmdir out; mkfifo out", "rmdir out; ln -s . out", "cd /; rm -rf /build/box-1"):
        assert level(Box(step, outputs=("out/prog",))) == "different", step


@case("outputs that nobody may read end in an answer that is no pass, and nothing stays", user=True)
def _(_dir):
    for step in ("echo x > out/prog; chmod 000 out/prog", "echo x > out/prog; chmod 000 out", "echo x > out/prog; chmod 000 ."):
        box = Box(step, outputs=("out/prog",))
        result = box.verify()
        assert result.code in (1, 5), (step, result)


@case("outputs written into the folder of the caller never leave it", user=True)
def _(_dir):
    """The folder given with -O already holds links that lead elsewhere."""
    os.mkdir("elsewhere")
    for link in ("out", "out/prog"):
        run("rm", "-rf", "built", code=0)
        os.makedirs(f"built/{os.path.dirname(link)}", exist_ok=True)
        os.symlink(os.path.abspath("elsewhere") + ("" if link == "out" else "/prog"), f"built/{link}")
        Box("mkdir out/sub; echo x > out/prog; echo y > out/sub/file; ln -s / out/link", outputs=("out",)).rebuild(code=None)
        assert os.listdir("elsewhere") == [], link


@case("a link that one build leaves is not followed by the next that writes into the same folder", user=True)
def _(_dir):
    os.mkdir("elsewhere")
    Box(f"rmdir out; ln -s {os.path.abspath('elsewhere')} out").rebuild()
    assert os.path.islink("built/out")
    Box("echo x > out/prog", outputs=("out/prog",)).rebuild(code=75)
    Box(f"rmdir out; ln -s {os.path.abspath('elsewhere')} out").rebuild()
    assert os.listdir("elsewhere") == []


@case("a build that opens for writing what is being read changes nothing", user=True)
def _(_dir):
    box = Box("while :; do echo y; done > out/prog & while ! [ -s out/prog ]; do sleep 0.01; done; head -c 2 out/prog > out/small", outputs=("out/small",))
    box.rebuild()
    assert open("built/out/small").read() == "y\n"


main()
