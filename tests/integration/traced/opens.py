# SPDX-License-Identifier: Apache-2.0
"""What open(2) promises, asked of whoever answers it. Ends with 0 only when all of it holds."""
import ctypes
import errno
import fcntl
import os
import resource
import stat
import threading


def fails(number, *arguments, **options):
    try:
        os.close(os.open(*arguments, **options))
    except OSError as e:
        assert e.errno == number, (arguments, e)
        return
    raise AssertionError(arguments)


os.umask(0o027)
fd = os.open('new', os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o640 and not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK
assert fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
os.write(fd, b'12345')
os.close(fd)
fd = os.open('new', os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
assert fcntl.fcntl(fd, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND) == os.O_NONBLOCK | os.O_APPEND
os.write(fd, b'6')
os.close(fd)
assert os.stat('new').st_size == 6
os.close(os.open('new', os.O_WRONLY | os.O_TRUNC))
assert os.stat('new').st_size == 0
fails(errno.EEXIST, 'new', os.O_CREAT | os.O_EXCL | os.O_RDWR)
fails(errno.ENOENT, 'none', os.O_RDONLY)
fails(errno.ENOENT, '', os.O_RDONLY)
fails(errno.ENOENT, 'none/x', os.O_CREAT | os.O_RDWR)
fails(errno.ENOTDIR, 'new/x', os.O_RDONLY)
fails(errno.ENOTDIR, 'new', os.O_RDONLY | os.O_DIRECTORY)
fails(errno.EISDIR, 'out', os.O_WRONLY)
fails(errno.EISDIR, 'out', os.O_CREAT | os.O_RDWR)
fails(errno.EROFS, '/usr/new', os.O_CREAT | os.O_RDWR)
fails(errno.EACCES, '/usr/bin/env', os.O_WRONLY)
fails(errno.ENAMETOOLONG, 'x' * 300, os.O_RDONLY)
fails(errno.ENAMETOOLONG, 'x/' * 3000, os.O_RDONLY)
fails(errno.EBADF, 'x', os.O_RDONLY, dir_fd=77)
os.symlink('new', 'link')
os.symlink('missing', 'dangling')
os.symlink('circle', 'circle')
fails(errno.ELOOP, 'link', os.O_RDONLY | os.O_NOFOLLOW)
fails(errno.ELOOP, 'circle', os.O_RDONLY)
fails(errno.EEXIST, 'dangling', os.O_CREAT | os.O_EXCL | os.O_RDWR)
os.close(os.open('dangling', os.O_CREAT | os.O_RDWR))
assert os.path.exists('missing')
os.chmod('new', 0)
if os.getuid():
    fails(errno.EACCES, 'new', os.O_RDONLY)
os.chmod('new', 0o600)
top = os.open('out', os.O_RDONLY | os.O_DIRECTORY)
os.close(os.open('below', os.O_CREAT | os.O_WRONLY, dir_fd=top))
assert os.path.exists('out/below')
fd = os.open('out', os.O_TMPFILE | os.O_RDWR, 0o600)
os.write(fd, b'unnamed')
os.close(fd)
again = os.open('opens-file', os.O_RDONLY)
with open(f'/proc/self/fd/{again}', 'rb') as f, open(f'/dev/fd/{again}', 'rb') as g:
    assert f.read() == g.read() == b'x\n'
open('/proc/self/exe', 'rb').read(4)
assert 'python' in open('/proc/self/cmdline').read() and f'Pid:\t{os.getpid()}\n' in open('/proc/self/status').read()
assert os.listdir('/proc/self/fd')
with open('/dev/null', 'wb') as f:
    f.write(b'x')
os.truncate('opens-file', 1)
assert open('opens-file').read() == 'x'
fails(errno.ENOTDIR, 'opens-file/', os.O_RDONLY)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.open(ctypes.c_void_p(8), 0) == -1 and ctypes.get_errno() == errno.EFAULT
os.mkfifo('pipe')
writer = threading.Thread(target=lambda: open('pipe', 'wb').write(b'through'))
writer.start()
assert open('pipe', 'rb').read() == b'through'
writer.join()
held = []
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
try:
    while True:
        held.append(os.open('opens-file', os.O_RDONLY))
except OSError as e:
    assert e.errno == errno.EMFILE, e
for fd in held:
    os.close(fd)
with open('made.sh', 'w') as f:  # what is written and closed can be run at once
    f.write('#!/bin/sh\nexit 0\n')
os.chmod('made.sh', 0o755)
for _ in range(50):
    with open('copy.bin', 'wb') as f, open('/bin/true', 'rb') as g:
        f.write(g.read())
    os.chmod('copy.bin', 0o755)
    assert os.spawnv(os.P_WAIT, './copy.bin', ['copy.bin']) == 0
    os.unlink('copy.bin')
assert os.spawnv(os.P_WAIT, './made.sh', ['made.sh']) == 0
