/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/spec.h"
#include "verifier/sandbox/beneath.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

/* sethostname(2) and the uts strings take 64 bytes; useradd(8) takes names of 32. */
#define HOST_BYTES 64
#define USER_BYTES 32

static bool clean(const char *text, const char *allowed)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (!isalnum(*p) && !strchr(allowed, *p))
			return false;
	return true;
}

static int name_check(const char *what, const char *text, size_t most, const char *allowed, struct sb_err *err)
{
	if (!text)
		return 0;
	if (!*text || strlen(text) > most || *text == '-' || strstr(text, "..") || !clean(text, allowed))
		return sb_fail(err, SB_USAGE, "sandbox-spec", "%s cannot be \"%s\"", what, text);
	return 0;
}

static int uts_check(const char *what, const char *text, struct sb_err *err)
{
	if (text && (!*text || strlen(text) > HOST_BYTES || !sb_escape_is_plain(sb_span_text(text))))
		return sb_fail(err, SB_USAGE, "sandbox-spec", "%s must be 1 to %d visible characters", what, HOST_BYTES);
	return 0;
}

static int controls_check(const struct sb_controls *control, struct sb_err *err)
{
	int rc = name_check("hostname", control->hostname, HOST_BYTES, "-._", err);

	if (rc == 0)
		rc = name_check("user", control->user, USER_BYTES, "-._", err);
	if (rc == 0)
		rc = name_check("locale", control->locale, 64, "-._@", err);
	if (rc == 0)
		rc = name_check("timezone", control->timezone, 64, "-_+/,", err);
	if (rc == 0)
		rc = name_check("kernel", control->kernel, HOST_BYTES, "-._+~", err);
	if (rc == 0)
		rc = uts_check("domain", control->domain, err);
	if (rc == 0)
		rc = uts_check("kernel-version", control->kernel_version, err);
	if (rc != 0)
		return rc;
	if (control->home && !sb_path_is_clean_absolute(control->home))
		return sb_fail(err, SB_USAGE, "sandbox-spec", "home must be a clean absolute path, not \"%s\"", control->home);
	if (control->umask > 0777)
		return sb_fail(err, SB_USAGE, "sandbox-spec", "umask %o is not a permission mask", control->umask);
	return 0;
}

static bool reserved(const char *name)
{
	return strcmp(name, "OUT") == 0 || strcmp(name, "JOBS") == 0;
}

static int env_check(const struct sb_sandbox_spec *spec, struct sb_err *err)
{
	for (size_t i = 0; i < spec->env_count; i++) {
		const char *name = spec->env[i].name;

		if (!*name || isdigit((unsigned char)*name) || !clean(name, "_"))
			return sb_fail(err, SB_USAGE, "sandbox-spec", "\"%s\" is no name of an environment variable", name);
		if (reserved(name))
			return sb_fail(err, SB_USAGE, "sandbox-spec", "%s is set by the environment itself", name);
	}
	return 0;
}

/** Relative, without "..", "." or empty components; "." alone is the top. */
static bool relative(const char *path)
{
	char absolute[4100];

	if (strcmp(path, ".") == 0)
		return true;
	if (strlen(path) + 2 > sizeof(absolute))
		return false;
	absolute[0] = '/';
	memcpy(absolute + 1, path, strlen(path) + 1);
	return *path != '/' && sb_path_is_clean_absolute(absolute);
}

static int steps_check(const struct sb_sandbox_spec *spec, struct sb_err *err)
{
	if (spec->step_count == 0)
		return sb_fail(err, SB_USAGE, "sandbox-spec", "there is no step to run");
	for (size_t i = 0; i < spec->step_count; i++) {
		const struct sb_drop_step *step = &spec->steps[i];

		if (step->kind == SB_STEP_RUN ? !step->argv || !step->argv[0] || !*step->argv[0] : !step->script)
			return sb_fail(err, SB_USAGE, "sandbox-spec", "step %zu has nothing to run", i + 1);
		if (step->cwd && !relative(step->cwd))
			return sb_fail(err, SB_USAGE, "sandbox-spec", "step %zu: cwd \"%s\" leaves the build path", i + 1, step->cwd);
		if (step->cwd && strlen(spec->build_path) + strlen(step->cwd) + 2 > PATH_MAX)
			return sb_fail(err, SB_USAGE, "sandbox-spec", "step %zu: the path of its folder is too long", i + 1);
	}
	for (size_t i = 0; i < spec->output_count; i++)
		if (!relative(spec->outputs[i]))
			return sb_fail(err, SB_USAGE, "sandbox-spec", "output \"%s\" leaves the build path", spec->outputs[i]);
	return 0;
}

static bool starts_with_part(const char *path, const char *part)
{
	size_t n = strlen(part);

	return strncmp(path, part, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* As deep as sb_beneath_make_dir goes, with "out" below it. */
static bool is_too_deep(const char *path)
{
	size_t parts = 1;

	for (; *path; path++)
		parts += *path == '/';
	return parts >= SB_CURSOR_DEPTH;
}

static int build_path_check(const struct sb_sandbox_spec *spec, struct sb_err *err)
{
	static const char *const never[] = {"/dev", "/proc", "/sys", "/etc"};

	if (!spec->build_path || !sb_path_is_clean_absolute(spec->build_path) || strcmp(spec->build_path, "/") == 0)
		return sb_fail(err, SB_USAGE, "sandbox-spec", "the build path must be a clean absolute path below /");
	if (is_too_deep(spec->build_path) || strlen(spec->build_path) + sizeof("/out") > PATH_MAX)
		return sb_fail(err, SB_USAGE, "sandbox-spec", "the build path has more folders, or is longer, than this system can make");
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (starts_with_part(spec->build_path, never[i]))
			return sb_fail(err, SB_USAGE, "build-path-taken", "%s cannot hold a build: %s belongs to the environment",
			               spec->build_path, never[i]);
	return 0;
}

static int source_check(const struct sb_tree *source, struct sb_err *err)
{
	if (source && sb_inventory_find(source->inventory, "out"))
		return sb_fail(err, SB_USAGE, "out-occupied", "the sources bring \"out\", which must be empty at the start");
	return 0;
}

int sb_spec_check(const struct sb_sandbox_spec *spec, struct sb_err *err)
{
	int rc;

	if (spec->host_root == (spec->root != NULL))
		return sb_fail(err, SB_USAGE, "sandbox-spec", "choose the host's system directories or a toolchain root");
	rc = build_path_check(spec, err);
	if (rc == 0)
		rc = controls_check(&spec->control, err);
	if (rc == 0)
		rc = env_check(spec, err);
	if (rc == 0)
		rc = steps_check(spec, err);
	if (rc == 0)
		rc = source_check(spec->source, err);
	return rc;
}
