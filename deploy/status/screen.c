#include "deploy/status/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/loop.h"

/* To the first place; what is behind a line, and below the last one, is wiped; long lines are cut; the cursor is not shown. */
#define HOME "\033[H"
#define TO_THE_RIGHT "\033[K"
#define BELOW "\033[J"
#define BEGIN "\033[?1049h\033[?7l\033[?25l"
#define END "\033[?25h\033[?7h\033[?1049l"

struct running {
	const struct screen *s;
	struct loop *loop;
	struct watch keys;
	struct timer again;
	struct termios before;
	bool terminal, drawn;
	int error;
};

/* The lines that there is room for. */
static void
put_lines(const char *text, unsigned rows)
{
	fputs(HOME, stdout);
	for (unsigned row = 0; row < rows && *text != '\0'; row++) {
		size_t n = strcspn(text, "\n");

		fprintf(stdout, "%s%.*s" TO_THE_RIGHT, row > 0 ? "\r\n" : "", (int)n, text);
		text += n + (text[n] == '\n');
	}
	fputs(BELOW, stdout);
}

static void
draw(struct running *r)
{
	struct winsize size = { .ws_row = 24 };
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (to == NULL) {
		r->error = -ENOMEM;
		loop_stop(r->loop);
		return;
	}
	r->s->draw(r->s->arg, to);
	if (fclose(to) != 0)
		r->error = -ENOMEM;
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	if (r->terminal)
		put_lines(text, size.ws_row > 0 ? size.ws_row : 24);
	else
		printf("%s%s", r->drawn && !r->s->lines ? "\n" : "", text);
	r->drawn = true;
	free(text);
	if (fflush(stdout) != 0 || r->error != 0)
		loop_stop(r->loop);
}

static void
look(void *arg)
{
	struct running *r = arg;

	r->s->look(r->s->arg);
	draw(r);
	(void)loop_timer(r->loop, &r->again, (uint64_t)r->s->ms);
}

static void
pressed(void *arg, uint32_t events)
{
	struct running *r = arg;
	char c[16];
	ssize_t n = read(STDIN_FILENO, c, sizeof c);

	(void)events;
	if (n <= 0 || memchr(c, 'q', (size_t)n) != NULL)
		loop_stop(r->loop);
}

static void
signalled(void *arg, int signo)
{
	struct running *r = arg;

	if (signo != SIGWINCH)
		loop_stop(r->loop);
	else if (r->terminal)
		draw(r);
}

/* Keys come as they are pressed, and are not shown. */
static int
take_terminal(struct running *r)
{
	struct termios now;

	r->terminal = !r->s->lines && isatty(STDOUT_FILENO);
	if (!r->terminal)
		return 0;
	fputs(BEGIN, stdout);
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &r->before) != 0)
		return 0;
	now = r->before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &now) != 0)
		return -errno;
	r->keys = (struct watch){ .fd = STDIN_FILENO, .ready = pressed, .arg = r };
	return loop_watch(r->loop, &r->keys, EPOLLIN);
}

static void
give_terminal_back(struct running *r)
{
	if (r->keys.ready != NULL) {
		loop_unwatch(r->loop, &r->keys);
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &r->before);
	}
	if (r->terminal)
		fputs(END, stdout);
	(void)fflush(stdout);
}

int
screen_run(const struct screen *s)
{
	struct running run = { .s = s, .again = { .expired = look, .arg = &run } };
	sigset_t mask;
	int r = loop_new(&run.loop);

	if (r != 0)
		return r;
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGWINCH);
	if ((r = loop_signals(run.loop, &mask, signalled, &run)) == 0 && (r = take_terminal(&run)) == 0 && (r = loop_timer(run.loop, &run.again, 0)) == 0)
		r = loop_run(run.loop);
	give_terminal_back(&run);
	loop_free(run.loop);
	return r != 0 ? r : run.error;
}
