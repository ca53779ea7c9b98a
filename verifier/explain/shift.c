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
	SHORTEST_RUN = 4, /* fields of one of those but the first */
	MOST_RUNS = 256,
};

/** Fields that moved by one distance. */
struct run {
	int64_t distance;
	uint64_t fields;
	size_t head; /* index of the first claim of the run */
	bool mixed;  /* it holds other distances as well */
};

struct folding {
	struct sb_explaining *in;
	const struct sb_pair *pair;
	const struct sb_address_map *map;
	struct sb_prover prover;
	struct sb_moved_rows rows; /* of the regions that were asked about last */
	bool blamed;               /* a difference there meets a row without a counterpart, or no row is without one */
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

static struct sb_proven_field *field_at(struct folding *folding, size_t i)
{
	return sb_vec_at(&folding->prover.fields, i);
}

/* Each proven field belongs to the run of its distance. */
static int count_runs(struct folding *folding, size_t claim, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < folding->prover.fields.count; i++)
		rc = count_run(folding, field_at(folding, i)->distance, 1, claim, err);
	return rc;
}

static const char *sign(int64_t distance)
{
	return distance < 0 ? "" : "+";
}

/* Every byte is accounted for: the claim becomes a consequence of others. */
static void fold(struct folding *folding, struct sb_claim *claim, uint64_t fields, int64_t distance)
{
	claim->primary = false;
	claim->severity = SB_SEVERITY_INFO;
	claim->note = sb_explain_note(folding->in, "it follows: %" PRIu64 " field%s lead%s to what moved by %s%" PRId64, fields, fields == 1 ? "" : "s",
	                              fields == 1 ? "s" : "", sign(distance), distance);
	folding->folded += fields;
}

/* Most of a long difference may follow, and one byte of it not: name that byte. */
static void narrow(struct folding *folding, struct sb_claim *claim, const struct sb_proof *proof)
{
	folding->loose += proof->fields;
	if (claim->diff->kind == SB_DIFF_BYTES)
		claim->name = sb_view_locate(folding->pair->view[proof->side], claim->diff->side[proof->side].region, proof->at, folding->in->arena);
	claim->note = sb_explain_note(folding->in, "%" PRIu64 " bytes differ; %" PRIu64 " fields of them follow from what moved, %" PRIu64
	                              " bytes do not, the first at offset %" PRIu64 "%s", claim->diff->bytes, proof->fields, proof->unproven, proof->at,
	                              proof->side == SB_REBUILT ? " of the rebuilt side" : "");
}

static bool is_of(const struct sb_claim *claim, const struct sb_claim *other)
{
	return is_candidate(claim) && claim->diff->side[SB_SHIPPED].region == other->diff->side[SB_SHIPPED].region &&
	       claim->diff->side[SB_REBUILT].region == other->diff->side[SB_REBUILT].region;
}

/* Where the rows with counterparts end on each side of a difference; true when that is all of it. */
static bool holds_all(const struct folding *folding, const struct sb_diff *diff, uint64_t until[SB_SIDES])
{
	bool all = true;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_diff_side *at = &diff->side[side];
		until[side] = sb_moved_rows_until(&folding->rows, side, at->offset, at->length);
		all &= until[side] == at->offset + at->length;
	}
	return all;
}

/* A row without a counterpart may have bytes that are equal on both sides: unless a difference stands for it, nothing of the table follows. */
static bool is_blamed(const struct folding *folding, struct sb_vec *claims, size_t index)
{
	const struct sb_claim *claim = sb_vec_at(claims, index);
	uint64_t until[SB_SIDES];
	bool blamed = folding->rows.lone[SB_SHIPPED] + folding->rows.lone[SB_REBUILT] == 0;

	for (size_t i = index; !blamed && i < claims->count && is_of(sb_vec_at(claims, i), claim); i++)
		blamed = !holds_all(folding, ((const struct sb_claim *)sb_vec_at(claims, i))->diff, until);
	return blamed;
}

/* Rows of the tables that the difference lies in, found once for all differences of a region, of which it is the first. */
static int find_rows(struct folding *folding, struct sb_vec *claims, size_t index, struct sb_err *err)
{
	const struct sb_diff *diff = ((const struct sb_claim *)sb_vec_at(claims, index))->diff;
	const struct sb_region *a = diff->side[SB_SHIPPED].region, *b = diff->side[SB_REBUILT].region;

	if (folding->rows.region[SB_SHIPPED] == a && folding->rows.region[SB_REBUILT] == b)
		return 0;
	sb_moved_rows_release(&folding->rows);
	int rc = sb_moved_rows_find(folding->pair, folding->map, a, b, &folding->rows, err);
	folding->blamed = !rc && is_blamed(folding, claims, index);
	return rc;
}

/* The fields of the shipped rows that the difference meets, each row once. */
static int count_rows(struct folding *folding, const struct sb_diff *diff, size_t claim, uint64_t *fields, int64_t *distance, struct sb_err *err)
{
	const struct sb_diff_side *at = &diff->side[SB_SHIPPED];
	const struct sb_vec *rows = &folding->rows.rows[SB_SHIPPED];
	int rc = 0;

	for (size_t i = sb_moved_rows_from(&folding->rows, SB_SHIPPED, at->offset); !rc && i < rows->count; i++) {
		struct sb_moved_row *row = sb_vec_at(rows, i);
		if (row->offset >= at->offset + at->length)
			break;
		if (row->counted || row->fields == 0)
			continue;
		row->counted = true;
		*distance = *fields ? *distance : row->distance;
		*fields += row->fields;
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

static bool is_one_length(const struct sb_diff *diff)
{
	const struct sb_diff_side *a = &diff->side[SB_SHIPPED], *b = &diff->side[SB_REBUILT];
	return a->present && b->present && a->length == b->length && a->region->length == b->region->length;
}

/* May rows of what differs say what their bytes do not? */
static bool is_table(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region->kind == SB_REGION_TABLE && diff->side[SB_REBUILT].region->kind == SB_REGION_TABLE;
}

/* Tables of an object may have as many rows as before in another order. */
static bool is_unlinked(const struct folding *folding)
{
	return folding->pair->view[SB_SHIPPED]->unlinked;
}

/* A difference in a table: folded when every row that it meets has its counterpart. */
static int fold_rows(struct folding *folding, struct sb_vec *claims, size_t index, bool *folded, struct sb_err *err)
{
	struct sb_claim *claim = sb_vec_at(claims, index);
	uint64_t until[SB_SIDES], fields = 0;
	int64_t distance = 0;
	int rc = find_rows(folding, claims, index, err);

	bool in_place = !folding->rows.encoded && !is_unlinked(folding) && is_one_length(claim->diff);
	if (rc || folding->rows.rows[SB_SHIPPED].count == 0 || in_place)
		return rc;
	if (!holds_all(folding, claim->diff, until)) {
		name_row(folding, claim, until);
		return 0;
	}
	if (folding->rows.encoded && !folding->blamed)
		return 0;
	rc = count_rows(folding, claim->diff, index, &fields, &distance, err);
	if (rc)
		return rc;
	fold(folding, claim, fields, distance);
	*folded = true;
	if (fields == 0)
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

/* The largest run is always told of, the others when they are long enough to be one shift. */
static size_t count_heads(const struct folding *folding)
{
	size_t heads = folding->runs.count > 0;

	while (heads < MOST_HEADS && heads < folding->runs.count && ((const struct run *)sb_vec_at(&folding->runs, heads))->fields >= SHORTEST_RUN)
		heads++;
	return heads;
}

/* The first claim of each of the largest runs says what moved, and how many fields followed. */
static void announce(struct folding *folding, struct sb_vec *claims)
{
	if (folding->runs.count)
		qsort(folding->runs.items, folding->runs.count, folding->runs.size, by_fields);
	for (size_t i = 0, heads = count_heads(folding); i < heads; i++) {
		const struct run *run = sb_vec_at(&folding->runs, i);
		struct sb_claim *head = sb_vec_at(claims, run->head);
		if (head->primary)
			continue;
		head->primary = true;
		const char *more = i + 1 == heads && folding->runs.count > heads
		                           ? sb_explain_note(folding->in, "; fields moved by %zu other distances too", folding->runs.count - heads)
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

/* Where a table got longer, rows are paired first: bytes at equal places say nothing then. Of an encoded one they never do. */
static int fold_claim(struct folding *folding, struct sb_vec *claims, size_t index, struct sb_err *err)
{
	struct sb_claim *claim = sb_vec_at(claims, index);
	struct sb_proof proof = {0};
	bool folded = false, rows = claim->diff->kind == SB_DIFF_BYTES && (is_table(claim->diff) || !is_one_length(claim->diff));
	int rc = rows ? fold_rows(folding, claims, index, &folded, err) : 0;

	if (!rc && !folded && !(rows && folding->rows.encoded))
		rc = sb_prove(&folding->prover, claim->diff, &proof, err);
	if (!rc && !rows && proof.unproven && claim->diff->kind == SB_DIFF_BYTES && is_unlinked(folding))
		return fold_rows(folding, claims, index, &folded, err);
	if (rc || proof.fields == 0 || proof.unproven)
		return rc;
	fold(folding, claim, proof.fields, field_at(folding, 0)->distance);
	return count_runs(folding, index, err);
}

static bool is_left(const struct sb_claim *claim)
{
	return is_candidate(claim) && claim->primary;
}

static int narrow_claim(struct folding *folding, struct sb_claim *claim, size_t index, struct sb_err *err)
{
	struct sb_proof proof;
	int rc = sb_prove(&folding->prover, claim->diff, &proof, err);

	if (rc || proof.fields == 0)
		return rc;
	narrow(folding, claim, &proof);
	return count_runs(folding, index, err);
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
static void name_open(struct folding *folding, struct sb_claim *claim, const struct sb_vec open[SB_SIDES])
{
	const struct sb_proof proof = proof_in(open, claim->diff);
	const char *name = claim->diff->kind == SB_DIFF_BYTES && proof.unproven && !claim->name
	                           ? sb_view_locate(folding->pair->view[proof.side], claim->diff->side[proof.side].region, proof.at, folding->in->arena)
	                           : NULL;

	claim->name = name ? name : claim->name;
}

/* The proven fields of a region that lie in the shipped side of a difference, each counted once. */
static int count_fields(struct folding *folding, const struct sb_diff *diff, size_t claim, uint64_t *fields, int64_t *distance, struct sb_err *err)
{
	const struct sb_diff_side *at = &diff->side[SB_SHIPPED];
	int rc = 0;

	for (size_t i = 0; !rc && i < folding->prover.fields.count; i++) {
		struct sb_proven_field *field = field_at(folding, i);
		if (field->counted || field->offset < at->offset || field->offset >= at->offset + at->length)
			continue;
		field->counted = true;
		*distance = *fields ? *distance : field->distance;
		++*fields;
		rc = count_run(folding, field->distance, 1, claim, err);
	}
	return rc;
}

/* Differences [first, end) of one region, folded where the proof of the region leaves nothing open in them. */
static int settle_by_region(struct folding *folding, struct sb_vec *claims, size_t first, size_t end, const struct sb_vec open[SB_SIDES], struct sb_err *err)
{
	bool blamed = open[SB_SHIPPED].count + open[SB_REBUILT].count == 0;
	int rc = 0;

	for (size_t i = first; i < end; i++) {
		const struct sb_claim *claim = sb_vec_at(claims, i);
		blamed |= is_left(claim) && proof_in(open, claim->diff).unproven;
	}
	for (size_t i = first; !rc && blamed && i < end; i++) { /* else what is open lies where the bytes were found equal: nothing is told */
		struct sb_claim *claim = sb_vec_at(claims, i);
		uint64_t fields = 0;
		int64_t distance = 0;
		if (!is_left(claim) || proof_in(open, claim->diff).unproven)
			continue;
		rc = count_fields(folding, claim->diff, i, &fields, &distance, err);
		fold(folding, claim, fields, distance);
		if (fields == 0)
			claim->note = sb_explain_note(folding->in, "it follows: its bytes stand on both sides, and lead to the same things");
	}
	for (size_t i = first; !rc && i < end; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!is_left(claim))
			continue;
		name_open(folding, claim, open);
		rc = narrow_claim(folding, claim, i, err);
	}
	return rc;
}

/* What is left of one region: where bytes went elsewhere, it is looked at as a whole. */
static int settle_region(struct folding *folding, struct sb_vec *claims, size_t first, size_t end, struct sb_err *err)
{
	const struct sb_diff *diff = ((const struct sb_claim *)sb_vec_at(claims, first))->diff;
	SB_VEC struct sb_vec shipped = {.size = sizeof(struct sb_stretch)};
	SB_VEC struct sb_vec rebuilt = {.size = sizeof(struct sb_stretch)};
	struct sb_vec open[SB_SIDES] = {shipped, rebuilt};
	bool moved = false;
	int rc = 0;

	if (is_table(diff))
		rc = find_rows(folding, claims, first, err);
	if (rc || (is_table(diff) && folding->rows.encoded))
		return rc;
	for (size_t i = first; i < end; i++) {
		const struct sb_claim *claim = sb_vec_at(claims, i);
		moved |= is_left(claim) && claim->diff->kind == SB_DIFF_BYTES && !is_one_length(claim->diff);
	}
	if (moved) {
		rc = sb_prove_regions(&folding->prover, diff->side[SB_SHIPPED].region, diff->side[SB_REBUILT].region, open, err);
		shipped = open[SB_SHIPPED];
		rebuilt = open[SB_REBUILT];
		return rc ? rc : settle_by_region(folding, claims, first, end, open, err);
	}
	for (size_t i = first; !rc && i < end; i++)
		if (is_left(sb_vec_at(claims, i)))
			rc = narrow_claim(folding, sb_vec_at(claims, i), i, err);
	return rc;
}

static int fold_claims(struct folding *folding, struct sb_vec *claims, size_t first, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = first; !rc && i < claims->count; i++) {
		if (is_candidate(sb_vec_at(claims, i)))
			rc = fold_claim(folding, claims, i, err);
	}
	for (size_t i = first, end; !rc && i < claims->count; i = end) {
		const struct sb_claim *claim = sb_vec_at(claims, i);
		end = i + 1;
		if (!is_left(claim))
			continue;
		while (end < claims->count && is_of(sb_vec_at(claims, end), claim))
			end++;
		rc = settle_region(folding, claims, i, end, err);
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
		.runs = {.size = sizeof(struct run)},
	};

	sb_prover_init(&folding.prover, pair, map);
	int rc = fold_claims(&folding, claims, first, err);

	if (!rc)
		rc = check_count(&folding, err);
	if (!rc)
		announce(&folding, claims);
	sb_prover_release(&folding.prover);
	sb_vec_release(&folding.runs);
	sb_moved_rows_release(&folding.rows);
	return rc;
}
