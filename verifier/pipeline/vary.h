/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: builds in other environments, while they are made. */
#ifndef VERIFIER_PIPELINE_VARY_H
#define VERIFIER_PIPELINE_VARY_H

#include "verifier/pipeline/line.h"
#include "verifier/vary/vary.h"

/** What the environment says of an axis, escaped. */
struct sb_axis_values {
	bool noted, uncontrolled;
	bool refused; /* no environment could be made with this axis alone varied */
	const char *control, *varied;
};

struct sb_variance {
	const struct sb_verify_in *in;
	struct sb_verified *verified;
	struct sb_vec units;          /* struct sb_line_unit: outputs of the first build; after them, as one more, the list of their names */
	struct sb_vary *search;
	uint32_t pins;                /* held still in this search */
	struct sb_vec builds;         /* struct sb_rebuilt, as they were told; empty where there is nothing to look into */
	uint64_t kept_bytes, seconds, made;
	uint8_t (*control_ids)[SB_VARY_ID_BYTES];
	struct sb_environment control_environment; /* lives with the first build of this search */
	struct sb_axis_values values[SB_VARY_AXES_MOST];
	/* when the same environment gave other bytes: */
	bool *chancy;                 /* of each unit: it did */
	uint32_t *let_go;             /* of each unit: pins that make it do so when they are let go */
	size_t release_of[SB_VARY_AXES_MOST]; /* build in which a pin was let go */
};

/** Errors: NOMEM. Free @out in any case. */
SB_MUST_USE int sb_variance_new(const struct sb_verify_in *in, struct sb_verified *verified, struct sb_variance **out, struct sb_err *err);
void sb_variance_free(struct sb_variance **variance);
/** A further build in the environment of the manifest, which took so many @seconds. Errors: NOMEM. */
SB_MUST_USE int sb_variance_tell(struct sb_variance *variance, const struct sb_rebuilt *again, uint64_t seconds, struct sb_err *err);
/** Build in other environments until every axis is decided for every output; into out->result.builds.variation. Errors as sb_pipeline_verify; a build that fails is none. */
SB_MUST_USE int sb_variance_run(struct sb_variance *variance, struct sb_err *err);

/** Everything that was found out, with the places that differ, into the result. Errors as sb_pipeline_compare. */
SB_MUST_USE int sb_variance_conclude(struct sb_variance *all, struct sb_err *err);

#endif
