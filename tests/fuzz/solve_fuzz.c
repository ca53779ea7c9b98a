/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two files, the shipped one hostile, as what facts are read from: four bytes (little endian) say how long the shipped one is. Whatever its strings,
 * fields and debug information say, a candidate is a value that an environment may have, has a reason, and is not ours; the same bytes give the same
 * candidates; and trying them one after the other without any success ends.
 */
#include "format_fuzz.h"
#include "verifier/compare/compare.h"
#include "verifier/solve/solve.h"

#include <string.h>

enum { ROUNDS_MOST = 20000 };

static const struct sb_fact_set ours = {.value = {
	[SB_KNOB_PATH] = "/build/acme-1.0", [SB_KNOB_EPOCH] = "1700000000", [SB_KNOB_CLOCK] = "shift", [SB_KNOB_USER] = "builder", [SB_KNOB_HOST] = "farm",
	[SB_KNOB_KERNEL] = "6.1.0-26-amd64", [SB_KNOB_LOCALE] = "C.UTF-8", [SB_KNOB_TIMEZONE] = "UTC", [SB_KNOB_UMASK] = "022", [SB_KNOB_JOBS] = "2",
	[SB_KNOB_ORDER] = "sorted",
}};

static bool is_shown(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static void check_found(const struct sb_solve_found *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct sb_candidate *candidate = &found->candidates[i];
		const char *mine = ours.value[candidate->knob];
		must(sb_fact_is_plausible(candidate->knob, sb_span_text(candidate->value)) && (!mine || strcmp(mine, candidate->value) != 0));
		must(candidate->where[0] && is_shown(candidate->where) && candidate->how[0] && candidate->artifact[0]);
	}
	for (size_t i = 0; i < found->needed_count; i++) {
		const struct sb_needed *needed = &found->needed[i];
		must(needed->what[0] && needed->version[0] && is_shown(needed->what) && is_shown(needed->version) && is_shown(needed->ours) && is_shown(needed->where));
	}
}

static void check_same(const struct sb_solve_found *a, const struct sb_solve_found *b)
{
	must(a->count == b->count && a->needed_count == b->needed_count);
	for (size_t i = 0; i < a->count; i++)
		must(a->candidates[i].knob == b->candidates[i].knob && a->candidates[i].weight == b->candidates[i].weight &&
		     strcmp(a->candidates[i].value, b->candidates[i].value) == 0);
}

static void try_all(const struct sb_solve_found *found)
{
	struct sb_solve_choice choice = {.found = *found};
	struct sb_fact_set facts;
	size_t rounds = 0;

	while (found->count <= 64 && sb_solve_choose(&choice, "x.so", &facts)) {
		must(++rounds < ROUNDS_MOST && sb_fact_set_count(&facts) > 0);
		must(sb_solve_drop(&choice, &facts, (uint32_t)rounds * 7, "x.so", NULL) == 0);
	}
	sb_solve_choice_release(&choice);
}

static void infer(const struct sb_comparison *comparison)
{
	const struct sb_solve_in in = {.comparison = comparison, .ours = &ours};
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);
	struct sb_solve_found found, again;

	must(arena != NULL);
	if (sb_solve_infer(&in, arena, &found, NULL))
		return;
	check_found(&found);
	try_all(&found);
	if (sb_solve_infer(&in, arena, &again, NULL) == 0)
		check_same(&found, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(data, n), false);
	struct sb_span shipped = sb_rd_bytes(&rd, sb_rd_uint(&rd, 4)), rebuilt = sb_span_of(data + rd.at, n - rd.at);
	const struct sb_artifact_in artifact = {
		.name = "x.so",
		.shipped = {.present = true, .bytes = shipped, .type = 'f'},
		.rebuilt = {.present = true, .bytes = rebuilt, .type = 'f'},
	};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 1};
	struct sb_comparison comparison = {0};

	if (rd.bad)
		return 0;
	if (sb_compare_run(&in, &comparison, NULL) == 0) {
		infer(&comparison);
		sb_comparison_release(&comparison);
	}
	return 0;
}
