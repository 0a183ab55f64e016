/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect_options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

#define DEFAULT_SENDCOUNT 100 /* the default of CICS clients (IPIC.md 2.4) */
#define DEFAULT_TIMEOUT 15.0  /* seconds */

const char connect_options_usage[] =
	"usage: sallyport connect --to HOST:PORT [--applid A] [--networkid N] [--ring DIR [--label L]] [option ...]\n"
	"Dials a region as a partner, sends CAPEX, with --ring by TLS, and prints one JSON object.\n"
	"  --to HOST:PORT          the address of the tcpipservice; [V6]:PORT for IPv6\n"
	"  --applid A              our APPLID (default: blank)\n"
	"  --networkid N           our network id (default: the region's)\n"
	"  --ring DIR              use TLS, with the certificate and the signers of this ring\n"
	"  --label L               the certificate of the ring (default: the ring's default)\n"
	"  --tls1.2  --tls1.3      only this version\n"
	"  --sendcount N           the sessions that we ask for to send on (default 100)\n"
	"  --receivecount N        the sessions that we offer to receive on (default 0)\n"
	"  --port P  --host H      the address for calls back to us (default -1: none)\n"
	"  --server-applid A       the APPLID that the region must have\n"
	"  --server-networkid N    the network id that the region must have\n"
	"  --sockets 1|2           the number of sockets that we ask for (default 1)\n"
	"  --ha                    we are HA: follow one redirection to a specific listener\n"
	"  --hold SECONDS          answer heartbeats for this time, then release\n"
	"  --timeout SECONDS       the limit from dialling to the answer, for each socket; of silence during requests (default 15)\n"
	"Requests, sent after the acceptance:\n"
	"  --link PROGRAM          the program, in upper case (with --tran only: the transaction's program)\n"
	"  --tran T                the transaction (default: the region's, CPMI)\n"
	"  --data TEXT | --file F  the data; F - is stdin\n"
	"  --ccsid N               the data is text in UTF-8; send it in code page N (37 500 819 1047 1208), print answers in UTF-8\n"
	"  --userid U              the user\n"
	"  --password-file F       the user's password: the first line of F; F - is stdin\n"
	"  --password P            the same; other users may see it in the list of processes until it is read; shells remember it\n"
	"  --count N               the number of requests (default 1)\n"
	"  --parallel K            K conversations at a time, at most the agreed number of sessions (default 1)\n"
	"  --open                  send the requests in the same conversation, while the region leaves it open\n"
	"  --output F              write the data of the last answer to F instead of printing it\n"
	"Options of a partner that breaks rules, for tests:\n"
	"  --no-heartbeat          do not answer heartbeats\n"
	"  --cut 1|2               reset that socket instead of a release\n"
	"  --no-further            ask for two sockets, open one\n"
	"  --token T               send this token, as a further socket of another partner\n"
	"  --further-token T  --further-ring DIR  --further-label L  --further-applid A  --further-networkid N\n"
	"                          values of the second socket that differ from the first\n"
	"  --over-count            the agreed number of sessions does not limit --parallel\n"
	"  --no-pacing             do not wait for pacing messages\n"
	"  --hold-pacing           send no pacing messages\n"
	"  --hops N                requests carry the mark of N regions that shipped them\n"
	"Exit status: 0 accepted, and all requests answered; 1 failed; 2 usage; 3 refused by the partner, or a request refused.\n";

static const struct option options[] = {
	{ "to", required_argument, NULL, OPT_TO },
	{ "applid", required_argument, NULL, OPT_APPLID },
	{ "networkid", required_argument, NULL, OPT_NETWORKID },
	{ "ring", required_argument, NULL, OPT_RING },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "tls1.2", no_argument, NULL, OPT_TLS12 },
	{ "tls1.3", no_argument, NULL, OPT_TLS13 },
	{ "sendcount", required_argument, NULL, OPT_SENDCOUNT },
	{ "receivecount", required_argument, NULL, OPT_RECEIVECOUNT },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "server-applid", required_argument, NULL, OPT_SERVER_APPLID },
	{ "server-networkid", required_argument, NULL, OPT_SERVER_NETWORKID },
	{ "sockets", required_argument, NULL, OPT_SOCKETS },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "no-heartbeat", no_argument, NULL, OPT_NO_HEARTBEAT },
	{ "cut", required_argument, NULL, OPT_CUT },
	{ "no-further", no_argument, NULL, OPT_NO_FURTHER },
	{ "token", required_argument, NULL, OPT_TOKEN },
	{ "further-token", required_argument, NULL, OPT_FURTHER_TOKEN },
	{ "further-ring", required_argument, NULL, OPT_FURTHER_RING },
	{ "further-label", required_argument, NULL, OPT_FURTHER_LABEL },
	{ "further-applid", required_argument, NULL, OPT_FURTHER_APPLID },
	{ "further-networkid", required_argument, NULL, OPT_FURTHER_NETWORKID },
	{ "ha", no_argument, NULL, OPT_HA },
	{ "link", required_argument, NULL, OPT_LINK },
	{ "tran", required_argument, NULL, OPT_TRAN },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "ccsid", required_argument, NULL, OPT_CCSID },
	{ "userid", required_argument, NULL, OPT_USERID },
	{ "password", required_argument, NULL, OPT_PASSWORD },
	{ "password-file", required_argument, NULL, OPT_PASSWORD_FILE },
	{ "parallel", required_argument, NULL, OPT_PARALLEL },
	{ "count", required_argument, NULL, OPT_REQUESTS },
	{ "open", no_argument, NULL, OPT_OPEN },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "over-count", no_argument, NULL, OPT_OVER_COUNT },
	{ "no-pacing", no_argument, NULL, OPT_NO_PACING },
	{ "hold-pacing", no_argument, NULL, OPT_HOLD_PACING },
	{ "hops", required_argument, NULL, OPT_HOPS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

int
connect_options_read(struct connect_line *l, int argc, char **argv)
{
	int opt;

	optind = 0; /* resets getopt */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			opt = OPT_HELP;
		if (opt <= 0 || opt >= OPT_COUNT)
			return -1;
		l->value[opt] = optarg != NULL ? optarg : "";
	}
	return optind == argc ? 0 : -1;
}

/* --- values: -1 for one that is not valid, with a sentence on stderr */

int
connect_options_text(const struct connect_line *l, int opt, char *out, size_t size)
{
	if (l->value[opt] == NULL || snprintf(out, size, "%s", l->value[opt]) < (int)size)
		return 0;
	fprintf(stderr, "%s: --%s %s: at most %zu bytes\n", l->command, options[opt - 1].name, l->value[opt], size - 1);
	return -1;
}

int
connect_options_number(const struct connect_line *l, int opt, int min, int max, int *out)
{
	char *end;
	long n;

	if (l->value[opt] == NULL)
		return 0;
	n = strtol(l->value[opt], &end, 10);
	if (end != l->value[opt] && *end == '\0' && n >= min && n <= max) {
		*out = (int)n;
		return 0;
	}
	fprintf(stderr, "%s: --%s %s: %d to %d\n", l->command, options[opt - 1].name, l->value[opt], min, max);
	return -1;
}

static int
seconds(const struct connect_line *l, int opt, double *out)
{
	char *end;
	double n;

	if (l->value[opt] == NULL)
		return 0;
	n = strtod(l->value[opt], &end);
	if (end != l->value[opt] && *end == '\0' && isfinite(n) && n >= 0 && n <= 1e6) {
		*out = n;
		return 0;
	}
	fprintf(stderr, "%s: --%s %s: seconds, 0 to 1000000\n", l->command, options[opt - 1].name, l->value[opt]);
	return -1;
}

int
connect_options_target(const struct connect_line *l, struct connect_peer_options *o)
{
	struct fault f;

	if (l->value[OPT_TO] == NULL) {
		fprintf(stderr, "%s: --to HOST:PORT is needed\n", l->command);
		return -1;
	}
	if (addr_split(l->value[OPT_TO], o->host, sizeof o->host, &o->port, &f) == 0)
		return 0;
	fprintf(stderr, "%s: --to %s: %s\n", l->command, l->value[OPT_TO], f.text);
	return -1;
}

/* Names are not checked: a test may want to see them refused. */
static int
capex(const struct connect_line *l, struct capex *c)
{
	int bad = 0;

	*c = (struct capex){ .port = -1, .sendcount = DEFAULT_SENDCOUNT, .sockets = 1, .socket = 1 };
	bad |= connect_options_text(l, OPT_APPLID, c->applid, sizeof c->applid);
	bad |= connect_options_text(l, OPT_NETWORKID, c->networkid, sizeof c->networkid);
	bad |= connect_options_text(l, OPT_SERVER_APPLID, c->server_applid, sizeof c->server_applid);
	bad |= connect_options_text(l, OPT_SERVER_NETWORKID, c->server_networkid, sizeof c->server_networkid);
	bad |= connect_options_text(l, OPT_HOST, c->host, sizeof c->host);
	bad |= connect_options_text(l, OPT_TOKEN, c->token, sizeof c->token);
	bad |= connect_options_number(l, OPT_PORT, -65536, 65536, &c->port);
	bad |= connect_options_number(l, OPT_SENDCOUNT, -1, 100000, &c->sendcount);
	bad |= connect_options_number(l, OPT_RECEIVECOUNT, -1, 100000, &c->receivecount);
	bad |= connect_options_number(l, OPT_SOCKETS, 1, 2, &c->sockets);
	c->ha = l->value[OPT_HA] != NULL;
	return bad;
}

static int
further(const struct connect_line *l, struct capex *c)
{
	int bad = connect_options_text(l, OPT_FURTHER_APPLID, c->applid, sizeof c->applid);

	bad |= connect_options_text(l, OPT_FURTHER_NETWORKID, c->networkid, sizeof c->networkid);
	c->token[0] = '\0';
	return bad | connect_options_text(l, OPT_FURTHER_TOKEN, c->token, sizeof c->token);
}

int
connect_options_fill(const struct connect_line *l, struct connect_peer_options *o)
{
	int bad = capex(l, &o->socket[0].capex);

	o->socket[1].capex = o->socket[0].capex;
	bad |= further(l, &o->socket[1].capex);
	o->further = o->socket[0].capex.sockets == 2 && l->value[OPT_NO_FURTHER] == NULL;
	o->timeout = DEFAULT_TIMEOUT;
	bad |= seconds(l, OPT_TIMEOUT, &o->timeout);
	bad |= seconds(l, OPT_HOLD, &o->hold);
	bad |= connect_options_number(l, OPT_CUT, 1, 2, &o->cut);
	o->no_heartbeat = l->value[OPT_NO_HEARTBEAT] != NULL;
	if (l->value[OPT_RING] == NULL && (l->value[OPT_LABEL] != NULL || l->value[OPT_TLS12] != NULL || l->value[OPT_TLS13] != NULL)) {
		fprintf(stderr, "%s: --label, --tls1.2 and --tls1.3 need --ring DIR\n", l->command);
		bad = -1;
	}
	return bad;
}
