/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/output.h"

#include "verifier/cli/pages.h"
#include "verifier/report/report.h"

#include <fcntl.h>
#include <sys/stat.h>

/* "FORMAT=PATH" taken apart; NULL when the format is not known. */
static const struct sb_report_format *parse(struct sb_invocation *call, const char *value, const char **path)
{
	const char *equals = strchr(value, '=');
	char *name = equals ? sb_arena_copy(call->arena, sb_span_of(value, (size_t)(equals - value))) : NULL;

	*path = equals ? equals + 1 : NULL;
	return name && (*path)[0] ? sb_report_format_named(name) : NULL;
}

static int fail_format(const char *value, struct sb_err *err)
{
	char known[256] = "";
	size_t count, n = 0;
	const struct sb_report_format *const *formats = sb_report_formats(&count);

	for (size_t i = 0; i < count && n < sizeof known; i++)
		n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "", formats[i]->name);
	return sb_fail(err, SB_USAGE, "report-format", "-o %s: it takes FORMAT=PATH with one of %s", value, known);
}

int sb_output_check(const struct sb_invocation *call, struct sb_err *err)
{
	for (size_t i = 0; sb_arg_nth(call, "output", i); i++) {
		const char *value = sb_arg_nth(call, "output", i), *equals = strchr(value, '=');
		char name[32] = "";
		if (equals && (size_t)(equals - value) < sizeof name)
			memcpy(name, value, (size_t)(equals - value));
		if (!equals || !equals[1] || !sb_report_format_named(name))
			return fail_format(value, err);
	}
	return sb_output_check_places(call, err);
}

/* A device, a FIFO, /dev/fd/63 of a shell: no file of the same name may take its place. */
static int write_into(const char *path, struct sb_span bytes, struct sb_err *err)
{
	SB_CLOSING int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return sb_fail_errno(err, "write-failed", "cannot open %s", path);
	int rc = sb_io_write(fd, bytes, err);
	if (!rc && close(sb_steal_fd(&fd)) != 0)
		rc = sb_fail_errno(err, "write-failed", "cannot close %s", path);
	return rc;
}

int sb_output_publish(const char *path, struct sb_span bytes, struct sb_err *err)
{
	struct stat st;
	bool there = stat(path, &st) == 0;

	if (there && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return write_into(path, bytes, err);
	SB_FREEING char *real = there ? realpath(path, NULL) : NULL; /* a link stays, the file that it leads to is replaced */
	return sb_io_publish(AT_FDCWD, real ? real : path, 0644, bytes, err);
}

/* How to mend each cause: the hints of docs/causes.md. */
static void list_mends(const char *mend[SB_CAUSES])
{
	for (unsigned cause = 0; cause < SB_CAUSES; cause++) {
		const struct sb_page *page = sb_page_find(SB_PAGE_CAUSE, sb_cause_name((enum sb_cause)cause));
		mend[cause] = page ? page->hint : NULL;
	}
}

static int write_one(struct sb_invocation *call, const struct sb_report_format *format, const char *path, const struct sb_result *result,
                     struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	const char *mend[SB_CAUSES];
	bool to_stdout = strcmp(path, "-") == 0;
	const struct sb_report_options options = {.colour = to_stdout && call->colour_out, .unicode = !to_stdout || call->unicode, .mend = mend};

	list_mends(mend);
	int rc = format->write(result, &options, &text, err);
	if (rc)
		return rc;
	if (!to_stdout) {
		rc = sb_output_publish(path, sb_buf_span(&text), err);
		if (rc == SB_IO && err)
			err->code = SB_TEMPORARY;
		return rc ? sb_reidentify(err, "report-unwritable") : 0;
	}
	sb_buf_add(&call->out, text.data, text.len);
	return sb_buf_ok(&call->out, err);
}

/* A report that cannot be written keeps none of the others from being written; the first failure is told. */
static int write_outputs(struct sb_invocation *call, const struct sb_result *result, bool *to_stdout, struct sb_err *err)
{
	int first = 0;

	for (size_t i = 0; sb_arg_nth(call, "output", i); i++) {
		const char *path, *value = sb_arg_nth(call, "output", i);
		const struct sb_report_format *format = parse(call, value, &path);
		if (!format)
			return fail_format(value, err);
		*to_stdout |= strcmp(path, "-") == 0;
		int rc = write_one(call, format, path, result, first ? NULL : err);
		first = first ? first : rc;
	}
	return first;
}

int sb_output_write(struct sb_invocation *call, const struct sb_result *result, struct sb_err *err)
{
	bool to_stdout = false;
	int rc = write_outputs(call, result, &to_stdout, err);

	if (rc || (to_stdout && !call->json))
		return rc;
	call->out.len = call->json ? 0 : call->out.len;
	return write_one(call, sb_report_format_named(call->json ? "json" : "text"), "-", result, err);
}
