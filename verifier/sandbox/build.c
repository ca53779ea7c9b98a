/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/build.h"
#include "verifier/sandbox/channel.h"
#include "verifier/sandbox/filter.h"
#include "verifier/sandbox/landlock.h"
#include "verifier/sandbox/mount.h"
#include "verifier/sandbox/protocols.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_SETUP 126  /* the board says why */
#define EXIT_EXEC 127   /* as the shell says it */

static int failed(const char *what, struct sb_err *err)
{
	return sb_fail_errno(err, "sandbox-setup", "cannot %s", what);
}

/** The caller may ignore or block signals; a build starts with none of that. */
static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/**
 * Before the change of ids: CAP_SETPCAP is gone afterwards. NO_SETUID_FIXUP makes the last step an explicit one; with it locked no
 * later change of ids can give or take a capability.
 */
static int lock_privileges(struct sb_err *err)
{
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
	                           SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
			return failed("drop a capability for good", err);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 || prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0)
		return failed("lock the secure bits", err);
	return 0;
}

static int become_build(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};
	gid_t group = plan->id;

	if (plan->board->ids.way != SB_IDS_ONE && setgroups(0, NULL) != 0)
		return failed("leave the groups", err);
	if (setresgid(group, group, group) != 0 || setresuid(plan->id, plan->id, plan->id) != 0)
		return failed("become the build's user", err);
	if (syscall(SYS_capset, &head, none) != 0)
		return failed("give up the capabilities", err);
	return 0;
}

static int limit(int resource, const char *name, rlim_t soft, rlim_t hard, struct sb_err *err)
{
	struct rlimit now, next = {.rlim_cur = soft, .rlim_max = hard};

	if (getrlimit((__rlimit_resource_t)resource, &now) == 0 && now.rlim_max < hard) { /* raising needs a privilege we gave up */
		next.rlim_max = now.rlim_max;
		next.rlim_cur = soft < now.rlim_max ? soft : now.rlim_max;
	}
	if (setrlimit((__rlimit_resource_t)resource, &next) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot limit %s", name);
	return 0;
}

static int set_limits(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	const struct sb_bounds *bounds = &plan->bounds;
	/* the same whoever counts, as a build can see them: the group refuses first, or the supervisor, which counts all together, ends first */
	rlim_t memory = bounds->memory + bounds->disk, processes = bounds->processes;
	rlim_t files = bounds->open_files;
	const struct {
		int resource;
		const char *name;
		rlim_t soft, hard;
	} rows[] = {
		{RLIMIT_CORE, "core dumps", 0, 0},
		{RLIMIT_NPROC, "processes", processes, processes},
		{RLIMIT_DATA, "memory", memory, memory},
		{RLIMIT_FSIZE, "file size", bounds->file_size, bounds->file_size},
		{RLIMIT_NOFILE, "open files", files < 1024 ? files : 1024, files},
		{RLIMIT_STACK, "the stack", 8 << 20, RLIM_INFINITY},
		{RLIMIT_MEMLOCK, "locked memory", 65536, 65536},
		{RLIMIT_MSGQUEUE, "message queues", 0, 0},
		{RLIMIT_SIGPENDING, "pending signals", 1024, 1024},
		{RLIMIT_NICE, "nice", 0, 0},
		{RLIMIT_RTPRIO, "real-time priority", 0, 0},
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		rc = limit(rows[i].resource, rows[i].name, rows[i].soft, rows[i].hard, err);
	return rc;
}

/** Sending is never asked about, so this cannot wait for the one that it goes to. */
static int enter_filter(const struct sb_sandbox_plan *plan, int channel, struct sb_err *err)
{
	SB_CLOSING int listener = -1;
	int rc = sb_filter_enter(&plan->filter, channel >= 0 ? &listener : NULL, err);

	if (rc == 0 && channel >= 0 && !sb_channel_say(channel, SB_WORD_LISTENER, listener))
		return failed("give init the listener", err);
	return rc;
}

static int enter_walls(const struct sb_sandbox_plan *plan, int channel, struct sb_err *err)
{
	struct sb_board *board = plan->board;
	char detail[32];
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed("set no_new_privs", err);
	sb_wall_on(board, SB_WALL_NO_NEW_PRIVS, NULL);
	if (plan->landlock_abi > 0) {
		snprintf(detail, sizeof(detail), "ABI %ld", plan->landlock_abi);
		rc = sb_landlock_enter(plan->landlock_abi, plan->work_mount, err);
		if (rc != 0)
			return rc;
		sb_wall_on(board, SB_WALL_LANDLOCK, detail);
	} else {
		sb_wall_off(board, SB_WALL_LANDLOCK, "off: this kernel has no Landlock, or it is not among its lsm=", 0);
	}
	sb_wall_on(board, SB_WALL_SECCOMP, plan->spec->allow_ptrace ? "on, but for ptrace, which the manifest allows" : NULL);
	rc = board->limits_kind == SB_LIMITS_RLIMIT ? sb_filter_refuse_memory_files(err) : 0;
	if (rc == 0)
		rc = sb_protocols_refuse(err);
	return rc ? rc : enter_filter(plan, channel, err);
}

/**
 * Init writes to the build's memory through its own /proc; the build's is read-only, in mounts of its own: without Landlock a process
 * could change its audit login id there, and more.
 */
static int freeze_proc(struct sb_err *err)
{
	if (unshare(CLONE_NEWNS) != 0)
		return failed("separate the build's mounts from init's", err);
	return sb_mount_restrict("/proc", MOUNT_ATTR_RDONLY, err);
}

static int prepare(const struct sb_sandbox_plan *plan, int channel, struct sb_err *err)
{
	int rc;

	reset_signals();
	rc = freeze_proc(err);
	if (rc == 0)
		rc = lock_privileges(err);
	if (rc == 0)
		rc = become_build(plan, err);
	if (rc == 0)
		rc = set_limits(plan, err);
	if (rc != 0)
		return rc;
	sb_wall_on(plan->board, SB_WALL_CAPABILITIES, NULL);
	umask((mode_t)plan->spec->control.umask);
	if (!plan->spec->control.aslr && personality(ADDR_NO_RANDOMIZE) < 0)
		return failed("switch address randomisation off", err);
	rc = enter_walls(plan, channel, err);
	if (rc == 0 && syscall(SYS_close_range, 3, ~0U, 0) != 0)
		return failed("close what is not the build's", err);
	return rc;
}

static _Noreturn void complain(const char *what, const char *name)
{
	dprintf(STDERR_FILENO, "samebuild: %s %s: %s\n", what, name, strerror(errno));
	_exit(EXIT_EXEC);
}

/** execvp(3) would search our own PATH, not the build's. */
static void exec_in(const char *folder, size_t n, char *const *argv, char *const *variables)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)n, folder, argv[0]) < sizeof(path))
		execve(path, argv, variables);
}

static _Noreturn void run(const struct sb_sandbox_plan *plan, char *const *argv)
{
	int reason = ENOENT;

	if (strchr(argv[0], '/')) {
		execve(argv[0], argv, plan->variables);
		complain("cannot run", argv[0]);
	}
	for (const char *at = plan->search; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
		exec_in(at, strcspn(at, ":"), argv, plan->variables);
		if (errno != ENOENT && errno != ENOTDIR)
			reason = errno;
	}
	errno = reason;
	complain("cannot run", argv[0]);
}

_Noreturn void sb_build_step(const struct sb_sandbox_plan *plan, size_t step, int channel)
{
	struct sb_err err = {0};

	if (prepare(plan, channel, &err) != 0) {
		plan->board->err = err;
		_exit(EXIT_SETUP);
	}
	if (chdir(plan->cwd[step]) != 0)
		complain("cannot enter", plan->cwd[step]);
	run(plan, plan->argv[step]);
}
