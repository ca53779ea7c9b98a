/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One shipped value at every place of ours in the whole artifact, changed or not, and no place of ours left on the shipped side: found
 * out once for each value that stands where something differs.
 */
#include "verifier/explain/inside.h"
#include "verifier/explain/values.h"

#include <string.h>

/** More places of ours than that on the shipped side are not looked at one by one. */
enum { MOST_LEFT = 256 };

/* Stretches whose counterpart lies at the same offset. */
static bool is_aligned(const struct sb_pair *pair, const struct sb_diff *diff)
{
	bool looked_at = diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_TEXT || diff->kind == SB_DIFF_FIELD;
	return looked_at && pair->bytes[SB_SHIPPED].n == pair->bytes[SB_REBUILT].n &&
	       diff->side[SB_SHIPPED].offset == diff->side[SB_REBUILT].offset && diff->side[SB_SHIPPED].length == diff->side[SB_REBUILT].length;
}

static void find_candidates(const struct sb_pair *pair, struct sb_values *values)
{
	for (size_t d = 0; d < pair->diff_count; d++) {
		const struct sb_diff *diff = &pair->diffs[d];
		if (!is_aligned(pair, diff))
			continue;
		for (size_t i = 0; i < values->count; i++) {
			struct sb_value *value = &values->items[i];
			size_t from = (size_t)diff->side[SB_REBUILT].offset, end = from + (size_t)diff->side[SB_REBUILT].length, n = value->ours.n;
			value->candidate |= sb_value_next(values, i, pair->bytes[SB_REBUILT], from > n ? from - n : 0, end + n) != SIZE_MAX;
		}
	}
	for (size_t i = 0; i < pair->child_count; i++)
		find_candidates(pair->children[i], values);
}

/* Content of a child that lies in the pair's bytes as it is: the child is searched by itself. */
static bool in_child(const struct sb_pair *pair, uint64_t at, uint64_t n)
{
	for (size_t i = 0; i < pair->child_count; i++) {
		const struct sb_member *member = pair->children[i]->member[SB_SHIPPED];
		if (member && member->codec == SB_CODEC_NONE && at >= member->offset && at + n <= member->offset + member->length)
			return true;
	}
	return false;
}

/* Seconds in the headers of a container are a field of their own: the epoch may stand there on both sides. */
static bool is_header_time(const struct sb_pair *pair, const struct sb_value *value, uint64_t at)
{
	const struct sb_view *view = pair->state == SB_PAIR_OPENED ? pair->view[SB_SHIPPED] : NULL;

	for (size_t i = 0; view && value->shape == SB_SHAPE_TIME && value->form == SB_TIME_SECONDS && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (at >= region->offset && at - region->offset < region->length)
			return region->kind == SB_REGION_HEADER;
	}
	return false;
}

/* Is a place of ours left on the shipped side? One inside the place of another value belongs to that one. */
static bool is_left(const struct sb_values *values, size_t i, const struct sb_pair *pair)
{
	struct sb_span shipped = pair->bytes[SB_SHIPPED], rebuilt = pair->bytes[SB_REBUILT];
	size_t n = values->items[i].ours.n;
	unsigned left = 0;

	for (size_t at = 0; (at = sb_value_next(values, i, shipped, at, shipped.n)) != SIZE_MAX; at++) {
		if (++left > MOST_LEFT)
			return true;
		if (is_header_time(pair, &values->items[i], at))
			continue;
		if (pair->child_count ? !in_child(pair, at, n) : shipped.n != rebuilt.n || !sb_value_shades(values, i, rebuilt, at, n))
			return true;
	}
	return false;
}

/* Where the bytes are compared at equal length, each of our places must hold the one shipped value. */
static bool is_one_value(struct sb_values *values, size_t i, const struct sb_pair *pair)
{
	struct sb_span shipped = pair->bytes[SB_SHIPPED], rebuilt = pair->bytes[SB_REBUILT], theirs;
	struct sb_value *value = &values->items[i];

	for (size_t at = 0; (at = sb_value_next(values, i, rebuilt, at, rebuilt.n)) != SIZE_MAX; at += value->ours.n) {
		if (shipped.n != rebuilt.n || !sb_span_cut(shipped, at, value->ours.n, &theirs) || !sb_value_stands_alone(value, shipped, at, theirs.n))
			return false;
		if (sb_value_is_component(value, rebuilt, at, value->ours.n) || sb_value_is_component(value, shipped, at, theirs.n))
			return false;
		if (value->shipped.n ? !sb_span_equal(value->shipped, theirs) : !sb_value_is_plausible(value, theirs))
			return false;
		value->shipped = theirs;
	}
	return true;
}

static void look_at_pair(const struct sb_pair *pair, struct sb_values *values, size_t i)
{
	struct sb_value *value = &values->items[i];

	value->broken |= is_left(values, i, pair) || (pair->child_count == 0 && !is_one_value(values, i, pair));
	for (size_t k = 0; k < pair->child_count && !value->broken; k++)
		look_at_pair(pair->children[k], values, i);
}

static bool any_left(void *ctx)
{
	const struct sb_values *values = ctx;

	for (size_t i = 0; i < values->count; i++)
		if (values->items[i].candidate && !values->items[i].broken)
			return true;
	return false;
}

/* A value of ours in what is equal was not changed with the others. */
static void search_equal(void *ctx, struct sb_span bytes)
{
	struct sb_values *values = ctx;

	for (size_t i = 0; i < values->count; i++) {
		struct sb_value *value = &values->items[i];
		if (value->candidate && !value->broken && sb_value_next(values, i, bytes, 0, bytes.n) != SIZE_MAX)
			value->broken = true;
	}
}

static void break_all(void *ctx)
{
	struct sb_values *values = ctx;

	for (size_t i = 0; i < values->count; i++)
		values->items[i].broken |= values->items[i].candidate;
}

static void look_inside(struct sb_explaining *in, struct sb_values *values)
{
	sb_explain_look_inside(in, &(struct sb_inside){.ctx = values, .any_left = any_left, .search = search_equal, .give_up = break_all, .programs = true,
	                                               .reading = values->reading});
}

/* Does one of our places stand in a file that differs? */
static bool stands(const struct sb_values *values, size_t i, const struct sb_pair *pair)
{
	struct sb_span rebuilt = pair->bytes[SB_REBUILT];

	for (size_t k = 0; k < pair->child_count; k++)
		if (stands(values, i, pair->children[k]))
			return true;
	if (pair->child_count || pair->state == SB_PAIR_EQUAL)
		return false;
	for (size_t at = 0; (at = sb_value_next(values, i, rebuilt, at, rebuilt.n)) != SIZE_MAX; at += values->items[i].ours.n)
		if (!is_header_time(pair, &values->items[i], at))
			return true;
	return false;
}

/* A date that was left as ours beside one that was not: both are read as what the shipped side says, and have to agree. */
static void add_times_left(const struct sb_pair *pair, struct sb_values *values)
{
	bool any = false;

	for (size_t i = 0; i < values->count; i++)
		any |= values->items[i].shape == SB_SHAPE_TIME && values->items[i].candidate;
	for (size_t i = 0; any && i < values->count; i++) {
		struct sb_value *value = &values->items[i];
		if (value->shape != SB_SHAPE_TIME || value->candidate || !stands(values, i, pair))
			continue;
		value->candidate = true;
		value->shipped = value->ours;
	}
}

static void resolve(struct sb_explaining *in, struct sb_values *values)
{
	find_candidates(in->artifact->pair, values);
	for (size_t i = 0; i < values->count; i++) {
		struct sb_value *value = &values->items[i];
		if (!value->candidate)
			continue;
		look_at_pair(in->artifact->pair, values, i);
		value->broken |= value->shipped.n == 0 || sb_span_equal(value->shipped, value->ours);
	}
	add_times_left(in->artifact->pair, values);
	sb_values_agree_on_time(values);
	look_inside(in, values);
}

const struct sb_values *sb_values_resolved(struct sb_explaining *in)
{
	if (in->values || !in->facts)
		return in->values;
	struct sb_values *values = sb_arena_array(in->arena, 1, sizeof *values);
	if (!values || !sb_values_list(in->facts, in->arena, values)) {
		in->no_memory = true;
		return NULL;
	}
	values->reading = in->comparison->reading;
	if (values->count)
		resolve(in, values);
	return in->values = values;
}
