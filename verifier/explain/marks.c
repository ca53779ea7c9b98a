/* SPDX-License-Identifier: Apache-2.0 */
/* Marks by names, by the lengths of functions that have none, and by their ends. */
#include "verifier/explain/marks.h"

#include <stdlib.h>
#include <string.h>

/** Functions in a row that must agree before a sequence is taken up again, and how many may be passed over to get there. */
enum { SURE = 4, MOST_SKIPPED = 16 };

static int by_length(const void *a, const void *b)
{
	const struct sb_anchor *const *x = a, *const *y = b;
	return (*x)->length != (*y)->length ? ((*x)->length < (*y)->length ? -1 : 1) : ((*x)->address > (*y)->address) - ((*x)->address < (*y)->address);
}

/* Is the anchor at @i the only one of its length? */
static bool is_lone_length(const struct sb_anchor **items, size_t count, size_t i)
{
	return (i == 0 || items[i - 1]->length != items[i]->length) && (i + 1 == count || items[i + 1]->length != items[i]->length);
}

static int add_mark(struct sb_vec *marks, const struct sb_anchor *a, const struct sb_anchor *b, uint64_t from_a, uint64_t from_b, struct sb_err *err)
{
	struct sb_piece *mark = sb_vec_push(marks);
	if (!mark)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*mark = (struct sb_piece){a->address - from_a, b->address - from_b, 0};
	return 0;
}

/* Those in the middle whose length occurs once on each side. */
static int mark_lone_lengths(const struct sb_anchor_list *a, const struct sb_anchor_list *b, uint64_t from_a, uint64_t from_b, struct sb_vec *marks,
                             struct sb_err *err)
{
	int rc = 0;

	if (a->count && b->count) {
		qsort(a->items, a->count, sizeof *a->items, by_length);
		qsort(b->items, b->count, sizeof *b->items, by_length);
	}
	for (size_t i = 0, k = 0; !rc && i < a->count && k < b->count;) {
		uint64_t x = a->items[i]->length, y = b->items[k]->length;
		if (x == y && is_lone_length(a->items, a->count, i) && is_lone_length(b->items, b->count, k))
			rc = add_mark(marks, a->items[i], b->items[k], from_a, from_b, err);
		i += x <= y;
		k += y <= x;
	}
	return rc;
}

/* Do the next few lengths agree? */
static bool agree(const struct sb_anchor_list *a, const struct sb_anchor_list *b, size_t i, size_t k)
{
	for (size_t n = 0; n < SURE; n++) {
		if (i + n >= a->count || k + n >= b->count)
			return n > 0 && i + n == a->count && k + n == b->count;
		if (a->items[i + n]->length != b->items[k + n]->length)
			return false;
	}
	return true;
}

/* The nearest place after (@i, @k) from which on lengths agree again. */
static bool resume(const struct sb_anchor_list *a, const struct sb_anchor_list *b, size_t *i, size_t *k)
{
	bool changed = a->count - *i == b->count - *k; /* as many are left: none came or went */

	for (size_t n = 1; changed && n <= MOST_SKIPPED; n++) {
		if (agree(a, b, *i + n, *k + n)) {
			*i += n;
			*k += n;
			return true;
		}
	}
	for (size_t skipped = 1; skipped <= MOST_SKIPPED; skipped++) {
		for (size_t n = 0; n <= skipped; n++) {
			if (agree(a, b, *i + n, *k + skipped - n)) {
				*i += n;
				*k += skipped - n;
				return true;
			}
		}
	}
	return false;
}

/* Functions without names, by address: a sequence of lengths in which a few came, went or changed. */
static int mark_lengths(const struct sb_anchor_list *named_a, const struct sb_anchor_list *named_b, uint64_t from_a, uint64_t from_b, struct sb_vec *marks,
                        struct sb_err *err)
{
	struct sb_anchor_list a = {named_a->items, sb_anchor_list_nameless(named_a)}, b = {named_b->items, sb_anchor_list_nameless(named_b)};
	size_t i = 0, k = 0;
	int rc = 0;

	while (!rc && i < a.count && k < b.count) {
		if (a.items[i]->length == b.items[k]->length)
			rc = add_mark(marks, a.items[i++], b.items[k++], from_a, from_b, err);
		else if (!resume(&a, &b, &i, &k))
			break;
	}
	a = (struct sb_anchor_list){a.items + i, a.count - i};
	b = (struct sb_anchor_list){b.items + k, b.count - k};
	return rc ? rc : mark_lone_lengths(&a, &b, from_a, from_b, marks, err);
}

/* Does the description of a frame say the same extent as the symbol? */
static bool has_frame(const struct sb_anchor_list *chosen, const struct sb_anchor *function)
{
	size_t low = 0, high = sb_anchor_list_nameless(chosen);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (chosen->items[middle]->address < function->address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < chosen->count && chosen->items[low]->name[0] == '\0' && chosen->items[low]->address == function->address &&
	       chosen->items[low]->length == function->length;
}

/* A function ends where it ended, whatever fills the place behind it, if two tables of each side tell so independently. */
static int add_end(const struct sb_anchor_list *in_a, const struct sb_anchor_list *in_b, const struct sb_anchor *a, const struct sb_anchor *b, uint64_t from_a,
                   uint64_t from_b, struct sb_vec *marks, struct sb_err *err)
{
	struct sb_anchor end_a = *a, end_b = *b;

	if (a->kind != SB_ANCHOR_FUNCTION || !has_frame(in_a, a) || !has_frame(in_b, b))
		return 0;
	end_a.address += a->length;
	end_b.address += b->length;
	return add_mark(marks, &end_a, &end_b, from_a, from_b, err);
}

/* Functions and objects whose name occurs once on each side. */
static int mark_names(const struct sb_anchor_list *a, const struct sb_anchor_list *b, uint64_t from_a, uint64_t from_b, struct sb_vec *marks, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0, k = 0; !rc && i < a->count && k < b->count;) {
		int order = strcmp(a->items[i]->name, b->items[k]->name);
		size_t end_a = sb_anchor_list_end_of_name(a, i), end_b = sb_anchor_list_end_of_name(b, k);
		bool lone = order == 0 && a->items[i]->name[0] && end_a - i == 1 && end_b - k == 1;
		if (lone)
			rc = add_mark(marks, a->items[i], b->items[k], from_a, from_b, err);
		if (!rc && lone)
			rc = add_end(a, b, a->items[i], b->items[k], from_a, from_b, marks, err);
		i = order <= 0 ? end_a : i;
		k = order >= 0 ? end_b : k;
	}
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct sb_piece *x = a, *y = b;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/* Do the first bytes at two places of the sections agree? */
static bool look_alike(struct sb_span x, struct sb_span y, uint64_t a, uint64_t b)
{
	enum { LOOKED_AT = 8 };
	struct sb_span left, right;

	return sb_span_cut(x, a, LOOKED_AT, &left) && sb_span_cut(y, b, LOOKED_AT, &right) && sb_span_equal(left, right);
}

/* Does a mark move by another distance than @beside, while its bytes say that it moved by that one? */
static bool is_belied(struct sb_span x, struct sb_span y, const struct sb_piece *mark, const struct sb_piece *beside)
{
	uint64_t there = mark->b - beside->b + beside->a;
	return there != mark->a && !look_alike(x, y, mark->a, mark->b) && look_alike(x, y, there, mark->b);
}

/* A name may lie about where a thing is: what both neighbours contradict, or one of them and the bytes, is no mark. */
static void drop_belied(struct sb_span x, struct sb_span y, struct sb_vec *marks)
{
	struct sb_piece *items = marks->items;
	size_t kept = 0;

	if (marks->count)
		qsort(items, marks->count, sizeof *items, by_place);
	for (size_t i = 0; i < marks->count; i++) {
		const struct sb_piece mark = items[i], *before = kept ? &items[kept - 1] : NULL, *after = i + 1 < marks->count ? &items[i + 1] : NULL;
		bool alone = before && after && before->b - before->a == after->b - after->a && mark.b - mark.a != before->b - before->a;
		bool belied = (before && is_belied(x, y, &mark, before)) || (after && is_belied(x, y, &mark, after));
		if (!alone && !belied)
			items[kept++] = mark;
	}
	marks->count = kept;
}

static bool holds_functions(const struct sb_anchor_list *chosen)
{
	for (size_t i = 0; i < chosen->count; i++)
		if (chosen->items[i]->kind == SB_ANCHOR_FUNCTION)
			return true;
	return false;
}

int sb_marks_find(const struct sb_address_map *map, const struct sb_anchor *a, const struct sb_anchor *b, struct sb_vec *marks, bool *code,
                      struct sb_err *err)
{
	struct sb_anchor_list in_a = {0}, in_b = {0};
	struct sb_span x, y;
	int rc = sb_anchor_list_choose(&map->anchors[SB_SHIPPED], a->address, a->length, &in_a, err);

	if (!rc)
		rc = sb_anchor_list_choose(&map->anchors[SB_REBUILT], b->address, b->length, &in_b, err);
	if (!rc)
		rc = mark_names(&in_a, &in_b, a->address, b->address, marks, err);
	if (!rc)
		rc = mark_lengths(&in_a, &in_b, a->address, b->address, marks, err);
	if (!rc && a->region && b->region && sb_span_cut(map->pair->bytes[SB_SHIPPED], a->region->offset, a->region->length, &x) &&
	    sb_span_cut(map->pair->bytes[SB_REBUILT], b->region->offset, b->region->length, &y))
		drop_belied(x, y, marks);
	*code = holds_functions(&in_a);
	free(in_a.items);
	free(in_b.items);
	return rc;
}
