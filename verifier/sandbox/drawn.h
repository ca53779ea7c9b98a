/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that a build drew at random, or made of a process number, in its own folders: mktemp -d ./confXXXXXX, conf$$.file. They differ from run to
 * run and are gone when it ends. What is random in them becomes "*", wherever a record has them.
 */
#ifndef VERIFIER_SANDBOX_DRAWN_H
#define VERIFIER_SANDBOX_DRAWN_H

#include "verifier/sandbox/trace_make.h"

/**
 * Once init is silent, in the recorder itself: paths of files that are gone, arguments with their digests, folders, attempts. Of a file that the build
 * made below its path and that is gone: a folder on the way that is gone as well and has a digit, a capital or the form of a template (XXX) is "*" and its
 * suffix; digits in the last component are "*". Errors: NOMEM.
 */
SB_MUST_USE int sb_drawn_settle(const struct sb_trace_request *request, struct sb_arena *arena, struct sb_err *err);

#endif
