/* SPDX-License-Identifier: Apache-2.0 */
/* Different values, and a party of its own for each: a matching that is as large as it can be. */
#include "verifier/attest/gate.h"

/** Values, and which party stands for each. By index of what was said. */
struct matching {
	const struct sb_gate_said *said;
	size_t *first; /* where the value was said first; SIZE_MAX: it shows none */
	size_t *party; /* 1 + index: who stands for the value that was said here first; 0: nobody yet */
	bool *asked;
};

/* Who stands for a value already may have another one to stand for. */
static bool finds_value(struct matching *m, size_t party)
{
	for (size_t i = 0; i < m->said->count; i++) {
		size_t value = m->first[i];
		if (value == SIZE_MAX || m->said->spoken[i]->party != party || m->asked[value])
			continue;
		m->asked[value] = true;
		if (!m->party[value] || finds_value(m, m->party[value] - 1)) {
			m->party[value] = party + 1;
			return true;
		}
	}
	return false;
}

static size_t first_said(const struct matching *m, size_t at, sb_gate_shows_fn *shows)
{
	for (size_t i = 0; i < at; i++)
		if (m->first[i] == i && memcmp(shows(m->said->spoken[i]), shows(m->said->spoken[at]), SB_SHA256_BYTES) == 0)
			return i;
	return at;
}

static bool counts(const struct sb_gate_said *said, const struct sb_gate_spoken *spoken)
{
	return sb_gate_counts_for(spoken, said->agreement) && sb_role_is_independent(said->policy->parties[spoken->party].role);
}

int sb_gate_distinct(const struct sb_gate_said *said, sb_gate_shows_fn *shows, size_t *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct matching m = {.said = said};
	size_t found = 0;

	if (apart) {
		m.first = sb_arena_array(apart, said->count + 1, sizeof *m.first);
		m.party = sb_arena_array(apart, said->count + 1, sizeof *m.party);
		m.asked = sb_arena_array(apart, said->count + 1, sizeof *m.asked);
	}
	if (!m.first || !m.party || !m.asked)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < said->count; i++)
		m.first[i] = counts(said, said->spoken[i]) && shows(said->spoken[i]) ? first_said(&m, i, shows) : SIZE_MAX;
	for (size_t i = 0; i < said->policy->party_count; i++) {
		memset(m.asked, 0, said->count * sizeof *m.asked);
		found += finds_value(&m, i);
	}
	*out = found;
	return 0;
}
