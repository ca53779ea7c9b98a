/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what a program is for, by its name. */
#ifndef VERIFIER_TRACE_TRADES_H
#define VERIFIER_TRACE_TRADES_H

#include "verifier/model/model.h"

/** How a carrier moves what it reads. */
enum sb_carriage {
	SB_CARRIAGE_NONE = 0, /* no carrier */
	SB_CARRIAGE_MOVER,    /* file by file: cp, install */
	SB_CARRIAGE_PACKER,   /* into an archive, or out of it: tar */
	SB_CARRIAGE_CODER,    /* all of it, in another form: gzip, cat */
	SB_CARRIAGE_LOOKER,   /* it only counts or digests: md5sum */
};

/** By the last component of @path, without the prefix of a target system and the suffix of a version: "x86_64-linux-gnu-gcc-12" is gcc. */
enum sb_trade sb_trade_of(const char *path);
/** By the last component of @path as it is: what is called copied must not have been compiled. */
enum sb_carriage sb_carriage_of(const char *path);

#endif
