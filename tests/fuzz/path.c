/* SPDX-License-Identifier: MIT */
/*
 * Paths of URLs, as clients might send them. What they are decoded to fits,
 * begins without a slash and has no part that is "..": it names nothing outside.
 * Encoded again it is decoded to the same.
 */
#include "app/path.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_parts(const char *path)
{
	while (*path) {
		size_t size = strcspn(path, "/");

		if (size == 2 && memcmp(path, "..", 2) == 0)
			abort();
		path += size;
		path += *path == '/';
	}
}

static void check_again(const char *path)
{
	struct buffer encoded = { 0 };
	char again[PATH_SIZE];

	if (escape_path(&encoded, path) < 0)
		abort();
	if (path_decode(encoded.size ? buffer_bytes(&encoded) : "", encoded.size, again) < 0 ||
		strcmp(path, again) != 0)
		abort();
	buffer_release(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char path[PATH_SIZE];
	int r = path_decode((const char *)bytes, length, path);

	if (r == -ENAMETOOLONG && length < PATH_SIZE)
		abort();
	if (r < 0) {
		if (r != -EINVAL && r != -ENAMETOOLONG)
			abort();
		return 0;
	}
	if (strnlen(path, PATH_SIZE) >= PATH_SIZE || strlen(path) > length || *path == '/')
		abort();
	check_parts(path);
	check_again(path);
	return 0;
}
