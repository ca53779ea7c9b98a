/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a package's files: the header keeps folders, names and an index from the one to the other. */
#include "verifier/formats/rpm/rpm.h"

#include <string.h>

enum { DIRINDEXES = 1116, BASENAMES = 1117, DIRNAMES = 1118 };

/* The strings of an array. */
static int split(struct sb_view *view, const struct sb_rpm_entry *entry, struct sb_span **out, struct sb_err *err)
{
	struct sb_span bytes;

	*out = sb_arena_array(view->arena, entry->count, sizeof **out);
	if (!*out || !sb_span_cut(view->file, entry->data, entry->length, &bytes))
		return sb_no_memory(err);
	struct sb_rd rd = sb_rd_of(bytes, true);
	for (uint32_t i = 0; i < entry->count; i++)
		(*out)[i] = sb_rd_cstring(&rd);
	return 0;
}

/* In the payload a path begins with a dot; files of a source package have no folder. */
static const char *join(struct sb_view *view, struct sb_span folder, struct sb_span name)
{
	return sb_arena_printf(view->arena, "%s%.*s%.*s", folder.n && folder.p[0] == '/' ? "." : "", (int)folder.n, (const char *)folder.p, (int)name.n,
	                       (const char *)name.p);
}

int sb_rpm_name_files(struct sb_view *view, struct sb_rpm *rpm, struct sb_err *err)
{
	const struct sb_rpm_header *header = &rpm->header[SB_RPM_MAIN];
	struct sb_rpm_entry names, folders, indexes;
	struct sb_span *name = NULL, *folder = NULL;

	if (rpm->named)
		return 0;
	rpm->named = true;
	if (!sb_rpm_find(view->file, header, BASENAMES, &names) || !sb_rpm_find(view->file, header, DIRNAMES, &folders) ||
	    !sb_rpm_find(view->file, header, DIRINDEXES, &indexes) || names.type != SB_RPM_STRING_ARRAY || folders.type != SB_RPM_STRING_ARRAY ||
	    indexes.type != SB_RPM_INT32 || indexes.count != names.count)
		return 0;
	int rc = split(view, &names, &name, err);
	if (!rc)
		rc = split(view, &folders, &folder, err);
	if (rc)
		return rc;
	struct sb_rd rd = sb_rd_of(view->file, true);
	sb_rd_seek(&rd, indexes.data);
	for (uint32_t i = 0; i < names.count; i++) {
		uint64_t which = sb_rd_uint(&rd, 4);
		const char *path = which < folders.count ? join(view, folder[which], name[i]) : "";
		if (!path)
			return sb_no_memory(err);
		name[i] = sb_span_text(path);
	}
	rpm->names = name;
	rpm->name_count = names.count;
	return 0;
}
