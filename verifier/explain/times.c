/* SPDX-License-Identifier: Apache-2.0 */
/* Times that a container records of when it was made: well-formed on each side, and the same wherever one side says it twice. */
#include "verifier/explain/explainer.h"

#include <string.h>

static bool is_digit(uint8_t c, enum sb_encoding encoding)
{
	return (c >= '0' && c <= '9') || (encoding == SB_ENC_HEX_TEXT && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
}

/* Extended headers of tar count fractions of a second: POSIX.1-2017 pax, "mtime". */
static struct sb_span without_fraction(struct sb_span bytes, bool *good)
{
	const uint8_t *point = memchr(bytes.p, '.', bytes.n);
	size_t whole = point ? (size_t)(point - bytes.p) : bytes.n;

	*good = whole > 0 && (!point || (bytes.n - whole > 1 && bytes.n - whole <= 10));
	for (size_t i = whole + 1; *good && i < bytes.n; i++)
		*good = is_digit(bytes.p[i], SB_ENC_DECIMAL);
	return sb_span_of(bytes.p, whole);
}

/* A number in the one form in which packers write it: a stray blank or a second terminator is somebody's hand. */
static bool is_canonical(struct sb_span bytes, enum sb_encoding encoding)
{
	size_t digits = 0;

	if (encoding != SB_ENC_OCTAL && encoding != SB_ENC_DECIMAL && encoding != SB_ENC_HEX_TEXT)
		return true;
	while (digits < bytes.n && is_digit(bytes.p[digits], encoding))
		digits++;
	for (size_t i = digits; i < bytes.n; i++)
		if (encoding == SB_ENC_HEX_TEXT || bytes.p[i] != (encoding == SB_ENC_DECIMAL ? ' ' : '\0'))
			return false;
	return digits > 0;
}

/* PKWARE APPNOTE 4.4.6: two 16-bit words, the time below the date. */
bool sb_is_dos_time(uint64_t value)
{
	unsigned second = value & 31, minute = value >> 5 & 63, hour = value >> 11 & 31, day = value >> 16 & 31, month = value >> 21 & 15;
	return second < 30 && minute < 60 && hour < 24 && day >= 1 && month >= 1 && month <= 12;
}

static bool read_time(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, uint64_t *out)
{
	struct sb_span bytes = sb_diff_bytes(pair, diff, side);
	enum sb_encoding encoding = diff->side[side].field.encoding;
	bool good = true;

	if (encoding == SB_ENC_DECIMAL && strcmp(pair->format->name, "tar") == 0)
		bytes = without_fraction(bytes, &good);
	return good && is_canonical(bytes, encoding) && sb_field_number(bytes, encoding, out) && (encoding != SB_ENC_DOS_TIME || sb_is_dos_time(*out));
}

/* dpkg-deb writes one time into the headers of all members: another one among them is not the time of a build. Who signs does so later. */
static bool is_one_time(const struct sb_pair *pair, unsigned side)
{
	const struct sb_view *view = pair->view[side];

	if (strcmp(pair->format->name, "deb") != 0)
		return true;
	for (size_t i = 1; i < view->members.count; i++)
		if (!sb_view_member(view, i)->signature && sb_view_member(view, i)->mtime != sb_view_member(view, 0)->mtime)
			return false;
	return true;
}

static const char *describe(struct sb_explaining *in, const struct sb_diff *diff, const uint64_t value[SB_SIDES])
{
	const char *note = sb_explain_note(in, "time of the container: %llu shipped, %llu rebuilt", (unsigned long long)value[SB_SHIPPED], (unsigned long long)value[SB_REBUILT]);
	return diff->more ? sb_explain_note(in, "%s; %llu further places are told with this one", note, (unsigned long long)diff->more) : note;
}

static bool claim_timestamp(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	uint64_t value[SB_SIDES];

	if (!sb_diff_is_field(diff, SB_FIELD_TIME) || !pair->format || (!sb_format_packs(pair->format) && !pair->format->dated))
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!read_time(pair, diff, side, &value[side]) || !is_one_time(pair, side) || (diff->side[side].field.encoding == SB_ENC_DOS_TIME && !sb_field_is_repeated(in, pair, diff, side)))
			return false;
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->note = describe(in, diff, value);
	return true;
}

const struct sb_explainer sb_explain_timestamp = {"container-time", SB_CAUSE_TIMESTAMP, SB_RULE_STRUCTURAL, 4, claim_timestamp};
