/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

/**
 * Growing bytes with a ceiling and a sticky error: after the first append that fails,
 * `bad` says why and later appends do nothing. Check once with sb_buf_ok().
 * A zeroed struct with a ceiling is ready for use. data[len] is NUL whenever data is not NULL.
 */
struct sb_buf {
	char *data;
	size_t len, cap;
	size_t ceiling;  /* bytes; 0 means SB_LIMIT_BUF */
	enum sb_rc bad;  /* SB_OK, SB_NOMEM or SB_LIMIT */
};

void sb_buf_release(struct sb_buf *buf);
void sb_buf_add(struct sb_buf *buf, const void *bytes, size_t n);
void sb_buf_text(struct sb_buf *buf, const char *text);
void sb_buf_printf(struct sb_buf *buf, const char *fmt, ...) SB_PRINTF(2, 3);
void sb_buf_hex(struct sb_buf *buf, struct sb_span bytes);
struct sb_span sb_buf_span(const struct sb_buf *buf);
/** 0, or the sticky error put into @err with id "limit-buffer" or "out-of-memory". */
SB_MUST_USE int sb_buf_ok(const struct sb_buf *buf, struct sb_err *err);

#endif
