/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of both sides of an artifact. What both begin with is hashed once: equal bytes leave equal states behind. */
#include "verifier/compare/unit.h"

/** Both digests while they are made. */
struct hashing {
	const struct sb_side *side[SB_SIDES];
	struct sb_compare_run *run;
	size_t common;        /* bytes that @start was made of */
	struct sb_hash start; /* of both sides */
	struct sb_digest *out;
};

static int hash_bytes(struct sb_compare_run *run, struct sb_hash *hash, struct sb_span rest, struct sb_err *err)
{
	for (struct sb_span piece; sb_reading_next(sb_depot_reading(run->depot), &rest, &piece);) {
		if (sb_stopping(run->progress))
			return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
		sb_hash_update(hash, piece);
	}
	return 0;
}

static bool is_wanted(const struct sb_side *side)
{
	return side->present && side->type == 'f' && side->digest.kinds != SB_DIGEST_BOTH;
}

static int hash_side(void *ctx, size_t s, struct sb_err *err)
{
	struct hashing *hashing = ctx;
	const struct sb_side *side = hashing->side[s];
	struct sb_span rest;

	if (!is_wanted(side)) {
		hashing->out[s] = side->digest;
		return 0;
	}
	if (!sb_span_cut(side->bytes, hashing->common, side->bytes.n - hashing->common, &rest))
		return sb_fail(err, SB_INTERNAL, "decode-failed", "more bytes in common than there are");
	struct sb_hash hash = hashing->start;
	int rc = hash_bytes(hashing->run, &hash, rest, err);
	if (!rc)
		sb_hash_final(&hash, &hashing->out[s]);
	return rc;
}

int sb_compare_digests(const struct sb_artifact_in *in, size_t common, struct sb_compare_run *run, struct sb_digest out[SB_SIDES], struct sb_err *err)
{
	struct hashing hashing = {.side = {&in->shipped, &in->rebuilt}, .run = run, .out = out};
	bool both = is_wanted(&in->shipped) && is_wanted(&in->rebuilt);

	sb_hash_init(&hashing.start, SB_DIGEST_BOTH);
	hashing.common = both ? common : 0;
	int rc = hash_bytes(run, &hashing.start, sb_span_of(in->shipped.bytes.p, hashing.common), err);
	return rc ? rc : sb_pool_share(run->pool, SB_SIDES, hash_side, &hashing, err);
}
