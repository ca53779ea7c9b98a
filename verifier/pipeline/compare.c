/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/pipeline/pipeline.h"

int sb_pipeline_compare(const struct sb_compare_in *in, const struct sb_facts *facts, struct sb_arena *arena, struct sb_result *out,
                        struct sb_err *err)
{
	struct sb_comparison comparison = {0};
	struct sb_explanation explanation = {0};

	int rc = sb_compare_run(in, &comparison, err);
	if (!rc)
		rc = sb_explain_run(&comparison, facts, &explanation, err);
	if (!rc)
		rc = sb_judge_run(&comparison, &explanation, arena, out, err);
	sb_explanation_release(&explanation);
	sb_comparison_release(&comparison);
	return rc;
}
