/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the toolchain that a delivered file is, or holds, byte for byte: a build that copies them makes nothing from its source. Text is left alone, since
 * anybody can read what it says, and so are parts of files, which a linker takes from every toolchain.
 */
#include "verifier/trace/contents.h"
#include "verifier/trace/lineage.h"

#include <stdlib.h>
#include <string.h>

enum { COPY_LEAST = 64, LOOKED_AT = 4096 };

/** A file of the toolchain that lies in a delivered file. */
struct copy {
	uint32_t input, output;
	struct sb_lineage_place place;
};

/** An input that may have been copied. */
struct candidate {
	uint64_t size;
	uint32_t input;
};

struct copying {
	struct sb_analysis *a;
	uint32_t output;
	struct candidate *candidates; /* of the output at hand, by size */
	size_t count;
	uint64_t left;        /* bytes that may still be looked at */
	struct sb_vec copies; /* struct copy */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_size(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = (x->size > y->size) - (x->size < y->size);
	return order ? order : (x->input > y->input) - (x->input < y->input);
}

/* What was read on the way to the output, lies in the toolchain, and is large enough to be recognised. */
static bool list_candidates(struct copying *c, const struct sb_lineage_list *read)
{
	free(c->candidates);
	c->count = 0;
	c->candidates = calloc(read->count + 1, sizeof *c->candidates);
	for (size_t i = 0; c->candidates && i < read->count; i++) {
		const struct sb_lineage_input *input = &c->a->out->inputs[read->items[i]];
		if (input->origin != SB_ORIGIN_TOOLCHAIN || !input->hashed || input->size < COPY_LEAST)
			continue;
		c->candidates[c->count++] = (struct candidate){input->size, read->items[i]};
	}
	if (c->count)
		qsort(c->candidates, c->count, sizeof *c->candidates, by_size);
	return c->candidates != NULL;
}

/* The first candidate of that size; count when there is none. */
static size_t first_of(const struct copying *c, uint64_t size)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c->candidates[middle].size < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->count && c->candidates[low].size == size ? low : c->count;
}

static bool is_binary(struct sb_span bytes)
{
	return memchr(bytes.p, 0, bytes.n < LOOKED_AT ? bytes.n : LOOKED_AT) != NULL;
}

static int note(struct copying *c, uint32_t input, const struct sb_content *content, struct sb_err *err)
{
	struct copy *slot = sb_vec_push(&c->copies);

	if (!slot)
		return no_memory(err);
	*slot = (struct copy){.input = input, .output = c->output,
	                      .place = {.inside = content->inside, .part = "", .length = content->bytes.n, .equal = content->bytes.n}};
	return 0;
}

static int look_at(void *ctx, const struct sb_content *content, struct sb_err *err)
{
	struct copying *c = ctx;
	size_t at = first_of(c, content->bytes.n);
	struct sb_digest digest;
	int rc = 0;

	if (at == c->count || content->bytes.n > c->left || !is_binary(content->bytes))
		return 0;
	c->left -= content->bytes.n;
	sb_hash_span(content->bytes, SB_DIGEST_SHA256, &digest);
	for (; !rc && at < c->count && c->candidates[at].size == content->bytes.n; at++)
		if (memcmp(c->a->out->inputs[c->candidates[at].input].sha256, digest.sha256, SB_SHA256_BYTES) == 0)
			rc = note(c, c->candidates[at].input, content, err);
	return rc;
}

/* As it is, and then what it holds: an archive of objects is a file of the toolchain too. */
static int look_into(struct copying *c, const struct sb_trace_artifact *artifact, struct sb_err *err)
{
	struct sb_contents contents = {.parsers = c->a->in->parsers, .arena = c->a->arena, .ctx = c, .visit = look_at};
	const struct sb_content whole = {.inside = "", .bytes = artifact->bytes};
	size_t before = c->copies.count;
	int rc = look_at(c, &whole, err);

	return rc || c->copies.count > before ? rc : sb_contents_visit(&contents, artifact->bytes, artifact->name, err);
}

static int find_copies(struct copying *c, struct sb_err *err)
{
	const struct sb_lineage *lineage = c->a->out;
	int rc = 0;

	for (size_t i = 0; !rc && i < lineage->output_count; i++) {
		const struct sb_trace_artifact *artifact = &c->a->in->artifacts[i];
		c->output = (uint32_t)i;
		if (!list_candidates(c, &lineage->outputs[i].inputs[SB_INFLOW_DATA]))
			return no_memory(err);
		if (c->count && artifact->bytes.n >= COPY_LEAST)
			rc = look_into(c, artifact, err);
	}
	return rc;
}

static int by_input_and_output(const void *a, const void *b)
{
	const struct copy *x = a, *y = b;
	int order = (x->input > y->input) - (x->input < y->input);

	order = order ? order : (x->output > y->output) - (x->output < y->output);
	return order ? order : strcmp(x->place.inside, y->place.inside);
}

/* Places of one input in one output, from *at on. */
static int take_reached(struct copying *c, size_t *at, struct sb_lineage_reached *out, struct sb_err *err)
{
	const struct copy *all = c->copies.items, *first = &all[*at];
	size_t from = *at;

	while (*at < c->copies.count && all[*at].input == first->input && all[*at].output == first->output)
		++*at;
	struct sb_lineage_place *places = sb_arena_array(c->a->arena, *at - from, sizeof *places);
	if (!places)
		return no_memory(err);
	for (size_t i = from; i < *at; i++)
		places[i - from] = all[i].place;
	*out = (struct sb_lineage_reached){.name = c->a->out->outputs[first->output].name, .reach = SB_INFLOW_DATA, .searched = true, .places = places, .place_count = *at - from};
	return 0;
}

/* One input and every output that holds it. */
static int take_input(struct copying *c, size_t *at, struct sb_vec *found, struct sb_err *err)
{
	const struct copy *all = c->copies.items;
	const uint32_t number = all[*at].input;
	const struct sb_lineage_input *input = &c->a->out->inputs[number];
	struct sb_lineage_reached *reached = sb_arena_array(c->a->arena, c->copies.count - *at, sizeof *reached);
	struct sb_lineage_prebuilt *slot = sb_vec_push(found);
	size_t count = 0;
	int rc = reached && slot ? 0 : no_memory(err);

	while (!rc && *at < c->copies.count && all[*at].input == number)
		rc = take_reached(c, at, &reached[count++], err);
	if (rc)
		return rc;
	*slot = (struct sb_lineage_prebuilt){.path = input->path, .format = "file of the toolchain", .size = input->size, .use = SB_USE_READ, .reached = reached, .reached_count = count};
	memcpy(slot->sha256, input->sha256, SB_SHA256_BYTES);
	return 0;
}

int sb_lineage_copies(struct sb_analysis *a, struct sb_vec *found, struct sb_err *err)
{
	struct copying c = {.a = a, .left = SB_LIMIT_OF(LINEAGE_SEARCH), .copies = {.size = sizeof(struct copy)}};
	int rc = find_copies(&c, err);

	if (!rc && c.copies.count)
		qsort(c.copies.items, c.copies.count, sizeof(struct copy), by_input_and_output);
	for (size_t at = 0; !rc && at < c.copies.count;)
		rc = take_input(&c, &at, found, err);
	free(c.candidates);
	sb_vec_release(&c.copies);
	return rc;
}
