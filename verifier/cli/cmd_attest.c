/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/attest/attest.h"
#include "verifier/cli/envelopes.h"
#include "verifier/cli/evidence.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/runs.h"
#include "verifier/cli/verbs.h"

#include <fcntl.h>
#include <sys/stat.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Where the statement of a run goes, and of a file to which a signature is added. */
static const char *path_to_sign(struct sb_invocation *call)
{
	const char *path = sb_arg_value(call, "attestation");

	if (path || is_file(call->words[0]))
		return path ? path : call->words[0];
	const char *folder = sb_run_folder(call, call->words[0]);
	return folder ? sb_arena_printf(call->arena, "%s/statement.intoto.jsonl", folder) : NULL;
}

static int run_sign(struct sb_invocation *call, struct sb_err *err)
{
	const char *key = sb_arg_value(call, "key"), *path = path_to_sign(call);

	if (!key)
		return sb_fail(err, SB_USAGE, "option-missing", "attest sign needs --key KEY");
	if (!path)
		return no_memory(err);
	if (!is_file(call->words[0]) && sb_arg_given(call, "signed-by"))
		return sb_fail(err, SB_USAGE, "option-value", "--signed-by is for a statement that was signed before, not for a run");
	if (!call->json)
		sb_buf_printf(&call->out, "%s\n", sb_cli_escape(call, path));
	int rc = is_file(call->words[0]) ? sb_cli_cosign(call, call->words[0], key, err) : sb_run_sign(call, call->words[0], key, path, err);
	if (rc || !call->json)
		return rc;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-signed/1");
	bool good = document && sb_node_put(call->arena, document, "path", sb_node_text(call->arena, path));
	return sb_cli_document(call, good ? document : NULL, err);
}

/** What `attest verify` was asked, loaded. */
struct asked {
	struct sb_attest_verify_in in;
	struct sb_digest report;
};

static int load_keys(struct sb_invocation *call, struct asked *out, struct sb_err *err)
{
	size_t count = 0;

	while (sb_arg_nth(call, "key", count))
		count++;
	uint8_t(*keys)[SB_PUBLIC_BYTES] = sb_arena_array(call->arena, count, sizeof *keys);
	if (!keys)
		return no_memory(err);
	if (count == 0)
		return sb_fail(err, SB_USAGE, "option-missing", "attest verify needs --key KEY");
	for (size_t i = 0; i < count; i++) {
		int rc = sb_cli_load_public(call, sb_arg_nth(call, "key", i), keys[i], err);
		if (rc)
			return rc;
	}
	out->in.keys = (const uint8_t(*)[SB_PUBLIC_BYTES])keys;
	out->in.key_count = count;
	return 0;
}

static int digest_file(const char *path, struct sb_digest *out, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	int rc = sb_cli_open_regular(path, &fd, err);

	return rc ? rc : sb_hash_fd(fd, SB_DIGEST_BOTH, out, err);
}

static int load_artifacts(struct sb_invocation *call, struct asked *out, struct sb_err *err)
{
	size_t count = 0;

	while (sb_arg_nth(call, "artifact", count))
		count++;
	struct sb_digest *digests = sb_arena_array(call->arena, count, sizeof *digests);
	const char **names = sb_arena_array(call->arena, count, sizeof *names);
	if (!digests || !names)
		return no_memory(err);
	if (count == 0)
		return sb_fail(err, SB_USAGE, "option-missing", "attest verify needs --artifact FILE");
	for (size_t i = 0; i < count; i++) {
		names[i] = sb_arg_nth(call, "artifact", i);
		int rc = digest_file(names[i], &digests[i], err);
		if (rc)
			return rc;
	}
	out->in.artifacts = digests;
	out->in.artifact_names = names;
	out->in.artifact_count = count;
	return 0;
}

static int load_asked(struct sb_invocation *call, struct asked *out, struct sb_err *err)
{
	const char *level = sb_arg_value(call, "level"), *report = sb_arg_value(call, "report");

	*out = (struct asked){.in = {.resource_uri = sb_arg_value(call, "resource"), .least = SB_LEVEL_EXPLAINED}};
	if (level && (!sb_level_parse(level, &out->in.least) || out->in.least <= SB_LEVEL_DIFFERENT))
		return sb_fail(err, SB_USAGE, "option-value", "--level %s is no level that can be asked for", level);
	if (sb_arg_given(call, "signature")) {
		if (level)
			return sb_fail(err, SB_USAGE, "option-value", "--signature asks for no level, and --level for one");
		out->in.least = SB_LEVEL_UNDETERMINED;
	}
	int rc = sb_cli_load_attestation(call, call->words[0], &out->in.lines, err);
	if (!rc)
		rc = sb_cli_lines_of(call, out->in.lines, &out->in.lines, err);
	if (rc)
		return rc;
	if (report && (rc = digest_file(report, &out->report, err)))
		return rc;
	out->in.report = report ? &out->report : NULL;
	rc = load_keys(call, out, err);
	return rc ? rc : load_artifacts(call, out, err);
}

static void add_checks(struct sb_invocation *call, const struct sb_attest_verified *verified)
{
	for (size_t i = 0; i < verified->check_count; i++) {
		const struct sb_attest_check *check = &verified->checks[i];
		if (call->verbose || !check->ok)
			sb_buf_printf(&call->out, "  %-5s %-18s expected %s   found %s\n", check->ok ? "ok" : "FAIL", check->name, check->expected, check->found);
	}
	sb_buf_printf(&call->out, "%s: %s, level %s\n", verified->good ? "verified" : "the signature is good, the verdict is not",
	              sb_cli_escape(call, verified->statement.resource_uri), sb_level_name(verified->statement.level));
}

static int to_document(struct sb_invocation *call, const struct sb_attest_verified *verified, struct sb_err *err)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-verified/1"), *list = sb_node_list(arena);
	bool good = document && list && sb_node_put(arena, document, "good", sb_node_bool(arena, verified->good)) &&
	            sb_node_put(arena, document, "level", sb_node_text(arena, sb_level_name(verified->statement.level))) &&
	            sb_node_put(arena, document, "resource", sb_node_text(arena, verified->statement.resource_uri));

	for (size_t i = 0; good && i < verified->check_count; i++) {
		struct sb_node *map = sb_node_map(arena);
		good = sb_node_put(arena, map, "name", sb_node_text(arena, verified->checks[i].name)) &&
		       sb_node_put(arena, map, "ok", sb_node_bool(arena, verified->checks[i].ok)) &&
		       sb_node_put(arena, map, "expected", sb_node_text(arena, verified->checks[i].expected)) &&
		       sb_node_put(arena, map, "found", sb_node_text(arena, verified->checks[i].found)) && sb_node_push(arena, list, map);
	}
	good = good && sb_node_put(arena, document, "checks", list);
	return sb_cli_document(call, good ? document : NULL, err);
}

static void release_blobs(struct sb_blob *blobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sb_blob_release(&blobs[i]);
}

static int take_blob(const char *path, struct sb_blob *out, struct sb_err *err)
{
	SB_CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? sb_fail_errno(err, "file-unreadable", "cannot open %s", path) : sb_blob_take(fd, SB_LIMIT_OF(MEMBER_BYTES), out, err);
}

/* The files are read again whole, since a signature may be over their bytes: what is verified is this reading. */
static int verify_foreign_files(struct sb_invocation *call, const struct asked *asked, struct sb_attest_foreign *out, struct sb_err *err)
{
	size_t count = asked->in.artifact_count;
	struct sb_blob *blobs = sb_arena_array(call->arena, count, sizeof *blobs);
	struct sb_span *spans = sb_arena_array(call->arena, count, sizeof *spans);
	int rc = blobs && spans ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < count; i++) {
		blobs[i].fd = -1;
		rc = take_blob(asked->in.artifact_names[i], &blobs[i], err);
		spans[i] = blobs[i].bytes;
	}
	const struct sb_attest_foreign_in in = {.text = asked->in.lines, .keys = asked->in.keys, .key_count = asked->in.key_count, .artifacts = spans, .artifact_count = count};
	if (!rc)
		rc = sb_attest_verify_foreign(&in, call->arena, out, err);
	if (blobs)
		release_blobs(blobs, count);
	return rc;
}

/* A good signature without a level is good only for who asked for no level. */
static int verify_foreign(struct sb_invocation *call, const struct asked *asked, struct sb_err *err)
{
	bool enough = sb_arg_given(call, "signature");
	struct sb_attest_foreign found;

	if (asked->in.resource_uri || asked->in.report)
		return sb_fail(err, SB_USAGE, "option-value", "--resource and --report are for statements, and this is a signature or a link");
	int rc = verify_foreign_files(call, asked, &found, err);
	if (rc)
		return rc;
	if (!call->json) {
		sb_buf_printf(&call->out, "%s: the signature is good: %s\n%s", found.kind, found.proves, enough ? "" : "no level was verified; --signature asks for none\n");
		return enough ? SB_EXIT_OK : SB_EXIT_BELOW;
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-verified/1");
	bool good = document && sb_node_put(call->arena, document, "good", sb_node_bool(call->arena, enough)) &&
	            sb_node_put(call->arena, document, "level", sb_node_text(call->arena, sb_level_name(SB_LEVEL_UNDETERMINED))) &&
	            sb_node_put(call->arena, document, "kind", sb_node_text(call->arena, found.kind)) &&
	            sb_node_put(call->arena, document, "proves", sb_node_text(call->arena, found.proves)) &&
	            sb_node_put(call->arena, document, "checks", sb_node_list(call->arena));
	rc = sb_cli_document(call, good ? document : NULL, err);
	return rc ? rc : enough ? SB_EXIT_OK : SB_EXIT_BELOW;
}

static int run_verify(struct sb_invocation *call, struct sb_err *err)
{
	struct asked asked;
	struct sb_attest_verified verified = {0};

	int rc = load_asked(call, &asked, err);
	if (!rc && sb_attest_is_foreign(asked.in.lines, call->arena))
		return verify_foreign(call, &asked, err);
	if (!rc)
		rc = sb_cli_as_envelopes(call, asked.in.lines, &asked.in.lines, err);
	if (!rc)
		rc = sb_attest_verify(&asked.in, call->arena, &verified, err);
	if (rc)
		return rc;
	if (call->json)
		rc = to_document(call, &verified, err);
	else
		add_checks(call, &verified);
	return rc ? rc : verified.good ? SB_EXIT_OK : SB_EXIT_BELOW;
}

static const struct sb_option attest_sign_options[] = {
	{"key", 0, "KEY", false},
	{"also", 0, "FORMS", false},
	{"signed-by", 0, "KEY", true},
	{"attestation", 0, "PATH", false},
	{"verifier", 0, "URI", false},
	{"time", 0, "TIME", false},
	{"passphrase-fd", 0, "N", false},
	{0},
};

static const struct sb_option attest_verify_options[] = {
	{"key", 0, "KEY", true},
	{"artifact", 0, "FILE", true},
	{"level", 0, "LEVEL", false},
	{"resource", 0, "URI", false},
	{"report", 0, "FILE", false},
	{"signature", 0, NULL, false},
	{0},
};

const struct sb_verb sb_verb_attest_sign = {
	.name = "attest sign",
	.summary = "sign the statement of a run, or add a signature",
	.operands = "RUN|FILE",
	.options = attest_sign_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_sign,
};

const struct sb_verb sb_verb_attest_verify = {
	.name = "attest verify",
	.summary = "check a signed statement against a file and keys",
	.operands = "FILE",
	.options = attest_verify_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_verify,
};
