/* SPDX-License-Identifier: Apache-2.0 */
/* What was ready-made in the drop: whether the build used it, which artifacts it got into, and which of their bytes it became. */
#include "verifier/trace/contents.h"
#include "verifier/trace/encoded.h"
#include "verifier/trace/lineage.h"
#include "verifier/trace/needle.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS_MOST = 256, PLACES_MOST = 64, PART_LEAST = 16, TEXT_MOST = 64 << 20 };

/** One ready-made file, and what is looked for of it. */
struct subject {
	const char *path, *format;
	uint8_t sha256[SB_SHA256_BYTES];
	uint64_t size;
	struct sb_span bytes;   /* of the file, or decoded */
	bool decoded;
	enum sb_use use;
	uint32_t file;
};

struct search {
	struct sb_analysis *a;
	struct sb_vec parts;    /* struct sb_needle_part */
	struct sb_vec places;   /* struct sb_lineage_place */
	struct sb_needle needle;
	uint64_t left;          /* bytes that may still be searched */
	bool complete;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static struct sb_source_use *use_of(const struct sb_analysis *a, const char *path)
{
	size_t low = 0, high = a->use_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, a->uses[middle].path);
		if (order == 0)
			return &a->uses[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool holds(const struct sb_lineage_list *list, uint32_t number)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->items[middle] == number)
			return true;
		if (list->items[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Where not all inputs are listed, or nothing is known of them, anything that was read may be one. */
static enum sb_inflow reach_of(const struct sb_analysis *a, const struct sb_lineage_output *output, uint32_t file)
{
	uint32_t input = file == SB_TRACE_NONE ? 0 : a->input_of[file];

	for (unsigned inflow = SB_INFLOW_DATA; input && inflow > SB_INFLOW_NONE; inflow--)
		if (holds(&output->inputs[inflow], input - 1))
			return (enum sb_inflow)inflow;
	bool unknown = file != SB_TRACE_NONE && (output->left_out || !output->traced);
	return unknown ? SB_INFLOW_CONTROL : SB_INFLOW_NONE;
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

static int add_part(struct search *s, const char *name, struct sb_span bytes, struct sb_span file, struct sb_err *err)
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
	struct search *s = ctx;
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
	struct search *s = ctx;

	if (content->bytes.n > s->left) {
		s->complete = false;
		return 0;
	}
	s->left -= content->bytes.n;
	return sb_needle_search(&s->needle, content->bytes, content->inside, &s->places, &s->complete, err);
}

static int search_artifact(struct search *s, const struct sb_trace_artifact *artifact, struct sb_lineage_reached *out, struct sb_err *err)
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

static int make_needle(struct search *s, const struct subject *subject, struct sb_err *err)
{
	struct sb_contents contents = {.parsers = s->a->in->parsers, .arena = s->a->arena, .ctx = s, .visit = take_parts};

	s->parts.count = 0;
	int rc = subject->decoded ? add_part(s, "", subject->bytes, subject->bytes, err) : sb_contents_visit(&contents, subject->bytes, subject->path, err);
	return rc ? rc : sb_needle_make(subject->bytes, s->parts.items, s->parts.count, &s->needle, err);
}

/* Only what was read on the way to an artifact can have become its bytes. */
static int search_reached(struct search *s, const struct subject *subject, struct sb_lineage_reached *reached, const size_t *artifact_of, size_t count,
                          struct sb_err *err)
{
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= reached[i].reach == SB_INFLOW_DATA;
	int rc = any ? make_needle(s, subject, err) : 0;
	for (size_t i = 0; !rc && i < count; i++)
		if (reached[i].reach == SB_INFLOW_DATA)
			rc = search_artifact(s, &s->a->in->artifacts[artifact_of[i]], &reached[i], err);
	sb_needle_release(&s->needle);
	return rc;
}

static int follow(struct search *s, const struct subject *subject, struct sb_lineage_prebuilt *out, struct sb_err *err)
{
	const struct sb_lineage *lineage = s->a->out;
	SB_FREEING size_t *artifact_of = calloc(lineage->output_count + 1, sizeof *artifact_of);
	size_t count = 0;

	for (size_t i = 0; artifact_of && i < lineage->output_count; i++)
		if (reach_of(s->a, &lineage->outputs[i], subject->file) != SB_INFLOW_NONE)
			artifact_of[count++] = i;
	struct sb_lineage_reached *reached = sb_arena_array(s->a->arena, count, sizeof *reached);
	if (!artifact_of || !reached)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct sb_lineage_output *output = &lineage->outputs[artifact_of[i]];
		reached[i] = (struct sb_lineage_reached){.name = output->name, .reach = reach_of(s->a, output, subject->file)};
	}
	*out = (struct sb_lineage_prebuilt){.path = subject->path, .format = subject->format, .size = subject->size, .use = subject->use, .reached = reached,
	                                    .reached_count = count};
	memcpy(out->sha256, subject->sha256, SB_SHA256_BYTES);
	return search_reached(s, subject, reached, artifact_of, count, err);
}

static int follow_readymade(struct search *s, struct sb_vec *found, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < s->a->in->prebuilt_count; i++) {
		const struct sb_trace_readymade *from = &s->a->in->prebuilt[i];
		const struct sb_source_use *use = use_of(s->a, from->path);
		struct subject subject = {.path = from->path, .format = from->format, .bytes = from->bytes, .size = from->bytes.n, .use = use ? use->use : SB_USE_UNKNOWN,
		                          .file = use ? use->file : SB_TRACE_NONE};
		struct sb_lineage_prebuilt *slot = sb_vec_push(found);
		memcpy(subject.sha256, from->sha256, SB_SHA256_BYTES);
		rc = slot ? follow(s, &subject, slot, err) : no_memory(err);
	}
	return rc;
}

static bool is_readymade(const struct sb_analysis *a, const char *path)
{
	for (size_t i = 0; i < a->in->prebuilt_count; i++)
		if (strcmp(a->in->prebuilt[i].path, path) == 0)
			return true;
	return false;
}

static bool gets_anywhere(const struct sb_analysis *a, uint32_t file)
{
	for (size_t i = 0; i < a->out->output_count; i++)
		if (reach_of(a, &a->out->outputs[i], file) == SB_INFLOW_DATA)
			return true;
	return false;
}

static int follow_encoded(struct search *s, const struct sb_source_use *use, struct sb_span text, struct sb_vec *found, struct sb_err *err)
{
	SB_BUF struct sb_buf decoded = {.ceiling = TEXT_MOST};
	struct subject subject = {.path = use->path, .size = text.n, .decoded = true, .use = use->use, .file = use->file};
	struct sb_digest digest;

	int rc = sb_encoded_find(text, &subject.format, &decoded, err);
	if (rc || !subject.format)
		return rc;
	subject.bytes = sb_buf_span(&decoded);
	sb_hash_span(text, SB_DIGEST_SHA256, &digest);
	memcpy(subject.sha256, digest.sha256, SB_SHA256_BYTES);
	struct sb_lineage_prebuilt *slot = sb_vec_push(found);
	return slot ? follow(s, &subject, slot, err) : no_memory(err);
}

/* Sources that got into an artifact, and hold a binary written as text. */
static int follow_all_encoded(struct search *s, struct sb_vec *found, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < s->a->use_count; i++) {
		const struct sb_source_use *use = &s->a->uses[i];
		if (use->use != SB_USE_READ || use->bytes.n < SB_ENCODED_LEAST || use->bytes.n > TEXT_MOST)
			continue;
		if (gets_anywhere(s->a, use->file) && !is_readymade(s->a, use->path))
			rc = follow_encoded(s, use, use->bytes, found, err);
	}
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct sb_lineage_prebuilt *x = a, *y = b;
	return strcmp(x->path, y->path);
}

int sb_lineage_prebuilt(struct sb_analysis *a, struct sb_err *err)
{
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_lineage_prebuilt)};
	struct search s = {.a = a, .parts = {.size = sizeof(struct sb_needle_part)}, .places = {.size = sizeof(struct sb_lineage_place), .ceiling = PLACES_MOST},
	                   .left = SB_LIMIT_OF(LINEAGE_SEARCH)};

	int rc = follow_readymade(&s, &found, err);
	if (!rc)
		rc = follow_all_encoded(&s, &found, err);
	if (!rc)
		rc = sb_lineage_copies(a, &found, err);
	sb_vec_release(&s.parts);
	sb_vec_release(&s.places);
	struct sb_lineage_prebuilt *prebuilt = rc ? NULL : sb_arena_array(a->arena, found.count, sizeof *prebuilt);
	if (rc || !prebuilt)
		return rc ? rc : no_memory(err);
	if (found.count) {
		memcpy(prebuilt, found.items, found.count * sizeof *prebuilt);
		qsort(prebuilt, found.count, sizeof *prebuilt, by_path);
	}
	a->out->prebuilt = prebuilt;
	a->out->prebuilt_count = sb_lineage_room(a, found.count);
	return 0;
}
