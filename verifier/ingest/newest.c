/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that the recipe unpacks itself: their files keep the times that they have in there, whatever the clock of the build says. */
#include "verifier/ingest/ingest.h"

#include <string.h>

struct sb_newest sb_ingest_newest(const struct sb_drop *drop, const struct sb_sources *sources)
{
	struct sb_newest newest = {0};

	for (size_t i = 0; i < sources->packed.count; i++) {
		const struct sb_entry *entry = &sources->packed.entries[i];
		const struct sb_drop_source *source = &drop->sources[entry->origin];
		const char *member = strstr(entry->path, SB_PACKED "/");
		if (source->unpack || entry->type != SB_ENTRY_FILE || !member || strstr(member + 1, SB_PACKED "/"))
			continue;
		if (!newest.source || entry->mtime > newest.time)
			newest = (struct sb_newest){entry->mtime, source->path, member + strlen(SB_PACKED "/")};
	}
	return newest;
}
