/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in help; generated from docs/man/ by docs/generate/help.py. */
#ifndef VERIFIER_CLI_HELP_H
#define VERIFIER_CLI_HELP_H

#include <stddef.h>

struct sb_help {
	const char *name; /* a verb, the first word of a group of verbs, or "" for the program */
	const char *text;
};

const struct sb_help *sb_helps(size_t *count);

#endif
