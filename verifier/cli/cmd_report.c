/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/output.h"
#include "verifier/cli/runs.h"
#include "verifier/cli/verbs.h"

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_result result = {0};
	struct sb_span record;

	int rc = sb_output_check(call, err);
	if (!rc)
		rc = sb_run_load(call, call->words[0], &result, NULL, &record, err);
	return rc ? rc : sb_output_write(call, &result, err);
}

static const struct sb_option report_options[] = {
	{"output", 'o', "FORMAT=PATH", true},
	{0},
};

const struct sb_verb sb_verb_report = {
	.name = "report",
	.summary = "render a finished run again",
	.operands = "RUN",
	.options = report_options,
	.least_words = 1,
	.most_words = 1,
	.run = run,
};
