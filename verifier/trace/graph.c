/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/graph.h"

#include <stdlib.h>

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_INTERNAL, "trace-malformed", "the trace of the build is no graph: %s", what);
}

static int check(const struct sb_trace *trace, struct sb_err *err)
{
	if (trace->file_count >= SB_TRACE_NONE || trace->process_count >= SB_TRACE_NONE || trace->edge_count >= SB_TRACE_NONE)
		return malformed(err, "it is too large");
	for (size_t i = 0; i < trace->process_count; i++) {
		const struct sb_trace_process *process = &trace->processes[i];
		if (process->parent != SB_TRACE_NONE && process->parent >= i)
			return malformed(err, "a process comes before its parent");
		if (process->image != SB_TRACE_NONE && process->image >= trace->file_count)
			return malformed(err, "a process runs no file");
	}
	for (size_t i = 0; i < trace->edge_count; i++) {
		const struct sb_trace_edge *edge = &trace->edges[i];
		if (edge->process >= trace->process_count || edge->file >= trace->file_count || edge->uses == 0)
			return malformed(err, "an edge leads nowhere");
		if (i && edge->process < edge[-1].process)
			return malformed(err, "the edges are out of order");
	}
	for (size_t i = 0; i < trace->attempt_count; i++)
		if (trace->attempts[i].process >= trace->process_count)
			return malformed(err, "nobody made an attempt");
	return 0;
}

/* Counts become starts: out[i] is where the edges of i begin. */
static void sum_up(uint32_t *counts, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i <= n; i++) {
		uint32_t count = counts[i];
		counts[i] = sum;
		sum += count;
	}
}

static void index_edges(struct sb_graph *graph, uint32_t *next)
{
	const struct sb_trace *trace = graph->trace;

	for (size_t i = 0; i < trace->edge_count; i++) {
		graph->of_process[trace->edges[i].process]++;
		graph->of_file[trace->edges[i].file]++;
	}
	sum_up(graph->of_process, trace->process_count);
	sum_up(graph->of_file, trace->file_count);
	for (size_t i = 0; i < trace->file_count; i++)
		next[i] = graph->of_file[i];
	for (size_t i = 0; i < trace->edge_count; i++)
		graph->by_file[next[trace->edges[i].file]++] = (uint32_t)i;
}

int sb_graph_make(const struct sb_trace *trace, struct sb_graph *out, struct sb_err *err)
{
	struct sb_graph graph = {.trace = trace};
	int rc = check(trace, err);

	if (rc)
		return rc;
	SB_FREEING uint32_t *next = calloc(trace->file_count + 1, sizeof *next);
	graph.of_process = calloc(trace->process_count + 1, sizeof *graph.of_process);
	graph.of_file = calloc(trace->file_count + 1, sizeof *graph.of_file);
	graph.by_file = calloc(trace->edge_count + 1, sizeof *graph.by_file);
	if (!next || !graph.of_process || !graph.of_file || !graph.by_file) {
		sb_graph_release(&graph);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	index_edges(&graph, next);
	*out = graph;
	return 0;
}

void sb_graph_release(struct sb_graph *graph)
{
	free(graph->of_process);
	free(graph->of_file);
	free(graph->by_file);
	*graph = (struct sb_graph){0};
}
