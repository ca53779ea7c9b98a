/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* vsnprintf that shows a cut: the text ends in "...". */
SB_PRINTF(3, 0) static void print_into(char *out, size_t cap, const char *fmt, va_list args)
{
	int n = vsnprintf(out, cap, fmt, args);
	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= cap)
		memcpy(out + cap - 4, "...", 4);
}

static void start(struct sb_err *err, enum sb_rc code, const char *id)
{
	*err = (struct sb_err){.code = code, .id = id, .offset = UINT64_MAX};
}

int sb_fail(struct sb_err *err, enum sb_rc code, const char *id, const char *fmt, ...)
{
	if (err) {
		va_list args;
		start(err, code, id);
		va_start(args, fmt);
		print_into(err->msg, sizeof err->msg, fmt, args);
		va_end(args);
	}
	return code;
}

int sb_fail_errno(struct sb_err *err, const char *id, const char *fmt, ...)
{
	int cause = errno;
	enum sb_rc code = cause == ENOSPC || cause == EDQUOT || cause == EMFILE ? SB_TEMPORARY : SB_IO;

	if (cause == ENOMEM)
		code = SB_NOMEM;
	if (err) {
		char what[sizeof err->msg];
		va_list args;
		start(err, code, id);
		va_start(args, fmt);
		print_into(what, sizeof what, fmt, args);
		va_end(args);
		if ((size_t)snprintf(err->msg, sizeof err->msg, "%s: %s", what, strerror(cause)) >= sizeof err->msg)
			memcpy(err->msg + sizeof err->msg - 4, "...", 4);
	}
	errno = cause;
	return code;
}

int sb_within(struct sb_err *err, const char *name)
{
	if (!err)
		return SB_INTERNAL;
	char rest[sizeof err->where];
	memcpy(rest, err->where, sizeof rest);
	int n = snprintf(err->where, sizeof err->where, "%s%s%s", name, rest[0] ? " > " : "", rest);
	if (n >= 0 && (size_t)n >= sizeof err->where)
		memcpy(err->where + sizeof err->where - 4, "...", 4);
	return err->code;
}

int sb_at_offset(struct sb_err *err, uint64_t offset)
{
	if (!err)
		return SB_INTERNAL;
	err->offset = offset;
	return err->code;
}

int sb_reidentify(struct sb_err *err, const char *id)
{
	if (!err)
		return SB_INTERNAL;
	err->id = id;
	return err->code;
}

void sb_problems_add(struct sb_problems *problems, const struct sb_err *err)
{
	if (problems->total < SB_PROBLEMS_MAX)
		problems->items[problems->total] = *err;
	if (problems->total < UINT32_MAX)
		problems->total++;
}
