/* SPDX-License-Identifier: Apache-2.0 */
/* The file as a loader sees it: through program headers alone, whatever sections say. */
#include "verifier/formats/elf/elf.h"

#include <string.h>

/* Pages of x86 are 4 KiB; elsewhere a kernel may map larger ones, up to what the segment is aligned to. */
enum { PAGE = 4096, LARGEST_PAGE = 65536 };
/* Bytes of PT_DYNAMIC that are looked through; tables of real files end within a few hundred. */
enum { LARGEST_DYNAMIC = 65536 };

static uint64_t page_of(const struct sb_elf *elf, const struct sb_elf_segment *segment)
{
	bool fixed = elf->machine == SB_EM_X86_64 || elf->machine == SB_EM_386;
	bool sane = segment->align > PAGE && (segment->align & (segment->align - 1)) == 0;

	return fixed || !sane ? PAGE : segment->align < LARGEST_PAGE ? segment->align : LARGEST_PAGE;
}

bool sb_elf_in_mapped_page(const struct sb_elf *elf, uint64_t from, uint64_t to, bool executable)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		uint64_t end, page = page_of(elf, s);
		if (s->type != SB_PT_LOAD || s->filesz == 0 || (executable && !(s->flags & SB_PF_X)))
			continue;
		if (!sb_add(s->offset, s->filesz, &end) || !sb_add(end, page - 1, &end))
			end = UINT64_MAX;
		if (from < (end & ~(page - 1)) && to > (s->offset & ~(page - 1)))
			return true;
	}
	return false;
}

static uint64_t end_of(uint64_t offset, uint64_t size)
{
	uint64_t end;
	return sb_add(offset, size, &end) ? end : UINT64_MAX;
}

/*
 * Behind the file's part of a writable segment memory is filled with zeros: by whoever loads it as far as the segment says, and by a kernel to the end of the page, of the
 * segment that ends last. glibc does no more than the former. Sources: Linux fs/binfmt_elf.c, load_elf_binary; glibc elf/dl-map-segments.h.
 */
static uint64_t filled_until(const struct sb_elf *elf, const struct sb_elf_segment *s)
{
	uint64_t end = end_of(s->offset, s->filesz);

	if (!(s->flags & SB_PF_W) || s->memsz <= s->filesz)
		return end;
	return elf->program && end_of(s->vaddr, s->memsz) == elf->high ? UINT64_MAX : end_of(end, s->memsz - s->filesz);
}

bool sb_elf_stays_in_memory(const struct sb_elf *elf, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		if (s->type != SB_PT_LOAD || s->filesz == 0)
			continue;
		uint64_t page = page_of(elf, s), end = end_of(s->offset, s->filesz), stop = end_of(end, page - 1) & ~(page - 1), rest = filled_until(elf, s);
		if (from < end && to > (s->offset & ~(page - 1)))
			return true;
		if (rest < stop && from < stop && to > rest)
			return true;
	}
	return false;
}

bool sb_elf_in_segment(const struct sb_elf *elf, uint64_t from, uint64_t to, uint32_t flags)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		uint64_t end;
		if (s->type != SB_PT_LOAD || (s->flags & flags) != flags)
			continue;
		if (!sb_add(s->offset, s->filesz, &end))
			end = UINT64_MAX;
		if (from < end && to > s->offset)
			return true;
	}
	return false;
}

struct sb_span sb_elf_mapped(const struct sb_elf *elf, uint64_t at, uint64_t most)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		struct sb_span bytes;
		uint64_t offset;
		if (s->type != SB_PT_LOAD || at < s->vaddr || at - s->vaddr >= s->filesz)
			continue;
		uint64_t left = s->filesz - (at - s->vaddr);
		if (sb_add(s->offset, at - s->vaddr, &offset) && sb_span_cut(elf->file, offset, left < most ? left : most, &bytes))
			return bytes;
	}
	return (struct sb_span){0};
}

uint32_t sb_elf_section_at(const struct sb_elf *elf, uint64_t at)
{
	for (size_t i = 1; i < elf->section_count; i++) {
		const struct sb_elf_section *s = &elf->sections[i];
		if ((s->flags & SB_SHF_ALLOC) && at >= s->addr && at - s->addr < s->size)
			return (uint32_t)i;
	}
	return 0;
}

static struct sb_span dynamic_table(const struct sb_elf *elf)
{
	struct sb_span table;

	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		if (s->type == SB_PT_DYNAMIC && sb_span_cut(elf->file, s->offset, s->filesz < LARGEST_DYNAMIC ? s->filesz : LARGEST_DYNAMIC, &table))
			return table;
	}
	return (struct sb_span){0};
}

bool sb_elf_dynamic(const struct sb_elf *elf, uint64_t tag, uint64_t *value)
{
	return sb_elf_dynamic_nth(elf, tag, 0, value);
}

bool sb_elf_dynamic_nth(const struct sb_elf *elf, uint64_t tag, size_t n, uint64_t *value)
{
	struct sb_rd rd = sb_rd_of(elf->dynamic, elf->be);
	unsigned word = sb_elf_word(elf);

	while (rd.in.n - rd.at >= 2 * (size_t)word) {
		uint64_t found = sb_rd_uint(&rd, word), held = sb_rd_uint(&rd, word);
		if (found == SB_DT_NULL)
			return false;
		if (found == tag && n-- == 0) {
			*value = held;
			return true;
		}
	}
	return false;
}

void sb_elf_find_dynamic(struct sb_elf *elf)
{
	uint64_t flags;

	elf->dynamic = dynamic_table(elf);
	elf->program = elf->type == SB_ET_EXEC || (sb_elf_dynamic(elf, SB_DT_FLAGS_1, &flags) && (flags & SB_DF_1_PIE));
	elf->has_strings = sb_elf_dynamic(elf, SB_DT_STRTAB, &elf->strings_at);
	elf->strings = elf->has_strings ? sb_elf_mapped(elf, elf->strings_at, UINT64_MAX) : (struct sb_span){0};
}

const char *sb_elf_dynamic_string(const struct sb_elf *elf, uint64_t index)
{
	struct sb_span text = {0};
	uint64_t at;

	if (index < elf->strings.n)
		text = sb_span_of(elf->strings.p + index, elf->strings.n - (size_t)index);
	else if (elf->has_strings && sb_add(elf->strings_at, index, &at)) /* another segment may go on there */
		text = sb_elf_mapped(elf, at, SB_LIMIT_OF(PATH_BYTES));
	size_t most = text.n < SB_LIMIT_OF(PATH_BYTES) ? text.n : (size_t)SB_LIMIT_OF(PATH_BYTES);
	return most && memchr(text.p, 0, most) ? (const char *)text.p : NULL;
}
