/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside a comparison, in a sentence: what runs in the network, and what an earlier run found. */
#include "verifier/report/summary.h"

static const char *const deviants[SB_DEVIANTS] = {
	[SB_DEVIANT_UNDETERMINED] = "It could not be decided which of the three agree.",
	[SB_DEVIANT_NONE] = "What runs in the network, what was delivered and what the source builds agree.",
	[SB_DEVIANT_INSTALLED] = "What was delivered is what the source builds, but what runs in the network is something else.",
	[SB_DEVIANT_SHIPPED] = "What runs in the network is what the source builds, but what was delivered is something else.",
	[SB_DEVIANT_REBUILT] = "What runs in the network is what was delivered, but the source does not build it.",
	[SB_DEVIANT_ALL] = "What runs in the network, what was delivered and what the source builds are three different things.",
	[SB_DEVIANT_UNCLEAR] = "Two of the three pairs agree and one does not, so that no side can be called the one that deviates.",
};

const char *sb_deviant_sentence(enum sb_deviant deviant)
{
	return deviants[deviant];
}

static const char *const pairings[SB_PAIRINGS] = {
	[SB_PAIRING_SHIPPED_REBUILT] = "delivered against rebuilt",
	[SB_PAIRING_INSTALLED_SHIPPED] = "installed against delivered",
	[SB_PAIRING_INSTALLED_REBUILT] = "installed against rebuilt",
};

const char *sb_pairing_words(enum sb_pairing pairing)
{
	return pairings[pairing];
}

void sb_count_changes(const struct sb_previous *previous, struct sb_changes *out)
{
	*out = (struct sb_changes){0};
	for (size_t i = 0; i < previous->artifact_count; i++) {
		out->shipped[previous->artifacts[i].shipped]++;
		out->rebuilt[previous->artifacts[i].rebuilt]++;
	}
}

void sb_add_previous_sentence(const struct sb_previous *previous, struct sb_buf *out)
{
	struct sb_changes changes;

	sb_count_changes(previous, &changes);
	sb_buf_printf(out, "Since the last evaluated delivery (%s): ", sb_level_name(previous->level));
	sb_add_count(out, previous->fresh_count, "new finding");
	sb_buf_text(out, ", ");
	sb_add_number(out, previous->gone_count);
	sb_buf_text(out, " gone, ");
	sb_add_number(out, previous->same);
	sb_buf_text(out, " the same; delivered files: ");
	for (unsigned change = SB_CHANGE_SAME, some = 0; change < SB_CHANGES; change++) {
		sb_buf_text(out, some++ ? ", " : "");
		sb_add_number(out, changes.shipped[change]);
		sb_buf_printf(out, " %s", sb_change_name((enum sb_change)change));
	}
	sb_buf_text(out, ".");
}
