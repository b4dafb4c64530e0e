/* SPDX-License-Identifier: MIT */
/*
 * Another socket on the address of one that is bound already, with the same options: so far as
 * whoever opened that could have set them (systemd.socket(5), baton-address(7)).
 */
#ifndef SOCKET_TWIN_H
#define SOCKET_TWIN_H

/* Whether the kernel would let one of ours beside it, of a group (SO_REUSEPORT). 0; -EPERM: it is
 * another user's; -EXDEV: it is of another network namespace; or -errno. */
int twin_check(int of);

/* The descriptor of one that is not bound yet; or -errno. */
int twin_make(int of);

/* Binds it. 0 or -errno. */
int twin_bind(int twin, int of);

/* Both: one that is bound, and does not listen yet; or -errno. */
int twin_open(int of);

/* Has it listen with as long a queue. 0 or -errno. */
int twin_listen(int twin, int of);

#endif
