/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_READING_H
#define BASE_READING_H

#include "base/span.h"

enum { SB_READING_WINDOWS = 16 };

/**
 * Bytes that are mapped from files stay resident once they were read. Whoever reads much of them says how much, before or behind it; each time
 * that all readers together have read @most, @give_back lets the pages go, which come again when they are wanted. So what is resident is
 * bounded by what was read, whatever the schedule is. A few bytes here and there make as much resident as the kernel maps around them, and count
 * as that. Calls may come from any thread, and of NULL they count nothing.
 */
struct sb_reading {
	uint64_t read, most; /* read: atomic */
	void (*give_back)(void *ctx);
	void *ctx;
	uintptr_t windows[SB_READING_WINDOWS]; /* read last, by their numbers; atomic */
};

void sb_reading_more(struct sb_reading *reading, size_t n);
/** A few bytes at @p are read. */
void sb_reading_at(struct sb_reading *reading, const uint8_t *p);
/** The next piece of @rest, which shrinks; it counts as read. False when nothing is left. For whoever reads from one end to the other. */
bool sb_reading_next(struct sb_reading *reading, struct sb_span *rest, struct sb_span *piece);
/** sb_span_equal and sb_span_common_prefix of bytes of any number, piece by piece. */
bool sb_reading_equal(struct sb_reading *reading, struct sb_span a, struct sb_span b);
/** sb_span_all_zero of bytes of any number. */
bool sb_reading_all_zero(struct sb_reading *reading, struct sb_span bytes);
size_t sb_reading_common_prefix(struct sb_reading *reading, struct sb_span a, struct sb_span b);
/** How many bytes at the ends are the same. */
size_t sb_reading_common_suffix(struct sb_reading *reading, struct sb_span a, struct sb_span b);
/** Offset of the first place of @needle, which is not empty, in @in; SIZE_MAX: none. */
size_t sb_reading_find(struct sb_reading *reading, struct sb_span in, struct sb_span needle);

#endif
