/* SPDX-License-Identifier: MIT */
/* From a member back to the structure around it. */
#ifndef CHILD_CONTAINER_H
#define CHILD_CONTAINER_H

#include <stddef.h>

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
