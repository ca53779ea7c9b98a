/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/pipeline/words.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Bytes that are read before the pages of a source go back; of a piece of a file of this machine, and of its end that stands in front of the next one. */
enum { READ_MOST = 32 << 20, PIECE = 1 << 20, OVERLAP = 8192 };

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

enum { WORDS = 6 };

/* The texts that a claim may be made with. A zone that is called after no region is none of them: it is there to read times by. */
static size_t list_texts(struct sb_facts *facts, const char **out[WORDS])
{
	const char **const all[WORDS] = {&facts->path, &facts->user, &facts->host, &facts->kernel, &facts->locale, &facts->timezone};
	size_t count = 0;

	for (size_t i = 0; i < WORDS; i++)
		if (*all[i] && (all[i] != &facts->timezone || strchr(*all[i], '/')))
			out[count++] = all[i];
	return count;
}

static void drop_spelled(struct sb_span text, struct sb_facts *facts)
{
	const char **texts[WORDS];
	size_t count = list_texts(facts, texts);

	for (size_t i = 0; text.n && i < count; i++)
		if (holds(text, *texts[i]))
			*texts[i] = NULL;
}

static void drop_texts(struct sb_facts *facts)
{
	const char **texts[WORDS];
	size_t count = list_texts(facts, texts);

	for (size_t i = 0; i < count; i++)
		*texts[i] = NULL;
}

static void drop_names(struct sb_facts *facts)
{
	const char *path = facts->path;

	drop_texts(facts);
	facts->path = path;
}

static bool has_texts(struct sb_facts *facts)
{
	const char **texts[WORDS];
	return list_texts(facts, texts) > 0;
}

/* ---- the drop ---- */

static bool cut(const struct sb_entry *entry, const struct sb_vec *spools, const struct sb_blob **spool, struct sb_span *out)
{
	if (entry->type != SB_ENTRY_FILE || entry->spool >= spools->count)
		return false;
	*spool = sb_vec_at(spools, entry->spool);
	return sb_span_cut((*spool)->bytes, entry->offset, entry->size, out);
}

static void look_at(const struct sb_inventory *inventory, const struct sb_vec *spools, struct sb_facts *facts)
{
	uint64_t read = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct sb_blob *spool;
		struct sb_span text;
		if (!cut(&inventory->entries[i], spools, &spool, &text))
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

/* ---- the toolchain ---- */

/* A file of a root that came as an archive. */
static bool look_in_root(const struct sb_sources *sources, const char *path, struct sb_facts *facts)
{
	const struct sb_entry *entry = sb_inventory_find(&sources->root, path + strspn(path, "/"));
	const struct sb_blob *spool;
	struct sb_span text;

	if (entry && entry->type == SB_ENTRY_HARDLINK)
		entry = sb_inventory_find(&sources->root, entry->link);
	if (!entry || !cut(entry, &sources->root_spools, &spool, &text))
		return false;
	drop_spelled(text, facts);
	return true;
}

/* Piece by piece: somebody may write to it meanwhile. A word that two pieces share stands whole in the second one. */
static bool look_in_pieces(int fd, uint8_t *room, struct sb_facts *facts)
{
	size_t kept = 0, got;

	do {
		if (sb_io_read(fd, room + kept, PIECE, &got, NULL))
			return false;
		size_t n = kept + got;
		drop_spelled(sb_span_of(room, n), facts);
		kept = n < OVERLAP ? n : OVERLAP;
		memmove(room, room + n - kept, kept);
	} while (got == PIECE);
	return true;
}

/* A file of this machine, which was the root. */
static bool look_on_host(const char *path, uint8_t *room, struct sb_facts *facts)
{
	SB_CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && look_in_pieces(fd, room, facts);
}

/* A file that cannot be read again may have spelled any of them. */
static void look_at_tools(const struct sb_sources *sources, struct sb_facts *facts)
{
	SB_FREEING uint8_t *room = malloc(PIECE + OVERLAP);

	if (!facts->tools_known || !room)
		drop_names(facts);
	for (size_t i = 0; room && i < facts->tool_count && has_texts(facts); i++) {
		const char *path = facts->tools[i];
		bool seen = sources->root.count ? look_in_root(sources, path, facts) : look_on_host(path, room, facts);
		if (!seen)
			drop_texts(facts);
	}
}

struct sb_facts sb_line_facts_apart(const struct sb_sources *sources, const struct sb_facts *facts)
{
	struct sb_facts apart = *facts;

	if (is_unread(sources))
		drop_texts(&apart);
	look_at(&sources->inventory, &sources->spools, &apart);
	look_at(&sources->packed, &sources->packed_spools, &apart);
	look_at_tools(sources, &apart);
	return apart;
}
