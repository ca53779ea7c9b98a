/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs, before anybody says why: the tree of pairs that compare makes, explain reads and judge counts.
 */
#ifndef VERIFIER_MODEL_COMPARISON_H
#define VERIFIER_MODEL_COMPARISON_H

#include "base/base.h"

struct sb_comparison;

#endif
