/* SPDX-License-Identifier: Apache-2.0 */
/* Which rebuild made what stands beside each delivered file: the plain one, or one under facts. */
#include "verifier/pipeline/line.h"

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

const struct sb_rebuilt *sb_line_made(const struct sb_line_sides *sides, size_t file)
{
	return sides->instead && sides->instead[file] ? sides->instead[file] : sides->base;
}

static int note(struct sb_vec *builds, const struct sb_rebuilt *build, struct sb_err *err)
{
	for (size_t i = 0; i < builds->count; i++)
		if (*(const struct sb_rebuilt **)sb_vec_at(builds, i) == build)
			return 0;
	const struct sb_rebuilt **slot = sb_vec_push(builds);
	if (!slot)
		return no_memory(err);
	*slot = build;
	return 0;
}

int sb_line_builds(const struct sb_line_sides *sides, size_t files, struct sb_vec *builds, struct sb_err *err)
{
	int rc = files ? 0 : note(builds, sides->base, err);

	for (size_t i = 0; !rc && i < files; i++)
		rc = note(builds, sb_line_made(sides, i), err);
	return rc;
}
