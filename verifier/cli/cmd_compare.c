/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/verbs.h"
#include "verifier/pipeline/pipeline.h"

static int compare(struct sb_invocation *call, struct sb_parsers *parsers, struct sb_err *err)
{
	struct sb_compare_paths paths = {0};
	struct sb_result result = {0};
	struct sb_facts facts;

	int rc = sb_cli_load_facts(call, &facts, err);
	if (!rc)
		rc = sb_compare_open_paths(call->words[0], call->words[1], sb_arg_given(call, "metadata"), call->jobs, call->progress, &paths, err);
	if (rc)
		return rc;
	paths.in.parsers = parsers;
	rc = sb_pipeline_compare(&paths.in, &facts, call->arena, &result, err);
	if (!rc)
		rc = sb_output_write(call, &result, err);
	sb_compare_close_paths(&paths);
	return rc ? rc : sb_exit_of_level(result.level);
}

/* Parsers come from a process that was there before anything foreign was. */
static int run(struct sb_invocation *call, struct sb_err *err)
{
	const struct sb_parsers_options options = {.progress = call->progress};
	struct sb_parsers *parsers = NULL;

	int rc = sb_output_check(call, err);
	if (!rc)
		rc = sb_parsers_start(&options, &parsers, err);
	if (!rc)
		rc = compare(call, parsers, err);
	sb_parsers_stop(&parsers);
	return rc;
}

static const struct sb_option compare_options[] = {
	{"output", 'o', "FORMAT=PATH", true},
	{"facts", 0, "FILE", false},
	{"metadata", 0, NULL, false},
	{0},
};

const struct sb_verb sb_verb_compare = {
	.name = "compare",
	.summary = "compare two files or two directories",
	.operands = "SHIPPED REBUILT",
	.options = compare_options,
	.least_words = 2,
	.most_words = 2,
	.stoppable = true,
	.run = run,
};
