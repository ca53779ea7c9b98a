/* SPDX-License-Identifier: Apache-2.0 */
/* Differences in tables: what of them follows is told row by row, since a table that got longer has other rows at equal places. */
#include "verifier/explain/shift.h"

#include <inttypes.h>

bool sb_shift_is_one_length(const struct sb_diff *diff)
{
	const struct sb_diff_side *a = &diff->side[SB_SHIPPED], *b = &diff->side[SB_REBUILT];
	return a->present && b->present && a->length == b->length && a->region->length == b->region->length;
}

/* May rows of what differs say what their bytes do not? */
bool sb_shift_is_table(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region->kind == SB_REGION_TABLE && diff->side[SB_REBUILT].region->kind == SB_REGION_TABLE;
}

/* Tables of an object may have as many rows as before in another order. */
bool sb_shift_is_unlinked(const struct sb_folding *folding)
{
	return folding->pair->view[SB_SHIPPED]->unlinked;
}

/* Where the rows with counterparts end on each side of a difference; true when that is all of it. */
static bool holds_all(const struct sb_folding *folding, const struct sb_diff *diff, uint64_t until[SB_SIDES])
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
static bool is_blamed(const struct sb_folding *folding, struct sb_vec *claims, size_t index)
{
	const struct sb_claim *claim = sb_vec_at(claims, index);
	uint64_t until[SB_SIDES];
	bool blamed = folding->rows.lone[SB_SHIPPED] + folding->rows.lone[SB_REBUILT] == 0;

	for (size_t i = index; !blamed && i < claims->count && sb_shift_is_of(sb_vec_at(claims, i), claim); i++)
		blamed = !holds_all(folding, ((const struct sb_claim *)sb_vec_at(claims, i))->diff, until);
	return blamed;
}

/* Rows of the tables that the difference lies in, found once for all differences of a region, of which it is the first. */
int sb_shift_find_rows(struct sb_folding *folding, struct sb_vec *claims, size_t index, struct sb_err *err)
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
static int count_rows(struct sb_folding *folding, const struct sb_diff *diff, size_t claim, uint64_t *fields, int64_t *distance, struct sb_err *err)
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
		rc = sb_run_count(folding, row->distance, row->fields, claim, err);
	}
	return rc;
}

/* A row that one side only has is the first byte that no paired row holds. */
static void name_row(struct sb_folding *folding, struct sb_claim *claim, const uint64_t until[SB_SIDES])
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
int sb_shift_rows(struct sb_folding *folding, struct sb_vec *claims, size_t index, bool *folded, struct sb_err *err)
{
	struct sb_claim *claim = sb_vec_at(claims, index);
	uint64_t until[SB_SIDES], fields = 0;
	int64_t distance = 0;
	int rc = sb_shift_find_rows(folding, claims, index, err);

	bool in_place = !folding->rows.encoded && !sb_shift_is_unlinked(folding) && sb_shift_is_one_length(claim->diff);
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
	sb_shift_fold(folding, claim, fields, distance);
	*folded = true;
	if (fields == 0)
		claim->note = sb_explain_note(folding->in, "it follows: the rows stand on both sides and lead to the same things");
	return 0;
}
