-- SPDX-License-Identifier: Apache-2.0
--[[
servers: the servers that `peers` compares, each with its files in a directory and the same certificates: the region, the bare server
(bare.c), HAProxy and nginx with scripts in Lua.

  servers.prepare(dir)              makes the directory, the certificates and the messages FIRST and REQUEST in it
  servers.list                      { key =, name =, deny = it has a port that refuses, of = the key of the server whose process it shares }
  servers.lacks(server)             a sentence about the program that is missing for it, or nil
  servers.start(server, kind)       with certificates of that kind, "ec" or "rsa": { pid =, port =, kind = }; nil: it does not answer
  servers.beside(running)           the same for one that shares the process `running`
  servers.doors(running)            { admit =, certify =, bind =, install = }: the medians of the microseconds that a script of a door took,
                                    by the region's own clock; nil: it is no region
  servers.stop(running)
  servers.credentials(kind)         the words CERTIFICATE KEY AUTHORITY FIRST REQUEST of build/partners
SALLYPORT: the binary (./sallyport)
]]
local dkjson = require "dkjson"
local socket = require "socket"

local measured = require "spec.bench.measured"

local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local DIR
local PORTS = 3 -- of a server: for partners, for those that it refuses, for a listener with fewer scripts

local servers = {}

local output, write = measured.output, measured.write

local function has(program)
  return output("PATH=$PATH:/usr/sbin command -v " .. program):match "%S" ~= nil
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
region { applid = "CICSA", networkid = "NETA", ring = "ring-@KIND@", control = "@REGION@.sock", policies = "policies",
  heartbeat = 0, halfopen_peer = 5000, verify_cache = @CACHE@ }
tcpipservice "BENCH" { host = "127.0.0.1", portnumber = @PORT@, ssl = "clientauth", certificate = "SERVER",
  admit = "near", certify = "device", bind = "network", urm = "suggested", attach = "echo_only" }
tcpipservice "INSTALL" { host = "127.0.0.1", portnumber = @INSTALLPORT@, ssl = "clientauth", certificate = "SERVER", urm = "suggested" }
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

-- cache: the value of verify_cache; options: of the command run
local function sallyport(cache, options)
  return function(v)
    v.CACHE, v.REGION = cache, ("%s/region-%s"):format(DIR, v.PORT)
    os.execute(fill([[cd @DIR@ && mkdir -p policies ring-@KIND@/signers && cp ca.crt ring-@KIND@/signers/ca.pem &&
      cp @KIND@-server.crt ring-@KIND@/SERVER.pem && cp @KIND@-server.key ring-@KIND@/SERVER.key && chmod 600 ring-@KIND@/SERVER.key]], v))
    for name, text in pairs(SCRIPTS) do write(("%s/policies/%s.lua"):format(DIR, name), text) end
    write(v.REGION .. ".lua", fill(DEFINITION, v))
    return fill("exec " .. BINARY .. " run --region @REGION@.lua --log @REGION@.log " .. options, v)
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

servers.list = {
  { key = "floor", name = "bare server, each trick", start = bare "floor", deny = true },
  { key = "bare", name = "bare server", start = bare "", deny = true },
  { key = "region", name = "Sallyport", start = sallyport("1000", ""), deny = true },
  { key = "install", name = "Sallyport, no script but `install`", of = "region" },
  { key = "tricks", name = "Sallyport, each trick", start = sallyport("1000", "--slim-provider"), deny = true },
  { key = "uncached", name = "Sallyport, `verify_cache = 0`", start = sallyport("0", ""), deny = true },
  { key = "haproxy", name = "HAProxy + Lua, no tickets", start = haproxy(" no-tls-tickets", 0), program = "haproxy", deny = true },
  { key = "tickets", name = "HAProxy + Lua as shipped", start = haproxy("", 20000), program = "haproxy" },
  { key = "nginx", name = "nginx + Lua, no tickets", start = start_nginx, program = "nginx",
    module = "/usr/lib/nginx/modules/ngx_http_lua_module.so" },
}

function servers.lacks(server)
  if server.program and not has(server.program) then return server.name .. ": there is no " .. server.program end
  local module = server.module and io.open(server.module)
  if module then module:close() end
  if server.module and not module then return server.name .. ": there is no " .. server.module end
end

-- --- processes

function servers.prepare(dir)
  DIR = dir
  os.execute(("rm -rf %s && mkdir -p %s"):format(DIR, DIR))
  write(DIR .. "/certificates", fill(CERTIFICATES, { DIR = DIR }))
  assert(os.execute(("sh %s/certificates >%s/certificates.log 2>&1"):format(DIR, DIR)),
    "the certificates were not made; see " .. DIR .. "/certificates.log")
  write(DIR .. "/first", CAPEX)
  write(DIR .. "/request", REQUEST)
end

function servers.credentials(kind)
  return ("%s/%s-client.crt %s/%s-client.key %s/ca.crt %s/first %s/request"):format(DIR, kind, DIR, kind, DIR, DIR, DIR)
end

local function is_free(port)
  local s = socket.tcp4()
  local free = s:bind("127.0.0.1", port)
  s:close()
  return free
end

local next_port = 14940

-- The first of free ports in a row.
local function free_ports()
  local first = next_port
  for i = 0, PORTS - 1 do
    if not is_free(first + i) then
      next_port = first + i + 1
      return free_ports()
    end
  end
  next_port = first + PORTS
  return first
end

local function answers(port)
  local s = socket.tcp4()
  s:settimeout(1)
  local ok = s:connect("127.0.0.1", port)
  s:close()
  return ok ~= nil
end

function servers.start(server, kind)
  local port = free_ports()
  local v = { DIR = DIR, KIND = kind, PORT = tostring(port), DENYPORT = tostring(port + 1), INSTALLPORT = tostring(port + 2) }
  local f = io.popen(("(%s) >%s/out 2>&1 & echo $!"):format(server.start(v), DIR))
  local running = { pid = tonumber(f:read "l"), port = port, kind = kind }
  f:close()
  running.region = v.REGION
  local deadline = socket.gettime() + 10
  while not answers(port) do
    if socket.gettime() > deadline then return nil end
    socket.sleep(0.05)
  end
  return running
end

function servers.beside(running)
  return { pid = running.pid, port = running.port + 2, kind = running.kind, shared = true }
end

function servers.doors(running)
  local rows = running.region and dkjson.decode(output(("%s inquire statistics --region %s.lua --json"):format(BINARY, running.region)))
  if not rows then return nil end
  local doors = {}
  for _, row in ipairs(rows) do
    if row.resource == "DOOR" then doors[row.name] = row.door_p50_microseconds end
  end
  return doors
end

function servers.stop(running)
  if not running.shared then os.execute(("kill %d 2>/dev/null"):format(running.pid)) end
end

return servers
