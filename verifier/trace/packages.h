/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: who owns the files of the root that a build used. */
#ifndef VERIFIER_TRACE_PACKAGES_H
#define VERIFIER_TRACE_PACKAGES_H

#include "verifier/trace/trace.h"

/** A file of the root, and the package that owns it: index in the base, SIZE_MAX: none. */
struct sb_owned {
	const char *path;
	size_t package;
};

/**
 * Find the owner of each of @files, which are sorted by path in the end. A path is also looked for with and without "/usr" before it, since a root
 * may have merged what its packages still name apart. Errors: NOMEM.
 */
SB_MUST_USE int sb_packages_own(const struct sb_package_base *base, struct sb_owned *files, size_t count, struct sb_err *err);

/** Name, architecture and version of each package of the base, as its status says; version "" when it does not. Errors: NOMEM. */
struct sb_package_name {
	const char *name, *arch, *version;
};
SB_MUST_USE int sb_packages_name(const struct sb_package_base *base, struct sb_arena *arena, struct sb_package_name **out, struct sb_err *err);

#endif
