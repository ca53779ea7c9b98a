/* SPDX-License-Identifier: Apache-2.0 */
/* Names of temporary files are chosen at random: what is random in them is no part of a trace. */
#ifndef VERIFIER_SANDBOX_TEMPORARY_H
#define VERIFIER_SANDBOX_TEMPORARY_H

#include "base/base.h"

/**
 * In each path of @text below /tmp, /var/tmp or /dev/shm the component after that becomes "*", with its suffix: "/tmp/ccAbCdEf.s" is
 * "/tmp/" and "*.s". @keep, absolute and without a slash at its end, and what lies below it stay as they are. In place; returns the new length.
 */
size_t sb_temporary_names(char *text, size_t n, const char *keep);

/** Likewise the last component of @path, wherever it lies: of a file that was made as mkstemp(3) does and is gone. */
void sb_temporary_base(char *path);

#endif
