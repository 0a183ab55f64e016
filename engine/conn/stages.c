/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/stages.h"

#include "conn/claiming.h"
#include "conn/hold.h"
#include "conn/standby.h"
#include "conn/steps.h"
#include "conn/traffic.h"

static const struct stage_events rows[][CONN_STAGE_COUNT] = {
	[WAY_IN] = {
		[CONN_NEW] = { .io[IO_FIRST] = admit_early_byte },
		[CONN_ADMITTED] = { .io[IO_FIRST] = admit_first_byte, .timeout = capex_in_silence },
		[CONN_SHAKING] = { .io[IO_HANDSHAKEN] = certify_handshaken, .timeout = certify_failed, .ended = certify_ended },
		[CONN_CAPEX] = { .io[IO_DATA] = capex_in_data, .timeout = capex_in_timeout, .ended = capex_in_ended },
		[CONN_STANDBY] = { .io[IO_DATA] = standby_data, .timeout = standby_timeout },
		[CONN_SEEKING] = { .io[IO_DATA] = claiming_data, .timeout = ha_timeout },
		[CONN_CLAIMING] = { .io[IO_DATA] = claiming_data, .timeout = claiming_timeout },
		[CONN_HELD] = { .timeout = hold_timeout },
		[CONN_INSTALLED] = { .io[IO_DATA] = traffic_data, .io[IO_FLUSHED] = traffic_flushed, .timeout = traffic_timeout },
	},
	[WAY_OUT] = {
		[CONN_DIALLING] = { .io[IO_CONNECTED] = dial_connected, .timeout = dial_timeout, .ended = dial_missed },
		[CONN_SHAKING] = { .io[IO_HANDSHAKEN] = certify_handshaken, .timeout = certify_failed, .ended = certify_ended },
		[CONN_CAPEX] = { .io[IO_DATA] = capex_out_data, .timeout = capex_out_timeout, .ended = capex_out_ended },
		[CONN_INSTALLED] = { .io[IO_DATA] = traffic_data, .io[IO_FLUSHED] = traffic_flushed, .timeout = traffic_timeout },
	},
};

const struct stage_events *
stages_row(enum way way, enum conn_stage s)
{
	return &rows[way][s];
}

const char *
stages_name(enum conn_stage s)
{
	static const char *const name[] = {
#define X(s) #s,
		CONN_STAGES(X)
#undef X
	};

	return name[s];
}
