/* SPDX-License-Identifier: Apache-2.0 */
/* What an unexplained difference probably is, and how bad. Nothing here owns a byte or raises a level. */
#include "verifier/explain/guess.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct named_hint {
	const char *name;
	enum sb_cause cause;
	enum sb_severity severity;
};

/** Places of an ELF file by what they do: compare by prefix, first match wins. */
static const struct named_hint places[] = {
	{".debug", SB_CAUSE_DEBUG_INFO, SB_SEVERITY_MINOR},
	{".symtab", SB_CAUSE_DEBUG_INFO, SB_SEVERITY_MINOR},
	{".strtab", SB_CAUSE_DEBUG_INFO, SB_SEVERITY_MINOR},
	{".comment", SB_CAUSE_COMPILER, SB_SEVERITY_MINOR},
	{".note.gnu.build-id", SB_CAUSE_BUILD_ID, SB_SEVERITY_MAJOR},
	{".gnu_debuglink", SB_CAUSE_BUILD_ID, SB_SEVERITY_MINOR},
	{".text", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".init", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".fini", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".plt", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".interp", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".dynamic", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".rel", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"ELF header", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"program headers", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"section headers", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_MINOR},
	{"gap", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"overlay", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
};

static const struct sb_region *region_of(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
}

static void hint_place(const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_region *region = region_of(diff);

	claim->severity = !region || diff->loaded ? SB_SEVERITY_MAJOR : SB_SEVERITY_MINOR;
	for (size_t i = 0; region && i < sizeof places / sizeof *places; i++) {
		if (strncmp(region->name, places[i].name, strlen(places[i].name)) == 0) {
			claim->cause = places[i].cause;
			claim->severity = places[i].severity;
			return;
		}
	}
}

/* A cause that the place alone did not tell; a section of debug information may hold a path or a producer. */
static const char *add_guess(struct sb_explaining *in, struct sb_guess guess, struct sb_claim *claim, const char *note)
{
	bool open = claim->cause == SB_CAUSE_UNEXPLAINED ||
	            (claim->cause == SB_CAUSE_DEBUG_INFO &&
	             (guess.cause == SB_CAUSE_BUILD_PATH || guess.cause == SB_CAUSE_COMPILER || guess.cause == SB_CAUSE_FLAGS));

	if (!guess.why || !open)
		return note;
	claim->cause = guess.cause;
	return sb_explain_note(in, "%s; probably %s", note, guess.why);
}

static bool is_code(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_region *region = region_of(diff);
	return pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, "elf") == 0 && region && region->kind == SB_REGION_SECTION && diff->loaded;
}

static struct sb_span region_bytes(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;
	struct sb_span out = {0};
	return region && sb_span_cut(pair->bytes[side], region->offset, region->length, &out) ? out : (struct sb_span){0};
}

/* Places first, then what the bytes spell, then what the program tells of its making. */
static const char *guess_bytes(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim, const char *note)
{
	const struct sb_region *region = region_of(diff);
	bool code = is_code(pair, diff) && (strncmp(region->name, ".text", 5) == 0 || strncmp(region->name, ".init", 5) == 0);
	struct sb_guess guess = sb_guess_place(pair, diff);

	if (!guess.why && is_code(pair, diff) && strcmp(region->name, ".dynstr") == 0)
		guess = sb_guess_strings(in, region_bytes(pair, diff, SB_SHIPPED), region_bytes(pair, diff, SB_REBUILT));
	if (!guess.why && !code)
		guess = sb_guess_words(in, pair, diff);
	if (!guess.why && is_code(pair, diff))
		guess = sb_guess_code(pair, diff);
	return add_guess(in, guess, claim, note);
}

/* A recorded mode: which permission bits came or went; setuid and setgid decide how bad it is. */
static const char *describe_mode(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	uint64_t a, b;
	enum sb_encoding encoding = diff->side[SB_SHIPPED].field.encoding;

	claim->severity = SB_SEVERITY_MAJOR;
	if (!sb_field_number(sb_diff_bytes(pair, diff, SB_SHIPPED), encoding, &a) || !sb_field_number(sb_diff_bytes(pair, diff, SB_REBUILT), encoding, &b))
		return "the mode differs and is no number";
	if ((a ^ b) & 06000)
		claim->severity = SB_SEVERITY_CRITICAL;
	if (((a ^ b) & 07000) == 0 && sb_guess_umask(in, pair)) {
		claim->cause = SB_CAUSE_UMASK;
		return sb_explain_note(in, "mode 0%03" PRIo64 " → 0%03" PRIo64 "; all modes of this archive differ by one mask", a & 07777, b & 07777);
	}
	return sb_explain_note(in, "mode 0%03" PRIo64 " → 0%03" PRIo64, a & 07777, b & 07777);
}

static const char *describe_values(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const char *name = sb_explain_shown(in, sb_span_text(diff->name ? diff->name : "the field"));
	uint64_t a, b;
	enum sb_encoding encoding = diff->side[SB_SHIPPED].field.encoding;
	struct sb_span x = sb_diff_bytes(pair, diff, SB_SHIPPED), y = sb_diff_bytes(pair, diff, SB_REBUILT);

	if (x.n <= 8 && sb_field_number(x, encoding, &a) && sb_field_number(y, encoding, &b))
		return sb_explain_note(in, "%s is 0x%" PRIx64 " shipped, 0x%" PRIx64 " rebuilt", name, a, b);
	return sb_explain_note(in, "%s differs", name);
}

/* A checksum of a debug file that is at hand can be recomputed: then a wrong one is a finding of its own. */
static const char *hint_identifier(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	bool crc = diff->name && strcmp(diff->name, "debuglink-crc") == 0;

	for (unsigned side = 0; crc && side < SB_SIDES; side++) {
		if (sb_debuglink_state(in, pair, diff, side) != SB_DEBUGLINK_WRONG)
			continue;
		claim->cause = SB_CAUSE_CHECKSUM;
		return sb_explain_note(in, "the checksum of the debug file is wrong on the %s side", side == SB_SHIPPED ? "shipped" : "rebuilt");
	}
	return describe_values(in, pair, diff);
}

static const char *guess_field(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const char *note = describe_values(in, pair, diff);
	struct sb_guess guess = sb_guess_place(pair, diff);

	if (!guess.why && diff->side[SB_SHIPPED].field.encoding == SB_ENC_TEXT)
		guess = sb_guess_words(in, pair, diff);
	return add_guess(in, guess, claim, note);
}

/* What the field covers differs and cannot be asked: it is encoded in two ways, or unreadable. Of content that is equal, one value is wrong. */
static bool covers_unreadable(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	uint32_t decoded = diff->side[SB_SHIPPED].field.derived.decoded;
	return decoded && decoded <= pair->view[SB_SHIPPED]->members.count &&
	       sb_child_of(in, pair, SB_SHIPPED, sb_view_member(pair->view[SB_SHIPPED], decoded - 1));
}

/* A value that is wrong was left stale or forged. */
static const char *hint_derived(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const char *name = sb_explain_shown(in, sb_span_text(diff->name));
	bool known[SB_SIDES], right[SB_SIDES];

	claim->cause = SB_CAUSE_CHECKSUM;
	for (unsigned side = 0; side < SB_SIDES; side++)
		right[side] = sb_field_is_right(in, pair, side, &diff->side[side].field, &known[side]);
	if (!known[SB_SHIPPED] && !known[SB_REBUILT] && covers_unreadable(in, pair, diff))
		return sb_explain_note(in, "%s differs, and what it states could not be computed", name);
	claim->severity = SB_SEVERITY_CRITICAL;
	if (right[SB_SHIPPED] != right[SB_REBUILT] && known[SB_SHIPPED] && known[SB_REBUILT])
		return sb_explain_note(in, "%s is wrong on the %s side: it was left stale or forged", name, right[SB_SHIPPED] ? "rebuilt" : "shipped");
	return sb_explain_note(in, "%s is wrong on one side: it was left stale or forged", name);
}

static const char *hint_field(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	hint_place(diff, claim);
	switch (diff->side[SB_SHIPPED].field.kind) {
	case SB_FIELD_MODE:
		claim->cause = SB_CAUSE_PERMISSIONS;
		return describe_mode(in, pair, diff, claim);
	case SB_FIELD_OWNER:
		claim->cause = SB_CAUSE_OWNERSHIP;
		claim->severity = SB_SEVERITY_MAJOR;
		return sb_explain_note(in, "owner: %s shipped, %s rebuilt", sb_explain_shown(in, sb_diff_bytes(pair, diff, SB_SHIPPED)),
		                       sb_explain_shown(in, sb_diff_bytes(pair, diff, SB_REBUILT)));
	case SB_FIELD_DERIVED:
		return hint_derived(in, pair, diff, claim);
	case SB_FIELD_TIME:
		claim->cause = SB_CAUSE_TIMESTAMP;
		return describe_values(in, pair, diff);
	case SB_FIELD_IDENTIFIER:
		return hint_identifier(in, pair, diff, claim);
	case SB_FIELD_VALUE:
	case SB_FIELD_NAME:
	case SB_FIELD_LINK:
	case SB_FIELD_PADDING:
		return guess_field(in, pair, diff, claim);
	case SB_FIELD_INODE:
	case SB_FIELD_SIZE:
	case SB_FIELD_OFFSET:
		claim->cause = sb_format_packs(pair->format) ? SB_CAUSE_CONTAINER_METADATA : claim->cause;
		return describe_values(in, pair, diff);
	case SB_FIELD_ENCODING:
		claim->cause = SB_CAUSE_COMPRESSION;
		return describe_values(in, pair, diff);
	case SB_FIELD_DEVICE:
	case SB_FIELD_FLAGS:
	case SB_FIELD_MAGIC:
	case SB_FIELD_ADDRESS:
		return describe_values(in, pair, diff);
	}
	return describe_values(in, pair, diff);
}

static const char *hint_bytes(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_region *region = region_of(diff);

	const char *note;

	hint_place(diff, claim);
	if (pair->why)
		note = sb_explain_note(in, "%" PRIu64 " bytes differ; %s", diff->bytes, pair->why);
	else if (diff->name && region)
		note = sb_explain_note(in, "%" PRIu64 " bytes differ in %s of %s", diff->bytes, sb_explain_shown(in, sb_span_text(diff->name)),
		                       sb_explain_shown(in, sb_span_text(region->name)));
	else
		note = sb_explain_note(in, "%" PRIu64 " bytes differ", diff->bytes);
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
	return add_guess(in, guess, claim, sb_explain_note(in, "text differs from line %u", diff->line));
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

static const char *hint(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	switch (diff->kind) {
	case SB_DIFF_BYTES:
		return hint_bytes(in, pair, diff, claim);
	case SB_DIFF_TEXT:
		return hint_text(in, pair, diff, claim);
	case SB_DIFF_FIELD:
		return hint_field(in, pair, diff, claim);
	case SB_DIFF_REGION:
		hint_place(diff, claim);
		return sb_explain_note(in, "%" PRIu64 " bytes of %s are on one side only", diff->bytes,
		                       sb_explain_shown(in, sb_span_text(region_of(diff)->name)));
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
		claim->primary = !has_lone_members(pair);
		return claim->primary ? "members come in another order, where order has a meaning" : "it follows from members that one side only has";
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
	const struct sb_region *region = region_of(diff);
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

void sb_explain_state(struct sb_explaining *in, const struct sb_pair *pair, struct sb_claim *claim)
{
	bool certain = pair->state == SB_PAIR_REJECTED;

	claim->cap = certain ? SB_LEVEL_DIFFERENT : SB_LEVEL_UNDETERMINED;
	claim->severity = SB_SEVERITY_MAJOR;
	claim->note = sb_explain_note(in, certain ? "only one side follows its format: %s" : "not decided: %s", pair->why ? pair->why : "no reason known");
}
