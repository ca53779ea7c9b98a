/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of functions as x86-64 describes them besides the compact way. Source: LSB Core, "Exception Frames". Only what compilers write for Mach-O is read:
 * distances of 8 bytes from where they stand, and a handler by 4 bytes.
 */
#include "verifier/formats/leb.h"
#include "verifier/formats/macho/tables.h"

enum { RELATIVE = 0x10, RELATIVE_INDIRECT_4 = 0x9b, LONGEST = (int)0xfffffff0, LARGEST_COMMON = 64 };

/** What a CIE says; counted from the start of the section. */
struct common {
	uint64_t at;
	bool usual, has_data;
	uint64_t handler; /* where the pointer to it stands; 0: none */
};

static struct common read_common(struct sb_span bytes, uint64_t at)
{
	struct common out = {.at = at};
	uint64_t left = bytes.n - at; /* it begins in them */
	struct sb_rd rd = sb_rd_of(sb_span_of(bytes.p, (size_t)(at + (left < LARGEST_COMMON ? left : LARGEST_COMMON))), false);

	sb_rd_seek(&rd, at);
	if (sb_rd_uint(&rd, 4) >= (uint32_t)LONGEST || sb_rd_uint(&rd, 4) != 0 || sb_rd_uint(&rd, 1) != 1)
		return out;
	struct sb_span letters = sb_rd_cstring(&rd);
	if (rd.bad || letters.n == 0 || letters.p[0] != 'z')
		return out;
	sb_leb(&rd);
	sb_leb(&rd);
	sb_rd_uint(&rd, 1);
	sb_leb(&rd);
	bool usual = true;
	for (size_t i = 1; i < letters.n; i++) {
		uint64_t how = sb_rd_uint(&rd, 1);
		bool handler = letters.p[i] == 'P', data = letters.p[i] == 'L';
		usual &= handler ? how == RELATIVE_INDIRECT_4 : (data || letters.p[i] == 'R') && how == RELATIVE;
		out.has_data |= data;
		if (handler) {
			out.handler = rd.at;
			sb_rd_bytes(&rd, 4);
		}
	}
	out.usual = usual && !rd.bad;
	return out;
}

/* A distance from where it stands. */
static bool tell_distance(struct sb_macho_telling *telling, const struct sb_macho_section *section, uint64_t at, unsigned width, uint64_t *out)
{
	uint64_t value = sb_macho_uint(telling->macho, section->offset + at, width);

	*out = section->address + at + (width == 4 ? (uint64_t)(int64_t)(int32_t)(uint32_t)value : value);
	return sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, section->offset + at, width, *out, 0, 0});
}

static bool read_frame(struct sb_macho_telling *telling, const struct sb_macho_section *section, const struct common *common, uint64_t body, uint64_t length)
{
	struct sb_rd rd = sb_rd_of(telling->bytes, false);
	uint64_t start = 0, data;

	if (!common->usual || length < 21)
		return true;
	if (!sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, section->offset + body, 4, section->offset + common->at, 0, 0}) ||
	    !tell_distance(telling, section, body + 4, 8, &start))
		return false;
	uint64_t extent = sb_macho_uint(telling->macho, section->offset + body + 12, 8);
	if (!sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_SIZE, section->offset + body + 12, 8, start + extent, start, 0}))
		return false;
	sb_rd_seek(&rd, body + 20);
	uint64_t more = sb_leb(&rd);
	bool holds = common->has_data && more >= 8 && !rd.bad && rd.at + 8 <= body + length;
	return !holds || sb_macho_uint(telling->macho, section->offset + rd.at, 8) == 0 || tell_distance(telling, section, rd.at, 8, &data);
}

/* Each entry says how long it is; one that begins with 0 is a CIE, others say how far back theirs is. */
bool sb_macho_read_frames(struct sb_macho_telling *telling)
{
	const struct sb_macho_section *section = sb_macho_section_of(telling->macho, telling->region);
	struct sb_rd rd = sb_rd_of(telling->bytes, false);
	struct common common = {.at = UINT64_MAX};

	if (telling->macho->be || !telling->macho->wide)
		return false;
	while (rd.in.n - rd.at >= 8) {
		uint64_t at = rd.at, length = sb_rd_uint(&rd, 4), body = rd.at, back = sb_rd_uint(&rd, 4), data;
		if (length < 4 || length >= (uint32_t)LONGEST || length > rd.in.n - body)
			return true;
		if (back == 0) {
			struct common own = read_common(telling->bytes, at);
			if (own.usual && own.handler && !tell_distance(telling, section, own.handler, 4, &data))
				return false;
		} else if (back <= body) {
			common = common.at == body - back ? common : read_common(telling->bytes, body - back);
			if (!read_frame(telling, section, &common, body, length))
				return false;
		}
		if (!sb_macho_tell_row(telling, at, 4 + length, (struct sb_span){0}))
			return false;
		sb_rd_seek(&rd, body + length);
	}
	return true;
}
