/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of the four variants. */
#include "verifier/formats/cpio/cpio.h"

enum sb_cpio_variant sb_cpio_variant(struct sb_span file, uint64_t at)
{
	if (sb_magic(file, at, "070701", 6))
		return SB_CPIO_NEWC;
	if (sb_magic(file, at, "070702", 6))
		return SB_CPIO_CRC;
	if (sb_magic(file, at, "070707", 6))
		return SB_CPIO_ODC;
	if (sb_magic(file, at, "\xc7\x71", 2))
		return SB_CPIO_BIN_LE;
	return sb_magic(file, at, "\x71\xc7", 2) ? SB_CPIO_BIN_BE : SB_CPIO_NONE;
}

/* A number of exactly @n digits. */
static uint64_t digits(struct sb_rd *rd, size_t n, unsigned base)
{
	struct sb_span text = sb_rd_bytes(rd, n);
	uint64_t value = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		unsigned digit = c >= '0' && c <= '9'   ? c - (unsigned)'0'
				 : c >= 'a' && c <= 'f' ? c - 'a' + 10u
				 : c >= 'A' && c <= 'F' ? c - 'A' + 10u
							: 99;
		rd->bad |= digit >= base;
		value = value * base + digit;
	}
	return value;
}

/* Source: cpio(5) of FreeBSD, "New ASCII Format"; SVR4. */
static void read_newc(struct sb_rd *rd, struct sb_cpio_header *out)
{
	uint64_t *const order[] = {&out->ino,        &out->mode,      &out->uid,  &out->gid,       &out->links,
				   &out->mtime,      &out->size,      &out->dev,  &out->dev_minor, &out->rdev,
				   &out->rdev_minor, &out->name_size, &out->check};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		*order[i] = digits(rd, 8, 16);
	out->align = 4;
}

/* Source: POSIX.1-1997, "cpio Interchange Format". */
static void read_odc(struct sb_rd *rd, struct sb_cpio_header *out)
{
	uint64_t *const order[] = {&out->dev, &out->ino, &out->mode, &out->uid, &out->gid, &out->links, &out->rdev};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		*order[i] = digits(rd, 6, 8);
	out->mtime = digits(rd, 11, 8);
	out->name_size = digits(rd, 6, 8);
	out->size = digits(rd, 11, 8);
	out->align = 1;
}

/* Source: cpio(5) of FreeBSD, "Old Binary Format": 16-bit words; the two long numbers have the more significant word
 * first. */
static void read_binary(struct sb_rd *rd, struct sb_cpio_header *out)
{
	uint64_t *const order[] = {&out->dev, &out->ino, &out->mode, &out->uid, &out->gid, &out->links, &out->rdev};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		*order[i] = sb_rd_uint(rd, 2);
	out->mtime = sb_rd_uint(rd, 2) << 16;
	out->mtime |= sb_rd_uint(rd, 2);
	out->name_size = sb_rd_uint(rd, 2);
	out->size = sb_rd_uint(rd, 2) << 16;
	out->size |= sb_rd_uint(rd, 2);
	out->align = 2;
}

int sb_cpio_header(struct sb_span file, uint64_t at, struct sb_cpio_header *out, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(file, sb_cpio_variant(file, at) == SB_CPIO_BIN_BE);

	*out = (struct sb_cpio_header){.variant = sb_cpio_variant(file, at)};
	sb_rd_seek(&rd, at);
	switch (out->variant) {
	case SB_CPIO_NONE:
		return sb_damaged(err, "archive-damaged", at, "no header stands where the next one should");
	case SB_CPIO_NEWC:
	case SB_CPIO_CRC:
		sb_rd_bytes(&rd, 6);
		read_newc(&rd, out);
		break;
	case SB_CPIO_ODC:
		sb_rd_bytes(&rd, 6);
		read_odc(&rd, out);
		break;
	case SB_CPIO_BIN_LE:
	case SB_CPIO_BIN_BE:
		sb_rd_bytes(&rd, 2);
		read_binary(&rd, out);
		break;
	}
	out->length = rd.at - (size_t)at;
	if (rd.bad || out->mode > 0177777)
		return sb_damaged(err, "archive-damaged", at,
				  "a header that is cut or holds a number that cannot be read");
	return out->name_size ? 0 : sb_damaged(err, "archive-damaged", at, "a member without a name");
}
