/* SPDX-License-Identifier: Apache-2.0 */
/* What the build was made from: every file that it took in and did not make, with its owner, and which of them got into each artifact. */
#include "verifier/trace/lineage.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool has_use(const struct sb_graph *graph, uint32_t file, unsigned uses)
{
	for (uint32_t at = graph->of_file[file]; at < graph->of_file[file + 1]; at++)
		if (sb_graph_edge(graph, at)->uses & uses)
			return true;
	return false;
}

/* What the build wrote is none; what nobody was seen to write, is. */
static bool is_input(const struct sb_graph *graph, uint32_t i)
{
	const struct sb_trace_file *file = &graph->trace->files[i];

	if (file->origin == SB_TRACE_CHANNEL || (file->origin == SB_TRACE_BUILT && has_use(graph, i, SB_TRACE_WRITE)))
		return false;
	return file->output || has_use(graph, i, SB_TRACE_READ | SB_TRACE_EXEC);
}

/** An input and the file of the trace that it is. */
struct numbered {
	struct sb_lineage_input input;
	uint32_t file;
};

static int by_origin_and_path(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int order = (x->input.origin > y->input.origin) - (x->input.origin < y->input.origin);
	if (!order)
		order = strcmp(x->input.path, y->input.path);
	if (!order)
		order = memcmp(x->input.sha256, y->input.sha256, SB_SHA256_BYTES);
	return order ? order : (x->file > y->file) - (x->file < y->file);
}

/* A file that the build took out of an archive of the drop: what was made of it was made of this source. */
static struct numbered unpacked(const struct sb_analysis *a, const struct sb_source_use *use)
{
	const struct sb_trace_file *file = &a->in->trace->files[use->file];
	struct numbered out = {.file = use->file, .input = {.path = use->path, .origin = SB_ORIGIN_SOURCE, .hashed = true, .size = use->bytes.n}};
	struct sb_digest digest;

	sb_hash_span(use->bytes, SB_DIGEST_SHA256, &digest);
	memcpy(out.input.sha256, digest.sha256, SB_SHA256_BYTES);
	out.input.has_gitoid = file->digested;
	memcpy(out.input.gitoid, file->gitoid, SB_SHA256_BYTES);
	return out;
}

static struct numbered *number(const struct sb_analysis *a, size_t *count)
{
	const struct sb_trace *trace = a->in->trace;
	struct numbered *all = calloc(trace->file_count + a->use_count + 1, sizeof *all);

	*count = 0;
	for (size_t i = 0; all && i < a->use_count; i++)
		if (a->uses[i].packed && a->uses[i].file != SB_TRACE_NONE && has_use(&a->graph, a->uses[i].file, SB_TRACE_READ | SB_TRACE_EXEC))
			all[(*count)++] = unpacked(a, &a->uses[i]);
	for (uint32_t i = 0; all && i < trace->file_count; i++) {
		const struct sb_trace_file *file = &trace->files[i];
		if (!is_input(&a->graph, i))
			continue;
		struct numbered *to = &all[(*count)++];
		to->file = i;
		to->input = (struct sb_lineage_input){.path = file->from ? file->from : file->path, .origin = sb_lineage_origin(file->origin), .hashed = file->digested,
		                                      .size = file->digested ? file->size : 0};
		if (!file->digested)
			continue;
		to->input.has_gitoid = true;
		memcpy(to->input.sha256, file->sha256, SB_SHA256_BYTES);
		memcpy(to->input.gitoid, file->gitoid, SB_SHA256_BYTES);
	}
	if (all && *count)
		qsort(all, *count, sizeof *all, by_origin_and_path);
	return all;
}

/* Inputs of the root lie in the order of their paths, as the list of what is owned must. */
static int find_owners(struct sb_analysis *a, struct sb_lineage_input *inputs, size_t count, struct sb_err *err)
{
	SB_FREEING struct sb_owned *files = calloc(count + 1, sizeof *files);
	size_t first = 0, n = 0;

	if (!files)
		return no_memory(err);
	while (first < count && inputs[first].origin != SB_ORIGIN_TOOLCHAIN)
		first++;
	for (; first + n < count && inputs[first + n].origin == SB_ORIGIN_TOOLCHAIN; n++)
		files[n].path = inputs[first + n].path;
	int rc = sb_packages_own(a->in->packages, files, n, err);
	for (size_t i = 0; i < count; i++)
		a->owner_of[i] = SIZE_MAX;
	for (size_t i = 0; !rc && i < n; i++) {
		a->owner_of[first + i] = files[i].package;
		if (files[i].package != SIZE_MAX)
			inputs[first + i].package = a->names[files[i].package].name;
	}
	return rc;
}

int sb_lineage_inputs(struct sb_analysis *a, struct sb_err *err)
{
	size_t all = 0;
	SB_FREEING struct numbered *numbered = number(a, &all);
	size_t count = sb_lineage_room(a, all);
	struct sb_lineage_input *inputs = sb_arena_array(a->arena, count, sizeof *inputs);

	a->input_of = sb_arena_array(a->arena, a->in->trace->file_count, sizeof *a->input_of);
	a->owner_of = sb_arena_array(a->arena, count, sizeof *a->owner_of);
	if (!numbered || !inputs || !a->input_of || !a->owner_of)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		inputs[i] = numbered[i].input;
		a->input_of[numbered[i].file] = (uint32_t)i + 1;
	}
	a->out->inputs = inputs;
	a->out->input_count = count;
	return find_owners(a, inputs, count, err);
}

/** A collected file by its path. */
struct made {
	const char *path;
	uint32_t file;
};

static int by_path(const void *a, const void *b)
{
	const struct made *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static struct made *list_made(const struct sb_trace *trace, size_t *count)
{
	struct made *made = calloc(trace->file_count + 1, sizeof *made);

	*count = 0;
	for (size_t i = 0; made && i < trace->file_count; i++)
		if (trace->files[i].output)
			made[(*count)++] = (struct made){trace->files[i].path, (uint32_t)i};
	if (made && *count)
		qsort(made, *count, sizeof *made, by_path);
	return made;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The inputs of one way in that the last walk met, as far as there is room. */
static int list_links(struct sb_analysis *a, enum sb_inflow inflow, uint64_t *room, struct sb_lineage_output *out, struct sb_err *err)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < a->walk.met.count; i++) {
		uint32_t file = *(uint32_t *)sb_vec_at(&a->walk.met, i);
		count += a->walk.inflow[file] == inflow && a->input_of[file];
	}
	size_t fits = count < *room ? count : (size_t)*room;
	uint32_t *items = sb_arena_array(a->arena, fits, sizeof *items);
	if (!items)
		return no_memory(err);
	for (size_t i = 0; i < a->walk.met.count && kept < fits; i++) {
		uint32_t file = *(uint32_t *)sb_vec_at(&a->walk.met, i);
		if (a->walk.inflow[file] == inflow && a->input_of[file])
			items[kept++] = a->input_of[file] - 1;
	}
	if (kept)
		qsort(items, kept, sizeof *items, by_number);
	out->inputs[inflow] = (struct sb_lineage_list){items, kept};
	out->left_out += count - kept;
	*room -= kept;
	return 0;
}

/* Inputs that have no number, because there were too many. */
static uint64_t count_unnumbered(const struct sb_analysis *a)
{
	uint64_t count = 0;

	for (size_t i = 0; a->out->left_out && i < a->walk.met.count; i++) {
		uint32_t file = *(uint32_t *)sb_vec_at(&a->walk.met, i);
		count += !a->input_of[file] && is_input(&a->graph, file);
	}
	return count;
}

static int trace_output(struct sb_analysis *a, uint32_t file, uint64_t *room, struct sb_lineage_output *out, struct sb_err *err)
{
	bool written = has_use(&a->graph, file, SB_TRACE_WRITE) || a->in->trace->files[file].origin != SB_TRACE_BUILT;
	int rc = sb_walk_run(&a->walk, file, &out->traced, err);

	out->traced &= written;
	if (rc || !out->traced)
		return rc;
	out->has_gitoid = a->in->trace->files[file].digested;
	memcpy(out->gitoid, a->in->trace->files[file].gitoid, SB_SHA256_BYTES);
	out->left_out = count_unnumbered(a);
	for (unsigned inflow = SB_INFLOW_DATA; !rc && inflow > SB_INFLOW_NONE; inflow--)
		rc = list_links(a, (enum sb_inflow)inflow, room, out, err);
	return rc;
}

int sb_lineage_outputs(struct sb_analysis *a, struct sb_err *err)
{
	size_t known = 0, count = sb_lineage_room(a, a->in->artifact_count);
	SB_FREEING struct made *made = list_made(a->in->trace, &known);
	struct sb_lineage_output *outputs = sb_arena_array(a->arena, count, sizeof *outputs);
	uint64_t room = SB_LIMIT_OF(LINEAGE_LINKS);

	a->output_file = sb_arena_array(a->arena, count, sizeof *a->output_file);
	int rc = made && outputs && a->output_file ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < count; i++) {
		const struct sb_trace_artifact *artifact = &a->in->artifacts[i];
		const struct made wanted = {.path = artifact->built};
		const struct made *found = known ? bsearch(&wanted, made, known, sizeof *made, by_path) : NULL;
		outputs[i] = (struct sb_lineage_output){.name = artifact->name, .built = artifact->built};
		a->output_file[i] = found ? found->file : SB_TRACE_NONE;
		if (found)
			rc = trace_output(a, found->file, &room, &outputs[i], err);
	}
	a->out->outputs = outputs;
	a->out->output_count = count;
	return rc;
}
