/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: which files of the trace came out of archives of the drop. */
#ifndef VERIFIER_TRACE_UNPACKED_H
#define VERIFIER_TRACE_UNPACKED_H

#include "verifier/trace/graph.h"
#include "verifier/trace/trace.h"

/** Who has read a file: nobody, only who carries bytes, or also somebody else. */
enum sb_readers { SB_READERS_NONE = 0, SB_READERS_CARRY, SB_READERS_USE };

struct sb_unpacked_file {
	uint32_t file; /* of the trace */
	enum sb_readers readers;
	bool carried;  /* who wrote it only carries bytes */
};

/** Files of the trace that the build wrote, by the last component of their paths. */
struct sb_unpacked {
	const struct sb_trace *trace;
	struct sb_unpacked_file *files;
	size_t count;
};

/** Errors: NOMEM. Release with sb_unpacked_release. */
SB_MUST_USE int sb_unpacked_make(const struct sb_graph *graph, struct sb_unpacked *out, struct sb_err *err);
void sb_unpacked_release(struct sb_unpacked *unpacked);

/**
 * The version of a file that is @member ("a.tar.xz!/a/src/x.c", whose content is @bytes) as it was unpacked, or SB_TRACE_NONE: its path ends as
 * that of the member does, but for the member's first folder, and it has that content; a version that is gone, whose content nobody knows any more,
 * must have been written by a program that only carries bytes. Of several, one that was read. *many: there were too many of the name to look at all.
 */
uint32_t sb_unpacked_find(const struct sb_unpacked *unpacked, const char *member, struct sb_span bytes, bool *many);

#endif
