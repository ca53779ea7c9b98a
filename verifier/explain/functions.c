/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of both sides, compared after what they lead to was taken by name: a hint for a person, never a level. It has known false
 * alarms (tables of jumps) and a known false calm (a pointer to another function, outside of all code).
 */
#include "verifier/explain/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 5 };

/** Names of the functions of one kind: how many, and the first few. */
struct group {
	size_t count;
	const struct sb_anchor *first[MOST_NAMES];
};

/** Functions and objects of one side, by address. */
struct named {
	const struct sb_anchor *items;
	size_t count;
};

struct census {
	struct sb_explaining *in;
	const struct sb_pair *pair;
	const struct sb_address_map *map;
	struct sb_vec references[SB_SIDES];
	struct named named[SB_SIDES];
	struct group equal, moved, elsewhere, changed, lone[SB_SIDES];
	bool failed; /* out of memory: nothing is said */
};

static void add(struct group *group, const struct sb_anchor *function)
{
	if (group->count < MOST_NAMES)
		group->first[group->count] = function;
	group->count++;
}

static int by_name(const void *a, const void *b)
{
	const struct sb_anchor *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);
	return order ? order : ((*x)->address > (*y)->address) - ((*x)->address < (*y)->address);
}

/* A function that is exported stands in two tables of symbols. */
static void drop_repeated(const struct sb_anchor **functions, size_t *count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		if (kept == 0 || by_name(&functions[kept - 1], &functions[i]) != 0)
			functions[kept++] = functions[i];
	*count = kept;
}

/* Functions of one side that the file holds, named ones only, by name; *count of them. */
static const struct sb_anchor **functions_of(struct census *census, unsigned side, size_t *count)
{
	const struct sb_vec *anchors = &census->map->anchors[side];
	const struct sb_anchor **out = calloc(anchors->count + 1, sizeof *out);

	*count = 0;
	for (size_t i = 0; out && i < anchors->count; i++) {
		const struct sb_anchor *anchor = sb_vec_at(anchors, i);
		if (anchor->kind == SB_ANCHOR_FUNCTION && anchor->name[0] && anchor->offset != UINT64_MAX)
			out[(*count)++] = anchor;
	}
	if (out) {
		qsort(out, *count, sizeof *out, by_name);
		drop_repeated(out, count);
	}
	census->failed |= !out;
	return out;
}

static struct sb_span bytes_of(const struct census *census, unsigned side, const struct sb_anchor *function)
{
	struct sb_span bytes;
	return sb_span_cut(census->pair->bytes[side], function->offset, function->length, &bytes) ? bytes : (struct sb_span){0};
}

static void find_references(struct census *census, unsigned side, const struct sb_anchor *function)
{
	struct sb_view *view = census->pair->view[side];
	struct sb_place place = {sb_view_region_at(view, function->offset), function->offset, function->length};

	census->references[side].count = 0;
	if (place.region && sb_view_image(view)->references(view, &place, &census->references[side], NULL))
		census->failed = true;
}

/* Anchors come as sections, then functions and objects by address, then those without names. */
static void find_named(const struct sb_vec *anchors, struct named *out)
{
	size_t from = 0, to;

	while (from < anchors->count && ((const struct sb_anchor *)sb_vec_at(anchors, from))->kind == SB_ANCHOR_SECTION)
		from++;
	for (to = from; to < anchors->count && ((const struct sb_anchor *)sb_vec_at(anchors, to))->name[0];)
		to++;
	*out = (struct named){from < to ? sb_vec_at(anchors, from) : NULL, to - from};
}

/* The last function or object that begins at or before @at, if it holds it. */
static const struct sb_anchor *named_at(const struct named *named, uint64_t at)
{
	size_t low = 0, high = named->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (named->items[middle].address <= at)
			low = middle + 1;
		else
			high = middle;
	}
	const struct sb_anchor *last = low ? &named->items[low - 1] : NULL;
	return last && at - last->address < last->length ? last : NULL;
}

/* The same symbol and the same distance from its start. */
static bool names_agree(const struct census *census, const struct sb_reference *a, const struct sb_reference *b)
{
	const struct sb_anchor *x = named_at(&census->named[SB_SHIPPED], a->target), *y = named_at(&census->named[SB_REBUILT], b->target);
	return x && y && strcmp(x->name, y->name) == 0 && a->target - x->address == b->target - y->address;
}

/* Equal but for fields that lead to the same thing on both sides. Immediates count. */
static bool is_moved(struct census *census, const struct sb_anchor *a, const struct sb_anchor *b)
{
	struct sb_span x = bytes_of(census, SB_SHIPPED, a), y = bytes_of(census, SB_REBUILT, b);
	uint64_t done = 0;

	if (x.n != y.n)
		return false;
	find_references(census, SB_SHIPPED, a);
	find_references(census, SB_REBUILT, b);
	if (census->references[0].count != census->references[1].count)
		return false;
	for (size_t i = 0; i < census->references[0].count; i++) {
		const struct sb_reference *p = sb_vec_at(&census->references[0], i), *q = sb_vec_at(&census->references[1], i);
		uint64_t from = p->offset - a->offset;
		if (from != q->offset - b->offset || p->length != q->length || from < done || from + p->length > x.n ||
		    memcmp(x.p + done, y.p + done, (size_t)(from - done)) != 0)
			return false;
		if (!sb_address_map_agrees(census->map, p, q) && !names_agree(census, p, q))
			return false;
		done = from + p->length;
	}
	return memcmp(x.p + done, y.p + done, (size_t)(x.n - done)) == 0;
}

static void compare(struct census *census, const struct sb_anchor *a, const struct sb_anchor *b)
{
	bool same = sb_span_equal(bytes_of(census, SB_SHIPPED, a), bytes_of(census, SB_REBUILT, b));

	/* Bytes of an object that are equal may lead to different things. */
	if (same && census->pair->view[SB_SHIPPED]->unlinked && !is_moved(census, a, b))
		add(&census->elsewhere, a);
	else if (same)
		add(&census->equal, a);
	else if (is_moved(census, a, b))
		add(&census->moved, a);
	else
		add(&census->changed, a);
}

static void count(struct census *census)
{
	size_t na, nb;
	const struct sb_anchor **a = functions_of(census, SB_SHIPPED, &na), **b = functions_of(census, SB_REBUILT, &nb);

	for (size_t i = 0, k = 0; a && b && (i < na || k < nb);) {
		int order = i == na ? 1 : k == nb ? -1 : strcmp(a[i]->name, b[k]->name);
		if (order == 0)
			compare(census, a[i], b[k]);
		else
			add(&census->lone[order > 0], order < 0 ? a[i] : b[k]);
		i += order <= 0;
		k += order >= 0;
	}
	free(a);
	free(b);
}

static const char *name_of(struct census *census, const struct sb_anchor *function)
{
	return function->name[0] ? sb_explain_shown(census->in, sb_span_of(function->name, strnlen(function->name, 60)))
	                         : sb_explain_note(census->in, "0x%" PRIx64, function->address);
}

static const char *names_of(struct census *census, const struct group *group)
{
	const char *text = "";

	for (size_t i = 0; i < group->count && i < MOST_NAMES; i++)
		text = sb_explain_note(census->in, "%s%s%s", text, i ? ", " : "", name_of(census, group->first[i]));
	return group->count > MOST_NAMES ? sb_explain_note(census->in, "%s, ...", text) : text;
}

static const char *say(struct census *census, const char *text, const struct group *group, const char *what)
{
	if (group->count == 0)
		return text;
	return sb_explain_note(census->in, "%s, %zu %s (%s)", text, group->count, what, names_of(census, group));
}

/* Frames of a side, by address; they come after everything that has a name. */
static struct named frames_of(const struct sb_vec *anchors, const struct named *named)
{
	const struct sb_anchor *from = named->items ? named->items + named->count : anchors->items, *to, *end;

	if (anchors->count == 0)
		return (struct named){NULL, 0};
	end = (const struct sb_anchor *)anchors->items + anchors->count;
	while (from < end && from->kind != SB_ANCHOR_FUNCTION)
		from++;
	for (to = from; to < end && to->kind == SB_ANCHOR_FUNCTION;)
		to++;
	return (struct named){from, (size_t)(to - from)};
}

static const struct sb_anchor *frame_at(const struct named *frames, uint64_t at)
{
	const struct sb_anchor *found = named_at(frames, at);
	return found && found->address == at ? found : NULL;
}

/* Where the map takes the start of a function, one must begin on the other side. */
static void count_frames(struct census *census, const struct named *a, const struct named *b)
{
	size_t paired = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct sb_anchor *function = &a->items[i], *other = NULL;
		uint64_t at;
		if (sb_address_map_find(&census->map->addresses, function->address, &at))
			other = frame_at(b, at);
		if (other)
			compare(census, function, other);
		else
			add(&census->lone[SB_SHIPPED], function);
		paired += other != NULL;
	}
	census->lone[SB_REBUILT].count = b->count > paired ? b->count - paired : 0;
}

bool sb_explain_functions(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, struct sb_functions *out)
{
	struct census census = {
		.in = in,
		.pair = pair,
		.map = map,
		.references = {{.size = sizeof(struct sb_reference)}, {.size = sizeof(struct sb_reference)}},
	};

	find_named(&map->anchors[SB_SHIPPED], &census.named[SB_SHIPPED]);
	find_named(&map->anchors[SB_REBUILT], &census.named[SB_REBUILT]);
	const struct named a = frames_of(&map->anchors[SB_SHIPPED], &census.named[SB_SHIPPED]);
	const struct named b = frames_of(&map->anchors[SB_REBUILT], &census.named[SB_REBUILT]);
	bool stripped = census.named[SB_SHIPPED].count < a.count / 2 || census.named[SB_REBUILT].count < b.count / 2;
	if (stripped)
		count_frames(&census, &a, &b);
	else
		count(&census);
	sb_vec_release(&census.references[SB_SHIPPED]);
	sb_vec_release(&census.references[SB_REBUILT]);
	*out = (struct sb_functions){census.equal.count + census.elsewhere.count, census.moved.count, census.changed.count, {census.lone[0].count, census.lone[1].count}, NULL};
	if (census.failed || out->equal + out->moved + out->changed + out->lone[SB_SHIPPED] + out->lone[SB_REBUILT] == 0)
		return false;
	const char *text = sb_explain_note(in, "functions by %s: %zu equal, %zu equal but for where they lead", stripped ? "frame" : "name", census.equal.count, out->moved);
	text = say(&census, text, &census.elsewhere, "equal but leading elsewhere");
	text = say(&census, text, &census.changed, "changed");
	text = say(&census, text, &census.lone[SB_SHIPPED], "shipped only");
	out->text = stripped && out->lone[SB_REBUILT] ? sb_explain_note(in, "%s, %zu rebuilt only", text, out->lone[SB_REBUILT])
	                                              : say(&census, text, &census.lone[SB_REBUILT], "rebuilt only");
	return true;
}
