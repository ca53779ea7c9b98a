/* SPDX-License-Identifier: Apache-2.0 */
/* What an unexplained difference probably is, and how bad. Nothing here owns a byte or raises a level. */
#include "verifier/explain/hint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_code(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_region *region = sb_hint_region(diff);
	return pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, "elf") == 0 && region && region->kind == SB_REGION_SECTION && diff->loaded;
}

static struct sb_span region_bytes(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;
	struct sb_span out = {0};
	return region && sb_span_cut(pair->bytes[side], region->offset, region->length, &out) ? out : (struct sb_span){0};
}

/* Instructions: what they seem to spell is chance. */
static bool holds_instructions(const struct sb_region *region)
{
	if (!region || region->kind != SB_REGION_SECTION)
		return false;
	const char *section = strrchr(region->name, ',') ? strrchr(region->name, ',') + 1 : region->name;
	return strncmp(section, ".text", 5) == 0 || strncmp(section, ".init", 5) == 0 || strcmp(section, "__text") == 0;
}

/* Places first, then what the bytes spell, then what the program tells of its making. */
static const char *guess_bytes(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim, const char *note)
{
	const struct sb_region *region = sb_hint_region(diff);
	struct sb_guess guess = sb_guess_place(pair, diff);

	if (!guess.why && is_code(pair, diff) && strcmp(region->name, ".dynstr") == 0)
		guess = sb_guess_strings(in, region_bytes(pair, diff, SB_SHIPPED), region_bytes(pair, diff, SB_REBUILT));
	if (!guess.why && !holds_instructions(region))
		guess = sb_guess_words(in, pair, diff);
	if (!guess.why && is_code(pair, diff))
		guess = sb_guess_code(pair, diff);
	return sb_hint_guess(in, guess, claim, note);
}

static const char *hint_bytes(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_region *region = sb_hint_region(diff);

	const char *note;

	sb_hint_place(diff, claim);
	if (pair->why)
		note = sb_explain_note(in, "%s; %s", sb_hint_bytes_differ(in, diff->bytes), pair->why);
	else if (diff->name && region)
		note = sb_explain_note(in, "%s in %s of %s", sb_hint_bytes_differ(in, diff->bytes), sb_explain_shown(in, sb_span_text(diff->name)),
		                       sb_explain_shown(in, sb_span_text(region->name)));
	else
		note = sb_hint_bytes_differ(in, diff->bytes);
	return guess_bytes(in, pair, diff, claim, note);
}

static bool holds(struct sb_span bytes, const char *text)
{
	return bytes.n && memmem(bytes.p, bytes.n, text, strlen(text));
}

/* Debhelper of later versions leaves out entries of the changelog that are older than some years. */
static bool is_trimmed_changelog(const struct sb_pair *pair)
{
	struct sb_span a = pair->bytes[SB_SHIPPED], b = pair->bytes[SB_REBUILT];

	if (!holds(sb_span_text(pair->name), "changelog"))
		return false;
	size_t same = sb_span_common_prefix(a, b);
	struct sb_span rest = a.n < b.n ? sb_span_of(a.p + same, a.n - same) : sb_span_of(b.p + same, b.n - same);
	return same > 0 && (rest.n == 0 || sb_span_starts(rest, "# Older entries have been removed", 33));
}

/* Tools of a package build that leave their version in what they write: drift of the toolchain, named for people. */
static const char *packaging_tool(const struct sb_pair *pair, const struct sb_diff *diff)
{
	struct sb_span head = pair->bytes[SB_SHIPPED];

	head.n = head.n < 4096 ? head.n : 4096;
	if (holds(head, "Pod::Man"))
		return "pod2man";
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (holds(sb_diff_bytes(pair, diff, side), "added by dh_"))
			return "debhelper";
	return is_trimmed_changelog(pair) ? "debhelper" : NULL;
}

static const char *hint_text(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const char *tool = packaging_tool(pair, diff);

	claim->severity = diff->deceptive ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MAJOR;
	if (diff->remark)
		return sb_explain_note(in, "text differs from line %u: %s", diff->line, diff->remark);
	if (tool) {
		claim->cause = SB_CAUSE_COMPILER;
		claim->rule = SB_RULE_HINT;
		return sb_explain_note(in, "text from line %u; it was written by %s of another version", diff->line, tool);
	}
	struct sb_guess guess = sb_guess_lines(in, pair);
	if (!guess.why)
		guess = sb_guess_place(pair, diff);
	if (!guess.why)
		guess = sb_guess_words(in, pair, diff);
	return sb_hint_guess(in, guess, claim, sb_explain_note(in, "text differs from line %u", diff->line));
}

static const char *hint_region(struct sb_explaining *in, const struct sb_diff *diff, struct sb_claim *claim)
{
	const char *name = sb_explain_shown(in, sb_span_text(sb_hint_region(diff)->name));

	sb_hint_place(diff, claim);
	if (diff->bytes == 1)
		return sb_explain_note(in, "1 byte of %s is on one side only", name);
	return sb_explain_note(in, "%" PRIu64 " bytes of %s are on one side only", diff->bytes, name);
}

static const char *hint_lone(struct sb_explaining *in, const struct sb_diff *diff, struct sb_claim *claim, const char *what)
{
	bool shipped = diff->side[SB_SHIPPED].present;
	claim->cause = shipped ? SB_CAUSE_MISSING : SB_CAUSE_EXTRA;
	claim->severity = SB_SEVERITY_MAJOR;
	return sb_explain_note(in, shipped ? "%s was delivered, but the rebuild does not make it" : "%s is made by the rebuild, but was not delivered", what);
}

/* "0755 → 04755": do the bits differ that make a program run as somebody else? */
static bool changes_identity(const char *modes)
{
	char *end = NULL;
	unsigned long a = modes ? strtoul(modes, &end, 8) : 0, b = 0;

	if (modes) {
		end += strcspn(end, "01234567");
		b = strtoul(end, NULL, 8);
	}
	return ((a ^ b) & 06000) != 0;
}

static const char *hint_metadata(struct sb_explaining *in, const struct sb_diff *diff, struct sb_claim *claim)
{
	claim->severity = SB_SEVERITY_MAJOR;
	switch (diff->kind) {
	case SB_DIFF_TYPE:
		return "the type of the file differs";
	case SB_DIFF_MODE:
		claim->cause = SB_CAUSE_PERMISSIONS;
		if (changes_identity(diff->name))
			claim->severity = SB_SEVERITY_CRITICAL;
		return sb_explain_note(in, "mode %s", sb_explain_shown(in, sb_span_text(diff->name ? diff->name : "differs")));
	case SB_DIFF_LINK:
		return "the target of the link differs";
	case SB_DIFF_DEVICE:
		return "the device number differs";
	case SB_DIFF_OWNER:
		claim->cause = SB_CAUSE_OWNERSHIP;
		return "the owner differs";
	case SB_DIFF_XATTR:
		claim->cause = SB_CAUSE_PERMISSIONS;
		claim->severity = SB_SEVERITY_CRITICAL;
		return "the extended attributes differ";
	case SB_DIFF_MTIME:
		claim->cause = SB_CAUSE_TIMESTAMP;
		claim->severity = SB_SEVERITY_MINOR;
		return "the time of the file differs";
	case SB_DIFF_BYTES:
	case SB_DIFF_TEXT:
	case SB_DIFF_FIELD:
	case SB_DIFF_REGION:
	case SB_DIFF_MEMBER:
	case SB_DIFF_ENCODING:
	case SB_DIFF_ORDER:
	case SB_DIFF_ARTIFACT:
		return "";
	}
	return "";
}

static bool has_lone_members(const struct sb_pair *pair)
{
	for (size_t i = 0; i < pair->diff_count; i++)
		if (pair->diffs[i].kind == SB_DIFF_MEMBER)
			return true;
	return false;
}

static const char *hint_order(const struct sb_pair *pair, struct sb_claim *claim)
{
	if (!pair->format || (!pair->format->archive && !pair->format->container))
		return "equal parts stand in another order, or in other places, and order has a meaning here";
	claim->primary = !has_lone_members(pair);
	return claim->primary ? "members come in another order, where order has a meaning" : "it follows from members that one side only has";
}

static const char *hint(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	switch (diff->kind) {
	case SB_DIFF_BYTES:
		return hint_bytes(in, pair, diff, claim);
	case SB_DIFF_TEXT:
		return hint_text(in, pair, diff, claim);
	case SB_DIFF_FIELD:
		return sb_hint_field(in, pair, diff, claim);
	case SB_DIFF_REGION:
		return hint_region(in, diff, claim);
	case SB_DIFF_MEMBER:
		return hint_lone(in, diff, claim, "this member");
	case SB_DIFF_ARTIFACT:
		return hint_lone(in, diff, claim, "this file");
	case SB_DIFF_ENCODING:
		claim->cause = SB_CAUSE_COMPRESSION;
		return "the encoded form differs, and what it holds could not be compared";
	case SB_DIFF_ORDER:
		claim->cause = SB_CAUSE_ORDER;
		claim->severity = SB_SEVERITY_MAJOR;
		return hint_order(pair, claim);
	case SB_DIFF_TYPE:
	case SB_DIFF_MODE:
	case SB_DIFF_LINK:
	case SB_DIFF_DEVICE:
	case SB_DIFF_OWNER:
	case SB_DIFF_MTIME:
	case SB_DIFF_XATTR:
		return hint_metadata(in, diff, claim);
	}
	return "";
}

/* What such a cause says is seen, not guessed. */
static bool is_fact(enum sb_cause cause)
{
	return cause == SB_CAUSE_UNEXPLAINED || cause == SB_CAUSE_MISSING || cause == SB_CAUSE_EXTRA || cause == SB_CAUSE_PERMISSIONS ||
	       cause == SB_CAUSE_OWNERSHIP;
}

/* A signature, or something inside of one. */
static bool is_signature(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_region *region = sb_hint_region(diff);
	const struct sb_member *member = diff->side[SB_SHIPPED].member ? diff->side[SB_SHIPPED].member : diff->side[SB_REBUILT].member;

	if ((region && region->kind == SB_REGION_SIGNATURE) || (diff->kind == SB_DIFF_MEMBER && member && member->signature))
		return true;
	for (; pair; pair = pair->parent)
		if (pair->member[SB_SHIPPED] && pair->member[SB_SHIPPED]->signature)
			return true;
	return false;
}

static const char *hint_signature(struct sb_explaining *in, const struct sb_diff *diff, struct sb_claim *claim)
{
	claim->cause = SB_CAUSE_SIGNATURE;
	claim->severity = SB_SEVERITY_MAJOR;
	if (diff->side[SB_SHIPPED].present != diff->side[SB_REBUILT].present)
		return diff->side[SB_SHIPPED].present ? "a signature that only the shipped side has" : "a signature that only the rebuilt side has";
	return sb_explain_note(in, "a signature: %" PRIu64 " bytes that only the holder of the key can make again", diff->bytes);
}

void sb_explain_hint(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	/* A value that should have been recomputed says more by itself than the container around it. */
	const char *trouble = sb_diff_is_field(diff, SB_FIELD_DERIVED) ? NULL : sb_explain_signature_trouble(in, pair, diff);

	claim->note = is_signature(pair, diff) || trouble ? hint_signature(in, diff, claim) : hint(in, pair, diff, claim);
	claim->note = trouble ? trouble : claim->note;
	if (claim->rule == SB_RULE_NONE && !is_fact(claim->cause))
		claim->rule = SB_RULE_HINT;
}
