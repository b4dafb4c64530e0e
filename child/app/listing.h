/* SPDX-License-Identifier: MIT */
/*
 * A directory as a list, entry by entry as the client takes it: as JSON, a
 * line each, or as HTML. The memory for it is that of one entry, however many
 * there are, and it stops when the client leaves.
 *
 *     ?recursive      what is below, too, but for recursive=0 and recursive=no
 *     ?format=json    as JSON, ?format=html as HTML: see call_wants_json
 */
#ifndef CHILD_APP_LISTING_H
#define CHILD_APP_LISTING_H

#include "http/call.h"
#include "http/routes.h"

struct listing;

/*
 * Makes the list of a directory the answer of the call. The descriptor is owned from the call on,
 * whatever it returns; path is that in its root, for people. *ret is to be given to
 * listing_close at the call's end. 0 or -errno.
 */
int listing_begin(struct call *call, int take_fd, const char *path, struct listing **ret);

void listing_close(struct listing *listing);

#endif
