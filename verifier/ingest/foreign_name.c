/* SPDX-License-Identifier: Apache-2.0 */
/* Names that mean something else on other systems. Source: "Naming Files, Paths, and Namespaces" of the Windows API; Unicode block 0300. */
#include "verifier/ingest/unpack.h"

#include <string.h>
#include <strings.h>

static bool is_device(struct sb_span part)
{
	static const char *const devices[] = {"con", "prn", "aux", "nul"};
	const uint8_t *dot = memchr(part.p, '.', part.n);
	size_t n = dot ? (size_t)(dot - part.p) : part.n;
	const char *text = (const char *)part.p;

	for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
		if (n == 3 && strncasecmp(text, devices[i], 3) == 0)
			return true;
	return n == 4 && (strncasecmp(text, "com", 3) == 0 || strncasecmp(text, "lpt", 3) == 0) && text[3] >= '1' && text[3] <= '9';
}

/* U+0300 to U+036F are CC 80 to CD AF in UTF-8. */
static bool has_separate_accent(struct sb_span part)
{
	for (size_t i = 0; i + 1 < part.n; i++)
		if (part.p[i] == 0xcc || (part.p[i] == 0xcd && part.p[i + 1] <= 0xaf))
			return true;
	return false;
}

static bool part_is_foreign(struct sb_span part)
{
	bool dots = (part.n == 1 && part.p[0] == '.') || (part.n == 2 && part.p[0] == '.' && part.p[1] == '.');

	if (part.n == 0 || dots)
		return false;
	return part.p[part.n - 1] == '.' || part.p[part.n - 1] == ' ' || is_device(part) || has_separate_accent(part);
}

bool sb_ingest_name_is_foreign(struct sb_span name)
{
	while (name.n) {
		const uint8_t *slash = memchr(name.p, '/', name.n);
		size_t n = slash ? (size_t)(slash - name.p) : name.n;
		if (part_is_foreign(sb_span_of(name.p, n)))
			return true;
		name = slash ? sb_span_of(slash + 1, name.n - n - 1) : (struct sb_span){0};
	}
	return false;
}
