/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/search.h"
#include "verifier/trace/contents.h"

#include <string.h>

enum { PARTS_MOST = 256, PLACES_MOST = 64, PART_LEAST = 16 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

void sb_search_init(struct sb_search *search, struct sb_analysis *a)
{
	*search = (struct sb_search){.a = a, .parts = {.size = sizeof(struct sb_needle_part)}, .places = {.size = sizeof(struct sb_lineage_place), .ceiling = PLACES_MOST},
	                             .left = SB_LIMIT_OF(LINEAGE_SEARCH)};
}

void sb_search_release(struct sb_search *search)
{
	sb_vec_release(&search->parts);
	sb_vec_release(&search->places);
}

/* Names of sections that say nothing of the program: every compiler writes them alike, or a linker makes them anew. */
static bool is_telling(const struct sb_region *region)
{
	static const char *const dull[] = {".comment", ".note", ".debug", ".zdebug", ".rel", ".symtab", ".strtab", ".shstrtab", ".eh_frame", ".dyn", ".gnu.", ".interp"};

	if (region->kind != SB_REGION_SECTION || region->length < PART_LEAST)
		return false;
	for (size_t i = 0; i < sizeof dull / sizeof *dull; i++)
		if (strncmp(region->name, dull[i], strlen(dull[i])) == 0)
			return false;
	return true;
}

static int add_part(struct sb_search *s, const char *name, struct sb_span bytes, struct sb_span file, struct sb_err *err)
{
	if (s->parts.count >= PARTS_MOST || bytes.n < PART_LEAST || sb_span_all_zero(bytes))
		return 0;
	struct sb_needle_part *part = sb_vec_push(&s->parts);
	char *kept = sb_arena_copy(s->a->arena, sb_span_text(name));
	uint8_t *copy = sb_arena_alloc(s->a->arena, bytes.n); /* what it was decoded into goes away */
	if (!part || !kept || !copy)
		return no_memory(err);
	memcpy(copy, bytes.p, bytes.n);
	*part = (struct sb_needle_part){kept, sb_span_of(copy, bytes.n), (uint64_t)(bytes.p - file.p)};
	return 0;
}

/* The sections of an object, or of each object of an archive; of anything else, all of it. */
static int take_parts(void *ctx, const struct sb_content *content, struct sb_err *err)
{
	struct sb_search *s = ctx;
	size_t before = s->parts.count;
	int rc = 0;

	for (size_t i = 0; !rc && content->view && i < content->view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(content->view, i);
		struct sb_span bytes;
		const char *name = content->inside[0] ? sb_arena_printf(s->a->arena, "%s %s", content->inside, region->name) : region->name;
		if (!name)
			return no_memory(err);
		if (is_telling(region) && sb_span_cut(content->bytes, region->offset, region->length, &bytes))
			rc = add_part(s, name, bytes, content->bytes, err);
	}
	return rc || s->parts.count > before ? rc : add_part(s, content->inside, content->bytes, content->bytes, err);
}

static int search_content(void *ctx, const struct sb_content *content, struct sb_err *err)
{
	struct sb_search *s = ctx;

	if (content->bytes.n > s->left) {
		s->complete = false;
		return 0;
	}
	s->left -= content->bytes.n;
	return sb_needle_search(&s->needle, content->bytes, content->inside, &s->places, &s->complete, err);
}

static int search_artifact(struct sb_search *s, const struct sb_trace_artifact *artifact, struct sb_lineage_reached *out, struct sb_err *err)
{
	struct sb_contents contents = {.parsers = s->a->in->parsers, .arena = s->a->arena, .ctx = s, .visit = search_content};

	if (artifact->bytes.n == 0)
		return 0;
	s->complete = true;
	s->places.count = 0;
	int rc = sb_contents_visit(&contents, artifact->bytes, artifact->name, err);
	if (rc)
		return rc;
	struct sb_lineage_place *places = sb_arena_array(s->a->arena, s->places.count, sizeof *places);
	if (!places)
		return no_memory(err);
	if (s->places.count)
		memcpy(places, s->places.items, s->places.count * sizeof *places);
	out->places = places;
	out->place_count = s->places.count;
	out->searched = s->complete && contents.complete;
	return 0;
}

static int make_needle(struct sb_search *s, const struct sb_sought *sought, struct sb_err *err)
{
	struct sb_contents contents = {.parsers = s->a->in->parsers, .arena = s->a->arena, .ctx = s, .visit = take_parts};

	s->parts.count = 0;
	int rc = sought->decoded ? add_part(s, "", sought->bytes, sought->bytes, err) : sb_contents_visit(&contents, sought->bytes, sought->path, err);
	return rc ? rc : sb_needle_make(sought->bytes, s->parts.items, s->parts.count, &s->needle, err);
}

int sb_search_reached(struct sb_search *s, const struct sb_sought *sought, struct sb_lineage_reached *reached, const size_t *output_of, size_t count,
                      struct sb_err *err)
{
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= reached[i].reach == SB_INFLOW_DATA;
	int rc = any ? make_needle(s, sought, err) : 0;
	for (size_t i = 0; !rc && i < count; i++)
		if (reached[i].reach == SB_INFLOW_DATA)
			rc = search_artifact(s, &s->a->in->artifacts[output_of[i]], &reached[i], err);
	sb_needle_release(&s->needle);
	return rc;
}
