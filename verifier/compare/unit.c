/* SPDX-License-Identifier: Apache-2.0 */
/* One pair: the cheapest sound decision first. */
#include "verifier/compare/unit.h"

#include <string.h>

struct sb_unit *sb_unit_new(const struct sb_pair *parent, const char *name, unsigned depth)
{
	struct sb_unit *unit = calloc(1, sizeof *unit);

	if (!unit || !(unit->arena = sb_arena_new(0))) {
		free(unit);
		return NULL;
	}
	unit->pair.parent = parent;
	unit->pair.leaves = 1;
	unit->decoded[SB_SHIPPED].fd = unit->decoded[SB_REBUILT].fd = -1;
	unit->source[SB_SHIPPED].fd = unit->source[SB_REBUILT].fd = -1;
	unit->diffs = (struct sb_vec){.size = sizeof(struct sb_diff), .ceiling = SB_LIMIT_OF(FINDINGS)};
	unit->folds = (struct sb_vec){.size = sizeof(struct sb_fold), .ceiling = SB_FOLDS};
	unit->depth = depth;
	unit->pair.name = sb_arena_copy(unit->arena, sb_span_text(name));
	if (!unit->pair.name)
		sb_unit_free(&unit);
	return unit;
}

void sb_unit_free(struct sb_unit **unit)
{
	if (!*unit)
		return;
	for (size_t i = 0; i < (*unit)->child_count; i++)
		sb_unit_free(&(*unit)->children[i]);
	free((*unit)->children);
	for (unsigned side = 0; side < SB_SIDES; side++) {
		if ((*unit)->opened[side])
			sb_view_release(&(*unit)->views[side]);
		sb_source_close(&(*unit)->source[side]);
		sb_blob_release(&(*unit)->decoded[side]);
	}
	sb_vec_release(&(*unit)->diffs);
	sb_vec_release(&(*unit)->folds);
	sb_arena_free(&(*unit)->arena);
	sb_arena_free(&(*unit)->rebuilt_arena);
	free(*unit);
	*unit = NULL;
}

struct sb_diff *sb_unit_diff(struct sb_unit *unit, enum sb_diff_kind kind, struct sb_err *err)
{
	struct sb_diff *diff = sb_vec_push(&unit->diffs);
	if (diff)
		diff->kind = kind;
	else if (unit->diffs.count >= unit->diffs.ceiling)
		sb_fail_limit(err, SB_LIMIT_ROW_FINDINGS, unit->diffs.count + 1);
	else
		sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return diff;
}

int sb_compare_common(const struct sb_progress *progress, struct sb_reading *reading, struct sb_span a, struct sb_span b, size_t *common, struct sb_err *err)
{
	enum { SLICE = 16 << 20 };
	size_t most = a.n < b.n ? a.n : b.n;

	*common = 0;
	while (*common < most) {
		size_t n = most - *common < SLICE ? most - *common : SLICE;
		if (sb_stopping(progress))
			return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
		size_t same = sb_reading_common_prefix(reading, sb_span_of(a.p + *common, n), sb_span_of(b.p + *common, n));
		*common += same;
		if (same < n)
			break;
	}
	return 0;
}

int sb_compare_equal(const struct sb_progress *progress, struct sb_reading *reading, struct sb_span a, struct sb_span b, bool *equal, struct sb_err *err)
{
	size_t common = 0;
	int rc = a.n == b.n ? sb_compare_common(progress, reading, a, b, &common, err) : 0;

	*equal = a.n == b.n && common == a.n;
	return rc;
}

/* The whole of both sides as one stretch of bytes or lines. */
static int compare_raw(struct sb_unit *unit, struct sb_err *err)
{
	bool text = false;
	int rc = unit->pair.state == SB_PAIR_RAW ? sb_lines_compare(unit, &text, err) : 0;

	if (rc || text)
		return rc;
	const struct sb_stretch whole = {.bytes = {unit->pair.bytes[SB_SHIPPED], unit->pair.bytes[SB_REBUILT]}};
	return sb_stretch_compare(unit, &whole, err);
}

struct sb_limit_hit sb_unit_limit(const struct sb_unit *unit, const struct sb_err *why)
{
	const struct sb_limit *limit = why->limit ? sb_limit((enum sb_limit_row)(why->limit - 1)) : NULL;
	return (struct sb_limit_hit){limit ? limit->name : "limit", limit ? limit->value : 0, unit->pair.name};
}

/*
 * A quine: unpacking would never end. The bytes are compared, not what anybody says of them. One format may hand all of a file on to another
 * (a package that is one compressed stream), but none gets the same bytes twice.
 */
static bool holds_itself(const struct sb_unit *unit, const struct sb_format *format)
{
	for (const struct sb_pair *above = unit->pair.parent; above; above = above->parent)
		for (unsigned side = 0; side < SB_SIDES; side++)
			if (above->view[side]->format == format && sb_reading_equal(unit->reading, above->bytes[side], unit->pair.bytes[side]))
				return true;
	return false;
}

/* Two formats make two things, unless the container of both says that they are one. */
static int decide_unlike(struct sb_unit *unit, struct sb_compare_run *run, const struct sb_format *const format[SB_SIDES], struct sb_err *err)
{
	const struct sb_format *shipped = format[SB_SHIPPED], *rebuilt = format[SB_REBUILT];
	bool open;
	int rc = sb_recoded_open(unit, run, format, &open, err);

	if (rc || open)
		return rc;
	unit->pair.state = SB_PAIR_RAW;
	if (shipped != rebuilt)
		unit->pair.why = sb_arena_printf(unit->arena, "the shipped side is %s, the rebuilt side is %s", shipped ? shipped->name : "unknown",
		                                 rebuilt ? rebuilt->name : "unknown");
	return 0;
}

static int decide(struct sb_unit *unit, struct sb_compare_run *run, struct sb_err *err)
{
	const struct sb_format *format[SB_SIDES];
	int rc = 0;

	if (unit->depth > SB_LIMIT_OF(NEST_DEPTH)) {
		unit->pair.why = "nested too deep";
		unit->pair.limit = (struct sb_limit_hit){"nest-depth", SB_LIMIT_OF(NEST_DEPTH), unit->pair.name};
		return 0;
	}
	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		rc = sb_parsing_probe(run->side[side], &unit->source[side], unit->pair.name, &format[side], err);
	if (rc)
		return rc;
	if (format[SB_SHIPPED] != format[SB_REBUILT] || !format[SB_SHIPPED])
		return decide_unlike(unit, run, format, err);
	if (holds_itself(unit, format[SB_SHIPPED])) {
		unit->pair.why = "it holds itself";
		unit->pair.limit = (struct sb_limit_hit){"nest-repeat", SB_LIMIT_OF(NEST_REPEAT), unit->pair.name};
		return 0;
	}
	return sb_unit_open(unit, run, format, err);
}

/* A limit or an unreadable place cut the comparison: the bytes are opaque and no difference of theirs may be claimed. */
static void close_opaque(struct sb_unit *unit)
{
	size_t a = unit->pair.bytes[SB_SHIPPED].n, b = unit->pair.bytes[SB_REBUILT].n;
	unit->pair.own_bytes = a > b ? a : b;
	unit->pair.own_equal = 0;
}

static bool has_unequal_child(const struct sb_unit *unit)
{
	for (size_t i = 0; i < unit->child_count; i++)
		if (unit->children[i]->pair.state != SB_PAIR_EQUAL)
			return true;
	return false;
}

/* Bytes that differ and of which nothing below says why: whatever it was, it is a difference, and nobody owns it. */
static int compare_parts(struct sb_unit *unit, struct sb_compare_run *run, struct sb_err *err)
{
	int rc = sb_unit_compare_parts(unit, run, err);

	if (rc || unit->diffs.count || has_unequal_child(unit))
		return rc;
	struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_ORDER, err);
	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->name = "place of parts";
	return 0;
}

static int compare_decided(struct sb_unit *unit, struct sb_compare_run *run, struct sb_err *err)
{
	switch (unit->pair.state) {
	case SB_PAIR_EQUAL:
		return 0;
	case SB_PAIR_OPENED:
		return compare_parts(unit, run, err);
	case SB_PAIR_RAW:
		return compare_raw(unit, err);
	case SB_PAIR_UNDECIDED:
	case SB_PAIR_REJECTED:
	case SB_PAIR_OPAQUE:
		close_opaque(unit);
		return 0;
	}
	return sb_fail(err, SB_INTERNAL, "pair-state", "a pair without a state");
}

/* Publish what was collected in the const view that the other stages get. */
static void seal(struct sb_unit *unit)
{
	unit->pair.diffs = unit->diffs.items;
	unit->pair.diff_count = unit->diffs.count;
	unit->pair.child_count = unit->pair.state == SB_PAIR_UNDECIDED ? 0 : unit->child_count; /* opaque as a whole */
	uint64_t below = 0;
	for (size_t i = 0; i < unit->child_count; i++)
		below += unit->children[i]->pair.leaves;
	if (unit->pair.leaves < below)
		unit->pair.leaves = below;
}

/* Too many differences to list, or a worker that did not answer: nothing may be concluded. */
static bool cuts_short(int rc, const struct sb_err *why)
{
	return rc == SB_LIMIT || (rc == SB_INTERNAL && why->id && strcmp(why->id, "parser-failed") == 0);
}

int sb_unit_cut_short(struct sb_unit *unit, const struct sb_err *why, struct sb_err *err)
{
	char *shown = sb_escape_copy(unit->arena, sb_span_text(why->msg));

	if (!shown)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	unit->pair.state = SB_PAIR_UNDECIDED;
	unit->pair.why = shown;
	if (why->code == SB_LIMIT)
		unit->pair.limit = sb_unit_limit(unit, why);
	unit->diffs.count = 0;
	unit->pair.diff_count = unit->pair.child_count = 0;
	close_opaque(unit);
	return 0;
}

int sb_unit_compare(struct sb_unit *unit, struct sb_compare_run *run, struct sb_err *err)
{
	struct sb_err why = {0};
	int rc = 0;

	unit->reading = sb_depot_reading(run->depot);
	if (sb_stopping(run->progress))
		return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
	sb_step(run->progress, "compare", unit->pair.name, run->artifact, run->artifacts);
	if (unit->pair.state == SB_PAIR_UNDECIDED && !unit->pair.why) {
		bool equal;
		rc = sb_compare_equal(run->progress, unit->reading, unit->pair.bytes[SB_SHIPPED], unit->pair.bytes[SB_REBUILT], &equal, &why);
		if (!rc && equal) {
			unit->pair.state = SB_PAIR_EQUAL;
			unit->pair.own_bytes = unit->pair.own_equal = unit->pair.bytes[SB_SHIPPED].n;
		} else if (!rc) {
			rc = decide(unit, run, &why);
		}
	}
	if (!rc)
		rc = compare_decided(unit, run, &why);
	if (cuts_short(rc, &why))
		rc = sb_unit_cut_short(unit, &why, err);
	if (rc && err && rc == why.code)
		*err = why;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		sb_source_rest(&unit->source[side], run->descriptors);
		sb_close_fd(&unit->decoded[side].fd);
	}
	seal(unit);
	return rc;
}
