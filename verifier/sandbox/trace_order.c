/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of processes and the order of events differ from run to run, what they did does not. Each process and file gets a key out of what it
 * is, then out of what it met, a few times over: who still has the same key cannot be told apart by anybody.
 */
#include "verifier/sandbox/trace_make.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 4 };

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a + UINT64_C(0x9e3779b97f4a7c15)) ^ (b * UINT64_C(0xbf58476d1ce4e5b9));

	x = (x ^ (x >> 31)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 29);
}

static uint64_t mix_bytes(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return mix(h, n);
}

static uint64_t mix_text(uint64_t h, const char *text)
{
	return mix_bytes(h, text, strlen(text));
}

struct keys {
	struct sb_recorder *recorder;
	const char *const *shown;
	uint64_t *processes, *files, *process_sums, *file_sums;
	size_t process_count, file_count;
};

static const char *image_path(const struct keys *keys, uint32_t image)
{
	return image == SB_TRACE_NONE ? "" : keys->shown[image];
}

static void begin_keys(struct keys *keys)
{
	size_t count;
	const struct sb_recorded_file *files = sb_recorder_files(keys->recorder, &count);
	const struct sb_recorded_process *rows = sb_recorder_processes(keys->recorder, &count);

	for (size_t i = 0; i < keys->file_count; i++) {
		keys->files[i] = mix_text(files[i].origin, keys->shown[i]);
		if (files[i].digested)
			keys->files[i] = mix_bytes(keys->files[i], files[i].sha256, sizeof(files[i].sha256));
	}
	for (size_t i = 0; i < keys->process_count; i++) { /* parents come first */
		uint64_t h = rows[i].parent == SB_TRACE_NONE ? 1 : keys->processes[rows[i].parent];

		h = mix(mix_text(h, image_path(keys, rows[i].image)), rows[i].step);
		h = mix_bytes(h, rows[i].argv_sha256, sizeof(rows[i].argv_sha256));
		keys->processes[i] = mix_text(h, sb_recorder_text(keys->recorder, rows[i].cwd));
	}
}

static void refine_keys(struct keys *keys)
{
	size_t count;
	const struct sb_trace_edge *edges = sb_recorder_edges(keys->recorder, &count);

	memset(keys->process_sums, 0, keys->process_count * sizeof(uint64_t));
	memset(keys->file_sums, 0, keys->file_count * sizeof(uint64_t));
	for (size_t i = 0; i < count; i++) {
		keys->process_sums[edges[i].process] += mix(keys->files[edges[i].file], edges[i].uses);
		keys->file_sums[edges[i].file] += mix(keys->processes[edges[i].process], edges[i].uses);
	}
	const struct sb_recorded_process *rows = sb_recorder_processes(keys->recorder, &count);
	for (size_t i = 0; i < keys->process_count; i++)
		if (rows[i].parent != SB_TRACE_NONE) {
			keys->process_sums[rows[i].parent] += mix(keys->processes[i], 3);
			keys->process_sums[i] += mix(keys->processes[rows[i].parent], 5);
		}
	for (size_t i = 0; i < keys->process_count; i++)
		keys->processes[i] = mix(keys->processes[i], keys->process_sums[i]);
	for (size_t i = 0; i < keys->file_count; i++)
		keys->files[i] = mix(keys->files[i], keys->file_sums[i]);
}

/** One sibling, as it is sorted. */
struct sibling {
	const struct sb_recorded_process *row;
	const char *image, *cwd;
	uint64_t key;
	uint32_t number;
};

/** First of a tree, they sort before all others. */
static int by_family(const void *left, const void *right)
{
	const struct sibling *a = left, *b = right;
	uint32_t p = a->row->parent + 1, q = b->row->parent + 1;
	int c;

	if (p != q)
		return p < q ? -1 : 1;
	if (a->row->step != b->row->step)
		return a->row->step < b->row->step ? -1 : 1;
	if ((c = strcmp(a->image, b->image)) != 0)
		return c;
	if ((c = memcmp(a->row->argv_sha256, b->row->argv_sha256, SB_SHA256_BYTES)) != 0)
		return c;
	if ((c = strcmp(a->cwd, b->cwd)) != 0)
		return c;
	return a->key == b->key ? 0 : a->key < b->key ? -1 : 1;
}

/** Where the children of each stand among the sorted; the last one is the end. */
static void find_children(const struct sibling *sorted, size_t count, uint32_t *first)
{
	size_t at = 0;

	while (at < count && sorted[at].row->parent == SB_TRACE_NONE)
		at++;
	for (uint32_t parent = 0; parent <= count; parent++) {
		while (at < count && sorted[at].row->parent < parent)
			at++;
		first[parent] = (uint32_t)at;
	}
}

/** Children right behind their parents, by a stack of the next sibling and the end of its family. */
static void walk_tree(const struct sibling *sorted, size_t count, const uint32_t *first, uint32_t *stack, struct sb_trace_order *out)
{
	size_t depth = 0, made = 0;

	stack[0] = 0;
	stack[1] = count ? first[0] : 0;
	while (made < count) {
		uint32_t *top = stack + 2 * depth;

		if (top[0] == top[1]) {
			depth--;
			continue;
		}
		uint32_t number = sorted[top[0]++].number;
		out->processes[made] = number;
		out->process_at[number] = (uint32_t)made++;
		if (first[number] != first[number + 1]) {
			depth++;
			stack[2 * depth] = first[number];
			stack[2 * depth + 1] = first[number + 1];
		}
	}
}

static int sort_processes(const struct keys *keys, struct sb_arena *arena, struct sb_trace_order *out, struct sb_err *err)
{
	size_t count = keys->process_count;
	const struct sb_recorded_process *rows = sb_recorder_processes(keys->recorder, &(size_t){0});
	struct sibling *sorted = sb_arena_array(arena, count + 1, sizeof(*sorted));
	uint32_t *first = sb_arena_array(arena, count + 2, sizeof(*first)), *stack = sb_arena_array(arena, 2 * count + 4, sizeof(*stack));

	if (!sorted || !first || !stack)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct sibling){.row = &rows[i], .image = image_path(keys, rows[i].image), .number = (uint32_t)i, .key = keys->processes[i],
		                             .cwd = sb_recorder_text(keys->recorder, rows[i].cwd)};
	if (count)
		qsort(sorted, count, sizeof(*sorted), by_family);
	find_children(sorted, count, first);
	walk_tree(sorted, count, first, stack, out);
	return 0;
}

int sb_trace_order(struct sb_recorder *recorder, const char *const *shown, struct sb_arena *arena, struct sb_trace_order *out, struct sb_err *err)
{
	struct keys keys = {.recorder = recorder, .shown = shown};

	sb_recorder_files(recorder, &keys.file_count);
	sb_recorder_processes(recorder, &keys.process_count);
	keys.processes = sb_arena_array(arena, keys.process_count + 1, sizeof(uint64_t));
	keys.process_sums = sb_arena_array(arena, keys.process_count + 1, sizeof(uint64_t));
	keys.files = sb_arena_array(arena, keys.file_count + 1, sizeof(uint64_t));
	keys.file_sums = sb_arena_array(arena, keys.file_count + 1, sizeof(uint64_t));
	*out = (struct sb_trace_order){.process_count = keys.process_count, .process_keys = keys.processes, .file_keys = keys.files};
	out->processes = sb_arena_array(arena, keys.process_count + 1, sizeof(uint32_t));
	out->process_at = sb_arena_array(arena, keys.process_count + 1, sizeof(uint32_t));
	if (!keys.processes || !keys.process_sums || !keys.files || !keys.file_sums || !out->processes || !out->process_at)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	begin_keys(&keys);
	for (unsigned round = 0; round < ROUNDS; round++)
		refine_keys(&keys);
	return sort_processes(&keys, arena, out, err);
}
