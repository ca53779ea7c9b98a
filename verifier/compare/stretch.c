/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes without types. */
#include "verifier/compare/unit.h"

#include <string.h>

/** Differences nearer than this are shown as one; more of them than that in one stretch end in a last, long one. */
enum { NEAR = 8, MOST_RUNS = 200 };

static const char *located(const struct sb_unit *unit, const struct sb_stretch *stretch, uint64_t at)
{
	const struct sb_region *region = stretch->region[SB_SHIPPED];
	const struct sb_format *format = unit->pair.format;

	if (!region || !format || !format->locate)
		return NULL;
	return format->locate(unit->pair.view[SB_SHIPPED], region, stretch->offset[SB_SHIPPED] + at, unit->arena);
}

static int emit(struct sb_unit *unit, const struct sb_stretch *stretch, uint64_t at, const uint64_t length[SB_SIDES], uint64_t bytes,
                struct sb_err *err)
{
	struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_BYTES, err);

	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->bytes = bytes;
	diff->name = located(unit, stretch, at);
	for (unsigned side = 0; side < SB_SIDES; side++) {
		diff->side[side] = (struct sb_diff_side){
			.present = length[side] > 0,
			.offset = stretch->offset[side] + at,
			.length = length[side],
			.region = stretch->region[side],
			.member = stretch->member[side],
		};
		diff->loaded |= stretch->region[side] && stretch->region[side]->loaded;
	}
	unit->pair.own_equal -= bytes;
	return 0;
}

/* Next differing byte at or after @at, or @n. */
static uint64_t next_difference(const uint8_t *a, const uint8_t *b, uint64_t at, uint64_t n)
{
	return at + sb_span_common_prefix(sb_span_of(a + at, n - at), sb_span_of(b + at, n - at));
}

/* End of the run that begins at @from, and how many of its bytes differ. */
static uint64_t end_of_run(const uint8_t *a, const uint8_t *b, uint64_t from, uint64_t n, bool last, uint64_t *bytes)
{
	uint64_t end = from, at = from;

	*bytes = 0;
	while (at < n) {
		while (at < n && a[at] != b[at]) {
			at++;
			++*bytes;
		}
		end = at;
		at = next_difference(a, b, at, n);
		if (at == n || (!last && at - end >= NEAR))
			break;
	}
	return end;
}

static int compare_runs(struct sb_unit *unit, const struct sb_stretch *stretch, struct sb_err *err)
{
	const uint8_t *a = stretch->bytes[SB_SHIPPED].p, *b = stretch->bytes[SB_REBUILT].p;
	uint64_t n = stretch->bytes[SB_SHIPPED].n, at = 0;
	int rc = 0;

	for (unsigned runs = 1; !rc && (at = next_difference(a, b, at, n)) < n; runs++) {
		uint64_t bytes, end = end_of_run(a, b, at, n, runs == MOST_RUNS, &bytes);
		rc = emit(unit, stretch, at, (const uint64_t[]){end - at, end - at}, bytes, err);
		at = end;
	}
	return rc;
}

static uint64_t common_suffix(struct sb_span a, struct sb_span b, uint64_t prefix)
{
	uint64_t most = (a.n < b.n ? a.n : b.n) - prefix, n = 0;
	while (n < most && a.p[a.n - 1 - n] == b.p[b.n - 1 - n])
		n++;
	return n;
}

static int compare_lengths(struct sb_unit *unit, const struct sb_stretch *stretch, struct sb_err *err)
{
	struct sb_span a = stretch->bytes[SB_SHIPPED], b = stretch->bytes[SB_REBUILT];
	uint64_t prefix = sb_span_common_prefix(a, b), suffix = common_suffix(a, b, prefix);
	const uint64_t length[SB_SIDES] = {a.n - prefix - suffix, b.n - prefix - suffix};

	return emit(unit, stretch, prefix, length, length[0] > length[1] ? length[0] : length[1], err);
}

int sb_stretch_compare(struct sb_unit *unit, const struct sb_stretch *stretch, struct sb_err *err)
{
	struct sb_span a = stretch->bytes[SB_SHIPPED], b = stretch->bytes[SB_REBUILT];
	uint64_t longer = a.n > b.n ? a.n : b.n;

	unit->pair.own_bytes += longer;
	unit->pair.own_equal += longer;
	if (sb_span_equal(a, b))
		return 0;
	return a.n == b.n ? compare_runs(unit, stretch, err) : compare_lengths(unit, stretch, err);
}
