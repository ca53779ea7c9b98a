/* SPDX-License-Identifier: Apache-2.0 */
/* Rules over all members of one archive: what no single member shows. */
#include "verifier/ingest/unpack.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** The members of one archive, by path; position in the array behind it is the order of appearance. */
struct index {
	const struct sb_entry **sorted;
	size_t count;
	const struct sb_entry *first; /* in order of appearance */
	const size_t *ordinals;       /* of each of them among all members of the archive */
	size_t implied;               /* folders without a member of their own */
};

static size_t position(const struct index *index, const struct sb_entry *entry)
{
	return index->ordinals[entry - index->first];
}

/* Equal paths stay in order of appearance. */
static int by_path(const void *a, const void *b)
{
	const struct sb_entry *x = *(const struct sb_entry *const *)a, *y = *(const struct sb_entry *const *)b;
	int order = strcmp(x->path, y->path);
	return order ? order : (x > y) - (x < y);
}

/* The first member called by the @n bytes at @path, or NULL. */
static const struct sb_entry *find(const struct index *index, const char *path, size_t n)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *other = index->sorted[middle]->path;
		int order = strncmp(other, path, n);
		if (order < 0 || (order == 0 && strlen(other) < n))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == index->count || strncmp(index->sorted[low]->path, path, n) != 0 || index->sorted[low]->path[n] != '\0')
		return NULL;
	return index->sorted[low];
}

struct sb_span sb_ingest_content(const struct sb_vec *spools, const struct sb_entry *entry)
{
	struct sb_span bytes = {0};

	if (entry->type != SB_ENTRY_FILE || entry->spool >= spools->count)
		return bytes;
	const struct sb_blob *spool = sb_vec_at(spools, entry->spool);
	return sb_span_cut(spool->bytes, entry->offset, entry->size, &bytes) ? bytes : (struct sb_span){0};
}

size_t sb_ingest_shared(const char *a, const char *b)
{
	size_t n = 0;
	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static int fail_entry(struct sb_err *err, const struct sb_entry *entry)
{
	sb_within(err, entry->path);
	return SB_FORMAT;
}

static int check_repeats(const struct sb_unpack *unpack, const struct index *index, struct sb_err *err)
{
	for (size_t i = 1; i < index->count; i++) {
		const struct sb_entry *a = index->sorted[i - 1], *b = index->sorted[i];
		if (strcmp(a->path, b->path) != 0)
			continue;
		if (unpack->profile == SB_INGEST_ROOT && a->type == SB_ENTRY_DIR && b->type == SB_ENTRY_DIR)
			continue;
		sb_fail(err, SB_FORMAT, "archive-duplicate", "entries %zu and %zu have the same name", position(index, a), position(index, b));
		return fail_entry(err, b);
	}
	return 0;
}

/*
 * An entry below a member that is no folder would be written through a link. Folders that end before @from have been looked at; those
 * that are only implied by longer names are counted, since they become entries too.
 */
static int check_ancestors(struct index *index, const struct sb_entry *entry, size_t from, struct sb_err *err)
{
	for (const char *slash = strchr(entry->path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		const struct sb_entry *above = find(index, entry->path, (size_t)(slash - entry->path));
		index->implied += !above;
		if (!above || above->type == SB_ENTRY_DIR)
			continue;
		if (above->type == SB_ENTRY_SYMLINK)
			sb_fail(err, SB_FORMAT, "archive-escape", "its path passes through the symbolic link of entry %zu", position(index, above));
		else
			sb_fail(err, SB_FORMAT, "archive-duplicate", "its path passes through entry %zu, which is no folder", position(index, above));
		return fail_entry(err, entry);
	}
	return 0;
}

static int check_hard_link(const struct sb_unpack *unpack, const struct index *index, const struct sb_entry *entry, struct sb_err *err)
{
	if (entry->type != SB_ENTRY_HARDLINK)
		return 0;
	const struct sb_entry *target = find(index, entry->link, strlen(entry->link));
	const char *why = !target                                                     ? "a hard link to a member that is not there"
	                  : target->type != SB_ENTRY_FILE                             ? "a hard link to something that is no regular file"
	                  : target > entry && unpack->profile == SB_INGEST_DROP ? "a hard link to a later member"
	                                                                              : NULL;
	if (!why)
		return 0;
	sb_fail(err, SB_FORMAT, "archive-bad-link", "%s", why);
	return fail_entry(err, entry);
}

static int by_folded_path(const void *a, const void *b)
{
	const struct sb_entry *x = *(const struct sb_entry *const *)a, *y = *(const struct sb_entry *const *)b;
	return strcasecmp(x->path, y->path);
}

/* On a file system that ignores case one of them would replace the other: told, not refused. */
static int note_case_twins(struct sb_unpack *unpack, struct index *index, struct sb_err *err)
{
	int rc = 0;

	qsort(index->sorted, index->count, sizeof *index->sorted, by_folded_path);
	for (size_t i = 1; !rc && i < index->count; i++) {
		const struct sb_entry *a = index->sorted[i - 1], *b = index->sorted[i];
		if (strcasecmp(a->path, b->path) != 0)
			continue;
		char *shown = sb_escape_copy(unpack->arena, sb_span_text(b->path));
		rc = shown ? sb_ingest_note(unpack, err, "archive-case-twins", "%s and another entry differ only in the case of letters", shown)
		           : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	return rc;
}

static int check_all(struct sb_unpack *unpack, struct index *index, struct sb_err *err)
{
	int rc = check_repeats(unpack, index, err);
	for (size_t i = 0; !rc && i < index->count; i++) {
		const struct sb_entry *entry = index->sorted[i];
		rc = check_ancestors(index, entry, i ? sb_ingest_shared(index->sorted[i - 1]->path, entry->path) : 0, err);
		if (!rc && unpack->entries.count + index->implied > unpack->most_entries)
			rc = sb_ingest_refuse(sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, unpack->entries.count + index->implied), err);
		if (!rc)
			rc = check_hard_link(unpack, index, entry, err);
	}
	return rc || unpack->profile == SB_INGEST_ROOT ? rc : note_case_twins(unpack, index, err);
}

int sb_ingest_check_tree(struct sb_unpack *unpack, size_t first, const size_t *ordinals, struct sb_err *err)
{
	size_t count = unpack->entries.count - first;
	if (count == 0)
		return 0;
	struct index index = {.count = count, .first = sb_vec_at(&unpack->entries, first), .ordinals = ordinals};

	if (!(index.sorted = calloc(count, sizeof *index.sorted)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < count; i++)
		index.sorted[i] = &index.first[i];
	qsort(index.sorted, count, sizeof *index.sorted, by_path);
	int rc = check_all(unpack, &index, err);
	free(index.sorted);
	return rc;
}

/** Many small files make one unit of work, so that handing them out costs nothing. */
enum { FILES_A_UNIT = 64 };

struct hashing {
	struct sb_unpack *unpack;
	size_t first;
};

static int hash_unit(void *ctx, size_t unit, struct sb_err *err)
{
	const struct hashing *all = ctx;
	size_t from = all->first + unit * FILES_A_UNIT, count = all->unpack->entries.count;

	for (size_t i = from; i < from + FILES_A_UNIT && i < count; i++) {
		struct sb_entry *entry = sb_vec_at(&all->unpack->entries, i);
		struct sb_digest digest;
		struct sb_span bytes;
		if (entry->type != SB_ENTRY_FILE)
			continue;
		const struct sb_blob *spool = sb_vec_at(&all->unpack->spools, entry->spool);
		if (!sb_span_cut(spool->bytes, entry->offset, entry->size, &bytes))
			return sb_fail(err, SB_INTERNAL, "tiling-violated", "a member lies outside its archive");
		sb_hash_span(bytes, SB_DIGEST_BLAKE2B, &digest);
		memcpy(entry->blake2b, digest.blake2b, sizeof entry->blake2b);
	}
	return 0;
}

int sb_ingest_hash_entries(struct sb_unpack *unpack, size_t first, struct sb_err *err)
{
	struct hashing all = {.unpack = unpack, .first = first};
	size_t count = unpack->entries.count - first;
	return sb_pool_run(unpack->jobs, (count + FILES_A_UNIT - 1) / FILES_A_UNIT, hash_unit, &all, err);
}
