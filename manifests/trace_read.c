/* SPDX-License-Identifier: Apache-2.0 */
/* A trace read back is foreign: what leads nowhere is refused, so that whoever walks the graph need not look. */
#include "manifests/trace_document.h"

#include "manifests/taking.h"
#include "manifests/trace_words.h"

#include <stdlib.h>
#include <string.h>

static const char *const top_keys[] = {"*schema", "*trusted", "*files", "*processes", "*edges", "*attempts", "*doubts", "*witnesses", NULL};
static const char *const file_keys[] = {"*path", "*origin", "from", "size", "sha256", "gitoid", "*final", "*output", "*witness", "*witness_read", NULL};
static const char *const process_keys[] = {"*parent", "*image", "*adopted", "*argv", "*argv_cut", "*argv_sha256", "*cwd", "*step", NULL};
static const char *const attempt_keys[] = {"*kind", "*process", "*text", "*count", NULL};
static const char *const doubt_keys[] = {"*id", "*text", "*integrity", NULL};

static void wrong(struct sb_taking *in, struct sb_place place, const char *what)
{
	sb_schema_problem(&in->schema, place, "trace-document-malformed", "%s", what);
}

/* A number below @count; null where @or_none. */
static uint32_t number(struct sb_taking *in, struct sb_place place, size_t count, bool or_none)
{
	if (or_none && sb_take_is_null(place))
		return SB_TRACE_NONE;
	uint64_t value = sb_schema_uint(&in->schema, place, 0, UINT32_MAX - 1, 0);
	if (value >= count)
		wrong(in, place, "it leads nowhere");
	return (uint32_t)value;
}

static void take_file(struct sb_taking *in, struct sb_place item, struct sb_trace_file *out)
{
	if (!sb_schema_map(&in->schema, item, file_keys))
		return;
	out->path = sb_take_raw(in, item, "path");
	out->origin = (enum sb_trace_origin)sb_schema_word(&in->schema, sb_schema_key(&in->schema, item, "origin"), sb_trace_origin_words, SB_TRACE_UNKNOWN);
	out->from = sb_schema_key(&in->schema, item, "from").node ? sb_take_raw(in, item, "from") : NULL;
	out->digested = sb_schema_key(&in->schema, item, "sha256").node != NULL;
	if (out->digested) {
		out->size = sb_take_count(in, item, "size");
		sb_take_hex(in, item, "sha256", out->sha256, SB_SHA256_BYTES);
		sb_take_hex(in, item, "gitoid", out->gitoid, SB_SHA256_BYTES);
	}
	out->final = sb_take_bool(in, item, "final", false);
	out->output = sb_take_bool(in, item, "output", false);
	out->witness = sb_take_bool(in, item, "witness", false);
	out->witness_read = sb_take_bool(in, item, "witness_read", false);
}

static void take_arguments(struct sb_taking *in, struct sb_place item, struct sb_trace_process *out)
{
	size_t count, length = 0;
	const char *const *words = sb_take_names(in, item, "argv", &count);

	for (size_t i = 0; i < count; i++)
		length += strlen(words[i]) + 1;
	char *argv = sb_take_array(in, length + 1, 1);
	if (!argv)
		return;
	for (size_t i = 0, at = 0; i < count; at += strlen(words[i]) + 1, i++)
		memcpy(argv + at, words[i], strlen(words[i]));
	out->argv = argv;
	out->argv_length = length ? length - 1 : 0;
}

static void take_process(struct sb_taking *in, struct sb_place item, size_t index, size_t files, struct sb_trace_process *out)
{
	out->argv = out->cwd = "";
	if (!sb_schema_map(&in->schema, item, process_keys))
		return;
	out->parent = number(in, sb_schema_key(&in->schema, item, "parent"), index, true);
	out->image = number(in, sb_schema_key(&in->schema, item, "image"), files, true);
	out->adopted = sb_take_bool(in, item, "adopted", false);
	take_arguments(in, item, out);
	out->argv_cut = sb_take_bool(in, item, "argv_cut", false);
	sb_take_hex(in, item, "argv_sha256", out->argv_sha256, SB_SHA256_BYTES);
	out->cwd = sb_take_raw(in, item, "cwd");
	out->step = (uint32_t)sb_schema_uint(&in->schema, sb_schema_key(&in->schema, item, "step"), 0, UINT32_MAX, 0);
}

static void take_edges(struct sb_taking *in, struct sb_place top, struct sb_trace *out)
{
	struct sb_place items;
	struct sb_trace_edge *edges = sb_take_list(in, top, "edges", sizeof *edges, &items, &out->edge_count);
	const uint64_t all = SB_TRACE_READ | SB_TRACE_WRITE | SB_TRACE_EXEC | SB_TRACE_HOLD;

	for (size_t i = 0; i < out->edge_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_list(&in->schema, item))
			continue;
		if (item.node->count != 3) {
			wrong(in, item, "an edge has a process, a file and its uses");
			continue;
		}
		edges[i].process = number(in, sb_schema_item(&in->schema, item, 0), out->process_count, false);
		edges[i].file = number(in, sb_schema_item(&in->schema, item, 1), out->file_count, false);
		edges[i].uses = (unsigned)sb_schema_uint(&in->schema, sb_schema_item(&in->schema, item, 2), 1, all, 1);
		if (i && (edges[i].process < edges[i - 1].process || (edges[i].process == edges[i - 1].process && edges[i].file <= edges[i - 1].file)))
			wrong(in, item, "edges are out of order");
	}
	out->edges = edges;
}

static void take_files_and_processes(struct sb_taking *in, struct sb_place top, struct sb_trace *out)
{
	struct sb_place items;
	struct sb_trace_file *files = sb_take_list(in, top, "files", sizeof *files, &items, &out->file_count);
	for (size_t i = 0; i < out->file_count; i++)
		take_file(in, sb_schema_item(&in->schema, items, i), &files[i]);
	struct sb_trace_process *processes = sb_take_list(in, top, "processes", sizeof *processes, &items, &out->process_count);
	for (size_t i = 0; i < out->process_count; i++)
		take_process(in, sb_schema_item(&in->schema, items, i), i, out->file_count, &processes[i]);
	out->files = files;
	out->processes = processes;
}

static void take_attempts(struct sb_taking *in, struct sb_place top, struct sb_trace *out)
{
	struct sb_place items;
	struct sb_trace_attempt *attempts = sb_take_list(in, top, "attempts", sizeof *attempts, &items, &out->attempt_count);

	for (size_t i = 0; i < out->attempt_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, attempt_keys))
			continue;
		attempts[i].kind = (enum sb_trace_attempt_kind)sb_schema_word(&in->schema, sb_schema_key(&in->schema, item, "kind"), sb_trace_attempt_words,
		                                                              SB_TRACE_ATTEMPT_UNKNOWN);
		attempts[i].process = number(in, sb_schema_key(&in->schema, item, "process"), out->process_count, false);
		attempts[i].text = sb_take_raw(in, item, "text");
		attempts[i].count = sb_take_count(in, item, "count");
	}
	out->attempts = attempts;
}

static void take_doubts(struct sb_taking *in, struct sb_place top, struct sb_trace *out)
{
	struct sb_place items;
	struct sb_trace_doubt *doubts = sb_take_list(in, top, "doubts", sizeof *doubts, &items, &out->doubt_count);

	for (size_t i = 0; i < out->doubt_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, doubt_keys))
			continue;
		doubts[i].id = sb_take_raw(in, item, "id");
		doubts[i].text = sb_take_raw(in, item, "text");
		doubts[i].integrity = sb_take_bool(in, item, "integrity", true);
	}
	out->doubts = doubts;
	out->trusted = sb_take_bool(in, top, "trusted", false);
	if (out->trusted && out->doubt_count)
		wrong(in, top, "a trace is trusted although there are doubts");
}

static void take_all(struct sb_taking *in, struct sb_place top, struct sb_trace *out)
{
	if (!sb_schema_map(&in->schema, top, top_keys))
		return;
	if (strcmp(sb_take_text(in, top, "schema"), "samebuild-trace/1") != 0)
		wrong(in, top, "the schema is not samebuild-trace/1");
	take_files_and_processes(in, top, out);
	take_edges(in, top, out);
	take_attempts(in, top, out);
	take_doubts(in, top, out);
	out->witnesses = sb_take_names(in, top, "witnesses", &out->witness_count);
	out->present = true;
}

int sb_trace_read(struct sb_span text, struct sb_arena *arena, struct sb_trace *out, struct sb_err *err)
{
	SB_FREEING struct sb_taking *in = calloc(1, sizeof *in);
	struct sb_place top = {.way = ""};
	struct sb_trace made = {0};

	if (!in)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*in = (struct sb_taking){.schema = {.document = "trace", .arena = arena}, .arena = arena};
	int rc = sb_node_read_json(text, SB_LIMIT_OF(RECORD_BYTES), "trace", arena, &top.node, err);
	if (rc)
		return rc == SB_FORMAT ? sb_reidentify(err, "trace-document-malformed") : rc;
	take_all(in, top, &made);
	if (in->failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	rc = sb_schema_end(&in->schema, NULL, err);
	if (rc) {
		if (err)
			err->code = SB_FORMAT;
		sb_reidentify(err, "trace-document-malformed");
		return SB_FORMAT;
	}
	*out = made;
	return 0;
}
