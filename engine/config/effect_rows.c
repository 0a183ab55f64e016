/* SPDX-License-Identifier: Apache-2.0 */
/* effect_rows: the tables of effect.h. */
#include "config/effect.h"

#include <string.h>

/* --- conditions of the whole definition ------------------------------------------------------- */

/* No partner can connect or no program is defined: no request reaches the checks of its user. */
static bool
effect_no_requests(const struct definition *d, const void *object)
{
	(void)object;
	return d->ntcpipservices == 0 || d->nprograms == 0;
}

static bool
effect_no_listener(const struct definition *d, const void *object)
{
	(void)object;
	return d->ntcpipservices == 0;
}

static bool
effect_no_user(const struct definition *d, const void *object)
{
	(void)object;
	return d->region.user[0] == '\0';
}

static bool
effect_no_record(const struct definition *d, const void *object)
{
	(void)object;
	return d->region.record[0] == '\0';
}

static bool
effect_no_tls(const struct definition *d, const void *object)
{
	(void)object;
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (d->tcpipservice[i].ssl != SSL_NO)
			return false;
	for (size_t i = 0; i < d->nipconns; i++)
		if (d->ipconn[i].ssl != NO)
			return false;
	return true;
}

static bool
effect_nobody_verified(const struct definition *d, const void *object)
{
	(void)object;
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (d->tcpipservice[i].ssl == SSL_CLIENTAUTH)
			return false;
	for (size_t i = 0; i < d->nipconns; i++)
		if (d->ipconn[i].ssl != NO)
			return false;
	return true;
}

/* Whether an attribute of the object names a script; table: the rows of the object. */
static bool
names_script(const struct attribute *table, const void *object)
{
	for (; table->name != NULL; table++)
		if (table->kind == ATTR_SCRIPT && ((const char *)object)[table->offset] != '\0')
			return true;
	return false;
}

static bool
effect_no_script(const struct definition *d, const void *object)
{
	(void)object;
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (names_script(resource_tcpipservice, &d->tcpipservice[i]))
			return false;
	for (size_t i = 0; i < d->nipconns; i++)
		if (names_script(resource_ipconn, &d->ipconn[i]))
			return false;
	for (size_t i = 0; i < d->nprograms; i++)
		if (names_script(resource_program, &d->program[i]))
			return false;
	return true;
}

static bool
effect_no_autoconnect(const struct definition *d, const void *object)
{
	(void)object;
	for (size_t i = 0; i < d->nipconns; i++)
		if (d->ipconn[i].autoconnect == YES)
			return false;
	return true;
}

/* Each listener has an attach script, which decides about its requests. */
static bool
judged_by_scripts(const struct definition *d, const void *object)
{
	(void)object;
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (*d->tcpipservice[i].attach == '\0')
			return false;
	return true;
}

static bool
effect_sec_unasked(const struct definition *d, const void *object)
{
	return ((const struct region_def *)object)->sec == SEC_YES && effect_no_requests(d, object);
}

static bool
effect_sec_overruled(const struct definition *d, const void *object)
{
	return ((const struct region_def *)object)->sec == SEC_YES && judged_by_scripts(d, object);
}

/* Dialled sockets use the region's heartbeat, accepted sockets that of their listener. */
static bool
effect_region_silent(const struct definition *d, const void *object)
{
	const struct region_def *r = object;

	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (d->tcpipservice[i].heartbeat > 0 && d->tcpipservice[i].heartbeat_timeout < 0)
			return false;
	return r->heartbeat == 0;
}

/* --- of a tcpipservice ------------------------------------------------------------------------ */

static bool
effect_plain(const struct definition *d, const void *object)
{
	(void)d;
	return ((const struct tcpipservice_def *)object)->ssl == SSL_NO;
}

/* A generic listener redirects partners and accepts none. */
static bool
effect_generic(const struct definition *d, const void *object)
{
	(void)d;
	return *((const struct tcpipservice_def *)object)->speciftcps != '\0';
}

/* A generic listener sends partners to other regions of a sysplex. */
static bool
effect_sends_to_none(const struct definition *d, const void *object)
{
	return !effect_generic(d, object) || d->region.sysplex[0] == '\0';
}

/* A generic listener must name the same scripts as its specific one, where this row reports attach. */
static bool
effect_attach_unasked(const struct definition *d, const void *object)
{
	return !effect_generic(d, object) && effect_no_requests(d, object);
}

static bool
effect_no_urm(const struct definition *d, const void *object)
{
	(void)d;
	return *((const struct tcpipservice_def *)object)->urm == '\0';
}

static bool
effect_service_silent(const struct definition *d, const void *object)
{
	const struct tcpipservice_def *t = object;

	return (t->heartbeat >= 0 ? t->heartbeat : d->region.heartbeat) == 0;
}

/* --- of an ipconn ----------------------------------------------------------------------------- */

static bool
effect_is_template(const struct definition *d, const void *object)
{
	(void)d;
	return ((const struct ipconn_def *)object)->template_ == TEMPLATE_ONLY;
}

/*
 * Whether no socket is ever dialled for the ipconn. A copy of a template gets the port that the partner or the urm
 * names. A partner is called back only when there are sessions to send on; otherwise an acquire of our own needs a
 * host, and a listener for the partner's sockets.
 */
static bool
effect_never_dialled(const struct definition *d, const void *object)
{
	const struct ipconn_def *c = object;

	(void)d;
	if (c->template_ != TEMPLATE_UNSAID && c->sendcount > 0)
		return false;
	return c->template_ == TEMPLATE_ONLY || c->port == -1 || (c->sendcount == 0 && (*c->tcpipservice == '\0' || *c->host == '\0'));
}

static bool
effect_port_unused(const struct definition *d, const void *object)
{
	return ((const struct ipconn_def *)object)->port != -1 && effect_never_dialled(d, object);
}

static bool
effect_dialled_plain(const struct definition *d, const void *object)
{
	(void)d;
	return ((const struct ipconn_def *)object)->ssl == NO;
}

static bool
effect_no_port(const struct definition *d, const void *object)
{
	(void)d;
	return ((const struct ipconn_def *)object)->port == -1;
}

/* The copy of a template may get a port. */
static bool
effect_sends_nowhere(const struct definition *d, const void *object)
{
	const struct ipconn_def *c = object;

	return effect_no_port(d, object) && c->sendcount > 0 && c->template_ == TEMPLATE_UNSAID;
}

static bool
effect_sends_nothing(const struct definition *d, const void *object)
{
	(void)d;
	return ((const struct ipconn_def *)object)->sendcount == 0;
}

static bool
effect_no_queuelimit(const struct definition *d, const void *object)
{
	(void)d;
	return ((const struct ipconn_def *)object)->queuelimit == -1;
}

static bool
effect_no_certificate_comes(const struct definition *d, const void *object)
{
	const struct ipconn_def *c = object;

	if (c->linkauth != LINKAUTH_CERTUSER)
		return false;
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (d->tcpipservice[i].ssl == SSL_CLIENTAUTH && resource_ipconn_comes_by(c, &d->tcpipservice[i]))
			return false;
	return true;
}

static bool
effect_link_unasked(const struct definition *d, const void *object)
{
	return ((const struct ipconn_def *)object)->linkauth == LINKAUTH_CERTUSER && effect_no_requests(d, object);
}

static bool
effect_certificate_names_user(const struct definition *d, const void *object)
{
	(void)d;
	return ((const struct ipconn_def *)object)->linkauth == LINKAUTH_CERTUSER;
}

/* --- of a program ----------------------------------------------------------------------------- */

static bool
effect_not_shipped(const struct definition *d, const void *object)
{
	(void)d;
	return *((const struct program_def *)object)->ipconn == '\0';
}

static bool
effect_no_run(const struct definition *d, const void *object)
{
	(void)d;
	return *((const struct program_def *)object)->script == '\0';
}

static bool
effect_is_builtin(const struct definition *d, const void *object)
{
	(void)d;
	return *((const struct program_def *)object)->builtin != '\0';
}

static bool
effect_nothing_to_wait_for(const struct definition *d, const void *object)
{
	return effect_not_shipped(d, object) && *((const struct program_def *)object)->url == '\0';
}

static bool
effect_no_store(const struct definition *d, const void *object)
{
	(void)object;
	return d->region.store[0] == '\0';
}

/* No script can ask the store, and no sysplex is kept there. */
static bool
effect_store_unused(const struct definition *d, const void *object)
{
	return d->region.sysplex[0] == '\0' && effect_no_script(d, object);
}

static bool
effect_no_sysplex(const struct definition *d, const void *object)
{
	(void)object;
	return d->region.sysplex[0] == '\0';
}

static bool
effect_no_store_tls(const struct definition *d, const void *object)
{
	(void)object;
	return strncmp(d->region.store, "rediss:", 7) != 0 && strncmp(d->region.store, "sentinel:", 9) != 0;
}

static bool
effect_no_sentinel(const struct definition *d, const void *object)
{
	(void)object;
	return strncmp(d->region.store, "sentinel:", 9) != 0;
}

static bool
effect_no_follow(const struct definition *d, const void *object)
{
	(void)object;
	return d->region.follow != YES;
}

/* --- the table -------------------------------------------------------------------------------- */

#define ROW(resource, name, severity, test, why, how) \
	{ .table = resource_##resource, .attribute = name, .level = severity, .idle = test, .because = why, .remedy = how }
#define PROTECTS(resource, name, test, why, how) ROW(resource, name, FAULT_ERROR, test, why, how)
#define TUNES(resource, name, test, why, how) ROW(resource, name, FAULT_WARNING, test, why, how)

#define NO_REQUESTS "no request can be run, because there is no tcpipservice or no program"
#define DEFINE_PROGRAM "define the programs that requests may run"
#define NO_FOLLOW "follow is no"
#define FOLLOW "write follow = \"yes\""
#define NO_STORE "no store is named"
#define NAME_STORE "name one by store"
#define NO_SENTINEL "store is not found by sentinels"
#define NAME_SENTINEL "write sentinel://"
#define NO_SYSPLEX "no sysplex is named"
#define NAME_SYSPLEX "name one by sysplex"
#define NO_RECORD "no file of records is named"
#define NAME_RECORD "name one by record"
#define NEVER_DIALLED "no socket is dialled for this ipconn (that needs port, and sendcount or host and tcpipservice)"
#define INCOMING "give it to the tcpipservice if it is meant for accepted sockets"
#define GENERIC "the tcpipservice is generic and accepts no partner"
#define AT_SPECIFIC "give it to the specific tcpipservice"
#define TEMPLATE_COPY "template is only, and its copies have the value that the partner or the urm gives"

const struct effect effect_rows[] = {
	/*
	 * Without requests nothing is unprotected, so this is a warning; an attach script that is never asked is a
	 * fault.
	 */
	TUNES(region, "sec", effect_sec_unasked, NO_REQUESTS, DEFINE_PROGRAM),
	PROTECTS(region, "sec", effect_sec_overruled, "the attach script of each tcpipservice decides in its place", "ask the saf there, by saf.check"),
	TUNES(region, "handshake_timeout", effect_no_tls, "no tcpipservice and no ipconn has ssl", "give ssl to those that use TLS"),
	PROTECTS(region, "x509strict", effect_nobody_verified, "no tcpipservice has ssl = \"clientauth\" and no ipconn has ssl", "give ssl to those whose partners "
		"shall be verified"),
	TUNES(region, "verify_cache", effect_nobody_verified, "no tcpipservice has ssl = \"clientauth\" and no ipconn has ssl", "give ssl to those whose partners "
		"shall be verified"),
	TUNES(region, "heartbeat_timeout", effect_region_silent, "heartbeat is 0", "give heartbeat a number of seconds"),
	TUNES(region, "halfopen", effect_no_listener, "there is no tcpipservice", "define one"),
	TUNES(region, "halfopen_peer", effect_no_listener, "there is no tcpipservice", "define one"),
	TUNES(region, "instructions", effect_no_script, "no script is named", "name one"),
	TUNES(region, "milliseconds", effect_no_script, "no script is named", "name one"),
	TUNES(region, "kilobytes", effect_no_script, "no script is named", "name one"),
	TUNES(region, "policy_http", effect_no_script, "no script is named", "name one"),
	TUNES(region, "store", effect_store_unused, "no script and no sysplex is named", "name one"),
	PROTECTS(region, "store_user", effect_no_store, NO_STORE, NAME_STORE),
	PROTECTS(region, "store_password_file", effect_no_store, NO_STORE, NAME_STORE),
	PROTECTS(region, "store_sentinel_user", effect_no_sentinel, NO_SENTINEL, NAME_SENTINEL),
	PROTECTS(region, "store_sentinel_password_file", effect_no_sentinel, NO_SENTINEL, NAME_SENTINEL),
	PROTECTS(region, "store_ring", effect_no_store, NO_STORE, NAME_STORE),
	PROTECTS(region, "store_ring", effect_no_store_tls, "store is reached without TLS", "write rediss:// or sentinel://"),
	PROTECTS(region, "sysplex", effect_no_store, NO_STORE, NAME_STORE),
	PROTECTS(region, "follow_keys", effect_no_follow, NO_FOLLOW, FOLLOW),
	PROTECTS(region, "follow_file", effect_no_follow, NO_FOLLOW, FOLLOW),
	PROTECTS(region, "follow_decrypt_key", effect_no_follow, NO_FOLLOW, FOLLOW),
	TUNES(region, "lease", effect_no_sysplex, NO_SYSPLEX, NAME_SYSPLEX),
	PROTECTS(region, "claim_down", effect_no_sysplex, NO_SYSPLEX, NAME_SYSPLEX),
	PROTECTS(region, "claim_lost", effect_no_sysplex, NO_SYSPLEX, NAME_SYSPLEX),
	PROTECTS(region, "store_replicas", effect_no_sysplex, NO_SYSPLEX, NAME_SYSPLEX),
	TUNES(region, "wait_milliseconds", effect_no_script, "no script is named", "name one"),
	TUNES(region, "waiting", effect_no_script, "no script is named", "name one"),
	TUNES(region, "waiting_peer", effect_no_script, "no script is named", "name one"),
	PROTECTS(region, "record_full", effect_no_record, NO_RECORD, NAME_RECORD),
	TUNES(region, "record_requests", effect_no_record, NO_RECORD, NAME_RECORD),
	TUNES(region, "record_days", effect_no_record, NO_RECORD, NAME_RECORD),
	TUNES(region, "record_megabytes", effect_no_record, NO_RECORD, NAME_RECORD),
	PROTECTS(region, "record_mask", effect_no_record, NO_RECORD, NAME_RECORD),
	TUNES(region, "keep_caps", effect_no_user, "no user is named", "name one by user"),
	TUNES(region, "retry", effect_no_autoconnect, "no ipconn has autoconnect = \"yes\"", "give it to the ipconns that the region acquires"),
	TUNES(region, "retry_max", effect_no_autoconnect, "no ipconn has autoconnect = \"yes\"", "give it to the ipconns that the region acquires"),

	PROTECTS(tcpipservice, "certificate", effect_plain, "ssl is no", "give ssl = \"yes\" or \"clientauth\""),
	PROTECTS(tcpipservice, "ciphers", effect_plain, "ssl is no", "give ssl = \"yes\" or \"clientauth\""),
	PROTECTS(tcpipservice, "certify", effect_plain, "ssl is no", "give ssl = \"clientauth\""),
	PROTECTS(tcpipservice, "attach", effect_attach_unasked, NO_REQUESTS, DEFINE_PROGRAM),
	PROTECTS(tcpipservice, "advertise", effect_sends_to_none, "goes with speciftcps, in a region with a sysplex", "give both"),
	TUNES(tcpipservice, "urm", effect_generic, GENERIC, AT_SPECIFIC),
	TUNES(tcpipservice, "applid_change", effect_no_urm, "urm is no", "give urm"),
	TUNES(tcpipservice, "heartbeat", effect_generic, GENERIC, AT_SPECIFIC),
	TUNES(tcpipservice, "heartbeat_timeout", effect_generic, GENERIC, AT_SPECIFIC),
	TUNES(tcpipservice, "heartbeat_timeout", effect_service_silent, "heartbeat is 0", "give heartbeat a number of seconds"),

	PROTECTS(ipconn, "admit", effect_never_dialled, NEVER_DIALLED, INCOMING),
	PROTECTS(ipconn, "certify", effect_never_dialled, NEVER_DIALLED, INCOMING),
	PROTECTS(ipconn, "certify", effect_dialled_plain, "ssl is no", "give ssl = \"yes\""),
	PROTECTS(ipconn, "ssl", effect_never_dialled, NEVER_DIALLED, INCOMING),
	PROTECTS(ipconn, "certificate", effect_never_dialled, NEVER_DIALLED, INCOMING),
	PROTECTS(ipconn, "certificate", effect_dialled_plain, "ssl is no", "give ssl = \"yes\""),
	PROTECTS(ipconn, "ciphers", effect_never_dialled, NEVER_DIALLED, INCOMING),
	PROTECTS(ipconn, "ciphers", effect_dialled_plain, "ssl is no", "give ssl = \"yes\""),
	TUNES(ipconn, "tcpipservice", effect_is_template, TEMPLATE_COPY, "let the urm of that tcpipservice name the template"),
	PROTECTS(ipconn, "linkauth", effect_no_certificate_comes, "no tcpipservice that the partner can connect to is ssl = \"clientauth\"", "give one ssl = "
		"\"clientauth\""),
	TUNES(ipconn, "linkauth", effect_link_unasked, NO_REQUESTS, DEFINE_PROGRAM),
	TUNES(ipconn, "securityname", effect_certificate_names_user, "linkauth is certuser", "give linkauth = \"secuser\""),
	TUNES(ipconn, "securityname", effect_no_requests, NO_REQUESTS, DEFINE_PROGRAM),
	TUNES(ipconn, "host", effect_is_template, TEMPLATE_COPY, "let the urm return it"),
	TUNES(ipconn, "host", effect_no_port, "port is no", "give port"),
	TUNES(ipconn, "port", effect_is_template, TEMPLATE_COPY, "let the urm return it"),
	TUNES(ipconn, "port", effect_port_unused, NEVER_DIALLED, "give the missing attribute"),
	TUNES(ipconn, "receivecount", effect_no_listener, "there is no tcpipservice for the partner to connect to", "define one"),
	TUNES(ipconn, "sendcount", effect_sends_nowhere, "port is no", "give port"),
	TUNES(ipconn, "queuelimit", effect_sends_nothing, "sendcount is 0", "give sendcount"),
	TUNES(ipconn, "maxqtime", effect_sends_nothing, "sendcount is 0", "give sendcount"),
	TUNES(ipconn, "maxqtime", effect_no_queuelimit, "queuelimit is no", "give queuelimit"),
	TUNES(ipconn, "mirrorlife", effect_no_requests, NO_REQUESTS, DEFINE_PROGRAM),
	TUNES(ipconn, "autoconnect", effect_is_template, "template is only", "give it to the ipconns that are"),
	TUNES(ipconn, "autoconnect", effect_no_port, "port is no", "give port"),
	TUNES(ipconn, "ha", effect_no_port, "port is no", "give port"),

	/* These are faults because the key belongs to another kind of program. */
	PROTECTS(program, "remotename", effect_not_shipped, "goes with ipconn only", "give ipconn"),
	PROTECTS(program, "ccsid", effect_is_builtin, "goes with script, url or ipconn only", "give one of these"),
	PROTECTS(program, "instructions", effect_no_run, "goes with script only", "give script"),
	PROTECTS(program, "milliseconds", effect_no_run, "goes with script only", "give script"),
	PROTECTS(program, "kilobytes", effect_no_run, "goes with script only", "give script"),
	PROTECTS(program, "timeout", effect_nothing_to_wait_for, "goes with url or ipconn only", "give one of these"),
	{ .attribute = NULL },
};

#define ALWAYS(resource, name) { resource_##resource, name }

const struct effect_always effect_always[] = {
	ALWAYS(region, "applid"), ALWAYS(region, "networkid"), ALWAYS(region, "dfltuser"), ALWAYS(region, "regionuser"), ALWAYS(region, "saf"), ALWAYS(region, "ring"),
	ALWAYS(region, "recovery"), ALWAYS(region, "record"), ALWAYS(region, "conversation_kilobytes"), ALWAYS(region, "control"), ALWAYS(region, "metrics"), ALWAYS(region, "policies"),
	ALWAYS(region, "tcp_timeout"), ALWAYS(region, "capex_timeout"), ALWAYS(region, "heartbeat"), ALWAYS(region, "drain"),
	ALWAYS(region, "maxsockets"), ALWAYS(region, "records"), ALWAYS(region, "recheck"), ALWAYS(region, "specs"),
	ALWAYS(region, "generations"), ALWAYS(region, "generation_days"), ALWAYS(region, "versions"), ALWAYS(region, "follow"), ALWAYS(region, "user"), ALWAYS(region, "workers"),

	ALWAYS(tcpipservice, "protocol"), ALWAYS(tcpipservice, "portnumber"), ALWAYS(tcpipservice, "host"), ALWAYS(tcpipservice, "ipaddress"),
	ALWAYS(tcpipservice, "backlog"), ALWAYS(tcpipservice, "status"), ALWAYS(tcpipservice, "ssl"), ALWAYS(tcpipservice, "speciftcps"),
	ALWAYS(tcpipservice, "admit"), ALWAYS(tcpipservice, "bind"),

	/*
	 * The urm reads a template's applid and networkid. CAPEX tells userauth to the partner, and identify requires
	 * trust there.
	 */
	ALWAYS(ipconn, "applid"), ALWAYS(ipconn, "networkid"), ALWAYS(ipconn, "inservice"), ALWAYS(ipconn, "userauth"), ALWAYS(ipconn, "xlnaction"),
	ALWAYS(ipconn, "template"),

	ALWAYS(program, "status"), ALWAYS(program, "builtin"), ALWAYS(program, "script"), ALWAYS(program, "url"), ALWAYS(program, "ipconn"),

	ALWAYS(transaction, "status"), ALWAYS(transaction, "program"),
	{ .attribute = NULL },
};
