/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives and compressed files that lie among the sources as they are, since the build itself unpacks them: what is in them was handed over as well.
 * They are known by their bytes, whatever they are called. What cannot be looked into is told, and counts as ready-made.
 */
#include "verifier/ingest/unpack.h"

#include <stdlib.h>
#include <string.h>

/** Archives that are looked into; starting a parser for each costs about a millisecond. */
enum { MOST_PACKED = 10000 };

/** Bits of a probe from which on a file is broken when it cannot be read; below it may be anything. */
enum { SURE = 24 };

struct looking {
	struct sb_unpack unpack;
	struct sb_vec unread; /* const char *: paths of what was not looked into */
	size_t archives;      /* met so far */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int keep_unread(struct looking *l, const char *path, struct sb_err *err)
{
	const char **slot = sb_vec_push(&l->unread);

	if (!slot)
		return no_memory(err);
	*slot = path;
	return 0;
}

/* Why it was not looked into, instead of what it holds. */
static int leave(struct looking *l, const char *path, const struct sb_err *why, struct sb_err *err)
{
	struct sb_unpack *unpack = &l->unpack;
	const char *shown = sb_escape_copy(unpack->arena, sb_span_text(path)), *reason = sb_escape_copy(unpack->arena, sb_span_text(why->msg));

	if (!shown || !reason)
		return no_memory(err);
	int rc = keep_unread(l, path, err);
	return rc ? rc : sb_ingest_note(unpack, err, "packed-unread", "%s was not looked into: %s", shown, reason);
}

static unsigned depth_of(const char *path)
{
	unsigned depth = 0;

	for (const char *at = path; (at = strstr(at, SB_PACKED "/")); at++)
		depth++;
	return depth;
}

/** One file that may be packed. */
struct packed {
	const char *path;
	struct sb_span bytes;
	unsigned origin;
	bool sure; /* it is, or says so */
};

static int unpack_it(struct looking *l, const struct packed *packed, struct sb_err *why)
{
	struct sb_unpack *unpack = &l->unpack;
	struct sb_blob *spool = sb_vec_push(&unpack->spools);
	const struct sb_placement where = {.into = sb_arena_printf(unpack->arena, "%s" SB_PACKED, packed->path), .origin = packed->origin};
	unsigned depth = depth_of(packed->path);

	if (spool)
		spool->fd = -1;
	if (!spool || !where.into)
		return no_memory(why);
	if (depth > SB_LIMIT_OF(NEST_DEPTH))
		return sb_fail_limit(why, SB_LIMIT_ROW_NEST_DEPTH, depth);
	int rc = sb_blob_copy(packed->bytes, spool, why);
	if (rc)
		return rc;
	unpack->budget.packed += packed->bytes.n;
	return sb_ingest_archive(unpack, (unsigned)(unpack->spools.count - 1), sb_path_base(packed->path), &where, why);
}

/* Bytes from spool @spools on that no entry from @first on points to are of no more use. */
static int drop_spools(struct sb_unpack *unpack, size_t spools, size_t first, struct sb_err *err)
{
	size_t count = unpack->spools.count - spools;
	SB_FREEING bool *used = calloc(count + 1, sizeof *used);

	if (!used)
		return no_memory(err);
	for (size_t i = first; i < unpack->entries.count; i++) {
		const struct sb_entry *entry = sb_vec_at(&unpack->entries, i);
		if (entry->type == SB_ENTRY_FILE && entry->spool >= spools && entry->spool - spools < count)
			used[entry->spool - spools] = true;
	}
	for (size_t i = 0; i < count; i++)
		if (!used[i])
			sb_blob_release(sb_vec_at(&unpack->spools, spools + i));
	return 0;
}

/* What the machine or the person is at fault for goes on up. */
static int look_into(struct looking *l, const struct packed *packed, struct sb_err *err)
{
	size_t kept = l->unpack.entries.count, notices = l->unpack.notices.count, spools = l->unpack.spools.count;
	struct sb_err why = {0};
	int rc = unpack_it(l, packed, &why);

	l->unpack.notices.count = notices; /* oddities are for whoever unpacks it */
	if (rc)
		l->unpack.entries.count = kept;
	int dropped = drop_spools(&l->unpack, spools, kept, err);
	if (dropped)
		return dropped;
	if (rc == SB_FORMAT || rc == SB_LIMIT)
		return packed->sure || rc == SB_LIMIT ? leave(l, packed->path, &why, err) : 0;
	if (rc && err)
		*err = why;
	return rc;
}

unsigned sb_ingest_probe_packed(struct sb_span bytes, const char *name)
{
	size_t count;
	const struct sb_format *const *table = sb_formats_table(&count);
	unsigned most = 0;

	for (size_t i = 0; i < count; i++) {
		const struct sb_format *format = table[i];
		if ((!format->archive && !format->compression) || format->volume || strcmp(format->name, "ar") == 0)
			continue;
		unsigned bits = format->probe(bytes, name);
		most = bits > most ? bits : most;
	}
	return most;
}

static int look_at(struct looking *l, const struct sb_entry *entry, const struct sb_vec *spools, struct sb_err *err)
{
	struct packed packed = {.path = entry->path, .origin = entry->origin, .bytes = sb_ingest_content(spools, entry)};
	bool named = sb_ingest_promises_archive(entry->path);

	if (!packed.bytes.n)
		return 0;
	unsigned bits = sb_ingest_probe_packed(packed.bytes, sb_path_base(entry->path));
	packed.sure = named || bits >= SURE;
	if (!named && bits == 0)
		return 0;
	return l->archives++ < MOST_PACKED ? look_into(l, &packed, err) : packed.sure ? keep_unread(l, entry->path, err) : 0;
}

/* Archives in what was just found are found as well: the list grows while it is gone through. */
static int look_into_all(const struct sb_ingest_in *in, const struct sb_sources *sources, struct looking *l, struct sb_err *err)
{
	struct sb_unpack *unpack = &l->unpack;
	int rc = 0;

	for (size_t i = 0; !rc && i < sources->inventory.count + unpack->entries.count; i++) {
		bool outside = i < sources->inventory.count;
		const struct sb_entry entry = outside ? sources->inventory.entries[i] : *(const struct sb_entry *)sb_vec_at(&unpack->entries, i - sources->inventory.count);
		if (sb_stopping(in->progress))
			return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
		rc = look_at(l, &entry, outside ? &sources->spools : &unpack->spools, err);
	}
	if (!rc && l->archives > MOST_PACKED)
		rc = sb_ingest_note(unpack, err, "packed-unread", "%zu archives more than %d were not looked into", l->archives - MOST_PACKED, MOST_PACKED);
	return rc;
}

int sb_ingest_add_notices(const struct sb_vec *more, struct sb_sources *out, struct sb_err *err)
{
	struct sb_ingest_notice *all = sb_arena_array(out->arena, out->notice_count + more->count, sizeof *all);

	if (!all)
		return no_memory(err);
	if (out->notice_count)
		memcpy(all, out->notices, out->notice_count * sizeof *all);
	if (more->count)
		memcpy(all + out->notice_count, more->items, more->count * sizeof *all);
	out->notices = all;
	out->notice_count += more->count;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int keep_paths(const struct looking *l, struct sb_sources *out, struct sb_err *err)
{
	const char **paths = sb_arena_array(out->arena, l->unread.count, sizeof *paths);

	if (!paths)
		return no_memory(err);
	if (l->unread.count) {
		memcpy(paths, l->unread.items, l->unread.count * sizeof *paths);
		qsort(paths, l->unread.count, sizeof *paths, by_text);
	}
	out->unread = paths;
	out->unread_count = l->unread.count;
	return 0;
}

static int take(struct looking *l, struct sb_sources *out, struct sb_err *err)
{
	struct sb_unpack *unpack = &l->unpack;
	int rc = sb_inventory_seal(unpack->entries.items, unpack->entries.count, out->arena, &out->packed, err);

	if (!rc)
		rc = keep_paths(l, out, err);
	if (!rc)
		rc = sb_ingest_note_rest(unpack, err);
	if (!rc)
		rc = sb_ingest_add_notices(&unpack->notices, out, err);
	if (rc)
		return rc;
	out->packed_spools = unpack->spools;
	unpack->spools = (struct sb_vec){.size = sizeof(struct sb_blob)};
	return 0;
}

int sb_ingest_packed(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	struct looking l = {.unpack = sb_ingest_unpack_of(in, out->arena), .unread = {.size = sizeof(const char *)}};

	l.unpack.lone = true;
	int rc = look_into_all(in, out, &l, err);
	if (!rc)
		rc = take(&l, out, err);
	sb_unpack_release(&l.unpack);
	sb_vec_release(&l.unread);
	return rc;
}
