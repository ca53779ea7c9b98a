/* SPDX-License-Identifier: Apache-2.0 */
/* Two stretches of bytes that are the same thing built twice: which part became which. */
#include "verifier/explain/image.h"

#include <stdlib.h>
#include <string.h>

enum { SHORTEST_TEXT = 4 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** A text between NULs. */
struct token {
	struct sb_span text;
	unsigned side;
};

static int by_text(const void *a, const void *b)
{
	const struct token *x = a, *y = b;
	int order = sb_span_compare(x->text, y->text);
	if (order)
		return order;
	return x->side != y->side ? (x->side < y->side ? -1 : 1) : (x->text.p > y->text.p) - (x->text.p < y->text.p);
}

static int split(struct sb_span bytes, unsigned side, struct sb_vec *out, struct sb_err *err)
{
	size_t at = 0;

	while (at < bytes.n) {
		const uint8_t *end = memchr(bytes.p + at, 0, bytes.n - at);
		size_t length = end ? (size_t)(end - (bytes.p + at)) : bytes.n - at;
		struct token *slot = length >= SHORTEST_TEXT ? sb_vec_push(out) : NULL;
		if (length >= SHORTEST_TEXT && !slot)
			return no_memory(err);
		if (slot)
			*slot = (struct token){sb_span_of(bytes.p + at, length), side};
		at += length + 1;
	}
	return 0;
}

static bool same(const struct token *x, const struct token *y)
{
	return sb_span_equal(x->text, y->text);
}

/* A text that stands exactly once on each side is a mark at its start. */
static int pair_tokens(const struct sb_vec *tokens, struct sb_span a, struct sb_span b, struct sb_vec *marks, struct sb_err *err)
{
	const struct token *items = tokens->items;

	for (size_t i = 0; i + 1 < tokens->count;) {
		size_t end = i + 1;
		while (end < tokens->count && same(&items[i], &items[end]))
			end++;
		if (end - i == 2 && items[i].side != items[i + 1].side) {
			struct sb_piece *mark = sb_vec_push(marks);
			if (!mark)
				return no_memory(err);
			*mark = (struct sb_piece){(uint64_t)(items[i].text.p - a.p), (uint64_t)(items[i + 1].text.p - b.p), 0};
		}
		i = end;
	}
	return 0;
}

int sb_pieces_of_texts(struct sb_span a, struct sb_span b, struct sb_vec *marks, struct sb_err *err)
{
	SB_VEC struct sb_vec tokens = {.size = sizeof(struct token)};
	int rc = split(a, 0, &tokens, err);

	if (!rc)
		rc = split(b, 1, &tokens, err);
	if (rc || tokens.count == 0)
		return rc;
	qsort(tokens.items, tokens.count, tokens.size, by_text);
	return pair_tokens(&tokens, a, b, marks, err);
}

static int by_a(const void *x, const void *y)
{
	const struct sb_piece *p = x, *q = y;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->b > q->b) - (p->b < q->b);
}

/* Of several marks at one place none is better than the others. */
static void drop_repeated(struct sb_vec *marks)
{
	struct sb_piece *items = marks->items;
	size_t kept = 0;

	for (size_t i = 0; i < marks->count; i++)
		if (kept == 0 || items[kept - 1].a != items[i].a)
			items[kept++] = items[i];
	marks->count = kept;
}

/* Longest strictly rising run of b among marks sorted by a, kept in place: patience sorting. */
static int keep_rising(struct sb_vec *marks, struct sb_err *err)
{
	struct sb_piece *items = marks->items;
	size_t count = marks->count, longest = 0;
	SB_FREEING size_t *tops = calloc(count + 1, sizeof *tops); /* last mark of the best run of each length */
	SB_FREEING size_t *before = calloc(count + 1, sizeof *before);

	if (!tops || !before)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		size_t low = 0, high = longest;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (items[tops[middle]].b < items[i].b)
				low = middle + 1;
			else
				high = middle;
		}
		before[i] = low ? tops[low - 1] : SIZE_MAX;
		tops[low] = i;
		longest = low == longest ? longest + 1 : longest;
	}
	for (size_t i = longest ? tops[longest - 1] : SIZE_MAX, k = longest; i != SIZE_MAX; i = before[i])
		tops[--k] = i;
	for (size_t i = 0; i < longest; i++)
		items[i] = items[tops[i]];
	marks->count = longest;
	return 0;
}

/* Add a piece, or lengthen the last one when it goes on. One without length maps its place alone. */
static int add_piece(struct sb_vec *out, size_t first, struct sb_piece piece, struct sb_err *err)
{
	struct sb_piece *last = out->count > first ? sb_vec_at(out, out->count - 1) : NULL;

	if (last && last->a + last->length == piece.a && last->b + last->length == piece.b) {
		last->length += piece.length;
		return 0;
	}
	struct sb_piece *slot = sb_vec_push(out);
	if (!slot)
		return no_memory(err);
	*slot = piece;
	return 0;
}

/* Between two marks: everything when both gaps are as long, else what is equal at both ends. */
static int fill_gap(struct sb_span a, struct sb_span b, const struct sb_piece *from, const struct sb_piece *to, struct sb_vec *out, size_t first,
                    struct sb_err *err)
{
	uint64_t na = to->a - from->a, nb = to->b - from->b, most = na < nb ? na : nb, suffix = 0;

	if (na == nb)
		return add_piece(out, first, (struct sb_piece){from->a, from->b, na}, err);
	uint64_t prefix = sb_span_common_prefix(sb_span_of(a.p + from->a, (size_t)most), sb_span_of(b.p + from->b, (size_t)most));
	while (suffix < most - prefix && a.p[to->a - 1 - suffix] == b.p[to->b - 1 - suffix])
		suffix++;
	int rc = add_piece(out, first, (struct sb_piece){from->a, from->b, prefix}, err);
	return rc ? rc : add_piece(out, first, (struct sb_piece){to->a - suffix, to->b - suffix, suffix}, err);
}

int sb_pieces_align(struct sb_span a, struct sb_span b, struct sb_vec *marks, struct sb_vec *out, struct sb_err *err)
{
	struct sb_piece *start = sb_vec_push(marks), *last = sb_vec_push(marks);
	size_t first = out->count;

	if (!start || !last)
		return no_memory(err);
	*last = (struct sb_piece){a.n, b.n, 0};
	*(struct sb_piece *)sb_vec_at(marks, marks->count - 2) = (struct sb_piece){0, 0, 0};
	qsort(marks->items, marks->count, marks->size, by_a);
	drop_repeated(marks);
	int rc = keep_rising(marks, err);
	for (size_t i = 0; !rc && i + 1 < marks->count; i++)
		rc = fill_gap(a, b, sb_vec_at(marks, i), sb_vec_at(marks, i + 1), out, first, err);
	return rc;
}
