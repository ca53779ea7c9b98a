/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/recipe/recipe.h"

#include <string.h>

bool sb_recipe_quote(struct sb_buf *out, const char *text)
{
	struct sb_span bytes = sb_span_text(text);

	for (size_t i = 0; i < bytes.n; i++)
		if (bytes.p[i] < 0x20 || bytes.p[i] > 0x7e)
			return false;
	sb_buf_text(out, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			sb_buf_text(out, "\\");
		sb_buf_add(out, text, 1);
	}
	sb_buf_text(out, "\"");
	return true;
}
