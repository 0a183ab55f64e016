/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "client/connect_data.h"
#include "net/connect_wait.h"

#define CONNECTIONS_MAX 10000000
#define PLACES_MAX 20000
#define PLACES 16       /* the default of --concurrency */
#define RATE_MAX 100000 /* connections per second */
#define REQUESTS_MAX 100000000
#define APPLID "LD######"
#define DESCRIPTORS 32  /* that the process needs besides the connections */

const char load_options_usage[] =
	"usage: sallyport load --to HOST:PORT[,HOST:PORT ...] --connections N [--concurrency C] [--rate R] [option ...]\n"
	"Is many partners: dials, sends CAPEX and requests, releases, and prints rates, percentiles and the refusals.\n"
	"  --to HOST:PORT          the address of the tcpipservice; up to 16 with commas between take turns\n"
	"  --connections N         the number of connections, up to 10000000\n"
	"  --concurrency C         connections at a time, up to 20000 (default 16)\n"
	"  --rate R                connections begun in a second, at most (default: as fast as places become free)\n"
	"  --applid PATTERN        our APPLIDs; ### stands for the number of the connection (default LD######)\n"
	"  --networkid N           our network id (default: the region's)\n"
	"  --ring DIR              use TLS, with the certificate and the signers of this ring, for all partners\n"
	"  --label L               the certificate of the ring (default: the ring's default)\n"
	"  --make-certificates DIR use TLS; each partner has a certificate CN=NETWORKID.APPLID of the authority in DIR, which the first\n"
	"                          run makes; the certificate of the region is not verified\n"
	"  --tls1.2  --tls1.3      only this version\n"
	"  --hold SECONDS          stay connected for this time, then release\n"
	"  --timeout SECONDS       the limit from dialling to the answer; of silence during requests (default 15)\n"
	"  --bad KIND=P%,...       so many partners break rules: no-certificate foreign expired bad-capex half-capex silent\n"
	"  --json                  print one JSON object\n"
	"Requests of each accepted partner:\n"
	"  --requests N            the number of requests (default 1 with --link or --tran)\n"
	"  --parallel K            K conversations at a time (default 1)\n"
	"  --link PROGRAM          the program, in upper case (with --tran only: the transaction's program)\n"
	"  --tran T                the transaction (default: the region's, CPMI)\n"
	"  --data TEXT | --file F  the data; F - is stdin\n"
	"  --userid U              the user\n"
	"  --password-file F       the user's password: the first line of F; F - is stdin\n"
	"Ctrl-C releases the partners and prints the report; a second Ctrl-C does not wait for the releases.\n"
	"Exit status: 0 a partner was accepted, and a request answered if there were any; 1 failed; 2 usage; 3 all were refused.\n";

/* The options of load itself follow those of connect. */
enum { LOAD_TO = OPT_COUNT, LOAD_CONNECTIONS, LOAD_CONCURRENCY, LOAD_RATE, LOAD_REQUESTS, LOAD_MADE, LOAD_BAD, LOAD_JSON, LOAD_HELP };

static const struct option options[] = {
	{ "to", required_argument, NULL, LOAD_TO },
	{ "connections", required_argument, NULL, LOAD_CONNECTIONS },
	{ "concurrency", required_argument, NULL, LOAD_CONCURRENCY },
	{ "rate", required_argument, NULL, LOAD_RATE },
	{ "requests", required_argument, NULL, LOAD_REQUESTS },
	{ "make-certificates", required_argument, NULL, LOAD_MADE },
	{ "bad", required_argument, NULL, LOAD_BAD },
	{ "json", no_argument, NULL, LOAD_JSON },
	{ "help", no_argument, NULL, LOAD_HELP },
	{ "applid", required_argument, NULL, OPT_APPLID },
	{ "networkid", required_argument, NULL, OPT_NETWORKID },
	{ "ring", required_argument, NULL, OPT_RING },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "tls1.2", no_argument, NULL, OPT_TLS12 },
	{ "tls1.3", no_argument, NULL, OPT_TLS13 },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "parallel", required_argument, NULL, OPT_PARALLEL },
	{ "link", required_argument, NULL, OPT_LINK },
	{ "tran", required_argument, NULL, OPT_TRAN },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "userid", required_argument, NULL, OPT_USERID },
	{ "password-file", required_argument, NULL, OPT_PASSWORD_FILE },
	{ NULL, 0, NULL, 0 },
};

static int
take(struct load_options *o, int opt)
{
	switch (opt) {
	case LOAD_TO: o->to = optarg; break;
	case LOAD_CONNECTIONS: o->connections = optarg; break;
	case LOAD_CONCURRENCY: o->concurrency = optarg; break;
	case LOAD_RATE: o->rate_text = optarg; break;
	case LOAD_REQUESTS: o->requests = optarg; break;
	case LOAD_MADE: o->made = optarg; break;
	case LOAD_BAD: o->bad = optarg; break;
	case LOAD_JSON: o->json = true; break;
	case LOAD_HELP: case 'h': o->help = true; break;
	default:
		if (opt <= 0 || opt >= OPT_COUNT)
			return -1;
		o->line.value[opt] = optarg != NULL ? optarg : "";
	}
	return 0;
}

int
load_options_read(struct load_options *o, int argc, char **argv)
{
	int opt;

	o->line.command = argv[0];
	optind = 0; /* resets getopt */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (take(o, opt) < 0)
			return -1;
	if (optind == argc)
		return 0;
	fprintf(stderr, "load: not understood: %s\n", argv[optind]);
	return -1;
}

/* --- values: -1 for one that is not valid, with a sentence on stderr */

static int
whole(const char *option, const char *text, int max, int *out)
{
	char *end;
	long n = text != NULL ? strtol(text, &end, 10) : *out;

	if (text != NULL && (end == text || *end != '\0' || n < 1 || n > max)) {
		fprintf(stderr, "load: --%s %s: 1 to %d\n", option, text, max);
		return -1;
	}
	*out = (int)n;
	return 0;
}

static int
fill_rate(struct load_options *o)
{
	char *end;

	if (o->rate_text == NULL)
		return 0;
	o->rate = strtod(o->rate_text, &end);
	if (end != o->rate_text && *end == '\0' && isfinite(o->rate) && o->rate >= 0.01 && o->rate <= RATE_MAX)
		return 0;
	fprintf(stderr, "load: --rate %s: connections in a second, 0.01 to %d\n", o->rate_text, RATE_MAX);
	return -1;
}

static int
fill_target(struct load_options *o, const char *text, size_t len)
{
	char one[HOST_SIZE + 16];
	struct load_target *t = &o->target[o->targets];
	struct fault f;

	snprintf(one, sizeof one, "%.*s", (int)len, text);
	if (o->targets == LOAD_TARGETS)
		fault_set(&f, "at most %d addresses", LOAD_TARGETS);
	else if (len >= sizeof one)
		fault_set(&f, "the name is too long");
	else if (addr_split(one, t->host, sizeof t->host, &t->port, &f) == 0)
		return (o->targets++, 0);
	fprintf(stderr, "load: --to %s: %s\n", one, f.text);
	return -1;
}

static int
fill_targets(struct load_options *o)
{
	const char *at = o->to;

	if (at == NULL) {
		fprintf(stderr, "load: --to HOST:PORT is needed\n");
		return -1;
	}
	for (size_t len; at != NULL; at = at[len] == ',' ? at + len + 1 : NULL)
		if (len = strcspn(at, ","), fill_target(o, at, len) < 0)
			return -1;
	return 0;
}

/* Raises the limit of descriptors as far as the connections need it. */
static int
fill_places(struct load_options *o)
{
	struct rlimit limit;
	rlim_t needed;

	o->places = PLACES;
	if (whole("concurrency", o->concurrency, PLACES_MAX, &o->places) < 0)
		return -1;
	needed = (rlim_t)o->places + DESCRIPTORS;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < needed) {
		fprintf(stderr, "load: --concurrency %d: this process may have %lu descriptors, and needs %lu; raise the limit (ulimit -n), or lower the number\n",
			o->places, (unsigned long)limit.rlim_max, (unsigned long)needed);
		return -1;
	}
	if (limit.rlim_cur < needed) {
		limit.rlim_cur = needed;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return 0;
}

/* The number of APPLIDs of the pattern. */
static double
applids(const char *pattern)
{
	return pow(10, (double)strspn(pattern + strcspn(pattern, "#"), "#"));
}

static int
fill_applid(struct load_options *o)
{
	const char *pattern = o->line.value[OPT_APPLID] != NULL ? o->line.value[OPT_APPLID] : APPLID;
	const char *run = strchr(pattern, '#');

	if (strlen(pattern) >= sizeof o->applid)
		fprintf(stderr, "load: --applid %s: at most %zu bytes\n", pattern, sizeof o->applid - 1);
	else if (run != NULL && strchr(run + strspn(run, "#"), '#') != NULL)
		fprintf(stderr, "load: --applid %s: the # stand in one run\n", pattern);
	else if (applids(pattern) < o->places)
		fprintf(stderr, "load: --applid %s makes %.0f APPLIDs, fewer than --concurrency %d; add #, or lower the number\n", pattern, applids(pattern),
			o->places);
	else
		return snprintf(o->applid, sizeof o->applid, "%s", pattern) < 0 ? -1 : 0;
	return -1;
}

static int
fill_bad(struct load_options *o)
{
	struct fault f = { "" };

	if (load_mix_parse(&o->mix, o->bad, &f) < 0)
		fprintf(stderr, "load: --bad: %s\n", f.text);
	else if ((o->mix.percent[LOAD_NO_CERTIFICATE] > 0 || o->mix.percent[LOAD_FOREIGN] > 0) && o->line.value[OPT_RING] == NULL && o->made == NULL)
		fprintf(stderr, "load: --bad: no-certificate and foreign need --ring or --make-certificates\n");
	else if (o->mix.percent[LOAD_EXPIRED] > 0 && o->made == NULL)
		fprintf(stderr, "load: --bad: expired needs --make-certificates, whose authority makes the certificate\n");
	else
		return 0;
	return -1;
}

static int
fill_tls(struct load_options *o)
{
	bool versions = o->line.value[OPT_TLS12] != NULL || o->line.value[OPT_TLS13] != NULL;

	if (o->made != NULL && (o->line.value[OPT_RING] != NULL || o->line.value[OPT_LABEL] != NULL))
		fprintf(stderr, "load: --make-certificates, or --ring and --label, not both\n");
	else if (o->made == NULL && o->line.value[OPT_RING] == NULL && (versions || o->line.value[OPT_LABEL] != NULL))
		fprintf(stderr, "load: --label, --tls1.2 and --tls1.3 need --ring DIR, the two versions --make-certificates DIR\n");
	else
		return 0;
	return -1;
}

/* Everything that connect reads too, but for what load reads in another way. */
static int
fill_peer(struct load_options *o)
{
	struct connect_line line = o->line;
	int bad;

	line.value[OPT_APPLID] = line.value[OPT_LABEL] = line.value[OPT_TLS12] = line.value[OPT_TLS13] = NULL;
	bad = connect_options_fill(&line, &o->peer) | connect_data_fill(&line, &o->peer.requests);
	if (o->requests != NULL && !o->peer.requests.wanted) {
		fprintf(stderr, "load: --requests needs --link PROGRAM or --tran T\n");
		bad = -1;
	}
	return bad | whole("requests", o->requests, REQUESTS_MAX, &o->peer.requests.count);
}

int
load_options_fill(struct load_options *o)
{
	int bad = fill_targets(o);

	if (o->connections == NULL) {
		fprintf(stderr, "load: --connections N is needed\n");
		bad = -1;
	}
	bad |= whole("connections", o->connections, CONNECTIONS_MAX, &o->count);
	bad |= fill_places(o);
	bad |= fill_rate(o);
	bad |= fill_bad(o);
	bad |= fill_tls(o);
	bad |= fill_applid(o);
	return bad != 0 ? bad : fill_peer(o);
}

int
load_options_find(struct load_options *o)
{
	struct fault f;

	for (int i = 0; i < o->targets; i++)
		if (connect_wait_find(o->target[i].host, o->target[i].port, &o->target[i].at, &f) < 0) {
			fprintf(stderr, "load: %s\n", f.text);
			return -1;
		}
	return 0;
}

void
load_options_applid(const struct load_options *o, int i, char out[NAME_SIZE])
{
	char *run;

	memcpy(out, o->applid, NAME_SIZE);
	run = out + strcspn(out, "#");
	for (char *at = run + strspn(run, "#"); at > run; i /= 10)
		*--at = (char)('0' + i % 10);
}
