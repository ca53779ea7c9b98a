/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of a difference beside each other: bytes as a hexadecimal dump, text as text, what differs marked in the colour of its owner. */
#include "verifier/report/html.h"

#include <inttypes.h>
#include <string.h>

enum { BYTES_A_ROW = 8, DUMP_MOST = 64 };

struct dump {
	uint8_t bytes[DUMP_MOST];
	size_t n;
};

/* A preview is hexadecimal digits, two for each byte of the difference, or text; text of digits alone is shorter than that. */
static bool is_hex(const struct sb_extent *side, struct dump *out)
{
	const char *preview = side->preview ? side->preview : "";
	size_t n = strlen(preview) / 2;

	*out = (struct dump){.n = n};
	return n <= DUMP_MOST && (n == side->length || n == SB_LIMIT_OF(PREVIEW_BYTES)) && sb_text_unhex(sb_span_text(preview), out->bytes, n);
}

static void add_letter(struct sb_html *page, uint8_t byte)
{
	char letter[2] = {byte >= 0x20 && byte < 0x7f ? (char)byte : '.', '\0'};
	sb_add_markup(page->out, letter);
}

/* Spans open and close where the owner changes. */
static void mark(struct sb_html *page, bool *open, bool differs, const char *owner)
{
	if (*open == differs)
		return;
	if (differs)
		sb_buf_printf(page->out, "<mark class=\"%s\">", owner);
	else
		sb_buf_text(page->out, "</mark>");
	*open = differs;
}

static bool differs_at(const struct dump *mine, const struct dump *other, size_t i)
{
	return i >= other->n || mine->bytes[i] != other->bytes[i];
}

static void add_row(struct sb_html *page, const struct dump *mine, const struct dump *other, size_t from, uint64_t offset, const char *owner)
{
	bool open = false;
	size_t end = mine->n - from < BYTES_A_ROW ? mine->n : from + BYTES_A_ROW;

	sb_buf_printf(page->out, "<span class=\"at off-at\">%08" PRIx64 "  </span>", offset + from);
	for (size_t i = from; i < end; i++) {
		mark(page, &open, differs_at(mine, other, i), owner);
		sb_buf_printf(page->out, "%02x", mine->bytes[i]);
		if (i + 1 < end && !differs_at(mine, other, i + 1))
			mark(page, &open, false, owner);
		sb_buf_text(page->out, i + 1 < end ? " " : "");
	}
	mark(page, &open, false, owner);
	for (size_t i = end; i < from + BYTES_A_ROW; i++)
		sb_buf_text(page->out, "   ");
	sb_buf_text(page->out, "  ");
	for (size_t i = from; i < end; i++) {
		mark(page, &open, differs_at(mine, other, i), owner);
		add_letter(page, mine->bytes[i]);
	}
	mark(page, &open, false, owner);
	sb_buf_text(page->out, "\n");
}

static void add_dump(struct sb_html *page, const struct dump *mine, const struct dump *other, uint64_t offset, const char *owner)
{
	for (size_t from = 0; from < mine->n; from += BYTES_A_ROW)
		add_row(page, mine, other, from, offset, owner);
}

static void add_piece(struct sb_html *page, const char *text, size_t from, size_t end)
{
	SB_BUF struct sb_buf piece = {0};

	sb_buf_add(&piece, text + from, end - from);
	sb_pass_failure(page->out, &piece);
	sb_add_markup(page->out, piece.data ? piece.data : "");
}

static bool within_character(const char *text, size_t at)
{
	return ((unsigned char)text[at] & 0xc0) == 0x80;
}

/* Marks from the first character that differs to the last. */
static void add_text(struct sb_html *page, const char *mine, const char *other, const char *owner)
{
	size_t n = strlen(mine), m = strlen(other), head = 0, tail = 0;

	while (head < n && head < m && mine[head] == other[head])
		head++;
	while (head && (within_character(mine, head) || within_character(other, head)))
		head--;
	while (tail < n - head && tail < m - head && mine[n - tail - 1] == other[m - tail - 1])
		tail++;
	while (tail && within_character(mine, n - tail))
		tail--;
	add_piece(page, mine, 0, head);
	sb_buf_printf(page->out, "<mark class=\"%s\">", owner);
	add_piece(page, mine, head, n - tail);
	sb_buf_text(page->out, "</mark>");
	add_piece(page, mine, n - tail, n);
	sb_buf_text(page->out, "\n");
}

static void add_caption(struct sb_html *page, const char *side, const struct sb_extent *extent)
{
	uint64_t shown = SB_LIMIT_OF(PREVIEW_BYTES);

	sb_buf_printf(page->out, "<figcaption><b>%s</b> ", side);
	if (!extent->present) {
		sb_buf_text(page->out, "nothing here</figcaption>");
		return;
	}
	sb_add_count(page->out, extent->length, "byte");
	sb_buf_printf(page->out, " at 0x%" PRIx64, extent->offset);
	if (extent->length > shown)
		sb_buf_printf(page->out, ", the first %" PRIu64 " shown", shown);
	sb_buf_text(page->out, "</figcaption>");
}

static void add_side(struct sb_html *page, const char *name, const struct sb_extent *mine, const struct sb_extent *other, const char *owner)
{
	struct dump a, b;
	bool hex = is_hex(mine, &a), other_hex = is_hex(other, &b);

	sb_buf_text(page->out, "<figure class=\"side\">");
	add_caption(page, name, mine);
	sb_buf_printf(page->out, "<pre tabindex=\"0\" aria-label=\"%s\">", name);
	if (!mine->present || !mine->preview || !mine->preview[0])
		sb_buf_text(page->out, "<span class=\"at\">–</span>\n");
	else if (hex)
		add_dump(page, &a, other_hex ? &b : &(struct dump){.n = 0}, mine->offset, owner);
	else
		add_text(page, mine->preview, other->preview ? other->preview : "", owner);
	sb_buf_text(page->out, "</pre></figure>\n");
}

void sb_html_sides(struct sb_html *page, const struct sb_finding *finding)
{
	const char *owner = finding->rule > SB_RULE_HINT ? "claimed" : "residual";
	bool some = (finding->shipped.preview && finding->shipped.preview[0]) || (finding->rebuilt.preview && finding->rebuilt.preview[0]);

	if (!some)
		return;
	sb_buf_text(page->out, "<div class=\"sides\">\n");
	add_side(page, "shipped", &finding->shipped, &finding->rebuilt, owner);
	add_side(page, "rebuilt", &finding->rebuilt, &finding->shipped, owner);
	sb_buf_text(page->out, "</div>\n");
}
