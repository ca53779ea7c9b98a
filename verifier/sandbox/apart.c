/* SPDX-License-Identifier: Apache-2.0 */
/* What a build must not see lies nowhere that it sees. */
#include "verifier/sandbox/root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool lies_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* Where @name beneath @folder lies now: no link is left on the way to the folder, and none is followed beneath it. */
static int place_of(int folder, const char *name, struct sb_buf *out, struct sb_err *err)
{
	char link[64];

	snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
	SB_FREEING char *above = realpath(link, NULL);
	if (!above)
		return sb_fail_errno(err, "sandbox-setup", "cannot tell where %s lies", name);
	sb_buf_text(out, strcmp(above, "/") == 0 ? "" : above);
	if (strcmp(name, ".") != 0)
		sb_buf_printf(out, "/%s", name);
	sb_buf_add(out, "", 1);
	return sb_buf_ok(out, err);
}

/* Whichever of them is the outer one. */
static int check_against(const char *path, const char *shown, const char *name, struct sb_err *err)
{
	char absolute[64];

	snprintf(absolute, sizeof absolute, "/%s", shown);
	SB_FREEING char *real = realpath(absolute, NULL);
	if (!real || !(lies_in(path, real) || lies_in(real, path)))
		return 0;
	return sb_fail(err, SB_USAGE, "drop-visible", "%s lies in %s, which the build sees: it could copy what was delivered", name, real);
}

int sb_sandbox_check_apart(int folder, const char *name, struct sb_err *err)
{
	SB_BUF struct sb_buf path = {0};
	int rc = place_of(folder, name, &path, err);

	for (size_t i = 0; !rc && sb_host_paths[i]; i++)
		rc = check_against((const char *)path.data, sb_host_paths[i], name, err);
	return rc;
}
