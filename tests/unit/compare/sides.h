/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts or tars as the two sides of an artifact, compared. */
#ifndef TESTS_UNIT_COMPARE_SIDES_H
#define TESTS_UNIT_COMPARE_SIDES_H

#include "verifier/compare/compare.h"

#include <string.h>

/** One artifact of two sides; release the comparison. */
static inline int compare_spans(struct sb_span shipped, struct sb_span rebuilt, unsigned jobs, struct sb_comparison *out)
{
	const struct sb_artifact_in artifact = {
		.name = "file",
		.shipped = {.present = shipped.p != NULL, .bytes = shipped, .type = 'f'},
		.rebuilt = {.present = rebuilt.p != NULL, .bytes = rebuilt, .type = 'f'},
	};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = jobs};
	return sb_compare_run(&in, out, NULL);
}

static inline int compare_texts(const char *shipped, const char *rebuilt, struct sb_comparison *out)
{
	return compare_spans(sb_span_text(shipped), sb_span_text(rebuilt), 1, out);
}

/** A v7-like ustar entry written by hand: header and content, padded. Returns what was written. */
static inline size_t put_entry(uint8_t *to, const char *name, const char *content)
{
	size_t n = strlen(content), whole = 512 + (n + 511) / 512 * 512;
	unsigned sum = 0;

	memset(to, 0, whole);
	memcpy(to, name, strlen(name));
	memcpy(to + 100, "0000644", 8);
	memcpy(to + 108, "0000000", 8);
	memcpy(to + 116, "0000000", 8);
	char digits[24];
	snprintf(digits, sizeof digits, "%011zo", n);
	memcpy(to + 124, digits, 12);
	memcpy(to + 136, "00000000000", 12);
	to[156] = '0';
	memcpy(to + 257, "ustar\00000", 8);
	memset(to + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += to[i];
	snprintf(digits, sizeof digits, "%06o", sum);
	memcpy(to + 148, digits, 7);
	memcpy(to + 512, content, n);
	return whole;
}

/** An archive of @count entries {name, content}, with its end mark. */
static inline struct sb_span make_tar(uint8_t *to, const char *const (*entries)[2], size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += put_entry(to + n, entries[i][0], entries[i][1]);
	memset(to + n, 0, 1024);
	return sb_span_of(to, n + 1024);
}

#endif
