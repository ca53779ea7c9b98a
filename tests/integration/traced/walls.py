# SPDX-License-Identifier: Apache-2.0
"""What init could open and the build may not, and what the filter refuses. Ends with 0 only when all of it fails."""
import errno
import os
import socket

for family in (16, 17, 38, 40):  # netlink, packet, alg, vsock
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC):
        try:
            socket.socket(family, kind)
        except OSError as e:
            assert e.errno == errno.EAFNOSUPPORT, (family, kind, e)
            continue
        raise AssertionError((family, kind))

proc = os.open('/proc', os.O_RDONLY | os.O_DIRECTORY)
os.symlink('/proc/1/environ', 'to-environ')
os.symlink('/proc/1/root', 'to-root')
os.symlink('/proc/1', 'to-init')
os.symlink('/proc/self/fd', 'to-fds')
reads = ['/proc/1/environ', '/proc/1/maps', '/proc/1/mem', '/proc/1/auxv', '/proc/self/../1/environ', '/proc/thread-self/../../../1/maps', 'to-environ',
         'to-root/etc/passwd', 'to-init/environ', 'to-init/maps', '/proc/1/fd/0', '/proc/1/fd/5', '/proc/1/cwd/proc', '/proc/1/exe',
         f'/proc/{os.getppid()}/../1/environ', '/proc/self/task/../../1/environ', '/proc/self/root/proc/1/environ', '/proc/self/cwd/to-environ']
for path in reads:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as e:
        assert e.errno in (errno.EACCES, errno.EPERM, errno.ENOENT, errno.ELOOP), (path, e)
        continue
    raise AssertionError((path, os.readlink(f'/proc/self/fd/{fd}')))
for path in ('1/environ', '1/maps', 'self/../1/maps'):
    try:
        fd = os.open(path, os.O_RDONLY, dir_fd=proc)
    except OSError as e:
        assert e.errno in (errno.EACCES, errno.EPERM, errno.ENOENT), (path, e)
        continue
    raise AssertionError(path)
writes = ['/proc/self/comm', '/proc/self/oom_score_adj', '/proc/self/mem', '/proc/cpuinfo', '/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname',
          '/sys/devices/system/cpu/online', '/etc/passwd', '/usr/bin/env', '/dev/new', '/new', '/proc/sysrq-trigger', '/proc/self/setgroups', '/proc/self/uid_map']
for path in writes:
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_CREAT, os.O_RDONLY | os.O_TRUNC):
        try:
            fd = os.open(path, flags)
        except OSError:
            continue
        raise AssertionError((path, flags))
    try:
        os.truncate(path, 0)
    except OSError:
        continue
    raise AssertionError(('truncate', path))

# what init hands over is the file and nothing more of init's
fd = os.open('x', os.O_RDWR)
assert os.stat('x').st_uid == os.getuid() and os.readlink(f'/proc/self/fd/{fd}') == os.path.realpath('x')
assert os.open('to-fds', os.O_RDONLY) > 0 and str(fd) in os.listdir('to-fds')
with open('made', 'w') as f:
    assert os.fstat(f.fileno()).st_uid == os.getuid() and os.fstat(f.fileno()).st_gid == os.getgid()
try:  # the limit on the size of a file is the process's
    os.truncate('x', 1 << 60)
    raise AssertionError('truncate')
except OSError as e:
    assert e.errno == errno.EFBIG, e
