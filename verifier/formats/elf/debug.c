/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses in sections that only a debugger reads: of each the few shapes that say where an address stands. 32-bit DWARF, words of the file's
 * class. Source: DWARF 5, sections 6.1.2, 6.4.1, 7.7.3, 7.25, 7.27 to 7.29; DWARF 4, 2.17.3.
 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

/** Units of 32-bit DWARF are shorter than this. */
#define LONGEST_UNIT UINT64_C(0xfffffff0)

/** One section, and what is told of its addresses. */
struct debug {
	const struct sb_elf *elf;
	const struct sb_elf_section *section;
	uint64_t from, end; /* what is asked about, counted from the start of the section */
	sb_elf_found *found;
	void *context;
};

static uint64_t read_at(const struct debug *debug, uint64_t inside, unsigned width)
{
	struct sb_rd rd = sb_rd_of(debug->section->bytes, debug->elf->be);
	sb_rd_seek(&rd, inside);
	return sb_rd_uint(&rd, width);
}

static void add_address(const struct debug *debug, uint64_t inside)
{
	unsigned word = sb_elf_word(debug->elf);

	debug->found(debug->context, (struct sb_reference){SB_REFERENCE_ADDRESS, debug->section->offset + inside, word, read_at(debug, inside, word), 0});
}

/* An address, and behind it how many bytes are meant. */
static void add_range(const struct debug *debug, uint64_t inside)
{
	unsigned word = sb_elf_word(debug->elf);
	uint64_t start = read_at(debug, inside, word), length = read_at(debug, inside + word, word);

	add_address(debug, inside);
	debug->found(debug->context, (struct sb_reference){SB_REFERENCE_SIZE, debug->section->offset + inside + word, word, start + length, start});
}

/* The next unit of a section whose units begin with their length: [*at, *end) is what stands behind that. */
static bool next_unit(const struct debug *debug, uint64_t *at, uint64_t *end)
{
	uint64_t size = debug->section->bytes.n;

	if (size < 4 || *at > size - 4)
		return false;
	uint64_t length = read_at(debug, *at, 4);
	if (length >= LONGEST_UNIT || length > size - *at - 4)
		return false;
	*at += 4;
	*end = *at + length;
	return true;
}

/* The first row at or behind @first, of rows of @size bytes, that may touch what is asked about. */
static uint64_t first_row(const struct debug *debug, uint64_t first, uint64_t size)
{
	return debug->from > first ? first + (debug->from - first) / size * size : first;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Tuples begin at a multiple of their size, counted from the unit. */
static void find_aranges(const struct debug *debug)
{
	uint64_t tuple = 2 * (uint64_t)sb_elf_word(debug->elf);

	for (uint64_t at = 0, end; next_unit(debug, &at, &end); at = end) {
		uint64_t unit = at - 4, first = unit + (12 + tuple - 1) / tuple * tuple;
		if (end - at < 8 || read_at(debug, at + 6, 1) != sb_elf_word(debug->elf))
			continue;
		for (uint64_t row = first_row(debug, first, tuple); row + tuple <= end && row < debug->end; row += tuple)
			if (read_at(debug, row, sb_elf_word(debug->elf)))
				add_range(debug, row);
	}
}

static void find_addresses(const struct debug *debug)
{
	unsigned word = sb_elf_word(debug->elf);

	for (uint64_t at = 0, end; next_unit(debug, &at, &end); at = end)
		for (uint64_t row = first_row(debug, at + 4, word); end - at >= 4 && row + word <= end && row < debug->end; row += word)
			add_address(debug, row);
}

static void find_frames(const struct debug *debug)
{
	uint64_t word = sb_elf_word(debug->elf);

	for (uint64_t at = 0, end; next_unit(debug, &at, &end); at = end)
		if (end > debug->from && at < debug->end && end - at >= 4 + 2 * word && read_at(debug, at, 4) != UINT32_MAX)
			add_range(debug, at + 4);
}

/* Pairs of addresses, or of a mark and the base of those that follow. */
static void find_ranges(const struct debug *debug)
{
	unsigned word = sb_elf_word(debug->elf);
	uint64_t mark = word == 8 ? UINT64_MAX : UINT32_MAX;

	for (uint64_t at = first_row(debug, 0, 2 * word); at + 2 * word <= debug->section->bytes.n && at < debug->end; at += 2 * word) {
		uint64_t first = read_at(debug, at, word), second = read_at(debug, at + word, word);
		bool both = sb_elf_is_loaded(debug->elf, first) && sb_elf_is_loaded(debug->elf, second);
		if (both)
			add_address(debug, at);
		if (both || first == mark)
			add_address(debug, at + word);
	}
}

/*
 * Lists mix opcodes with views that only their readers can tell from them. What stands behind an opcode that takes an address, and is an address
 * of the file, is taken for one.
 */
static void find_in_lists(const struct debug *debug, uint8_t first, uint8_t last)
{
	unsigned word = sb_elf_word(debug->elf);
	const uint8_t *bytes = debug->section->bytes.p;

	for (uint64_t at = debug->from - least(debug->from, word); at + 1 + word <= debug->section->bytes.n && at < debug->end; at++) {
		if (bytes[at] < first || bytes[at] > last || !sb_elf_is_loaded(debug->elf, read_at(debug, at + 1, word)))
			continue;
		add_address(debug, at + 1);
		at += word;
	}
}

/* Probes of SystemTap: place, base of the text they were linked with, semaphore. Source: systemtap, <sys/sdt.h>. */
static void find_probes(const struct debug *debug)
{
	uint64_t size = debug->section->bytes.n, word = sb_elf_word(debug->elf);

	for (uint64_t at = 0; at + 12 <= size;) {
		uint64_t owner = read_at(debug, at, 4), length = read_at(debug, at + 4, 4), described = at + 12 + (owner + 3) / 4 * 4;
		if (owner > size || length > size || described + length > size)
			return;
		for (uint64_t i = 0; i < 3 && 3 * word <= length; i++)
			if (read_at(debug, described + i * word, (unsigned)word))
				add_address(debug, described + i * word);
		at = described + (length + 3) / 4 * 4;
	}
}

void sb_elf_debug_references(const struct sb_elf *elf, const struct sb_elf_section *section, const struct sb_place *place, sb_elf_found *found,
                             void *context)
{
	uint64_t from = place->offset - section->offset;
	const struct debug debug = {elf, section, from, from + place->length, found, context};

	if (strcmp(section->name, ".debug_aranges") == 0)
		find_aranges(&debug);
	else if (strcmp(section->name, ".debug_addr") == 0)
		find_addresses(&debug);
	else if (strcmp(section->name, ".debug_frame") == 0)
		find_frames(&debug);
	else if (strcmp(section->name, ".debug_ranges") == 0)
		find_ranges(&debug);
	else if (strcmp(section->name, ".note.stapsdt") == 0)
		find_probes(&debug);
	else if (strcmp(section->name, ".debug_rnglists") == 0) /* DW_RLE_base_address, start_end, start_length */
		find_in_lists(&debug, 5, 7);
	else if (strcmp(section->name, ".debug_loclists") == 0) /* the same of DW_LLE */
		find_in_lists(&debug, 6, 8);
}
