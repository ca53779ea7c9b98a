/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own word on what was read and written, taken when the build is over: access times of the source, times of change, and the files
 * that are there. Then the digests of what the build read and left.
 */
#ifndef VERIFIER_SANDBOX_WITNESS_H
#define VERIFIER_SANDBOX_WITNESS_H

#include "verifier/sandbox/tracing.h"

/** In init, with its own rights, when no process of the build lives. What disagrees is a doubt of the recorder. */
void sb_witness_take(struct sb_tracing *tracing);

/** What the file that is newest under a key says, @path being one of its names. Of the room, for its tests. */
void sb_witness_compare(struct sb_recorder *recorder, const struct stat *st, const char *path);

#endif
