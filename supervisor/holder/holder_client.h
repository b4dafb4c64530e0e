/* SPDX-License-Identifier: MIT */
/* The other side of a holder's door: another baton, which takes back what was held. */
#ifndef SUPERVISOR_HOLDER_HOLDER_CLIENT_H
#define SUPERVISOR_HOLDER_HOLDER_CLIENT_H

struct holder_store;

/* Its descriptor, the caller's to close; -ENOENT or -ECONNREFUSED: nobody is there;
 * -ENAMETOOLONG; or another -errno. */
int holder_client_open(const char *path);

/* Puts everything that it has into the store. Waits for seconds at most. 0; -ETIMEDOUT; -EPIPE: its
 * baton lives, or it does not let us in; -ENOMEM; or another -errno. It keeps all until it is
 * told. */
int holder_client_take(int door, struct holder_store *store);

/* Tells it that we have everything, and that it may end. */
void holder_client_confirm(int door);

#endif
