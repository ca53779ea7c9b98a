/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what --solve tried, as a part of the record and of the statement. */
#ifndef MANIFESTS_SOLVING_H
#define MANIFESTS_SOLVING_H

#include "manifests/making.h"
#include "manifests/taking.h"
#include "verifier/model/model.h"

/** The member `solve` of the record: docs/formats/result-record.md. */
struct sb_node *sb_solving_node(struct sb_making *make, const struct sb_solving *solving);

/** The member `inferred` of the statement: a row for each fact of each rebuild that made a file equal. */
struct sb_node *sb_inferred_node(struct sb_making *make, const struct sb_solving *solving);

/**
 * Read `solve` back from @place; absent is fine. Values must be plausible, numbers of rebuilds must exist, and every fact of a rebuild that made a file
 * equal must have its evidence; anything else is a problem of the schema.
 */
void sb_solving_read(struct sb_taking *in, struct sb_place place, struct sb_solving *out);

#endif
