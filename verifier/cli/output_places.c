/* SPDX-License-Identifier: Apache-2.0 */
/* Where reports go: each to a place of its own, and none over what is read. */
#include "verifier/cli/output.h"

#include <sys/stat.h>

/* Behind the first '='; "" where there is none. */
static const char *place_of(const char *value)
{
	const char *equals = strchr(value, '=');
	return equals ? equals + 1 : "";
}

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* The folder that a path lies in; false when there is none. */
static bool look_at_folder(const char *path, struct stat *out)
{
	SB_FREEING char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash && slash != folder)
		*slash = '\0';
	return folder && stat(!slash ? "." : slash == folder ? "/" : folder, out) == 0;
}

static bool is_same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* One file, whatever it is called; of files that are not there yet one name in one folder. A device or FIFO takes any number of reports. */
static bool is_one_place(const char *a, const char *b)
{
	struct stat x, y;

	if (is_stdout(a) || is_stdout(b) || strcmp(a, b) == 0)
		return strcmp(a, b) == 0;
	bool there = stat(a, &x) == 0;
	if (there != (stat(b, &y) == 0))
		return false;
	if (there)
		return is_same_inode(&x, &y) && S_ISREG(x.st_mode);
	return strcmp(sb_path_base(a), sb_path_base(b)) == 0 && look_at_folder(a, &x) && look_at_folder(b, &y) && is_same_inode(&x, &y);
}

/* Would a report take the place of the file @read, or of one in the folder of that name? */
static bool takes_place_of(const char *place, const char *read)
{
	struct stat x, y;

	if (is_stdout(place) || is_stdout(read) || stat(place, &x) != 0 || !S_ISREG(x.st_mode) || stat(read, &y) != 0)
		return false;
	if (!S_ISDIR(y.st_mode))
		return is_same_inode(&x, &y);
	SB_FREEING char *inner = realpath(place, NULL);
	SB_FREEING char *outer = realpath(read, NULL);
	size_t n = outer ? strlen(outer) : 0;
	return inner && outer && strncmp(inner, outer, n) == 0 && (inner[n] == '/' || strcmp(outer, "/") == 0);
}

static int check_operands(const struct sb_invocation *call, const char *value, struct sb_err *err)
{
	static const char *const options[] = {"installed", "facts", "previous", "artifact", "attestations", "policy"};
	const char *read;

	for (size_t i = 0; i < call->word_count; i++)
		if (takes_place_of(place_of(value), call->words[i]))
			return sb_fail(err, SB_USAGE, "report-place", "-o %s: it would take the place of what %s names", value, call->words[i]);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		for (size_t k = 0; (read = sb_arg_nth(call, options[i], k)); k++)
			if (takes_place_of(place_of(value), read))
				return sb_fail(err, SB_USAGE, "report-place", "-o %s: it would take the place of what %s names", value, read);
	return 0;
}

int sb_output_check_places(const struct sb_invocation *call, struct sb_err *err)
{
	const char *value;
	int rc = 0;

	for (size_t i = 0; !rc && (value = sb_arg_nth(call, "output", i)); i++) {
		const char *place = place_of(value);
		if (call->json && is_stdout(place) && strncmp(value, "json=", 5) != 0)
			return sb_fail(err, SB_USAGE, "report-place", "-o %s: stdout is taken by the document of --json", value);
		for (size_t k = 0; k < i; k++)
			if (is_one_place(place_of(sb_arg_nth(call, "output", k)), place))
				return sb_fail(err, SB_USAGE, "report-place", "-o %s: another report goes there", value);
		rc = check_operands(call, value, err);
	}
	return rc;
}
