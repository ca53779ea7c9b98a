/* SPDX-License-Identifier: Apache-2.0 */
/* What a file says, asked of a worker. An answer that does not come is an empty list or no text: nothing is folded then. */
#include "verifier/parsing/mirror.h"

static void read_sense(struct sb_feed *feed, struct sb_sense *out)
{
	out->word[0] = sb_feed_uint(feed, 8);
	out->word[1] = sb_feed_uint(feed, 8);
}

static void read_gist(struct sb_feed *feed, struct sb_view *view, void *slot)
{
	struct sb_gist *out = slot;

	(void)view;
	read_sense(feed, &out->sense);
	uint64_t severity = sb_feed_uint(feed, 1);
	out->severity = (enum sb_severity)severity;
	out->named = sb_feed_uint(feed, 1);
	if (severity >= SB_SEVERITIES)
		sb_feed_bad(feed);
}

static void read_clause(struct sb_feed *feed, struct sb_view *view, void *slot)
{
	enum { FREE = 1, DEBUG = 2, DERIVED = 4 };
	struct sb_clause *out = slot;

	out->offset = sb_feed_uint(feed, 8);
	out->length = sb_feed_uint(feed, 8);
	out->part = (uint16_t)sb_feed_uint(feed, 2);
	uint64_t bits = sb_feed_uint(feed, 1), severity = sb_feed_uint(feed, 1);
	out->free = bits & FREE;
	out->debug = bits & DEBUG;
	out->derived = bits & DERIVED;
	out->severity = (enum sb_severity)severity;
	out->word = sb_feed_uint(feed, 8);
	read_sense(feed, &out->sense);
	out->target = sb_feed_uint(feed, 8);
	if (severity >= SB_SEVERITIES || out->length == 0 || out->offset > view->file.n || out->length > view->file.n - out->offset)
		sb_feed_bad(feed);
}

static int gists(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	struct sb_wire_request request = sb_mirror_request(view, SB_ASK_GISTS, NULL);
	return sb_mirror_list(view, &request, out, read_gist, err);
}

/* They must tile the region, whatever the worker says. */
static int clauses(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_place place = {.region = region, .offset = region->offset, .length = region->length};
	struct sb_wire_request request = sb_mirror_request(view, SB_ASK_CLAUSES, &place);
	size_t before = out->count;
	int rc = sb_mirror_list(view, &request, out, read_clause, err);
	uint64_t at = region->offset;

	for (size_t i = before; i < out->count; i++) {
		const struct sb_clause *clause = sb_vec_at(out, i);
		if (clause->offset != at)
			break;
		at += clause->length;
	}
	if (at != region->offset + region->length)
		out->count = before;
	return rc;
}

static const char *show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_wire_request request = sb_mirror_request(view, SB_ASK_TELL, place);
	return sb_mirror_text(view, &request, arena);
}

const struct sb_meaning_format sb_mirror_meaning = {.gists = gists, .clauses = clauses, .show = show};
