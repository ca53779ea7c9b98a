/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a trace document: what is taken is a graph, and says the same when it is written and read again. */
#include "manifests/trace_document.h"

#include <stdlib.h>
#include <string.h>

static void must(bool true_)
{
	if (!true_)
		abort();
}

/** What whoever walks the graph relies on. */
static void check(const struct sb_trace *trace)
{
	must(trace->present && !(trace->trusted && trace->doubt_count));
	for (size_t i = 0; i < trace->file_count; i++)
		must(trace->files[i].path != NULL);
	for (size_t i = 0; i < trace->process_count; i++) {
		const struct sb_trace_process *process = &trace->processes[i];

		must(process->parent == SB_TRACE_NONE || process->parent < i);
		must(process->image == SB_TRACE_NONE || process->image < trace->file_count);
		must(process->argv && process->argv[process->argv_length] == 0 && process->cwd);
	}
	for (size_t i = 0; i < trace->edge_count; i++) {
		const struct sb_trace_edge *edge = &trace->edges[i];

		must(edge->process < trace->process_count && edge->file < trace->file_count && edge->uses > 0);
		must(i == 0 || edge->process > edge[-1].process || (edge->process == edge[-1].process && edge->file > edge[-1].file));
	}
	for (size_t i = 0; i < trace->attempt_count; i++)
		must(trace->attempts[i].process < trace->process_count && trace->attempts[i].text);
	for (size_t i = 0; i < trace->doubt_count; i++)
		must(trace->doubts[i].id && trace->doubts[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);
	SB_BUF struct sb_buf first = {0}, second = {0};
	struct sb_trace trace = {0}, back;
	struct sb_err err = {0};

	must(arena != NULL);
	if (sb_trace_read(sb_span_of(data, n), arena, &trace, &err)) {
		must(err.id != NULL && !trace.present);
		return 0;
	}
	check(&trace);
	must(sb_trace_write(&trace, &first, NULL) == 0);
	must(sb_trace_read(sb_buf_span(&first), arena, &back, NULL) == 0);
	check(&back);
	must(sb_trace_write(&back, &second, NULL) == 0 && sb_span_equal(sb_buf_span(&first), sb_buf_span(&second)));
	return 0;
}
