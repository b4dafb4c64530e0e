/* SPDX-License-Identifier: MIT */
/*
 * The holder: a tiny process beside baton that has duplicates of what must not be lost with it.
 * If baton is killed, the sockets that it held stay open, and so do the descriptors by which
 * servers wait for an answer, so that they wait for the next baton and are not told that there
 * is no such call. That one takes it all back by the holder's door, a socket in the file system.
 *
 * It ends when baton has ended well, when another has taken everything, when it is told to
 * (SIGTERM) and has no baton any more, or some time after the last process has ended for which it
 * holds anything.
 */
#ifndef SUPERVISOR_HOLDER_HOLDER_H
#define SUPERVISOR_HOLDER_HOLDER_H

/* The descriptor by which it is told what to hold. */
enum { HOLDER_LINK_FD = 3 };

/* `baton hold DOOR`, which baton runs by itself; its exit status. */
int holder_main(int argc, char **argv);

#endif
