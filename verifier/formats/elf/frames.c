/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Function ranges of a stripped program from .eh_frame: LSB Core, "Exception Frames". Only the pointer encodings that compilers
 * write for ELF programs are read (relative to the place, 4 bytes); others give no answer.
 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

enum { DW_EH_PE_PCREL_SDATA4 = 0x1b };

uint64_t sb_leb(struct sb_rd *rd)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint64_t byte = sb_rd_uint(rd, 1);
		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	rd->bad = true;
	return 0;
}

/* The pointer encoding that the CIE at @offset gives its FDEs; 0 when it is not understood. */
static uint8_t encoding_of(struct sb_span section, bool be, uint64_t offset)
{
	struct sb_rd rd = sb_rd_of(section, be);

	sb_rd_seek(&rd, offset);
	uint64_t length = sb_rd_uint(&rd, 4);
	if (length == 0 || length >= 0xfffffff0 || sb_rd_uint(&rd, 4) != 0)
		return 0;
	uint64_t version = sb_rd_uint(&rd, 1);
	struct sb_span augmentation = sb_rd_cstring(&rd);
	if (rd.bad || augmentation.n == 0 || augmentation.p[0] != 'z')
		return 0;
	sb_leb(&rd);
	sb_leb(&rd);
	if (version == 1)
		sb_rd_uint(&rd, 1);
	else
		sb_leb(&rd);
	sb_leb(&rd);
	for (size_t i = 1; i < augmentation.n; i++) {
		uint8_t letter = augmentation.p[i], value = (uint8_t)sb_rd_uint(&rd, 1);
		if (letter == 'R')
			return rd.bad ? 0 : value;
		if (letter == 'P')
			sb_rd_bytes(&rd, (value & 7) == 3 || (value & 7) == 0 ? 4 : 8);
		else if (letter != 'L')
			return 0;
	}
	return 0;
}

/* One FDE whose CIE uses the common encoding; anything else is passed over. */
static void read_frame(const struct sb_elf_section *frames, uint64_t cie, struct sb_rd *rd, struct sb_vec *out)
{
	uint64_t field = frames->offset + rd->at, place = frames->addr + rd->at;
	uint64_t start = place + (uint64_t)(int64_t)(int32_t)(uint32_t)sb_rd_uint(rd, 4), length = sb_rd_uint(rd, 4);
	struct sb_elf_frame *slot = rd->bad ? NULL : sb_vec_push(out);

	if (slot)
		*slot = (struct sb_elf_frame){start, length, field, frames->offset + cie};
}

void sb_elf_frames_read(const struct sb_elf *elf, struct sb_vec *out)
{
	const struct sb_elf_section *frames = sb_elf_section_named(elf, ".eh_frame");
	uint64_t cie = UINT64_MAX;
	bool readable = false;

	if (!frames || elf->type == SB_ET_REL)
		return;
	struct sb_rd rd = sb_rd_of(frames->bytes, elf->be);
	while (rd.in.n - rd.at >= 8) {
		uint64_t length = sb_rd_uint(&rd, 4), body = rd.at, back = sb_rd_uint(&rd, 4);
		if (rd.bad || length < 4 || length >= 0xfffffff0 || length > rd.in.n - body)
			return;
		if (back != 0 && back <= body) {
			if (body - back != cie)
				readable = encoding_of(frames->bytes, elf->be, body - back) == DW_EH_PE_PCREL_SDATA4;
			cie = body - back;
			if (readable)
				read_frame(frames, cie, &rd, out);
		}
		sb_rd_seek(&rd, body + length);
	}
}
