/* SPDX-License-Identifier: Apache-2.0 */
/* What the text around a difference is probably about. */
#include "verifier/explain/guess.h"

#include <string.h>
#include <strings.h>

/** Text on each side, cut where a text ends, with what both have in common at its ends. */
struct words {
	struct sb_span text[SB_SIDES];
	size_t prefix, suffix;
};

enum { BEFORE = 160, BEHIND = 160 };

static bool is_text(uint8_t c)
{
	return c >= 0x20 && c != 0x7f;
}

/* The text around @at: no longer than the window, and printable. */
static struct sb_span text_around(struct sb_span bytes, size_t at)
{
	size_t from = at, end = at;

	while (from > 0 && at - from < BEFORE && is_text(bytes.p[from - 1]))
		from--;
	while (end < bytes.n && end - at < BEHIND && is_text(bytes.p[end]))
		end++;
	return sb_span_of(bytes.p + from, end - from);
}

/* Where the sides begin to differ, and the texts around that. False when it is not text that differs there. */
static bool find_words(const struct sb_pair *pair, const struct sb_diff *diff, struct words *out)
{
	struct sb_span a = sb_diff_bytes(pair, diff, SB_SHIPPED), b = sb_diff_bytes(pair, diff, SB_REBUILT);
	size_t same = sb_span_common_prefix(a, b);

	for (unsigned side = 0; side < SB_SIDES; side++) {
		uint64_t at = diff->side[side].offset + same;
		if (!diff->side[side].present || at > pair->bytes[side].n)
			return false;
		out->text[side] = text_around(pair->bytes[side], (size_t)at);
	}
	a = out->text[SB_SHIPPED];
	b = out->text[SB_REBUILT];
	out->prefix = sb_span_common_prefix(a, b);
	size_t most = (a.n < b.n ? a.n : b.n) - out->prefix;
	for (out->suffix = 0; out->suffix < most && a.p[a.n - 1 - out->suffix] == b.p[b.n - 1 - out->suffix];)
		out->suffix++;
	bool spelled = a.n > out->prefix || b.n > out->prefix;
	return spelled && a.n >= 2 && b.n >= 2;
}

static bool fits(uint8_t c, char shape)
{
	switch (shape) {
	case 'd':
		return c >= '0' && c <= '9';
	case 'e':
		return c == ' ' || (c >= '0' && c <= '9');
	case 'h':
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	case 'A':
		return c >= 'A' && c <= 'Z';
	case 'a':
		return c >= 'a' && c <= 'z';
	case 'w':
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	default:
		return c == (uint8_t)shape;
	}
}

static bool matches_at(struct sb_span text, size_t at, const char *shape)
{
	size_t n = strlen(shape);

	if (at > text.n || text.n - at < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!fits(text.p[at + i], shape[i]))
			return false;
	return true;
}

/* Does a thing of this shape hold the first byte that differs on that side? */
static bool has_shape(const struct words *words, unsigned side, const char *shape)
{
	size_t n = strlen(shape), first = words->prefix >= n ? words->prefix - n + 1 : 0;

	for (size_t at = first; at <= words->prefix; at++)
		if (matches_at(words->text[side], at, shape))
			return true;
	return false;
}

static bool have_shape(const struct words *words, const char *const *shapes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has_shape(words, SB_SHIPPED, shapes[i]) && has_shape(words, SB_REBUILT, shapes[i]))
			return true;
	return false;
}
#define HAVE_SHAPE(words, ...) have_shape(words, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool holds(struct sb_span text, const char *word)
{
	return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* Does one of the words stand before the difference, near it? */
static bool is_preceded(const struct words *words, const char *const *list, size_t count)
{
	size_t from = words->prefix > 32 ? words->prefix - 32 : 0;
	char near[40];

	memcpy(near, words->text[0].p + from, words->prefix - from);
	near[words->prefix - from] = '\0';
	for (size_t i = 0; i < count; i++)
		if (strcasestr(near, list[i]))
			return true;
	return false;
}
#define IS_PRECEDED(words, ...) is_preceded(words, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The run of characters of @set around the first byte that differs. */
static struct sb_span token(const struct words *words, unsigned side, const char *set)
{
	struct sb_span text = words->text[side];
	size_t from = words->prefix, end = from;

	while (from > 0 && strchr(set, text.p[from - 1]))
		from--;
	while (end < text.n && strchr(set, text.p[end]))
		end++;
	return sb_span_of(text.p + from, end - from);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define NAME LOWER UPPER DIGITS "._-"

static bool is_path(struct sb_span text)
{
	return text.n > 2 && text.p[0] == '/' && memchr(text.p + 1, '/', text.n - 1);
}

static bool is_number(struct sb_span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!fits(text.p[i], 'd'))
			return false;
	return text.n > 0;
}

/* A number with a point in it, and letters around: "OpenSSL 1.1.1n". */
static bool is_version(struct sb_span text)
{
	return text.n >= 3 && text.p[0] >= '0' && text.p[0] <= '9' && memchr(text.p, '.', text.n);
}

static struct sb_guess guess_fact(const struct sb_explaining *in, const struct words *words)
{
	const struct {
		const char *text;
		enum sb_cause cause;
	} facts[] = {
		{in->facts ? in->facts->path : NULL, SB_CAUSE_BUILD_PATH},  {in->facts ? in->facts->user : NULL, SB_CAUSE_USER},
		{in->facts ? in->facts->host : NULL, SB_CAUSE_HOST},        {in->facts ? in->facts->kernel : NULL, SB_CAUSE_KERNEL},
		{in->facts ? in->facts->locale : NULL, SB_CAUSE_LOCALE},    {in->facts ? in->facts->timezone : NULL, SB_CAUSE_TIMEZONE},
	};
	struct sb_span changed = sb_span_of(words->text[SB_REBUILT].p, words->text[SB_REBUILT].n - words->suffix);

	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		size_t n = facts[i].text ? strlen(facts[i].text) : 0;
		size_t from = words->prefix > n ? words->prefix - n : 0;
		if (n >= 3 && memmem(words->text[SB_REBUILT].p + from, words->text[SB_REBUILT].n - from, facts[i].text, n) && changed.n >= words->prefix)
			return (struct sb_guess){facts[i].cause, "the rebuilt side holds the recorded value here"};
	}
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

static struct sb_guess guess_time(const struct words *words)
{
	const struct sb_span a = words->text[SB_SHIPPED], b = words->text[SB_REBUILT];
	bool clock = HAVE_SHAPE(words, "dd:dd:dd", "dd:dd");
	struct sb_span x = token(words, SB_SHIPPED, UPPER), y = token(words, SB_REBUILT, UPPER);

	if ((holds(a, ":") && x.n >= 3 && x.n <= 5 && y.n >= 3 && y.n <= 5 && IS_PRECEDED(words, "0:", "1:", "2:", "3:", "4:", "5:", "6:", "7:", "8:", "9:")) ||
	    (HAVE_SHAPE(words, "+dddd", "-dddd") && IS_PRECEDED(words, ":")))
		return (struct sb_guess){SB_CAUSE_TIMEZONE, "a time in another zone"};
	if (HAVE_SHAPE(words, "Aaa ed dddd", "Aaa Aaa ed dd:dd:dd", "dd:dd:dd", "dddd-dd-dd", "dd Aaa dddd", "Aaa ed dd:dd:dd", "1ddddddddd", "20dddddd", "19dddddd") || clock)
		return (struct sb_guess){SB_CAUSE_TIMESTAMP, "a date or time"};
	if (HAVE_SHAPE(words, "20dd", "19dd") && token(words, SB_SHIPPED, DIGITS).n == 4 && token(words, SB_REBUILT, DIGITS).n == 4 && b.n)
		return (struct sb_guess){SB_CAUSE_TIMESTAMP, "a year"};
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

/* The "@" between a name and another one. */
static const uint8_t *find_at(struct sb_span text)
{
	return text.n > 2 ? memchr(text.p + 1, '@', text.n - 2) : NULL;
}

static struct sb_guess guess_machine(const struct words *words)
{
	struct sb_span x = token(words, SB_SHIPPED, NAME "@"), y = token(words, SB_REBUILT, NAME "@");
	const uint8_t *at = find_at(x);

	if (at && find_at(y))
		return at < words->text[SB_SHIPPED].p + words->prefix ? (struct sb_guess){SB_CAUSE_HOST, "user@host"}
		                                                      : (struct sb_guess){SB_CAUSE_USER, "user@host"};
	if (IS_PRECEDED(words, "Linux ", "kernel") && is_version(token(words, SB_SHIPPED, NAME "+~")))
		return (struct sb_guess){SB_CAUSE_KERNEL, "the release of a kernel"};
	if (IS_PRECEDED(words, "locale", "LANG=", "LC_ALL=", "LC_CTYPE="))
		return (struct sb_guess){SB_CAUSE_LOCALE, "language settings"};
	if (IS_PRECEDED(words, "timezone", "TZ="))
		return (struct sb_guess){SB_CAUSE_TIMEZONE, "the name of a time zone"};
	if (IS_PRECEDED(words, "hostname", "host ", "host=", "host: ", "HOST=") && x.n && y.n)
		return (struct sb_guess){SB_CAUSE_HOST, "the name of a machine"};
	if (IS_PRECEDED(words, "user ", "user=", "user: ", "built by ", "logname") && x.n && y.n)
		return (struct sb_guess){SB_CAUSE_USER, "the name of a user"};
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

static bool is_long_hex(struct sb_span text)
{
	return (text.n == 32 || text.n == 40 || text.n == 64 || text.n == 96 || text.n == 128);
}

static struct sb_guess guess_number(const struct words *words)
{
	struct sb_span x = token(words, SB_SHIPPED, DIGITS), y = token(words, SB_REBUILT, DIGITS);
	struct sb_span hex = token(words, SB_SHIPPED, DIGITS "abcdefABCDEF"), other = token(words, SB_REBUILT, DIGITS "abcdefABCDEF");

	if (HAVE_SHAPE(words, "0x7fhhhhhhhhhh", "0x55hhhhhhhhhh", "0x56hhhhhhhhhh"))
		return (struct sb_guess){SB_CAUSE_ASLR, "an address of a process"};
	if (is_number(x) && is_number(y) && IS_PRECEDED(words, "PaxHeaders.", "pid"))
		return (struct sb_guess){SB_CAUSE_PID, "the number of a process"};
	if (is_number(x) && is_number(y) && IS_PRECEDED(words, "-j", "jobs", "nproc", "cpu", "threads", "cores"))
		return (struct sb_guess){SB_CAUSE_CPU_COUNT, "a number of processors or jobs"};
	if (HAVE_SHAPE(words, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "/tmp/ccwwwwww", "tmp.wwwwwwwwww") || IS_PRECEDED(words, "uuid", "seed", "salt", "nonce"))
		return (struct sb_guess){SB_CAUSE_RANDOM, "a random value"};
	if (IS_PRECEDED(words, "_GLOBAL__N_", "_GLOBAL__sub_I_", ".lto_priv", ".gnu.lto_", ".gnu.debuglto_"))
		return (struct sb_guess){SB_CAUSE_RANDOM, "a name that the compiler made from its random seed"};
	if (is_long_hex(hex) && other.n == hex.n)
		return (struct sb_guess){SB_CAUSE_CHECKSUM, "a digest that stands in text; what it covers is not known"};
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

/* 3.14 and 3,14. */
static bool is_decimal_mark(const struct words *words)
{
	const struct sb_span a = words->text[SB_SHIPPED], b = words->text[SB_REBUILT];
	size_t at = words->prefix;

	if (at == 0 || at + 1 >= a.n || at + 1 >= b.n || !fits(a.p[at - 1], 'd') || !fits(a.p[at + 1], 'd'))
		return false;
	return (a.p[at] == ',' && b.p[at] == '.') || (a.p[at] == '.' && b.p[at] == ',');
}

/* "-O2", "-march=armv8-a", "-ffast-math": a dash, a letter that compilers group their options by, and more. */
static bool is_compiler_option(struct sb_span text)
{
	return text.n > 2 && text.p[0] == '-' && strchr("DOUWfgm", text.p[1]) && fits(text.p[2], 'w');
}

static struct sb_guess guess_tool(const struct words *words)
{
	const struct sb_span a = words->text[SB_SHIPPED], b = words->text[SB_REBUILT];
	bool option = is_compiler_option(token(words, SB_SHIPPED, NAME "=")) && is_compiler_option(token(words, SB_REBUILT, NAME "="));

	if (is_decimal_mark(words))
		return (struct sb_guess){SB_CAUSE_LOCALE, "another decimal mark"};
	if (option || IS_PRECEDED(words, "CFLAGS", "CPPFLAGS", "LDFLAGS"))
		return (struct sb_guess){SB_CAUSE_FLAGS, "options of a compiler"};
	if ((holds(a, "GCC: (") && holds(b, "GCC: (")) || (holds(a, "clang version") && holds(b, "clang version")) || (holds(a, "GNU C") && holds(b, "GNU C")) ||
	    (holds(a, "rustc") && holds(b, "rustc")) || (holds(a, "GNU AS ") && holds(b, "GNU AS ")))
		return (struct sb_guess){SB_CAUSE_COMPILER, "the version of a compiler"};
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

static struct sb_guess guess_name(const struct words *words)
{
	if (is_path(token(words, SB_SHIPPED, NAME "/+~")) && is_path(token(words, SB_REBUILT, NAME "/+~")))
		return (struct sb_guess){SB_CAUSE_BUILD_PATH, "an absolute path"};
	if (is_version(token(words, SB_SHIPPED, LOWER DIGITS ".-+~")) && is_version(token(words, SB_REBUILT, LOWER DIGITS ".-+~")))
		return (struct sb_guess){SB_CAUSE_COMPONENT_VERSION, "a version"};
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

struct sb_guess sb_guess_words(const struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	struct words words;
	struct sb_guess guess = {SB_CAUSE_UNEXPLAINED, NULL};

	if (!find_words(pair, diff, &words))
		return guess;
	guess = guess_fact(in, &words);
	if (!guess.why)
		guess = guess_number(&words);
	if (!guess.why)
		guess = guess_tool(&words);
	if (!guess.why)
		guess = guess_machine(&words);
	if (!guess.why)
		guess = guess_time(&words);
	return guess.why ? guess : guess_name(&words);
}
