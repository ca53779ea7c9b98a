/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/inputs.h"
#include "verifier/cli/moments.h"
#include "verifier/cli/output.h"
#include "verifier/cli/policy_file.h"
#include "verifier/cli/policy_words.h"
#include "verifier/cli/verbs.h"

static const char *state_of(const struct sb_policy_file *file)
{
	return !file->policy.root ? "keys of its own" : file->is_signed ? "signed" : "a draft: gate takes it when it is signed";
}

static void add_text(struct sb_invocation *call, const struct sb_policy_file *file)
{
	const struct sb_policy *policy = &file->policy;

	sb_buf_printf(&call->out, "  product   %s\n", sb_cli_escape(call, policy->resource));
	for (size_t i = 0; i < policy->artifact_count; i++)
		sb_buf_printf(&call->out, "  class     %s: %s or better\n", sb_cli_escape(call, policy->artifacts[i].files), sb_level_name(policy->artifacts[i].level));
	for (size_t i = 0; i < policy->key_count; i++) {
		const struct sb_policy_party *party = &policy->parties[policy->keys[i].party];
		char fingerprint[SB_FINGERPRINT_TEXT];
		if (!policy->keys[i].may_state)
			continue;
		sb_public_fingerprint(policy->keys[i].key, fingerprint);
		sb_buf_printf(&call->out, "  key       %s   %s, %s\n", fingerprint, party->name, sb_role_name(party->role));
	}
	sb_buf_printf(&call->out, "  quorum    %s\n", policy->quorum ? policy->quorum : "any independent party");
	sb_buf_printf(&call->out, "  state     %s\n", state_of(file));
}

static int to_document(struct sb_invocation *call, const struct sb_policy_file *file, int64_t time, struct sb_err *err)
{
	struct sb_node *document = sb_cli_new_document(call, "samebuild-policy-checked/1");
	bool good = document && sb_node_put(call->arena, document, "sha256", sb_node_hex(call->arena, file->policy.sha256, SB_SHA256_BYTES)) &&
	            sb_node_put(call->arena, document, "resource", sb_node_text(call->arena, file->policy.resource)) &&
	            sb_node_put(call->arena, document, "keys", sb_node_int(call->arena, (int64_t)file->policy.key_count)) &&
	            sb_node_put(call->arena, document, "parties", sb_node_int(call->arena, (int64_t)file->policy.party_count)) &&
	            sb_node_put(call->arena, document, "signed", sb_node_bool(call->arena, file->is_signed)) &&
	            sb_node_put(call->arena, document, "root", sb_policy_file_root_node(call, file, time));
	return sb_cli_document(call, good ? document : NULL, err);
}

/* A draft may be looked at; what claims to be signed must be. */
static int load(struct sb_invocation *call, int64_t *time, struct sb_policy_file *out, struct sb_err *err)
{
	int rc = sb_cli_time(call, time, err);

	if (!rc)
		rc = sb_policy_file_read(call, call->words[0], out, err);
	return rc || !out->is_signed ? rc : sb_policy_file_check(call, out, *time, !sb_arg_given(call, "time"), err);
}

static int run_check(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_policy_file file;
	int64_t time;
	int rc = load(call, &time, &file, err);

	if (rc || call->json)
		return rc ? rc : to_document(call, &file, time, err);
	sb_policy_file_add_root(call, &file, time);
	add_text(call, &file);
	return sb_buf_ok(&call->out, err);
}

static int run_explain(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_policy_file file;
	int64_t time;
	int rc = load(call, &time, &file, err);

	if (rc)
		return rc;
	struct sb_node *sentences = sb_policy_words(call, &file);
	if (call->json) {
		struct sb_node *document = sentences ? sb_cli_new_document(call, "samebuild-policy-explained/1") : NULL;
		bool good = document && sb_node_put(call->arena, document, "sentences", sentences) &&
		            sb_node_put(call->arena, document, "root", sb_policy_file_root_node(call, &file, time));
		return sb_cli_document(call, good ? document : NULL, err);
	}
	for (size_t i = 0; sentences && i < sentences->count; i++)
		sb_buf_printf(&call->out, "- %s\n", (const char *)sentences->items[i]->text.p);
	return sentences ? sb_buf_ok(&call->out, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int publish(struct sb_invocation *call, const char *path, const struct sb_buf *text, struct sb_err *err)
{
	int rc = sb_output_publish(path, sb_buf_span(text), err);

	if (rc && rc != SB_NOMEM) {
		if (err)
			err->code = SB_TEMPORARY;
		return sb_reidentify(err, "report-unwritable");
	}
	if (rc || !call->json) {
		if (!rc)
			sb_buf_printf(&call->out, "%s\n", sb_cli_escape(call, path));
		return rc ? rc : sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-signed/1");
	bool good = document && sb_node_put(call->arena, document, "path", sb_node_text(call->arena, path));
	return sb_cli_document(call, good ? document : NULL, err);
}

/* Lines of those who signed before stay: each is one signer's. */
static int run_sign(struct sb_invocation *call, struct sb_err *err)
{
	const char *key = sb_arg_value(call, "key"), *path = sb_arg_value(call, "out");
	SB_BUF struct sb_buf text = {.ceiling = (size_t)SB_LIMIT_OF(DOCUMENT_BYTES)};
	struct sb_secret *secret = NULL;
	struct sb_policy_file file;
	int64_t time;

	if (!key || !path)
		return sb_fail(err, SB_USAGE, "option-missing", "policy sign needs --key KEY and --out FILE");
	int rc = sb_cli_time(call, &time, err);
	if (!rc)
		rc = sb_policy_file_read(call, call->words[0], &file, err);
	if (!rc && !file.policy.root)
		rc = sb_fail(err, SB_USAGE, "policy-malformed", "a policy that is signed names the root whose keys sign it");
	if (!rc)
		rc = sb_cli_load_secret(call, key, &secret, err);
	if (!rc && file.is_signed) {
		sb_buf_add(&text, file.lines.p, file.lines.n);
		if (file.lines.n && file.lines.p[file.lines.n - 1] != '\n')
			sb_buf_text(&text, "\n");
	}
	if (!rc)
		rc = sb_attest_policy_sign(&file.policy, &file.held.root, time, secret, &text, err);
	sb_secret_free(&secret);
	return rc ? rc : publish(call, path, &text, err);
}

static const struct sb_option policy_check_options[] = {
	{"time", 0, "TIME", false},
	{0},
};

static const struct sb_option policy_explain_options[] = {
	{"time", 0, "TIME", false},
	{0},
};

static const struct sb_option policy_sign_options[] = {
	{"key", 0, "KEY", false},
	{"out", 0, "FILE", false},
	{"time", 0, "TIME", false},
	{"passphrase-fd", 0, "N", false},
	{0},
};

const struct sb_verb sb_verb_policy_check = {
	.name = "policy check",
	.summary = "read a policy and say what it asks for",
	.operands = "FILE",
	.options = policy_check_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_check,
};

const struct sb_verb sb_verb_policy_explain = {
	.name = "policy explain",
	.summary = "say in sentences what a policy asks for",
	.operands = "FILE",
	.options = policy_explain_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_explain,
};

const struct sb_verb sb_verb_policy_sign = {
	.name = "policy sign",
	.summary = "sign a policy that rests on a trust root",
	.operands = "FILE",
	.options = policy_sign_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_sign,
};
