/* SPDX-License-Identifier: MIT */
/* The command `baton doctor`: how a server behaves when it is restarted, and how to lose
 * nothing. */
#ifndef SUPERVISOR_DOCTOR_DOCTOR_H
#define SUPERVISOR_DOCTOR_DOCTOR_H

/* argv[0] is the word `doctor`. The exit status: see baton-doctor(1). */
int doctor(int argc, char **argv);

#endif
