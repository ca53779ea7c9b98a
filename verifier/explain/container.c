/* SPDX-License-Identifier: Apache-2.0 */
/* What containers add around their members: encodings, inode numbers, order. Each side is judged by itself. */
#include "verifier/explain/guess.h"

#include <string.h>

/* Places of a compressed file that its decoder has checked against the data: they cannot say anything else. */
static bool follows_data(const struct sb_diff *diff)
{
	const struct sb_region *region = diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
	return region && (region->kind == SB_REGION_CHECK || region->kind == SB_REGION_TABLE || strcmp(region->name, "footer") == 0);
}

const struct sb_pair *sb_encoded_payload(const struct sb_pair *pair, const struct sb_diff *diff)
{
	if (diff->child)
		return diff->child;
	return pair->format && pair->format->compression && pair->child_count == 1 ? pair->children[0] : NULL;
}

/* The encoded region of a side from the one of number *i on, its bytes in @out; false behind the last. */
static bool next_encoded(const struct sb_pair *pair, unsigned side, size_t *i, struct sb_span *out)
{
	for (; *i < pair->view[side]->regions.count; ++*i) {
		const struct sb_region *region = sb_view_region(pair->view[side], *i);
		if (region->kind == SB_REGION_ENCODED)
			return sb_span_cut(pair->bytes[side], region->offset, region->length, out) && ++*i;
	}
	return false;
}

/* The encoded bytes themselves, without headers and checks: where they are equal nobody chose another encoding. */
static bool is_same_stream(const struct sb_pair *pair)
{
	size_t at[SB_SIDES] = {0, 0};
	struct sb_span a, b;
	bool any = false;

	for (;; any = true) {
		bool more = next_encoded(pair, SB_SHIPPED, &at[SB_SHIPPED], &a);
		if (more != next_encoded(pair, SB_REBUILT, &at[SB_REBUILT], &b))
			return false;
		if (!more)
			return any;
		if (!sb_span_equal(a, b))
			return false;
	}
}

/* PKWARE APPNOTE 4.4.4: bits 1 and 2 name the level that deflate ran at, and say nothing else. */
static bool is_deflate_level(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	uint64_t value[SB_SIDES];

	if (!pair->format || strcmp(pair->format->name, "zip") != 0 || !sb_diff_is_field(diff, SB_FIELD_FLAGS) || strcmp(diff->name, "flags") != 0)
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!diff->side[side].member || diff->side[side].member->codec != SB_CODEC_DEFLATE || !sb_field_is_repeated(in, pair, diff, side) ||
		    !sb_field_number(sb_diff_bytes(pair, diff, side), SB_ENC_LE, &value[side]))
			return false;
	return ((value[0] ^ value[1]) & ~UINT64_C(6)) == 0;
}

/* A zip says the method in two headers of a member, and readers differ in which one they believe. */
static bool is_said_alike(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	return !pair->format->archive || (sb_field_is_repeated(in, pair, diff, SB_SHIPPED) && sb_field_is_repeated(in, pair, diff, SB_REBUILT));
}

/* What stands behind the data of a compression. The walker checks fields of a superblock, and no bytes beside them. */
static bool is_check(const struct sb_pair *pair, const struct sb_diff *diff)
{
	return (diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_REGION) && follows_data(diff) && pair->format && pair->format->compression &&
	       !pair->format->volume;
}

/* Bytes at and below a pair that are not equal. */
static uint64_t changed(const struct sb_pair *pair)
{
	uint64_t sum = pair->own_bytes - pair->own_equal;

	for (size_t i = 0; i < pair->child_count; i++)
		sum += changed(pair->children[i]);
	return sum;
}

/*
 * Are both encoded forms as long as one encoder makes them? Nobody sees which of the many forms of a content this one is, and blocks that hold nothing
 * can make it as long as anybody likes: neither may be longer than its content, or than the other by more than what changed and a little. Of the
 * bytes of a volume those that hold nothing are regions of their own.
 */
static bool are_of_a_length(const struct sb_pair *pair, const struct sb_pair *payload)
{
	enum { LITTLE = 64, SHARE = 32, HEADERS = 1024, STORED = 64 };
	uint64_t packed[SB_SIDES], most;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		packed[side] = sb_member_packed(payload->member[side]);
		most = payload->bytes[side].n + payload->bytes[side].n / STORED + HEADERS;
		if (packed[side] > most && !pair->format->volume)
			return false;
	}
	uint64_t shorter = packed[packed[SB_REBUILT] < packed[SB_SHIPPED]];
	return packed[SB_SHIPPED] + packed[SB_REBUILT] - 2 * shorter <= changed(payload) + LITTLE + shorter / SHARE;
}

/* Bytes of one length that are not the same. */
static uint64_t count_differing(struct sb_reading *reading, struct sb_span a, struct sb_span b)
{
	uint64_t count = 0;
	struct sb_span piece;

	while (sb_reading_next(reading, &a, &piece)) {
		sb_reading_more(reading, piece.n);
		for (size_t i = 0; i < piece.n; i++)
			count += piece.p[i] != b.p[i];
		b = sb_span_of(b.p + piece.n, b.n - piece.n);
	}
	return count;
}

/* Bytes of the shipped form that are not those of ours: of forms of two lengths all between the first and the last. */
static uint64_t chosen(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_pair *payload)
{
	struct sb_reading *reading = in->comparison->reading;
	const struct sb_member *const *member = payload->member;
	struct sb_span form[SB_SIDES];

	for (unsigned side = 0; side < SB_SIDES; side++)
		if (member[side]->codec == SB_CODEC_SLICES || !sb_span_cut(pair->bytes[side], member[side]->offset, member[side]->length, &form[side]))
			return sb_member_packed(member[SB_SHIPPED]);
	struct sb_span a = form[SB_SHIPPED], b = form[SB_REBUILT];
	if (a.n == b.n)
		return count_differing(reading, a, b);
	size_t same = sb_reading_common_prefix(reading, a, b), shorter = a.n < b.n ? a.n : b.n, end = sb_reading_common_suffix(reading, a, b);
	return a.n - same - (end < shorter - same ? end : shorter - same);
}

/* The content has claims of its own; which of its encoded forms was shipped stays somebody's choice. */
static void claim_changed(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_pair *payload, struct sb_claim *claim)
{
	bool fits = !pair->recoded && are_of_a_length(pair, payload);

	claim->cap = fits ? SB_LEVEL_EXPLAINED : SB_LEVEL_REPACKAGED;
	claim->primary = !fits && !pair->recoded; /* there the container names the packers */
	claim->freedom = chosen(in, pair, payload);
	claim->note = fits ? sb_explain_note(in, "the encoded form follows from content that differs")
	                   : sb_explain_note(in, "content that differs, in another encoding: %llu bytes shipped, %llu rebuilt",
	                                     (unsigned long long)sb_member_packed(payload->member[SB_SHIPPED]),
	                                     (unsigned long long)sb_member_packed(payload->member[SB_REBUILT]));
}

/* True when it owned the difference; what the decoder has checked follows from the content. */
static bool claim_differing(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_pair *payload, const struct sb_diff *diff, bool field, struct sb_claim *claim)
{
	if (diff->kind == SB_DIFF_ENCODING) {
		claim_changed(in, pair, payload, claim);
		return true;
	}
	if (!follows_data(diff) || (field && pair->format->archive))
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->rule = SB_RULE_DERIVED;
	claim->note = sb_explain_note(in, "the encoded form follows from content that differs");
	return true;
}

static bool claim_encoding(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_pair *payload = sb_encoded_payload(pair, diff);
	bool field = sb_diff_is_field(diff, SB_FIELD_ENCODING) || is_deflate_level(in, pair, diff);

	if (diff->kind != SB_DIFF_ENCODING && !field && !is_check(pair, diff))
		return false;
	if ((field && !is_said_alike(in, pair, diff)) || !payload || !payload->decoded)
		return false;
	if (payload->state != SB_PAIR_EQUAL && claim_differing(in, pair, payload, diff, field, claim))
		return true;
	if (field && pair->format->volume && is_same_stream(pair)) /* equal bytes under another level: somebody's hand */
		return false;
	claim->cap = SB_LEVEL_REPACKAGED;
	if (diff->kind == SB_DIFF_ENCODING && pair->format->compression && is_same_stream(pair)) {
		claim->note = sb_explain_note(in, "the same encoded bytes under another header");
		return true;
	}
	claim->primary = diff->kind == SB_DIFF_ENCODING;
	claim->freedom = diff->side[SB_SHIPPED].length;
	claim->note = sb_explain_note(in, payload->state == SB_PAIR_EQUAL ? "the same content in another encoding" : "another encoding of content that differs");
	return true;
}

const struct sb_explainer sb_explain_encoding = {"encoding", SB_CAUSE_COMPRESSION, SB_RULE_STRUCTURAL, 5, claim_encoding};

/* An inode number that groups hard links says which names share one content: it is content itself (cpio.h, c_nlink). */
static bool groups_links(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];
	struct sb_view *view = pair->view[side];
	uint64_t links;

	if (strcmp(pair->format->name, "cpio") != 0 || (at->member && at->member->type == SB_MEMBER_DIR))
		return false;
	if (!at->region || sb_view_describe(view, at->region, NULL))
		return true;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		struct sb_span bytes;
		if (strcmp(field->name, "nlink") == 0)
			return !sb_span_cut(view->file, field->offset, field->length, &bytes) || !sb_field_number(bytes, field->encoding, &links) ||
			       links > 1;
	}
	return true;
}

static bool claim_inode(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	uint64_t value;

	if (!sb_diff_is_field(diff, SB_FIELD_INODE))
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!sb_field_number(sb_diff_bytes(pair, diff, side), diff->side[side].field.encoding, &value) ||
		    groups_links(pair, diff, side))
			return false;
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "inode or device number of the file system that the archive was made on");
	return true;
}

const struct sb_explainer sb_explain_inode = {"inode", SB_CAUSE_CONTAINER_METADATA, SB_RULE_STRUCTURAL, 1, claim_inode};

uint64_t sb_explain_freedom_of_order(const struct sb_diff *diff)
{
	uint64_t bits = 0;

	for (uint64_t left = diff->placed; left > 1; left = (left + 1) / 2)
		bits += diff->placed;
	return (bits + 7) / 8;
}

/* Only where compare found that order means nothing; it leaves the sides absent otherwise. */
static bool claim_order(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (diff->kind != SB_DIFF_ORDER || !diff->side[SB_SHIPPED].present || !pair->format->archive)
		return false;
	claim->cause = sb_guess_member_order(pair);
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->primary = true;
	claim->freedom = sb_explain_freedom_of_order(diff);
	claim->note = sb_explain_note(in, "the members come in another order%s",
	                              claim->cause == SB_CAUSE_READDIR  ? ": on one side in that of a directory"
	                              : claim->cause == SB_CAUSE_LOCALE ? ": sorted by the rules of another language"
	                                                                : "");
	return true;
}

const struct sb_explainer sb_explain_order = {"order", SB_CAUSE_ORDER, SB_RULE_STRUCTURAL, 3, claim_order};
