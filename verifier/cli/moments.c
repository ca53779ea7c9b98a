/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/moments.h"

#include "manifests/manifests.h"

#include <time.h>

int sb_cli_moment(struct sb_invocation *call, const char *name, int64_t otherwise, int64_t *out, struct sb_err *err)
{
	const char *text = sb_arg_value(call, name);

	*out = otherwise;
	if (text && !sb_moment_read(text, out))
		return sb_fail(err, SB_USAGE, "option-value", "--%s %s: a time like 2027-01-01T00:00:00Z, or a day, is due here", name, text);
	return 0;
}

int sb_cli_time(struct sb_invocation *call, int64_t *out, struct sb_err *err)
{
	return sb_cli_moment(call, "time", (int64_t)time(NULL), out, err);
}
