/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"

#include "verifier/cli/pages.h"
#include "verifier/cli/signals.h"

static const struct sb_exit_row rows[] = {
	{SB_EXIT_OK, "done; every artifact is at explained or better"},
	{SB_EXIT_BELOW, "done; an artifact is below explained"},
	{SB_EXIT_USAGE, "wrong command line or manifest; nothing ran"},
	{SB_EXIT_DROP, "the drop, or a file given for comparing, is unreadable or refused"},
	{SB_EXIT_REBUILD, "the rebuild failed"},
	{SB_EXIT_UNDECIDED, "could not decide: a limit was met, a part is unreadable, a tool is missing"},
	{SB_EXIT_EVIDENCE, "a signature or other evidence is invalid, untrusted or absent"},
	{SB_EXIT_INTERNAL, "a fault of samebuild itself; please report it"},
	{SB_EXIT_TEMPORARY, "a passing trouble, such as a full disk; the same call may succeed later"},
	{SB_EXIT_INT, "interrupted (SIGINT)"},
	{SB_EXIT_TERM, "terminated (SIGTERM)"},
};

const struct sb_exit_row *sb_exit_rows(size_t *count)
{
	*count = sizeof rows / sizeof rows[0];
	return rows;
}

int sb_exit_of(const struct sb_err *err)
{
	const struct sb_page *page = sb_page_find(SB_PAGE_ERROR, err->id);

	/* These three say what happened whatever was being done. */
	if (err->code == SB_INTERRUPTED)
		return sb_signals_exit() ? sb_signals_exit() : SB_EXIT_INT;
	if (err->code == SB_TEMPORARY)
		return SB_EXIT_TEMPORARY;
	if (err->code == SB_INTERNAL || !page || page->exit == SB_EXIT_OK) /* the row of a notice is no reason to fail */
		return SB_EXIT_INTERNAL;
	return page->exit;
}

int sb_exit_of_level(enum sb_level level)
{
	switch (level) {
	case SB_LEVEL_IDENTICAL:
	case SB_LEVEL_REPRODUCED:
	case SB_LEVEL_UNSIGNED_IDENTICAL:
	case SB_LEVEL_EXPLAINED:
		return SB_EXIT_OK;
	case SB_LEVEL_REPACKAGED:
	case SB_LEVEL_IMAGE_IDENTICAL:
	case SB_LEVEL_DIFFERENT:
		return SB_EXIT_BELOW;
	case SB_LEVEL_UNDETERMINED:
		return SB_EXIT_UNDECIDED;
	}
	return SB_EXIT_INTERNAL;
}

int sb_exit_worse(int a, int b)
{
	/* 70 > 6 > 3 > 4 > 5 > 1 > 0 is the contract's order; a signal outranks all, and what may pass by itself ranks just above "done". */
	static const int worst_first[] = {SB_EXIT_TERM, SB_EXIT_INT, SB_EXIT_INTERNAL, SB_EXIT_EVIDENCE, SB_EXIT_USAGE, SB_EXIT_DROP,
	                                  SB_EXIT_REBUILD, SB_EXIT_UNDECIDED, SB_EXIT_TEMPORARY, SB_EXIT_BELOW, SB_EXIT_OK};
	size_t count = sizeof worst_first / sizeof worst_first[0], at_a = count, at_b = count;

	for (size_t i = 0; i < count; i++) {
		at_a = worst_first[i] == a ? i : at_a;
		at_b = worst_first[i] == b ? i : at_b;
	}
	if (at_a == count || at_b == count)
		return SB_EXIT_INTERNAL;
	return at_a < at_b ? a : b;
}
