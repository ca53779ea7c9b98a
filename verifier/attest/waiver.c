/* SPDX-License-Identifier: Apache-2.0 */
/* Which waivers a statement needs to count. Anything that is not exactly listed is not waived. */
#include "verifier/attest/gate.h"

#include <inttypes.h>
#include <string.h>

/** A difference as a statement lists it. */
struct place {
	const struct sb_node *inside;
	uint64_t offset, length, rebuilt;
};

static const struct sb_node *get(const struct sb_node *map, const char *key, enum sb_node_type type)
{
	const struct sb_node *node = map && map->type == SB_NODE_MAP ? sb_node_get(map, key) : NULL;
	return node && node->type == type ? node : NULL;
}

static bool count_of(const struct sb_node *map, const char *key, uint64_t *out)
{
	const struct sb_node *node = get(map, key, SB_NODE_INT);

	if (!node || node->number < 0)
		return false;
	*out = (uint64_t)node->number;
	return true;
}

static bool read_place(const struct sb_node *entry, struct place *out)
{
	out->inside = get(entry, "inside", SB_NODE_LIST);
	return out->inside && count_of(entry, "offset", &out->offset) && count_of(entry, "length", &out->length) && count_of(entry, "rebuiltLength", &out->rebuilt);
}

static bool is_at(const struct sb_waiver *waiver, const struct place *place)
{
	if (place->inside->count != waiver->path_count)
		return false;
	for (size_t i = 0; i < waiver->path_count; i++) {
		const struct sb_node *name = place->inside->items[i];
		if (name->type != SB_NODE_TEXT || !sb_span_equal(name->text, sb_span_text(waiver->path[i])))
			return false;
	}
	return true;
}

/* Wholly inside on the side that was delivered, and nothing longer in its place on the other. */
static bool holds(const struct sb_waiver *waiver, const struct place *place)
{
	uint64_t end, last;

	return place->offset >= waiver->offset && sb_add(place->offset, place->length, &end) && sb_add(waiver->offset, waiver->length, &last) && end <= last &&
	       place->rebuilt <= waiver->length;
}

static uint64_t waiver_for(const struct sb_policy *policy, const struct sb_gate_residue *residue, const struct place *place)
{
	for (size_t i = 0; i < policy->waiver_count && i < SB_POLICY_WAIVERS; i++) {
		const struct sb_waiver *waiver = &policy->waivers[i];
		if (residue->time < waiver->until && memcmp(waiver->sha256, residue->sha256, SB_SHA256_BYTES) == 0 && is_at(waiver, place) && holds(waiver, place))
			return UINT64_C(1) << i;
	}
	return 0;
}

static bool leaves_enough(const struct sb_node *artifact, enum sb_level least)
{
	const struct sb_node *text = get(artifact, "otherwise", SB_NODE_TEXT);
	enum sb_level level = SB_LEVEL_UNDETERMINED;

	return text && !memchr(text->text.p, 0, text->text.n) && sb_level_parse((const char *)text->text.p, &level) && level >= least && level > SB_LEVEL_DIFFERENT;
}

const char *sb_attest_waiver_text(const struct sb_waiver *waiver, struct sb_arena *arena)
{
	const char *way = waiver->path_count ? "" : "the file", *reason = sb_escape_copy(arena, sb_span_text(waiver->reason));
	char until[SB_MOMENT_TEXT];

	for (size_t i = 0; way && i < waiver->path_count; i++) {
		const char *name = sb_escape_copy(arena, sb_span_text(waiver->path[i]));
		way = name ? sb_arena_printf(arena, "%s%s%s", way, i ? " > " : "", name) : NULL;
	}
	if (!way || !reason || !sb_moment_write(waiver->until, until))
		return NULL;
	return sb_arena_printf(arena, "bytes %" PRIu64 " to %" PRIu64 " of %s until %s: %s", waiver->offset, waiver->offset + waiver->length - 1, way, until, reason);
}

uint64_t sb_gate_waivers(const struct sb_policy *policy, const struct sb_gate_residue *residue, enum sb_level least)
{
	const struct sb_node *list = get(residue->artifact, "residual", SB_NODE_LIST), *coverage = get(residue->artifact, "coverage", SB_NODE_MAP);
	uint64_t used = 0, listed = 0, bytes, opaque;

	if (policy->waiver_count == 0 || !list || list->count == 0 || !leaves_enough(residue->artifact, least))
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		struct place place;
		uint64_t waiver = read_place(list->items[i], &place) ? waiver_for(policy, residue, &place) : 0;
		if (!waiver || !sb_add(listed, place.length > place.rebuilt ? place.length : place.rebuilt, &listed))
			return 0;
		used |= waiver;
	}
	/* The bytes that nobody owns are counted apart: more of them than are listed means that the list is not all. */
	if (!count_of(coverage, "residual", &bytes) || !count_of(coverage, "opaque", &opaque) || opaque != 0 || bytes > listed)
		return 0;
	return used;
}
