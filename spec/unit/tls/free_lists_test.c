/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/crypto.h>

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls/free_lists.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static void
sized_blocks_hold_their_bytes(void **state)
{
	(void)state;
	assert_null(OPENSSL_malloc(0));
	for (size_t n = 1; n < 70000; n += n / 3 + 1)
		for (int again = 0; again < 3; again++) {
			unsigned char *p = OPENSSL_malloc(n);

			assert_non_null(p);
			assert_true(malloc_usable_size(p) >= n);
			memset(p, (int)n, n);
			OPENSSL_free(p);
		}
	OPENSSL_free(NULL);
}

static void
a_block_that_grows_keeps_its_bytes(void **state)
{
	unsigned char *p = NULL;

	(void)state;
	for (size_t n = 1; n < 200000; n = n * 3 / 2 + 1) {
		p = OPENSSL_realloc(p, n);
		assert_non_null(p);
		memset(p + n / 2, (int)(n & 0xff), n - n / 2);
		p = OPENSSL_realloc(p, n + 1);
		for (size_t i = n / 2; i < n; i++)
			assert_int_equal(p[i], n & 0xff);
	}
	p = OPENSSL_realloc(p, 10);
	assert_non_null(p);
	assert_null(OPENSSL_realloc(p, 0));
}

static void
the_last_block_of_a_size_comes_first(void **state)
{
	void *one, *two, *other;

	(void)state;
	if (SANITIZED)
		skip();
	one = OPENSSL_malloc(1000);
	two = OPENSSL_malloc(1000);
	OPENSSL_free(one);
	OPENSSL_free(two);
	other = OPENSSL_malloc(5000);
	assert_ptr_equal(OPENSSL_malloc(1000), two);
	assert_ptr_equal(OPENSSL_malloc(1000), one);
	OPENSSL_free(one);
	OPENSSL_free(two);
	OPENSSL_free(other);
}

/* The bytes of the process's blocks that the C library does not have back. */
static size_t
in_use(void)
{
	return mallinfo2().uordblks;
}

static void
a_thread_keeps_so_many_bytes_and_no_more(void **state)
{
	enum { N = 3 * FREE_LISTS_BYTES / 8192 };
	void **block = calloc(N, sizeof *block);
	size_t before = in_use();

	(void)state;
	assert_non_null(block);
	for (int i = 0; i < N; i++)
		block[i] = OPENSSL_malloc(8192);
	for (int i = 0; i < N; i++)
		OPENSSL_free(block[i]);
	free(block);
	if (SANITIZED)
		skip();
	assert_true(in_use() < before + FREE_LISTS_BYTES + 16384);
}

static void
a_block_that_is_freed_twice_ends_the_process(void **state)
{
	int status;
	pid_t child;

	(void)state;
	if (SANITIZED)
		skip();
	child = fork();
	if (child == 0) {
		void *other = OPENSSL_malloc(100), *p = OPENSSL_malloc(100);

		fclose(stderr);
		OPENSSL_free(p);
		OPENSSL_free(other);
		OPENSSL_free(p);
		_exit(0);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void *
free_lists_test_thread(void *arg)
{
	void **block = arg;

	for (int i = 0; i < 100; i++)
		OPENSSL_free(block[i]);
	for (int i = 0; i < 100; i++)
		block[i] = OPENSSL_malloc(3000);
	for (int i = 0; i < 50; i++)
		OPENSSL_free(block[i]);
	return NULL;
}

/* Blocks of this thread, freed by another one; blocks of the other one, freed after its end. */
static void
threads_free_the_blocks_of_each_other(void **state)
{
	void *block[100];
	pthread_t thread;

	(void)state;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 100; i++)
			block[i] = OPENSSL_malloc(3000);
		assert_int_equal(pthread_create(&thread, NULL, free_lists_test_thread, block), 0);
		pthread_join(thread, NULL);
		for (int i = 50; i < 100; i++) {
			memset(block[i], 1, 3000);
			OPENSSL_free(block[i]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sized_blocks_hold_their_bytes),
		cmocka_unit_test(a_block_that_grows_keeps_its_bytes),
		cmocka_unit_test(the_last_block_of_a_size_comes_first),
		cmocka_unit_test(a_thread_keeps_so_many_bytes_and_no_more),
		cmocka_unit_test(a_block_that_is_freed_twice_ends_the_process),
		cmocka_unit_test(threads_free_the_blocks_of_each_other),
	};

	free_lists_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
