/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code that the kernel maps into every process for calls without a system call. The image is the same in all processes of
 * one boot, so our own tells where in another process the functions lie.
 */
#ifndef VERIFIER_SANDBOX_VDSO_H
#define VERIFIER_SANDBOX_VDSO_H

#include "base/base.h"
#include "verifier/sandbox/stubs.h"

struct sb_vdso {
	struct {
		uint32_t at, size; /* offset in the image and bytes; 0: this kernel has no such function */
	} functions[SB_STUBS];
};

/** What is written over an image: @n bytes at offset @at. */
struct sb_vdso_patch {
	uint32_t at, n;
	uint8_t bytes[4096];
};

/** The image of this process; empty when it has none, or one that is not understood. */
struct sb_span sb_vdso_own(void);

/**
 * Find the functions. False, and @out untouched, when the image is no ELF-64 file with a dynamic symbol table, or has none of them.
 * Source: System V gABI chapters 4 and 5; vdso(7).
 */
SB_MUST_USE bool sb_vdso_read(struct sb_span image, struct sb_vdso *out);

/**
 * The patch that puts stubs over @wanted (bits of enum sb_stub). All code goes into the room of the largest function, for some
 * are shorter than their stubs; the others jump there. False when there is no room for it, or nothing to patch.
 */
SB_MUST_USE bool sb_vdso_patch_make(struct sb_span image, const struct sb_vdso *vdso, unsigned wanted, const struct sb_clock_rule *rule,
                                    struct sb_vdso_patch *out);

/** Can read-only code be written through /proc/PID/mem? Tried on our own image, with its own bytes. 0, or an errno. */
int sb_vdso_try_write(void);

#endif
