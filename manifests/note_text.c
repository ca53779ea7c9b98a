/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/note_text.h"

#include "hashing/hashing.h"

#include <string.h>

bool sb_note_decimal(struct sb_span text, uint64_t *out)
{
	return text.n && (text.n == 1 || text.p[0] != '0') && sb_text_uint(text, out) && *out <= INT64_MAX;
}

int sb_note_unbase64_any(struct sb_span text, struct sb_buf *out, struct sb_err *err)
{
	bool url = text.n && (memchr(text.p, '-', text.n) || memchr(text.p, '_', text.n));
	int rc = url ? SB_FORMAT : sb_unbase64(text, out, err);

	return rc == SB_FORMAT ? sb_fail(err, SB_EVIDENCE, "note-malformed", "a line holds something else than base64") : rc;
}

bool sb_note_unbase64(struct sb_span text, uint8_t *out, size_t n)
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};

	if (text.n != (n + 2) / 3 * 4 || sb_note_unbase64_any(text, &bytes, NULL) || bytes.len != n)
		return false;
	memcpy(out, bytes.data, n);
	return true;
}

bool sb_note_after(struct sb_span line, const char *prefix, struct sb_span *rest)
{
	size_t n = strlen(prefix);

	if (!sb_span_starts(line, prefix, n))
		return false;
	*rest = sb_span_of(line.p + n, line.n - n);
	return true;
}
