/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what the build did with each file of the drop. */
#ifndef VERIFIER_TRACE_USES_H
#define VERIFIER_TRACE_USES_H

#include "verifier/trace/graph.h"
#include "verifier/trace/trace.h"

/** One file of the drop. */
struct sb_source_use {
	const char *path;   /* in the inventory of the source, or of what is packed in it */
	struct sb_span bytes;
	bool packed;        /* it lies in an archive: `file` is what the build unpacked it to */
	uint32_t file;      /* of the trace; SB_TRACE_NONE: nobody touched it */
	enum sb_use use;
	bool many;          /* too many files are called like it to look at all */
	bool followed, escaped; /* of an archive: whether struct sb_leaks was asked, and what it said */
	bool hashed;        /* sha256 is that of its bytes */
	uint8_t sha256[SB_SHA256_BYTES];
};

/** Computed once. */
const uint8_t *sb_use_digest(struct sb_source_use *use);

/** The innermost archive that uses[@i] lies in: it stands before it; NULL: in none. */
struct sb_source_use *sb_use_archive(struct sb_source_use *uses, size_t i);

/**
 * Every regular file of @source and of what is @packed in it (NULL: nothing), by path. What lies in an archive and never became a file is unread when
 * nobody has read the archive, or when only those did who carry bytes, and all that they made of it are other members; else it is unknown. Errors: NOMEM.
 */
SB_MUST_USE int sb_uses_list(const struct sb_graph *graph, const struct sb_tree *source, const struct sb_tree *packed, struct sb_arena *arena,
                             struct sb_source_use **out, size_t *count, struct sb_err *err);

#endif
