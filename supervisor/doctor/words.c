/* SPDX-License-Identifier: MIT */
/* See words.h. */
#include "doctor/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/peer.h"
#include "doctor/visit.h"

static char *write_request(const char *path, const char *connection)
{
	char *text;

	if (asprintf(&text,
		    "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: baton-doctor\r\n"
		    "Accept: */*\r\nConnection: %s\r\n\r\n",
		    path, connection) == -1)
		return NULL;
	return text;
}

int words_init(struct words *words, const char *http_path)
{
	*words = (struct words){
		.once = write_request(http_path, "close"),
		.kept = write_request(http_path, "keep-alive"),
	};
	return words->once && words->kept ? 0 : -ENOMEM;
}

void words_finish(struct words *words)
{
	free(words->once);
	free(words->kept);
	*words = (struct words){ 0 };
}

void words_choose(const struct words *words, struct visit_options *options)
{
	options->deadline_ms = words->deadline_ms;
	if (options->peer->speech == PEER_HTTP) {
		options->request = options->manner == VISIT_KEEP ? words->kept : words->once;
		options->length = strlen(options->request);
	} else if (options->peer->speech == PEER_SENT) {
		options->request = words->sent;
		options->length = words->sent_length;
	}
}
