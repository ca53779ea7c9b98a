/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the primary tree by where their bytes lie: other trees, boot entries and partitions lead to the same bytes. */
#include "verifier/formats/iso9660/iso9660.h"

#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
	const struct sb_iso_file *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

/* The first one that is not before @asked. */
static const struct sb_iso_file *lower_bound(const struct sb_iso *iso, const struct sb_iso_file *asked)
{
	size_t low = 0, high = iso->files.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_bytes(sb_vec_at(&iso->files, middle), asked) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < iso->files.count ? sb_vec_at(&iso->files, low) : NULL;
}

const struct sb_iso_file *sb_iso_find_file(const struct sb_iso *iso, const struct sb_slice *slice)
{
	const struct sb_iso_file *found = lower_bound(iso, &(struct sb_iso_file){.offset = slice->offset, .length = slice->length});
	return found && found->offset == slice->offset && found->length == slice->length ? found : NULL;
}

int sb_iso_note_file(struct sb_iso *iso, const struct sb_slice *slice, uint32_t member, struct sb_err *err)
{
	struct sb_iso_file *file = sb_vec_push(&iso->files);

	if (!file)
		return sb_no_memory(err);
	*file = (struct sb_iso_file){.offset = slice->offset, .length = slice->length, .member = member};
	return 0;
}

const struct sb_iso_file *sb_iso_file_at(const struct sb_iso *iso, uint64_t offset)
{
	const struct sb_iso_file *found = lower_bound(iso, &(struct sb_iso_file){.offset = offset});
	return found && found->offset == offset ? found : NULL;
}

void sb_iso_sort_files(struct sb_iso *iso)
{
	if (iso->files.count)
		qsort(iso->files.items, iso->files.count, sizeof(struct sb_iso_file), by_bytes);
}
