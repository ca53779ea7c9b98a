/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May members come in any order? It has a meaning wherever one entry changes what another one does: a name that comes twice, a file below a
 * link, a hard link before its target, a folder that is made before what lies in it, what readers look for in front.
 */
#include "verifier/compare/unit.h"

#include <string.h>

/** A path of more components says nothing that anybody could unpack: then nobody goes through them. */
enum { DEEPEST = 256 };

/* The name as an unpacker takes it: no "." and no empty components. False where it climbs: then nobody knows what it names. */
static bool canonical_name(struct sb_arena *arena, struct sb_span name, struct sb_span *out)
{
	uint8_t *text = sb_arena_alloc(arena, name.n + 1);
	size_t n = 0;

	for (size_t at = 0; text && at < name.n;) {
		const uint8_t *slash = memchr(name.p + at, '/', name.n - at);
		size_t length = slash ? (size_t)(slash - name.p) - at : name.n - at;
		if (length == 2 && memcmp(name.p + at, "..", 2) == 0)
			return false;
		if (length && !(length == 1 && name.p[at] == '.')) {
			if (n)
				text[n++] = '/';
			memcpy(text + n, name.p + at, length);
			n += length;
		}
		at += length + 1;
	}
	*out = sb_span_of(text, n);
	return text != NULL;
}

static int by_name(const void *a, const void *b)
{
	return sb_span_compare(*(const struct sb_span *)a, *(const struct sb_span *)b);
}

/* Is there a name below @parent among the sorted ones? */
static bool has_below(const struct sb_span *names, size_t count, struct sb_span parent)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (sb_span_compare(names[mid], parent) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < count && sb_span_starts(names[low], parent.p, parent.n); low++)
		if (names[low].n > parent.n && names[low].p[parent.n] == '/')
			return true;
	return false;
}

/* Unpacked in any order, the members of this side give the same tree, once their folders are there. */
static bool is_unordered(const struct sb_unit *unit, unsigned side)
{
	const struct sb_view *view = &unit->views[side];
	size_t count = view->members.count;
	struct sb_span *names = sb_arena_array(unit->arena, count, 2 * sizeof *names), *sorted = names ? names + count : NULL;

	for (size_t i = 0; i < count; i++)
		if (!names || sb_view_member(view, i)->type == SB_MEMBER_HARDLINK || !canonical_name(unit->arena, sb_view_member(view, i)->name, &names[i]))
			return false;
	if (!names)
		return false;
	memcpy(sorted, names, count * sizeof *names);
	qsort(sorted, count, sizeof *sorted, by_name);
	for (size_t i = 1; i < count; i++)
		if (sb_span_equal(sorted[i - 1], sorted[i]))
			return false;
	for (size_t i = 0; i < count; i++)
		if (sb_view_member(view, i)->type != SB_MEMBER_DIR && has_below(sorted, count, names[i]))
			return false;
	return true;
}

/** A member pair by the name of its shipped side, and where its sides begin. */
struct named {
	struct sb_span name;
	uint64_t first[SB_SIDES];
	bool folder;
};

static int by_path(const void *a, const void *b)
{
	return sb_span_compare(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static bool has_moved(const struct named *a, const struct named *b)
{
	return (a->first[SB_SHIPPED] < b->first[SB_SHIPPED]) != (a->first[SB_REBUILT] < b->first[SB_REBUILT]);
}

/* Who signs a JAR puts the manifest first, and its folder behind it; nobody unpacks that one by hand. */
static bool is_for_a_jar(const struct named *folder)
{
	return sb_span_equal(folder->name, sb_span_text("META-INF"));
}

/* Whoever makes no folders of his own loses what comes before its folder: each stands before or behind it on both sides. */
static bool keeps_folders(const struct named *all, size_t count, const struct named *member)
{
	unsigned depth = 0;

	for (size_t n = 0; n < member->name.n; n++) {
		if (member->name.p[n] != '/')
			continue;
		const struct named wanted = {.name = sb_span_of(member->name.p, n)};
		const struct named *folder = bsearch(&wanted, all, count, sizeof *all, by_path);
		if (++depth > DEEPEST || (folder && folder->folder && !is_for_a_jar(folder) && has_moved(folder, member)))
			return false;
	}
	return true;
}

/* Does the side begin with this member, or have it behind its folder? Readers of a stream look no further. */
static bool stands_in_front(const struct named *all, size_t count, unsigned side, const struct named *member)
{
	size_t before = 0;

	for (size_t i = 0; i < count; i++)
		if (all[i].first[side] < member->first[side] && !(all[i].folder && is_for_a_jar(&all[i])))
			before++;
	return before == 0;
}

/* OCF 4.3 wants "mimetype" first, and readers of a stream of a JAR its manifest. */
static bool keeps_front(const struct named *all, size_t count)
{
	static const char *const names[] = {"mimetype", "META-INF/MANIFEST.MF"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct named wanted = {.name = sb_span_text(names[i])};
		const struct named *member = bsearch(&wanted, all, count, sizeof *all, by_path);
		if (member && stands_in_front(all, count, SB_SHIPPED, member) != stands_in_front(all, count, SB_REBUILT, member))
			return false;
	}
	return true;
}

/* Members that both sides have, by name; their number in *count. NULL when out of memory, or where a name climbs. */
static struct named *list_named(const struct sb_unit *unit, const struct sb_member_pairs *members, size_t *count)
{
	struct named *all = sb_arena_array(unit->arena, members->count, sizeof *all);
	const uint64_t *first[SB_SIDES] = {sb_order_first_places(unit, SB_SHIPPED), sb_order_first_places(unit, SB_REBUILT)};

	*count = 0;
	for (size_t i = 0; all && first[SB_SHIPPED] && first[SB_REBUILT] && i < members->count; i++) {
		const uint32_t *index = members->items[i].index;
		if (index[SB_SHIPPED] == UINT32_MAX || index[SB_REBUILT] == UINT32_MAX)
			continue;
		const struct sb_member *member = sb_view_member(&unit->views[SB_SHIPPED], index[SB_SHIPPED]);
		struct named *out = &all[(*count)++];
		*out = (struct named){.first = {first[SB_SHIPPED][index[SB_SHIPPED]], first[SB_REBUILT][index[SB_REBUILT]]}, .folder = member->type == SB_MEMBER_DIR};
		if (!canonical_name(unit->arena, member->name, &out->name))
			return NULL;
	}
	if (!all || !first[SB_SHIPPED] || !first[SB_REBUILT])
		return NULL;
	if (*count)
		qsort(all, *count, sizeof *all, by_path);
	return all;
}

bool sb_order_is_free(const struct sb_unit *unit, const struct sb_member_pairs *members)
{
	size_t count;

	if (!is_unordered(unit, SB_SHIPPED) || !is_unordered(unit, SB_REBUILT))
		return false;
	const struct named *all = list_named(unit, members, &count);
	for (size_t i = 0; all && i < count; i++)
		if (!keeps_folders(all, count, &all[i]))
			return false;
	return all && keeps_front(all, count);
}
