/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: reading what a worker answers. Foreign input: the first thing that makes no sense ends the worker. */
#ifndef VERIFIER_PARSING_FEED_H
#define VERIFIER_PARSING_FEED_H

#include "verifier/parsing/pool.h"
#include "verifier/parsing/wire.h"

/** One answer. After the first failure every read gives zero, and `rc` stays. */
struct sb_feed {
	struct sb_worker *worker;
	struct sb_span piece;  /* in the window, which the worker can still change: copy first, then look */
	bool begun, last;
	uint64_t records;      /* bytes of records that were kept */
	const char *names[64]; /* kept lately, by hash: neighbours are often called alike */
	int rc;                /* INTERNAL "parser-failed", LIMIT, INTERRUPTED, NOMEM */
	struct sb_err err;
};

/** Send a request, of which @n bytes of payload count; @fd: descriptor to pass, or -1. False when the worker is gone. */
SB_MUST_USE bool sb_feed_ask(struct sb_worker *worker, struct sb_wire_request *request, size_t n, int fd);

uint64_t sb_feed_uint(struct sb_feed *feed, unsigned width);
/** A byte that is 0 or 1; any other is a failure. */
bool sb_feed_flag(struct sb_feed *feed);
/** Bytes that stand in one piece, borrowed until the next read; an empty span after a failure. */
struct sb_span sb_feed_chunk(struct sb_feed *feed, size_t n);
/** A code and, when it is one, the failure. A worker out of memory is LIMIT PARSER_MEMORY. */
int sb_feed_outcome(struct sb_feed *feed, struct sb_err *why);
/** Records of a view into its vectors, names into its arena. */
void sb_feed_view(struct sb_feed *feed, struct sb_view *view);
/** Fields into an array in @scratch, their names into @arena. */
void sb_feed_fields(struct sb_feed *feed, struct sb_arena *arena, struct sb_arena *scratch, struct sb_field **out, size_t *count);
/** Text in @arena; NULL after a failure. */
char *sb_feed_text(struct sb_feed *feed, struct sb_arena *arena, size_t *n);
/** Text that a person may see: escaped already, or escaped now; NULL after a failure. */
char *sb_feed_shown(struct sb_feed *feed, struct sb_arena *arena);
/** The id of a failure or remark, which lives for ever; NULL when it is none that formats have. */
const char *sb_feed_id(struct sb_feed *feed);
/** Count @bytes of records that will be kept; false when it is too much. */
bool sb_feed_keep(struct sb_feed *feed, uint64_t bytes);
void sb_feed_no_memory(struct sb_feed *feed);
/** The answer must end here. */
void sb_feed_finish(struct sb_feed *feed);
/** It makes no sense. */
void sb_feed_bad(struct sb_feed *feed);

#endif
