/* SPDX-License-Identifier: Apache-2.0 */
/* What one difference alone did not prove: where bytes went elsewhere the region is proven as a whole, and what is left open is named. */
#include "verifier/explain/shift.h"

#include <inttypes.h>

/* Most of a long difference may follow, and one byte of it not: name that byte. */
static void narrow(struct sb_folding *folding, struct sb_claim *claim, const struct sb_proof *proof)
{
	folding->loose += proof->fields;
	if (claim->diff->kind == SB_DIFF_BYTES)
		claim->name = sb_view_locate(folding->pair->view[proof->side], claim->diff->side[proof->side].region, proof->at, folding->in->arena);
	claim->note = sb_explain_note(folding->in, "%" PRIu64 " bytes differ; %" PRIu64 " field%s of them follow%s from what moved, %" PRIu64
	                              " byte%s not, the first at offset %" PRIu64 "%s", claim->diff->bytes, proof->fields, proof->fields == 1 ? "" : "s",
	                              proof->fields == 1 ? "s" : "", proof->unproven, proof->unproven == 1 ? " does" : "s do", proof->at,
	                              proof->side == SB_REBUILT ? " of the rebuilt side" : "");
}

static int narrow_claim(struct sb_folding *folding, struct sb_claim *claim, size_t index, struct sb_err *err)
{
	struct sb_proof proof;
	int rc = sb_prove(&folding->prover, claim->diff, &proof, err);

	if (rc || proof.fields == 0)
		return rc;
	narrow(folding, claim, &proof);
	return sb_runs_count(folding, index, err);
}

/* The first open byte of a side of the difference. */
static bool find_open(const struct sb_vec *open, const struct sb_diff_side *at, uint64_t *out)
{
	size_t low = 0, high = open->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_stretch *stretch = sb_vec_at(open, middle);
		if (stretch->offset + stretch->length <= at->offset)
			low = middle + 1;
		else
			high = middle;
	}
	const struct sb_stretch *found = low < open->count ? sb_vec_at(open, low) : NULL;
	if (!at->present || !found || found->offset >= at->offset + at->length)
		return false;
	*out = found->offset > at->offset ? found->offset : at->offset;
	return true;
}

/* What is open in a difference, by the proof of its whole region. */
static struct sb_proof proof_in(const struct sb_vec open[SB_SIDES], const struct sb_diff *diff)
{
	struct sb_proof proof = {0};

	for (unsigned side = SB_SIDES; side-- > 0;) {
		if (!find_open(&open[side], &diff->side[side], &proof.at))
			continue;
		proof.side = side;
		proof.unproven = diff->bytes;
	}
	return proof;
}

/* A difference may begin with what only moved: it is called after what did not. */
static void name_open(struct sb_folding *folding, struct sb_claim *claim, const struct sb_vec open[SB_SIDES])
{
	const struct sb_proof proof = proof_in(open, claim->diff);
	const char *name = claim->diff->kind == SB_DIFF_BYTES && proof.unproven && !claim->name
	                           ? sb_view_locate(folding->pair->view[proof.side], claim->diff->side[proof.side].region, proof.at, folding->in->arena)
	                           : NULL;

	claim->name = name ? name : claim->name;
}

/* The proven fields of a region that lie in the shipped side of a difference, each counted once. */
static int count_fields(struct sb_folding *folding, const struct sb_diff *diff, size_t claim, uint64_t *fields, int64_t *distance, struct sb_err *err)
{
	const struct sb_diff_side *at = &diff->side[SB_SHIPPED];
	int rc = 0;

	for (size_t i = 0; !rc && i < folding->prover.fields.count; i++) {
		struct sb_proven_field *field = sb_vec_at(&folding->prover.fields, i);
		if (field->counted || field->offset < at->offset || field->offset >= at->offset + at->length)
			continue;
		field->counted = true;
		*distance = *fields ? *distance : field->distance;
		++*fields;
		rc = sb_run_count(folding, field->distance, 1, claim, err);
	}
	return rc;
}

/* Differences [first, end) of one region, folded where the proof of the region leaves nothing open in them. */
static int settle_by_region(struct sb_folding *folding, struct sb_vec *claims, size_t first, size_t end, const struct sb_vec open[SB_SIDES], struct sb_err *err)
{
	bool blamed = open[SB_SHIPPED].count + open[SB_REBUILT].count == 0;
	int rc = 0;

	for (size_t i = first; i < end; i++) {
		const struct sb_claim *claim = sb_vec_at(claims, i);
		blamed |= sb_shift_is_left(claim) && proof_in(open, claim->diff).unproven;
	}
	for (size_t i = first; !rc && blamed && i < end; i++) { /* else what is open lies where the bytes were found equal: nothing is told */
		struct sb_claim *claim = sb_vec_at(claims, i);
		uint64_t fields = 0;
		int64_t distance = 0;
		if (!sb_shift_is_left(claim) || proof_in(open, claim->diff).unproven)
			continue;
		rc = count_fields(folding, claim->diff, i, &fields, &distance, err);
		sb_shift_fold(folding, claim, fields, distance);
		if (fields == 0)
			claim->note = sb_explain_note(folding->in, "it follows: its bytes stand on both sides, and lead to the same things");
	}
	for (size_t i = first; !rc && i < end; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!sb_shift_is_left(claim))
			continue;
		name_open(folding, claim, open);
		rc = narrow_claim(folding, claim, i, err);
	}
	return rc;
}

/* What is left of one region: where bytes went elsewhere, it is looked at as a whole. */
int sb_shift_settle(struct sb_folding *folding, struct sb_vec *claims, size_t first, size_t end, struct sb_err *err)
{
	const struct sb_diff *diff = ((const struct sb_claim *)sb_vec_at(claims, first))->diff;
	SB_VEC struct sb_vec shipped = {.size = sizeof(struct sb_stretch)};
	SB_VEC struct sb_vec rebuilt = {.size = sizeof(struct sb_stretch)};
	struct sb_vec open[SB_SIDES] = {shipped, rebuilt};
	bool moved = false;
	int rc = 0;

	if (sb_shift_is_table(diff))
		rc = sb_shift_find_rows(folding, claims, first, err);
	if (rc || (sb_shift_is_table(diff) && folding->rows.encoded))
		return rc;
	for (size_t i = first; i < end; i++) {
		const struct sb_claim *claim = sb_vec_at(claims, i);
		moved |= sb_shift_is_left(claim) && claim->diff->kind == SB_DIFF_BYTES && !sb_shift_is_one_length(claim->diff);
	}
	if (moved) {
		rc = sb_prove_regions(&folding->prover, diff->side[SB_SHIPPED].region, diff->side[SB_REBUILT].region, open, err);
		shipped = open[SB_SHIPPED];
		rebuilt = open[SB_REBUILT];
		return rc ? rc : settle_by_region(folding, claims, first, end, open, err);
	}
	for (size_t i = first; !rc && i < end; i++)
		if (sb_shift_is_left(sb_vec_at(claims, i)))
			rc = narrow_claim(folding, sb_vec_at(claims, i), i, err);
	return rc;
}
