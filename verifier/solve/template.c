/* SPDX-License-Identifier: Apache-2.0 */
/* A string of ours in which values of our environment stand, and the same string with those of another one. */
#include "verifier/solve/inside.h"

#include <string.h>

enum { BUDGET = 20000, STEPS_OF_TIMES = 256, STEPS_OF_PLACE = 16, STEPS_OF_TIME = 8, STEPS_OF_VALUE = 4, HALF_DAY = 14 * 3600, TWO_DAYS = 172800, HOUR = 3600, DAY = 86400 };

/** Which characters a value may have, and what it begins with. */
static const struct {
	enum sb_knob knob;
	const char *more; /* beside letters and digits */
} words[] = {
	{SB_KNOB_PATH, "._/+~-"}, {SB_KNOB_KERNEL, "._+~-"}, {SB_KNOB_LOCALE, "._@-"}, {SB_KNOB_HOST, "._-"}, {SB_KNOB_USER, "._-"}, {SB_KNOB_TIMEZONE, "_/+-"},
};

/** Words that stand before a number of jobs. */
static const char *const before_jobs[] = {"-j", "-j ", "jobs=", "jobs: ", "JOBS=", "parallel=", "cpus=", "cpus: ", "nproc=", "nproc: "};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_word_byte(uint8_t c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool stands_alone(struct sb_span text, size_t at, size_t n)
{
	return (at == 0 || !is_word_byte(text.p[at - 1]) || !is_word_byte(text.p[at])) && (at + n == text.n || !is_word_byte(text.p[at + n]));
}

static bool starts_at(struct sb_span text, size_t at, struct sb_span value)
{
	return value.n && text.n - at >= value.n && memcmp(text.p + at, value.p, value.n) == 0;
}

/* A path may stand behind a letter, as in -I/build/x; what goes on is another path. */
static bool path_at(struct sb_span text, size_t at, struct sb_span path)
{
	return starts_at(text, at, path) && (at + path.n == text.n || (!is_word_byte(text.p[at + path.n]) && !strchr("-+~", text.p[at + path.n])));
}

static bool jobs_at(struct sb_span text, size_t at)
{
	for (size_t i = 0; i < sizeof before_jobs / sizeof *before_jobs; i++) {
		size_t n = strlen(before_jobs[i]);
		if (at >= n && memcmp(text.p + at - n, before_jobs[i], n) == 0)
			return true;
	}
	return false;
}

/* Is it a time of our build? What is a day old and more is text of the sources. */
static bool is_our_time(int64_t epoch, const struct sb_stamp *stamp)
{
	if (stamp->day && !stamp->clock) /* midnight */
		return stamp->seconds >= epoch - DAY - HALF_DAY && stamp->seconds <= epoch + TWO_DAYS;
	if (stamp->day)
		return stamp->seconds >= epoch - HALF_DAY && stamp->seconds <= epoch + TWO_DAYS;
	if (stamp->clock)
		return (stamp->seconds - epoch % DAY + DAY) % DAY <= HOUR;
	struct sb_stamp last = *stamp; /* a year */
	return epoch >= last.seconds && epoch - last.seconds < 366 * (int64_t)DAY;
}

/* Every form begins with a number or the name of a day or month: most words are told so without trying thirty of them. */
static bool may_begin_time(uint8_t c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool time_at(const struct sb_inferring *in, struct sb_span text, size_t at, struct sb_slot *out)
{
	struct sb_span rest = sb_span_of(text.p + at, text.n - at);
	struct sb_stamp stamp;

	if (in->epoch == INT64_MIN || !may_begin_time(rest.p[0]))
		return false;
	for (unsigned form = 0; form < sb_stamp_forms(); form++) {
		if (!sb_stamp_read(form, rest, &stamp) || !stands_alone(text, at, stamp.n) || !is_our_time(in->epoch, &stamp))
			continue;
		*out = (struct sb_slot){.knob = SB_KNOB_EPOCH, .form = form, .at = (uint32_t)at, .n = (uint32_t)stamp.n};
		return true;
	}
	return false;
}

static bool slot_at(const struct sb_inferring *in, struct sb_span text, size_t at, struct sb_slot *out)
{
	struct sb_span jobs = sb_solve_ours_of(in, SB_KNOB_JOBS);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct sb_span value = sb_solve_ours_of(in, words[i].knob);
		bool found = words[i].knob == SB_KNOB_PATH ? path_at(text, at, value) : starts_at(text, at, value) && stands_alone(text, at, value.n);
		if (!found)
			continue;
		*out = (struct sb_slot){.knob = words[i].knob, .at = (uint32_t)at, .n = (uint32_t)value.n};
		return true;
	}
	if (starts_at(text, at, jobs) && jobs_at(text, at) && (at + jobs.n == text.n || !is_word_byte(text.p[at + jobs.n]))) {
		*out = (struct sb_slot){.knob = SB_KNOB_JOBS, .at = (uint32_t)at, .n = (uint32_t)jobs.n};
		return true;
	}
	return time_at(in, text, at, out);
}

bool sb_template_make(struct sb_inferring *in, struct sb_span text, struct sb_template *out)
{
	size_t at = 0;

	*out = (struct sb_template){.text = text, .literal = text.n};
	while (at < text.n && out->count < SB_SLOTS_MOST) {
		bool begins = at == 0 || !is_word_byte(text.p[at - 1]) || text.p[at] == '/' || (is_digit(text.p[at]) && jobs_at(text, at));
		if (!sb_solve_spend(in, !begins ? 1 : may_begin_time(text.p[at]) ? STEPS_OF_TIMES : STEPS_OF_PLACE))
			return false;
		if (!begins || !slot_at(in, text, at, &out->slots[out->count])) {
			at++;
			continue;
		}
		at += out->slots[out->count].n;
		out->literal -= out->slots[out->count++].n;
	}
	return out->count > 0;
}

/* ---- matching ---- */

struct matching {
	struct sb_inferring *in;
	const struct sb_template *template;
	struct sb_span text;
	struct sb_span *values;
	unsigned left; /* of the budget of this text alone */
};

static bool is_of(enum sb_knob knob, uint8_t c, bool first)
{
	if (knob == SB_KNOB_JOBS)
		return c >= '0' && c <= '9';
	if (knob == SB_KNOB_PATH && first)
		return c == '/';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].knob == knob)
			return c != '\0' && ((is_word_byte(c) && c != '_') || strchr(words[i].more, c) != NULL);
	return false;
}

static size_t longest(enum sb_knob knob, struct sb_span text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && is_of(knob, text.p[at + n], n == 0))
		n++;
	return n;
}

/* The text between slot @i and the next one, or the end. */
static struct sb_span literal_behind(const struct sb_template *template, unsigned i)
{
	size_t from = template->slots[i].at + template->slots[i].n;
	size_t to = i + 1 < template->count ? template->slots[i + 1].at : template->text.n;
	return sb_span_of(template->text.p + from, to - from);
}

static bool agrees(const struct matching *m, unsigned slot)
{
	const struct sb_slot *slots = m->template->slots;

	for (unsigned i = 0; i < slot; i++)
		if (slots[i].knob == slots[slot].knob && slots[i].knob != SB_KNOB_EPOCH && !sb_span_equal(m->values[i], m->values[slot]))
			return false;
	return true;
}

static bool match_from(struct matching *m, unsigned slot, size_t at);

static bool match_value(struct matching *m, unsigned slot, size_t at, size_t n)
{
	struct sb_span behind = literal_behind(m->template, slot);
	bool last = slot + 1 == m->template->count;

	m->values[slot] = sb_span_of(m->text.p + at, n);
	at += n;
	if (m->text.n - at < behind.n || (last && m->text.n - at != behind.n) || (behind.n && memcmp(m->text.p + at, behind.p, behind.n) != 0))
		return false;
	return agrees(m, slot) && (last || match_from(m, slot + 1, at + behind.n));
}

static bool match_from(struct matching *m, unsigned slot, size_t at)
{
	const struct sb_slot *want = &m->template->slots[slot];
	struct sb_stamp stamp;

	if (want->knob == SB_KNOB_EPOCH)
		return sb_solve_spend(m->in, STEPS_OF_TIME) && sb_stamp_read(want->form, sb_span_of(m->text.p + at, m->text.n - at), &stamp) && match_value(m, slot, at, stamp.n);
	size_t n = longest(want->knob, m->text, at);
	if (!sb_solve_spend(m->in, n))
		return false;
	for (; n > 0 && m->left > 0 && sb_solve_spend(m->in, STEPS_OF_VALUE); n--, m->left--)
		if (match_value(m, slot, at, n))
			return true;
	return false;
}

bool sb_template_match(struct sb_inferring *in, const struct sb_template *template, struct sb_span text, struct sb_span values[SB_SLOTS_MOST])
{
	struct matching m = {.in = in, .template = template, .text = text, .values = values, .left = BUDGET};
	size_t first = template->slots[0].at;
	struct sb_span tail = literal_behind(template, template->count - 1);

	if (!sb_solve_spend(in, 1) || text.n < template->literal + template->count || memcmp(text.p, template->text.p, first) != 0 ||
	    (tail.n && memcmp(text.p + text.n - tail.n, tail.p, tail.n) != 0))
		return false;
	return match_from(&m, 0, first);
}
