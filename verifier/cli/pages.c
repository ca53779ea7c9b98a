/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/pages.h"

const struct sb_page *sb_page_find(enum sb_page_kind kind, const char *id)
{
	size_t count;
	const struct sb_page *pages = sb_pages(&count);

	for (size_t i = 0; id && i < count; i++)
		if (pages[i].kind == kind && strcmp(pages[i].id, id) == 0)
			return &pages[i];
	return NULL;
}
