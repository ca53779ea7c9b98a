/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of digests: the same items on both sides, and what differs is right. */
#include "verifier/explain/listed.h"

#include <stdlib.h>
#include <string.h>

static const struct sb_listed_format *const formats[] = {&sb_listed_jar_manifest, &sb_listed_jar_signature, &sb_listed_wheel_record,
                                                         &sb_listed_pkginfo, &sb_listed_md5sums};

bool sb_listed_add(struct sb_listed_side *side, struct sb_listed_item item)
{
	struct sb_listed_item *slot = sb_vec_push(&side->items);
	if (slot)
		*slot = item;
	return slot != NULL;
}

bool sb_listed_content(struct sb_listed_side *side, struct sb_span name, struct sb_span *out)
{
	const struct sb_member *member = sb_member_named(side->in, side->archive, side->side, name);
	const struct sb_pair *child = sb_child_of(side->in, side->archive, side->side, member);

	if (!child || (!child->decoded && (member->codec != SB_CODEC_NONE || child->member[!side->side]->codec != SB_CODEC_NONE)))
		return false;
	*out = child->bytes[side->side];
	return true;
}

static int by_item(const void *a, const void *b)
{
	const struct sb_listed_item *const *x = a, *const *y = b;
	int order = sb_span_compare((*x)->name, (*y)->name);
	return order ? order : sb_span_compare((*x)->key, (*y)->key);
}

static bool same_item(const struct sb_listed_item *a, const struct sb_listed_item *b)
{
	return sb_span_equal(a->name, b->name) && sb_span_equal(a->key, b->key);
}

static const struct sb_listed_item **sorted(const struct sb_listed_side *side)
{
	size_t count = side->items.count;
	const struct sb_listed_item **all = calloc(count ? count : 1, sizeof *all);

	for (size_t i = 0; all && i < count; i++)
		all[i] = sb_vec_at(&side->items, i);
	if (all)
		qsort(all, count, sizeof *all, by_item);
	return all;
}

/* Values that differ are right; @masked gets those of the shipped side and of the rebuilt one, so that what is left can be compared. */
static bool values_hold(const struct sb_listed_format *format, struct sb_listed_side side[SB_SIDES], bool *masked[SB_SIDES])
{
	const struct sb_listed_item **a = sorted(&side[0]), **b = sorted(&side[1]);
	size_t count = side[0].items.count;
	bool fine = a && b && count == side[1].items.count;

	for (size_t i = 0; fine && i < count; i++) {
		fine = same_item(a[i], b[i]) && (i == 0 || !same_item(a[i - 1], a[i]));
		if (!fine || sb_span_equal(a[i]->value, b[i]->value))
			continue;
		fine = format->is_right(&side[0], a[i]) && format->is_right(&side[1], b[i]);
		masked[0][a[i] - (const struct sb_listed_item *)side[0].items.items] = true;
		masked[1][b[i] - (const struct sb_listed_item *)side[1].items.items] = true;
	}
	free(a);
	free(b);
	return fine;
}

/* The text of a side without the values that were recomputed; folds stay, and so does the length of a folded value. */
static void mask(const struct sb_listed_side *side, const bool *masked, struct sb_buf *out)
{
	struct sb_span text = side->text->bytes[side->side];
	size_t at = 0;

	for (size_t i = 0; i < side->items.count; i++) {
		const struct sb_listed_item *item = sb_vec_at(&side->items, i);
		if (!masked[i])
			continue;
		sb_buf_add(out, text.p + at, item->from - at);
		bool folded = memchr(text.p + item->from, '\n', item->to - item->from) != NULL;
		for (size_t k = item->from; folded && k < item->to; k++)
			sb_buf_add(out, text.p[k] == '\r' || text.p[k] == '\n' || text.p[k] == ' ' ? &text.p[k] : (const uint8_t *)"?", 1);
		if (!folded)
			sb_buf_add(out, "?", 1);
		at = item->to;
	}
	sb_buf_add(out, text.p + at, text.n - at);
}

static enum sb_level judge_layout(const struct sb_listed_side side[SB_SIDES], bool *const masked[SB_SIDES])
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};

	mask(&side[SB_SHIPPED], masked[SB_SHIPPED], &shipped);
	mask(&side[SB_REBUILT], masked[SB_REBUILT], &rebuilt);
	if (shipped.bad || rebuilt.bad)
		return SB_LEVEL_UNDETERMINED;
	return sb_span_equal(sb_buf_span(&shipped), sb_buf_span(&rebuilt)) ? SB_LEVEL_EXPLAINED : SB_LEVEL_REPACKAGED;
}

/* EXPLAINED: equal but for values that are right; REPACKAGED: in another order or other lines; else UNDETERMINED. */
static enum sb_level look_at(struct sb_explaining *in, const struct sb_pair *text, const struct sb_listed_format *format)
{
	struct sb_listed_side side[SB_SIDES];
	bool *masked[SB_SIDES] = {NULL, NULL};
	enum sb_level level = SB_LEVEL_UNDETERMINED;
	bool read = true;

	for (unsigned s = 0; s < SB_SIDES; s++) {
		side[s] = (struct sb_listed_side){.in = in, .text = text, .archive = text->parent, .side = s,
		                                  .items = {.size = sizeof(struct sb_listed_item), .ceiling = (size_t)SB_LIMIT_OF(ENTRIES)}};
		read = read && format->read(&side[s]);
		masked[s] = calloc(side[s].items.count + 1, sizeof **masked);
	}
	if (read && masked[0] && masked[1] && values_hold(format, side, masked))
		level = judge_layout(side, masked);
	if (level != SB_LEVEL_EXPLAINED && format->in_order)
		level = SB_LEVEL_UNDETERMINED;
	for (unsigned s = 0; s < SB_SIDES; s++) {
		sb_vec_release(&side[s].items);
		sb_vec_release(&side[s].sections);
		free(masked[s]);
	}
	return level;
}

static bool claim_listed(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_listed_format *format = NULL;

	if ((diff->kind != SB_DIFF_TEXT && diff->kind != SB_DIFF_BYTES) || !pair->parent || pair->parent->state != SB_PAIR_OPENED)
		return false;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (formats[i]->is_mine(pair))
			format = formats[i];
	if (!format)
		return false;
	if (in->listed.pair != pair) {
		in->listed.level = look_at(in, pair, format);
		in->listed.pair = pair;
	}
	if (in->listed.level == SB_LEVEL_UNDETERMINED)
		return false;
	claim->cap = in->listed.level == SB_LEVEL_EXPLAINED ? SB_LEVEL_UNSIGNED_IDENTICAL : in->listed.level;
	claim->freedom = in->listed.level == SB_LEVEL_EXPLAINED ? 0 : diff->bytes;
	claim->note = in->listed.level == SB_LEVEL_EXPLAINED
		? sb_explain_note(in, "the digests are right on both sides: they follow from files that differ")
		: sb_explain_note(in, "the same list in another order or in other lines; digests that differ are right on both sides");
	return true;
}

const struct sb_explainer sb_explain_listed = {"listed", SB_CAUSE_CHECKSUM, SB_RULE_DERIVED, 3, claim_listed};
