/* SPDX-License-Identifier: Apache-2.0 */
/* Whose word is enough: groups of parties and of other groups. */
#include "manifests/policy.h"

#include <string.h>

/** Which groups are met so far, by index. */
struct tally {
	const struct sb_policy *policy;
	const bool *spoke;
	bool met[SB_POLICY_GROUPS];
};

static bool has_spoken(const struct tally *tally, const char *name)
{
	for (size_t i = 0; i < tally->policy->party_count; i++)
		if (strcmp(tally->policy->parties[i].name, name) == 0)
			return tally->spoke[i];
	for (size_t i = 0; i < tally->policy->group_count; i++)
		if (strcmp(tally->policy->groups[i].name, name) == 0)
			return tally->met[i];
	return false;
}

static bool is_met(const struct tally *tally, const struct sb_policy_group *group)
{
	size_t found = 0;

	for (size_t i = 0; i < group->count; i++)
		found += has_spoken(tally, group->of[i]);
	return group->need > 0 && found >= group->need;
}

static bool somebody_independent(const struct tally *tally)
{
	for (size_t i = 0; i < tally->policy->party_count; i++)
		if (tally->spoke[i] && sb_role_is_independent(tally->policy->parties[i].role))
			return true;
	return false;
}

bool sb_policy_quorum_is_met(const struct sb_policy *policy, const bool *spoke)
{
	struct tally tally = {.policy = policy, .spoke = spoke};

	for (size_t i = 0; i < policy->group_count; i++) /* a group stands behind those that it names */
		tally.met[i] = is_met(&tally, &policy->groups[i]);
	return policy->quorum ? has_spoken(&tally, policy->quorum) : somebody_independent(&tally);
}
