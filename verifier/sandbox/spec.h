/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_SPEC_H
#define VERIFIER_SANDBOX_SPEC_H

#include "verifier/sandbox/sandbox.h"

/** Refuse what cannot be run as it stands, before anything runs. Errors: USAGE "sandbox-spec", "build-path-taken", "out-occupied". */
SB_MUST_USE int sb_spec_check(const struct sb_sandbox_spec *spec, struct sb_err *err);

#endif
