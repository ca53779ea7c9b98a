/* SPDX-License-Identifier: Apache-2.0 */
/* A link that leads nowhere in a root, such as bin/cc to opt/tc/cc, leads to the sources when these lie there. */
#include "verifier/sandbox/place_link.h"

#include "base/base.h"

#include <string.h>

/** Where a link leads, as far as it has been read: by its words. What may be otherwise by links on the way is taken to meet the build. */
struct walk {
	const struct sb_inventory *root;
	const char *build; /* relative path of the build */
	char at[2 * 4096];
	size_t n;
	bool meets;
};

static bool is_within(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* Names of a link before ".." are not its parent's. */
static void leave(struct walk *walk)
{
	const struct sb_entry *entry = walk->n ? sb_inventory_find(walk->root, walk->at) : NULL;
	const char *slash = strrchr(walk->at, '/');

	if (entry && entry->type != SB_ENTRY_DIR)
		walk->meets = true;
	walk->n = slash ? (size_t)(slash - walk->at) : 0;
	walk->at[walk->n] = 0;
}

static void enter(struct walk *walk, const char *name, size_t n)
{
	if (walk->n + n + 2 > sizeof walk->at) {
		walk->meets = true;
		return;
	}
	if (walk->n)
		walk->at[walk->n++] = '/';
	memcpy(walk->at + walk->n, name, n);
	walk->n += n;
	walk->at[walk->n] = 0;
	walk->meets = walk->meets || is_within(walk->at, walk->build);
}

static void go(struct walk *walk, const char *words)
{
	for (size_t n; *words; words += n + (words[n] == '/')) {
		n = strcspn(words, "/");
		if (n == 2 && memcmp(words, "..", 2) == 0)
			leave(walk);
		else if (n && !(n == 1 && *words == '.'))
			enter(walk, words, n);
	}
}

/* Ordinary links such as var/run lead to these; nothing that a root brings looks for tools of its own below them. */
static bool is_shared(const char *path)
{
	static const char *const names[] = {"", "home", "run", "tmp", "var/tmp"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return false;
}

static bool leads_there(struct walk *walk, const struct sb_entry *link)
{
	walk->n = 0;
	walk->at[0] = 0;
	walk->meets = false;
	if (link->link[0] != '/') {
		go(walk, link->path);
		leave(walk);
		walk->meets = false; /* the link itself stands elsewhere */
	}
	go(walk, link->link);
	return walk->meets || (!is_shared(walk->at) && is_within(walk->build, walk->at));
}

const struct sb_entry *sb_place_link(const struct sb_inventory *root, const char *path)
{
	struct walk walk = {.root = root, .build = path};

	for (size_t i = 0; i < root->count; i++)
		if (root->entries[i].type == SB_ENTRY_SYMLINK && leads_there(&walk, &root->entries[i]))
			return &root->entries[i];
	return NULL;
}
