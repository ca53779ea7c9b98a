/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/policy_words.h"

#include <inttypes.h>

/** Sentences so far; a failed allocation is asked for once at the end. */
struct speech {
	struct sb_invocation *call;
	const struct sb_policy *policy;
	struct sb_node *list;
	bool failed;
};

static const char *shown(struct speech *speech, const char *text)
{
	return sb_cli_escape(speech->call, text);
}

/* Already escaped; sb_node_text would do it twice. */
static void say(struct speech *speech, const char *sentence)
{
	struct sb_node *node = sentence ? sb_node_text(speech->call->arena, "") : NULL;

	if (node)
		node->text = sb_span_text(sentence);
	speech->failed |= !sb_node_push(speech->call->arena, speech->list, node);
}

static const char *joined(struct speech *speech, const char *const *words, size_t count)
{
	const char *out = "";

	for (size_t i = 0; out && i < count; i++)
		out = sb_arena_printf(speech->call->arena, "%s%s%s", out, i ? ", " : "", shown(speech, words[i]));
	speech->failed |= !out;
	return out ? out : "";
}

static const char *causes_of(struct speech *speech, const struct sb_policy_artifact *row)
{
	const char *words[SB_CAUSES];
	size_t count = 0;

	if (row->any_cause)
		return "of any cause that the level allows";
	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		if (row->causes[cause])
			words[count++] = sb_cause_name((enum sb_cause)cause);
	return count ? joined(speech, words, count) : "of no cause at all";
}

static void say_class(struct speech *speech, const struct sb_policy_artifact *row)
{
	struct sb_arena *arena = speech->call->arena;

	say(speech, sb_arena_printf(arena, "files %s must be %s or better, with differences %s", shown(speech, row->files), sb_level_name(row->level), causes_of(speech, row)));
	if (row->has_freedom)
		say(speech, sb_arena_printf(arena, "for files %s the vendor may have chosen %" PRIu64 " bytes of the run%s", shown(speech, row->files), row->freedom_bytes,
		                            row->freedom_loaded ? "" : ", none of which is loaded at run time"));
}

static void say_quorum(struct speech *speech)
{
	const struct sb_policy *policy = speech->policy;

	for (size_t i = 0; i < policy->group_count; i++) {
		const struct sb_policy_group *group = &policy->groups[i];
		say(speech, sb_arena_printf(speech->call->arena, "%s means %zu of %s", shown(speech, group->name), group->need, joined(speech, group->of, group->count)));
	}
	say(speech, policy->quorum ? sb_arena_printf(speech->call->arena, "%s must have stated it", shown(speech, policy->quorum))
	                           : "any one rebuilder or evaluator must have stated it");
}

static void say_waivers(struct speech *speech)
{
	for (size_t i = 0; i < speech->policy->waiver_count; i++) {
		const struct sb_waiver *waiver = &speech->policy->waivers[i];
		const char *text = sb_attest_waiver_text(waiver, speech->call->arena);
		char hex[2 * SB_SHA256_BYTES + 1];
		sb_text_hex(sb_span_of(waiver->sha256, SB_SHA256_BYTES), hex);
		say(speech, text ? sb_arena_printf(speech->call->arena, "of the file %s these bytes may differ: %s", hex, text) : NULL);
	}
}

static void say_rules(struct speech *speech)
{
	const struct sb_policy *policy = speech->policy;

	if (policy->any_rule)
		say(speech, "any rule in any version may have been applied");
	else if (policy->rule_count == 0)
		say(speech, "no rule may have been applied");
	for (size_t i = 0; i < policy->rule_count; i++)
		say(speech, sb_arena_printf(speech->call->arena, "the rule %s may have been applied in version %s", shown(speech, policy->rules[i].id),
		                            joined(speech, policy->rules[i].versions, policy->rules[i].count)));
}

static void say_sources(struct speech *speech)
{
	const struct sb_policy *policy = speech->policy;
	char hex[2 * SB_SHA256_BYTES + 1];

	say(speech, sb_arena_printf(speech->call->arena, "statements are about the product %s", shown(speech, policy->resource)));
	if (policy->has_source) {
		sb_text_hex(sb_span_of(policy->source, SB_SHA256_BYTES), hex);
		say(speech, sb_arena_printf(speech->call->arena, "the sources are those of the manifest %s", hex));
	}
	say(speech, policy->opaque_count ? sb_arena_printf(speech->call->arena, "these prebuilt inputs may be in it: %s", joined(speech, policy->opaque, policy->opaque_count))
	                                 : "no prebuilt input may be in it");
}

static void say_time(struct speech *speech, const struct sb_policy_file *file)
{
	const struct sb_policy *policy = speech->policy;
	struct sb_arena *arena = speech->call->arena;

	char expires[SB_MOMENT_TEXT];

	if (policy->expires != INT64_MAX && sb_moment_write(policy->expires, expires))
		say(speech, sb_arena_printf(arena, "nothing is decided by this policy from %s on", expires));
	if (policy->max_age)
		say(speech, sb_arena_printf(arena, "a statement is at most %" PRIu64 " hours old", policy->max_age / 3600));
	if (policy->distinct_toolchain)
		say(speech, sb_arena_printf(arena, "the statements that count show %zu different toolchains", policy->distinct_toolchain));
	if (policy->distinct_kernel)
		say(speech, sb_arena_printf(arena, "the statements that count show %zu different kernels", policy->distinct_kernel));
	if (policy->log)
		say(speech, sb_arena_printf(arena, "statements are in the log %s, and at least %zu of %zu witnesses have seen them there", shown(speech, policy->log->key.name), policy->log->need,
		                            policy->log->witness_count));
	if (policy->log && policy->log->max_head_age)
		say(speech, sb_arena_printf(arena, "they have signed the largest head that is shown in the last %" PRIu64 " hours", policy->log->max_head_age / 3600));
	if (policy->log && policy->log->veto)
		say(speech, "somebody independent who states in that log that a file is different decides, and all of the log must be there");
	if (policy->root)
		say(speech, sb_arena_printf(arena, "keys count as the root %s says, in version %" PRIu64 " or later", shown(speech, policy->root), file->held.root.version));
	if (policy->root && policy->max_trust_age)
		say(speech, sb_arena_printf(arena, "that version has been here for at most %" PRIu64 " hours", policy->max_trust_age / 3600));
}

struct sb_node *sb_policy_words(struct sb_invocation *call, const struct sb_policy_file *file)
{
	struct speech speech = {.call = call, .policy = &file->policy, .list = sb_node_list(call->arena)};

	say_sources(&speech);
	for (size_t i = 0; i < file->policy.artifact_count; i++)
		say_class(&speech, &file->policy.artifacts[i]);
	say_rules(&speech);
	say_waivers(&speech);
	say_quorum(&speech);
	say_time(&speech, file);
	return speech.failed ? NULL : speech.list;
}
