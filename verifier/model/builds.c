/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/model/builds.h"

#include "verifier/model/words.h"

static const char *const axis_state_names[SB_AXIS_STATES] = {
	[SB_AXIS_UNDECIDED] = "undecided",
	[SB_AXIS_INNOCENT] = "innocent",
	[SB_AXIS_GUILTY] = "guilty",
	[SB_AXIS_BREAKS] = "breaks",
	[SB_AXIS_FREE] = "free",
	[SB_AXIS_FIXED] = "fixed",
	[SB_AXIS_UNCONTROLLED] = "uncontrolled",
};

static const char *const varying_state_names[SB_VARYING_STATES] = {
	[SB_VARYING_UNDECIDED] = "undecided",
	[SB_VARYING_EXPLAINED] = "explained",
	[SB_VARYING_UNSTEADY] = "unsteady",
};

const char *sb_axis_state_name(enum sb_axis_state state)
{
	return sb_word_of(axis_state_names, SB_AXIS_STATES, (size_t)state);
}

const char *sb_varying_state_name(enum sb_varying_state state)
{
	return sb_word_of(varying_state_names, SB_VARYING_STATES, (size_t)state);
}

bool sb_axis_state_parse(const char *name, enum sb_axis_state *out)
{
	size_t value;
	if (!sb_word_find(axis_state_names, SB_AXIS_STATES, name, &value))
		return false;
	*out = (enum sb_axis_state)value;
	return true;
}

bool sb_varying_state_parse(const char *name, enum sb_varying_state *out)
{
	size_t value;
	if (!sb_word_find(varying_state_names, SB_VARYING_STATES, name, &value))
		return false;
	*out = (enum sb_varying_state)value;
	return true;
}
