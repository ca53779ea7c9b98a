/* SPDX-License-Identifier: Apache-2.0 */
/* Files written here, byte by byte: both classes and byte orders. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <string.h>

#include "verifier/formats/elf/elf.h"

TestSuite(elf, .fini = no_leaks);

/** A file while it is written. */
struct writer {
	uint8_t bytes[8192];
	size_t at;
	bool is64, be;
};

static void put(struct writer *w, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		w->bytes[w->at + (w->be ? width - 1 - i : i)] = (uint8_t)(value >> 8 * i);
	w->at += width;
}

static void put_word(struct writer *w, uint64_t value)
{
	put(w, value, w->is64 ? 8 : 4);
}

static void put_section(struct writer *w, uint32_t name, uint32_t type, uint64_t flags, uint64_t addr, uint64_t offset, uint64_t size)
{
	put(w, name, 4);
	put(w, type, 4);
	put_word(w, flags);
	put_word(w, addr);
	put_word(w, offset);
	put_word(w, size);
	put(w, 0, 4);
	put(w, 0, 4);
	put_word(w, 1);
	put_word(w, 0);
}

enum { TEXT = 1024, NAMES = 1100, TABLE = 5000, SHNUM = 4 };

/** What a test changes of the plain file. */
struct plan {
	uint16_t type;
	bool extended;       /* counts in section 0 */
	uint64_t text_flags; /* of .text */
	uint64_t extra_offset, extra_size; /* of .extra, which nothing loads */
};

/* Header, one PT_LOAD over [0, 1100) that is executable, .text, .extra, .shstrtab, section table. */
static struct sb_span make(struct writer *w, bool is64, bool be, const struct plan *plan)
{
	static const char names[] = "\0.text\0.extra\0.shstrtab";
	unsigned header = is64 ? 64 : 52, segment = is64 ? 56 : 32, section = is64 ? 64 : 40;

	*w = (struct writer){.is64 = is64, .be = be};
	memcpy(w->bytes, "\177ELF", 4);
	w->bytes[4] = is64 ? 2 : 1;
	w->bytes[5] = be ? 2 : 1;
	w->bytes[6] = 1;
	w->at = 16;
	put(w, plan->type, 2);
	put(w, SB_EM_X86_64, 2);
	put(w, 1, 4);
	put_word(w, 0x400400);
	put_word(w, header);
	put_word(w, TABLE);
	put(w, 0, 4);
	put(w, header, 2);
	put(w, segment, 2);
	put(w, plan->extended ? 0xffff : 1, 2);
	put(w, section, 2);
	put(w, plan->extended ? 0 : SHNUM, 2);
	put(w, plan->extended ? 0xffff : SHNUM - 1, 2);
	put(w, SB_PT_LOAD, 4);
	if (is64)
		put(w, 5, 4);
	put_word(w, 0);
	put_word(w, 0x400000);
	put_word(w, 0x400000);
	put_word(w, NAMES);
	put_word(w, NAMES);
	if (!is64)
		put(w, 5, 4);
	put_word(w, 0x1000);
	memset(w->bytes + TEXT, 0x90, 64);
	memcpy(w->bytes + NAMES, names, sizeof names);
	w->at = TABLE;
	put_section(w, 0, 0, 0, 0, 0, plan->extended ? SHNUM : 0);
	if (plan->extended) { /* sh_link and sh_info of section 0 */
		size_t end = w->at;
		w->at = TABLE + (is64 ? 40 : 24);
		put(w, SHNUM - 1, 4);
		put(w, 1, 4);
		w->at = end;
	}
	put_section(w, 1, 1, plan->text_flags, 0x400000 + TEXT, TEXT, 64);
	put_section(w, 7, 1, 0, 0, plan->extra_offset, plan->extra_size);
	put_section(w, 14, SB_SHT_STRTAB, 0, 0, NAMES, sizeof names);
	return sb_span_of(w->bytes, w->at);
}

static const struct plan plain = {.type = SB_ET_DYN, .text_flags = SB_SHF_ALLOC | SB_SHF_EXECINSTR, .extra_offset = 4200, .extra_size = 16};

static const struct sb_region *region_named(const struct sb_view *view, const char *name)
{
	for (size_t i = 0; i < view->regions.count; i++)
		if (strcmp(sb_view_region(view, i)->name, name) == 0)
			return sb_view_region(view, i);
	return NULL;
}

/* Open as a view; the tiling is checked by the core. */
static struct sb_view opened(struct sb_span file, struct sb_arena *arena)
{
	struct sb_view view;
	cr_assert_eq(sb_view_open(&sb_format_elf, file, "x", arena, &view, NULL), 0);
	return view;
}

Test(elf, classes_orders_and_wide_counts_read_alike)
{
	static struct writer w;

	for (unsigned variant = 0; variant < 8; variant++) {
		struct plan plan = plain;
		struct sb_elf elf;
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		plan.extended = variant & 4;
		cr_assert_eq(sb_elf_read(make(&w, variant & 1, variant & 2, &plan), arena, &elf, NULL), 0);
		cr_assert(elf.section_count == SHNUM && elf.segment_count == 1);
		cr_assert_str_eq(elf.sections[1].name, ".text");
		cr_assert_str_eq(elf.sections[2].name, ".extra");
		cr_assert(elf.entry == 0x400400 && elf.sections[1].addr == 0x400400 && elf.segments[0].filesz == NAMES && elf.segments[0].flags == 5);
		cr_assert_eq(sb_elf_mapped(&elf, 0x400400, 4).p, w.bytes + TEXT);
		cr_assert_eq(sb_elf_mapped(&elf, 0x400000 + NAMES, 4).n, 0);
	}
}

Test(elf, what_is_no_program_is_refused)
{
	static struct writer w;
	struct plan plan = plain;

	for (unsigned type = 0; type < 6; type++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_err err = {0};
		struct sb_elf elf;
		plan.type = (uint16_t)type;
		int rc = sb_elf_read(make(&w, true, false, &plan), arena, &elf, &err);
		cr_assert_eq(rc == 0, type >= SB_ET_REL && type <= SB_ET_DYN);
		cr_assert(rc == 0 || (rc == SB_FORMAT && strcmp(err.id, "elf-malformed") == 0));
	}
}

Test(elf, a_count_that_the_file_cannot_hold_is_malformed_not_a_limit)
{
	static struct writer w;
	struct plan plan = plain;
	struct sb_elf elf;
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);

	plan.extended = true;
	struct sb_span file = make(&w, true, false, &plan);
	w.bytes[TABLE + 32 + 5] = 1; /* sh_size of section 0: 2^40 */
	cr_assert_eq(sb_elf_read(file, arena, &elf, NULL), SB_FORMAT);
}

Test(elf, a_segment_loads_whatever_its_section_says)
{
	static struct writer w;
	struct plan plan = plain;
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);

	plan.text_flags = 0;
	struct sb_view view = opened(make(&w, true, false, &plan), arena);
	const struct sb_region *text = region_named(&view, ".text"), *extra = region_named(&view, ".extra");
	cr_assert(text && text->loaded);
	cr_assert_eq(sb_elf_severity(&view, &(struct sb_place){text, text->offset, 4}), SB_SEVERITY_CRITICAL);
	cr_assert(extra && !extra->loaded);
	cr_assert_eq(sb_elf_severity(&view, &(struct sb_place){extra, extra->offset, 4}), SB_SEVERITY_MINOR);
	sb_view_release(&view);
	plan.extra_offset = 2000; /* behind the segment, on its page of code */
	view = opened(make(&w, true, false, &plan), arena);
	extra = region_named(&view, ".extra");
	cr_assert(extra && extra->loaded);
	cr_assert_eq(sb_elf_severity(&view, &(struct sb_place){extra, extra->offset, 4}), SB_SEVERITY_CRITICAL);
	sb_view_release(&view);
}

Test(elf, the_first_owner_keeps_what_a_second_one_claims)
{
	static struct writer w;
	struct plan plan = plain;
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);

	plan.extra_offset = TEXT + 32;
	plan.extra_size = 64;
	struct sb_view view = opened(make(&w, true, false, &plan), arena);
	const struct sb_region *extra = region_named(&view, ".extra");
	cr_assert_eq(region_named(&view, ".text")->length, 64);
	cr_assert(extra && extra->offset == TEXT + 64 && extra->length == NAMES - TEXT - 64 + 20);
	cr_assert_gt(view.notices.count, 0);
	sb_view_release(&view);
	plan.extra_offset = UINT64_MAX - 8;
	view = opened(make(&w, true, false, &plan), arena);
	cr_assert(!region_named(&view, ".extra"));
	cr_assert_eq(view.notices.count, 1);
	sb_view_release(&view);
}

/* A module's end; @broken: which byte of the record is wrong. */
static struct sb_span signed_module(uint8_t *to, uint8_t tag, size_t stated, int broken)
{
	static const uint8_t record[8] = {0, 0, 2};
	uint8_t *at = to;

	memset(at, 0xAA, 100);
	at += 100;
	memcpy(at, (const uint8_t[]){tag, 0x81, 200}, 3);
	memset(at + 3, 7, 200);
	at += 203;
	memcpy(at, record, 8);
	if (broken >= 0)
		at[broken] ^= 1;
	at += 8;
	memcpy(at, (const uint8_t[]){0, 0, (uint8_t)(stated >> 8), (uint8_t)stated}, 4);
	memcpy(at + 4, "~Module signature appended~\n", 28);
	return sb_span_of(to, (size_t)(at + 32 - to));
}

Test(elf, a_module_signature_has_one_shape)
{
	static uint8_t bytes[512];
	struct sb_span file = signed_module(bytes, 0x30, 203, -1);

	cr_assert_eq(sb_elf_signature(file), 100);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(sb_elf_signature(signed_module(bytes, 0x30, 203, i)), file.n, "byte %d", i);
	cr_assert_eq(sb_elf_signature(signed_module(bytes, 0x31, 203, -1)), file.n, "no sequence");
	cr_assert_eq(sb_elf_signature(signed_module(bytes, 0x30, 202, -1)), file.n, "the sequence does not fill its length");
	cr_assert_eq(sb_elf_signature(signed_module(bytes, 0x30, 60000, -1)), file.n, "longer than the file");
	file = signed_module(bytes, 0x30, 203, -1);
	cr_assert_eq(sb_elf_signature(sb_span_of(file.p, file.n - 1)), file.n - 1, "something else stands at the end");
	cr_assert_eq(sb_elf_signature(sb_span_of(file.p, 0)), 0);
}

Test(elf, instructions_and_their_targets_are_read)
{
	static struct writer w;
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_span file = make(&w, true, false, &plain);
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_reference)};

	memcpy(w.bytes + TEXT, "\x83\xf8\x08", 3);                 /* cmp eax, 8 */
	memcpy(w.bytes + TEXT + 3, "\x48\x8d\x3d\x10\x00\x00\x00", 7); /* lea rdi, [rip + 16] */
	memcpy(w.bytes + TEXT + 10, "\xe8\xf1\xff\xff\xff", 5);    /* call .text */
	struct sb_view view = opened(file, arena);
	const struct sb_region *text = region_named(&view, ".text");
	const char *shown = sb_elf_show(&view, &(struct sb_place){text, TEXT + 2, 1}, arena);
	cr_assert_str_eq(shown, "cmp eax, 8");
	cr_assert_eq(sb_elf_references(&view, &(struct sb_place){text, TEXT, 64}, &found, NULL), 0);
	cr_assert_eq(found.count, 2);
	const struct sb_reference *lea = sb_vec_at(&found, 0), *call = sb_vec_at(&found, 1);
	cr_assert(lea->offset == TEXT + 6 && lea->length == 4 && lea->target == 0x400400 + 10 + 16);
	cr_assert(call->offset == TEXT + 11 && call->length == 4 && call->target == 0x400400);
	sb_view_release(&view);
}

Test(elf, facts_are_read_as_the_kernel_reads_them)
{
	static struct writer w;
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_VEC struct sb_vec facts = {.size = sizeof(struct sb_fact)};
	struct sb_span file = make(&w, true, false, &plain);

	w.bytes[64 + 4] = 7; /* the segment becomes writable and executable */
	struct sb_view view = opened(file, arena);
	cr_assert_eq(sb_elf_facts(&view, &facts, NULL), 0);
	bool seen = false;
	for (size_t i = 0; i < facts.count; i++) {
		const struct sb_fact *fact = sb_vec_at(&facts, i);
		if (strcmp(fact->name, "W^X") == 0) {
			seen = true;
			cr_assert_eq(fact->strength, 0);
		}
		if (strcmp(fact->name, "NX") == 0)
			cr_assert_eq(fact->strength, 0, "there is no PT_GNU_STACK");
	}
	cr_assert(seen);
	sb_view_release(&view);
}
