/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: whether a program was made by compilers and linkers, as it lies there. */
#ifndef VERIFIER_TRACE_LINKED_H
#define VERIFIER_TRACE_LINKED_H

#include "verifier/trace/graph.h"

/**
 * Was @file written by linkers of the root, from what compilers and assemblers of the root wrote, and by nobody else but who strips or moves it? A build that
 * makes the same program again that it runs has copied nothing.
 */
bool sb_linked(const struct sb_graph *graph, uint32_t file);

#endif
