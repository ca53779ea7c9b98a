/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files of the drop were read, and which were only carried about. A copy is followed until somebody reads it who is no carrier; what cannot be
 * told apart counts as read, so that nothing is called copied that was compiled after all.
 */
#include "verifier/trace/uses.h"
#include "verifier/trace/leaks.h"
#include "verifier/trace/trades.h"
#include "verifier/trace/unpacked.h"

#include <stdlib.h>
#include <string.h>

/** Bytes from which on two files are not equal by chance, and how many of one content are looked at. */
enum { LEAST_ALIKE = 64, MOST_ALIKE = 4096 };

/** What a file is to the one that is followed. */
enum cargo { CARGO_COPY = 1, CARGO_PACKED = 2 };

struct following {
	const struct sb_graph *graph;
	uint8_t *seen;            /* bits of enum cargo, by file */
	struct sb_vec stack, met; /* struct stop; uint32_t */
	const struct sb_trace_file *source;
};

struct stop {
	uint32_t file;
	enum cargo cargo;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int push(struct following *f, uint32_t file, enum cargo cargo, struct sb_err *err)
{
	if (f->seen[file] & cargo)
		return 0;
	if (!f->seen[file]) {
		uint32_t *met = sb_vec_push(&f->met);
		if (!met)
			return no_memory(err);
		*met = file;
	}
	f->seen[file] |= (uint8_t)cargo;
	struct stop *stop = sb_vec_push(&f->stack);
	if (!stop)
		return no_memory(err);
	*stop = (struct stop){file, cargo};
	return 0;
}

static bool is_copy(const struct following *f, const struct sb_trace_file *file)
{
	if (file->digested && f->source->digested)
		return file->size == f->source->size && memcmp(file->sha256, f->source->sha256, SB_SHA256_BYTES) == 0;
	return strcmp(sb_path_base(file->path), sb_path_base(f->source->path)) == 0 || strchr(file->path, '*') != NULL;
}

static size_t outputs_of(const struct following *f, uint32_t process)
{
	const struct sb_trace *trace = f->graph->trace;
	size_t count = 0;

	for (uint32_t at = f->graph->of_process[process]; at < f->graph->of_process[process + 1]; at++)
		count += (trace->edges[at].uses & SB_TRACE_WRITE) && trace->files[trace->edges[at].file].origin == SB_TRACE_BUILT;
	return count;
}

/* What a carrier wrote that may hold what it read. Who writes several files packs none of them; what it takes out of an archive is known by its content. */
static int follow_carrier(struct following *f, uint32_t process, enum cargo cargo, enum sb_carriage carriage, struct sb_err *err)
{
	const struct sb_trace *trace = f->graph->trace;
	bool packs = carriage == SB_CARRIAGE_CODER || (carriage == SB_CARRIAGE_PACKER && (cargo == CARGO_COPY || outputs_of(f, process) == 1));
	int rc = 0;

	for (uint32_t at = f->graph->of_process[process]; !rc && at < f->graph->of_process[process + 1]; at++) {
		const struct sb_trace_edge *edge = &trace->edges[at];
		const struct sb_trace_file *file = &trace->files[edge->file];
		if (!(edge->uses & SB_TRACE_WRITE) || file->origin == SB_TRACE_DEVICE)
			continue;
		if (file->origin != SB_TRACE_CHANNEL && is_copy(f, file))
			rc = push(f, edge->file, CARGO_COPY, err);
		else if (file->origin == SB_TRACE_CHANNEL || packs)
			rc = push(f, edge->file, CARGO_PACKED, err);
	}
	return rc;
}

/* False when one of those who read it does more than carry it. */
static int follow_readers(struct following *f, const struct stop *stop, bool *carried, struct sb_err *err)
{
	const struct sb_trace *trace = f->graph->trace;
	int rc = 0;

	for (uint32_t at = f->graph->of_file[stop->file]; !rc && *carried && at < f->graph->of_file[stop->file + 1]; at++) {
		const struct sb_trace_edge *edge = sb_graph_edge(f->graph, at);
		uint32_t image = trace->processes[edge->process].image;
		enum sb_carriage carriage = image == SB_TRACE_NONE ? SB_CARRIAGE_NONE : sb_carriage_of(trace->files[image].path);
		if (!(edge->uses & (SB_TRACE_READ | SB_TRACE_EXEC)))
			continue;
		if (carriage == SB_CARRIAGE_NONE || (edge->uses & SB_TRACE_EXEC) || trace->files[image].origin != SB_TRACE_ROOT)
			*carried = false;
		else if (carriage != SB_CARRIAGE_LOOKER)
			rc = follow_carrier(f, edge->process, stop->cargo, carriage, err);
	}
	return rc;
}

static int is_only_carried(struct following *f, uint32_t file, bool *carried, struct sb_err *err)
{
	f->source = &f->graph->trace->files[file];
	*carried = true;
	int rc = push(f, file, CARGO_COPY, err);
	while (!rc && *carried && f->stack.count) {
		struct stop stop = *(struct stop *)sb_vec_at(&f->stack, --f->stack.count);
		rc = follow_readers(f, &stop, carried, err);
	}
	for (size_t i = 0; i < f->met.count; i++)
		f->seen[*(uint32_t *)sb_vec_at(&f->met, i)] = 0;
	f->met.count = f->stack.count = 0;
	return rc;
}

static bool was_read(const struct sb_graph *graph, uint32_t file)
{
	for (uint32_t at = graph->of_file[file]; at < graph->of_file[file + 1]; at++)
		if (sb_graph_edge(graph, at)->uses & (SB_TRACE_READ | SB_TRACE_EXEC))
			return true;
	return false;
}

static int judge(struct following *f, struct sb_source_use *use, struct sb_err *err)
{
	const struct sb_trace_file *file = use->file == SB_TRACE_NONE ? NULL : &f->graph->trace->files[use->file];
	bool carried = false;

	use->use = SB_USE_UNREAD;
	if (!file)
		return 0;
	if (!was_read(f->graph, use->file)) {
		if (file->witness && file->witness_read)
			use->use = SB_USE_UNKNOWN; /* the kernel saw a reader whom nobody else saw */
		return 0;
	}
	int rc = is_only_carried(f, use->file, &carried, err);
	use->use = carried ? SB_USE_COPIED : SB_USE_READ;
	return rc;
}

struct found {
	const char *path;
	uint32_t file;
};

static int by_path(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	return strcmp(x->path, y->path);
}

/* Files of the trace that are as the drop brought them, by their path in it. */
static struct found *list_found(const struct sb_trace *trace, size_t *count)
{
	struct found *found = calloc(trace->file_count + 1, sizeof *found);

	*count = 0;
	for (size_t i = 0; found && i < trace->file_count; i++)
		if (trace->files[i].origin == SB_TRACE_SOURCE && trace->files[i].from)
			found[(*count)++] = (struct found){trace->files[i].from, (uint32_t)i};
	if (found && *count)
		qsort(found, *count, sizeof *found, by_path);
	return found;
}

static int judge_source(struct following *f, struct sb_source_use *use, const struct found *found, size_t known, struct sb_err *err)
{
	const struct found wanted = {.path = use->path};
	const struct found *at = known ? bsearch(&wanted, found, known, sizeof *found, by_path) : NULL;

	use->file = at ? at->file : SB_TRACE_NONE;
	return judge(f, use, err);
}

/** A path that ends in the middle of a longer one. */
struct prefix {
	const char *path;
	size_t n;
};

static int prefix_to_use(const void *key, const void *item)
{
	const struct prefix *prefix = key;
	const char *path = ((const struct sb_source_use *)item)->path;
	int order = strncmp(prefix->path, path, prefix->n);
	return order ? order : -(path[prefix->n] != '\0');
}

struct sb_source_use *sb_use_archive(struct sb_source_use *uses, size_t i)
{
	struct prefix prefix = {.path = uses[i].path};

	for (const char *at = uses[i].path; (at = strstr(at, SB_PACKED "/")); at++)
		prefix.n = (size_t)(at - uses[i].path);
	return prefix.n ? bsearch(&prefix, uses, i, sizeof *uses, prefix_to_use) : NULL;
}

const uint8_t *sb_use_digest(struct sb_source_use *use)
{
	struct sb_digest digest;

	if (!use->hashed) {
		sb_hash_span(use->bytes, SB_DIGEST_SHA256, &digest);
		memcpy(use->sha256, digest.sha256, SB_SHA256_BYTES);
		use->hashed = true;
	}
	return use->sha256;
}

/** What all uses are judged with. */
struct judging {
	struct following *following;
	struct sb_unpacked unpacked;
	struct sb_leaks leaks;
	struct sb_source_use *uses;
	size_t count;
};

/* A file with that content under whatever name: one that was read, else one that was collected. */
static uint32_t find_alike(struct judging *j, struct sb_source_use *use)
{
	const struct sb_alike *alike = &j->leaks.alike;
	size_t first = 0, count = use->bytes.n < LEAST_ALIKE ? 0 : sb_alike_find(alike, use, &first);
	uint32_t best = count ? alike->files[first] : SB_TRACE_NONE;

	for (size_t i = first; i < first + count && i < first + MOST_ALIKE; i++) {
		if (was_read(j->following->graph, alike->files[i]))
			return alike->files[i];
		if (alike->trace->files[alike->files[i]].output)
			best = alike->files[i];
	}
	return best;
}

/* As the file that it became; what became none is looked at once all files are known. */
static int judge_packed(struct judging *j, size_t i, struct sb_err *err)
{
	struct sb_source_use *use = &j->uses[i], *archive = sb_use_archive(j->uses, i);

	use->file = sb_unpacked_find(&j->unpacked, use->path, use->bytes, &use->many);
	if (use->file == SB_TRACE_NONE && archive && archive->use != SB_USE_UNREAD)
		use->file = find_alike(j, use);
	use->use = use->many || !archive || archive->use != SB_USE_UNREAD ? SB_USE_UNKNOWN : SB_USE_UNREAD;
	int rc = use->file == SB_TRACE_NONE ? 0 : judge(j->following, use, err);
	if (!rc && use->file != SB_TRACE_NONE && use->use == SB_USE_UNREAD && j->following->graph->trace->files[use->file].output)
		use->use = SB_USE_COPIED; /* it was unpacked to where it is delivered from */
	return rc;
}

/* Whether what @archive holds went further than to programs that only move bytes, or came out of them under another name. */
static int ask_escaped(struct judging *j, struct sb_source_use *archive, struct sb_err *err)
{
	if (archive->followed)
		return 0;
	int rc = sb_leaks_follow(&j->leaks, (size_t)(archive - j->uses), true, err);
	archive->escaped = j->leaks.escaped;
	archive->followed = true;
	return rc;
}

/* What never became a file may have been read all the same: by a program that reads archives, or out of a pipe. */
static int judge_lost(struct judging *j, struct sb_source_use *use, struct sb_err *err)
{
	struct sb_source_use *archive = sb_use_archive(j->uses, (size_t)(use - j->uses));

	if (use->many || !archive)
		return 0;
	bool asked = archive->use == SB_USE_COPIED || archive->use == SB_USE_READ;
	int rc = asked ? ask_escaped(j, archive, err) : 0;
	bool stayed = archive->use == SB_USE_UNREAD || (asked && !archive->escaped);
	use->use = stayed ? SB_USE_UNREAD : SB_USE_UNKNOWN;
	return rc;
}

static int judge_all(struct judging *j, struct sb_err *err)
{
	size_t known;
	SB_FREEING struct found *found = list_found(j->following->graph->trace, &known);
	int rc = found ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < j->count; i++)
		rc = j->uses[i].packed ? judge_packed(j, i, err) : judge_source(j->following, &j->uses[i], found, known, err);
	for (size_t i = 0; !rc && i < j->count; i++)
		if (j->uses[i].packed && j->uses[i].file == SB_TRACE_NONE)
			rc = judge_lost(j, &j->uses[i], err);
	return rc;
}

static size_t list_files(const struct sb_tree *tree, bool packed, struct sb_source_use *out)
{
	size_t n = 0;

	for (size_t i = 0; i < tree->inventory->count; i++) {
		const struct sb_entry *entry = &tree->inventory->entries[i];
		struct sb_span bytes = {0};
		if (entry->type != SB_ENTRY_FILE)
			continue;
		if (entry->spool < tree->spool_count && !sb_span_cut(tree->spools[entry->spool].bytes, entry->offset, entry->size, &bytes))
			bytes = (struct sb_span){0};
		out[n++] = (struct sb_source_use){.path = entry->path, .bytes = bytes, .packed = packed};
	}
	return n;
}

static int by_use_path(const void *a, const void *b)
{
	const struct sb_source_use *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int judge_uses(const struct sb_graph *graph, struct sb_source_use *uses, size_t count, struct sb_err *err)
{
	struct following f = {.graph = graph, .seen = calloc(graph->trace->file_count + 1, 1), .stack = {.size = sizeof(struct stop)},
	                      .met = {.size = sizeof(uint32_t)}};
	struct judging j = {.following = &f, .uses = uses, .count = count};
	int rc = f.seen ? sb_unpacked_make(graph, &j.unpacked, err) : no_memory(err);

	if (!rc)
		rc = sb_leaks_init(&j.leaks, graph, uses, count, err);
	if (!rc)
		rc = judge_all(&j, err);
	sb_leaks_release(&j.leaks);
	sb_unpacked_release(&j.unpacked);
	free(f.seen);
	sb_vec_release(&f.stack);
	sb_vec_release(&f.met);
	return rc;
}

int sb_uses_list(const struct sb_graph *graph, const struct sb_tree *source, const struct sb_tree *packed, struct sb_arena *arena,
                 struct sb_source_use **out, size_t *count, struct sb_err *err)
{
	size_t most = source->inventory->count + (packed ? packed->inventory->count : 0);
	struct sb_source_use *uses = sb_arena_array(arena, most, sizeof *uses);

	if (!uses)
		return no_memory(err);
	size_t n = list_files(source, false, uses);
	if (packed)
		n += list_files(packed, true, uses + n);
	if (n)
		qsort(uses, n, sizeof *uses, by_use_path);
	*out = uses;
	*count = n;
	return judge_uses(graph, uses, n, err);
}
