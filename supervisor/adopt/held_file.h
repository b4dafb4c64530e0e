/* SPDX-License-Identifier: MIT */
/* The files of held sockets: within held.c, which see. */
#ifndef SUPERVISOR_ADOPT_HELD_FILE_H
#define SUPERVISOR_ADOPT_HELD_FILE_H

struct held;

/* The socket is bound: notes which file is its, if it has one. */
void held_note_file(struct held *held);

/* The rename that was let pass has taken place, or not. */
void held_note_path(struct held *held);

/* Removes the file, if it is still there and the socket's. */
void held_remove_file(struct held *held);

#endif
