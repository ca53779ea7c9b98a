/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as they stand in bytes, and where they stand. */
#include "verifier/explain/values.h"

#include <string.h>

/** Shorter words stand in texts for reasons of their own; longer ones fit no path. */
enum { SHORTEST = 5, LONGEST = 4095 };

/** So do the names of accounts and machines that every system has, and "build", which is how a machine is called that nobody named. */
static const char *const common[] = {"admin", "build", "daemon", "games", "guest", "localhost", "nobody", "nogroup", "staff", "sudo", "users"};

static bool is_word(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* "-I/build/x": the path begins behind the letter of an option. */
static bool follows_option(struct sb_span bytes, size_t at)
{
	return at >= 2 && bytes.p[at - 2] == '-' && memchr("IBL", bytes.p[at - 1], 3);
}

bool sb_value_stands_alone(const struct sb_value *value, struct sb_span bytes, size_t at, size_t n)
{
	bool path = value->shape == SB_SHAPE_PATH;
	size_t end = at + n;

	if (at > 0 && is_word(bytes.p[at - 1]) && !(path && follows_option(bytes, at)))
		return false;
	if (at > 0 && path && bytes.p[at - 1] == '/')
		return false;
	/* "/build/acme-1.0" does not stand in "/build/acme-1.0.1". */
	if (end + 1 < bytes.n && path && bytes.p[end] == '.' && is_word(bytes.p[end + 1]))
		return false;
	return end >= bytes.n || !is_word(bytes.p[end]);
}

/* Homes are called after those who live there. */
static bool follows_homes(struct sb_span bytes, size_t at)
{
	static const char *const homes[] = {"/home/", "/Users/"};

	for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
		size_t n = strlen(homes[i]);
		if (at >= n && memcmp(bytes.p + at - n, homes[i], n) == 0)
			return true;
	}
	return false;
}

bool sb_value_is_component(const struct sb_value *value, struct sb_span bytes, size_t at, size_t n)
{
	size_t end = at + n;
	uint8_t before = at > 0 ? bytes.p[at - 1] : 0, behind = end < bytes.n ? bytes.p[end] : 0;

	if (value->shape == SB_SHAPE_PATH || value->shape == SB_SHAPE_TIME)
		return false;
	if (before == '.' || (behind == '.' && end + 1 < bytes.n && is_word(bytes.p[end + 1])))
		return true;
	if (value->shape == SB_SHAPE_KERNEL || value->shape == SB_SHAPE_ZONE) /* "/lib/modules/6.1.0-13-amd64/build", "zoneinfo/Europe/Berlin" */
		return false;
	return (before == '/' || behind == '/') && !(value->shape == SB_SHAPE_NAME && follows_homes(bytes, at));
}

static bool stands_at(const struct sb_value *value, struct sb_span bytes, size_t at)
{
	return at <= bytes.n && bytes.n - at >= value->ours.n && memcmp(bytes.p + at, value->ours.p, value->ours.n) == 0 &&
	       sb_value_stands_alone(value, bytes, at, value->ours.n);
}

/* Is the place of value @i at @at a part of a longer value's place? */
static bool is_part(const struct sb_values *values, size_t i, struct sb_span bytes, size_t at)
{
	struct sb_span ours = values->items[i].ours;

	for (size_t j = 0; j < values->count; j++) {
		struct sb_span longer = values->items[j].ours;
		for (size_t k = 0; longer.n > ours.n && k + ours.n <= longer.n && k <= at; k++)
			if (memcmp(longer.p + k, ours.p, ours.n) == 0 && stands_at(&values->items[j], bytes, at - k))
				return true;
	}
	return false;
}

size_t sb_value_next(const struct sb_values *values, size_t i, struct sb_span bytes, size_t from, size_t end)
{
	const struct sb_value *value = &values->items[i];

	if (end > bytes.n)
		end = bytes.n;
	while (from < end && end - from >= value->ours.n) {
		size_t at = sb_reading_find(values->reading, sb_span_of(bytes.p + from, end - from), value->ours);
		if (at == SIZE_MAX)
			return SIZE_MAX;
		at += from;
		if (sb_value_stands_alone(value, bytes, at, value->ours.n) && !is_part(values, i, bytes, at))
			return at;
		from = at + 1;
	}
	return SIZE_MAX;
}

bool sb_value_shades(const struct sb_values *values, size_t i, struct sb_span bytes, size_t at, size_t n)
{
	for (size_t j = 0; j < values->count; j++) {
		size_t length = values->items[j].ours.n, first = at + n > length ? at + n - length : 0;
		for (size_t start = first; j != i && length >= n && start <= at; start++)
			if (stands_at(&values->items[j], bytes, start))
				return true;
	}
	return false;
}

static void add(struct sb_values *out, struct sb_value value)
{
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (sb_span_equal(value.ours, sb_span_text(common[i])))
			return;
	if (value.shape != SB_SHAPE_TIME && !sb_value_is_plausible(&value, value.ours)) /* a clock may be set to any time */
		return;
	if (value.ours.n >= SHORTEST && value.ours.n <= LONGEST && out->count < SB_VALUES)
		out->items[out->count++] = value;
}

bool sb_values_list(const struct sb_facts *facts, struct sb_arena *arena, struct sb_values *out)
{
	const struct {
		const char *text;
		enum sb_cause cause;
		enum sb_shape shape;
	} texts[] = {
		{facts->path, SB_CAUSE_BUILD_PATH, SB_SHAPE_PATH}, {facts->user, SB_CAUSE_USER, SB_SHAPE_NAME},
		{facts->host, SB_CAUSE_HOST, SB_SHAPE_HOST},       {facts->kernel, SB_CAUSE_KERNEL, SB_SHAPE_KERNEL},
		{facts->locale, SB_CAUSE_LOCALE, SB_SHAPE_LOCALE}, {facts->timezone, SB_CAUSE_TIMEZONE, SB_SHAPE_ZONE},
	};
	char text[64];

	*out = (struct sb_values){.count = 0};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].text)
			add(out, (struct sb_value){.cause = texts[i].cause, .shape = texts[i].shape, .ours = sb_span_text(texts[i].text)});
	for (enum sb_time_form form = 0; facts->epoch != INT64_MIN && form < SB_TIME_FORMS; form++) {
		if (!sb_time_write(form, facts->epoch, text, sizeof text))
			continue;
		const char *kept = sb_arena_copy(arena, sb_span_text(text));
		if (!kept)
			return false;
		add(out, (struct sb_value){.cause = SB_CAUSE_TIMESTAMP, .shape = SB_SHAPE_TIME, .form = form, .ours = sb_span_text(kept)});
	}
	return true;
}
