/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the graph of a trace, from files to their edges and back, and walks through it. */
#ifndef VERIFIER_TRACE_GRAPH_H
#define VERIFIER_TRACE_GRAPH_H

#include "verifier/model/model.h"
#include "verifier/model/trace.h"

struct sb_graph {
	const struct sb_trace *trace;
	uint32_t *of_process; /* edges of process i: of_process[i] up to of_process[i + 1], in the trace's own order */
	uint32_t *of_file;    /* likewise, into by_file */
	uint32_t *by_file;    /* indexes of edges, by file */
};

/** Errors: NOMEM; INTERNAL "trace-malformed" when an edge, an image or a parent leads nowhere, or a list is out of order. Release with sb_graph_release. */
SB_MUST_USE int sb_graph_make(const struct sb_trace *trace, struct sb_graph *out, struct sb_err *err);
void sb_graph_release(struct sb_graph *graph);

static inline const struct sb_trace_edge *sb_graph_edge(const struct sb_graph *graph, uint32_t at)
{
	return &graph->trace->edges[graph->by_file[at]];
}

/** A walk from a file to everything that it was made of; may be used again and again. */
struct sb_walk {
	const struct sb_graph *graph;
	uint32_t *file_round, *process_round; /* in which walk each was met last */
	uint32_t round;
	struct sb_vec stack;                  /* uint32_t: files to be looked at */
	uint8_t *inflow;                      /* enum sb_inflow of each file, of the last walk */
	struct sb_vec met;                    /* uint32_t: files of the last walk, the one asked for included */
	uint64_t steps, most;                 /* edges followed by all walks, and how many may be */
};

SB_MUST_USE int sb_walk_init(struct sb_walk *walk, const struct sb_graph *graph, struct sb_err *err);
void sb_walk_release(struct sb_walk *walk);
/** Everything that got into file @from, into walk->inflow and walk->met. *done is false when too many edges were followed. Errors: NOMEM. */
SB_MUST_USE int sb_walk_run(struct sb_walk *walk, uint32_t from, bool *done, struct sb_err *err);

#endif
