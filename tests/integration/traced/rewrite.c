/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a path that a second thread keeps changing: a tracer that reads it and lets the kernel read it again sees another file than the process. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[64] = "/build/x/decoy";
static volatile int stop;

static void *flip(void *unused)
{
	static const char *const names[] = {"/build/x/decoy", "/build/x/real\0"};

	for (int i = 0; !stop; i ^= 1) {
		memcpy(path, names[i], sizeof "/build/x/decoy");
		for (volatile int k = 0; k < 2000; k++)
			;
	}
	return unused;
}

int main(void)
{
	pthread_t thread;
	int real = 0;

	if (pthread_create(&thread, NULL, flip, NULL) != 0)
		return 1;
	for (int i = 0; i < 2000; i++) {
		char c = 0;
		int fd = open(path, O_RDONLY);

		real += fd >= 0 && read(fd, &c, 1) == 1 && c == 'R';
		if (fd >= 0)
			close(fd);
	}
	stop = 1;
	printf("%d\n", real);
	return 0;
}
