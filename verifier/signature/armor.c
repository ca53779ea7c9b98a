/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures as text, and texts that are signed as they stand: RFC 4880, 6 and 7. */
#include "verifier/signature/private.h"

#include <string.h>

static const char begin_signature[] = "-----BEGIN PGP SIGNATURE-----", end_signature[] = "-----END PGP SIGNATURE-----",
		  begin_message[] = "-----BEGIN PGP SIGNED MESSAGE-----";

enum { LINE = 64, LARGEST_PACKET = 1 << 16, LARGEST_TEXT = 16 << 20 };

static bool is_line(struct sb_span line, const char *text)
{
	return sb_span_equal(line, sb_span_text(text));
}

/* 6.1. */
static uint32_t crc24(struct sb_span bytes)
{
	uint32_t crc = 0xb704ce;

	for (size_t i = 0; i < bytes.n; i++) {
		crc ^= (uint32_t)bytes.p[i] << 16;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x800000 ? 0x1864cfb : 0);
		crc &= 0xffffff;
	}
	return crc;
}

static bool checksum_is_right(struct sb_span line, struct sb_span packet)
{
	SB_BUF struct sb_buf text = {0};
	uint32_t crc = crc24(packet);
	const uint8_t bytes[3] = {(uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc};

	sb_base64(sb_span_of(bytes, sizeof bytes), &text);
	return !text.bad && line.n == 5 && line.p[0] == '=' && sb_span_equal(sb_span_of(line.p + 1, 4), sb_buf_span(&text));
}

/* All lines but the last have the length that gpg gives them: where a line ends is nobody's to choose. */
static bool join_lines(struct sb_span *text, struct sb_buf *digits, struct sb_span *last)
{
	bool ended = false;

	while (sb_span_take_ended_line(text, last) && last->n && last->p[0] != '=' && last->p[0] != '-') {
		if (ended || last->n > LINE)
			return false;
		ended = last->n < LINE;
		sb_buf_add(digits, last->p, last->n);
	}
	return digits->len > 0 && !digits->bad;
}

bool sb_pgp_unarmor(struct sb_span text, struct sb_buf *out, const char **why)
{
	SB_BUF struct sb_buf digits = {.ceiling = 2 * LARGEST_PACKET};
	SB_BUF struct sb_buf again = {.ceiling = 2 * LARGEST_PACKET};
	struct sb_span line = {0};

	if (!sb_span_take_ended_line(&text, &line) || !is_line(line, begin_signature) || !sb_span_take_ended_line(&text, &line) || line.n)
		return sb_refuse(why, "armor with headers, or none at all");
	if (!join_lines(&text, &digits, &line) || sb_unbase64(sb_buf_span(&digits), out, NULL))
		return sb_refuse(why, "armor whose lines are not base64 of 64 digits each");
	sb_base64(sb_buf_span(out), &again);
	if (again.bad || !sb_span_equal(sb_buf_span(&again), sb_buf_span(&digits)))
		return sb_refuse(why, "armor whose lines are base64 of another alphabet");
	if (line.n && line.p[0] == '=' && (!checksum_is_right(line, sb_buf_span(out)) || !sb_span_take_ended_line(&text, &line)))
		return sb_refuse(why, "armor with a wrong checksum");
	return (is_line(line, end_signature) && text.n == 0) || sb_refuse(why, "something inside or behind the armor that does not belong there");
}

bool sb_pgp_is_cleartext(struct sb_span file)
{
	struct sb_span line;
	return sb_span_take_ended_line(&file, &line) && is_line(line, begin_message);
}

/* "Hash: SHA512" and an empty line. */
static bool take_head(struct sb_span *file, enum sb_declared_digest *digest)
{
	static const struct {
		const char *line;
		enum sb_declared_digest digest;
	} rows[] = {{"Hash: SHA1", SB_DECLARED_SHA1}, {"Hash: SHA256", SB_DECLARED_SHA256}, {"Hash: SHA384", SB_DECLARED_SHA384}, {"Hash: SHA512", SB_DECLARED_SHA512}};
	struct sb_span line;
	bool known = false;

	if (!sb_span_take_ended_line(file, &line) || !is_line(line, begin_message) || !sb_span_take_ended_line(file, &line))
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!is_line(line, rows[i].line))
			continue;
		*digest = rows[i].digest;
		known = true;
	}
	return known && sb_span_take_ended_line(file, &line) && line.n == 0;
}

/* 7.1: blanks at the end of a line are not signed, and line ends are CR and LF, but for the last one. */
static void add_canonical(struct sb_buf *canonical, struct sb_span line, bool first)
{
	while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t' || line.p[line.n - 1] == '\r'))
		line.n--;
	if (!first)
		sb_buf_add(canonical, "\r\n", 2);
	sb_buf_add(canonical, line.p, line.n);
}

/* Up to the armor, which @file is left at. Exactly the lines that begin with a dash are escaped. */
static bool take_text(struct sb_span *file, struct sb_pgp_cleartext *out)
{
	struct sb_span rest = *file, line;

	for (bool first = true; sb_span_take_ended_line(&rest, &line); first = false, *file = rest) {
		if (is_line(line, begin_signature))
			return !first && !out->text.bad && !out->canonical.bad;
		if (line.n && line.p[0] == '-') {
			if (!sb_span_starts(line, "- -", 3))
				return false;
			line = sb_span_of(line.p + 2, line.n - 2);
		}
		sb_buf_add(&out->text, line.p, line.n);
		sb_buf_add(&out->text, "\n", 1);
		add_canonical(&out->canonical, line, first);
	}
	return false;
}

bool sb_pgp_read_cleartext(struct sb_span file, struct sb_pgp_cleartext *out, const char **why)
{
	struct sb_pgp_signature signature;
	enum sb_declared_digest stated = SB_DECLARED_SHA1;

	*out = (struct sb_pgp_cleartext){.text.ceiling = LARGEST_TEXT, .canonical.ceiling = 2 * LARGEST_TEXT, .packet.ceiling = LARGEST_PACKET};
	if (!take_head(&file, &stated))
		return sb_refuse(why, "a signed text whose head is not one digest and an empty line");
	if (!take_text(&file, out))
		return sb_refuse(why, "a signed text without its signature, or with a dash that is not escaped");
	if (!sb_pgp_unarmor(file, &out->packet, why) || !sb_pgp_read(sb_buf_span(&out->packet), &signature, why))
		return false;
	const struct sb_span canonical = sb_buf_span(&out->canonical);
	return (signature.type == SB_PGP_TEXT && signature.digest == stated && sb_pgp_states(NULL, &signature, &canonical, 1)) || sb_refuse(why, "a signature of another text");
}

void sb_pgp_cleartext_release(struct sb_pgp_cleartext *text)
{
	sb_buf_release(&text->text);
	sb_buf_release(&text->canonical);
	sb_buf_release(&text->packet);
}
