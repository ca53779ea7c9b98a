/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the facts of an earlier run: what is taken is what an environment can be given, and says the same when it is written and read again. */
#include "manifests/manifests.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_code(int rc, const struct sb_err *err)
{
	must(rc == 0 || ((rc == SB_USAGE || rc == SB_LIMIT || rc == SB_NOMEM) && err->id));
}

/* To build under. */
static void read_set(struct sb_span text, struct sb_arena *arena)
{
	SB_BUF struct sb_buf again = {0};
	struct sb_fact_set set, back;
	struct sb_err err = {0};
	int rc = sb_fact_set_read(text, "facts.json", arena, &set, &err);

	check_code(rc, &err);
	if (rc)
		return;
	for (unsigned knob = 0; knob < SB_KNOBS; knob++)
		must(!set.value[knob] || sb_fact_is_plausible((enum sb_knob)knob, sb_span_text(set.value[knob])));
	must(sb_fact_set_write(&set, &again, NULL) == 0);
	must(sb_fact_set_read(sb_buf_span(&again), "facts.json", arena, &back, NULL) == 0 && sb_fact_set_equal(&set, &back));
}

/* To compare under. */
static void read_facts(struct sb_span text, struct sb_arena *arena)
{
	struct sb_facts facts;
	struct sb_err err = {0};
	int rc = sb_facts_read(text, "facts.json", arena, &facts, &err);

	check_code(rc, &err);
	must(rc || !facts.path || sb_path_is_clean_absolute(facts.path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);

	must(arena != NULL);
	read_set(sb_span_of(data, n), arena);
	read_facts(sb_span_of(data, n), arena);
	return 0;
}
