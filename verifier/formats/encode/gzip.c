/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nine levels of GNU gzip and of Info-ZIP, which has no eye for what lies behind the content: greedy ones, which take the match that they find, and
 * lazy ones, which look at the next byte first.
 */
#include "verifier/formats/encode/gzip.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEVELS = 9, TOO_FAR = 4096 };

/* Source: gzip(1) names the levels; the figures are those that zlib has for them too. */
static const struct sb_effort efforts[LEVELS] = {
	{4, 4, 8, 4, false, false}, {4, 5, 16, 8, false, false}, {4, 6, 32, 32, false, true},
	{4, 4, 16, 16, true, true}, {8, 16, 32, 32, true, true}, {8, 16, 128, 128, true, true},
	{8, 32, 128, 256, true, true}, {32, 128, 258, 1024, true, true}, {32, 258, 258, 4096, true, true},
};

struct gzip {
	struct sb_search search;
	struct sb_block block;
	struct sb_bits bits;
	unsigned length; /* of the match at the place before */
	bool waits;      /* the byte before is not told yet: its match may be shorter than the next one */
};

static int open_at(struct sb_encoding_again *again, unsigned setting, bool past, struct sb_err *err)
{
	struct gzip *gzip = calloc(1, sizeof *gzip);

	if (!gzip)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	gzip->search.effort = &efforts[setting];
	gzip->search.past = past;
	gzip->bits.again = again;
	gzip->length = SB_MATCH_LEAST - 1;
	sb_block_begin(&gzip->block);
	again->own = gzip;
	return 0;
}

static int open_gzip(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	return open_at(again, setting, true, err);
}

static int open_info_zip(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	return open_at(again, setting, false, err);
}

static void end_block(struct gzip *gzip, bool last)
{
	struct sb_search *search = &gzip->search;
	struct sb_span stored = {0};

	if (search->block >= 0)
		stored = sb_span_of(search->bytes + search->block, search->at - (size_t)search->block);
	sb_block_write(&gzip->block, stored, last, &gzip->bits);
	sb_block_begin(&gzip->block);
	search->block = search->at;
}

/* True when the block is to end. */
static bool add(struct gzip *gzip, struct sb_symbol symbol)
{
	const struct sb_search *search = &gzip->search;

	sb_block_add(&gzip->block, symbol);
	return (search->effort->parts && sb_block_is_poor(&gzip->block, (uint64_t)(search->at - search->block))) || gzip->block.count == SB_SYMBOLS_MOST;
}

static bool add_literal(struct gzip *gzip, unsigned place)
{
	return add(gzip, (struct sb_symbol){.value = gzip->search.bytes[place]});
}

static bool add_match(struct gzip *gzip, unsigned distance, unsigned length)
{
	return add(gzip, (struct sb_symbol){.distance = (uint16_t)distance, .value = (uint8_t)(length - SB_MATCH_LEAST)});
}

static void advance(struct sb_search *search, unsigned n)
{
	search->at += n;
	search->ahead -= n;
}

static void remember_next(struct sb_search *search, unsigned n)
{
	while (n-- > 0) {
		advance(search, 1);
		sb_search_remember(search);
	}
}

static unsigned find(struct gzip *gzip, unsigned candidate, unsigned least)
{
	unsigned found = sb_search_longest(&gzip->search, candidate, least);
	return found < gzip->search.ahead ? found : gzip->search.ahead;
}

static void step_greedy(struct gzip *gzip)
{
	struct sb_search *search = &gzip->search;
	unsigned candidate = sb_search_remember(search), length = 0;
	bool full;

	if (sb_search_reaches(search, candidate))
		length = find(gzip, candidate, SB_MATCH_LEAST - 1);
	if (length < SB_MATCH_LEAST) {
		full = add_literal(gzip, search->at);
		advance(search, 1);
	} else {
		full = add_match(gzip, search->at - search->found, length);
		unsigned known = length <= search->effort->lazy ? length - 1 : 0;
		remember_next(search, known);
		advance(search, length - known);
	}
	if (full)
		end_block(gzip, false);
}

static void step_lazy(struct gzip *gzip)
{
	struct sb_search *search = &gzip->search;
	unsigned candidate = sb_search_remember(search), before = gzip->length, found = search->found;
	bool full = false;

	gzip->length = SB_MATCH_LEAST - 1;
	if (before < search->effort->lazy && sb_search_reaches(search, candidate)) {
		gzip->length = find(gzip, candidate, before);
		if (gzip->length == SB_MATCH_LEAST && search->at - search->found > TOO_FAR)
			gzip->length--;
	}
	if (before >= SB_MATCH_LEAST && gzip->length <= before) {
		full = add_match(gzip, search->at - 1 - found, before);
		remember_next(search, before - 2);
		gzip->waits = false;
		gzip->length = SB_MATCH_LEAST - 1;
	} else if (gzip->waits) {
		full = add_literal(gzip, search->at - 1);
	} else {
		gzip->waits = true;
	}
	if (full && gzip->waits) /* the byte at the place is not told yet */
		end_block(gzip, false);
	advance(search, 1);
	if (full && !gzip->waits)
		end_block(gzip, false);
}

static bool finish(struct gzip *gzip)
{
	if (gzip->waits)
		(void)add_literal(gzip, gzip->search.at - 1);
	end_block(gzip, true);
	sb_bits_align(&gzip->bits);
	return sb_bits_flush(&gzip->bits);
}

static bool put(struct sb_encoding_again *again, struct sb_span content, bool last)
{
	struct gzip *gzip = again->own;
	struct sb_search *search = &gzip->search;

	while (!gzip->bits.parted && sb_search_fill(search, &content, last)) {
		if (search->ahead == 0)
			return finish(gzip);
		if (search->effort->is_lazy)
			step_lazy(gzip);
		else
			step_greedy(gzip);
	}
	return !gzip->bits.parted;
}

static void close_gzip(struct sb_encoding_again *again)
{
	free(again->own);
}

static void describe_gzip(unsigned setting, char *out, size_t room)
{
	snprintf(out, room, "GNU gzip, level %u", 1 + setting);
}

static void describe_info_zip(unsigned setting, char *out, size_t room)
{
	snprintf(out, room, "Info-ZIP, level %u", 1 + setting);
}

const struct sb_encoder sb_encoder_gzip = {SB_CODEC_DEFLATE, LEVELS, open_gzip, put, close_gzip, describe_gzip};
const struct sb_encoder sb_encoder_info_zip = {SB_CODEC_DEFLATE, LEVELS, open_info_zip, put, close_gzip, describe_info_zip};
