/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes without types: runs at equal length, else what is left when equal content has been found wherever it moved to. */
#include "verifier/compare/align.h"
#include "verifier/compare/chunks.h"
#include "verifier/compare/unit.h"

#include <string.h>

/** Differences nearer than this are shown as one; more of them than that in one stretch end in a last, long one. */
enum { NEAR = 8, MOST_RUNS = 200 };
/** Larger windows are cut coarsely only; below the least nothing is looked for. */
enum { FINE_WINDOW = 64 << 10, LEAST_WINDOW = 32 };

/** A stretch while its differences are listed. */
struct listing {
	struct sb_unit *unit;
	const struct sb_stretch *stretch;
	unsigned runs;
	uint64_t covered; /* bytes of the shipped side that differences hold */
};

static const char *located(const struct sb_unit *unit, const struct sb_stretch *stretch, uint64_t at)
{
	const struct sb_region *region = stretch->region[SB_SHIPPED];

	if (!region || !unit->pair.format)
		return NULL;
	return sb_view_locate(unit->pair.view[SB_SHIPPED], region, stretch->offset[SB_SHIPPED] + at, unit->arena);
}

/* @bytes of the longer side differ; @covered of them lie on the shipped side. */
static int emit(struct listing *list, const struct sb_gap *gap, uint64_t bytes, uint64_t covered, struct sb_err *err)
{
	const struct sb_stretch *stretch = list->stretch;
	struct sb_diff *diff = sb_unit_diff(list->unit, SB_DIFF_BYTES, err);

	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->bytes = bytes;
	diff->name = located(list->unit, stretch, gap->from[SB_SHIPPED]);
	for (unsigned side = 0; side < SB_SIDES; side++) {
		diff->side[side] = (struct sb_diff_side){
			.present = gap->to[side] > gap->from[side],
			.offset = stretch->offset[side] + gap->from[side],
			.length = gap->to[side] - gap->from[side],
			.region = stretch->region[side],
			.member = stretch->member[side],
		};
		diff->loaded |= !stretch->region[side] || stretch->region[side]->loaded; /* of what has no format nobody knows who runs it */
	}
	list->runs++;
	list->covered += covered;
	list->unit->pair.own_bytes += bytes;
	return 0;
}

/** A gap of one length on both sides while its runs are looked for. */
struct window {
	struct sb_reading *reading;
	struct sb_span a, b;
};

static struct sb_span behind(struct sb_span bytes, uint64_t at)
{
	return sb_span_of(bytes.p + at, bytes.n - (size_t)at);
}

/* Next differing byte at or after @at, or the end. */
static uint64_t next_difference(const struct window *in, uint64_t at)
{
	return at + sb_reading_common_prefix(in->reading, behind(in->a, at), behind(in->b, at));
}

/* Next byte at or after @at that is equal, or the end. */
static uint64_t next_equal(const struct window *in, uint64_t at)
{
	enum { PIECE = 1 << 20 };
	const uint8_t *a = in->a.p, *b = in->b.p;

	while (at < in->a.n) {
		uint64_t from = at, end = in->a.n - at < PIECE ? in->a.n : at + PIECE;
		while (at < end && a[at] != b[at])
			at++;
		sb_reading_more(in->reading, 2 * (size_t)(at - from));
		if (at < end)
			break;
	}
	return at;
}

/* End of the run that begins at @from, and how many of its bytes differ. */
static uint64_t end_of_run(const struct window *in, uint64_t from, bool last, uint64_t *bytes)
{
	uint64_t end = from, at = from;

	*bytes = 0;
	while (at < in->a.n) {
		end = next_equal(in, at);
		*bytes += end - at;
		at = next_difference(in, end);
		if (at == in->a.n || (!last && at - end >= NEAR))
			break;
	}
	return end;
}

static struct sb_span gap_bytes(const struct sb_stretch *stretch, const struct sb_gap *gap, unsigned side)
{
	return sb_span_of(stretch->bytes[side].p + gap->from[side], (size_t)(gap->to[side] - gap->from[side]));
}

/* A gap of one length on both sides, byte by byte. */
static int list_runs(struct listing *list, const struct sb_gap *gap, struct sb_err *err)
{
	const struct window in = {list->unit->reading, gap_bytes(list->stretch, gap, SB_SHIPPED), gap_bytes(list->stretch, gap, SB_REBUILT)};
	uint64_t at = 0;
	int rc = 0;

	while (!rc && (at = next_difference(&in, at)) < in.a.n) {
		uint64_t bytes, end = end_of_run(&in, at, list->runs + 1 >= MOST_RUNS, &bytes);
		const struct sb_gap run = {.from = {gap->from[0] + at, gap->from[1] + at}, .to = {gap->from[0] + end, gap->from[1] + end}};
		rc = emit(list, &run, bytes, bytes, err);
		at = end;
	}
	return rc;
}

static int list_gap(struct listing *list, const struct sb_gap *gap, struct sb_err *err)
{
	uint64_t a = gap->to[SB_SHIPPED] - gap->from[SB_SHIPPED], b = gap->to[SB_REBUILT] - gap->from[SB_REBUILT];
	return a == b ? list_runs(list, gap, err) : emit(list, gap, a > b ? a : b, a, err);
}

static void trim(struct sb_reading *reading, const struct sb_stretch *stretch, struct sb_gap *gap)
{
	size_t prefix = sb_reading_common_prefix(reading, gap_bytes(stretch, gap, SB_SHIPPED), gap_bytes(stretch, gap, SB_REBUILT));

	gap->from[SB_SHIPPED] += prefix;
	gap->from[SB_REBUILT] += prefix;
	size_t suffix = sb_reading_common_suffix(reading, gap_bytes(stretch, gap, SB_SHIPPED), gap_bytes(stretch, gap, SB_REBUILT));
	gap->to[SB_SHIPPED] -= suffix;
	gap->to[SB_REBUILT] -= suffix;
}

/* One more gap behind those of @gaps; near ones and those beyond the most become one with the last. */
static int keep_gap(struct sb_vec *gaps, const struct sb_gap *gap, struct sb_err *err)
{
	struct sb_gap *last = gaps->count ? sb_vec_at(gaps, gaps->count - 1) : NULL;

	if (gap->from[0] == gap->to[0] && gap->from[1] == gap->to[1])
		return 0;
	if (last && (gaps->count == MOST_RUNS || (gap->from[0] - last->to[0] < NEAR && gap->from[1] - last->to[1] < NEAR))) {
		last->to[0] = gap->to[0];
		last->to[1] = gap->to[1];
		return 0;
	}
	if (!(last = sb_vec_push(gaps)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*last = *gap;
	return 0;
}

static int collect(struct sb_reading *reading, const struct sb_stretch *stretch, struct sb_gap window, bool fine, struct sb_vec *gaps, struct sb_err *err);

/* What equal pieces leave between them; coarse gaps are cut once more. */
static int collect_gaps(struct sb_reading *reading, const struct sb_stretch *stretch, const struct sb_gap *window, bool fine, struct sb_vec *gaps, struct sb_err *err)
{
	struct sb_span a = gap_bytes(stretch, window, SB_SHIPPED), b = gap_bytes(stretch, window, SB_REBUILT);
	struct sb_alignment alignment;
	struct sb_chunker chunker;
	struct sb_gap gap = {.piece = {0}};

	if (fine)
		sb_chunks_fine(&chunker);
	else
		sb_chunks_coarse(&chunker, a.n > b.n ? a.n : b.n);
	int rc = sb_align(reading, a, b, sb_chunks_cut, &chunker, &alignment, err);
	if (rc)
		return rc;
	while (!rc && sb_alignment_next_gap(&alignment, &gap)) {
		struct sb_gap part = {.from = {window->from[0] + gap.from[0], window->from[1] + gap.from[1]},
		                      .to = {window->from[0] + gap.to[0], window->from[1] + gap.to[1]}};
		trim(reading, stretch, &part);
		rc = fine ? keep_gap(gaps, &part, err) : collect(reading, stretch, part, true, gaps, err);
	}
	sb_alignment_release(&alignment);
	return rc;
}

static int collect(struct sb_reading *reading, const struct sb_stretch *stretch, struct sb_gap window, bool fine, struct sb_vec *gaps, struct sb_err *err)
{
	uint64_t a = window.to[0] - window.from[0], b = window.to[1] - window.from[1];
	bool small = a < LEAST_WINDOW || b < LEAST_WINDOW, large = a > FINE_WINDOW || b > FINE_WINDOW;

	if (small || (fine && large))
		return keep_gap(gaps, &window, err);
	return collect_gaps(reading, stretch, &window, fine || !large, gaps, err);
}

static uint64_t bytes_of_gaps(const struct sb_vec *gaps)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < gaps->count; i++) {
		const struct sb_gap *gap = sb_vec_at(gaps, i);
		uint64_t a = gap->to[0] - gap->from[0], b = gap->to[1] - gap->from[1];
		bytes += a > b ? a : b;
	}
	return bytes;
}

/* Bytes that differ at their place; counting stops where they are too many for an edit in place. */
static bool is_in_place(struct sb_reading *reading, const struct sb_stretch *stretch)
{
	const uint8_t *a = stretch->bytes[SB_SHIPPED].p, *b = stretch->bytes[SB_REBUILT].p;
	uint64_t n = stretch->bytes[SB_SHIPPED].n, differing = 0;

	if (n != stretch->bytes[SB_REBUILT].n)
		return false;
	for (struct sb_span rest = stretch->bytes[SB_SHIPPED], piece; differing <= n / 8 && sb_reading_next(reading, &rest, &piece);) {
		const uint8_t *other = b + (piece.p - a);
		sb_reading_more(reading, piece.n);
		for (size_t i = 0; i < piece.n; i++)
			differing += piece.p[i] != other[i];
	}
	return n < 2 * LEAST_WINDOW || differing <= n / 8;
}

/* Of a signature no byte means anything by itself. */
static bool is_signature(const struct listing *list)
{
	const struct sb_region *region = list->stretch->region[SB_SHIPPED];
	const struct sb_member *member = list->unit->pair.member[SB_SHIPPED];
	return (region && region->kind == SB_REGION_SIGNATURE) || (member && member->signature);
}

static int list_all(struct listing *list, struct sb_err *err)
{
	const struct sb_stretch *stretch = list->stretch;
	struct sb_gap whole = {.to = {stretch->bytes[0].n, stretch->bytes[1].n}};
	SB_VEC struct sb_vec gaps = {.size = sizeof(struct sb_gap)};
	int rc = 0;

	if (is_signature(list))
		return emit(list, &whole, whole.to[0] > whole.to[1] ? whole.to[0] : whole.to[1], whole.to[0], err);
	if (is_in_place(list->unit->reading, stretch))
		return list_runs(list, &whole, err);
	trim(list->unit->reading, stretch, &whole);
	rc = collect(list->unit->reading, stretch, whole, false, &gaps, err);
	/* At equal length bytes may as well have been replaced where they stand: then nothing was found elsewhere. */
	if (!rc && stretch->bytes[0].n == stretch->bytes[1].n && bytes_of_gaps(&gaps) * 2 > whole.to[0] - whole.from[0])
		return list_runs(list, &whole, err);
	for (size_t i = 0; !rc && i < gaps.count; i++)
		rc = list_gap(list, sb_vec_at(&gaps, i), err);
	return rc;
}

int sb_stretch_compare(struct sb_unit *unit, const struct sb_stretch *stretch, struct sb_err *err)
{
	struct listing list = {.unit = unit, .stretch = stretch};
	int rc = sb_reading_equal(unit->reading, stretch->bytes[SB_SHIPPED], stretch->bytes[SB_REBUILT]) ? 0 : list_all(&list, err);
	uint64_t equal = stretch->bytes[SB_SHIPPED].n - list.covered;

	unit->pair.own_bytes += equal;
	unit->pair.own_equal += equal;
	return rc;
}
