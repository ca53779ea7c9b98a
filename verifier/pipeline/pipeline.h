/* SPDX-License-Identifier: Apache-2.0 */
/* The straight line: drop → sources → outputs → differences → findings → verdict. */
#ifndef VERIFIER_PIPELINE_PIPELINE_H
#define VERIFIER_PIPELINE_PIPELINE_H

#include "verifier/attest/attest.h"
#include "verifier/compare/compare.h"
#include "verifier/explain/explain.h"
#include "verifier/ingest/ingest.h"
#include "verifier/judge/judge.h"
#include "verifier/rebuild/rebuild.h"
#include "verifier/solve/solve.h"
#include "verifier/trace/trace.h"

/** The archive of a toolchain root that the operator names beside the manifest's. */
struct sb_other_root {
	const char *name; /* raw */
	int fd;           /* readable from its beginning; borrowed */
};

struct sb_verify_in {
	int dir;                     /* folder of the manifest */
	const struct sb_drop *drop;
	struct sb_store *store;      /* or NULL */
	int log;                     /* gets the build's raw log, or -1 */
	unsigned jobs;
	bool vary;                   /* build in other environments as well; repeat is at least 2 then */
	unsigned repeat;             /* builds in the environment of the manifest, the first included; 0 and 1: no further ones */
	bool trace;                  /* say what each delivered file was made of */
	const char *digests;         /* folder where digests of the root's files are kept for the next trace; or NULL */
	struct sb_parsers *parsers;  /* or NULL: parsed in this process */
	struct sb_progress *progress;
	unsigned solve;              /* most rebuilds under facts that are inferred; 0: none */
	const struct sb_other_root *roots; /* tried in turn where a rebuild with the manifest's root differs */
	size_t root_count;
	const struct sb_fact_set *given; /* facts of an earlier run, plausible: the first rebuild is under them; or NULL */
};

/** A finished run; release with sb_verified_release. */
struct sb_verified {
	struct sb_arena *arena;
	struct sb_result result;
	struct sb_sources sources;
	struct sb_rebuilt rebuilt;   /* the plain one; the one under facts that were given, when that made everything equal */
	struct sb_rebuilt **tries;   /* those under facts, as many as result.solving has trials at most */
	size_t try_count;
	const struct sb_rebuilt *const *instead; /* one for each delivered file: the one of them that made it equal, else NULL; NULL as a whole: none did */
	struct sb_buf trace;          /* result.trace_document */
};

/**
 * The whole job. A failing stage ends it; what earlier stages found stays in @out so that the caller can report it
 * (rebuilt.log_tail, sources.notices); result.level is then undetermined.
 */
SB_MUST_USE int sb_pipeline_verify(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err);
void sb_verified_release(struct sb_verified *verified);

/** compare → explain → judge over opened paths. Everything in @out lives in @arena. */
SB_MUST_USE int sb_pipeline_compare(const struct sb_compare_in *in, const struct sb_facts *facts, struct sb_arena *arena, struct sb_result *out,
                                    struct sb_err *err);

#endif
