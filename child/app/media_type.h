/* SPDX-License-Identifier: MIT */
/* What kind of content a file has, as its name tells. Pure. */
#ifndef CHILD_APP_MEDIA_TYPE_H
#define CHILD_APP_MEDIA_TYPE_H

/* The media type by the name's ending; that for any bytes if it is not known. */
const char *media_type(const char *path);

#endif
