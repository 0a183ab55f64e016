/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_greeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum step { STEP_AUTH, STEP_SELECT, STEP_NAME, STEP_ROLE, STEP_INFO, STEP_USER, STEP_SCRIPT, STEPS = STEP_SCRIPT + STORE_SCRIPTS };

struct sent { /* a command of the greeting */
	struct store_turn turn; /* the first member */
	struct store_greeting *greeting;
	unsigned step;
};

struct store_greeting {
	struct store_link *link;              /* borrowed */
	const struct store_settings *settings; /* borrowed */
	struct sent sent[STEPS];
	unsigned left; /* replies that have not come */
	struct store_welcome welcome;
	struct fault why; /* "" : no step failed */
	void (*done)(void *arg, const struct store_welcome *w, const char *why);
	void *arg;
};

static void
refuse(struct store_greeting *g, const char *what, const struct store_reply *r)
{
	if (g->why.text[0] == '\0')
		fault_set(&g->why, "%s: %.200s", what, r->text != NULL ? r->text : "an answer of another kind");
}

const char *
store_greeting_no_login(const char *attribute, const struct store_reply *r, char out[STORE_NO_LOGIN])
{
	size_t n = store_reply_code(r);

	snprintf(out, STORE_NO_LOGIN, "it refuses %s or the password: %.*s%s", attribute, (int)(n < 20 ? n : 20), r->text,
		store_reply_is_error(r, "ERR") ? " (it may have no password, or not know AUTH)" : "");
	return out;
}

static void
take_script(struct store_greeting *g, unsigned script, const struct store_reply *r)
{
	if (r->kind == STORE_TEXT && r->len == STORE_SHA - 1)
		memcpy(g->welcome.sha[script], r->text, STORE_SHA);
}

/* The meaning of an error of the server; NULL: the step may fail. */
static const char *
meaning(unsigned step, const struct store_reply *r)
{
	static const char *const words[STEPS] = { [STEP_SELECT] = "it refuses the database", [STEP_ROLE] = "it does not answer ROLE" };

	return store_reply_is_error(r, "NOAUTH") ? "it demands a password, and store_password_file is not given" : words[step];
}

static void
take(struct store_greeting *g, unsigned step, const struct store_reply *r)
{
	struct store_server *s = &g->welcome.server;
	const char *error = r->kind == STORE_ERROR ? meaning(step, r) : NULL;
	char why[STORE_NO_LOGIN];

	if (step == STEP_AUTH && r->kind == STORE_ERROR)
		fault_set(&g->why, "%s", store_greeting_no_login("store_user", r, why));
	else if (error != NULL)
		refuse(g, error, r);
	else if (step == STEP_ROLE)
		store_server_take_role(s, r);
	else if (step == STEP_INFO)
		store_server_take_info(s, r);
	else if (step == STEP_USER)
		store_server_take_user(s, r);
	else if (step >= STEP_SCRIPT)
		take_script(g, step - STEP_SCRIPT, r);
}

static void
store_greeting_answered(struct store_turn *t, const struct store_reply *r)
{
	struct sent *sent = (struct sent *)t;
	struct store_greeting *g = sent->greeting;

	take(g, sent->step, r);
	if (--g->left > 0)
		return;
	if (g->why.text[0] == '\0')
		store_server_fits(&g->welcome.server, &g->why);
	g->done(g->arg, &g->welcome, g->why.text[0] != '\0' ? g->why.text : NULL);
}

bool
store_greeting_login(const struct store_login *l, struct store_words *w)
{
	if (l->password[0] == '\0')
		return false;
	store_word_text(w, "AUTH");
	if (l->user[0] != '\0')
		store_word_text(w, l->user);
	store_word_text(w, l->password);
	return true;
}

/* The words of a step; false: the settings have no such step. */
static bool
words_of(const struct store_greeting *g, unsigned step, char number[16], struct store_words *w)
{
	static const char *const fixed[STEP_SCRIPT][3] = { [STEP_SELECT] = { "SELECT" },
		[STEP_NAME] = { "CLIENT", "SETNAME", "sallyport" }, [STEP_ROLE] = { "ROLE" }, [STEP_INFO] = { "INFO" },
		[STEP_USER] = { "ACL", "GETUSER", "default" } };

	w->n = 0;
	if (step == STEP_AUTH)
		return store_greeting_login(store_settings_login(g->settings), w);
	if (step >= STEP_SCRIPT) {
		store_word_text(w, "SCRIPT");
		store_word_text(w, "LOAD");
		store_word_text(w, store_script_text((enum store_script)(step - STEP_SCRIPT)));
		return true;
	}
	for (unsigned i = 0; i < 3 && fixed[step][i] != NULL; i++)
		store_word_text(w, fixed[step][i]);
	if (step == STEP_SELECT) {
		snprintf(number, 16, "%d", store_settings_address(g->settings)->db);
		store_word_text(w, number);
	}
	return step != STEP_SELECT || strcmp(number, "0") != 0;
}

struct store_greeting *
store_greeting_begin(struct store_link *l, const struct store_settings *s,
	void (*done)(void *arg, const struct store_welcome *w, const char *why), void *arg)
{
	struct store_greeting *g = calloc(1, sizeof *g);
	struct store_words w;
	char number[16] = "";

	if (g == NULL)
		return NULL;
	*g = (struct store_greeting){ .link = l, .settings = s, .done = done, .arg = arg };
	for (unsigned i = 0; i < STEPS; i++) {
		g->sent[i] = (struct sent){ .turn.answered = store_greeting_answered, .greeting = g, .step = i };
		if (!words_of(g, i, number, &w))
			continue;
		if (store_link_send(l, NULL, &w, &g->sent[i].turn) < 0)
			fault_set(&g->why, "no memory for its commands");
		else
			g->left++;
	}
	return g;
}

void
store_greeting_free(struct store_greeting *g)
{
	free(g);
}
