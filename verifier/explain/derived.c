/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that are a function of other bytes: recomputed on each side from that side's own bytes, right on both or not owned. */
#include "verifier/explain/explainer.h"

#include <string.h>
#include <zlib.h>

bool sb_field_number(struct sb_span bytes, enum sb_encoding encoding, uint64_t *out)
{
	uint64_t value = 0, base = encoding == SB_ENC_DECIMAL ? 10 : encoding == SB_ENC_HEX_TEXT ? 16 : 8;

	if (encoding == SB_ENC_LE || encoding == SB_ENC_BE || encoding == SB_ENC_DOS_TIME) {
		struct sb_rd rd = sb_rd_of(bytes, encoding == SB_ENC_BE);
		*out = sb_rd_uint(&rd, (unsigned)bytes.n);
		return !rd.bad;
	}
	if (encoding != SB_ENC_OCTAL && encoding != SB_ENC_DECIMAL && encoding != SB_ENC_HEX_TEXT)
		return false;
	while (bytes.n && bytes.p[0] == ' ')
		bytes = sb_span_of(bytes.p + 1, bytes.n - 1);
	while (bytes.n && (bytes.p[bytes.n - 1] == ' ' || bytes.p[bytes.n - 1] == '\0' || bytes.p[bytes.n - 1] == '\n'))
		bytes.n--;
	for (size_t i = 0; i < bytes.n; i++) {
		uint8_t c = bytes.p[i];
		uint64_t digit = c >= '0' && c <= '9' ? c - (uint64_t)'0' : c >= 'a' && c <= 'f' ? c - (uint64_t)'a' + 10 : c >= 'A' && c <= 'F' ? c - (uint64_t)'A' + 10 : 99;
		if (digit >= base || !sb_mul(value, base, &value) || !sb_add(value, digit, &value))
			return false;
	}
	*out = value;
	return bytes.n > 0;
}

/* Bytes that the field is computed from. */
static bool covered(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, struct sb_span *out)
{
	const struct sb_derivation *derived = &diff->side[side].field.derived;

	if (derived->decoded == 0)
		return sb_span_cut(pair->bytes[side], derived->over_offset, derived->over_length, out);
	if (!diff->child)
		return false;
	*out = diff->child->bytes[side];
	return diff->child->decoded || diff->child->member[side]->codec == SB_CODEC_NONE;
}

static uint64_t byte_sum(struct sb_span bytes)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < bytes.n; i++)
		sum += bytes.p[i];
	return sum;
}

/* The checksum of a tar header counts its own field as blanks: POSIX.1-2017 pax, "ustar Interchange Format". */
static uint64_t tar_sum(struct sb_span header, struct sb_span field)
{
	return byte_sum(header) - byte_sum(field) + (uint64_t)' ' * field.n;
}

static bool is_right(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_field *field = &diff->side[side].field;
	struct sb_span over, bytes = sb_diff_bytes(pair, diff, side);
	uint64_t value, mask = field->length < 8 ? (UINT64_C(1) << 8 * field->length) - 1 : UINT64_MAX;

	if (!sb_field_number(bytes, field->encoding, &value) || !covered(pair, diff, side, &over))
		return false;
	switch (field->derived.algorithm) {
	case SB_DERIVE_CRC32:
		return value == crc32_z(0, over.p, over.n);
	case SB_DERIVE_TAR_SUM:
		return value == tar_sum(over, bytes);
	case SB_DERIVE_LENGTH:
		return value == (field->encoding == SB_ENC_LE || field->encoding == SB_ENC_BE ? over.n & mask : over.n);
	case SB_DERIVE_CPIO_SUM:
		return value == (byte_sum(over) & UINT32_MAX);
	case SB_DERIVE_XZ_CHECK:
		return diff->child && diff->child->decoded;
	case SB_DERIVE_NONE:
		return false;
	}
	return false;
}

/* Text that holds the value: both sides write it alike, and not the same value in two ways. */
static bool is_spelled_alike(struct sb_span a, struct sb_span b, enum sb_encoding encoding)
{
	uint64_t x, y;

	if (encoding == SB_ENC_LE || encoding == SB_ENC_BE || a.n != b.n)
		return true;
	for (size_t i = 0; i < a.n; i++)
		if ((a.p[i] == ' ' || a.p[i] == '\0') != (b.p[i] == ' ' || b.p[i] == '\0') || ((a.p[i] == ' ' || a.p[i] == '\0') && a.p[i] != b.p[i]))
			return false;
	return sb_field_number(a, encoding, &x) && sb_field_number(b, encoding, &y) && x != y;
}

static bool claim_derived(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!sb_diff_is_field(diff, SB_FIELD_DERIVED) || !is_right(pair, diff, SB_SHIPPED) || !is_right(pair, diff, SB_REBUILT) ||
	    !is_spelled_alike(sb_diff_bytes(pair, diff, SB_SHIPPED), sb_diff_bytes(pair, diff, SB_REBUILT), diff->side[SB_SHIPPED].field.encoding))
		return false;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->note = sb_explain_note(in, "%s is right on both sides: it follows from bytes that differ",
	                              sb_explain_shown(in, sb_span_text(diff->name)));
	return true;
}

const struct sb_explainer sb_explain_derived = {"derived", SB_CAUSE_CHECKSUM, SB_RULE_DERIVED, 2, claim_derived};

/* A size that a container states of a member is that of what lies there; only a field called "size" may mean what a decoder makes of it. */
static bool states_size(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];
	uint64_t value;

	if (!at->member || !sb_field_number(sb_diff_bytes(pair, diff, side), at->field.encoding, &value))
		return false;
	if (at->member->codec == SB_CODEC_NONE || strcmp(at->field.name, "size") != 0)
		return value == at->member->length;
	return diff->child && diff->child->decoded && value == diff->child->bytes[side].n;
}

static bool claim_size(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!sb_diff_is_field(diff, SB_FIELD_SIZE) || !states_size(pair, diff, SB_SHIPPED) || !states_size(pair, diff, SB_REBUILT))
		return false;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->note = sb_explain_note(in, "the stated size is the size of the content on both sides");
	return true;
}

const struct sb_explainer sb_explain_size = {"size", SB_CAUSE_CONTAINER_METADATA, SB_RULE_DERIVED, 2, claim_size};
