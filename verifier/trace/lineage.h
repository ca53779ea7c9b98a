/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: one analysis, and the parts of the record that it fills. */
#ifndef VERIFIER_TRACE_LINEAGE_H
#define VERIFIER_TRACE_LINEAGE_H

#include "verifier/trace/graph.h"
#include "verifier/trace/packages.h"
#include "verifier/trace/trace.h"
#include "verifier/trace/uses.h"

struct sb_analysis {
	const struct sb_trace_in *in;
	struct sb_arena *arena;          /* of the record */
	struct sb_graph graph;
	struct sb_walk walk;
	uint32_t *input_of;              /* by file of the trace: 1 + index of the input; 0: it is none */
	struct sb_source_use *uses;
	size_t use_count;
	uint32_t *output_file;           /* by output: file of the trace, or SB_TRACE_NONE */
	struct sb_package_name *names;   /* of the packages of the base */
	size_t *owner_of;                /* by input: package of the base, SIZE_MAX: none */
	uint8_t *reached;                /* artifact_count rows of prebuilt_count: enum sb_inflow */
	uint8_t *sourced;                /* by source: it got into an artifact as data */
	struct sb_lineage *out;
};

/* Each fills its part of a->out. Errors: NOMEM, INTERRUPTED. */
SB_MUST_USE int sb_lineage_inputs(struct sb_analysis *a, struct sb_err *err);
SB_MUST_USE int sb_lineage_outputs(struct sb_analysis *a, struct sb_err *err);
SB_MUST_USE int sb_lineage_sources(struct sb_analysis *a, struct sb_err *err);
SB_MUST_USE int sb_lineage_programs(struct sb_analysis *a, struct sb_err *err);
SB_MUST_USE int sb_lineage_packages(struct sb_analysis *a, struct sb_err *err);
SB_MUST_USE int sb_lineage_attempts(struct sb_analysis *a, struct sb_err *err);
SB_MUST_USE int sb_lineage_prebuilt(struct sb_analysis *a, struct sb_err *err);

enum sb_origin sb_lineage_origin(enum sb_trace_origin origin);

/** How many of @count entries a list of the record may have; the rest is counted in left_out. */
size_t sb_lineage_room(struct sb_analysis *a, size_t count);

#endif
