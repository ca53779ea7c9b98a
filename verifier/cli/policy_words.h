/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy asks for, as sentences. */
#ifndef VERIFIER_CLI_POLICY_WORDS_H
#define VERIFIER_CLI_POLICY_WORDS_H

#include "verifier/cli/policy_file.h"

/** A list of texts in call->arena, foreign parts escaped; NULL when out of memory. */
struct sb_node *sb_policy_words(struct sb_invocation *call, const struct sb_policy_file *file);

#endif
