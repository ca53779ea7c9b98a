/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random names of disks and partitions. Nothing lets anybody recompute them, and they commit to nothing; each is owned where it has the
 * form that its tools write, where both copies of the table say the same, and where nothing calls it by its name. Their bytes are freedom of the vendor.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

/* RFC 4122, 4.4: version 4, in the byte order of GPT or, as some tools write it, of the network; and no text. */
static bool is_random_guid(struct sb_span bytes)
{
	size_t printable = 0;

	for (size_t i = 0; i < bytes.n; i++)
		printable += bytes.p[i] >= 0x20 && bytes.p[i] < 0x7f;
	return bytes.n == 16 && (bytes.p[7] >> 4 == 4 || bytes.p[6] >> 4 == 4) && bytes.p[8] >> 6 == 2 && printable < 14;
}

/* Does each header of that side hold these bytes in the field of that name? */
static bool headers_agree(struct sb_view *view, const char *name, struct sb_span expected)
{
	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->kind != SB_REGION_HEADER)
			continue;
		if (sb_view_describe(view, region, NULL))
			return false;
		for (size_t k = 0; k < view->fields.count; k++) {
			const struct sb_field *field = sb_vec_at(&view->fields, k);
			struct sb_span bytes;
			if (strcmp(field->name, name) == 0 && (!sb_span_cut(view->file, field->offset, field->length, &bytes) || !sb_span_equal(bytes, expected)))
				return false;
		}
	}
	return true;
}

static bool is_right(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	struct sb_span bytes = sb_diff_bytes(pair, diff, side);

	if (strcmp(diff->name, "disk signature") == 0)
		return !sb_span_all_zero(bytes);
	if (!is_random_guid(bytes))
		return false;
	return strcmp(diff->name, "disk GUID") == 0 ? headers_agree(pair->view[side], diff->name, bytes) : sb_field_is_repeated(in, pair, diff, side);
}

static bool holds_partitions(const struct sb_format *format)
{
	return format && (strcmp(format->name, "gpt") == 0 || strcmp(format->name, "mbr") == 0 || strcmp(format->name, "iso9660") == 0);
}

static bool claim_disk_id(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!holds_partitions(pair->format) || !sb_diff_is_field(diff, SB_FIELD_IDENTIFIER) || !is_right(in, pair, diff, SB_SHIPPED) || !is_right(in, pair, diff, SB_REBUILT) ||
	    sb_identifier_is_called(in, pair, diff))
		return false;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->primary = !strstr(diff->side[SB_SHIPPED].region->name, "second");
	claim->freedom = diff->bytes;
	claim->severity = SB_SEVERITY_MINOR;
	claim->note = sb_explain_note(in, "%s was drawn when the image was made, the same in every copy; nothing lets it be recomputed", diff->name);
	return true;
}

const struct sb_explainer sb_explain_disk_id = {"disk-id", SB_CAUSE_RANDOM, SB_RULE_IDENTIFIER, 2, claim_disk_id};
