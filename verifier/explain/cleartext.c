/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control file of Debian in the cleartext framework of OpenPGP: what is signed is compared as if it were not, and the 16 bits of the
 * digest that each signature holds are recomputed from the text of its own side. Nothing else is taken for such a text: to who does not
 * know the framework, a shell or cron, the lines of a signature are lines like any other, and who signs chooses what stands in them.
 */
#include "verifier/explain/signed.h"

#include "base/path.h"

#include <string.h>

/* What dpkg, dak, apt and their like read, and know to be signed. */
static bool has_name_of_control_file(const struct sb_pair *pair)
{
	static const char *const endings[] = {".dsc", ".changes", ".buildinfo"};
	struct sb_span name = sb_span_text(sb_path_base(pair->name));

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i]);
		if (name.n > n && memcmp(name.p + name.n - n, endings[i], n) == 0)
			return true;
	}
	return sb_span_equal(name, sb_span_text("InRelease"));
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* A line that goes on with a value: a blank, and something behind it. */
static bool continues(struct sb_span line)
{
	size_t at = 0;

	while (at < line.n && is_blank(line.p[at]))
		at++;
	return at > 0 && at < line.n;
}

static bool begins_field(struct sb_span line)
{
	size_t at = 0;

	while (at < line.n && line.p[at] > ' ' && line.p[at] < 0x7f && line.p[at] != ':')
		at++;
	return at > 0 && at < line.n && line.p[at] == ':' && line.p[0] != '#' && line.p[0] != '-';
}

static bool is_printable(struct sb_span line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
			return false;
	return true;
}

/* deb822(5): one paragraph of fields without comments, and perhaps the empty line that ends it. */
static bool is_control_file(struct sb_span text)
{
	struct sb_span line;
	bool in_field = false, ended = false;

	while (sb_span_take_ended_line(&text, &line)) {
		bool begins = begins_field(line);
		if (ended || !is_printable(line) || (line.n && !begins && !(in_field && continues(line))))
			return false;
		in_field = in_field || begins;
		ended = line.n == 0;
	}
	return in_field && text.n == 0;
}

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
	fine = fine && same_text(plain[SB_SHIPPED], plain[SB_REBUILT]) && is_control_file(plain[SB_SHIPPED]) && is_control_file(plain[SB_REBUILT]);
	for (unsigned side = 0; side < SB_SIDES; side++)
		sb_pgp_cleartext_release(&text[side]);
	return fine;
}

static bool claim_cleartext(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const bool is_signed[SB_SIDES] = {sb_pgp_is_cleartext(pair->bytes[SB_SHIPPED]), sb_pgp_is_cleartext(pair->bytes[SB_REBUILT])};
	const char *why = NULL;

	if (pair->state != SB_PAIR_RAW || pair->why || (!is_signed[SB_SHIPPED] && !is_signed[SB_REBUILT]) || (diff->kind != SB_DIFF_TEXT && diff->kind != SB_DIFF_BYTES) ||
	    !has_name_of_control_file(pair))
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

const struct sb_explainer sb_explain_cleartext = {"cleartext", SB_CAUSE_SIGNATURE, SB_RULE_STRUCTURAL, 2, claim_cleartext};
