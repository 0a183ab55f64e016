---@meta _
-- SPDX-License-Identifier: Apache-2.0
-- Written by `make types`; do not edit.

---@class sallyport.anchor
---@field sha256 string
---@field subject sallyport.dn

---@class sallyport.capex
---@field applid string
---@field callback boolean
---@field host string
---@field networkid string
---@field port integer
---@field receivecount integer
---@field sendcount integer
---@field server_applid? string when the caller said it
---@field server_networkid? string when the caller said it
---@field sockets integer
---@field suggested_applid? string when applid is blank

---@class sallyport.certificate
---@field chain sallyport.chain
---@field issuer sallyport.dn
---@field names_host boolean
---@field not_after integer
---@field not_before integer
---@field san sallyport.san
---@field serial string
---@field sha256 string
---@field subject sallyport.dn
---@field userid? string when certify or maps.lua gave one

---@class sallyport.bind.certificate : sallyport.certificate
---@field chain sallyport.chain
---@field issuer sallyport.dn
---@field not_after integer
---@field not_before integer
---@field san sallyport.san
---@field serial string
---@field sha256 string
---@field subject sallyport.dn
---@field userid? string when certify or maps.lua gave one

---@class sallyport.certify.certificate : sallyport.certificate
---@field chain sallyport.chain
---@field issuer sallyport.dn
---@field names_host? boolean
---@field not_after integer
---@field not_before integer
---@field san sallyport.san
---@field serial string
---@field sha256 string
---@field subject sallyport.dn

---@class sallyport.delete.certificate : sallyport.certificate
---@field chain sallyport.chain
---@field issuer sallyport.dn
---@field not_after integer
---@field not_before integer
---@field san sallyport.san
---@field serial string
---@field sha256 string
---@field subject sallyport.dn
---@field userid? string when certify or maps.lua gave one

---@class sallyport.install.certificate : sallyport.certificate
---@field chain sallyport.chain
---@field issuer sallyport.dn
---@field not_after integer
---@field not_before integer
---@field san sallyport.san
---@field serial string
---@field sha256 string
---@field subject sallyport.dn
---@field userid? string when certify or maps.lua gave one

---@class sallyport.chain
---@field anchor? sallyport.anchor when every signature up to a signer of the ring verified
---@field certificates sallyport.links
---@field code? integer when the chain did not verify
---@field complete boolean
---@field depth? integer when the chain did not verify
---@field errors sallyport.chain_errors
---@field ok boolean
---@field text? string when the chain did not verify

---@class sallyport.chain_error
---@field code integer
---@field depth integer
---@field text string

---@class sallyport.chain_errors
---@field [integer] sallyport.chain_error

---@class sallyport.dn
---@field [integer] sallyport.rdn
---@field printed string

---@class sallyport.admit.facts
---@field connection string
---@field generation integer
---@field ipconn? sallyport.installed
---@field load sallyport.load
---@field notes sallyport.notes
---@field now number
---@field own sallyport.own
---@field peer sallyport.peer
---@field recheck boolean
---@field socket? integer
---@field stage "tcp"|"tls"|"capex"|"request"
---@field tcpipservice? string way out: when the ipconn names one
---@field way "in"|"out"

---@class sallyport.attach.facts
---@field capex sallyport.capex
---@field certificate? sallyport.certificate when one was presented
---@field connection string
---@field generation integer
---@field ipconn sallyport.installed
---@field load sallyport.load
---@field notes sallyport.notes
---@field now number
---@field own sallyport.own
---@field peer sallyport.peer
---@field recheck boolean
---@field request sallyport.request
---@field socket integer
---@field stage "tcp"|"tls"|"capex"|"request"
---@field tcpipservice? string way out: when the ipconn names one
---@field tls? sallyport.tls with TLS
---@field way "in"|"out"

---@class sallyport.bind.facts
---@field capex sallyport.capex
---@field certificate? sallyport.bind.certificate when one was presented
---@field connection string
---@field generation integer
---@field load sallyport.load
---@field notes sallyport.notes
---@field now number
---@field own sallyport.own
---@field peer sallyport.bind.peer
---@field recheck boolean
---@field socket integer
---@field stage "tcp"|"tls"|"capex"|"request"
---@field tcpipservice? string way out: when the ipconn names one
---@field tls? sallyport.tls with TLS
---@field way "in"|"out"

---@class sallyport.certify.facts
---@field certificate? sallyport.certify.certificate when one was presented
---@field connection string
---@field generation integer
---@field ipconn? sallyport.installed
---@field load sallyport.load
---@field notes sallyport.notes
---@field now number
---@field own sallyport.own
---@field peer sallyport.peer
---@field recheck boolean
---@field socket? integer
---@field stage "tcp"|"tls"|"capex"|"request"
---@field tcpipservice? string way out: when the ipconn names one
---@field tls? sallyport.tls with TLS
---@field way "in"|"out"

---@class sallyport.delete.facts
---@field capex sallyport.capex
---@field certificate? sallyport.delete.certificate when one was presented
---@field connection string
---@field generation integer
---@field ipconn sallyport.installed
---@field load sallyport.load
---@field notes sallyport.notes
---@field now number
---@field own sallyport.own
---@field peer sallyport.delete.peer
---@field recheck boolean
---@field socket integer
---@field stage "tcp"|"tls"|"capex"|"request"
---@field tcpipservice? string way out: when the ipconn names one
---@field tls? sallyport.tls with TLS
---@field way "in"|"out"

---@class sallyport.install.facts
---@field capex sallyport.capex
---@field certificate? sallyport.install.certificate when one was presented
---@field connection string
---@field generation integer
---@field load sallyport.load
---@field notes sallyport.notes
---@field now number
---@field own sallyport.own
---@field peer sallyport.install.peer
---@field recheck boolean
---@field socket integer
---@field stage "tcp"|"tls"|"capex"|"request"
---@field tcpipservice? string way out: when the ipconn names one
---@field tls? sallyport.tls with TLS
---@field way "in"|"out"

---@class sallyport.installed
---@field applid string
---@field ipconn string
---@field networkid string
---@field tcpipservice? string way out: when the ipconn names one

---@class sallyport.ipconn
---@field admit any
---@field applid any
---@field autoconnect any
---@field autoinstalled boolean
---@field certificate any
---@field certify any
---@field ciphers any
---@field connstatus "RELEASED"|"OBTAINING"|"ACQUIRED"|"FREEING"
---@field description any
---@field group any
---@field ha any
---@field host any
---@field idprop any
---@field inservice any
---@field ipconn string
---@field linkauth any
---@field maxqtime any
---@field mirrorlife any
---@field networkid any
---@field port any
---@field queuelimit any
---@field receivecount any
---@field securityname any
---@field sendcount any
---@field servstatus "INSERVICE"|"OUTSERVICE"
---@field ssl any
---@field tcpipservice any
---@field template string
---@field userauth any
---@field xlnaction any

---@class sallyport.ipconns
---@field [integer] sallyport.ipconn

---@class sallyport.link
---@field issuer sallyport.dn
---@field sha256 string
---@field subject sallyport.dn

---@class sallyport.links
---@field [integer] sallyport.link

---@class sallyport.load
---@field connections integer
---@field from_peer integer
---@field from_prefix integer
---@field halfopen integer
---@field refused_from_peer integer

---@class sallyport.notes
---@field [string] string|number|boolean

---@class sallyport.own
---@field ip string
---@field port integer

---@class sallyport.peer
---@field host string
---@field ip string
---@field port integer
---@field sysplex boolean

---@class sallyport.bind.peer : sallyport.peer
---@field ip string
---@field port integer
---@field sysplex boolean

---@class sallyport.delete.peer : sallyport.peer
---@field ip string
---@field port integer
---@field sysplex boolean

---@class sallyport.install.peer : sallyport.peer
---@field ip string
---@field port integer
---@field sysplex boolean

---@class sallyport.program
---@field applid string
---@field ccsid? integer when the request or the program has one
---@field connection string
---@field data string
---@field generation integer
---@field hops integer
---@field ipconn string
---@field linkuser? string when it is not the region's own user
---@field networkid string
---@field program string
---@field tran string
---@field userid string

---@class sallyport.rdn
---@field shared? boolean where a part has several values
---@field type string
---@field value string

---@class sallyport.request
---@field bytes integer
---@field linkuser? string when it is not the region's own user
---@field program string
---@field taskuser string
---@field tran string
---@field userid? string when a user flowed
---@field users sallyport.users

---@class sallyport.saf_decision
---@field by string
---@field held string
---@field profile? string when a profile decided

---@class sallyport.saf_groups
---@field [integer] string

---@class sallyport.saf_user
---@field groups sallyport.saf_groups
---@field revoked boolean

---@class sallyport.san
---@field dns sallyport.texts
---@field email sallyport.texts
---@field ip sallyport.texts
---@field uri sallyport.texts

---@class sallyport.texts
---@field [integer] string

---@class sallyport.tls
---@field cipher string
---@field sni? string when the caller sent a host name
---@field version "TLSv1.2"|"TLSv1.3"

---@class sallyport.users
---@field [integer] string

---@class sallyport.zone_time
---@field day integer
---@field hour integer
---@field minute integer
---@field month integer
---@field offset? integer seconds east of Greenwich
---@field weekday? integer 1: Monday
---@field year integer

---@class sallyport.Script the table that a script returns
---@field params? table<string, table>
---@field admit? fun(facts: sallyport.admit.facts, params: table?): sallyport.Verdict
---@field attach? fun(facts: sallyport.attach.facts, params: table?): sallyport.Verdict
---@field bind? fun(facts: sallyport.bind.facts, params: table?): sallyport.Verdict
---@field certify? fun(facts: sallyport.certify.facts, params: table?): sallyport.Verdict
---@field delete? fun(facts: sallyport.delete.facts, params: table?)
---@field install? fun(facts: sallyport.install.facts, params: table?): sallyport.Verdict
---@field run? fun(request: sallyport.program): string|sallyport.Verdict
