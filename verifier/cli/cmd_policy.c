/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/evidence.h"
#include "verifier/cli/verbs.h"

static void add_text(struct sb_invocation *call, const struct sb_policy *policy)
{
	sb_buf_printf(&call->out, "  product   %s\n", sb_cli_escape(call, policy->resource));
	for (size_t i = 0; i < policy->artifact_count; i++)
		sb_buf_printf(&call->out, "  class     %s: %s or better\n", sb_cli_escape(call, policy->artifacts[i].files), sb_level_name(policy->artifacts[i].level));
	for (size_t i = 0; i < policy->key_count; i++) {
		const struct sb_policy_party *party = &policy->parties[policy->keys[i].party];
		char fingerprint[SB_FINGERPRINT_TEXT];
		sb_public_fingerprint(policy->keys[i].key, fingerprint);
		sb_buf_printf(&call->out, "  key       %s   %s, %s\n", fingerprint, party->name, sb_role_name(party->role));
	}
	sb_buf_printf(&call->out, "  quorum    %s\n", policy->quorum ? policy->quorum : "any independent party");
}

static int to_document(struct sb_invocation *call, const struct sb_policy *policy, struct sb_err *err)
{
	struct sb_node *document = sb_cli_new_document(call, "samebuild-policy-checked/1");
	bool good = document && sb_node_put(call->arena, document, "sha256", sb_node_hex(call->arena, policy->sha256, SB_SHA256_BYTES)) &&
	            sb_node_put(call->arena, document, "resource", sb_node_text(call->arena, policy->resource)) &&
	            sb_node_put(call->arena, document, "keys", sb_node_int(call->arena, (int64_t)policy->key_count)) &&
	            sb_node_put(call->arena, document, "parties", sb_node_int(call->arena, (int64_t)policy->party_count));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run_check(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_policy policy;
	int rc = sb_cli_load_policy(call, call->words[0], &policy, err);

	if (rc || call->json)
		return rc ? rc : to_document(call, &policy, err);
	add_text(call, &policy);
	return sb_buf_ok(&call->out, err);
}

static const struct sb_option policy_check_options[] = {
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
