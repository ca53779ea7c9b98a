/* SPDX-License-Identifier: Apache-2.0 */
/* What supervisor and init say to each other: one byte a message, one of them with a descriptor. */
#ifndef VERIFIER_SANDBOX_CHANNEL_H
#define VERIFIER_SANDBOX_CHANNEL_H

#include "base/base.h"

enum sb_word {
	SB_WORD_NONE = 0,    /* the other side is gone */
	SB_WORD_BORN = 'b',  /* init: my ids can be mapped */
	SB_WORD_GO = 'g',    /* supervisor: they are */
	SB_WORD_PROC = 'p',  /* init: here is the /proc of the environment */
	SB_WORD_READY = 'r', /* init: the environment stands; here is a folder of the file system that the build writes to */
	SB_WORD_STEP = 's',  /* init: a step begins; the board says which */
	SB_WORD_LISTENER = 'l', /* build to init: here is the listener of my filter */
	SB_WORD_DONE = 'd',  /* init: all is over, here is the build folder (or no descriptor when it is gone) */
};

/** @fd  descriptor to pass, or -1. False when the other side is gone. */
bool sb_channel_say(int channel, enum sb_word word, int fd);
/** Waits. @fd may be NULL; else gets the descriptor, which is then the caller's, or -1. */
enum sb_word sb_channel_hear(int channel, int *fd);

#endif
