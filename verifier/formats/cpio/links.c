/* SPDX-License-Identifier: Apache-2.0 */
/* Which members are one file. */
#include "verifier/formats/cpio/cpio.h"

#include <stdlib.h>
#include <string.h>

static size_t hash(const struct sb_cpio_inode *inode)
{
	uint64_t h = inode->ino * UINT64_C(0x9e3779b97f4a7c15) ^ inode->dev * UINT64_C(0xc2b2ae3d27d4eb4f) ^
		     inode->dev_minor;
	return (size_t)(h ^ h >> 29);
}

/* Slot of @inode: 0 in it when the inode is new. */
static size_t *slot_of(struct sb_cpio_links *links, const struct sb_cpio_inode *inode)
{
	for (size_t i = hash(inode);; i++) {
		size_t *slot = &links->slot[i & (links->slots - 1)];
		const struct sb_cpio_inode *known = *slot ? sb_vec_at(&links->inodes, *slot - 1) : NULL;
		if (!known ||
		    (known->ino == inode->ino && known->dev == inode->dev && known->dev_minor == inode->dev_minor))
			return slot;
	}
}

static bool grow_table(struct sb_cpio_links *links)
{
	size_t old_slots = links->slots, *old = links->slot, slots = old_slots ? old_slots * 2 : 256;

	if (links->used * 2 < links->slots)
		return true;
	if (!(links->slot = calloc(slots, sizeof *old))) {
		links->slot = old;
		return false;
	}
	links->slots = slots;
	for (size_t i = 0; i < old_slots; i++)
		if (old[i])
			*slot_of(links, sb_vec_at(&links->inodes, old[i] - 1)) = old[i];
	free(old);
	return true;
}

int sb_cpio_link(struct sb_cpio_links *links, const struct sb_cpio_header *header, bool linked, size_t *first, struct sb_err *err)
{
	struct sb_cpio_inode *inode = sb_vec_push(&links->inodes);

	if (!inode)
		return sb_no_memory(err);
	*inode = (struct sb_cpio_inode){header->ino, header->dev, header->dev_minor};
	*first = 0;
	if (!linked) /* its own inode must not be found by others: nothing enters the table */
		return 0;
	if (!grow_table(links))
		return sb_no_memory(err);
	size_t *slot = slot_of(links, inode);
	*first = *slot;
	if (*slot == 0) {
		*slot = links->inodes.count;
		links->used++;
	}
	return 0;
}

void sb_cpio_links_clear(struct sb_cpio_links *links)
{
	if (links->slots)
		memset(links->slot, 0, links->slots * sizeof *links->slot);
	links->used = 0;
}

void sb_cpio_links_release(struct sb_cpio_links *links)
{
	free(links->slot);
	sb_vec_release(&links->inodes);
	*links = (struct sb_cpio_links){.inodes = {.size = sizeof(struct sb_cpio_inode)}};
}
