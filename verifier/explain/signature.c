/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature containers: detached, listed per side, never verified. A difference that lies in one is owned when all containers of both
 * sides are exactly what they should be; what is signed is then compared as if no container were there.
 */
#include "verifier/explain/signed.h"

#include <string.h>

static const struct sb_signed_format *const formats[] = {&sb_signed_module, &sb_signed_rpm, &sb_signed_zip, &sb_signed_pe, &sb_signed_deb, &sb_signed_alpine, &sb_signed_macho, &sb_signed_fit};

static const struct sb_signed_format *format_of(const struct sb_pair *pair)
{
	for (size_t i = 0; pair->state == SB_PAIR_OPENED && i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i]->format, pair->format->name) == 0)
			return formats[i];
	return NULL;
}

bool sb_signed_blame(struct sb_signed_side *side, struct sb_span name, const char *why)
{
	side->why = sb_explain_note(side->in, "%s: %s", sb_explain_shown(side->in, name), why);
	return false;
}

bool sb_signed_by_pgp(struct sb_signed_side *side, struct sb_span name, struct sb_span bytes, const struct sb_span *parts, size_t count)
{
	SB_BUF struct sb_buf packet = {.ceiling = 1 << 16};
	struct sb_pgp_signature signature;
	const char *why = NULL;
	bool armored = sb_span_starts(bytes, "-----BEGIN", 10);

	if ((armored && !sb_pgp_unarmor(bytes, &packet, &why)) || !sb_pgp_read(armored ? sb_buf_span(&packet) : bytes, &signature, &why))
		return sb_signed_blame(side, name, why);
	if (signature.type != SB_PGP_BINARY || !sb_pgp_states(side->in->comparison->reading, &signature, parts, count))
		return sb_signed_blame(side, name, "the digest that it holds is not that of what it should cover");
	side->found++;
	return true;
}

const struct sb_detached *sb_signed_find(struct sb_explaining *in, const struct sb_pair *pair)
{
	const struct sb_signed_format *format = format_of(pair);

	if (!format)
		return NULL;
	if (in->detached.pair == pair)
		return &in->detached;
	struct sb_detached found = {.pair = pair};
	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_signed_side looked = {.in = in, .pair = pair, .side = side};
		found.right[side] = format->is_right(&looked);
		found.found[side] = looked.found;
		found.why[side] = looked.why;
	}
	in->detached = found;
	return &in->detached;
}

/*
 * Of a member that is nothing but a signature: what it holds, how long that is, its sums and when it was made. What it is called, whose it
 * is and what may be done with it is content.
 */
static bool is_of_signature(const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];
	enum sb_field_kind kind = at->field.kind;

	return at->member && at->member->signature && (diff->kind != SB_DIFF_FIELD || kind == SB_FIELD_TIME || kind == SB_FIELD_SIZE || kind == SB_FIELD_DERIVED);
}

/* In a region or member that is nothing but a signature, or where the format says so. */
static bool is_inside(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];
	const struct sb_signed_format *format = format_of(pair);

	return (at->region && at->region->kind == SB_REGION_SIGNATURE) || is_of_signature(diff, side) ||
	       (format->is_part && format->is_part(pair, diff, side));
}

/* The pair whose container holds the difference: this one, or one above that has all of this as a signature. */
static const struct sb_pair *container_of(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_diff_side *a = &diff->side[SB_SHIPPED], *b = &diff->side[SB_REBUILT];

	if (format_of(pair) && (a->present || b->present) && (!a->present || is_inside(pair, diff, SB_SHIPPED)) &&
	    (!b->present || is_inside(pair, diff, SB_REBUILT)))
		return pair;
	for (; pair->parent; pair = pair->parent)
		if (pair->member[SB_SHIPPED]->signature && pair->member[SB_REBUILT]->signature)
			return pair->parent;
	return NULL;
}

/* Headers and indexes around a signature follow from it, and are recomputed; the rest is the signer's to choose. */
static bool is_chosen(const struct sb_pair *container, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_diff_side *at = &diff->side[diff->side[SB_SHIPPED].present ? SB_SHIPPED : SB_REBUILT];
	return pair != container || at->member || !at->region || at->region->kind == SB_REGION_SIGNATURE;
}

/* The archive whose manifest the difference lies in, be it the text or how it is encoded, when signing is all that changed it. */
static const struct sb_pair *archive_of_manifest(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_pair *text = diff->kind == SB_DIFF_ENCODING ? diff->child : diff->kind == SB_DIFF_TEXT || diff->kind == SB_DIFF_BYTES ? pair : NULL;
	return text && text->parent && sb_signed_jar_owns_manifest(in, text) ? text->parent : NULL;
}

/* A member that one side only has was chosen as what it unpacks to. */
static uint64_t freedom_of(const struct sb_diff *diff)
{
	const struct sb_member *member = diff->side[diff->side[SB_SHIPPED].present ? SB_SHIPPED : SB_REBUILT].member;
	bool shrunk = diff->kind == SB_DIFF_MEMBER && member && member->size != UINT64_MAX && member->size > member->length;

	return shrunk ? diff->bytes + (member->size - member->length) : diff->bytes;
}

static bool claim_signature(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_pair *container = container_of(pair, diff), *manifest = container ? NULL : archive_of_manifest(in, pair, diff);
	const struct sb_detached *found = container || manifest ? sb_signed_find(in, container ? container : manifest) : NULL;

	if (!found || !found->right[SB_SHIPPED] || !found->right[SB_REBUILT] || (!found->found[SB_SHIPPED] && !found->found[SB_REBUILT]))
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->primary = manifest ? diff->kind != SB_DIFF_ENCODING : is_chosen(container, pair, diff);
	claim->freedom = claim->primary ? freedom_of(diff) : 0;
	claim->note = sb_explain_note(in, "the signature is detached, not verified: %s (shipped %u, rebuilt %u)",
	                              found->found[SB_SHIPPED] && found->found[SB_REBUILT] ? "both sides are signed"
	                              : found->found[SB_SHIPPED]                           ? "the shipped side is signed, the rebuilt one is not"
	                                                                                   : "the rebuilt side is signed, the shipped one is not",
	                              found->found[SB_SHIPPED], found->found[SB_REBUILT]);
	return true;
}

const struct sb_explainer sb_explain_signature = {"signature", SB_CAUSE_SIGNATURE, SB_RULE_STRUCTURAL, 6, claim_signature};

const char *sb_explain_signature_trouble(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_pair *container = container_of(pair, diff);
	const struct sb_detached *found = container ? sb_signed_find(in, container) : NULL;

	for (unsigned side = 0; found && side < SB_SIDES; side++)
		if (!found->right[side] && found->why[side])
			return sb_explain_note(in, "the container of the %s side is not exact: %s", side == SB_SHIPPED ? "shipped" : "rebuilt", found->why[side]);
	return NULL;
}
