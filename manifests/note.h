/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes with Ed25519: C2SP signed-note and, for timed cosignatures of checkpoints, tlog-cosignature. */
#ifndef MANIFESTS_NOTE_H
#define MANIFESTS_NOTE_H

#include "hashing/hashing.h"

/** What a signature covers: the text itself, or the text behind a line of domain and one of time. Zero is neither. */
enum sb_note_type { SB_NOTE_NONE = 0, SB_NOTE_PLAIN = 1, SB_NOTE_COSIGNATURE = 4 };

/** A key that notes are checked with. */
struct sb_note_key {
	const char *name;
	uint32_t id;
	enum sb_note_type type;
	uint8_t key[SB_PUBLIC_BYTES];
};

/** Name and key as one; the id follows from them. @name is borrowed. Errors: USAGE "note-name" (empty, blanks, '+', control characters, not UTF-8). */
SB_MUST_USE int sb_note_key_make(const char *name, enum sb_note_type type, const uint8_t key[SB_PUBLIC_BYTES], struct sb_note_key *out, struct sb_err *err);
/** "NAME+ID+BASE64", a vkey. Strings live in @arena. Errors: USAGE "vkey-malformed" (also for other types); EVIDENCE "key-unsound"; NOMEM. */
SB_MUST_USE int sb_note_key_read(struct sb_span vkey, struct sb_arena *arena, struct sb_note_key *out, struct sb_err *err);
/** The same, written; no newline. */
void sb_note_key_write(const struct sb_note_key *key, struct sb_buf *out);

/** A line of signature, of anybody: nothing in it is trusted. */
struct sb_note_line {
	const char *name;
	uint32_t id;
	struct sb_span bytes; /* behind the id */
};

struct sb_note {
	struct sb_span text; /* with its last newline; borrowed */
	const struct sb_note_line *lines;
	size_t count;
};
/**
 * Cut a note into text and lines. Strings live in @arena. Errors: EVIDENCE "note-malformed" (not UTF-8, control characters, no signature, more than
 * SB_LIMIT_NOTE_LINES, a line that is none); LIMIT; NOMEM.
 */
SB_MUST_USE int sb_note_read(struct sb_span bytes, struct sb_arena *arena, struct sb_note *out, struct sb_err *err);
/** Lines of signatures alone, at least one. Errors: as for a note. */
SB_MUST_USE int sb_note_read_lines(struct sb_span bytes, struct sb_arena *arena, struct sb_note *out, struct sb_err *err);

/** One line, written again as it was read. */
void sb_note_line_write(const struct sb_note_line *line, struct sb_buf *out);

/** What a note has of one key. A bad signature of a key that is known refuses the note, whatever else is on it. */
enum sb_note_said { SB_NOTE_UNSIGNED = 0, SB_NOTE_BAD, SB_NOTE_GOOD };
/** @when (may be NULL): of a cosignature, the earliest time that is signed, in seconds since 1970; else 0. */
enum sb_note_said sb_note_signed_by(const struct sb_note *note, const struct sb_note_key *key, int64_t *when);
/** The first and the last time at which a key has signed a note: a witness may sign one head again. */
struct sb_note_times {
	int64_t first, last;
};
/** The same of cosignatures made at @until or before; UNSIGNED when there are only later ones. @times is written when they are GOOD. */
enum sb_note_said sb_note_cosigned_by(const struct sb_note *note, const struct sb_note_key *key, int64_t until, struct sb_note_times *times);
/** Would one of the two look at @line? */
bool sb_note_line_is_of(const struct sb_note_line *line, const struct sb_note_key *key);

/**
 * Append the line of a signature over @text by @secret, whose name and type are @key's. Text that would be taken for something else when it is signed
 * as it is (DSSEv1, SSHSIG, cosignature/) is refused, and so is one that is no note. @when: of a cosignature.
 * Errors: USAGE "note-reserved", "note-text"; INTERNAL when @secret is another key; NOMEM.
 */
SB_MUST_USE int sb_note_sign(struct sb_span text, const struct sb_note_key *key, const struct sb_secret *secret, int64_t when, struct sb_buf *out,
                             struct sb_err *err);

#endif
