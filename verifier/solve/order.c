/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a folder the other way round: the vendor's file system listed them so. */
#include "verifier/solve/inside.h"

#include <stdlib.h>
#include <string.h>

enum { MEMBERS_MOST = 200000 };

/** A name with its place on one side. */
struct placed {
	struct sb_span name;
	size_t at;
};

static int by_name(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	return sb_span_compare(x->name, y->name);
}

static size_t folder_of(struct sb_span name)
{
	size_t n = name.n && name.p[name.n - 1] == '/' ? name.n - 1 : name.n;

	while (n && name.p[n - 1] != '/')
		n--;
	return n;
}

static bool are_siblings(struct sb_span a, struct sb_span b)
{
	size_t n = folder_of(a);
	return n == folder_of(b) && (n == 0 || memcmp(a.p, b.p, n) == 0);
}

static const struct placed *find(const struct placed *names, size_t count, struct sb_span name)
{
	const struct placed wanted = {.name = name};
	return bsearch(&wanted, names, count, sizeof *names, by_name);
}

/* Neighbours in a folder on the shipped side: how many stand so on ours, and how many the other way round? */
static void count_turns(const struct sb_view *shipped, const struct placed *ours, size_t count, uint64_t *same, uint64_t *turned)
{
	for (size_t i = 1; i < shipped->members.count && i < MEMBERS_MOST; i++) {
		const struct sb_member *a = sb_view_member(shipped, i - 1), *b = sb_view_member(shipped, i);
		const struct placed *x = are_siblings(a->name, b->name) ? find(ours, count, a->name) : NULL, *y = x ? find(ours, count, b->name) : NULL;
		if (!y || x->at == y->at)
			continue;
		*same += x->at < y->at;
		*turned += x->at > y->at;
	}
}

static void compare_orders(struct sb_inferring *in, const struct sb_pair *pair)
{
	const struct sb_view *view = pair->view[SB_REBUILT];
	size_t count = view->members.count < MEMBERS_MOST ? view->members.count : MEMBERS_MOST;
	SB_FREEING struct placed *ours = calloc(count + 1, sizeof *ours);
	const struct sb_spot place = {pair, SIZE_MAX, "order"};
	bool reversed = sb_span_equal(sb_solve_ours_of(in, SB_KNOB_ORDER), sb_span_text("reversed"));
	uint64_t same = 0, turned = 0;

	in->failed |= !ours;
	for (size_t i = 0; ours && i < count; i++)
		ours[i] = (struct placed){sb_view_member(view, i)->name, i};
	if (!ours)
		return;
	qsort(ours, count, sizeof *ours, by_name);
	count_turns(pair->view[SB_SHIPPED], ours, count, &same, &turned);
	if (turned > same)
		sb_solve_propose(in, SB_KNOB_ORDER, sb_span_text(reversed ? "sorted" : "reversed"), 4 * turned, &place);
}

static void read_order(struct sb_inferring *in, const struct sb_pair *pair)
{
	if (pair->state != SB_PAIR_OPENED || !pair->view[SB_SHIPPED] || !pair->view[SB_REBUILT])
		return;
	for (size_t i = 0; i < pair->diff_count; i++)
		if (pair->diffs[i].kind == SB_DIFF_ORDER) {
			compare_orders(in, pair);
			return;
		}
}

const struct sb_extractor sb_extract_order = {"order", read_order};
