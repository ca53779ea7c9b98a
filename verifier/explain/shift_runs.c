/* SPDX-License-Identifier: Apache-2.0 */
/* Of thousands of fields that followed a person is told by how far they moved: the largest shifts, one claim each. */
#include "verifier/explain/shift.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	MOST_HEADS = 4, /* runs that a person is told of one by one */
	SHORTEST_RUN = 4, /* fields of one of those but the first */
	MOST_RUNS = 256,
};

int sb_run_count(struct sb_folding *folding, int64_t distance, uint64_t fields, size_t claim, struct sb_err *err)
{
	for (size_t i = 0; i < folding->runs.count; i++) {
		struct sb_run *run = sb_vec_at(&folding->runs, i);
		if (run->distance == distance || i + 1 == MOST_RUNS) {
			run->mixed |= run->distance != distance;
			run->fields += fields;
			return 0;
		}
	}
	struct sb_run *slot = sb_vec_push(&folding->runs);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_run){distance, fields, claim, false};
	return 0;
}

/* Each proven field belongs to the run of its distance. */
int sb_runs_count(struct sb_folding *folding, size_t claim, struct sb_err *err)
{
	const struct sb_vec *fields = &folding->prover.fields;
	int rc = 0;

	for (size_t i = 0; !rc && i < fields->count; i++)
		rc = sb_run_count(folding, ((const struct sb_proven_field *)sb_vec_at(fields, i))->distance, 1, claim, err);
	return rc;
}

static int by_fields(const void *a, const void *b)
{
	const struct sb_run *x = a, *y = b;
	if (x->fields != y->fields)
		return x->fields > y->fields ? -1 : 1;
	return (x->distance > y->distance) - (x->distance < y->distance);
}

/* The lowest place that moved by @distance, as "section+0x40". */
static const char *origin_of(struct sb_folding *folding, int64_t distance)
{
	const struct sb_vec *anchors = &folding->map->anchors[SB_SHIPPED];

	for (size_t i = 0; i < folding->map->addresses.count; i++) {
		const struct sb_piece *piece = sb_vec_at(&folding->map->addresses, i);
		if ((int64_t)(piece->b - piece->a) != distance || piece->length == 0)
			continue;
		for (size_t k = 0; k < anchors->count; k++) {
			const struct sb_anchor *anchor = sb_vec_at(anchors, k);
			if (anchor->kind == SB_ANCHOR_SECTION && piece->a >= anchor->address && piece->a - anchor->address < anchor->length)
				return sb_explain_note(folding->in, " from %s+0x%" PRIx64, sb_explain_shown(folding->in, sb_span_text(anchor->name)),
				                       piece->a - anchor->address);
		}
	}
	return "";
}

/* The largest run is always told of, the others when they are long enough to be one shift. */
static size_t count_heads(const struct sb_folding *folding)
{
	size_t heads = folding->runs.count > 0;

	while (heads < MOST_HEADS && heads < folding->runs.count && ((const struct sb_run *)sb_vec_at(&folding->runs, heads))->fields >= SHORTEST_RUN)
		heads++;
	return heads;
}

void sb_runs_announce(struct sb_folding *folding, struct sb_vec *claims)
{
	if (folding->runs.count)
		qsort(folding->runs.items, folding->runs.count, folding->runs.size, by_fields);
	for (size_t i = 0, heads = count_heads(folding); i < heads; i++) {
		const struct sb_run *run = sb_vec_at(&folding->runs, i);
		struct sb_claim *head = sb_vec_at(claims, run->head);
		if (head->primary)
			continue;
		head->primary = true;
		const char *more = i + 1 == heads && folding->runs.count > heads
		                           ? sb_explain_note(folding->in, "; fields moved by %zu other distances too", folding->runs.count - heads)
		                           : "";
		head->note = run->mixed ? sb_explain_note(folding->in, "shifts of many distances: %" PRIu64 " fields%s", run->fields, more)
		                        : sb_explain_note(folding->in, "uniform shift of %+" PRId64 "%s: %" PRIu64 " field%s%s", run->distance,
		                                          origin_of(folding, run->distance), run->fields, run->fields == 1 ? "" : "s", more);
	}
}
