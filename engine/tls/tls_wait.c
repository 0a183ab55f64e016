/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_wait: a handshake that waits for the verdict about its chain. It runs as a job of OpenSSL (ASYNC), on a stack of
 * 32 KiB without a guard page. The callback for the chain pauses the job, and OpenSSL returns to tls_handshake. A
 * paused job holds objects of OpenSSL that only its own code frees, so its stream is never freed before it has ended.
 */
#include "tls/tls_internal.h"

#include <openssl/async.h>
#include <openssl/err.h>

void
tls_let_wait(struct tls *t)
{
	t->waits = true;
	SSL_set_mode(t->ssl, SSL_MODE_ASYNC);
}

enum tls_judgement
tls_wait_pause(struct tls *t, struct certificate *c, const struct cert_fault *why)
{
	if (t->asked || ASYNC_get_current_job() == NULL)
		return TLS_REFUSE_ERROR;
	t->chain = c;
	t->why = why;
	t->verdict = TLS_LATER;
	if (!ASYNC_pause_job())
		t->verdict = TLS_REFUSE_ERROR;
	t->chain = NULL;
	t->why = NULL;
	return t->verdict;
}

bool
tls_wait_paused(const struct tls *t)
{
	return SSL_waiting_for_async(t->ssl) != 0;
}

bool
tls_wait_ask(struct tls *t)
{
	t->verdict = tls_callbacks_ask(t, t->chain, t->why);
	return t->verdict != TLS_LATER;
}

void
tls_verdict(struct tls *t, enum tls_judgement j)
{
	if (tls_wait_paused(t) && t->verdict == TLS_LATER)
		t->verdict = tls_callbacks_judged(j != TLS_LATER ? j : TLS_REFUSE_ERROR, t->chain, t->why);
}

void
tls_wait_break(struct tls *t)
{
	if (!tls_wait_paused(t))
		return;
	t->verdict = TLS_REFUSE_ERROR;
	t->dead = true;
	ERR_clear_error();
	SSL_do_handshake(t->ssl); /* the alert is sent if there is room for it; a refused handshake asks nothing again */
	ERR_clear_error();
}

void
tls_thread_begin(size_t most)
{
	if (!ASYNC_init_thread(most, 0))
		ERR_clear_error();
}

void
tls_thread_end(void)
{
	ASYNC_cleanup_thread();
}
