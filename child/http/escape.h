/* SPDX-License-Identifier: MIT */
/* Text for JSON, HTML and URLs. Pure. All return 0 or -ENOMEM. */
#ifndef CHILD_HTTP_ESCAPE_H
#define CHILD_HTTP_ESCAPE_H

#include "http/buffer.h"

/* As a JSON string, quotes included (RFC 8259); a byte that is not UTF-8 comes out as U+FFFD. */
int escape_json(struct buffer *out, const char *text);

/* For HTML text and attributes in double quotes; control characters and what is not UTF-8 come out
 * as U+FFFD. */
int escape_html(struct buffer *out, const char *text);

/* A path for a URL (RFC 3986): percent-encoded but for what may stand there, and '/'. */
int escape_path(struct buffer *out, const char *path);

#endif
