/* SPDX-License-Identifier: Apache-2.0 */
/* Which stream of randomness a process reads. Fixed in size; what does not fit pushes out what was there, and starts anew. */
#ifndef VERIFIER_SANDBOX_STREAMS_H
#define VERIFIER_SANDBOX_STREAMS_H

#include "verifier/sandbox/random.h"

#include <sys/types.h>

struct sb_streams;

/** NULL when there is no memory. Allocates no heap: init may call it. */
SB_MUST_USE struct sb_streams *sb_streams_new(void);
void sb_streams_free(struct sb_streams **streams);

/** The stream that @pid has begun, or NULL. Valid until the next call. */
struct sb_random *sb_streams_find(struct sb_streams *streams, pid_t pid);
/** @pid runs a further image of @kind: its stream. Valid until the next call. */
struct sb_random *sb_streams_begin(struct sb_streams *streams, pid_t pid, const struct sb_random_kind *kind);

#endif
