/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as each document that somebody's trust hangs on: what is taken keeps its rules, and says the same when it is written and read again. */
#include "manifests/manifests.h"

#include <stdlib.h>
#include <string.h>

static void must(bool true_)
{
	if (!true_)
		abort();
}

static void read_root(struct sb_span text, struct sb_arena *arena)
{
	struct sb_buf again = {.ceiling = 1 << 22};
	struct sb_trust_root root, back;

	if (sb_trust_root_read(text, "root", arena, &root, NULL))
		return;
	must(root.version >= 1 && root.key_count > 0 && root.signed_bytes.n > 0);
	for (unsigned role = 0; role < SB_TRUST_ROLES; role++)
		must(root.roles[role].threshold >= 1 && root.roles[role].threshold <= root.roles[role].count && root.roles[role].count <= root.key_count);
	must(sb_trust_root_write(&root, &again, NULL) == 0);
	must(sb_trust_root_read(sb_buf_span(&again), "root", arena, &back, NULL) == 0 && sb_span_equal(back.signed_bytes, root.signed_bytes));
	sb_buf_release(&again);
}

static void read_policy(struct sb_span text, const char *name, struct sb_arena *arena)
{
	struct sb_policy policy, back;
	const char *root = NULL;

	if (sb_policy_root_name(text, name, arena, &root, NULL) || sb_policy_read(text, name, NULL, arena, &policy, NULL, NULL))
		return;
	must(!root && policy.key_count > 0 && policy.artifact_count > 0 && sb_policy_artifact_for(&policy, "any") != NULL);
	for (size_t i = 0; i < policy.artifact_count; i++)
		must(policy.artifacts[i].level > SB_LEVEL_DIFFERENT);
	must(sb_policy_read(policy.canonical, "p.json", NULL, arena, &back, NULL, NULL) == 0 && memcmp(back.sha256, policy.sha256, SB_SHA256_BYTES) == 0);
}

static void read_summary(struct sb_span text, struct sb_arena *arena)
{
	struct sb_vsa_read vsa;

	if (sb_vsa_read(text, arena, &vsa, NULL) == 0)
		must(vsa.subject_count > 0 && vsa.verifier_id && vsa.resource_uri);
}

static void read_state(struct sb_span text)
{
	struct sb_trust_state state;

	if (sb_trust_state_read(text, "state", &state, NULL) == 0)
		must(state.anchor >= 1 && state.highest >= state.anchor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_span text = sb_span_of(data, size);

	if (!arena || sb_hashing_start(NULL))
		return 0;
	read_root(text, arena);
	read_policy(text, "p.json", arena);
	read_policy(text, "p.yaml", arena);
	read_summary(text, arena);
	read_state(text);
	return 0;
}
