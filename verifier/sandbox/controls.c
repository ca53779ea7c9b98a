/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/controls.h"

#include <stdio.h>

/* What was asked for and is not in force says so: nothing is dropped silently. */
static void describe_clock(const struct sb_controls *control, struct sb_listing *list)
{
	static const char *const clocks[] = {
		[SB_CLOCK_REAL] = "real",
		[SB_CLOCK_SHIFT] = "real (shift was asked for and is not in force)",
		[SB_CLOCK_FROZEN] = "real (frozen was asked for and is not in force)",
	};

	sb_listing_text(list, "clock", clocks[control->clock]);
	if (control->seed)
		sb_listing_text(list, "seed", "not in force");
	if (control->kernel)
		sb_listing_text(list, "kernel", "shown in /proc only");
}

void sb_controls_describe(const struct sb_sandbox_plan *plan, struct sb_listing *list)
{
	const struct sb_controls *control = &plan->spec->control;
	char umask[8];

	snprintf(umask, sizeof(umask), "%03o", control->umask);
	sb_listing_number(list, "epoch", (uint64_t)(control->epoch < 0 ? 0 : control->epoch));
	sb_listing_text(list, "hostname", plan->hostname);
	sb_listing_text(list, "user", plan->user);
	sb_listing_text(list, "locale", plan->locale);
	sb_listing_text(list, "timezone", plan->timezone);
	sb_listing_text(list, "umask", umask);
	sb_listing_text(list, "home", plan->home);
	sb_listing_text(list, "path", plan->spec->build_path);
	sb_listing_number(list, "jobs", control->jobs);
	sb_listing_number(list, "cpus", plan->cpus);
	sb_listing_text(list, "aslr", "off");
	describe_clock(control, list);
	sb_listing_text(list, "cpuid", "not controlled");
	sb_listing_text(list, "rdtsc", "not controlled");
}
