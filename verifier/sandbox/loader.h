/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dynamic loader of a program: a file that the kernel opens at the exec, and that opens the program's libraries in turn. A library that was loaded is
 * a part of the tool, as its image is, and nothing that the tool was given to work on.
 */
#ifndef VERIFIER_SANDBOX_LOADER_H
#define VERIFIER_SANDBOX_LOADER_H

#include "verifier/sandbox/tracing.h"

/** Of the program that @kin runs since its last exec. @base: where its loader lies in its memory (AT_BASE); 0: it has none. */
void sb_loader_note(struct sb_tracing *tracing, struct sb_kin *kin, uint64_t base);

/**
 * Did the loader's code ask, from address @caller? Only of glibc's: that of musl is its C library, whose opens are everybody's. A program can jump into it;
 * what it gains by that is a file of the root which counts as run and not as read.
 */
bool sb_loader_asks(const struct sb_kin *kin, uint64_t caller);

#endif
