/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/packages.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_path(const void *a, const void *b)
{
	const struct sb_owned *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int line_to_owned(const void *key, const void *item)
{
	const struct sb_span *line = key;
	return sb_span_compare(*line, sb_span_text(((const struct sb_owned *)item)->path));
}

static void own(struct sb_span line, size_t package, struct sb_owned *files, size_t count)
{
	struct sb_owned *found = count ? bsearch(&line, files, count, sizeof *files, line_to_owned) : NULL;

	if (found && found->package == SIZE_MAX)
		found->package = package;
}

/* The line as it stands, without "/usr" before it, and with it. */
static int own_each_way(struct sb_span line, size_t package, struct sb_owned *files, size_t count, struct sb_buf *room, struct sb_err *err)
{
	own(line, package, files, count);
	if (sb_span_starts(line, "/usr/", 5)) {
		own(sb_span_of(line.p + 4, line.n - 4), package, files, count);
		return 0;
	}
	if (!sb_span_starts(line, "/lib", 4) && !sb_span_starts(line, "/bin", 4) && !sb_span_starts(line, "/sbin", 5))
		return 0;
	room->len = 0;
	sb_buf_text(room, "/usr");
	sb_buf_add(room, line.p, line.n);
	int rc = sb_buf_ok(room, err);
	if (!rc)
		own(sb_buf_span(room), package, files, count);
	return rc;
}

int sb_packages_own(const struct sb_package_base *base, struct sb_owned *files, size_t count, struct sb_err *err)
{
	SB_BUF struct sb_buf room = {0};
	int rc = 0;

	if (count)
		qsort(files, count, sizeof *files, by_path);
	for (size_t i = 0; i < count; i++)
		files[i].package = SIZE_MAX;
	for (size_t i = 0; i < base->count; i++)
		for (struct sb_span rest = base->lists[i].text; !rc && rest.n;)
			rc = own_each_way(sb_span_take_line(&rest), i, files, count, &room, err);
	return rc;
}

static int list_to_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct sb_package_list *)item)->package);
}

/* The list of a package of one architecture among several has that in its name. */
static const struct sb_package_list *list_of(const struct sb_package_base *base, const char *name, const char *arch, struct sb_arena *arena)
{
	const char *full = sb_arena_printf(arena, "%s:%s", name, arch);
	const struct sb_package_list *found = full && base->count ? bsearch(full, base->lists, base->count, sizeof *base->lists, list_to_name) : NULL;
	return found || !base->count ? found : bsearch(name, base->lists, base->count, sizeof *base->lists, list_to_name);
}

/* A paragraph that cannot be read says nothing of anybody. */
static int name_one(const struct sb_package_base *base, struct sb_span paragraph, struct sb_arena *arena, struct sb_package_name *names, struct sb_err *err)
{
	struct sb_deb822 fields;
	int rc = sb_deb822_read(paragraph, arena, &fields, NULL, err);

	if (rc)
		return rc == SB_NOMEM ? rc : 0;
	const char *name = sb_deb822_get(&fields, "Package"), *arch = sb_deb822_get(&fields, "Architecture"), *version = sb_deb822_get(&fields, "Version");
	const struct sb_package_list *list = name && arch && version ? list_of(base, name, arch, arena) : NULL;
	if (list)
		names[list - base->lists] = (struct sb_package_name){name, arch, version};
	return 0;
}

static struct sb_span next_paragraph(struct sb_span *rest)
{
	struct sb_span whole = *rest;

	while (rest->n)
		if (sb_span_take_line(rest).n == 0)
			break;
	return sb_span_of(whole.p, whole.n - rest->n);
}

int sb_packages_name(const struct sb_package_base *base, struct sb_arena *arena, struct sb_package_name **out, struct sb_err *err)
{
	struct sb_package_name *names = sb_arena_array(arena, base->count, sizeof *names);
	struct sb_err ignored = {0};
	int rc = 0;

	if (!names)
		return no_memory(err);
	for (size_t i = 0; i < base->count; i++)
		names[i] = (struct sb_package_name){base->lists[i].package, "", ""};
	for (struct sb_span rest = base->status; !rc && rest.n;)
		rc = name_one(base, next_paragraph(&rest), arena, names, &ignored);
	if (rc)
		return no_memory(err);
	*out = names;
	return 0;
}
