/* SPDX-License-Identifier: Apache-2.0 */
/* The first SIGINT or SIGTERM asks the stages to stop; further ones change nothing, so that the store's rules hold. */
#ifndef VERIFIER_CLI_SIGNALS_H
#define VERIFIER_CLI_SIGNALS_H

#include <signal.h>

/** Let SIGINT and SIGTERM set the flag from now on, interrupting a blocking read. */
void sb_signals_watch(void);
/** A closed stdout, and a file over the limit of the shell (ulimit -f), must give an error, not death; the disposition is not inherited by what we run. */
void sb_signals_survive_pipe(void);
/** What stages look at through sb_progress.stop. */
const volatile sig_atomic_t *sb_signals_flag(void);
/** 130 or 143 when one came, else 0. */
int sb_signals_exit(void);

#endif
