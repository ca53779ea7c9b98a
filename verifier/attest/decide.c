/* SPDX-License-Identifier: Apache-2.0 */
/* From what was said of a file to whether it is let through. */
#include "verifier/attest/gate.h"

#include <stdio.h>
#include <string.h>

enum { MOST_RULES = 8 };

/** What was said of one file. */
struct council {
	const struct sb_gate_in *in;
	struct sb_gate_spoken *const *spoken;
	size_t count;
	const struct sb_gate_agreement *chosen; /* what those agree on whose word is taken; NULL: nobody's counts */
	bool *parties;                          /* whose word is taken, by index */
	struct sb_arena *arena;
	bool no_memory;
};

static size_t gather(const struct council *council, const struct sb_gate_agreement *agreement, bool *parties)
{
	size_t found = 0;

	memset(parties, 0, council->in->policy->party_count * sizeof *parties);
	for (size_t i = 0; i < council->count; i++) {
		if (!sb_gate_counts_for(council->spoken[i], agreement) || parties[council->spoken[i]->party])
			continue;
		parties[council->spoken[i]->party] = true;
		found++;
	}
	return found;
}

static const uint8_t *kernel_of(const struct sb_gate_spoken *spoken)
{
	return spoken->kernel.kinds ? spoken->kernel.sha256 : NULL;
}

static const uint8_t *toolchain_of(const struct sb_gate_spoken *spoken)
{
	return spoken->toolchain.kinds ? spoken->toolchain.sha256 : NULL;
}

/* Several signatures over one statement are one rebuild. */
static const uint8_t *rebuild_of(const struct sb_gate_spoken *spoken)
{
	return spoken->voice.level >= SB_LEVEL_REPRODUCED ? spoken->sha256 : NULL;
}

/* None when there is no memory, which is marked. */
static size_t distinct(struct council *council, const struct sb_gate_agreement *agreement, sb_gate_shows_fn *shows)
{
	const struct sb_gate_said said = {.policy = council->in->policy, .spoken = council->spoken, .count = council->count, .agreement = agreement};
	size_t found = 0;

	council->no_memory |= sb_gate_distinct(&said, shows, &found, NULL) != 0;
	return found;
}

static bool is_distinct(struct council *council, const struct sb_gate_agreement *agreement)
{
	const struct sb_policy *policy = council->in->policy;
	return (!policy->distinct_toolchain || distinct(council, agreement, toolchain_of) >= policy->distinct_toolchain) &&
	       (!policy->distinct_kernel || distinct(council, agreement, kernel_of) >= policy->distinct_kernel);
}

static bool was_tried(const struct council *council, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (sb_gate_counts_for(council->spoken[i], &council->spoken[at]->agreement))
			return true;
	return false;
}

/* The first agreement that is enough; else the one that most parties share, to show what is missing. */
static void choose(struct council *council)
{
	const struct sb_policy *policy = council->in->policy;
	size_t most = 0;

	for (size_t i = 0; i < council->count; i++) {
		const struct sb_gate_agreement *agreement = &council->spoken[i]->agreement;
		if (council->spoken[i]->voice.reason || was_tried(council, i))
			continue;
		size_t found = gather(council, agreement, council->parties);
		if (sb_policy_quorum_is_met(policy, council->parties) && is_distinct(council, agreement)) {
			council->chosen = agreement;
			return;
		}
		if (found > most) {
			most = found;
			council->chosen = agreement;
		}
	}
	if (council->chosen)
		(void)gather(council, council->chosen, council->parties);
}

/* What counted by itself and is not taken: another agreement, or a party that has spoken already. */
static void mark_others(const struct council *council)
{
	for (size_t i = 0; i < council->count; i++) {
		struct sb_gate_spoken *spoken = council->spoken[i];
		if (spoken->voice.reason)
			continue;
		if (!sb_gate_counts_for(spoken, council->chosen)) {
			spoken->voice.reason = "disagrees";
			continue;
		}
		for (size_t k = 0; k < i; k++)
			if (!council->spoken[k]->voice.reason && council->spoken[k]->party == spoken->party)
				spoken->voice.reason = "same-party";
	}
}

/* Whoever says of one file that it is equal and that it is not quite has not reproduced it. */
static bool doubts(const struct council *council, size_t party)
{
	for (size_t i = 0; i < council->count; i++)
		if (council->spoken[i]->party == party && sb_gate_counts_for(council->spoken[i], council->chosen) && council->spoken[i]->voice.level < SB_LEVEL_REPRODUCED)
			return true;
	return false;
}

/* What those say whose word is taken, at its worst: also of what they said more than once. */
static void sum_up(struct council *council, struct sb_gate_artifact *out)
{
	size_t doubtful = 0;

	for (size_t i = 0; i < council->count; i++) {
		const struct sb_gate_spoken *spoken = council->spoken[i];
		if (!sb_gate_counts_for(spoken, council->chosen))
			continue;
		out->level = out->resource_uri ? sb_level_worse(out->level, spoken->voice.level) : spoken->voice.level;
		out->resource_uri = spoken->resource_uri;
		out->waived |= spoken->voice.waived;
	}
	for (size_t i = 0; i < council->in->policy->party_count; i++)
		doubtful += council->parties[i] && sb_role_is_independent(council->in->policy->parties[i].role) && doubts(council, i);
	size_t rebuilds = distinct(council, council->chosen, rebuild_of);
	out->reproducers = rebuilds > doubtful ? rebuilds - doubtful : 0;
}

/** Names of the parties that are heard, in the order of the policy. */
static const char *names(const struct council *council)
{
	const struct sb_policy *policy = council->in->policy;
	const char *out = NULL;

	for (size_t i = 0; council->chosen && i < policy->party_count; i++)
		if (council->parties[i])
			out = out ? sb_arena_printf(council->arena, "%s, %s", out, policy->parties[i].name) : policy->parties[i].name;
	return out ? out : "nobody";
}

static const char *shown_class(const struct council *council, const struct sb_policy_artifact *row)
{
	const char *causes = row->any_cause ? "" : sb_arena_copy(council->arena, sb_span_text(", causes"));

	for (size_t i = 0; !row->any_cause && causes && i < SB_CAUSES; i++)
		if (row->causes[i])
			causes = sb_arena_printf(council->arena, "%s %s", causes, sb_cause_name((enum sb_cause)i));
	if (!causes || !row->has_freedom)
		return causes ? sb_arena_printf(council->arena, "%s or better%s", sb_level_name(row->level), causes) : NULL;
	return sb_arena_printf(council->arena, "%s or better%s, at most %llu bytes of freedom%s", sb_level_name(row->level), causes,
	                       (unsigned long long)row->freedom_bytes, row->freedom_loaded ? "" : ", none of them loaded");
}

static const char *shown_distinct(const struct council *council, size_t toolchains, size_t kernels)
{
	return sb_arena_printf(council->arena, "%zu toolchains, %zu kernels", toolchains, kernels);
}

/* Those that are about these bytes; other papers of the same parties verify nothing. */
static size_t count_signed(const struct council *council, size_t *counted)
{
	size_t found = 0;

	*counted = 0;
	for (size_t i = 0; i < council->count; i++) {
		found += council->spoken[i]->row != NULL && council->spoken[i]->valid;
		*counted += council->spoken[i]->voice.reason == NULL;
	}
	return found;
}

/** By the name that was signed: whoever delivers a file chooses what it is called. Where nobody names it, by that. */
static const struct sb_policy_artifact *class_of(const struct council *council, size_t artifact)
{
	const char *name = council->in->artifact_names[artifact], *slash = strrchr(name, '/');

	for (size_t i = 0; i < council->count; i++)
		if (council->spoken[i]->row)
			return council->spoken[i]->row;
	return sb_policy_artifact_for(council->in->policy, slash ? slash + 1 : name);
}

/* What was let through in spite of a difference is told, whatever else is. */
static const char *shown_waivers(const struct council *council)
{
	const struct sb_policy *policy = council->in->policy;
	const char *out = "";
	uint64_t used = 0;

	for (size_t i = 0; council->chosen && i < council->count; i++)
		if (sb_gate_counts_for(council->spoken[i], council->chosen))
			used |= council->spoken[i]->waivers;
	for (size_t i = 0; out && i < policy->waiver_count; i++) {
		const char *text = used >> i & 1 ? sb_attest_waiver_text(&policy->waivers[i], council->arena) : "";
		out = !text ? NULL : !text[0] ? out : sb_arena_printf(council->arena, "%s%s%s", out, out[0] ? "; " : "", text);
	}
	return !out || out[0] ? out : "none was needed";
}

static struct sb_gate_rule distinct_rule(struct council *council)
{
	const struct sb_policy *policy = council->in->policy;
	size_t toolchains = council->chosen ? distinct(council, council->chosen, toolchain_of) : 0, kernels = council->chosen ? distinct(council, council->chosen, kernel_of) : 0;

	return (struct sb_gate_rule){"distinct", council->chosen && is_distinct(council, council->chosen),
	                             shown_distinct(council, policy->distinct_toolchain, policy->distinct_kernel), shown_distinct(council, toolchains, kernels)};
}

static struct sb_gate_rule log_rule(const struct council *council)
{
	const struct sb_policy_log *log = council->in->policy->log;
	const char *name = sb_escape_copy(council->arena, sb_span_text(log->key.name));
	uint64_t left_out = council->in->log ? sb_log_view_count(council->in->log).left_out : 0;
	size_t logged = 0;

	for (size_t i = 0; i < council->count; i++)
		logged += council->spoken[i]->logged;
	return (struct sb_gate_rule){"log", logged > 0 && !left_out, name ? sb_arena_printf(council->arena, "in the log %s, seen by %zu of %zu witnesses", name, log->need, log->witness_count) : NULL,
	                             left_out ? sb_arena_printf(council->arena, "%llu proofs or heads over a limit that were not looked at", (unsigned long long)left_out)
	                                      : sb_arena_printf(council->arena, "%zu of %zu statements", logged, council->count)};
}

/* A log that stands still may be one whose later entries were held back. */
static struct sb_gate_rule age_rule(const struct council *council)
{
	const struct sb_policy_log *log = council->in->policy->log;
	const struct sb_log_view_counts counts = council->in->log ? sb_log_view_count(council->in->log) : (struct sb_log_view_counts){0};
	bool seen = counts.heads > 0 && counts.still <= council->in->time;
	uint64_t age = seen ? (uint64_t)council->in->time - (uint64_t)counts.still : UINT64_MAX;

	return (struct sb_gate_rule){"log-age", age <= log->max_head_age,
	                             sb_arena_printf(council->arena, "a head that %zu of %zu witnesses have signed in the last %llu seconds", log->need, log->witness_count, (unsigned long long)log->max_head_age),
	                             seen ? sb_arena_printf(council->arena, "%llu seconds ago", (unsigned long long)age) : "no head that counts"};
}

/* Somebody who says that the file is different decides, and so does what is not known of the log: one who spoke against it would be left out. */
static struct sb_gate_rule veto_rule(const struct council *council, const char *missing)
{
	const char *found = missing ? missing : "nobody does";
	bool against = false;

	for (size_t i = 0; i < council->count && !against; i++) {
		against = council->spoken[i]->vetoes;
		if (against)
			found = sb_arena_printf(council->arena, "%s says different", council->spoken[i]->voice.party);
	}
	return (struct sb_gate_rule){"veto", !missing && !against, "nobody in the whole log says different", found};
}

static void add_log_rules(const struct council *council, const char *missing, struct sb_gate_artifact *out, struct sb_gate_rule *rules)
{
	const struct sb_policy_log *log = council->in->policy->log;

	rules[out->rule_count++] = log_rule(council);
	out->undecided |= council->in->log && sb_log_view_count(council->in->log).left_out > 0;
	if (log->max_head_age) {
		rules[out->rule_count] = age_rule(council);
		out->undecided |= !rules[out->rule_count++].ok;
	}
	if (log->veto)
		rules[out->rule_count++] = veto_rule(council, missing);
}

static bool write_rules(struct council *council, size_t artifact, size_t found, size_t counted, const char *missing, struct sb_gate_artifact *out)
{
	const struct sb_policy *policy = council->in->policy;
	const struct sb_policy_artifact *row = class_of(council, artifact);
	struct sb_gate_rule *rules = sb_arena_array(council->arena, MOST_RULES, sizeof *rules);

	if (!rules || !row)
		return false;
	rules[0] = (struct sb_gate_rule){"evidence", found > 0, "a statement about these bytes by a valid key of the policy", sb_arena_printf(council->arena, "%zu", found)};
	rules[1] = (struct sb_gate_rule){"class", counted > 0, shown_class(council, row), sb_arena_printf(council->arena, "%zu of %zu statements", counted, found)};
	rules[2] = (struct sb_gate_rule){"quorum", council->chosen && sb_policy_quorum_is_met(policy, council->parties),
	                                 policy->quorum ? policy->quorum : "any independent party", names(council)};
	out->rule_count = 3;
	out->undecided = missing != NULL;
	if (policy->distinct_toolchain || policy->distinct_kernel)
		rules[out->rule_count++] = distinct_rule(council);
	if (policy->waiver_count)
		rules[out->rule_count++] = (struct sb_gate_rule){"waiver", true, "no difference that neither a rule owns nor a waiver holds", shown_waivers(council)};
	if (policy->log)
		add_log_rules(council, missing, out, rules);
	out->rules = rules;
	out->allowed = !council->no_memory;
	for (size_t i = 0; i < out->rule_count; i++) {
		out->allowed = out->allowed && rules[i].ok;
		if (!rules[i].needed || !rules[i].found)
			return false;
	}
	return !council->no_memory;
}

int sb_gate_decide(const struct sb_gate_in *in, size_t artifact, struct sb_gate_spoken *const *spoken, size_t count, const struct sb_gate_record *record,
                   struct sb_arena *arena, struct sb_gate_artifact *out, struct sb_err *err)
{
	struct council council = {.in = in, .spoken = spoken, .count = count, .arena = arena};
	struct sb_gate_voice *voices = sb_arena_array(arena, count + 1, sizeof *voices);
	const char *missing = NULL;
	size_t counted, found;

	*out = (struct sb_gate_artifact){.name = in->artifact_names[artifact], .digest = in->artifacts[artifact]};
	council.parties = sb_arena_array(arena, in->policy->party_count + 1, sizeof *council.parties);
	if (!voices || !council.parties)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	found = count_signed(&council, &counted);
	choose(&council);
	if (in->policy->log && in->policy->log->veto && sb_gate_missing(in, artifact, record, arena, &missing, err))
		return SB_NOMEM;
	if (!write_rules(&council, artifact, found, counted, missing, out)) {
		out->allowed = false;
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	if (council.chosen) {
		sum_up(&council, out);
		mark_others(&council);
	}
	if (council.no_memory) {
		out->allowed = false;
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	for (size_t i = 0; i < count; i++)
		voices[i] = spoken[i]->voice;
	out->verified = found > 0;
	out->voices = voices;
	out->voice_count = count;
	return 0;
}
