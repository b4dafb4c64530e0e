/* SPDX-License-Identifier: MIT */
/* See files.h. */
#include "app/files.h"

#include <baton/error.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/listing.h"
#include "app/media_type.h"
#include "app/path.h"
#include "http/conditional.h"
#include "http/escape.h"
#include "http/response.h"

/* So little is read and sent with the head, in one call instead of two. */
enum { SMALL_SIZE = 16 * 1024 };

/* The route's state. */
struct opened {
	int fd; /* of a file that is being sent; -1: none */
	struct listing *listing;
};

int files_open(struct files *files, const char *root, struct baton_error *error)
{
	files->root = root ? open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (!root || files->root != -1)
		return 0;
	int r = -errno;

	(void)snprintf(error->text, sizeof(error->text), "cannot open directory \"%s\": %s", root,
		strerror(-r));
	return r;
}

void files_close(struct files *files)
{
	if (files->root != -1)
		(void)close(files->root); /* nothing could be done about an error */
	files->root = -1;
}

static int status_of(int error)
{
	switch (-error) {
	case ENOENT:
		return 404;
	case EACCES:
	case EPERM:
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	}
	return 500;
}

static void describe(const struct stat *stat, struct representation *ret)
{
	*ret = (struct representation){
		.modified = stat->st_mtime,
		.size = (uint64_t)stat->st_size,
	};
	/* Any change of the content changes one of them, down to the clock's tick. */
	(void)snprintf(ret->etag, sizeof(ret->etag), "\"%llx-%llx-%lx\"",
		(unsigned long long)stat->st_ino, (unsigned long long)stat->st_size,
		(unsigned long)stat->st_mtim.tv_sec * 1000000000UL +
			(unsigned long)stat->st_mtim.tv_nsec);
}

/* What is told of it in every case. */
static int add_fields(struct answer *answer, const struct representation *representation)
{
	char date[RESPONSE_DATE_SIZE];

	response_date(representation->modified, date);
	return buffer_appendf(&answer->fields,
		"ETag: %s\r\nLast-Modified: %s\r\nAccept-Ranges: bytes\r\n", representation->etag,
		date);
}

static int add_range(struct answer *answer, const struct range *range, uint64_t size)
{
	if (answer->status == 416)
		return buffer_appendf(&answer->fields, "Content-Range: bytes */%llu\r\n",
			(unsigned long long)size);
	if (answer->status != 206)
		return 0;
	return buffer_appendf(&answer->fields, "Content-Range: bytes %llu-%llu/%llu\r\n",
		(unsigned long long)range->offset,
		(unsigned long long)(range->offset + range->size - 1), (unsigned long long)size);
}

/* A small file whole; one that has become shorter meanwhile is an error. */
static int add_content(struct answer *answer, int fd, const struct range *range)
{
	struct buffer *content = &answer->content;
	size_t size = (size_t)range->size;
	int r = buffer_reserve(content, size);
	if (r < 0)
		return r;
	ssize_t count = pread(fd, buffer_bytes(content), size, (off_t)range->offset);
	if (count == -1)
		return -errno;
	if ((size_t)count < size)
		return -EIO;
	content->size = size;
	return 0;
}

/* 0 or -errno. */
static int answer_file(
	struct call *call, struct opened *opened, const char *path, const struct stat *stat)
{
	struct answer *answer = &call->answer;
	struct representation representation;
	struct range range;

	describe(stat, &representation);
	range = (struct range){ 0, representation.size };
	answer->type = media_type(path);
	answer->status = conditional_status(call->request, call->head, &representation);
	if (answer->status == 200)
		answer->status =
			conditional_range(call->request, call->head, &representation, &range);
	int r = add_fields(answer, &representation);
	if (r == 0)
		r = add_range(answer, &range, representation.size);
	if (r < 0)
		return r;
	if (answer->status != 200 && answer->status != 206) {
		if (answer->status != 304)
			(void)call_answer_status(call, answer->status);
		return 0;
	}
	if (range.size <= SMALL_SIZE && call->request->method != REQUEST_HEAD)
		return add_content(answer, opened->fd, &range);
	answer->file = opened->fd;
	answer->file_offset = range.offset;
	answer->file_left = range.size;
	return 0;
}

/* So that what a list refers to is below it. */
static int redirect_to_directory(struct call *call)
{
	const struct request *request = call->request;
	struct buffer *fields = &call->answer.fields;
	int r = buffer_append_text(fields, "Location: ");

	if (r == 0)
		r = buffer_append(
			fields, request_text(call->head, request->path), request->path.size);
	if (r == 0)
		r = buffer_append_text(fields, request->query.size ? "/?" : "/");
	if (r == 0 && request->query.size)
		r = buffer_append(
			fields, request_text(call->head, request->query), request->query.size);
	if (r == 0)
		r = buffer_append_text(fields, "\r\n");
	if (r == 0)
		(void)call_answer_status(call, 301);
	return r;
}

/* Of what was opened, file or directory. 0 or -errno. */
static int answer_opened(struct call *call, struct opened *opened, const char *path)
{
	struct request_part whole = call->request->path;
	struct stat stat;

	if (fstat(opened->fd, &stat) == -1)
		return -errno;
	if (S_ISREG(stat.st_mode))
		return answer_file(call, opened, path, &stat);
	if (!S_ISDIR(stat.st_mode))
		return -ENOENT;
	if (request_text(call->head, whole)[whole.size - 1] != '/')
		return redirect_to_directory(call);
	int fd = opened->fd;

	opened->fd = -1;
	return listing_begin(call, fd, path, &opened->listing);
}

enum call_progress files_begin_without_slash(struct call *call, const struct files *files)
{
	if (files->root == -1)
		return call_answer_status(call, 404);
	return redirect_to_directory(call) < 0 ? call_answer_status(call, 503) : CALL_ANSWERED;
}

enum call_progress files_begin(struct call *call, const struct files *files, const char *prefix)
{
	struct request_part part = call->request->path;
	size_t skip = strlen(prefix);
	char path[PATH_SIZE];

	if (files->root == -1)
		return call_answer_status(call, 404);
	int r = path_decode(request_text(call->head, part) + skip, part.size - skip, path);
	if (r < 0)
		return call_answer_status(call, r == -ENAMETOOLONG ? 404 : 400);
	struct opened *opened = malloc(sizeof(*opened));
	if (!opened)
		return call_answer_status(call, 503);

	*opened = (struct opened){ .fd = path_open(files->root, path) };
	call->state = opened;
	r = opened->fd < 0 ? opened->fd : answer_opened(call, opened, path);
	if (r == 0)
		return CALL_ANSWERED;
	buffer_clear(&call->answer.fields); /* some may be those of what was to be sent */
	return call_answer_status(call, status_of(r));
}

void files_end(struct call *call)
{
	struct opened *opened = call->state;

	if (!opened)
		return;
	if (opened->fd >= 0)
		(void)close(opened->fd); /* nothing could be done about an error */
	listing_close(opened->listing);
	free(opened);
}
