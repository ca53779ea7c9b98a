/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/help.h"
#include "verifier/cli/verbs.h"

static int document(struct sb_invocation *call, const char *key, const char *value, struct sb_err *err)
{
	struct sb_node *map = sb_cli_new_document(call, "samebuild-program/1");
	bool good = map && sb_node_put(call->arena, map, "name", sb_node_text(call->arena, "samebuild")) &&
	            sb_node_put(call->arena, map, key, sb_node_text(call->arena, value));
	return sb_cli_document(call, good ? map : NULL, err);
}

static int run_version(struct sb_invocation *call, struct sb_err *err)
{
	if (call->json)
		return document(call, "version", SB_VERSION, err);
	sb_buf_text(&call->out, "samebuild " SB_VERSION "\n");
	return sb_buf_ok(&call->out, err);
}

static int run_help(struct sb_invocation *call, struct sb_err *err)
{
	size_t count;
	const struct sb_help *helps = sb_helps(&count);
	const char *wanted = call->word_count == 0   ? ""
	                     : call->word_count == 1 ? call->words[0]
	                                             : sb_arena_printf(call->arena, "%s %s", call->words[0], call->words[1]);

	for (size_t i = 0; wanted && i < count; i++) {
		if (strcmp(helps[i].name, wanted) != 0)
			continue;
		if (call->json)
			return document(call, "help", helps[i].text, err);
		sb_buf_text(&call->out, helps[i].text);
		return sb_buf_ok(&call->out, err);
	}
	return sb_fail(err, SB_USAGE, "verb-unknown", "there is no verb %s", wanted ? wanted : "");
}

static const struct sb_option version_options[] = {
	{0},
};

static const struct sb_option help_options[] = {
	{0},
};

const struct sb_verb sb_verb_version = {
	.name = "version",
	.summary = "print the version",
	.operands = "",
	.options = version_options,
	.run = run_version,
};

const struct sb_verb sb_verb_help = {
	.name = "help",
	.summary = "show the verbs, or the help of one",
	.operands = "[VERB]",
	.options = help_options,
	.most_words = 2,
	.run = run_help,
};
