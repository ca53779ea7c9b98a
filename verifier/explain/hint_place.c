/* SPDX-License-Identifier: Apache-2.0 */
/* Places by what they do. */
#include "verifier/explain/hint.h"

#include <inttypes.h>
#include <string.h>

struct named_hint {
	const char *name;
	enum sb_cause cause;
	enum sb_severity severity;
};

/** Places of an ELF file by what they do: compare by prefix, first match wins. */
static const struct named_hint places[] = {
	{".debug", SB_CAUSE_DEBUG_INFO, SB_SEVERITY_MINOR},
	{".symtab", SB_CAUSE_DEBUG_INFO, SB_SEVERITY_MINOR},
	{".strtab", SB_CAUSE_DEBUG_INFO, SB_SEVERITY_MINOR},
	{".comment", SB_CAUSE_COMPILER, SB_SEVERITY_MINOR},
	{".note.gnu.build-id", SB_CAUSE_BUILD_ID, SB_SEVERITY_MAJOR},
	{".gnu_debuglink", SB_CAUSE_BUILD_ID, SB_SEVERITY_MINOR},
	{".text", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".init", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".fini", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".plt", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".interp", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".dynamic", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{".rel", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"ELF header", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"program headers", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"section headers", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_MINOR},
	{"gap", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
	{"overlay", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_CRITICAL},
};

const struct sb_region *sb_hint_region(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
}

void sb_hint_place(const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_region *region = sb_hint_region(diff);

	claim->severity = !region || diff->loaded ? SB_SEVERITY_MAJOR : SB_SEVERITY_MINOR;
	for (size_t i = 0; region && i < sizeof places / sizeof *places; i++) {
		if (strncmp(region->name, places[i].name, strlen(places[i].name)) == 0) {
			claim->cause = places[i].cause;
			claim->severity = places[i].severity;
			return;
		}
	}
}

/* A cause that the place alone did not tell; a section of debug information may hold a path or a producer. */
const char *sb_hint_guess(struct sb_explaining *in, struct sb_guess guess, struct sb_claim *claim, const char *note)
{
	bool open = claim->cause == SB_CAUSE_UNEXPLAINED ||
	            (claim->cause == SB_CAUSE_DEBUG_INFO &&
	             (guess.cause == SB_CAUSE_BUILD_PATH || guess.cause == SB_CAUSE_COMPILER || guess.cause == SB_CAUSE_FLAGS));

	if (!guess.why || !open)
		return note;
	claim->cause = guess.cause;
	return sb_explain_note(in, "%s; probably %s", note, guess.why);
}

const char *sb_hint_bytes_differ(struct sb_explaining *in, uint64_t bytes)
{
	return bytes == 1 ? "1 byte differs" : sb_explain_note(in, "%" PRIu64 " bytes differ", bytes);
}
