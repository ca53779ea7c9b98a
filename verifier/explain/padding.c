/* SPDX-License-Identifier: Apache-2.0 */
/* Fill between and after members: the documented value in the documented amount, on each side by itself. */
#include "verifier/explain/explainer.h"

#include <string.h>

static bool is_format(const struct sb_pair *pair, const char *name)
{
	return strcmp(pair->format->name, name) == 0;
}

static bool is_ar(const struct sb_pair *pair)
{
	return is_format(pair, "ar") || is_format(pair, "deb");
}

static bool is_padding(const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];
	if (!at->present)
		return true;
	return diff->kind == SB_DIFF_FIELD ? at->field.kind == SB_FIELD_PADDING : at->region && at->region->kind == SB_REGION_PADDING;
}

/* Zeros, or the newline that ar(5) puts after a member of odd size. */
static bool is_fill(const struct sb_pair *pair, struct sb_span bytes)
{
	return is_ar(pair) ? bytes.n == 0 || (bytes.n == 1 && bytes.p[0] == '\n') : sb_span_all_zero(bytes);
}

/* A tar without its end cannot be told from one that was cut. */
static bool ends_archive(const struct sb_region *region)
{
	return region && strcmp(region->name, "end") == 0;
}

/* What members are filled up to; 1 where the format leaves it open or knows several ways. */
static uint64_t alignment(const struct sb_pair *pair)
{
	return is_ar(pair) ? 2 : is_format(pair, "tar") ? 512 : 1;
}

/* The alignment that the fill itself, or its format, states; 1: there is none to compute its length from. */
static uint64_t stated_alignment(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_region *either = diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
	return either && either->align ? either->align : alignment(pair);
}

/* The content of the member and its fill end where the next header may begin, and the fill is no longer than that takes. */
static bool follows_size(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, const struct sb_member *member)
{
	const struct sb_region *region = diff->side[side].region;
	uint64_t align = stated_alignment(pair, diff);
	uint64_t end = member->offset + member->length, fill = region ? region->length : 0;

	return align == 1 ? fill < 4 : (end + fill) % align == 0 && fill < align;
}

/* By name, or by the stem of a name whose rest says how it is packed. */
static bool is_counterpart(const struct sb_member *a, const struct sb_member *b)
{
	return sb_span_equal(a->name, b->name) || (a->stem && sb_span_equal(sb_span_of(a->name.p, a->stem), sb_span_of(b->name.p, b->stem)));
}

/* The member that each side's fill stands behind: of a region that one side only has, its only counterpart. */
static const struct sb_member *member_behind(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_member *other = diff->side[!side].member, *found = NULL;

	if (diff->side[side].member || !other)
		return diff->side[side].member;
	for (size_t i = 0; i < pair->view[side]->members.count; i++) {
		const struct sb_member *member = sb_view_member(pair->view[side], i);
		if (!is_counterpart(member, other))
			continue;
		if (found)
			return NULL;
		found = member;
	}
	return found;
}

/* Behind the end, or inside where the packer left room: zeros to the end of a record of tar or cpio, blocks of tapes (gzip), multiples of four (xz 2.2), before numbers and instead of signatures (rpm), for properties to come (dtb, fit). */
static bool may_trail(const struct sb_pair *pair, const struct sb_region *region)
{
	uint64_t length = region ? region->length : 0;
	return length == 0 || is_format(pair, "gzip") || pair->format->volume || (is_format(pair, "xz") && length % 4 == 0) || (is_format(pair, "tar") && length % 512 == 0) ||
	       (is_format(pair, "cpio") && length % 4 == 0) || ((is_format(pair, "dtb") || is_format(pair, "fit")) && strcmp(region->name, "free space") == 0) || (is_format(pair, "rpm") && (length < 8 || strcmp(region->name, "RESERVEDSPACE") == 0));
}

/* tar(1) fills the last record, 20 blocks, of a file that it writes in records: how much follows from the size of all members. */
static bool ends_record(const struct sb_pair *pair, const struct sb_diff *diff)
{
	enum { RECORD = 20 * 512 };

	for (unsigned side = 0; side < SB_SIDES; side++)
		if (pair->bytes[side].n % RECORD != 0 || (diff->side[side].region && diff->side[side].region->length >= RECORD))
			return false;
	return is_format(pair, "tar");
}

/* Zeros from the end of an image to the end of the partition or block that holds it: how many follows from the size of what lies before. */
static bool fills_place(const struct sb_pair *pair, const struct sb_region *region)
{
	return !pair->format->archive && pair->bytes[SB_SHIPPED].n == pair->bytes[SB_REBUILT].n && (!region || strcmp(region->name, "fill") == 0);
}

static bool in_archive(const struct sb_pair *pair, const struct sb_diff *diff)
{
	return (diff->kind == SB_DIFF_FIELD || diff->kind == SB_DIFF_REGION || diff->kind == SB_DIFF_BYTES) && pair->format &&
	       sb_format_packs(pair->format);
}

/* The documented value in the documented amount. @follows: it stands behind a member. */
static bool is_documented(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, bool follows, bool fills)
{
	const struct sb_member *member = follows ? member_behind(pair, diff, side) : NULL;

	if (!is_padding(diff, side) || !is_fill(pair, sb_diff_bytes(pair, diff, side)) || ends_archive(diff->side[side].region))
		return false;
	return follows ? member && follows_size(pair, diff, side, member) : fills || may_trail(pair, diff->side[side].region);
}

/* What can be computed on both sides is derived; @what: up to where. */
static void claim_derived(struct sb_explaining *in, const char *what, struct sb_claim *claim)
{
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->rule = SB_RULE_DERIVED;
	claim->note = sb_explain_note(in, "fill up to the %s on both sides: it follows from members that differ", what);
}

static bool claim_padding(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!in_archive(pair, diff))
		return false;
	bool follows = diff->side[SB_SHIPPED].member || diff->side[SB_REBUILT].member;
	bool fills = fills_place(pair, diff->side[SB_SHIPPED].region) && fills_place(pair, diff->side[SB_REBUILT].region);

	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!is_documented(pair, diff, side, follows, fills))
			return false;
	if (follows && stated_alignment(pair, diff) > 1) {
		claim_derived(in, "alignment", claim);
	} else if (ends_record(pair, diff)) {
		claim_derived(in, "end of a record", claim);
	} else {
		claim->cap = follows || fills ? SB_LEVEL_EXPLAINED : SB_LEVEL_REPACKAGED;
		claim->note = sb_explain_note(in, "fill of another length");
	}
	return true;
}

const struct sb_explainer sb_explain_padding = {"padding", SB_CAUSE_CONTAINER_METADATA, SB_RULE_STRUCTURAL, 6, claim_padding};
