/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_PLACE_H
#define VERIFIER_SANDBOX_PLACE_H

#include "verifier/sandbox/sandbox.h"

/**
 * Where the writable file system of a build goes: in *mount the build path, or its first component where that hides nothing of the root.
 * A delivered file may have named the path, so no build lies where programs are looked for, nor over anything that the root brings.
 * Errors: NOMEM, USAGE "build-path-taken".
 */
SB_MUST_USE int sb_place_choose(const struct sb_sandbox_spec *spec, struct sb_arena *arena, const char **mount, struct sb_err *err);

#endif
