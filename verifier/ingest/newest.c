/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that the recipe unpacks itself: their files keep the times that they have in there, whatever the clock of the build says. */
#include "verifier/ingest/unpack.h"

#include "manifests/moment.h"

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

int sb_ingest_note_clock(const struct sb_ingest_in *in, struct sb_sources *sources, struct sb_err *err)
{
	const struct sb_newest newest = sb_ingest_newest(in->drop, sources);
	SB_VEC struct sb_vec notices = {.size = sizeof(struct sb_ingest_notice)};
	char clock[SB_MOMENT_TEXT], file[SB_MOMENT_TEXT];

	if (!newest.source || in->drop->control.clock == SB_CLOCK_REAL || in->drop->control.epoch >= newest.time)
		return 0;
	const char *member = sb_escape_copy(sources->arena, sb_span_text(newest.member)), *source = sb_escape_copy(sources->arena, sb_span_text(newest.source));
	struct sb_ingest_notice *notice = sb_vec_push(&notices);
	if (!notice || !member || !source)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_moment_write(in->drop->control.epoch, clock);
	sb_moment_write(newest.time, file);
	*notice = (struct sb_ingest_notice){.id = "clock-before-sources",
	                                    .text = sb_arena_printf(sources->arena, "the clock of the build begins at %s, before %s of %s (%s), which the recipe unpacks itself: programs that compare times "
	                                                            "may never end; a later build.control.epoch mends it", clock, member, source, file)};
	return notice->text ? sb_ingest_add_notices(&notices, sources, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}
