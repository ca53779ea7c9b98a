/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file a process means: its path, from its working folder or descriptor, by the rights of the build. Links of /proc that mean something
 * else to init than to the one who asks are followed only where they name the asker's own descriptors or program.
 */
#ifndef VERIFIER_SANDBOX_LOOKUP_H
#define VERIFIER_SANDBOX_LOOKUP_H

#include "verifier/sandbox/target.h"

#include <limits.h>
#include <sys/stat.h>

/** What is asked for. */
struct sb_wanted {
	int folder;        /* descriptor in the process that asks, or AT_FDCWD */
	uint64_t address;  /* of the path */
	bool stays;        /* a link at the end is not followed */
	bool may_be_empty; /* then it is the descriptor itself */
	uint64_t resolve;  /* RESOLVE_* that the process asked for */
};

enum sb_found_how {
	SB_FOUND_NOTHING = 0, /* error says why */
	SB_FOUND,             /* fd, st */
	SB_FOUND_UNSEEN,      /* only the kernel can tell */
	SB_FOUND_GONE,        /* nobody waits any more, or the process may not be looked into */
};

struct sb_found {
	enum sb_found_how how;
	int error;            /* errno value */
	int fd;               /* O_PATH, the caller's to close; -1: none */
	int folder;           /* likewise, where a relative path begins; AT_FDCWD for absolute ones */
	struct stat st;
	char path[PATH_MAX];  /* as the process wrote it */
};

void sb_lookup(const struct sb_target *target, const struct sb_wanted *wanted, struct sb_found *out);
void sb_found_release(struct sb_found *found);

/** Is another path where this one was read? No honest program changes what it has just handed to the kernel. */
bool sb_lookup_changed(const struct sb_target *target, const struct sb_wanted *wanted, const struct sb_found *found);

/** Does @path name a file of the asker's own folder in /proc? Then the rest of it, else NULL. */
const char *sb_lookup_own(const struct sb_target *target, const char *path);

#endif
