/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a log at one size: C2SP tlog-checkpoint. */
#ifndef MANIFESTS_CHECKPOINT_H
#define MANIFESTS_CHECKPOINT_H

#include "manifests/note.h"

/** Of a note's text; nothing is said of signatures. */
struct sb_checkpoint {
	const char *origin;
	uint64_t size; /* entries, at most INT64_MAX */
	uint8_t root[SB_MERKLE_BYTES];
};

/** Read the text of a note. The origin lives in @arena. Errors: EVIDENCE "checkpoint-malformed" (also for an empty tree with another root); NOMEM. */
SB_MUST_USE int sb_checkpoint_read(struct sb_span text, struct sb_arena *arena, struct sb_checkpoint *out, struct sb_err *err);
/** The text, without extension lines. */
void sb_checkpoint_write(const struct sb_checkpoint *checkpoint, struct sb_buf *out);

/** A checkpoint that the key of its log has signed. */
struct sb_signed_checkpoint {
	struct sb_checkpoint head;
	struct sb_note note;
	struct sb_span bytes; /* the whole note; borrowed */
};
/**
 * Read a note and check that @log signed it for the origin of that name. Errors: those of the readers; EVIDENCE "checkpoint-unsigned" (no signature of
 * the key, a bad one, or another origin); NOMEM.
 */
SB_MUST_USE int sb_checkpoint_open(struct sb_span bytes, const struct sb_note_key *log, struct sb_arena *arena, struct sb_signed_checkpoint *out,
                                   struct sb_err *err);

#endif
