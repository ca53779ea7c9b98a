/* SPDX-License-Identifier: Apache-2.0 */
/* Third stage: WHAT differs. Pairs, recurses, finds differing bytes, owns every byte. Knows no causes and no levels. */
#ifndef VERIFIER_COMPARE_COMPARE_H
#define VERIFIER_COMPARE_COMPARE_H

#include "hashing/hashing.h"
#include "verifier/formats/formats.h"
#include "verifier/model/model.h"
#include "verifier/parsing/parsing.h"

/** One side of an artifact: bytes that nobody else can change. */
struct sb_side {
	bool present;
	struct sb_span bytes;
	const struct sb_blob *blob; /* that the bytes lie in, or NULL */
	struct sb_digest digest; /* kinds 0: compare computes both */
	char type;               /* 'f' regular; directories compare also 'd' 'l' 'p' 's' 'c' 'b' */
	bool has_mode;
	uint32_t mode;
	const char *link;        /* of 'l' */
	uint64_t rdev;
	bool has_owner;          /* with --metadata, as the three numbers that follow */
	uint64_t uid, gid;
	int64_t mtime;
	struct sb_span xattrs;   /* attributes that count, in any one form for both sides; empty for none */
};

struct sb_artifact_in {
	const char *name; /* raw; also the hint for formats */
	struct sb_side shipped, rebuilt;
};

struct sb_compare_in {
	const struct sb_artifact_in *artifacts;
	size_t count;
	struct sb_parsers *parsers;  /* NULL: foreign bytes are parsed in this process; must live as long as the comparison */
	struct sb_depot *depot;      /* that the bytes of the artifacts are kept in, or NULL; what is decoded goes there too */
	struct sb_equal_files equal; /* files of two directories that need no artifact of their own */
	unsigned jobs;
	struct sb_progress *progress;
};

/** Errors: IO, NOMEM, INTERRUPTED. Unparsable bytes and limits are data in the comparison, never errors. Same result for every jobs. */
SB_MUST_USE int sb_compare_run(const struct sb_compare_in *in, struct sb_comparison *out, struct sb_err *err);
/** Release what sb_compare_run made; a zeroed comparison is fine. */
void sb_comparison_release(struct sb_comparison *comparison);

/** Two files, or two directories, opened for comparing: everything that sb_compare_in points at. */
struct sb_compare_paths {
	struct sb_arena *arena;
	struct sb_arena *listed[SB_SIDES]; /* of directories: what they hold */
	struct sb_compare_in in;
	struct sb_blob *blobs;
	size_t blob_count;
	struct sb_depot *depot;
};
/**
 * Open @shipped and @rebuilt; one of them may be "-", stdin. Of two directories: names, types, modes, link targets and content (owners, times and
 * extended attributes too with @metadata); equal files are summed up in in.equal and listed nowhere. Errors: IO "file-unreadable" (3), USAGE "not-comparable"
 * (a file against a directory).
 */
SB_MUST_USE int sb_compare_open_paths(const char *shipped, const char *rebuilt, bool metadata, unsigned jobs, struct sb_progress *progress,
                                      struct sb_compare_paths *out, struct sb_err *err);
void sb_compare_close_paths(struct sb_compare_paths *paths);

#endif
