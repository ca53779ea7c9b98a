/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/environment.h"
#include "verifier/sandbox/controls.h"
#include "verifier/sandbox/listing.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static void describe_host(struct sb_listing *list)
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
	sb_listing_text(list, "arch", machine.machine);
	sb_listing_text(list, "kernel", machine.release);
	sb_listing_text(list, "cpu-model", model);
}

static void describe_walls(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	for (unsigned wall = 0; wall < SB_WALLS; wall++) {
		const struct sb_wall_state *state = &plan->board->walls[wall];
		sb_listing_text(list, sb_wall_name((enum sb_wall)wall), state->detail[0] ? state->detail : state->on ? "on" : "off: not reached");
	}
}

static void describe_limits(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	const struct sb_bounds *bounds = &plan->bounds;

	sb_listing_text(list, "kind", sb_limits_kind_name(plan->board->limits_kind));
	if (*plan->limits_why)
		sb_listing_text(list, "kind-reason", plan->limits_why);
	sb_listing_number(list, "wall", bounds->wall);
	sb_listing_number(list, "memory", bounds->memory);
	if (bounds->memory < bounds->asked_memory)
		sb_listing_number(list, "memory-asked", bounds->asked_memory);
	sb_listing_number(list, "disk", bounds->disk);
	if (bounds->disk < bounds->asked_disk)
		sb_listing_number(list, "disk-asked", bounds->asked_disk);
	sb_listing_number(list, "inodes", bounds->inodes);
	sb_listing_number(list, "processes", bounds->processes);
	sb_listing_number(list, "file-size", bounds->file_size);
	sb_listing_number(list, "open-files", bounds->open_files);
	sb_listing_number(list, "log", bounds->log);
	sb_listing_number(list, "output-size", bounds->output_size);
	sb_listing_number(list, "output-file-size", bounds->output_file_size);
	sb_listing_number(list, "output-count", bounds->output_count);
	sb_listing_number(list, "output-depth", SB_LIMIT_OF(OUTPUT_DEPTH));
}

int sb_environment_describe(const struct sb_sandbox_plan *plan, struct sb_arena *arena, struct sb_environment *out, struct sb_err *err)
{
	struct sb_environment made = {.present = true};
	struct sb_listing host = {arena, &made.host, false}, walls = {arena, &made.walls, false}, limits = {arena, &made.limits, false};
	struct sb_listing controls = {arena, &made.controls, false}, toolchain = {arena, &made.toolchain, false};

	describe_host(&host);
	describe_walls(plan, &walls);
	describe_limits(plan, &limits);
	sb_controls_describe(plan, &controls);
	sb_listing_text(&toolchain, "root", plan->spec->host_root ? "host" : "archive");
	if (host.failed || walls.failed || limits.failed || controls.failed || toolchain.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = made;
	return 0;
}
