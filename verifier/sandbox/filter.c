/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/filter.h"
#include "verifier/sandbox/answers.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define RELEASING __attribute__((cleanup(release)))

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

struct refusal {
	const char *name;
	int number; /* what libseccomp does not know by name */
};

/* Rows by what they would open; libseccomp knows all but those with a number. */
static const struct refusal eperm[] = {
	/* mounts and namespaces */
	{"mount", -1}, {"umount2", -1}, {"pivot_root", -1}, {"move_mount", -1}, {"open_tree", -1}, {"fsopen", -1}, {"fsmount", -1},
	{"fsconfig", -1}, {"fspick", -1}, {"mount_setattr", -1}, {"setns", -1}, {"unshare", -1}, {"chroot", -1},
	{"statmount", 457}, {"listmount", 458}, {"open_tree_attr", 467},
	/* other processes */
	{"process_madvise", -1}, {"kcmp", -1}, {"pidfd_getfd", -1},
	{"lsm_set_self_attr", 460},
	/* keyrings are not namespaced; handles go round paths */
	{"keyctl", -1}, {"add_key", -1}, {"request_key", -1}, {"open_by_handle_at", -1}, {"name_to_handle_at", -1}, {"fanotify_init", -1},
	/* the kernel itself */
	{"bpf", -1}, {"perf_event_open", -1}, {"userfaultfd", -1}, {"kexec_load", -1}, {"kexec_file_load", -1}, {"init_module", -1},
	{"finit_module", -1}, {"delete_module", -1}, {"iopl", -1}, {"ioperm", -1}, {"modify_ldt", -1}, {"syslog", -1},
	{"lookup_dcookie", -1}, {"vmsplice", -1},
	/* the machine's state; adjtimex also reads the real time */
	{"settimeofday", -1}, {"clock_settime", -1}, {"clock_adjtime", -1}, {"adjtimex", -1}, {"sethostname", -1}, {"setdomainname", -1},
	{"quotactl", -1}, {"quotactl_fd", -1}, {"swapon", -1}, {"swapoff", -1}, {"reboot", -1}, {"acct", -1}, {"vhangup", -1},
	/* memory placement tells NUMA nodes apart */
	{"mbind", -1}, {"set_mempolicy", -1}, {"migrate_pages", -1}, {"move_pages", -1}, {"set_mempolicy_home_node", -1},
	/* dead calls */
	{"nfsservctl", -1}, {"uselib", -1}, {"ustat", -1}, {"_sysctl", -1},
};

/* What a debugger needs, and a recipe may allow: of processes of the build, since the others are out of its sight. */
static const struct refusal debugging[] = {{"ptrace", -1}, {"process_vm_readv", -1}, {"process_vm_writev", -1}};

/* clone3 keeps its flags in memory, where a filter cannot look: libc falls back to clone. */
static const struct refusal enosys[] = {
	/* rseq shows the processor that one runs on; the waits by the time of day do not go through init */
	{"rseq", -1}, {"futex_waitv", 449}, {"futex_wait", 455},
	{"clone3", -1}, {"io_uring_setup", -1}, {"io_uring_enter", -1}, {"io_uring_register", -1}, {"memfd_secret", -1},
	/* contexts of asynchronous input and output are counted for the whole machine, fs.aio-max-nr: a build could take them all */
	{"io_setup", -1}, {"io_destroy", -1}, {"io_submit", -1}, {"io_cancel", -1}, {"io_getevents", -1}, {"io_pgetevents", -1},
};

static int bad(struct sb_err *err, const char *what, int rc)
{
	if (rc == -ENOMEM)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return sb_fail(err, SB_INTERNAL, "sandbox-filter", "libseccomp does not take %s: %s", what, strerror(-rc));
}

static int refuse(scmp_filter_ctx ctx, const struct refusal *rows, size_t count, int number, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		int nr = rows[i].number >= 0 ? rows[i].number : seccomp_syscall_resolve_name(rows[i].name);
		int rc;

		if (nr < 0) /* pseudo numbers: not a call of this architecture */
			continue;
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO((uint16_t)number), nr, 0);
		if (rc != 0)
			return bad(err, rows[i].name, rc);
	}
	return 0;
}

static int refuse_clone(scmp_filter_ctx ctx, struct sb_err *err)
{
	static const unsigned flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));

		if (rc != 0)
			return bad(err, "clone", rc);
	}
	return 0;
}

/** The kernel reads 32 bits of the request: a plain compare of 64 is got round by setting a high bit (CVE-2019-10063). */
static int refuse_terminal_input(scmp_filter_ctx ctx, struct sb_err *err)
{
	static const unsigned requests[] = {TIOCSTI, TIOCLINUX};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
		                          SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, requests[i]));

		if (rc != 0)
			return bad(err, "ioctl", rc);
	}
	return 0;
}

/** Families other than UNIX (1), INET (2) and INET6 (10): a rule may look at an argument only once, so one rule each. */
static int refuse_families(scmp_filter_ctx ctx, int call, struct sb_err *err)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), call, 1, SCMP_A0(SCMP_CMP_GT, AF_INET6));

	for (unsigned family = 0; rc == 0 && family < AF_INET6; family++)
		if (family != AF_UNIX && family != AF_INET)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), call, 1, SCMP_A0(SCMP_CMP_EQ, family));
	return rc == 0 ? 0 : bad(err, "socket", rc);
}

/** socketpair(2) too creates a socket of the family, and loads its module, before it says that there are no pairs. */
static int refuse_sockets(scmp_filter_ctx ctx, struct sb_err *err)
{
	int rc = refuse_families(ctx, SCMP_SYS(socket), err);

	return rc == 0 ? refuse_families(ctx, SCMP_SYS(socketpair), err) : rc;
}

/** An ordinary user's init has the build's id: a limit of CPU time set on it from inside would end it. */
static int refuse_limits_of_others(scmp_filter_ctx ctx, struct sb_err *err)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_NE, 0));

	return rc == 0 ? 0 : bad(err, "prlimit64", rc);
}

/** The affinity that we set hides the number of processors; widening it again succeeds without effect. */
static int pretend_affinity(scmp_filter_ctx ctx, struct sb_err *err)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(0), SCMP_SYS(sched_setaffinity), 0);

	return rc == 0 ? 0 : bad(err, "sched_setaffinity", rc);
}

static struct scmp_arg_cmp comparison(const struct sb_condition *condition)
{
	if (condition->differs)
		return (struct scmp_arg_cmp){.arg = condition->argument, .op = SCMP_CMP_NE, .datum_a = condition->value};
	return (struct scmp_arg_cmp){
		.arg = condition->argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = condition->mask, .datum_b = condition->value};
}

/** The calls that init answers. */
static int ask_init(scmp_filter_ctx ctx, unsigned answers, struct sb_err *err)
{
	size_t count;
	const struct sb_call *calls = sb_calls(&count);

	for (size_t i = 0; i < count; i++) {
		struct scmp_arg_cmp when[2];
		unsigned n = 0;

		if (!(calls[i].controls & answers))
			continue;
		while (n < 2 && calls[i].when[n].mask) {
			when[n] = comparison(&calls[i].when[n]);
			n++;
		}
		int rc = seccomp_rule_add_array(ctx, SCMP_ACT_NOTIFY, calls[i].number, n, when);
		if (rc != 0)
			return bad(err, "a question to init", rc);
	}
	return 0;
}

static int add_rules(scmp_filter_ctx ctx, const struct sb_filter_wish *wish, struct sb_err *err)
{
	int rc = refuse(ctx, eperm, sizeof(eperm) / sizeof(eperm[0]), EPERM, err);

	if (rc == 0 && !wish->debugging)
		rc = refuse(ctx, debugging, sizeof(debugging) / sizeof(debugging[0]), EPERM, err);
	if (rc == 0)
		rc = refuse(ctx, enosys, sizeof(enosys) / sizeof(enosys[0]), ENOSYS, err);
	if (rc == 0)
		rc = refuse_clone(ctx, err);
	if (rc == 0)
		rc = refuse_terminal_input(ctx, err);
	if (rc == 0)
		rc = refuse_sockets(ctx, err);
	if (rc == 0)
		rc = refuse_limits_of_others(ctx, err);
	if (rc == 0)
		rc = pretend_affinity(ctx, err);
	if (rc == 0)
		rc = ask_init(ctx, wish->answers, err);
	return rc;
}

int sb_filter_export(void *ctx, struct sb_arena *arena, struct sock_fprog *out, struct sb_err *err)
{
	SB_CLOSING int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter *code = sb_arena_array(arena, BPF_MAXINSNS, sizeof(*code));
	size_t got;
	int rc;

	if (!code)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (fd < 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create a memory file");
	rc = seccomp_export_bpf(ctx, fd);
	if (rc != 0 || lseek(fd, 0, SEEK_SET) != 0)
		return bad(err, "the export of the filter", rc);
	rc = sb_io_read(fd, code, BPF_MAXINSNS * sizeof(*code), &got, err);
	if (rc != 0)
		return rc;
	*out = (struct sock_fprog){.len = (unsigned short)(got / sizeof(*code)), .filter = code};
	return 0;
}

int sb_filter_make(struct sb_arena *arena, const struct sb_filter_wish *wish, struct sock_fprog *out, struct sb_err *err)
{
	RELEASING scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (!ctx)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (rc == 0) /* a binary tree: half the price per call */
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc != 0)
		return bad(err, "an attribute", rc);
	rc = add_rules(ctx, wish, err);
	return rc == 0 ? sb_filter_export(ctx, arena, out, err) : rc;
}

/** By hand, as whether it is needed is known only when the filter has been made; other ABIs are refused by that one. */
int sb_filter_refuse_memory_files(struct sb_err *err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return sb_filter_enter(&filter, NULL, err);
}

int sb_filter_enter(const struct sock_fprog *filter, int *listener, struct sb_err *err)
{
	long flags = listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0;
	long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, filter);

	if (rc < 0 && errno == EINVAL && listener) /* before Linux 5.19: a signal may then break a question off, and the call is asked again */
		rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, filter);
	if (rc < 0 && errno == EBUSY)
		return sb_fail(err, SB_ABSENT, "sandbox-listener", "another program, a container's runtime perhaps, answers system calls here already");
	if (rc < 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot load the seccomp filter");
	if (listener)
		*listener = (int)rc;
	return 0;
}
