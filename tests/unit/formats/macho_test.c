/* SPDX-License-Identifier: Apache-2.0 */
/* Images of Mach-O by hand: commands that lie, parts that share bytes, signatures that are not exact; universal files whose images lie elsewhere. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(macho, .fini = no_leaks, .timeout = 120);

enum { HEADER = 32, SEGMENT = 0x19, SYMTAB = 2, SIGNATURE = 0x1d, UUID = 0x1b, WHOLE = 1024, ROW = 80, PLACE = 512 };

/** An image under construction. */
static struct {
	uint8_t bytes[WHOLE];
	unsigned at, count;
} image;

static void le(unsigned at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		image.bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void be(uint8_t *to, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> 8 * (width - 1 - i));
}

static void begin(void)
{
	memset(&image, 0, sizeof image);
	memcpy(image.bytes, "\xcf\xfa\xed\xfe\x07\0\0\x01\3\0\0\0\2\0\0", 15);
	image.at = HEADER;
}

/* A command whose fields follow; where it stands. */
static unsigned command(uint32_t kind, uint32_t size)
{
	unsigned at = image.at;

	le(at, kind, 4);
	le(at + 4, size, 4);
	image.at += size;
	le(16, ++image.count, 4);
	le(20, image.at - HEADER, 4);
	return at;
}

/* One segment that is the file, with one section of code in it. */
static unsigned segment(void)
{
	unsigned at = command(SEGMENT, 72 + ROW), row = at + 72;

	memcpy(image.bytes + at + 8, "__TEXT", 6);
	le(at + 24, 0x1000, 8);
	le(at + 32, WHOLE, 8);
	le(at + 48, WHOLE, 8);
	le(at + 64, 1, 4);
	memcpy(image.bytes + row, "__text", 6);
	memcpy(image.bytes + row + 16, "__TEXT", 6);
	le(row + 32, 0x1000 + PLACE, 8);
	le(row + 40, 16, 8);
	le(row + 48, PLACE, 4);
	le(row + 64, 0x80000400, 4);
	return at;
}

static struct opened open_bytes(const char *format, const void *bytes, size_t size)
{
	return open_as(format, exact_copy(sb_span_of(bytes, size)), "x");
}

static void finish(struct opened *opened)
{
	struct sb_span bytes = opened->view.file;
	close_view(opened);
	free_sample(bytes);
}

static void refuses(const char *words)
{
	struct opened opened = open_bytes("macho", image.bytes, WHOLE);
	cr_assert_eq(opened.rc, SB_FORMAT, "%s was not refused", words);
	cr_assert(strstr(opened.err.msg, words), "\"%s\" instead of \"%s\"", opened.err.msg, words);
	finish(&opened);
}

Test(macho, a_section_is_called_after_its_segment)
{
	begin();
	segment();
	struct opened opened = open_bytes("macho", image.bytes, WHOLE);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	const struct sb_region *text = sb_view_region_named(&opened.view, "__TEXT,__text");
	cr_assert(text && text->offset == PLACE && text->length == 16 && text->loaded);
	cr_assert_null(sb_view_locate(&opened.view, text, PLACE + 4, opened.arena), "nothing has a name here");
	const struct sb_place place = {text, PLACE + 4, 1};
	cr_assert_null(sb_view_image(&opened.view)->show(&opened.view, &place, opened.arena), "nothing tells where instructions begin");
	cr_assert_eq(sb_view_region(&opened.view, opened.view.regions.count - 1)->kind, SB_REGION_GAP, "the rest of the segment is mapped");
	finish(&opened);
}

Test(macho, commands_lie_among_the_others)
{
	begin();
	le(command(UUID, 24) + 4, 7, 4);
	refuses("does not lie among the others");
	begin();
	le(command(UUID, 24) + 4, 26, 4);
	refuses("does not lie among the others");
	begin();
	command(UUID, 24);
	le(20, 32, 4);
	refuses("longer than they are");
	begin();
	command(UUID, 24);
	le(20, WHOLE, 4);
	refuses("no header of Mach-O");
	begin();
	command(UUID, 32);
	refuses("a command of another size");
}

Test(macho, segments_have_room_for_their_sections_and_lie_in_the_file)
{
	begin();
	le(segment() + 64, 2, 4);
	refuses("room for its sections");
	begin();
	le(segment() + 48, WHOLE + 1, 8);
	refuses("a segment that does not lie in the file");
	begin();
	le(segment() + 72 + 48, WHOLE - 8, 4);
	refuses("a part that does not lie in the file");
	begin();
	le(segment() + 72 + 48, HEADER, 4);
	refuses("share bytes");
}

Test(macho, there_is_one_of_what_there_can_be_one)
{
	begin();
	le(command(SYMTAB, 24) + 8, PLACE, 4);
	le(command(SYMTAB, 24) + 8, PLACE, 4);
	refuses("two tables of symbols");
	begin();
	for (unsigned i = 0; i < 2; i++) {
		unsigned at = command(SIGNATURE, 16);
		le(at + 8, PLACE, 4);
		le(at + 12, 64, 4);
	}
	refuses("two code signatures");
}

/* A segment without sections, to be read only. */
static unsigned bare_segment(const char *name, uint64_t from, uint64_t size)
{
	unsigned at = command(SEGMENT, 72);

	memcpy(image.bytes + at + 8, name, strlen(name));
	le(at + 40, from, 8);
	le(at + 48, size, 8);
	le(at + 60, 1, 4);
	return at;
}

/* An index of one part of 8 bytes, and whatever commands were put before it. */
static bool signs(unsigned slot, unsigned first, uint8_t behind)
{
	unsigned at = command(SIGNATURE, 16);
	le(at + 8, PLACE, 4);
	le(at + 12, WHOLE - PLACE, 4);
	be(image.bytes + PLACE, 0xfade0cc0, 4);
	be(image.bytes + PLACE + 4, first + 8, 4);
	be(image.bytes + PLACE + 8, 1, 4);
	be(image.bytes + PLACE + 12, slot, 4);
	be(image.bytes + PLACE + 16, first, 4);
	be(image.bytes + PLACE + first, 0xfade0c02, 4);
	be(image.bytes + PLACE + first + 4, 8, 4);
	image.bytes[WHOLE - 1] = behind;
	struct opened opened = open_bytes("macho", image.bytes, WHOLE);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	bool exact = sb_view_region_named(&opened.view, "code signature") && !sb_view_region_named(&opened.view, "code signature that is not exact");
	finish(&opened);
	return exact;
}

static bool is_signature(unsigned slot, unsigned first, uint8_t behind)
{
	begin();
	bare_segment("__LINKEDIT", PLACE, WHOLE - PLACE);
	return signs(slot, first, behind);
}

Test(macho, a_signature_is_mapped_with_the_last_segment_alone)
{
	begin();
	cr_assert(!signs(0, 20, 0), "with no segment at all");
	begin();
	bare_segment("__LINKEDIT", PLACE, WHOLE - PLACE);
	bare_segment("__ZERO", PLACE, 0);
	cr_assert(signs(0, 20, 0), "a segment of nothing beside it");
	begin();
	bare_segment("__LINKEDIT", PLACE, WHOLE - PLACE);
	bare_segment("__MORE", WHOLE - 1, 1);
	cr_assert(!signs(0, 20, 0), "another segment holds its last byte");
	begin();
	bare_segment("__LINKEDIT", PLACE, WHOLE - PLACE);
	bare_segment("__MORE", 0, 1);
	cr_assert(!signs(0, 20, 0), "it lies on a page of another segment");
	begin();
	bare_segment("__LINKEDIT", PLACE, WHOLE - PLACE);
	bare_segment("__LINKEDIT", 0, 0);
	cr_assert(!signs(0, 20, 0), "two are called so");
	for (unsigned protection = 2; protection < 8; protection++) {
		begin();
		le(bare_segment("__LINKEDIT", PLACE, WHOLE - PLACE) + 60, protection, 4);
		cr_assert(!signs(0, 20, 0), "protection %u", protection);
	}
}

Test(macho, a_signature_is_exact_or_none)
{
	cr_assert(is_signature(0, 20, 0));
	cr_assert(is_signature(0x1000, 20, 0), "a further directory");
	cr_assert(is_signature(0, 24, 0), "aligned as lld does");
	cr_assert(!is_signature(0, 28, 0), "a hole behind the index");
	cr_assert(!is_signature(2, 20, 0), "a directory in the slot of requirements");
	cr_assert(!is_signature(0, 20, 1), "a byte behind the parts");
}

/* ---- universal ---- */

static uint8_t file[4096];

/* Two images of 16 bytes with an alignment of 64. */
static void universal(unsigned first, unsigned second)
{
	static const uint32_t cpus[] = {0x01000007, 0x0100000c};
	const unsigned places[] = {first, second};

	memset(file, 0, sizeof file);
	be(file, 0xcafebabe, 4);
	be(file + 4, 2, 4);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *row = file + 8 + 20 * i;
		be(row, cpus[i], 4);
		be(row + 8, places[i], 4);
		be(row + 12, 16, 4);
		be(row + 16, 6, 4);
		memset(file + places[i], 'x', 16);
	}
}

/* Does the row of the second image say a place, or bytes? */
static bool is_placed(unsigned size)
{
	struct opened opened = open_bytes("universal", file, size);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	const struct sb_region *row = region_of(&opened, "entry", 2);
	cr_assert(row);
	const struct sb_field *offset = field_of(&opened, row, "offset");
	bool placed = offset && offset->kind == SB_FIELD_OFFSET;
	cr_assert_eq(placed, region_of(&opened, "alignment", 1) != NULL, "zeros in front of it are fill only when it is placed");
	finish(&opened);
	return placed;
}

Test(macho, an_image_of_a_universal_file_lies_at_the_next_aligned_place)
{
	universal(64, 128);
	cr_assert(is_placed(144));
	universal(64, 192);
	cr_assert(!is_placed(208), "one place too far");
	universal(64, 96);
	cr_assert(!is_placed(112), "not aligned");
	universal(128, 64);
	cr_assert(!is_placed(144), "in another order");
	universal(64, 128);
	file[100] = 1;
	cr_assert(!is_placed(144), "something between");
}

Test(macho, rows_of_a_universal_file_lead_into_it)
{
	universal(64, 128);
	struct opened opened = open_bytes("universal", file, 143);
	cr_assert_eq(opened.rc, SB_FORMAT);
	finish(&opened);
	universal(64, 72);
	opened = open_bytes("universal", file, 144);
	cr_assert_eq(opened.rc, SB_FORMAT, "images that share bytes");
	finish(&opened);
}
