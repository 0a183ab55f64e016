/* SPDX-License-Identifier: Apache-2.0 */
#include "config/resource.h"

#include "base/addr.h"
#include "store/store_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what a text must look like beyond its kind --- */

static bool
only(const char *value, const char *bytes)
{
	return value[strspn(value, bytes)] == '\0';
}

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool
resource_host_is_any(const char *host)
{
	return *host == '\0' || strcasecmp(host, "any") == 0 || strcasecmp(host, "default") == 0
		|| strcasecmp(host, "inaddr_any") == 0;
}

/* A value that looks like an address must be one: "10.0.0" is a typing error, not the name of a host. */
static bool
resource_host_fits(const char *value)
{
	struct addr a;

	if (*value == '\0' || resource_host_is_any(value))
		return true;
	if (strchr(value, ':') != NULL || only(value, DIGITS "."))
		return addr_parse(&a, value, 0) == 0;
	return only(value, DIGITS LETTERS ".-_") && value[0] != '.' && value[0] != '-';
}

static bool
resource_address_fits(const char *value)
{
	struct addr a;

	return *value == '\0' || resource_host_is_any(value) || addr_parse(&a, value, 0) == 0;
}

static bool
resource_user_fits(const char *value)
{
	return osuser_name_ok(value);
}

static bool
resource_transaction_fits(const char *value)
{
	return strcmp(value, "CWXN") != 0 && strcmp(value, "CIEP") != 0 && strcmp(value, "CWXU") != 0;
}

/* A label is the name of a file in the ring and must not name a file outside of it. */
static bool
resource_label_fits(const char *value)
{
	return value[0] != '.' && strchr(value, '/') == NULL;
}

/* Cipher suites of four hex digits with a blank between two. */
static bool
suites_fit(const char *value)
{
	for (;;) {
		size_t n = strspn(value, HEX);

		if (n != 4)
			return false;
		value += n;
		if (*value == '\0')
			return true;
		if (*value++ != ' ')
			return false;
	}
}

static bool
resource_ciphers_fit(const char *value)
{
	size_t len = strlen(value);

	if (only(value, HEX))
		return len % 2 == 0 && len <= 56;
	if (only(value, HEX " "))
		return suites_fit(value);
	return only(value, DIGITS LETTERS "-_:") && value[0] != ':' && value[len - 1] != ':' && strstr(value, "::") == NULL;
}

void
resource_spell_ciphers(char ciphers[VALUE_SIZE])
{
	char spelt[VALUE_SIZE];
	size_t len = strlen(ciphers), n = 0;

	if (len == 0 || len == 4 || len > 56 || len % 2 != 0 || !only(ciphers, HEX))
		return;
	for (size_t i = 0; i < len; i += 2)
		n += (size_t)snprintf(spelt + n, sizeof spelt - n, "%s00%.2s", i ? " " : "", ciphers + i);
	memcpy(ciphers, spelt, n + 1);
}

static bool
resource_builtin_fits(const char *value)
{
	return strcasecmp(value, "ECHO") == 0 || strcasecmp(value, "WHOAMI") == 0;
}

static bool
resource_url_fits(const char *value)
{
	return (strncasecmp(value, "http://", 7) == 0 || strncasecmp(value, "https://", 8) == 0) && strpbrk(value, " @\\\"") == NULL;
}

/* One word of record_mask, n bytes. */
static bool
mask_fits(const char *word, size_t n)
{
	static const char *const names[] = { "certificate.subject", "request.userid", "check.detail" };
	char *end;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i]) == n && strncmp(names[i], word, n) == 0)
			return true;
	if (strncmp(word, "peer.ip/", 8) != 0 || word[8] < '0' || word[8] > '9')
		return false;
	return strtol(word + 8, &end, 10) <= 128 && end == word + n;
}

static bool
resource_mask_fits(const char *value)
{
	while (*value != '\0') {
		size_t n = strcspn(value, " ");

		if (!mask_fits(value, n))
			return false;
		value += n + (value[n] == ' ');
	}
	return true;
}

bool
resource_metrics_address(const char *value, struct addr *out)
{
	char host[HOST_SIZE];
	struct fault f;
	int port;

	if (strchr(value, '/') != NULL || addr_split(value, host, sizeof host, &port, &f) < 0)
		return false;
	return addr_parse(out, strcasecmp(host, "localhost") == 0 ? "127.0.0.1" : host, port) == 0;
}

/* A path has a slash and no colon, so that "127.0.0.1:9491/metrics" is no path. */
static bool
resource_metrics_fits(const char *value)
{
	struct addr a;

	return resource_metrics_address(value, &a) || (strchr(value, '/') != NULL && strchr(value, ':') == NULL);
}

#define METRICS_FORM "\"ADDRESS:PORT\" with a numeric address or localhost, or the path of a socket with a / and no :"
/* Words "HOST:PORT", in the form of a URL. */
static bool
resource_hosts_fit(const char *value)
{
	while (*value != '\0') {
		size_t n = strcspn(value, " ");
		char word[HOST_SIZE + 8], host[HOST_SIZE];
		struct fault none;
		int port;

		if (n >= sizeof word)
			return false;
		memcpy(word, value, n);
		word[n] = '\0';
		if (addr_split(word, host, sizeof host, &port, &none) < 0 || port == 0 || !resource_host_fits(host) || resource_host_is_any(host))
			return false;
		value += n + (value[n] == ' ');
	}
	return true;
}

/* Words "REGION=HOST:PORT" (advertise.h). */
static bool
resource_advertise_fits(const char *value)
{
	struct advertised one;
	size_t n = 0;

	for (; *value != '\0'; n++)
		if (!advertise_next(&value, "", &one) || one.port == 0 || !resource_host_fits(one.host) || resource_host_is_any(one.host))
			return false;
	return n <= ADVERTISE_MAX;
}

static bool
resource_store_fits(const char *value)
{
	struct store_address a;
	struct fault none;

	return store_address_parse(&a, value, &none) == 0;
}

/* One word of AUTH. */
static bool
resource_store_user_fits(const char *value)
{
	for (; *value != '\0'; value++)
		if (*value <= ' ' || *value > '~')
			return false;
	return true;
}

#define STORE_USER_FORM "a name of printable ASCII without blanks"
#define ADVERTISE_FORM \
	"a table { REGION = \"HOST:PORT\" } of at most 100 regions and 1023 bytes; REGION is an applid, or [\"NETWORKID.APPLID\"]"
#define HOSTS_FORM "a list of \"HOST:PORT\", each one a name or an address with the port of its server"
#define MASK_FORM "a list of \"peer.ip/N\" with a prefix length N, \"certificate.subject\", \"request.userid\" and \"check.detail\""
#define HOST_FORM "any, default, a host's name, or an IPv4 or IPv6 address"
#define ADDRESS_FORM "any, default, inaddr_any, or an IPv4 or IPv6 address"
#define USER_FORM "the name of a user of this machine: 1 to 32 of A-Z a-z 0-9 _ . -, no digit and no - in front"
#define LABEL_FORM "the label of a certificate in the ring, at most 32 bytes, no / and no . in front"
#define TRANSACTION_FORM "1 to 4 of A-Z 0-9 $ @ #, not CWXN, CIEP or CWXU"
#define CIPHERS_FORM \
	"suites of four hex digits with a blank between two, up to 56 hex digits with two a suite, or OpenSSL's names with : between two"

/* --- the words of choices, in the order of the enums --- */

static const char *const sec_words[] = { "", "no", "yes", NULL };
static const char *const enabled_words[] = { "enabled", "disabled", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const ssl_words[] = { "no", "yes", "clientauth", NULL };
static const char *const protocol_words[] = { "ipic", NULL };
static const char *const status_words[] = { "open", "closed", NULL };
static const char *const socketclose_words[] = { "no", NULL };
static const char *const applid_change_words[] = { "always", "blank_only", NULL };
static const char *const specs_words[] = { "require", "warn", "off", NULL };
static const char *const record_full_words[] = { "count", "hold", NULL };
static const char *const record_requests_words[] = { "refused", "all", NULL };
static const char *const keep_caps_words[] = { "no", "bind", NULL };
static const char *const claim_down_words[] = { "", "refuse", "local", NULL };
static const char *const claim_lost_words[] = { "", "release", "keep", NULL };
static const char *const recheck_words[] = { "release", "report", "off", NULL };
static const char *const mirrorlife_words[] = { "request", "task", "uow", NULL };
static const char *const linkauth_words[] = { "secuser", "certuser", NULL };
static const char *const userauth_words[] = { "local", "identify", "verify", "defaultuser", NULL };
static const char *const idprop_words[] = { "notallowed", "optional", "required", NULL };
static const char *const xlnaction_words[] = { "keep", "force", NULL };
static const char *const template_words[] = { "", "yes", "only", NULL };

/*
 * The rows. Each macro takes the member, which is also the attribute's name (a row with another name is written out),
 * and whether the attribute has an effect (ON) or is only accepted, checked and shown (SHOWN).
 */
#define ON true
#define SHOWN false
#define SECONDS_MAX 1000000
#define SOME_TIME 0.001 /* the shortest time-out */
#define AT(m) .offset = offsetof(struct ROW, m), .size = sizeof((struct ROW *)0)->m
#define NAME(m, dflt, on) { .name = #m, .kind = ATTR_NAME, AT(m), .value = dflt, .acted = on }
#define NEED(m) { .name = #m, .kind = ATTR_NAME, AT(m), .required = true, .acted = true }
#define TEXT(m, hi, on) { .name = #m, .kind = ATTR_TEXT, AT(m), .max = hi, .acted = on }
#define FORM(m, hi, dflt, on, test, words) \
	{ .name = #m, .kind = ATTR_TEXT, AT(m), .max = hi, .value = dflt, .acted = on, .fits = test, .form = words }
#define FILE_(m, dflt) { .name = #m, .kind = ATTR_PATH, AT(m), .min = 1, .max = PATH_SIZE - 1, .value = dflt, .acted = true }
#define SCRIPT(m) { .name = #m, .kind = ATTR_SCRIPT, AT(m), .acted = true }
#define INT(m, lo, hi, dflt, on) { .name = #m, .kind = ATTR_INT, AT(m), .min = lo, .max = hi, .value = dflt, .acted = on }
#define INT_OR_NO(m, lo, hi) { .name = #m, .kind = ATTR_INT, AT(m), .min = lo, .max = hi, .no = "no", .value = "no", .acted = true }
#define TIME(m, lo, dflt) { .name = #m, .kind = ATTR_SECONDS, AT(m), .min = lo, .max = SECONDS_MAX, .value = dflt, .acted = true }
#define CHOICE(m, words, dflt, on) { .name = #m, .kind = ATTR_CHOICE, AT(m), .choices = words, .value = dflt, .acted = on }
#define END { .name = NULL }

#define ROW region_def
const struct attribute resource_region[] = {
	NEED(applid),
	NEED(networkid),
	NAME(dfltuser, "CICSUSER", ON),
	NAME(regionuser, NULL, ON),
	{ .name = "sec", .kind = ATTR_CHOICE, AT(sec), .choices = sec_words, .acted = true },
	FILE_(saf, NULL),
	FILE_(recovery, NULL),
	FILE_(record, NULL),
	CHOICE(record_full, record_full_words, "count", ON),
	CHOICE(record_requests, record_requests_words, "refused", ON),
	INT(record_days, 0, 36500, "90", ON),
	INT(record_megabytes, 0, 1048576, "1024", ON),
	{ .name = "record_mask", .kind = ATTR_WORDS, AT(record_mask), .max = VALUE_SIZE - 1, .acted = true, .fits = resource_mask_fits, .form = MASK_FORM },
	TIME(retry, SOME_TIME, "1"),
	TIME(retry_max, SOME_TIME, "60"),
	INT(conversation_kilobytes, 64, 16777216, "262144", ON),
	FILE_(ring, NULL),
	FILE_(control, NULL),
	FILE_(policies, NULL),
	{ .name = "metrics", .kind = ATTR_PATH, AT(metrics), .min = 1, .max = PATH_SIZE - 1, .acted = true, .fits = resource_metrics_fits,
		.form = METRICS_FORM },
	TIME(tcp_timeout, SOME_TIME, "10"),
	TIME(handshake_timeout, SOME_TIME, "10"),
	TIME(capex_timeout, SOME_TIME, "10"),
	TIME(heartbeat, 0, "60"),
	TIME(heartbeat_timeout, SOME_TIME, "10"),
	TIME(drain, 0, "5"),
	INT(maxsockets, 1, 65535, "65535", ON),
	INT(halfopen, 1, 65535, "10000", ON),
	INT(halfopen_peer, 1, 65535, "1000", ON),
	INT(instructions, 1, 1000000000, "1000000", ON),
	INT(milliseconds, 1, 60000, "50", ON),
	INT(kilobytes, 1, 1048576, "4096", ON),
	{ .name = "policy_http", .kind = ATTR_WORDS, AT(policy_http), .max = VALUE_SIZE - 1, .acted = true, .fits = resource_hosts_fit, .form = HOSTS_FORM },
	FORM(store, VALUE_SIZE - 1, NULL, ON, resource_store_fits, STORE_FORM),
	FORM(store_user, VALUE_SIZE - 1, NULL, ON, resource_store_user_fits, STORE_USER_FORM),
	FILE_(store_password_file, NULL),
	FORM(store_sentinel_user, VALUE_SIZE - 1, NULL, ON, resource_store_user_fits, STORE_USER_FORM),
	FILE_(store_sentinel_password_file, NULL),
	FILE_(store_ring, NULL),
	NAME(sysplex, NULL, ON),
	TIME(lease, 1, "10"),
	CHOICE(follow, no_yes, "no", ON),
	FILE_(follow_keys, NULL),
	FILE_(follow_file, NULL),
	FILE_(follow_decrypt_key, NULL),
	{ .name = "claim_down", .kind = ATTR_CHOICE, AT(claim_down), .choices = claim_down_words, .acted = true },
	{ .name = "claim_lost", .kind = ATTR_CHOICE, AT(claim_lost), .choices = claim_lost_words, .acted = true },
	INT(store_replicas, 0, 16, "0", ON),
	INT(wait_milliseconds, 1, 60000, "2000", ON),
	INT(waiting, 1, WAITING_MAX, "2000", ON),
	INT(waiting_peer, 1, 65535, "200", ON),
	INT(records, 1, 1000000, "10000", ON),
	CHOICE(recheck, recheck_words, "release", ON),
	CHOICE(specs, specs_words, "require", ON),
	INT(generations, 1, 100, "10", ON),
	INT_OR_NO(generation_days, 1, 36500),
	FILE_(versions, NULL),
	FORM(user, OSUSER_NAME - 1, NULL, ON, resource_user_fits, USER_FORM),
	CHOICE(keep_caps, keep_caps_words, "no", ON),
	CHOICE(x509strict, no_yes, "no", ON),
	INT(verify_cache, 0, 100000, "1000", ON),
	{ .name = "workers", .kind = ATTR_INT, AT(workers), .min = 1, .max = WORKERS_MAX, .no = "auto", .value = "auto", .acted = true },
	END,
};
#undef ROW

#define ROW tcpipservice_def
const struct attribute resource_tcpipservice[] = {
	NAME(group, NULL, SHOWN),
	TEXT(description, 58, SHOWN),
	CHOICE(protocol, protocol_words, "ipic", ON),
	{ .name = "portnumber", .kind = ATTR_INT, AT(portnumber), .max = 65535, .required = true, .acted = true },
	FORM(host, HOST_SIZE - 1, "any", ON, resource_host_fits, HOST_FORM),
	FORM(ipaddress, HOST_SIZE - 1, NULL, ON, resource_address_fits, ADDRESS_FORM),
	INT(backlog, 0, 32767, "0", ON),
	CHOICE(status, status_words, "open", ON),
	CHOICE(ssl, ssl_words, "no", ON),
	FORM(certificate, LABEL_SIZE - 1, NULL, ON, resource_label_fits, LABEL_FORM),
	FORM(ciphers, VALUE_SIZE - 1, NULL, ON, resource_ciphers_fit, CIPHERS_FORM),
	CHOICE(socketclose, socketclose_words, "no", SHOWN),
	{ .name = "transaction", .kind = ATTR_NAME, AT(transaction), .value = "CISS", .fits = resource_transaction_fits,
		.form = TRANSACTION_FORM },
	NAME(speciftcps, NULL, ON),
	{ .name = "advertise", .kind = ATTR_MAP, AT(advertise), .max = ADVERTISE_SIZE - 1, .acted = true, .fits = resource_advertise_fits, .form = ADVERTISE_FORM },
	SCRIPT(admit),
	SCRIPT(certify),
	SCRIPT(bind),
	SCRIPT(urm),
	SCRIPT(attach),
	CHOICE(applid_change, applid_change_words, "always", ON),
	TIME(heartbeat, 0, NULL),
	TIME(heartbeat_timeout, SOME_TIME, NULL),
	END,
};
#undef ROW

#define ROW ipconn_def
const struct attribute resource_ipconn[] = {
	NAME(applid, NULL, ON),
	NAME(networkid, NULL, ON),
	NAME(group, NULL, SHOWN),
	TEXT(description, 58, SHOWN),
	FORM(host, HOST_SIZE - 1, NULL, ON, resource_host_fits, "a host's name, or an IPv4 or IPv6 address"),
	INT_OR_NO(port, 1, 65535),
	NAME(tcpipservice, NULL, ON),
	INT(receivecount, 1, 999, "1", ON),
	INT(sendcount, 0, 999, "0", ON),
	INT_OR_NO(queuelimit, 0, 9999),
	INT_OR_NO(maxqtime, 0, 9999),
	CHOICE(mirrorlife, mirrorlife_words, "request", ON),
	CHOICE(autoconnect, no_yes, "no", ON),
	CHOICE(inservice, no_yes, "yes", ON),
	CHOICE(ha, no_yes, "no", ON),
	CHOICE(ssl, no_yes, "no", ON),
	FORM(certificate, LABEL_SIZE - 1, NULL, ON, resource_label_fits, LABEL_FORM),
	FORM(ciphers, VALUE_SIZE - 1, NULL, ON, resource_ciphers_fit, CIPHERS_FORM),
	CHOICE(linkauth, linkauth_words, "secuser", ON),
	NAME(securityname, NULL, ON),
	CHOICE(userauth, userauth_words, "local", ON),
	CHOICE(idprop, idprop_words, "notallowed", SHOWN),
	CHOICE(xlnaction, xlnaction_words, "keep", ON),
	SCRIPT(admit),
	SCRIPT(certify),
	{ .name = "template", .kind = ATTR_CHOICE, AT(template_), .choices = template_words, .acted = true },
	END,
};
#undef ROW

#define ROW program_def
const struct attribute resource_program[] = {
	TEXT(description, 58, SHOWN),
	CHOICE(status, enabled_words, "enabled", ON),
	FORM(builtin, NAME_SIZE - 1, NULL, ON, resource_builtin_fits, "ECHO or WHOAMI"),
	SCRIPT(script),
	FORM(url, VALUE_SIZE - 1, NULL, ON, resource_url_fits, "http://HOST[:PORT][/PATH] or https://..., without user and password"),
	NAME(ipconn, NULL, ON),
	NAME(remotename, NULL, ON),
	INT(ccsid, 0, 65535, "0", ON),
	INT(instructions, 0, 1000000000, "0", ON),
	INT(milliseconds, 0, 60000, "0", ON),
	INT(kilobytes, 0, 1048576, "0", ON),
	TIME(timeout, SOME_TIME, "10"),
	END,
};
#undef ROW

#define ROW transaction_def
const struct attribute resource_transaction[] = {
	CHOICE(status, enabled_words, "enabled", ON),
	NAME(program, NULL, ON),
	END,
};
#undef ROW

bool
resource_not_ipic(const char *name)
{
	static const char *const others[] = { "authenticate", "attachsec", "maxpersist", "maxdatalen", "realm", "tsqprefix",
		"optionspgm", NULL };

	for (size_t i = 0; others[i] != NULL; i++)
		if (strcasecmp(others[i], name) == 0)
			return true;
	return false;
}

bool
resource_is_path(const struct attribute *a, const char *value)
{
	return a->kind == ATTR_PATH && *value != '\0' && (strcmp(a->name, "metrics") != 0 || strchr(value, '/') != NULL);
}

bool
resource_region_given(const struct region_def *r, const char *attribute)
{
	return (r->given >> (attribute_find(resource_region, attribute) - resource_region) & 1) != 0;
}

bool
resource_urm_is_default(const char *urm)
{
	static const char *const names[] = { "dfhisaip", "dfhisdip", "dfhiscip", "dfhispip", NULL };
	const char *base = strchr(urm, '/') != NULL ? strchr(urm, '/') + 1 : urm;

	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], base) == 0)
			return true;
	return false;
}

bool
resource_ipconn_comes_by(const struct ipconn_def *c, const struct tcpipservice_def *t)
{
	if (c->template_ != TEMPLATE_UNSAID && *t->urm != '\0' && !resource_urm_is_default(t->urm))
		return true;
	return c->template_ != TEMPLATE_ONLY && (*c->tcpipservice == '\0' || strcmp(c->tcpipservice, t->tcpipservice) == 0);
}

const char *
resource_connstatus(enum connstatus s)
{
	static const char *const names[] = {
#define X(state) #state,
		CONNSTATUS(X)
#undef X
	};

	return names[s];
}

void
resource_view(const struct ipconn_brief *b, struct ipconn_view *out)
{
	*out = (struct ipconn_view){ .def = *b->def, .connstatus = (enum connstatus)b->connstatus, .inservice = b->inservice,
		.autoinstalled = b->autoinstalled };
	memcpy(out->template, b->template, sizeof out->template);
	if (b->connstatus != CONN_ACQUIRED)
		return;
	out->def.sendcount = b->sendcount;
	out->def.receivecount = b->receivecount;
}

void
resource_view_installed(const struct ipconn_def *d, struct ipconn_view *out)
{
	*out = (struct ipconn_view){ .def = *d, .inservice = d->inservice == YES };
}

bool
resource_sec(const struct region_def *r)
{
	return r->sec == SEC_YES || (r->sec == SEC_UNSAID && resource_has_saf(r));
}

bool
resource_has_saf(const struct region_def *r)
{
	return r->saf[0] != '\0' || (r->follow == YES && r->follow_decrypt_key[0] != '\0');
}
