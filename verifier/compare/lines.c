/* SPDX-License-Identifier: Apache-2.0 */
/* Text: which lines differ. The proof stays on bytes; lines only say where. */
#include "verifier/compare/unit.h"

#include <string.h>

/** Larger texts are compared as bytes; more hunks than that end in a last, long one. */
enum { LARGEST = 16 << 20, MOST_HUNKS = 200 };

static bool is_text(struct sb_span bytes)
{
	while (bytes.n) {
		uint32_t cp;
		size_t n = sb_utf8_decode(bytes, &cp);
		if (n == 0 || (cp < 0x20 && cp != '\n' && cp != '\t' && cp != '\r' && cp != '\f' && cp != 0x1b))
			return false;
		bytes = sb_span_of(bytes.p + n, bytes.n - n);
	}
	return true;
}

static size_t line_length(struct sb_span rest)
{
	const uint8_t *end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
	return end ? (size_t)(end - rest.p) + 1 : rest.n;
}

static size_t count_lines(struct sb_span text)
{
	size_t lines = 0;
	for (size_t at = 0; at < text.n; at += line_length(sb_span_of(text.p + at, text.n - at)))
		lines++;
	return lines;
}

/** Both texts, at the lines that are looked at. */
struct walk {
	struct sb_span text[SB_SIDES];
	size_t at[SB_SIDES];
	unsigned line;
};

static struct sb_span current(const struct walk *walk, unsigned side)
{
	struct sb_span rest = sb_span_of(walk->text[side].p + walk->at[side], walk->text[side].n - walk->at[side]);
	return sb_span_of(rest.p, line_length(rest));
}

static void step(struct walk *walk)
{
	for (unsigned side = 0; side < SB_SIDES; side++)
		walk->at[side] += current(walk, side).n;
	walk->line++;
}

static int emit(struct sb_unit *unit, const struct walk *from, const size_t end[SB_SIDES], struct sb_err *err)
{
	struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_TEXT, err);

	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->line = from->line;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		uint64_t length = end[side] - from->at[side];
		diff->side[side] = (struct sb_diff_side){.present = length > 0, .offset = from->at[side], .length = length};
		if (diff->bytes < length)
			diff->bytes = length;
	}
	/* Counted as equal is what the shipped side has in common; own_bytes grows where the rebuilt side has more. */
	unit->pair.own_equal -= diff->side[SB_SHIPPED].length;
	unit->pair.own_bytes += diff->bytes - diff->side[SB_SHIPPED].length;
	return 0;
}

/* The same number of lines: each against its counterpart. */
static int compare_lines(struct sb_unit *unit, struct walk *walk, struct sb_err *err)
{
	int rc = 0;

	for (unsigned hunks = 1; !rc && walk->at[SB_SHIPPED] < walk->text[SB_SHIPPED].n; step(walk)) {
		if (sb_span_equal(current(walk, SB_SHIPPED), current(walk, SB_REBUILT)))
			continue;
		struct walk ahead = *walk;
		while (ahead.at[SB_SHIPPED] < ahead.text[SB_SHIPPED].n &&
		       (hunks == MOST_HUNKS || !sb_span_equal(current(&ahead, SB_SHIPPED), current(&ahead, SB_REBUILT))))
			step(&ahead);
		rc = emit(unit, walk, ahead.at, err);
		hunks++;
		if (ahead.at[SB_SHIPPED] >= ahead.text[SB_SHIPPED].n)
			break;
		*walk = ahead;
	}
	return rc;
}

/* Lines came or went: what lies between the common first and last lines. */
static int compare_middle(struct sb_unit *unit, struct walk *walk, struct sb_err *err)
{
	size_t end[SB_SIDES] = {walk->text[SB_SHIPPED].n, walk->text[SB_REBUILT].n};

	while (walk->at[SB_SHIPPED] < end[SB_SHIPPED] && walk->at[SB_REBUILT] < end[SB_REBUILT] &&
	       sb_span_equal(current(walk, SB_SHIPPED), current(walk, SB_REBUILT)))
		step(walk);
	for (;;) {
		size_t start[SB_SIDES];
		for (unsigned side = 0; side < SB_SIDES; side++) {
			size_t at = end[side];
			while (at > walk->at[side] && (at == end[side] || walk->text[side].p[at - 1] != '\n'))
				at--;
			start[side] = at;
		}
		struct sb_span a = sb_span_of(walk->text[0].p + start[0], end[0] - start[0]), b = sb_span_of(walk->text[1].p + start[1], end[1] - start[1]);
		if (a.n == 0 || b.n == 0 || !sb_span_equal(a, b))
			break;
		end[0] = start[0];
		end[1] = start[1];
	}
	return emit(unit, walk, end, err);
}

int sb_lines_compare(struct sb_unit *unit, bool *text, struct sb_err *err)
{
	struct walk walk = {.text = {unit->pair.bytes[SB_SHIPPED], unit->pair.bytes[SB_REBUILT]}, .line = 1};
	struct sb_span a = walk.text[SB_SHIPPED], b = walk.text[SB_REBUILT];

	*text = a.n <= LARGEST && b.n <= LARGEST && is_text(a) && is_text(b);
	if (!*text)
		return 0;
	unit->pair.own_bytes = unit->pair.own_equal = a.n;
	return count_lines(a) == count_lines(b) ? compare_lines(unit, &walk, err) : compare_middle(unit, &walk, err);
}
