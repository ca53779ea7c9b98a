/* SPDX-License-Identifier: Apache-2.0 */
/* What a package says of the compression of its archives: right on each side, and nothing else changed with it. */
#include "verifier/explain/explainer.h"

#include <string.h>

static bool is_format(const struct sb_pair *pair, const char *name)
{
	return pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, name) == 0;
}

/* A stream on each side, packed as the package says, and its content decoded. */
static bool is_packed_as_said(const struct sb_pair *stream)
{
	if (stream->state != SB_PAIR_OPENED || !stream->format->compression || stream->child_count != 1 || !stream->children[0]->decoded)
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const char *said = stream->member[side]->packing, *found = stream->view[side]->format->name;
		if (!said || strcmp(said, strcmp(found, "stored") == 0 ? "none" : found) != 0)
			return false;
	}
	return true;
}

/* deb(5): the suffix of an archive's name. What is left of the field is blanks, after a slash on both sides or on none. */
static bool is_archive_name(const struct sb_pair *pair, const struct sb_diff *diff)
{
	bool slash[SB_SIDES];

	if (!is_format(pair, "deb") || !sb_diff_is_field(diff, SB_FIELD_NAME) || !diff->child || !diff->child->recoded || !is_packed_as_said(diff->child))
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_span field = sb_diff_bytes(pair, diff, side), name = diff->child->member[side]->name;
		if (!sb_span_starts(field, name.p, name.n))
			return false;
		size_t at = name.n;
		slash[side] = at < field.n && field.p[at] == '/';
		for (at += slash[side]; at < field.n; at++)
			if (field.p[at] != ' ')
				return false;
	}
	return slash[SB_SHIPPED] == slash[SB_REBUILT];
}

/** What rpm 4.18 demands of the rpm that installs a payload: build/pack.c. */
static const struct {
	const char *packing, *feature, *version;
} features[] = {
	{"bzip2", "rpmlib(PayloadIsBzip2)", "3.0.5-1"},
	{"xz", "rpmlib(PayloadIsXz)", "5.2-1"},
	{"lzma", "rpmlib(PayloadIsLzma)", "4.4.6-1"},
	{"zstd", "rpmlib(PayloadIsZstd)", "5.4.18-1"},
};

/** Less, equal, rpmlib: rpmds.h. */
enum { FEATURE_FLAGS = 0x0100000a };

/** The dependencies of one side, read row by row. */
struct needs {
	struct sb_rd name, version, flags;
	const char *packing;
	bool has_feature;
};
struct need {
	struct sb_span name, version;
	uint64_t flags;
};

static struct sb_rd reader_of(const struct sb_pair *pair, unsigned side, const char *name)
{
	const struct sb_region *region = sb_view_region_named(pair->view[side], name);
	struct sb_span bytes = {0};

	if (!region || !sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes))
		bytes = (struct sb_span){0};
	return sb_rd_of(bytes, true);
}

static bool has_ended(const struct needs *needs)
{
	return needs->name.at == needs->name.in.n && needs->version.at == needs->version.in.n && needs->flags.at == needs->flags.in.n;
}

static bool is_feature(const struct needs *needs, const struct need *need)
{
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		if (strcmp(features[i].packing, needs->packing) == 0)
			return need->flags == FEATURE_FLAGS && sb_span_equal(need->name, sb_span_text(features[i].feature)) &&
			       sb_span_equal(need->version, sb_span_text(features[i].version));
	return false;
}

/* The next row but that of the packing, which may stand once; false at the end, and where the three lists are not of one length. */
static bool next_need(struct needs *needs, struct need *out)
{
	for (;;) {
		*out = (struct need){.name = sb_rd_cstring(&needs->name), .version = sb_rd_cstring(&needs->version), .flags = sb_rd_uint(&needs->flags, 4)};
		if (needs->name.bad || needs->version.bad || needs->flags.bad)
			return false;
		if (needs->has_feature || !is_feature(needs, out))
			return true;
		needs->has_feature = true;
		if (has_ended(needs))
			return false;
	}
}

/* Both sides need the same things in the same order, but for what their packing needs. */
static bool compare_needs(const struct sb_pair *pair, const struct sb_pair *payload)
{
	struct needs needs[SB_SIDES];
	struct need a, b;

	for (unsigned side = 0; side < SB_SIDES; side++)
		needs[side] = (struct needs){.name = reader_of(pair, side, "REQUIRENAME"), .version = reader_of(pair, side, "REQUIREVERSION"),
		                             .flags = reader_of(pair, side, "REQUIREFLAGS"), .packing = payload->member[side]->packing};
	for (;;) {
		bool more[SB_SIDES] = {!has_ended(&needs[0]) && next_need(&needs[0], &a), !has_ended(&needs[1]) && next_need(&needs[1], &b)};
		if (!more[SB_SHIPPED] || !more[SB_REBUILT])
			return !more[SB_SHIPPED] && !more[SB_REBUILT] && has_ended(&needs[0]) && has_ended(&needs[1]);
		if (!sb_span_equal(a.name, b.name) || !sb_span_equal(a.version, b.version) || a.flags != b.flags)
			return false;
	}
}

static bool needs_agree(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_pair *payload)
{
	if (in->needs.pair != pair) {
		in->needs.agree = compare_needs(pair, payload);
		in->needs.pair = pair;
	}
	return in->needs.agree;
}

/* PAYLOADFLAGS, as the mode of rpm's Fopen(): level, threads, window: "19T0L27". */
static bool is_level(struct sb_span text)
{
	static const char letters[] = "TL";
	size_t at = 0;

	while (at < text.n && at < 2 && text.p[at] >= '0' && text.p[at] <= '9')
		at++;
	if (at == 0)
		return false;
	for (const char *letter = letters; *letter; letter++) {
		size_t digits = at + 1;
		if (at == text.n || text.p[at] != (uint8_t)*letter)
			continue;
		while (digits < text.n && digits < at + 4 && text.p[digits] >= '0' && text.p[digits] <= '9')
			digits++;
		at = digits;
	}
	return at + 1 == text.n && text.p[at] == 0;
}

/* The data of a tag, which is all of a region. */
static bool says_packing(const struct sb_pair *pair, const struct sb_pair *payload, const struct sb_diff *diff)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_region *region = diff->side[side].region;
		struct sb_span text;
		if (!sb_span_cut(pair->bytes[side], region->offset, region->length, &text))
			return false;
		const char *said = payload->member[side]->packing;
		bool compressor = strcmp(region->name, "PAYLOADCOMPRESSOR") == 0 && sb_span_equal(text, sb_span_of(said, strlen(said) + 1));
		if (!compressor && !(strcmp(region->name, "PAYLOADFLAGS") == 0 && is_level(text)))
			return false;
	}
	return true;
}

/* Places that hold dependencies, and how many their index says there are. */
static bool lists_needs(const struct sb_diff *diff)
{
	static const char *const lists[] = {"REQUIRENAME", "REQUIREVERSION", "REQUIREFLAGS"};
	static const char *const counts[] = {"REQUIRENAME entry", "REQUIREVERSION entry", "REQUIREFLAGS entry"};
	const char *name = diff->side[SB_SHIPPED].region->name;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (strcmp(name, lists[i]) == 0 || (strcmp(name, counts[i]) == 0 && diff->kind == SB_DIFF_FIELD && strcmp(diff->name, "count") == 0))
			return true;
	return false;
}

/* A tag of an rpm; the region is the one of that name which was looked at. */
static bool is_payload_tag(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_pair *payload = is_format(pair, "rpm") && pair->child_count == 1 ? pair->children[0] : NULL;

	if (!payload || (diff->kind != SB_DIFF_FIELD && diff->kind != SB_DIFF_BYTES) || !is_packed_as_said(payload))
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!diff->side[side].region || sb_view_region_named(pair->view[side], diff->side[side].region->name) != diff->side[side].region)
			return false;
	return says_packing(pair, payload, diff) || (payload->recoded && lists_needs(diff) && needs_agree(in, pair, payload));
}

static bool claim_packing(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!is_archive_name(pair, diff) && !is_payload_tag(in, pair, diff))
		return false;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->note = sb_explain_note(in, "it says how the content is packed, and is right on both sides");
	return true;
}

const struct sb_explainer sb_explain_packing = {"packing", SB_CAUSE_COMPRESSION, SB_RULE_DERIVED, 1, claim_packing};
