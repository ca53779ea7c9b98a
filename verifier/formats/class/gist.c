/* SPDX-License-Identifier: Apache-2.0 */
/* What a region says as a whole: its clauses part by part, those without an order by what they say, and branches by where they go among them. */
#include "verifier/formats/class/class.h"

#include "hashing/hashing.h"

#include <stdlib.h>
#include <string.h>

/** A clause as it enters the digest. No member leaves a hole. */
struct said {
	uint64_t part, word, target; /* target: 1 + place of the clause within its part; 0: none */
	struct sb_sense sense;
};

static int by_part(const void *a, const void *b)
{
	const struct sb_clause *const *x = a, *const *y = b;

	if ((*x)->part != (*y)->part)
		return (*x)->part < (*y)->part ? -1 : 1;
	if ((*x)->free != (*y)->free)
		return (*x)->free ? 1 : -1;
	int order = (*x)->free ? memcmp(&(*x)->sense, &(*y)->sense, sizeof(struct sb_sense)) : 0;
	return order ? order : ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/** Room for the clauses of the largest region so far. */
struct room {
	const struct sb_clause **sorted;
	size_t *place; /* of each clause within its part */
	struct said *said;
	size_t count;
};

static void release(struct room *room)
{
	free(room->sorted);
	free(room->place);
	free(room->said);
}

static bool make_room(struct room *room, size_t count)
{
	if (count <= room->count)
		return true;
	release(room);
	*room = (struct room){calloc(count, sizeof *room->sorted), calloc(count, sizeof *room->place), calloc(count, sizeof *room->said), count};
	return room->sorted && room->place && room->said;
}

static struct sb_sense digest_of(const struct room *room, const struct sb_vec *clauses)
{
	const struct sb_clause *first = clauses->items;
	struct sb_digest digest;
	struct sb_sense sense;

	for (size_t i = 0; i < clauses->count; i++)
		room->sorted[i] = &first[i];
	if (clauses->count)
		qsort(room->sorted, clauses->count, sizeof *room->sorted, by_part);
	for (size_t i = 0, from = 0; i < clauses->count; i++) {
		from = i && room->sorted[i]->part == room->sorted[i - 1]->part ? from : i;
		room->place[room->sorted[i] - first] = i - from;
	}
	for (size_t i = 0; i < clauses->count; i++) {
		const struct sb_clause *clause = room->sorted[i];
		size_t led = sb_clause_at(clauses, clause->target);
		room->said[i] = (struct said){clause->part, clause->word, led == clauses->count ? 0 : room->place[led] + 1, clause->sense};
	}
	sb_hash_span(sb_span_of(room->said, clauses->count * sizeof *room->said), SB_DIGEST_BLAKE2B, &digest);
	memcpy(&sense, digest.blake2b, sizeof sense);
	return sense;
}

static int add_gist(struct sb_view *view, const struct sb_region *region, struct sb_vec *clauses, struct room *room, struct sb_vec *out, struct sb_err *err)
{
	struct sb_gist *slot = sb_vec_push(out);

	if (!slot)
		return sb_no_memory(err);
	clauses->count = 0;
	int rc = sb_class_clauses(view, region, clauses, err);
	if (rc)
		return rc;
	if (!make_room(room, clauses->count))
		return sb_no_memory(err);
	slot->sense = digest_of(room, clauses);
	slot->severity = SB_SEVERITY_INFO;
	for (size_t i = 0; i < clauses->count; i++) {
		const struct sb_clause *clause = sb_vec_at(clauses, i);
		slot->severity = clause->severity < slot->severity ? clause->severity : slot->severity;
	}
	slot->named = region->tag == SB_CLASS_TAG_POOL || strcmp(region->name, "attribute BootstrapMethods") == 0;
	return 0;
}

int sb_class_gists(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	SB_VEC struct sb_vec clauses = {.size = sizeof(struct sb_clause)};
	struct room room = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < view->regions.count; i++)
		rc = add_gist(view, sb_view_region(view, i), &clauses, &room, out, err);
	release(&room);
	return rc;
}
