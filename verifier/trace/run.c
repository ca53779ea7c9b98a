/* SPDX-License-Identifier: Apache-2.0 */
/* One analysis from its inputs to the record. Each part is a file of its own. */
#include "verifier/trace/lineage.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

enum sb_origin sb_lineage_origin(enum sb_trace_origin origin)
{
	switch (origin) {
	case SB_TRACE_SOURCE:
		return SB_ORIGIN_SOURCE;
	case SB_TRACE_ROOT:
		return SB_ORIGIN_TOOLCHAIN;
	case SB_TRACE_BUILT:
		return SB_ORIGIN_BUILT;
	case SB_TRACE_GIVEN:
		return SB_ORIGIN_GIVEN;
	case SB_TRACE_DEVICE:
		return SB_ORIGIN_DEVICE;
	case SB_TRACE_UNKNOWN:
	case SB_TRACE_CHANNEL:
		return SB_ORIGIN_UNKNOWN;
	}
	return SB_ORIGIN_UNKNOWN;
}

size_t sb_lineage_room(struct sb_analysis *a, size_t count)
{
	size_t most = SB_LIMIT_OF(LINEAGE_ENTRIES);

	if (count <= most)
		return count;
	a->out->left_out += count - most;
	return most;
}

/* "read-unseen: src/x.c": why a trace is not believed. */
static int list_doubts(struct sb_analysis *a, struct sb_err *err)
{
	const struct sb_trace *trace = a->in->trace;
	size_t count = sb_lineage_room(a, trace->doubt_count);
	const char **reasons = sb_arena_array(a->arena, count, sizeof *reasons);

	if (!reasons)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct sb_trace_doubt *doubt = &trace->doubts[i];
		const char *text = sb_escape_copy(a->arena, sb_span_text(doubt->text));
		reasons[i] = text ? sb_arena_printf(a->arena, "%s%s%s", doubt->id, text[0] ? ": " : "", text) : NULL;
		if (!reasons[i])
			return no_memory(err);
	}
	a->out->reasons = reasons;
	a->out->reason_count = count;
	a->out->trusted = trace->trusted && trace->doubt_count == 0;
	a->out->witnesses = trace->witnesses;
	a->out->witness_count = trace->witness_count;
	return 0;
}

static int fill(struct sb_analysis *a, struct sb_err *err)
{
	static int (*const parts[])(struct sb_analysis *, struct sb_err *) = {
		list_doubts, sb_lineage_inputs, sb_lineage_outputs, sb_lineage_sources, sb_lineage_programs, sb_lineage_packages, sb_lineage_attempts, sb_lineage_prebuilt,
	};
	int rc = sb_graph_make(a->in->trace, &a->graph, err);

	if (!rc)
		rc = sb_walk_init(&a->walk, &a->graph, err);
	if (!rc)
		rc = sb_uses_list(&a->graph, a->in->source, a->in->packed, a->arena, &a->uses, &a->use_count, err);
	if (!rc)
		rc = sb_packages_name(a->in->packages, a->arena, &a->names, err);
	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = parts[i](a, err);
	return rc;
}

int sb_trace_run(const struct sb_trace_in *in, struct sb_arena *arena, struct sb_lineage *out, struct sb_err *err)
{
	struct sb_lineage made = {0};
	struct sb_analysis a = {.in = in, .arena = arena, .out = &made};

	*out = (struct sb_lineage){0};
	if (!in->trace->present)
		return 0;
	made.processes = in->trace->process_count;
	made.files = in->trace->file_count;
	made.edges = in->trace->edge_count;
	int rc = fill(&a, err);
	sb_walk_release(&a.walk);
	sb_graph_release(&a.graph);
	if (!rc)
		*out = made;
	return rc;
}
