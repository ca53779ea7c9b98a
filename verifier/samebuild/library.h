/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room. */
#ifndef VERIFIER_SAMEBUILD_LIBRARY_H
#define VERIFIER_SAMEBUILD_LIBRARY_H

#include "verifier/pipeline/pipeline.h"
#include "verifier/samebuild/inside.h"

/** What the stages call, and the caller's function behind it. */
struct sb_library_progress {
	struct sb_progress progress; /* first: what the stages get */
	void (*step)(void *context, const char *stage, const char *what, uint64_t done, uint64_t total);
	void *context;
};

struct samebuild {
	struct sb_parsers *parsers; /* NULL: parsed in this process */
	struct sb_library_progress progress;
};

struct samebuild_comparison {
	struct samebuild *session;
	struct sb_arena *arena;
	struct sb_facts facts;
	struct sb_compare_paths paths;
	struct sb_result result;
	bool tried, ran;
	struct sb_buf text; /* of the last report */
};

/** Fills @error (may be NULL) from @err and returns its code. */
int sb_library_fail(const struct sb_err *err, struct samebuild_error *error);

#endif
