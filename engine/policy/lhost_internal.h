/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_internal: the functions that the files of lhost share. */
#ifndef SALLYPORT_LHOST_INTERNAL_H
#define SALLYPORT_LHOST_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>

#include "policy/lhost.h"
#include "sandbox/script_place.h"

#define MOCK_IPCONNS "ipconns"   /* in the mock's table: name = a userdata that holds a struct ipconn_view */
#define MOCK_COUNTERS "counters" /* a userdata that holds a struct counters * */
#define MOCK_RATES "rates"       /* a userdata that holds a struct rates * */
#define MOCK_CLOCK "clock"       /* a number of seconds, or a function that returns it; absent: clock_span */
#define MOCK_RESOLVE "resolve"   /* a table: name = a list of addresses or names; absent: no name is known */
#define MOCK_HTTP "http"         /* a table: URL = { status =, json =, body = }; absent: no server answers */
#define MOCK_STORE "store"       /* a table: key = { value, the second of the mock's clock at which it ends; 0 never }; absent: no store */
#define MOCK_STORE_SECONDS "store_seconds" /* the time that its store takes for an answer */
#define MOCK_SAF "saf"           /* a userdata that holds a saf; absent: no saf */

/* Pushes a part of the mock's table. False, with no value pushed, when there is no mock. [-0, +1] or [-0, +0] */
bool lhost_push_mock(struct lua_State *L, const struct lhost *h, const char *part);
/*
 * The time in seconds by the clock of the mock's table at `mocked`: its number, what its function answers, or the
 * machine's. [-0, +0, may throw]
 */
double lhost_mock_now(struct lua_State *L, int mocked);
/* The time in seconds by which the mock's counters expire. There is a mock. [-0, +0, may throw] */
double lhost_mock_clock(struct lua_State *L, const struct lhost *h);
/* Pushes the userdata for the table of a saf at idx; raises the first fault of the table. [-0, +1, may throw] */
void lhost_saf_mock(struct lua_State *L, int idx);

/*
 * Raises while a script loads: loading runs in a thread beside the loop, and an answer would be old when a door is
 * asked. Never raises with a mock. [-0, +0, may throw]
 */
void lhost_want_asking(struct lua_State *L, const struct lhost *h, const char *what);
/* Raises at a door: files are read while a script loads, in a thread beside the loop. [-0, +0, may throw] */
void lhost_want_loading(struct lua_State *L, const struct lhost *h, const char *what);
/* Adds an answer of the library to the record of the question. */
void lhost_effect(const struct lhost *h, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The functions of each file, registered with the struct lhost as their first upvalue. */
extern const luaL_Reg lhost_verdict_functions[], lhost_region_functions[], lhost_rate_functions[], lhost_saf_functions[], lhost_ip_functions[],
	lhost_cert_functions[], lhost_zone_functions[], lhost_note_functions[], lhost_data_functions[], lhost_wait_functions[], lhost_http_functions[],
	lhost_store_functions[], lhost_store_count_functions[];

/* Registers the metatables of the file's values. [-0, +0, may throw] */
void lhost_verdict_open(struct lua_State *L);
void lhost_ip_open(struct lua_State *L, struct lhost *h);
void lhost_zone_open(struct lua_State *L, struct lhost *h);
void lhost_data_open(struct lua_State *L, struct lhost *h);

struct cell;
/* Pushes a value of a data file. [-0, +1, may throw] */
void lhost_push_cell(struct lua_State *L, const struct cell *c);
/*
 * The directory of the data file `name`: that of the scripts, or in a plain Lua the first of package.path that has it;
 * out has the path there. [-0, +0, may throw]
 */
const char *lhost_data_directory(struct lua_State *L, const struct lhost *h, const char *name, char *out, size_t size);

/* The struct lhost of the running C function. */
struct lhost *lhost_of(struct lua_State *L);
/* Charges n steps of a loop in C to the script. [-0, +0, may throw] */
void lhost_pay(struct lua_State *L, struct lhost *h, size_t n);

#endif
