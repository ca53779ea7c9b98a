/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/paths.h"

#include <string.h>

int sb_path_enter(struct sb_path *path, struct sb_span name, size_t *before, struct sb_err *err)
{
	size_t slash = path->length != 0;

	if (name.n + slash > sizeof path->text - path->length)
		return sb_fail_limit(err, SB_LIMIT_ROW_PATH_BYTES, path->length + slash + name.n);
	*before = path->length;
	if (slash)
		path->text[path->length++] = '/';
	if (name.n)
		memcpy(path->text + path->length, name.p, name.n);
	path->length += name.n;
	return 0;
}

void sb_path_leave(struct sb_path *path, size_t before)
{
	path->length = before;
}

int sb_path_keep(struct sb_view *view, const struct sb_path *path, struct sb_span *out, struct sb_err *err)
{
	return sb_keep(view, path->length ? sb_span_of(path->text, path->length) : sb_span_text("."), out, err);
}
