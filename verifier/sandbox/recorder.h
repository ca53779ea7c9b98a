/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What init saw of the build, in tables of fixed room: pages that it shares with the supervisor, which makes the trace out of them once init
 * is silent. No I/O. What does not fit is counted and makes the trace one that must not be believed; nothing is overwritten.
 */
#ifndef VERIFIER_SANDBOX_RECORDER_H
#define VERIFIER_SANDBOX_RECORDER_H

#include "verifier/model/trace.h"
#include "verifier/sandbox/digest_book.h"

#include <sys/types.h>
#include <time.h>

/** Which file: tmpfs numbers are not used again. */
struct sb_file_key {
	uint64_t device, inode;
};

/** One version. The newest of a file is found by its key. */
struct sb_recorded_file {
	struct sb_file_key key;
	uint32_t older;           /* version before, or SB_TRACE_NONE */
	uint32_t chain;           /* next file with the same place in the index, or SB_TRACE_NONE */
	uint32_t source;          /* of SOURCE: index in the inventory of the source */
	enum sb_trace_origin origin;
	uint64_t path;            /* offset in the names, absolute; of SOURCE at first 0: as the inventory says */
	struct timespec stamped;  /* of SOURCE: mtime that it was given */
	bool read;                /* by anybody: what is written next is another version */
	bool temporary;           /* made as a file that must not be there before: its name is chosen at random */
	bool times_set;
	bool final, digested, witness, witness_read;
	uint64_t size;
	uint8_t sha256[SB_SHA256_BYTES], gitoid[SB_SHA256_BYTES];
	struct sb_book_key book_key; /* of ROOT, digested */
	bool book_new;            /* digested by this build, to be kept for the next ones */
};

struct sb_recorded_process {
	uint32_t parent, image;
	uint32_t step;
	bool adopted, argv_cut;
	uint64_t argv, cwd;             /* offsets in the names */
	uint32_t argv_length;
	uint8_t argv_sha256[SB_SHA256_BYTES];
};

struct sb_recorded_attempt {
	enum sb_trace_attempt_kind kind;
	uint32_t process;
	uint64_t text, count;
};

struct sb_recorded_doubt {
	const char *id;   /* static, and at the same place in init and supervisor */
	uint64_t text;
	bool integrity;
};

/** A further name of a file, seen at the end. */
struct sb_recorded_name {
	uint32_t file;
	uint64_t path;
};

struct sb_recorder;

/** Shared memory. Errors: NOMEM. */
SB_MUST_USE int sb_recorder_new(struct sb_recorder **out, struct sb_err *err);
void sb_recorder_free(struct sb_recorder **recorder);

/** Newest version, or SB_TRACE_NONE. */
uint32_t sb_recorder_find(const struct sb_recorder *recorder, struct sb_file_key key);
/** The newest version; where there is none yet, one of this @origin and @path (absolute, of any bytes; NULL: none). SB_TRACE_NONE: no room. */
uint32_t sb_recorder_meet(struct sb_recorder *recorder, struct sb_file_key key, enum sb_trace_origin origin, const char *path);
/** A file of the source, before the build begins. */
void sb_recorder_source(struct sb_recorder *recorder, struct sb_file_key key, uint32_t source, struct timespec stamped);

/** How a file is opened for writing. */
struct sb_writing {
	uint32_t process;
	struct sb_file_key key;
	const char *path; /* absolute */
	bool truncates;
	bool alone;       /* nobody has it open, nor mapped */
	bool exclusive;   /* it must not have been there */
};

/** Would the next write to this file begin a version? Then whether the writer is alone is to be found out. */
bool sb_recorder_is_settled(const struct sb_recorder *recorder, struct sb_file_key key);
/**
 * The version that is written now, with the edge of its writer. What nobody has read yet goes on being the same version. Else a new one begins:
 * out of nothing when truncated by somebody who is alone; else the old one counts as an input of the writer, and the new one as an input of
 * whoever has read the old one, since they may have it open still.
 */
uint32_t sb_recorder_write(struct sb_recorder *recorder, const struct sb_writing *writing);

/** @uses: bits of enum sb_trace_use. Either index may be SB_TRACE_NONE: then nothing happens. */
void sb_recorder_use(struct sb_recorder *recorder, uint32_t process, uint32_t file, unsigned uses);
/** Bits so far. */
unsigned sb_recorder_uses(const struct sb_recorder *recorder, uint32_t process, uint32_t file);

/** Index, or SB_TRACE_NONE: no room. Strings are offsets by then: sb_recorder_name. */
uint32_t sb_recorder_process(struct sb_recorder *recorder, const struct sb_recorded_process *process);
void sb_recorder_attempt(struct sb_recorder *recorder, uint32_t process, enum sb_trace_attempt_kind kind, const char *text);
/** @id: static. The same doubt about the same text is one. */
void sb_recorder_doubt(struct sb_recorder *recorder, const char *id, const char *text, bool integrity);
/** A name that a file has when the build is over. The first in the order of bytes becomes its path. */
void sb_recorder_final_name(struct sb_recorder *recorder, uint32_t file, const char *path);

/** Offset of a copy; 0 is the empty text, also when there is no room. */
uint64_t sb_recorder_name(struct sb_recorder *recorder, struct sb_span text);
const char *sb_recorder_text(const struct sb_recorder *recorder, uint64_t offset);

/** The kernel's notices of what was read and written agreed, all of them. */
void sb_recorder_witnessed(struct sb_recorder *recorder);
bool sb_recorder_is_witnessed(const struct sb_recorder *recorder);

/** What was recorded. Pointers live as long as the recorder. */
struct sb_recorded_file *sb_recorder_files(struct sb_recorder *recorder, size_t *count);
const struct sb_recorded_file *sb_recorder_seen(const struct sb_recorder *recorder, size_t *count);
const struct sb_recorded_process *sb_recorder_processes(const struct sb_recorder *recorder, size_t *count);
const struct sb_trace_edge *sb_recorder_edges(const struct sb_recorder *recorder, size_t *count);
const struct sb_recorded_attempt *sb_recorder_attempts(const struct sb_recorder *recorder, size_t *count);
const struct sb_recorded_doubt *sb_recorder_doubts(const struct sb_recorder *recorder, size_t *count);
const struct sb_recorded_name *sb_recorder_names(const struct sb_recorder *recorder, size_t *count);
/* To be put right once init is silent. */
struct sb_recorded_process *sb_recorder_settle_processes(struct sb_recorder *recorder, size_t *count);
struct sb_recorded_attempt *sb_recorder_settle_attempts(struct sb_recorder *recorder, size_t *count);
/** Rows of base/limits.h that were met, as bits. */
uint64_t sb_recorder_limits(const struct sb_recorder *recorder);

#endif
