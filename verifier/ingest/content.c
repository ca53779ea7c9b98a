/* SPDX-License-Identifier: Apache-2.0 */
/* Content of members that lies encoded in its archive: decoded when all names of the archive are known to be fine, many members in one go. */
#include "verifier/ingest/unpack.h"

/** Members that are decoded in one go. */
enum { BATCH = 32 };

struct batch {
	struct sb_decoding items[BATCH];
	struct sb_entry *entries[BATCH];
	size_t ordinals[BATCH]; /* of the members, from 0 */
	size_t count;
};

static int refuse(struct sb_err *err, const char *id, const char *why)
{
	return sb_fail(err, SB_FORMAT, id, "%s", why);
}

/* The entry gets what came of its member, which belongs to the spools from here. */
static int take(struct sb_unpack *unpack, struct sb_entry *entry, struct sb_decoding *item, struct sb_err *err)
{
	const struct sb_member *member = item->member;

	if (item->rc && err)
		*err = item->why;
	if (item->rc)
		return sb_ingest_refuse(item->rc, err);
	if (item->consumed != member->length)
		return refuse(err, "archive-trailing", "bytes follow the compressed data of a member");
	if (member->size != UINT64_MAX && member->size != item->blob.bytes.n)
		return refuse(err, "archive-damaged", "a member unpacks to another size than is stated");
	struct sb_blob *blob = sb_vec_push(&unpack->spools);
	if (!blob)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*blob = item->blob;
	item->blob = (struct sb_blob){.fd = -1};
	entry->spool = (unsigned)(unpack->spools.count - 1);
	entry->size = blob->bytes.n;
	return 0;
}

static int decode(struct sb_unpack *unpack, struct sb_source *source, struct batch *batch, struct sb_err *err)
{
	int rc = sb_parsing_decode(unpack->side, source, batch->items, batch->count, &unpack->budget, err);

	for (size_t i = 0; i < batch->count; i++) {
		if (!rc && (rc = take(unpack, batch->entries[i], &batch->items[i], err)) != 0)
			sb_ingest_within(err, batch->items[i].member, batch->ordinals[i]);
		sb_blob_release(&batch->items[i].blob);
	}
	batch->count = 0;
	return rc;
}

int sb_ingest_contents(struct sb_unpack *unpack, const struct sb_view *view, struct sb_source *source, size_t first, const size_t *ordinals,
                       struct sb_err *err)
{
	SB_FREEING struct batch *batch = calloc(1, sizeof *batch);
	int rc = batch ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	for (size_t i = first; !rc && i < unpack->entries.count; i++) {
		struct sb_entry *entry = sb_vec_at(&unpack->entries, i);
		const struct sb_member *member = sb_view_member(view, ordinals[i - first] - 1);
		if (entry->type != SB_ENTRY_FILE || member->codec == SB_CODEC_NONE)
			continue;
		batch->entries[batch->count] = entry;
		batch->ordinals[batch->count] = ordinals[i - first] - 1;
		batch->items[batch->count++] = (struct sb_decoding){.member = member, .blob.fd = -1};
		if (batch->count == BATCH)
			rc = decode(unpack, source, batch, err);
	}
	return rc || batch->count == 0 ? rc : decode(unpack, source, batch, err);
}
