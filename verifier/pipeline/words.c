/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/pipeline/words.h"

#include <string.h>

/** Bytes that are read before the pages of a source go back. */
enum { READ_MOST = 32 << 20 };

static bool is_word(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool holds(struct sb_span text, const char *word)
{
	size_t n = strlen(word);
	bool path = word[0] == '/';

	for (const uint8_t *at = text.p, *end = text.p + text.n; n && (at = memmem(at, (size_t)(end - at), word, n)); at++) {
		bool before = at > text.p && is_word(at[-1]), behind = at + n < end && is_word(at[n]);
		if (path || (!before && !behind))
			return true;
	}
	return false;
}

static void drop_spelled(struct sb_span text, struct sb_facts *facts)
{
	const char **const words[] = {&facts->path, &facts->user, &facts->host, &facts->kernel, &facts->locale, &facts->timezone};

	for (size_t i = 0; text.n && i < sizeof words / sizeof *words; i++)
		if (*words[i] && holds(text, *words[i]))
			*words[i] = NULL;
}

static void look_at(const struct sb_inventory *inventory, const struct sb_vec *spools, struct sb_facts *facts)
{
	uint64_t read = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct sb_entry *entry = &inventory->entries[i];
		struct sb_span text;
		if (entry->type != SB_ENTRY_FILE || entry->spool >= spools->count)
			continue;
		const struct sb_blob *spool = sb_vec_at(spools, entry->spool);
		if (!sb_span_cut(spool->bytes, entry->offset, entry->size, &text))
			continue;
		drop_spelled(text, facts);
		read += text.n;
		if (read >= READ_MOST)
			sb_blob_give_back(spool);
		read = read >= READ_MOST ? 0 : read;
	}
}

/* What an archive spells that nobody could look into is not known: it may be any of them. */
static bool is_unread(const struct sb_sources *sources)
{
	for (size_t i = 0; i < sources->notice_count; i++)
		if (strcmp(sources->notices[i].id, "packed-unread") == 0 || strcmp(sources->notices[i].id, "archive-more-notices") == 0)
			return true;
	return false;
}

struct sb_facts sb_line_facts_apart(const struct sb_sources *sources, const struct sb_facts *facts)
{
	struct sb_facts apart = *facts;

	if (is_unread(sources)) {
		apart = SB_FACTS_NONE;
		apart.epoch = facts->epoch;
		apart.jobs = facts->jobs;
		return apart;
	}
	look_at(&sources->inventory, &sources->spools, &apart);
	look_at(&sources->packed, &sources->packed_spools, &apart);
	return apart;
}
