/* SPDX-License-Identifier: Apache-2.0 */
/* builtin: the programs a region brings along: ECHO and WHOAMI. */
#include "program.h"

#include <jansson.h>

#include <stdlib.h>
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

/* What is not known is null, so that whoever asks sees that it was thought of. Bytes that are no UTF-8 are shown as the log shows them. */
static void
put(json_t *o, const char *key, const char *value)
{
	char printed[1024];
	json_t *text;

	if (value == NULL || *value == '\0') {
		json_object_set_new(o, key, json_null());
		return;
	}
	text = json_string(value);
	if (text == NULL)
		text = json_string(text_printable(printed, sizeof printed, value, strlen(value)));
	json_object_set_new(o, key, text);
}

static json_t *
pair(const char *applid, const char *networkid)
{
	json_t *o = json_object();

	put(o, "applid", applid);
	put(o, "networkid", networkid);
	return o;
}

static json_t *
checked(const struct users *u)
{
	json_t *list = json_array();

	for (unsigned n = 0; n < u->nchecked; n++)
		json_array_append_new(list, json_string(u->checked[n]));
	return list;
}

static json_t *
certificate(const struct certificate *c)
{
	json_t *o;

	if (c == NULL)
		return json_null();
	o = json_object();
	put(o, "subject", c->subject.printed);
	put(o, "sha256", c->sha256);
	return o;
}

/* Every name is one the engine validated; the request's password is not among them. */
static json_t *
who(const struct task *t)
{
	const struct region_def *r = &t->generation->definition->region;
	const struct facts *f = &t->conn->facts;
	json_t *o = pair(r->applid, r->networkid);

	put(o, "ipconn", t->ipconn->def.ipconn);
	json_object_set_new(o, "partner", pair(t->ipconn->def.applid, t->ipconn->def.networkid));
	put(o, "connection", f->connection);
	put(o, "linkuser", t->users.link);
	put(o, "userid", t->users.task);
	json_object_set_new(o, "checked", checked(&t->users));
	put(o, "tran", t->request.tran);
	put(o, "program", t->program->program);
	json_object_set_new(o, "hops", json_integer(t->request.hops));
	json_object_set_new(o, "generation", json_integer((json_int_t)t->generation->number));
	json_object_set_new(o, "certificate", certificate(f->certificate));
	put(o, "tls", f->tls.version);
	return o;
}

static void
whoami(struct task *t)
{
	json_t *o = who(t);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	int added = text != NULL ? buf_add(&t->answer, text, strlen(text)) : -1;

	free(text);
	json_decref(o);
	if (added < 0) {
		program_failed(t, SENSE_SYSTEM_ERROR, "no memory for what is known of the request");
		return;
	}
	t->answer_ccsid = UTF8_CCSID;
	program_end(t);
}

void
builtin_begin(struct task *t)
{
	if (strcmp(t->program->builtin, "WHOAMI") == 0)
		whoami(t);
	else
		echo(t);
}
