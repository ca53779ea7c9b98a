/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that the recipe unpacks itself: their files keep the times that they have in there, whatever the clock of the build says. */
#include "verifier/ingest/unpack.h"

static const struct sb_blob *blob_of(const struct sb_sources *sources, size_t origin)
{
	for (size_t i = 0; i < sources->inventory.count; i++) {
		const struct sb_entry *entry = &sources->inventory.entries[i];
		if (entry->origin == origin && entry->type == SB_ENTRY_FILE)
			return sb_vec_at(&sources->spools, entry->spool);
	}
	return NULL;
}

/* What cannot be read here is no failure: the recipe may know better. */
static bool is_unreadable(int rc)
{
	return rc == SB_FORMAT || rc == SB_LIMIT || rc == SB_INTERNAL || rc == SB_EVIDENCE;
}

static void take_newest(const struct sb_unpack *unpack, const char *source, struct sb_newest *out)
{
	for (size_t i = 0; i < unpack->entries.count; i++) {
		const struct sb_entry *entry = sb_vec_at(&unpack->entries, i);
		if (entry->type == SB_ENTRY_FILE && (!out->source || entry->mtime > out->time))
			*out = (struct sb_newest){entry->mtime, source, entry->path};
	}
}

static int look_into(const struct sb_ingest_in *in, const struct sb_blob *blob, const char *source, struct sb_arena *arena, struct sb_newest *out,
                     struct sb_err *err)
{
	const struct sb_placement where = {.into = "."};
	struct sb_unpack unpack = {
		.profile = SB_INGEST_ROOT,
		.budget = {.packed = blob->bytes.n, .most = SB_LIMIT_OF(UNPACKED_TOTAL)},
		.most_entries = SB_LIMIT_OF(ENTRIES),
		.jobs = in->jobs,
		.parsers = in->parsers,
		.arena = arena,
	};
	struct sb_err why = {0};

	sb_unpack_init(&unpack);
	struct sb_blob *borrowed = sb_vec_push(&unpack.spools);
	if (!borrowed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*borrowed = *blob;
	int rc = sb_ingest_archive(&unpack, 0, source, &where, &why);
	if (!rc)
		take_newest(&unpack, source, out);
	*(struct sb_blob *)sb_vec_at(&unpack.spools, 0) = (struct sb_blob){.fd = -1};
	sb_unpack_release(&unpack);
	if (rc && !is_unreadable(rc) && err)
		*err = why;
	return is_unreadable(rc) ? 0 : rc;
}

int sb_ingest_newest(const struct sb_ingest_in *in, const struct sb_sources *sources, struct sb_arena *arena, struct sb_newest *out, struct sb_err *err)
{
	int rc = 0;

	*out = (struct sb_newest){0};
	for (size_t i = 0; !rc && i < in->drop->source_count; i++) {
		const struct sb_drop_source *source = &in->drop->sources[i];
		const struct sb_blob *blob = !source->unpack && sb_ingest_promises_archive(source->path) ? blob_of(sources, i) : NULL;
		if (blob)
			rc = look_into(in, blob, source->path, arena, out, err);
	}
	return rc;
}
