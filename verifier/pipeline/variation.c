/* SPDX-License-Identifier: Apache-2.0 */
/* What builds in other environments have shown, as part of the result: files, their axes, and the places that differ. */
#include "verifier/pipeline/vary.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_OF_OUTPUTS "names of outputs"

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** A reason with what is still to be looked into. */
struct reason {
	size_t unit, build; /* build SIZE_MAX: there is none to look into */
	struct sb_leak leak;
};

struct telling {
	struct sb_variance *all;
	struct sb_arena *arena;
	struct sb_vec reasons; /* struct reason, those of a unit in a row */
	struct sb_vec files;   /* struct sb_varying, in the same order */
	uint32_t guilty, breaks;
	bool undecided, unsteady;
	uint64_t steady;
};

static size_t first_of(uint32_t axes)
{
	return (size_t)__builtin_ctz(axes);
}

static int add_reason(struct telling *tell, size_t unit, size_t build, uint32_t axes, struct sb_err *err)
{
	size_t count, n = 0;
	const struct sb_vary_axis *rows = sb_vary_axes(&count);
	struct reason *reason = sb_vec_push(&tell->reasons);
	const char **names = sb_arena_array(tell->arena, SB_VARY_AXES_MOST, sizeof *names);

	if (!reason || !names)
		return no_memory(err);
	for (uint32_t left = axes; left; left &= left - 1)
		names[n++] = rows[first_of(left)].name;
	*reason = (struct reason){.unit = unit, .build = build,
	                          .leak = {.axes = names, .axis_count = n, .cause = rows[first_of(axes)].cause, .mend = rows[first_of(axes)].mend}};
	return 0;
}

static int add_reasons(struct telling *tell, size_t unit, const struct sb_vary_verdict *verdict, struct sb_err *err)
{
	struct sb_variance *all = tell->all;
	int rc = 0;

	for (uint32_t left = verdict->guilty; !rc && left; left &= left - 1)
		rc = add_reason(tell, unit, sb_vary_evidence(all->search, unit, left & -left), left & -left, err);
	for (size_t i = 0; !rc && i < verdict->together_count; i++)
		rc = add_reason(tell, unit, sb_vary_evidence(all->search, unit, verdict->together[i]), verdict->together[i], err);
	for (uint32_t left = all->let_go ? all->let_go[unit] : 0; !rc && left; left &= left - 1)
		rc = add_reason(tell, unit, all->release_of[first_of(left)], left & -left, err);
	return rc;
}

static const char *name_of(const struct sb_variance *all, size_t unit)
{
	const struct sb_line_unit *units = all->units.items;
	return unit < all->units.count ? units[unit].name : NAMES_OF_OUTPUTS;
}

static uint32_t members(const struct sb_vary_verdict *verdict)
{
	uint32_t out = verdict->guilty;

	for (size_t i = 0; i < verdict->together_count; i++)
		out |= verdict->together[i];
	return out;
}

/* What chance did in one environment must be named by what was let go, or it is not explained. */
static enum sb_varying_state state_of(const struct sb_variance *all, size_t unit, const struct sb_vary_verdict *verdict)
{
	bool lost = all->chancy && all->chancy[unit] && !all->let_go[unit];
	return lost ? SB_VARYING_UNSTEADY : verdict->state;
}

static int tell_unit(struct telling *tell, size_t unit, struct sb_err *err)
{
	const struct sb_variance *all = tell->all;
	size_t before = tell->reasons.count;
	struct sb_vary_verdict verdict;

	sb_vary_verdict(all->search, unit, &verdict);
	enum sb_varying_state state = state_of(all, unit, &verdict);
	int rc = state == SB_VARYING_UNSTEADY ? 0 : add_reasons(tell, unit, &verdict, err);
	if (rc)
		return rc;
	tell->undecided |= state == SB_VARYING_UNDECIDED;
	tell->unsteady |= state == SB_VARYING_UNSTEADY;
	if (state == SB_VARYING_EXPLAINED && tell->reasons.count == before) {
		tell->steady += unit < all->units.count;
		return 0;
	}
	if (state != SB_VARYING_UNSTEADY)
		tell->guilty |= members(&verdict) | (all->let_go ? all->let_go[unit] : 0);
	struct sb_varying *file = sb_vec_push(&tell->files);
	if (!file)
		return no_memory(err);
	*file = (struct sb_varying){.name = name_of(all, unit), .state = state, .leak_count = tell->reasons.count - before};
	return 0;
}

/* No build ran with one of these varied, so none failed by it. */
static uint32_t refused(const struct sb_variance *all)
{
	uint32_t axes = 0;

	for (size_t axis = 0; axis < SB_VARY_AXES_MOST; axis++)
		if (all->values[axis].refused)
			axes |= UINT32_C(1) << axis;
	return axes;
}

/* The build as a whole: what makes it fail. */
static int tell_whole(struct telling *tell, struct sb_err *err)
{
	size_t before = tell->reasons.count;
	struct sb_vary_verdict verdict;
	int rc = 0;

	sb_vary_breaks(tell->all->search, &verdict);
	verdict.guilty &= ~refused(tell->all);
	bool touched = verdict.guilty || verdict.together_count || verdict.state != SB_VARYING_EXPLAINED;
	tell->breaks = members(&verdict);
	tell->undecided |= verdict.state != SB_VARYING_EXPLAINED;
	if (verdict.steady || !touched)
		return 0;
	for (uint32_t left = verdict.guilty; !rc && left; left &= left - 1)
		rc = add_reason(tell, SIZE_MAX, SIZE_MAX, left & -left, err);
	for (size_t i = 0; !rc && i < verdict.together_count; i++)
		rc = add_reason(tell, SIZE_MAX, SIZE_MAX, verdict.together[i], err);
	if (rc)
		return rc;
	struct sb_varying *file = sb_vec_push(&tell->files);
	if (!file)
		return no_memory(err);
	*file = (struct sb_varying){.name = "", .state = verdict.state, .leak_count = tell->reasons.count - before};
	return 0;
}

/* ---- places ---- */

static const struct sb_rebuilt *control_of(const struct sb_variance *all)
{
	const struct sb_rebuilt *first = sb_vec_at(&all->builds, 0);
	return all->pins ? first : &all->verified->rebuilt;
}

/* The first place that the cause itself names, else the first one at all. */
static void choose_place(const struct sb_result *between, const char *name, struct sb_leak *leak)
{
	const struct sb_finding *chosen = NULL;

	for (size_t i = 0; i < between->finding_count; i++) {
		const struct sb_finding *finding = &between->findings[i];
		if (!finding->primary || strcmp(finding->artifact, name) != 0)
			continue;
		leak->places++;
		if (!chosen || (chosen->cause != leak->cause && finding->cause == leak->cause))
			chosen = finding;
	}
	if (!chosen)
		return;
	leak->where = chosen->where;
	leak->where_count = chosen->where_count;
	leak->control = chosen->shipped;
	leak->varied = chosen->rebuilt;
}

static int look_into(struct telling *tell, size_t build, const struct sb_line_unit *units, size_t count, struct sb_err *err)
{
	const struct sb_rebuilt *varied = sb_vec_at(&tell->all->builds, build), *control = control_of(tell->all);
	struct reason *reasons = tell->reasons.items;
	struct sb_result between = {0};

	if (!varied->arena || !control->arena)
		return 0; /* there was no room to keep it */
	int rc = sb_line_between(tell->all->in, control, varied, units, count, &varied->facts, tell->arena, &between, err);
	for (size_t i = 0; !rc && i < tell->reasons.count; i++)
		if (reasons[i].build == build && reasons[i].unit < tell->all->units.count)
			choose_place(&between, name_of(tell->all, reasons[i].unit), &reasons[i].leak);
	return rc;
}

/* Each build is compared once, for all files that it is evidence of. */
static int find_places(struct telling *tell, struct sb_err *err)
{
	const struct sb_line_unit *all_units = tell->all->units.items;
	const struct reason *reasons = tell->reasons.items;
	SB_FREEING struct sb_line_unit *units = calloc(tell->reasons.count + 1, sizeof *units);
	int rc = units ? 0 : no_memory(err);

	for (size_t build = 0; !rc && build < tell->all->builds.count; build++) {
		size_t count = 0;
		for (size_t i = 0; i < tell->reasons.count; i++)
			if (reasons[i].build == build && reasons[i].unit < tell->all->units.count)
				units[count++] = all_units[reasons[i].unit];
		if (count)
			rc = look_into(tell, build, units, count, err);
	}
	return rc;
}

/* ---- the axes ---- */

static enum sb_axis_state axis_state(const struct telling *tell, const struct sb_vary_axis *row, size_t axis)
{
	const struct sb_variance *all = tell->all;
	enum sb_axis_state prospect = row->pin ? SB_AXIS_UNDECIDED : sb_vary_prospect(all->in->drop, all->pins, axis);

	if (prospect != SB_AXIS_UNDECIDED)
		return prospect;
	if (all->values[axis].refused)
		return SB_AXIS_UNCONTROLLED;
	if (tell->breaks >> axis & 1U)
		return SB_AXIS_BREAKS;
	if (tell->guilty >> axis & 1U)
		return SB_AXIS_GUILTY;
	if (all->values[axis].uncontrolled)
		return SB_AXIS_UNCONTROLLED;
	return tell->undecided || tell->unsteady ? SB_AXIS_UNDECIDED : SB_AXIS_INNOCENT;
}

static int tell_axes(struct telling *tell, struct sb_variation *out, struct sb_err *err)
{
	size_t count;
	const struct sb_vary_axis *rows = sb_vary_axes(&count);
	struct sb_axis *axes = sb_arena_array(tell->arena, count, sizeof *axes);
	const char **pinned = sb_arena_array(tell->arena, count, sizeof *pinned);

	if (!axes || !pinned)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct sb_axis_values *values = &tell->all->values[i];
		bool held = tell->all->pins >> i & 1U;
		if (rows[i].pin && held)
			pinned[out->pinned_count++] = rows[i].name;
		if (rows[i].pin && !held)
			continue;
		axes[out->axis_count] = (struct sb_axis){.name = rows[i].name, .state = axis_state(tell, &rows[i], i), .control = values->control ? values->control : "",
		                                         .varied = values->varied ? values->varied : ""};
		out->complete &= axes[out->axis_count++].state != SB_AXIS_UNDECIDED;
	}
	out->axes = axes;
	out->pinned = pinned;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct sb_varying *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* Reasons leave the heap, each with its file. */
static int join(struct telling *tell, struct sb_variation *out, struct sb_err *err)
{
	struct sb_leak *leaks = sb_arena_array(tell->arena, tell->reasons.count, sizeof *leaks);
	struct sb_varying *files = sb_arena_array(tell->arena, tell->files.count, sizeof *files);
	const struct reason *reasons = tell->reasons.items;
	size_t at = 0;

	if (!leaks || !files)
		return no_memory(err);
	for (size_t i = 0; i < tell->reasons.count; i++)
		leaks[i] = reasons[i].leak;
	for (size_t i = 0; i < tell->files.count; i++) {
		files[i] = *(const struct sb_varying *)sb_vec_at(&tell->files, i);
		files[i].leaks = &leaks[at];
		at += files[i].leak_count;
	}
	if (tell->files.count)
		qsort(files, tell->files.count, sizeof *files, by_name);
	out->files = files;
	out->file_count = tell->files.count;
	return 0;
}

static int tell_all(struct telling *tell, struct sb_variation *out, struct sb_err *err)
{
	int rc = tell_whole(tell, err);

	for (size_t unit = 0; !rc && unit <= tell->all->units.count; unit++)
		rc = tell_unit(tell, unit, err);
	if (!rc)
		rc = find_places(tell, err);
	if (!rc)
		rc = join(tell, out, err);
	out->steady = tell->steady;
	out->builds = tell->all->made;
	out->complete = !tell->undecided && !tell->unsteady;
	return rc ? rc : tell_axes(tell, out, err);
}

int sb_variance_conclude(struct sb_variance *all, struct sb_err *err)
{
	struct telling tell = {.all = all, .arena = all->verified->arena, .reasons = {.size = sizeof(struct reason)}, .files = {.size = sizeof(struct sb_varying)}};
	struct sb_variation *made = sb_arena_alloc(all->verified->arena, sizeof *made);
	int rc = made ? tell_all(&tell, made, err) : no_memory(err);

	if (!rc)
		all->verified->result.builds.variation = made;
	sb_vec_release(&tell.reasons);
	sb_vec_release(&tell.files);
	return rc;
}
