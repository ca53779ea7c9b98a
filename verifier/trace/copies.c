/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivered files, and all that is in them, against what may have been copied into them. What bytes went through on the way does not matter here: they may
 * have gone where no trace sees them, such as the environment of a program. Text is left alone, and so are parts of files, which a linker takes from every
 * toolchain.
 */
#include "verifier/trace/copies.h"
#include "verifier/trace/contents.h"
#include "verifier/trace/linked.h"
#include "verifier/trace/reach.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKED_AT = 4096 };

struct copying {
	struct sb_analysis *a;
	const struct sb_alike *alike;
	const struct sb_candidate *candidates; /* by size */
	size_t count;
	uint32_t output;
	uint64_t left; /* bytes that may still be looked at */
	bool placed;
	struct sb_vec *copies;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

bool sb_copy_is_binary(struct sb_span bytes)
{
	return memchr(bytes.p, 0, bytes.n < LOOKED_AT ? bytes.n : LOOKED_AT) != NULL;
}

bool sb_copy_is_shown(struct sb_span bytes)
{
	static const struct {
		const char *bytes;
		size_t n;
	} magics[] = {{"\x89PNG\r\n\x1a\n", 8}, {"GIF87a", 6}, {"GIF89a", 6}, {"\xff\xd8\xff", 3}, {"\xde\x12\x04\x95", 4}, {"\x95\x04\x12\xde", 4}};

	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (sb_span_starts(bytes, magics[i].bytes, magics[i].n))
			return true;
	return false;
}

static int by_size(const void *a, const void *b)
{
	const struct sb_candidate *x = a, *y = b;
	int order = (x->size > y->size) - (x->size < y->size);

	order = order ? order : (x->kind > y->kind) - (x->kind < y->kind);
	return order ? order : (x->index > y->index) - (x->index < y->index);
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

static const uint8_t *digest_of(const struct copying *c, const struct sb_candidate *candidate)
{
	return candidate->sha256 ? candidate->sha256 : sb_use_digest(&c->a->uses[candidate->index]);
}

/* A file of the toolchain that is no input of the output may have been made once more, by a build of the same program. */
static bool was_made_again(const struct copying *c, const struct sb_candidate *candidate, const uint8_t *sha256)
{
	size_t first = 0;

	if (candidate->kind != SB_COPIED_INPUT || sb_reach_is_in(&c->a->out->outputs[c->output], SB_INFLOW_DATA, candidate->index))
		return false;
	size_t count = sb_alike_find_digest(c->alike, candidate->size, sha256, &first);
	for (size_t i = first; i < first + count; i++)
		if (sb_linked(&c->a->graph, c->alike->files[i]))
			return true;
	return false;
}

static int note(struct copying *c, const struct sb_candidate *candidate, const char *inside, struct sb_err *err)
{
	struct sb_copy *slot = sb_vec_push(c->copies);

	if (!slot)
		return no_memory(err);
	*slot = (struct sb_copy){.kind = candidate->kind, .index = candidate->index, .output = c->output, .placed = c->placed,
	                         .place = {.inside = inside, .part = "", .length = candidate->size, .equal = candidate->size}};
	return 0;
}

/* All candidates from @at on that have this content. */
static int note_all(struct copying *c, size_t at, const uint8_t *sha256, const char *inside, struct sb_err *err)
{
	uint64_t size = c->candidates[at].size;
	int rc = 0;

	for (; !rc && at < c->count && c->candidates[at].size == size; at++) {
		const struct sb_candidate *candidate = &c->candidates[at];
		if (memcmp(digest_of(c, candidate), sha256, SB_SHA256_BYTES) == 0 && !was_made_again(c, candidate, sha256))
			rc = note(c, candidate, inside, err);
	}
	return rc;
}

static int look_at(void *ctx, const struct sb_content *content, struct sb_err *err)
{
	struct copying *c = ctx;
	size_t at = first_of(c, content->bytes.n);
	struct sb_digest digest;

	if (at == c->count || content->bytes.n > c->left || !sb_copy_is_binary(content->bytes))
		return 0;
	c->left -= content->bytes.n;
	sb_hash_span(content->bytes, SB_DIGEST_SHA256, &digest);
	return note_all(c, at, digest.sha256, content->inside, err);
}

/* As it is, and then what it holds: an archive of objects is a file of the toolchain too. */
static int look_into(struct copying *c, const struct sb_trace_artifact *artifact, struct sb_err *err)
{
	struct sb_contents contents = {.parsers = c->a->in->parsers, .arena = c->a->arena, .ctx = c, .visit = look_at};
	const struct sb_content whole = {.inside = "", .bytes = artifact->bytes};
	size_t before = c->copies->count;

	c->placed = true;
	int rc = look_at(c, &whole, err);
	return rc || c->copies->count > before ? rc : sb_contents_visit(&contents, artifact->bytes, artifact->name, err);
}

/* What was built, when something else was delivered: with a signature, say. */
static int look_at_built(struct copying *c, const struct sb_trace_artifact *artifact, struct sb_err *err)
{
	const struct sb_content built = {.inside = "", .bytes = artifact->made};

	c->placed = false;
	return artifact->made.n < SB_COPY_LEAST || sb_span_equal(artifact->made, artifact->bytes) ? 0 : look_at(c, &built, err);
}

static int by_candidate(const void *a, const void *b)
{
	const struct sb_copy *x = a, *y = b;
	int order = (x->kind > y->kind) - (x->kind < y->kind);

	order = order ? order : (x->index > y->index) - (x->index < y->index);
	order = order ? order : (x->output > y->output) - (x->output < y->output);
	order = order ? order : (x->placed < y->placed) - (x->placed > y->placed);
	return order ? order : strcmp(x->place.inside, y->place.inside);
}

int sb_copies_find(struct sb_analysis *a, const struct sb_alike *alike, struct sb_candidate *candidates, size_t count, struct sb_vec *copies,
                   struct sb_err *err)
{
	struct copying c = {.a = a, .alike = alike, .candidates = candidates, .count = count, .left = SB_LIMIT_OF(LINEAGE_SEARCH), .copies = copies};
	int rc = 0;

	if (count)
		qsort(candidates, count, sizeof *candidates, by_size);
	for (size_t i = 0; !rc && count && i < a->out->output_count; i++) {
		size_t before = copies->count;
		c.output = (uint32_t)i;
		if (a->in->artifacts[i].bytes.n >= SB_COPY_LEAST)
			rc = look_into(&c, &a->in->artifacts[i], err);
		if (!rc && copies->count == before)
			rc = look_at_built(&c, &a->in->artifacts[i], err);
	}
	if (!rc && copies->count)
		qsort(copies->items, copies->count, sizeof(struct sb_copy), by_candidate);
	return rc;
}

int sb_copies_take(struct sb_analysis *a, const struct sb_vec *copies, size_t *at, struct sb_lineage_reached *out, struct sb_err *err)
{
	const struct sb_copy *all = copies->items, *first = &all[*at];
	size_t from = *at, placed = 0;

	for (; *at < copies->count && all[*at].kind == first->kind && all[*at].index == first->index && all[*at].output == first->output; ++*at)
		placed += all[*at].placed;
	struct sb_lineage_place *places = sb_arena_array(a->arena, placed, sizeof *places);
	if (!places)
		return no_memory(err);
	for (size_t i = 0; i < placed; i++)
		places[i] = all[from + i].place;
	*out = (struct sb_lineage_reached){.name = a->out->outputs[first->output].name, .reach = SB_INFLOW_DATA, .searched = true, .places = places, .place_count = placed};
	return 0;
}
