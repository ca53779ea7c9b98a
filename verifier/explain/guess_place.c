/* SPDX-License-Identifier: Apache-2.0 */
/* What a place is for: signatures, fill, and what a program says of its compiler. */
#include "verifier/explain/guess.h"

#include <string.h>

static const struct sb_region *region_of(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
}

static bool ends_with(struct sb_span text, const char *tail)
{
	size_t n = strlen(tail);
	return text.n >= n && memcmp(text.p + text.n - n, tail, n) == 0;
}

/* JAR specification, "Signature File"; debsigs; detached signatures beside files. */
static bool is_signature_name(struct sb_span name)
{
	static const char *const tails[] = {".SF", ".RSA", ".DSA", ".EC", ".sig", ".asc", ".p7s", ".p7b", "_gpgorigin", "_gpgbuilder", ".sign"};

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		if (ends_with(name, tails[i]))
			return true;
	return false;
}

/* Text blocks of RFC 4880, and what sign-file of Linux writes behind a module. */
static bool holds_signature(struct sb_span bytes)
{
	return bytes.n && (memmem(bytes.p, bytes.n, "-----BEGIN PGP SIGNATURE-----", 29) || memmem(bytes.p, bytes.n, "~Module signature appended~", 27) ||
	                   memmem(bytes.p, bytes.n, "-----BEGIN PKCS7-----", 21));
}

/* The difference, or the start of a long one, and what stands a little before it: the first line of the block. */
static struct sb_span around(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	enum { BEFORE = 4096, MOST = 1 << 20 };
	const struct sb_diff_side *at = &diff->side[side];
	uint64_t from = at->offset > BEFORE ? at->offset - BEFORE : 0, length = at->offset - from + at->length;
	struct sb_span out = {0};

	return at->present && sb_span_cut(pair->bytes[side], from, length < MOST ? length : MOST, &out) ? out : (struct sb_span){0};
}

static bool is_signature(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_region *region = region_of(diff);

	if (region && region->kind == SB_REGION_SIGNATURE)
		return true;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_member *member = diff->kind == SB_DIFF_MEMBER ? diff->side[side].member : pair->member[side];
		if (member ? is_signature_name(member->name) : is_signature_name(sb_span_text(pair->name)))
			return true;
		if ((!region || region->kind == SB_REGION_OVERLAY) && holds_signature(around(pair, diff, side)))
			return true;
	}
	return false;
}

/* CMake overwrites a run path with zeros when it installs: the string table keeps the length of the path. */
static bool is_removed_run_path(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_region *a = diff->side[SB_SHIPPED].region, *b = diff->side[SB_REBUILT].region;
	struct sb_span x, y;

	if (!a || !b || strcmp(a->name, ".dynstr") != 0 || a->length == b->length || !sb_span_cut(pair->bytes[SB_SHIPPED], a->offset, a->length, &x) ||
	    !sb_span_cut(pair->bytes[SB_REBUILT], b->offset, b->length, &y))
		return false;
	size_t same = sb_span_common_prefix(x, y);
	return same > 0 && sb_span_all_zero(sb_span_of(x.p + same, x.n - same)) && sb_span_all_zero(sb_span_of(y.p + same, y.n - same));
}

struct sb_guess sb_guess_place(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_region *region = region_of(diff);

	if (is_signature(pair, diff))
		return (struct sb_guess){SB_CAUSE_SIGNATURE, "a signature"};
	if (is_removed_run_path(pair, diff))
		return (struct sb_guess){SB_CAUSE_BUILD_PATH, "the space of a run path that was removed, which is as long as the path was"};
	if (region && (region->kind == SB_REGION_PADDING || region->kind == SB_REGION_GAP))
		return (struct sb_guess){SB_CAUSE_PADDING, "fill that is not what the format documents"};
	if (diff->kind == SB_DIFF_FIELD && diff->side[SB_SHIPPED].field.kind == SB_FIELD_PADDING)
		return (struct sb_guess){SB_CAUSE_PADDING, "fill that is not what the format documents"};
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

static struct sb_span section_bytes(const struct sb_view *view, const char *name)
{
	struct sb_span out = {0};

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->kind == SB_REGION_SECTION && strcmp(region->name, name) == 0 && sb_span_cut(view->file, region->offset, region->length, &out))
			return out;
	}
	return out;
}

/* DWARF's DW_AT_producer as gcc and clang write it; it ends at a NUL. */
static struct sb_span producer_of(const struct sb_view *view)
{
	static const char *const sections[] = {".debug_str", ".debug_line_str", ".debug_info"};
	static const char *const starts[] = {"GNU C", "clang version", "Debian clang version"};

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		struct sb_span bytes = section_bytes(view, sections[i]);
		for (size_t k = 0; bytes.n && k < sizeof starts / sizeof *starts; k++) {
			const uint8_t *at = memmem(bytes.p, bytes.n, starts[k], strlen(starts[k]));
			if (!at)
				continue;
			size_t left = bytes.n - (size_t)(at - bytes.p);
			return sb_span_of(at, strnlen((const char *)at, left));
		}
	}
	return (struct sb_span){0};
}

/* The part before the first option is the version. */
static struct sb_span version_part(struct sb_span producer)
{
	const uint8_t *option = producer.n ? memmem(producer.p, producer.n, " -", 2) : NULL;
	return option ? sb_span_of(producer.p, (size_t)(option - producer.p)) : producer;
}

enum { LONGEST_TOLD = 4096, MOST_WORDS = 12 };

static struct sb_span head_of(struct sb_span bytes)
{
	return sb_span_of(bytes.p, bytes.n < LONGEST_TOLD ? bytes.n : LONGEST_TOLD);
}

static bool is_between(uint8_t c)
{
	return c == ' ' || c == '\0';
}

/* The next word of @text from *at on. */
static bool next_word(struct sb_span text, size_t *at, struct sb_span *word)
{
	while (*at < text.n && is_between(text.p[*at]))
		++*at;
	size_t from = *at;
	while (*at < text.n && !is_between(text.p[*at]))
		++*at;
	*word = sb_span_of(text.p + from, *at - from);
	return word->n > 0;
}

static bool has_word(struct sb_span text, struct sb_span wanted)
{
	struct sb_span word;

	for (size_t at = 0; next_word(text, &at, &word);)
		if (sb_span_equal(word, wanted))
			return true;
	return false;
}

/* The words of @text that @other does not have: options. */
static const char *lone_words(struct sb_explaining *in, struct sb_span text, struct sb_span other)
{
	const char *out = "";
	struct sb_span word;
	size_t count = 0;

	for (size_t at = 0; next_word(text, &at, &word);) {
		if (has_word(other, word) || ++count > MOST_WORDS)
			continue;
		out = sb_explain_note(in, "%s%s%s", out, out[0] ? " " : "", sb_explain_shown(in, word));
	}
	return count > MOST_WORDS ? sb_explain_note(in, "%s ... (%zu)", out, count) : count ? out : "none more";
}

static const char *tell_options(struct sb_explaining *in, struct sb_span a, struct sb_span b, enum sb_cause *cause)
{
	*cause = SB_CAUSE_FLAGS;
	return sb_explain_note(in, "other options: %s shipped, %s rebuilt", lone_words(in, head_of(a), head_of(b)), lone_words(in, head_of(b), head_of(a)));
}

/* Texts between NULs, as .comment has one of each compiler. */
static const char *tell_texts(struct sb_explaining *in, struct sb_span bytes)
{
	const char *out = "";

	for (size_t at = 0; at < bytes.n;) {
		size_t n = strnlen((const char *)bytes.p + at, bytes.n - at);
		if (n)
			out = sb_explain_note(in, "%s%s%s", out, out[0] ? ", " : "", sb_explain_shown(in, sb_span_of(bytes.p + at, n)));
		at += n + 1;
	}
	return out;
}

const char *sb_guess_makers(struct sb_explaining *in, const struct sb_pair *pair, enum sb_cause *cause)
{
	const struct sb_view *a = pair->view[SB_SHIPPED], *b = pair->view[SB_REBUILT];
	struct sb_span x = section_bytes(a, ".comment"), y = section_bytes(b, ".comment"), p = producer_of(a), q = producer_of(b);
	struct sb_span f = section_bytes(a, ".GCC.command.line"), g = section_bytes(b, ".GCC.command.line");

	*cause = SB_CAUSE_COMPILER;
	if (x.n && y.n && !sb_span_equal(x, y))
		return sb_explain_note(in, "other compilers: %s shipped, %s rebuilt", tell_texts(in, sb_span_of(x.p, x.n < 256 ? x.n : 256)),
		                       tell_texts(in, sb_span_of(y.p, y.n < 256 ? y.n : 256)));
	if (p.n && q.n && !sb_span_equal(version_part(p), version_part(q)))
		return sb_explain_note(in, "other compilers: %s shipped, %s rebuilt", sb_explain_shown(in, version_part(p)), sb_explain_shown(in, version_part(q)));
	if (p.n && q.n && !sb_span_equal(p, q))
		return tell_options(in, p, q, cause);
	if (f.n && g.n && !sb_span_equal(f, g))
		return tell_options(in, f, g, cause);
	return NULL;
}

/* The third argument of an assertion's call is its line: one constant that grew a little, loaded into edx. Intel SDM, MOV r32, imm32. */
static bool is_line_number(const struct sb_pair *pair, const struct sb_diff *diff)
{
	enum { MOV_EDX = 0xba, FARTHEST = 1000 };
	uint64_t at = diff->side[SB_SHIPPED].offset;
	uint64_t value[SB_SIDES];

	if (diff->kind != SB_DIFF_BYTES || diff->bytes > 2 || at == 0)
		return false;
	for (uint64_t start = at > 2 ? at - 2 : 1; start <= at; start++) {
		struct sb_span code;
		bool loads = true;
		for (unsigned side = 0; side < SB_SIDES && loads; side++) {
			loads = sb_span_cut(pair->bytes[side], start - 1, 5, &code) && code.p[0] == MOV_EDX;
			struct sb_rd rd = sb_rd_of(loads ? sb_span_of(code.p + 1, 4) : code, false);
			value[side] = sb_rd_uint(&rd, 4);
		}
		if (loads && value[0] > 0 && value[1] > 0 && value[0] < UINT16_MAX && value[1] < UINT16_MAX && value[0] + FARTHEST > value[1] &&
		    value[1] + FARTHEST > value[0]) {
			struct sb_span names = section_bytes(pair->view[SB_SHIPPED], ".dynstr");
			return names.n && memmem(names.p, names.n, "__assert_fail", 13);
		}
	}
	return false;
}

struct sb_guess sb_guess_code(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_view *a = pair->view[SB_SHIPPED], *b = pair->view[SB_REBUILT];
	struct sb_span x = section_bytes(a, ".comment"), y = section_bytes(b, ".comment"), p = producer_of(a), q = producer_of(b);
	const struct sb_region *shipped = diff->side[SB_SHIPPED].region, *rebuilt = diff->side[SB_REBUILT].region;

	if ((x.n && y.n && !sb_span_equal(x, y)) || !sb_span_equal(version_part(p), version_part(q)))
		return (struct sb_guess){SB_CAUSE_COMPILER, "the sides name other compilers"};
	if (!sb_span_equal(p, q) || !sb_span_equal(section_bytes(a, ".GCC.command.line"), section_bytes(b, ".GCC.command.line")))
		return (struct sb_guess){SB_CAUSE_FLAGS, "the sides name other options of one compiler"};
	if (is_line_number(pair, diff))
		return (struct sb_guess){SB_CAUSE_LINE_NUMBER, "a small constant where assertions pass their line; read it before believing it"};
	if (shipped && rebuilt && shipped->length != rebuilt->length && x.n && sb_span_equal(x, y))
		return (struct sb_guess){SB_CAUSE_SOURCE_CHANGE, "one compiler, and code of another length"};
	return (struct sb_guess){SB_CAUSE_UNEXPLAINED, NULL};
}

/* The mask that turns what everybody asks for into this mode: 0666 for files, 0777 for programs and folders. */
static bool fits_masks(unsigned a, unsigned b, unsigned mask)
{
	return (a ^ b) == ((a | b) & 0111 ? mask & 0777 : mask & 0666);
}

bool sb_guess_umask(struct sb_explaining *in, const struct sb_pair *pair)
{
	static const unsigned masks[] = {0002, 0020, 0022, 0007, 0027, 0025, 0055, 0075, 0077, 0070};
	const struct sb_view *a = pair->view[SB_SHIPPED], *b = pair->view[SB_REBUILT];
	unsigned possible = (1U << sizeof masks / sizeof *masks) - 1, changed = 0;

	if (in->masked.pair == pair)
		return in->masked.found;
	for (size_t i = 0; i < a->members.count && a->members.count == b->members.count; i++) {
		const struct sb_member *x = sb_view_member(a, i), *y = sb_view_member(b, i);
		if (!x->has_mode || !y->has_mode || x->type == SB_MEMBER_SYMLINK)
			continue;
		changed++;
		for (unsigned m = 0; m < sizeof masks / sizeof *masks; m++)
			if (!sb_span_equal(x->name, y->name) || !fits_masks(x->mode, y->mode, masks[m]))
				possible &= ~(1U << m);
	}
	in->masked.pair = pair;
	in->masked.found = changed >= 2 && possible;
	return in->masked.found;
}
