/* SPDX-License-Identifier: Apache-2.0 */
/* Limits from outside: time, log, what the processes and files of the build use; and which limit it was when it ended badly. */
#ifndef VERIFIER_SANDBOX_GUARD_H
#define VERIFIER_SANDBOX_GUARD_H

#include "verifier/sandbox/watch.h"

/** Init has said that the environment stands: what is used now is not the build's. */
void sb_guard_ready(struct sb_watch *watch);

/** A look at everything that is limited; ends the build when it is over, or when somebody asked to stop. */
void sb_guard_tick(struct sb_watch *watch);

/** Take what the log has; ends the build when it is too much. Errors: IO when it cannot be kept. */
SB_MUST_USE int sb_guard_log(struct sb_watch *watch, struct sb_err *err);

/** All is over: say in watch->out how it ended. A failed step after which a limit was met is told as that limit. */
void sb_guard_conclude(struct sb_watch *watch);

/** Names, values and uses of the limit that ended a build; @how is a static sentence or NULL. The first one counts. */
void sb_guard_limit(struct sb_watch *watch, const char *name, uint64_t value, uint64_t used, const char *how);

#endif
