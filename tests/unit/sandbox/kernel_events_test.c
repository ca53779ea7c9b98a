/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/kernel_events.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(kernel_events, .fini = no_leaks);

enum { PASSED = 0, FAILED, REFUSED, MANY = 20000 };

static char top[64];
static struct sb_kernel_events events;
static struct sb_recorder *recorder;

static const struct sb_file_key key = {1, 10};

static bool explained(unsigned uses)
{
	const struct sb_kernel_event event = {.key = key, .uses = uses};

	return sb_kernel_event_explained(recorder, &event);
}

Test(kernel_events, a_read_is_explained_by_a_reader_and_a_write_by_a_writer)
{
	cr_assert_eq(sb_recorder_new(&recorder, NULL), 0);
	cr_expect_not(explained(SB_TRACE_READ), "nobody knows the file");
	sb_recorder_source(recorder, key, 0, (struct timespec){0});
	cr_expect_not(explained(SB_TRACE_READ));
	sb_recorder_use(recorder, 0, sb_recorder_find(recorder, key), SB_TRACE_READ);
	cr_expect(explained(SB_TRACE_READ));
	cr_expect_not(explained(SB_TRACE_WRITE), "a source that nobody opened for writing");
	cr_expect_not(explained(SB_TRACE_READ | SB_TRACE_WRITE));
	const struct sb_writing writing = {.process = 1, .key = key, .path = "/f", .truncates = true, .alone = true};
	sb_recorder_write(recorder, &writing);
	cr_expect(explained(SB_TRACE_READ | SB_TRACE_WRITE), "the old version was read, the new one written");
	sb_recorder_free(&recorder);
}

static bool put(const char *path, const char *text)
{
	SB_CLOSING int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/** A tmpfs of a namespace of our own, watched. */
static int begin(void)
{
	const char *const tops[] = {top};
	char user[32], group[32];

	snprintf(user, sizeof(user), "0 %u 1", (unsigned)geteuid());
	snprintf(group, sizeof(group), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !put("/proc/self/setgroups", "deny") || !put("/proc/self/uid_map", user) ||
	    !put("/proc/self/gid_map", group))
		return REFUSED;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("t", top, "tmpfs", 0, NULL) != 0)
		return REFUSED;
	sb_kernel_events_begin(tops, 1, &events);
	if (events.fd < 0 || sb_recorder_new(&recorder, NULL) != 0)
		return REFUSED;
	return PASSED;
}

static bool make(const char *name, bool known)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	SB_CLOSING int fd = open(path, O_CREAT | O_RDWR, 0600);
	if (fd < 0 || fstat(fd, &st) != 0 || !known)
		return fd >= 0;
	const struct sb_writing writing = {.process = 0, .key = {.device = st.st_dev, .inode = st.st_ino}, .path = path};
	sb_recorder_use(recorder, 1, sb_recorder_write(recorder, &writing), SB_TRACE_READ);
	return true;
}

/** By a process of its own: what we do ourselves is init's. */
static bool use(const char *name, bool writes)
{
	char path[128], byte = 'x';
	int status = -1;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open(path, O_RDWR);
		bool done = fd >= 0 && write(fd, &byte, 1) == 1 && (writes || pread(fd, &byte, 1, 0) == 1);
		_exit(done ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static const struct sb_recorded_doubt *last_doubt(size_t *count)
{
	const struct sb_recorded_doubt *doubts = sb_recorder_doubts(recorder, count);

	return *count ? &doubts[*count - 1] : NULL;
}

static int unseen(void)
{
	int rc = begin();
	size_t count;

	if (rc)
		return rc;
	if (!make("known", true) || !make("unknown", false) || !use("known", false) || !use("unknown", false))
		return FAILED;
	sb_kernel_events_end(&events, recorder);
	const struct sb_recorded_doubt *doubt = last_doubt(&count);
	return count == 1 && doubt->integrity && strcmp(doubt->id, "read-unseen") == 0 && sb_recorder_is_witnessed(recorder) ? PASSED : FAILED;
}

static int agreed(void)
{
	int rc = begin();
	size_t count;

	if (rc)
		return rc;
	if (!make("known", true) || !make("idle", false) || !use("known", false))
		return FAILED;
	sb_kernel_events_end(&events, recorder);
	return !last_doubt(&count) && sb_recorder_is_witnessed(recorder) ? PASSED : FAILED;
}

static int written(void)
{
	int rc = begin();
	size_t count;

	if (rc)
		return rc;
	if (!make("unknown", false) || !use("unknown", true))
		return FAILED;
	sb_kernel_events_end(&events, recorder);
	const struct sb_recorded_doubt *doubt = last_doubt(&count);
	return count == 1 && doubt->integrity && strcmp(doubt->id, "written-unseen") == 0 ? PASSED : FAILED;
}

/** More than the queue holds, of files that are all explained: what was lost might have been another one. */
static int lost(void)
{
	int rc = begin(), failed = 0;
	char name[16];
	size_t count;

	if (rc)
		return rc;
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		failed |= !make(name, true);
	}
	if (failed)
		return FAILED;
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < MANY; i++) {
			char path[128], byte = 'x';
			snprintf(path, sizeof(path), "%s/%d", top, i);
			SB_CLOSING int fd = open(path, O_RDWR);
			failed |= fd < 0 || write(fd, &byte, 1) != 1;
		}
		_exit(failed);
	}
	waitpid(pid, &failed, 0);
	sb_kernel_events_end(&events, recorder);
	const struct sb_recorded_doubt *doubt = last_doubt(&count);
	return !failed && count == 1 && strcmp(doubt->id, "witness-incomplete") == 0 && !sb_recorder_is_witnessed(recorder) ? PASSED : FAILED;
}

static void in_a_namespace(int (*body)(void))
{
	int status = 0;

	snprintf(top, sizeof(top), "/var/tmp/kernel-events-XXXXXX");
	cr_assert(mkdtemp(top));
	pid_t pid = fork();
	if (pid == 0)
		_exit(body());
	waitpid(pid, &status, 0);
	rmdir(top);
	cr_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == REFUSED)
		cr_skip_test("this kernel does not let a user namespace watch its files");
	cr_expect_eq(WEXITSTATUS(status), PASSED);
}

Test(kernel_events, what_was_read_without_a_record_is_a_violation)
{
	in_a_namespace(unseen);
}

Test(kernel_events, what_was_written_without_a_record_is_a_violation)
{
	in_a_namespace(written);
}

Test(kernel_events, what_the_record_explains_is_no_doubt)
{
	in_a_namespace(agreed);
}

Test(kernel_events, what_the_kernel_dropped_is_no_witness)
{
	in_a_namespace(lost);
}
