/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/alike.h"

#include <stdlib.h>
#include <string.h>

static int by_content(const void *a, const void *b, void *ctx)
{
	const struct sb_trace *trace = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct sb_trace_file *left = &trace->files[x], *right = &trace->files[y];
	int order = (left->size > right->size) - (left->size < right->size);

	order = order ? order : memcmp(left->sha256, right->sha256, SB_SHA256_BYTES);
	return order ? order : (x > y) - (x < y);
}

int sb_alike_make(const struct sb_trace *trace, struct sb_alike *out, struct sb_err *err)
{
	*out = (struct sb_alike){.trace = trace, .files = calloc(trace->file_count + 1, sizeof *out->files)};
	if (!out->files)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (uint32_t i = 0; i < trace->file_count; i++)
		if (trace->files[i].origin == SB_TRACE_BUILT && trace->files[i].digested)
			out->files[out->count++] = i;
	if (out->count)
		qsort_r(out->files, out->count, sizeof *out->files, by_content, (void *)(uintptr_t)trace);
	return 0;
}

void sb_alike_release(struct sb_alike *alike)
{
	free(alike->files);
	*alike = (struct sb_alike){0};
}

/* Below, at or above that content; without a digest of that size. */
static int order_of(const struct sb_alike *alike, size_t at, uint64_t size, const uint8_t *sha256)
{
	const struct sb_trace_file *file = &alike->trace->files[alike->files[at]];
	int order = (file->size > size) - (file->size < size);

	return order || !sha256 ? order : memcmp(file->sha256, sha256, SB_SHA256_BYTES);
}

static size_t first_of(const struct sb_alike *alike, uint64_t size, const uint8_t *sha256)
{
	size_t low = 0, high = alike->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (order_of(alike, middle, size, sha256) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sb_alike_find_digest(const struct sb_alike *alike, uint64_t size, const uint8_t sha256[SB_SHA256_BYTES], size_t *first)
{
	size_t end = *first = first_of(alike, size, sha256);

	while (end < alike->count && order_of(alike, end, size, sha256) == 0)
		end++;
	return end - *first;
}

size_t sb_alike_find(const struct sb_alike *alike, struct sb_source_use *use, size_t *first)
{
	*first = first_of(alike, use->bytes.n, NULL);
	if (*first == alike->count || order_of(alike, *first, use->bytes.n, NULL) != 0)
		return 0;
	return sb_alike_find_digest(alike, use->bytes.n, sb_use_digest(use), first);
}
