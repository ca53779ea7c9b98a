/* SPDX-License-Identifier: Apache-2.0 */
/* Members by name: sorted once for a pair, so that asking for every member stays linear. */
#include "verifier/explain/explainer.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct sb_member *const *x = a, *const *y = b;
	return sb_span_compare((*x)->name, (*y)->name);
}

static int by_address(const void *a, const void *b)
{
	const struct sb_pair *const *x = a, *const *y = b;
	uintptr_t p = (uintptr_t)(*x)->member[SB_SHIPPED], q = (uintptr_t)(*y)->member[SB_SHIPPED];
	return (p > q) - (p < q);
}

static bool index_pair(struct sb_explaining *in, const struct sb_pair *pair, struct sb_name_index *index)
{
	*index = (struct sb_name_index){.pair = pair};
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_view *view = pair->view[side];
		index->member[side] = sb_arena_array(in->arena, view->members.count, sizeof **index->member);
		if (!index->member[side])
			return false;
		for (size_t i = 0; i < view->members.count; i++)
			index->member[side][i] = sb_view_member(view, i);
		index->count[side] = view->members.count;
		qsort(index->member[side], index->count[side], sizeof **index->member, by_name);
	}
	index->child = sb_arena_array(in->arena, pair->child_count, sizeof *index->child);
	if (!index->child)
		return false;
	for (size_t i = 0; i < pair->child_count; i++)
		index->child[i] = pair->children[i];
	index->children = pair->child_count;
	qsort(index->child, index->children, sizeof *index->child, by_address);
	return true;
}

/* The two pairs asked for last are kept: a package and the archive in it are asked for in turn. */
static const struct sb_name_index *index_of(struct sb_explaining *in, const struct sb_pair *pair)
{
	struct sb_name_index newest = in->names[0];

	if (pair->state != SB_PAIR_OPENED)
		return NULL;
	if (newest.pair == pair)
		return &in->names[0];
	bool known = in->names[1].pair == pair;
	if (known)
		in->names[0] = in->names[1];
	else if (!index_pair(in, pair, &in->names[0])) {
		in->names[0] = newest;
		in->no_memory = true;
		return NULL;
	}
	in->names[1] = newest;
	return &in->names[0];
}

const struct sb_member *sb_member_named(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, struct sb_span name)
{
	const struct sb_name_index *index = index_of(in, pair);
	if (!index)
		return NULL;
	const struct sb_member *const *all = index->member[side];
	size_t low = 0, high = index->count[side];
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (sb_span_compare(all[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	bool found = low < index->count[side] && sb_span_equal(all[low]->name, name);
	bool twice = found && low + 1 < index->count[side] && sb_span_equal(all[low + 1]->name, name);
	return found && !twice ? all[low] : NULL;
}

/* What is packed in two ways has two names. */
static const struct sb_member *counterpart_named(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_member *rebuilt)
{
	for (size_t i = 0; rebuilt->stem && i < pair->child_count; i++)
		if (pair->children[i]->member[SB_REBUILT] == rebuilt)
			return pair->children[i]->member[SB_SHIPPED];
	return sb_member_named(in, pair, SB_SHIPPED, rebuilt->name);
}

const struct sb_pair *sb_child_of(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_member *member)
{
	const struct sb_name_index *index = index_of(in, pair);
	if (!member || !index)
		return NULL;
	if (side == SB_REBUILT) { /* sorted by the shipped members: few children, or one that is asked for by its counterpart */
		const struct sb_member *other = counterpart_named(in, pair, member);
		const struct sb_pair *child = sb_child_of(in, pair, SB_SHIPPED, other);
		return child && child->member[SB_REBUILT] == member ? child : NULL;
	}
	size_t low = 0, high = index->children;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if ((uintptr_t)index->child[mid]->member[SB_SHIPPED] < (uintptr_t)member)
			low = mid + 1;
		else
			high = mid;
	}
	bool found = low < index->children && index->child[low]->member[SB_SHIPPED] == member;
	return found ? index->child[low] : NULL;
}
