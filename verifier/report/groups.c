/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/report/groups.h"

#include "hashing/hashing.h"

#include <stdlib.h>
#include <string.h>

struct keyed {
	uint8_t key[SB_SHA256_BYTES];
	size_t index;
};

static void add_part(struct sb_hash *hash, const char *text)
{
	uint64_t n = strlen(text);
	uint8_t length[8];

	for (unsigned i = 0; i < sizeof length; i++)
		length[i] = (uint8_t)(n >> 8 * i);
	sb_hash_update(hash, sb_span_of(length, sizeof length));
	sb_hash_update(hash, sb_span_text(text));
}

/* Lengths before the parts: no two ways in share an encoding. */
static void make_key(const struct sb_finding *finding, uint8_t out[SB_SHA256_BYTES])
{
	struct sb_hash hash;
	struct sb_digest digest;

	sb_hash_init(&hash, SB_DIGEST_SHA256);
	add_part(&hash, finding->artifact);
	for (size_t i = 0; i < finding->where_count; i++)
		add_part(&hash, finding->where[i]);
	add_part(&hash, sb_cause_name(finding->cause));
	sb_hash_final(&hash, &digest);
	memcpy(out, digest.sha256, SB_SHA256_BYTES);
}

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int order = memcmp(x->key, y->key, sizeof x->key);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int by_first(const void *a, const void *b)
{
	const struct sb_group *x = a, *y = b;
	return (x->first > y->first) - (x->first < y->first);
}

static void merge(const struct sb_result *result, const struct keyed *keyed, size_t count, struct sb_groups *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i && memcmp(keyed[i].key, keyed[i - 1].key, sizeof keyed->key) == 0) {
			out->items[out->count - 1].count++;
			continue;
		}
		struct sb_group *group = &out->items[out->count++];
		*group = (struct sb_group){.first = &result->findings[keyed[i].index], .count = 1};
		sb_text_hex(sb_span_of(keyed[i].key, sizeof keyed->key), group->fingerprint);
	}
	qsort(out->items, out->count, sizeof *out->items, by_first);
}

int sb_groups_make(const struct sb_result *result, struct sb_groups *out, struct sb_err *err)
{
	size_t most = result->finding_count ? result->finding_count : 1, count = 0;
	SB_FREEING struct keyed *keyed = calloc(most, sizeof *keyed);

	*out = (struct sb_groups){.items = calloc(most, sizeof *out->items)};
	if (!keyed || !out->items) {
		sb_groups_release(out);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	for (size_t i = 0; i < result->finding_count; i++) {
		if (!result->findings[i].primary)
			continue;
		keyed[count].index = i;
		make_key(&result->findings[i], keyed[count++].key);
	}
	out->findings = count;
	qsort(keyed, count, sizeof *keyed, by_key);
	merge(result, keyed, count, out);
	return 0;
}

void sb_groups_release(struct sb_groups *groups)
{
	free(groups->items);
	*groups = (struct sb_groups){0};
}

struct named {
	const char *artifact;
	size_t index;
};

static int by_artifact(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->artifact, y->artifact);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

size_t *sb_findings_by_artifact(const struct sb_result *result)
{
	size_t most = result->finding_count ? result->finding_count : 1;
	SB_FREEING struct named *named = calloc(most, sizeof *named);
	size_t *out = named ? calloc(most, sizeof *out) : NULL;

	for (size_t i = 0; out && i < result->finding_count; i++)
		named[i] = (struct named){result->findings[i].artifact, i};
	if (out)
		qsort(named, result->finding_count, sizeof *named, by_artifact);
	for (size_t i = 0; out && i < result->finding_count; i++)
		out[i] = named[i].index;
	return out;
}

/* The first place in @sorted whose artifact is not before @name, or with @after, is behind it. */
static size_t bound(const struct sb_result *result, const size_t *sorted, const char *name, bool after)
{
	size_t low = 0, high = result->finding_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(result->findings[sorted[middle]].artifact, name);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const size_t *sb_findings_of(const struct sb_result *result, const size_t *sorted, const char *name, size_t *count)
{
	size_t first = bound(result, sorted, name, false);
	*count = bound(result, sorted, name, true) - first;
	return sorted + first;
}

void sb_add_way(const struct sb_finding *finding, const char *between, struct sb_buf *out)
{
	for (size_t i = 0; i < finding->where_count; i++) {
		sb_buf_text(out, i ? between : "");
		sb_escape(out, sb_span_text(finding->where[i]));
	}
}
