/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as the environment takes them. Values are words of a process's surroundings and never part of a command. */
#include "verifier/solve/solve.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const clocks[] = {[SB_CLOCK_REAL] = "real", [SB_CLOCK_SHIFT] = "shift", [SB_CLOCK_FROZEN] = "frozen"};
static const char *const orders[] = {[SB_ORDER_SORTED] = "sorted", [SB_ORDER_REVERSED] = "reversed", [SB_ORDER_SHUFFLED] = "shuffled"};

static const char *digits_of(const uint8_t digest[SB_SHA256_BYTES], struct sb_arena *arena)
{
	char hex[2 * SB_SHA256_BYTES + 1];

	sb_text_hex(sb_span_of(digest, SB_SHA256_BYTES), hex);
	return sb_arena_copy(arena, sb_span_text(hex));
}

int sb_solve_ours(const struct sb_drop *drop, const struct sb_facts *facts, struct sb_arena *arena, struct sb_fact_set *out, struct sb_err *err)
{
	struct sb_fact_set set = {.value = {
		[SB_KNOB_PATH] = facts->path,
		[SB_KNOB_EPOCH] = sb_arena_printf(arena, "%" PRId64, facts->epoch),
		[SB_KNOB_CLOCK] = clocks[drop->control.clock],
		[SB_KNOB_USER] = facts->user,
		[SB_KNOB_HOST] = facts->host,
		[SB_KNOB_KERNEL] = facts->kernel,
		[SB_KNOB_LOCALE] = facts->locale,
		[SB_KNOB_TIMEZONE] = facts->timezone,
		[SB_KNOB_UMASK] = sb_arena_printf(arena, "%03o", drop->control.umask),
		[SB_KNOB_JOBS] = sb_arena_printf(arena, "%u", facts->jobs),
		[SB_KNOB_ORDER] = orders[drop->control.order],
		[SB_KNOB_TOOLCHAIN] = drop->toolchain.host ? "" : digits_of(drop->toolchain.sha256, arena),
	}};

	if (!set.value[SB_KNOB_TOOLCHAIN] || !set.value[SB_KNOB_EPOCH] || !set.value[SB_KNOB_UMASK] || !set.value[SB_KNOB_JOBS])
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = set;
	return 0;
}

static uint64_t number_of(const char *text, uint64_t otherwise)
{
	uint64_t value;
	return text && sb_text_uint(sb_span_text(text), &value) ? value : otherwise;
}

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

void sb_solve_apply(const struct sb_fact_set *facts, const struct sb_drop *drop, struct sb_drop *out)
{
	const char *const *value = facts->value;

	*out = *drop;
	struct sb_controls *control = &out->control;
	out->build_path = text_or(value[SB_KNOB_PATH], drop->build_path);
	control->epoch = (int64_t)number_of(value[SB_KNOB_EPOCH], (uint64_t)control->epoch);
	if (value[SB_KNOB_CLOCK])
		control->clock = strcmp(value[SB_KNOB_CLOCK], "frozen") == 0 ? SB_CLOCK_FROZEN : SB_CLOCK_SHIFT;
	control->user = text_or(value[SB_KNOB_USER], control->user);
	control->hostname = text_or(value[SB_KNOB_HOST], control->hostname);
	control->kernel = text_or(value[SB_KNOB_KERNEL], control->kernel);
	control->locale = text_or(value[SB_KNOB_LOCALE], control->locale);
	control->timezone = text_or(value[SB_KNOB_TIMEZONE], control->timezone);
	if (value[SB_KNOB_UMASK])
		control->umask = (unsigned)strtoul(value[SB_KNOB_UMASK], NULL, 8);
	control->jobs = (unsigned)number_of(value[SB_KNOB_JOBS], control->jobs);
	if (value[SB_KNOB_ORDER])
		control->order = strcmp(value[SB_KNOB_ORDER], "reversed") == 0 ? SB_ORDER_REVERSED : SB_ORDER_SORTED;
	if (value[SB_KNOB_TOOLCHAIN]) {
		out->toolchain.host = false;
		out->toolchain.root = value[SB_KNOB_TOOLCHAIN];
		if (!sb_text_unhex(sb_span_text(value[SB_KNOB_TOOLCHAIN]), out->toolchain.sha256, SB_SHA256_BYTES))
			memset(out->toolchain.sha256, 0, SB_SHA256_BYTES); /* of no archive */
	}
}

int sb_solve_date_inputs(const struct sb_fact_set *facts, const struct sb_inventory *from, struct sb_arena *arena, struct sb_inventory *out,
                         struct sb_err *err)
{
	const char *time = facts->value[SB_KNOB_INPUT_TIME];
	struct sb_entry *entries = time ? sb_arena_array(arena, from->count, sizeof *entries) : NULL;

	if (time && !entries)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = *from;
	for (size_t i = 0; time && i < from->count; i++) {
		entries[i] = from->entries[i];
		entries[i].mtime = (int64_t)number_of(time, 0);
		entries[i].mtime_ns = 0;
	}
	if (time)
		out->entries = entries;
	return 0;
}

struct sb_fact_set sb_solve_without(const struct sb_fact_set *facts, const struct sb_fact_set *ours)
{
	struct sb_fact_set out = *facts;

	for (unsigned knob = 0; knob < SB_KNOBS; knob++)
		if (out.value[knob] && ours->value[knob] && strcmp(out.value[knob], ours->value[knob]) == 0)
			out.value[knob] = NULL;
	return out;
}
