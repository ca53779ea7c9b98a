/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/trace_document.h"

#include "manifests/making.h"
#include "manifests/trace_words.h"

#include <string.h>

const char *const sb_trace_origin_words[] = {"unknown", "source", "root", "built", "given", "device", "channel", NULL};
const char *const sb_trace_attempt_words[] = {"unknown", "network", "resolver", "clock", "random", "host-fact", "absent", "times", NULL};

static struct sb_node *number_or_null(struct sb_making *make, uint32_t number)
{
	return number == SB_TRACE_NONE ? sb_node_null(make->arena) : sb_node_int(make->arena, number);
}

static struct sb_node *file_node(struct sb_making *make, const struct sb_trace_file *file)
{
	struct sb_node *map = sb_make_map(make);

	sb_make_put_text(make, map, "path", file->path);
	sb_make_put_text(make, map, "origin", sb_trace_origin_words[file->origin < SB_TRACE_ORIGINS ? file->origin : SB_TRACE_UNKNOWN]);
	if (file->from)
		sb_make_put_text(make, map, "from", file->from);
	if (file->digested) {
		sb_make_put_count(make, map, "size", file->size);
		sb_make_put_hex(make, map, "sha256", file->sha256, SB_SHA256_BYTES);
		sb_make_put_hex(make, map, "gitoid", file->gitoid, SB_SHA256_BYTES);
	}
	sb_make_put_bool(make, map, "final", file->final);
	sb_make_put_bool(make, map, "output", file->output);
	sb_make_put_bool(make, map, "witness", file->witness);
	sb_make_put_bool(make, map, "witness_read", file->witness_read);
	return map;
}

/* Arguments are separated by NULs; the last one has none after it. */
static struct sb_node *arguments_node(struct sb_making *make, const struct sb_trace_process *process)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t at = 0; at < process->argv_length;) {
		size_t n = strnlen(process->argv + at, process->argv_length - at);
		const char *one = sb_arena_copy(make->arena, sb_span_of(process->argv + at, n));
		make->failed |= !one;
		sb_make_push(make, list, sb_make_text(make, one));
		at += n + 1;
	}
	return list;
}

static struct sb_node *process_node(struct sb_making *make, const struct sb_trace_process *process)
{
	struct sb_node *map = sb_make_map(make);

	sb_make_put(make, map, "parent", number_or_null(make, process->parent));
	sb_make_put(make, map, "image", number_or_null(make, process->image));
	sb_make_put_bool(make, map, "adopted", process->adopted);
	sb_make_put(make, map, "argv", arguments_node(make, process));
	sb_make_put_bool(make, map, "argv_cut", process->argv_cut);
	sb_make_put_hex(make, map, "argv_sha256", process->argv_sha256, SB_SHA256_BYTES);
	sb_make_put_text(make, map, "cwd", process->cwd);
	sb_make_put_count(make, map, "step", process->step);
	return map;
}

static struct sb_node *edge_node(struct sb_making *make, const struct sb_trace_edge *edge)
{
	struct sb_node *list = sb_make_list(make);

	sb_make_push(make, list, sb_node_int(make->arena, edge->process));
	sb_make_push(make, list, sb_node_int(make->arena, edge->file));
	sb_make_push(make, list, sb_node_int(make->arena, edge->uses));
	return list;
}

static struct sb_node *attempt_node(struct sb_making *make, const struct sb_trace_attempt *attempt)
{
	struct sb_node *map = sb_make_map(make);

	sb_make_put_text(make, map, "kind", sb_trace_attempt_words[attempt->kind < SB_TRACE_ATTEMPT_KINDS ? attempt->kind : SB_TRACE_ATTEMPT_UNKNOWN]);
	sb_make_put_count(make, map, "process", attempt->process);
	sb_make_put_text(make, map, "text", attempt->text);
	sb_make_put_count(make, map, "count", attempt->count);
	return map;
}

static struct sb_node *doubt_node(struct sb_making *make, const struct sb_trace_doubt *doubt)
{
	struct sb_node *map = sb_make_map(make);

	sb_make_put_text(make, map, "id", doubt->id);
	sb_make_put_text(make, map, "text", doubt->text);
	sb_make_put_bool(make, map, "integrity", doubt->integrity);
	return map;
}

static void put_lists(struct sb_making *make, struct sb_node *top, const struct sb_trace *trace)
{
	struct sb_node *files = sb_make_list(make), *processes = sb_make_list(make), *edges = sb_make_list(make);
	struct sb_node *attempts = sb_make_list(make), *doubts = sb_make_list(make), *witnesses = sb_make_list(make);

	for (size_t i = 0; i < trace->file_count; i++)
		sb_make_push(make, files, file_node(make, &trace->files[i]));
	for (size_t i = 0; i < trace->process_count; i++)
		sb_make_push(make, processes, process_node(make, &trace->processes[i]));
	for (size_t i = 0; i < trace->edge_count; i++)
		sb_make_push(make, edges, edge_node(make, &trace->edges[i]));
	for (size_t i = 0; i < trace->attempt_count; i++)
		sb_make_push(make, attempts, attempt_node(make, &trace->attempts[i]));
	for (size_t i = 0; i < trace->doubt_count; i++)
		sb_make_push(make, doubts, doubt_node(make, &trace->doubts[i]));
	for (size_t i = 0; i < trace->witness_count; i++)
		sb_make_push(make, witnesses, sb_make_text(make, trace->witnesses[i]));
	sb_make_put(make, top, "files", files);
	sb_make_put(make, top, "processes", processes);
	sb_make_put(make, top, "edges", edges);
	sb_make_put(make, top, "attempts", attempts);
	sb_make_put(make, top, "doubts", doubts);
	sb_make_put(make, top, "witnesses", witnesses);
}

int sb_trace_write(const struct sb_trace *trace, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena};

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	struct sb_node *top = sb_make_map(&make);
	sb_make_put_text(&make, top, "schema", "samebuild-trace/1");
	sb_make_put_bool(&make, top, "trusted", trace->trusted);
	put_lists(&make, top, trace);
	if (make.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}
