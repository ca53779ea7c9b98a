/* SPDX-License-Identifier: Apache-2.0 */
/* Does the order of members differ, and that of the headers around them? */
#include "verifier/compare/unit.h"

#include <stdlib.h>
#include <string.h>

/** A region by the member pair that it belongs to and by where it lies. */
struct placed {
	const struct sb_region *region;
	uint64_t group;  /* 0: no member */
	uint64_t before; /* of regions without a member: paired members begun before it; UINT64_MAX behind the last */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_group(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return (x->region->offset > y->region->offset) - (x->region->offset < y->region->offset);
}

/* Fill comes and goes with sizes; content is compared by a pair of its own. */
static bool has_place(const struct sb_region *region)
{
	return region->kind != SB_REGION_PADDING && region->kind != SB_REGION_CONTENT && region->kind != SB_REGION_ENCODED;
}

/* A member that one side only has is a difference of its own, wherever it stands. */
static bool is_paired(const struct sb_member_pairs *members, unsigned side, uint32_t member)
{
	const struct sb_member_pair *pair = &members->items[members->of[side][member - 1]];
	return pair->index[SB_SHIPPED] != UINT32_MAX && pair->index[SB_REBUILT] != UINT32_MAX;
}

static struct placed *place_regions(const struct sb_unit *unit, const struct sb_member_pairs *members, unsigned side, size_t *count)
{
	const struct sb_view *view = &unit->views[side];
	struct placed *all = sb_arena_array(unit->arena, view->regions.count, sizeof *all);
	uint64_t begun = 0, paired = 0;

	*count = 0;
	for (size_t i = 0; all && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		for (; region->member > begun; begun++)
			paired += is_paired(members, side, (uint32_t)begun + 1);
		if (!has_place(region) || (region->member && !is_paired(members, side, region->member)))
			continue;
		all[(*count)++] = (struct placed){
			.region = region,
			.group = region->member ? members->of[side][region->member - 1] + UINT64_C(1) : 0,
			.before = begun == view->members.count ? UINT64_MAX : paired,
		};
	}
	if (all && *count)
		qsort(all, *count, sizeof *all, by_group);
	return all;
}

/** What of one side has a place. */
struct sequence {
	const struct placed *items;
	size_t count;
	const char **names; /* of all regions of the side, sorted; NULL: nobody asked */
	size_t name_count;
};

static bool is_alike(const struct placed *a, const struct placed *b)
{
	return a->group == b->group && a->region->kind == b->region->kind && strcmp(a->region->name, b->region->name) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool list_names(const struct sb_unit *unit, unsigned side, struct sequence *out)
{
	const struct sb_view *view = &unit->views[side];

	out->name_count = view->regions.count;
	out->names = sb_arena_array(unit->arena, out->name_count, sizeof *out->names);
	for (size_t i = 0; out->names && i < out->name_count; i++)
		out->names[i] = sb_view_region(view, i)->name;
	if (out->names && out->name_count)
		qsort(out->names, out->name_count, sizeof *out->names, by_name);
	return out->names != NULL;
}

static bool has_name(const struct sequence *side, const char *name)
{
	return side->name_count && bsearch(&name, side->names, side->name_count, sizeof name, by_name);
}

/* Behind regions of no member whose name the other side does not know: each of them is a difference of its own. */
static size_t skip_lone(const struct sequence *own, size_t at, const struct sequence *other)
{
	while (other->names && at < own->count && own->items[at].group == 0 && !has_name(other, own->items[at].region->name))
		at++;
	return at;
}

/* The regions of each member in the same sequence, and those of none at the same place; between members only if nothing moved. */
static bool same_sequence(const struct sequence side[SB_SIDES], bool reordered)
{
	size_t i = 0, k = 0;

	for (;; i++, k++) {
		bool alike = i < side[0].count && k < side[1].count && is_alike(&side[0].items[i], &side[1].items[k]);
		if (!alike) {
			i = skip_lone(&side[0], i, &side[1]);
			k = skip_lone(&side[1], k, &side[0]);
		}
		if (i == side[0].count || k == side[1].count)
			return i == side[0].count && k == side[1].count;
		const struct placed *a = &side[0].items[i], *b = &side[1].items[k];
		if (!is_alike(a, b) || (a->group == 0 && (a->before != b->before || (reordered && a->before != 0 && a->before != UINT64_MAX))))
			return false;
	}
}

/* Names are listed only where the sequences part. */
static int compare_sequences(const struct sb_unit *unit, struct sequence side[SB_SIDES], bool reordered, bool *same, struct sb_err *err)
{
	*same = same_sequence(side, reordered);
	if (*same)
		return 0;
	for (unsigned i = 0; i < SB_SIDES; i++)
		if (!list_names(unit, i, &side[i]))
			return no_memory(err);
	*same = same_sequence(side, reordered);
	return 0;
}

/* Of an ar the linker takes the first object that fits, and dpkg wants its members in their order. */
static bool gives_order_no_meaning(const struct sb_format *format)
{
	return strcmp(format->name, "tar") == 0 || strcmp(format->name, "cpio") == 0 || strcmp(format->name, "zip") == 0;
}

const uint64_t *sb_order_first_places(const struct sb_unit *unit, unsigned side)
{
	const struct sb_view *view = &unit->views[side];
	uint64_t *first = sb_arena_array(unit->arena, view->members.count, sizeof *first);

	if (!first)
		return NULL;
	memset(first, 0xff, view->members.count * sizeof *first);
	for (size_t i = view->regions.count; i-- > 0;) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->member)
			first[region->member - 1] = region->offset;
	}
	return first;
}

/* Those who read from the front to the end do not ask a directory: members lie in another order wherever their first regions do. */
static int lie_reordered(const struct sb_unit *unit, const struct sb_member_pairs *members, bool *out, struct sb_err *err)
{
	const uint64_t *first[SB_SIDES];

	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!(first[side] = sb_order_first_places(unit, side)))
			return no_memory(err);
	struct sb_position *places = sb_arena_array(unit->arena, members->count, sizeof *places);
	size_t count = 0;
	if (!places)
		return no_memory(err);
	for (size_t i = 0; i < members->count; i++) {
		const uint32_t *index = members->items[i].index;
		if (index[SB_SHIPPED] != UINT32_MAX && index[SB_REBUILT] != UINT32_MAX)
			places[count++] = (struct sb_position){{first[SB_SHIPPED][index[SB_SHIPPED]], first[SB_REBUILT][index[SB_REBUILT]]}};
	}
	*out = !sb_positions_ascend(places, count);
	return 0;
}

int sb_order_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err)
{
	struct sequence sequence[SB_SIDES] = {{0}};
	bool lies = false, same = false;

	if (!unit->pair.format->archive && !unit->pair.format->container)
		return sb_sequence_compare(unit, members, err);
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!(sequence[side].items = place_regions(unit, members, side, &sequence[side].count)))
			return no_memory(err);
	int rc = lie_reordered(unit, members, &lies, err);
	if (!rc)
		rc = compare_sequences(unit, sequence, members->reordered || lies, &same, err);
	if (rc)
		return rc;
	if (same && !members->reordered && !lies)
		return 0;
	struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_ORDER, err);
	if (!diff)
		return err ? err->code : SB_NOMEM;
	bool free_order = same && gives_order_no_meaning(unit->pair.format) && sb_order_is_free(unit, members);
	diff->name = same ? "order of members" : "order of headers";
	diff->side[SB_SHIPPED].present = diff->side[SB_REBUILT].present = free_order;
	diff->placed = members->count;
	return 0;
}
