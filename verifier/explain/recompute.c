/* SPDX-License-Identifier: Apache-2.0 */
/* What a derived field should hold, computed from the bytes of its own side. */
#include "verifier/explain/explainer.h"
#include "verifier/explain/sums.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 64, MOST_PIECES = 16 };

static bool declared_kind(enum sb_derive_algorithm algorithm, enum sb_declared_digest *out)
{
	static const struct {
		enum sb_derive_algorithm algorithm;
		enum sb_declared_digest kind;
	} digests[] = {
		{SB_DERIVE_MD5, SB_DECLARED_MD5}, {SB_DERIVE_TPLINK_MD5, SB_DECLARED_MD5}, {SB_DERIVE_TPLINK_BOOT_MD5, SB_DECLARED_MD5}, {SB_DERIVE_SHA1, SB_DECLARED_SHA1},
		{SB_DERIVE_SHA256, SB_DECLARED_SHA256}, {SB_DERIVE_SHA384, SB_DECLARED_SHA384}, {SB_DERIVE_SHA512, SB_DECLARED_SHA512},
	};

	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
		if (digests[i].algorithm == algorithm) {
			*out = digests[i].kind;
			return true;
		}
	return false;
}

/* Through compressions, each of which was decoded to its last byte. */
static const struct sb_pair *unpacked(const struct sb_pair *pair)
{
	while (pair->state == SB_PAIR_OPENED && pair->format->compression && pair->child_count == 1) {
		pair = pair->children[0];
		if (!pair->decoded)
			return NULL;
	}
	return pair;
}

/* The content of a file of an archive; a hard link has that of the member it names. */
static bool file_inside(struct sb_explaining *in, const struct sb_pair *archive, unsigned side, struct sb_span name, struct sb_span *out)
{
	if (archive->state != SB_PAIR_OPENED || !archive->format->archive)
		return false;
	const struct sb_member *member = sb_member_named(in, archive, side, name);
	if (member && member->type == SB_MEMBER_HARDLINK)
		member = sb_member_named(in, archive, side, member->link);
	return member && member->type == SB_MEMBER_FILE && member->codec == SB_CODEC_NONE &&
	       sb_span_cut(archive->bytes[side], member->offset, member->length, out);
}

/* What the field is computed from. Content that is equal on both sides has no pair: a value that differs cannot be right for both. */
static bool covered(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_field *field, unsigned side, struct sb_span *out)
{
	const struct sb_derivation *derived = &field->derived;

	if (derived->decoded == 0)
		return sb_span_cut(pair->bytes[side], derived->over_offset, derived->over_length, out);
	if (derived->decoded > pair->view[side]->members.count)
		return false;
	const struct sb_pair *child = sb_child_of(in, pair, side, sb_view_member(pair->view[side], derived->decoded - 1));
	if (!child || (!child->decoded && child->member[side]->codec != SB_CODEC_NONE))
		return false;
	if (derived->unpacked && !(child = unpacked(child)))
		return false;
	if (derived->inside.p)
		return file_inside(in, child, side, derived->inside, out);
	*out = child->bytes[side];
	return true;
}

/* Headers and directories of both sides state it of one content, which is equal on both more often than not. */
static uint32_t content_crc32(struct sb_explaining *in, struct sb_span bytes)
{
	enum { ROWS = 1 << 10 };

	uint64_t crc = 0;

	if (!in->crcs && !(in->crcs = calloc(ROWS, sizeof *in->crcs))) {
		(void)sb_sum(SB_DERIVE_CRC32, in->comparison->reading, bytes, (struct sb_span){0}, &crc);
		return (uint32_t)crc;
	}
	struct sb_crc_row *row = &in->crcs[((uintptr_t)bytes.p * UINT64_C(0x9e3779b97f4a7c15) >> 32) % ROWS];
	if (row->p != bytes.p || row->n != bytes.n) {
		(void)sb_sum(SB_DERIVE_CRC32, in->comparison->reading, bytes, (struct sb_span){0}, &crc);
		*row = (struct sb_crc_row){bytes.p, bytes.n, (uint32_t)crc};
	}
	return row->crc;
}

static bool number_is_right(struct sb_explaining *in, const struct sb_field *field, struct sb_span bytes, struct sb_span over)
{
	uint64_t value, sum, mask = field->length < 8 ? (UINT64_C(1) << 8 * field->length) - 1 : UINT64_MAX;
	enum sb_derive_algorithm algorithm = field->derived.algorithm;

	if (!sb_field_number(bytes, field->encoding, &value))
		return false;
	if (field->encoding != SB_ENC_LE && field->encoding != SB_ENC_BE)
		mask = UINT64_MAX; /* digits: as many as the number needs */
	if (algorithm == SB_DERIVE_XZ_CHECK)
		return true; /* the decoder has checked it */
	if (algorithm == SB_DERIVE_LENGTH)
		return value == (over.n & mask);
	if (algorithm == SB_DERIVE_CRC32)
		return value == content_crc32(in, over);
	if (algorithm == SB_DERIVE_PE_SUM && value == 0)
		return true; /* none is stated */
	return sb_sum(algorithm, in->comparison->reading, over, bytes, &sum) && value == (sum & mask);
}

/* Digits in lower case, as all packers write them: the case of a digit must not carry anything. */
static bool digest_is_right(struct sb_reading *reading, const struct sb_field *field, struct sb_span bytes, const struct sb_span *over, size_t count,
                            enum sb_declared_digest kind)
{
	char digits[2 * LARGEST + 1];
	uint8_t digest[LARGEST];
	size_t n = sb_declared_size(kind);

	sb_declared_hash_row(reading, kind, over, count, digest);
	if (field->encoding == SB_ENC_RAW)
		return bytes.n == n && memcmp(bytes.p, digest, n) == 0;
	sb_text_hex(sb_span_of(digest, n), digits);
	return field->encoding == SB_ENC_HEX_TEXT && bytes.n == 2 * n && memcmp(bytes.p, digits, bytes.n) == 0;
}

/* A digest over several stretches of the file in a row. */
static bool digest_of_pieces_is_right(struct sb_reading *reading, const struct sb_field *field, struct sb_span file, struct sb_span bytes,
                                      enum sb_declared_digest kind, bool *known)
{
	struct sb_span over[MOST_PIECES];
	uint32_t count = field->derived.piece_count;

	*known = count <= MOST_PIECES;
	for (uint32_t i = 0; *known && i < count; i++)
		*known = sb_span_cut(file, field->derived.pieces[i].offset, field->derived.pieces[i].length, &over[i]);
	return *known && digest_is_right(reading, field, bytes, over, count, kind);
}

/* What counts in place of the digest itself: OpenWrt, firmware-utils, src/mktplinkfw.c, md5salt_normal and md5salt_boot. */
static struct sb_span salt_of(enum sb_derive_algorithm algorithm)
{
	static const uint8_t plain[] = {0xdc, 0xd7, 0x3a, 0xa5, 0xc3, 0x95, 0x98, 0xfb, 0xdd, 0xf9, 0xe7, 0xf4, 0x0e, 0xae, 0x47, 0x38};
	static const uint8_t boot[] = {0x8c, 0xef, 0x33, 0x5b, 0xd5, 0xc5, 0xce, 0xfa, 0xa7, 0x9c, 0x28, 0xda, 0xb2, 0xe9, 0x0f, 0x42};

	if (algorithm == SB_DERIVE_TPLINK_MD5)
		return sb_span_of(plain, sizeof plain);
	return algorithm == SB_DERIVE_TPLINK_BOOT_MD5 ? sb_span_of(boot, sizeof boot) : (struct sb_span){0};
}

/* A digest over a stretch that holds it. */
static bool salted_digest_is_right(struct sb_reading *reading, const struct sb_field *field, struct sb_span bytes, struct sb_span over, struct sb_span salt)
{
	const uint8_t *end = over.p + over.n, *behind = bytes.p + bytes.n;

	if (bytes.n != salt.n || bytes.p < over.p || behind > end)
		return false;
	const struct sb_span pieces[] = {sb_span_of(over.p, (size_t)(bytes.p - over.p)), salt, sb_span_of(behind, (size_t)(end - behind))};
	return digest_is_right(reading, field, bytes, pieces, sizeof pieces / sizeof *pieces, SB_DECLARED_MD5);
}

/* What several stretches of the file hold together. */
static bool length_of_pieces_is_right(const struct sb_field *field, struct sb_span file, struct sb_span bytes, bool *known)
{
	uint64_t value, total = 0;
	struct sb_span piece;

	for (uint32_t i = 0; *known && i < field->derived.piece_count; i++) {
		*known = sb_span_cut(file, field->derived.pieces[i].offset, field->derived.pieces[i].length, &piece);
		total += field->derived.pieces[i].length;
	}
	return *known && sb_field_number(bytes, field->encoding, &value) && value == total;
}

bool sb_field_is_digest(const struct sb_field *field)
{
	enum sb_declared_digest kind;
	return declared_kind(field->derived.algorithm, &kind);
}

bool sb_field_is_right(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_field *field, bool *known)
{
	struct sb_span over = {0}, bytes;
	struct sb_reading *reading = in->comparison->reading;
	enum sb_declared_digest kind;
	bool digest = declared_kind(field->derived.algorithm, &kind);

	*known = sb_span_cut(pair->bytes[side], field->offset, field->length, &bytes);
	if (*known && field->derived.algorithm == SB_DERIVE_LENGTH && field->derived.piece_count)
		return length_of_pieces_is_right(field, pair->bytes[side], bytes, known);
	if (*known && digest && field->derived.piece_count)
		return digest_of_pieces_is_right(reading, field, pair->bytes[side], bytes, kind, known);
	*known = *known && covered(in, pair, field, side, &over);
	if (!*known)
		return false;
	sb_reading_at(reading, bytes.p);
	sb_reading_at(reading, over.p);
	struct sb_span salt = salt_of(field->derived.algorithm);
	if (salt.n)
		return salted_digest_is_right(reading, field, bytes, over, salt);
	return digest ? digest_is_right(reading, field, bytes, &over, 1, kind) : number_is_right(in, field, bytes, over);
}
