-- SPDX-License-Identifier: Apache-2.0
--[[
peers: the cost of a connection, a request, a refusal and an idle link for the region, beside a bare server (bare.c) and beside HAProxy and
nginx with scripts in Lua, where they are installed. Each round measures each server once, one after the other, so that other work on
the machine meets all of them. Prints a table of medians over the rounds, with the medians of the rounds' ratios to the bare server in
parentheses, a table of latencies, the machine, and what could not be measured. Asserts nothing.

  lua5.4 spec/bench/peers.lua [rounds] [seconds of a measurement] [cpu or latency: that table alone] [columns] [servers]
columns, servers: words with commas between; a column or a server with one of them in its name is measured, and the bare server
SALLYPORT: the binary (./sallyport)
]]
local socket = require "socket"

local measured = require "spec.bench.measured"

local ROUNDS, SECONDS = tonumber(arg[1] or "5"), tonumber(arg[2] or "2")
local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local TOP = io.popen("pwd"):read "l"
local DIR = TOP .. "/build/bench/peers"
local PARTNERS = "build/partners"
local CONCURRENCY, IDLE = 64, 1000
local ARRIVALS, MANY, HELD = 500, 512, 9000 -- connections a second, at a time, held beside arrivals
local ONLY, COLUMNS, SERVERS = arg[3], arg[4] or "", arg[5] or ""
local FIRST_PORT = 14940

local missing = {} -- sentences about what could not be measured

local function write(path, bytes)
  local f = assert(io.open(path, "w"))
  f:write(bytes)
  f:close()
end

local function output(command)
  local f = io.popen(command .. " 2>/dev/null")
  local text = f:read "a"
  f:close()
  return text
end

local function has(program)
  return output("PATH=$PATH:/usr/sbin command -v " .. program):match "%S" ~= nil
end

-- Whether one of the words, which have commas between, is in the name; without words each name is wanted.
local function wanted(name, words)
  for word in words:gmatch "[^,]+" do
    if name:find(word, 1, true) then return true end
  end
  return words == ""
end

-- What each placeholder @NAME@ of a template stands for.
local function fill(template, values)
  return (template:gsub("@(%u+)@", values))
end

-- --- certificates: an authority, and for each kind of key a server and a client

local CERTIFICATES = [[
set -e
cd @DIR@
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj "/CN=bench" -days 30
for kind in ec rsa; do
  [ $kind = ec ] && key="-newkey ec -pkeyopt ec_paramgen_curve:P-256" || key="-newkey rsa:2048"
  for side in server client; do
    name=localhost; [ $side = client ] && name=device-0001.example
    printf 'subjectAltName=DNS:%s\nextendedKeyUsage=%sAuth\nkeyUsage=digitalSignature\n' $name $side >ext
    openssl req $key -nodes -keyout $kind-$side.key -out csr -subj "/CN=$name"
    openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out $kind-$side.crt
  done
  cat $kind-server.crt $kind-server.key >$kind-server.pem
done
]]

-- --- messages

local function post(is, body)
  return ("POST /ipic HTTP/1.1\r\nHost: localhost\r\nIS: %s\r\nContent-Length: %d\r\n\r\n%s"):format(is, #body, body)
end

local CAPEX = post("1 cmd; name=capex",
  '{"applid":"","networkid":"NETX","host":"device-0001.example","port":-1,"sendcount":5,"server_applid":"CICSA"}')
local HEAD = '{"tran":"CPMI","program":"ECHO"}'
local REQUEST = post("1 data; conv=0000001f; msg=1; chain=1; last=yes; state=end; head=" .. #HEAD, HEAD .. ("d"):rep(168))

-- --- the servers: start(values) returns the command that runs in the foreground; deny: the server has a port that refuses

local SCRIPTS = {
  near = [[
local policy, ip = require "policy", require "policy.ip"
local near = ip.set { "127.0.0.0/8", "10.0.0.0/8", "192.168.0.0/16" }
return { admit = function(facts)
  if policy.check("near", near:holds(facts.peer.ip)) then return policy.accept() end
  return policy.refuse "far"
end }]],
  nobody = [[
local policy, ip = require "policy", require "policy.ip"
local refused = ip.set { "127.0.0.0/8" }
return { admit = function(facts)
  if policy.check("refused", refused:holds(facts.peer.ip)) then return policy.refuse "refused" end
  return policy.accept()
end }]],
  device = [[
local policy, cert = require "policy", require "policy.cert"
return { certify = function(facts)
  local name = facts.certificate and facts.certificate.chain.ok and cert.cn(facts.certificate)
  if policy.check("device", name and name:sub(1, 7) == "device-", name) then return policy.accept() end
  return policy.refuse "no_device"
end }]],
  network = [[
local policy = require "policy"
return { bind = function(facts)
  if policy.check("network", facts.capex.networkid == "NETX", facts.capex.networkid) then return policy.accept() end
  return policy.refuse "network"
end }]],
  suggested = [[
local policy = require "policy"
return { install = function(facts)
  return policy.install { ipconn = facts.capex.suggested_applid, applid = facts.capex.suggested_applid, template = "GUEST" }
end }]],
  echo_only = [[
local policy = require "policy"
return { attach = function(facts)
  if policy.check("program", facts.request.program == "ECHO", facts.request.program) then return policy.accept() end
  return policy.refuse "program"
end }]],
}

local DEFINITION = [[
region { applid = "CICSA", networkid = "NETA", ring = "ring-@KIND@", control = "control-@PORT@.sock", policies = "policies",
  heartbeat = 0, halfopen_peer = 5000@MORE@ }
tcpipservice "BENCH" { host = "127.0.0.1", portnumber = @PORT@, ssl = "clientauth", certificate = "SERVER",
  @DOORS@urm = "suggested" }
tcpipservice "DENY" { host = "127.0.0.1", portnumber = @DENYPORT@, ssl = "clientauth", certificate = "SERVER", admit = "nobody" }
ipconn "GUEST" { template = "only", receivecount = 5, userauth = "local" }
program "ECHO" {}
]]

local HAPROXY = [[
global
  nbthread 1
  no strict-limits
  maxconn 12000
  lua-load-per-thread @DIR@/haproxy.lua
  ssl-default-bind-options ssl-min-ver TLSv1.2@OPTIONS@
  tune.ssl.cachesize @CACHE@
defaults
  mode http
  timeout client 300s
  timeout http-request 30s
  timeout http-keep-alive 300s
  timeout connect 5s
  timeout server 30s
frontend bench
  bind 127.0.0.1:@PORT@ ssl crt @DIR@/@KIND@-server.pem ca-file @DIR@/ca.crt verify required
  tcp-request content lua.near
  http-request lua.device
  http-request deny deny_status 403 unless { var(txn.device) -m bool }
  http-request use-service lua.answer
frontend deny
  mode tcp
  bind 127.0.0.1:@DENYPORT@
  tcp-request connection reject if { src 127.0.0.0/8 }
]]

local HAPROXY_LUA = [[
local refused = { ["192.0.2.1"] = true }
core.register_action("near", { "tcp-req" }, function(txn)
  if refused[txn.f:src()] then txn:done() end
end)
core.register_action("device", { "http-req" }, function(txn)
  local name = txn.f:ssl_c_s_dn "CN"
  txn:set_var("txn.device", name ~= nil and name:sub(1, 7) == "device-")
end)
core.register_service("answer", "http", function(applet)
  local body = applet:receive()
  local answer = body:find("NETX", 1, true) and ("-"):rep(64) or ("+"):rep(64)
  applet:set_status(200)
  applet:add_header("content-length", tostring(#answer))
  applet:start_response()
  applet:send(answer)
end)
]]

local NGINX = [[
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
worker_processes 1;
daemon off;
@USER@
pid @DIR@/nginx-@KIND@.pid;
error_log @DIR@/nginx.log crit;
events { worker_connections 12000; multi_accept on; }
http {
  access_log off;
  client_body_temp_path @DIR@/nginx-body;
  proxy_temp_path @DIR@/nginx-proxy; fastcgi_temp_path @DIR@/nginx-fastcgi;
  uwsgi_temp_path @DIR@/nginx-uwsgi; scgi_temp_path @DIR@/nginx-scgi;
  keepalive_timeout 300s;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:@PORT@ ssl backlog=4096;
    ssl_certificate @DIR@/@KIND@-server.crt;
    ssl_certificate_key @DIR@/@KIND@-server.key;
    ssl_client_certificate @DIR@/ca.crt;
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache off;
    ssl_session_tickets off;
    location / {
      access_by_lua_block {
        local refused = { ["192.0.2.1"] = true }
        if refused[ngx.var.remote_addr] then return ngx.exit(444) end
        local name = ngx.var.ssl_client_s_dn
        if not name or not name:find("CN=device-", 1, true) then return ngx.exit(403) end
      }
      content_by_lua_block {
        ngx.req.read_body()
        local body = ngx.req.get_body_data() or ""
        local answer = body:find("NETX", 1, true) and ("-"):rep(64) or ("+"):rep(64)
        ngx.header["Content-Length"] = #answer
        ngx.print(answer)
      }
    }
  }
}
]]

local function bare(word)
  return function(v)
    return fill("exec build/bare @PORT@ @DENYPORT@ @DIR@/@KIND@-server.crt @DIR@/@KIND@-server.key @DIR@/ca.crt ", v) .. word
  end
end

local DOORS = 'admit = "near", certify = "device", bind = "network", attach = "echo_only", '

-- more: attributes of the region; doors: of the tcpipservice, beside its urm; option: of `run`
local function sallyport(more, doors, option)
  return function(values)
    local v = setmetatable({ MORE = more, DOORS = doors, FILE = "region-" .. values.PORT }, { __index = values })
    local function text(template) return (template:gsub("@(%u+)@", function(name) return v[name] end)) end
    os.execute(text [[cd @DIR@ && mkdir -p policies ring-@KIND@/signers && cp ca.crt ring-@KIND@/signers/ca.pem &&
      cp @KIND@-server.crt ring-@KIND@/SERVER.pem && cp @KIND@-server.key ring-@KIND@/SERVER.key && chmod 600 ring-@KIND@/SERVER.key]])
    for name, script in pairs(SCRIPTS) do write(("%s/policies/%s.lua"):format(DIR, name), script) end
    write(text "@DIR@/@FILE@.lua", text(DEFINITION))
    return text("exec " .. BINARY .. " run --region @DIR@/@FILE@.lua --log @DIR@/@FILE@.log ") .. option
  end
end

local function haproxy(options, cache)
  return function(v)
    local values = setmetatable({ OPTIONS = options, CACHE = cache }, { __index = v })
    local file = ("%s/haproxy-%s-%s.cfg"):format(DIR, v.KIND, cache)
    write(DIR .. "/haproxy.lua", HAPROXY_LUA)
    write(file, (HAPROXY:gsub("@(%u+)@", function(name) return values[name] end)))
    return "PATH=$PATH:/usr/sbin; exec haproxy -db -q -f " .. file
  end
end

local function start_nginx(v)
  local values = setmetatable({ USER = output "id -u" == "0\n" and "user root;" or "" }, { __index = v })
  local file = ("%s/nginx-%s.conf"):format(DIR, v.KIND)
  write(file, (NGINX:gsub("@(%u+)@", function(name) return values[name] end)))
  return ("PATH=$PATH:/usr/sbin; exec nginx -c %s -e %s/nginx.log"):format(file, DIR)
end

local servers = {
  { name = "bare server, each trick", start = bare "floor", deny = true },
  { name = "bare server", start = bare "", deny = true, base = true },
  { name = "Sallyport", start = sallyport("", DOORS, ""), deny = true },
  { name = "Sallyport, slim provider", start = sallyport("", DOORS, "--slim-provider") },
  { name = "Sallyport, no cache of chains", start = sallyport(", verify_cache = 0", DOORS, "") },
  { name = "Sallyport, install its only script", start = sallyport("", "", "") },
  { name = "HAProxy + Lua, no tickets", start = haproxy(" no-tls-tickets", 0), program = "haproxy", deny = true },
  { name = "HAProxy + Lua as shipped", start = haproxy("", 20000), program = "haproxy" },
  { name = "nginx + Lua, no tickets", start = start_nginx, program = "nginx", module = "/usr/lib/nginx/modules/ngx_http_lua_module.so" },
}

-- --- processes

local function answers(port)
  local s = socket.tcp4()
  s:settimeout(1)
  local ok = s:connect("127.0.0.1", port)
  s:close()
  return ok ~= nil
end

-- A process and its children.
local function family(pid)
  local all = { pid }
  for child in output(("cat /proc/%d/task/*/children"):format(pid)):gmatch "%d+" do all[#all + 1] = tonumber(child) end
  return all
end

local function sum(pid, what)
  local total = 0
  for _, p in ipairs(family(pid)) do total = total + (what(p) or 0) end
  return total
end

local function start(server, kind)
  local port = FIRST_PORT
  FIRST_PORT = FIRST_PORT + 2
  local v = { DIR = DIR, KIND = kind, PORT = tostring(port), DENYPORT = tostring(port + 1) }
  local f = io.popen(("(%s) >%s/out 2>&1 & echo $!"):format(server.start(v), DIR))
  local running = { pid = tonumber(f:read "l"), port = port, kind = kind }
  f:close()
  local deadline = socket.gettime() + 10
  while not answers(port) do
    if socket.gettime() > deadline then return nil end
    socket.sleep(0.05)
  end
  return running
end

local function stop(running)
  os.execute(("kill %d 2>/dev/null"):format(running.pid))
end

-- --- measurements: each returns microseconds of CPU, or KiB, of one connection, request, refusal or link

local function credentials(kind)
  return ("%s/%s-client.crt %s/%s-client.key %s/ca.crt %s/first %s/request"):format(DIR, kind, DIR, kind, DIR, DIR, DIR)
end

local function cost(running, command)
  local spent = sum(running.pid, measured.cpu)
  local done, failed, p99 = output(command):match "done=(%d+) failed=(%d+) .*p99=(%d+)"
  if done == nil or tonumber(failed) > 0 or tonumber(done) == 0 then return nil end
  return (sum(running.pid, measured.cpu) - spent) * 1e6 / tonumber(done), tonumber(p99)
end

local function latencies(kind, running, number)
  local text = output(("%s %s %d %g %d 1.3 %s"):format(PARTNERS, kind, running.port, SECONDS, number, credentials(running.kind)))
  local failed, p50, p99 = text:match "failed=(%d+) .*p50=(%d+) p99=(%d+)"
  if failed ~= "0" then return nil end
  return tonumber(p50) / 1e3, tonumber(p99) / 1e3
end

local function connections(version)
  return function(running)
    return cost(running, ("%s connections %d %g %d %s %s"):format(PARTNERS, running.port, SECONDS, CONCURRENCY, version,
      credentials(running.kind)))
  end
end

local function requests(running)
  return cost(running, ("%s requests %d %g %d 1.3 %s"):format(PARTNERS, running.port, SECONDS, CONCURRENCY, credentials(running.kind)))
end

local function denied(running)
  return cost(running, ("%s denied %d %g %d"):format(PARTNERS, running.port + 1, SECONDS, CONCURRENCY))
end

-- Calls f while the server has so many links, each after one exchange. Returns the values of f; nil when a link was not made.
local function while_held(running, number, f)
  local held = ("%s/held"):format(DIR)
  os.remove(held)
  local links = io.popen(("%s idle %d 0 %d 1.3 %s >%s 2>/dev/null"):format(PARTNERS, running.port, number, credentials(running.kind), held),
    "w")
  local deadline, text = socket.gettime() + 30 + number / 50, ""
  while not text:find "\n" and socket.gettime() < deadline do
    socket.sleep(0.1)
    local h = io.open(held)
    text = h and h:read "a" or ""
    if h then h:close() end
  end
  local a, b
  if text:find("failed=0", 1, true) then a, b = f() end
  links:close()
  return a, b
end

local function idle(running)
  local before = sum(running.pid, measured.pss)
  local after = while_held(running, IDLE, function()
    socket.sleep(1) -- a server frees some memory after a while
    return sum(running.pid, measured.pss)
  end)
  return after and (after - before) / IDLE
end

local function arrivals(running) return latencies("arrivals", running, ARRIVALS) end

local function at_once(running) return latencies("connections", running, MANY) end

local function beside_held(running)
  return while_held(running, HELD, function() return latencies("arrivals", running, ARRIVALS) end)
end

-- The second value of measure is that of the next column, which has no measure of its own.
local columns = {
  { name = "1.3 ECDSA", kind = "ec", measure = connections "1.3" },
  { name = "1.2 ECDSA", kind = "ec", measure = connections "1.2" },
  { name = "1.3 RSA", kind = "rsa", measure = connections "1.3" },
  { name = "1.2 RSA", kind = "rsa", measure = connections "1.2" },
  { name = "request", kind = "ec", measure = requests },
  { name = "refused by address", kind = "ec", measure = denied, deny = true },
  { name = "idle link KiB", kind = "ec", measure = idle, once = true },
}
local latency_columns = {
  { name = ARRIVALS .. "/s: p50", kind = "ec", measure = arrivals }, { name = "p99" },
  { name = MANY .. " at once: p50", kind = "ec", measure = at_once }, { name = "p99" },
  { name = ("%d/s beside %d held: p50"):format(ARRIVALS, HELD), kind = "ec", measure = beside_held, once = true }, { name = "p99" },
}

-- --- the table

local function median(list)
  table.sort(list)
  local n = #list
  return n % 2 == 1 and list[n // 2 + 1] or (list[n // 2] + list[n // 2 + 1]) / 2
end

local function cell(values, base)
  local list, ratios = {}, {}
  for round, v in pairs(values) do
    list[#list + 1] = v
    if base[round] then ratios[#ratios + 1] = v / base[round] end
  end
  if #list == 0 then return "" end
  return #ratios > 0 and ("%.1f (%.2f)"):format(median(list), median(ratios)) or ("%.1f"):format(median(list))
end

local function base_of(results, column)
  for _, s in ipairs(servers) do
    if s.base then return results[s] and results[s][column] or {} end
  end
end

local function print_table(title, table_columns, results)
  local head, rule = { title }, { "---" }
  for _, c in ipairs(table_columns) do
    head[#head + 1] = c.name
    rule[#rule + 1] = "---:"
  end
  print("| " .. table.concat(head, " | ") .. " |\n|" .. table.concat(rule, "|") .. "|")
  for _, s in ipairs(servers) do
    if results[s] then
      local row = { s.name }
      for _, c in ipairs(table_columns) do row[#row + 1] = cell(results[s][c], base_of(results, c)) end
      print("| " .. table.concat(row, " | ") .. " |")
    end
  end
end

local function print_machine()
  local cpu = output("cat /proc/cpuinfo"):match "model name%s*: ([^\n]*)" or "unknown"
  print(("\n%s CPUs, %s; Linux %s; %s; %d rounds of %g s, %d partners at a time, load %s"):format(output("nproc"):match "%d+", cpu,
    output("uname -r"):match "%S+", output("openssl version"):match "OpenSSL %S+" or "", ROUNDS, SECONDS, CONCURRENCY,
    output("cat /proc/loadavg"):match "%S+"))
  for _, sentence in ipairs(missing) do print("not measured: " .. sentence) end
end

-- --- all of it

local function usable(server)
  if server.program and not has(server.program) then
    missing[#missing + 1] = server.name .. ": there is no " .. server.program
    return false
  end
  local module = server.module and io.open(server.module)
  if server.module and not module then missing[#missing + 1] = server.name .. ": there is no " .. server.module end
  return not server.module or module ~= nil
end

local function measure_round(round, running, results, table_columns)
  for i, c in ipairs(table_columns) do
    for _, s in ipairs(servers) do
      local r = c.measure and wanted(c.name, COLUMNS) and running[s] and running[s][c.kind]
      if r and (not c.deny or s.deny) and (not c.once or round == ROUNDS) then
        local first, second = c.measure(r)
        results[s][c][round] = first
        local next_column = table_columns[i + 1]
        if next_column and not next_column.measure then results[s][next_column][round] = second end
      end
    end
  end
end

local function start_all()
  local running, results = {}, {}
  for _, s in ipairs(servers) do
    if (s.base or wanted(s.name, SERVERS)) and usable(s) then
      running[s], results[s] = { ec = start(s, "ec"), rsa = start(s, "rsa") }, {}
      for _, list in ipairs { columns, latency_columns } do
        for _, c in ipairs(list) do results[s][c] = {} end
      end
      if not running[s].ec or not running[s].rsa then missing[#missing + 1] = s.name .. ": it does not start, see " .. DIR .. "/out" end
    end
  end
  return running, results
end

os.execute(("rm -rf %s && mkdir -p %s"):format(DIR, DIR))
write(DIR .. "/certificates", fill(CERTIFICATES, { DIR = DIR }))
assert(os.execute(("sh %s/certificates >%s/certificates.log 2>&1"):format(DIR, DIR)),
  "the certificates were not made; see " .. DIR .. "/certificates.log")
write(DIR .. "/first", CAPEX)
write(DIR .. "/request", REQUEST)
local running, results = start_all()
local ok, why = xpcall(function()
  for round = 1, ROUNDS do
    if ONLY ~= "latency" then measure_round(round, running, results, columns) end
    if ONLY ~= "cpu" then measure_round(round, running, results, latency_columns) end
  end
end, debug.traceback)
for _, kinds in pairs(running) do
  for _, r in pairs(kinds) do stop(r) end
end
if not ok then error(why, 0) end
if ONLY ~= "latency" then print_table("server CPU in microseconds", columns, results) end
if ONLY ~= "cpu" then
  print ""
  print_table("latency in milliseconds", latency_columns, results)
end
print_machine()
