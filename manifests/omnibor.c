/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/omnibor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void sb_gitoid(struct sb_span bytes, uint8_t out[SB_SHA256_BYTES])
{
	char head[32];
	int n = snprintf(head, sizeof head, "blob %zu", bytes.n);
	struct sb_digest digest;
	struct sb_hash hash;

	sb_hash_init(&hash, SB_DIGEST_SHA256);
	sb_hash_update(&hash, sb_span_of(head, (size_t)n + 1)); /* with its NUL */
	sb_hash_update(&hash, bytes);
	sb_hash_final(&hash, &digest);
	memcpy(out, digest.sha256, SB_SHA256_BYTES);
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, SB_SHA256_BYTES);
}

bool sb_omnibor_write(const struct sb_lineage *lineage, const struct sb_lineage_output *output, struct sb_buf *out)
{
	const struct sb_lineage_list *list = &output->inputs[SB_INFLOW_DATA];
	SB_FREEING uint8_t(*ids)[SB_SHA256_BYTES] = calloc(list->count + 1, sizeof *ids);

	if (!ids)
		out->bad = SB_NOMEM;
	if (!ids || !output->traced || output->left_out)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct sb_lineage_input *input = &lineage->inputs[list->items[i]];
		if (input->origin != SB_ORIGIN_DEVICE && !input->has_gitoid)
			return false;
		memcpy(ids[i], input->gitoid, SB_SHA256_BYTES);
	}
	qsort(ids, list->count, sizeof *ids, by_bytes);
	sb_buf_text(out, "gitoid:blob:sha256\n");
	for (size_t i = 0; i < list->count; i++) {
		if ((i && memcmp(ids[i - 1], ids[i], sizeof *ids) == 0) || sb_span_all_zero(sb_span_of(ids[i], sizeof *ids)))
			continue; /* a device has no content */
		sb_buf_hex(out, sb_span_of(ids[i], sizeof *ids));
		sb_buf_text(out, "\n");
	}
	return true;
}
