/* SPDX-License-Identifier: Apache-2.0 */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNSHARE(what, flag) static long unshare_##what(void) { return unshare(flag); }
UNSHARE(user, CLONE_NEWUSER)
UNSHARE(mount, CLONE_NEWNS)
UNSHARE(pid, CLONE_NEWPID)
UNSHARE(net, CLONE_NEWNET)
UNSHARE(ipc, CLONE_NEWIPC)
UNSHARE(uts, CLONE_NEWUTS)
UNSHARE(cgroup, CLONE_NEWCGROUP)
UNSHARE(time, 0x80)

static long cloned(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : waitpid((pid_t)pid, NULL, 0);
}

static long clone_user(void) { return cloned(CLONE_NEWUSER); }
static long clone_user_high_bits(void) { return cloned(CLONE_NEWUSER | UINT64_C(1) << 40); }
static long clone_mount(void) { return cloned(CLONE_NEWNS); }
static long clone_net(void) { return cloned(CLONE_NEWNET); }

static long clone3_user(void)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : waitpid((pid_t)pid, NULL, 0);
}

static long enters(const char *path, int kind)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : setns(fd, kind);
}

static long setns_own_net(void) { return enters("/proc/self/ns/net", CLONE_NEWNET); }
static long setns_own_user(void) { return enters("/proc/self/ns/user", CLONE_NEWUSER); }

static long setns_init_mount(void)
{
	int fd = (int)syscall(SYS_pidfd_open, 1, 0);

	return fd < 0 ? -1 : setns(fd, CLONE_NEWNS);
}

/* By number: the header that declares them is kept to one room. */
static long mounts(const char *from, const char *to, const char *type, unsigned long flags)
{
	return syscall(SYS_mount, from, to, type, flags, NULL);
}

static long mount_tmpfs(void) { return mounts("x", "/tmp", "tmpfs", 0); }
static long mount_proc(void) { return mounts("x", "/tmp", "proc", 0); }
static long mount_bind(void) { return mounts("/usr", "/tmp", NULL, 4096); }
static long remount_root(void) { return mounts(NULL, "/", NULL, 32 | 4096); }
static long remount_usr(void) { return mounts(NULL, "/usr", NULL, 32 | 4096); }
static long mount_shared(void) { return mounts(NULL, "/", NULL, 1 << 20); }
static long umount_mask(void) { return syscall(SYS_umount2, "/proc/cpuinfo", 2); }
static long umount_proc(void) { return syscall(SYS_umount2, "/proc", 2); }
static long pivots(void) { return syscall(SYS_pivot_root, ".", "."); }
static long chroots(void) { return chroot("/tmp"); }
static long opens_fs(void) { return syscall(SYS_fsopen, "tmpfs", 0); }
static long picks_fs(void) { return syscall(SYS_fspick, AT_FDCWD, "/", 0); }
static long clones_tree(void) { return syscall(SYS_open_tree, AT_FDCWD, "/usr", OPEN_TREE_CLONE); }
static long opens_tree(void) { return syscall(SYS_open_tree, AT_FDCWD, "/usr", 0); }
static long opens_tree_attr(void) { return syscall(467, AT_FDCWD, "/usr", 0, NULL, 0); }
static long moves_mount(void) { return syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0); }

static long sets_mount_attr(void)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

	return syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr));
}

static long statmount_root(void)
{
	uint64_t request[4] = {24, 1, 1, 0}, reply[128];

	return syscall(457, request, reply, sizeof(reply), 0);
}

static long lists_mounts(void)
{
	uint64_t request[3] = {24, UINT64_MAX, 0}, ids[64];

	return syscall(458, request, ids, 64, 0);
}

static const struct attempt rows[] = {
	{"unshare user", unshare_user, {EPERM}, CONTROL},
	{"unshare mount", unshare_mount, {EPERM}, 0},
	{"unshare pid", unshare_pid, {EPERM}, 0},
	{"unshare net", unshare_net, {EPERM}, 0},
	{"unshare ipc", unshare_ipc, {EPERM}, 0},
	{"unshare uts", unshare_uts, {EPERM}, 0},
	{"unshare cgroup", unshare_cgroup, {EPERM}, 0},
	{"unshare time", unshare_time, {EPERM}, 0},
	{"clone user", clone_user, {EPERM}, CONTROL},
	{"clone user with high bits", clone_user_high_bits, {EPERM}, CONTROL},
	{"clone mount", clone_mount, {EPERM}, 0},
	{"clone net", clone_net, {EPERM}, 0},
	{"clone3 user", clone3_user, {ENOSYS}, CONTROL},
	{"setns own net", setns_own_net, {EPERM}, 0},
	{"setns own user", setns_own_user, {EPERM}, 0},
	{"setns mount of init by pidfd", setns_init_mount, {EPERM}, 0},
	{"mount a tmpfs", mount_tmpfs, {EPERM}, 0},
	{"mount a fresh proc", mount_proc, {EPERM}, 0},
	{"bind mount", mount_bind, {EPERM}, 0},
	{"remount / writable", remount_root, {EPERM}, 0},
	{"remount /usr writable", remount_usr, {EPERM}, 0},
	{"make mounts shared", mount_shared, {EPERM}, 0},
	{"uncover /proc/cpuinfo", umount_mask, {EPERM}, 0},
	{"unmount /proc", umount_proc, {EPERM}, 0},
	{"pivot_root", pivots, {EPERM}, 0},
	{"chroot", chroots, {EPERM}, 0},
	{"fsopen", opens_fs, {EPERM}, 0},
	{"fspick", picks_fs, {EPERM}, 0},
	{"open_tree with a clone", clones_tree, {EPERM}, 0},
	{"open_tree", opens_tree, {EPERM}, CONTROL},
	{"open_tree_attr", opens_tree_attr, {EPERM}, 0},
	{"move_mount", moves_mount, {EPERM}, 0},
	{"mount_setattr", sets_mount_attr, {EPERM}, 0},
	{"statmount", statmount_root, {EPERM}, 0},
	{"listmount", lists_mounts, {EPERM}, 0},
};

const struct family family_namespaces = FAMILY("namespaces", rows);
