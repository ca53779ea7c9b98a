/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was ready-made: whether the build used it, which artifacts it got into, and which of their bytes it became. Binaries that the drop brings, those that
 * are written as text in it or in its manifest, and whatever a delivered file is, or holds, byte for byte.
 */
#include "verifier/trace/copies.h"
#include "verifier/trace/encoded.h"
#include "verifier/trace/reach.h"
#include "verifier/trace/search.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 64 << 20 };

/** Something ready-made that was found by what it is: what is looked for of it. */
struct subject {
	const char *path, *format;
	struct sb_span bytes;       /* of the file */
	uint64_t size;
	bool encoded;               /* they are text that encodes something */
	struct sb_source_use *use;  /* NULL: it stands in the manifest */
	uint8_t sha256[SB_SHA256_BYTES];
	uint8_t content[SB_SHA256_BYTES]; /* of what is encoded */
	uint64_t content_size;
};

struct finding {
	struct sb_analysis *a;
	struct sb_reaching reaching;
	struct sb_search search;
	struct sb_vec subjects, copies; /* struct subject; struct sb_copy */
	struct sb_vec found;            /* struct sb_lineage_prebuilt */
	uint8_t *row;                   /* enum sb_inflow by output, of the subject at hand */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int path_to_use(const void *key, const void *item)
{
	return strcmp(key, ((const struct sb_source_use *)item)->path);
}

static struct sb_source_use *use_of(const struct sb_analysis *a, const char *path)
{
	return a->use_count ? bsearch(path, a->uses, a->use_count, sizeof *a->uses, path_to_use) : NULL;
}

static int path_to_readymade(const void *key, const void *item)
{
	return strcmp(key, ((const struct sb_trace_readymade *)item)->path);
}

static bool is_readymade(const struct sb_analysis *a, const char *path)
{
	return a->in->prebuilt_count && bsearch(path, a->in->prebuilt, a->in->prebuilt_count, sizeof *a->in->prebuilt, path_to_readymade);
}

/* ---- who they are ---- */

static int list_readymade(struct finding *f, struct sb_err *err)
{
	for (size_t i = 0; i < f->a->in->prebuilt_count; i++) {
		const struct sb_trace_readymade *from = &f->a->in->prebuilt[i];
		struct subject *slot = sb_vec_push(&f->subjects);
		if (!slot)
			return no_memory(err);
		*slot = (struct subject){.path = from->path, .format = from->format, .bytes = from->bytes, .size = from->bytes.n, .use = use_of(f->a, from->path)};
		memcpy(slot->sha256, from->sha256, SB_SHA256_BYTES);
	}
	return 0;
}

/* A text that holds a binary which is written as text; @whole is the text as it was given. */
static int list_encoded(struct finding *f, const struct subject *from, struct sb_span whole, struct sb_err *err)
{
	SB_BUF struct sb_buf decoded = {.ceiling = TEXT_MOST};
	struct sb_span text = from->bytes;
	struct subject subject = *from;
	struct sb_digest digest, content;

	int rc = text.n < SB_ENCODED_LEAST || text.n > TEXT_MOST ? 0 : sb_encoded_find(text, &subject.format, &decoded, err);
	if (rc || !subject.format)
		return rc;
	subject.encoded = true;
	subject.size = whole.n;
	sb_hash_span(whole, SB_DIGEST_SHA256, &digest);
	sb_hash_span(sb_buf_span(&decoded), SB_DIGEST_SHA256, &content);
	memcpy(subject.sha256, digest.sha256, SB_SHA256_BYTES);
	memcpy(subject.content, content.sha256, SB_SHA256_BYTES);
	subject.content_size = decoded.len;
	struct subject *slot = sb_vec_push(&f->subjects);
	if (!slot)
		return no_memory(err);
	*slot = subject;
	return 0;
}

static int list_subjects(struct finding *f, struct sb_err *err)
{
	int rc = list_readymade(f, err);

	for (size_t i = 0; !rc && i < f->a->use_count; i++) {
		struct sb_source_use *use = &f->a->uses[i];
		if (use->use != SB_USE_UNREAD && !is_readymade(f->a, use->path))
			rc = list_encoded(f, &(struct subject){.path = use->path, .bytes = use->bytes, .use = use}, use->bytes, err);
	}
	for (size_t i = 0; !rc && i < f->a->in->text_count; i++) {
		const struct sb_trace_text *text = &f->a->in->texts[i];
		rc = list_encoded(f, &(struct subject){.path = text->path, .bytes = text->apart}, text->whole, err);
	}
	return rc;
}

/* ---- what may have been copied ---- */

/* Nobody can have copied what nobody opened, nor anything out of an archive that nobody opened; pictures are no programs. */
static bool may_be_copied(const struct sb_analysis *a, size_t i)
{
	const struct sb_source_use *use = &a->uses[i], *archive = use->packed ? sb_use_archive(a->uses, i) : use;

	return use->bytes.n >= SB_COPY_LEAST && sb_copy_is_binary(use->bytes) && !sb_copy_is_shown(use->bytes) && (!archive || archive->use != SB_USE_UNREAD || !a->out->trusted);
}

static size_t list_candidates(const struct finding *f, struct sb_candidate *out)
{
	const struct sb_analysis *a = f->a;
	size_t n = 0;

	for (size_t i = 0; i < a->out->input_count; i++) {
		const struct sb_lineage_input *input = &a->out->inputs[i];
		if (input->origin == SB_ORIGIN_TOOLCHAIN && input->hashed && input->size >= SB_COPY_LEAST)
			out[n++] = (struct sb_candidate){SB_COPIED_INPUT, (uint32_t)i, input->size, input->sha256};
	}
	for (size_t i = 0; i < a->use_count; i++)
		if (may_be_copied(a, i))
			out[n++] = (struct sb_candidate){SB_COPIED_USE, (uint32_t)i, a->uses[i].bytes.n, NULL};
	for (size_t i = 0; i < f->subjects.count; i++) {
		const struct subject *subject = sb_vec_at(&f->subjects, i);
		if (subject->encoded)
			out[n++] = (struct sb_candidate){SB_COPIED_TEXT, (uint32_t)i, subject->content_size, subject->content};
	}
	return n;
}

static int find_copies(struct finding *f, struct sb_err *err)
{
	SB_FREEING struct sb_candidate *candidates = calloc(f->a->out->input_count + f->a->use_count + f->subjects.count + 1, sizeof *candidates);

	if (!candidates)
		return no_memory(err);
	return sb_copies_find(f->a, &f->reaching.leaks.alike, candidates, list_candidates(f, candidates), &f->copies, err);
}

/* The first copy of that candidate, or the first behind. */
static size_t first_copy(const struct finding *f, enum sb_copied kind, size_t index)
{
	size_t low = 0, high = f->copies.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_copy *copy = sb_vec_at(&f->copies, middle);
		if (copy->kind < kind || (copy->kind == kind && copy->index < index))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void raise_copied(struct finding *f, enum sb_copied kind, size_t index)
{
	for (size_t i = first_copy(f, kind, index); i < f->copies.count; i++) {
		const struct sb_copy *copy = sb_vec_at(&f->copies, i);
		if (copy->kind != kind || copy->index != index)
			break;
		f->row[copy->output] = SB_INFLOW_DATA;
	}
}

/* ---- where they went ---- */

/* What stands in the manifest decides how everything is made. */
static int ask_row(struct finding *f, const struct subject *subject, size_t number, struct sb_err *err)
{
	int rc = 0;

	if (subject->use)
		rc = sb_reaching_ask(&f->reaching, subject->use, f->row, err);
	else
		memset(f->row, subject->encoded ? SB_INFLOW_CONTROL : SB_INFLOW_NONE, f->a->out->output_count);
	if (!rc && subject->encoded)
		raise_copied(f, SB_COPIED_TEXT, number);
	else if (!rc && subject->use)
		raise_copied(f, SB_COPIED_USE, (size_t)(subject->use - f->a->uses));
	return rc;
}

/*
 * A source that only encodes something is told when that may be in a delivered file; one that was only carried about, or of which nobody knows, when what it
 * encodes is in one.
 */
static bool is_told(const struct finding *f, const struct subject *subject, size_t number)
{
	enum sb_inflow least = subject->use ? SB_INFLOW_DATA : SB_INFLOW_CONTROL;
	size_t first = first_copy(f, SB_COPIED_TEXT, number);

	if (!subject->encoded)
		return true;
	if (subject->use && subject->use->use != SB_USE_READ)
		return first < first_copy(f, SB_COPIED_TEXT, number + 1);
	for (size_t i = 0; i < f->a->out->output_count; i++)
		if (f->row[i] >= least)
			return true;
	return false;
}

/* Looks for what it became. What is encoded is decoded once more, since all of it together may be too much to keep. */
static int search(struct finding *f, const struct subject *subject, struct sb_lineage_reached *reached, const size_t *output_of, size_t count, struct sb_err *err)
{
	SB_BUF struct sb_buf decoded = {.ceiling = TEXT_MOST};
	struct sb_sought sought = {.path = subject->path, .bytes = subject->bytes, .decoded = subject->encoded};
	const char *form;
	int rc = subject->encoded ? sb_encoded_find(subject->bytes, &form, &decoded, err) : 0;

	if (subject->encoded)
		sought.bytes = sb_buf_span(&decoded);
	return rc ? rc : sb_search_reached(&f->search, &sought, reached, output_of, count, err);
}

static int follow(struct finding *f, const struct subject *subject, struct sb_err *err)
{
	const struct sb_lineage *lineage = f->a->out;
	struct sb_lineage_prebuilt *slot = sb_vec_push(&f->found);
	SB_FREEING size_t *output_of = calloc(lineage->output_count + 1, sizeof *output_of);
	size_t count = 0;

	for (size_t i = 0; output_of && i < lineage->output_count; i++)
		if (f->row[i] != SB_INFLOW_NONE)
			output_of[count++] = i;
	struct sb_lineage_reached *reached = sb_arena_array(f->a->arena, count, sizeof *reached);
	if (!slot || !output_of || !reached)
		return no_memory(err);
	for (size_t i = 0; i < count; i++)
		reached[i] = (struct sb_lineage_reached){.name = lineage->outputs[output_of[i]].name, .reach = (enum sb_inflow)f->row[output_of[i]]};
	*slot = (struct sb_lineage_prebuilt){.path = subject->path, .format = subject->format, .size = subject->size, .reached = reached, .reached_count = count};
	slot->use = subject->use ? subject->use->use : subject->encoded ? SB_USE_READ : SB_USE_UNKNOWN;
	memcpy(slot->sha256, subject->sha256, SB_SHA256_BYTES);
	return search(f, subject, reached, output_of, count, err);
}

static int follow_subjects(struct finding *f, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < f->subjects.count; i++) {
		const struct subject *subject = sb_vec_at(&f->subjects, i);
		rc = ask_row(f, subject, i, err);
		if (!rc && is_told(f, subject, i))
			rc = follow(f, subject, err);
	}
	return rc;
}

/* ---- what is none of them, and was copied ---- */

static struct sb_lineage_prebuilt describe(const struct finding *f, const struct sb_copy *copy)
{
	struct sb_lineage_prebuilt out = {0};

	if (copy->kind == SB_COPIED_INPUT) {
		const struct sb_lineage_input *input = &f->a->out->inputs[copy->index];
		out = (struct sb_lineage_prebuilt){.path = input->path, .format = "file of the toolchain", .size = input->size, .use = SB_USE_READ};
		memcpy(out.sha256, input->sha256, SB_SHA256_BYTES);
	} else {
		struct sb_source_use *use = &f->a->uses[copy->index];
		out = (struct sb_lineage_prebuilt){.path = use->path, .format = "binary data", .size = use->bytes.n, .use = use->use};
		memcpy(out.sha256, sb_use_digest(use), SB_SHA256_BYTES);
	}
	return out;
}

/* One candidate and every output that holds it, from *at on. */
static int add_copied(struct finding *f, size_t *at, struct sb_err *err)
{
	const struct sb_copy *first = sb_vec_at(&f->copies, *at);
	size_t end = first_copy(f, first->kind, (size_t)first->index + 1), count = 0;
	struct sb_lineage_reached *reached = sb_arena_array(f->a->arena, end - *at, sizeof *reached);
	struct sb_lineage_prebuilt *slot = sb_vec_push(&f->found);
	int rc = reached && slot ? 0 : no_memory(err);

	if (rc)
		return rc;
	*slot = describe(f, first);
	while (!rc && *at < end)
		rc = sb_copies_take(f->a, &f->copies, at, &reached[count++], err);
	slot->reached = reached;
	slot->reached_count = count;
	return rc;
}

static int add_all_copied(struct finding *f, struct sb_err *err)
{
	int rc = 0;

	for (size_t at = 0; !rc && at < f->copies.count;) {
		const struct sb_copy *copy = sb_vec_at(&f->copies, at);
		bool told = copy->kind == SB_COPIED_TEXT || (copy->kind == SB_COPIED_USE && is_readymade(f->a, f->a->uses[copy->index].path));
		if (told)
			at = first_copy(f, copy->kind, (size_t)copy->index + 1);
		else
			rc = add_copied(f, &at, err);
	}
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct sb_lineage_prebuilt *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int keep(struct finding *f, struct sb_err *err)
{
	struct sb_lineage_prebuilt *prebuilt = sb_arena_array(f->a->arena, f->found.count, sizeof *prebuilt);

	if (!prebuilt)
		return no_memory(err);
	if (f->found.count) {
		memcpy(prebuilt, f->found.items, f->found.count * sizeof *prebuilt);
		qsort(prebuilt, f->found.count, sizeof *prebuilt, by_path);
	}
	f->a->out->prebuilt = prebuilt;
	f->a->out->prebuilt_count = sb_lineage_room(f->a, f->found.count);
	return 0;
}

static int find_all(struct finding *f, struct sb_err *err)
{
	int rc = list_subjects(f, err);

	if (!rc)
		rc = find_copies(f, err);
	if (!rc)
		rc = follow_subjects(f, err);
	if (!rc)
		rc = add_all_copied(f, err);
	return rc ? rc : keep(f, err);
}

int sb_lineage_prebuilt(struct sb_analysis *a, struct sb_err *err)
{
	struct finding f = {.a = a, .subjects = {.size = sizeof(struct subject)}, .copies = {.size = sizeof(struct sb_copy)}, .found = {.size = sizeof(struct sb_lineage_prebuilt)},
	                    .row = calloc(a->out->output_count + 1, 1)};
	int rc = sb_reaching_init(&f.reaching, a, err);

	if (!rc && !f.row)
		rc = no_memory(err);
	sb_search_init(&f.search, a);
	if (!rc)
		rc = find_all(&f, err);
	sb_search_release(&f.search);
	sb_reaching_release(&f.reaching);
	sb_vec_release(&f.subjects);
	sb_vec_release(&f.copies);
	sb_vec_release(&f.found);
	free(f.row);
	return rc;
}
