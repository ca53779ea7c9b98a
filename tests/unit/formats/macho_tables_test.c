/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of Mach-O by hand: what they say when a linker could have written them, and that they say nothing when none did. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(macho_tables, .fini = no_leaks, .timeout = 60);

enum { HEADER = 32, SEGMENT = 0x19, SYMTAB = 2, DYSYMTAB = 0xb, DYLD_INFO = 0x22, STARTS = 0x26, DATA_IN_CODE = 0x29, HINTS = 0x2e, EXPORTS = 0x33, FIXUPS = 0x34 };
enum { WHOLE = 1 << 17, ROW = 80, DATA = 4096, TABLE = 1 << 16, BASE = 0x10000 };

static uint8_t image[WHOLE];
static unsigned at;

static void le(unsigned place, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		image[place + i] = (uint8_t)(value >> 8 * i);
}

static unsigned command(uint32_t kind, uint32_t size)
{
	unsigned place = at;

	le(place, kind, 4);
	le(place + 4, size, 4);
	at += size;
	le(16, (uint64_t)image[16] + 1, 4);
	le(20, at - HEADER, 4);
	return place;
}

static void section(unsigned row, const char *name, uint64_t size, unsigned place, uint32_t flags)
{
	memcpy(image + row, name, strlen(name));
	memcpy(image + row + 16, "__TEXT", 6);
	le(row + 32, BASE + place, 8);
	le(row + 40, size, 8);
	le(row + 48, place, 4);
	le(row + 64, flags, 4);
}

/* One segment that is the file, with one section of data. */
static unsigned begin(const char *name)
{
	memset(image, 0, sizeof image);
	memcpy(image, "\xcf\xfa\xed\xfe\x07\0\0\x01\3\0\0\0\2\0\0", 15);
	at = HEADER;
	unsigned place = command(SEGMENT, 72 + ROW);
	memcpy(image + place + 8, "__TEXT", 6);
	le(place + 24, BASE, 8);
	le(place + 32, WHOLE, 8);
	le(place + 48, WHOLE, 8);
	le(place + 64, 1, 4);
	section(place + 72, name, 256, DATA, 0);
	return place + 72;
}

/** What a region says. */
struct told {
	struct opened opened;
	struct sb_vec rows, references;
};

static struct told ask(const char *name)
{
	struct told told = {.opened = open_as("macho", exact_copy(sb_span_of(image, WHOLE)), "x"), .rows = {.size = sizeof(struct sb_row)}, .references = {.size = sizeof(struct sb_reference)}};
	const struct sb_region *region = told.opened.rc ? NULL : sb_view_region_named(&told.opened.view, name);

	cr_assert(region, "%s: %s", name, told.opened.err.msg);
	const struct sb_place place = {region, region->offset, region->length};
	cr_assert_eq(sb_view_image(&told.opened.view)->rows(&told.opened.view, region, &told.rows, NULL), 0);
	cr_assert_eq(sb_view_image(&told.opened.view)->references(&told.opened.view, &place, &told.references, NULL), 0);
	uint64_t end = region->offset;
	for (size_t i = 0; i < told.rows.count; i++) {
		const struct sb_row *row = sb_vec_at(&told.rows, i);
		cr_assert(row->offset >= end && row->length, "rows follow each other");
		end = row->offset + row->length;
	}
	cr_assert_leq(end, region->offset + region->length);
	return told;
}

static void finish(struct told *told)
{
	struct sb_span bytes = told->opened.view.file;

	sb_vec_release(&told->rows);
	sb_vec_release(&told->references);
	close_view(&told->opened);
	free_sample(bytes);
}

static uint64_t target(const struct told *told, size_t i)
{
	return ((const struct sb_reference *)sb_vec_at(&told->references, i))->target;
}

/* How many rows the table has that command @kind leads to; its references, and their sum. */
static size_t rows_of(uint32_t kind, const char *name, const void *bytes, size_t n, size_t *references, uint64_t *sum)
{
	begin("__data");
	unsigned place = command(kind, kind == DYLD_INFO ? 48 : 16);
	unsigned field = kind != DYLD_INFO ? 8 : strcmp(name, "rebase information") == 0 ? 8 : strcmp(name, "binding information") == 0 ? 16 : 32;
	le(place + field, TABLE, 4);
	le(place + field + 4, n, 4);
	memcpy(image + TABLE, bytes, n);
	struct told told = ask(name);
	size_t rows = told.rows.count;
	*references = told.references.count;
	*sum = 0;
	for (size_t i = 0; i < told.references.count; i++)
		*sum += target(&told, i) - BASE;
	finish(&told);
	return rows;
}

#define SAYS(kind, name, bytes, rows_, references_, sum_)                                                            \
	do {                                                                                                        \
		size_t count_;                                                                                      \
		uint64_t places_;                                                                                   \
		cr_assert_eq(rows_of(kind, name, bytes, sizeof(bytes) - 1, &count_, &places_), rows_, "rows");       \
		cr_assert_eq(count_, references_, "references: %zu", count_);                                       \
		cr_assert_eq(places_, sum_, "places: %llx", (unsigned long long)places_);                           \
	} while (0)
#define SAYS_NOTHING(kind, name, bytes) SAYS(kind, name, bytes, 0u, 0u, 0u)

Test(macho_tables, functions_begin_at_sums_of_distances)
{
	SAYS(STARTS, "function starts", "\x10\x20\x80\x01\0\0", 4u, 3u, 0x10u + 0x30 + 0xb0);
	SAYS(STARTS, "function starts", "\x10", 1u, 1u, 0x10u);
	SAYS_NOTHING(STARTS, "function starts", "\x10\xa0\x00\x20"); /* longer than it needs to be */
	SAYS_NOTHING(STARTS, "function starts", "\x10\x20\0\x01");   /* something behind the end */
	SAYS_NOTHING(STARTS, "function starts", "\x10\x80");         /* no end */
	SAYS_NOTHING(STARTS, "function starts", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}

Test(macho_tables, hints_hold_addresses)
{
	size_t references;
	uint64_t sum;

	cr_assert_eq(rows_of(HINTS, "hints for linkers", "\x07\x02\x10\x14\x08\x01\x90\x01\0\0", 10, &references, &sum), 3);
	cr_assert_eq(references, 3);
	SAYS_NOTHING(HINTS, "hints for linkers", "\x07\x7f\x10\x14"); /* more addresses than a hint has */
	SAYS_NOTHING(HINTS, "hints for linkers", "\x07\x02\x10");
}

Test(macho_tables, an_export_is_a_name_with_an_address)
{
	SAYS(EXPORTS, "exports", "\0\1_a\0\6\3\0\x80\1\0\0\0", 3u, 1u, 0x80u);
	SAYS(EXPORTS, "exports", "\0\2_a\0\x0a_b\0\x0e\2\0\1\0\2\0\2\0", 3u, 2u, 3u);
	SAYS(EXPORTS, "exports", "\0\1_a\0\6\3\2\x80\1\0", 2u, 0u, 0u);     /* a value is no address */
	SAYS(EXPORTS, "exports", "\0\1_a\0\6\4\x08\1x\0\0", 2u, 0u, 0u);    /* of another library */
	SAYS(EXPORTS, "exports", "\0\1_a\0\6\3\x10\1\2\0", 2u, 2u, 3u);     /* what is called, and what chooses it */
	SAYS(EXPORTS, "exports", "\0\0\0\0", 2u, 0u, 0u);                   /* none */
}

Test(macho_tables, a_tree_of_exports_reaches_each_byte_once)
{
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\0");                               /* a loop */
	SAYS_NOTHING(EXPORTS, "exports", "\0\2_a\0\x0a_b\0\x0a\2\0\1\0");             /* two ways to one node */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\x07\xee\3\0\x80\1\0");             /* a byte between the nodes */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\6\3\0\x80\1\0\1");                 /* and behind them */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\x40");                             /* a child that is not in the table */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\6\2\0\x80\1\0");                   /* longer than it says */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\6\4\0\x80\1\0");                   /* shorter */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\6\4\0\x80\0\0\0");                 /* a number that is longer than it needs to be */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1_a\0\6\3\x40\x80\1\0");                 /* a flag that nobody knows */
	SAYS_NOTHING(EXPORTS, "exports", "\0\1\0\4\2\0\1\0");                         /* a text without letters */
	SAYS_NOTHING(EXPORTS, "exports", "\0\xff_a\0\6\2\0\1\0");                     /* more children than there is room for */
	SAYS_NOTHING(EXPORTS, "exports", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}

/* Each node leads to the next: no name is as long as that, and no time is lost. */
Test(macho_tables, a_deep_tree_of_exports_is_not_followed_to_its_end)
{
	enum { NODE = 7, NODES = 9000 };
	static uint8_t bytes[NODE * NODES];
	size_t references;
	uint64_t sum;

	for (unsigned i = 0; i < NODES; i++) {
		unsigned next = (i + 1) % NODES * NODE;
		const uint8_t node[NODE] = {0, 1, 'a', 0, (uint8_t)(next & 0x7f) | 0x80, (uint8_t)(next >> 7 & 0x7f) | 0x80, (uint8_t)(next >> 14 | 4)};
		memcpy(bytes + NODE * i, node, NODE);
	}
	cr_assert_eq(rows_of(EXPORTS, "exports", bytes, sizeof bytes, &references, &sum), 0);
}

Test(macho_tables, rebasing_names_places)
{
	SAYS(DYLD_INFO, "rebase information", "\x11\x20\x10\x52\0\0", 2u, 2u, 0x10u + 0x18);
	SAYS(DYLD_INFO, "rebase information", "\x11\x20\x10\x60\x03\x42\x80\x02\x08\0", 3u, 5u, 0x10u + 0x18 + 0x20 + 0x38 + 0x48);
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x21\x10\x51\0");         /* a segment that is not there */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x20\x10\x64\x03\0");     /* bits that say nothing */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x12\x20\x10\x51\0");     /* said twice */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x20\x10\x51\x20\x18\0"); /* nothing comes of it */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x20\x10\x50\0");         /* no time at all */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x20\x10\x51\0\x11");     /* something behind the end */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x20\x10\x90\0");         /* nobody knows it */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x20\x10\x60\xff\xff\xff\xff\xff\xff\xff\xff\x7f\0"); /* more often than there are places */
	SAYS_NOTHING(DYLD_INFO, "rebase information", "\x11\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}

Test(macho_tables, binding_names_places_and_what_goes_there)
{
	SAYS(DYLD_INFO, "binding information", "\x11\x40_a\0\x51\x70\x10\x90\x40_b\0\x90\0", 3u, 2u, 0x10u + 0x18);
	SAYS(DYLD_INFO, "binding information", "\x3e\x41_a\0\x51\x60\x7f\x70\x10\xc0\2\x08\0", 2u, 2u, 0x10u + 0x20);
	SAYS(DYLD_INFO, "lazy binding information", "\x70\x10\x11\x40_a\0\x90\0\x70\x18\x11\x40_b\0\x90\0\0", 4u, 2u, 0x10u + 0x18);
	SAYS_NOTHING(DYLD_INFO, "binding information", "\x11\x40_a\0\x51\x70\x10\x90\0\x70\x18\x90\0"); /* two programs where there is one */
	SAYS_NOTHING(DYLD_INFO, "binding information", "\x11\x40_a");                                   /* a name without an end */
	SAYS_NOTHING(DYLD_INFO, "binding information", "\x11\x42_a\0\x51\x70\x10\x90\0");               /* a flag that nobody knows */
	SAYS_NOTHING(DYLD_INFO, "binding information", "\x11\x40_a\0\x51\x70\x10\x91\0");               /* bits that say nothing */
	SAYS_NOTHING(DYLD_INFO, "binding information", "\x11\x12\x40_a\0\x51\x70\x10\x90\0");           /* said twice */
	SAYS_NOTHING(DYLD_INFO, "binding information", "\x11\x40_a\0\x51\x70\x10\xd0\0");               /* threads are not read */
}

/* What one row of a table says, as bytes; empty when there is none. */
static struct sb_span first_says(const struct told *told)
{
	return told->rows.count ? ((const struct sb_row *)sb_vec_at(&told->rows, 0))->says : (struct sb_span){0};
}

static bool say_the_same(const char *name, const void *one, const void *two, size_t n)
{
	uint8_t kept[512];
	size_t length = 0;
	bool same = false;

	for (unsigned i = 0; i < 2; i++) {
		begin("__data");
		unsigned place = command(DYLD_INFO, 48), field = strcmp(name, "exports") == 0 ? 40 : strcmp(name, "binding information") == 0 ? 16 : 8;
		le(place + field, TABLE, 4);
		le(place + field + 4, n, 4);
		memcpy(image + TABLE, i ? two : one, n);
		struct told told = ask(name);
		struct sb_span says = first_says(&told);
		cr_assert(says.p && says.n < sizeof kept);
		if (i)
			same = says.n == length && memcmp(kept, says.p, length) == 0;
		memcpy(kept, says.p, says.n);
		length = says.n;
		finish(&told);
	}
	return same;
}

Test(macho_tables, rows_say_all_but_where_things_are)
{
	cr_assert(say_the_same("rebase information", "\x11\x20\x10\x51", "\x11\x20\x20\x51", 4), "another place");
	cr_assert(!say_the_same("rebase information", "\x11\x20\x10\x51", "\x12\x20\x10\x51", 4), "another type");
	cr_assert(!say_the_same("rebase information", "\x11\x20\x10\x51", "\x11\x20\x10\x52", 4), "another count");
	cr_assert(!say_the_same("rebase information", "\x11\x20\x10\x70\x08", "\x11\x20\x10\x70\x10", 5), "another step");
	cr_assert(!say_the_same("binding information", "\x11\x40_a\0\x51\x70\x10\x90", "\x12\x40_a\0\x51\x70\x10\x90", 9), "another library");
	cr_assert(!say_the_same("binding information", "\x11\x40_a\0\x51\x70\x10\x90", "\x11\x40_b\0\x51\x70\x10\x90", 9), "another name");
	cr_assert(!say_the_same("binding information", "\x11\x40_a\0\x51\x70\x10\x90", "\x11\x41_a\0\x51\x70\x10\x90", 9), "weak");
	cr_assert(!say_the_same("binding information", "\x11\x40_a\0\x51\x70\x10\x90", "\x11\x40_a\0\x51\x70\x10\xb0", 9), "another operation, whose effect is the same here");
	cr_assert(!say_the_same("exports", "\0\1_a\0\6\2\0\1\0", "\0\1_b\0\6\2\0\1\0", 10), "another text that leads on");
	cr_assert(say_the_same("exports", "\0\1_a\0\6\2\0\1\0", "\0\1_a\0\6\2\0\2\0", 10), "another address");
}

/* ---- rows of one length ---- */

static void symbol(unsigned row, unsigned name, uint8_t type, uint8_t in, uint64_t value)
{
	le(row, name, 4);
	image[row + 4] = type;
	image[row + 5] = in;
	le(row + 8, value, 8);
}

Test(macho_tables, an_indirect_symbol_leads_to_a_name)
{
	begin("__data");
	unsigned place = command(SYMTAB, 24);
	le(place + 8, TABLE, 4);
	le(place + 12, 2, 4);
	le(place + 16, TABLE + 64, 4);
	le(place + 20, 16, 4);
	memcpy(image + TABLE + 64, "\0_a\0_b\0", 7);
	symbol(TABLE, 1, 0x0f, 1, BASE + DATA);
	symbol(TABLE + 16, 4, 0x01, 0, 0);
	place = command(DYSYMTAB, 80);
	le(place + 56, TABLE + 128, 4);
	le(place + 60, 5, 4);
	const uint32_t rows[5] = {1, 0, 0x80000000, 0x40000001, 7};
	for (unsigned i = 0; i < 5; i++)
		le(TABLE + 128 + 4 * i, rows[i], 4);
	struct told told = ask("indirect symbols");
	cr_assert_eq(told.rows.count, 5);
	cr_assert_eq(told.references.count, 2, "not those that are local, absolute or not there");
	cr_assert_eq(target(&told, 0), TABLE + 64 + 4);
	cr_assert_eq(target(&told, 1), TABLE + 64 + 1);
	cr_assert_neq(((const struct sb_reference *)sb_vec_at(&told.references, 0))->rest, ((const struct sb_reference *)sb_vec_at(&told.references, 1))->rest, "what a symbol is counts as well");
	finish(&told);
	told = ask("symbols");
	cr_assert_eq(told.references.count, 4, "two names, a section and a value: what is not here has none");
	finish(&told);
}

Test(macho_tables, data_in_code_counts_from_the_header)
{
	SAYS(DATA_IN_CODE, "data in code", "\x10\0\0\0\4\0\1\0\x20\0\0\0\4\0\1\0", 2u, 2u, 0x30u);
	SAYS(DATA_IN_CODE, "data in code", "\x10\0\0\0\4\0\1", 0u, 0u, 0u);
}

/* ---- chained fixups ---- */

/* A chain with one page that begins at @start of it, and two imports; pages of @page bytes. */
static void chained(unsigned page, unsigned format, unsigned start)
{
	begin("__data");
	unsigned place = command(FIXUPS, 16);
	le(place + 8, TABLE, 4);
	le(place + 12, 128, 4);
	const uint32_t head[7] = {0, 28, 80, 96, 2, 1, 0};
	for (unsigned i = 0; i < 7; i++)
		le(TABLE + 4 * i, head[i], 4);
	le(TABLE + 28, 1, 4);
	le(TABLE + 32, 8, 4);
	unsigned row = TABLE + 36;
	le(row, 22 + 6, 4);
	le(row + 4, page, 2);
	le(row + 6, format, 2);
	le(row + 20, 3, 2);
	le(row + 22, 0xffff, 2);
	le(row + 24, start, 2);
	le(row + 26, start, 2);
	le(TABLE + 80, 1 << 9 | 1, 4);
	le(TABLE + 84, 4 << 9 | 1, 4);
	memcpy(image + TABLE + 96, "\0_a\0_b\0", 7);
}

static void pointer(unsigned place, uint64_t next, uint64_t value, bool import)
{
	le(place, value | next << 51 | (uint64_t)import << 63, 8);
}

static size_t pointers(uint64_t *sum)
{
	struct told told = ask("__TEXT,__data");
	size_t count = told.references.count;

	*sum = 0;
	for (size_t i = 0; i < count; i++)
		*sum += target(&told, i);
	finish(&told);
	return count;
}

Test(macho_tables, a_chain_leads_from_pointer_to_pointer)
{
	uint64_t sum;

	chained(0x1000, 2, 0);
	pointer(DATA, 4, BASE + 0x500, false);
	pointer(DATA + 16, 2, 1, true);
	pointer(DATA + 24, 0, BASE + 0x600, false);
	cr_assert_eq(pointers(&sum), 3);
	cr_assert_eq(sum, BASE + 0x500 + BASE + 0x600 + TABLE + 96 + 4);
	chained(0x1000, 6, 0);
	pointer(DATA, 0, 0x500, false);
	cr_assert_eq(pointers(&sum), 1);
	cr_assert_eq(sum, BASE + 0x500, "counted from the header");
	struct told told = ask("chained fixups");
	cr_assert_eq(told.references.count, 3 + 1 + 2, "its parts, a segment and two names");
	finish(&told);
}

Test(macho_tables, a_chain_stays_in_its_page)
{
	uint64_t sum;

	chained(0x1000, 2, 0);
	for (unsigned i = DATA; i < TABLE; i += 8)
		pointer(i, 2, BASE, false);
	cr_assert_eq(pointers(&sum), 32, "256 bytes of the section");
	le(HEADER + 72 + 40, 0x1100, 8);
	pointer(DATA + 0xff0, 4, BASE, false);
	cr_assert_eq(pointers(&sum), 0x1000 / 8 - 1 + 0x100 / 8, "the last but one of the page leads out of it, where the next chain begins");
	le(TABLE + 36 + 26, 0xffff, 2);
	cr_assert_eq(pointers(&sum), 0x1000 / 8 - 1, "and where none does nothing is");
	chained(0x1000, 2, 0);
	pointer(DATA, 0xfff, BASE, false);
	cr_assert_eq(pointers(&sum), 1);
	chained(0x1000, 2, 0);
	pointer(DATA, 0, 2, true);
	cr_assert_eq(pointers(&sum), 0, "an import that is not there");
	for (unsigned page = 0; page < 0x4000; page += 0x800) {
		if (page == 0x1000)
			continue;
		chained(page, 2, 0);
		pointer(DATA, 0, BASE, false);
		cr_assert_eq(pointers(&sum), 0, "no system has pages of %x bytes", page);
	}
	chained(0x1000, 1, 0);
	pointer(DATA, 0, BASE, false);
	cr_assert_eq(pointers(&sum), 0, "a kind that is not read");
	chained(0x1000, 2, 0x8000);
	cr_assert_eq(pointers(&sum), 0, "several chains in a page");
	chained(0x1000, 2, 0xfff);
	cr_assert_eq(pointers(&sum), 0, "behind the page");
}

Test(macho_tables, a_table_of_fixups_that_lies_says_nothing)
{
	for (unsigned field = 0; field < 28; field += 4) {
		uint64_t sum;
		chained(0x1000, 2, 0);
		pointer(DATA, 0, BASE, false);
		le(TABLE + field, 0xfffffff0, 4);
		cr_assert_eq(pointers(&sum), 0, "field %u", field);
	}
}

/* ---- how functions are unwound ---- */

static void words(unsigned place, const uint32_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		le(place + 4 * (unsigned)i, values[i], 4);
}

Test(macho_tables, unwinding_names_functions)
{
	begin("__unwind_info");
	words(DATA, (const uint32_t[]){1, 28, 0, 28, 0, 28, 2, 0x500, 64, 52, 0x600, 0, 52}, 13);
	words(DATA + 64, (const uint32_t[]){3, 12 | 2 << 16, 20, 0, 1 << 24 | 0x10}, 5);
	struct told told = ask("__TEXT,__unwind_info");
	cr_assert_eq(told.references.count, 10);
	const struct sb_reference *last = sb_vec_at(&told.references, 9);
	cr_assert_eq(last->target, BASE + 0x510, "counted from the first of the page");
	cr_assert_eq(last->rest, 1 << 24, "how it is unwound is no part of the address");
	finish(&told);
	for (unsigned word = 0; word < 18; word++) {
		begin("__unwind_info");
		words(DATA, (const uint32_t[]){1, 28, 0, 28, 0, 28, 2, 0x500, 64, 52, 0x600, 0, 52}, 13);
		words(DATA + 64, (const uint32_t[]){3, 12 | 2 << 16, 20, 0, 1 << 24 | 0x10}, 5);
		le(DATA + 4 * word, 0xfffffffb, 4);
		told = ask("__TEXT,__unwind_info");
		cr_assert_leq(told.references.count, 300, "a table that lies is not followed out of itself");
		finish(&told);
	}
}

Test(macho_tables, frames_name_functions_and_their_lengths)
{
	static const uint8_t common[] = {16, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x10, 0, 0, 0};

	begin("__eh_frame");
	memcpy(image + DATA, common, sizeof common);
	le(DATA + 20, 28, 4);
	le(DATA + 24, 24, 4);
	le(DATA + 28, (uint64_t)0x500 - (DATA + 28), 8);
	le(DATA + 36, 0x40, 8);
	struct told told = ask("__TEXT,__eh_frame");
	cr_assert_eq(told.rows.count, 2);
	cr_assert_eq(told.references.count, 3);
	cr_assert_eq(target(&told, 0), DATA, "the common part");
	cr_assert_eq(target(&told, 1), BASE + 0x500);
	cr_assert_eq(target(&told, 2), BASE + 0x540, "the end of the function");
	finish(&told);
	le(DATA + 24, 25, 4);
	told = ask("__TEXT,__eh_frame");
	cr_assert_eq(told.references.count, 0, "no common part stands there");
	finish(&told);
	le(DATA + 20, 0xfff, 4);
	told = ask("__TEXT,__eh_frame");
	cr_assert_eq(told.rows.count, 1, "an entry that leaves the section");
	finish(&told);
}

Test(macho_tables, a_relocation_names_a_place_and_a_symbol_or_a_section)
{
	unsigned row = begin("__data");
	le(12, 1, 4);
	le(row + 56, TABLE, 4);
	le(row + 60, 3, 4);
	unsigned place = command(SYMTAB, 24);
	le(place + 8, TABLE + 256, 4);
	le(place + 12, 1, 4);
	le(place + 16, TABLE + 512, 4);
	le(place + 20, 16, 4);
	memcpy(image + TABLE + 512, "\0_a\0", 4);
	symbol(TABLE + 256, 1, 0x01, 0, 0);
	words(TABLE, (const uint32_t[]){8, 0 | 3u << 25 | 1u << 27, 16, 1 | 3u << 25, 24, 9 | 3u << 25}, 6);
	le(DATA + 16, BASE + 0x700, 8);
	struct told told = ask("relocations of __TEXT,__data");
	cr_assert_eq(told.rows.count, 3);
	cr_assert_eq(told.references.count, 5, "the last is of a section that is not there");
	cr_assert_eq(target(&told, 0), BASE + DATA + 8);
	cr_assert_eq(target(&told, 1), TABLE + 512 + 1);
	cr_assert_eq(target(&told, 3), row, "the row of the section");
	finish(&told);
	told = ask("__TEXT,__data");
	cr_assert_eq(told.references.count, 2, "what is of a symbol holds no address");
	cr_assert_eq(target(&told, 0), BASE + 0x700);
	finish(&told);
	le(TABLE + 8, 253, 4);
	told = ask("__TEXT,__data");
	cr_assert_eq(told.references.count, 1, "a field that leaves the section");
	finish(&told);
}
