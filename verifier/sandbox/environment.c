/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/** A list of properties that grows; one check at the end. */
struct listing {
	struct sb_arena *arena;
	struct sb_properties *to;
	bool failed;
};

enum { MOST = 32 };

static void add(struct listing *list, const char *name, const char *value, bool is_int)
{
	char *copy = value ? sb_arena_copy(list->arena, sb_span_text(value)) : NULL;

	if (!list->to->items)
		list->to->items = sb_arena_array(list->arena, MOST, sizeof(*list->to->items));
	if (!list->to->items || !copy || list->to->count == MOST) {
		list->failed = true;
		return;
	}
	list->to->items[list->to->count++] = (struct sb_property){.name = name, .value = copy, .is_int = is_int};
}

static void add_number(struct listing *list, const char *name, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(list, name, text, true);
}

static void describe_host(struct listing *list)
{
	struct utsname machine;
	char line[256], model[128] = "unknown";
	FILE *info = fopen("/proc/cpuinfo", "re");

	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (info)
		fclose(info);
	if (uname(&machine) != 0)
		machine = (struct utsname){.machine = "unknown", .release = "unknown"};
	add(list, "arch", machine.machine, false);
	add(list, "kernel", machine.release, false);
	add(list, "cpu-model", model, false);
}

static void describe_walls(const struct sb_sandbox_plan *plan, struct listing *list)
{
	for (unsigned wall = 0; wall < SB_WALLS; wall++) {
		const struct sb_wall_state *state = &plan->board->walls[wall];
		add(list, sb_wall_name((enum sb_wall)wall), state->detail[0] ? state->detail : state->on ? "on" : "off: not reached", false);
	}
}

static void describe_limits(const struct sb_sandbox_plan *plan, struct listing *list)
{
	add(list, "kind", "rlimit", false);
	add_number(list, "wall", plan->spec->limits.wall);
	add_number(list, "memory", plan->memory);
	add_number(list, "disk", plan->disk);
	add_number(list, "processes", plan->processes);
	add_number(list, "log", SB_LIMIT_OF(LOG_BYTES));
	add_number(list, "output", SB_LIMIT_OF(OUTPUT_BYTES));
}

/* What was asked for and is not in force says so: nothing is dropped silently. */
static void describe_clock(const struct sb_controls *control, struct listing *list)
{
	add(list, "clock", control->clock == SB_CLOCK_REAL ? "real" : control->clock == SB_CLOCK_SHIFT ? "real (shift was asked for and is not in force)"
	                                                                                           : "real (frozen was asked for and is not in force)", false);
	if (control->seed)
		add(list, "seed", "not in force", false);
	if (control->kernel)
		add(list, "kernel", "shown in /proc only", false);
}

static void describe_controls(const struct sb_sandbox_plan *plan, struct listing *list)
{
	const struct sb_controls *control = &plan->spec->control;
	char umask[8];

	snprintf(umask, sizeof(umask), "%03o", control->umask);
	add_number(list, "epoch", (uint64_t)(control->epoch < 0 ? 0 : control->epoch));
	add(list, "hostname", plan->hostname, false);
	add(list, "user", plan->user, false);
	add(list, "locale", plan->locale, false);
	add(list, "timezone", plan->timezone, false);
	add(list, "umask", umask, false);
	add(list, "home", plan->home, false);
	add(list, "path", plan->spec->build_path, false);
	add_number(list, "jobs", control->jobs);
	add_number(list, "cpus", plan->cpus);
	add(list, "aslr", "off", false);
	describe_clock(control, list);
	add(list, "cpuid", "not controlled", false);
	add(list, "rdtsc", "not controlled", false);
}

int sb_environment_describe(const struct sb_sandbox_plan *plan, struct sb_arena *arena, struct sb_environment *out, struct sb_err *err)
{
	struct sb_environment made = {.present = true};
	struct listing host = {arena, &made.host, false}, walls = {arena, &made.walls, false}, limits = {arena, &made.limits, false};
	struct listing controls = {arena, &made.controls, false}, toolchain = {arena, &made.toolchain, false};

	describe_host(&host);
	describe_walls(plan, &walls);
	describe_limits(plan, &limits);
	describe_controls(plan, &controls);
	add(&toolchain, "root", plan->spec->host_root ? "host" : "archive", false);
	if (host.failed || walls.failed || limits.failed || controls.failed || toolchain.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = made;
	return 0;
}
