/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/drawn.h"
#include "hashing/hashing.h"
#include "verifier/sandbox/temporary.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_LEAST = 3, TEMPLATES_MOST = 1024 };

/** A component as it was, and as a trace has it. */
struct drawn {
	const char *raw, *shown;
};

struct settling {
	const struct sb_trace_request *request;
	struct sb_arena *arena;
	struct sb_vec templates; /* const char *: components of arguments with XXX */
	struct sb_vec folders;   /* const char *: paths that are there, relative to the build path */
	struct sb_vec bases;     /* const char *: their last components */
	struct sb_vec names;     /* struct drawn: whole components */
	struct sb_vec stems;     /* struct drawn: beginnings, up to the end of the first number */
};

static int out_of_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int push_text(struct sb_vec *list, const char *text, struct sb_err *err)
{
	const char **slot = text ? sb_vec_push(list) : NULL;

	if (!slot)
		return out_of_memory(err);
	*slot = text;
	return 0;
}

static int by_text(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

static int by_raw(const void *left, const void *right)
{
	const struct drawn *a = left, *b = right;
	int c = strcmp(a->raw, b->raw);

	return c ? c : strcmp(a->shown, b->shown);
}

static void sort(struct sb_vec *list, int (*by)(const void *, const void *))
{
	if (list->count)
		qsort(list->items, list->count, list->size, by);
}

/** The first text of the sorted @list that is not below @head followed by @next; "" behind the last. */
static const char *first_from(const struct sb_vec *list, const char *head, char next)
{
	size_t low = 0, high = list->count, n = strlen(head);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *text = *(const char *const *)sb_vec_at(list, middle);
		int c = strncmp(text, head, n);

		if (c < 0 || (c == 0 && (unsigned char)text[n] < (unsigned char)next))
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count ? *(const char *const *)sb_vec_at(list, low) : "";
}

static bool begins_with(const char *text, const char *head)
{
	return strncmp(text, head, strlen(head)) == 0;
}

/** Is something there called @head, or so and then no further digit? */
static bool is_called(const struct sb_vec *list, const char *head)
{
	const char *first = first_from(list, head, 0);

	return begins_with(first, head) && (!isdigit((unsigned char)first[strlen(head)]) || begins_with(first_from(list, head, '9' + 1), head));
}

/* ---- what is there ---- */

static const char *below(const struct settling *s, const char *path)
{
	size_t n = strlen(s->request->build_path);

	return strncmp(path, s->request->build_path, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static int add_present(struct settling *s, const char *path, struct sb_err *err)
{
	int rc = push_text(&s->folders, path, err);

	return rc ? rc : push_text(&s->bases, sb_path_base(path), err);
}

static int list_present(struct settling *s, struct sb_err *err)
{
	size_t count;
	const struct sb_recorded_name *names = sb_recorder_names(s->request->recorder, &count);
	const struct sb_inventory *source = s->request->source ? s->request->source->inventory : NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *path = below(s, sb_recorder_text(s->request->recorder, names[i].path));

		if (path)
			rc = add_present(s, path, err);
	}
	for (size_t i = 0; rc == 0 && source && i < source->count; i++)
		rc = add_present(s, source->entries[i].path, err);
	sort(&s->folders, by_text);
	sort(&s->bases, by_text);
	return rc;
}

/* ---- components of texts ---- */

static bool separates(char c)
{
	return !c || strchr("/:,;= \t\n\"'()<>|&", c) != NULL;
}

static size_t component(const char *text, size_t n)
{
	size_t length = 0;

	while (length < n && !separates(text[length]))
		length++;
	return length;
}

/** For each component of @text; what @take returns ends it. */
static int each_component(struct settling *s, const char *text, size_t n, int (*take)(struct settling *, const char *, size_t, struct sb_err *),
                          struct sb_err *err)
{
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < n;) {
		size_t length = component(text + at, n - at);

		if (length)
			rc = take(s, text + at, length, err);
		at += length ? length : 1;
	}
	return rc;
}

static int take_template(struct settling *s, const char *text, size_t n, struct sb_err *err)
{
	size_t run = 0;

	for (size_t i = 0; i < n && run < TEMPLATE_LEAST; i++)
		run = text[i] == 'X' ? run + 1 : 0;
	if (run < TEMPLATE_LEAST || s->templates.count >= TEMPLATES_MOST)
		return 0;
	return push_text(&s->templates, sb_arena_copy(s->arena, sb_span_of(text, n)), err);
}

static int list_templates(struct settling *s, struct sb_err *err)
{
	size_t count;
	const struct sb_recorded_process *rows = sb_recorder_processes(s->request->recorder, &count);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = each_component(s, sb_recorder_text(s->request->recorder, rows[i].argv), rows[i].argv ? rows[i].argv_length : 0, take_template, err);
	return rc;
}

static bool fits(const char *template, const char *name)
{
	for (; *template && *name; template++, name++)
		if (*template != 'X' && *template != *name)
			return false;
	return *template == *name;
}

/** One in two hundred of the six letters that mkdtemp(3) draws has neither digit nor capital; its template is known when a program drew them. */
static bool looks_drawn(const struct settling *s, const char *name)
{
	for (const char *at = name; *at; at++)
		if (isdigit((unsigned char)*at) || isupper((unsigned char)*at))
			return true;
	for (size_t i = 0; i < s->templates.count; i++)
		if (fits(*(const char *const *)sb_vec_at(&s->templates, i), name))
			return true;
	return false;
}

/* ---- names that were drawn ---- */

static int add_drawn(struct sb_vec *list, const char *raw, const char *shown, struct sb_err *err)
{
	struct drawn *slot = raw && shown ? sb_vec_push(list) : NULL;

	if (!slot)
		return out_of_memory(err);
	*slot = (struct drawn){raw, shown};
	return 0;
}

static int add_folder(struct settling *s, const char *name, struct sb_err *err)
{
	char *shown = sb_arena_copy(s->arena, sb_span_text(name));

	if (shown)
		sb_temporary_base(shown);
	return add_drawn(&s->names, name, shown, err);
}

/** Each number becomes "*". */
static char *without_numbers(struct sb_arena *arena, const char *name)
{
	char *shown = sb_arena_copy(arena, sb_span_text(name));
	size_t out = 0;

	for (size_t at = 0; shown && name[at]; at++) {
		bool digit = isdigit((unsigned char)name[at]);

		if (!digit)
			shown[out++] = name[at];
		else if (!at || !isdigit((unsigned char)name[at - 1]))
			shown[out++] = '*';
	}
	if (shown)
		shown[out] = 0;
	return shown;
}

/** conf15.file: what is called conf15.exe has its number from the same place, unless something that is there is called so. */
static int add_stem(struct settling *s, const char *name, struct sb_err *err)
{
	size_t head = strcspn(name, "0123456789"), n = head + strspn(name + head, "0123456789");
	const char *stem = sb_arena_copy(s->arena, sb_span_of(name, n));

	if (!head || (stem && is_called(&s->bases, stem)))
		return 0;
	return add_drawn(&s->stems, stem, sb_arena_printf(s->arena, "%.*s*", (int)head, name), err);
}

static int add_base(struct settling *s, const char *name, bool temporary, struct sb_err *err)
{
	if (temporary && looks_drawn(s, name))
		return add_folder(s, name, err);
	if (!strpbrk(name, "0123456789"))
		return 0;
	int rc = add_drawn(&s->names, name, without_numbers(s->arena, name), err);
	return rc ? rc : add_stem(s, name, err);
}

/** A file that is gone, by its path below the build path. */
static int take_gone(struct settling *s, const char *path, bool temporary, struct sb_err *err)
{
	char *copy = sb_arena_copy(s->arena, sb_span_text(path)), *rest = copy, *slash;
	int rc = copy ? 0 : out_of_memory(err);

	while (rc == 0 && (slash = strchr(rest, '/'))) {
		const char *head = sb_arena_printf(s->arena, "%.*s/", (int)(slash - copy), path);

		*slash = 0;
		if (!head)
			return out_of_memory(err);
		if (!begins_with(first_from(&s->folders, head, 0), head) && looks_drawn(s, rest))
			rc = add_folder(s, rest, err);
		rest = slash + 1;
	}
	return rc ? rc : add_base(s, rest, temporary, err);
}

static bool is_gone(const struct sb_recorded_file *file)
{
	return file->origin == SB_TRACE_BUILT && !file->final;
}

static int list_drawn(struct settling *s, struct sb_err *err)
{
	size_t count;
	const struct sb_recorded_file *files = sb_recorder_files(s->request->recorder, &count);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *path = is_gone(&files[i]) ? below(s, sb_recorder_text(s->request->recorder, files[i].path)) : NULL;

		if (path)
			rc = take_gone(s, path, files[i].temporary, err);
	}
	sort(&s->names, by_raw);
	sort(&s->stems, by_raw);
	return rc;
}

/* ---- putting them in place ---- */

static const struct drawn *find(const struct sb_vec *list, const char *raw)
{
	size_t low = 0, high = list->count;

	while (low < high) { /* the first of those with this name */
		size_t middle = low + (high - low) / 2;

		if (strcmp(((const struct drawn *)sb_vec_at(list, middle))->raw, raw) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct drawn *found = low < list->count ? sb_vec_at(list, low) : NULL;
	return found && strcmp(found->raw, raw) == 0 ? found : NULL;
}

static bool put_stem(const struct settling *s, char *name, struct sb_buf *out)
{
	size_t head = strcspn(name, "0123456789"), n = head + strspn(name + head, "0123456789");
	char after = name[n];

	name[n] = 0;
	const struct drawn *stem = n > head ? find(&s->stems, name) : NULL;
	name[n] = after;
	if (stem) {
		sb_buf_text(out, stem->shown);
		sb_buf_text(out, name + n);
	}
	return stem != NULL;
}

static bool put_drawn(const struct settling *s, char *name, struct sb_buf *out)
{
	const struct drawn *whole = find(&s->names, name);

	if (whole)
		sb_buf_text(out, whole->shown);
	return whole || put_stem(s, name, out);
}

static void put_component(const struct settling *s, const char *text, size_t n, struct sb_buf *out)
{
	char name[NAME_MAX + 1];
	size_t option = n > 2 && text[0] == '-' && isalpha((unsigned char)text[1]) ? 2 : 0;

	if (n < sizeof(name)) {
		memcpy(name, text, n);
		name[n] = 0;
		if (put_drawn(s, name, out))
			return;
		size_t before = out->len;
		sb_buf_add(out, name, option);
		if (option && put_drawn(s, name + option, out))
			return;
		out->len = before;
	}
	sb_buf_add(out, text, n);
}

static void put_text(const struct settling *s, struct sb_span text, struct sb_buf *out)
{
	const char *p = (const char *)text.p;

	out->len = 0;
	for (size_t at = 0; at < text.n;) {
		size_t n = component(p + at, text.n - at);

		if (n)
			put_component(s, p + at, n, out);
		else
			sb_buf_add(out, p + at, 1);
		at += n ? n : 1;
	}
}

/** The same offset when nothing in the text was drawn. */
static uint64_t settled(const struct settling *s, uint64_t offset, size_t n, struct sb_buf *room)
{
	const char *text = sb_recorder_text(s->request->recorder, offset);

	put_text(s, sb_span_of(text, n), room);
	if (!offset || (room->len == n && memcmp(room->data, text, n) == 0))
		return offset;
	return sb_recorder_name(s->request->recorder, sb_buf_span(room));
}

static void settle_process(const struct settling *s, struct sb_recorded_process *process, struct sb_buf *room)
{
	uint64_t argv = settled(s, process->argv, process->argv_length, room);
	struct sb_digest digest;

	if (argv != process->argv) {
		process->argv = argv;
		process->argv_length = (uint32_t)room->len;
		sb_buf_add(room, "", 1);
		sb_hash_span(sb_buf_span(room), SB_DIGEST_SHA256, &digest);
		if (!process->argv_cut) /* what is cut is not there to be put right */
			memcpy(process->argv_sha256, digest.sha256, sizeof(process->argv_sha256));
	}
	process->cwd = settled(s, process->cwd, strlen(sb_recorder_text(s->request->recorder, process->cwd)), room);
}

static int settle_all(const struct settling *s, struct sb_err *err)
{
	SB_BUF struct sb_buf room = {0};
	struct sb_recorder *recorder = s->request->recorder;
	size_t count;
	struct sb_recorded_file *files = sb_recorder_files(recorder, &count);

	for (size_t i = 0; i < count; i++)
		if (is_gone(&files[i]))
			files[i].path = settled(s, files[i].path, strlen(sb_recorder_text(recorder, files[i].path)), &room);
	struct sb_recorded_process *processes = sb_recorder_settle_processes(recorder, &count);
	for (size_t i = 0; i < count; i++)
		settle_process(s, &processes[i], &room);
	struct sb_recorded_attempt *attempts = sb_recorder_settle_attempts(recorder, &count);
	for (size_t i = 0; i < count; i++)
		attempts[i].text = settled(s, attempts[i].text, strlen(sb_recorder_text(recorder, attempts[i].text)), &room);
	return sb_buf_ok(&room, err);
}

int sb_drawn_settle(const struct sb_trace_request *request, struct sb_arena *arena, struct sb_err *err)
{
	struct settling s = {.request = request, .arena = arena, .templates = {.size = sizeof(char *)}, .folders = {.size = sizeof(char *)},
	                     .bases = {.size = sizeof(char *)}, .names = {.size = sizeof(struct drawn)}, .stems = {.size = sizeof(struct drawn)}};
	int rc = list_present(&s, err);

	if (rc == 0)
		rc = list_templates(&s, err);
	if (rc == 0)
		rc = list_drawn(&s, err);
	if (rc == 0 && (s.names.count || s.stems.count))
		rc = settle_all(&s, err);
	sb_vec_release(&s.templates);
	sb_vec_release(&s.folders);
	sb_vec_release(&s.bases);
	sb_vec_release(&s.names);
	sb_vec_release(&s.stems);
	return rc;
}
