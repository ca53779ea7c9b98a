/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: contents that delivered files are, or hold, byte for byte, however they got there. */
#ifndef VERIFIER_TRACE_COPIES_H
#define VERIFIER_TRACE_COPIES_H

#include "verifier/trace/alike.h"
#include "verifier/trace/lineage.h"

/** What a content is of. */
enum sb_copied { SB_COPIED_INPUT = 0, SB_COPIED_USE, SB_COPIED_TEXT };

/** A content that may have been copied. */
struct sb_candidate {
	enum sb_copied kind;
	uint32_t index;       /* of the input, of the use, or what the caller says */
	uint64_t size;
	const uint8_t *sha256; /* NULL: that of the use, when it is wanted */
};

/** A candidate that a delivered file is, or holds. */
struct sb_copy {
	enum sb_copied kind;
	uint32_t index, output;
	bool placed; /* in the file that was delivered; else only in the one that was built */
	struct sb_lineage_place place;
};

/** Bytes that a content has at least, so that it is recognised. */
enum { SB_COPY_LEAST = 64 };
/** Not text: anybody can read what that says. */
bool sb_copy_is_binary(struct sb_span bytes);
/** A picture (PNG, GIF, JPEG) or a catalogue of gettext, by its first bytes: shown to people wherever it is delivered as it is, and run nowhere. */
bool sb_copy_is_shown(struct sb_span bytes);

/**
 * Every candidate in every delivered file: struct sb_copy into @copies, by kind, index, output and place. @candidates are put in order.
 * @alike  what the build made: a program of the toolchain that was linked again is no copy. Errors: NOMEM, INTERRUPTED.
 */
SB_MUST_USE int sb_copies_find(struct sb_analysis *a, const struct sb_alike *alike, struct sb_candidate *candidates, size_t count, struct sb_vec *copies,
                               struct sb_err *err);

/** The copies of one candidate from *at on, which goes behind them, as what one output is reached by; in the arena. Errors: NOMEM. */
SB_MUST_USE int sb_copies_take(struct sb_analysis *a, const struct sb_vec *copies, size_t *at, struct sb_lineage_reached *out, struct sb_err *err);

#endif
