/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the parts of a file that is no archive come in the same order on both sides? Equal parts that changed places are no bytes that differ, and
 * yet another file: load commands are counted, chunks and sections take effect one after the other. A file system may put what its walker has
 * followed anywhere; that it did is told, and counted.
 */
#include "verifier/compare/unit.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** A part with what pairs it, as in regions.c. */
struct part {
	uint64_t group;  /* 0: no member; else 1 + index of the member pair */
	const struct sb_region *region;
};

static bool is_lone(const struct sb_member_pair *pair)
{
	return pair->index[SB_SHIPPED] == UINT32_MAX || pair->index[SB_REBUILT] == UINT32_MAX;
}

static int by_counterpart(const struct part *x, const struct part *y)
{
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->region->kind != y->region->kind)
		return x->region->kind < y->region->kind ? -1 : 1;
	return strcmp(x->region->name, y->region->name);
}

static int by_key(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	int order = by_counterpart(x, y);
	return order ? order : (x->region->offset > y->region->offset) - (x->region->offset < y->region->offset);
}

/* Fill comes and goes with sizes, and where there is none it has no name to go by. */
static bool is_fill(const struct sb_unit *unit, unsigned side, const struct sb_region *region)
{
	struct sb_span bytes;
	return region->kind == SB_REGION_PADDING ||
	       (region->kind == SB_REGION_GAP && sb_span_cut(unit->views[side].file, region->offset, region->length, &bytes) &&
	        sb_reading_all_zero(unit->reading, bytes));
}

/* In file order; what one side alone has is a difference already. */
static struct part *list_parts(const struct sb_unit *unit, const struct sb_member_pairs *members, unsigned side, size_t *count)
{
	const struct sb_view *view = &unit->views[side];
	struct part *all = sb_arena_array(unit->arena, view->regions.count, sizeof *all);

	*count = 0;
	for (size_t i = 0; all && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		uint32_t pair = region->member ? members->of[side][region->member - 1] : 0;
		if (is_fill(unit, side, region) || (region->member && is_lone(&members->items[pair])))
			continue;
		all[(*count)++] = (struct part){.group = region->member ? pair + UINT64_C(1) : 0, .region = region};
	}
	return all;
}

/* Most files differ in what their parts hold: one look along both shows that nothing moved. */
static bool run_parallel(const struct part *a, const struct part *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (by_counterpart(&a[i], &b[i]) != 0)
			return false;
	return true;
}

static int by_shipped_place(const void *a, const void *b)
{
	const struct sb_position *x = a, *y = b;
	return (x->at[SB_SHIPPED] > y->at[SB_SHIPPED]) - (x->at[SB_SHIPPED] < y->at[SB_SHIPPED]);
}

bool sb_positions_ascend(struct sb_position *places, size_t count)
{
	if (count)
		qsort(places, count, sizeof *places, by_shipped_place);
	for (size_t i = 1; i < count; i++)
		if (places[i].at[SB_REBUILT] < places[i - 1].at[SB_REBUILT])
			return false;
	return true;
}

/** Counterparts: all of them, those that nobody may move, and those that a program sees when it runs. */
struct counterparts {
	struct sb_position *all, *fixed, *loaded;
	size_t count, fixed_count, loaded_count;
};

static bool is_file_system(const struct sb_format *format)
{
	return format->tree || format->volume;
}

static bool may_move(const struct sb_format *format, const struct sb_region *region)
{
	return is_file_system(format) && (region->kind == SB_REGION_LAYOUT || region->kind == SB_REGION_CONTENT || region->kind == SB_REGION_ENCODED);
}

/* Sections that nothing maps and the table of them; whatever else there is counts as seen. */
static bool is_loaded(const struct sb_region *region)
{
	return region->loaded || (region->kind != SB_REGION_SECTION && region->kind != SB_REGION_TABLE);
}

static bool make_room(const struct sb_unit *unit, size_t most, struct counterparts *out)
{
	*out = (struct counterparts){.all = sb_arena_array(unit->arena, most, sizeof *out->all),
	                             .fixed = sb_arena_array(unit->arena, most, sizeof *out->fixed),
	                             .loaded = sb_arena_array(unit->arena, most, sizeof *out->loaded)};
	return out->all && out->fixed && out->loaded;
}

static size_t run_of(const struct part *parts, size_t at, size_t count)
{
	size_t end = at + 1;

	while (end < count && by_counterpart(&parts[at], &parts[end]) == 0)
		end++;
	return end - at;
}

static void add(const struct sb_format *format, struct counterparts *out, const struct sb_region *a, const struct sb_region *b)
{
	const struct sb_position position = {{a->offset, b->offset}};

	out->all[out->count++] = position;
	if (!may_move(format, a))
		out->fixed[out->fixed_count++] = position;
	if (is_loaded(a) || is_loaded(b))
		out->loaded[out->loaded_count++] = position;
}

/* Of stretches of fill that one side has more of, nobody knows which is whose. */
static bool are_counterparts(const struct sb_format *format, const struct sb_region *region, size_t a, size_t b)
{
	return a == b || region->kind != SB_REGION_LAYOUT || !is_file_system(format);
}

static bool pair_parts(const struct sb_unit *unit, struct part *const part[SB_SIDES], const size_t count[SB_SIDES], struct counterparts *out)
{
	const struct sb_format *format = unit->pair.format;

	if (!make_room(unit, count[0] < count[1] ? count[0] : count[1], out))
		return false;
	for (size_t a = 0, b = 0; a < count[0] && b < count[1];) {
		int order = by_counterpart(&part[0][a], &part[1][b]);
		size_t n = order <= 0 ? run_of(part[0], a, count[0]) : 0, m = order >= 0 ? run_of(part[1], b, count[1]) : 0;
		for (size_t i = 0; order == 0 && i < n && i < m && are_counterparts(format, part[0][a].region, n, m); i++)
			add(format, out, part[0][a + i].region, part[1][b + i].region);
		a += n;
		b += m;
	}
	return true;
}

int sb_sequence_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err)
{
	struct counterparts counterparts;
	struct part *part[SB_SIDES];
	size_t count[SB_SIDES];

	if (unit->pair.recoded)
		return 0; /* two formats, of which only the content has counterparts */
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!(part[side] = list_parts(unit, members, side, &count[side])))
			return no_memory(err);
	if (count[0] == count[1] && run_parallel(part[0], part[1], count[0]))
		return 0;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (count[side])
			qsort(part[side], count[side], sizeof **part, by_key);
	if (!pair_parts(unit, part, count, &counterparts))
		return no_memory(err);
	if (sb_positions_ascend(counterparts.all, counterparts.count))
		return 0;
	struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_ORDER, err);
	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->name = "order of parts";
	diff->placed = counterparts.count;
	diff->loaded = !sb_positions_ascend(counterparts.loaded, counterparts.loaded_count);
	diff->side[SB_SHIPPED].present = diff->side[SB_REBUILT].present =
		is_file_system(unit->pair.format) && sb_positions_ascend(counterparts.fixed, counterparts.fixed_count);
	return 0;
}
