/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal of its own for a person inside: what runs there never holds the caller's, so it cannot type into it (CVE-2017-5226), and
 * job control and Ctrl-C work as on any other. The supervisor carries bytes between the two.
 */
#ifndef VERIFIER_SANDBOX_TERMINAL_H
#define VERIFIER_SANDBOX_TERMINAL_H

#include "base/base.h"

#include <poll.h>
#include <termios.h>

enum { SB_TERMINAL_FDS = 2 };

struct sb_terminal {
	int master, slave;      /* -1: there is none */
	struct termios before;  /* of the caller's terminal */
	bool raw;               /* that one is ours at the moment */
	char typed[512];        /* read from the caller and not yet taken by the other side */
	size_t typed_length;
};

void sb_terminal_init(struct sb_terminal *terminal);

/**
 * Make one when stdin is a terminal; else nothing is done, and the caller's streams, none of which may be a terminal, are used as they are.
 * Errors: IO "sandbox-setup", USAGE "shell-terminal".
 */
SB_MUST_USE int sb_terminal_open(struct sb_terminal *terminal, struct sb_err *err);

/** The last step begins: from here on keys go to it. */
void sb_terminal_enter(struct sb_terminal *terminal);

/** Fill in what to wait for; carry what has come. Nothing happens before sb_terminal_enter. */
void sb_terminal_watch(const struct sb_terminal *terminal, struct pollfd fds[SB_TERMINAL_FDS]);
void sb_terminal_carry(struct sb_terminal *terminal, const struct pollfd fds[SB_TERMINAL_FDS]);

/** Show what is left, give the caller's terminal back as it was, close. Fine at any time. */
void sb_terminal_close(struct sb_terminal *terminal);

/** In the child: make @slave the terminal of a new session and its stdin, stdout, stderr. -1 with errno. */
int sb_terminal_take(int slave);

#endif
