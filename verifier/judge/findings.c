/* SPDX-License-Identifier: Apache-2.0 */
/* Claims as findings: the way in, both extents, a preview, in the order in which a person should read them. */
#include "verifier/judge/judging.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64, MOST_LOOKED_THROUGH = 20000000 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static const struct sb_region *region_of(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
}

static const struct sb_member *member_of(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].member ? diff->side[SB_SHIPPED].member : diff->side[SB_REBUILT].member;
}

/** The way in, outermost first. */
struct way {
	const char *part[DEEPEST];
	size_t count;
};

static void add_part(struct way *way, const char *part)
{
	if (part && part[0] && way->count < DEEPEST && (way->count == 0 || strcmp(way->part[way->count - 1], part) != 0))
		way->part[way->count++] = part;
}

static void add_pairs(struct way *way, const struct sb_pair *pair)
{
	if (pair->parent)
		add_pairs(way, pair->parent);
	add_part(way, pair->name);
}

static void find_way(const struct sb_claim *claim, struct way *way)
{
	const struct sb_diff *diff = claim->diff;

	add_pairs(way, claim->pair);
	if (!diff) {
		add_part(way, claim->kind);
		add_part(way, claim->name);
		return;
	}
	if (diff->kind == SB_DIFF_ENCODING) {
		add_part(way, diff->child->name);
		return;
	}
	const struct sb_member *member = member_of(diff);
	bool alone = claim->pair->format && claim->pair->format->compression;
	if (member && !alone)
		add_part(way, (const char *)member->name.p);
	if (diff->kind == SB_DIFF_MEMBER)
		return;
	if (region_of(diff))
		add_part(way, region_of(diff)->name);
	if (diff->kind == SB_DIFF_FIELD || diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_TEXT)
		add_part(way, claim->name ? claim->name : diff->name);
}

static bool is_printable(struct sb_span bytes)
{
	while (bytes.n) {
		uint32_t cp;
		size_t n = sb_utf8_decode(bytes, &cp);
		if (n == 0 || (cp < 0x20 && cp != '\n' && cp != '\t' && cp != '\r'))
			return false;
		bytes = sb_span_of(bytes.p + n, bytes.n - n);
	}
	return true;
}

/* Where the claim lies on that side; nothing of what it is about as a whole but a place where bytes part. */
static bool find_place(const struct sb_claim *claim, unsigned side, struct sb_range *out)
{
	const struct sb_diff_side *at = claim->diff ? &claim->diff->side[side] : NULL;

	*out = at ? (struct sb_range){at->offset, at->length} : claim->parts[side];
	return at ? at->present : out->length != 0;
}

/* The first bytes of that side; empty when it has none. */
static struct sb_span first_bytes(const struct sb_claim *claim, unsigned side)
{
	struct sb_span bytes = {0};
	struct sb_range place;

	if (!find_place(claim, side, &place) || !sb_span_cut(claim->pair->bytes[side], place.offset, place.length, &bytes))
		return (struct sb_span){0};
	bytes.n = bytes.n < SB_LIMIT_OF(PREVIEW_BYTES) ? bytes.n : (size_t)SB_LIMIT_OF(PREVIEW_BYTES);
	return bytes;
}

/* Both sides are shown in one way, and what was drawn never as the text that it may look like. */
static bool reads_as_text(const struct sb_claim *claim)
{
	struct sb_span a = first_bytes(claim, SB_SHIPPED), b = first_bytes(claim, SB_REBUILT);
	bool drawn = claim->diff && claim->diff->kind == SB_DIFF_FIELD && claim->diff->side[SB_SHIPPED].field.kind == SB_FIELD_IDENTIFIER &&
	             claim->diff->side[SB_SHIPPED].field.encoding != SB_ENC_TEXT;
	return !drawn && (a.n > 3 || b.n > 3) && is_printable(a) && is_printable(b);
}

static const char *hexadecimal(struct sb_arena *arena, struct sb_span bytes)
{
	char *text = sb_arena_alloc(arena, 2 * bytes.n + 1);

	if (text)
		sb_text_hex(bytes, text);
	return text;
}

static int fill_extent(const struct sb_claim *claim, unsigned side, struct sb_arena *arena, struct sb_extent *out, struct sb_err *err)
{
	struct sb_span bytes = first_bytes(claim, side);
	struct sb_range place;

	if (!find_place(claim, side, &place))
		return 0;
	*out = (struct sb_extent){.present = true, .offset = place.offset, .length = place.length};
	out->preview = reads_as_text(claim) ? sb_escape_copy(arena, bytes) : hexadecimal(arena, bytes);
	return out->preview ? 0 : no_memory(err);
}

static const char *kind_name(const struct sb_claim *claim)
{
	if (claim->kind)
		return claim->kind;
	if (!claim->diff)
		return claim->pair->limit.name ? "limit" : "parse";
	switch (claim->diff->kind) {
	case SB_DIFF_BYTES:
		return "bytes";
	case SB_DIFF_TEXT:
		return "text";
	case SB_DIFF_FIELD:
		return "field";
	case SB_DIFF_REGION:
		return "region";
	case SB_DIFF_MEMBER:
	case SB_DIFF_ARTIFACT:
		return "member";
	case SB_DIFF_ENCODING:
		return "encoding";
	case SB_DIFF_ORDER:
		return "order";
	case SB_DIFF_TYPE:
		return "type";
	case SB_DIFF_MODE:
		return "mode";
	case SB_DIFF_LINK:
		return "link";
	case SB_DIFF_DEVICE:
		return "device";
	case SB_DIFF_OWNER:
		return "owner";
	case SB_DIFF_MTIME:
		return "time";
	case SB_DIFF_XATTR:
		return "attributes";
	}
	return "bytes";
}

static int make_finding(const struct sb_claim *claim, const char *artifact, struct sb_arena *arena, struct sb_finding *out, struct sb_err *err)
{
	struct way way = {.count = 0};

	find_way(claim, &way);
	const char **where = sb_arena_array(arena, way.count, sizeof *where);
	if (!where)
		return no_memory(err);
	for (size_t i = 0; i < way.count; i++)
		if (!(where[i] = sb_arena_copy(arena, sb_span_text(way.part[i]))))
			return no_memory(err);
	*out = (struct sb_finding){
		.artifact = artifact,
		.where = where,
		.where_count = way.count,
		.kind = kind_name(claim),
		.cause = claim->cause,
		.rule = claim->rule,
		.primary = claim->primary,
		.severity = claim->severity,
		.note = sb_arena_copy(arena, sb_span_text(claim->note ? claim->note : "")),
	};
	if (!out->note)
		return no_memory(err);
	int rc = fill_extent(claim, SB_SHIPPED, arena, &out->shipped, err);
	return rc ? rc : fill_extent(claim, SB_REBUILT, arena, &out->rebuilt, err);
}

/** A claim with what it is sorted by. */
struct ranked {
	const struct sb_claim *claim;
	const char *artifact;
	size_t position; /* in tree order, so that the sort is stable */
};

static int owned_order(const struct sb_claim *claim)
{
	return claim->diff && sb_claim_owns(claim);
}

/* Severity first; what nobody explains before what is explained; primary before derived; then the order of the tree. */
static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->claim->severity != y->claim->severity)
		return x->claim->severity < y->claim->severity ? -1 : 1;
	if (owned_order(x->claim) != owned_order(y->claim))
		return owned_order(x->claim) - owned_order(y->claim);
	if (x->claim->primary != y->claim->primary)
		return x->claim->primary ? -1 : 1;
	return (x->position > y->position) - (x->position < y->position);
}

static size_t count_claims(const struct sb_explanation *explanation)
{
	size_t count = 0;
	for (size_t i = 0; i < explanation->count; i++)
		count += explanation->artifacts[i].count;
	return count;
}

static int list_findings(struct ranked *ranked, size_t count, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	size_t kept = count < SB_LIMIT_OF(FINDINGS) ? count : (size_t)SB_LIMIT_OF(FINDINGS);
	struct sb_finding *findings = sb_arena_array(arena, kept, sizeof *findings);

	struct sb_placing placing = {.budget = MOST_LOOKED_THROUGH};
	if (!findings)
		return no_memory(err);
	for (size_t i = 0; i < kept; i++) {
		int rc = make_finding(ranked[i].claim, ranked[i].artifact, arena, &findings[i], err);
		if (!rc)
			rc = sb_judge_place(&placing, ranked[i].claim, arena, &findings[i], err);
		if (rc)
			return rc;
		if (!(findings[i].id = sb_arena_printf(arena, "f%zu", i + 1)))
			return no_memory(err);
	}
	out->findings = findings;
	out->finding_count = kept;
	out->findings_left_out = count - kept;
	return 0;
}

int sb_judge_findings(const struct sb_comparison *comparison, const struct sb_explanation *explanation, struct sb_arena *arena,
                      struct sb_result *out, struct sb_err *err)
{
	size_t count = count_claims(explanation), n = 0;
	struct ranked *ranked = calloc(count ? count : 1, sizeof *ranked);

	if (!ranked)
		return no_memory(err);
	for (size_t i = 0; i < explanation->count; i++)
		for (size_t k = 0; k < explanation->artifacts[i].count; k++, n++)
			ranked[n] = (struct ranked){&explanation->artifacts[i].claims[k], comparison->artifacts[i].name, n};
	qsort(ranked, count, sizeof *ranked, by_rank);
	int rc = list_findings(ranked, count, arena, out, err);
	free(ranked);
	return rc;
}
