/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/parsing/hostile.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROWS = 64 };

/* ---- what a taken over parser might do; the file's fifth byte says what ---- */

static int crash(struct sb_span file)
{
	volatile const uint8_t *nowhere = (const uint8_t *)(uintptr_t)(file.n * 8 + 1); /* in the first page, which nothing maps */
	return nowhere[0];
}

_Noreturn static void spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static int eat(void)
{
	for (;;) {
		volatile char *p = malloc(1 << 20);
		if (!p)
			return SB_NOMEM;
		for (size_t i = 0; i < 1 << 20; i += 4096)
			p[i] = 1;
	}
}

/* A piece that holds nothing but what was in the window: zeros say "fine, no regions". */
static int lie(uint64_t half, uint64_t length)
{
	const uint64_t piece[3] = {half, length, 1};
	return send(3, piece, sizeof piece, 0) < 0 ? SB_IO : SB_OK;
}

static int write_file(void)
{
	int fd = open("/tmp/samebuild-parser-was-here", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	return fd < 0 ? SB_FORMAT : SB_OK;
}

static int emit_nonsense(struct sb_view *view, uint64_t offset, uint64_t length)
{
	return sb_emit_region(view, &(struct sb_region){.offset = offset, .length = length, .name = "x"}, NULL);
}

/* The whole file is its own only member. */
static int hold_itself(struct sb_view *view)
{
	const struct sb_member again = {.name = sb_span_text("again"), .type = SB_MEMBER_PART, .length = view->file.n, .size = view->file.n};
	const struct sb_region region = {.length = view->file.n, .kind = SB_REGION_CONTENT, .member = 1, .name = "content"};
	int rc = sb_emit_member(view, &again, NULL);
	return rc ? rc : sb_emit_region(view, &region, NULL);
}

static int open_hostile(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	(void)err;
	switch (view->file.p[4]) {
	case 'c': return crash(view->file);
	case 'l': spin();
	case 'm': return eat();
	case 'h': return lie(7, 20);
	case 'n': return lie(0, 1 << 18);
	case 'f': return write_file();
	case 's': return socket(AF_INET, SOCK_STREAM, 0) < 0 ? SB_FORMAT : SB_OK;
	case 'p': return fork() < 0 ? SB_FORMAT : SB_OK;
	case 'k': return kill(getppid(), SIGKILL) < 0 ? SB_FORMAT : SB_OK;
	case 't': return emit_nonsense(view, 1, 3);
	case 'q': return hold_itself(view);
	case 'e': _exit(0);
	default: return emit_nonsense(view, 0, view->file.n);
	}
}

static unsigned probe_never(struct sb_span file, const char *hint)
{
	(void)file;
	(void)hint;
	return 0;
}

static bool confirm_hostile(struct sb_span file)
{
	return file.n > 4 && file.p[4] == 'C' && crash(file) == 0;
}

static const struct sb_format unsure = {.name = "alpine", .spec = "none", .probe = probe_never, .confirm = confirm_hostile, .open = open_hostile};
static const struct sb_format hostile = {.name = "gzip", .spec = "none", .probe = probe_never, .open = open_hostile};

struct sb_parsers *hostile_pool(unsigned silence, uint64_t data)
{
	static const struct sb_format *table[ROWS];
	struct sb_parsers_options options = {.formats = table, .silence = silence, .data = data};
	struct sb_parsers *parsers = NULL;
	size_t count;
	const struct sb_format *const *real = sb_formats_table(&count);

	cr_assert(count <= ROWS);
	for (size_t i = 0; i < count; i++)
		table[i] = strcmp(real[i]->name, "gzip") == 0 ? &hostile : strcmp(real[i]->name, "alpine") == 0 ? &unsure : real[i];
	struct sb_err err = {0};
	cr_assert_eq(sb_parsers_start(&options, &parsers, &err), 0, "%s", err.msg);
	return parsers;
}
