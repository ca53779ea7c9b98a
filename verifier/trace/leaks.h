/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: where the content of an archive went otherwise than as files that are known to be its members. Who writes a member under another name,
 * or passes it through a pipe, leaves no such file.
 */
#ifndef VERIFIER_TRACE_LEAKS_H
#define VERIFIER_TRACE_LEAKS_H

#include "verifier/trace/alike.h"

struct sb_leaks {
	const struct sb_graph *graph;
	struct sb_source_use *uses; /* by path */
	size_t use_count;
	struct sb_alike alike;
	uint32_t *known, *met, *passed; /* in which round: files that are members, files that were met, processes */
	uint32_t round;
	struct sb_vec stack;
	bool escaped;               /* of the last round: it got further than to programs that only move bytes */
};

/** Errors: NOMEM. Release with sb_leaks_release, also after a failure. */
SB_MUST_USE int sb_leaks_init(struct sb_leaks *leaks, const struct sb_graph *graph, struct sb_source_use *uses, size_t count, struct sb_err *err);
void sb_leaks_release(struct sb_leaks *leaks);

/**
 * Follow the archive uses[@archive] through everybody who read it, up to files that are its members by their content. A version that is gone is a member
 * when it is called like one, unless @strict. Errors: NOMEM.
 */
SB_MUST_USE int sb_leaks_follow(struct sb_leaks *leaks, size_t archive, bool strict, struct sb_err *err);

/** Whether the last round came to @file. */
static inline bool sb_leaks_reach(const struct sb_leaks *leaks, uint32_t file)
{
	return file != SB_TRACE_NONE && leaks->met[file] == leaks->round;
}

#endif
