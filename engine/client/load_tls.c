/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/connect_tls.h"
#include "tls/issue.h"
#include "tls/ring.h"

#define DAY (24 * 60 * 60) /* seconds */
#define DAYS 30            /* the life of a made certificate */

struct paths { /* of the made authority */
	char certificate[PATH_SIZE + 32], key[PATH_SIZE + 32];
};

/* --- the authority of --make-certificates */

static int
name_paths(const char *dir, struct paths *p, struct fault *f)
{
	if (strlen(dir) >= PATH_SIZE)
		return fault_set(f, "--make-certificates: the path has more than %d bytes", PATH_SIZE - 1);
	snprintf(p->certificate, sizeof p->certificate, "%s/authority.pem", dir);
	snprintf(p->key, sizeof p->key, "%s/authority.key", dir);
	return 0;
}

static int
make_authority(struct load_tls *t, const struct paths *p, struct fault *f)
{
	if (mkdir(t->o->made, 0700) < 0 && errno != EEXIST)
		return fault_set(f, "%s: %s", t->o->made, strerror(errno));
	t->issuer = issue_authority("Sallyport load authority", f);
	if (t->issuer == NULL || issue_write_authority(t->issuer, p->certificate, p->key, f) < 0)
		return -1;
	printf("%s is a new authority. Copy it into the directory signers of the region's ring, reload the region, and run the command again:\n"
		"the partners then have certificates of this authority. Remove it from the ring after the test.\n", p->certificate);
	return 1;
}

static int
open_authority(struct load_tls *t, struct fault *f)
{
	struct paths p;

	if (name_paths(t->o->made, &p, f) < 0)
		return -1;
	if (access(p.certificate, F_OK) < 0 && access(p.key, F_OK) < 0)
		return make_authority(t, &p, f);
	t->issuer = issue_read_authority(p.certificate, p.key, f);
	return t->issuer != NULL ? 0 : -1;
}

/* --- settings */

/* NULL with a sentence. issuer NULL: the certificate of the ring, or with no_own none. */
static struct tls_config *
configure(const struct load_tls *t, const struct issuer *issuer, const struct issue_leaf *leaf, bool no_own, struct fault *f)
{
	const char *label = t->o->line.value[OPT_LABEL];
	struct tls_options o = { .ring = t->ring, .label = label != NULL ? label : "", .optional_own = true, .ciphers = "", .no_own = no_own,
		.issuer = issuer, .leaf = leaf };

	connect_tls_versions(&t->o->line, &o);
	return tls_config_new(WAY_OUT, &o, f);
}

/* Makes the settings of one partner with a certificate of its own. */
static struct tls_config *
make(const struct load_tls *t, const struct issuer *by, bool expired, const struct capex *c, struct fault *f)
{
	char cn[2 * NAME_SIZE];
	int n = snprintf(cn, sizeof cn, "%s%s%s", c->networkid, c->networkid[0] != '\0' ? "." : "", c->applid);
	const struct issue_text name = { "CN", cn, (size_t)n };
	int64_t now = time(NULL);
	const struct issue_leaf leaf = { .text = &name, .n = 1, .not_before = now - 2 * DAY, .not_after = expired ? now - DAY : now + DAYS * DAY };

	return configure(t, by, &leaf, false, f);
}

static bool
has_tls(const struct load_tls *t)
{
	return t->ring != NULL || t->issuer != NULL;
}

int
load_tls_for(struct load_tls *t, enum load_kind k, const struct capex *capex, struct tls_config **out, struct fault *f)
{
	if (!has_tls(t))
		*out = NULL;
	else if (k == LOAD_NO_CERTIFICATE)
		*out = tls_config_ref(t->bare);
	else if (k == LOAD_FOREIGN)
		*out = make(t, t->stranger, false, capex, f);
	else if (t->issuer != NULL)
		*out = make(t, t->issuer, k == LOAD_EXPIRED, capex, f);
	else
		*out = tls_config_ref(t->own);
	return *out != NULL || !has_tls(t) ? 0 : -1;
}

int
load_tls_open(struct load_tls *t, const struct load_options *o, struct fault *f)
{
	const char *ring = o->line.value[OPT_RING];
	int made;

	t->o = o;
	if (ring == NULL && o->made == NULL)
		return 0;
	if (ring != NULL && ((t->ring = connect_tls_ring(ring, f)) == NULL || (t->own = configure(t, NULL, NULL, false, f)) == NULL))
		return -1;
	made = o->made != NULL ? open_authority(t, f) : 0;
	if (made != 0)
		return made;
	t->bare = configure(t, NULL, NULL, true, f);
	t->stranger = t->bare != NULL ? issue_authority("Sallyport foreign authority", f) : NULL;
	return t->stranger != NULL ? 0 : -1;
}

void
load_tls_close(struct load_tls *t)
{
	tls_config_unref(t->own);
	tls_config_unref(t->bare);
	issue_free(t->issuer);
	issue_free(t->stranger);
	ring_unref(t->ring);
	*t = (struct load_tls){ .o = NULL };
}
