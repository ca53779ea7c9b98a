/* SPDX-License-Identifier: Apache-2.0 */
/* What a log says of statements: that they are in it, and what else it names for a file. */
#include "verifier/attest/gate.h"

#include <string.h>

int sb_gate_look_up(const struct sb_gate_in *in, const struct sb_dsse *envelope, size_t artifact, struct sb_gate_spoken *spoken, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_log_entry *entries = NULL;
	uint8_t leaf[SB_MERKLE_BYTES];
	struct sb_err why = {0};
	size_t count = 0;

	if (!in->policy->log || !in->log)
		return 0;
	int rc = apart ? sb_log_entries_of(envelope, apart, &entries, &count, &why) : SB_NOMEM;
	for (size_t i = 0; !rc && i < count && !spoken->logged; i++) {
		if (!sb_log_entry_names(&entries[i], in->artifacts[artifact].sha256))
			continue;
		rc = sb_log_entry_leaf(&entries[i], leaf, &why);
		spoken->logged = !rc && sb_log_view_has(in->log, entries[i].pae, leaf, &spoken->witnessed);
	}
	return rc == SB_NOMEM ? sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory") : 0;
}

static bool was_heard(const struct sb_vec *heard, const uint8_t pae[SB_SHA256_BYTES])
{
	for (size_t i = 0; i < heard->count; i++) {
		const struct sb_gate_heard *one = sb_vec_at(heard, i);
		if (one->settled && memcmp(one->pae, pae, SB_SHA256_BYTES) == 0)
			return true;
	}
	return false;
}

int sb_gate_missing(const struct sb_gate_in *in, size_t artifact, const struct sb_vec *heard, struct sb_arena *arena, const char **out, struct sb_err *err)
{
	const uint8_t *pae;

	*out = NULL;
	if (!in->log || !sb_log_view_is_whole(in->log)) {
		*out = "not all of the log";
		return 0;
	}
	for (size_t i = 0; (pae = sb_log_view_listed(in->log, artifact, i)); i++) {
		char hex[2 * SB_SHA256_BYTES + 1];
		if (was_heard(heard, pae))
			continue;
		sb_text_hex(sb_span_of(pae, SB_SHA256_BYTES), hex);
		*out = sb_arena_printf(arena, "statement %.16s is in the log and not in the evidence", hex);
		return *out ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	return 0;
}
