/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding by a worker: it fills the window, the core collects what stands there and judges the limits. A worker is asked for blocks, as many as
 * one question holds; the core puts together what a member has of them, and what needs no decoder never leaves it.
 */
#include "verifier/parsing/side.h"

#include <string.h>

enum { MOST_BLOCKS = SB_WIRE_PAYLOAD / sizeof(struct sb_wire_item) };

/** Members being decoded, and how far that is. */
struct decoding {
	struct sb_source *source;
	struct sb_decoding *items;
	size_t count;
	struct sb_unpack_budget *budget;
	size_t item;    /* the one that is being decoded */
	uint32_t slice; /* its next one */
	struct sb_sink sink;
	bool begun;     /* the sink is open */
};

/* A member that lies in one place is one slice, of a length that its decoder finds. */
static struct sb_slice slice_of(const struct sb_member *member, uint32_t i)
{
	if (member->codec == SB_CODEC_SLICES)
		return member->slices[i];
	return (struct sb_slice){member->codec, member->offset, member->length, UINT64_MAX, 0, UINT64_MAX};
}

static uint32_t slices_of(const struct sb_member *member)
{
	return member->codec == SB_CODEC_SLICES ? member->slice_count : 1;
}

/* The next blocks that want a decoder, from where decoding stands. */
static size_t list_blocks(const struct decoding *all, struct sb_wire_request *request)
{
	size_t n = 0, item = all->item;
	uint32_t from = all->slice;

	for (; item < all->count && n < MOST_BLOCKS; item++, from = 0) {
		const struct sb_member *member = all->items[item].member;
		for (uint32_t i = from; i < slices_of(member) && n < MOST_BLOCKS; i++) {
			const struct sb_slice slice = slice_of(member, i);
			uint64_t size = member->codec == SB_CODEC_SLICES ? slice.whole : member->size;
			const struct sb_wire_item block = {(uint64_t)slice.codec, slice.offset, slice.length, size};
			if (sb_slice_is_plain(&slice))
				continue;
			memcpy(request->payload + n++ * sizeof block, &block, sizeof block);
		}
	}
	return n;
}

/* A limit of ours ends the worker, which would go on. What came of a block that is no good is read all the same: others follow it. */
static void read_block(struct sb_feed *feed, struct sb_decoding *item, const struct sb_slice *slice, struct sb_sink *sink)
{
	struct sb_slice_cut cut = {.slice = slice};
	struct sb_err why = {0};
	size_t n;

	while ((n = (size_t)sb_feed_uint(feed, 4)) != 0) {
		struct sb_span bytes = sb_feed_chunk(feed, n);
		if (!item->rc)
			item->rc = sb_slice_put(&cut, bytes, sink, &item->why);
		feed->worker->decoded += n;
		if (item->rc && item->rc != SB_FORMAT && !feed->rc) {
			feed->rc = item->rc;
			feed->err = item->why;
		}
	}
	int rc = sb_feed_outcome(feed, &why);
	uint64_t consumed = sb_feed_uint(feed, 8);
	bool sliced = item->member->codec == SB_CODEC_SLICES;
	if (!rc && !feed->rc && sliced && consumed != slice->length)
		rc = sb_fail(&why, SB_FORMAT, "decode-failed", "bytes follow the encoded ones of a block");
	if (!rc && !feed->rc && sliced)
		rc = sb_slice_end(&cut, &why);
	if (rc && !item->rc) {
		item->rc = rc;
		item->why = why;
	}
	item->consumed = sliced ? item->member->length : consumed;
}

static void begin_item(struct decoding *all)
{
	struct sb_decoding *item = &all->items[all->item];

	item->rc = sb_sink_open(&all->sink, sb_member_packed(item->member), item->member->size, all->budget, &item->why);
	all->slice = 0;
	all->begun = true;
}

/* The item is done with; what is in the sink is its content when nothing failed. */
static void end_item(struct decoding *all)
{
	struct sb_decoding *item = &all->items[all->item++];

	if (!item->rc)
		item->rc = sb_sink_finish(&all->sink, &item->blob, &item->why);
	sb_sink_release(&all->sink);
	all->begun = false;
	all->slice = 0;
}

/* As far as @blocks answers reach. False when a worker must be asked again, or failed. */
static bool advance(struct decoding *all, struct sb_feed *feed, size_t *blocks)
{
	struct sb_decoding *item = &all->items[all->item];

	if (!all->begun)
		begin_item(all);
	for (; all->slice < slices_of(item->member); all->slice++) {
		const struct sb_slice slice = slice_of(item->member, all->slice);
		if (!sb_slice_is_plain(&slice)) {
			if (*blocks == 0)
				return false;
			--*blocks;
			read_block(feed, item, &slice, &all->sink);
			if (feed->rc)
				return false;
		} else if (!item->rc) {
			item->rc = sb_slice_copy(all->source->bytes, &slice, &all->sink, &item->why);
		}
	}
	if (item->member->codec == SB_CODEC_SLICES)
		item->consumed = item->member->length;
	end_item(all);
	return true;
}

/* One question. Errors are the worker's: the item that it failed at is where decoding stands. */
static int decode_some(struct sb_parser_side *side, struct decoding *all, struct sb_wire_request *request, size_t blocks, struct sb_err *err)
{
	struct sb_worker *worker;
	int rc = sb_side_borrow(side, all->source, 0, &worker, err);

	if (rc)
		return rc;
	struct sb_feed feed = {.worker = worker};
	request->ask = SB_ASK_DECODE;
	request->count = blocks;
	if (!sb_feed_ask(worker, request, blocks * sizeof(struct sb_wire_item), -1))
		feed.rc = sb_fail(&feed.err, SB_INTERNAL, "parser-failed", "the parser died");
	while (!feed.rc && blocks && all->item < all->count && advance(all, &feed, &blocks))
		;
	return sb_side_return(side, worker, &feed, err);
}

static bool is_over(int rc)
{
	return rc == SB_NOMEM || rc == SB_INTERRUPTED;
}

/* The item where decoding stands is given up; when an answer failed behind its last block, the one that was the last. */
static void give_up(struct decoding *all, bool behind, int rc, const struct sb_err *why)
{
	struct sb_decoding *failed = &all->items[behind ? all->item - 1 : all->item];

	if (!behind && !all->begun)
		begin_item(all);
	sb_blob_release(&failed->blob);
	failed->rc = rc;
	failed->why = *why;
	if (!behind)
		end_item(all);
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
	struct decoding all = {.source = source, .items = items, .count = count, .budget = budget, .sink.spool = -1};
	struct sb_wire_request request = {0};

	if (!side->parsers)
		return decode_here(source, items, count, budget, err);
	while (all.item < count) {
		size_t blocks = list_blocks(&all, &request), none = 0, before = all.item;
		struct sb_err why = {0};
		if (blocks == 0) { /* nothing but plain slices is left */
			advance(&all, NULL, &none);
			continue;
		}
		int rc = decode_some(side, &all, &request, blocks, &why);
		if (is_over(rc)) {
			sb_sink_release(&all.sink);
			if (err)
				*err = why;
			return rc;
		}
		if (rc)
			give_up(&all, !all.begun && all.item > before, rc, &why);
	}
	return 0;
}
