/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile build tries. Each attempt is a valid call that succeeds where nothing forbids it, with the answer that it must get
 * inside the environment; abuse_test.py runs the probe as the step of a build and some of it outside, where it must get through.
 */
#ifndef TESTS_HOSTILE_ABUSE_ABUSE_H
#define TESTS_HOSTILE_ABUSE_ABUSE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SUCCEEDS = -1, /* among the answers: the call is allowed on purpose, or has no effect */

	NEEDS_LANDLOCK = 1, /* only Landlock refuses it */
	CONTROL = 2,        /* harmless and possible for everybody: is also run outside, where it must succeed */
};

struct attempt {
	const char *name;
	long (*attempt)(void); /* below 0: refused, errno says how */
	int answers[3];        /* errno values or SUCCEEDS; 0 ends the list */
	unsigned flags;
};

struct family {
	const char *name;
	const struct attempt *attempts;
	size_t count;
};

#define FAMILY(title, rows) {.name = (title), .attempts = (rows), .count = sizeof(rows) / sizeof((rows)[0])}

extern const struct family family_namespaces, family_files, family_processes, family_own_proc, family_kernel, family_sockets, family_identity;

/** Open, and close again. */
long opens(const char *path, int flags);
/** Write @text into a file that is there. */
long writes(const char *path, const char *text);
/** Number of a pid that a child of ours has, stopped until the attempt ends. */
int stopped_child(void);

/** Acts that are not a matter of one answer: bombs, odd outputs, daemons. The exit status of the step, or -1 when @name is unknown. */
int act(const char *name, const char *argument);

#endif
