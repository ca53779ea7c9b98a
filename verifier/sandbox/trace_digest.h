/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_TRACE_DIGEST_H
#define VERIFIER_SANDBOX_TRACE_DIGEST_H

#include "verifier/sandbox/tracing.h"

/** In init, when no process of the build lives: digests of what the build read of the root, and of what it left. */
void sb_trace_digest(struct sb_tracing *tracing);

#endif
