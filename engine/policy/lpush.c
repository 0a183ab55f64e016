/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lpush.h"

#include "policy/lshape.h"

#include <lua.h>

#include <string.h>

void
lpush_key(const struct lpush *p, enum fact k)
{
	lshape_key(p->L, p->kit, k);
}

void
lpush_open(const struct lpush *p, enum fact k, size_t items, int members)
{
	lpush_key(p, k);
	lua_createtable(p->L, (int)items, members);
	lshape_seal(p->L, p->kit, fact_row(k)->type.of);
}

void
lpush_open_element(const struct lpush *p, enum shape s, int members)
{
	lua_createtable(p->L, 0, members);
	lshape_seal(p->L, p->kit, s);
}

void
lpush_close_element(const struct lpush *p, size_t i)
{
	lua_rawseti(p->L, -2, (lua_Integer)i + 1);
}

void
lpush_close(const struct lpush *p)
{
	lua_rawset(p->L, -3);
}

void
lpush_bytes(const struct lpush *p, enum fact k, const char *bytes, size_t len)
{
	lpush_key(p, k);
	lua_pushlstring(p->L, bytes, len);
	lua_rawset(p->L, -3);
}

void
lpush_text(const struct lpush *p, enum fact k, const char *value)
{
	lpush_bytes(p, k, value, strlen(value));
}

void
lpush_name(const struct lpush *p, enum fact k, const char *value)
{
	if (value[0] != '\0')
		lpush_text(p, k, value);
}

void
lpush_integer(const struct lpush *p, enum fact k, long long value)
{
	lpush_key(p, k);
	lua_pushinteger(p->L, (lua_Integer)value);
	lua_rawset(p->L, -3);
}

void
lpush_boolean(const struct lpush *p, enum fact k, bool value)
{
	lpush_key(p, k);
	lua_pushboolean(p->L, value);
	lua_rawset(p->L, -3);
}

void
lpush_dn(const struct lpush *p, enum fact k, const struct dn *d)
{
	lpush_open(p, k, d->n, 1);
	for (size_t i = 0; i < d->n; i++) {
		lpush_open_element(p, SHAPE_rdn, 2);
		lpush_text(p, FACT_rdn_type, d->item[i].type);
		lpush_bytes(p, FACT_rdn_value, d->item[i].value.bytes, d->item[i].value.len);
		if (d->item[i].shared)
			lpush_boolean(p, FACT_rdn_shared, true);
		lpush_close_element(p, i);
	}
	lpush_text(p, FACT_dn_printed, d->printed != NULL ? d->printed : "");
	lpush_close(p);
}
