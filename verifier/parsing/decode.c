/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding by a worker: it fills the window, the core collects what stands there and judges the limits. */
#include "verifier/parsing/side.h"

#include <string.h>

enum { MOST_ITEMS = SB_WIRE_PAYLOAD / sizeof(struct sb_wire_item) };

static bool ask(struct sb_worker *worker, const struct sb_decoding *items, size_t count)
{
	struct sb_wire_request request = {.ask = SB_ASK_DECODE, .count = count};

	for (size_t i = 0; i < count; i++) {
		const struct sb_member *member = items[i].member;
		const struct sb_wire_item item = {(uint64_t)member->codec, member->offset, member->length, member->size};
		memcpy(request.payload + i * sizeof item, &item, sizeof item);
	}
	return sb_feed_ask(worker, &request, count * sizeof(struct sb_wire_item), -1);
}

/* One member. A limit of ours ends the worker, which would go on. */
static void read_one(struct sb_feed *feed, struct sb_decoding *item, struct sb_unpack_budget *budget)
{
	struct sb_sink sink;
	size_t n;

	item->rc = sb_sink_open(&sink, item->member->length, item->member->size, budget, &item->why);
	while (!item->rc && (n = (size_t)sb_feed_uint(feed, 4)) != 0) {
		item->rc = sb_sink_put(&sink, sb_feed_chunk(feed, n), &item->why);
		feed->worker->decoded += n;
	}
	if (item->rc && !feed->rc) {
		feed->rc = item->rc;
		feed->err = item->why;
	}
	if (!item->rc)
		item->rc = sb_feed_outcome(feed, &item->why);
	item->consumed = sb_feed_uint(feed, 8);
	if (!item->rc && !feed->rc)
		item->rc = sb_sink_finish(&sink, &item->blob, &item->why);
	sb_sink_release(&sink);
}

/* As many as one worker manages; *done counts also the one on which it failed. */
static int decode_some(struct sb_parser_side *side, struct sb_source *source, struct sb_decoding *items, size_t count,
                       struct sb_unpack_budget *budget, size_t *done, struct sb_err *err)
{
	struct sb_worker *worker;

	*done = 1;
	int rc = sb_side_borrow(side, source, 0, &worker, err);
	if (rc)
		return rc;
	struct sb_feed feed = {.worker = worker};
	if (!ask(worker, items, count))
		feed.rc = sb_fail(&feed.err, SB_INTERNAL, "parser-failed", "the parser died");
	for (*done = 0; *done < count && !feed.rc; ++*done)
		read_one(&feed, &items[*done], budget);
	*done += *done == 0;
	return sb_side_return(side, worker, &feed, err);
}

static bool is_over(int rc)
{
	return rc == SB_NOMEM || rc == SB_INTERRUPTED;
}

static int decode_here(const struct sb_source *source, struct sb_decoding *items, size_t count, struct sb_unpack_budget *budget, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		items[i].rc = sb_formats_decode(source->bytes, items[i].member, budget, &items[i].blob, &items[i].consumed, &items[i].why);
		if (items[i].rc == SB_NOMEM)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	return 0;
}

int sb_parsing_decode(struct sb_parser_side *side, struct sb_source *source, struct sb_decoding *items, size_t count,
                      struct sb_unpack_budget *budget, struct sb_err *err)
{
	if (!side->parsers)
		return decode_here(source, items, count, budget, err);
	for (size_t at = 0, done; at < count; at += done) {
		size_t now = count - at < MOST_ITEMS ? count - at : MOST_ITEMS;
		struct sb_err why = {0};
		int rc = decode_some(side, source, items + at, now, budget, &done, &why);
		if (is_over(rc)) {
			if (err)
				*err = why;
			return rc;
		}
		if (rc) { /* the last of those that are done is the one that failed */
			struct sb_decoding *failed = &items[at + done - 1];
			sb_blob_release(&failed->blob);
			failed->rc = rc;
			failed->why = why;
		}
	}
	return 0;
}
