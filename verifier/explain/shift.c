/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One longer text moves what stands behind it, and thousands of fields follow. A difference is folded when every byte of it that differs
 * lies in a field of a known kind whose two values lead to the same thing. Such a difference stays unowned: folding changes what a person
 * reads first, never the level.
 */
#include "verifier/explain/shift.h"

#include <inttypes.h>

bool sb_shift_may_fold(const struct sb_claim *claim)
{
	const struct sb_diff *diff = claim->diff;

	return diff && !sb_claim_owns(claim) && (diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_FIELD) && diff->side[SB_SHIPPED].region &&
	       diff->side[SB_REBUILT].region;
}

bool sb_shift_is_of(const struct sb_claim *claim, const struct sb_claim *other)
{
	return sb_shift_may_fold(claim) && claim->diff->side[SB_SHIPPED].region == other->diff->side[SB_SHIPPED].region &&
	       claim->diff->side[SB_REBUILT].region == other->diff->side[SB_REBUILT].region;
}

bool sb_shift_is_left(const struct sb_claim *claim)
{
	return sb_shift_may_fold(claim) && claim->primary;
}

void sb_shift_fold(struct sb_folding *folding, struct sb_claim *claim, uint64_t fields, int64_t distance)
{
	claim->primary = false;
	claim->severity = SB_SEVERITY_INFO;
	claim->note = sb_explain_note(folding->in, "it follows: %" PRIu64 " field%s lead%s to what moved by %+" PRId64, fields, fields == 1 ? "" : "s",
	                              fields == 1 ? "s" : "", distance);
	folding->folded += fields;
}

/* Each field was counted once, in its run and in its claim. */
static int check_count(const struct sb_folding *folding, struct sb_err *err)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < folding->runs.count; i++)
		fields += ((const struct sb_run *)sb_vec_at(&folding->runs, i))->fields;
	return fields == folding->folded + folding->loose ? 0 : sb_fail(err, SB_INTERNAL, "coverage-sum", "fields that moved do not add up");
}

/* Fill between parts of an image, zeros or INT3, that is longer or shorter than before. */
static bool is_fill(const struct sb_folding *folding, const struct sb_diff *diff)
{
	int byte = -1;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_span bytes = sb_diff_bytes(folding->pair, diff, side);
		for (size_t i = 0; i < bytes.n; i++) {
			byte = byte < 0 ? bytes.p[i] : byte;
			if (bytes.p[i] != byte)
				return false;
		}
		if (diff->side[side].region->kind != SB_REGION_PADDING)
			return false;
	}
	return byte == 0 || byte == 0xcc;
}

/* Where a table got longer, rows are paired first: bytes at equal places say nothing then. Of an encoded one they never do. */
static int fold_claim(struct sb_folding *folding, struct sb_vec *claims, size_t index, struct sb_err *err)
{
	struct sb_claim *claim = sb_vec_at(claims, index);
	struct sb_proof proof = {0};
	if (is_fill(folding, claim->diff)) {
		sb_shift_fold(folding, claim, 0, 0);
		claim->note = "it follows: fill up to where the next part begins";
		return 0;
	}
	bool folded = false, rows = claim->diff->kind == SB_DIFF_BYTES && (sb_shift_is_table(claim->diff) || !sb_shift_is_one_length(claim->diff));
	int rc = rows ? sb_shift_rows(folding, claims, index, &folded, err) : 0;

	if (!rc && !folded && !(rows && folding->rows.encoded))
		rc = sb_prove(&folding->prover, claim->diff, &proof, err);
	if (!rc && !rows && proof.unproven && claim->diff->kind == SB_DIFF_BYTES && sb_shift_is_unlinked(folding))
		return sb_shift_rows(folding, claims, index, &folded, err);
	if (rc || proof.fields == 0 || proof.unproven)
		return rc;
	const struct sb_proven_field *field = sb_vec_at(&folding->prover.fields, 0);
	sb_shift_fold(folding, claim, proof.fields, field->distance);
	return sb_runs_count(folding, index, err);
}

static int fold_claims(struct sb_folding *folding, struct sb_vec *claims, size_t first, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = first; !rc && i < claims->count; i++) {
		if (sb_shift_may_fold(sb_vec_at(claims, i)))
			rc = fold_claim(folding, claims, i, err);
	}
	for (size_t i = first, end; !rc && i < claims->count; i = end) {
		const struct sb_claim *claim = sb_vec_at(claims, i);
		end = i + 1;
		if (!sb_shift_is_left(claim))
			continue;
		while (end < claims->count && sb_shift_is_of(sb_vec_at(claims, end), claim))
			end++;
		rc = sb_shift_settle(folding, claims, i, end, err);
	}
	return rc;
}

int sb_explain_shift(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, struct sb_vec *claims, size_t first,
                     struct sb_err *err)
{
	struct sb_folding folding = {
		.in = in,
		.pair = pair,
		.map = map,
		.runs = {.size = sizeof(struct sb_run)},
	};

	sb_prover_init(&folding.prover, pair, map);
	int rc = fold_claims(&folding, claims, first, err);

	if (!rc)
		rc = check_count(&folding, err);
	if (!rc)
		sb_runs_announce(&folding, claims);
	sb_prover_release(&folding.prover);
	sb_vec_release(&folding.runs);
	sb_moved_rows_release(&folding.rows);
	return rc;
}
