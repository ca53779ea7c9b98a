/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/leaks.h"
#include "verifier/trace/trades.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_leaks_init(struct sb_leaks *leaks, const struct sb_graph *graph, struct sb_source_use *uses, size_t count, struct sb_err *err)
{
	const struct sb_trace *trace = graph->trace;

	*leaks = (struct sb_leaks){.graph = graph, .uses = uses, .use_count = count, .stack = {.size = sizeof(uint32_t)}};
	leaks->known = calloc(trace->file_count + 1, sizeof *leaks->known);
	leaks->met = calloc(trace->file_count + 1, sizeof *leaks->met);
	leaks->passed = calloc(trace->process_count + 1, sizeof *leaks->passed);
	return leaks->known && leaks->met && leaks->passed ? sb_alike_make(trace, &leaks->alike, err) : no_memory(err);
}

void sb_leaks_release(struct sb_leaks *leaks)
{
	free(leaks->known);
	free(leaks->met);
	free(leaks->passed);
	sb_alike_release(&leaks->alike);
	sb_vec_release(&leaks->stack);
}

/* What lies in the archive @path stands together, since its paths begin alike. */
static size_t first_member(const struct sb_leaks *leaks, const char *path, size_t n)
{
	size_t low = 0, high = leaks->use_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *other = leaks->uses[middle].path;
		int order = strncmp(other, path, n);
		if (order < 0 || (order == 0 && strncmp(other + n, SB_PACKED "/", strlen(SB_PACKED "/")) < 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void know_member(struct sb_leaks *leaks, struct sb_source_use *member, bool strict)
{
	size_t first = 0, count = sb_alike_find(&leaks->alike, member, &first);

	for (size_t i = first; i < first + count; i++)
		leaks->known[leaks->alike.files[i]] = leaks->round;
	if (!strict && member->file != SB_TRACE_NONE)
		leaks->known[member->file] = leaks->round;
}

static void know_members(struct sb_leaks *leaks, const char *path, bool strict)
{
	size_t n = strlen(path);

	for (size_t i = first_member(leaks, path, n); i < leaks->use_count; i++) {
		struct sb_source_use *use = &leaks->uses[i];
		if (strncmp(use->path, path, n) != 0 || strncmp(use->path + n, SB_PACKED "/", strlen(SB_PACKED "/")) != 0)
			break;
		know_member(leaks, use, strict);
	}
}

static int meet(struct sb_leaks *leaks, uint32_t file, struct sb_err *err)
{
	uint32_t *slot = sb_vec_push(&leaks->stack);

	if (!slot)
		return no_memory(err);
	leaks->met[file] = leaks->round;
	*slot = file;
	return 0;
}

static enum sb_carriage carriage_of(const struct sb_trace *trace, uint32_t process)
{
	uint32_t image = trace->processes[process].image;

	return image != SB_TRACE_NONE && trace->files[image].origin == SB_TRACE_ROOT ? sb_carriage_of(trace->files[image].path) : SB_CARRIAGE_NONE;
}

/* What a reader wrote may hold what it read, but for what is known to be something else. */
static int pass(struct sb_leaks *leaks, uint32_t process, struct sb_err *err)
{
	const struct sb_trace *trace = leaks->graph->trace;
	enum sb_carriage carriage = carriage_of(trace, process);
	int rc = 0;

	leaks->passed[process] = leaks->round;
	leaks->escaped |= carriage == SB_CARRIAGE_NONE;
	if (carriage == SB_CARRIAGE_LOOKER)
		return 0;
	for (uint32_t at = leaks->graph->of_process[process]; !rc && at < leaks->graph->of_process[process + 1]; at++) {
		const struct sb_trace_edge *edge = &trace->edges[at];
		const struct sb_trace_file *file = &trace->files[edge->file];
		if (!(edge->uses & SB_TRACE_WRITE) || file->origin == SB_TRACE_DEVICE || leaks->known[edge->file] == leaks->round || sb_leaks_reach(leaks, edge->file))
			continue;
		leaks->escaped |= file->origin != SB_TRACE_CHANNEL;
		rc = meet(leaks, edge->file, err);
	}
	return rc;
}

/* Who reads it. A pipe that nobody was given to read is read by who made it. */
static unsigned reading_of(const struct sb_graph *graph, uint32_t file)
{
	const unsigned reading = SB_TRACE_READ | SB_TRACE_EXEC;

	for (uint32_t at = graph->of_file[file]; at < graph->of_file[file + 1]; at++)
		if (sb_graph_edge(graph, at)->uses & reading)
			return reading;
	return graph->trace->files[file].origin == SB_TRACE_CHANNEL ? SB_TRACE_HOLD : reading;
}

static int pass_readers(struct sb_leaks *leaks, uint32_t file, struct sb_err *err)
{
	unsigned reading = reading_of(leaks->graph, file);
	int rc = 0;

	for (uint32_t at = leaks->graph->of_file[file]; !rc && at < leaks->graph->of_file[file + 1]; at++) {
		const struct sb_trace_edge *edge = sb_graph_edge(leaks->graph, at);
		if (edge->uses & reading && leaks->passed[edge->process] != leaks->round)
			rc = pass(leaks, edge->process, err);
	}
	return rc;
}

int sb_leaks_follow(struct sb_leaks *leaks, size_t archive, bool strict, struct sb_err *err)
{
	const struct sb_source_use *use = &leaks->uses[archive];
	int rc = 0;

	leaks->round++;
	leaks->stack.count = 0;
	leaks->escaped = false;
	if (use->file == SB_TRACE_NONE)
		return 0;
	know_members(leaks, use->path, strict);
	rc = meet(leaks, use->file, err);
	while (!rc && leaks->stack.count) {
		uint32_t file = *(uint32_t *)sb_vec_at(&leaks->stack, --leaks->stack.count);
		rc = pass_readers(leaks, file, err);
	}
	return rc;
}
