/* SPDX-License-Identifier: Apache-2.0 */
/* What a verb hands to main: one document, or text. */
#include "verifier/cli/cli.h"

#include <stdarg.h>

struct sb_node *sb_cli_new_document(struct sb_invocation *call, const char *schema)
{
	struct sb_node *map = sb_node_map(call->arena);
	return sb_node_put(call->arena, map, "schema", sb_node_text(call->arena, schema)) ? map : NULL;
}

int sb_cli_document(struct sb_invocation *call, const struct sb_node *document, struct sb_err *err)
{
	if (!document)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	call->out.len = 0;
	sb_node_write_json(document, &call->out);
	sb_buf_text(&call->out, "\n");
	return sb_buf_ok(&call->out, err);
}

void sb_cli_say(struct sb_invocation *call, const char *fmt, ...)
{
	va_list args;

	if (call->quiet)
		return;
	va_start(args, fmt);
	fputs("samebuild: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

const char *sb_cli_escape(struct sb_invocation *call, const char *text)
{
	const char *out = sb_escape_copy(call->arena, sb_span_text(text));
	return out ? out : "?";
}
