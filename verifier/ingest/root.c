/* SPDX-License-Identifier: Apache-2.0 */
/* The toolchain root: one archive, pinned by its digest. */
#include "verifier/ingest/unpack.h"

#include <unistd.h>

/** An archive, and what it must be. */
struct pinned {
	int fd;           /* -1: @name is a file of the drop */
	const char *name;
	const uint8_t *sha256;
};

static int take(const struct sb_ingest_in *in, const struct pinned *root, struct sb_blob *blob, struct sb_digest *digest, struct sb_err *err)
{
	if (root->fd < 0)
		return sb_ingest_take(in->dir, root->name, blob, digest, err);
	if (lseek(root->fd, 0, SEEK_SET) < 0)
		return sb_fail_errno(err, "drop-unreadable-file", "cannot read %s", root->name);
	int rc = sb_blob_take(root->fd, SB_LIMIT_OF(UNPACKED_TOTAL), blob, err);
	if (!rc)
		sb_hash_span(blob->bytes, SB_DIGEST_BOTH, digest);
	return rc;
}

static int unpack_root(const struct sb_ingest_in *in, const struct pinned *root, struct sb_unpack *unpack, struct sb_sources *out, struct sb_err *err)
{
	const struct sb_placement where = {.into = "."};
	struct sb_blob *blob = sb_vec_push(&unpack->spools);

	if (!blob)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	blob->fd = -1;
	int rc = take(in, root, blob, &out->root_digest, err);
	if (!rc)
		rc = sb_ingest_expect(root->name, &out->root_digest, root->sha256, err);
	if (rc)
		return rc;
	unpack->budget.packed = blob->bytes.n;
	rc = sb_ingest_archive(unpack, 0, root->name, &where, err);
	return rc ? rc : sb_ingest_merge(unpack, err);
}

static int ingest(const struct sb_ingest_in *in, const struct pinned *root, struct sb_sources *out, struct sb_err *err)
{
	struct sb_unpack unpack = {
		.profile = SB_INGEST_ROOT,
		.budget = {.most = SB_LIMIT_OF(UNPACKED_TOTAL)},
		.most_entries = SB_LIMIT_OF(ENTRIES),
		.jobs = in->jobs,
		.parsers = in->parsers,
		.arena = out->arena,
	};

	sb_step(in->progress, "toolchain", root->name, 0, 1);
	sb_unpack_init(&unpack);
	int rc = unpack_root(in, root, &unpack, out, err);
	if (!rc)
		rc = sb_inventory_seal(unpack.entries.items, unpack.entries.count, out->arena, &out->root, err);
	if (!rc) {
		out->root_spools = unpack.spools;
		unpack.spools = (struct sb_vec){.size = sizeof(struct sb_blob)};
	}
	sb_unpack_release(&unpack);
	return rc;
}

int sb_ingest_root(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	const struct pinned root = {.fd = -1, .name = in->drop->toolchain.root, .sha256 = in->drop->toolchain.sha256};
	return ingest(in, &root, out, err);
}

int sb_ingest_other_root(const struct sb_ingest_in *in, int fd, const char *name, const uint8_t sha256[SB_SHA256_BYTES], struct sb_sources *out,
                         struct sb_err *err)
{
	const struct pinned root = {.fd = fd, .name = name, .sha256 = sha256};
	struct sb_sources made = {.arena = sb_arena_new(0), .spools = {.size = sizeof(struct sb_blob)}, .root_spools = {.size = sizeof(struct sb_blob)}};
	int rc = made.arena ? ingest(in, &root, &made, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	if (rc)
		sb_ingest_release(&made);
	*out = made;
	return rc;
}
