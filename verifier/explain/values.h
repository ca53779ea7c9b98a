/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: values of the build environment as they stand in bytes. */
#ifndef VERIFIER_EXPLAIN_VALUES_H
#define VERIFIER_EXPLAIN_VALUES_H

#include "verifier/explain/explainer.h"

/** What the shipped value must look like. */
enum sb_shape { SB_SHAPE_PATH = 0, SB_SHAPE_NAME, SB_SHAPE_HOST, SB_SHAPE_KERNEL, SB_SHAPE_LOCALE, SB_SHAPE_ZONE, SB_SHAPE_TIME };

/** How builds write the time; longer forms first, since they hold the shorter ones. */
enum sb_time_form {
	SB_TIME_DATE_TOOL = 0, /* date(1) in UTC */
	SB_TIME_STAMP,         /* ISO C __TIMESTAMP__, asctime(3) */
	SB_TIME_ISO,           /* ISO 8601 */
	SB_TIME_DATE,          /* ISO C __DATE__ */
	SB_TIME_MAIL_DAY,      /* RFC 5322 */
	SB_TIME_ISO_DAY,
	SB_TIME_CLOCK,         /* ISO C __TIME__ */
	SB_TIME_SECONDS,       /* since 1970 */
	SB_TIME_DIGITS,        /* a day as eight digits */
	SB_TIME_FORMS,
};

/** A recorded fact in one of its forms. */
struct sb_value {
	enum sb_cause cause;
	enum sb_shape shape;
	enum sb_time_form form; /* of SB_SHAPE_TIME */
	struct sb_span ours;
	struct sb_span shipped; /* the one shipped value; empty before the first place */
	bool candidate;         /* it stands where something differs */
	bool broken;            /* the places do not agree: nothing may be claimed with it */
};

enum { SB_VALUES = 6 + SB_TIME_FORMS };
struct sb_values {
	struct sb_value items[SB_VALUES];
	size_t count;
	struct sb_reading *reading; /* of what is searched, or NULL */
};

/** All forms of @facts that are long enough to mean something, and plausible where they are no times. Texts that have to be made live in @arena. NOMEM is false. */
SB_MUST_USE bool sb_values_list(const struct sb_facts *facts, struct sb_arena *arena, struct sb_values *out);

/** Next place of value @i in @bytes at or after @from, below @end: a whole word that is no part of a longer value. SIZE_MAX: none. */
size_t sb_value_next(const struct sb_values *values, size_t i, struct sb_span bytes, size_t from, size_t end);
/** Does [@at, @at + @n) lie inside a place of another value than @i? */
bool sb_value_shades(const struct sb_values *values, size_t i, struct sb_span bytes, size_t at, size_t n);
/** Does the word end on both sides of [@at, @at + @n)? */
bool sb_value_stands_alone(const struct sb_value *value, struct sb_span bytes, size_t at, size_t n);

/** Is the word at [@at, @at + @n) one of several that make up a path or a name with dots? Then it may be anybody's: "/etc/passwd", "resolv.conf". */
bool sb_value_is_component(const struct sb_value *value, struct sb_span bytes, size_t at, size_t n);

/** Write @epoch in @form; the length, 0 when it cannot be written. */
size_t sb_time_write(enum sb_time_form form, int64_t epoch, char *text, size_t room);

/**
 * Could a build have had this value: charset, length, a place where somebody builds, a zone or locale that is written as one, and for times a date between 1990 and 2099
 * written as in ours?
 */
bool sb_value_is_plausible(const struct sb_value *value, struct sb_span text);
/** Break the times unless all of them are parts of one instant. */
void sb_values_agree_on_time(struct sb_values *values);

/** The values of this artifact with what their places say; made once. NULL when there are no facts or no memory. */
const struct sb_values *sb_values_resolved(struct sb_explaining *in);

#endif
