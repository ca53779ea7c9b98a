/* SPDX-License-Identifier: Apache-2.0 */
#include "hashing/store.h"
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

#include <sys/file.h>

static struct scratch scratch;
static char path[80];

static void start(void)
{
	umask(022);
	cr_assert_eq(sb_hashing_start(NULL), 0);
	scratch = scratch_make();
	snprintf(path, sizeof path, "%s/deep/store", scratch.path);
}

static void stop(void)
{
	scratch_remove(&scratch);
	no_leaks();
}

TestSuite(store, .init = start, .fini = stop);

static struct sb_store *open_store(void)
{
	struct sb_store *store = NULL;
	struct sb_err err = {0};
	cr_assert_eq(sb_store_open(path, &store, &err), 0, "%s", err.msg);
	return store;
}

static struct sb_digest put_text(struct sb_store *store, const char *text)
{
	struct sb_digest digest = {0};
	struct sb_err err = {0};
	cr_assert_eq(sb_store_put(store, sb_span_text(text), &digest, &err), 0, "%s", err.msg);
	return digest;
}

static void expect_report(struct sb_store *store, uint64_t objects, uint64_t damaged, uint64_t strays, uint64_t writable)
{
	struct sb_store_report report = {0};
	struct sb_err err = {0};

	cr_assert_eq(sb_store_check(store, 2, &report, &err), 0, "%s", err.msg);
	cr_expect_eq(report.objects, objects, "%s", report.names.data);
	cr_expect_eq(report.damaged, damaged, "%s", report.names.data);
	cr_expect_eq(report.strays, strays, "%s", report.names.data);
	cr_expect_eq(report.writable, writable, "%s", report.names.data);
	sb_buf_release(&report.names);
}

/* Replace an object's bytes behind the store's back. */
static void overwrite(const struct sb_store *store, const struct sb_digest *digest, const char *text)
{
	char name[SB_STORE_NAME];
	sb_store_name(digest->blake2b, name);
	cr_assert_eq(unlinkat(store->dir, name, 0), 0);
	int fd = openat(store->dir, name, O_CREAT | O_WRONLY, 0444);
	cr_assert_geq(fd, 0);
	cr_assert_eq(sb_io_write(fd, sb_span_text(text), NULL), 0);
	close(fd);
}

Test(store, what_was_put_comes_back)
{
	struct sb_store *store = open_store();
	struct sb_digest digest = put_text(store, "content"), due;
	struct sb_blob blob = {.fd = -1};
	char name[SB_STORE_NAME];
	struct stat st;
	bool has = false;

	sb_hash_span(sb_span_text("content"), SB_DIGEST_BOTH, &due);
	cr_expect(sb_digest_equal(&digest, &due));
	cr_assert_eq(sb_store_get(store, digest.blake2b, &blob, NULL), 0);
	cr_expect(sb_span_equal(blob.bytes, sb_span_text("content")));
	sb_blob_release(&blob);
	cr_assert_eq(sb_store_has(store, digest.blake2b, &has, NULL), 0);
	cr_expect(has);
	sb_store_name(digest.blake2b, name);
	cr_assert_eq(fstatat(store->dir, name, &st, 0), 0);
	cr_expect_eq(st.st_mode & 07777, 0444);
	cr_expect_eq(st.st_nlink, 1);
	cr_assert_eq(fstat(store->dir, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0700);
	expect_report(store, 1, 0, 0, 0);
	sb_store_close(&store);
	cr_expect_null(store);
}

Test(store, putting_twice_is_putting_once)
{
	struct sb_store *store = open_store();

	put_text(store, "a");
	put_text(store, "a");
	put_text(store, "");
	expect_report(store, 2, 0, 0, 0);
	sb_store_close(&store);
	store = open_store();
	put_text(store, "a");
	expect_report(store, 2, 0, 0, 0);
	sb_store_close(&store);
}

Test(store, a_descriptor_is_read_to_its_end)
{
	enum { N = 262144 };
	static const size_t sizes[] = {0, 1, N - 1, N, N + 1, 3 * N};
	struct sb_store *store = open_store();
	uint8_t *bytes = calloc(1, 3 * N);

	cr_assert_not_null(bytes);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct sb_digest digest, due;
		struct sb_blob blob = {.fd = -1};
		scratch_write(&scratch, "f", bytes, sizes[i]);
		int fd = openat(scratch.dir, "f", O_RDONLY);
		cr_assert_eq(sb_store_put_fd(store, fd, 3 * N, &digest, NULL), 0);
		close(fd);
		sb_hash_span(sb_span_of(bytes, sizes[i]), SB_DIGEST_BOTH, &due);
		cr_expect(sb_digest_equal(&digest, &due), "%zu", sizes[i]);
		cr_assert_eq(sb_store_get(store, digest.blake2b, &blob, NULL), 0);
		cr_expect_eq(blob.bytes.n, sizes[i]);
		sb_blob_release(&blob);
	}
	expect_report(store, sizeof sizes / sizeof *sizes, 0, 0, 0);
	free(bytes);
	sb_store_close(&store);
}

Test(store, too_much_is_refused_and_nothing_is_left)
{
	struct sb_store *store = open_store();
	struct sb_digest digest = {.size = 5};
	struct sb_err err = {0};

	scratch_write(&scratch, "f", "0123456789", 10);
	int fd = openat(scratch.dir, "f", O_RDONLY);
	cr_expect_eq(sb_store_put_fd(store, fd, 9, &digest, &err), SB_LIMIT);
	cr_expect_str_eq(err.id, "limit-exceeded");
	cr_expect_eq(digest.size, 5);
	expect_report(store, 0, 0, 0, 0);
	cr_expect_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_expect_eq(sb_store_put_fd(store, fd, 10, &digest, &err), 0);
	close(fd);
	sb_store_close(&store);
}

Test(store, a_source_that_cannot_be_read_leaves_nothing)
{
	struct sb_store *store = open_store();
	struct sb_digest digest;
	struct sb_err err = {0};

	cr_expect_eq(sb_store_put_fd(store, scratch.dir, 100, &digest, &err), SB_IO);
	cr_expect_str_eq(err.id, "read-failed");
	expect_report(store, 0, 0, 0, 0);
	sb_store_close(&store);
}

Test(store, a_missing_object_is_absent)
{
	struct sb_store *store = open_store();
	uint8_t digest[SB_BLAKE2B_BYTES] = {0};
	struct sb_blob blob = {.fd = -1};
	struct sb_err err = {0};
	bool has = true;

	cr_expect_eq(sb_store_get(store, digest, &blob, &err), SB_ABSENT);
	cr_expect_str_eq(err.id, "store-missing");
	cr_assert_eq(sb_store_has(store, digest, &has, NULL), 0);
	cr_expect_not(has);
	sb_store_close(&store);
}

Test(store, a_changed_object_is_set_aside_and_can_be_put_again)
{
	static const char *const lies[] = {"Content", "cont", "content and more", ""};
	struct sb_store *store = open_store();
	struct stat st;
	char aside[SB_STORE_NAME], name[SB_STORE_NAME];

	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct sb_digest digest = put_text(store, "content");
		struct sb_blob blob = {.fd = -1};
		struct sb_err err = {0};
		overwrite(store, &digest, lies[i]);
		expect_report(store, 1, 1, 0, 0);
		cr_expect_eq(sb_store_get(store, digest.blake2b, &blob, &err), SB_EVIDENCE, "%s", lies[i]);
		cr_expect_str_eq(err.id, "store-damaged");
		cr_expect_null(blob.bytes.p);
		sb_store_name(digest.blake2b, name);
		snprintf(aside, sizeof aside, "damaged/%s", sb_path_base(name));
		cr_expect_eq(fstatat(store->dir, aside, &st, 0), 0);
		cr_expect_eq(sb_store_get(store, digest.blake2b, &blob, &err), SB_ABSENT);
		put_text(store, "content");
		cr_assert_eq(sb_store_get(store, digest.blake2b, &blob, NULL), 0);
		sb_blob_release(&blob);
	}
	sb_store_close(&store);
}

/* A name with the wrong size can only be damage: putting the content again mends it. */
Test(store, putting_mends_an_object_of_the_wrong_size)
{
	struct sb_store *store = open_store();
	struct sb_digest digest = put_text(store, "content");
	struct sb_blob blob = {.fd = -1};

	overwrite(store, &digest, "cont");
	put_text(store, "content");
	cr_assert_eq(sb_store_get(store, digest.blake2b, &blob, NULL), 0);
	sb_blob_release(&blob);
	sb_store_close(&store);
}

Test(store, an_object_that_is_a_link_or_a_folder_is_no_object)
{
	struct sb_store *store = open_store();
	struct sb_digest digest = put_text(store, "content");
	struct sb_blob blob = {.fd = -1};
	char name[SB_STORE_NAME];
	bool has = true;

	sb_store_name(digest.blake2b, name);
	cr_assert_eq(unlinkat(store->dir, name, 0), 0);
	scratch_write(&scratch, "evil", "content", 7);
	cr_assert_eq(symlinkat("../../../../../evil", store->dir, name), 0);
	cr_expect_neq(sb_store_get(store, digest.blake2b, &blob, NULL), 0);
	cr_assert_eq(sb_store_has(store, digest.blake2b, &has, NULL), 0);
	cr_expect_not(has);
	expect_report(store, 0, 0, 1, 0);
	put_text(store, "content");
	cr_assert_eq(sb_store_get(store, digest.blake2b, &blob, NULL), 0);
	sb_blob_release(&blob);
	sb_store_close(&store);
}

Test(store, strays_are_told)
{
	struct sb_store *store = open_store();
	struct sb_digest digest = put_text(store, "content");
	struct sb_store_report report = {0};
	char name[SB_STORE_NAME], longest[300] = "objects/";

	sb_store_name(digest.blake2b, name);
	cr_assert_eq(mkdirat(store->dir, "objects/zz", 0700), 0);
	cr_assert_eq(linkat(store->dir, name, store->dir, "objects/zz/misplaced", 0), 0);
	memset(longest + 8, 'n', 255);
	cr_assert_eq(mkfifoat(store->dir, longest, 0600), 0);
	cr_assert_eq(symlinkat("/", store->dir, "objects/a\nb"), 0);
	cr_assert_eq(sb_store_check(store, 1, &report, NULL), 0);
	cr_expect_eq(report.objects, 1);
	cr_expect_eq(report.bytes, 7);
	cr_expect_eq(report.strays, 3);
	cr_expect_not_null(strstr(report.names.data, "stray objects/a\\x0ab\n"), "%s", report.names.data);
	cr_expect_not_null(strstr(report.names.data, "stray objects/zz/misplaced\n"));
	sb_buf_release(&report.names);
	sb_store_close(&store);
}

Test(store, one_that_others_may_write_is_refused)
{
	static const mode_t modes[] = {0720, 0702, 0777, 01777};
	struct sb_store *store = open_store(), *again = NULL;
	char objects[96];

	snprintf(objects, sizeof objects, "%s/objects", path);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct sb_err err = {0};
		cr_assert_eq(chmod(path, modes[i]), 0);
		cr_expect_eq(sb_store_open(path, &again, &err), SB_USAGE, "%o", modes[i]);
		cr_expect_str_eq(err.id, "store-unsafe");
		cr_assert_eq(chmod(path, 0700), 0);
		cr_assert_eq(chmod(objects, modes[i]), 0);
		cr_expect_eq(sb_store_open(path, &again, &err), SB_USAGE, "objects %o", modes[i]);
		cr_assert_eq(chmod(objects, 0700), 0);
	}
	cr_expect_null(again);
	sb_store_close(&store);
}

Test(store, one_of_another_user_is_refused)
{
	struct sb_store *store = open_store(), *again = NULL;
	struct sb_err err = {0};

	sb_store_close(&store);
	if (geteuid() != 0)
		cr_skip_test("needs root to give the folder away");
	cr_assert_eq(chown(path, 54321, 54321), 0);
	cr_expect_eq(sb_store_open(path, &again, &err), SB_USAGE);
	cr_expect_str_eq(err.id, "store-unsafe");
}

Test(store, objects_that_others_may_write_are_told)
{
	struct sb_store *store = open_store();
	struct sb_digest digest = put_text(store, "content");
	char name[SB_STORE_NAME];

	sb_store_name(digest.blake2b, name);
	cr_assert_eq(fchmodat(store->dir, name, 0666, 0), 0);
	expect_report(store, 1, 0, 0, 1);
	cr_assert_eq(fchmodat(store->dir, name, 0444, 0), 0);
	name[13] = '\0';
	cr_assert_eq(fchmodat(store->dir, name, 0777, 0), 0);
	expect_report(store, 1, 0, 0, 1);
	sb_store_close(&store);
}

Test(store, a_file_in_the_way_is_told)
{
	struct sb_store *store = NULL;
	struct sb_err err = {0};

	scratch_write(&scratch, "deep", "x", 1);
	cr_expect_lt(sb_store_open(path, &store, &err), 0);
	cr_expect_str_eq(err.id, "store-unwritable");
	cr_expect_null(store);
}

/* File systems without nameless files: what a dead writer left is removed at the next start, what a living one holds stays. */
Test(store, only_what_the_dead_left_is_swept)
{
	struct sb_store *store = open_store();
	struct stat st;

	int dead = openat(store->dir, "objects/.tmp-0000000000000001", O_CREAT | O_WRONLY, 0444);
	int alive = openat(store->dir, "objects/.tmp-0000000000000002", O_CREAT | O_WRONLY, 0444);
	cr_assert_geq(dead, 0);
	cr_assert_eq(flock(alive, LOCK_EX), 0);
	close(dead);
	sb_store_close(&store);
	store = open_store();
	cr_expect_neq(fstatat(store->dir, "objects/.tmp-0000000000000001", &st, 0), 0);
	cr_expect_eq(fstatat(store->dir, "objects/.tmp-0000000000000002", &st, 0), 0);
	expect_report(store, 0, 0, 1, 0);
	close(alive);
	sb_store_close(&store);
	store = open_store();
	expect_report(store, 0, 0, 0, 0);
	sb_store_close(&store);
}

/* Many writers at once, in threads, putting overlapping content. */
static int put_some(void *ctx, size_t index, struct sb_err *err)
{
	char text[32];
	struct sb_digest digest;
	snprintf(text, sizeof text, "content %zu", index % 20);
	return sb_store_put(ctx, sb_span_text(text), &digest, err);
}

Test(store, writers_do_not_disturb_each_other)
{
	struct sb_store *store = open_store();
	struct sb_err err = {0};

	cr_assert_eq(sb_pool_run(4, 100, put_some, store, &err), 0, "%s", err.msg);
	expect_report(store, 20, 0, 0, 0);
	sb_store_close(&store);
}
