/* SPDX-License-Identifier: Apache-2.0 */
/* Other ids, capabilities, higher limits. */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static long user_root(void) { return setuid(0); }
static long group_root(void) { return setgid(0); }
static long all_users_root(void) { return setresuid(0, 0, 0); }
static long all_groups_root(void) { return setresgid(0, 0, 0); }
static long other_user(void) { return setuid(65534); }

static long more_groups(void)
{
	gid_t group = 0;

	return setgroups(1, &group);
}

static long take_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};

	return syscall(SYS_capset, &head, all);
}

static long ambient(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0); }
static long secure_bits(void) { return prctl(PR_SET_SECUREBITS, 0, 0, 0, 0); }
static long new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0); }
static long memory_map(void) { return prctl(PR_SET_MM, PR_SET_MM_START_BRK, 0, 0, 0); }
static long no_seccomp(void) { return prctl(PR_SET_SECCOMP, 0, 0, 0, 0); }

/** Succeeds when the process is as bare as it must be. */
static long bare(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct mine[2] = {{0}};
	gid_t groups[8];

	errno = EISCONN;
	if (syscall(SYS_capget, &head, mine) != 0 || mine[0].effective | mine[0].permitted | mine[0].inheritable)
		return -1;
	for (unsigned long capability = 0; capability < 40; capability++)
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			return -1;
	errno = EPROTO;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2)
		return -1;
	errno = EEXIST; /* an ordinary user keeps the groups of the caller, which are all unmapped */
	for (int i = getgroups(8, groups); i > 0; i--)
		if (groups[i - 1] != 65534 && groups[i - 1] != getgid())
			return -1;
	return 0;
}

static long ordinary_id(void)
{
	errno = EISNAM;
	return getuid() && geteuid() && getgid() && getegid() ? 0 : -1;
}

static long no_terminal(void)
{
	return getsid(0) > 0 && tcgetpgrp(2) < 0 && opens("/dev/tty", O_RDWR) < 0 ? 0 : -1;
}

/** Descriptors of the supervisor or of init that came along. */
static long inherited_descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0) {
			errno = EBADFD;
			return -1;
		}
	return 0;
}

static long raise_limit(int resource, rlim_t value)
{
	struct rlimit more = {value, value};

	return setrlimit((__rlimit_resource_t)resource, &more);
}

static long more_processes(void) { return raise_limit(RLIMIT_NPROC, RLIM_INFINITY); }
static long more_memory(void) { return raise_limit(RLIMIT_DATA, RLIM_INFINITY); }
static long larger_files(void) { return raise_limit(RLIMIT_FSIZE, RLIM_INFINITY); }
static long more_files(void) { return raise_limit(RLIMIT_NOFILE, 1 << 20); }
static long core_dumps(void) { return raise_limit(RLIMIT_CORE, RLIM_INFINITY); }
static long more_queues(void) { return raise_limit(RLIMIT_MSGQUEUE, 1 << 20); }
static long more_locked(void) { return raise_limit(RLIMIT_MEMLOCK, 1 << 30); }
static long more_signals(void) { return raise_limit(RLIMIT_SIGPENDING, 1 << 20); }
static long more_priority(void) { return raise_limit(RLIMIT_RTPRIO, 99); }

static long lock_memory(void)
{
	void *p = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : mlock(p, 16 << 20);
}

static const struct attempt rows[] = {
	{"setuid 0", user_root, {EPERM, EINVAL}, 0},
	{"setgid 0", group_root, {EPERM, EINVAL}, 0},
	{"setresuid 0", all_users_root, {EPERM, EINVAL}, 0},
	{"setresgid 0", all_groups_root, {EPERM, EINVAL}, 0},
	{"setuid nobody", other_user, {EPERM, EINVAL}, 0},
	{"setgroups", more_groups, {EPERM, EINVAL}, 0},
	{"capset", take_capabilities, {EPERM}, 0},
	{"ambient capability", ambient, {EPERM}, 0},
	{"clear the secure bits", secure_bits, {EPERM}, 0},
	{"clear no_new_privs", new_privileges, {EINVAL}, 0},
	{"leave seccomp", no_seccomp, {EINVAL}, 0},
	{"PR_SET_MM", memory_map, {EPERM, EINVAL}, 0},
	{"no capability, no group, no way to get one", bare, {SUCCEEDS}, 0},
	{"an ordinary id", ordinary_id, {SUCCEEDS}, 0},
	{"no controlling terminal", no_terminal, {SUCCEEDS}, 0},
	{"no inherited descriptor", inherited_descriptors, {SUCCEEDS}, 0},
	{"raise RLIMIT_NPROC", more_processes, {EPERM}, 0},
	{"raise RLIMIT_DATA", more_memory, {EPERM}, 0},
	{"raise RLIMIT_FSIZE", larger_files, {EPERM}, 0},
	{"raise RLIMIT_NOFILE", more_files, {EPERM}, 0},
	{"raise RLIMIT_CORE", core_dumps, {EPERM}, 0},
	{"raise RLIMIT_MSGQUEUE", more_queues, {EPERM}, 0},
	{"raise RLIMIT_MEMLOCK", more_locked, {EPERM}, 0},
	{"raise RLIMIT_SIGPENDING", more_signals, {EPERM}, 0},
	{"raise RLIMIT_RTPRIO", more_priority, {EPERM}, 0},
	{"lock 16 MiB of memory", lock_memory, {ENOMEM, EPERM}, 0},
};

const struct family family_identity = FAMILY("identity", rows);
