/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Function ranges of a stripped program from .eh_frame: LSB Core, "Exception Frames". Only the pointer encodings that compilers
 * write for ELF programs are read (relative to the place, 4 bytes); others give no answer.
 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

enum { DW_EH_PE_UDATA4 = 0x03, DW_EH_PE_PCREL_SDATA4 = 0x1b, DW_EH_PE_INDIRECT = 0x80 };

/** What a CIE says of its FDEs. */
struct common {
	uint8_t code;     /* how their addresses are written; 0 when it is not understood */
	uint8_t area;     /* how the pointer to their LSDA is written; 0: they have none */
	uint8_t how;      /* how the pointer to the handler is written */
	uint64_t handler; /* where it stands, counted from the start of the section; 0: there is none of 4 bytes */
};

static bool is_known(uint8_t encoding)
{
	uint8_t plain = encoding & (uint8_t)~DW_EH_PE_INDIRECT;
	return plain == DW_EH_PE_PCREL_SDATA4 || encoding == DW_EH_PE_UDATA4;
}

static struct common read_common(struct sb_span section, bool be, uint64_t offset)
{
	struct common out = {0};
	struct sb_rd rd = sb_rd_of(section, be);

	sb_rd_seek(&rd, offset);
	uint64_t length = sb_rd_uint(&rd, 4);
	if (length == 0 || length >= 0xfffffff0 || sb_rd_uint(&rd, 4) != 0)
		return out;
	uint64_t version = sb_rd_uint(&rd, 1);
	struct sb_span augmentation = sb_rd_cstring(&rd);
	if (rd.bad || augmentation.n == 0 || augmentation.p[0] != 'z')
		return out;
	sb_leb(&rd);
	sb_leb(&rd);
	if (version == 1)
		sb_rd_uint(&rd, 1);
	else
		sb_leb(&rd);
	sb_leb(&rd);
	for (size_t i = 1; i < augmentation.n; i++) {
		uint8_t letter = augmentation.p[i];
		uint8_t value = letter == 'S' || letter == 'B' ? 0 : (uint8_t)sb_rd_uint(&rd, 1);
		if (letter == 'P') {
			out.handler = is_known(value) ? rd.at : 0;
			out.how = value;
			sb_rd_bytes(&rd, (value & 7) == 3 || (value & 7) == 0 ? 4 : 8);
		} else if (letter == 'R') {
			out.code = value;
		} else if (letter == 'L') {
			out.area = value;
		} else if (letter != 'S' && letter != 'B') {
			return (struct common){0};
		}
	}
	return rd.bad ? (struct common){0} : out;
}

/** The section, and of an object the relocation that is read next. */
struct reader {
	const struct sb_elf *elf;
	const struct sb_elf_section *frames;
	uint64_t next;
};

/* An object has zeros there, and a relocation. */
static bool find_start(struct reader *reader, uint64_t field, uint64_t value, uint64_t *out)
{
	const struct sb_elf *elf = reader->elf;
	const struct sb_elf_section *table = &elf->sections[reader->frames->relocations];
	struct sb_elf_relocation at = {0};
	struct sb_reference leads;

	*out = reader->frames->addr + field + (uint64_t)(int64_t)(int32_t)(uint32_t)value;
	if (elf->type != SB_ET_REL)
		return true;
	while (sb_elf_relocation_read(elf, table, reader->next, &at) && at.offset < field)
		reader->next++;
	if (at.offset != field || !sb_elf_relocation_leads(elf, table, &at, 0, &leads) || leads.kind != SB_REFERENCE_ADDRESS)
		return false;
	*out = leads.target;
	return true;
}

/* One FDE whose CIE uses the common encoding; anything else is passed over. */
static void read_frame(struct reader *reader, uint64_t cie, const struct common *common, struct sb_rd *rd, struct sb_vec *out)
{
	const struct sb_elf_section *frames = reader->frames;
	uint64_t inside = rd->at, field = frames->offset + inside, value = sb_rd_uint(rd, 4), length = sb_rd_uint(rd, 4), start = 0;
	uint64_t extra = sb_leb(rd), area = is_known(common->area) && extra >= 4 ? frames->offset + rd->at : 0;
	struct sb_elf_frame *slot = rd->bad || !find_start(reader, inside, value, &start) ? NULL : sb_vec_push(out);

	if (slot)
		*slot = (struct sb_elf_frame){.start = start, .length = length, .field = field, .cie = frames->offset + cie,
		                              .handler = common->handler ? frames->offset + common->handler : 0, .area = area,
		                              .fixed_handler = common->how == DW_EH_PE_UDATA4, .fixed_area = common->area == DW_EH_PE_UDATA4};
}

uint64_t sb_elf_pointer(const struct sb_elf *elf, uint64_t offset, uint64_t at, bool fixed)
{
	struct sb_rd rd = sb_rd_of(elf->file, elf->be);

	sb_rd_seek(&rd, offset);
	uint32_t value = (uint32_t)sb_rd_uint(&rd, 4);
	return fixed ? value : at + (uint64_t)(int64_t)(int32_t)value;
}

void sb_elf_frames_read(const struct sb_elf *elf, struct sb_vec *out)
{
	const struct sb_elf_section *frames = sb_elf_section_named(elf, ".eh_frame");
	struct common common = {0};
	uint64_t cie = UINT64_MAX;

	if (!frames)
		return;
	struct reader reader = {elf, frames, 0};
	struct sb_rd rd = sb_rd_of(frames->bytes, elf->be);
	while (rd.in.n - rd.at >= 8) {
		uint64_t length = sb_rd_uint(&rd, 4), body = rd.at, back = sb_rd_uint(&rd, 4);
		if (rd.bad || length < 4 || length >= 0xfffffff0 || length > rd.in.n - body)
			return;
		if (back != 0 && back <= body) {
			if (body - back != cie)
				common = read_common(frames->bytes, elf->be, body - back);
			cie = body - back;
			if (common.code == DW_EH_PE_PCREL_SDATA4)
				read_frame(&reader, cie, &common, &rd, out);
		}
		sb_rd_seek(&rd, body + length);
	}
}
