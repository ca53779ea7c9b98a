/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: a worker's answers as bytes; the other end is feed.h. */
#ifndef VERIFIER_PARSING_STREAM_H
#define VERIFIER_PARSING_STREAM_H

#include "verifier/formats/formats.h"

/** Zeroed but for window and reading it is ready for use. When the core goes away the process ends. */
struct sb_stream {
	uint8_t *window;     /* two halves */
	unsigned half;       /* that is filled now */
	size_t used;         /* bytes in it */
	unsigned unread;     /* halves that the core has not read yet */
	struct sb_reading *reading; /* of the input, of which decoding reads about as much as it makes */
};

/** Little-endian integer of @width bytes. */
void sb_stream_uint(struct sb_stream *out, uint64_t value, unsigned width);
/** Length in 4 bytes, then the bytes. */
void sb_stream_bytes(struct sb_stream *out, struct sb_span bytes);
/** A code, and the failure when it is one. */
void sb_stream_outcome(struct sb_stream *out, int rc, const struct sb_err *err);
void sb_stream_view(struct sb_stream *out, const struct sb_view *view);
void sb_stream_fields(struct sb_stream *out, const struct sb_vec *fields);
/** Decoded bytes go straight into the window, as chunks: a length in 4 bytes that is not 0, then the bytes in one piece. */
struct sb_outlet sb_stream_outlet(struct sb_stream *out);
/** The answer ends here. */
void sb_stream_end(struct sb_stream *out);

#endif
