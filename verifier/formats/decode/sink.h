/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: where decoded bytes go, and the limits that they meet on the way. */
#ifndef VERIFIER_FORMATS_DECODE_SINK_H
#define VERIFIER_FORMATS_DECODE_SINK_H

#include "verifier/formats/formats.h"

/**
 * Collects decoded bytes: in memory while they are few, then in an unlinked spool. The decoder writes straight into the
 * room that the sink offers, so that nothing is copied twice.
 */
struct sb_sink {
	uint8_t *bytes; /* memory of a small result, later the piece that is filled next */
	size_t used, room;
	int spool;                       /* -1 while everything is in memory */
	uint64_t total, packed;          /* decoded so far, encoded size of the member */
	struct sb_unpack_budget *budget; /* may be NULL */
};

/** @expect  decoded size as declared, UINT64_MAX when unknown: only a hint for the first allocation. */
SB_MUST_USE int sb_sink_open(struct sb_sink *sink, uint64_t packed, uint64_t expect, struct sb_unpack_budget *budget,
			     struct sb_err *err);
/** Room for at least one byte at *p. Errors: NOMEM, IO. */
SB_MUST_USE int sb_sink_room(struct sb_sink *sink, uint8_t **p, size_t *n, struct sb_err *err);
/** @n bytes of the room were filled. Errors: LIMIT. */
SB_MUST_USE int sb_sink_took(struct sb_sink *sink, size_t n, struct sb_err *err);
/** Hand the collected bytes to @out; the sink is empty afterwards. */
SB_MUST_USE int sb_sink_finish(struct sb_sink *sink, struct sb_blob *out, struct sb_err *err);
void sb_sink_release(struct sb_sink *sink);

#endif
