/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_PARSING_WORKER_H
#define VERIFIER_PARSING_WORKER_H

#include "verifier/parsing/parsing.h"

/** Answer requests on SB_WIRE_CHANNEL until it ends. Called behind all walls; @window is shared with the core. */
_Noreturn void sb_worker_serve(const struct sb_parsers_options *options, uint8_t *window);

#endif
