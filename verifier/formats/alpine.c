/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages of apk-tools 2 (Alpine, OpenWrt): two or three gzip members in a row, each a tar. The first two are tars without an end, so
 * that all of them read as one archive. The boundaries are found by decoding signature and control, which are small.
 */
#include "verifier/formats/gzip.h"
#include "verifier/formats/rows.h"

#include <string.h>

static bool begins_with(struct sb_span file, uint64_t at, const char *name)
{
	uint8_t head[16] = {0};
	size_t n = sb_gzip_peek(file, at, head, sizeof head);
	return sb_span_starts(sb_span_of(head, n), name, sb_span_text(name).n);
}

static int take(struct sb_view *view, uint64_t from, uint64_t to, const char *name, struct sb_err *err)
{
	const struct sb_member member = {.name = sb_span_text(name),
					 .type = SB_MEMBER_PART,
					 .offset = from,
					 .length = to - from,
					 .size = to - from,
					 .refusal = "an apk package; give the files that it holds",
					 .refusal_id = "archive-unsupported",
					 .signature = sb_span_starts(sb_span_text(name), "signature", 9)};
	const struct sb_region content = {.offset = from, .length = to - from, .kind = SB_REGION_CONTENT, .name = "content",
					  .member = (uint32_t)view->members.count + 1};
	int rc = sb_emit_region(view, &content, err);
	return rc ? rc : sb_emit_member(view, &member, err);
}

/* One member that is not the last; *at moves behind it. A lone one, or one that is cut, is left for gzip to tell of. */
static int take_first(struct sb_view *view, uint64_t *at, const char *name, struct sb_err *err)
{
	uint64_t end;
	int rc = sb_gzip_end(view->reading, view->file, *at, &end, err);

	if (rc || end == 0 || end == view->file.n)
		return rc;
	rc = take(view, *at, end, name, err);
	*at = end;
	return rc;
}

static int open_alpine(struct sb_view *view, const char *hint, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	(void)hint;
	if (begins_with(view->file, 0, ".SIGN."))
		rc = take_first(view, &at, "signature.tar.gz", err);
	if (!rc && begins_with(view->file, at, ".PKGINFO"))
		rc = take_first(view, &at, "control.tar.gz", err);
	return rc ? rc : take(view, at, view->file.n, "data.tar.gz", err);
}

/* What such a package holds is called so, and is a plain gzip. */
static unsigned probe(struct sb_span file, const char *hint)
{
	size_t n = strlen(hint);

	if (!sb_magic(file, 0, "\x1f\x8b\x08", 3) || (n >= 7 && strcmp(hint + n - 7, ".tar.gz") == 0))
		return 0;
	return 24 + 48;
}

static bool confirm(struct sb_span file)
{
	return begins_with(file, 0, ".SIGN.") || begins_with(file, 0, ".PKGINFO");
}

const struct sb_format sb_format_alpine = {
	.name = "alpine",
	.spec = "apk-tools 2.14, doc/apk-package.5; RFC 1952",
	.version = 1,
	.probe = probe,
	.confirm = confirm,
	.open = open_alpine,
	.archive = true,
};
