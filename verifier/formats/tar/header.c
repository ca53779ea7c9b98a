/* SPDX-License-Identifier: Apache-2.0 */
/* One block of 512 bytes to a header. */
#include "verifier/formats/tar/tar.h"

#include <string.h>

/* GNU base-256: two's complement, big endian; the top bit of the first byte is the mark and the next one the sign. */
static bool binary_number(struct sb_span field, int64_t *out)
{
	bool negative = field.p[0] & 0x40;
	uint8_t first = negative ? field.p[0] : (uint8_t)(field.p[0] & 0x7f);
	uint64_t value = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < field.n; i++) {
		uint64_t top =
			value >> 55; /* what the shift pushes out, and the sign that it leaves, must be sign alone */
		if (top != (negative ? UINT64_C(0x1ff) : 0))
			return false;
		value = value << 8 | (i ? field.p[i] : first);
	}
	*out = (int64_t)value;
	return true;
}

bool sb_tar_number(struct sb_span field, int64_t *out)
{
	size_t at = 0;
	int64_t value = 0;

	if (field.n && field.p[0] & 0x80)
		return binary_number(field, out);
	while (at < field.n && field.p[at] == ' ')
		at++;
	for (; at < field.n && field.p[at] >= '0' && field.p[at] <= '7'; at++)
		value = value * 8 + (field.p[at] - '0');
	if (at < field.n && field.p[at] != ' ' && field.p[at] != '\0')
		return false;
	*out = value;
	return true;
}

struct sb_span sb_tar_text(struct sb_span block, size_t at, size_t n)
{
	const uint8_t *end = memchr(block.p + at, 0, n);
	return sb_span_of(block.p + at, end ? (size_t)(end - (block.p + at)) : n);
}

bool sb_tar_sum_holds(struct sb_span block, bool *signed_sum)
{
	int64_t plain = 8 * ' ', with_sign = 8 * ' ', said;

	for (size_t i = 0; i < SB_TAR_BLOCK; i++) {
		if (i == SB_TAR_CHKSUM)
			i += 8;
		plain += block.p[i];
		with_sign += (int8_t)block.p[i];
	}
	if (!sb_tar_number(sb_span_of(block.p + SB_TAR_CHKSUM, 8), &said))
		return false;
	*signed_sum = said == with_sign && said != plain;
	return said == plain || said == with_sign;
}

/* POSIX: "ustar" and a NUL; GNU: "ustar" and two blanks over magic and version. Other endings are read in different
 * ways. */
static bool variant(struct sb_span block, enum sb_tar_tag *tag)
{
	struct sb_span magic = sb_span_of(block.p + SB_TAR_MAGIC, 8);
	*tag = SB_TAR_TAG_V7;
	if (sb_span_starts(magic, "ustar  ", 8))
		*tag = SB_TAR_TAG_GNU;
	else if (sb_span_starts(magic, "ustar", 6))
		*tag = SB_TAR_TAG_USTAR;
	return *tag != SB_TAR_TAG_V7 || !sb_span_starts(magic, "ustar", 5);
}

static bool numbers(struct sb_span block, struct sb_tar_header *header)
{
	bool fine = sb_tar_number(sb_span_of(block.p + SB_TAR_MODE, 8), &header->mode) &&
		    sb_tar_number(sb_span_of(block.p + SB_TAR_UID, 8), &header->uid) &&
		    sb_tar_number(sb_span_of(block.p + SB_TAR_GID, 8), &header->gid) &&
		    sb_tar_number(sb_span_of(block.p + SB_TAR_SIZE, 12), &header->size) &&
		    sb_tar_number(sb_span_of(block.p + SB_TAR_MTIME, 12), &header->mtime);
	if (fine && header->tag != SB_TAR_TAG_V7)
		fine = sb_tar_number(sb_span_of(block.p + SB_TAR_MAJOR, 8), &header->major) &&
		       sb_tar_number(sb_span_of(block.p + SB_TAR_MINOR, 8), &header->minor);
	return fine && header->size >= 0;
}

int sb_tar_header(struct sb_span file, uint64_t at, struct sb_tar_header *out, struct sb_err *err)
{
	struct sb_tar_header header = {0};
	bool signed_sum;

	if (!sb_span_cut(file, at, SB_TAR_BLOCK, &header.block))
		return sb_damaged(err, "archive-truncated", at, "the archive ends inside a header");
	if (!sb_tar_sum_holds(header.block, &signed_sum))
		return sb_damaged(err, "archive-damaged", at, "a header whose checksum is wrong");
	if (!variant(header.block, &header.tag))
		return sb_damaged(err, "archive-damaged", at, "a header of an unknown kind of tar");
	if (!numbers(header.block, &header))
		return sb_damaged(err, "archive-damaged", at, "a header with a number that cannot be read");
	header.type = header.block.p[SB_TAR_TYPE];
	*out = header;
	return 0;
}
