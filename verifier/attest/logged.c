/* SPDX-License-Identifier: Apache-2.0 */
/* What a log says of statements: that they are in it, and what else it names for a file. */
#include "verifier/attest/gate.h"

#include <string.h>

int sb_gate_find_entries(const struct sb_gate_in *in, const struct sb_dsse *envelope, struct sb_arena *arena, struct sb_gate_entries *out, struct sb_err *err)
{
	struct sb_err why = {0};
	int rc = in->policy->log && in->log ? sb_log_entries_of(envelope, arena, &out->entries, &out->count, &why) : 0;

	if (!rc)
		out->found = sb_arena_array(arena, out->count + 1, sizeof *out->found);
	if (rc == SB_NOMEM || (!rc && !out->found))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (rc)
		out->count = 0; /* what has no entries is in no log */
	return 0;
}

static int find(const struct sb_gate_in *in, const struct sb_log_entry *entry, struct sb_gate_entry *out, struct sb_err *err)
{
	uint8_t leaf[SB_MERKLE_BYTES];
	int rc = out->asked ? 0 : sb_log_entry_leaf(entry, leaf, err);

	if (rc == SB_NOMEM || out->asked)
		return rc;
	out->asked = true;
	out->logged = !rc && sb_log_view_has(in->log, entry->pae, leaf, &out->witnessed);
	return 0;
}

int sb_gate_look_up(const struct sb_gate_in *in, const struct sb_gate_entries *entries, size_t artifact, struct sb_gate_spoken *spoken, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < entries->count && !spoken->logged; i++) {
		if (!sb_log_entry_names(&entries->entries[i], in->artifacts[artifact].sha256))
			continue;
		rc = find(in, &entries->entries[i], &entries->found[i], err);
		spoken->logged = !rc && entries->found[i].logged;
		if (spoken->logged)
			spoken->witnessed = entries->found[i].witnessed;
	}
	return rc;
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

int sb_gate_missing(const struct sb_gate_in *in, size_t artifact, const struct sb_gate_record *record, struct sb_arena *arena, const char **out, struct sb_err *err)
{
	const uint8_t *pae;

	*out = NULL;
	if (record->left_out) {
		*out = sb_arena_printf(arena, "%llu statements or signatures were over a limit, and not heard", (unsigned long long)record->left_out);
		return *out ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	if (!in->log || !sb_log_view_is_whole(in->log)) {
		*out = "not all of the log";
		return 0;
	}
	for (size_t i = 0; (pae = sb_log_view_listed(in->log, artifact, i)); i++) {
		char hex[2 * SB_SHA256_BYTES + 1];
		if (was_heard(&record->heard, pae))
			continue;
		sb_text_hex(sb_span_of(pae, SB_SHA256_BYTES), hex);
		*out = sb_arena_printf(arena, "statement %.16s is in the log and not in the evidence", hex);
		return *out ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	return 0;
}
