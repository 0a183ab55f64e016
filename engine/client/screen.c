/* SPDX-License-Identifier: Apache-2.0 */
#include "client/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

#define ENTER_SCREEN "\033[?1049h\033[?25l" /* another page of the terminal, no cursor */
#define LEAVE_SCREEN "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define REST_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"
#define SEQUENCE_SECONDS 0.05 /* the bytes of one key come together; an escape alone is a key */

/* --- size and signals ------------------------------------------------------------------------- */

static void
measure(struct screen *s)
{
	struct winsize size = { .ws_col = 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
		size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	s->columns = size.ws_col < SCREEN_COLUMNS ? size.ws_col : SCREEN_COLUMNS;
	s->lines = size.ws_row < SCREEN_LINES ? size.ws_row : SCREEN_LINES;
}

static void
held_signals(sigset_t *set)
{
	static const int held[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		sigaddset(set, held[i]);
}

static int
hold_signals(struct screen *s, struct fault *f)
{
	sigset_t set;

	held_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signals >= 0 ? 0 : fault_set(f, "the signals cannot be held: %s", strerror(errno));
}

static void
free_signals(struct screen *s)
{
	sigset_t set;

	close(s->signals);
	held_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* --- the terminal ----------------------------------------------------------------------------- */

static bool
moves_cursor(void)
{
	const char *term = getenv("TERM");

	return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

static void
put(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

int
screen_open(struct screen *s, struct fault *f)
{
	struct termios raw;

	*s = (struct screen){ .signals = -1 };
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &s->before) < 0)
		return fault_set(f, "stdin and stdout must be a terminal; --once prints one frame as text");
	if (!moves_cursor())
		return fault_set(f, "TERM names no terminal that can move its cursor; --once prints one frame as text");
	if (hold_signals(s, f) < 0)
		return -1;
	raw = s->before;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	measure(s);
	put(ENTER_SCREEN);
	return 0;
}

void
screen_close(struct screen *s)
{
	put(LEAVE_SCREEN);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &s->before);
	free_signals(s);
	if (s->ended_by != 0)
		raise(s->ended_by);
}

static const char *
style_of(enum screen_style style)
{
	return style == SCREEN_STRONG ? "\033[1m" : style == SCREEN_CHOSEN ? "\033[7m" : "";
}

void
screen_draw(const struct screen *s, const struct screen_line *line, int n)
{
	fputs(HOME, stdout);
	for (int i = 0; i < n && i < s->lines; i++) {
		const char *style = style_of(line[i].style);

		fprintf(stdout, "%s%s%.*s%s" REST_OF_LINE, i > 0 ? "\r\n" : "", style, s->columns, line[i].text, *style != '\0' ? "\033[0m" : "");
	}
	put(n < s->lines ? REST_OF_SCREEN : "");
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
take(struct screen *s, size_t n)
{
	s->ntyped -= n;
	memmove(s->typed, s->typed + n, s->ntyped);
}

/*
 * The key of an escape sequence that begins the typed bytes. SCREEN_NONE: it is not complete, or unknown and left out.
 */
static int
sequence(struct screen *s)
{
	static const struct {
		const char *bytes;
		int key;
	} known[] = { { "\033[A", SCREEN_UP }, { "\033[B", SCREEN_DOWN }, { "\033OA", SCREEN_UP }, { "\033OB", SCREEN_DOWN }, { "\033[5~", SCREEN_PAGE_UP },
		{ "\033[6~", SCREEN_PAGE_DOWN } };
	size_t n = 2;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (s->ntyped >= strlen(known[i].bytes) && memcmp(s->typed, known[i].bytes, strlen(known[i].bytes)) == 0) {
			take(s, strlen(known[i].bytes));
			return known[i].key;
		}
	while (n < s->ntyped && (s->typed[n] < 0x40 || s->typed[n] > 0x7e))
		n++;
	if (n < s->ntyped || s->ntyped == sizeof s->typed)
		take(s, n < s->ntyped ? n + 1 : s->ntyped);
	return SCREEN_NONE;
}

/* The first key of the typed bytes; SCREEN_NONE: none is complete. over: no more bytes of a sequence will come. */
static int
typed_key(struct screen *s, bool over)
{
	int key;

	if (s->ntyped == 0)
		return SCREEN_NONE;
	if (s->typed[0] == SCREEN_ESCAPE && s->ntyped > 1 && (s->typed[1] == '[' || s->typed[1] == 'O'))
		return sequence(s);
	if (s->typed[0] == SCREEN_ESCAPE && s->ntyped == 1 && !over)
		return SCREEN_NONE;
	key = s->typed[0];
	take(s, 1);
	return key == '\n' ? SCREEN_ENTER : key;
}

static int
signal_key(struct screen *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof info) != sizeof info)
		return SCREEN_NONE;
	if (info.ssi_signo == SIGWINCH) {
		measure(s);
		return SCREEN_RESIZED;
	}
	s->ended_by = (int)info.ssi_signo;
	return SCREEN_ENDED;
}

/* Reads typed bytes. SCREEN_ENDED: the terminal is gone. */
static int
read_typed(struct screen *s)
{
	ssize_t n = read(STDIN_FILENO, s->typed + s->ntyped, sizeof s->typed - s->ntyped);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? SCREEN_NONE : SCREEN_ENDED;
	s->ntyped += (size_t)n;
	return typed_key(s, false);
}

static int
wait_once(struct screen *s, double seconds)
{
	struct pollfd p[] = { { .fd = s->signals, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };

	if (poll(p, 2, (int)(seconds * 1000) + 1) <= 0)
		return SCREEN_NONE;
	if (p[0].revents != 0)
		return signal_key(s);
	return read_typed(s);
}

int
screen_key(struct screen *s, double seconds)
{
	double until = clock_span() + seconds;
	int key = typed_key(s, false);

	while (key == SCREEN_NONE) {
		double now = clock_span(), left = s->ntyped > 0 ? SEQUENCE_SECONDS : until - now;

		if (s->ntyped == 0 && now >= until)
			return SCREEN_NONE;
		key = wait_once(s, left);
		if (key == SCREEN_NONE && s->ntyped > 0 && clock_span() >= now + SEQUENCE_SECONDS)
			key = typed_key(s, true);
	}
	return key;
}
