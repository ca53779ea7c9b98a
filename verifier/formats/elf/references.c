/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that follow from where something else lies, kind by kind. What is not of a known kind is no reference. */
#include "verifier/formats/elf/references.h"

#include <stdlib.h>
#include <string.h>

/** Relocations that are looked through for one question: tables of hostile files may overlap. */
enum { MOST_ROWS = 1 << 20 };

static bool touches(const struct sb_place *place, uint64_t offset, uint64_t length)
{
	return offset < place->offset + place->length && offset + length > place->offset;
}

/* Relocations of a damaged file name places that the file ends in. */
static bool lies_in_file(const struct sb_elf *elf, const struct sb_reference *found)
{
	return found->offset <= elf->file.n && found->length <= elf->file.n - found->offset;
}

void sb_elf_search_add(struct sb_elf_search *search, struct sb_reference found)
{
	if (search->rc || !lies_in_file(search->elf, &found) || !touches(search->place, found.offset, found.length))
		return;
	struct sb_reference *slot = sb_vec_push(search->out);
	if (slot)
		*slot = found;
	else
		search->rc = sb_fail(search->err, SB_NOMEM, "out-of-memory", "out of memory");
}

uint64_t sb_elf_read_at(const struct sb_elf *elf, uint64_t offset, unsigned width)
{
	struct sb_rd rd = sb_rd_of(elf->file, elf->be);
	sb_rd_seek(&rd, offset);
	return sb_rd_uint(&rd, width);
}

static void find_header(struct sb_elf_search *search)
{
	uint64_t word = sb_elf_word(search->elf);

	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, 24, word, search->elf->entry, 0});
	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_OFFSET, 24 + word, word, search->elf->phoff, 0});
	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_OFFSET, 24 + 2 * word, word, search->elf->shoff, 0});
	sb_elf_add_section_index(search, 24 + 3 * word + 14, 2, search->elf->shstrndx);
}

static void find_segment(struct sb_elf_search *search, const struct sb_elf_segment *s, uint64_t row)
{
	uint64_t word = sb_elf_word(search->elf), at = search->elf->is64 ? row + 8 : row + 4;

	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_OFFSET, at, word, s->offset, 0});
	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at + word, word, s->vaddr, 0});
	if (sb_elf_read_at(search->elf, at + 2 * word, (unsigned)word) == s->vaddr)
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at + 2 * word, word, s->vaddr, 0});
	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_FILE_SIZE, at + 3 * word, word, s->offset + s->filesz, s->offset});
	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_SIZE, at + 4 * word, word, s->vaddr + s->memsz, s->vaddr});
}

static void find_segments(struct sb_elf_search *search)
{
	for (size_t i = 0; i < search->elf->segment_count; i++)
		find_segment(search, &search->elf->segments[i], search->elf->phoff + i * search->elf->phentsize);
}

/* Tags that hold an address; the size that belongs to it is that of the section which begins there. */
static bool dynamic_holds_address(uint64_t tag)
{
	static const uint64_t tags[] = {SB_DT_PLTGOT, SB_DT_HASH, SB_DT_STRTAB, SB_DT_SYMTAB, SB_DT_RELA, SB_DT_INIT, SB_DT_FINI, SB_DT_REL, SB_DT_JMPREL,
	                                SB_DT_INIT_ARRAY, SB_DT_FINI_ARRAY, SB_DT_PREINIT_ARRAY, SB_DT_GNU_HASH, SB_DT_VERSYM, SB_DT_VERDEF, SB_DT_VERNEED};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static uint64_t address_of_size(uint64_t tag)
{
	switch (tag) {
	case SB_DT_STRSZ: return SB_DT_STRTAB;
	case SB_DT_RELASZ: return SB_DT_RELA;
	case SB_DT_RELSZ: return SB_DT_REL;
	case SB_DT_PLTRELSZ: return SB_DT_JMPREL;
	case SB_DT_INIT_ARRAYSZ: return SB_DT_INIT_ARRAY;
	case SB_DT_FINI_ARRAYSZ: return SB_DT_FINI_ARRAY;
	case SB_DT_PREINIT_ARRAYSZ: return SB_DT_PREINIT_ARRAY;
	default: return SB_DT_NULL;
	}
}

static bool dynamic_holds_text(uint64_t tag)
{
	return tag == SB_DT_NEEDED || tag == SB_DT_SONAME || tag == SB_DT_RPATH || tag == SB_DT_RUNPATH;
}

/* The text that a loader finds at @index of DT_STRTAB. */
static void add_dynamic_text(struct sb_elf_search *search, uint64_t at, uint64_t width, uint64_t index)
{
	const char *text = sb_elf_dynamic_string(search->elf, index);

	if (text)
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_TEXT, at, width, (uint64_t)((const uint8_t *)text - search->elf->file.p), 0});
}

static void find_dynamic(struct sb_elf_search *search)
{
	const struct sb_region *region = search->place->region;
	uint64_t word = sb_elf_word(search->elf), base;

	for (uint64_t at = region->offset; at + 2 * word <= region->offset + region->length; at += 2 * word) {
		uint64_t tag = sb_elf_read_at(search->elf, at, (unsigned)word), value = sb_elf_read_at(search->elf, at + word, (unsigned)word);
		if (dynamic_holds_address(tag))
			sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at + word, word, value, 0});
		else if (dynamic_holds_text(tag))
			add_dynamic_text(search, at + word, word, value);
		else if (address_of_size(tag) != SB_DT_NULL && sb_elf_dynamic(search->elf, address_of_size(tag), &base))
			sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_SIZE, at + word, word, base + value, base});
	}
}

/* Tables of words that hold addresses and nothing else. */
static void find_words(struct sb_elf_search *search)
{
	const struct sb_region *region = search->place->region;
	uint64_t word = sb_elf_word(search->elf), first = (search->place->offset - region->offset) / word;

	for (uint64_t at = region->offset + first * word; at + word <= region->offset + region->length && at < search->place->offset + search->place->length; at += word)
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at, word, sb_elf_read_at(search->elf, at, (unsigned)word), 0});
}

/* Words that a relocation table fills with addresses of the image. */
static void find_relocated(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	const struct sb_elf *elf = search->elf;
	uint64_t word = sb_elf_word(elf), from = section->addr + (search->place->offset - section->offset), rows = 0;

	for (size_t s = 1; s < elf->section_count; s++) {
		const struct sb_elf_section *table = &elf->sections[s];
		uint64_t size = (table->type == SB_SHT_RELA ? 3 : 2) * word;
		if ((table->type != SB_SHT_RELA && table->type != SB_SHT_REL) || !(table->flags & SB_SHF_ALLOC))
			continue;
		for (uint64_t at = table->offset; at + size <= table->offset + table->bytes.n && rows < MOST_ROWS; at += size, rows++) {
			uint64_t place = sb_elf_read_at(elf, at, (unsigned)word), info = sb_elf_read_at(elf, at + word, (unsigned)word);
			bool inside = place + word > from && place < from + search->place->length && place >= section->addr;
			uint64_t held = section->offset + (place - section->addr);
			if (inside && sb_elf_relocation_is_relative(elf, elf->is64 ? info & UINT32_MAX : info & 0xff))
				sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, held, word, sb_elf_read_at(elf, held, (unsigned)word), 0});
		}
	}
}

/* Four bytes of the asked section that hold an address, or count from where they stand. */
static void add_pointer(struct sb_elf_search *search, uint64_t at, bool fixed)
{
	const struct sb_elf_section *section = &search->elf->sections[search->place->region->tag];

	if (sb_elf_read_at(search->elf, at, 4))
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at, 4, sb_elf_pointer(search->elf, at, section->addr + (at - section->offset), fixed), 0});
}

static void find_frames(struct sb_elf_search *search)
{
	SB_VEC struct sb_vec frames = {.size = sizeof(struct sb_elf_frame)};
	uint64_t handler = 0;

	sb_elf_frames_read(search->elf, &frames);
	for (size_t i = 0; i < frames.count; i++) {
		const struct sb_elf_frame *frame = sb_vec_at(&frames, i);
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_OFFSET, frame->field - 4, 4, frame->cie, 0});
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, frame->field, 4, frame->start, 0});
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_SIZE, frame->field + 4, 4, frame->start + frame->length, frame->start});
		if (frame->area)
			add_pointer(search, frame->area, frame->fixed_area);
		if (frame->handler && frame->handler != handler)
			add_pointer(search, frame->handler, frame->fixed_handler);
		handler = frame->handler;
	}
}

/* The types that functions catch. */
static void find_types(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	struct sb_elf *elf = search->view->own;
	const struct sb_elf_section *frames = sb_elf_section_named(elf, ".eh_frame");
	uint64_t end = section->addr + (search->place->offset + search->place->length - section->offset);

	for (size_t i = 0; frames && i < elf->index.frame_count; i++) {
		const struct sb_elf_frame *frame = &elf->index.frames[i];
		uint64_t area = frame->area ? sb_elf_pointer(elf, frame->area, frames->addr + (frame->area - frames->offset), frame->fixed_area) : 0;
		struct sb_elf_types types;
		if (area < section->addr || area >= end || !sb_elf_types_of(elf, section, area, &types))
			continue;
		for (uint64_t k = 0; k < types.count; k++)
			add_pointer(search, types.offset + 4 * k, types.fixed);
	}
}

/* LSB Core, ".eh_frame_hdr": only the encodings that linkers write. */
static void find_frame_table(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	static const uint8_t usual[4] = {1, 0x1b, 0x03, 0x3b};
	struct sb_rd rd = sb_rd_of(section->bytes, search->elf->be);
	struct sb_span head = sb_rd_bytes(&rd, 4);

	if (rd.bad || memcmp(head.p, usual, sizeof usual) != 0)
		return;
	uint64_t frames = section->addr + 4 + (uint64_t)(int64_t)(int32_t)(uint32_t)sb_rd_uint(&rd, 4);
	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, section->offset + 4, 4, frames, 0});
	sb_rd_uint(&rd, 4);
	while (rd.in.n - rd.at >= 4) {
		uint64_t at = section->offset + rd.at, value = (uint64_t)(int64_t)(int32_t)(uint32_t)sb_rd_uint(&rd, 4);
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at, 4, section->addr + value, 0});
	}
}

static void find_jumps(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	const struct sb_elf *elf = search->elf;
	uint64_t from = section->addr + (search->place->offset - section->offset), end = from + search->place->length;

	for (size_t i = sb_elf_jumps_from(elf, from); i < elf->index.jumps_count && elf->index.jumps[i].address < end; i++) {
		const struct sb_jumps *table = &elf->index.jumps[i];
		for (uint64_t k = 0; k < table->length / table->width; k++)
			sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, section->offset + (table->address - section->addr) + k * table->width, table->width,
			                                  sb_elf_jumps_target(elf, table, k), 0});
	}
}

/* A program that is loaded at a fixed address has its addresses in its data as they are: each aligned word that is one of its own. */
static void find_fixed(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	const struct sb_elf *elf = search->elf;
	uint64_t word = sb_elf_word(elf), first = (search->place->offset - section->offset) / word * word;

	for (uint64_t at = section->offset + first; section->addr % word == 0 && at + word <= section->offset + section->bytes.n &&
	                                            at < search->place->offset + search->place->length; at += word) {
		uint64_t value = sb_elf_read_at(elf, at, (unsigned)word);
		if (sb_elf_is_loaded(elf, value))
			sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at, word, value, 0});
	}
}

static void find_in_data(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	sb_elf_index_build(search->view->own, search->view->arena);
	sb_elf_jumps_index(search->view->own, search->view->arena);
	find_jumps(search, section);
	find_types(search, section);
	if (search->elf->type == SB_ET_EXEC)
		find_fixed(search, section);
	else
		find_relocated(search, section);
}

static void add_found(void *context, struct sb_reference found)
{
	sb_elf_search_add(context, found);
}

static void find_in_section(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	switch (section->type) {
	case SB_SHT_DYNAMIC:
		find_dynamic(search);
		return;
	case SB_SHT_REL:
	case SB_SHT_RELA:
		sb_elf_find_relocations(search, section);
		return;
	case SB_SHT_SYMTAB:
	case SB_SHT_DYNSYM:
		sb_elf_find_symbols(search, section);
		return;
	case SB_SHT_GROUP:
		sb_elf_find_group(search, section);
		return;
	case SB_SHT_INIT_ARRAY:
	case SB_SHT_FINI_ARRAY:
	case SB_SHT_PREINIT_ARRAY:
		find_words(search);
		return;
	default:
		break;
	}
	if (section->flags & SB_SHF_EXECINSTR && search->elf->type == SB_ET_REL)
		search->rc = sb_elf_find_code_of_object(search, section);
	else if (section->flags & SB_SHF_EXECINSTR)
		search->rc = sb_elf_code_references(search->view, search->place, search->out, search->err);
	else if (strcmp(section->name, ".eh_frame") == 0)
		find_frames(search);
	else if (strcmp(section->name, ".eh_frame_hdr") == 0)
		find_frame_table(search, section);
	else if (strcmp(section->name, ".got") == 0 || strcmp(section->name, ".got.plt") == 0)
		find_words(search);
	else if (section->flags & SB_SHF_ALLOC && search->elf->type != SB_ET_REL)
		find_in_data(search, section);
	else if (section->flags & SB_SHF_ALLOC)
		return; /* zeros, until a linker fills them in */
	else
		sb_elf_debug_references(search->elf, section, search->place, add_found, search);
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_reference *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

int sb_elf_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	struct sb_elf_search search = {.view = view, .elf = elf, .place = place, .out = out, .err = err};

	switch (place->region->tag) {
	case SB_ELF_TAG_HEADER:
		find_header(&search);
		break;
	case SB_ELF_TAG_SEGMENTS:
		find_segments(&search);
		break;
	case SB_ELF_TAG_SECTIONS:
		sb_elf_find_sections(&search);
		break;
	default:
		if (place->region->tag < elf->section_count && place->region->offset == elf->sections[place->region->tag].offset)
			find_in_section(&search, &elf->sections[place->region->tag]);
		break;
	}
	if (out->count)
		qsort(out->items, out->count, out->size, by_offset);
	return search.rc;
}
