/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over bytes and words, and cyclic redundancy checks of every kind that a format states. */
#include "verifier/explain/sums.h"

#include "base/crc32c.h"

#include <zlib.h>

enum { WORD = 4 };
static const uint8_t zeros[8] = {0};

/* Where @field lies in @over: what comes before and behind it. false: outside, or longer than any sum. */
static bool split(struct sb_span over, struct sb_span field, struct sb_span *before, struct sb_span *behind)
{
	if (field.n > sizeof zeros || field.p < over.p || field.p + field.n > over.p + over.n)
		return false;
	*before = sb_span_of(over.p, (size_t)(field.p - over.p));
	*behind = sb_span_of(field.p + field.n, over.n - before->n - field.n);
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

/* Its own bytes count as zeros. */
static uint64_t byte_sum_zeroed(struct sb_reading *reading, struct sb_span over, struct sb_span field)
{
	struct sb_span before, behind;
	return split(over, field, &before, &behind) ? byte_sum(reading, before) + byte_sum(reading, behind) : byte_sum(reading, over);
}

/* The checksum of a tar header counts its own field as blanks: POSIX.1-2017 pax, "ustar Interchange Format". */
static uint64_t tar_sum(struct sb_span header, struct sb_span field)
{
	return byte_sum(NULL, header) - byte_sum(NULL, field) + (uint64_t)' ' * field.n;
}

static uint32_t crc32_of(struct sb_reading *reading, uLong crc, struct sb_span bytes)
{
	for (struct sb_span piece; sb_reading_next(reading, &bytes, &piece);)
		crc = crc32_z(crc, piece.p, piece.n);
	return (uint32_t)crc;
}

/* The checksum of a header that holds it: its own bytes count as zeros. */
static uint32_t crc32_zeroed(struct sb_reading *reading, struct sb_span over, struct sb_span field)
{
	struct sb_span before, behind;

	if (!split(over, field, &before, &behind))
		return crc32_of(reading, 0, over);
	uLong crc = crc32_z(crc32_of(reading, 0, before), zeros, field.n);
	return crc32_of(reading, crc, behind);
}

static uint32_t crc32c_zeroed(struct sb_span over, struct sb_span field)
{
	struct sb_span before, behind;

	if (!split(over, field, &before, &behind))
		return sb_crc32c(UINT32_MAX, over);
	return sb_crc32c(sb_crc32c(sb_crc32c(UINT32_MAX, before), sb_span_of(zeros, field.n)), behind);
}

/* The polynomial of CRC-32, the most significant bit of each byte first: as in bzip2, with both complements. */
static uint32_t crc32_msb(struct sb_reading *reading, struct sb_span bytes)
{
	enum { POLYNOMIAL = 0x04c11db7 };
	uint32_t table[256], crc = UINT32_MAX;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i << 24;
		for (unsigned bit = 0; bit < 8; bit++)
			table[i] = table[i] << 1 ^ (table[i] >> 31 ? POLYNOMIAL : 0);
	}
	for (struct sb_span piece; sb_reading_next(reading, &bytes, &piece);)
		for (size_t i = 0; i < piece.n; i++)
			crc = crc << 8 ^ table[crc >> 24 ^ piece.p[i]];
	return ~crc;
}

/* Of whole words of 32 bits. */
static uint32_t word_sum(struct sb_reading *reading, struct sb_span bytes, bool big_endian)
{
	const uint8_t *start = bytes.p;
	uint32_t sum = 0;

	bytes.n -= bytes.n % WORD;
	for (struct sb_span piece; sb_reading_next(reading, &bytes, &piece);)
		for (size_t i = 0; i < piece.n; i++) {
			unsigned place = (unsigned)(piece.p + i - start) % WORD;
			sum += (uint32_t)piece.p[i] << 8 * (big_endian ? WORD - 1 - place : place);
		}
	return sum;
}

/* What the field must be for the sum of all words in big endian to be zero. */
static uint32_t word_sum_to_zero(struct sb_reading *reading, struct sb_span over, struct sb_span field)
{
	return word_sum(NULL, field, true) - word_sum(reading, over, true);
}

/* The boot ROM of Allwinner counts this stamp in place of the sum: U-Boot 2023.01, include/sunxi_image.h, BROM_STAMP_VALUE. */
static uint32_t egon_sum(struct sb_reading *reading, struct sb_span over, struct sb_span field)
{
	enum { STAMP = 0x5f0a6c39 };
	return word_sum(reading, over, false) - word_sum(NULL, field, false) + STAMP;
}

/* Of words of 16 bits in little endian: bytes at odd places count 256 times. */
static uint64_t half_word_sum(struct sb_reading *reading, struct sb_span bytes)
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
	uint64_t sum = half_word_sum(reading, over) - half_word_sum(NULL, field);

	while (sum >> 16)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return sum + over.n;
}

/* Of 32 bits to 16. */
static uint32_t folded(uint32_t sum)
{
	uint32_t once = (sum & UINT16_MAX) + (sum >> 16);
	return ((once >> 16) + once) & UINT16_MAX;
}

/* A sum of bytes and a sum of these sums, its own bytes as zeros: OpenWrt, firmware-utils, src/mkchkimg.c, netgear_checksum_add(). */
static uint32_t chk_sum(struct sb_reading *reading, struct sb_span over, struct sb_span field)
{
	struct sb_span pieces[3] = {over, {0}, {0}};
	uint32_t low = 0, high = 0;

	if (split(over, field, &pieces[0], &pieces[2]))
		pieces[1] = sb_span_of(zeros, field.n);
	for (size_t k = 0; k < 3; k++)
		for (struct sb_span piece; sb_reading_next(k == 1 ? NULL : reading, &pieces[k], &piece);)
			for (size_t i = 0; i < piece.n; i++) {
				low += piece.p[i];
				high += low;
			}
	return folded(high) << 16 | folded(low);
}

bool sb_sum(enum sb_derive_algorithm algorithm, struct sb_reading *reading, struct sb_span over, struct sb_span field, uint64_t *out)
{
	switch (algorithm) {
	case SB_DERIVE_CRC32:
		*out = crc32_of(reading, 0, over);
		return true;
	case SB_DERIVE_CRC32_ZEROED:
		*out = crc32_zeroed(reading, over, field);
		return true;
	case SB_DERIVE_CRC32_BARE:
		*out = crc32_of(reading, 0, over) ^ UINT32_MAX;
		return true;
	case SB_DERIVE_CRC32_PLAIN:
		*out = crc32_of(reading, UINT32_MAX, over) ^ UINT32_MAX;
		return true;
	case SB_DERIVE_CRC32_MSB:
		*out = crc32_msb(reading, over);
		return true;
	case SB_DERIVE_CRC32C_ZEROED:
		*out = crc32c_zeroed(over, field);
		return true;
	case SB_DERIVE_CRC32C:
		*out = sb_crc32c(UINT32_MAX, over);
		return true;
	case SB_DERIVE_TAR_SUM:
		*out = tar_sum(over, field);
		return true;
	case SB_DERIVE_BYTE_SUM:
		*out = byte_sum_zeroed(reading, over, field) & UINT32_MAX;
		return true;
	case SB_DERIVE_WORD_SUM:
		*out = word_sum_to_zero(reading, over, field);
		return true;
	case SB_DERIVE_LE_SUM:
		*out = word_sum(reading, over, false);
		return true;
	case SB_DERIVE_LE_SUM_INVERTED:
		*out = ~word_sum(reading, over, false);
		return true;
	case SB_DERIVE_EGON_SUM:
		*out = egon_sum(reading, over, field);
		return true;
	case SB_DERIVE_CHK_SUM:
		*out = chk_sum(reading, over, field);
		return true;
	case SB_DERIVE_PE_SUM:
		*out = pe_sum(reading, over, field) & UINT32_MAX;
		return true;
	case SB_DERIVE_NONE:
	case SB_DERIVE_LENGTH:
	case SB_DERIVE_XZ_CHECK:
	case SB_DERIVE_MD5:
	case SB_DERIVE_SHA1:
	case SB_DERIVE_SHA256:
	case SB_DERIVE_SHA384:
	case SB_DERIVE_SHA512:
	case SB_DERIVE_TPLINK_MD5:
	case SB_DERIVE_TPLINK_BOOT_MD5:
	case SB_DERIVE_POSITION:
		return false;
	}
	return false;
}
