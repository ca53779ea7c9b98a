/* SPDX-License-Identifier: Apache-2.0 */
/* What came ready-made and got into a delivered file: a finding for each pair of the two. No level depends on it; policies may. */
#include "verifier/judge/judging.h"

#include <inttypes.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Its bytes weigh most; next, that it was run; a guess by the form of a source, less. */
static enum sb_severity severity_of(const struct sb_lineage_reached *reached)
{
	switch (reached->reach) {
	case SB_INFLOW_DATA:
		return SB_SEVERITY_MAJOR;
	case SB_INFLOW_RUN:
		return SB_SEVERITY_MINOR;
	case SB_INFLOW_CONTROL:
		return SB_SEVERITY_INFO;
	case SB_INFLOW_NONE:
		break;
	}
	return SB_SEVERITY_CRITICAL;
}

static const char *how(enum sb_inflow reach)
{
	switch (reach) {
	case SB_INFLOW_DATA:
		return "was read on the way to this file";
	case SB_INFLOW_RUN:
		return "was run to make this file";
	case SB_INFLOW_CONTROL:
		return "was read by what started the programs that made this file";
	case SB_INFLOW_NONE:
		break;
	}
	return "may be in this file";
}

/* Sources have paths below the build path. */
static const char *who_brings(const struct sb_lineage_prebuilt *prebuilt)
{
	return prebuilt->path[0] == '/' ? "which the toolchain brings ready-made" : "which the drop brings ready-made";
}

static char *note_of(const struct sb_lineage_prebuilt *prebuilt, const struct sb_lineage_reached *reached, struct sb_arena *arena)
{
	const char *path = sb_escape_copy(arena, sb_span_text(prebuilt->path)), *format = sb_escape_copy(arena, sb_span_text(prebuilt->format));
	uint64_t bytes = 0;

	if (!path || !format)
		return NULL;
	for (size_t i = 0; i < reached->place_count; i++)
		bytes += reached->places[i].length;
	if (reached->place_count)
		return sb_arena_printf(arena, "%s (%s), %s, %s: %zu of its parts lie in it, %" PRIu64 " bytes", path, format, who_brings(prebuilt),
		                       how(reached->reach), reached->place_count, bytes);
	return sb_arena_printf(arena, "%s (%s), %s, %s%s", path, format, who_brings(prebuilt), how(reached->reach),
	                       reached->reach != SB_INFLOW_DATA ? "" : reached->searched ? "; its bytes do not lie in it as they are" : "; not all of it could be searched");
}

static int make(const struct sb_lineage_prebuilt *prebuilt, const struct sb_lineage_reached *reached, struct sb_arena *arena, struct sb_finding *out,
                struct sb_err *err)
{
	const struct sb_lineage_place *place = reached->place_count ? &reached->places[0] : NULL;
	const char **where = sb_arena_array(arena, 2, sizeof *where);

	*out = (struct sb_finding){.artifact = reached->name, .where = where, .where_count = place && place->inside[0] ? 2 : 1, .kind = "prebuilt",
	                           .cause = SB_CAUSE_PREBUILT, .rule = SB_RULE_NONE, .primary = true, .severity = severity_of(reached)};
	if (place)
		out->shipped = (struct sb_extent){.present = true, .offset = place->offset, .length = place->length, .preview = ""};
	out->note = note_of(prebuilt, reached, arena);
	if (!where || !out->note)
		return no_memory(err);
	where[0] = reached->name;
	where[1] = place ? place->inside : NULL;
	return 0;
}

int sb_judge_prebuilt(const struct sb_lineage *lineage, struct sb_arena *arena, struct sb_result *result, struct sb_err *err)
{
	SB_VEC struct sb_vec findings = {.size = sizeof(struct sb_finding)};
	int rc = 0;

	for (size_t i = 0; !rc && i < lineage->prebuilt_count; i++) {
		const struct sb_lineage_prebuilt *prebuilt = &lineage->prebuilt[i];
		for (size_t k = 0; !rc && k < prebuilt->reached_count; k++) {
			struct sb_finding *slot = sb_vec_push(&findings);
			rc = slot ? make(prebuilt, &prebuilt->reached[k], arena, slot, err) : no_memory(err);
		}
	}
	return rc || findings.count == 0 ? rc : sb_judge_add_findings(findings.items, findings.count, arena, result, err);
}
