/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jumps to what is imported, as linkers put them between functions: no symbol tells of them, and whatever they are called like is what they lead to. Intel SDM
 * volume 2, JMP: FF /4; Arm ARM: ADRP, LDR and BR by X16, which is for that (AAPCS64, 6.1.1).
 */
#include "verifier/formats/pe/pe.h"

#include <string.h>

enum { X86_THUNK = 6, ARM64_THUNK = 12, FUNCTION = 12 };

/* Functions are sorted in the table of exceptions: does one of them hold @address? */
static bool is_unwound(const struct sb_pe *pe, uint64_t address)
{
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXCEPTION];
	uint64_t low = 0, high = range->size / FUNCTION;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (sb_pe_at(pe, range->at + middle * FUNCTION, 4) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < sb_pe_at(pe, range->at + (low - 1) * FUNCTION + 4, 4);
}

static uint64_t x86_slot(const struct sb_pe *pe, struct sb_span code, size_t at, uint64_t address)
{
	struct sb_rd rd = sb_rd_of(code, false);

	sb_rd_seek(&rd, at + 2);
	uint64_t value = sb_rd_uint(&rd, 4);
	return pe->wide ? address + X86_THUNK + (uint64_t)(int64_t)(int32_t)(uint32_t)value : value - pe->image_base;
}

static uint64_t arm64_slot(struct sb_span code, size_t at, uint64_t address)
{
	enum { PAGE = 4096 };
	struct sb_rd rd = sb_rd_of(code, false);

	sb_rd_seek(&rd, at);
	uint64_t adrp = sb_rd_uint(&rd, 4), ldr = sb_rd_uint(&rd, 4), br = sb_rd_uint(&rd, 4);
	if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400210 || br != 0xd61f0200)
		return 0;
	uint64_t pages = (adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3), sign = UINT64_C(1) << 20;
	return address / PAGE * PAGE + ((pages ^ sign) - sign) * PAGE + (ldr >> 10 & 0xfff) * 8;
}

/* The next place at or behind @at that may be one. */
static size_t next_place(bool arm, struct sb_span code, size_t at)
{
	const uint8_t *found = arm || at >= code.n ? NULL : memchr(code.p + at, 0xff, code.n - at);
	return arm ? at : found ? (size_t)(found - code.p) : code.n;
}

bool sb_pe_next_thunk(const struct sb_pe *pe, struct sb_span code, uint64_t address, size_t *at, struct sb_pe_thunk *out)
{
	bool arm = sb_pe_machine(pe) == SB_MACHINE_ARM64;
	size_t length = arm ? ARM64_THUNK : X86_THUNK, step = arm ? 4 : 1;

	for (size_t i = *at; (i = next_place(arm, code, i)) + length <= code.n; i += step) {
		uint64_t here = address + i, slot = arm ? arm64_slot(code, i, here) : code.p[i + 1] == 0x25 ? x86_slot(pe, code, i, here) : 0;
		if (slot == 0 || (!arm && is_unwound(pe, here)))
			continue;
		*out = (struct sb_pe_thunk){here, length, sb_pe_slot_name(pe, slot)};
		*at = i + length;
		if (out->name.n)
			return true;
		i = *at - step;
	}
	return false;
}
