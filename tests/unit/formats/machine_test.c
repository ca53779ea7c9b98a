/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses in instructions of ARM64: which register holds a page, and what ends that. */
#include "verifier/formats/machine.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>

TestSuite(machine, .fini = no_leaks, .timeout = 60);

enum { BASE = 0x10000, MOST = 600 };

/** What instructions lead to. */
struct found {
	struct sb_reference all[MOST];
	size_t count;
};

static bool keep(void *context, const struct sb_reference *reference)
{
	struct found *found = context;

	cr_assert_lt(found->count, MOST);
	found->all[found->count++] = *reference;
	return true;
}

/* What was found last and before that is kept. */
static const struct found *decode(const uint32_t *words, size_t count)
{
	static uint8_t bytes[4 * MOST];
	static struct found kept[2];
	static unsigned turn;
	struct found *found = &kept[turn++ % 2];

	found->count = 0;

	for (size_t i = 0; i < 4 * count; i++)
		bytes[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
	const struct sb_code code = {.machine = SB_MACHINE_ARM64, .bytes = sb_span_of(bytes, 4 * count), .address = BASE, .offset = 0x400};
	cr_assert(sb_code_references(&code, keep, found));
	return found;
}

#define DECODE(...) decode((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

enum {
	NOP = (int)0xd503201f,
	ADRP_X8 = (int)0xb0000008,    /* adrp x8, one page on */
	ADRP_X20 = (int)0xb0000014,
	ADD_X0_X8 = (int)0x91004100,  /* add x0, x8, #16 */
	ADD_X8_X8 = (int)0x91004108,
	LDR_X0_X8 = (int)0xf9400900,  /* ldr x0, [x8, #16] */
	LDR_X0_X20 = (int)0xf9400a80,
	LDR_Q0_X8 = 0x3dc00500,       /* ldr q0, [x8, #16] */
	LDR_W0_X8_POST = (int)0xb8404500, /* ldr w0, [x8], #4 */
	LDP_X8 = (int)0xa9402408,     /* ldp x8, x9, [x0] */
	MOV_X8 = (int)0xaa0003e8,     /* mov x8, x0 */
	BL = (int)0x94000010,
	B_3 = 0x14000003,             /* three instructions on */
	CBZ_3 = (int)0xb4000060,
	RET = (int)0xd65f03c0,
	BR = (int)0xd61f0100,
};

Test(machine, a_page_and_a_place_in_it_are_one_address)
{
	const struct found *found = DECODE((uint32_t)ADRP_X8, (uint32_t)ADD_X0_X8);
	cr_assert_eq(found->count, 2);
	cr_assert_eq(found->all[0].target, BASE + 0x1010);
	cr_assert_eq(found->all[1].target, BASE + 0x1010);
	cr_assert_eq(found->all[1].offset, 0x404);
	cr_assert_eq(DECODE((uint32_t)ADRP_X8, (uint32_t)LDR_X0_X8)->all[1].target, BASE + 0x1010);
	cr_assert_eq(DECODE((uint32_t)ADRP_X8, (uint32_t)LDR_Q0_X8)->all[1].target, BASE + 0x1010, "as wide as the register");
	found = DECODE((uint32_t)ADRP_X8);
	cr_assert_eq(found->count, 0, "a page by itself is no place");
}

Test(machine, branches_lead_somewhere)
{
	const struct found *found = DECODE((uint32_t)BL, 0x54000041, 0x36080040, 0x17ffffff, 0x10000040, 0x58000040);
	const uint64_t targets[] = {BASE + 0x40, BASE + 0xc, BASE + 0x10, BASE + 8, BASE + 0x18, BASE + 0x1c};

	cr_assert_eq(found->count, 6);
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(found->all[i].target, targets[i], "%u", i);
	cr_assert_neq(DECODE(0x54000040)->all[0].rest, DECODE(0x54000041)->all[0].rest, "the condition counts");
	cr_assert_neq(DECODE(0xb4000060)->all[0].rest, DECODE(0xb4000061)->all[0].rest, "the register counts");
	cr_assert_neq(DECODE((uint32_t)ADRP_X8, (uint32_t)ADD_X0_X8)->all[1].rest, DECODE((uint32_t)ADRP_X8, (uint32_t)LDR_X0_X8)->all[1].rest, "what is done counts");
}

Test(machine, a_register_that_is_written_holds_no_page)
{
	const uint32_t writers[] = {(uint32_t)MOV_X8, (uint32_t)LDP_X8, (uint32_t)LDR_W0_X8_POST, (uint32_t)ADD_X8_X8, (uint32_t)BL, 0xf9400108, 0xd63f0000};

	for (unsigned i = 0; i < sizeof writers / sizeof *writers; i++) {
		const struct found *found = DECODE((uint32_t)ADRP_X8, writers[i], (uint32_t)LDR_X0_X8);
		cr_assert(found->count == 0 || found->all[found->count - 1].offset != 0x408, "%x", writers[i]);
	}
	const struct found *found = DECODE((uint32_t)ADRP_X20, (uint32_t)BL, (uint32_t)LDR_X0_X20);
	cr_assert_eq(found->all[found->count - 1].offset, 0x408, "a call keeps what is saved");
}

Test(machine, a_page_is_known_along_branches_forward)
{
	const struct found *found = DECODE((uint32_t)ADRP_X8, (uint32_t)CBZ_3, (uint32_t)LDR_X0_X8, (uint32_t)RET, (uint32_t)LDR_X0_X8);
	cr_assert_eq(found->count, 4, "both ways");
	found = DECODE((uint32_t)ADRP_X8, (uint32_t)CBZ_3, (uint32_t)MOV_X8, (uint32_t)NOP, (uint32_t)LDR_X0_X8);
	cr_assert_eq(found->all[found->count - 1].offset, 0x404, "one way holds something else");
	found = DECODE((uint32_t)CBZ_3, (uint32_t)ADRP_X8, (uint32_t)NOP, (uint32_t)LDR_X0_X8);
	cr_assert_eq(found->all[found->count - 1].offset, 0x404, "the other way does");
	found = DECODE((uint32_t)ADRP_X8, (uint32_t)RET, (uint32_t)LDR_X0_X8);
	cr_assert_eq(found->all[found->count - 1].offset, 0x400, "nobody knows from where this is reached");
	found = DECODE((uint32_t)ADRP_X8, (uint32_t)BR, (uint32_t)LDR_X0_X8);
	cr_assert_eq(found->all[found->count - 1].offset, 0x400);
	found = DECODE((uint32_t)ADRP_X8, (uint32_t)B_3, (uint32_t)NOP, (uint32_t)NOP, (uint32_t)LDR_X0_X8);
	cr_assert_eq(found->all[found->count - 1].offset, 0x410);
}

Test(machine, more_branches_than_are_kept_end_what_is_known)
{
	uint32_t words[200];

	words[0] = (uint32_t)ADRP_X8;
	for (uint32_t i = 1; i < 199; i++)
		words[i] = 0xb4000000 | (300 + i) << 5; /* each to a place of its own */
	words[199] = (uint32_t)LDR_X0_X8;
	const struct found *found = decode(words, 200);
	cr_assert_eq(found->all[found->count - 1].offset, 0x400 + 4 * 198, "the last branch, and no place behind it");
	words[100] = (uint32_t)LDR_X0_X8;
	cr_assert_eq(decode(words, 40)->count, 39);
}
