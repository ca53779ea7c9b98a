/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name that was drawn commits to nothing as long as nobody calls it. Kernels and boot loaders find their disks by such names, so what is freedom of the
 * vendor may not be a name that the other side has for something: a command line that names the partition of the rebuilt image names another one, or none,
 * in the shipped image. Looked for is the shipped name on the rebuilt side and the rebuilt one on the shipped side, in all bytes of the artifact and in
 * what is equal but encoded. A text that calls each side by its own name is a difference that nobody owns.
 */
#include "verifier/explain/identifiers.h"
#include "verifier/explain/inside.h"

#include <string.h>

enum { MOST = 1024, PIECE = 1 << 20, OVERLAP = 64 };

/** Whose bytes are searched. */
enum searched { OF_SHIPPED = SB_SHIPPED, OF_REBUILT = SB_REBUILT, OF_BOTH };

/** A name that differs. */
struct identifier {
	const struct sb_pair *pair;
	const char *field;
	struct sb_span value[SB_SIDES];
	bool named;
};

struct sb_identifiers {
	struct sb_vec items; /* struct identifier */
	struct sb_name_forms forms; /* of all values: twice the index, and the side */
	enum searched searched;
	bool unknown;        /* too many of them, or bytes that cannot be looked at: anybody may be calling any of them */
	struct sb_reading *reading;
};

static struct identifier *identifier_at(const struct sb_identifiers *all, size_t i)
{
	return sb_vec_at(&all->items, i);
}

/* Images of programs have identifiers of another kind. */
static bool is_name(const struct sb_pair *pair, const struct sb_diff *diff)
{
	uint64_t n = diff->side[SB_SHIPPED].length;
	return sb_diff_is_field(diff, SB_FIELD_IDENTIFIER) && pair->format && !pair->format->image && (n == 4 || n == 16);
}

static bool is_same_field(const struct identifier *item, const struct sb_pair *pair, const struct sb_diff *diff)
{
	return item->pair == pair && strcmp(item->field, diff->name) == 0 && sb_span_equal(item->value[SB_SHIPPED], sb_diff_bytes(pair, diff, SB_SHIPPED)) &&
	       sb_span_equal(item->value[SB_REBUILT], sb_diff_bytes(pair, diff, SB_REBUILT));
}

static struct identifier *find(const struct sb_identifiers *all, const struct sb_pair *pair, const struct sb_diff *diff)
{
	for (size_t i = 0; i < all->items.count; i++)
		if (is_same_field(identifier_at(all, i), pair, diff))
			return identifier_at(all, i);
	return NULL;
}

static bool collect(struct sb_identifiers *all, const struct sb_pair *pair)
{
	for (size_t d = 0; d < pair->diff_count && !all->unknown; d++) {
		const struct sb_diff *diff = &pair->diffs[d];
		if (!is_name(pair, diff) || find(all, pair, diff))
			continue;
		struct identifier *item = sb_vec_push(&all->items);
		all->unknown = !item && all->items.count >= all->items.ceiling;
		if (!item)
			return all->unknown;
		*item = (struct identifier){.pair = pair, .field = diff->name, .value = {sb_diff_bytes(pair, diff, SB_SHIPPED), sb_diff_bytes(pair, diff, SB_REBUILT)}};
	}
	for (size_t i = 0; i < pair->child_count; i++)
		if (!collect(all, pair->children[i]))
			return false;
	return true;
}

/* One name became two, or two became one. */
static void compare_names(struct sb_identifiers *all)
{
	for (size_t i = 0; i < all->items.count; i++) {
		struct identifier *a = identifier_at(all, i);
		for (size_t k = 0; k < i; k++) {
			struct identifier *b = identifier_at(all, k);
			bool same = sb_span_equal(a->value[SB_SHIPPED], b->value[SB_SHIPPED]);
			if (strcmp(a->field, b->field) == 0 && same != sb_span_equal(a->value[SB_REBUILT], b->value[SB_REBUILT]))
				a->named = b->named = true;
		}
	}
}

/* Nobody calls a file system by the seed of its hashes, or a partition by the name of the disk: is that what stands there? */
static bool is_field_of_another_name(const struct identifier *item, unsigned side, const uint8_t *at)
{
	struct sb_view *view = item->pair->view[side];
	uintptr_t place = (uintptr_t)at, start = (uintptr_t)view->file.p;
	const struct sb_region *region = place >= start && place - start < view->file.n ? sb_view_region_at(view, place - start) : NULL;

	if (!region || sb_view_describe(view, region, NULL))
		return false;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		if (field->offset == place - start)
			return field->kind == SB_FIELD_IDENTIFIER && field->length == item->value[side].n && strcmp(field->name, item->field) != 0;
	}
	return false;
}

/* A side may call its own by its name. */
static void note(void *ctx, size_t id, const uint8_t *at)
{
	struct sb_identifiers *all = ctx;
	struct identifier *item = identifier_at(all, id / SB_SIDES);
	unsigned side = all->searched == OF_REBUILT ? SB_REBUILT : SB_SHIPPED;

	if (all->searched == OF_BOTH || id % SB_SIDES != side)
		item->named = item->named || !is_field_of_another_name(item, side, at);
}

static void search(struct sb_identifiers *all, enum searched searched, struct sb_span bytes)
{
	all->searched = searched;
	sb_name_forms_search(&all->forms, all->reading, bytes, &(struct sb_name_found){all, note});
}

/* Most of it is equal on both sides, and need be searched only once. */
static void search_sides(struct sb_identifiers *all, const struct sb_span bytes[SB_SIDES])
{
	for (size_t from = 0; from < bytes[SB_SHIPPED].n; from += PIECE) {
		size_t left = bytes[SB_SHIPPED].n - from, n = left < PIECE + OVERLAP ? left : PIECE + OVERLAP;
		struct sb_span shipped = sb_span_of(bytes[SB_SHIPPED].p + from, n), rebuilt = sb_span_of(bytes[SB_REBUILT].p + from, n);
		if (sb_reading_equal(all->reading, shipped, rebuilt)) {
			search(all, OF_BOTH, shipped);
			continue;
		}
		search(all, OF_SHIPPED, shipped);
		search(all, OF_REBUILT, rebuilt);
	}
}

static bool lies_in(struct sb_span part, struct sb_span whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void search_pair(struct sb_identifiers *all, const struct sb_pair *pair, const struct sb_span searched[SB_SIDES])
{
	bool shipped = !lies_in(pair->bytes[SB_SHIPPED], searched[SB_SHIPPED]), rebuilt = !lies_in(pair->bytes[SB_REBUILT], searched[SB_REBUILT]);

	if (shipped && rebuilt && pair->bytes[SB_SHIPPED].n == pair->bytes[SB_REBUILT].n) {
		search_sides(all, pair->bytes);
	} else {
		search(all, OF_SHIPPED, shipped ? pair->bytes[SB_SHIPPED] : (struct sb_span){0});
		search(all, OF_REBUILT, rebuilt ? pair->bytes[SB_REBUILT] : (struct sb_span){0});
	}
	for (size_t i = 0; i < pair->child_count; i++)
		search_pair(all, pair->children[i], pair->bytes);
}

static bool any_left(void *ctx)
{
	const struct sb_identifiers *all = ctx;

	for (size_t i = 0; !all->unknown && i < all->items.count; i++)
		if (!identifier_at(all, i)->named)
			return true;
	return false;
}

static void search_equal(void *ctx, struct sb_span bytes)
{
	search(ctx, OF_BOTH, bytes);
}

static void give_up(void *ctx)
{
	((struct sb_identifiers *)ctx)->unknown = true;
}

static bool make_forms(struct sb_explaining *in, struct sb_identifiers *all)
{
	size_t count = all->items.count * SB_SIDES;
	struct sb_name_form *values = sb_arena_array(in->arena, count, sizeof *values);

	for (size_t i = 0; values && i < count; i++)
		values[i] = (struct sb_name_form){identifier_at(all, i / SB_SIDES)->value[i % SB_SIDES], i};
	return values && sb_name_forms_make(&all->forms, values, count);
}

static bool resolve(struct sb_explaining *in, struct sb_identifiers *all)
{
	static const struct sb_span nothing[SB_SIDES];
	const struct sb_pair *pair = in->artifact->pair;

	if (!collect(all, pair) || (!all->unknown && !make_forms(in, all)))
		return false;
	compare_names(all);
	if (any_left(all))
		search_pair(all, pair, nothing);
	sb_explain_look_inside(in, &(struct sb_inside){.ctx = all, .any_left = any_left, .search = search_equal, .give_up = give_up, .reading = all->reading});
	return true;
}

static const struct sb_identifiers *resolved(struct sb_explaining *in)
{
	struct sb_identifiers *all = in->identifiers;

	if (all || !(all = sb_arena_array(in->arena, 1, sizeof *all)))
		return all;
	*all = (struct sb_identifiers){.items = {.size = sizeof(struct identifier), .ceiling = MOST}, .reading = in->comparison->reading};
	in->identifiers = all;
	in->no_memory |= !resolve(in, all);
	sb_name_forms_release(&all->forms);
	return all;
}

bool sb_identifier_is_called(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_identifiers *all = resolved(in);
	const struct identifier *item = all ? find(all, pair, diff) : NULL;

	in->no_memory |= !all;
	return !item || item->named || all->unknown;
}

void sb_identifiers_release(struct sb_explaining *in)
{
	if (in->identifiers)
		sb_vec_release(&in->identifiers->items);
}
