/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backwards through the graph, three times: by what was read and written alone; with what was run; with what those who started the programs
 * had read, too, and with channels that somebody only made and passed on. Each time is a superset of the one before.
 */
#include "verifier/trace/graph.h"

#include <stdlib.h>

/** Which edges count. */
struct depth {
	enum sb_inflow inflow;
	unsigned in, out; /* bits of enum sb_trace_use */
	bool parents;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_walk_init(struct sb_walk *walk, const struct sb_graph *graph, struct sb_err *err)
{
	*walk = (struct sb_walk){.graph = graph, .stack = {.size = sizeof(uint32_t)}, .met = {.size = sizeof(uint32_t)}, .most = SB_LIMIT_OF(LINEAGE_STEPS)};
	walk->file_round = calloc(graph->trace->file_count + 1, sizeof *walk->file_round);
	walk->process_round = calloc(graph->trace->process_count + 1, sizeof *walk->process_round);
	walk->inflow = calloc(graph->trace->file_count + 1, sizeof *walk->inflow);
	return walk->file_round && walk->process_round && walk->inflow ? 0 : no_memory(err);
}

void sb_walk_release(struct sb_walk *walk)
{
	free(walk->file_round);
	free(walk->process_round);
	free(walk->inflow);
	sb_vec_release(&walk->stack);
	sb_vec_release(&walk->met);
}

static int meet_file(struct sb_walk *walk, uint32_t file, const struct depth *depth, struct sb_err *err)
{
	if (walk->file_round[file] == walk->round)
		return 0;
	walk->file_round[file] = walk->round;
	if (walk->inflow[file] == SB_INFLOW_NONE) {
		uint32_t *met = sb_vec_push(&walk->met);
		if (!met)
			return no_memory(err);
		*met = file;
		walk->inflow[file] = (uint8_t)depth->inflow;
	}
	uint32_t *slot = sb_vec_push(&walk->stack);
	if (!slot)
		return no_memory(err);
	*slot = file;
	return 0;
}

/* All that @process took in, and, where that counts, all that its parents did. */
static int meet_process(struct sb_walk *walk, uint32_t process, const struct depth *depth, struct sb_err *err)
{
	const struct sb_trace *trace = walk->graph->trace;

	for (; process != SB_TRACE_NONE && walk->process_round[process] != walk->round; process = depth->parents ? trace->processes[process].parent : SB_TRACE_NONE) {
		uint32_t image = trace->processes[process].image;
		int rc = depth->inflow <= SB_INFLOW_RUN && image != SB_TRACE_NONE ? meet_file(walk, image, depth, err) : 0;
		walk->process_round[process] = walk->round;
		for (uint32_t at = walk->graph->of_process[process]; !rc && at < walk->graph->of_process[process + 1]; at++, walk->steps++)
			if (trace->edges[at].uses & depth->in)
				rc = meet_file(walk, trace->edges[at].file, depth, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int meet_writers(struct sb_walk *walk, uint32_t file, const struct depth *depth, struct sb_err *err)
{
	int rc = 0;

	for (uint32_t at = walk->graph->of_file[file]; !rc && at < walk->graph->of_file[file + 1]; at++, walk->steps++) {
		const struct sb_trace_edge *edge = sb_graph_edge(walk->graph, at);
		if (edge->uses & depth->out)
			rc = meet_process(walk, edge->process, depth, err);
	}
	return rc;
}

static int walk_to(struct sb_walk *walk, uint32_t from, const struct depth *depth, struct sb_err *err)
{
	walk->round++;
	int rc = meet_file(walk, from, depth, err);
	while (!rc && walk->stack.count && walk->steps < walk->most) {
		uint32_t file = *(uint32_t *)sb_vec_at(&walk->stack, --walk->stack.count);
		rc = meet_writers(walk, file, depth, err);
	}
	return rc;
}

static void forget(struct sb_walk *walk)
{
	for (size_t i = 0; i < walk->met.count; i++)
		walk->inflow[*(uint32_t *)sb_vec_at(&walk->met, i)] = SB_INFLOW_NONE;
	walk->met.count = 0;
	walk->stack.count = 0;
}

int sb_walk_run(struct sb_walk *walk, uint32_t from, bool *done, struct sb_err *err)
{
	static const struct depth depths[] = {
		{SB_INFLOW_DATA, SB_TRACE_READ, SB_TRACE_WRITE, false},
		{SB_INFLOW_RUN, SB_TRACE_READ | SB_TRACE_EXEC, SB_TRACE_WRITE, false},
		{SB_INFLOW_CONTROL, SB_TRACE_READ | SB_TRACE_EXEC | SB_TRACE_HOLD, SB_TRACE_WRITE | SB_TRACE_HOLD, true},
	};
	int rc = 0;

	forget(walk);
	for (size_t i = 0; !rc && i < sizeof depths / sizeof *depths; i++)
		rc = walk_to(walk, from, &depths[i], err);
	*done = !rc && walk->stack.count == 0;
	return rc;
}
