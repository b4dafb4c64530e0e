/* SPDX-License-Identifier: MIT */
/* See screen.h. */
#include "control/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool screen_can_move(FILE *out)
{
	const char *kind = getenv("TERM");

	return isatty(fileno(out)) && kind && *kind && strcmp(kind, "dumb") != 0;
}

int screen_lines(FILE *out)
{
	struct winsize size;

	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : 24;
}

struct table_style screen_style(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org: set to anything */
	struct table_style style = { 0 };
	struct winsize size;

	if (!isatty(fileno(out)))
		return style;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		style.width = size.ws_col;
	style.has_color = screen_can_move(out) && !(no_color && *no_color);
	return style;
}
