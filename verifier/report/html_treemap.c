/* SPDX-License-Identifier: Apache-2.0 */
/* Delivered bytes as areas. Every tile is an <svg> of its own, which clips its text; the table beside the map has the same numbers. */
#include "verifier/report/html.h"

#include <stdlib.h>

enum { WIDTH = 1000, TILES_A_LEVEL = 12, LEAST_SHARE = 220, TEXT_WIDTH = 84, SIZED_WIDTH = 150, TEXT_HEIGHT = 30, LINE_HEIGHT = 22 };

struct tile {
	enum sb_level level;
	const char *name; /* raw; NULL: several files */
	uint64_t files, bytes;
	double area;
};

struct box {
	double x, y, w, h;
};

struct sized {
	const struct sb_artifact *artifact;
	size_t index;
};

static int by_level_and_size(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;
	uint64_t p = sb_artifact_bytes(x->artifact), q = sb_artifact_bytes(y->artifact);

	if (x->artifact->level != y->artifact->level)
		return x->artifact->level < y->artifact->level ? -1 : 1;
	if (p != q)
		return p > q ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static int by_area(const void *a, const void *b)
{
	const struct tile *x = a, *y = b;
	if (x->area < y->area || x->area > y->area)
		return x->area > y->area ? -1 : 1;
	return (x->level > y->level) - (x->level < y->level);
}

static void add_rest(struct tile *tiles, size_t *count, enum sb_level level, uint64_t files, uint64_t bytes)
{
	for (size_t i = 0; i < *count; i++) {
		if (tiles[i].level == level && !tiles[i].name) {
			tiles[i].files += files;
			tiles[i].bytes += bytes;
			return;
		}
	}
	tiles[(*count)++] = (struct tile){.level = level, .files = files, .bytes = bytes};
}

/* The largest files of each level by themselves, the rest of each as one tile. */
static size_t choose(const struct sb_result *result, const struct sized *sized, struct tile *tiles)
{
	size_t count = 0, of_level = 0;

	for (size_t i = 0; i < result->artifact_count; i++) {
		const struct sb_artifact *artifact = sized[i].artifact;
		of_level = i && sized[i - 1].artifact->level == artifact->level ? of_level + 1 : 0;
		if (of_level >= TILES_A_LEVEL)
			add_rest(tiles, &count, artifact->level, 1, sb_artifact_bytes(artifact));
		else
			tiles[count++] = (struct tile){.level = artifact->level, .name = artifact->name, .files = 1, .bytes = sb_artifact_bytes(artifact)};
	}
	if (result->equal.present && result->equal.files)
		add_rest(tiles, &count, SB_LEVEL_IDENTICAL, result->equal.files, result->equal.bytes);
	return count;
}

/* Areas that add up to the whole map; what would be too small to see is drawn larger. */
static void give_areas(struct tile *tiles, size_t count, unsigned height)
{
	double all = 0, least, sum = 0;

	for (size_t i = 0; i < count; i++)
		all += (double)tiles[i].bytes;
	least = all > 0 ? all / LEAST_SHARE : 1;
	for (size_t i = 0; i < count; i++) {
		tiles[i].area = (double)tiles[i].bytes > least ? (double)tiles[i].bytes : least;
		sum += tiles[i].area;
	}
	for (size_t i = 0; i < count; i++)
		tiles[i].area *= (double)WIDTH * height / sum;
}

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash && slash[1] ? slash + 1 : name;
}

static void add_label(struct sb_html *page, const struct tile *tile, const struct box *box)
{
	if (box->w < TEXT_WIDTH || box->h < TEXT_HEIGHT)
		return;
	sb_buf_printf(page->out, "<text x=\"10\" y=\"%d\">%s ", LINE_HEIGHT, sb_level_symbol(tile->level));
	if (tile->name)
		sb_add_foreign(page->out, last_part(tile->name), 60);
	else
		sb_add_count(page->out, tile->files, "file");
	sb_buf_text(page->out, "</text>");
	if (box->h < TEXT_HEIGHT + LINE_HEIGHT || box->w < SIZED_WIDTH)
		return;
	sb_buf_printf(page->out, "<text x=\"10\" y=\"%d\" class=\"small\">", 2 * LINE_HEIGHT);
	sb_add_count(page->out, tile->bytes, "byte");
	sb_buf_text(page->out, "</text>");
}

static void add_tile(struct sb_html *page, const struct tile *tile, const struct box *box)
{
	sb_buf_printf(page->out, "<svg x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"><title>", box->x + 1, box->y + 1,
	              box->w > 2 ? box->w - 2 : 0.5, box->h > 2 ? box->h - 2 : 0.5, sb_level_name(tile->level));
	if (tile->name)
		sb_add_foreign(page->out, tile->name, SB_HTML_NAME_MOST);
	else
		sb_add_count(page->out, tile->files, "file");
	sb_buf_printf(page->out, ": %s, ", sb_level_name(tile->level));
	sb_add_count(page->out, tile->bytes, "byte");
	sb_buf_text(page->out, "</title><rect class=\"tile\" width=\"100%\" height=\"100%\" rx=\"3\"/>");
	if (tile->level == SB_LEVEL_DIFFERENT || tile->level == SB_LEVEL_UNDETERMINED)
		sb_buf_text(page->out, "<rect width=\"100%\" height=\"100%\" rx=\"3\" fill=\"url(#hatch)\"/>");
	add_label(page, tile, box);
	sb_buf_text(page->out, "</svg>\n");
}

/* How far from square the worst tile of a row is: areas @least to @most, @sum together, along a side of length @side. */
static double worst(double least, double most, double sum, double side)
{
	double a = side * side * most / (sum * sum), b = sum * sum / (side * side * least);
	return a > b ? a : b;
}

/* How many of the next tiles make the best row (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). */
static size_t row_of(const struct tile *tiles, size_t count, double side, double *sum)
{
	size_t n = 1;

	*sum = tiles[0].area;
	while (n < count && worst(tiles[n].area, tiles[0].area, *sum + tiles[n].area, side) <= worst(tiles[n - 1].area, tiles[0].area, *sum, side))
		*sum += tiles[n++].area;
	return n;
}

static void lay_out(struct sb_html *page, const struct tile *tiles, size_t count, unsigned height)
{
	struct box rest = {0, 0, WIDTH, height};

	while (count) {
		bool upright = rest.w >= rest.h;
		double sum, side = upright ? rest.h : rest.w, at = 0;
		size_t n = row_of(tiles, count, side, &sum);
		double depth = sum / side;
		for (size_t i = 0; i < n; i++) {
			double length = tiles[i].area / depth;
			struct box box = upright ? (struct box){rest.x, rest.y + at, depth, length} : (struct box){rest.x + at, rest.y, length, depth};
			add_tile(page, &tiles[i], &box);
			at += length;
		}
		rest = upright ? (struct box){rest.x + depth, rest.y, rest.w - depth, rest.h} : (struct box){rest.x, rest.y + depth, rest.w, rest.h - depth};
		tiles += n;
		count -= n;
	}
}

static void add_title(struct sb_html *page)
{
	sb_buf_text(page->out, "<title id=\"map-title\">Delivered bytes by level: ");
	for (unsigned level = SB_LEVELS, some = 0; level-- > 0;) {
		if (page->summary.level[level].files == 0)
			continue;
		sb_buf_printf(page->out, "%s%s ", some++ ? ", " : "", sb_level_name((enum sb_level)level));
		sb_add_percent(page->out, page->summary.level[level].bytes, page->summary.all.bytes);
		sb_buf_text(page->out, " %");
	}
	sb_buf_text(page->out, ". The table has the same numbers.</title>\n");
}

int sb_html_treemap(struct sb_html *page, struct sb_err *err)
{
	const struct sb_result *result = page->result;
	SB_FREEING struct sized *sized = calloc(result->artifact_count ? result->artifact_count : 1, sizeof *sized);
	struct tile tiles[SB_LEVELS * (TILES_A_LEVEL + 1) + 1];

	if (!sized)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < result->artifact_count; i++)
		sized[i] = (struct sized){&result->artifacts[i], i};
	qsort(sized, result->artifact_count, sizeof *sized, by_level_and_size);
	size_t count = choose(result, sized, tiles);
	if (count == 0)
		return 0;
	const unsigned height = count == 1 ? 110 : count < 5 ? 240 : 420; /* a single area says little, however large */
	give_areas(tiles, count, height);
	qsort(tiles, count, sizeof *tiles, by_area);
	sb_buf_printf(page->out, "<figure class=\"map\"><svg viewBox=\"0 0 %d %u\" role=\"img\" aria-labelledby=\"map-title\">\n", WIDTH, height);
	add_title(page);
	sb_buf_text(page->out, "<defs><pattern id=\"hatch\" width=\"10\" height=\"10\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
	                       "<path d=\"M0 0V10\" stroke=\"#fff\" stroke-width=\"3\" opacity=\".22\"/></pattern></defs>\n");
	lay_out(page, tiles, count, height);
	sb_buf_text(page->out, "</svg>\n<figcaption>One area for each file, by its bytes and coloured by its level; what would be too small to see is drawn larger.</figcaption></figure>\n");
	return 0;
}
