/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/limits.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sb_buf_release(struct sb_buf *buf)
{
	free(buf->data);
	*buf = (struct sb_buf){.ceiling = buf->ceiling};
}

static size_t ceiling(const struct sb_buf *buf)
{
	return buf->ceiling ? buf->ceiling : (size_t)SB_LIMIT_OF(BUF);
}

/* Room for @n more bytes and the closing NUL; sets the sticky error when there is none. */
static bool reserve(struct sb_buf *buf, size_t n)
{
	if (buf->bad)
		return false;
	if (n > ceiling(buf) || buf->len > ceiling(buf) - n) {
		buf->bad = SB_LIMIT;
		return false;
	}
	size_t need = buf->len + n + 1;
	if (need <= buf->cap)
		return true;
	size_t cap = buf->cap > SIZE_MAX / 2 ? need : buf->cap * 2;
	if (cap < need)
		cap = need < 64 ? 64 : need;
	char *data = realloc(buf->data, cap);
	if (!data) {
		buf->bad = SB_NOMEM;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

void sb_buf_add(struct sb_buf *buf, const void *bytes, size_t n)
{
	if (!reserve(buf, n))
		return;
	if (n)
		memcpy(buf->data + buf->len, bytes, n);
	buf->len += n;
	buf->data[buf->len] = '\0';
}

void sb_buf_text(struct sb_buf *buf, const char *text)
{
	sb_buf_add(buf, text, strlen(text));
}

void sb_buf_printf(struct sb_buf *buf, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	if (n >= 0 && reserve(buf, (size_t)n)) {
		vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, again);
		buf->len += (size_t)n;
	}
	va_end(again);
	va_end(args);
}

void sb_buf_hex(struct sb_buf *buf, struct sb_span bytes)
{
	if (bytes.n > SIZE_MAX / 4 || !reserve(buf, 2 * bytes.n))
		return;
	sb_text_hex(bytes, buf->data + buf->len);
	buf->len += 2 * bytes.n;
}

struct sb_span sb_buf_span(const struct sb_buf *buf)
{
	return sb_span_of(buf->data, buf->len);
}

int sb_buf_ok(const struct sb_buf *buf, struct sb_err *err)
{
	if (buf->bad == SB_OK)
		return 0;
	if (buf->bad == SB_NOMEM)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return sb_fail(err, SB_LIMIT, "limit-buffer", "a text grows over its ceiling of %zu bytes", ceiling(buf));
}
