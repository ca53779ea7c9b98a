/* SPDX-License-Identifier: Apache-2.0 */
/* Which member is the counterpart of which: equal names, in order of appearance; a lone payload pairs with a lone payload, and what a
 * format knows by its stem with the only one of that stem. */
#include "verifier/compare/unit.h"

#include <string.h>

/** Members of one side, sorted by name and appearance. */
struct sorted {
	const struct sb_view *view;
	uint32_t *index;
	size_t count;
};

static int compare_index(const void *a, const void *b, void *ctx)
{
	const struct sb_view *view = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = sb_span_compare(sb_view_member(view, x)->name, sb_view_member(view, y)->name);
	return order ? order : (x > y) - (x < y);
}

static int sort_side(const struct sb_unit *unit, unsigned side, struct sorted *out, struct sb_err *err)
{
	const struct sb_view *view = &unit->views[side];
	out->view = view;
	out->count = view->members.count;
	out->index = sb_arena_array(unit->arena, out->count, sizeof *out->index);
	if (!out->index)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < out->count; i++)
		out->index[i] = (uint32_t)i;
	/* qsort_r's context is not const; the view is only read through it. */
	union {
		const struct sb_view *read_only;
		void *ctx;
	} both = {.read_only = view};
	qsort_r(out->index, out->count, sizeof *out->index, compare_index, both.ctx);
	return 0;
}

static struct sb_span name_at(const struct sorted *side, size_t i)
{
	return sb_view_member(side->view, side->index[i])->name;
}

/* Counterparts of each side's members, UINT32_MAX where there is none. */
static void match(const struct sorted side[SB_SIDES], bool lone, uint32_t *counterpart[SB_SIDES])
{
	size_t a = 0, b = 0;

	memset(counterpart[0], 0xff, side[0].count * sizeof **counterpart);
	memset(counterpart[1], 0xff, side[1].count * sizeof **counterpart);
	if (lone) {
		counterpart[0][0] = counterpart[1][0] = 0;
		return;
	}
	while (a < side[0].count && b < side[1].count) {
		int order = sb_span_compare(name_at(&side[0], a), name_at(&side[1], b));
		if (order == 0) {
			counterpart[0][side[0].index[a]] = side[1].index[b];
			counterpart[1][side[1].index[b]] = side[0].index[a];
		}
		a += order <= 0;
		b += order >= 0;
	}
}

/* Slices that are encoded alike, one by one. */
static bool slices_differ(const struct sb_unit *unit, const struct sb_member *a, const struct sb_member *b)
{
	struct sb_span x, y;

	if (a->slice_count != b->slice_count)
		return true;
	for (uint32_t i = 0; i < a->slice_count; i++) {
		const struct sb_slice *s = &a->slices[i], *t = &b->slices[i];
		if (s->codec != t->codec || s->whole != t->whole || s->skip != t->skip || s->size != t->size ||
		    !sb_span_cut(unit->views[0].file, s->offset, s->length, &x) || !sb_span_cut(unit->views[1].file, t->offset, t->length, &y) ||
		    !sb_reading_equal(unit->reading, x, y))
			return true;
	}
	return false;
}

static struct sb_span stem_at(const struct sb_view *view, size_t i)
{
	const struct sb_member *member = sb_view_member(view, i);
	return sb_span_of(member->name.p, member->stem);
}

/** The members of a side that have a stem. No package holds as many as are listed here: then none is paired by it. */
struct stemmed {
	uint32_t index[8];
	size_t count;
};

static struct stemmed find_stemmed(const struct sb_view *view)
{
	struct stemmed found = {.count = 0};

	for (uint32_t i = 0; i < view->members.count; i++) {
		if (stem_at(view, i).n == 0)
			continue;
		if (found.count == sizeof found.index / sizeof *found.index)
			return (struct stemmed){.count = 0};
		found.index[found.count++] = i;
	}
	return found;
}

/* The one member with this stem; UINT32_MAX when there is none, or more than one. */
static uint32_t sole_with(const struct stemmed *all, const struct sb_view *view, struct sb_span stem)
{
	uint32_t found = UINT32_MAX;

	for (size_t i = 0; i < all->count; i++) {
		if (!sb_span_equal(stem_at(view, all->index[i]), stem))
			continue;
		if (found != UINT32_MAX)
			return UINT32_MAX;
		found = all->index[i];
	}
	return found;
}

/* One thing that is packed in two ways has two names; a side that holds it twice has no counterpart of it. */
static void match_stems(const struct sb_unit *unit, uint32_t *counterpart[SB_SIDES])
{
	const struct sb_view *views = unit->views;
	const struct stemmed all[SB_SIDES] = {find_stemmed(&views[SB_SHIPPED]), find_stemmed(&views[SB_REBUILT])};

	for (size_t i = 0; i < all[SB_SHIPPED].count; i++) {
		struct sb_span stem = stem_at(&views[SB_SHIPPED], all[SB_SHIPPED].index[i]);
		uint32_t shipped = sole_with(&all[SB_SHIPPED], &views[SB_SHIPPED], stem), rebuilt = sole_with(&all[SB_REBUILT], &views[SB_REBUILT], stem);
		if (shipped == UINT32_MAX || rebuilt == UINT32_MAX)
			continue;
		counterpart[SB_SHIPPED][shipped] = rebuilt;
		counterpart[SB_REBUILT][rebuilt] = shipped;
	}
}

static bool content_differs(const struct sb_unit *unit, const uint32_t index[SB_SIDES])
{
	const struct sb_member *a = sb_view_member(&unit->views[0], index[0]), *b = sb_view_member(&unit->views[1], index[1]);
	struct sb_span x, y;

	if (a->codec == SB_CODEC_SLICES && b->codec == SB_CODEC_SLICES)
		return slices_differ(unit, a, b);
	if (!sb_span_cut(unit->views[0].file, a->offset, a->length, &x) || !sb_span_cut(unit->views[1].file, b->offset, b->length, &y))
		return true;
	return unit->pair.recoded || a->codec != b->codec || !sb_reading_equal(unit->reading, x, y);
}

static void add_pair(const struct sb_unit *unit, struct sb_member_pairs *out, uint32_t shipped, uint32_t rebuilt)
{
	struct sb_member_pair *pair = &out->items[out->count];

	*pair = (struct sb_member_pair){.index = {shipped, rebuilt}};
	if (shipped != UINT32_MAX)
		out->of[SB_SHIPPED][shipped] = (uint32_t)out->count;
	if (rebuilt != UINT32_MAX)
		out->of[SB_REBUILT][rebuilt] = (uint32_t)out->count;
	if (shipped != UINT32_MAX && rebuilt != UINT32_MAX)
		pair->content_differs = content_differs(unit, pair->index);
	out->count++;
}

static void list_pairs(const struct sb_unit *unit, const struct sorted side[SB_SIDES], uint32_t *const counterpart[SB_SIDES],
                       struct sb_member_pairs *out)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < side[SB_SHIPPED].count; i++) {
		uint32_t other = counterpart[SB_SHIPPED][i];
		add_pair(unit, out, i, other);
		if (other != UINT32_MAX) {
			out->reordered |= other < last;
			last = other;
		}
	}
	for (uint32_t i = 0; i < side[SB_REBUILT].count; i++)
		if (counterpart[SB_REBUILT][i] == UINT32_MAX)
			add_pair(unit, out, UINT32_MAX, i);
}

int sb_members_pair(const struct sb_unit *unit, struct sb_member_pairs *out, struct sb_err *err)
{
	struct sorted side[SB_SIDES];
	uint32_t *counterpart[SB_SIDES];
	size_t total = unit->views[0].members.count + unit->views[1].members.count;

	*out = (struct sb_member_pairs){.items = sb_arena_array(unit->arena, total, sizeof *out->items)};
	for (unsigned s = 0; s < SB_SIDES; s++) {
		int rc = sort_side(unit, s, &side[s], err);
		if (rc)
			return rc;
		counterpart[s] = sb_arena_array(unit->arena, side[s].count, sizeof **counterpart);
		out->of[s] = sb_arena_array(unit->arena, side[s].count, sizeof **out->of);
		if (!out->items || !counterpart[s] || !out->of[s])
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	match(side, unit->pair.format->compression && side[0].count == 1 && side[1].count == 1, counterpart);
	match_stems(unit, counterpart);
	list_pairs(unit, side, counterpart, out);
	return 0;
}
