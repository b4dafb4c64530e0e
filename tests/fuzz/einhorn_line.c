/* SPDX-License-Identifier: MIT */
/* What workers might write to Einhorn's socket: an ack says so in its bytes, escaped or not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "readiness/einhorn.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	enum einhorn_command command;
	const char *line = (const char *)bytes;

	if (einhorn_parse(line, length, &command) < 0 || command != EINHORN_ACK)
		return 0;
	if (length > EINHORN_LINE_SIZE ||
		(!memmem(line, length, "worker:ack", 10) && !memchr(line, '%', length)))
		abort();
	return 0;
}
