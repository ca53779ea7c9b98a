/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One longer text moves what stands behind it, and thousands of fields follow. A difference is folded when every byte of it that differs
 * lies in a field of a known kind whose two values lead to the same thing. Such a difference stays unowned: folding changes what a person
 * reads first, never the level.
 */
#include "verifier/explain/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_HEADS = 4, /* runs that a person is told of one by one */
	MOST_RUNS = 256,
};

/** Fields that moved by one distance. */
struct run {
	int64_t distance;
	uint64_t fields;
	size_t head; /* index of the first claim of the run */
	bool mixed;  /* it holds other distances as well */
};

/** What one difference consists of. */
struct proof {
	uint64_t fields;     /* proven fields that differ */
	uint64_t unproven;   /* differing bytes outside of them */
	uint64_t first;      /* of those, counted from the start of the difference */
	int64_t distance;    /* of the first proven field */
};

struct folding {
	struct sb_explaining *in;
	const struct sb_pair *pair;
	const struct sb_address_map *map;
	struct sb_vec references[SB_SIDES];
	struct sb_moved_rows rows; /* of the regions that were asked about last */
	struct sb_vec runs;
	uint64_t folded; /* fields in folded claims */
	uint64_t loose;  /* fields in claims that keep other bytes */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool is_candidate(const struct sb_claim *claim)
{
	const struct sb_diff *diff = claim->diff;

	return diff && !sb_claim_owns(claim) && (diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_FIELD) && diff->side[SB_SHIPPED].region &&
	       diff->side[SB_REBUILT].region;
}

/* Both sides hold bytes at the same places of the difference. */
static bool is_in_place(const struct sb_diff *diff)
{
	const struct sb_diff_side *a = &diff->side[SB_SHIPPED], *b = &diff->side[SB_REBUILT];
	return a->present && b->present && a->length == b->length;
}

/* Past the most runs that are told apart, the last one takes all further fields: hostile files have as many as they like. */
static int count_run(struct folding *folding, int64_t distance, uint64_t fields, size_t claim, struct sb_err *err)
{
	for (size_t i = 0; i < folding->runs.count; i++) {
		struct run *run = sb_vec_at(&folding->runs, i);
		if (run->distance == distance || i + 1 == MOST_RUNS) {
			run->mixed |= run->distance != distance;
			run->fields += fields;
			return 0;
		}
	}
	struct run *slot = sb_vec_push(&folding->runs);
	if (!slot)
		return no_memory(err);
	*slot = (struct run){distance, fields, claim, false};
	return 0;
}

/* Bytes [from, to) of the difference that differ and belong to no proven field. */
static void count_unproven(const struct sb_span bytes[SB_SIDES], uint64_t from, uint64_t to, struct proof *proof)
{
	for (uint64_t i = from; i < to && i < bytes[0].n; i++) {
		if (bytes[0].p[i] == bytes[1].p[i])
			continue;
		proof->first = proof->unproven++ ? proof->first : i;
	}
}

static bool differs(const struct sb_span bytes[SB_SIDES], uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to && i < bytes[0].n; i++)
		if (bytes[0].p[i] != bytes[1].p[i])
			return true;
	return false;
}

static int find_references(struct folding *folding, const struct sb_diff *diff, struct sb_err *err)
{
	int rc = 0;

	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		const struct sb_diff_side *at = &diff->side[side];
		folding->references[side].count = 0;
		rc = sb_view_image(folding->pair->view[side])->references(folding->pair->view[side], &(struct sb_place){at->region, at->offset, at->length},
		                                              &folding->references[side], err);
	}
	return rc;
}

/* Walk both lists of fields side by side; fields at other places on the two sides prove nothing. */
static int prove(struct folding *folding, const struct sb_diff *diff, size_t claim, struct proof *out, struct sb_err *err)
{
	const struct sb_span bytes[SB_SIDES] = {sb_diff_bytes(folding->pair, diff, SB_SHIPPED), sb_diff_bytes(folding->pair, diff, SB_REBUILT)};
	uint64_t start[SB_SIDES] = {diff->side[SB_SHIPPED].offset, diff->side[SB_REBUILT].offset}, done = 0;
	int rc = find_references(folding, diff, err);

	for (size_t i = 0, k = 0; !rc && i < folding->references[0].count && k < folding->references[1].count;) {
		const struct sb_reference *a = sb_vec_at(&folding->references[0], i), *b = sb_vec_at(&folding->references[1], k);
		uint64_t x = a->offset - start[0], y = b->offset - start[1];
		i += (int64_t)x <= (int64_t)y;
		k += (int64_t)y <= (int64_t)x;
		if (x != y || a->length != b->length || !sb_address_map_agrees(folding->map, a, b))
			continue;
		uint64_t from = (int64_t)x < 0 ? 0 : x, end = x + a->length;
		if (end <= done || !differs(bytes, from > done ? from : done, end))
			continue;
		count_unproven(bytes, done, from, out);
		out->distance = out->fields++ ? out->distance : sb_reference_distance(a, b);
		done = end;
		rc = count_run(folding, sb_reference_distance(a, b), 1, claim, err);
	}
	count_unproven(bytes, done, bytes[0].n, out);
	return rc;
}

static const char *sign(int64_t distance)
{
	return distance < 0 ? "" : "+";
}

/* Every byte is accounted for: the claim becomes a consequence of others. */
static void fold(struct folding *folding, struct sb_claim *claim, const struct proof *proof)
{
	claim->primary = false;
	claim->severity = SB_SEVERITY_INFO;
	claim->note = sb_explain_note(folding->in, "it follows: %" PRIu64 " field%s lead%s to what moved by %s%" PRId64, proof->fields,
	                              proof->fields == 1 ? "" : "s", proof->fields == 1 ? "s" : "", sign(proof->distance), proof->distance);
	folding->folded += proof->fields;
}

/* Most of a long difference may follow, and one byte of it not: name that byte. */
static void narrow(struct folding *folding, struct sb_claim *claim, const struct proof *proof)
{
	const struct sb_diff_side *at = &claim->diff->side[SB_SHIPPED];
	folding->loose += proof->fields;
	if (claim->diff->kind == SB_DIFF_BYTES)
		claim->name = sb_view_locate(folding->pair->view[SB_SHIPPED], at->region, at->offset + proof->first, folding->in->arena);
	claim->note = sb_explain_note(folding->in, "%" PRIu64 " bytes differ; %" PRIu64 " fields of them follow from what moved, %" PRIu64
	                              " bytes do not, the first at offset %" PRIu64, claim->diff->bytes, proof->fields, proof->unproven, at->offset + proof->first);
}

/* Rows of the tables that the difference lies in, found once for all differences of a region. */
static int find_rows(struct folding *folding, const struct sb_diff *diff, struct sb_err *err)
{
	const struct sb_region *a = diff->side[SB_SHIPPED].region, *b = diff->side[SB_REBUILT].region;

	if (folding->rows.region[SB_SHIPPED] == a && folding->rows.region[SB_REBUILT] == b)
		return 0;
	sb_moved_rows_release(&folding->rows);
	return sb_moved_rows_find(folding->pair, folding->map, a, b, &folding->rows, err);
}

/* The fields of the shipped rows that the difference meets, each row once. */
static int count_rows(struct folding *folding, const struct sb_diff *diff, size_t claim, struct proof *out, struct sb_err *err)
{
	const struct sb_diff_side *at = &diff->side[SB_SHIPPED];
	int rc = 0;

	for (size_t i = 0; !rc && i < folding->rows.rows[SB_SHIPPED].count; i++) {
		struct sb_moved_row *row = sb_vec_at(&folding->rows.rows[SB_SHIPPED], i);
		if (row->counted || row->fields == 0 || row->offset + row->length <= at->offset || row->offset >= at->offset + at->length)
			continue;
		row->counted = true;
		out->distance = out->fields ? out->distance : row->distance;
		out->fields += row->fields;
		rc = count_run(folding, row->distance, row->fields, claim, err);
	}
	return rc;
}

/* A row that one side only has is the first byte that no paired row holds. */
static void name_row(struct folding *folding, struct sb_claim *claim, const uint64_t until[SB_SIDES])
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_diff_side *at = &claim->diff->side[side];
		if (until[side] == at->offset + at->length)
			continue;
		const char *name = sb_view_locate(folding->pair->view[side], at->region, until[side], folding->in->arena);
		claim->name = name ? name : claim->name;
		claim->note = sb_explain_note(folding->in, "%s; the first row without a counterpart is on the %s side at offset %" PRIu64, claim->note,
		                              side == SB_SHIPPED ? "shipped" : "rebuilt", until[side]);
		return;
	}
}

/* A difference in a table: folded when every row that it meets has its counterpart. */
static int fold_rows(struct folding *folding, struct sb_claim *claim, size_t index, bool *folded, struct sb_err *err)
{
	uint64_t until[SB_SIDES];
	struct proof proof = {0};
	bool all = true;
	int rc = find_rows(folding, claim->diff, err);

	if (rc || folding->rows.rows[SB_SHIPPED].count == 0)
		return rc;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_diff_side *at = &claim->diff->side[side];
		until[side] = sb_moved_rows_until(&folding->rows, side, at->offset, at->length);
		all &= until[side] == at->offset + at->length;
	}
	if (!all) {
		name_row(folding, claim, until);
		return 0;
	}
	rc = count_rows(folding, claim->diff, index, &proof, err);
	if (rc)
		return rc;
	fold(folding, claim, &proof);
	*folded = true;
	if (proof.fields == 0)
		claim->note = sb_explain_note(folding->in, "it follows: the rows stand on both sides and lead to the same things");
	return 0;
}

static int by_fields(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	if (x->fields != y->fields)
		return x->fields > y->fields ? -1 : 1;
	return (x->distance > y->distance) - (x->distance < y->distance);
}

/* The lowest place that moved by @distance, as "section+0x40". */
static const char *origin_of(struct folding *folding, int64_t distance)
{
	const struct sb_vec *anchors = &folding->map->anchors[SB_SHIPPED];

	for (size_t i = 0; i < folding->map->addresses.count; i++) {
		const struct sb_piece *piece = sb_vec_at(&folding->map->addresses, i);
		if ((int64_t)(piece->b - piece->a) != distance || piece->length == 0)
			continue;
		for (size_t k = 0; k < anchors->count; k++) {
			const struct sb_anchor *anchor = sb_vec_at(anchors, k);
			if (anchor->kind == SB_ANCHOR_SECTION && piece->a >= anchor->address && piece->a - anchor->address < anchor->length)
				return sb_explain_note(folding->in, " from %s+0x%" PRIx64, sb_explain_shown(folding->in, sb_span_text(anchor->name)),
				                       piece->a - anchor->address);
		}
	}
	return "";
}

/* The first claim of each of the largest runs says what moved, and how many fields followed. */
static void announce(struct folding *folding, struct sb_vec *claims)
{
	if (folding->runs.count)
		qsort(folding->runs.items, folding->runs.count, folding->runs.size, by_fields);
	for (size_t i = 0; i < folding->runs.count && i < MOST_HEADS; i++) {
		const struct run *run = sb_vec_at(&folding->runs, i);
		struct sb_claim *head = sb_vec_at(claims, run->head);
		if (head->primary)
			continue;
		head->primary = true;
		const char *more = i + 1 == MOST_HEADS && folding->runs.count > MOST_HEADS
		                           ? sb_explain_note(folding->in, "; fields moved by %zu other distances too", folding->runs.count - MOST_HEADS)
		                           : "";
		head->note = run->mixed ? sb_explain_note(folding->in, "shifts of many distances: %" PRIu64 " fields%s", run->fields, more)
		                        : sb_explain_note(folding->in, "uniform shift of %s%" PRId64 "%s: %" PRIu64 " field%s%s", sign(run->distance),
		                                          run->distance, origin_of(folding, run->distance), run->fields, run->fields == 1 ? "" : "s", more);
	}
}

/* Each field was counted once, in its run and in its claim. */
static int check_count(const struct folding *folding, struct sb_err *err)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < folding->runs.count; i++)
		fields += ((const struct run *)sb_vec_at(&folding->runs, i))->fields;
	return fields == folding->folded + folding->loose ? 0 : sb_fail(err, SB_INTERNAL, "coverage-sum", "fields that moved do not add up");
}

/* Where a table got longer, rows are paired first: bytes at equal places say nothing then. */
static int fold_claim(struct folding *folding, struct sb_claim *claim, size_t index, struct sb_err *err)
{
	const struct sb_diff *diff = claim->diff;
	bool grown = diff->side[SB_SHIPPED].region->length != diff->side[SB_REBUILT].region->length;
	struct proof proof = {0};
	bool folded = false;
	int rc = diff->kind == SB_DIFF_BYTES && (grown || !is_in_place(diff)) ? fold_rows(folding, claim, index, &folded, err) : 0;

	if (!rc && !folded && is_in_place(diff))
		rc = prove(folding, diff, index, &proof, err);
	if (rc || proof.fields == 0)
		return rc;
	if (proof.unproven == 0)
		fold(folding, claim, &proof);
	else
		narrow(folding, claim, &proof);
	return 0;
}

static int fold_claims(struct folding *folding, struct sb_vec *claims, size_t first, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = first; !rc && i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (is_candidate(claim))
			rc = fold_claim(folding, claim, i, err);
	}
	return rc;
}

int sb_explain_shift(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, struct sb_vec *claims, size_t first,
                     struct sb_err *err)
{
	struct folding folding = {
		.in = in,
		.pair = pair,
		.map = map,
		.references = {{.size = sizeof(struct sb_reference)}, {.size = sizeof(struct sb_reference)}},
		.runs = {.size = sizeof(struct run)},
	};
	int rc = fold_claims(&folding, claims, first, err);

	if (!rc)
		rc = check_count(&folding, err);
	if (!rc)
		announce(&folding, claims);
	sb_vec_release(&folding.references[SB_SHIPPED]);
	sb_vec_release(&folding.references[SB_REBUILT]);
	sb_vec_release(&folding.runs);
	sb_moved_rows_release(&folding.rows);
	return rc;
}
