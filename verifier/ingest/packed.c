/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that lie among the sources as they are, since the build itself unpacks them: what is in them was handed over as well. */
#include "verifier/ingest/unpack.h"

#include <string.h>

/** Archives that are looked into; starting a parser for each costs about a millisecond. */
enum { MOST_PACKED = 10000 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Why it was not looked into, instead of what it holds. What the machine or the person is at fault for goes on up. */
static int leave(struct sb_unpack *unpack, const char *path, size_t kept, int rc, const struct sb_err *why, struct sb_err *err)
{
	const char *shown = sb_escape_copy(unpack->arena, sb_span_text(path)), *reason = sb_escape_copy(unpack->arena, sb_span_text(why->msg));

	if (rc != SB_FORMAT && rc != SB_LIMIT) {
		if (err)
			*err = *why;
		return rc;
	}
	if (!shown || !reason)
		return no_memory(err);
	unpack->entries.count = kept;
	return sb_ingest_note(unpack, err, "packed-unread", "%s was not looked into: %s", shown, reason);
}

static unsigned depth_of(const char *path)
{
	unsigned depth = 0;

	for (const char *at = path; (at = strstr(at, SB_PACKED "/")); at++)
		depth++;
	return depth;
}

/* The archive @bytes, which is called @path. */
static int look_into(struct sb_unpack *unpack, const char *path, unsigned origin, struct sb_span bytes, struct sb_err *err)
{
	struct sb_blob *spool = sb_vec_push(&unpack->spools);
	const struct sb_placement where = {.into = sb_arena_printf(unpack->arena, "%s" SB_PACKED, path), .origin = origin};
	size_t kept = unpack->entries.count, notices = unpack->notices.count;
	struct sb_err why = {0};

	if (!spool || !where.into)
		return no_memory(err);
	spool->fd = -1;
	if (depth_of(path) > SB_LIMIT_OF(NEST_DEPTH)) {
		sb_fail_limit(&why, SB_LIMIT_ROW_NEST_DEPTH, depth_of(path));
		return leave(unpack, path, kept, SB_LIMIT, &why, err);
	}
	int rc = sb_blob_copy(bytes, spool, err);
	if (rc)
		return rc;
	unpack->budget.packed += bytes.n;
	rc = sb_ingest_archive(unpack, (unsigned)(unpack->spools.count - 1), sb_path_base(path), &where, &why);
	unpack->notices.count = notices; /* oddities are for whoever unpacks it */
	return rc ? leave(unpack, path, kept, rc, &why, err) : 0;
}

/* What has the name of an archive and is not empty. */
static int look_at(struct sb_unpack *unpack, const struct sb_entry *entry, const struct sb_vec *spools, size_t *archives, struct sb_err *err)
{
	struct sb_span bytes = sb_ingest_content(spools, entry);

	if (!bytes.n || !sb_ingest_promises_archive(entry->path))
		return 0;
	return (*archives)++ < MOST_PACKED ? look_into(unpack, entry->path, entry->origin, bytes, err) : 0;
}

/* Archives in what was just found are found as well: the list grows while it is gone through. */
static int look_into_all(const struct sb_ingest_in *in, const struct sb_sources *sources, struct sb_unpack *unpack, struct sb_err *err)
{
	size_t archives = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < sources->inventory.count + unpack->entries.count; i++) {
		bool outside = i < sources->inventory.count;
		const struct sb_entry entry = outside ? sources->inventory.entries[i] : *(const struct sb_entry *)sb_vec_at(&unpack->entries, i - sources->inventory.count);
		if (sb_stopping(in->progress))
			return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
		rc = look_at(unpack, &entry, outside ? &sources->spools : &unpack->spools, &archives, err);
	}
	if (!rc && archives > MOST_PACKED)
		rc = sb_ingest_note(unpack, err, "packed-unread", "%zu archives more than %d were not looked into", archives - MOST_PACKED, MOST_PACKED);
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

int sb_ingest_packed(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	struct sb_unpack unpack = sb_ingest_unpack_of(in, out->arena);
	int rc = look_into_all(in, out, &unpack, err);
	if (!rc)
		rc = sb_inventory_seal(unpack.entries.items, unpack.entries.count, out->arena, &out->packed, err);
	if (!rc)
		rc = sb_ingest_note_rest(&unpack, err);
	if (!rc)
		rc = sb_ingest_add_notices(&unpack.notices, out, err);
	if (!rc) {
		out->packed_spools = unpack.spools;
		unpack.spools = (struct sb_vec){.size = sizeof(struct sb_blob)};
	}
	sb_unpack_release(&unpack);
	return rc;
}
