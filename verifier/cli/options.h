/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_CLI_OPTIONS_H
#define VERIFIER_CLI_OPTIONS_H

#include "verifier/cli/cli.h"

/** Options that every verb takes, before or after its name. */
extern const struct sb_option sb_common_options[];

/**
 * Parse the command line into @call, whose arena is set. Long options as --name=value or --name value, short ones alone,
 * joined (-qv) or with their value (-j2, -j 2); "--" ends options; "-" is an operand.
 * Nothing is abbreviated and nothing is ignored: what the verb does not take is an error.
 * @argv  borrowed for the life of @call.
 * Errors: USAGE "verb-missing", "verb-unknown", "option-unknown", "option-value", "option-repeated", "operand-missing",
 * "operand-extra"; NOMEM. call->json is set as far as it was seen, so that the error can be shown in its form.
 */
SB_MUST_USE int sb_options_parse(int argc, char **argv, struct sb_invocation *call, struct sb_err *err);

#endif
