/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/temporary.h"

#include <ctype.h>
#include <string.h>

enum { SUFFIX = 4 }; /* random parts are longer */

static const char *const folders[] = {"/tmp/", "/var/tmp/", "/dev/shm/"};

static bool begins(const char *at, size_t left, const char *with)
{
	size_t n = strlen(with);

	return left >= n && memcmp(at, with, n) == 0;
}

/** A slash in the middle of a path begins none; one behind "-o" or "-I" does. */
static bool is_start(const char *text, size_t at)
{
	char before = at > 0 ? text[at - 1] : 0;

	if (!before || (!isalnum((unsigned char)before) && !strchr("._-/~*", before)))
		return true;
	return isalpha((unsigned char)before) && at > 1 && text[at - 2] == '-' && (at == 2 || !text[at - 3] || text[at - 3] == ' ');
}

/** Length of the folder's name when a path into one begins here; 0: none does. */
static size_t folder_at(const char *text, size_t n, size_t at, const char *keep)
{
	size_t kept = strlen(keep);

	if (!is_start(text, at))
		return 0;
	if (kept && begins(text + at, n - at, keep) && (n - at == kept || strchr("/:, \"'", text[at + kept])))
		return 0;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (begins(text + at, n - at, folders[i]))
			return strlen(folders[i]);
	return 0;
}

static size_t component(const char *text, size_t n)
{
	size_t length = 0;

	while (length < n && text[length] && !strchr("/:,;= \t\n\"'()<>|&", text[length]))
		length++;
	return length;
}

/** Of a name, with its dot; 0: it has none that says anything. */
static size_t suffix(const char *name, size_t n)
{
	for (size_t k = 1; k <= SUFFIX + 1 && k <= n; k++) {
		char c = name[n - k];

		if (c == '.')
			return k > 1 ? k : 0;
		if (!islower((unsigned char)c) && !isdigit((unsigned char)c))
			return 0;
	}
	return 0;
}

size_t sb_temporary_names(char *text, size_t n, const char *keep)
{
	size_t out = 0;

	for (size_t at = 0; at < n;) {
		size_t folder = text[at] == '/' ? folder_at(text, n, at, keep) : 0;

		if (!folder) {
			text[out++] = text[at++];
			continue;
		}
		size_t name = component(text + at + folder, n - at - folder), tail = suffix(text + at + folder, name);
		memmove(text + out, text + at, folder);
		out += folder;
		at += folder + name;
		if (name == 0)
			continue;
		text[out++] = '*';
		memmove(text + out, text + at - tail, tail);
		out += tail;
	}
	return out;
}

void sb_temporary_base(char *path)
{
	char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t n = strlen(base), tail = suffix(base, n);

	if (n == 0)
		return;
	memmove(base + 1, base + n - tail, tail + 1);
	*base = '*';
}
