/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that a packer draws to tell one file system from another: UUID, serial number, seed of the hashes of folders. Nothing that was delivered
 * lets us compute them again. Whatever in the image depends on them (checksums, copies, the journal) was followed by the decoder of that side.
 * What calls a file system by such a name (root=UUID=…) says which one is meant: then it is no freedom.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

bool sb_identifier_is_drawn(struct sb_span id)
{
	size_t printable = 0;

	for (size_t i = 0; i < id.n; i++)
		printable += id.p[i] >= 0x20 && id.p[i] < 0x7f;
	return id.n == 4 || (id.n == 16 && id.p[6] >> 4 == 4 && id.p[8] >> 6 == 2 && printable < 14);
}

/* Nobody finds anything by the seed of hashes. */
static bool is_called(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	return strcmp(diff->name, "hash seed") != 0 && sb_identifier_is_called(in, pair, diff);
}

static bool claim_volume_id(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!sb_diff_is_field(diff, SB_FIELD_IDENTIFIER) || !pair->format || !pair->format->volume || pair->child_count != 1 || !pair->children[0]->decoded)
		return false;
	if (!sb_identifier_is_drawn(sb_diff_bytes(pair, diff, SB_SHIPPED)) || !sb_identifier_is_drawn(sb_diff_bytes(pair, diff, SB_REBUILT)) || is_called(in, pair, diff))
		return false;
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "%s names the file system, and nothing in it", sb_explain_shown(in, sb_span_text(diff->name)));
	return true;
}

const struct sb_explainer sb_explain_volume_id = {"volume-id", SB_CAUSE_RANDOM, SB_RULE_IDENTIFIER, 2, claim_volume_id};
