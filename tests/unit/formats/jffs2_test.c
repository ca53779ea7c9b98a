/* SPDX-License-Identifier: Apache-2.0 */
/* Images of JFFS2 by hand: nodes that count and that do not, names that lead where they must not, and what becomes of a wrong checksum. */
#include "images.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

TestSuite(jffs2, .fini = no_leaks, .timeout = 120);

enum { DIRENT = 0xe001, INODE = 0xe002, CLEANMARKER = 0x2003, PADDING = 0x2004, XATTR = 0xe008, XREF = 0xe009, ERASE = 8192, WHOLE = 2 * ERASE };
enum { DT_FOLDER = 4, DT_FILE = 8, DT_LINK = 10 };

static uint8_t image[WHOLE];
static unsigned end; /* where the next node goes */
static unsigned folder_name, file_name, link_name, folder, file, more, link_inode;

static void le(unsigned at, uint64_t value, unsigned width)
{
	put_le(image + at, value, width);
}

/* crc32(0, …) of the kernel: begun with zeros, without a complement at the end. */
static void sum(unsigned to, unsigned from, unsigned length)
{
	le(to, crc32_z(UINT32_MAX, image + from, length) ^ UINT32_MAX, 4);
}

static unsigned length_of(unsigned at)
{
	return image[at + 4] | (unsigned)image[at + 5] << 8;
}

/* All checksums of a node. */
static void mend(unsigned at)
{
	unsigned type = image[at + 2] | (unsigned)image[at + 3] << 8, length = length_of(at);

	sum(at + 8, at, 8);
	if (type == DIRENT) {
		sum(at + 32, at, 32);
		sum(at + 36, at + 40, length - 40);
	} else if (type == INODE) {
		sum(at + 60, at + 68, length - 68);
		sum(at + 64, at, 60);
	} else if (type == XATTR) {
		sum(at + 24, at + 32, length - 32);
		sum(at + 28, at, 28);
	} else if (type == XREF) {
		sum(at + 24, at, 24);
	}
}

static unsigned node(unsigned type, unsigned length)
{
	unsigned at = end;

	memset(image + at, 0, length);
	le(at, 0x1985, 2);
	le(at + 2, type, 2);
	le(at + 4, length, 4);
	sum(at + 8, at, 8);
	end = (at + length + 3) / 4 * 4;
	return at;
}

static unsigned dirent(unsigned holder, unsigned version, unsigned inode, unsigned type, const char *name)
{
	unsigned n = (unsigned)strlen(name), at = node(DIRENT, 40 + n);

	le(at + 12, holder, 4);
	le(at + 16, version, 4);
	le(at + 20, inode, 4);
	le(at + 24, 1700000000, 4);
	image[at + 28] = (uint8_t)n;
	image[at + 29] = (uint8_t)type;
	memcpy(image + at + 40, name, n);
	mend(at);
	return at;
}

/* @size bytes from @offset on of a file that has @whole of them. */
static unsigned data(unsigned inode, unsigned version, unsigned mode, unsigned whole, unsigned offset, const char *bytes)
{
	unsigned n = (unsigned)strlen(bytes), at = node(INODE, 68 + n);

	le(at + 12, inode, 4);
	le(at + 16, version, 4);
	le(at + 20, mode, 4);
	le(at + 24, 1000, 2);
	le(at + 26, 7, 2);
	le(at + 28, whole, 4);
	for (unsigned i = 0; i < 3; i++)
		le(at + 32 + 4 * i, 1700000000, 4);
	le(at + 44, offset, 4);
	le(at + 48, n, 4);
	le(at + 52, n, 4);
	memcpy(image + at + 68, bytes, n);
	mend(at);
	return at;
}

/* A file of two nodes, and a folder with a link. */
static void begin(void)
{
	memset(image, 0xff, sizeof image);
	end = ERASE;
	node(CLEANMARKER, 12);
	end = 0;
	node(CLEANMARKER, 12);
	file_name = dirent(1, 1, 2, DT_FILE, "file");
	folder_name = dirent(1, 2, 3, DT_FOLDER, "folder");
	file = data(2, 1, 0100644, 10, 0, "hello");
	more = data(2, 2, 0100644, 10, 5, "world");
	folder = data(3, 1, 040750, 0, 0, "");
	link_name = dirent(3, 1, 4, DT_LINK, "link");
	link_inode = data(4, 1, 0120777, 7, 0, "../file");
}

static struct opened open_right(void)
{
	return read_image("jffs2", sb_span_of(image, sizeof image));
}

static void refuses(const char *words)
{
	refuse_image("jffs2", sb_span_of(image, sizeof image), words);
}

static const struct sb_member *member(const struct opened *opened, size_t index)
{
	return sb_view_member(&opened->view, index);
}

static bool holds(const struct opened *opened, size_t index, const char *text)
{
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;

	return sb_formats_decode(opened->view.file, member(opened, index), NULL, &blob, &taken, NULL) == 0 && sb_span_equal(blob.bytes, sb_span_text(text));
}

static void is_of_kind(unsigned offset, enum sb_region_kind kind)
{
	struct opened opened = open_right();
	cr_assert_not_null(region_at(&opened, offset), "nothing begins at %u", offset);
	cr_assert_eq(region_at(&opened, offset)->kind, kind, "%s at %u", region_at(&opened, offset)->name, offset);
	finish_image(&opened);
}

Test(jffs2, members_are_what_dirents_lead_to)
{
	begin();
	struct opened opened = open_right();
	cr_assert_eq(opened.view.members.count, 4);
	is_member(&opened, 0, ".", SB_MEMBER_DIR);
	is_member(&opened, 1, "file", SB_MEMBER_FILE);
	is_member(&opened, 2, "folder", SB_MEMBER_DIR);
	is_member(&opened, 3, "folder/link", SB_MEMBER_SYMLINK);
	cr_assert(member(&opened, 1)->mode == 0644 && member(&opened, 1)->uid == 1000 && member(&opened, 1)->gid == 7 && member(&opened, 1)->mtime == 1700000000);
	cr_assert(holds(&opened, 1, "helloworld"));
	cr_assert(sb_span_equal(member(&opened, 3)->link, sb_span_text("../file")));
	finish_image(&opened);
}

Test(jffs2, every_byte_has_its_owner)
{
	begin();
	struct opened opened = open_right();
	is_region(&opened, 0, 12, "cleanmarker every 8192", 0, SB_REGION_HEADER);
	is_region(&opened, file_name, 44, "dirent", 2, SB_REGION_LAYOUT);
	is_region(&opened, folder_name, 46, "dirent", 3, SB_REGION_LAYOUT);
	is_region(&opened, folder_name + 46, 2, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, file, 68, "inode", 2, SB_REGION_LAYOUT);
	is_region(&opened, file + 68, 5, "data", 2, SB_REGION_CONTENT);
	is_region(&opened, more + 68, 5, "data", 2, SB_REGION_CONTENT);
	is_region(&opened, folder, 68, "inode", 3, SB_REGION_LAYOUT);
	is_region(&opened, link_inode + 68, 7, "data", 4, SB_REGION_CONTENT);
	is_region(&opened, ERASE, 12, "cleanmarker every 8192", 0, SB_REGION_HEADER);
	is_region(&opened, ERASE + 12, ERASE - 12, "erased", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
}

Test(jffs2, fields_of_nodes)
{
	begin();
	struct opened opened = open_right();
	is_derived(&opened, file, "hdr_crc", SB_DERIVE_CRC32_PLAIN, 8, file, 8);
	is_derived(&opened, file, "node_crc", SB_DERIVE_CRC32_PLAIN, 64, file, 60);
	is_derived(&opened, file, "data_crc", SB_DERIVE_CRC32_PLAIN, 60, file + 68, 5);
	is_field(&opened, file, "ino", SB_FIELD_INODE, 12, 4);
	is_field(&opened, file, "version", SB_FIELD_INODE, 16, 4);
	is_field(&opened, file, "mode", SB_FIELD_MODE, 20, 4);
	is_field(&opened, file, "uid", SB_FIELD_OWNER, 24, 2);
	is_field(&opened, file, "mtime", SB_FIELD_TIME, 36, 4);
	is_field(&opened, file, "offset", SB_FIELD_OFFSET, 44, 4);
	is_field(&opened, file, "flags", SB_FIELD_FLAGS, 58, 2);
	is_derived(&opened, file_name, "node_crc", SB_DERIVE_CRC32_PLAIN, 32, file_name, 32);
	is_derived(&opened, file_name, "name_crc", SB_DERIVE_CRC32_PLAIN, 36, file_name + 40, 4);
	is_field(&opened, file_name, "ino", SB_FIELD_INODE, 20, 4);
	is_field(&opened, file_name, "name", SB_FIELD_NAME, 40, 4);
	finish_image(&opened);
}

Test(jffs2, an_image_begins_with_a_node)
{
	begin();
	image[8] ^= 1;
	refuses("no node stands at the start of the image");
}

Test(jffs2, a_node_with_a_wrong_checksum_is_none)
{
	begin();
	image[file_name + 40] ^= 1; /* its name */
	struct opened opened = open_right();
	is_member(&opened, 1, "folder", SB_MEMBER_DIR);
	is_region(&opened, file_name, folder_name - file_name, "gap", 0, SB_REGION_GAP);
	is_region(&opened, file, length_of(file), "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
	begin();
	image[file_name + 24] ^= 1; /* its head */
	is_of_kind(file_name, SB_REGION_GAP);
	begin();
	image[file_name + 8] ^= 1; /* the head of its head */
	is_of_kind(file_name, SB_REGION_GAP);
	begin();
	image[link_inode + 68] ^= 1;
	is_of_kind(link_inode, SB_REGION_GAP);
	begin();
	image[link_inode + 20] ^= 1;
	is_of_kind(link_inode, SB_REGION_GAP);
}

Test(jffs2, a_node_has_the_length_of_what_it_holds)
{
	static const uint32_t lengths[] = {0, 11, 67, UINT32_MAX, WHOLE};

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		begin();
		le(link_inode + 4, lengths[i], 4);
		sum(link_inode + 8, link_inode, 8);
		sum(link_inode + 64, link_inode, 60);
		is_of_kind(link_inode, SB_REGION_GAP);
	}
	begin();
	le(link_inode + 48, 3, 4);
	sum(link_inode + 60, link_inode + 68, 3);
	sum(link_inode + 64, link_inode, 60);
	is_of_kind(link_inode, SB_REGION_GAP);
	begin();
	image[file_name + 28] = 3;
	sum(file_name + 32, file_name, 32);
	sum(file_name + 36, file_name + 40, 3);
	is_of_kind(file_name, SB_REGION_GAP);
}

Test(jffs2, padding_lies_in_the_image)
{
	static const uint32_t lengths[] = {0, 11, UINT32_MAX, WHOLE};

	begin();
	unsigned at = node(PADDING, 20);
	is_of_kind(at, SB_REGION_LAYOUT);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		le(at + 4, lengths[i], 4);
		sum(at + 8, at, 8);
		is_of_kind(at, SB_REGION_GAP);
	}
	le(at + 4, 20, 4);
	sum(at + 8, at, 8);
	image[at + 12] = 'x';
	is_of_kind(at + 12, SB_REGION_GAP);
}

Test(jffs2, an_obsolete_node_is_none)
{
	begin();
	le(file_name + 2, DIRENT & ~0x2000, 2);
	mend(file_name);
	is_of_kind(file_name, SB_REGION_GAP);
}

Test(jffs2, the_newest_name_counts)
{
	begin();
	unsigned newer = dirent(1, 9, 4, DT_LINK, "file");
	struct opened opened = open_right();
	is_member(&opened, 1, "file", SB_MEMBER_SYMLINK);
	is_region(&opened, file_name, 44, "obsolete node", 0, SB_REGION_GAP);
	is_region(&opened, newer, 44, "dirent", 2, SB_REGION_LAYOUT);
	finish_image(&opened);
	begin();
	dirent(1, 9, 0, 0, "file");
	opened = open_right();
	is_member(&opened, 1, "folder", SB_MEMBER_DIR);
	is_region(&opened, file_name, 44, "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
}

Test(jffs2, the_newest_bytes_count)
{
	begin();
	unsigned newer = data(2, 3, 0100644, 10, 3, "LOWO");
	struct opened opened = open_right();
	cr_assert(holds(&opened, 1, "helLOWOrld"));
	is_region(&opened, newer, 68, "inode", 2, SB_REGION_LAYOUT);
	is_region(&opened, file, 68, "inode", 2, SB_REGION_HEADER);
	is_region(&opened, more, 68, "inode", 2, SB_REGION_HEADER);
	finish_image(&opened);
	begin();
	data(2, 3, 0100644, 10, 0, "HELLO");
	opened = open_right();
	is_region(&opened, file, length_of(file), "obsolete node", 2, SB_REGION_GAP);
	finish_image(&opened);
}

Test(jffs2, an_older_node_that_says_something_else_is_no_layout)
{
	begin();
	le(file + 20, 0104755, 4);
	mend(file);
	is_of_kind(file, SB_REGION_HEADER);
}

Test(jffs2, a_node_reaches_no_further_than_its_file)
{
	begin();
	le(more + 28, 7, 4);
	le(file + 28, 7, 4);
	mend(more);
	mend(file);
	struct opened opened = open_right();
	cr_assert(holds(&opened, 1, "hellowo"));
	is_region(&opened, more, 68, "inode", 2, SB_REGION_HEADER);
	finish_image(&opened);
	le(more + 44, UINT32_MAX, 4);
	mend(more);
	opened = open_right();
	cr_assert_eq(member(&opened, 1)->size, 7);
	is_region(&opened, more, 68, "inode", 2, SB_REGION_HEADER);
	finish_image(&opened);
}

Test(jffs2, bytes_that_no_node_holds_are_a_hole)
{
	begin();
	le(more + 28, 12, 4);
	le(file + 28, 12, 4);
	le(more + 44, 7, 4);
	mend(more);
	mend(file);
	struct opened opened = open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	cr_assert_eq(sb_formats_decode(opened.view.file, member(&opened, 1), NULL, &blob, &taken, NULL), 0);
	cr_assert(sb_span_equal(blob.bytes, sb_span_of("hello\0\0world", 12)));
	finish_image(&opened);
}

Test(jffs2, a_node_holds_as_many_bytes_as_it_says)
{
	begin();
	le(more + 52, 6, 4);
	le(more + 28, 11, 4);
	mend(more);
	refuses("a node holds fewer bytes than it says");
	begin();
	image[more + 56] = 9;
	mend(more);
	refuses("compressed in a way that is not known");
}

Test(jffs2, names_that_no_system_could_use)
{
	static const char *const names[] = {"a/b", "..", ".", ""};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		begin();
		dirent(1, 3, 2, DT_FILE, names[i]);
		refuses("a name that no system could use");
	}
	begin();
	image[file_name + 41] = 0;
	mend(file_name);
	refuses("a name that no system could use");
}

Test(jffs2, a_folder_has_one_name)
{
	begin();
	dirent(3, 2, 3, DT_FOLDER, "self");
	refuses("a folder has two names");
	begin();
	dirent(3, 2, 1, DT_FOLDER, "root");
	refuses("a folder holds the root");
	begin();
	dirent(1, 9, 3, DT_FOLDER, "again");
	refuses("a folder has two names");
}

Test(jffs2, a_folder_that_only_holds_itself_is_not_reached)
{
	begin();
	unsigned lost = dirent(9, 1, 9, DT_FOLDER, "lost"), inode = data(9, 1, 040755, 0, 0, "");
	struct opened opened = open_right();
	cr_assert_eq(opened.view.members.count, 4);
	is_region(&opened, lost, 44, "obsolete node", 0, SB_REGION_GAP);
	is_region(&opened, inode, 68, "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
}

Test(jffs2, a_file_may_have_two_names)
{
	begin();
	dirent(3, 2, 2, DT_FILE, "second");
	struct opened opened = open_right();
	is_member(&opened, 4, "folder/second", SB_MEMBER_HARDLINK);
	cr_assert(sb_span_equal(member(&opened, 4)->link, sb_span_text("file")));
	finish_image(&opened);
}

Test(jffs2, a_dirent_that_says_something_of_its_own_is_no_layout)
{
	begin();
	image[file_name + 29] = DT_FOLDER;
	mend(file_name);
	is_of_kind(file_name, SB_REGION_HEADER);
	begin();
	image[file_name + 31] = 1;
	mend(file_name);
	is_of_kind(file_name, SB_REGION_HEADER);
}

Test(jffs2, a_node_lies_in_one_erase_block)
{
	begin();
	end = ERASE - 40;
	data(9, 1, 0100644, 0, 0, "");
	end = ERASE / 2;
	node(CLEANMARKER, 12);
	refuses("a node reaches from one erase block into the next");
}

Test(jffs2, erased_flash_holds_nothing)
{
	begin();
	image[WHOLE - 4] = 'x';
	struct opened opened = open_right();
	is_region(&opened, WHOLE - 4, 4, "gap", 0, SB_REGION_GAP);
	is_region(&opened, ERASE + 12, ERASE - 16, "erased", 0, SB_REGION_GAP);
	finish_image(&opened);
	begin();
	image[folder_name + 46] = 'x';
	is_of_kind(folder_name + 46, SB_REGION_GAP);
}

/* An attribute of the file, and the reference to it. */
static unsigned attribute(unsigned reference_version)
{
	unsigned at = node(XATTR, 32 + 8), reference;

	le(at + 12, 5, 4);
	le(at + 16, 1, 4);
	image[at + 20] = 1;
	image[at + 21] = 4;
	le(at + 22, 3, 2);
	memcpy(image + at + 32, "name\0abc", 8);
	mend(at);
	reference = node(XREF, 28);
	le(reference + 12, 2, 4);
	le(reference + 16, 5, 4);
	le(reference + 20, reference_version, 4);
	mend(reference);
	return at;
}

Test(jffs2, attributes_belong_to_what_a_reference_says)
{
	begin();
	unsigned at = attribute(2);
	struct opened opened = open_right();
	cr_assert_not_null(member(&opened, 1)->xattrs.p);
	is_region(&opened, at, 40, "attribute", 0, SB_REGION_LAYOUT);
	is_region(&opened, at + 40, 28, "attribute reference", 2, SB_REGION_LAYOUT);
	finish_image(&opened);
	begin();
	at = attribute(3); /* taken away */
	opened = open_right();
	cr_assert_null(member(&opened, 1)->xattrs.p);
	is_region(&opened, at, 40, "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
}

Test(jffs2, folders_are_no_deeper_than_paths_may_be)
{
	static uint8_t deep[260 * 120];

	begin();
	memset(deep, 0xff, sizeof deep);
	for (unsigned i = 0; i < 260; i++) {
		end = 0;
		unsigned from = dirent(i ? 100 + i : 1, 1, 101 + i, DT_FOLDER, "deep");
		data(101 + i, 1, 040755, 0, 0, "");
		memcpy(deep + i * 120, image + from, end - from);
	}
	limit_image("jffs2", sb_span_of(deep, sizeof deep), "path");
}
