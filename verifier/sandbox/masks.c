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
	good &= add(files, "proc/filesystems", "nodev\tproc\nnodev\ttmpfs\n\text4\n");
	return good;
}

enum { MASKS = 7, RANGES = 3 };

/** The C library looks at the ranges, older ones and lscpu(1) at the folders. */
static bool sys_add(struct sb_sandbox_plan *plan)
{
	const char *range = plan->cpus > 1 ? sb_arena_printf(plan->arena, "0-%u\n", plan->cpus - 1) : "0\n";
	bool good = true;

	good &= add(&plan->sys, "sys/devices/system/cpu/online", range);
	good &= add(&plan->sys, "sys/devices/system/cpu/possible", range);
	good &= add(&plan->sys, "sys/devices/system/cpu/present", range);
	for (unsigned i = 0; good && i < plan->cpus; i++) {
		const char *path = sb_arena_printf(plan->arena, "sys/devices/system/cpu/cpu%u/online", i);

		good = path && add(&plan->sys, path, "1\n");
	}
	return good;
}

int sb_masks_choose(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	plan->masks.items = sb_arena_array(plan->arena, MASKS, sizeof(struct sb_given_file));
	plan->sys.items = sb_arena_array(plan->arena, RANGES + plan->cpus, sizeof(struct sb_given_file));
	if (!plan->masks.items || !plan->sys.items || !masks_add(plan) || !sys_add(plan))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return 0;
}
