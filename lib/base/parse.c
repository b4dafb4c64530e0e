/* SPDX-License-Identifier: MIT */
/* See parse.h. */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/container.h"

enum { DURATION_MAX_MS = 24 * 24 * 3600 * 1000 };

/* Reads digits from *text on and leaves *text behind them; saturates at UINT64_MAX. */
static uint64_t read_digits(const char **text)
{
	uint64_t value = 0;

	for (; isdigit((unsigned char)**text); (*text)++) {
		unsigned digit = (unsigned)(**text - '0');

		value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
	}
	return value;
}

int parse_unsigned(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *rest = text;
	uint64_t value = read_digits(&rest);

	if (rest == text || *rest)
		return -EINVAL;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_int(const char *text, int min, int max, int *ret)
{
	uint64_t value;
	int r = parse_unsigned(text, (uint64_t)min, (uint64_t)max, &value);
	if (r < 0)
		return r;
	*ret = (int)value;
	return 0;
}

static const struct {
	const char *suffix;
	uint64_t ms;
} duration_units[] = {
	{ "", 1000 },
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 3600 * 1000 },
};

int parse_duration(const char *text, int *ret_ms)
{
	const char *rest = text;
	uint64_t whole = read_digits(&rest);
	uint64_t fraction = 0, scale = 1; /* fraction / scale, six digits at most */

	if (rest == text)
		return -EINVAL;
	if (*rest == '.') {
		const char *start = ++rest;

		for (; isdigit((unsigned char)*rest); rest++) {
			if (rest - start >= 6)
				continue;
			fraction = fraction * 10 + (uint64_t)(*rest - '0');
			scale *= 10;
		}
		if (rest == start)
			return -EINVAL;
	}
	for (size_t i = 0; i < array_length(duration_units); i++) {
		uint64_t unit = duration_units[i].ms;

		if (strcmp(rest, duration_units[i].suffix) != 0)
			continue;
		if (whole > DURATION_MAX_MS / unit)
			return -ERANGE;
		uint64_t ms = whole * unit + (fraction * unit + scale - 1) / scale;

		if (ms > DURATION_MAX_MS)
			return -ERANGE;
		*ret_ms = (int)ms;
		return 0;
	}
	return -EINVAL;
}

static int parse_realtime_signal(const char *text, int *ret)
{
	int offset = 0;
	int range = SIGRTMAX - SIGRTMIN;

	if (strncasecmp(text, "RTMIN", 5) != 0)
		return -EINVAL;
	if (text[5] == '+') {
		int r = parse_int(text + 6, 0, range, &offset);
		if (r < 0)
			return r;
	} else if (text[5]) {
		return -EINVAL;
	}
	*ret = SIGRTMIN + offset;
	return 0;
}

int parse_signal(const char *text, int *ret)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;

	if (isdigit((unsigned char)*text))
		return parse_int(text, 1, SIGRTMAX, ret);
	for (int signal = 1; signal < SIGRTMIN; signal++) {
		const char *abbreviation = sigabbrev_np(signal);

		if (abbreviation && strcasecmp(name, abbreviation) == 0) {
			*ret = signal;
			return 0;
		}
	}
	return parse_realtime_signal(name, ret);
}
