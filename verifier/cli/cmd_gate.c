/* SPDX-License-Identifier: Apache-2.0 */
/* Decides from signed statements alone; the policy is the word of whoever names it on the command line. */
#include "verifier/attest/attest.h"
#include "verifier/cli/evidence.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/gate_reports.h"
#include "verifier/cli/gate_sign.h"
#include "verifier/cli/install.h"
#include "verifier/cli/moments.h"
#include "verifier/cli/policy_file.h"
#include "verifier/cli/verbs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** What decides, and when. */
struct deciding {
	struct sb_gate_in in;
	struct sb_named_evidence evidence;
	struct sb_policy_file policy;
	struct sb_installing installing;
};

static int load_policy(struct sb_invocation *call, struct deciding *out, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "policy");

	if (!path)
		return sb_fail(err, SB_USAGE, "option-missing", "gate needs --policy FILE");
	int rc = sb_cli_time(call, &out->in.time, err);
	out->in.policy = &out->policy.policy;
	return rc ? rc : sb_policy_file_load(call, path, out->in.time, !sb_arg_given(call, "time"), &out->policy, err);
}

/* The bytes that are judged are those of the descriptor that was opened; with --install they are copied in the same read. */
static int digest_artifact(const char *path, int copy, struct sb_digest *out, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	int rc = sb_cli_open_regular(path, &fd, err);

	return rc ? rc : copy >= 0 ? sb_install_copy(fd, copy, out, err) : sb_hash_fd(fd, SB_DIGEST_BOTH, out, err);
}

static int load_artifacts(struct sb_invocation *call, struct deciding *deciding, struct sb_err *err)
{
	struct sb_installing *installing = &deciding->installing;
	struct sb_gate_in *in = &deciding->in;
	const char *destination = sb_arg_value(call, "install");
	size_t count = 0;
	int rc = 0;

	while (sb_arg_nth(call, "artifact", count))
		count++;
	if (count == 0 || (destination && count != 1))
		return sb_fail(err, SB_USAGE, "option-missing", destination ? "--install takes one --artifact FILE" : "gate needs --artifact FILE");
	struct sb_digest *digests = sb_arena_array(call->arena, count, sizeof *digests);
	const char **names = sb_arena_array(call->arena, count, sizeof *names);
	if (!digests || !names)
		return no_memory(err);
	if (destination)
		rc = sb_install_begin(installing, destination, err);
	for (size_t i = 0; !rc && i < count; i++) {
		names[i] = sb_arg_nth(call, "artifact", i);
		rc = digest_artifact(names[i], installing->fd, &digests[i], err);
	}
	in->artifacts = digests;
	in->artifact_names = names;
	in->artifact_count = count;
	return rc;
}

/* ---- what is shown ---- */

static void add_voices(struct sb_invocation *call, const struct sb_gate_artifact *artifact)
{
	for (size_t i = 0; i < artifact->voice_count; i++) {
		const struct sb_gate_voice *voice = &artifact->voices[i];
		if (voice->reason || call->verbose)
			sb_buf_printf(&call->out, "          %-12s %s%s%s   statement %.16s\n", voice->party, voice->reason ? voice->reason : "counts",
			              voice->level == SB_LEVEL_UNDETERMINED ? "" : ", says ", voice->level == SB_LEVEL_UNDETERMINED ? "" : sb_level_name(voice->level),
			              voice->pae);
	}
}

static void add_text(struct sb_invocation *call, const struct sb_gated *gated, const struct deciding *deciding)
{
	const struct sb_gate_in *in = &deciding->in;

	sb_policy_file_add_root(call, &deciding->policy, in->time);
	for (size_t i = 0; i < in->artifact_count; i++) {
		const struct sb_gate_artifact *artifact = &gated->artifacts[i];
		sb_buf_printf(&call->out, "  %s   %s\n", artifact->allowed ? "allowed" : "refused", sb_cli_escape(call, artifact->name));
		for (size_t k = 0; k < artifact->rule_count; k++) {
			const struct sb_gate_rule *rule = &artifact->rules[k];
			if (!rule->ok || call->verbose || strcmp(rule->name, "waiver") == 0)
				sb_buf_printf(&call->out, "    %-5s %-9s needed: %s; found: %s\n", rule->ok ? "ok" : "FAIL", rule->name, rule->needed, rule->found);
		}
		add_voices(call, artifact);
	}
	sb_buf_printf(&call->out, "  evidence  %" PRIu64 " lines, %" PRIu64 " no envelope, %" PRIu64 " signed by nobody that the policy knows\n", gated->lines,
	              gated->unreadable, gated->strangers);
	if (gated->left_out)
		sb_buf_printf(&call->out, "  left out  %" PRIu64 " statements or signatures over a limit\n", gated->left_out);
	sb_buf_printf(&call->out, "  gate      %s: %s\n", sb_cli_escape(call, sb_arg_value(call, "policy")), gated->allowed ? "allowed" : "refused");
}

static struct sb_node *rule_node(struct sb_invocation *call, const struct sb_gate_rule *rule)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *map = sb_node_map(arena);
	bool good = sb_node_put(arena, map, "rule", sb_node_text(arena, rule->name)) && sb_node_put(arena, map, "ok", sb_node_bool(arena, rule->ok)) &&
	            sb_node_put(arena, map, "needed", sb_node_text(arena, rule->needed)) && sb_node_put(arena, map, "found", sb_node_text(arena, rule->found));
	return good ? map : NULL;
}

static struct sb_node *voice_node(struct sb_invocation *call, const struct sb_gate_voice *voice)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *map = sb_node_map(arena);
	bool good = sb_node_put(arena, map, "party", sb_node_text(arena, voice->party)) && sb_node_put(arena, map, "pae", sb_node_text(arena, voice->pae)) &&
	            sb_node_put(arena, map, "level", sb_node_text(arena, sb_level_name(voice->level))) &&
	            sb_node_put(arena, map, "dissents", sb_node_bool(arena, voice->dissents)) &&
	            (!voice->waived || sb_node_put(arena, map, "waived", sb_node_bool(arena, true))) &&
	            (!voice->reason || sb_node_put(arena, map, "reason", sb_node_text(arena, voice->reason)));
	return good ? map : NULL;
}

static struct sb_node *artifact_node(struct sb_invocation *call, const struct sb_gate_artifact *artifact)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *map = sb_node_map(arena), *rules = sb_node_list(arena), *counted = sb_node_list(arena), *rejected = sb_node_list(arena);
	bool good = true;

	for (size_t i = 0; i < artifact->rule_count; i++)
		good = good && sb_node_push(arena, rules, rule_node(call, &artifact->rules[i]));
	for (size_t i = 0; i < artifact->voice_count; i++)
		good = good && sb_node_push(arena, artifact->voices[i].reason ? rejected : counted, voice_node(call, &artifact->voices[i]));
	good = good && sb_node_put(arena, map, "name", sb_node_text(arena, artifact->name)) &&
	       sb_node_put(arena, map, "sha256", sb_node_hex(arena, artifact->digest.sha256, SB_SHA256_BYTES)) &&
	       sb_node_put(arena, map, "allowed", sb_node_bool(arena, artifact->allowed)) &&
	       sb_node_put(arena, map, "verified", sb_node_bool(arena, artifact->verified)) && sb_node_put(arena, map, "rules", rules) &&
	       sb_node_put(arena, map, "by", counted) && sb_node_put(arena, map, "rejected", rejected);
	return good ? map : NULL;
}

static int to_document(struct sb_invocation *call, const struct sb_gated *gated, const struct deciding *deciding, int code, struct sb_err *err)
{
	const struct sb_gate_in *in = &deciding->in;
	struct sb_arena *arena = call->arena;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-gate/1"), *list = sb_node_list(arena);
	char when[SB_MOMENT_TEXT];
	bool good = document && sb_moment_write(in->time, when);

	for (size_t i = 0; i < in->artifact_count; i++)
		good = good && sb_node_push(arena, list, artifact_node(call, &gated->artifacts[i]));
	good = good && sb_node_put(arena, document, "time", sb_node_text(arena, when)) &&
	       sb_node_put(arena, document, "policy", sb_node_hex(arena, in->policy->sha256, SB_SHA256_BYTES)) &&
	       sb_node_put(arena, document, "root", sb_policy_file_root_node(call, &deciding->policy, in->time)) &&
	       sb_node_put(arena, document, "artifacts", list) && sb_node_put(arena, document, "allowed", sb_node_bool(arena, gated->allowed)) &&
	       sb_node_put(arena, document, "lines", sb_node_int(arena, (int64_t)gated->lines)) &&
	       sb_node_put(arena, document, "unreadable", sb_node_int(arena, (int64_t)gated->unreadable)) &&
	       sb_node_put(arena, document, "strangers", sb_node_int(arena, (int64_t)gated->strangers)) &&
	       sb_node_put(arena, document, "left_out", sb_node_int(arena, (int64_t)gated->left_out)) &&
	       sb_node_put(arena, document, "exit", sb_node_int(arena, code));
	return sb_cli_document(call, good ? document : NULL, err);
}

/* ---- the decision ---- */

static void say_reason(struct sb_invocation *call, const struct sb_gated *gated, const struct sb_gate_in *in)
{
	for (size_t i = 0; i < in->artifact_count; i++) {
		const struct sb_gate_artifact *artifact = &gated->artifacts[i];
		for (size_t k = 0; !artifact->allowed && k < artifact->rule_count; k++)
			if (!artifact->rules[k].ok) {
				sb_cli_say(call, "refused: %s: %s: needed %s, found %s", sb_cli_escape(call, artifact->name), artifact->rules[k].name,
				           artifact->rules[k].needed, artifact->rules[k].found);
				return;
			}
	}
}

static int exit_of(const struct sb_gated *gated, const struct sb_gate_in *in)
{
	bool verified = true, undecided = gated->left_out > 0;

	for (size_t i = 0; i < in->artifact_count; i++) {
		verified = verified && gated->artifacts[i].verified;
		undecided = undecided || gated->artifacts[i].undecided;
	}
	if (gated->allowed)
		return verified ? SB_EXIT_OK : SB_EXIT_INTERNAL;
	if (!verified && gated->left_out == 0)
		return SB_EXIT_EVIDENCE;
	return undecided ? SB_EXIT_UNDECIDED : SB_EXIT_BELOW;
}

static int decide(struct sb_invocation *call, struct deciding *deciding, struct sb_err *err)
{
	struct sb_gated gated;
	int rc = sb_attest_gate(&deciding->in, call->arena, &gated, err);

	if (rc)
		return rc;
	int code = exit_of(&gated, &deciding->in);
	if (call->json)
		rc = to_document(call, &gated, deciding, code, err);
	else
		add_text(call, &gated, deciding);
	if (!rc)
		rc = sb_gate_reports_write(call, &gated, &deciding->in, err);
	if (!rc)
		rc = sb_gate_sign(call, &gated, &deciding->in, err);
	if (!rc && code == SB_EXIT_OK)
		rc = sb_install_finish(&deciding->installing, err);
	if (!rc)
		say_reason(call, &gated, &deciding->in);
	return rc ? rc : code;
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct deciding deciding = {.installing = SB_INSTALLING_NONE};

	int rc = sb_gate_reports_check(call, err);
	if (!rc)
		rc = sb_gate_sign_check(call, err);
	if (!rc)
		rc = load_policy(call, &deciding, err);
	if (!rc)
		rc = sb_cli_load_evidence(call, &deciding.evidence, err);
	deciding.in.evidence = deciding.evidence.lines;
	deciding.in.evidence_count = deciding.evidence.line_files;
	if (!rc)
		rc = load_artifacts(call, &deciding, err);
	if (!rc)
		rc = sb_cli_view_log(call, &deciding.evidence, &deciding.in, err);
	if (!rc)
		rc = decide(call, &deciding, err);
	sb_install_abandon(&deciding.installing);
	return rc;
}

static const struct sb_option gate_options[] = {
	{"policy", 0, "FILE", false},
	{"attestations", 0, "PATH", true},
	{"artifact", 0, "FILE", true},
	{"log", 0, "DIR", false},
	{"time", 0, "TIME", false},
	{"install", 0, "PATH", false},
	{"output", 'o', "FORMAT=PATH", true},
	{"sign", 0, "KEY", false},
	{"attestation", 0, "PATH", false},
	{"verifier", 0, "URI", false},
	{"passphrase-fd", 0, "N", false},
	{0},
};

const struct sb_verb sb_verb_gate = {
	.name = "gate",
	.summary = "decide from signed statements whether files may be used",
	.operands = "",
	.options = gate_options,
	.run = run,
};
