/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walls of a process that parses foreign bytes. It holds one socket and the memory that it was given, so the list of what it may call is
 * short, and whatever else it calls ends it: a parser that was taken over can lie about its own input, and do nothing else.
 */
#include "verifier/sandbox/filter.h"
#include "verifier/sandbox/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PLACEHOLDER = 3, WALLS = 8, DESCRIPTORS = 16 };

#define RELEASING __attribute__((cleanup(release)))

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

/* ---- the filter ---- */

/* Nothing here opens, starts, signals or reaches anything. What memory management and the end of a process need. */
static const int harmless[] = {
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(close), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(sched_yield),
	SCMP_SYS(sysinfo), /* qsort asks how much memory there is */
#ifdef SB_SANITIZED /* the runtime looks at itself before it reports */
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getrlimit),
	SCMP_SYS(prlimit64), SCMP_SYS(write),
#endif
};

/* Only on the one channel; @fd stands in the first argument. */
static const int talking[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto)};

static int allow(scmp_filter_ctx ctx)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof harmless / sizeof *harmless; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, harmless[i], 0);
	for (size_t i = 0; rc == 0 && i < sizeof talking / sizeof *talking; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, talking[i], 1, SCMP_A0(SCMP_CMP_EQ, PLACEHOLDER));
	if (rc == -EEXIST) /* sanitized: write is allowed everywhere already */
		rc = 0;
	/* Memory, but never code. */
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return rc ? rc : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int make_filter(struct sb_arena *arena, struct sock_fprog **out, struct sb_err *err)
{
	RELEASING scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	struct sock_fprog *program = sb_arena_alloc(arena, sizeof *program);

	if (!ctx || !program)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = allow(ctx);
	if (rc != 0)
		return sb_fail(err, SB_INTERNAL, "sandbox-filter", "libseccomp does not take the filter of parsers: %s", strerror(-rc));
	*out = program;
	return sb_filter_export(ctx, arena, program, err);
}

/* ---- before the fork ---- */

static void note(struct sb_parser_cell *cell, const char *name, const char *value)
{
	cell->walls.items[cell->walls.count++] = (struct sb_property){.name = name, .value = value};
}

/* One call each, so that a kernel that refuses one still gives the others. */
static void leave_namespaces(struct sb_parser_cell *cell, struct sb_arena *arena)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {{"user-namespace", CLONE_NEWUSER}, {"network-namespace", CLONE_NEWNET}, {"ipc-namespace", CLONE_NEWIPC}, {"uts-namespace", CLONE_NEWUTS}};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *why = unshare(kinds[i].flag) == 0 ? "on" : sb_arena_printf(arena, "off: %s", strerror(errno));
		note(cell, kinds[i].name, why ? why : "off");
	}
}

static int drop_rights(struct sb_parser_cell *cell, struct sb_err *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};
	const struct rlimit no_core = {0, 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &head, none) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
		return sb_fail_errno(err, "sandbox-setup", "a parser cannot give up its rights");
	note(cell, "no-new-privileges", "on");
	note(cell, "capabilities", "none");
	return 0;
}

int sb_parser_cell_prepare(struct sb_arena *arena, struct sb_parser_cell *out, struct sb_err *err)
{
	const uint32_t kill = SECCOMP_RET_KILL_PROCESS;
	struct sock_fprog *filter = NULL;

	*out = (struct sb_parser_cell){.walls.items = sb_arena_array(arena, WALLS, sizeof *out->walls.items)};
	if (!out->walls.items)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	leave_namespaces(out, arena);
	int rc = drop_rights(out, err);
	if (!rc)
		rc = make_filter(arena, &filter, err);
	if (rc)
		return rc;
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0) {
		out->filter = filter;
		note(out, "seccomp", "on");
	} else {
		const char *why = sb_arena_printf(arena, "off: %s", strerror(errno));
		note(out, "seccomp", why ? why : "off");
	}
#ifdef SB_SANITIZED
	note(out, "memory-limit", "off: sanitizers need all of the address space");
#else
	note(out, "memory-limit", "on");
#endif
	return 0;
}

/* ---- in the parser ---- */

static int set_limit(int which, uint64_t value, struct sb_err *err)
{
	const struct rlimit limit = {value, value};
	return setrlimit((__rlimit_resource_t)which, &limit) == 0 ? 0 : sb_fail_errno(err, "sandbox-setup", "a parser cannot be limited");
}

int sb_parser_cell_enter(const struct sb_parser_cell *cell, const struct sb_parser_limits *limits, int channel, struct sb_err *err)
{
	int rc = channel == PLACEHOLDER ? 0 : sb_fail(err, SB_INTERNAL, "internal", "the channel of a parser is not where its filter expects it");

	if (!rc)
		rc = set_limit(RLIMIT_CPU, limits->seconds, err);
	if (!rc)
		rc = set_limit(RLIMIT_FSIZE, 0, err);
	if (!rc)
		rc = set_limit(RLIMIT_NOFILE, DESCRIPTORS, err);
#ifndef SB_SANITIZED
	if (!rc)
		rc = set_limit(RLIMIT_DATA, limits->data, err);
	if (!rc)
		rc = set_limit(RLIMIT_AS, limits->address, err);
#endif
	return rc || !cell->filter ? rc : sb_filter_enter(cell->filter, NULL, err);
}
