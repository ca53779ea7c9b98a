/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/tree.h"

int sb_tree_bytes(const struct sb_tree *tree, const struct sb_entry *entry, struct sb_span *out, struct sb_err *err)
{
	*out = (struct sb_span){0};
	if (entry->size == 0)
		return 0;
	if (entry->spool >= tree->spool_count ||
	    !sb_span_cut(tree->spools[entry->spool].bytes, entry->offset, entry->size, out))
		return sb_fail(err, SB_INTERNAL, "sandbox-tree", "%s points outside its spool", entry->path);
	return 0;
}
