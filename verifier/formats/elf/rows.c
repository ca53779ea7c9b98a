/* SPDX-License-Identifier: Apache-2.0 */
/* Tables whose rows may come and go: one row at a time. */
#include "verifier/formats/elf/elf.h"

#include <string.h>

static int add(struct sb_vec *out, uint64_t offset, uint64_t length, bool free, struct sb_err *err)
{
	struct sb_row *slot = sb_vec_push(out);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_row){offset, length, free};
	return 0;
}

static int cut(uint64_t offset, uint64_t length, uint64_t size, bool free, struct sb_vec *out, struct sb_err *err)
{
	int rc = 0;
	for (uint64_t at = 0; !rc && size && at + size <= length; at += size)
		rc = add(out, offset + at, size, free, err);
	return rc;
}

/* LSB Core, ".eh_frame": each entry says how long it is. */
static int cut_frames(const struct sb_elf *elf, const struct sb_elf_section *section, struct sb_vec *out, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(section->bytes, elf->be);
	int rc = 0;

	while (!rc && rd.in.n - rd.at >= 4) {
		uint64_t at = rd.at, length = sb_rd_uint(&rd, 4);
		if (length == 0 || length >= 0xfffffff0 || length > rd.in.n - rd.at)
			break;
		rc = add(out, section->offset + at, 4 + length, false, err);
		sb_rd_seek(&rd, at + 4 + length);
	}
	return rc;
}

static int cut_section(const struct sb_elf *elf, const struct sb_elf_section *section, struct sb_vec *out, struct sb_err *err)
{
	uint64_t word = sb_elf_word(elf);
	bool free = elf->type == SB_ET_REL; /* a linker goes by names and places */

	switch (section->type) {
	case SB_SHT_SYMTAB:
	case SB_SHT_DYNSYM:
		return cut(section->offset, section->bytes.n, sb_elf_symbol_size(elf), free, out, err);
	case SB_SHT_RELA:
		return cut(section->offset, section->bytes.n, 3 * word, free, out, err);
	case SB_SHT_REL:
		return cut(section->offset, section->bytes.n, 2 * word, free, out, err);
	case SB_SHT_INIT_ARRAY:
	case SB_SHT_FINI_ARRAY:
		return cut(section->offset, section->bytes.n, word, false, out, err);
	default:
		break;
	}
	if (strcmp(section->name, ".eh_frame") == 0)
		return cut_frames(elf, section, out, err);
	if (strcmp(section->name, ".eh_frame_hdr") == 0 && section->bytes.n > 12)
		return cut(section->offset + 12, section->bytes.n - 12, 8, false, out, err);
	return 0;
}

int sb_elf_rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;

	if (region->tag == SB_ELF_TAG_SECTIONS && region->offset == elf->shoff)
		return cut(region->offset, region->length, elf->shentsize, false, out, err);
	if (region->tag >= elf->section_count || region->offset != elf->sections[region->tag].offset)
		return 0;
	return cut_section(elf, &elf->sections[region->tag], out, err);
}
