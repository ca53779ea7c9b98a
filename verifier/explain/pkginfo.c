/* SPDX-License-Identifier: Apache-2.0 */
/* .PKGINFO of an Alpine package: "key = value" lines, of which datahash is the SHA-256 of data.tar.gz. Source: apk-package(5). */
#include "verifier/explain/listed.h"

#include <string.h>

enum { SHA256 = 32 };

/* .PKGINFO < control tar < control.tar.gz < package. */
static const struct sb_pair *package_of(const struct sb_pair *text)
{
	const struct sb_pair *tar = text->parent, *control = tar ? tar->parent : NULL, *package = control ? control->parent : NULL;
	bool fits = package && package->state == SB_PAIR_OPENED && strcmp(package->format->name, "alpine") == 0 && strcmp(control->name, "control.tar.gz") == 0;
	return fits ? package : NULL;
}

static bool is_pkginfo(const struct sb_pair *text)
{
	return strcmp(text->name, ".PKGINFO") == 0 && package_of(text);
}

/* Every line is an item, so that only the value of datahash may differ. */
static bool read_lines(struct sb_listed_side *side)
{
	static const char key[] = "datahash = ";
	struct sb_span text = side->text->bytes[side->side];

	side->archive = package_of(side->text);
	for (size_t at = 0; at < text.n;) {
		const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
		size_t n = end ? (size_t)(end - (text.p + at)) : 0, split = sizeof key - 1;
		if (!end)
			return false;
		struct sb_listed_item item = {.key = sb_span_of(text.p + at, n), .from = at + n, .to = at + n};
		if (sb_span_starts(item.key, key, split)) {
			item.value = sb_span_of(text.p + at + split, n - split);
			item.key.n = split;
			item.from = at + split;
		}
		if (!sb_listed_add(side, item))
			return false;
		at += n + 1;
	}
	return true;
}

static bool hash_is_right(struct sb_listed_side *side, const struct sb_listed_item *item)
{
	struct sb_span data;
	uint8_t digest[SHA256];
	char digits[2 * SHA256 + 1];

	if (!sb_listed_content(side, sb_span_text("data.tar.gz"), &data))
		return false;
	sb_declared_hash(side->in->comparison->reading, SB_DECLARED_SHA256, data, digest);
	sb_text_hex(sb_span_of(digest, sizeof digest), digits);
	return sb_span_equal(item->value, sb_span_text(digits));
}

const struct sb_listed_format sb_listed_pkginfo = {.is_mine = is_pkginfo, .read = read_lines, .is_right = hash_is_right, .in_order = true};
