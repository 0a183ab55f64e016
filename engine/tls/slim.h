/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slim: fewer key formats for OpenSSL. OpenSSL 3.0 looks through the decoders and key types of all providers for each
 * certificate that a peer presents; most of them are for keys that no TLS of this program uses. A provider in front of
 * OpenSSL's default one shows those of RSA, RSA-PSS, EC, Ed25519 and Ed448, and all other algorithms as they are.
 */
#ifndef SALLYPORT_SLIM_H
#define SALLYPORT_SLIM_H

#include "base/fault.h"

struct slim;

/*
 * Puts that provider in the place of the default one, for the whole process. Called once, before any other use of
 * OpenSSL. NULL with a sentence, and the process must end: the configuration of OpenSSL on this machine chooses
 * providers itself, or there is no memory.
 */
struct slim *slim_begin(struct fault *f);
/* Called after the last use of OpenSSL. NULL is fine. */
void slim_end(struct slim *s);

#endif
