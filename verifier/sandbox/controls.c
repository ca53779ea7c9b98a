/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/controls.h"
#include "verifier/sandbox/vdso.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#define BIT(stub) (1U << (stub))

/* ---- what can be enforced ---- */

static const char *no_notifications(void)
{
	const uint32_t action = SECCOMP_RET_USER_NOTIF;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? NULL : "this kernel has no seccomp notifications";
}

static unsigned wanted_stubs(const struct sb_controls *control)
{
	unsigned wanted = 0;

	if (control->clock != SB_CLOCK_REAL)
		wanted |= BIT(SB_STUB_CLOCK_GETTIME) | BIT(SB_STUB_GETTIMEOFDAY) | BIT(SB_STUB_TIME) | BIT(SB_STUB_GETCPU);
	if (control->seed)
		wanted |= BIT(SB_STUB_GETRANDOM) | BIT(SB_STUB_GETCPU);
	return wanted;
}

/** Why @wanted cannot be put over the vDSO of a process; NULL when it can. The arena's failure counts as a reason. */
static const char *no_patch(struct sb_arena *arena, unsigned wanted)
{
	const struct sb_clock_rule rule = {.mode = SB_CLOCK_SHIFT};
	struct sb_span image = sb_vdso_own();
	struct sb_vdso_patch patch;
	struct sb_vdso vdso;
	int number;

	if (!sb_vdso_read(image, &vdso) || !sb_vdso_patch_make(image, &vdso, wanted, &rule, &patch))
		return "the vDSO of this kernel has an unknown shape";
	number = sb_vdso_try_write();
	if (number == 0)
		return NULL;
	const char *reason = sb_arena_printf(arena, "this kernel lets nobody write code through /proc/PID/mem: %s", strerror(number));
	return reason ? reason : "this kernel lets nobody write code through /proc/PID/mem";
}

static void choose_clock(struct sb_sandbox_plan *plan, const char *missing)
{
	const struct sb_controls *control = &plan->spec->control;

	plan->clock = missing ? SB_CLOCK_REAL : control->clock;
	if (control->clock != SB_CLOCK_REAL)
		plan->clock_missing = missing;
	if (plan->clock == SB_CLOCK_REAL)
		return;
	plan->answers |= SB_ANSWERS_TIME;
	if (control->file_times == SB_FILE_TIMES_SHIFT)
		plan->answers |= SB_ANSWERS_FILES;
}

static void choose_seed(struct sb_sandbox_plan *plan, const char *missing)
{
	if (!plan->spec->control.seed)
		return;
	plan->seed_missing = missing;
	if (!missing)
		plan->answers |= SB_ANSWERS_RANDOM;
}

void sb_controls_choose(struct sb_sandbox_plan *plan)
{
	const struct sb_controls *control = &plan->spec->control;
	unsigned wanted = wanted_stubs(control);
	const char *deaf = no_notifications();
	const char *missing = deaf;

	if (!missing && wanted && getauxval(AT_SYSINFO_EHDR))
		missing = no_patch(plan->arena, wanted);
	choose_clock(plan, missing);
	choose_seed(plan, missing);
	plan->stubs = missing || !getauxval(AT_SYSINFO_EHDR) ? 0 : wanted;
	plan->names_missing = deaf;
	if (plan->spec->trace)
		plan->trace_missing = deaf;
	if (plan->spec->trace && !deaf)
		plan->answers |= SB_ANSWERS_TRACE;
	if (!deaf)
		plan->answers |= SB_ANSWERS_MACHINE | (control->kernel || control->kernel_version ? SB_ANSWERS_NAME : 0);
}

/* ---- what was enforced ---- */

/** "shift", or "real (shift was asked for: REASON)": nothing is dropped silently. */
static void describe_wish(struct sb_listing *list, const char *name, const char *wish, const char *otherwise, const char *missing)
{
	sb_listing_text(list, name, missing ? sb_arena_printf(list->arena, "%s (%s was asked for: %s)", otherwise, wish, missing) : wish);
}

static void describe_time(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	static const char *const clocks[] = {[SB_CLOCK_REAL] = "real", [SB_CLOCK_SHIFT] = "shift", [SB_CLOCK_FROZEN] = "frozen"};
	const struct sb_controls *control = &plan->spec->control;
	const struct sb_control_counts *counts = &plan->board->controls;

	sb_listing_number(list, "epoch", (uint64_t)(control->epoch < 0 ? 0 : control->epoch));
	describe_wish(list, "clock", clocks[control->clock], "real", plan->clock_missing);
	sb_listing_text(list, "file-times", plan->answers & SB_ANSWERS_FILES ? "follow the clock" : "real");
	if (counts->waits)
		sb_listing_text(list, "timed-waits", "followed the build's clock");
	if (counts->timers)
		sb_listing_text(list, "posix-timers", "set to a time of day, which was the real one");
}

static void describe_randomness(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	describe_wish(list, "randomness", plan->spec->control.seed ? "seeded" : "real", "real", plan->seed_missing);
	if (plan->spec->control.seed)
		sb_listing_number(list, "seed", plan->spec->control.seed);
}

static void describe_names(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	const struct sb_controls *control = &plan->spec->control;
	const char *missing = control->kernel || control->kernel_version ? plan->names_missing : NULL;

	sb_listing_text(list, "hostname", plan->hostname);
	sb_listing_text(list, "domain", plan->domain);
	describe_wish(list, "kernel", plan->kernel, "the host's", missing);
	describe_wish(list, "kernel-version", plan->kernel_version, "the host's", missing);
	sb_listing_text(list, "user", plan->user);
	sb_listing_text(list, "home", plan->home);
	sb_listing_text(list, "locale", plan->locale);
	sb_listing_text(list, "timezone", plan->timezone);
	sb_listing_text(list, "path", plan->spec->build_path);
}

static void describe_machine(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	static const char *const orders[] = {[SB_ORDER_SORTED] = "sorted", [SB_ORDER_REVERSED] = "reversed", [SB_ORDER_SHUFFLED] = "shuffled"};
	const struct sb_controls *control = &plan->spec->control;
	char umask[8];

	snprintf(umask, sizeof(umask), "%03o", control->umask);
	sb_listing_text(list, "umask", umask);
	sb_listing_number(list, "jobs", control->jobs);
	sb_listing_number(list, "cpus", plan->cpus);
	sb_listing_text(list, "aslr", control->aslr ? "on" : "off");
	sb_listing_text(list, "order", orders[control->order]);
	sb_listing_number(list, "pid-offset", control->pid_offset);
	sb_listing_number(list, "inode-offset", control->inode_offset);
	sb_listing_number(list, "source-age", control->source_age);
	sb_listing_text(list, "cpuid", "not controlled");
	sb_listing_text(list, "rdtsc", "not controlled");
	if (plan->stubs) /* no call tells of them: what they find in the vDSO is the kernel's */
		sb_listing_text(list, "images-without-thread-pointer", "not controlled");
}

/** Only where something went wrong: the numbers themselves differ from run to run when steps work in parallel. */
static void describe_gaps(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	const struct sb_control_counts *counts = &plan->board->controls;

	if (counts->unpatched)
		sb_listing_text(list, "images", sb_arena_printf(list->arena, "%llu of %llu programs could not be patched: they had the real clock or randomness",
		                                                (unsigned long long)counts->unpatched, (unsigned long long)counts->images));
	if (counts->missed)
		sb_listing_text(list, "calls", sb_arena_printf(list->arena, "%llu questions of the build were answered by the kernel",
		                                               (unsigned long long)counts->missed));
}

void sb_controls_describe(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	describe_time(plan, list);
	describe_randomness(plan, list);
	describe_names(plan, list);
	describe_machine(plan, list);
	describe_gaps(plan, list);
}
