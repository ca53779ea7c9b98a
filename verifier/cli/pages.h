/* SPDX-License-Identifier: Apache-2.0 */
/* The pages behind error messages and `samebuild explain`; the table is generated from docs/ by docs/generate/pages.py. */
#ifndef VERIFIER_CLI_PAGES_H
#define VERIFIER_CLI_PAGES_H

#include <stddef.h>

enum sb_page_kind { SB_PAGE_NONE = 0, SB_PAGE_ERROR, SB_PAGE_CAUSE, SB_PAGE_LEVEL };

struct sb_page {
	enum sb_page_kind kind;
	int exit;          /* of an error: what the command line exits with when it ends the run; else 0 */
	const char *id;
	const char *title; /* one clause */
	const char *hint;  /* how to mend it */
	const char *text;  /* paragraphs, ends in a newline */
};

/** All pages; at most one for a kind and id. */
const struct sb_page *sb_pages(size_t *count);
/** The page, or NULL. */
const struct sb_page *sb_page_find(enum sb_page_kind kind, const char *id);

#endif
