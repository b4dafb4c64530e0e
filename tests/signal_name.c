/* SPDX-License-Identifier: MIT */
/* Signals by name: base/signal_name.c. */
#include "base/signal_name.h"

#include <signal.h>

#include "support/suite.h"

START_TEST(every_number_has_a_text)
{
	const struct {
		int signal;
		const char *text;
	} rows[] = {
		{ SIGTERM, "SIGTERM" },
		{ SIGRTMIN, "SIGRTMIN" },
		{ SIGRTMIN + 3, "SIGRTMIN+3" },
		{ 0, "signal 0" },
		{ 32, "signal 32" },
		{ SIGRTMAX + 1, "signal 65" },
	};
	char text[SIGNAL_NAME_SIZE];

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_str_eq(signal_name(rows[i].signal, text, sizeof(text)), rows[i].text);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		every_number_has_a_text,
	};

	return SUITE_RUN("signal_name", cases);
}
