/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of the room: the nouns that every stage shares. Plain data, no I/O; strings are borrowed from the arena of
 * whoever made the record.
 */
#ifndef VERIFIER_MODEL_MODEL_H
#define VERIFIER_MODEL_MODEL_H

#include "verifier/model/comparison.h"
#include "verifier/model/explanation.h"
#include "verifier/model/lineage.h"
#include "verifier/model/parts.h"
#include "verifier/model/result.h"
#include "verifier/model/solving.h"
#include "verifier/model/trace.h"
#include "verifier/model/vocabulary.h"

#endif
