/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/pages.h"
#include "verifier/cli/verbs.h"

static void add_exit_codes(struct sb_invocation *call)
{
	size_t count;
	const struct sb_exit_row *rows = sb_exit_rows(&count);

	for (size_t i = 0; i < count; i++)
		sb_buf_printf(&call->out, "%4d  %s\n", rows[i].code, rows[i].meaning);
	sb_buf_text(&call->out, "\nThe worst wins: 70, 6, 3, 4, 5, 1, 0. An unknown code counts as failure.\n");
}

static const char *nearest_id(struct sb_invocation *call, const char *word)
{
	size_t count;
	const struct sb_page *pages = sb_pages(&count);
	const char **ids = sb_arena_array(call->arena, count + 1, sizeof *ids);

	for (size_t i = 0; ids && i < count; i++)
		ids[i] = pages[i].id;
	return ids ? sb_text_nearest(word, ids) : NULL;
}

/* An id may be that of a cause and of an error at once: all its pages are shown. */
static bool add_pages(struct sb_invocation *call, const char *id)
{
	size_t count;
	const struct sb_page *pages = sb_pages(&count);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(pages[i].id, id) != 0)
			continue;
		sb_buf_printf(&call->out, "%s%s: %s\n\n%s\nTo mend it: %s.\n", found ? "\n" : "", pages[i].id, pages[i].title, pages[i].text, pages[i].hint);
		if (pages[i].kind == SB_PAGE_ERROR)
			sb_buf_printf(&call->out, "Exit code %d.\n", pages[i].exit);
		found = true;
	}
	return found;
}

static int to_document(struct sb_invocation *call, const char *id, struct sb_err *err)
{
	char *text = sb_arena_copy(call->arena, sb_buf_span(&call->out));
	struct sb_node *document = sb_cli_new_document(call, "samebuild-page/1"), *lines = sb_node_list(call->arena);
	bool good = text && document && sb_node_put(call->arena, document, "id", sb_node_text(call->arena, id)) && lines;

	for (char *line = text, *end; good && line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		good = sb_node_push(call->arena, lines, sb_node_text(call->arena, line));
	}
	good = good && sb_node_put(call->arena, document, "lines", lines);
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	const char *id = call->words[0];

	if (strcmp(id, "exit-codes") == 0) {
		add_exit_codes(call);
	} else if (!add_pages(call, id)) {
		const char *nearest = nearest_id(call, id);
		return sb_fail(err, SB_USAGE, "page-unknown", "there is no page %s%s%s", id, nearest ? "; did you mean " : "", nearest ? nearest : "");
	}
	int rc = call->json ? to_document(call, id, err) : 0;
	return rc ? rc : SB_EXIT_OK;
}

static const struct sb_option explain_options[] = {
	{0},
};

const struct sb_verb sb_verb_explain = {
	.name = "explain",
	.summary = "explain an error, a cause, a level or the exit codes",
	.operands = "ID",
	.options = explain_options,
	.least_words = 1,
	.most_words = 1,
	.run = run,
};
