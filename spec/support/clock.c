/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: a library to be preloaded. The time of day is ahead or behind by the seconds that the file CLOCK holds. Only
 * clock_gettime of CLOCK_REALTIME is changed, by which a region tells the time and verifies the chains of partners. The
 * clock by which it waits and OpenSSL's own clock are not changed (spec/support/clock.lua).
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long
seconds(void)
{
	const char *file = getenv("CLOCK");
	char text[32] = "";
	int fd = file != NULL ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	if (fd >= 0)
		close(fd);
	return n > 0 ? atol(text) : 0;
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	static int (*next)(clockid_t, struct timespec *);
	int result;

	if (next == NULL)
		next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	result = next(clock, out);
	if (result == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += seconds();
	return result;
}
