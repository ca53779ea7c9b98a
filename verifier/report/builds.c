/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/report/builds.h"

#include "verifier/report/summary.h"

static const char *const states[SB_VARYING_STATES] = {
	[SB_VARYING_UNDECIDED] = "was not decided",
	[SB_VARYING_EXPLAINED] = "depends on",
	[SB_VARYING_UNSTEADY] = "comes out otherwise by chance",
};

const char *sb_varying_words(enum sb_varying_state state)
{
	return states[state];
}

void sb_add_axes(const struct sb_leak *leak, struct sb_buf *out)
{
	for (size_t i = 0; i < leak->axis_count; i++)
		sb_buf_printf(out, "%s%s", i ? " with " : "", leak->axes[i]);
}

void sb_add_builds_sentence(const struct sb_builds *builds, struct sb_buf *out)
{
	sb_add_count(out, builds->count, "build");
	sb_buf_text(out, " in one environment: ");
	if (builds->varied_count == 0) {
		sb_buf_text(out, "all equal.");
		return;
	}
	sb_add_count(out, builds->varied_count, "file");
	sb_buf_text(out, builds->varied_count == 1 ? " does not repeat." : " do not repeat.");
}

static uint64_t count_axes(const struct sb_variation *variation, enum sb_axis_state state)
{
	uint64_t count = 0;
	for (size_t i = 0; i < variation->axis_count; i++)
		count += variation->axes[i].state == state;
	return count;
}

void sb_add_variation_sentence(const struct sb_variation *variation, struct sb_buf *out)
{
	sb_add_count(out, variation->builds, "build");
	sb_buf_text(out, " in other environments: ");
	sb_add_number(out, variation->axis_count);
	sb_buf_text(out, " axes, ");
	sb_add_number(out, count_axes(variation, SB_AXIS_GUILTY) + count_axes(variation, SB_AXIS_BREAKS));
	sb_buf_text(out, " of them change something; ");
	sb_add_count(out, variation->file_count, "file");
	sb_buf_text(out, variation->file_count == 1 ? " changes, " : " change, ");
	sb_add_number(out, variation->steady);
	sb_buf_text(out, variation->complete ? " never." : " did not; not everything was decided.");
}
