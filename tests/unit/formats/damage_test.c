/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cut and flipped archives: a reader may refuse or describe, but never crash, never leave a byte without an owner, and
 * never show other members than libarchive does without saying so.
 */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(damage, .fini = no_leaks, .timeout = 240);

/* Everything that can be asked of a view; false when it could not be decoded to its end. */
static bool exercise(struct opened *opened)
{
	bool whole = true;

	for (size_t i = 0; i < opened->view.regions.count; i++)
		cr_assert_eq(sb_view_describe(&opened->view, sb_view_region(&opened->view, i), &opened->err), 0, "%s",
			     opened->err.msg);
	for (size_t i = 0; i < opened->view.members.count; i++) {
		const struct sb_member *member = sb_view_member(&opened->view, i);
		SB_BLOB struct sb_blob blob = {.fd = -1};
		uint64_t used = 0;
		struct sb_unpack_budget budget = {.packed = opened->view.file.n, .most = 1 << 20};
		cr_assert_eq(member->name.p[member->name.n], 0);
		int rc = sb_formats_decode(opened->view.file, member, &budget, &blob, &used, &opened->err);
		cr_assert(rc == 0 || rc == SB_FORMAT || rc == SB_LIMIT, "%d %s", rc, opened->err.msg);
		whole = whole && rc == 0 && used == member->length;
	}
	return whole;
}

static void check_code(const struct sample *sample, const struct opened *opened, size_t at)
{
	cr_assert(opened->rc == 0 || opened->rc == SB_FORMAT || opened->rc == SB_LIMIT, "%s at %zu: %d %s",
		  sample->writer, at, opened->rc, opened->err.msg);
	cr_assert(opened->rc == 0 || opened->err.id, "a failure without an id");
}

Test(damage, no_cut_goes_unseen)
{
	for (size_t i = 0; i < sample_count; i++) {
		struct sb_span bytes = make_sample(&samples[i]);
		/* An ar archive has no end mark, so a cut between two members shows nothing; the fill of a tar may be
		 * of any length. */
		bool is_ar = strcmp(samples[i].format, "ar") == 0, is_tar = strcmp(samples[i].format, "tar") == 0;
		for (size_t n = 0; n < bytes.n; n++) {
			struct sb_span cut = exact_copy(sb_span_of(bytes.p, n));
			struct opened opened = open_as(samples[i].format, cut, samples[i].hint);
			check_code(&samples[i], &opened, n);
			sb_formats_probe(cut, "");
			if (opened.rc == 0) {
				bool clean = exercise(&opened) && !refused(&opened);
				bool only_fill = is_tar && region_of(&opened, "end", 0) &&
						 region_of(&opened, "end", 0)->length == 1024;
				bool only_zeros = strcmp(samples[i].format, "cpio") == 0 &&
						  sb_span_all_zero(sb_span_of(bytes.p + n, bytes.n - n));
				cr_assert(!clean || is_ar || only_fill || only_zeros, "%s cut at %zu of %zu",
					  samples[i].hint, n, bytes.n);
			}
			close_view(&opened);
			free_sample(cut);
		}
		free_sample(bytes);
	}
}

/** What libarchive makes of the bytes: one line a member. */
static bool ask_libarchive(struct sb_span bytes, const char *format, struct sb_buf *out)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	int rc;

	if (strcmp(format, "tar") == 0)
		archive_read_support_format_tar(archive);
	else if (strcmp(format, "cpio") == 0)
		archive_read_support_format_cpio(archive);
	else if (strcmp(format, "zip") == 0)
		archive_read_support_format_zip_seekable(archive);
	else
		archive_read_support_format_ar(archive);
	rc = archive_read_open_memory(archive, bytes.p, bytes.n);
	while (rc == ARCHIVE_OK && (rc = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		enum { MOST = 32 << 10 }; /* more than any sample holds */
		SB_FREEING uint8_t *data = calloc(1, MOST);
		la_ssize_t n = archive_entry_hardlink(entry) ? 0 : archive_read_data(archive, data, MOST);
		rc = n < 0 ? ARCHIVE_FATAL : rc;
		uint32_t sum = 0;
		for (la_ssize_t i = 0; i < n; i++)
			sum = sum * 31 + data[i];
		/* Members of ar are files, whatever the type in their mode. */
		bool file = archive_entry_filetype(entry) == AE_IFREG || strcmp(format, "ar") == 0;
		sb_buf_printf(out, "%s %o %lld %u\n", name ? name : "?", (unsigned)archive_entry_perm(entry) & 07777,
			      file ? (long long)n : 0LL, file ? sum : 0);
	}
	archive_read_free(archive);
	return rc == ARCHIVE_EOF;
}

static void ask_us(const struct opened *opened, struct sb_buf *out)
{
	for (size_t i = 0; i < opened->view.members.count; i++) {
		const struct sb_member *member = sb_view_member(&opened->view, i);
		SB_BLOB struct sb_blob blob = {.fd = -1};
		uint64_t used;
		uint32_t sum = 0;
		if (member->type == SB_MEMBER_FILE &&
		    sb_formats_decode(opened->view.file, member, NULL, &blob, &used, NULL) == 0)
			for (size_t k = 0; k < blob.bytes.n; k++)
				sum = sum * 31 + blob.bytes.p[k];
		/* Where a header tells no mode, libarchive makes one up. */
		unsigned mode = member->has_mode ? member->mode : member->type == SB_MEMBER_DIR ? 0775 : 0664;
		sb_buf_printf(out, "%s %o %lld %u\n", (const char *)member->name.p, mode, (long long)blob.bytes.n, sum);
	}
}

static bool any_refusal(const struct opened *opened)
{
	for (size_t i = 0; i < opened->view.members.count; i++)
		if (sb_view_member(&opened->view, i)->refusal)
			return true;
	return refused(opened);
}

/* Both read it to the end without complaint and see different things: an attack that nobody would notice. */
static void compare_readers(const struct sample *sample, struct sb_span bytes, struct opened *opened, size_t at)
{
	SB_BUF struct sb_buf theirs = {0}, ours = {0};

	if (any_refusal(opened) || !ask_libarchive(bytes, sample->format, &theirs))
		return;
	ask_us(opened, &ours);
	cr_assert(sb_span_equal(sb_buf_span(&theirs), sb_buf_span(&ours)),
		  "%s, byte %zu changed\nlibarchive:\n%s\nwe:\n%s", sample->writer, at, theirs.data ? theirs.data : "",
		  ours.data ? ours.data : "");
}

/* A changed tar header is mostly refused for its checksum alone: an attacker mends that. */
static void mend_sum(uint8_t *block)
{
	unsigned sum = 8 * ' ';
	char text[8];

	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0 : block[i];
	snprintf(text, sizeof text, "%06o", sum);
	memcpy(block + 148, text, 7);
}

Test(damage, no_mended_tar_header_is_read_otherwise_than_by_libarchive)
{
	static const uint8_t masks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x80, 0xff};

	for (size_t i = 0; strcmp(samples[i].format, "tar") == 0; i++) {
		struct sb_span bytes = make_sample(&samples[i]);
		struct opened good = open_as("tar", bytes, "");
		uint8_t *flipped = malloc(bytes.n);
		cr_assert_eq(good.rc, 0);
		for (size_t k = 0; k < good.view.regions.count; k++) {
			const struct sb_region *region = sb_view_region(&good.view, k);
			for (size_t at = 0; region->kind == SB_REGION_HEADER && at < region->length * sizeof masks;
			     at++) {
				memcpy(flipped, bytes.p, bytes.n);
				flipped[region->offset + at / sizeof masks] ^= masks[at % sizeof masks];
				if (region->length == 512)
					mend_sum(flipped + region->offset);
				struct sb_span now = sb_span_of(flipped, bytes.n);
				struct opened opened = open_as("tar", now, "");
				check_code(&samples[i], &opened, region->offset + at / sizeof masks);
				if (opened.rc == 0)
					compare_readers(&samples[i], now, &opened, region->offset + at / sizeof masks);
				close_view(&opened);
			}
		}
		close_view(&good);
		free(flipped);
		free_sample(bytes);
	}
}

/* Deep inside a run of zeros one byte is like the next. */
static bool is_dull(struct sb_span bytes, size_t at)
{
	return at % 16 != 0 && at >= 16 && at + 16 < bytes.n && sb_span_all_zero(sb_span_of(bytes.p + at - 16, 32));
}

Test(damage, no_flip_is_read_otherwise_than_by_libarchive)
{
	static const uint8_t masks[] = {0x01, 0x10, 0x80, 0xff};

	for (size_t i = 0; i < sample_count; i++) {
		struct sb_span bytes = make_sample(&samples[i]);
		uint8_t *flipped = malloc(bytes.n);
		memcpy(flipped, bytes.p, bytes.n);
		for (size_t at = 0; at < bytes.n; at++) {
			for (size_t k = 0; k < sizeof masks && !is_dull(bytes, at); k++) {
				flipped[at] = (uint8_t)(bytes.p[at] ^ masks[k]);
				struct sb_span now = sb_span_of(flipped, bytes.n);
				struct opened opened = open_as(samples[i].format, now, samples[i].hint);
				check_code(&samples[i], &opened, at);
				if (opened.rc == 0) {
					exercise(&opened);
					if (!samples[i].filter)
						compare_readers(&samples[i], now, &opened, at);
				}
				close_view(&opened);
			}
			flipped[at] = bytes.p[at];
		}
		free(flipped);
		free_sample(bytes);
	}
}
