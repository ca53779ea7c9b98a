/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text in the cleartext framework of OpenPGP, such as a .dsc, .changes or InRelease: what is signed is compared as if it were not, and
 * the 16 bits of the digest that each signature holds are recomputed from the text of its own side.
 */
#include "verifier/explain/signed.h"

/* debsign leaves an empty line between the text and its signature: of that, and of nothing else, one side may have one more. */
static bool same_text(struct sb_span a, struct sb_span b)
{
	struct sb_span longer = a.n > b.n ? a : b, shorter = a.n > b.n ? b : a;

	if (longer.n == shorter.n + 1 && longer.p[longer.n - 1] == '\n' && shorter.n && shorter.p[shorter.n - 1] == '\n')
		longer.n--;
	return sb_span_equal(longer, shorter);
}

static bool texts_agree(const struct sb_pair *pair, const bool is_signed[SB_SIDES], const char **why)
{
	struct sb_pgp_cleartext text[SB_SIDES] = {0};
	struct sb_span plain[SB_SIDES] = {pair->bytes[SB_SHIPPED], pair->bytes[SB_REBUILT]};
	bool fine = true;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		if (!is_signed[side])
			continue;
		fine = fine && sb_pgp_read_cleartext(pair->bytes[side], &text[side], why);
		plain[side] = sb_buf_span(&text[side].text);
	}
	fine = fine && same_text(plain[SB_SHIPPED], plain[SB_REBUILT]);
	for (unsigned side = 0; side < SB_SIDES; side++)
		sb_pgp_cleartext_release(&text[side]);
	return fine;
}

static bool claim_cleartext(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const bool is_signed[SB_SIDES] = {sb_pgp_is_cleartext(pair->bytes[SB_SHIPPED]), sb_pgp_is_cleartext(pair->bytes[SB_REBUILT])};
	const char *why = NULL;

	if (pair->state != SB_PAIR_RAW || (!is_signed[SB_SHIPPED] && !is_signed[SB_REBUILT]) || (diff->kind != SB_DIFF_TEXT && diff->kind != SB_DIFF_BYTES))
		return false;
	if (in->cleartext.pair != pair) {
		in->cleartext.owned = texts_agree(pair, is_signed, &why);
		in->cleartext.pair = pair;
	}
	if (!in->cleartext.owned)
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "the signature is detached, not verified, and the text is the same: %s",
	                              is_signed[SB_SHIPPED] && is_signed[SB_REBUILT] ? "both sides are signed"
	                              : is_signed[SB_SHIPPED]                        ? "the shipped side is signed, the rebuilt one is not"
	                                                                             : "the rebuilt side is signed, the shipped one is not");
	return true;
}

const struct sb_explainer sb_explain_cleartext = {"cleartext", SB_CAUSE_SIGNATURE, SB_RULE_STRUCTURAL, 1, claim_cleartext};
