/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the workers of one side of one artifact. */
#ifndef VERIFIER_PARSING_SIDE_H
#define VERIFIER_PARSING_SIDE_H

#include "verifier/parsing/feed.h"

struct sb_parser_side {
	struct sb_parsers *parsers; /* NULL: no workers, everything in this process */
	pthread_mutex_t lock;
	struct sb_worker *idle;
	uint64_t next_id;           /* of sources and views */
	uint64_t failures;
	struct sb_parser_ceilings ceilings;
};

uint64_t sb_side_id(struct sb_parser_side *side);

/**
 * A worker that has @source, best one that has @view open too.
 * Errors: IO, TEMPORARY "parser-start"; LIMIT PARSER_FAILURES; NOMEM; INTERNAL "parser-failed" when it died on the way.
 */
SB_MUST_USE int sb_side_borrow(struct sb_parser_side *side, struct sb_source *source, uint64_t view, struct sb_worker **out, struct sb_err *err);
/**
 * Give it back after an answer. One whose answer failed is ended, and what is known of its end goes to @err.
 * Returns the answer's code.
 */
SB_MUST_USE int sb_side_return(struct sb_parser_side *side, struct sb_worker *worker, struct sb_feed *feed, struct sb_err *err);

#endif
