/* SPDX-License-Identifier: Apache-2.0 */
/* What a derived field should hold, computed from the bytes of its own side. */
#include "verifier/explain/explainer.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LARGEST = 64, MOST_PIECES = 16 };

static bool declared_kind(enum sb_derive_algorithm algorithm, enum sb_declared_digest *out)
{
	switch (algorithm) {
	case SB_DERIVE_MD5:
		*out = SB_DECLARED_MD5;
		return true;
	case SB_DERIVE_SHA1:
		*out = SB_DECLARED_SHA1;
		return true;
	case SB_DERIVE_SHA256:
		*out = SB_DECLARED_SHA256;
		return true;
	case SB_DERIVE_SHA384:
		*out = SB_DECLARED_SHA384;
		return true;
	case SB_DERIVE_SHA512:
		*out = SB_DECLARED_SHA512;
		return true;
	case SB_DERIVE_NONE:
	case SB_DERIVE_CRC32:
	case SB_DERIVE_TAR_SUM:
	case SB_DERIVE_LENGTH:
	case SB_DERIVE_CPIO_SUM:
	case SB_DERIVE_XZ_CHECK:
	case SB_DERIVE_PE_SUM:
	case SB_DERIVE_CRC32_ZEROED:
	case SB_DERIVE_CRC32_BARE:
	case SB_DERIVE_CRC32_PLAIN:
	case SB_DERIVE_CRC32C_ZEROED:
	case SB_DERIVE_WORD_SUM:
	case SB_DERIVE_CRC32C:
	case SB_DERIVE_POSITION:
		return false;
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

static uint64_t byte_sum(struct sb_reading *reading, struct sb_span bytes)
{
	uint64_t sum = 0;
	for (struct sb_span piece; sb_reading_next(reading, &bytes, &piece);)
		for (size_t i = 0; i < piece.n; i++)
			sum += piece.p[i];
	return sum;
}

static uint32_t crc32_of(struct sb_reading *reading, uLong crc, struct sb_span bytes)
{
	for (struct sb_span piece; sb_reading_next(reading, &bytes, &piece);)
		crc = crc32_z(crc, piece.p, piece.n);
	return (uint32_t)crc;
}

/* Headers and directories of both sides state it of one content, which is equal on both more often than not. */
static uint32_t content_crc32(struct sb_explaining *in, struct sb_span bytes)
{
	enum { ROWS = 1 << 10 };

	if (!in->crcs && !(in->crcs = calloc(ROWS, sizeof *in->crcs)))
		return crc32_of(in->comparison->reading, 0, bytes);
	struct sb_crc_row *row = &in->crcs[((uintptr_t)bytes.p * UINT64_C(0x9e3779b97f4a7c15) >> 32) % ROWS];
	if (row->p != bytes.p || row->n != bytes.n)
		*row = (struct sb_crc_row){bytes.p, bytes.n, crc32_of(in->comparison->reading, 0, bytes)};
	return row->crc;
}

/* The checksum of a tar header counts its own field as blanks: POSIX.1-2017 pax, "ustar Interchange Format". */
static uint64_t tar_sum(struct sb_span header, struct sb_span field)
{
	return byte_sum(NULL, header) - byte_sum(NULL, field) + (uint64_t)' ' * field.n;
}

/* The sum of all words in big endian, the one that makes it zero among them. */
static uint32_t romfs_sum(struct sb_span over)
{
	struct sb_rd rd = sb_rd_of(over, true);
	uint32_t sum = 0;

	while (over.n - rd.at >= 4)
		sum += (uint32_t)sb_rd_uint(&rd, 4);
	return sum;
}

static uint32_t crc32c_of_zeroed(struct sb_span over, struct sb_span field)
{
	static const uint8_t zeros[4] = {0};
	bool inside = field.n == sizeof zeros && field.p >= over.p && field.p + field.n <= over.p + over.n;
	size_t before = inside ? (size_t)(field.p - over.p) : over.n;
	uint32_t crc = sb_crc32c(UINT32_MAX, sb_span_of(over.p, before));

	if (!inside)
		return crc;
	crc = sb_crc32c(crc, sb_span_of(zeros, sizeof zeros));
	return sb_crc32c(crc, sb_span_of(field.p + field.n, over.n - before - field.n));
}

/* The checksum of a header that holds it: its own bytes count as zeros. They lie inside of @over. */
static uint32_t crc_of_zeroed(struct sb_reading *reading, struct sb_span over, struct sb_span field)
{
	static const uint8_t zeros[8] = {0};
	const uint8_t *end = over.p + over.n, *behind = field.p + field.n;

	if (field.n > sizeof zeros || field.p < over.p || behind > end)
		return crc32_of(reading, 0, over);
	uLong crc = crc32_of(reading, 0, sb_span_of(over.p, (size_t)(field.p - over.p)));
	crc = crc32_z(crc, zeros, field.n);
	return crc32_of(reading, crc, sb_span_of(behind, (size_t)(end - behind)));
}

/* Of words in little endian: bytes at odd places count 256 times. */
static uint64_t word_sum(struct sb_reading *reading, struct sb_span bytes)
{
	const uint8_t *start = bytes.p;
	uint64_t sum = 0;

	for (struct sb_span piece; sb_reading_next(reading, &bytes, &piece);)
		for (size_t i = 0; i < piece.n; i++)
			sum += (uint64_t)piece.p[i] << ((piece.p + i - start) % 2 ? 8 : 0);
	return sum;
}

/* Folded to 16 bits, and the length: imagehlp's CheckSumMappedFile. The field lies at an even place. */
static uint64_t pe_sum(struct sb_reading *reading, struct sb_span over, struct sb_span field)
{
	uint64_t sum = word_sum(reading, over) - word_sum(NULL, field);

	while (sum >> 16)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return sum + over.n;
}

static bool number_is_right(struct sb_explaining *in, const struct sb_field *field, struct sb_span bytes, struct sb_span over)
{
	struct sb_reading *reading = in->comparison->reading;
	uint64_t value, mask = field->length < 8 ? (UINT64_C(1) << 8 * field->length) - 1 : UINT64_MAX;

	if (!sb_field_number(bytes, field->encoding, &value))
		return false;
	switch (field->derived.algorithm) {
	case SB_DERIVE_CRC32:
		return value == content_crc32(in, over);
	case SB_DERIVE_CRC32_ZEROED:
		return value == crc_of_zeroed(reading, over, bytes);
	case SB_DERIVE_CRC32_BARE:
		return value == (crc32_of(reading, 0, over) ^ UINT32_MAX);
	case SB_DERIVE_CRC32_PLAIN:
		return value == (crc32_of(reading, UINT32_MAX, over) ^ UINT32_MAX);
	case SB_DERIVE_CRC32C_ZEROED:
		return value == crc32c_of_zeroed(over, bytes);
	case SB_DERIVE_WORD_SUM:
		return romfs_sum(over) == 0;
	case SB_DERIVE_PE_SUM:
		return value == 0 || value == (pe_sum(reading, over, bytes) & UINT32_MAX);
	case SB_DERIVE_CRC32C:
		return value == sb_crc32c(UINT32_MAX, over);
	case SB_DERIVE_TAR_SUM:
		return value == tar_sum(over, bytes);
	case SB_DERIVE_LENGTH:
		return value == (field->encoding == SB_ENC_LE || field->encoding == SB_ENC_BE ? over.n & mask : over.n);
	case SB_DERIVE_CPIO_SUM:
		return value == (byte_sum(reading, over) & UINT32_MAX);
	case SB_DERIVE_XZ_CHECK:
		return true; /* the decoder has checked it */
	case SB_DERIVE_NONE:
	case SB_DERIVE_MD5:
	case SB_DERIVE_SHA1:
	case SB_DERIVE_SHA256:
	case SB_DERIVE_SHA384:
	case SB_DERIVE_SHA512:
	case SB_DERIVE_POSITION:
		return false;
	}
	return false;
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
	if (*known && digest && field->derived.piece_count)
		return digest_of_pieces_is_right(reading, field, pair->bytes[side], bytes, kind, known);
	*known = *known && covered(in, pair, field, side, &over);
	if (!*known)
		return false;
	sb_reading_at(reading, bytes.p);
	sb_reading_at(reading, over.p);
	return digest ? digest_is_right(reading, field, bytes, &over, 1, kind)
	              : number_is_right(in, field, bytes, over);
}
