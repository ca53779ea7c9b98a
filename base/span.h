/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/err.h"

#include <stdbool.h>

/** Borrowed bytes. A zeroed span is empty and valid. */
struct sb_span {
	const uint8_t *p;
	size_t n;
};

static inline struct sb_span sb_span_of(const void *p, size_t n)
{
	return (struct sb_span){.p = p, .n = n};
}

/** Span over a NUL-terminated string, without the NUL. */
struct sb_span sb_span_text(const char *text);

/** True when both hold the same bytes. */
bool sb_span_equal(struct sb_span a, struct sb_span b);

/** Order by bytes, shorter first among equal prefixes: <0, 0, >0. */
int sb_span_compare(struct sb_span a, struct sb_span b);

/** The part [off, off+len) of @in. Writes *out and returns true only when it lies wholly inside. */
SB_MUST_USE bool sb_span_cut(struct sb_span in, uint64_t off, uint64_t len, struct sb_span *out);

bool sb_span_starts(struct sb_span in, const void *prefix, size_t n);
bool sb_span_all_zero(struct sb_span in);

/** The next line of @rest, which shrinks, without its end; the last one may have none. Empty when nothing is left. */
struct sb_span sb_span_take_line(struct sb_span *rest);
/** The same where every line must have an end: false, and nothing taken, when the next one has none. */
SB_MUST_USE bool sb_span_take_ended_line(struct sb_span *rest, struct sb_span *line);

/** Offset of the first difference, or the shorter length when one is a prefix of the other. */
size_t sb_span_common_prefix(struct sb_span a, struct sb_span b);

struct sb_reading;

/**
 * Bounded cursor over foreign bytes. After the first read that does not fit, `bad` stays set
 * and every later read gives zero: check once per record, not once per field.
 */
struct sb_rd {
	struct sb_span in;
	size_t at;
	bool be;  /* integers are big endian */
	bool bad;
	struct sb_reading *reading; /* that what it passes is counted in; NULL: in none */
};

static inline struct sb_rd sb_rd_of(struct sb_span in, bool big_endian)
{
	return (struct sb_rd){.in = in, .be = big_endian};
}

/** Unsigned integer of @width bytes (1 to 8). */
uint64_t sb_rd_uint(struct sb_rd *rd, unsigned width);
/** The next @n bytes; an empty span when they are not there. */
struct sb_span sb_rd_bytes(struct sb_rd *rd, size_t n);
/** Bytes up to and without the next NUL, which is consumed; bad when there is none. */
struct sb_span sb_rd_cstring(struct sb_rd *rd);
void sb_rd_seek(struct sb_rd *rd, uint64_t at);

/* Checked arithmetic: true and *out written when the result fits. */
SB_MUST_USE static inline bool sb_add(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

SB_MUST_USE static inline bool sb_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

#endif
