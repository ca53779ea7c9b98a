/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded before the C library: the allocation whose number SB_FAIL_ALLOC names fails, counted from the first that main makes, and all
 * after it do when the number is negative. That it was reached is noted by creating the file SB_FAIL_LOG.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long made;
static long wanted;

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("SB_FAIL_ALLOC");
	wanted = number ? strtol(number, NULL, 10) : 0;
	atomic_store(&made, 0);
}

/* libseccomp 2.5.4 turns in circles for ever when an allocation fails while it makes a program: its calls are left alone. */
static bool is_of_libseccomp(const void *caller)
{
	Dl_info info;
	return dladdr(caller, &info) != 0 && info.dli_fname && strstr(info.dli_fname, "libseccomp") != NULL;
}

static bool fails(const void *caller)
{
	if (wanted == 0 || is_of_libseccomp(caller))
		return false;
	long number = atomic_fetch_add(&made, 1) + 1;
	if (number != wanted && !(wanted < 0 && number >= -wanted))
		return false;
	const char *log = getenv("SB_FAIL_LOG");
	int fd = log ? open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		close(fd);
	errno = ENOMEM;
	return true;
}

__attribute__((visibility("default"))) void *malloc(size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

__attribute__((visibility("default"))) void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, n);
}
