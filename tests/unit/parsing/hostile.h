/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers that were taken over, for tests of those who ask them. */
#ifndef TESTS_UNIT_PARSING_HOSTILE_H
#define TESTS_UNIT_PARSING_HOSTILE_H

#include "verifier/parsing/parsing.h"

/**
 * A pool in whose table gzip is hostile. The fifth byte of a file says what its parser does: 'c' crashes, 'l' loops, 'm' eats memory, 'h' and 'n'
 * lie about the answer, 't' about the tiling, 'f' 's' 'p' 'k' open a file, a socket, a process, signal the parent, 'C' crashes while it is asked what the file is, 'e' ends, 'q' holds itself, anything
 * else parses it as one region.
 * @silence  ms, 0: as the product; @data  bytes of heap, 0: as the product.
 */
struct sb_parsers *hostile_pool(unsigned silence, uint64_t data);

#endif
