/* SPDX-License-Identifier: Apache-2.0 */
/* Which regions belong to a member: made once for a pair, so that asking for every member stays linear. And regions by what pairs them. */
#include "verifier/explain/explainer.h"

#include <stdlib.h>
#include <string.h>

static bool index_side(struct sb_explaining *in, const struct sb_view *view, unsigned side)
{
	struct sb_region_index *index = &in->index;
	struct sb_region_list *nodes = sb_arena_array(in->arena, view->regions.count, sizeof *nodes);

	index->members[side] = view->members.count;
	index->of[side] = sb_arena_array(in->arena, view->members.count, sizeof **index->of);
	if (!nodes || !index->of[side])
		return false;
	for (size_t i = view->regions.count; i-- > 0;) {
		const struct sb_region *region = sb_view_region(view, i);
		if (!region->member)
			continue;
		nodes[i] = (struct sb_region_list){region, index->of[side][region->member - 1]};
		index->of[side][region->member - 1] = &nodes[i];
	}
	return true;
}

const struct sb_region_list *sb_regions_of_member(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, uint32_t member)
{
	if (in->index.pair != pair) {
		in->index = (struct sb_region_index){.pair = pair};
		for (unsigned s = 0; s < SB_SIDES; s++) {
			if (!index_side(in, pair->view[s], s)) {
				in->no_memory = true;
				in->index.members[s] = 0;
			}
		}
	}
	return member && member <= in->index.members[side] ? in->index.of[side][member - 1] : NULL;
}

/* Do the fields of @region that are called and encoded as the one of @diff hold the same bytes? */
static bool repeats(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, const struct sb_region *region)
{
	const struct sb_field *asked = &diff->side[side].field;
	struct sb_view *view = pair->view[side];
	struct sb_span bytes;

	if (sb_view_describe(view, region, NULL))
		return false;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		if (field->kind != asked->kind || field->encoding != asked->encoding || strcmp(field->name, asked->name) != 0)
			continue;
		if (!sb_span_cut(view->file, field->offset, field->length, &bytes) || !sb_span_equal(bytes, sb_diff_bytes(pair, diff, side)))
			return false;
	}
	return true;
}

bool sb_field_is_repeated(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;
	const struct sb_region_list *all = region ? sb_regions_of_member(in, pair, side, region->member) : NULL;

	for (; all; all = all->next)
		if (!repeats(pair, diff, side, all->region))
			return false;
	return region && region->member;
}

static int by_key(const void *a, const void *b)
{
	const struct sb_region *const *x = a, *const *y = b;
	int order = sb_region_order(*x, *y);

	return order ? order : ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

const struct sb_region **sb_regions_sorted(const struct sb_view *view)
{
	const struct sb_region **items = calloc(view->regions.count + 1, sizeof *items);

	for (size_t i = 0; items && i < view->regions.count; i++)
		items[i] = sb_view_region(view, i);
	if (items)
		qsort(items, view->regions.count, sizeof *items, by_key);
	return items;
}

int sb_region_order(const struct sb_region *a, const struct sb_region *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->name, b->name);
}
