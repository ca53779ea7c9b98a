/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/masks.h"

#include <inttypes.h>

static const char meminfo[] =
	"MemTotal:        8388608 kB\nMemFree:         4194304 kB\nMemAvailable:    6291456 kB\nBuffers:               0 kB\n"
	"Cached:          2097152 kB\nSwapCached:            0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n";

static void cpuinfo(struct sb_buf *out, unsigned cpus)
{
	for (unsigned i = 0; i < cpus; i++)
		sb_buf_printf(out, "processor\t: %u\nvendor_id\t: generic\nmodel name\t: generic\ncpu cores\t: %u\n\n", i, cpus);
}

static void cpu_times(struct sb_buf *out, const struct sb_sandbox_plan *plan)
{
	sb_buf_text(out, "cpu  0 0 0 0 0 0 0 0 0 0\n");
	for (unsigned i = 0; i < plan->cpus; i++)
		sb_buf_printf(out, "cpu%u 0 0 0 0 0 0 0 0 0 0\n", i);
	sb_buf_printf(out, "intr 0\nctxt 0\nbtime %" PRId64 "\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n",
	              plan->spec->control.epoch);
}

static const char *settled(struct sb_arena *arena, struct sb_buf *buf)
{
	return sb_buf_ok(buf, NULL) == 0 ? sb_arena_copy(arena, sb_buf_span(buf)) : NULL;
}

static bool add(struct sb_given_files *files, const char *path, const char *text)
{
	files->items[files->count++] = (struct sb_given_file){.path = path, .text = text};
	return text != NULL;
}

/* Empty ones say too much about the machine, or about who else uses it, to be of use to a build. */
static const char *const emptied[] = {
	"proc/kallsyms", "proc/cmdline", "proc/interrupts", "proc/softirqs", "proc/diskstats", "proc/partitions", "proc/modules",
	"proc/keys", "proc/key-users", "proc/slabinfo", "proc/sched_debug", "proc/timer_list", "proc/vmstat", "proc/zoneinfo",
	"proc/buddyinfo", "proc/pagetypeinfo", "proc/schedstat", "proc/iomem", "proc/ioports", "proc/swaps", "proc/locks",
	"proc/config.gz", "proc/kmsg", "proc/kcore", "proc/consoles", "proc/mtrr", "proc/vmallocinfo", "proc/kpagecgroup",
	"proc/kpagecount", "proc/kpageflags", "proc/sysrq-trigger", "proc/sys/kernel/core_pattern",
};
#define EMPTIED (sizeof(emptied) / sizeof(emptied[0]))

static bool masks_add(struct sb_sandbox_plan *plan)
{
	SB_BUF struct sb_buf info = {0};
	SB_BUF struct sb_buf times = {0};
	struct sb_given_files *files = &plan->masks;
	bool good = true;

	cpuinfo(&info, plan->cpus);
	cpu_times(&times, plan);
	good &= add(files, "proc/cpuinfo", settled(plan->arena, &info));
	good &= add(files, "proc/stat", settled(plan->arena, &times));
	good &= add(files, "proc/meminfo", meminfo);
	good &= add(files, "proc/loadavg", "0.00 0.00 0.00 1/1 1\n");
	good &= add(files, "proc/uptime", "1.00 1.00\n");
	good &= add(files, "proc/version", sb_arena_printf(plan->arena, "Linux version %s (build@build) %s\n", plan->kernel, plan->kernel_version));
	good &= add(files, "proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000000\n");
	good &= add(files, "proc/sys/kernel/random/uuid", "11111111-1111-4111-8111-111111111111\n");
	good &= add(files, "proc/sys/kernel/osrelease", sb_arena_printf(plan->arena, "%s\n", plan->kernel));
	good &= add(files, "proc/sys/kernel/version", sb_arena_printf(plan->arena, "%s\n", plan->kernel_version));
	for (size_t i = 0; i < EMPTIED; i++)
		good &= add(files, emptied[i], "");
	return good;
}

static bool sys_add(struct sb_sandbox_plan *plan)
{
	const char *range = plan->cpus > 1 ? sb_arena_printf(plan->arena, "0-%u\n", plan->cpus - 1) : "0\n";
	bool good = true;

	good &= add(&plan->sys, "sys/devices/system/cpu/online", range);
	good &= add(&plan->sys, "sys/devices/system/cpu/possible", range);
	good &= add(&plan->sys, "sys/devices/system/cpu/present", range);
	return good;
}

int sb_masks_choose(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	plan->masks.items = sb_arena_array(plan->arena, EMPTIED + 10, sizeof(struct sb_given_file));
	plan->sys.items = sb_arena_array(plan->arena, 3, sizeof(struct sb_given_file));
	if (!plan->masks.items || !plan->sys.items || !masks_add(plan) || !sys_add(plan))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return 0;
}
