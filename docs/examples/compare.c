/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest useful program over libsamebuild: compares two files, prints the level and, when it is not good enough, the page for a terminal.
 *
 *	cc -o compare compare.c $(pkg-config --cflags --libs samebuild)
 */
#include <samebuild.h>
#include <stdio.h>

static int fail(const struct samebuild_error *error)
{
	fprintf(stderr, "error[%s]: %s\n", error->id, error->message);
	return 2;
}

static int compare(struct samebuild *session, const char *shipped, const char *rebuilt)
{
	struct samebuild_comparison *comparison = NULL;
	struct samebuild_error error;
	const char *page = NULL;
	int code = 2;

	if (samebuild_open(session, shipped, rebuilt, NULL, &comparison, &error) || samebuild_run(comparison, &error) ||
	    samebuild_report(comparison, "text", &page, NULL, &error)) {
		fail(&error);
	} else {
		code = samebuild_level(comparison) >= SAMEBUILD_EXPLAINED ? 0 : 1;
		printf("%s\n%s", samebuild_level_name(samebuild_level(comparison)), code ? page : "");
	}
	samebuild_close(&comparison);
	return code;
}

int main(int argc, char **argv)
{
	struct samebuild *session = NULL;
	struct samebuild_error error;

	if (argc != 3)
		return 2;
	if (samebuild_new(NULL, &session, &error))
		return fail(&error);
	int code = compare(session, argv[1], argv[2]);
	samebuild_free(&session);
	return code;
}
