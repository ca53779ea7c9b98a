/* SPDX-License-Identifier: Apache-2.0 */
/* Second stage: run the recipe in the sandbox and hand over what it made. */
#ifndef VERIFIER_REBUILD_REBUILD_H
#define VERIFIER_REBUILD_REBUILD_H

#include "verifier/sandbox/sandbox.h"

struct sb_rebuild_in {
	const struct sb_drop *drop;
	const struct sb_tree *root;   /* NULL: host */
	const struct sb_tree *source;
	struct sb_store *store;       /* the log is streamed here; may be NULL */
	int log;                      /* descriptor that gets the raw log, readable and empty; or -1 */
	bool trace;                   /* record who read and wrote what, into run.trace */
	const char *digests;          /* as in sb_sandbox_spec */
	struct sb_progress *progress;
};

struct sb_rebuilt {
	struct sb_arena *arena;
	struct sb_sandbox_result run;
	struct sb_facts facts;        /* of this rebuild, for environment claims; tools by the trace */
	struct sb_digest log_digest;  /* of the stored log; kinds 0 without store */
	struct sb_buf log_tail;       /* last 20 lines, raw */
};

/**
 * Errors: FAILED "build-step-failed", "build-limit" (exit 4; @out still holds the log tail and the environment); ABSENT (5); as sb_sandbox_run.
 */
SB_MUST_USE int sb_rebuild_run(const struct sb_rebuild_in *in, struct sb_rebuilt *out, struct sb_err *err);
void sb_rebuild_release(struct sb_rebuilt *rebuilt);

#endif
