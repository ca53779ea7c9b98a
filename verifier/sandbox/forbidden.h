/* SPDX-License-Identifier: Apache-2.0 */
/* Why this machine gives no environment: one sentence for each switch that can forbid it. Nothing weaker is used instead. */
#ifndef VERIFIER_SANDBOX_FORBIDDEN_H
#define VERIFIER_SANDBOX_FORBIDDEN_H

#include "base/base.h"

/** What the switches of this machine say; -1: it has no such switch. */
struct sb_switches {
	long most_namespaces;    /* user.max_user_namespaces */
	long userns_clone;       /* kernel.unprivileged_userns_clone (Debian) */
	long apparmor;           /* kernel.apparmor_restrict_unprivileged_userns (Ubuntu) */
	bool privileged;         /* we are root: the last two do not hold for us */
	bool confined;           /* a seccomp filter holds for this very process */
};

void sb_forbidden_look(struct sb_switches *out);

/** Why clone3 with CLONE_NEWUSER failed with @number, in one sentence with the name of the switch. */
void sb_forbidden_clone_text(const struct sb_switches *switches, int number, char *out, size_t n);
/** Why @file of the new namespace (uid_map …) cannot be written. */
void sb_forbidden_map_text(const struct sb_switches *switches, const char *file, int number, char *out, size_t n);

/** The same as failures: ABSENT "no-user-namespaces". */
int sb_forbidden_clone(int number, struct sb_err *err);
int sb_forbidden_map(const char *file, int number, struct sb_err *err);

/**
 * A failure of init while it made the environment, as it is told: where AppArmor lets the namespace be made and then takes its rights
 * away, that switch is the cause. Returns the code.
 */
int sb_forbidden_setup(const struct sb_err *why, struct sb_err *err);

#endif
