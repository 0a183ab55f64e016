/* SPDX-License-Identifier: Apache-2.0 */
/* program_builtin: the programs that are built into the region: ECHO and WHOAMI. */
#include "request/program.h"

#include "ipic/json_body.h"

#include <jansson.h>

#include <string.h>

#define UTF8_CCSID 1208

static void
echo(struct task *t)
{
	if (buf_add(&t->answer, t->data, t->len) < 0) {
		program_failed(t, SENSE_SYSTEM_ERROR, "no memory for an answer of %zu bytes", t->len);
		return;
	}
	t->answer_ccsid = t->ccsid;
	program_end(t);
}

/* Sets a member; an unknown value is null. Bytes that are not UTF-8 are escaped as in the log. -1: no memory. */
static int
put(json_t *o, const char *key, const char *value)
{
	char printed[1024];
	json_t *text;

	if (value == NULL || *value == '\0')
		return json_object_set_new(o, key, json_null());
	text = json_string(value);
	if (text == NULL)
		text = json_string(text_printable(printed, sizeof printed, value, strlen(value)));
	return json_object_set_new(o, key, text);
}

/* Returns o, or NULL when a member could not be set: an incomplete identity would be a wrong answer. */
static json_t *
whole(json_t *o, int failed)
{
	if (failed == 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
pair(const char *applid, const char *networkid)
{
	json_t *o = json_object();
	int failed = put(o, "applid", applid);

	failed |= put(o, "networkid", networkid);
	return whole(o, failed);
}

static json_t *
checked(const struct users *u)
{
	json_t *list = json_array();
	int failed = 0;

	for (unsigned n = 0; n < u->nchecked; n++)
		failed |= json_array_append_new(list, json_string(u->checked[n]));
	return whole(list, failed);
}

static json_t *
certificate(const struct certificate *c)
{
	json_t *o;
	int failed;

	if (c == NULL)
		return json_null();
	o = json_object();
	failed = put(o, "subject", c->subject.printed);
	failed |= put(o, "sha256", c->sha256);
	return whole(o, failed);
}

/* The engine has validated every name. The password of the request is not a member. */
static json_t *
who(const struct task *t)
{
	const struct region_def *r = &t->generation->definition->region;
	const struct facts *f = t->conn->facts;
	json_t *o = pair(r->applid, r->networkid);
	int failed = put(o, "ipconn", t->ipconn->def->ipconn);

	failed |= json_object_set_new(o, "partner", pair(t->ipconn->def->applid, t->ipconn->def->networkid));
	failed |= put(o, "connection", f->connection);
	failed |= put(o, "linkuser", t->users.link);
	failed |= put(o, "userid", t->users.task);
	failed |= json_object_set_new(o, "checked", checked(&t->users));
	failed |= put(o, "tran", t->request.tran);
	failed |= put(o, "program", t->program->program);
	failed |= json_object_set_new(o, "hops", json_integer(t->request.hops));
	failed |= json_object_set_new(o, "generation", json_integer((json_int_t)t->generation->number));
	failed |= json_object_set_new(o, "certificate", certificate(f->certificate));
	failed |= put(o, "tls", f->tls.version);
	return whole(o, failed);
}

static void
whoami(struct task *t)
{
	if (json_body_write(&t->answer, who(t), 0) < 0) {
		program_failed(t, SENSE_SYSTEM_ERROR, "no memory for the description of the request");
		return;
	}
	t->answer_ccsid = UTF8_CCSID;
	program_end(t);
}

void
program_builtin_begin(struct task *t)
{
	if (strcmp(t->program->builtin, "WHOAMI") == 0)
		whoami(t);
	else
		echo(t);
}
