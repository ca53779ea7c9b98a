/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: a log that is being written. */
#ifndef VERIFIER_LOG_GROWING_H
#define VERIFIER_LOG_GROWING_H

#include "verifier/log/inside.h"

#define SB_LOG_HEAD "checkpoint"
#define SB_LOG_NEXT_HEAD "checkpoint.next" /* signed, and not in its place yet */

/** A locked log, its head, and the ends where it grows. */
struct sb_log_growing {
	int dir;
	struct sb_log_files files;
	const struct sb_note_key *log;
	const struct sb_secret *secret;
	struct sb_arena *arena;
	struct sb_signed_checkpoint head;
	struct sb_merkle_run run; /* of the entries so far, with those that were added */
	struct sb_buf bundle;     /* entries of the last, partial bundle */
	struct sb_buf rows[SB_LOG_LEVELS]; /* hashes of the last, partial tiles */
};

/**
 * The head, and the tree below it, when its tiles lead to its root; what a writer that died had signed is put in its place before. Errors: EVIDENCE
 * "log-absent", "log-damaged" and those of a note; TEMPORARY; NOMEM.
 */
SB_MUST_USE int sb_log_open_to_grow(struct sb_log_growing *g, struct sb_err *err);
/** Sign a head and put it in its place, durably. Everything below it must be on the disk. Errors: TEMPORARY "log-unwritable"; those of signing; NOMEM. */
SB_MUST_USE int sb_log_sign_head(int dir, const struct sb_checkpoint *head, const struct sb_note_key *log, const struct sb_secret *secret, struct sb_err *err);

/** Read the ends, which must be what the head was signed for. Errors: EVIDENCE "log-damaged"; IO; NOMEM. sb_log_let_go releases them. */
SB_MUST_USE int sb_log_load_ends(struct sb_log_growing *g, struct sb_err *err);
/** One more entry; a tile that is full by it is written. Errors: LIMIT; TEMPORARY; NOMEM. */
SB_MUST_USE int sb_log_add_entry(struct sb_log_growing *g, struct sb_span entry, struct sb_err *err);
/** Write the ends as partial tiles. */
SB_MUST_USE int sb_log_write_ends(const struct sb_log_growing *g, struct sb_err *err);
/** Remove partial tiles of what is full now, which C2SP tlog-tiles allows. Whether it succeeds changes nothing. */
void sb_log_drop_partial(const struct sb_log_growing *g);
void sb_log_let_go(struct sb_log_growing *g);

/** TEMPORARY "log-unwritable": "cannot @what", with the text of errno. */
int sb_log_unwritable(struct sb_err *err, const char *what);

#endif
