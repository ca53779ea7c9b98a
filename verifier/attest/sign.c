/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/attest/attest.h"

int sb_attest_sign(const struct sb_result *result, const struct sb_statement_context *context, const struct sb_secret *secret, struct sb_buf *out,
                   struct sb_err *err)
{
	SB_BUF struct sb_buf statement = {0};
	int rc = sb_statement_write(result, context, &statement, err);

	return rc ? rc : sb_dsse_sign(SB_DSSE_INTOTO, sb_buf_span(&statement), secret, out, err);
}
