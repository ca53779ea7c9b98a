/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LC_UUID is a commitment to the image as it was linked, with the symbols of its files. As a build-id it may be owned only where those were taken away, so
 * that nothing on either side lets it be computed again.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

enum { UUID = 16, DRAWN = 8 };

/* lld 14, MachO/SyntheticSections.cpp: eight bytes are a digest, one of them standing among those that are always the same. */
static struct sb_span drawn_part(struct sb_span uuid, uint8_t room[DRAWN])
{
	if (uuid.n != UUID || memcmp(uuid.p, "LLD", 3) != 0 || memcmp(uuid.p + 4, "UU1D\xa1", 5) != 0)
		return uuid;
	room[0] = uuid.p[3];
	memcpy(room + 1, uuid.p + 9, DRAWN - 1);
	return sb_span_of(room, DRAWN);
}

static bool is_stripped(struct sb_view *view)
{
	struct sb_span count = sb_elf_field(view, "LC_DYSYMTAB", "nlocalsym");
	return count.n && sb_span_all_zero(count);
}

static bool claim_uuid(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!sb_diff_is_field(diff, SB_FIELD_IDENTIFIER) || !pair->format || strcmp(pair->format->name, "macho") != 0 || strcmp(diff->name, "uuid") != 0)
		return false;
	uint8_t room[SB_SIDES][DRAWN];
	const struct sb_span id[SB_SIDES] = {drawn_part(sb_diff_bytes(pair, diff, SB_SHIPPED), room[SB_SHIPPED]), drawn_part(sb_diff_bytes(pair, diff, SB_REBUILT), room[SB_REBUILT])};
	if (id[0].n != id[1].n || sb_ids_look_edited(id) || !is_stripped(pair->view[SB_SHIPPED]) || !is_stripped(pair->view[SB_REBUILT]))
		return false;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->severity = SB_SEVERITY_MINOR;
	claim->note = sb_explain_note(in, "the UUID differs; it commits to the image before its symbols were taken away");
	return true;
}

const struct sb_explainer sb_explain_macho_uuid = {"macho-uuid", SB_CAUSE_BUILD_ID, SB_RULE_IDENTIFIER, 1, claim_uuid};
