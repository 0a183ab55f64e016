---@meta _
-- SPDX-License-Identifier: Apache-2.0
-- Written by `make types`; do not edit.

---@class sallyport.Counter
---@field expires number?
---@field name string
---@field store table?
local Counter = {}

---counter:next { min = 1, max =, wrap = false } -> the next number, or nil and a reason: "exhausted" above max without
---wrap, "too many counters: …", "no store". The first answer is min, and with wrap min follows max. max is the
---largest integer when absent. Raises for another key, for a value that is no whole number, for min above max, and
---when the counter was used with another `expires`.
---@param range? sallyport.CounterRange
---@return integer?
---@return string?
function Counter:next(range) end

---counter:peek() -> the last answer of next; nil when next was never called or the counter has expired. It does not
---count. Raises when the counter was used with another `expires`.
---@return integer?
function Counter:peek() end

---@class sallyport.Data
local Data = {}

---data:count() -> the number of rows.
---
---@return integer
function Data:count() end

---data:each() -> an iterator over the rows in the order of the file: for row in data:each() do … end. Each row costs
---steps.
---@return fun(): table?
function Data:each() end

---data:find(value) -> the row whose key is the string, as a frozen table of its values by column; nil when there is
---none. Raises for a value that is no string, and for data without a key.
---
---@param value string
---@return table?
function Data:find(value) end

---@class sallyport.IpSet
local IpSet = {}

---@param ip string
---@return boolean
---@return string?
---@return any
function IpSet:holds(ip) end

---@class sallyport.Pins
local Pins = {}

---@class sallyport.Rate
---@field burst integer
---@field count integer
---@field name string
---@field per number
---@field store table?
local Rate = {}

---rate:take(n) -> true when the rate has n tokens, which it takes; else false and the seconds until it has them, and
---nothing is taken; nil and a reason when the region has no room for another rate ("too many rates: …", "no store").
---n: a whole number from 1 to the rate's burst, 1 when nil; else it raises.
---@param n? integer
---@return boolean?
---@return number|string|nil
function Rate:take(n) end

---@class sallyport.Verdict
---@field applid string?
---@field code string?
---@field file string?
---@field host string?
---@field ipconn string?
---@field kind "accept"|"refuse"|"install"|"pass"
---@field line integer?
---@field port integer?
---@field sysplex boolean?
---@field template string?
---@field text string?
---@field userid string?
---@field verdict "accept"|"refuse"|"install"|"pass"
local Verdict = {}

---@class sallyport.Zone
local Zone = {}

---zone:at(seconds) -> { year =, month =, day =, weekday =, hour =, minute =, offset = }, the local time at `seconds`
---since 1970, such as facts.now. weekday: 1 is Monday. offset: seconds east of Greenwich. Raises for a value that is
---no number, and for a time more than 2^53 seconds from 1970.
---@param seconds number
---@return sallyport.zone_time
function Zone:at(seconds) end

---@class sallyport.AcceptOptions
---@field sysplex boolean?
---@field userid string?

---@class sallyport.Claim
---@field holds fun(walk: sallyport.Walk): boolean
---@field name string

---@class sallyport.CounterOptions
---@field down any
---@field expires number?
---@field scope "region"|"store"|nil
---@field timeout number?

---@class sallyport.CounterRange
---@field max integer?
---@field min integer?
---@field wrap boolean?

---@class sallyport.DataOptions
---@field key string?

---@class sallyport.HttpRequest
---@field body string?
---@field down any
---@field headers table<string, string>?
---@field json any
---@field method "GET"|"POST"|"PUT"|"PATCH"|"DELETE"|nil
---@field timeout number?
---@field url string

---@class sallyport.InstallOptions
---@field applid string?
---@field host string?
---@field ipconn string
---@field port integer?
---@field template string?

---@class sallyport.IpconnFilter
---@field applid string?
---@field networkid string?

---@class sallyport.NetworkOptions
---@field prefix string
---@field value string?

---@class sallyport.RateOptions
---@field burst integer?
---@field count integer
---@field down any
---@field per number
---@field scope "region"|"store"|nil
---@field timeout number?

---@class sallyport.ResolveOptions
---@field down any
---@field timeout number?

---@class sallyport.Row
---@field certificate string|sallyport.RowCertificate|nil
---@field door string?
---@field expect sallyport.RowExpect|sallyport.WalkExpect
---@field facts table
---@field mock sallyport.RowMock?
---@field name string?
---@field params table?
---@field walk true?

---@class sallyport.RowCertificate
---@field c string|string[]|nil
---@field cn string|string[]|nil
---@field dns string|string[]|nil
---@field email string|string[]|nil
---@field file string?
---@field ip string|string[]|nil
---@field issuer string|sallyport.RowIssuer|nil
---@field l string|string[]|nil
---@field not_after number?
---@field not_before number?
---@field o string|string[]|nil
---@field ou string|string[]|nil
---@field st string|string[]|nil
---@field uri string|string[]|nil
---@field userid string?
---@field verified boolean?

---@class sallyport.RowExpect
---@field applid string|false|nil
---@field code string|false|nil
---@field host string|false|nil
---@field ipconn string|false|nil
---@field port integer|false|nil
---@field sysplex boolean?
---@field template string|false|nil
---@field text string|false|nil
---@field userid string|false|nil
---@field verdict "accept"|"refuse"|"install"

---@class sallyport.RowIssuer
---@field c string|string[]|nil
---@field cn string|string[]|nil
---@field l string|string[]|nil
---@field o string|string[]|nil
---@field ou string|string[]|nil
---@field st string|string[]|nil

---@class sallyport.RowMock
---@field clock number?
---@field counters table<string, integer>?
---@field http table<string, table|false>?
---@field ipconns table<string, table>?
---@field rates table<string, number>?
---@field resolve table<string, string[]|false>?
---@field saf table?
---@field store table<string, any>|false|nil
---@field store_seconds number?

---@class sallyport.StoreIncrOptions
---@field by integer?
---@field down any
---@field timeout number?
---@field ttl number?

---@class sallyport.StoreOptions
---@field down any
---@field timeout number?

---@class sallyport.StoreTimeOptions
---@field down any
---@field timeout number?
---@field ttl number?

---@class sallyport.Walk
---@field accepted boolean
---@field doors sallyport.WalkDoor[]
---@field facts sallyport.attach.facts
---@field ipconn sallyport.ipconn?

---@class sallyport.WalkDoor
---@field code string?
---@field door string
---@field verdict "accept"|"refuse"|"install"

---@class sallyport.WalkExpect
---@field admit sallyport.RowExpect|false|nil
---@field attach sallyport.RowExpect|false|nil
---@field bind sallyport.RowExpect|false|nil
---@field certify sallyport.RowExpect|false|nil
---@field code string|false|nil
---@field delete sallyport.RowExpect|false|nil
---@field doors string[]?
---@field install sallyport.RowExpect|false|nil
---@field ipconn string|false|nil
---@field verdict "accept"|"refuse"

