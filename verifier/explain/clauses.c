/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clauses of two regions, paired: the common start and end of a part first, then the shortest script of edits between them (E. Myers, "An O(ND)
 * Difference Algorithm and Its Variations", 1986) as long as it is short.
 */
#include "verifier/explain/meaning.h"

#include <stdlib.h>
#include <string.h>

/** Edits of one part that are looked for; with more of them what lies between start and end has no counterparts. */
enum { MOST_EDITS = 128, ROW = 2 * MOST_EDITS + 3, NONE = -1 };

/** Clauses of one part of one side, by index. */
struct part {
	const struct sb_clause *items;
	const size_t *order;
	size_t count;
};

struct pairing {
	struct part part[SB_SIDES];
	struct sb_clause_pairs *out;
	uint64_t *work;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static const struct sb_clause *clause_at(const struct part *part, size_t i)
{
	return &part->items[part->order[i]];
}

static int by_sense(const struct sb_clause *x, const struct sb_clause *y)
{
	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	return memcmp(&x->sense, &y->sense, sizeof x->sense);
}

static bool says_the_same(const struct pairing *in, size_t a, size_t b)
{
	const struct sb_clause *x = clause_at(&in->part[SB_SHIPPED], a), *y = clause_at(&in->part[SB_REBUILT], b);

	*in->work -= *in->work > 0;
	return by_sense(x, y) == 0 && x->debug == y->debug && x->derived == y->derived && (x->target == UINT64_MAX) == (y->target == UINT64_MAX);
}

static void keep(struct pairing *in, size_t a, size_t b)
{
	size_t x = in->part[SB_SHIPPED].order[a], y = in->part[SB_REBUILT].order[b];

	in->out->partner[SB_SHIPPED][x] = y;
	in->out->partner[SB_REBUILT][y] = x;
}

/** What is left between start and end, and how far each diagonal was followed after so many edits. */
struct middle {
	size_t from[SB_SIDES];
	int n, m;
	int *rows; /* ROW for each number of edits, diagonal k at k + MOST_EDITS + 1 */
};

static int *row_of(const struct middle *middle, int edits)
{
	return middle->rows + (size_t)edits * ROW + MOST_EDITS + 1;
}

/* The diagonal that diagonal @k is reached from by one edit, or INT32_MAX. */
static int came_from(const struct middle *middle, const int *last, int k)
{
	bool down = last[k + 1] != NONE && last[k + 1] - k <= middle->m, right = last[k - 1] != NONE && last[k - 1] + 1 <= middle->n;

	if (down && right)
		return last[k - 1] < last[k + 1] ? k + 1 : k - 1;
	return down ? k + 1 : right ? k - 1 : INT32_MAX;
}

static int start_of(const int *last, int k, int from)
{
	return from > k ? last[from] : last[from] + 1;
}

static int follow(const struct pairing *in, const struct middle *middle, int k, int x)
{
	while (x < middle->n && x - k < middle->m && says_the_same(in, middle->from[SB_SHIPPED] + (size_t)x, middle->from[SB_REBUILT] + (size_t)(x - k)))
		x++;
	return x;
}

/* How many edits it takes; NONE when it takes too many. */
static int count_edits(const struct pairing *in, const struct middle *middle)
{
	for (int edits = 0; edits <= MOST_EDITS && *in->work; edits++) {
		int *row = row_of(middle, edits), *last = edits ? row_of(middle, edits - 1) : NULL;
		for (int i = -MOST_EDITS - 1; i <= MOST_EDITS + 1; i++)
			row[i] = NONE;
		for (int k = -edits; k <= edits; k += 2) {
			int from = last ? came_from(middle, last, k) : 0;
			if (from == INT32_MAX)
				continue;
			row[k] = follow(in, middle, k, last ? start_of(last, k, from) : 0);
			if (k == middle->n - middle->m && row[k] == middle->n)
				return edits;
		}
	}
	return NONE;
}

static void keep_along(struct pairing *in, const struct middle *middle, int k, int from, int to)
{
	for (int x = from; x < to; x++)
		keep(in, middle->from[SB_SHIPPED] + (size_t)x, middle->from[SB_REBUILT] + (size_t)(x - k));
}

/* Back along the way that was found. */
static void keep_way(struct pairing *in, const struct middle *middle, int edits)
{
	int k = middle->n - middle->m, x = middle->n;

	for (; edits; edits--) {
		const int *last = row_of(middle, edits - 1);
		int from = came_from(middle, last, k);
		if (from == INT32_MAX)
			return;
		keep_along(in, middle, k, start_of(last, k, from), x);
		x = last[from];
		k = from;
	}
	keep_along(in, middle, 0, 0, x);
}

static int align(struct pairing *in, struct sb_err *err)
{
	size_t n = in->part[SB_SHIPPED].count, m = in->part[SB_REBUILT].count, start = 0, end = 0;

	while (start < n && start < m && says_the_same(in, start, start)) {
		keep(in, start, start);
		start++;
	}
	while (end < n - start && end < m - start && says_the_same(in, n - 1 - end, m - 1 - end)) {
		end++;
		keep(in, n - end, m - end);
	}
	if (start + end == n || start + end == m || n > INT32_MAX / 2 || m > INT32_MAX / 2)
		return 0;
	struct middle middle = {.from = {start, start}, .n = (int)(n - start - end), .m = (int)(m - start - end)};
	if (!(middle.rows = calloc((MOST_EDITS + 1) * (size_t)ROW, sizeof *middle.rows)))
		return no_memory(err);
	int edits = count_edits(in, &middle);
	if (edits != NONE)
		keep_way(in, &middle, edits);
	free(middle.rows);
	return 0;
}

/* Clauses without an order, which are sorted by what they say. */
static void match(struct pairing *in)
{
	for (size_t a = 0, b = 0; a < in->part[SB_SHIPPED].count && b < in->part[SB_REBUILT].count;) {
		int order = by_sense(clause_at(&in->part[SB_SHIPPED], a), clause_at(&in->part[SB_REBUILT], b));
		if (order == 0)
			keep(in, a, b);
		a += order <= 0;
		b += order >= 0;
	}
}

/** An index with what it is sorted by. */
struct placed {
	const struct sb_clause *clause;
	size_t index;
};

static int same_part(const struct sb_clause *x, const struct sb_clause *y)
{
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->free - y->free;
}

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = same_part(x->clause, y->clause);

	if (!order && x->clause->free)
		order = by_sense(x->clause, y->clause);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static size_t *order_of(const struct sb_vec *clauses)
{
	struct placed *placed = calloc(clauses->count + 1, sizeof *placed);
	size_t *order = calloc(clauses->count + 1, sizeof *order);

	for (size_t i = 0; placed && i < clauses->count; i++)
		placed[i] = (struct placed){sb_vec_at(clauses, i), i};
	if (placed && clauses->count)
		qsort(placed, clauses->count, sizeof *placed, by_place);
	for (size_t i = 0; placed && order && i < clauses->count; i++)
		order[i] = placed[i].index;
	if (!placed) {
		free(order);
		order = NULL;
	}
	free(placed);
	return order;
}

static size_t end_of_part(const struct sb_clause *items, const size_t *order, size_t from, size_t count)
{
	size_t end = from + 1;
	while (end < count && same_part(&items[order[from]], &items[order[end]]) == 0)
		end++;
	return end;
}

static int pair_parts(const struct sb_vec clauses[SB_SIDES], size_t *const order[SB_SIDES], uint64_t *work, struct sb_clause_pairs *out, struct sb_err *err)
{
	const struct sb_clause *x = clauses[SB_SHIPPED].items, *y = clauses[SB_REBUILT].items;
	size_t n = clauses[SB_SHIPPED].count, m = clauses[SB_REBUILT].count;
	int rc = 0;

	for (size_t a = 0, b = 0; !rc && a < n && b < m;) {
		int side = same_part(&x[order[0][a]], &y[order[1][b]]);
		size_t end_a = end_of_part(x, order[0], a, n), end_b = end_of_part(y, order[1], b, m);
		struct pairing in = {.part = {{x, order[0] + a, end_a - a}, {y, order[1] + b, end_b - b}}, .out = out, .work = work};
		if (side == 0 && x[order[0][a]].free)
			match(&in);
		else if (side == 0)
			rc = align(&in, err);
		a = side <= 0 ? end_a : a;
		b = side >= 0 ? end_b : b;
	}
	return rc;
}

/* Counterparts, or both the first behind two counterparts: what was put there replaces what was there. */
static bool is_one_place(const struct sb_clause_pairs *pairs, const struct sb_vec clauses[SB_SIDES], size_t a, size_t b)
{
	if (a >= clauses[SB_SHIPPED].count || b >= clauses[SB_REBUILT].count)
		return false;
	if (pairs->partner[SB_SHIPPED][a] != SIZE_MAX || pairs->partner[SB_REBUILT][b] != SIZE_MAX)
		return pairs->partner[SB_SHIPPED][a] == b;
	return (a == 0 && b == 0) || (a && b && pairs->partner[SB_SHIPPED][a - 1] == b - 1);
}

/* Those that lead to different places are no counterparts. They are told apart first, by what was paired before. */
static int check_targets(const struct sb_vec clauses[SB_SIDES], struct sb_clause_pairs *pairs, struct sb_err *err)
{
	bool *astray = calloc(clauses[SB_SHIPPED].count + 1, sizeof *astray);

	if (!astray)
		return no_memory(err);
	for (size_t i = 0; i < clauses[SB_SHIPPED].count; i++) {
		size_t partner = pairs->partner[SB_SHIPPED][i];
		const struct sb_clause *a = sb_vec_at(&clauses[SB_SHIPPED], i);
		if (partner == SIZE_MAX || a->target == UINT64_MAX)
			continue;
		const struct sb_clause *b = sb_vec_at(&clauses[SB_REBUILT], partner);
		astray[i] = !is_one_place(pairs, clauses, sb_clause_at(&clauses[SB_SHIPPED], a->target), sb_clause_at(&clauses[SB_REBUILT], b->target));
	}
	for (size_t i = 0; i < clauses[SB_SHIPPED].count; i++) {
		if (!astray[i])
			continue;
		pairs->partner[SB_REBUILT][pairs->partner[SB_SHIPPED][i]] = SIZE_MAX;
		pairs->partner[SB_SHIPPED][i] = SIZE_MAX;
	}
	free(astray);
	return 0;
}

int sb_clauses_pair(const struct sb_vec clauses[SB_SIDES], uint64_t *work, struct sb_clause_pairs *out, struct sb_err *err)
{
	size_t *order[SB_SIDES] = {order_of(&clauses[SB_SHIPPED]), order_of(&clauses[SB_REBUILT])};
	bool enough = order[SB_SHIPPED] && order[SB_REBUILT];

	for (unsigned side = 0; side < SB_SIDES; side++) {
		out->partner[side] = calloc(clauses[side].count + 1, sizeof *out->partner[side]);
		enough &= out->partner[side] != NULL;
		for (size_t i = 0; out->partner[side] && i < clauses[side].count; i++)
			out->partner[side][i] = SIZE_MAX;
	}
	int rc = enough ? pair_parts(clauses, order, work, out, err) : no_memory(err);
	if (!rc)
		rc = check_targets(clauses, out, err);
	free(order[SB_SHIPPED]);
	free(order[SB_REBUILT]);
	return rc;
}

void sb_clause_pairs_release(struct sb_clause_pairs *pairs)
{
	free(pairs->partner[SB_SHIPPED]);
	free(pairs->partner[SB_REBUILT]);
	*pairs = (struct sb_clause_pairs){{NULL}};
}
