/* SPDX-License-Identifier: Apache-2.0 */
#include "region/identity.h"

#include "region/followed.h"
#include "config/definition_place.h"
#include "conn/service_socket.h"

#include <stdio.h>
#include <unistd.h>

#define FIRST_FREE_PORT 1024 /* the system's default */

/* The first port that needs no right. */
static int
first_free_port(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	int port = FIRST_FREE_PORT;

	if (file != NULL) {
		if (fscanf(file, "%d", &port) != 1)
			port = FIRST_FREE_PORT;
		fclose(file);
	}
	return port;
}

static bool
user_given(const struct definition *d)
{
	return (d->region.given >> (attribute_find(resource_region, "user") - resource_region) & 1) != 0;
}

/* Binds the port of one tcpipservice, which the process can bind again later, or not. */
static int
bind_one(const struct definition *d, const struct tcpipservice_def *s, bool keep_bind, struct handed *h, struct faults *faults)
{
	bool again = keep_bind || s->portnumber == 0 || s->portnumber >= first_free_port();
	struct fault f;
	int fd = service_socket_open(s, &f);

	if (fd < 0)
		definition_fault(d, faults, FAULT_ERROR, "listen", s->line, "tcpipservice %s: %s", s->tcpipservice, f.text);
	else if (handed_add(h, s->tcpipservice, fd, again ? HANDED_AGAIN : HANDED_ONCE) < 0)
		faults_add(faults, FAULT_ERROR, "memory", NULL, 0, "no memory for a socket");
	else
		return 0;
	return -1;
}

static int
bind_ports(const struct definition *d, struct identity *i, struct handed *h, struct faults *faults)
{
	int rc = 0;

	for (size_t n = 0; n < d->ntcpipservices; n++) {
		const struct tcpipservice_def *s = &d->tcpipservice[n];

		if (s->status == STATUS_OPEN && handed_find(h, s->tcpipservice) == NULL)
			rc |= bind_one(d, s, i->keep_bind, h, faults);
	}
	return rc;
}

static int
complain(const struct definition *d, const struct fault *f, struct faults *faults)
{
	definition_fault(d, faults, FAULT_ERROR, "user", d->region.line, "region: user: %s", f->text);
	return -1;
}

static int
prepare(const struct definition *d, struct faults *found, struct identity *out, struct handed *h, struct faults *faults)
{
	const struct region_def *r = &d->region;
	struct fault f;

	if (*r->user == '\0' && user_given(d)) { /* its value is faulty: do not go on as root */
		faults_merge(faults, found, FAULT_ERROR);
		return -1;
	}
	if (*r->user == '\0')
		return 0;
	if (osuser_find(r->user, &out->user, &f) < 0)
		return complain(d, &f, faults);
	out->changes = true;
	out->keep_bind = r->keep_caps == KEEP_CAPS_BIND;
	return bind_ports(d, out, h, faults);
}

int
identity_prepare(const char *file, struct identity *out, struct handed *h, struct faults *faults)
{
	struct faults found = { 0 };
	struct definition *d = geteuid() == 0 ? followed_definition(&(struct followed_order){ .file = file, .draft = true }, NULL, &found) : NULL;
	int rc = d != NULL ? prepare(d, &found, out, h, faults) : 0;

	definition_free(d);
	faults_free(&found);
	return rc;
}

int
identity_assume(const struct identity *i, struct faults *faults)
{
	struct fault f;

	if (!i->changes || osuser_become(&i->user, i->keep_bind, &f) == 0)
		return 0;
	faults_add(faults, FAULT_ERROR, "user", NULL, 0, "region: user: %s", f.text);
	return -1;
}

int
identity_check(const struct definition *d, struct faults *faults)
{
	struct osuser a;
	struct fault f;

	if (*d->region.user == '\0')
		return 0;
	if (osuser_find(d->region.user, &a, &f) < 0)
		return complain(d, &f, faults);
	if (osuser_is(&a))
		return 0;
	if (geteuid() == 0)
		fault_set(&f, "the generation that is loaded names %s, and region.lua did not when the process could still become it", a.name);
	else
		fault_set(&f, "%s is another user than that of this process (uid %u), which cannot become it; start the region as root or as %s", a.name,
			(unsigned)geteuid(), a.name);
	return complain(d, &f, faults);
}
