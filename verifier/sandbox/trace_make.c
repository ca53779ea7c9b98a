/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/trace_make.h"
#include "hashing/hashing.h"
#include "verifier/sandbox/drawn.h"
#include "verifier/sandbox/temporary.h"
#include "verifier/sandbox/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct making {
	const struct sb_trace_request *request;
	struct sb_arena *arena;
	struct sb_recorded_file *files;
	size_t file_count;
	const char **shown;           /* per recorded file */
	bool *met;                    /* per recorded file: it has an edge */
	struct sb_trace_order order;
	struct sb_trace_row *rows;
	size_t row_count;
	uint32_t *first_row, *row_sum; /* per recorded file: where its rows stand in row_of, and how many */
	uint32_t *row_of;
	struct sb_trace *out;
};

static int out_of_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

const char *sb_trace_path(const struct sb_trace_request *request, struct sb_arena *arena, const char *path)
{
	size_t n = strlen(request->build_path);
	char *copy;

	if (strncmp(path, request->build_path, n) == 0 && (path[n] == '/' || !path[n]))
		return path[n] ? sb_arena_copy(arena, sb_span_text(path + n + 1)) : ".";
	copy = sb_arena_copy(arena, sb_span_text(path));
	if (copy)
		copy[sb_temporary_names(copy, strlen(copy), request->work_mount)] = 0;
	return copy;
}

/* ---- files ---- */

static const char *show_recorded(const struct making *m, const struct sb_recorded_file *file)
{
	const char *path = sb_recorder_text(m->request->recorder, file->path);
	char *copy = file->temporary && !file->final ? sb_arena_copy(m->arena, sb_span_text(path)) : NULL;

	if (!file->temporary || file->final)
		return sb_trace_path(m->request, m->arena, path);
	if (copy)
		sb_temporary_base(copy);
	return copy ? sb_trace_path(m->request, m->arena, copy) : NULL;
}

static int show_files(struct making *m, struct sb_err *err)
{
	for (size_t i = 0; i < m->file_count; i++) {
		const struct sb_recorded_file *file = &m->files[i];

		if (file->origin == SB_TRACE_CHANNEL)
			m->shown[i] = sb_arena_copy(m->arena, sb_span_text(sb_recorder_text(m->request->recorder, file->path)));
		else if (file->origin == SB_TRACE_SOURCE && !file->path)
			m->shown[i] = m->request->source->inventory->entries[file->source].path;
		else
			m->shown[i] = show_recorded(m, file);
		if (!m->shown[i])
			return out_of_memory(err);
	}
	return 0;
}

static void find_met(struct making *m)
{
	size_t count;
	const struct sb_trace_edge *edges = sb_recorder_edges(m->request->recorder, &count);

	for (size_t i = 0; i < count; i++)
		m->met[edges[i].file] = true;
}

/** A source has the digests of what the drop brought, whatever became of it. */
static int digest_source(const struct making *m, struct sb_recorded_file *file, struct sb_err *err)
{
	const struct sb_entry *entry = &m->request->source->inventory->entries[file->source];
	struct sb_span bytes;
	struct sb_digest digest;
	struct sb_hash git;
	char head[32];
	int rc = sb_tree_bytes(m->request->source, entry, &bytes, err);

	if (rc != 0)
		return rc;
	int n = snprintf(head, sizeof(head), "blob %llu", (unsigned long long)bytes.n);
	sb_hash_init(&git, SB_DIGEST_SHA256);
	sb_hash_update(&git, sb_span_of(head, (size_t)n + 1));
	sb_hash_update(&git, bytes);
	sb_hash_final(&git, &digest);
	memcpy(file->gitoid, digest.sha256, sizeof(file->gitoid));
	sb_hash_span(bytes, SB_DIGEST_SHA256, &digest);
	memcpy(file->sha256, digest.sha256, sizeof(file->sha256));
	file->size = bytes.n;
	file->digested = true;
	return 0;
}

static int digest_sources(struct making *m, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->file_count; i++)
		if (m->files[i].origin == SB_TRACE_SOURCE && m->met[i])
			rc = digest_source(m, &m->files[i], err);
	return rc;
}

static bool belongs(const struct making *m, size_t file)
{
	return m->met[file] || m->files[file].final || m->files[file].origin == SB_TRACE_SOURCE;
}

/** One row for each name that a file has at the end; one for the last name of what is gone. */
static int list_rows(struct making *m, struct sb_err *err)
{
	size_t names;
	const struct sb_recorded_name *name = sb_recorder_names(m->request->recorder, &names);

	m->rows = sb_arena_array(m->arena, m->file_count + names + 1, sizeof(*m->rows));
	if (!m->rows)
		return out_of_memory(err);
	for (size_t i = 0; i < m->file_count; i++)
		if (belongs(m, i) && !m->files[i].final)
			m->rows[m->row_count++] = (struct sb_trace_row){.file = (uint32_t)i, .path = m->shown[i]};
	for (size_t i = 0; i < names; i++) {
		const char *path = sb_trace_path(m->request, m->arena, sb_recorder_text(m->request->recorder, name[i].path));

		if (!path)
			return out_of_memory(err);
		m->rows[m->row_count++] = (struct sb_trace_row){.file = name[i].file, .path = path};
	}
	return 0;
}

struct sorted_row {
	struct sb_trace_row row;
	enum sb_trace_origin origin;
	uint64_t key;
};

static int by_path(const void *left, const void *right)
{
	const struct sorted_row *a = left, *b = right;
	int c;

	if (a->origin != b->origin)
		return a->origin < b->origin ? -1 : 1;
	if ((c = strcmp(a->row.path, b->row.path)) != 0)
		return c;
	return a->key == b->key ? 0 : a->key < b->key ? -1 : 1;
}

static int sort_rows(struct making *m, struct sb_err *err)
{
	struct sorted_row *sorted = sb_arena_array(m->arena, m->row_count + 1, sizeof(*sorted));

	if (!sorted)
		return out_of_memory(err);
	for (size_t i = 0; i < m->row_count; i++)
		sorted[i] = (struct sorted_row){.row = m->rows[i], .origin = m->files[m->rows[i].file].origin, .key = m->order.file_keys[m->rows[i].file]};
	if (m->row_count)
		qsort(sorted, m->row_count, sizeof(*sorted), by_path);
	for (size_t i = 0; i < m->row_count; i++)
		m->rows[i] = sorted[i].row;
	return 0;
}

/** From a recorded file to its rows. */
static int index_rows(struct making *m, struct sb_err *err)
{
	m->first_row = sb_arena_array(m->arena, m->file_count + 1, sizeof(uint32_t));
	m->row_sum = sb_arena_array(m->arena, m->file_count + 1, sizeof(uint32_t));
	m->row_of = sb_arena_array(m->arena, m->row_count + 1, sizeof(uint32_t));
	if (!m->first_row || !m->row_sum || !m->row_of)
		return out_of_memory(err);
	for (size_t i = 0; i < m->row_count; i++)
		m->first_row[m->rows[i].file + 1]++;
	for (size_t i = 0; i < m->file_count; i++)
		m->first_row[i + 1] += m->first_row[i];
	for (size_t i = 0; i < m->row_count; i++) {
		uint32_t file = m->rows[i].file;

		m->row_of[m->first_row[file] + m->row_sum[file]++] = (uint32_t)i;
	}
	return 0;
}

/** Of a source: a further name that it was brought under counts as such. */
static const char *from_of(const struct making *m, const struct sb_trace_row *row)
{
	const struct sb_inventory *inventory = m->request->source->inventory;
	const struct sb_entry *entry = sb_inventory_find(inventory, row->path);

	if (entry && (entry->type == SB_ENTRY_FILE || entry->type == SB_ENTRY_HARDLINK))
		return entry->path;
	return inventory->entries[m->files[row->file].source].path;
}

static int give_files(struct making *m, struct sb_err *err)
{
	struct sb_trace_file *files = sb_arena_array(m->arena, m->row_count + 1, sizeof(*files));

	if (!files)
		return out_of_memory(err);
	for (size_t i = 0; i < m->row_count; i++) {
		const struct sb_trace_row *row = &m->rows[i];
		const struct sb_recorded_file *file = &m->files[row->file];
		const struct sb_entry *output = file->final ? sb_inventory_find(m->request->outputs, row->path) : NULL;

		files[i] = (struct sb_trace_file){
			.origin = file->origin, .path = row->path, .digested = file->digested, .size = file->digested ? file->size : 0, .final = file->final,
			.from = file->origin == SB_TRACE_SOURCE ? from_of(m, row) : NULL, .output = output && output->type == SB_ENTRY_FILE,
			.witness = file->witness, .witness_read = file->witness && file->witness_read};
		if (file->digested) {
			memcpy(files[i].sha256, file->sha256, SB_SHA256_BYTES);
			memcpy(files[i].gitoid, file->gitoid, SB_SHA256_BYTES);
		}
	}
	m->out->files = files;
	m->out->file_count = m->row_count;
	return 0;
}

/* ---- processes, edges, attempts ---- */

static uint32_t process_at(const struct making *m, uint32_t process)
{
	return process == SB_TRACE_NONE ? SB_TRACE_NONE : m->order.process_at[process];
}

static uint32_t image_at(const struct making *m, uint32_t file)
{
	return file == SB_TRACE_NONE || !m->row_sum[file] ? SB_TRACE_NONE : m->row_of[m->first_row[file]];
}

static int give_processes(struct making *m, struct sb_err *err)
{
	size_t count = m->order.process_count;
	const struct sb_recorded_process *rows = sb_recorder_processes(m->request->recorder, &count);
	struct sb_trace_process *made = sb_arena_array(m->arena, count + 1, sizeof(*made));

	if (!made)
		return out_of_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct sb_recorded_process *row = &rows[m->order.processes[i]];
		const char *argv = sb_recorder_text(m->request->recorder, row->argv);

		made[i] = (struct sb_trace_process){
			.parent = process_at(m, row->parent), .adopted = row->adopted, .image = image_at(m, row->image), .argv_length = row->argv_length,
			.argv = sb_arena_copy(m->arena, sb_span_of(argv, row->argv ? row->argv_length : 0)), .argv_cut = row->argv_cut, .step = row->step,
			.cwd = sb_trace_path(m->request, m->arena, sb_recorder_text(m->request->recorder, row->cwd))};
		memcpy(made[i].argv_sha256, row->argv_sha256, SB_SHA256_BYTES);
		if (!row->argv)
			made[i].argv_length = 0;
		if (!made[i].argv || !made[i].cwd)
			return out_of_memory(err);
	}
	m->out->processes = made;
	m->out->process_count = count;
	return 0;
}

static int by_ends(const void *left, const void *right)
{
	const struct sb_trace_edge *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return a->file == b->file ? 0 : a->file < b->file ? -1 : 1;
}

static int give_edges(struct making *m, bool *too_many, struct sb_err *err)
{
	size_t count, sum = 0;
	const struct sb_trace_edge *edges = sb_recorder_edges(m->request->recorder, &count);
	struct sb_trace_edge *made;

	for (size_t i = 0; i < count; i++)
		sum += m->row_sum[edges[i].file];
	*too_many = sum > SB_LIMIT_OF(TRACE_EDGES);
	made = *too_many ? NULL : sb_arena_array(m->arena, sum + 1, sizeof(*made));
	if (!made)
		return *too_many ? 0 : out_of_memory(err);
	sum = 0;
	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < m->row_sum[edges[i].file]; k++)
			made[sum++] = (struct sb_trace_edge){
				.process = process_at(m, edges[i].process), .file = m->row_of[m->first_row[edges[i].file] + k], .uses = edges[i].uses};
	if (sum)
		qsort(made, sum, sizeof(*made), by_ends);
	m->out->edges = made;
	m->out->edge_count = sum;
	return 0;
}

static int by_process(const void *left, const void *right)
{
	const struct sb_trace_attempt *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->text, b->text);
}

static int give_attempts(struct making *m, struct sb_err *err)
{
	size_t count, kept = 0;
	const struct sb_recorded_attempt *rows = sb_recorder_attempts(m->request->recorder, &count);
	struct sb_trace_attempt *made = sb_arena_array(m->arena, count + 1, sizeof(*made));

	if (!made)
		return out_of_memory(err);
	for (size_t i = 0; i < count; i++) {
		const char *text = sb_trace_path(m->request, m->arena, sb_recorder_text(m->request->recorder, rows[i].text));

		if (!text)
			return out_of_memory(err);
		made[i] = (struct sb_trace_attempt){.kind = rows[i].kind, .process = process_at(m, rows[i].process), .text = text, .count = rows[i].count};
		if (rows[i].kind == SB_TRACE_ATTEMPT_RANDOM || rows[i].kind == SB_TRACE_ATTEMPT_CLOCK)
			made[i].count = 1;
	}
	if (count)
		qsort(made, count, sizeof(*made), by_process);
	for (size_t i = 0; i < count; i++) /* random names that are "*" now are one */
		if (kept && by_process(&made[kept - 1], &made[i]) == 0)
			made[kept - 1].count += made[i].kind == SB_TRACE_ATTEMPT_ABSENT ? made[i].count : 0;
		else
			made[kept++] = made[i];
	m->out->attempts = made;
	m->out->attempt_count = kept;
	return 0;
}

/* ---- doubts ---- */

static int by_id(const void *left, const void *right)
{
	const struct sb_trace_doubt *a = left, *b = right;
	int c = strcmp(a->id, b->id);

	return c ? c : strcmp(a->text, b->text);
}

static int give_limits(struct making *m, uint64_t met, struct sb_trace_doubt *doubts, size_t *count, struct sb_err *err)
{
	struct sb_limit_hit *hits = sb_arena_array(m->arena, SB_LIMIT_ROWS, sizeof(*hits));

	if (!hits)
		return out_of_memory(err);
	for (unsigned row = 0; row < SB_LIMIT_ROWS; row++)
		if (met >> row & 1) {
			const struct sb_limit *limit = sb_limit((enum sb_limit_row)row);

			hits[m->out->limit_count++] = (struct sb_limit_hit){.name = limit->name, .value = limit->value, .where = "trace"};
			doubts[(*count)++] = (struct sb_trace_doubt){.id = "events-lost", .text = limit->name};
		}
	m->out->limits = hits;
	return 0;
}

static int give_doubts(struct making *m, bool too_many, struct sb_err *err)
{
	size_t count, kept = 0;
	const struct sb_recorded_doubt *rows = sb_recorder_doubts(m->request->recorder, &count);
	struct sb_trace_doubt *doubts = sb_arena_array(m->arena, count + SB_LIMIT_ROWS, sizeof(*doubts));
	uint64_t met = sb_recorder_limits(m->request->recorder) | (too_many ? UINT64_C(1) << SB_LIMIT_ROW_TRACE_EDGES : 0);

	if (!doubts)
		return out_of_memory(err);
	for (; kept < count; kept++) {
		const char *text = sb_trace_path(m->request, m->arena, sb_recorder_text(m->request->recorder, rows[kept].text));

		if (!text)
			return out_of_memory(err);
		doubts[kept] = (struct sb_trace_doubt){.id = rows[kept].id, .text = text, .integrity = rows[kept].integrity};
	}
	int rc = give_limits(m, met, doubts, &kept, err);
	if (kept)
		qsort(doubts, kept, sizeof(*doubts), by_id);
	m->out->doubts = doubts;
	m->out->doubt_count = kept;
	m->out->trusted = rc == 0 && kept == 0;
	return rc;
}

static int prepare(struct making *m, struct sb_err *err)
{
	m->files = sb_recorder_files(m->request->recorder, &m->file_count);
	m->shown = sb_arena_array(m->arena, m->file_count + 1, sizeof(*m->shown));
	m->met = sb_arena_array(m->arena, m->file_count + 1, sizeof(*m->met));
	if (!m->shown || !m->met)
		return out_of_memory(err);
	find_met(m);
	int rc = sb_drawn_settle(m->request, m->arena, err);
	if (rc == 0)
		rc = digest_sources(m, err);
	if (rc == 0)
		rc = show_files(m, err);
	if (rc == 0)
		rc = sb_trace_order(m->request->recorder, m->shown, m->arena, &m->order, err);
	if (rc == 0)
		rc = list_rows(m, err);
	if (rc == 0)
		rc = sort_rows(m, err);
	return rc ? rc : index_rows(m, err);
}

int sb_trace_make(const struct sb_trace_request *request, struct sb_arena *arena, struct sb_trace *out, struct sb_err *err)
{
	static const char *const witnesses[] = {"access-times", "descriptors", "fanotify"};
	struct sb_trace made = {.present = true, .witnesses = witnesses, .witness_count = sb_recorder_is_witnessed(request->recorder) ? 3 : 2};
	struct making m = {.request = request, .arena = arena, .out = &made};
	bool too_many = false;
	int rc = prepare(&m, err);

	if (rc == 0)
		rc = give_files(&m, err);
	if (rc == 0)
		rc = give_processes(&m, err);
	if (rc == 0)
		rc = give_edges(&m, &too_many, err);
	if (rc == 0)
		rc = give_attempts(&m, err);
	if (rc == 0)
		rc = give_doubts(&m, too_many, err);
	if (rc == 0)
		*out = made;
	return rc;
}
