/* SPDX-License-Identifier: Apache-2.0 */
/* What an unexplained difference of a typed field probably is: by the kind of the field, and by its values. */
#include "verifier/explain/hint.h"

#include <inttypes.h>

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
	if (in->identifiers && (diff->side[SB_SHIPPED].length == 4 || diff->side[SB_SHIPPED].length == 16) && !pair->format->image && sb_identifier_is_called(in, pair, diff))
		return sb_explain_note(in, "%s; something in the image may be meant by that name", describe_values(in, pair, diff));
	return describe_values(in, pair, diff);
}

static const char *guess_field(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const char *note = describe_values(in, pair, diff);
	struct sb_guess guess = sb_guess_place(pair, diff);

	if (!guess.why && diff->side[SB_SHIPPED].field.encoding == SB_ENC_TEXT)
		guess = sb_guess_words(in, pair, diff);
	return sb_hint_guess(in, guess, claim, note);
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

const char *sb_hint_field(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	sb_hint_place(diff, claim);
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
