/* SPDX-License-Identifier: Apache-2.0 */
/* Text: which lines differ. The proof stays on bytes; lines only say where. */
#include "verifier/compare/align.h"
#include "verifier/compare/text.h"

#include <string.h>

/** Larger texts are compared as bytes; more hunks than that end in a last, long one. */
enum { LARGEST = 16 << 20, MOST_HUNKS = 200 };

/** Both texts while their differences are listed. */
struct listing {
	struct sb_unit *unit;
	struct sb_span text[SB_SIDES];
	enum sb_text_encoding encoding[SB_SIDES];
	struct sb_outline *outline[SB_SIDES];
	uint64_t counted; /* of the shipped side: lines up to here have been counted */
	unsigned line;
	uint64_t covered; /* bytes of the shipped side that differences hold */
};

static struct sb_span part(const struct listing *list, const struct sb_gap *gap, unsigned side)
{
	return sb_span_of(list->text[side].p + gap->from[side], (size_t)(gap->to[side] - gap->from[side]));
}

/* The structure around the first byte that differs, on the side that has something there. */
static const char *structure(struct listing *list, const struct sb_gap *gap)
{
	unsigned side = gap->to[SB_SHIPPED] > gap->from[SB_SHIPPED] ? SB_SHIPPED : SB_REBUILT;
	size_t same = sb_span_common_prefix(part(list, gap, SB_SHIPPED), part(list, gap, SB_REBUILT));

	return list->outline[side] ? sb_outline_at(list->outline[side], gap->from[side] + same) : NULL;
}

static int emit(struct listing *list, const struct sb_gap *gap, struct sb_err *err)
{
	struct sb_diff *diff = sb_unit_diff(list->unit, SB_DIFF_TEXT, err);
	const struct sb_span bytes[SB_SIDES] = {part(list, gap, SB_SHIPPED), part(list, gap, SB_REBUILT)};

	if (!diff)
		return err ? err->code : SB_NOMEM;
	list->line += sb_text_lines(sb_span_of(list->text[SB_SHIPPED].p + list->counted, (size_t)(gap->from[SB_SHIPPED] - list->counted)),
	                            list->encoding[SB_SHIPPED]);
	list->counted = gap->from[SB_SHIPPED];
	diff->line = list->line;
	diff->name = structure(list, gap);
	diff->loaded = true; /* scripts, units and settings are acted on, and no text says that it is none */
	diff->bytes = bytes[0].n > bytes[1].n ? bytes[0].n : bytes[1].n;
	for (unsigned side = 0; side < SB_SIDES; side++)
		diff->side[side] = (struct sb_diff_side){.present = bytes[side].n > 0, .offset = gap->from[side], .length = bytes[side].n};
	list->covered += bytes[SB_SHIPPED].n;
	list->unit->pair.own_bytes += diff->bytes;
	return sb_text_remark(list->unit->arena, bytes, list->encoding, &diff->remark, &diff->deceptive, err);
}

static int keep(struct sb_vec *hunks, const struct sb_gap *hunk, struct sb_err *err)
{
	struct sb_gap *last = hunks->count == MOST_HUNKS ? sb_vec_at(hunks, hunks->count - 1) : NULL;

	if (last) {
		last->to[0] = hunk->to[0];
		last->to[1] = hunk->to[1];
		return 0;
	}
	if (!(last = sb_vec_push(hunks)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*last = *hunk;
	return 0;
}

/* Ends of the piece @k of a gap. */
static void piece(const struct sb_alignment *alignment, const struct sb_gap *gap, size_t k, struct sb_gap *out)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		size_t i = gap->piece[side] + k;
		out->from[side] = i ? alignment->side[side].end[i - 1] : 0;
		out->to[side] = alignment->side[side].end[i];
	}
}

/* As many lines on each side: each against its counterpart, for where no alignment was found some of them may be equal. */
static int keep_one_by_one(const struct sb_alignment *alignment, const struct sb_gap *gap, struct sb_vec *hunks, struct sb_err *err)
{
	struct sb_gap hunk = {.piece = {0}}, now;
	bool open = false;
	int rc = 0;

	for (size_t k = 0; !rc && k < gap->pieces[SB_SHIPPED]; k++) {
		bool equal = alignment->side[0].id[gap->piece[0] + k] == alignment->side[1].id[gap->piece[1] + k];
		piece(alignment, gap, k, &now);
		if (equal && open)
			rc = keep(hunks, &hunk, err);
		if (!equal && !open)
			hunk = now;
		hunk.to[0] = equal ? hunk.to[0] : now.to[0];
		hunk.to[1] = equal ? hunk.to[1] : now.to[1];
		open = !equal;
	}
	return rc || !open ? rc : keep(hunks, &hunk, err);
}

static bool ends_line(struct sb_span text, size_t at)
{
	return at == 0 || text.p[at - 1] == '\n';
}

/* What lies between the first lines and the last ones that are equal: cheap, whatever their number. Of UTF-16 everything. */
static struct sb_gap between_ends(const struct listing *list)
{
	struct sb_span a = list->text[SB_SHIPPED], b = list->text[SB_REBUILT];
	struct sb_gap window = {.to = {a.n, b.n}};
	size_t prefix = sb_span_common_prefix(a, b), suffix = 0;

	if (list->encoding[SB_SHIPPED] != list->encoding[SB_REBUILT] ||
	    (list->encoding[SB_SHIPPED] != SB_TEXT_UTF8 && list->encoding[SB_SHIPPED] != SB_TEXT_LATIN1))
		return window;
	while (!ends_line(a, prefix))
		prefix--;
	while (suffix < a.n - prefix && suffix < b.n - prefix && a.p[a.n - 1 - suffix] == b.p[b.n - 1 - suffix])
		suffix++;
	while (suffix && (!ends_line(a, a.n - suffix) || !ends_line(b, b.n - suffix)))
		suffix--;
	window.from[0] = window.from[1] = prefix;
	window.to[0] -= suffix;
	window.to[1] -= suffix;
	return window;
}

static int collect(const struct listing *list, struct sb_vec *hunks, struct sb_err *err)
{
	/* Both sides are cut alike: of two encodings nothing fits anyway. */
	const struct sb_gap window = between_ends(list);
	struct sb_alignment alignment;
	struct sb_gap gap = {.piece = {0}};
	int rc = sb_align(list->unit->reading, part(list, &window, SB_SHIPPED), part(list, &window, SB_REBUILT), sb_text_cut, &list->encoding[SB_SHIPPED], &alignment, err);

	if (rc)
		return rc;
	while (!rc && sb_alignment_next_gap(&alignment, &gap)) {
		bool alike = alignment.partner && gap.pieces[SB_SHIPPED] == gap.pieces[SB_REBUILT];
		rc = alike ? keep_one_by_one(&alignment, &gap, hunks, err) : keep(hunks, &gap, err);
	}
	sb_alignment_release(&alignment);
	for (size_t i = 0; i < hunks->count; i++) {
		struct sb_gap *hunk = sb_vec_at(hunks, i);
		for (unsigned side = 0; side < SB_SIDES; side++) {
			hunk->from[side] += window.from[side];
			hunk->to[side] += window.from[side];
		}
	}
	return rc;
}

static int list_all(struct listing *list, struct sb_err *err)
{
	SB_VEC struct sb_vec hunks = {.size = sizeof(struct sb_gap)};
	int rc = collect(list, &hunks, err);

	for (unsigned side = 0; side < SB_SIDES; side++)
		if (list->encoding[side] == SB_TEXT_UTF8 || list->encoding[side] == SB_TEXT_LATIN1)
			list->outline[side] = sb_outline_new(list->text[side], list->unit->arena);
	for (size_t i = 0; !rc && i < hunks.count; i++)
		rc = emit(list, sb_vec_at(&hunks, i), err);
	return rc;
}

int sb_lines_compare(struct sb_unit *unit, bool *text, struct sb_err *err)
{
	struct listing list = {.unit = unit, .line = 1};

	*text = true;
	for (unsigned side = 0; *text && side < SB_SIDES; side++) {
		list.text[side] = unit->pair.bytes[side];
		list.encoding[side] = list.text[side].n <= LARGEST ? sb_text_encoding(list.text[side]) : SB_TEXT_NONE;
		*text = list.encoding[side] != SB_TEXT_NONE;
	}
	if (!*text)
		return 0;
	sb_reading_more(unit->reading, list.text[SB_SHIPPED].n + list.text[SB_REBUILT].n);
	int rc = list_all(&list, err);
	uint64_t equal = list.text[SB_SHIPPED].n - list.covered;
	unit->pair.own_bytes += equal;
	unit->pair.own_equal += equal;
	return rc;
}
