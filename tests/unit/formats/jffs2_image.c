/* SPDX-License-Identifier: Apache-2.0 */
#include "jffs2_image.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

uint8_t jffs2_image[WHOLE];
unsigned jffs2_end; /* where the next node goes */
unsigned jffs2_folder_name, jffs2_file_name, jffs2_link_name, jffs2_folder, jffs2_file, jffs2_more, jffs2_link_inode;

void jffs2_le(unsigned at, uint64_t value, unsigned width)
{
	put_le(jffs2_image + at, value, width);
}

/* crc32(0, …) of the kernel: begun with zeros, without a complement at the end. */
void jffs2_sum(unsigned to, unsigned from, unsigned length)
{
	jffs2_le(to, crc32_z(UINT32_MAX, jffs2_image + from, length) ^ UINT32_MAX, 4);
}

unsigned jffs2_length_of(unsigned at)
{
	return jffs2_image[at + 4] | (unsigned)jffs2_image[at + 5] << 8;
}

/* All checksums of a node. */
void jffs2_mend(unsigned at)
{
	unsigned type = jffs2_image[at + 2] | (unsigned)jffs2_image[at + 3] << 8, length = jffs2_length_of(at);

	jffs2_sum(at + 8, at, 8);
	if (type == DIRENT) {
		jffs2_sum(at + 32, at, 32);
		jffs2_sum(at + 36, at + 40, length - 40);
	} else if (type == INODE) {
		jffs2_sum(at + 60, at + 68, length - 68);
		jffs2_sum(at + 64, at, 60);
	} else if (type == XATTR) {
		jffs2_sum(at + 24, at + 32, length - 32);
		jffs2_sum(at + 28, at, 28);
	} else if (type == XREF) {
		jffs2_sum(at + 24, at, 24);
	}
}

unsigned jffs2_node(unsigned type, unsigned length)
{
	unsigned at = jffs2_end;

	memset(jffs2_image + at, 0, length);
	jffs2_le(at, 0x1985, 2);
	jffs2_le(at + 2, type, 2);
	jffs2_le(at + 4, length, 4);
	jffs2_sum(at + 8, at, 8);
	jffs2_end = (at + length + 3) / 4 * 4;
	return at;
}

unsigned jffs2_dirent(unsigned holder, unsigned version, unsigned inode, unsigned type, const char *name)
{
	unsigned n = (unsigned)strlen(name), at = jffs2_node(DIRENT, 40 + n);

	jffs2_le(at + 12, holder, 4);
	jffs2_le(at + 16, version, 4);
	jffs2_le(at + 20, inode, 4);
	jffs2_le(at + 24, 1700000000, 4);
	jffs2_image[at + 28] = (uint8_t)n;
	jffs2_image[at + 29] = (uint8_t)type;
	memcpy(jffs2_image + at + 40, name, n);
	jffs2_mend(at);
	return at;
}

/* @size bytes from @offset on of a file that has @whole of them. */
unsigned jffs2_data(unsigned inode, unsigned version, unsigned mode, unsigned whole, unsigned offset, const char *bytes)
{
	unsigned n = (unsigned)strlen(bytes), at = jffs2_node(INODE, 68 + n);

	jffs2_le(at + 12, inode, 4);
	jffs2_le(at + 16, version, 4);
	jffs2_le(at + 20, mode, 4);
	jffs2_le(at + 24, 1000, 2);
	jffs2_le(at + 26, 7, 2);
	jffs2_le(at + 28, whole, 4);
	for (unsigned i = 0; i < 3; i++)
		jffs2_le(at + 32 + 4 * i, 1700000000, 4);
	jffs2_le(at + 44, offset, 4);
	jffs2_le(at + 48, n, 4);
	jffs2_le(at + 52, n, 4);
	memcpy(jffs2_image + at + 68, bytes, n);
	jffs2_mend(at);
	return at;
}

/* A file of two nodes, and a folder with a link. */
void jffs2_begin(void)
{
	memset(jffs2_image, 0xff, sizeof jffs2_image);
	jffs2_end = ERASE;
	jffs2_node(CLEANMARKER, 12);
	jffs2_end = 0;
	jffs2_node(CLEANMARKER, 12);
	jffs2_file_name = jffs2_dirent(1, 1, 2, DT_FILE, "file");
	jffs2_folder_name = jffs2_dirent(1, 2, 3, DT_FOLDER, "folder");
	jffs2_file = jffs2_data(2, 1, 0100644, 10, 0, "hello");
	jffs2_more = jffs2_data(2, 2, 0100644, 10, 5, "world");
	jffs2_folder = jffs2_data(3, 1, 040750, 0, 0, "");
	jffs2_link_name = jffs2_dirent(3, 1, 4, DT_LINK, "link");
	jffs2_link_inode = jffs2_data(4, 1, 0120777, 7, 0, "../file");
}

struct opened jffs2_open_right(void)
{
	return read_image("jffs2", sb_span_of(jffs2_image, sizeof jffs2_image));
}

void jffs2_refuses(const char *words)
{
	refuse_image("jffs2", sb_span_of(jffs2_image, sizeof jffs2_image), words);
}

const struct sb_member *jffs2_member(const struct opened *opened, size_t index)
{
	return sb_view_member(&opened->view, index);
}

bool jffs2_holds(const struct opened *opened, size_t index, const char *text)
{
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;

	return sb_formats_decode(opened->view.file, jffs2_member(opened, index), NULL, &blob, &taken, NULL) == 0 && sb_span_equal(blob.bytes, sb_span_text(text));
}

void jffs2_is_of_kind(unsigned offset, enum sb_region_kind kind)
{
	struct opened opened = jffs2_open_right();
	cr_assert_not_null(region_at(&opened, offset), "nothing begins at %u", offset);
	cr_assert_eq(region_at(&opened, offset)->kind, kind, "%s at %u", region_at(&opened, offset)->name, offset);
	finish_image(&opened);
}
