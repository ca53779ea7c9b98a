/* SPDX-License-Identifier: Apache-2.0 */
/* The toolchain root: one archive, pinned by its digest. */
#include "verifier/ingest/unpack.h"

static int unpack_root(const struct sb_ingest_in *in, struct sb_unpack *unpack, struct sb_sources *out, struct sb_err *err)
{
	const struct sb_placement where = {.into = "."};
	const char *path = in->drop->toolchain.root;
	struct sb_blob *blob = sb_vec_push(&unpack->spools);

	if (!blob)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	blob->fd = -1;
	int rc = sb_ingest_take(in->dir, path, blob, &out->root_digest, err);
	if (!rc)
		rc = sb_ingest_expect(path, &out->root_digest, in->drop->toolchain.sha256, err);
	if (rc)
		return rc;
	unpack->budget.packed = blob->bytes.n;
	rc = sb_ingest_archive(unpack, 0, path, &where, err);
	return rc ? rc : sb_ingest_merge(unpack, err);
}

int sb_ingest_root(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	struct sb_unpack unpack = {
		.profile = SB_INGEST_ROOT,
		.budget = {.most = SB_LIMIT_OF(UNPACKED_TOTAL)},
		.most_entries = SB_LIMIT_OF(ENTRIES),
		.jobs = in->jobs,
		.parsers = in->parsers,
		.arena = out->arena,
	};

	sb_step(in->progress, "toolchain", in->drop->toolchain.root, 0, 1);
	sb_unpack_init(&unpack);
	int rc = unpack_root(in, &unpack, out, err);
	if (!rc)
		rc = sb_inventory_seal(unpack.entries.items, unpack.entries.count, out->arena, &out->root, err);
	if (!rc) {
		out->root_spools = unpack.spools;
		unpack.spools = (struct sb_vec){.size = sizeof(struct sb_blob)};
	}
	sb_unpack_release(&unpack);
	return rc;
}
