/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs that could not be compared as what they claim to be: why, and where their bytes part as they lie. */
#include "verifier/explain/explainer.h"

/* The first and the last byte that differ; empty where there are no bytes to show, or no difference. */
static const char *find_parts(struct sb_explaining *in, const struct sb_pair *pair, struct sb_range parts[SB_SIDES])
{
	struct sb_reading *reading = in->comparison->reading;
	struct sb_span a = pair->bytes[SB_SHIPPED], b = pair->bytes[SB_REBUILT];

	if (a.n == 0 || b.n == 0)
		return "";
	size_t first = sb_reading_common_prefix(reading, a, b), shorter = a.n < b.n ? a.n : b.n;
	if (a.n == b.n && first == a.n)
		return "";
	size_t same = sb_reading_common_suffix(reading, a, b);
	same = same < shorter - first ? same : shorter - first;
	parts[SB_SHIPPED] = (struct sb_range){first, a.n - same - first};
	parts[SB_REBUILT] = (struct sb_range){first, b.n - same - first};
	if (a.n != b.n)
		return sb_explain_note(in, "; %zu bytes shipped and %zu rebuilt part at offset %zu", a.n, b.n, first);
	return a.n - same == first + 1 ? sb_explain_note(in, "; of its %zu bytes the one at offset %zu differs", a.n, first)
	                               : sb_explain_note(in, "; its %zu bytes differ between offset %zu and %zu", a.n, first, a.n - same - 1);
}

void sb_explain_state(struct sb_explaining *in, const struct sb_pair *pair, struct sb_claim *claim)
{
	bool certain = pair->state == SB_PAIR_REJECTED;

	claim->cap = certain ? SB_LEVEL_DIFFERENT : SB_LEVEL_UNDETERMINED;
	claim->severity = SB_SEVERITY_MAJOR;
	claim->note = sb_explain_note(in, certain ? "only one side follows its format: %s%s" : "not decided: %s%s", pair->why ? pair->why : "no reason known",
	                              find_parts(in, pair, claim->parts));
}
