/* SPDX-License-Identifier: MIT */
/* Gives a selector to the kernel. */
#ifndef SOCKET_SELECTOR_ATTACH_H
#define SOCKET_SELECTOR_ATTACH_H

struct selector;

/* Has it choose for the group of the socket, from now on. 0; -EINVAL if that is in no group; or
 * -errno. */
int selector_attach(const struct selector *selector, int socket);

#endif
