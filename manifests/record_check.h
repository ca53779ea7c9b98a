/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what a record says as a whole. */
#ifndef MANIFESTS_RECORD_CHECK_H
#define MANIFESTS_RECORD_CHECK_H

#include "manifests/taking.h"
#include "verifier/model/model.h"

/**
 * Do the level of @result, those of its artifacts, their bytes and digests, and its findings agree? A problem "record-inconsistent" at @top for each
 * place where one says more than another allows.
 */
void sb_record_check(struct sb_taking *in, struct sb_place top, const struct sb_result *result);

#endif
