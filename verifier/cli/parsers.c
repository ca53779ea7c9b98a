/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/parsers.h"

int sb_cli_with_parsers(struct sb_invocation *call, sb_work_with_parsers *work, struct sb_err *err)
{
	const struct sb_parsers_options options = {.progress = call->progress};
	struct sb_parsers *parsers = NULL;
	int rc = sb_parsers_start(&options, &parsers, err);

	if (!rc)
		rc = work(call, parsers, err);
	sb_parsers_stop(&parsers);
	return rc;
}
