/* SPDX-License-Identifier: Apache-2.0 */
/* What containers add around their members: times, fill, encodings, inode numbers, order. Each side is judged by itself. */
#include "verifier/explain/explainer.h"

#include <string.h>

/* A number in the one form in which packers write it: a stray blank or a second terminator is somebody's hand. */
static bool is_canonical(struct sb_span bytes, enum sb_encoding encoding)
{
	size_t digits = 0;

	if (encoding != SB_ENC_OCTAL && encoding != SB_ENC_DECIMAL)
		return true;
	while (digits < bytes.n && bytes.p[digits] >= '0' && bytes.p[digits] <= '9')
		digits++;
	for (size_t i = digits; i < bytes.n; i++)
		if (bytes.p[i] != (encoding == SB_ENC_DECIMAL ? ' ' : '\0'))
			return false;
	return digits > 0;
}

/* dpkg-deb writes one time into the headers of all members: another one among them is not the time of a build. */
static bool is_one_time(const struct sb_pair *pair, unsigned side)
{
	const struct sb_view *view = pair->view[side];

	if (strcmp(pair->format->name, "deb") != 0)
		return true;
	for (size_t i = 1; i < view->members.count; i++)
		if (sb_view_member(view, i)->mtime != sb_view_member(view, 0)->mtime)
			return false;
	return true;
}

/* Times that a container records of when it was made: any well-formed one may stand there, and says nothing of the content. */
static bool claim_timestamp(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	uint64_t shipped, rebuilt;

	if (!sb_diff_is_field(diff, SB_FIELD_TIME) || !pair->format || (!pair->format->archive && !pair->format->compression))
		return false;
	if (!sb_field_number(sb_diff_bytes(pair, diff, SB_SHIPPED), diff->side[SB_SHIPPED].field.encoding, &shipped) ||
	    !sb_field_number(sb_diff_bytes(pair, diff, SB_REBUILT), diff->side[SB_REBUILT].field.encoding, &rebuilt))
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!is_canonical(sb_diff_bytes(pair, diff, side), diff->side[side].field.encoding) || !is_one_time(pair, side))
			return false;
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "time of the container: %llu shipped, %llu rebuilt", (unsigned long long)shipped, (unsigned long long)rebuilt);
	return true;
}

const struct sb_explainer sb_explain_timestamp = {"container-time", SB_CAUSE_TIMESTAMP, SB_RULE_STRUCTURAL, 1, claim_timestamp};

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
	bool ar = pair->format && (strcmp(pair->format->name, "ar") == 0 || strcmp(pair->format->name, "deb") == 0);
	return ar ? bytes.n == 0 || (bytes.n == 1 && bytes.p[0] == '\n') : sb_span_all_zero(bytes);
}

/* Fill on each side, of whatever length. Fill after a member follows from its size; any other is the packer's habit. */
static bool claim_padding(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if ((diff->kind != SB_DIFF_FIELD && diff->kind != SB_DIFF_REGION && diff->kind != SB_DIFF_BYTES) || !pair->format ||
	    (!pair->format->archive && !pair->format->compression))
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!is_padding(diff, side) || !is_fill(pair, sb_diff_bytes(pair, diff, side)))
			return false;
	bool follows = diff->side[SB_SHIPPED].member || diff->side[SB_REBUILT].member;
	claim->cap = follows ? SB_LEVEL_EXPLAINED : SB_LEVEL_REPACKAGED;
	claim->note = sb_explain_note(in, "fill of another length");
	return true;
}

const struct sb_explainer sb_explain_padding = {"padding", SB_CAUSE_CONTAINER_METADATA, SB_RULE_STRUCTURAL, 1, claim_padding};

/* Places of a compressed file that its decoder has checked against the data: they cannot say anything else. */
static bool follows_data(const struct sb_diff *diff)
{
	const struct sb_region *region = diff->side[SB_SHIPPED].region;
	return region && (region->kind == SB_REGION_CHECK || region->kind == SB_REGION_TABLE || strcmp(region->name, "footer") == 0);
}

static const struct sb_pair *payload_of(const struct sb_pair *pair)
{
	return pair->format && pair->format->compression && pair->child_count == 1 ? pair->children[0] : NULL;
}

static bool claim_encoding(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_pair *payload = diff->child ? diff->child : payload_of(pair);
	bool field = sb_diff_is_field(diff, SB_FIELD_ENCODING);
	bool check = diff->kind == SB_DIFF_BYTES && follows_data(diff) && pair->format && pair->format->compression &&
	             diff->side[SB_SHIPPED].region->kind == SB_REGION_CHECK;

	if (diff->kind != SB_DIFF_ENCODING && !field && !check)
		return false;
	if (payload && payload->decoded && payload->state != SB_PAIR_EQUAL && (diff->kind == SB_DIFF_ENCODING || follows_data(diff))) {
		claim->cap = SB_LEVEL_EXPLAINED;
		claim->rule = SB_RULE_DERIVED;
		claim->note = sb_explain_note(in, "the encoded form follows from content that differs");
		return true;
	}
	if (!payload || !payload->decoded)
		return false;
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->primary = diff->kind == SB_DIFF_ENCODING;
	claim->note = sb_explain_note(in, "the same content in another encoding");
	return true;
}

const struct sb_explainer sb_explain_encoding = {"encoding", SB_CAUSE_COMPRESSION, SB_RULE_STRUCTURAL, 1, claim_encoding};

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

/* Only where compare found that order means nothing; it leaves the sides absent otherwise. */
static bool claim_order(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (diff->kind != SB_DIFF_ORDER || !diff->side[SB_SHIPPED].present || !pair->format->archive)
		return false;
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->primary = true;
	claim->note = sb_explain_note(in, "the members come in another order");
	return true;
}

const struct sb_explainer sb_explain_order = {"order", SB_CAUSE_ORDER, SB_RULE_STRUCTURAL, 1, claim_order};
