/* SPDX-License-Identifier: Apache-2.0 */
/* A drop in another environment. */
#include "verifier/vary/vary.h"

#include <inttypes.h>
#include <string.h>

/* Half a year, so that it is no time that another axis gives. */
#define SOURCE_DATE_LATER INT64_C(15724923)

static bool in(uint32_t set, size_t axis)
{
	return set >> axis & 1U;
}

static size_t axes_known(void)
{
	size_t count;

	sb_vary_axes(&count);
	return count;
}

static const struct sb_vary_axis *row(size_t axis)
{
	size_t count;
	return &sb_vary_axes(&count)[axis];
}

static void hold(struct sb_drop *drop, uint32_t pins)
{
	for (size_t i = 0; i < axes_known(); i++)
		if (row(i)->pin && in(pins, i))
			row(i)->vary(drop);
}

uint32_t sb_vary_pins(const struct sb_drop *drop)
{
	uint32_t out = 0;

	for (size_t i = 0; i < axes_known(); i++)
		if (row(i)->pin && row(i)->look(drop) == SB_AXIS_UNDECIDED)
			out |= UINT32_C(1) << i;
	return out;
}

/* How many jobs there are is let go by its pin, and not varied while it is held. */
static bool is_held(uint32_t pins, size_t axis)
{
	for (size_t i = 0; i < axes_known(); i++)
		if (row(i)->pin && in(pins, i) && row(i)->cause == SB_CAUSE_PARALLELISM && row(axis)->cause == SB_CAUSE_PARALLELISM)
			return true;
	return false;
}

enum sb_axis_state sb_vary_prospect(const struct sb_drop *drop, uint32_t pins, size_t axis)
{
	struct sb_drop held = *drop;

	hold(&held, pins);
	return is_held(pins, axis) ? SB_AXIS_FREE : row(axis)->look(&held);
}

uint32_t sb_vary_possible(const struct sb_drop *drop, uint32_t pins)
{
	uint32_t out = 0;

	for (size_t i = 0; i < axes_known(); i++)
		if (!row(i)->pin && sb_vary_prospect(drop, pins, i) == SB_AXIS_UNDECIDED)
			out |= UINT32_C(1) << i;
	return out;
}

static const char *set_by(const struct sb_vary_axis *axis)
{
	return axis->force ? axis->force : axis->control;
}

uint32_t sb_vary_implied(uint32_t guilty)
{
	uint32_t out = 0;

	for (size_t i = 0; i < axes_known(); i++)
		for (size_t k = 0; row(i)->pin && k < axes_known(); k++)
			if (!row(k)->pin && in(guilty, k) && set_by(row(k)) && strcmp(set_by(row(k)), row(i)->control) == 0)
				out |= UINT32_C(1) << i;
	return out;
}

uint32_t sb_vary_clock_pin(void)
{
	uint32_t out = 0;

	for (size_t i = 0; i < axes_known(); i++)
		if (row(i)->pin && row(i)->cause == SB_CAUSE_TIMESTAMP)
			out |= UINT32_C(1) << i;
	return out;
}

uint32_t sb_vary_random(void)
{
	uint32_t out = 0;

	for (size_t i = 0; i < axes_known(); i++)
		if (row(i)->random)
			out |= UINT32_C(1) << i;
	return out;
}

static bool varies(uint32_t axes, const char *name)
{
	for (size_t i = 0; i < axes_known(); i++)
		if (in(axes, i) && strcmp(row(i)->name, name) == 0)
			return true;
	return false;
}

static bool sets(const struct sb_drop *drop, const char *name)
{
	for (size_t i = 0; i < drop->env_count; i++)
		if (strcmp(drop->env[i].name, name) == 0)
			return true;
	return false;
}

/* Variables that stand for no control: the date stays when the clock moves, and moves by itself. */
static int vary_variables(const struct sb_drop *drop, uint32_t axes, struct sb_arena *arena, struct sb_drop *out, struct sb_err *err)
{
	struct sb_drop_env *env = sb_arena_array(arena, drop->env_count + 3, sizeof *env);
	size_t count = drop->env_count;
	int64_t date = drop->control.epoch + (varies(axes, "source-date-epoch") ? SOURCE_DATE_LATER : 0);
	const char *text = sb_arena_printf(arena, "%" PRId64, date);

	if (!env || !text)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < count; i++)
		env[i] = drop->env[i];
	if (!sets(drop, "SOURCE_DATE_EPOCH"))
		env[count++] = (struct sb_drop_env){"SOURCE_DATE_EPOCH", text};
	if (varies(axes, "environment")) {
		env[count++] = (struct sb_drop_env){"SAMEBUILD_VARIED", "elsewhere"};
		if (!sets(drop, "TERM"))
			env[count++] = (struct sb_drop_env){"TERM", "xterm"};
	}
	out->env = env;
	out->env_count = count;
	return 0;
}

int sb_vary_drop(const struct sb_drop *drop, uint32_t pins, uint32_t axes, struct sb_arena *arena, struct sb_drop *out, struct sb_err *err)
{
	struct sb_drop made = *drop;

	hold(&made, pins);
	for (size_t i = 0; i < axes_known(); i++) {
		if (row(i)->pin || !in(axes, i))
			continue;
		if (row(i)->vary)
			row(i)->vary(&made);
		if (row(i)->path && !(made.build_path = row(i)->path(drop, arena)))
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	int rc = vary_variables(drop, axes, arena, &made, err);
	if (!rc)
		*out = made;
	return rc;
}
