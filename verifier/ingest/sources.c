/* SPDX-License-Identifier: Apache-2.0 */
/* The sources of a drop: verified, kept, unpacked, merged into one tree. */
#include "verifier/ingest/unpack.h"
#include "verifier/sandbox/sandbox.h"

#include <errno.h>
#include <string.h>

int sb_ingest_open(int dir, const char *path, int *fd, struct sb_err *err)
{
	errno = 0;
	int rc = sb_path_open_file(dir, path, fd, err);
	if (rc == SB_IO && errno == ENOENT)
		return sb_fail(err, SB_ABSENT, "drop-missing-file", "%s is not there", path);
	if (rc == SB_USAGE || rc == SB_FORMAT || rc == SB_IO)
		sb_reidentify(err, "drop-unreadable-file");
	return rc;
}

int sb_ingest_read(int fd, const char *path, struct sb_blob *blob, struct sb_digest *digest, struct sb_err *err)
{
	int rc = sb_blob_take(fd, SB_LIMIT_OF(UNPACKED_TOTAL), blob, err);

	if (rc)
		sb_within(err, path);
	else
		sb_hash_span(blob->bytes, SB_DIGEST_BOTH, digest);
	return rc;
}

int sb_ingest_take(int dir, const char *path, struct sb_blob *blob, struct sb_digest *digest, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	int rc = sb_ingest_open(dir, path, &fd, err);
	return rc ? rc : sb_ingest_read(fd, path, blob, digest, err);
}

int sb_ingest_expect(const char *path, const struct sb_digest *digest, const uint8_t expected[SB_SHA256_BYTES], struct sb_err *err)
{
	char is[2 * SB_SHA256_BYTES + 1], due[2 * SB_SHA256_BYTES + 1];

	if (memcmp(digest->sha256, expected, SB_SHA256_BYTES) == 0)
		return 0;
	sb_text_hex(sb_span_of(digest->sha256, SB_SHA256_BYTES), is);
	sb_text_hex(sb_span_of(expected, SB_SHA256_BYTES), due);
	return sb_fail(err, SB_EVIDENCE, "digest-mismatch", "%s has sha256 %s, the manifest says %s", path, is, due);
}

/* A file that is placed as it is, under its own name. */
static int place_file(struct sb_unpack *unpack, unsigned spool, const char *path, const struct sb_placement *where,
                      const struct sb_digest *digest, struct sb_err *err)
{
	struct sb_entry *entry = sb_vec_push(&unpack->entries);
	const struct sb_blob *blob = sb_vec_at(&unpack->spools, spool);
	const char *name = sb_path_base(path);

	if (!entry)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*entry = (struct sb_entry){.type = SB_ENTRY_FILE, .mode = 0644, .size = blob->bytes.n, .spool = spool, .origin = where->origin};
	entry->path = strcmp(where->into, ".") == 0 ? sb_arena_copy(unpack->arena, sb_span_text(name))
	                                            : sb_arena_printf(unpack->arena, "%s/%s", where->into, name);
	if (!entry->path)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	memcpy(entry->blake2b, digest->blake2b, sizeof entry->blake2b);
	return 0;
}

static int ingest_source(const struct sb_ingest_in *in, size_t which, struct sb_unpack *unpack, struct sb_digest *digest, struct sb_err *err)
{
	const struct sb_drop_source *source = &in->drop->sources[which];
	const struct sb_placement where = {.into = source->into, .strip = source->strip, .origin = (unsigned)which};
	struct sb_blob *blob = sb_vec_push(&unpack->spools);

	if (!blob)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	blob->fd = -1;
	unsigned spool = (unsigned)(unpack->spools.count - 1);
	int rc = sb_ingest_take(in->dir, source->path, blob, digest, err);
	if (!rc)
		rc = sb_ingest_expect(source->path, digest, source->sha256, err);
	if (!rc && in->store)
		rc = sb_store_put_hashed(in->store, blob->bytes, digest, err);
	if (rc)
		return rc;
	unpack->budget.packed += blob->bytes.n;
	bool archive = false;
	if (source->unpack)
		rc = sb_ingest_is_archive(unpack, spool, source->path, &archive, err);
	if (rc)
		return rc;
	if (archive)
		return sb_ingest_archive(unpack, spool, source->path, &where, err);
	return place_file(unpack, spool, source->path, &where, digest, err);
}

static int ingest_sources(const struct sb_ingest_in *in, struct sb_unpack *unpack, struct sb_sources *out, struct sb_err *err)
{
	size_t count = in->drop->source_count;
	int rc = 0;

	out->source_digests = sb_arena_array(out->arena, count, sizeof *out->source_digests);
	if (!out->source_digests)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; !rc && i < count; i++) {
		if (sb_stopping(in->progress))
			return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
		sb_step(in->progress, "ingest", in->drop->sources[i].path, i, count);
		rc = ingest_source(in, i, unpack, &out->source_digests[i], err);
	}
	return rc ? rc : sb_ingest_merge(unpack, err);
}

/* Move what was collected into @out, which owns it from here. */
static int seal(struct sb_unpack *unpack, struct sb_sources *out, struct sb_err *err)
{
	int rc = sb_inventory_seal(unpack->entries.items, unpack->entries.count, out->arena, &out->inventory, err);
	if (!rc)
		rc = sb_ingest_note_rest(unpack, err);
	if (rc)
		return rc;
	out->notice_count = unpack->notices.count;
	out->notices = sb_arena_array(out->arena, unpack->notices.count, sizeof *out->notices);
	if (!out->notices)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (out->notice_count)
		memcpy(out->notices, unpack->notices.items, out->notice_count * sizeof *out->notices);
	out->spools = unpack->spools;
	unpack->spools = (struct sb_vec){.size = sizeof(struct sb_blob)};
	return 0;
}

struct sb_unpack sb_ingest_unpack_of(const struct sb_ingest_in *in, struct sb_arena *arena)
{
	const struct sb_drop_limits *limits = &in->drop->limits;
	struct sb_unpack unpack = {
		.profile = SB_INGEST_DROP,
		.budget = {.most = limits->unpacked ? limits->unpacked : SB_LIMIT_OF(UNPACKED_TOTAL)},
		.most_entries = limits->entries ? limits->entries : SB_LIMIT_OF(ENTRIES),
		.jobs = in->jobs,
		.parsers = in->parsers,
		.arena = arena,
	};

	sb_unpack_init(&unpack);
	return unpack;
}

static int build_tree(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	struct sb_unpack unpack = sb_ingest_unpack_of(in, out->arena);
	int rc = ingest_sources(in, &unpack, out, err);
	if (!rc)
		rc = seal(&unpack, out, err);
	sb_unpack_release(&unpack);
	return rc;
}

/* With a root archive the build sees nothing of this machine. */
static int check_apart(const struct sb_ingest_in *in, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && in->drop->toolchain.host && i < in->drop->output_count; i++)
		rc = sb_sandbox_check_apart(in->dir, in->drop->outputs[i].shipped, err);
	return rc;
}

int sb_ingest_run(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	struct sb_sources made = {
		.arena = sb_arena_new(0),
		.spools = {.size = sizeof(struct sb_blob)},
		.packed_spools = {.size = sizeof(struct sb_blob)},
		.root_spools = {.size = sizeof(struct sb_blob)},
	};

	if (!made.arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = check_apart(in, err);
	if (!rc)
		rc = build_tree(in, &made, err);
	if (!rc)
		rc = sb_ingest_packed(in, &made, err);
	if (!rc)
		rc = sb_ingest_note_clock(in, &made, err);
	if (!rc)
		rc = sb_ingest_prebuilt(in, &made, err);
	if (!rc)
		rc = sb_ingest_shipped(in, &made, err);
	if (!rc && !in->drop->toolchain.host)
		rc = sb_ingest_root(in, &made, err);
	if (rc)
		sb_ingest_release(&made);
	*out = made;
	return rc;
}

static void release_blobs(struct sb_vec *blobs)
{
	for (size_t i = 0; i < blobs->count; i++)
		sb_blob_release(sb_vec_at(blobs, i));
	sb_vec_release(blobs);
}

void sb_ingest_release(struct sb_sources *sources)
{
	release_blobs(&sources->spools);
	release_blobs(&sources->packed_spools);
	release_blobs(&sources->root_spools);
	for (size_t i = 0; i < sources->shipped_count; i++)
		sb_blob_release(&sources->shipped[i].blob);
	sb_arena_free(&sources->arena);
	*sources = (struct sb_sources){.spools = {.size = sizeof(struct sb_blob)}, .packed_spools = {.size = sizeof(struct sb_blob)}, .root_spools = {.size = sizeof(struct sb_blob)}};
}
