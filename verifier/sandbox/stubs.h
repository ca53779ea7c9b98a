/* SPDX-License-Identifier: Apache-2.0 */
/* Machine code that takes the place of the vDSO's functions, x86-64. No I/O. */
#ifndef VERIFIER_SANDBOX_STUBS_H
#define VERIFIER_SANDBOX_STUBS_H

#include "verifier/sandbox/clock.h"

/** Functions of the vDSO that tell the time, the processor or random bytes; order of no meaning. */
enum sb_stub { SB_STUB_CLOCK_GETTIME, SB_STUB_GETTIMEOFDAY, SB_STUB_TIME, SB_STUB_GETCPU, SB_STUB_GETRANDOM, SB_STUBS };

struct sb_code {
	uint8_t bytes[128];
	size_t n; /* above the size: it did not fit */
};

/**
 * The code for one function, position independent, without stack below a return address that it does not restore:
 * SHIFT adds whole seconds to what CLOCK_MONOTONIC says, FROZEN says the epoch, getcpu says processor 0, getrandom becomes the system call.
 * Source: vdso(7), and the prototypes in the kernel's arch/x86/entry/vdso.
 */
struct sb_code sb_stub_code(enum sb_stub stub, const struct sb_clock_rule *rule);

/** A jump of SB_STUB_JUMP bytes from offset @from to offset @to of the same image. */
enum { SB_STUB_JUMP = 5 };
struct sb_code sb_stub_jump(uint64_t from, uint64_t to);

#endif
