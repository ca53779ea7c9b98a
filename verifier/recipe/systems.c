/* SPDX-License-Identifier: Apache-2.0 */
/* Build systems by the file that shows them. The first row that fits wins: a tree may have several. */
#include "verifier/recipe/recipe.h"

#include <stdio.h>
#include <string.h>

static const char *const autotools[] = {"run: [./configure, --prefix=/usr]", "sh: make -j\"$JOBS\"", "sh: make install DESTDIR=\"$OUT\"", NULL};
/* A copy of a version control system's tree: configure is still to be made. */
static const char *const autoreconf[] = {"sh: autoreconf -fi", "run: [./configure, --prefix=/usr]", "sh: make -j\"$JOBS\"",
                                         "sh: make install DESTDIR=\"$OUT\"", NULL};
static const char *const meson[] = {"sh: meson setup b --prefix=/usr --buildtype=release --wrap-mode=nodownload", "sh: meson compile -C b -j\"$JOBS\"",
                                    "sh: meson install -C b --destdir \"$OUT\"", NULL};
static const char *const cmake[] = {"sh: cmake -S . -B b -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr", "sh: cmake --build b -j\"$JOBS\"",
                                    "sh: DESTDIR=\"$OUT\" cmake --install b", NULL};
static const char *const make[] = {"sh: make -j\"$JOBS\"", "sh: make install DESTDIR=\"$OUT\" PREFIX=/usr", NULL};

static const struct sb_recipe_system systems[] = {
	{"autotools", "configure", autotools},
	{"Meson", "meson.build", meson},
	{"CMake", "CMakeLists.txt", cmake},
	{"autotools without configure", "configure.ac", autoreconf},
	{"make", "Makefile", make},
	{"make", "GNUmakefile", make},
};

static bool has(const struct sb_inventory *tree, const char *folder, const char *marker)
{
	char path[600];
	int n = snprintf(path, sizeof path, "%s%s%s", folder, folder[0] ? "/" : "", marker);
	return n > 0 && (size_t)n < sizeof path && sb_inventory_find(tree, path);
}

/* "pkg-1.0" when everything lies in it, else "". */
static const char *only_folder(const struct sb_inventory *tree, char *out, size_t room)
{
	out[0] = '\0';
	for (size_t i = 0; i < tree->count; i++) {
		size_t n = strcspn(tree->entries[i].path, "/");
		if (n >= room || (out[0] && (strncmp(out, tree->entries[i].path, n) != 0 || out[n] != '\0')))
			return "";
		memcpy(out, tree->entries[i].path, n);
		out[n] = '\0';
	}
	return out;
}

const struct sb_recipe_system *sb_recipe_recognise(const struct sb_inventory *tree, unsigned *strip)
{
	char name[256];
	const char *folder = only_folder(tree, name, sizeof name);

	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
		*strip = folder[0] ? 1 : 0;
		if (has(tree, folder, systems[i].marker))
			return &systems[i];
	}
	return NULL;
}
