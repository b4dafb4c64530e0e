/* SPDX-License-Identifier: MIT */
/* From a member back to the structure around it, and the length of an array. */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stddef.h>

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define array_length(a) (sizeof(a) / sizeof((a)[0]))

#endif
