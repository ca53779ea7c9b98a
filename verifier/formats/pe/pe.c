/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/pe/pe.h"

/* "MZ", and a PE signature where the DOS header says. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_rd rd = sb_rd_of(file, false);

	(void)hint;
	if (!sb_magic(file, 0, "MZ", 2))
		return 0;
	sb_rd_seek(&rd, 60);
	uint64_t at = sb_rd_uint(&rd, 4);
	return rd.bad ? 0 : sb_magic(file, at, "PE\0\0", 4) ? 48 : 0;
}

static int open_pe(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_pe *pe = sb_arena_alloc(view->arena, sizeof *pe);

	(void)hint;
	if (!pe)
		return sb_no_memory(err);
	view->own = pe;
	int rc = sb_pe_read(view->file, view->arena, pe, err);
	return rc ? rc : sb_pe_partition(view, pe, err);
}

const struct sb_format sb_format_pe = {
	.name = "pe",
	.spec = "Microsoft PE Format (2023); Windows Authenticode Portable Executable Signature Format 1.0; PDB 7.0 CodeView record",
	.version = 4,
	.probe = probe,
	.open = open_pe,
	.describe = sb_pe_describe,
	.locate = sb_pe_locate,
	.image = &sb_pe_image,
	.acted_on = sb_pe_acted_on,
};
