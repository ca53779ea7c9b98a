/* SPDX-License-Identifier: Apache-2.0 */
/* The common subsequence of two rows of numbers: ends, anchors, and the shortest edit between anchors while the budget lasts. */
#include "verifier/compare/align.h"

#include <stdlib.h>
#include <string.h>

/** Rounds of anchors inside anchors; edits of one box; steps and equal pieces that are passed, of all boxes together. */
enum { DEEPEST = 8, MOST_EDITS = 512, BUDGET = 1 << 24 };

/** A box of both rows that is still to be matched. */
struct box {
	uint32_t from[SB_SIDES], to[SB_SIDES];
	unsigned depth;
};

struct matcher {
	const uint32_t *row[SB_SIDES];
	uint32_t *partner;
	uint32_t *times[SB_SIDES], *place; /* by number: how often it comes in the box, and where on the rebuilt side */
	uint32_t *tail, *before;           /* of the longest ascending chain: last anchor of each length, and what precedes an anchor */
	int32_t *reach[SB_SIDES];          /* furthest points of the search for edits, from both corners */
	uint64_t budget;
	struct sb_vec boxes;
};

static bool push(struct matcher *m, struct box box)
{
	if (box.from[0] == box.to[0] || box.from[1] == box.to[1])
		return true;
	struct box *slot = sb_vec_push(&m->boxes);
	if (slot)
		*slot = box;
	return slot != NULL;
}

static void match(struct matcher *m, uint32_t shipped, uint32_t rebuilt)
{
	m->partner[shipped] = rebuilt + 1;
}

static void trim(struct matcher *m, struct box *box)
{
	while (box->from[0] < box->to[0] && box->from[1] < box->to[1] && m->row[0][box->from[0]] == m->row[1][box->from[1]])
		match(m, box->from[0]++, box->from[1]++);
	while (box->from[0] < box->to[0] && box->from[1] < box->to[1] && m->row[0][box->to[0] - 1] == m->row[1][box->to[1] - 1])
		match(m, --box->to[0], --box->to[1]);
}

static void tell(struct matcher *m, const struct box *box, bool count)
{
	for (unsigned s = 0; s < SB_SIDES; s++)
		for (uint32_t i = box->from[s]; i < box->to[s]; i++) {
			uint32_t id = m->row[s][i];
			m->times[s][id] = count ? m->times[s][id] + 1 : 0;
			if (s == SB_REBUILT)
				m->place[id] = i;
		}
}

static bool is_anchor(const struct matcher *m, uint32_t i)
{
	uint32_t id = m->row[SB_SHIPPED][i];
	return m->times[SB_SHIPPED][id] == 1 && m->times[SB_REBUILT][id] == 1;
}

static uint32_t place_of(const struct matcher *m, uint32_t i)
{
	return m->place[m->row[SB_SHIPPED][i]];
}

/* How many chains end before @place: the length of the chain that an anchor there continues. */
static uint32_t chain_before(const struct matcher *m, uint32_t longest, uint32_t place)
{
	uint32_t low = 0, high = longest;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (place_of(m, m->tail[mid]) < place)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Longest chain of anchors that ascends on both sides, marked; 0 when there is none. */
static uint32_t match_anchors(struct matcher *m, const struct box *box)
{
	uint32_t longest = 0;

	tell(m, box, true);
	for (uint32_t i = box->from[SB_SHIPPED]; i < box->to[SB_SHIPPED]; i++) {
		if (!is_anchor(m, i))
			continue;
		uint32_t length = chain_before(m, longest, place_of(m, i));
		m->before[i] = length ? m->tail[length - 1] : UINT32_MAX;
		m->tail[length] = i;
		if (length == longest)
			longest++;
	}
	for (uint32_t i = longest ? m->tail[longest - 1] : UINT32_MAX; i != UINT32_MAX; i = m->before[i])
		match(m, i, place_of(m, i));
	tell(m, box, false);
	return longest;
}

static bool push_between(struct matcher *m, const struct box *box)
{
	struct box part = {.from = {box->from[0], box->from[1]}, .depth = box->depth + 1};

	for (uint32_t i = box->from[SB_SHIPPED]; i < box->to[SB_SHIPPED]; i++) {
		if (m->partner[i] == 0)
			continue;
		part.to[SB_SHIPPED] = i;
		part.to[SB_REBUILT] = m->partner[i] - 1;
		if (!push(m, part))
			return false;
		part.from[SB_SHIPPED] = i + 1;
		part.from[SB_REBUILT] = m->partner[i];
	}
	part.to[SB_SHIPPED] = box->to[SB_SHIPPED];
	part.to[SB_REBUILT] = box->to[SB_REBUILT];
	return push(m, part);
}

/** A search for the point where two shortest paths from both corners meet. */
struct search {
	const uint32_t *a, *b;
	int32_t n, m;
	int32_t *reach[SB_SIDES]; /* middle of the arrays, so that diagonals below zero work */
	uint64_t *budget;         /* of the matcher */
};

enum { NOWHERE = INT32_MIN / 2 };

/* One more edit on diagonal @k, then along equal pieces. @back: from the far corner. */
static int32_t step(const struct search *s, bool back, int32_t d, int32_t k)
{
	const int32_t *reach = s->reach[back];
	int32_t right = d == 0 ? 0 : k > -d && reach[k - 1] < s->n ? reach[k - 1] + 1 : NOWHERE;
	int32_t down = d > 0 && k < d && reach[k + 1] - (k + 1) < s->m ? reach[k + 1] : NOWHERE;
	int32_t x = right > down ? right : down, y = x - k;

	if (x < 0 || y < 0)
		return NOWHERE;
	int32_t from = x;
	while (x < s->n && y < s->m && (back ? s->a[s->n - 1 - x] == s->b[s->m - 1 - y] : s->a[x] == s->b[y])) {
		x++;
		y++;
	}
	uint64_t paid = (uint64_t)(x - from) + 1;
	*s->budget -= *s->budget < paid ? *s->budget : paid;
	return x;
}

/* Do the two searches meet on this diagonal? The other one counts diagonals from its own corner. */
static bool meets(const struct search *s, bool back, int32_t d, int32_t k)
{
	int32_t other = s->n - s->m - k, most = back ? d : d - 1;
	return other >= -most && other <= most && s->reach[back][k] >= 0 && s->reach[!back][other] >= 0 &&
	       s->reach[back][k] + s->reach[!back][other] >= s->n;
}

/* A point on a shortest path, near its middle; false when it takes too many edits. */
static bool middle(const struct search *s, int32_t *x, int32_t *y)
{
	bool odd = ((s->n - s->m) & 1) != 0;

	for (int32_t d = 0; d <= MOST_EDITS && *s->budget > 0; d++) {
		for (unsigned back = 0; back < 2; back++) {
			for (int32_t k = -d; k <= d; k += 2) {
				s->reach[back][k] = step(s, back, d, k);
				if (odd == !back && meets(s, back, d, k)) {
					*x = back ? s->n - s->reach[back][k] : s->reach[back][k];
					*y = back ? s->m - (s->reach[back][k] - k) : s->reach[back][k] - k;
					return true;
				}
			}
		}
	}
	return false;
}

static bool split(struct matcher *m, const struct box *box)
{
	struct search s = {.a = m->row[0] + box->from[0], .b = m->row[1] + box->from[1],
	                   .n = (int32_t)(box->to[0] - box->from[0]), .m = (int32_t)(box->to[1] - box->from[1]),
	                   .reach = {m->reach[0] + MOST_EDITS + 1, m->reach[1] + MOST_EDITS + 1}, .budget = &m->budget};
	int32_t x, y;

	if (!middle(&s, &x, &y) || (x == 0 && y == 0) || (x == s.n && y == s.m))
		return true;
	uint32_t at[SB_SIDES] = {box->from[0] + (uint32_t)x, box->from[1] + (uint32_t)y};
	return push(m, (struct box){{box->from[0], box->from[1]}, {at[0], at[1]}, DEEPEST}) &&
	       push(m, (struct box){{at[0], at[1]}, {box->to[0], box->to[1]}, DEEPEST});
}

static bool match_boxes(struct matcher *m)
{
	bool fine = true;

	while (fine && m->boxes.count) {
		struct box box = *(const struct box *)sb_vec_at(&m->boxes, --m->boxes.count);
		trim(m, &box);
		if (box.from[0] == box.to[0] || box.from[1] == box.to[1])
			continue;
		fine = box.depth < DEEPEST && match_anchors(m, &box) ? push_between(m, &box) : split(m, &box);
	}
	return fine;
}

bool sb_pieces_match(const struct sb_pieces side[SB_SIDES], uint32_t ids, uint32_t *partner)
{
	size_t n = side[SB_SHIPPED].count, words = 3 * (size_t)ids + 2 * n, edits = 2 * (MOST_EDITS + 2);
	uint32_t *memory = calloc(words, sizeof *memory);
	int32_t *reach = calloc(2 * edits, sizeof *reach);
	struct matcher m = {.row = {side[0].id, side[1].id}, .partner = partner, .budget = BUDGET, .boxes = {.size = sizeof(struct box)}};
	bool fine = memory && reach;

	if (fine) {
		m.times[0] = memory;
		m.times[1] = memory + ids;
		m.place = memory + 2 * (size_t)ids;
		m.tail = memory + 3 * (size_t)ids;
		m.before = m.tail + n;
		m.reach[0] = reach;
		m.reach[1] = reach + edits;
		fine = push(&m, (struct box){.to = {(uint32_t)n, (uint32_t)side[SB_REBUILT].count}}) && match_boxes(&m);
	}
	sb_vec_release(&m.boxes);
	free(memory);
	free(reach);
	return fine;
}
