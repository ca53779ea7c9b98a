/* SPDX-License-Identifier: Apache-2.0 */
/* Uses every function of libsamebuild in the ways that its header allows, and in those that it refuses. Prints "ok" at the end, else what is wrong. */
#include <samebuild.h>

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <errno.h>

#define CHECK(what) \
	do { \
		if (!(what)) { \
			printf("line %d: %s\n", __LINE__, #what); \
			exit(1); \
		} \
	} while (0)

static unsigned count(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static void note(void *context, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	CHECK(stage && what && done <= total);
	__atomic_add_fetch((int *)context, 1, __ATOMIC_RELAXED);
}

/* Compares the two names; the caller frees the record. */
static char *record(struct samebuild *session, const char *a, const char *b, const struct samebuild_compare_options *options, enum samebuild_level wanted)
{
	struct samebuild_comparison *comparison = NULL;
	struct samebuild_error error;
	const char *text = NULL;
	size_t length = 0;

	CHECK(samebuild_open(session, a, b, options, &comparison, &error) == 0);
	CHECK(samebuild_level(comparison) == SAMEBUILD_UNDETERMINED);
	CHECK(samebuild_report(comparison, "json", &text, &length, &error) == SAMEBUILD_USAGE && strcmp(error.id, "library-order") == 0 && !text);
	CHECK(samebuild_run(comparison, &error) == 0);
	CHECK(samebuild_level(comparison) == wanted);
	CHECK(samebuild_run(comparison, &error) == SAMEBUILD_USAGE && strcmp(error.id, "library-order") == 0);
	CHECK(samebuild_level(comparison) == wanted);
	CHECK(samebuild_report(comparison, "pdf", &text, NULL, &error) == SAMEBUILD_USAGE && strcmp(error.id, "report-format") == 0);
	CHECK(samebuild_report(comparison, "html", &text, NULL, NULL) == 0 && strstr(text, "<!doctype html>") == text);
	CHECK(samebuild_report(comparison, "json", &text, &length, &error) == 0 && strlen(text) == length);
	char *copy = strdup(text);
	samebuild_close(&comparison);
	CHECK(!comparison);
	samebuild_close(&comparison);
	return copy;
}

static void refuse(struct samebuild *session)
{
	struct samebuild_comparison *comparison = NULL;
	struct samebuild_error error;
	struct samebuild_compare_options options = {.size = sizeof options, .facts = "{", .facts_name = "given"};
	struct samebuild_options wrong = {.size = 8};
	struct samebuild *other = NULL;

	CHECK(samebuild_open(session, "absent", "b", NULL, &comparison, &error) == SAMEBUILD_IO && strcmp(error.id, "file-unreadable") == 0 && !comparison);
	CHECK(samebuild_open(session, "a", ".", NULL, &comparison, &error) == SAMEBUILD_USAGE && strcmp(error.id, "not-comparable") == 0 && !comparison);
	CHECK(samebuild_open(session, "a", "b", &options, &comparison, &error) < 0 && strcmp(error.id, "facts-malformed") == 0 && !comparison);
	options.size = 1;
	CHECK(samebuild_open(session, "a", "b", &options, &comparison, NULL) == SAMEBUILD_USAGE && !comparison);
	CHECK(samebuild_new(&wrong, &other, &error) == SAMEBUILD_USAGE && strcmp(error.id, "library-options") == 0 && !other);
}

static void *try_in_thread(void *unused)
{
	struct samebuild *session = NULL;
	struct samebuild_error error;
	struct samebuild_options options = {.size = sizeof options, .in_process = 1};

	CHECK(samebuild_new(NULL, &session, &error) == SAMEBUILD_USAGE && strcmp(error.id, "caller-has-threads") == 0 && !session);
	CHECK(samebuild_new(&options, &session, &error) == 0);
	char *text = record(session, "a.gz", "b.gz", NULL, SAMEBUILD_DIFFERENT);
	CHECK(strstr(text, "off: parsed in the main process"));
	free(text);
	samebuild_free(&session);
	return unused;
}

static void stop_early(void)
{
	static const volatile sig_atomic_t stop = 1;
	struct samebuild_options options = {.size = sizeof options, .stop = &stop, .in_process = 1};
	struct samebuild *session = NULL;
	struct samebuild_comparison *comparison = NULL;
	struct samebuild_error error = {.code = 0};

	CHECK(samebuild_new(&options, &session, &error) == 0);
	int rc = samebuild_open(session, "a", "b", NULL, &comparison, &error);
	if (rc == 0)
		rc = samebuild_run(comparison, &error);
	CHECK(rc == SAMEBUILD_INTERRUPTED && error.code == SAMEBUILD_INTERRUPTED);
	CHECK(!comparison || samebuild_level(comparison) == SAMEBUILD_UNDETERMINED);
	samebuild_close(&comparison);
	samebuild_free(&session);
}

int main(void)
{
	int steps = 0;
	struct samebuild_options options = {.size = sizeof options, .progress = note, .context = &steps};
	struct samebuild_compare_options four = {.size = sizeof four, .jobs = 4};
	struct samebuild *session = NULL;
	struct samebuild_error error;
	struct sigaction before[32], after;
	unsigned files = count("/proc/self/fd");

	for (int number = 1; number < 32; number++)
		sigaction(number, NULL, &before[number]);
	CHECK(strcmp(samebuild_version(), "") != 0);
	CHECK(strcmp(samebuild_level_name(SAMEBUILD_IDENTICAL), "identical") == 0 && strcmp(samebuild_level_name(77), "undetermined") == 0);
	CHECK(samebuild_new(&options, &session, &error) == 0);
	free(record(session, "a", "a", NULL, SAMEBUILD_IDENTICAL));
	char *one = record(session, "a.gz", "b.gz", NULL, SAMEBUILD_DIFFERENT), *two = record(session, "a.gz", "b.gz", &four, SAMEBUILD_DIFFERENT);
	CHECK(strcmp(one, two) == 0 && steps > 0);
	FILE *kept = fopen("library.json", "w");
	CHECK(kept && fputs(one, kept) >= 0 && fclose(kept) == 0);
	free(one);
	free(two);
	refuse(session);
	samebuild_free(&session);
	CHECK(!session);
	samebuild_free(&session);
	stop_early();
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, try_in_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
	CHECK(count("/proc/self/fd") == files);
	for (int number = 1; number < 32; number++)
		CHECK(sigaction(number, NULL, &after) == 0 && after.sa_handler == before[number].sa_handler);
	puts("ok");
	return 0;
}
