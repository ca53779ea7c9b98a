/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/linked.h"
#include "verifier/trace/trades.h"

#include <string.h>

/** Steps back from a program to its objects, and files that are looked at. */
enum { DEEPEST = 8, MOST_FILES = 20000 };

/** What a program does to a file that it writes. */
enum craft { CRAFT_OTHER = 0, CRAFT_COMPILE, CRAFT_ASSEMBLE, CRAFT_LINK, CRAFT_STRIP, CRAFT_MOVE };

struct looking {
	const struct sb_graph *graph;
	size_t left;
};

static enum craft craft_of(const struct sb_trace *trace, uint32_t process)
{
	static const char *const strippers[] = {"strip", "objcopy"};
	uint32_t image = trace->processes[process].image;

	if (image == SB_TRACE_NONE || trace->files[image].origin != SB_TRACE_ROOT)
		return CRAFT_OTHER;
	const char *path = trace->files[image].path, *name = sb_path_base(path);
	for (size_t i = 0; i < sizeof strippers / sizeof *strippers; i++) {
		size_t n = strlen(name), tail = strlen(strippers[i]);
		if (n >= tail && strcmp(name + n - tail, strippers[i]) == 0 && (n == tail || name[n - tail - 1] == '-'))
			return CRAFT_STRIP;
	}
	if (sb_carriage_of(path) == SB_CARRIAGE_MOVER)
		return CRAFT_MOVE;
	switch (sb_trade_of(path)) {
	case SB_TRADE_COMPILER:
		return CRAFT_COMPILE;
	case SB_TRADE_ASSEMBLER:
		return CRAFT_ASSEMBLE;
	case SB_TRADE_LINKER:
	case SB_TRADE_ARCHIVER:
		return CRAFT_LINK;
	case SB_TRADE_OTHER:
	case SB_TRADE_INTERPRETER:
	case SB_TRADE_CARRIER:
		break;
	}
	return CRAFT_OTHER;
}

static bool is_made(struct looking *l, uint32_t file, enum craft least, unsigned depth);

/* All that @process read of what the build made, is made likewise; who moves many files moves this one from a file of its name. */
static bool takes_made(struct looking *l, uint32_t process, enum craft craft, uint32_t file, unsigned depth)
{
	const struct sb_trace *trace = l->graph->trace;
	const char *name = sb_path_base(trace->files[file].path);
	size_t seen = 0;

	for (uint32_t at = l->graph->of_process[process]; at < l->graph->of_process[process + 1]; at++) {
		const struct sb_trace_edge *edge = &trace->edges[at];
		if (!(edge->uses & SB_TRACE_READ) || edge->uses & SB_TRACE_WRITE || trace->files[edge->file].origin != SB_TRACE_BUILT)
			continue;
		if (craft == CRAFT_MOVE && strcmp(sb_path_base(trace->files[edge->file].path), name) != 0)
			continue;
		if (!is_made(l, edge->file, craft >= CRAFT_STRIP ? CRAFT_LINK : CRAFT_COMPILE, depth + 1))
			return false;
		seen++;
	}
	return seen > 0;
}

/* @least: what has to have been among the crafts that made it. */
static bool is_made(struct looking *l, uint32_t file, enum craft least, unsigned depth)
{
	enum craft best = CRAFT_OTHER;

	if (depth > DEEPEST || l->left == 0)
		return false;
	l->left--;
	for (uint32_t at = l->graph->of_file[file]; at < l->graph->of_file[file + 1]; at++) {
		const struct sb_trace_edge *edge = sb_graph_edge(l->graph, at);
		enum craft craft = edge->uses & SB_TRACE_WRITE ? craft_of(l->graph->trace, edge->process) : CRAFT_OTHER;
		if (!(edge->uses & SB_TRACE_WRITE))
			continue;
		if (craft == CRAFT_OTHER || (craft != CRAFT_COMPILE && !takes_made(l, edge->process, craft, file, depth)))
			return false;
		best = craft > best ? craft : best;
	}
	return best >= least && best != CRAFT_OTHER;
}

bool sb_linked(const struct sb_graph *graph, uint32_t file)
{
	struct looking l = {.graph = graph, .left = MOST_FILES};

	return is_made(&l, file, CRAFT_LINK, 0);
}
