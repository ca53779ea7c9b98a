/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what marshal of CPython wrote, as far as its texts. */
#ifndef VERIFIER_FORMATS_MARSHAL_H
#define VERIFIER_FORMATS_MARSHAL_H

#include "base/base.h"

/**
 * May the code object that fills @code, written by the CPython with this magic number, have a name or instructions at [@from, @to) of it? A name is a text of letters,
 * digits, underscores and dots: attributes, arguments and modules are found by such. True where the object cannot be read as a whole.
 */
bool sb_marshal_may_name(struct sb_span code, unsigned magic, uint64_t from, uint64_t to);

#endif
