/* SPDX-License-Identifier: MIT */
/* System calls that fail, as on a system that is short of something, in this thread and for
 * good. */
#ifndef TESTS_SUPPORT_REFUSE_H
#define TESTS_SUPPORT_REFUSE_H

/* From now on this call (SYS_...) fails with that errno. */
void refuse_call(long number, int error);

/* No thread can be started any more; processes can, as sanitizers do at the end. */
void refuse_threads(void);

#endif
