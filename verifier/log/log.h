/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An append-only log as a plain folder, laid out by C2SP tlog-tiles: "checkpoint", "tile/<L>/<N>", "tile/entries/<N>". It can be copied or
 * served as it is. Whoever reads one believes nothing but the signature on the checkpoint, and what hashes to its root.
 */
#ifndef VERIFIER_LOG_LOG_H
#define VERIFIER_LOG_LOG_H

#include "manifests/manifests.h"

#define SB_LOG_TILE 256      /* hashes of a full tile, entries of a full bundle of entries */
#define SB_LOG_LEVELS 8      /* tiles above tiles: enough for INT64_MAX entries */
#define SB_LOG_WITNESSES 64 /* that one policy may name */
#define SB_LOG_NAME 64       /* "tile/entries/x009/x223/x372/x036/x854/x775/807.p/255" and a NUL */

/** Where the files of a log come from: a folder, or a bundle in memory. */
struct sb_log_files {
	/** The file of that name, of at most @most bytes, appended to @out. Errors: ABSENT when there is none; IO, LIMIT, NOMEM. */
	int (*read)(const void *state, const char *name, size_t most, struct sb_buf *out, struct sb_err *err);
	const void *state;
};
/** The log in the folder @dir, which is borrowed as a pointer. */
struct sb_log_files sb_log_folder(const int *dir);
/** Open the folder of a log. Errors: EVIDENCE "log-absent". */
SB_MUST_USE int sb_log_open(const char *path, int *dir, struct sb_err *err);

/** The head of the log, signed by @log. Bytes live in @arena. Errors: EVIDENCE "log-absent" and those of sb_checkpoint_open; IO; LIMIT; NOMEM. */
SB_MUST_USE int sb_log_head(const struct sb_log_files *files, const struct sb_note_key *log, struct sb_arena *arena, struct sb_signed_checkpoint *out,
                            struct sb_err *err);

/* ---- writing ---- */

/** Make an empty log in a folder that is new or empty, and sign its head. Errors: USAGE "log-exists"; TEMPORARY "log-unwritable"; those of signing. */
SB_MUST_USE int sb_log_init(const char *path, const struct sb_note_key *log, const struct sb_secret *secret, struct sb_err *err);

struct sb_log_appended {
	uint64_t before, size; /* entries before and after */
	uint64_t *indexes;     /* of each entry that was given: where it is now, new or not */
};
/**
 * Add @entries in their order, without those that are there already, and sign the new head. Everything below the head is durable before it is
 * signed, and the signed head is durable before anybody can see it: after a crash the log has the old head, or the new one, and never signs another of its size.
 * @out in @arena. Errors: EVIDENCE "log-damaged" and those of the head; TEMPORARY "log-locked", "log-unwritable"; LIMIT (an entry of more than 65,535
 * bytes); NOMEM.
 */
SB_MUST_USE int sb_log_append(int dir, const struct sb_note_key *log, const struct sb_secret *secret, const struct sb_span *entries, size_t count,
                              struct sb_arena *arena, struct sb_log_appended *out, struct sb_err *err);
/**
 * Put the cosignatures in @lines that are good under a key of @witnesses onto the head. @added counts those that are new. Errors: EVIDENCE "cosignature-wrong" when none
 * is good, or one of a known witness is not; those of the head; TEMPORARY.
 */
SB_MUST_USE int sb_log_add_cosignatures(int dir, const struct sb_note_key *log, struct sb_span lines, const struct sb_note_key *witnesses, size_t count,
                                        size_t *added, struct sb_err *err);

/* ---- reading ---- */

/** Hashes of a log's tree out of its tiles, which are not trusted: what is made of them must be checked against a head. */
struct sb_log_tiles {
	struct sb_log_files files;
	uint64_t size; /* of the tree whose tiles are asked for */
	struct sb_buf kept; /* the tile that was read last */
	unsigned level;
	uint64_t index;
	bool has_kept;
};
void sb_log_tiles_begin(struct sb_log_tiles *tiles, const struct sb_log_files *files, uint64_t size);
void sb_log_tiles_end(struct sb_log_tiles *tiles);
/** For proofs. Errors of its reads: EVIDENCE "log-damaged" when a tile is missing or of another length; IO; NOMEM. */
struct sb_merkle_source sb_log_tiles_source(struct sb_log_tiles *tiles);

/** That the entry whose leaf is @leaf is in the log up to @head; checked before it is given. Errors: EVIDENCE "entry-absent", "log-damaged"; IO; NOMEM. */
SB_MUST_USE int sb_log_prove_leaf(const struct sb_log_files *files, const struct sb_checkpoint *head, const uint8_t leaf[SB_MERKLE_BYTES], uint64_t *index,
                                  struct sb_merkle_proof *out, struct sb_err *err);
/** That the log up to @head begins with its first @old entries. Errors: USAGE "tree-size"; EVIDENCE "log-damaged"; IO; NOMEM. */
SB_MUST_USE int sb_log_prove_since(const struct sb_log_files *files, const struct sb_checkpoint *head, uint64_t old, struct sb_merkle_proof *out,
                                   struct sb_err *err);

/** A walk over all entries of a log, which ends well only when they hash to the root of its head and every tile is what they make. */
struct sb_log_walk;
SB_MUST_USE int sb_log_walk_begin(const struct sb_log_files *files, const struct sb_checkpoint *head, struct sb_log_walk **out, struct sb_err *err);
/**
 * The next entry, borrowed until the next call; p is NULL at the end, and only then everything holds. Errors: EVIDENCE "log-damaged"; IO; LIMIT; NOMEM.
 */
SB_MUST_USE int sb_log_walk_next(struct sb_log_walk *walk, struct sb_span *entry, struct sb_err *err);
/** The tree of the entries that were walked over so far. */
const struct sb_merkle_run *sb_log_walk_tree(const struct sb_log_walk *walk);
void sb_log_walk_end(struct sb_log_walk **walk);

/** One file of a log, by its name. */
struct sb_log_file {
	const char *name;
	struct sb_span bytes;
};
/** All files that make up the log at the size of its head, in @arena; neither signatures nor hashes are checked. Errors: those of reading; LIMIT; NOMEM. */
SB_MUST_USE int sb_log_gather(const struct sb_log_files *files, struct sb_arena *arena, const struct sb_log_file **out, size_t *count, struct sb_err *err);

/* ---- remembering ---- */

/**
 * Walk over the whole log up to @head, and check that it continues what @remembered (a file, or NULL) holds, then remember the new head there. When the
 * log has signed two heads of one size, or one that does not continue the other, both are kept in the folder "@remembered.equivocation".
 * Errors: EVIDENCE "log-damaged", "log-equivocation", "log-rolled-back" (the head is older than what is remembered); those of the readers; TEMPORARY.
 */
SB_MUST_USE int sb_log_verify(const struct sb_log_files *files, const struct sb_note_key *log, const struct sb_signed_checkpoint *head, const char *remembered,
                              struct sb_err *err);

/* ---- what evidence shows of a log ---- */

/** Whom to believe about a log, and what is asked of it. All borrowed. */
struct sb_log_trust {
	const struct sb_note_key *log, *witnesses;
	size_t witness_count, need; /* so many of them must have signed a head, at @time or before */
	int64_t time;
	const uint8_t (*wanted)[SB_SHA256_BYTES]; /* files whose entries in a whole log are listed */
	size_t wanted_count;
};

/** Heads that count, proofs below them, and whole logs. Nothing that does not count does harm, but for a log that contradicts itself. */
struct sb_log_view;
/** Everything lives in @arena, and borrows @trust. NULL: out of memory. */
SB_MUST_USE struct sb_log_view *sb_log_view_new(const struct sb_log_trust *trust, struct sb_arena *arena);
/**
 * Take a proof (".tlog-proof") into account; one that is unreadable, or whose head does not count, is only counted. @bytes must outlive the view. All proofs come before
 * a log. Errors: USAGE "option-value" when one does not; NOMEM.
 */
SB_MUST_USE int sb_log_view_add_proof(struct sb_log_view *view, struct sb_span bytes, struct sb_err *err);
/** Take a whole log into account, after all of it was walked over, past every head that is known: one at most. Errors: those of the head and of the walk; EVIDENCE "log-unwitnessed"; USAGE "option-value"; NOMEM. */
SB_MUST_USE int sb_log_view_add_log(struct sb_log_view *view, const struct sb_log_files *files, struct sb_err *err);
/** The log has signed two roots of one size, or one that the whole log did not have at that size: it proves nothing any more. */
bool sb_log_view_contradicts(const struct sb_log_view *view);
/** Is the entry with this leaf, of the statement @pae, in the log? @when (may be NULL): the time by which enough witnesses had seen it; INT64_MAX: not known. */
bool sb_log_view_has(const struct sb_log_view *view, const uint8_t pae[SB_SHA256_BYTES], const uint8_t leaf[SB_MERKLE_BYTES], int64_t *when);
/** Was a whole log seen, with entries that could all be read, up to the largest head that counts, and was nothing left out? */
bool sb_log_view_is_whole(const struct sb_log_view *view);
/** Statements that the whole log names for a wanted file, in the order of the log; NULL beyond the last. */
const uint8_t *sb_log_view_listed(const struct sb_log_view *view, size_t wanted, size_t nth);

struct sb_log_view_counts {
	uint64_t proofs, unreadable; /* that were given; that cannot be read */
	uint64_t heads;              /* different heads that count */
	uint64_t left_out;           /* over SB_LIMIT_LOG_HEADS or SB_LIMIT_LOG_PROOFS: not looked at */
	uint64_t size;               /* of the largest head that counts */
	int64_t still;               /* enough witnesses had signed that head at this time or later; INT64_MIN: none are asked for; only when there are heads */
};
struct sb_log_view_counts sb_log_view_count(const struct sb_log_view *view);

/* ---- witnesses ---- */

struct sb_log_witness_in {
	int state;                       /* folder of what is remembered, one file a log */
	const struct sb_note_key *logs;  /* that are witnessed */
	size_t log_count;
	const struct sb_note_key *own;   /* of type SB_NOTE_COSIGNATURE */
	const struct sb_secret *secret;
	int64_t time;
};
/**
 * Answer the body of add-checkpoint: lines of cosignatures into @answer, or "N\n" and *stale when the log must begin at N. What is remembered is durable before
 * an answer is given. Errors: EVIDENCE "log-unknown" (no log of that origin), "proof-wrong", "log-equivocation" (both heads are kept in the folder of the state), those of
 * the readers; TEMPORARY "log-locked", "log-unwritable"; NOMEM.
 */
SB_MUST_USE int sb_log_witness(const struct sb_log_witness_in *in, struct sb_span request, struct sb_buf *answer, bool *stale, struct sb_err *err);

#endif
