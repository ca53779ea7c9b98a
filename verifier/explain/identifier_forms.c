/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of disks, partitions and file systems are called as bytes and as text: root=PARTUUID=3f2a1c44-5b7e-…, 1234abcd-01, UUID=1234-ABCD. All of them
 * are looked for in one pass, however many there are: in bytes by what a place may end with (Wu and Manber), in texts digit by digit.
 */
#include "verifier/explain/identifiers.h"

#include <stdlib.h>
#include <string.h>

enum { GUID = 16, SERIAL = 4, DIGITS = 8, PAIRS = 1 << 16, PIECE = 1 << 20, OVERLAP = 64, DASH = 16, NO_DIGIT = 17 };

struct binary {
	uint8_t bytes[GUID];
	size_t id;
};

struct digits {
	uint32_t number;
	size_t id;
};

static unsigned pair_at(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static bool add_binary(struct sb_name_forms *forms, const uint8_t *bytes, size_t id)
{
	struct binary *slot = sb_vec_push(&forms->binary);

	if (!slot)
		return false;
	memcpy(slot->bytes, bytes, GUID);
	slot->id = id;
	for (unsigned i = 0; i + 2 <= GUID; i++) {
		uint8_t *shift = &forms->shift[pair_at(bytes + i)], distance = (uint8_t)(GUID - 2 - i);
		*shift = distance < *shift ? distance : *shift;
	}
	return true;
}

static bool add_digits(struct sb_name_forms *forms, const uint8_t *p, bool be, size_t id)
{
	struct digits *slot = sb_vec_push(&forms->digits);
	struct sb_rd rd = sb_rd_of(sb_span_of(p, SERIAL), be);

	if (!slot)
		return false;
	*slot = (struct digits){(uint32_t)sb_rd_uint(&rd, SERIAL), id};
	return true;
}

/* RFC 4122 has its fields in the byte order of the network, GPT the first three of them in that of Intel. */
static void swap_fields(const uint8_t *in, uint8_t *out)
{
	static const uint8_t from[GUID] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (unsigned i = 0; i < GUID; i++)
		out[i] = in[from[i]];
}

static bool add(struct sb_name_forms *forms, const struct sb_name_form *form)
{
	uint8_t bytes[GUID] = {0}, swapped[GUID];

	memcpy(bytes, form->value.p, form->value.n);
	swap_fields(bytes, swapped);
	return add_binary(forms, bytes, form->id) && (form->value.n < GUID || add_binary(forms, swapped, form->id)) && add_digits(forms, bytes, false, form->id) &&
	       add_digits(forms, bytes, true, form->id);
}

static int by_number(const void *a, const void *b)
{
	const struct digits *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

bool sb_name_forms_make(struct sb_name_forms *forms, const struct sb_name_form *values, size_t count)
{
	*forms = (struct sb_name_forms){.binary = {.size = sizeof(struct binary)}, .digits = {.size = sizeof(struct digits)}, .shift = malloc(PAIRS)};
	if (!forms->shift)
		return false;
	memset(forms->shift, GUID - 1, PAIRS);
	for (size_t i = 0; i < count; i++)
		if (!add(forms, &values[i]))
			return false;
	if (forms->digits.count)
		qsort(forms->digits.items, forms->digits.count, sizeof(struct digits), by_number);
	return true;
}

void sb_name_forms_release(struct sb_name_forms *forms)
{
	sb_vec_release(&forms->binary);
	sb_vec_release(&forms->digits);
	free(forms->shift);
	forms->shift = NULL;
}

static void search_binary(const struct sb_name_forms *forms, struct sb_span in, const struct sb_name_found *to)
{
	for (size_t end = GUID; end <= in.n;) {
		uint8_t shift = forms->shift[pair_at(in.p + end - 2)];
		const uint8_t *at = in.p + end - GUID;
		for (size_t i = 0; !shift && i < forms->binary.count; i++) {
			const struct binary *form = sb_vec_at(&forms->binary, i);
			if (memcmp(at, form->bytes, GUID) == 0)
				to->found(to->ctx, form->id, at);
		}
		end += shift ? shift : 1;
	}
}

static unsigned digit_of(uint8_t c)
{
	uint8_t letter = c | 0x20;

	if (c >= '0' && c <= '9')
		return c - '0';
	if (letter >= 'a' && letter <= 'f')
		return letter - 'a' + 10U;
	return c == '-' ? DASH : NO_DIGIT;
}

/** Characters of a text: bytes, or those with a zero behind each. */
struct text {
	struct sb_span in;
	size_t start, width;
};

static unsigned character(const struct text *text, size_t i)
{
	size_t at = text->start + i * text->width;

	if (at >= text->in.n || (text->width == 2 && (at + 1 >= text->in.n || text->in.p[at + 1] != 0)))
		return NO_DIGIT;
	return digit_of(text->in.p[at]);
}

static void tell_number(const struct sb_name_forms *forms, uint32_t number, const uint8_t *at, const struct sb_name_found *to)
{
	size_t low = 0, high = forms->digits.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (((const struct digits *)sb_vec_at(&forms->digits, middle))->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < forms->digits.count; low++) {
		const struct digits *form = sb_vec_at(&forms->digits, low);
		if (form->number != number)
			return;
		to->found(to->ctx, form->id, at);
	}
}

/* A run of digits with dashes among them, from @i to its end: every eight digits that follow one another. */
static size_t search_run(const struct sb_name_forms *forms, const struct text *text, size_t i, const struct sb_name_found *to)
{
	uint32_t number = 0;
	unsigned digits = 0, digit;

	for (; (digit = character(text, i)) != NO_DIGIT; i++) {
		if (digit == DASH)
			continue;
		number = number << 4 | digit;
		digits += digits < DIGITS;
		if (digits == DIGITS)
			tell_number(forms, number, text->in.p + text->start + i * text->width, to);
	}
	return i;
}

static void search_text(const struct sb_name_forms *forms, const struct text *text, const struct sb_name_found *to)
{
	size_t count = (text->in.n - text->start) / text->width, done = 0;

	for (size_t i = DIGITS - 1; i < count;) {
		if (character(text, i) == NO_DIGIT) {
			i += DIGITS;
			continue;
		}
		while (i > done && character(text, i - 1) != NO_DIGIT)
			i--;
		done = search_run(forms, text, i, to);
		i = done + DIGITS;
	}
}

static void search_piece(const struct sb_name_forms *forms, struct sb_span piece, const struct sb_name_found *to)
{
	search_binary(forms, piece, to);
	search_text(forms, &(struct text){piece, 0, 1}, to);
	for (size_t start = 0; start < 2 && start < piece.n; start++)
		search_text(forms, &(struct text){piece, start, 2}, to);
}

void sb_name_forms_search(const struct sb_name_forms *forms, struct sb_reading *reading, struct sb_span bytes, const struct sb_name_found *to)
{
	for (size_t from = 0; from < bytes.n; from += PIECE) {
		size_t left = bytes.n - from, n = left < PIECE + OVERLAP ? left : PIECE + OVERLAP; /* a place may end in the next piece */
		sb_reading_more(reading, n);
		search_piece(forms, sb_span_of(bytes.p + from, n), to);
	}
}
