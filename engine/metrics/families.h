/* SPDX-License-Identifier: Apache-2.0 */
/*
 * families: the metric families of a region, one row for each. Names are printed with sallyport_ before them, and those
 * of counters with _total behind them. engine/metrics/README.md lists them; a spec compares.
 */
#ifndef SALLYPORT_FAMILIES_H
#define SALLYPORT_FAMILIES_H

enum family_kind { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

/*
 * X(id, name, kind, unit, writer, help). unit: "" none, else the last word of the name, as OpenMetrics demands. writer:
 * the function of scrape.c that prints the samples.
 */
#define FAMILIES(X) \
	X(CONNECTIONS, "connections", COUNTER, "", table, \
		"Accepted sockets whose CAPEX was accepted or redirected, that were refused, or that ended before either.") \
	X(DECISIONS, "decisions", COUNTER, "", table, \
		"Decisions at doors, and refusals of the engine, which have no policy.") \
	X(REQUESTS, "requests", COUNTER, "", table, \
		"Requests of partners that were answered, refused before a program ran, failed in it, or were cancelled.") \
	X(DECISION_SECONDS, "decision_seconds", HISTOGRAM, "seconds", decisions, \
		"Time that the decisions at all doors took.") \
	X(DOOR_SECONDS, "door_seconds", HISTOGRAM, "seconds", doors, \
		"Time that the decisions at one door took.") \
	X(HANDSHAKE_SECONDS, "handshake_seconds", HISTOGRAM, "seconds", handshakes, \
		"Time from the begin to the end of TLS handshakes that succeeded, in both directions.") \
	X(CHAINS, "chain_verifications", COUNTER, "", figures, \
		"Chains of certificates that partners presented and that were verified, or found in the cache of verified chains.") \
	X(WAIT_SECONDS, "wait_seconds", HISTOGRAM, "seconds", waits, \
		"Time that scripts were suspended for one call of the library.") \
	X(WAITING, "waiting_questions", GAUGE, "", figures, \
		"Questions to scripts that are suspended now.") \
	X(WAIT_LIMITS, "wait_limits", COUNTER, "", figures, \
		"Questions that were refused because a limit of waiting was reached.") \
	X(STORE_UP, "store_up", GAUGE, "", figures, \
		"1 while the region has a connection to its shared store, else 0.") \
	X(STORE_CALLS, "store_calls", COUNTER, "", figures, \
		"Calls to the shared store that were answered, that failed, and takes of rates that were decided without it.") \
	X(IPCONNS, "ipconns", GAUGE, "", figures, \
		"Installed ipconns by CONNSTATUS.") \
	X(SESSIONS, "sessions", GAUGE, "", figures, \
		"Sessions in use.") \
	X(QUEUE_LENGTH, "queue_length", GAUGE, "", figures, \
		"Entries that wait in a queue of the region.") \
	X(LOOP_LAG, "loop_lag_seconds", GAUGE, "seconds", lag, \
		"Longest turn of a loop in the last one to two minutes; an event may wait as long.") \
	X(WORKER_BUSY, "worker_busy_seconds", COUNTER, "seconds", busy, \
		"Time in which the loop of a worker worked, in turns that have ended.") \
	X(LUA_MEMORY, "lua_memory_bytes", GAUGE, "bytes", figures, \
		"Memory of the Lua states of the current generation, one for each worker.") \
	X(GENERATION, "generation", GAUGE, "", figures, \
		"Number of the current generation.") \
	X(DEFAULT_URMS, "default_autoinstall_programs", GAUGE, "", figures, \
		"Tcpipservices whose urm is the default autoinstall program, which accepts each partner.") \
	X(RECORDS_LOST, "records_lost", COUNTER, "", figures, \
		"Records that had no room in the queue of the file of records.") \
	X(LOG_LINES_LOST, "log_lines_lost", COUNTER, "", figures, \
		"Lines that had no room in the queue of the log.") \
	X(NOT_AFTER, "certificate_not_after_timestamp_seconds", GAUGE, "seconds", expiries, \
		"End of a certificate (notAfter) or of a CRL (nextUpdate) of the ring, in seconds since 1970.") \
	X(FOLDED, "series_folded", COUNTER, "", folded, \
		"Events that were counted under the label value other, because their family has 200 series.") \
	X(BUILD_INFO, "build_info", GAUGE, "", build, \
		"The value is 1; the labels name the version and the commit of the engine.") \
	X(PROCESS_CPU, "process_cpu_seconds", COUNTER, "seconds", process, \
		"CPU time of the process, of users and of the system.") \
	X(PROCESS_RESIDENT, "process_resident_memory_bytes", GAUGE, "bytes", process, \
		"Memory of the process that is in RAM.") \
	X(PROCESS_VIRTUAL, "process_virtual_memory_bytes", GAUGE, "bytes", process, \
		"Address space of the process.") \
	X(PROCESS_FDS, "process_open_fds", GAUGE, "", process, \
		"Open file descriptors of the process.") \
	X(PROCESS_MAX_FDS, "process_max_fds", GAUGE, "", process, \
		"Limit of the file descriptors of the process.") \
	X(PROCESS_START, "process_start_time_seconds", GAUGE, "seconds", process, \
		"Start of the process, in seconds since 1970.")

enum family {
#define X(id, ...) FAMILY_##id,
	FAMILIES(X)
#undef X
	FAMILY_COUNT
};

/*
 * X(id, family, labels): the values that are one number each. Those of IPCONNS are in the order of CONNSTATUS
 * (config/resource.h).
 */
#define FIGURES(X) \
	X(RELEASED, IPCONNS, "state=\"RELEASED\"") \
	X(OBTAINING, IPCONNS, "state=\"OBTAINING\"") \
	X(ACQUIRED, IPCONNS, "state=\"ACQUIRED\"") \
	X(FREEING, IPCONNS, "state=\"FREEING\"") \
	X(SEND_SESSIONS, SESSIONS, "direction=\"send\"") \
	X(RECEIVE_SESSIONS, SESSIONS, "direction=\"receive\"") \
	X(QUEUE_ALLOCATES, QUEUE_LENGTH, "queue=\"allocates\"") \
	X(QUEUE_NAMES, QUEUE_LENGTH, "queue=\"names\"") \
	X(QUEUE_RECORDS, QUEUE_LENGTH, "queue=\"records\"") \
	X(QUEUE_LOG, QUEUE_LENGTH, "queue=\"log\"") \
	X(WAITING_QUESTIONS, WAITING, "") \
	X(LIMITED_WAITING, WAIT_LIMITS, "limit=\"waiting\"") \
	X(LIMITED_WAITING_PEER, WAIT_LIMITS, "limit=\"waiting_peer\"") \
	X(LIMITED_WAIT_MILLISECONDS, WAIT_LIMITS, "limit=\"wait_milliseconds\"") \
	X(CHAINS_CACHED, CHAINS, "result=\"cached\"") \
	X(CHAINS_VERIFIED, CHAINS, "result=\"verified\"") \
	X(STORE_IS_UP, STORE_UP, "") \
	X(STORE_ANSWERED, STORE_CALLS, "outcome=\"answered\"") \
	X(STORE_FAILED, STORE_CALLS, "outcome=\"failed\"") \
	X(STORE_ESTIMATED, STORE_CALLS, "outcome=\"estimated\"") \
	X(LUA_BYTES, LUA_MEMORY, "") \
	X(GENERATION_NUMBER, GENERATION, "") \
	X(DEFAULT_URM_SERVICES, DEFAULT_URMS, "") \
	X(LOST_RECORDS, RECORDS_LOST, "") \
	X(LOST_LOG_LINES, LOG_LINES_LOST, "")

enum families_figure {
#define X(id, ...) FIGURE_OF_##id,
	FIGURES(X)
#undef X
	FIGURE_COUNT
};

#endif
