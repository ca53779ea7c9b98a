/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: machine code of one function, decoded by capstone, to show an instruction and to find the addresses in it. Nothing here decides a
 * level. How much is decoded is the business of who asks.
 */
#ifndef VERIFIER_FORMATS_MACHINE_H
#define VERIFIER_FORMATS_MACHINE_H

#include "verifier/formats/image.h"

enum sb_machine { SB_MACHINE_OTHER = 0, SB_MACHINE_X86_64, SB_MACHINE_X86, SB_MACHINE_ARM64 };

/** A stretch that begins with an instruction. */
struct sb_code {
	enum sb_machine machine;
	struct sb_span bytes;
	uint64_t address, offset; /* of the first byte: at run time, and in the file */
	void *image;              /* for what follows */
	/** May an immediate of that value be an address of the image? NULL: no immediate is one. */
	bool (*is_address)(const void *image, uint64_t value);
	/** What lies at an address, escaped; NULL when there is no memory. The pointer itself may be NULL: nothing is named. */
	const char *(*name)(void *image, uint64_t address, struct sb_arena *arena);
};

/** Gets one reference after the other, by offset; false: no more of them. */
typedef bool sb_code_found(void *context, const struct sb_reference *reference);
/** References of all instructions; none of machines other than x86 and ARM64. False when @found had enough, or without memory. */
SB_MUST_USE bool sb_code_references(const struct sb_code *code, sb_code_found *found, void *context);
/** The same of ARM64, whose fields are whole instructions: what an instruction says beside the address is the rest of the reference. */
SB_MUST_USE bool sb_arm64_references(const struct sb_code *code, sb_code_found *found, void *context);
/** The first few instructions that touch [from, from + length) of the bytes, escaped, in @arena; NULL when nothing can be said. */
const char *sb_code_show(const struct sb_code *code, uint64_t from, uint64_t length, struct sb_arena *arena);

#endif
