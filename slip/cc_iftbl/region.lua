region { applid="CICSA", networkid="NETA", policies="policies" }
tcpipservice "A" { host="127.0.0.1", portnumber=0, ssl="no", admit="p" }
