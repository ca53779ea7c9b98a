/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ingest/parcel.h"
#include "tests/unit/leaks.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct parcel parcel;

static void start(void)
{
	parcel_open(&parcel);
}

static void stop(void)
{
	parcel_close(&parcel);
	no_leaks();
}

TestSuite(sources, .init = start, .fini = stop);

static void write_tar(const char *name, struct sb_buf *tar)
{
	tar_end(tar);
	parcel_write(&parcel, name, sb_buf_span(tar));
	sb_buf_release(tar);
}

static void write_plain_tar(const char *name)
{
	struct sb_buf tar = {0};
	tar_add(&tar, '5', "p-1/", "", 0755);
	tar_add(&tar, '0', "p-1/main.c", "int main;\n", 0644);
	tar_add(&tar, '0', "p-1/configure", "#!/bin/sh\n", 0755);
	tar_add(&tar, '2', "p-1/link", "../../etc/passwd", 0777);
	tar_add(&tar, '1', "p-1/same", "p-1/main.c", 0644);
	write_tar(name, &tar);
}

Test(sources, an_archive_becomes_a_tree)
{
	write_plain_tar("a.tar");
	parcel_source(&parcel, "a.tar", ".", 0);
	cr_assert_eq(parcel_take(&parcel), 0, "%s: %s", parcel.err.where, parcel.err.msg);
	parcel_expect(&parcel, "p-1/main.c", "int main;\n");
	parcel_expect(&parcel, "p-1/configure", "#!/bin/sh\n");
	const struct sb_entry *link = sb_inventory_find(&parcel.taken.inventory, "p-1/link"), *same = sb_inventory_find(&parcel.taken.inventory, "p-1/same");
	cr_assert_not_null(link);
	cr_expect_eq(link->type, SB_ENTRY_SYMLINK);
	cr_expect_str_eq(link->link, "../../etc/passwd");
	cr_assert_not_null(same);
	cr_expect_eq(same->type, SB_ENTRY_HARDLINK);
	cr_expect_str_eq(same->link, "p-1/main.c");
	cr_expect_eq(sb_inventory_find(&parcel.taken.inventory, "p-1/configure")->mode, 0755);
	cr_expect_eq(parcel.taken.shipped_count, 1);
	cr_expect_str_eq(parcel.taken.shipped[0].built, "out/built");
	cr_expect_eq(parcel.taken.shipped[0].digest.kinds, SB_DIGEST_BOTH);
}

Test(sources, strip_and_into_place_it)
{
	write_plain_tar("a.tar");
	parcel_source(&parcel, "a.tar", "deep/down", 1);
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	parcel_expect(&parcel, "deep/down/main.c", "int main;\n");
	parcel_expect(&parcel, "deep/down", NULL);
	cr_expect_str_eq(sb_inventory_find(&parcel.taken.inventory, "deep/down/same")->link, "deep/down/main.c");
	cr_expect_null(sb_inventory_find(&parcel.taken.inventory, "deep/down/p-1"));
	cr_expect_eq(parcel.taken.notice_count, 0);
}

/* A name that stripping would make harmless leads out all the same. */
Test(sources, strip_does_not_launder_names)
{
	struct sb_buf tar = {0};
	tar_add(&tar, '0', "../evil", "x", 0644);
	write_tar("a.tar", &tar);
	parcel_source(&parcel, "a.tar", ".", 1);
	parcel_expect_failure(&parcel, "archive-escape", "a.tar > ../evil");
}

Test(sources, files_that_stripping_loses_are_told)
{
	struct sb_buf tar = {0};
	tar_add(&tar, '0', "README", "x", 0644);
	tar_add(&tar, '0', "p/f", "y", 0644);
	write_tar("a.tar", &tar);
	parcel_source(&parcel, "a.tar", ".", 1);
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	cr_assert_eq(parcel.taken.notice_count, 1);
	cr_expect_str_eq(parcel.taken.notices[0].id, "archive-stripped-away");
}

Test(sources, what_is_no_archive_is_placed_as_it_is)
{
	parcel_write(&parcel, "sub/fix.patch", sb_span_text("--- a\n"));
	write_plain_tar("kept.tar");
	parcel_source(&parcel, "sub/fix.patch", "patches", 0);
	parcel_source(&parcel, "kept.tar", ".", 0)->unpack = false;
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	parcel_expect(&parcel, "patches/fix.patch", "--- a\n");
	cr_expect_eq(sb_inventory_find(&parcel.taken.inventory, "kept.tar")->type, SB_ENTRY_FILE);
	cr_expect_null(sb_inventory_find(&parcel.taken.inventory, "p-1"));
}

Test(sources, a_name_that_promises_an_archive_must_be_one)
{
	parcel_write(&parcel, "a.tar.gz", sb_span_text("not at all"));
	parcel_source(&parcel, "a.tar.gz", ".", 0);
	parcel_expect_failure(&parcel, "archive-unrecognised", "a.tar.gz");
	parcel_write(&parcel, "a.tar.gz", (struct sb_span){0});
	parcel.drop.source_count = 0;
	parcel_source(&parcel, "a.tar.gz", ".", 0);
	parcel_expect_failure(&parcel, "archive-empty", "a.tar.gz");
}

Test(sources, a_changed_byte_is_refused_before_parsing)
{
	parcel_write(&parcel, "a.tar", sb_span_text("whatever"));
	parcel_source(&parcel, "a.tar", ".", 0)->sha256[0] ^= 1;
	parcel_expect_failure(&parcel, "digest-mismatch", "a.tar");
}

Test(sources, only_regular_files_inside_the_folder)
{
	static const char *const links[] = {"/etc/hostname", "../outside", "shipped"};

	parcel_write(&parcel, "a.tar", sb_span_text("x"));
	struct sb_drop_source *source = parcel_source(&parcel, "a.tar", ".", 0);
	cr_assert_eq(unlinkat(parcel.dir, "a.tar", 0), 0);
	parcel_expect_failure(&parcel, "drop-missing-file", "a.tar");
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(symlinkat(links[i], parcel.dir, "a.tar"), 0);
		parcel_expect_failure(&parcel, "drop-unreadable-file", "a.tar");
		cr_assert_eq(unlinkat(parcel.dir, "a.tar", 0), 0);
	}
	cr_assert_eq(mkfifoat(parcel.dir, "a.tar", 0600), 0);
	parcel_expect_failure(&parcel, "drop-unreadable-file", "a.tar");
	source->path = "../a.tar";
	parcel_expect_failure(&parcel, "drop-unreadable-file", "a.tar");
}

static void write_one(const char *archive, char type, const char *name, const char *body)
{
	struct sb_buf tar = {0};
	tar_add(&tar, type, name, body, 0755);
	write_tar(archive, &tar);
}

Test(sources, folders_may_be_shared_and_files_may_not)
{
	struct sb_buf tar = {0};

	write_plain_tar("a.tar");
	tar_add(&tar, '5', "p-1/", "", 0700);
	tar_add(&tar, '0', "p-1/other.c", "x", 0644);
	write_tar("b.tar", &tar);
	parcel_source(&parcel, "a.tar", ".", 0);
	parcel_source(&parcel, "b.tar", ".", 0);
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	parcel_expect(&parcel, "p-1/main.c", "int main;\n");
	parcel_expect(&parcel, "p-1/other.c", "x");
	cr_expect_eq(sb_inventory_find(&parcel.taken.inventory, "p-1")->mode, 0755, "the first source decides");
	write_one("b.tar", '0', "p-1/main.c", "y");
	parcel.drop.source_count = 1;
	parcel_source(&parcel, "b.tar", ".", 0);
	parcel_expect_failure(&parcel, "drop-overlap", "p-1/main.c");
}

/* "d-more" sorts between the link "d" and "d/evil": what stands just before is not what stands above. */
Test(sources, no_source_writes_through_a_link_of_another)
{
	struct sb_buf tar = {0};

	tar_add(&tar, '2', "d", "/tmp", 0777);
	tar_add(&tar, '0', "d-more", "x", 0644);
	write_tar("a.tar", &tar);
	write_one("b.tar", '0', "d/evil", "x");
	parcel_write(&parcel, "loose", sb_span_text("x"));
	parcel_source(&parcel, "a.tar", ".", 0);
	parcel_source(&parcel, "b.tar", ".", 0);
	parcel_expect_failure(&parcel, "drop-overlap", "d/evil");
	parcel.drop.source_count = 1;
	parcel_source(&parcel, "loose", "d/e/f", 0);
	parcel_expect_failure(&parcel, "drop-overlap", "d/e/f/loose");
}

Test(sources, limits_hold_over_the_whole_drop)
{
	write_plain_tar("a.tar");
	parcel_source(&parcel, "a.tar", "one", 0);
	parcel_source(&parcel, "a.tar", "two", 0);
	parcel.drop.limits.entries = 11; /* five members each, and the folder that the second one implies */
	cr_expect_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	parcel.drop.limits.entries = 10;
	parcel_expect_failure(&parcel, "archive-limit", "entries");
}

Test(sources, prebuilt_binaries_are_named)
{
	struct sb_buf tar = {0};

	tar_add(&tar, '0', "src/main.c", "int main;\n", 0644);
	tar_add(&tar, '0', "src/tool", "\177ELF\2\1\1", 0755);
	tar_add(&tar, '0', "lib/x.a", "!<arch>\nx", 0644);
	tar_add(&tar, '0', "doc/MZ", "MZ is how a letter begins", 0644);
	write_tar("a.tar", &tar);
	parcel_write(&parcel, "fw.bin", sb_span_text("firmware"));
	parcel_source(&parcel, "a.tar", ".", 0);
	struct sb_drop_source *blob = parcel_source(&parcel, "fw.bin", "blobs", 0);
	blob->kind = SB_SOURCE_BLOB;
	blob->reason = "radio";
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	cr_assert_eq(parcel.taken.prebuilt_count, 3);
	cr_expect_str_eq(parcel.taken.prebuilt[0].path, "blobs/fw.bin");
	cr_expect_str_eq(parcel.taken.prebuilt[0].reason, "radio");
	cr_expect_str_eq(parcel.taken.prebuilt[1].path, "lib/x.a");
	cr_expect_str_eq(parcel.taken.prebuilt[1].format, "ar archive");
	cr_expect_null(parcel.taken.prebuilt[1].reason);
	cr_expect_str_eq(parcel.taken.prebuilt[2].format, "ELF");
}

Test(sources, remarks_beyond_the_thousandth_are_counted)
{
	struct sb_buf tar = {0};
	char name[32];

	for (unsigned i = 0; i < 1005; i++) {
		snprintf(name, sizeof name, "odd\001%u", i);
		tar_add(&tar, '0', name, "", 0644);
	}
	write_tar("a.tar", &tar);
	parcel_source(&parcel, "a.tar", ".", 0);
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	cr_assert_eq(parcel.taken.notice_count, 1001);
	cr_expect_str_eq(parcel.taken.notices[1000].id, "archive-more-notices");
	cr_expect_not_null(strstr(parcel.taken.notices[1000].text, "5 more"));
}

Test(sources, an_archive_in_place_of_a_root_may_hold_devices)
{
	struct sb_buf tar = {0};

	tar_add(&tar, '5', "./", "", 0755);
	tar_add(&tar, '5', "./dev/", "", 0755);
	tar_add(&tar, '3', "./dev/null", "", 0666);
	tar_add(&tar, '1', "./usr/bin/x", "./usr/bin/y", 0755);
	tar_add(&tar, '5', "./usr/", "", 0755);
	tar_add(&tar, '0', "./usr/bin/y", "y", 04755);
	write_tar("root.tar", &tar);
	parcel_write(&parcel, "f", sb_span_text("x"));
	struct sb_drop_source *root = parcel_source(&parcel, "root.tar", ".", 0);
	parcel.drop.toolchain.host = false;
	parcel.drop.toolchain.root = "root.tar";
	memcpy(parcel.drop.toolchain.sha256, root->sha256, SB_SHA256_BYTES);
	parcel.drop.source_count = 0;
	parcel_source(&parcel, "f", ".", 0);
	cr_assert_eq(parcel_take(&parcel), 0, "%s: %s", parcel.err.where, parcel.err.msg);
	const struct sb_entry *device = sb_inventory_find(&parcel.taken.root, "dev/null");
	cr_assert_not_null(device);
	cr_expect_eq(device->type, SB_ENTRY_CHAR);
	cr_expect_str_eq(sb_inventory_find(&parcel.taken.root, "usr/bin/x")->link, "usr/bin/y");
	cr_expect_eq(sb_inventory_find(&parcel.taken.root, "usr/bin/y")->mode, 04755);
	parcel.drop.toolchain.sha256[31] ^= 1;
	parcel_expect_failure(&parcel, "digest-mismatch", "root.tar");
}
