/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign names as paths: what may be used, and why not. */
#include "base/limits.h"
#include "base/path.h"

#include <string.h>

static bool is_dots(struct sb_span component, size_t dots)
{
	return component.n == dots && memcmp(component.p, "..", dots) == 0;
}

/* The next component of @rest, which moves past it and the slashes after it. */
static struct sb_span next_component(struct sb_span *rest)
{
	size_t n = 0;
	while (n < rest->n && rest->p[n] != '/')
		n++;
	struct sb_span component = sb_span_of(rest->p, n);
	while (n < rest->n && rest->p[n] == '/')
		n++;
	*rest = sb_span_of(rest->p + n, rest->n - n);
	return component;
}

static enum sb_path_fault fault_of_whole(struct sb_span name)
{
	if (name.n == 0)
		return SB_PATH_EMPTY;
	if (memchr(name.p, 0, name.n))
		return SB_PATH_NUL;
	if (name.p[0] == '/')
		return SB_PATH_ABSOLUTE;
	return name.n > SB_LIMIT_OF(PATH_BYTES) ? SB_PATH_LONG : SB_PATH_FINE;
}

/* Copy the components worth keeping to @out, which has room for name.n + 1 bytes. */
static enum sb_path_fault join_components(struct sb_span name, char *out)
{
	size_t len = 0, depth = 0;

	while (name.n) {
		struct sb_span component = next_component(&name);
		if (component.n == 0 || is_dots(component, 1))
			continue;
		if (is_dots(component, 2))
			return SB_PATH_PARENT;
		if (component.n > SB_LIMIT_OF(NAME_BYTES))
			return SB_PATH_LONG;
		if (++depth > SB_LIMIT_OF(PATH_DEPTH))
			return SB_PATH_DEEP;
		if (len)
			out[len++] = '/';
		memcpy(out + len, component.p, component.n);
		len += component.n;
	}
	if (len == 0)
		out[len++] = '.';
	out[len] = '\0';
	return SB_PATH_FINE;
}

int sb_path_normalise(struct sb_span name, struct sb_arena *arena, const char **out, enum sb_path_fault *fault, struct sb_err *err)
{
	*fault = fault_of_whole(name);
	if (*fault != SB_PATH_FINE)
		return 0;
	char *joined = sb_arena_alloc(arena, name.n + 2);
	if (!joined)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*fault = join_components(name, joined);
	if (*fault == SB_PATH_FINE)
		*out = joined;
	return 0;
}

const char *sb_path_fault_text(enum sb_path_fault fault)
{
	switch (fault) {
	case SB_PATH_FINE:
		return "a usable path";
	case SB_PATH_EMPTY:
		return "the name is empty";
	case SB_PATH_ABSOLUTE:
		return "the name is absolute";
	case SB_PATH_PARENT:
		return "the name contains \"..\"";
	case SB_PATH_NUL:
		return "the name contains a NUL byte";
	case SB_PATH_LONG:
		return "the name is too long";
	case SB_PATH_DEEP:
		return "the name has too many components";
	}
	return "the name is unusable";
}

bool sb_path_is_clean_absolute(const char *path)
{
	size_t n = strlen(path);
	if (n < 2 || n >= SB_LIMIT_OF(PATH_BYTES) || path[0] != '/')
		return false;
	struct sb_span rest = sb_span_of(path + 1, n - 1);
	while (rest.n) {
		const uint8_t *start = rest.p;
		struct sb_span component = next_component(&rest);
		bool last = rest.n == 0;
		size_t used = (size_t)(rest.p - start);
		if (component.n == 0 || component.n > SB_LIMIT_OF(NAME_BYTES) || is_dots(component, 1) || is_dots(component, 2) ||
		    used != component.n + !last)
			return false;
		for (size_t i = 0; i < component.n; i++)
			if (component.p[i] < 0x20 || component.p[i] == 0x7f)
				return false;
	}
	return true;
}
