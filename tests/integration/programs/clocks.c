/* SPDX-License-Identifier: Apache-2.0 */
/* Every way to the time of day, the random bytes and the addresses of a process, one a line: NAME VALUE. */
#define _GNU_SOURCE
#include <elf.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void show(const char *name, clockid_t clock)
{
	struct timespec libc = {0}, raw = {0};

	clock_gettime(clock, &libc);
	syscall(SYS_clock_gettime, clock, &raw);
	printf("%s %lld.%09ld\n%s-raw %lld.%09ld\n", name, (long long)libc.tv_sec, libc.tv_nsec, name, (long long)raw.tv_sec, raw.tv_nsec);
}

int main(void)
{
	struct timeval libc = {0}, raw = {0};
	const unsigned char *start = (const unsigned char *)getauxval(AT_RANDOM);
	unsigned long word = 0;

	show("realtime", CLOCK_REALTIME);
	show("coarse", CLOCK_REALTIME_COARSE);
	show("tai", CLOCK_TAI);
	gettimeofday(&libc, NULL);
	syscall(SYS_gettimeofday, &raw, NULL);
	printf("gettimeofday %lld.%06ld000\ngettimeofday-raw %lld.%06ld000\n", (long long)libc.tv_sec, libc.tv_usec, (long long)raw.tv_sec, raw.tv_usec);
	printf("time %lld.000000000\ntime-raw %ld.000000000\n", (long long)time(NULL), syscall(SYS_time, NULL));
	printf("getrandom %ld", (long)getrandom(&word, sizeof(word), 0));
	printf(" %lx\nstart ", word);
	for (int i = 0; i < 16; i++)
		printf("%02x", start[i]);
	printf("\nstack %p\n", (void *)&word);
	return 0;
}
