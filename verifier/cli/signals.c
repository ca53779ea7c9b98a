/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/signals.h"

/* A handler can reach nothing else: the one variable of the program at file scope. */
static volatile sig_atomic_t caught;

static void catch(int number)
{
	if (!caught)
		caught = number;
}

static void ignore(int number)
{
	(void)number;
}

static void install(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void sb_signals_watch(void)
{
	install(SIGINT, catch);
	install(SIGTERM, catch);
}

void sb_signals_survive_pipe(void)
{
	/* The call fails instead, and says so. A handler, not SIG_IGN: exec resets handlers, but a build would inherit the ignored signal. */
	install(SIGPIPE, ignore);
	install(SIGXFSZ, ignore);
}

const volatile sig_atomic_t *sb_signals_flag(void)
{
	return &caught;
}

int sb_signals_exit(void)
{
	return caught ? 128 + caught : 0;
}
