/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a statement: its subjects, and of each what was found and what nobody owns. */
#include "manifests/stating.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RESIDUAL = 1000 }; /* of one artifact */

struct sb_node *sb_state_subjects(struct sb_stating *s)
{
	struct sb_node *list = sb_make_list(&s->make);

	for (size_t i = 0; i < s->result->artifact_count; i++) {
		const struct sb_artifact *artifact = &s->result->artifacts[i];
		if (artifact->shipped.kinds != SB_DIGEST_BOTH)
			continue;
		struct sb_node *subject = sb_make_map(&s->make), *digest = sb_state_sha256(s, artifact->shipped.sha256);
		sb_make_put_hex(&s->make, digest, "blake2b", artifact->shipped.blake2b, SB_BLAKE2B_BYTES);
		sb_make_put_text(&s->make, subject, "name", artifact->name);
		sb_make_put(&s->make, subject, "digest", digest);
		sb_make_push(&s->make, list, subject);
	}
	return list;
}

/** Names in order, to find the artifact of a finding. */
struct named {
	const char *name;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/** What the findings of each artifact are. Lists are of 1 + index, 0 ends them. */
struct told {
	bool *causes, *claimed; /* rows of SB_CAUSES: of all findings, and of those that a rule owns */
	size_t *first, *next;   /* findings that nobody owns: by artifact, and by finding */
	size_t *count;
};

static bool make_room(struct sb_stating *s, struct told *told)
{
	size_t artifacts = s->result->artifact_count + 1;

	told->causes = sb_arena_array(s->make.arena, artifacts * SB_CAUSES, sizeof *told->causes);
	told->claimed = sb_arena_array(s->make.arena, artifacts * SB_CAUSES, sizeof *told->claimed);
	told->first = sb_arena_array(s->make.arena, artifacts, sizeof *told->first);
	told->count = sb_arena_array(s->make.arena, artifacts, sizeof *told->count);
	told->next = sb_arena_array(s->make.arena, s->result->finding_count + 1, sizeof *told->next);
	return told->causes && told->claimed && told->first && told->count && told->next;
}

static bool sort_findings(struct sb_stating *s, struct told *told)
{
	const struct sb_result *result = s->result;
	struct named *names = sb_arena_array(s->make.arena, result->artifact_count + 1, sizeof *names);

	if (!names || !make_room(s, told))
		return false;
	for (size_t i = 0; i < result->artifact_count; i++)
		names[i] = (struct named){result->artifacts[i].name, i};
	qsort(names, result->artifact_count, sizeof *names, by_name);
	for (size_t i = result->finding_count; i-- > 0;) { /* the last one first, so that each list is in order */
		const struct sb_finding *finding = &result->findings[i];
		const struct named wanted = {.name = finding->artifact};
		const struct named *found = bsearch(&wanted, names, result->artifact_count, sizeof *names, by_name);
		if (!found)
			continue;
		told->causes[found->index * SB_CAUSES + finding->cause] = true;
		if (finding->rule > SB_RULE_HINT) {
			told->claimed[found->index * SB_CAUSES + finding->cause] = true;
			continue;
		}
		told->next[i] = told->first[found->index];
		told->first[found->index] = i + 1;
		told->count[found->index]++;
	}
	return true;
}

static void put_causes(struct sb_stating *s, struct sb_node *artifact, const char *key, const bool *seen)
{
	struct sb_node *list = sb_make_list(&s->make);

	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		if (seen[cause])
			sb_make_push(&s->make, list, sb_make_text(&s->make, sb_cause_name((enum sb_cause)cause)));
	sb_make_put(&s->make, artifact, key, list);
}

/* Where a difference is that nobody owns; without a way that leads to nothing else, only that there is one. */
static struct sb_node *residual(struct sb_stating *s, const struct sb_finding *finding)
{
	struct sb_node *map = sb_make_map(&s->make), *inside = sb_make_list(&s->make);

	sb_make_put_text(&s->make, map, "kind", finding->kind);
	sb_make_put_text(&s->make, map, "cause", sb_cause_name(finding->cause));
	if (!finding->located)
		return map;
	for (size_t i = 0; i < finding->inside_count; i++)
		sb_make_push(&s->make, inside, sb_make_text(&s->make, finding->inside[i]));
	sb_make_put(&s->make, map, "inside", inside);
	sb_make_put_count(&s->make, map, "offset", finding->shipped.offset);
	sb_make_put_count(&s->make, map, "length", finding->shipped.length);
	sb_make_put_count(&s->make, map, "rebuiltLength", finding->rebuilt.length);
	return map;
}

/* All of them or none: a list that leaves one out would say that there are no others. */
static void put_residual(struct sb_stating *s, struct sb_node *artifact, const struct told *told, size_t index)
{
	struct sb_node *list = sb_make_list(&s->make);

	if (told->count[index] == 0 || told->count[index] > MOST_RESIDUAL)
		return;
	for (size_t at = told->first[index]; at; at = told->next[at - 1])
		sb_make_push(&s->make, list, residual(s, &s->result->findings[at - 1]));
	sb_make_put(&s->make, artifact, "residual", list);
}

/* The artifacts of the record, as they stand there, with what their findings are: one for each subject. Without all findings nobody knows all causes. */
struct sb_node *sb_state_artifacts(struct sb_stating *s)
{
	const struct sb_node *all = sb_node_get(s->record, "artifacts");
	struct sb_node *list = sb_make_list(&s->make);
	struct told told;

	s->make.failed |= !all || !sort_findings(s, &told);
	for (size_t i = 0; !s->make.failed && i < all->count && i < s->result->artifact_count; i++) {
		if (s->result->artifacts[i].shipped.kinds != SB_DIGEST_BOTH)
			continue;
		if (s->result->findings_left_out == 0) {
			put_causes(s, all->items[i], "causes", &told.causes[i * SB_CAUSES]);
			put_causes(s, all->items[i], "claimed", &told.claimed[i * SB_CAUSES]);
			put_residual(s, all->items[i], &told, i);
		}
		sb_make_push(&s->make, list, all->items[i]);
	}
	return list;
}
