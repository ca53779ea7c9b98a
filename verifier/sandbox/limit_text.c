/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/sandbox.h"

#include <inttypes.h>
#include <string.h>

enum unit { UNIT_COUNT, UNIT_BYTES, UNIT_SECONDS };

static enum unit unit_of(const char *name)
{
	static const char *const bytes[] = {"memory", "disk", "file-size", "log", "output-size", "output-file-size", "output-path"};
	static const char *const seconds[] = {"wall", "timeout"};

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		if (strcmp(bytes[i], name) == 0)
			return UNIT_BYTES;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		if (strcmp(seconds[i], name) == 0)
			return UNIT_SECONDS;
	return UNIT_COUNT;
}

/** The largest unit that leaves a whole number, or one digit behind the point of a large one. */
static void quantity(enum unit unit, uint64_t value, char *out, size_t n)
{
	static const char *const names[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	unsigned shift = 0;

	if (unit == UNIT_SECONDS) {
		snprintf(out, n, "%" PRIu64 " s", value);
		return;
	}
	while (unit == UNIT_BYTES && shift < 4 && value >> (10 * (shift + 1)) > 0)
		shift++;
	if (shift == 0)
		snprintf(out, n, "%" PRIu64 "%s%s", value, unit == UNIT_BYTES ? " " : "", unit == UNIT_BYTES ? names[0] : "");
	else if (value % (UINT64_C(1) << (10 * shift)) == 0)
		snprintf(out, n, "%" PRIu64 " %s", value >> (10 * shift), names[shift]);
	else
		snprintf(out, n, "%" PRIu64 ".%" PRIu64 " %s", value >> (10 * shift), (value >> (10 * (shift - 1))) % 1024 * 10 / 1024, names[shift]);
}

void sb_sandbox_limit_text(const struct sb_limit_met *limit, char *out, size_t n)
{
	enum unit unit = unit_of(limit->name);
	char allowed[48], used[48], asked[100] = "";

	quantity(unit, limit->value, allowed, sizeof(allowed));
	if (limit->asked) {
		quantity(unit, limit->asked, used, sizeof(used));
		snprintf(asked, sizeof(asked), " (%s asked, which this machine does not have)", used);
	}
	quantity(unit, limit->used, used, sizeof(used));
	if (limit->used == SB_LIMIT_USE_UNKNOWN)
		snprintf(out, n, "%s: %s allowed%s, and its log ends with \"%s\"", limit->name, allowed, asked, limit->how);
	else
		snprintf(out, n, "%s: %s allowed%s, %s used%s%s", limit->name, allowed, asked, used, limit->how ? ", " : "", limit->how ? limit->how : "");
}
