/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_script.h"

#define NOW "local t = redis.call('TIME') local now = t[1] + t[2] / 1e6 "

/*
 * The epoch of a sysplex. A store is new that has none, one of another run of the server, or one that begins later than
 * now: its clock went back. P, ms, lease and run are set; sets epoch (its id) and left (milliseconds in which the store
 * is new).
 */
#define EPOCH \
	"local e = redis.call('HMGET', P .. ':epoch', 'run', 'id', 'ends') " \
	"if e[1] ~= run or ms < tonumber(e[2]) then e = { run, string.format('%.0f', ms), ms + lease } end " \
	"local epoch, ends = e[2], tonumber(e[3]) " \
	"if ms < ends then ends = math.max(ends, tonumber(epoch) + lease) end " \
	"redis.call('HSET', P .. ':epoch', 'run', run, 'id', epoch, 'ends', string.format('%.0f', ends)) " \
	"local left = math.max(0, ends - ms) "
#define MILLISECONDS NOW "local ms = math.floor(now * 1000) "
#define RULES_FORGET "600000" /* milliseconds, after which the report of a region is dropped */
#define RULES_MOST "200" /* reports that an answer has */
#define KEYS_OF_CLAIM \
	"local keys = { P .. ':pair:' .. pair } if name ~= '' then keys[2] = P .. ':name:' .. name end "
#define TIDY "100" /* claims of a lost region that one renewal removes, and notes that it takes */
#define TIDY_SECONDS "60" /* after which the claims of a region that has ended are removed; they count no longer before */
#define NOTES_MAX "1000"
#define MEMBERS_MAX "200" /* that an answer has: those that were renewed last, so the living ones come before lost ones */
#define LOST_SECONDS "600" /* in which a lost region is shown */

static const char *const texts[STORE_SCRIPTS] = {
	[STORE_SCRIPT_INCR] =
		"local there = redis.call('EXISTS', KEYS[1]) "
		"redis.call('INCRBY', KEYS[1], ARGV[1]) "
		"if there == 0 and ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end "
		"return redis.call('GET', KEYS[1])",

	[STORE_SCRIPT_COUNTER_NEXT] =
		"local v = redis.call('HMGET', KEYS[1], 'last', 'expires') "
		"local min, max, last = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(v[1] or '') "
		"if v[2] and v[2] ~= ARGV[4] then return 'other ' .. v[2] end "
		"if last and last >= max and ARGV[3] == '0' then return 'exhausted ' .. v[1] end "
		"local next = (not last or last >= max or last < min) and min or last + 1 "
		"local text = string.format('%.0f', next) "
		"if ARGV[5] == '0' then return 'number ' .. text end "
		"redis.call('HSET', KEYS[1], 'last', text, 'expires', ARGV[4]) "
		"if not last and ARGV[4] ~= '0' then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(1, ARGV[4] * 1000))) end "
		"return 'number ' .. text",

	[STORE_SCRIPT_COUNTER_PEEK] =
		"local v = redis.call('HMGET', KEYS[1], 'last', 'expires') "
		"if v[2] and v[2] ~= ARGV[1] then return 'other ' .. v[2] end "
		"return v[1] and 'number ' .. v[1] or 'unused'",

	[STORE_SCRIPT_RATE_TAKE] =
		NOW
		"local count, per, burst, n = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]) "
		"local v = redis.call('HMGET', KEYS[1], 'left', 'at') "
		"local left, at = tonumber(v[1] or '') or burst, tonumber(v[2] or '') or now "
		"left = math.min(burst, left + math.max(0, now - at) * count / per) - ARGV[5] "
		"local taken = left >= n - 1e-9 "
		"local after = taken and left - n or left "
		"local answer = string.format(taken and 'taken %.17g 0' or 'wait %.17g %.17g', left, (n - left) * per / count) "
		"if ARGV[6] == '0' then return answer end "
		"redis.call('HSET', KEYS[1], 'left', string.format('%.17g', after), 'at', string.format('%.6f', now)) "
		"redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min(4e15, (burst - after) * per / count * 1000 + 1000))) "
		"return answer",

	[STORE_SCRIPT_REGIONS] =
		NOW
		"local ms = math.floor(now * 1000) "
		"redis.call('ZADD', KEYS[1], ms, ARGV[1]) "
		"redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms - ARGV[2]) "
		"redis.call('PEXPIRE', KEYS[1], ARGV[2]) "
		"return tostring(redis.call('ZCARD', KEYS[1]))",

	[STORE_SCRIPT_MEMBER] =
		MILLISECONDS
		"local P, own, lease, run = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3] "
		EPOCH
		"local function key(of) return P .. ':member:' .. of end "
		"if redis.call('EXISTS', key(own)) == 0 and epoch == ARGV[4] then return { 'gone' } end "
		"if ARGV[5] ~= '' then redis.call('DEL', key(ARGV[5])) redis.call('HDEL', P .. ':words', ARGV[5]) end "
		"redis.call('SET', key(own), ARGV[6], 'PX', ARGV[2]) "
		"redis.call('ZADD', P .. ':members', ms, own) "
		"redis.call('HSET', P .. ':words', own, ARGV[6]) "
		"local answer = { (epoch ~= ARGV[4] and 'new ' or '') .. 'epoch ' .. epoch .. ' ' .. string.format('%.0f', left) } "
		"for _, one in ipairs(redis.call('ZRANGE', P .. ':members', -" MEMBERS_MAX ", -1)) do "
		"  local words = redis.call('GET', key(one)) "
		"  local lost = not words and redis.call('HGET', P .. ':words', one) "
		"  local age = ms - tonumber(redis.call('ZSCORE', P .. ':members', one)) "
		"  local left = not words and age > 1000 * " TIDY_SECONDS " and redis.call('SPOP', P .. ':held:' .. one, " TIDY ") or {} "
		"  for _, claim in ipairs(left) do "
		"    local value = redis.call('GET', claim) "
		"    if value and value:match('^%S+') == one then redis.call('DEL', claim) end "
		"  end "
		"  if words or lost then answer[#answer + 1] = (words and 'living ' or 'lost ') .. one .. ' ' .. (words or lost) end "
		"  if not words and #left == 0 and age > 1000 * " TIDY_SECONDS " and (not lost or age > 1000 * " LOST_SECONDS ") then "
		"    redis.call('ZREM', P .. ':members', one) redis.call('HDEL', P .. ':words', one) "
		"  end "
		"end "
		"for _, pair in ipairs(redis.call('SPOP', P .. ':probes:' .. own, " TIDY ")) do answer[#answer + 1] = 'note probe ' .. pair end "
		"for _ = 1, " TIDY " do "
		"  local note = redis.call('LPOP', P .. ':notes:' .. own) "
		"  if not note then break end "
		"  answer[#answer + 1] = 'note ' .. note "
		"end "
		"return answer",

	[STORE_SCRIPT_MEMBER_END] =
		"redis.call('DEL', KEYS[1] .. ':member:' .. ARGV[1]) "
		"redis.call('HDEL', KEYS[1] .. ':words', ARGV[1]) "
		"return 'ended'",

	[STORE_SCRIPT_RULES] =
		NOW
		"local ms, reports = math.floor(now * 1000), KEYS[1] .. ':reports' "
		"if ARGV[1] ~= '' then redis.call('HSET', reports, ARGV[1], string.format('%.0f', ms) .. ' ' .. ARGV[2]) end "
		"local answer = { redis.call('HGET', KEYS[1], 'all') or '', redis.call('HGET', KEYS[1], 'canary') or '' } "
		"local all = redis.call('HGETALL', reports) "
		"for i = 1, #all, 2 do "
		"  local at, words = string.match(all[i + 1], '^(%d+) (.*)$') "
		"  local age = ms - (tonumber(at) or 0) "
		"  if age > " RULES_FORGET " then redis.call('HDEL', reports, all[i]) "
		"  elseif #answer < 2 + " RULES_MOST " then "
		"    answer[#answer + 1] = all[i] .. ' ' .. string.format('%.0f', math.max(0, age)) .. ' ' .. words "
		"  end "
		"end "
		"return answer",

	[STORE_SCRIPT_RULES_PIECE] =
		"if redis.call('TTL', KEYS[1]) ~= -1 then " /* -1: a head names it */
		"  redis.call('SETRANGE', KEYS[1], ARGV[1], ARGV[2]) "
		"  redis.call('PEXPIRE', KEYS[1], 600000) "
		"end "
		"return 'written'",

	[STORE_SCRIPT_RULES_PUBLISH] =
		"local serial, digest, region = tonumber(ARGV[1]), ARGV[2], ARGV[4] "
		"local function bundle(of) return KEYS[1] .. ':' .. of end "
		"local function head(field) "
		"  local s, d = string.match(redis.call('HGET', KEYS[1], field) or '', '^(%d+) (%x+) ') "
		"  return tonumber(s), d, s and (tonumber(s) > serial or (tonumber(s) == serial and d ~= digest)) and field .. ' ' .. s "
		"end "
		"if redis.call('STRLEN', bundle(digest)) ~= tonumber(ARGV[3]) then return 'missing' end "
		"local _, was, above = head('all') "
		"local _, tried, higher = head('canary') "
		"if above or higher then return above or higher end "
		"redis.call('PERSIST', bundle(digest)) "
		"redis.call('HSET', KEYS[1], region == '' and 'all' or 'canary', ARGV[1] .. ' ' .. digest .. ' ' .. ARGV[3] .. (region ~= '' and ' ' .. region or '')) "
		"if region == '' then redis.call('HDEL', KEYS[1], 'canary') end "
		"if tried and tried ~= digest and tried ~= was then redis.call('DEL', bundle(tried)) end "
		"if region == '' and was and was ~= digest then redis.call('DEL', bundle(was)) end "
		"return 'published'",

	[STORE_SCRIPT_CLAIM] =
		MILLISECONDS
		"local P, own, lease, run, name, pair, number = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6] "
		EPOCH
		"if redis.call('EXISTS', P .. ':member:' .. own) == 0 then return 'gone' end "
		"if left > 0 and number == '0' then return 'new ' .. string.format('%.0f', left) end "
		KEYS_OF_CLAIM
		"local function tell(one, what) "
		"  local notes = P .. ':notes:' .. one "
		"  if redis.call('LLEN', notes) < " NOTES_MAX " then redis.call('RPUSH', notes, what .. ' ' .. pair .. ' ' .. ARGV[8]) end "
		"  redis.call('PEXPIRE', notes, ARGV[2]) "
		"end "
		"local beaten, over = {}, '-' "
		"for i, key in ipairs(keys) do "
		"  local one, n, region = (redis.call('GET', key) or ''):match('^(%S+) %S+ (%S+) (%S+)') "
		"  local other = one and one ~= own "
		"  if other and redis.call('EXISTS', P .. ':member:' .. one) == 0 then over = region "
		"  elseif other and left > 0 and tonumber(number) and tonumber(number) < tonumber(n) then beaten[one] = region "
		"  elseif other then "
		"    if number ~= '0' then tell(one, 'contested') "
		"    elseif i == 1 then "
		"      redis.call('SADD', P .. ':probes:' .. one, pair) "
		"      redis.call('PEXPIRE', P .. ':probes:' .. one, ARGV[2]) "
		"    end "
		"    return (i == 1 and 'pair ' or 'name ') .. region "
		"  end "
		"end "
		"local last = P .. ':number' "
		"local highest = tonumber(redis.call('GET', last) or '0') "
		"if not tonumber(number) or number == '0' then number = string.format('%.0f', math.max(highest + 1, ms)) end "
		"if tonumber(number) > highest then redis.call('SET', last, number) end "
		"for _, key in ipairs(keys) do "
		"  redis.call('SET', key, own .. ' ' .. ARGV[7] .. ' ' .. number .. ' ' .. ARGV[8]) "
		"  redis.call('SADD', P .. ':held:' .. own, key) "
		"end "
		"local loser = '-' "
		"for one, region in pairs(beaten) do tell(one, 'beaten') loser = region end "
		"return 'granted ' .. number .. ' ' .. loser .. ' ' .. over",

	[STORE_SCRIPT_CLAIM_END] =
		"local P, own, name, pair = KEYS[1], ARGV[1], ARGV[3], ARGV[4] "
		KEYS_OF_CLAIM
		"for _, key in ipairs(keys) do "
		"  local one, ordinal = (redis.call('GET', key) or ''):match('^(%S+) (%S+)') "
		"  if one == own and ordinal == ARGV[2] then redis.call('DEL', key) redis.call('SREM', P .. ':held:' .. own, key) end "
		"end "
		"return 'ended'",

	[STORE_SCRIPT_HOLDER] =
		"local one, region = (redis.call('GET', KEYS[1] .. ':pair:' .. ARGV[1]) or ''):match('^(%S+) %S+ %S+ (%S+)') "
		"return one and redis.call('EXISTS', KEYS[1] .. ':member:' .. one) == 1 and 'held ' .. region or 'free'",
};

const char *
store_script_text(enum store_script s)
{
	return texts[s];
}
