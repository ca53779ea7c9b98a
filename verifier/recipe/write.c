/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/recipe/recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct writing {
	const struct sb_recipe_in *in;
	struct sb_buf *out;
	bool odd; /* a name that cannot be quoted */
};

static void quote(struct writing *w, const char *text)
{
	w->odd |= !sb_recipe_quote(w->out, text);
}

static void add_file(struct writing *w, const struct sb_recipe_file *file, const char *more)
{
	sb_buf_text(w->out, "  - {path: ");
	quote(w, file->path);
	sb_buf_text(w->out, ", sha256: ");
	sb_buf_hex(w->out, sb_span_of(file->sha256, SB_SHA256_BYTES));
	sb_buf_printf(w->out, "%s}\n", more);
}

static void add_head(struct writing *w, const char *more)
{
	sb_buf_text(w->out, "schema: samebuild-drop/1\nname: ");
	quote(w, w->in->name);
	sb_buf_text(w->out, "\nversion: ");
	quote(w, w->in->version);
	sb_buf_text(w->out, "\nsources:\n");
	for (size_t i = 0; i < w->in->source_count; i++)
		add_file(w, &w->in->sources[i], more);
	if (w->in->root) {
		sb_buf_text(w->out, "toolchain: {root: ");
		quote(w, w->in->root->path);
		sb_buf_text(w->out, ", sha256: ");
		sb_buf_hex(w->out, sb_span_of(w->in->root->sha256, SB_SHA256_BYTES));
		sb_buf_text(w->out, "}\n");
	} else {
		sb_buf_text(w->out, "# Guess: the compiler of this machine. A root archive with its digest says which one it was.\ntoolchain: {root: host}\n");
	}
}

/** Facts of an earlier release, and the keys that set them. */
static const struct {
	enum sb_knob knob;
	const char *key;
} controls[] = {
	{SB_KNOB_CLOCK, "clock"},
	{SB_KNOB_USER, "user"},
	{SB_KNOB_HOST, "hostname"},
	{SB_KNOB_KERNEL, "kernel"},
	{SB_KNOB_LOCALE, "locale"},
	{SB_KNOB_TIMEZONE, "timezone"},
	{SB_KNOB_UMASK, "umask"},
	{SB_KNOB_ORDER, "order"},
};

static const char *fact(const struct writing *w, enum sb_knob knob)
{
	return w->in->facts ? w->in->facts->value[knob] : NULL;
}

/* The path of an earlier release, or a guess with what is to be said about it. */
static void add_path(struct writing *w, const char *guess, const char *before, const char *behind)
{
	const char *path = fact(w, SB_KNOB_PATH);

	sb_buf_printf(w->out, "build:\n%s  path: %s%s\n", path ? "" : before, path ? path : guess, path ? "   # as before" : behind);
}

static void add_control(struct writing *w)
{
	sb_buf_text(w->out, "  control:\n");
	if (w->in->epoch == INT64_MIN)
		sb_buf_text(w->out, "    epoch: 315532800   # guess: no date was found in the sources\n");
	else
		sb_buf_printf(w->out, "    epoch: %" PRId64 "%s\n", w->in->epoch, w->in->epoch_guessed ? "   # guess: the newest file of the sources" : "");
	const char *jobs = fact(w, SB_KNOB_JOBS);
	if (jobs)
		sb_buf_printf(w->out, "    jobs: %s   # as before\n", jobs);
	else
		sb_buf_printf(w->out, "    jobs: %u\n", w->in->jobs);
	for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
		const char *value = fact(w, controls[i].knob);
		if (!value)
			continue;
		sb_buf_printf(w->out, "    %s: ", controls[i].key);
		quote(w, value);
		sb_buf_text(w->out, "   # as before\n");
	}
}

static int finish(const struct writing *w, struct sb_err *err)
{
	if (w->odd)
		return sb_fail(err, SB_USAGE, "init-name", "a file name holds characters that are not plain ASCII");
	return sb_buf_ok(w->out, err);
}

/* The outputs of a tree can be anything: below $OUT a file of the same name is the best guess. */
static void add_guessed_outputs(struct writing *w)
{
	sb_buf_text(w->out, "outputs:\n");
	if (w->in->shipped_count == 0)
		sb_buf_text(w->out, "  - {shipped: TODO, built: TODO}   # the delivered file, and where the build leaves it (out/… is below $OUT)\n");
	for (size_t i = 0; i < w->in->shipped_count; i++) {
		char guess[600];
		snprintf(guess, sizeof guess, "TODO out/%s", sb_path_base(w->in->shipped[i]));
		sb_buf_text(w->out, "  - {shipped: ");
		quote(w, w->in->shipped[i]);
		sb_buf_text(w->out, ", built: ");
		quote(w, guess);
		sb_buf_text(w->out, "}\n");
	}
}

int sb_recipe_write_tree(const struct sb_recipe_in *in, const struct sb_recipe_system *system, unsigned strip, struct sb_buf *out,
                         struct sb_err *err)
{
	struct writing w = {.in = in, .out = out};
	char more[32] = "";

	if (strip)
		snprintf(more, sizeof more, ", strip: %u", strip);
	sb_buf_printf(out, "# Written by samebuild init: the sources have \"%s\", so this is the recipe for %s.\n", system->marker, system->name);
	add_head(&w, more);
	add_path(&w, "/build/src", "  # Guess: set it to the path that the vendor builds in, when that is known.\n", "");
	sb_buf_text(out, "  steps:\n");
	for (size_t i = 0; system->steps[i]; i++)
		sb_buf_printf(out, "    - %s\n", system->steps[i]);
	add_control(&w);
	add_guessed_outputs(&w);
	return finish(&w, err);
}

/* "2:1.2-3" → "1.2": what dpkg-source names the folder after. */
static void upstream_version(const char *version, char *out, size_t room)
{
	const char *colon = strchr(version, ':'), *start = colon ? colon + 1 : version, *dash = strrchr(start, '-');
	size_t n = dash ? (size_t)(dash - start) : strlen(start);
	snprintf(out, room, "%.*s", (int)n, start);
}

static bool has_arch(const struct sb_recipe_in *in, bool all)
{
	for (size_t i = 0; i < in->shipped_count; i++) {
		size_t n = strlen(in->shipped[i]);
		bool is_all = n > 8 && strcmp(in->shipped[i] + n - 8, "_all.deb") == 0;
		if (is_all == all)
			return true;
	}
	return false;
}

/* A changelog entry in a here-document whose end cannot occur in it: the entry's lines begin with a letter or a blank. */
static void add_binnmu(struct writing *w, const char *entry)
{
	sb_buf_text(w->out, "    # The delivered packages are a binary rebuild: its entry goes in front of the changelog, followed by an empty line.\n"
	                    "    - name: changelog entry of the binary rebuild\n      sh: |\n        cat > ../entry <<'=END='\n");
	for (const char *line = entry; *line;) {
		size_t n = strcspn(line, "\n");
		sb_buf_printf(w->out, "        %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	sb_buf_text(w->out, "        \n        =END=\n        cat ../entry debian/changelog > ../changelog && mv ../changelog debian/changelog\n      cwd: ");
}

static void add_build(struct writing *w, const char *folder, const char *kind)
{
	sb_buf_printf(w->out, "    - name: build the %s packages\n      run: [dpkg-buildpackage, -us, -uc, %s, -rfakeroot]\n      cwd: ",
	              strcmp(kind, "-A") == 0 ? "architecture-independent" : "architecture-dependent", kind);
	quote(w, folder);
	sb_buf_text(w->out, "\n");
}

int sb_recipe_write_debian(const struct sb_recipe_in *in, const struct sb_dsc *dsc, const char *binnmu, struct sb_buf *out, struct sb_err *err)
{
	struct writing w = {.in = in, .out = out};
	char upstream[256], folder[512];

	upstream_version(dsc->version, upstream, sizeof upstream);
	snprintf(folder, sizeof folder, "%s-%s", dsc->source, upstream);
	sb_buf_text(out, "# Written by samebuild init for a Debian source package.\n");
	add_head(&w, ", unpack: false");
	add_path(&w, "/build/reproducible-path", "", "   # where Debian's builders build");
	sb_buf_printf(out, "  env:\n    LANG: C.UTF-8\n    DEB_BUILD_OPTIONS: \"nocheck parallel=%u\"\n"
	                   "    FAKEROOTDONTTRYCHOWN: \"1\"   # fakeroot only notes owners: where root does not exist it would fail otherwise\n"
	                   "  steps:\n    - name: unpack\n      run: [dpkg-source, -x, --no-check, ", in->jobs);
	quote(&w, in->sources[0].path);
	sb_buf_text(out, ", ");
	quote(&w, folder);
	sb_buf_text(out, "]\n");
	if (binnmu) {
		add_binnmu(&w, binnmu);
		quote(&w, folder);
		sb_buf_text(out, "\n");
	}
	if (has_arch(in, false) || in->shipped_count == 0)
		add_build(&w, folder, "-B");
	if (has_arch(in, true))
		add_build(&w, folder, "-A");
	add_control(&w);
	sb_buf_text(out, "outputs:\n");
	if (in->shipped_count == 0)
		sb_buf_text(out, "  - {shipped: TODO, built: TODO}   # a delivered .deb, and its name\n");
	for (size_t i = 0; i < in->shipped_count; i++) {
		sb_buf_text(out, "  - {shipped: ");
		quote(&w, in->shipped[i]);
		sb_buf_text(out, ", built: ");
		quote(&w, sb_path_base(in->shipped[i]));
		sb_buf_text(out, "}\n");
	}
	return finish(&w, err);
}
