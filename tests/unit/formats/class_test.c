/* SPDX-License-Identifier: Apache-2.0 */
/* Class files by hand: how long each instruction is, what constants denote, and pools that lie. */
#include "samples.h"

#include "tests/unit/leaks.h"
#include "verifier/formats/class/class.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(class, .fini = no_leaks, .timeout = 60);

/* JVMS 6.5, opcode by opcode: bytes of each instruction, 0: they depend on what follows. */
static const char lengths[] = "1111111111111111" "2323322222111111" "1111111111111111" "1111112222211111" /* 00 to 3f */
                              "1111111111111111" "1111111111111111" "1111111111111111" "1111111111111111" /* 40 to 7f */
                              "1111311111111111" "1111111113333333" "3333333332001111" "1133333335532311" /* 80 to bf */
                              "3311043355";                                                                /* c0 to c9 */

Test(class, every_opcode_is_as_long_as_the_specification_says)
{
	uint8_t code[8] = {0};
	struct sb_instruction one;

	cr_assert_eq(sizeof lengths - 1, 0xca);
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		uint64_t wanted = opcode < 0xca ? (uint64_t)(lengths[opcode] - '0') : 0;
		code[0] = (uint8_t)opcode;
		if (opcode < 0xca && wanted == 0)
			continue;
		cr_assert_eq(sb_instruction_read(sb_span_of(code, sizeof code), 0, &one), wanted != 0, "opcode %02x", opcode);
		cr_assert(wanted == 0 || (one.length == wanted && strcmp(one.name, sb_opcode_name(opcode)) == 0), "opcode %02x", opcode);
		cr_assert(wanted == 0 || !sb_instruction_read(sb_span_of(code, (size_t)wanted - 1), 0, &one), "opcode %02x cut", opcode);
	}
}

static uint64_t length_at(struct sb_span code, uint64_t at)
{
	struct sb_instruction one;
	return sb_instruction_read(code, at, &one) ? one.length : 0;
}

Test(class, wide_takes_what_it_may_take)
{
	static const uint8_t loads[] = {0x15, 0x16, 0x17, 0x18, 0x19, 0x36, 0x37, 0x38, 0x39, 0x3a, 0xa9};
	uint8_t code[6] = {0xc4};
	unsigned taken = 0;

	for (unsigned opcode = 0; opcode < 256; opcode++) {
		code[1] = (uint8_t)opcode;
		uint64_t length = length_at(sb_span_of(code, sizeof code), 0);
		cr_assert_eq(length, opcode == 0x84 ? 6 : memchr(loads, (int)opcode, sizeof loads) ? 4 : 0, "wide %02x", opcode);
		taken += length != 0;
	}
	cr_assert_eq(taken, sizeof loads + 1);
	cr_assert_eq(length_at(sb_span_of(code, 1), 0), 0, "nothing behind wide");
}

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

Test(class, switches_are_aligned_and_bounded)
{
	for (uint64_t at = 0; at < 4; at++) {
		uint8_t code[64] = {0};
		uint64_t fill = 3 - at;
		struct sb_span whole = sb_span_of(code, sizeof code);
		code[at] = 0xaa;
		put32(code + at + 1 + fill + 4, (uint32_t)-1);
		put32(code + at + 1 + fill + 8, 2);
		cr_assert_eq(length_at(whole, at), 1 + fill + 12 + 4 * 4, "at %u", (unsigned)at);
		cr_assert_eq(length_at(sb_span_of(code, (size_t)(at + fill + 28)), at), 0, "cut");
		put32(code + at + 1 + fill + 8, (uint32_t)-2);
		cr_assert_eq(length_at(whole, at), 0, "the last before the first");
		put32(code + at + 1 + fill + 4, 0x80000000);
		put32(code + at + 1 + fill + 8, 0x7fffffff);
		cr_assert_eq(length_at(whole, at), 0, "every number there is");
		code[at] = 0xab;
		put32(code + at + 1 + fill + 4, 3);
		cr_assert_eq(length_at(whole, at), 1 + fill + 8 + 8 * 3);
		put32(code + at + 1 + fill + 4, 0x20000001);
		cr_assert_eq(length_at(whole, at), 0, "more rows than bytes");
		put32(code + at + 1 + fill + 4, 0x80000000);
		cr_assert_eq(length_at(whole, at), 0, "fewer than none");
	}
}

/** A class file under construction. */
static struct {
	uint8_t bytes[4096];
	size_t at;
	unsigned constants;
} made;

static void put(const void *bytes, size_t n)
{
	memcpy(made.bytes + made.at, bytes, n);
	made.at += n;
}

#define BYTES(text) put(text, sizeof(text) - 1)

static void begin(void)
{
	memset(&made, 0, sizeof made);
	BYTES("\xca\xfe\xba\xbe\0\0\0\x3d\0\0");
}

/* A constant as it is written; its number. */
#define CONSTANT(text) (BYTES(text), ++made.constants)

static void end_pool(void)
{
	made.bytes[9] = (uint8_t)(made.constants + 1);
	BYTES("\0\x21\0\0\0\0\0\0\0\0");
}

/* One method, called by the Utf8 constants @name and @code, that consists of @body. */
static void one_method(uint8_t name, uint8_t code, const void *body, size_t n)
{
	const uint8_t head[] = {0, 1, 0, 9, 0, name, 0, name, 0, 1, 0, code, 0, 0, 0, (uint8_t)(n + 12), 0, 4, 0, 4, 0, 0, 0, (uint8_t)n};

	put(head, sizeof head);
	put(body, n);
	BYTES("\0\0\0\0");
}

static struct opened open_made(void)
{
	return open_as("class", exact_copy(sb_span_of(made.bytes, made.at)), "A.class");
}

static void close_made(struct opened *opened)
{
	struct sb_span bytes = opened->view.file;
	close_view(opened);
	free_sample(bytes);
}

/* Gist of the region called @name. */
static struct sb_sense gist_of(struct opened *opened, const char *name)
{
	SB_VEC struct sb_vec gists = {.size = sizeof(struct sb_gist)};
	const struct sb_region *region = sb_view_region_named(&opened->view, name);

	cr_assert_eq(sb_class_gists(&opened->view, &gists, NULL), 0);
	cr_assert_eq(gists.count, opened->view.regions.count);
	cr_assert(region, "no region is called %s", name);
	return ((const struct sb_gist *)sb_vec_at(&gists, (size_t)(region - sb_view_region(&opened->view, 0))))->sense;
}

static bool is_same(struct sb_sense a, struct sb_sense b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

/* ldc of a String, in two pools; the second has the text "b" instead where @other. */
static struct opened made_with(bool turned, bool other, bool wide)
{
	begin();
	uint8_t name = (uint8_t)CONSTANT("\1\0\1m"), code = (uint8_t)CONSTANT("\1\0\4Code");
	uint8_t body[] = {0x12, 0, 0xb0}, long_body[] = {0x13, 0, 0, 0xb0};
	if (turned) {
		CONSTANT("\10\0\4");
		if (other)
			CONSTANT("\1\0\1b");
		else
			CONSTANT("\1\0\1a");
	} else {
		CONSTANT("\1\0\1a");
		CONSTANT("\10\0\3");
	}
	end_pool();
	body[1] = long_body[2] = turned ? 3 : 4;
	if (wide)
		one_method(name, code, long_body, sizeof long_body);
	else
		one_method(name, code, body, sizeof body);
	BYTES("\0\0");
	return open_made();
}

Test(class, numbers_of_constants_mean_nothing_and_constants_do)
{
	struct opened base = made_with(false, false, false);
	struct sb_sense pool = gist_of(&base, "constant pool"), method = gist_of(&base, "method mm");

	for (unsigned i = 1; i < 8; i++) {
		struct opened other = made_with(i & 1, i & 2, i & 4);
		bool same = !((i & 1) && (i & 2));
		cr_assert_eq(is_same(gist_of(&other, "constant pool"), pool), same, "%u", i);
		cr_assert_eq(is_same(gist_of(&other, "method mm"), method), same, "%u", i);
		cr_assert(!is_same(gist_of(&other, "method mm"), pool));
		close_made(&other);
	}
	close_made(&base);
}

/* What the constant @index of a pool of @constant and some others denotes. */
static struct opened one_constant(const void *constant, size_t n)
{
	begin();
	CONSTANT("\1\0\1a");          /* 1 */
	CONSTANT("\7\0\1");           /* 2: class a */
	CONSTANT("\x0c\0\1\0\1");     /* 3: a of type a */
	CONSTANT("\x0a\0\2\0\3");     /* 4: method a.a */
	CONSTANT("\3aaaa");           /* 5 */
	put(constant, n);
	made.constants++;             /* 6 */
	end_pool();
	BYTES("\0\0\0\0");
	struct opened opened = open_made();
	cr_assert_eq(opened.rc, 0);
	cr_assert_eq(sb_class_resolve(&opened.view, &opened.err), 0);
	return opened;
}

#define ONE(text) text, sizeof(text) - 1

static bool resolves(const void *constant, size_t n)
{
	struct opened opened = one_constant(constant, n);
	const struct sb_class *class = opened.view.own;
	struct sb_sense sense = class->senses.constants[6];
	bool known = sense.word[0] | sense.word[1];

	close_made(&opened);
	return known;
}

Test(class, a_constant_resolves_when_it_leads_where_it_may)
{
	cr_assert(resolves(ONE("\1\0\2ab")) && resolves(ONE("\3\0\0\0\1")) && resolves(ONE("\4\0\0\0\1")) && resolves(ONE("\7\0\1")) && resolves(ONE("\10\0\1")));
	cr_assert(resolves(ONE("\x09\0\2\0\3")) && resolves(ONE("\x0b\0\2\0\3")) && resolves(ONE("\x0c\0\1\0\1")) && resolves(ONE("\x0f\6\0\4")));
	cr_assert(resolves(ONE("\x10\0\1")) && resolves(ONE("\x13\0\1")) && resolves(ONE("\x14\0\1")));
	cr_assert(!resolves(ONE("\7\0\2")) && !resolves(ONE("\7\0\0")) && !resolves(ONE("\7\xff\xff")) && !resolves(ONE("\7\0\6")), "no text");
	cr_assert(!resolves(ONE("\x0a\0\1\0\3")) && !resolves(ONE("\x0a\0\2\0\2")) && !resolves(ONE("\x0a\0\6\0\6")), "no class, no name");
	cr_assert(!resolves(ONE("\x0f\6\0\2")) && !resolves(ONE("\x0f\6\0\6")), "no member");
	cr_assert(!resolves(ONE("\x11\0\0\0\3")) && !resolves(ONE("\x12\0\0\0\3")), "no bootstrap method");
}

static struct sb_sense sense_of(const void *constant, size_t n)
{
	struct opened opened = one_constant(constant, n);
	struct sb_sense sense = sb_class_sense(opened.view.own, 6);
	close_made(&opened);
	return sense;
}

Test(class, constants_of_different_kinds_are_never_the_same)
{
	const struct sb_sense senses[] = {
		sense_of(ONE("\1\0\1a")), sense_of(ONE("\7\0\1")), sense_of(ONE("\10\0\1")), sense_of(ONE("\x10\0\1")), sense_of(ONE("\x13\0\1")), sense_of(ONE("\x14\0\1")),
		sense_of(ONE("\3aaaa")), sense_of(ONE("\4aaaa")), sense_of(ONE("\1\0\4aaaa")), sense_of(ONE("\x09\0\2\0\3")), sense_of(ONE("\x0a\0\2\0\3")),
		sense_of(ONE("\x0b\0\2\0\3")), sense_of(ONE("\x0c\0\1\0\1")), sense_of(ONE("\x0f\5\0\4")), sense_of(ONE("\x0f\6\0\4")), sense_of(ONE("\7\0\6")),
		sense_of(ONE("\x12\0\0\0\3")), sense_of(ONE("\x11\0\0\0\3")),
	};
	for (size_t i = 0; i < sizeof senses / sizeof *senses; i++)
		for (size_t k = 0; k < i; k++)
			cr_assert(!is_same(senses[i], senses[k]), "%zu and %zu", i, k);
}

Test(class, what_does_not_resolve_means_the_same_in_one_pool_only)
{
	struct opened a = one_constant(ONE("\7\0\6")), b = one_constant(ONE("\7\0\6"));

	cr_assert(is_same(sb_class_sense(a.view.own, 6), sb_class_sense(b.view.own, 6)));
	close_made(&b);
	b = one_constant(ONE("\7\0\7"));
	cr_assert(!is_same(sb_class_sense(a.view.own, 6), sb_class_sense(b.view.own, 6)));
	cr_assert(!is_same(sb_class_sense(a.view.own, 99), sb_class_sense(b.view.own, 99)), "a number of no constant");
	cr_assert(is_same(sb_class_sense(a.view.own, 0), sb_class_sense(b.view.own, 0)), "none at all is the same everywhere");
	close_made(&a);
	close_made(&b);
}

/* Branches from 0 to the place @to, over code of three nops and a return. */
static struct sb_sense branch_to(uint8_t to, bool wide)
{
	uint8_t body[] = {0xa7, 0, to, 0, 0, 0, 0xb1}, long_body[] = {0xc8, 0, 0, 0, (uint8_t)(to + 2), 0, 0, 0, 0xb1};

	begin();
	uint8_t name = (uint8_t)CONSTANT("\1\0\1m"), code = (uint8_t)CONSTANT("\1\0\4Code");
	end_pool();
	one_method(name, code, wide ? long_body : body, wide ? sizeof long_body : sizeof body);
	BYTES("\0\0");
	struct opened opened = open_made();
	struct sb_sense sense = gist_of(&opened, "method mm");
	close_made(&opened);
	return sense;
}

Test(class, a_branch_is_where_it_goes)
{
	for (uint8_t to = 1; to < 8; to++)
		for (uint8_t other = 1; other < 8; other++)
			cr_assert_eq(is_same(branch_to(to, false), branch_to(other, false)), to == other);
	for (uint8_t to = 3; to < 7; to++)
		cr_assert(is_same(branch_to(to, false), branch_to(to, true)), "goto and goto_w to %u", to);
	cr_assert(!is_same(branch_to(3, false), branch_to(4, true)));
}

/* Code of which the last byte is @last; a nop stands where the pool says something else. */
static struct opened unreadable(uint8_t last, bool other)
{
	const uint8_t body[] = {0, last};

	begin();
	uint8_t name = (uint8_t)CONSTANT("\1\0\1m"), code = (uint8_t)CONSTANT("\1\0\4Code");
	if (other)
		CONSTANT("\1\0\1b");
	else
		CONSTANT("\1\0\1a");
	end_pool();
	one_method(name, code, body, sizeof body);
	BYTES("\0\0");
	return open_made();
}

Test(class, code_that_cannot_be_read_says_the_same_with_the_same_constants_only)
{
	struct opened a = unreadable(0xb1, false), b = unreadable(0xb1, true), c = unreadable(0x12, false), d = unreadable(0x12, true), e = unreadable(0x12, false);

	cr_assert(is_same(gist_of(&a, "method mm"), gist_of(&b, "method mm")));
	cr_assert(!is_same(gist_of(&c, "method mm"), gist_of(&d, "method mm")), "ldc that is cut");
	cr_assert(is_same(gist_of(&c, "method mm"), gist_of(&e, "method mm")));
	close_made(&a);
	close_made(&b);
	close_made(&c);
	close_made(&d);
	close_made(&e);
}

Test(class, instructions_are_shown_with_their_constants_escaped)
{
	struct opened opened;
	SB_VEC struct sb_vec clauses = {.size = sizeof(struct sb_clause)};
	static const char *const wanted[] = {"ldc \"a\\x1bb\"", "bipush -3", "iinc 1 by -1", "goto -1 instructions", "areturn"};
	const uint8_t body[] = {0x12, 4, 0x10, 0xfd, 0x84, 1, 0xff, 0xa7, 0xff, 0xfd, 0xb0};
	size_t found = 0;

	begin();
	uint8_t name = (uint8_t)CONSTANT("\1\0\1m"), code = (uint8_t)CONSTANT("\1\0\4Code");
	CONSTANT("\1\0\3a\x1b" "b");
	CONSTANT("\10\0\3");
	end_pool();
	one_method(name, code, body, sizeof body);
	BYTES("\0\0");
	opened = open_made();
	const struct sb_region *region = sb_view_region_named(&opened.view, "method mm");
	cr_assert_eq(sb_class_clauses(&opened.view, region, &clauses, NULL), 0);
	for (size_t i = 0; i < clauses.count; i++) {
		const struct sb_clause *clause = sb_vec_at(&clauses, i);
		const struct sb_place place = {region, clause->offset, clause->length};
		const char *text = sb_class_show(&opened.view, &place, opened.arena);
		if (clause->tag == SB_CLAUSE_INSTRUCTION) {
			cr_assert(text && found < sizeof wanted / sizeof *wanted);
			cr_assert_str_eq(text, wanted[found]);
			found++;
		}
	}
	cr_assert_eq(found, sizeof wanted / sizeof *wanted);
	close_made(&opened);
}
