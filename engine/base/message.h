/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: every message that a region can print. CICS's id where one exists (IPIC.md 8), else SPnnnn.
 * engine/admin/README.md lists them; a spec compares that list with this one. A sentence never contains bytes of a
 * peer: those are inserts (key=value), escaped by the log.
 */
#ifndef SALLYPORT_MESSAGE_H
#define SALLYPORT_MESSAGE_H

#define MESSAGES(X) \
	/* id          severity  sentence */ \
	X(DFHIS0998, 'E', "A task serving an IPIC request abended.") \
	X(DFHIS1003, 'E', "IPCONN could not be released in time; its sockets are closed.") \
	X(DFHIS1005, 'W', "IPCONN not acquired: its TCPIPSERVICE is not open.") \
	X(DFHIS1011, 'W', "IPCONN not acquired: the partner rejected the capability exchange.") \
	X(DFHIS1015, 'W', "Cannot accept a connection: client session state is invalid. X'0515'") \
	X(DFHIS1021, 'W', "Session error.") \
	X(DFHIS1023, 'W', "Conversation error.") \
	X(DFHIS1025, 'W', "The mirror transaction could not be attached.") \
	X(DFHIS1034, 'W', "The conversation named as previous is no longer pending.") \
	X(DFHIS1050, 'W', "A heartbeat was not answered in time.") \
	X(DFHIS2001, 'I', "Client session accepted for IPCONN.") \
	X(DFHIS2009, 'I', "IPCONN released.") \
	X(DFHIS2040, 'W', "Unable to acquire IPCONN due to a security violation.") \
	X(DFHIS3000, 'I', "IPCONN autoinstalled successfully.") \
	X(DFHIS3030, 'I', "IPCONN installed or deleted.") \
	X(DFHSO0102, 'E', "Severe error on a listening socket; the listener is closed.") \
	X(DFHSO0109, 'E', "TCPIPSERVICE not opened: the port is in use.") \
	X(DFHSO0123, 'W', "TLS handshake failed.") \
	X(SP0001, 'I', "Region is up.") \
	X(SP0002, 'I', "Region is down.") \
	X(SP0003, 'I', "Region is draining.") \
	X(SP0004, 'I', "TCPIPSERVICE open.") \
	X(SP0005, 'I', "TCPIPSERVICE closed.") \
	X(SP0006, 'E', "TCPIPSERVICE not opened.") \
	X(SP0007, 'W', "No file descriptors left: accepting pauses.") \
	X(SP0008, 'W', "MAXSOCKETS reached: socket closed.") \
	X(SP0009, 'I', "Operator command.") \
	X(SP0010, 'I', "Generation in use.") \
	X(SP0011, 'E', "Load refused; the running generation stays.") \
	X(SP0012, 'W', "Warning of check.") \
	X(SP0013, 'I', "Generation no longer in use.") \
	X(SP0014, 'I', "Reload begun.") \
	X(SP0015, 'I', "Reload checked; nothing was changed.") \
	X(SP0016, 'W', "IPCONN refused by the new generation.") \
	X(SP0017, 'I', "The reload replaced the urm that an operator had set.") \
	X(SP0018, 'E', "IPCONN could not be changed to its new definition.") \
	X(SP0019, 'W', "Policies start with new state: their scripts kept too much memory.") \
	X(SP0020, 'I', "Door opened.") \
	X(SP0021, 'W', "Door refused.") \
	X(SP0022, 'E', "Policy failed; the door stays shut.") \
	X(SP0023, 'W', "Further refusals of this kind, counted.") \
	X(SP0024, 'I', "URM notified of a deletion.") \
	X(SP0030, 'I', "Socket closed.") \
	X(SP0031, 'W', "CAPEX refused.") \
	X(SP0032, 'I', "Heartbeat sent.") \
	X(SP0033, 'W', "Heartbeat missed; one more try.") \
	X(SP0034, 'W', "Protocol error; the socket is closed.") \
	X(SP0035, 'I', "Acquire begun.") \
	X(SP0036, 'I', "IPCONN acquired.") \
	X(SP0037, 'I', "Acquire will be tried again.") \
	X(SP0038, 'I', "Recovery information exchanged.") \
	X(SP0039, 'W', "The partner has lost its log while work is in doubt.") \
	X(SP0040, 'W', "Messages lost: the queue was full.") \
	X(SP0050, 'W', "Request refused.") \
	X(SP0051, 'W', "Security checks of requests are off.") \
	X(SP0052, 'W', "User revoked after wrong passwords.") \
	X(SP0053, 'W', "Program failed.") \
	X(SP0054, 'I', "Recovery information forgotten.") \
	X(SP0055, 'I', "Final statistics.") \
	X(SP0056, 'E', "Recovery file not written; it is tried again each second.") \
	X(SP0064, 'W', "Passwords of a partner are not checked for the rest of the minute.") \
	X(SP0070, 'I', "Signal.") \
	X(SP0071, 'I', "Log file opened again.") \
	X(SP0072, 'E', "Log file not opened again; writing to the old file continues.") \
	X(SP0073, 'W', "Control socket was missing.") \
	X(SP0074, 'I', "Changed by the reload.") \
	X(SP0075, 'W', "No room for another counter or rate.") \
	X(SP0080, 'E', "Records not written to their file; it is tried again each second.") \
	X(SP0081, 'I', "Records are written to their file again.") \
	X(SP0082, 'E', "Records lost: they had no room in the queue.") \
	X(SP0090, 'I', "Generation pinned.") \
	X(SP0091, 'I', "Files not loaded: the generation is pinned.") \
	X(SP0092, 'I', "Generation no longer pinned.") \
	X(SP0093, 'E', "Generations not written to their directory; it is tried again each second.") \
	X(SP0094, 'I', "Generations are written to their directory again.") \
	X(SP0100, 'I', "Shadow begun.") \
	X(SP0101, 'I', "Shadow ended.") \
	X(SP0102, 'W', "The shadow decides otherwise; the verdict in force stays.") \
	X(SP0103, 'I', "Canary begun.") \
	X(SP0104, 'I', "Canary ended.") \
	X(SP0105, 'W', "Canary ended by its rule.") \
	X(SP0106, 'W', "IPCONN that a canary let in is refused by the live generation.") \
	X(SP0113, 'W', "Service manager not told.") \
	X(SP0114, 'W', "TCPIPSERVICE has the address of its socket, not that of its definition.") \
	X(SP0125, 'I', "Metrics are served.") \
	X(SP0126, 'I', "Metrics are no longer served at this address.") \
	X(SP0130, 'I', "Store found.") \
	X(SP0131, 'W', "Store lost; it is searched.") \
	X(SP0132, 'W', "Store can lose or disclose what regions keep in it.") \
	X(SP0140, 'I', "Sysplex joined.") \
	X(SP0141, 'I', "Sysplex left.") \
	X(SP0142, 'W', "Region fenced.") \
	X(SP0143, 'W', "Store is not the one of before.") \
	X(SP0144, 'I', "Region has joined the sysplex.") \
	X(SP0145, 'I', "Region has left the sysplex.") \
	X(SP0146, 'W', "Region lost: it has not renewed its session key.") \
	X(SP0147, 'I', "Region is no longer fenced.") \
	X(SP0148, 'W', "Two regions hold a claim.") \
	X(SP0149, 'I', "Claim of a lost region taken over.") \
	X(SP0150, 'W', "IPCONN has lost its claim.") \
	X(SP0151, 'W', "Region of the sysplex is not in advertise: no partner is sent to it.") \
	X(SP0160, 'I', "Rules published for the sysplex.") \
	X(SP0161, 'I', "Published rules taken.") \
	X(SP0162, 'E', "Published rules refused; the rules in use stay.") \
	X(SP0163, 'W', "Published rules have expired; they stay in use.") \
	X(SP0164, 'W', "Another region has refused published rules.") \
	X(SP0165, 'I', "Note of check.")

enum message {
#define X(id, severity, sentence) MSG_##id,
	MESSAGES(X)
#undef X
	MESSAGE_COUNT
};

#endif
