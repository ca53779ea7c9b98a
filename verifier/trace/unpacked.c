/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/unpacked.h"
#include "verifier/trace/trades.h"

#include <stdlib.h>
#include <string.h>

/** Files of one name that are looked at for one member. */
enum { MOST_OF_A_NAME = 4096 };
static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_name(const void *a, const void *b, void *ctx)
{
	const struct sb_trace *trace = ctx;
	uint32_t x = ((const struct sb_unpacked_file *)a)->file, y = ((const struct sb_unpacked_file *)b)->file;
	int order = strcmp(sb_path_base(trace->files[x].path), sb_path_base(trace->files[y].path));
	return order ? order : (x > y) - (x < y);
}

static bool carries(const struct sb_trace *trace, uint32_t process)
{
	uint32_t image = trace->processes[process].image;

	return image != SB_TRACE_NONE && trace->files[image].origin == SB_TRACE_ROOT && sb_carriage_of(trace->files[image].path) != SB_CARRIAGE_NONE;
}

static struct sb_unpacked_file look_at(const struct sb_graph *graph, uint32_t file)
{
	struct sb_unpacked_file out = {.file = file};
	bool written = false, made = false;

	for (uint32_t at = graph->of_file[file]; at < graph->of_file[file + 1]; at++) {
		const struct sb_trace_edge *edge = sb_graph_edge(graph, at);
		bool carried = carries(graph->trace, edge->process);
		written |= (edge->uses & SB_TRACE_WRITE) != 0;
		made |= (edge->uses & SB_TRACE_WRITE) && !carried;
		if (edge->uses & (SB_TRACE_READ | SB_TRACE_EXEC))
			out.readers = carried && out.readers != SB_READERS_USE ? SB_READERS_CARRY : SB_READERS_USE;
	}
	out.carried = written && !made;
	return out;
}

int sb_unpacked_make(const struct sb_graph *graph, struct sb_unpacked *out, struct sb_err *err)
{
	const struct sb_trace *trace = graph->trace;

	*out = (struct sb_unpacked){.trace = trace, .files = calloc(trace->file_count + 1, sizeof *out->files)};
	if (!out->files)
		return no_memory(err);
	for (uint32_t i = 0; i < trace->file_count; i++)
		if (trace->files[i].origin == SB_TRACE_BUILT)
			out->files[out->count++] = look_at(graph, i);
	if (out->count)
		qsort_r(out->files, out->count, sizeof *out->files, by_name, (void *)(uintptr_t)trace);
	return 0;
}

void sb_unpacked_release(struct sb_unpacked *unpacked)
{
	free(unpacked->files);
	*unpacked = (struct sb_unpacked){0};
}

static size_t first_of_name(const struct sb_unpacked *unpacked, const char *name)
{
	size_t low = 0, high = unpacked->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(sb_path_base(unpacked->trace->files[unpacked->files[middle].file].path), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Behind the name of the innermost archive. */
static const char *inner_path(const char *path)
{
	const char *inner = path;

	for (const char *at = path; (at = strstr(at, SB_PACKED "/")); at++)
		inner = at + strlen(SB_PACKED "/");
	return inner;
}

static size_t components(const char *path)
{
	size_t count = 1;

	for (; *path; path++)
		count += *path == '/';
	return count;
}

static size_t last_component(const char *path, size_t n)
{
	while (n && path[n - 1] != '/')
		n--;
	return n;
}

/* How many components at the end are the same. */
static size_t common_tail(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), common = 0;

	for (;;) {
		size_t x = last_component(a, n), y = last_component(b, m);
		if (n - x != m - y || memcmp(a + x, b + y, n - x) != 0)
			return common;
		common++;
		if (x == 0 || y == 0)
			return common;
		n = x - 1;
		m = y - 1;
	}
}

/** The member that is looked for; digested when a file of its size is met. */
struct wanted {
	struct sb_span bytes;
	bool digested;
	struct sb_digest digest;
};

static bool is_content(const struct sb_trace_file *file, struct wanted *wanted)
{
	if (file->size != wanted->bytes.n)
		return false;
	if (!wanted->digested)
		sb_hash_span(wanted->bytes, SB_DIGEST_SHA256, &wanted->digest);
	wanted->digested = true;
	return memcmp(wanted->digest.sha256, file->sha256, SB_SHA256_BYTES) == 0;
}

struct match {
	uint32_t file;
	enum sb_readers readers;
	size_t common;
	bool carried;
};

/* What was read comes first: of two copies, only one of which was read, the member is not to be called unread. */
static bool is_better(const struct match *match, const struct match *best)
{
	if (best->file == SB_TRACE_NONE)
		return true;
	if (match->readers != best->readers)
		return match->readers > best->readers;
	if (match->common != best->common)
		return match->common > best->common;
	return match->carried && !best->carried;
}

uint32_t sb_unpacked_find(const struct sb_unpacked *unpacked, const char *member, struct sb_span bytes, bool *many)
{
	const char *path = inner_path(member), *name = sb_path_base(path);
	size_t least = components(path) > 1 ? components(path) - 1 : 1, seen = 0;
	struct wanted wanted = {.bytes = bytes};
	struct match best = {.file = SB_TRACE_NONE};

	for (size_t i = first_of_name(unpacked, name); i < unpacked->count && seen < MOST_OF_A_NAME; i++, seen++) {
		const struct sb_unpacked_file *file = &unpacked->files[i];
		const struct sb_trace_file *at = &unpacked->trace->files[file->file];
		const struct match match = {file->file, file->readers, common_tail(at->path, path), file->carried};
		if (strcmp(sb_path_base(at->path), name) != 0)
			break;
		if (match.common >= least && is_better(&match, &best) && (at->digested ? is_content(at, &wanted) : file->carried))
			best = match;
	}
	*many = seen == MOST_OF_A_NAME;
	return best.file;
}
