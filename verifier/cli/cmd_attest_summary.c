/* SPDX-License-Identifier: Apache-2.0 */
/* Relying on somebody else's gate. */
#include "verifier/attest/attest.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/moments.h"
#include "verifier/cli/verbs.h"

#include <fcntl.h>
#include <sys/stat.h>

/** What was asked, loaded. */
struct asked {
	struct sb_vsa_asked in;
	struct sb_span lines;
	uint8_t key[SB_PUBLIC_BYTES];
	struct sb_digest artifact;
};

static int digest_file(const char *path, struct sb_digest *out, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	int rc = sb_cli_open_regular(path, &fd, err);

	return rc ? rc : sb_hash_fd(fd, SB_DIGEST_BOTH, out, err);
}

static int load_key(struct sb_invocation *call, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err)
{
	struct sb_span file;
	int rc = sb_cli_load_file(call, sb_arg_value(call, "key"), 64 * 1024, &file, err);

	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "key-unreadable");
	return sb_public_parse(file, out, err);
}

static int load(struct sb_invocation *call, struct asked *out, struct sb_err *err)
{
	static const char *const needed[] = {"key", "verifier", "artifact", "resource"};
	const char *level = sb_arg_value(call, "level");

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!sb_arg_given(call, needed[i]))
			return sb_fail(err, SB_USAGE, "option-missing", "attest summary needs --%s", needed[i]);
	*out = (struct asked){.in = {.key = out->key, .verifier_id = sb_arg_value(call, "verifier"), .resource_uri = sb_arg_value(call, "resource"), .artifact = &out->artifact,
	                             .least = SB_LEVEL_EXPLAINED, .waivers = sb_arg_given(call, "waivers")}};
	if (level && (!sb_level_parse(level, &out->in.least) || out->in.least <= SB_LEVEL_DIFFERENT))
		return sb_fail(err, SB_USAGE, "option-value", "--level %s is no level that can be asked for", level);
	int rc = sb_cli_time(call, &out->in.time, err);
	if (!rc)
		rc = sb_cli_moment(call, "since", INT64_MIN, &out->in.since, err);
	if (rc)
		return rc;
	rc = sb_cli_load_file(call, call->words[0], SB_LIMIT_OF(RECORD_BYTES), &out->lines, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "evidence-absent");
	rc = load_key(call, out->key, err);
	return rc ? rc : digest_file(sb_arg_value(call, "artifact"), &out->artifact, err);
}

static int tell(struct sb_invocation *call, const struct sb_vsa_read *summary, bool good, struct sb_err *err)
{
	const char *result = summary->passed ? "PASSED" : "FAILED";
	char when[SB_MOMENT_TEXT];

	(void)sb_moment_write(summary->time, when);
	if (!call->json) {
		sb_buf_printf(&call->out, "%s: %s by %s at %s, level %s%s\n", good ? "verified" : "the signature is good, the verdict is not", result,
		              sb_cli_escape(call, summary->verifier_id), when, sb_level_name(summary->level), summary->waived ? ", with a waiver" : "");
		return sb_buf_ok(&call->out, err);
	}
	struct sb_arena *arena = call->arena;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-summary/1");
	bool put = document && sb_node_put(arena, document, "good", sb_node_bool(arena, good)) && sb_node_put(arena, document, "result", sb_node_text(arena, result)) &&
	           sb_node_put(arena, document, "verifier", sb_node_text(arena, summary->verifier_id)) &&
	           sb_node_put(arena, document, "resource", sb_node_text(arena, summary->resource_uri)) && sb_node_put(arena, document, "time", sb_node_text(arena, when)) &&
	           sb_node_put(arena, document, "level", sb_node_text(arena, sb_level_name(summary->level))) &&
	           sb_node_put(arena, document, "waived", sb_node_bool(arena, summary->waived));
	return sb_cli_document(call, put ? document : NULL, err);
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_vsa_read summary;
	struct asked asked;
	bool good = false;

	int rc = load(call, &asked, err);
	if (!rc)
		rc = sb_attest_check_summary(asked.lines, &asked.in, call->arena, &summary, &good, err);
	if (!rc)
		rc = tell(call, &summary, good, err);
	return rc ? rc : good ? SB_EXIT_OK : SB_EXIT_BELOW;
}

static const struct sb_option attest_summary_options[] = {
	{"key", 0, "KEY", false},
	{"verifier", 0, "URI", false},
	{"artifact", 0, "FILE", false},
	{"resource", 0, "URI", false},
	{"level", 0, "LEVEL", false},
	{"waivers", 0, NULL, false},
	{"since", 0, "TIME", false},
	{"time", 0, "TIME", false},
	{0},
};

const struct sb_verb sb_verb_attest_summary = {
	.name = "attest summary",
	.summary = "rely on what somebody else's gate decided",
	.operands = "FILE",
	.options = attest_summary_options,
	.least_words = 1,
	.most_words = 1,
	.run = run,
};
