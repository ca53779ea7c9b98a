/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of a pair described by their formats, at the same time where that is worth it. */
#include "verifier/compare/unit.h"

/* Opening a view failed: what may be said of the pair. A limit says more than anything else. Troubles of this machine are passed on. */
static int note_failure(struct sb_unit *unit, unsigned side, const struct sb_err *why, struct sb_err *err)
{
	char *shown = sb_escape_copy(unit->arena, sb_span_text(why->msg));

	if (why->code == SB_NOMEM || why->code == SB_INTERRUPTED || why->code == SB_IO || why->code == SB_TEMPORARY) {
		if (err)
			*err = *why;
		return why->code;
	}
	if (unit->pair.limit.name)
		return 0;
	unit->pair.why = shown ? sb_arena_printf(unit->arena, "the %s side: %s", side == SB_SHIPPED ? "shipped" : "rebuilt", shown) : NULL;
	if (!unit->pair.why)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (why->code == SB_LIMIT)
		unit->pair.limit = sb_unit_limit(unit, why);
	return 0;
}

/** Both sides while they are opened. */
struct opening {
	struct sb_unit *unit;
	struct sb_compare_run *run;
	const struct sb_format *const *format;
	int opened[SB_SIDES];
	struct sb_err why[SB_SIDES];
};

static int open_side(void *ctx, size_t side, struct sb_err *err)
{
	struct opening *opening = ctx;
	struct sb_unit *unit = opening->unit;
	const struct sb_format *format = opening->format[side];
	struct sb_arena *arena = side == SB_SHIPPED ? unit->arena : unit->rebuilt_arena;
	int *opened = &opening->opened[side];

	(void)err; /* what goes wrong is judged once both were tried */
	if (format == &sb_format_stored) /* nothing to parse */
		*opened = sb_view_open_read(format, unit->pair.bytes[side], unit->pair.name, arena, unit->reading, &unit->views[side], &opening->why[side]);
	else
		*opened = sb_parsing_open(opening->run->side[side], &unit->source[side], format, unit->pair.name, arena, &unit->views[side], &opening->why[side]);
	unit->opened[side] = *opened == 0;
	return 0;
}

/* A small file is parsed before another thread has heard of it. */
static int open_sides(struct opening *opening, struct sb_err *err)
{
	enum { WORTH_A_THREAD = 256 << 10 };
	const struct sb_span *bytes = opening->unit->pair.bytes;
	int rc = 0;

	if (bytes[SB_SHIPPED].n >= WORTH_A_THREAD && bytes[SB_REBUILT].n >= WORTH_A_THREAD)
		return sb_pool_share(opening->run->pool, SB_SIDES, open_side, opening, err);
	for (size_t side = 0; !rc && side < SB_SIDES; side++)
		rc = open_side(opening, side, err);
	return rc;
}

/*
 * Each side by its format. Which of them breaks it decides what is known: a side that does is not what the other is. Anything else
 * that went wrong is no evidence, so nothing is decided.
 */
int sb_unit_open(struct sb_unit *unit, struct sb_compare_run *run, const struct sb_format *const format[SB_SIDES], struct sb_err *err)
{
	struct opening opening = {.unit = unit, .run = run, .format = format, .why = {{.code = SB_INTERNAL}, {.code = SB_INTERNAL}}};
	const int *opened = opening.opened;

	if (!unit->rebuilt_arena && !(unit->rebuilt_arena = sb_arena_new(0)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = open_sides(&opening, err);
	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		rc = opened[side] ? note_failure(unit, side, &opening.why[side], err) : 0;
	if (rc)
		return rc;
	bool broken[SB_SIDES] = {opened[SB_SHIPPED] == SB_FORMAT, opened[SB_REBUILT] == SB_FORMAT};
	if (!opened[SB_SHIPPED] && !opened[SB_REBUILT]) {
		unit->pair.state = SB_PAIR_OPENED;
		unit->pair.format = format[SB_SHIPPED];
		unit->pair.view[SB_SHIPPED] = &unit->views[SB_SHIPPED];
		unit->pair.view[SB_REBUILT] = &unit->views[SB_REBUILT];
	} else if (broken[SB_SHIPPED] && broken[SB_REBUILT]) {
		unit->pair.state = SB_PAIR_OPAQUE;
	} else if ((broken[SB_SHIPPED] && !opened[SB_REBUILT]) || (broken[SB_REBUILT] && !opened[SB_SHIPPED])) {
		unit->pair.state = SB_PAIR_REJECTED;
	}
	return 0;
}
