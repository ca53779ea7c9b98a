/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/errors.h"

#include "verifier/cli/exits.h"
#include "verifier/cli/pages.h"

#include <inttypes.h>

static const char *id_of(const struct sb_err *err)
{
	return err->id ? err->id : "internal";
}

static void print_place(struct sb_invocation *call, const struct sb_err *err)
{
	if (!err->where[0] && err->offset == UINT64_MAX)
		return;
	fprintf(stderr, "  --> %s", sb_cli_escape(call, err->where));
	if (err->line)
		fprintf(stderr, ", line %u, column %u", err->line, err->column);
	if (err->offset != UINT64_MAX)
		fprintf(stderr, ", offset %" PRIu64, err->offset);
	fputc('\n', stderr);
}

static void print_error(struct sb_invocation *call, const struct sb_err *err)
{
	const struct sb_page *page = sb_page_find(SB_PAGE_ERROR, err->id);
	const char *on = call->colour_err ? "\033[31m" : "", *off = call->colour_err ? "\033[0m" : "";

	fprintf(stderr, "samebuild: %serror%s[%s]: %s\n", on, off, id_of(err), sb_cli_escape(call, err->msg));
	print_place(call, err);
	if (page) {
		fprintf(stderr, "  hint: %s\n", page->hint);
		fprintf(stderr, "  more: samebuild explain %s\n", id_of(err));
	}
}

static struct sb_node *error_node(struct sb_invocation *call, const struct sb_err *err)
{
	const struct sb_page *page = sb_page_find(SB_PAGE_ERROR, err->id);
	struct sb_node *map = sb_node_map(call->arena), *where = sb_node_list(call->arena);
	bool good = !err->where[0] || sb_node_push(call->arena, where, sb_node_text(call->arena, err->where));

	good = good && sb_node_put(call->arena, map, "id", sb_node_text(call->arena, id_of(err))) &&
	       sb_node_put(call->arena, map, "message", sb_node_text(call->arena, err->msg)) && sb_node_put(call->arena, map, "where", where) &&
	       sb_node_put(call->arena, map, "line", sb_node_int(call->arena, err->line)) &&
	       sb_node_put(call->arena, map, "column", sb_node_int(call->arena, err->column)) &&
	       sb_node_put(call->arena, map, "hint", sb_node_text(call->arena, page ? page->hint : NULL));
	return good ? map : NULL;
}

static void write_document(struct sb_invocation *call, const struct sb_err *const *errors, size_t count, int code)
{
	struct sb_node *document = sb_cli_new_document(call, "samebuild-error/1"), *list = sb_node_list(call->arena);
	bool good = document && list;

	for (size_t i = 0; good && i < count; i++)
		good = sb_node_push(call->arena, list, error_node(call, errors[i]));
	good = good && sb_node_put(call->arena, document, "errors", list) && sb_node_put(call->arena, document, "exit", sb_node_int(call->arena, code));
	if (!good || sb_cli_document(call, document, NULL))
		fputs("samebuild: out of memory\n", stderr);
}

int sb_errors_show(struct sb_invocation *call, const struct sb_err *err)
{
	const struct sb_err *errors[SB_PROBLEMS_MAX] = {err};
	size_t count = 1;
	int code = sb_exit_of(err);

	if (call->problems && call->problems->total > 0) {
		count = call->problems->total < SB_PROBLEMS_MAX ? call->problems->total : SB_PROBLEMS_MAX;
		for (size_t i = 0; i < count; i++)
			errors[i] = &call->problems->items[i];
	}
	if (call->json)
		write_document(call, errors, count, code);
	for (size_t i = 0; i < count; i++)
		print_error(call, errors[i]);
	if (call->problems && call->problems->total > count)
		fprintf(stderr, "samebuild: and %zu more\n", (size_t)call->problems->total - count);
	return code;
}
