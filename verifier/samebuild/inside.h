/* SPDX-License-Identifier: Apache-2.0 */
/* What the program itself needs of the library: results as plain data. Neither installed nor exported. */
#ifndef VERIFIER_SAMEBUILD_INSIDE_H
#define VERIFIER_SAMEBUILD_INSIDE_H

#include "verifier/model/model.h"
#include "verifier/samebuild/samebuild.h"

/** Everything that was found; borrowed until the comparison is closed. NULL before it ran. */
const struct sb_result *sb_samebuild_result(const struct samebuild_comparison *comparison);

/** An error of the library as one of the program; returns its code. */
int sb_samebuild_fail(const struct samebuild_error *from, struct sb_err *err);

#endif
