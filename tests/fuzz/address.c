/* SPDX-License-Identifier: MIT */
/* Any bytes as an address: refused with one line of text, or printed so that it parses to the
 * same. */
#include <baton/address.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(int holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

static void check_refusal(const char *text, const struct baton_error *error)
{
	require(memchr(error->text, '\0', sizeof(error->text)) != NULL, "no end", text);
	require(error->text[0] != '\0', "refused without a reason", text);
	require(strchr(error->text, '\n') == NULL, "more than one line", text);
}

static void check_same(const struct baton_address *a, const struct baton_address *b)
{
	const char *text = baton_address_text(a);
	const struct baton_address_options *x = baton_address_options(a);
	const struct baton_address_options *y = baton_address_options(b);

	require(strcmp(text, baton_address_text(b)) == 0, "prints differently", text);
	require(baton_address_kind(a) == baton_address_kind(b), "another kind", text);
	require(baton_address_port(a) == baton_address_port(b), "another port", text);
	require(baton_address_fd(a) == baton_address_fd(b), "another descriptor", text);
	require(x->backlog == y->backlog && x->reuseport == y->reuseport &&
			x->v6only == y->v6only && x->fastopen == y->fastopen &&
			x->defer_accept == y->defer_accept && x->freebind == y->freebind &&
			x->mptcp == y->mptcp && x->mode == y->mode,
		"other options", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct baton_error error = { "" };
	struct baton_address *address, *again;
	char *text = malloc(length + 1);

	if (!text)
		return 0;
	memcpy(text, bytes, length);
	text[length] = '\0';
	if (baton_address_parse(text, &address, &error) < 0) {
		check_refusal(text, &error);
	} else {
		require(baton_address_parse(baton_address_text(address), &again, &error) == 0,
			"does not parse again", text);
		check_same(address, again);
		baton_address_destroy(again);
		baton_address_destroy(address);
	}
	free(text);
	return 0;
}
