/* SPDX-License-Identifier: Apache-2.0 */
/* The same things in another order: who may have put them in it. */
#include "verifier/explain/guess.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** Longer texts are not sorted for a hint. */
enum { LARGEST = 4 << 20, MOST_LINES = 100000 };

static int by_bytes(const void *a, const void *b)
{
	return sb_span_compare(*(const struct sb_span *)a, *(const struct sb_span *)b);
}

/* Roughly what sort(1) does in most languages: without case first. */
static int without_case(struct sb_span a, struct sb_span b)
{
	int order = strncasecmp((const char *)a.p, (const char *)b.p, a.n < b.n ? a.n : b.n);
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* How a list is sorted. */
struct sorting {
	bool bytes, language;
};

static struct sorting sorting_of(const struct sb_span *items, size_t count)
{
	struct sorting out = {true, true};

	for (size_t i = 1; i < count; i++) {
		out.bytes &= sb_span_compare(items[i - 1], items[i]) <= 0;
		out.language &= without_case(items[i - 1], items[i]) <= 0;
	}
	return out;
}

static struct sb_span *split(struct sb_explaining *in, struct sb_span text, uint8_t ends, size_t *count)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == ends;
	struct sb_span *out = lines <= MOST_LINES ? sb_arena_array(in->arena, lines + 1, sizeof *out) : NULL;
	for (*count = 0; out && text.n;) {
		const uint8_t *end = memchr(text.p, ends, text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		out[(*count)++] = sb_span_of(text.p, n);
		text = end ? sb_span_of(end + 1, text.n - n - 1) : (struct sb_span){0};
	}
	return out;
}

static bool same_multiset(struct sb_span *a, struct sb_span *b, size_t count)
{
	qsort(a, count, sizeof *a, by_bytes);
	qsort(b, count, sizeof *b, by_bytes);
	for (size_t i = 0; i < count; i++)
		if (!sb_span_equal(a[i], b[i]))
			return false;
	return true;
}

static struct sb_guess judge_lines(struct sb_explaining *in, struct sorting shipped, struct sorting rebuilt)
{
	if ((shipped.bytes && !shipped.language && rebuilt.language) || (rebuilt.bytes && !rebuilt.language && shipped.language))
		return (struct sb_guess){SB_CAUSE_LOCALE, "the same lines, sorted by the rules of another language"};
	if (shipped.bytes != rebuilt.bytes)
		return (struct sb_guess){SB_CAUSE_READDIR, "the same lines, sorted on one side only"};
	if (in->facts && in->facts->jobs > 1)
		return (struct sb_guess){SB_CAUSE_PARALLELISM, "the same lines in another order, and several jobs ran at a time"};
	return (struct sb_guess){SB_CAUSE_ORDER, "the same lines in another order"};
}

static struct sb_guess compare_lines(struct sb_explaining *in, const struct sb_pair *pair)
{
	struct sb_guess none = {SB_CAUSE_UNEXPLAINED, NULL};
	size_t count[SB_SIDES];
	struct sb_span *lines[SB_SIDES];

	if (pair->bytes[SB_SHIPPED].n != pair->bytes[SB_REBUILT].n || pair->bytes[SB_SHIPPED].n > LARGEST)
		return none;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!(lines[side] = split(in, pair->bytes[side], '\n', &count[side])))
			return none;
	if (count[SB_SHIPPED] != count[SB_REBUILT] || count[SB_SHIPPED] < 2)
		return none;
	struct sorting shipped = sorting_of(lines[SB_SHIPPED], count[0]), rebuilt = sorting_of(lines[SB_REBUILT], count[0]);
	return same_multiset(lines[SB_SHIPPED], lines[SB_REBUILT], count[0]) ? judge_lines(in, shipped, rebuilt) : none;
}

struct sb_guess sb_guess_lines(struct sb_explaining *in, const struct sb_pair *pair)
{
	if (in->lines.pair != pair) {
		struct sb_guess guess = compare_lines(in, pair);
		in->lines.pair = pair;
		in->lines.cause = guess.cause;
		in->lines.why = guess.why;
	}
	return (struct sb_guess){in->lines.cause, in->lines.why};
}

struct sb_guess sb_guess_strings(struct sb_explaining *in, struct sb_span shipped, struct sb_span rebuilt)
{
	size_t a = 0, b = 0;
	struct sb_span *x = shipped.n == rebuilt.n && shipped.n <= LARGEST ? split(in, shipped, '\0', &a) : NULL, *y = x ? split(in, rebuilt, '\0', &b) : NULL;

	return y && a == b && a > 1 && same_multiset(x, y, a) ? (struct sb_guess){SB_CAUSE_ORDER, "the same names in another order"}
	                                                      : (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

static struct sorting sorting_of_members(const struct sb_view *view)
{
	struct sorting out = {true, true};

	for (size_t i = 1; i < view->members.count; i++) {
		struct sb_span a = sb_view_member(view, i - 1)->name, b = sb_view_member(view, i)->name;
		out.bytes &= sb_span_compare(a, b) <= 0;
		out.language &= without_case(a, b) <= 0;
	}
	return out;
}

/* Each folder comes before what is in it: how tar and find walk a tree. */
static bool is_walk(const struct sb_view *view)
{
	struct sb_span folder = {0};
	size_t inside = 0;

	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		inside += folder.n && member->name.n > folder.n && sb_span_starts(member->name, folder.p, folder.n);
		if (member->type == SB_MEMBER_DIR && !sb_span_starts(sb_span_text("./"), member->name.p, member->name.n))
			folder = member->name;
	}
	return inside >= 2;
}

enum sb_cause sb_guess_member_order(const struct sb_pair *pair)
{
	struct sorting shipped = sorting_of_members(pair->view[SB_SHIPPED]), rebuilt = sorting_of_members(pair->view[SB_REBUILT]);

	if ((shipped.bytes && !shipped.language && rebuilt.language) || (rebuilt.bytes && !rebuilt.language && shipped.language))
		return SB_CAUSE_LOCALE;
	if (shipped.bytes != rebuilt.bytes && is_walk(pair->view[SB_SHIPPED]) && is_walk(pair->view[SB_REBUILT]))
		return SB_CAUSE_READDIR;
	return SB_CAUSE_ORDER;
}
