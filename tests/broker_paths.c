/* SPDX-License-Identifier: MIT */
/* The files of what workers bind: supervisor/adopt/bind.c, paths.c, directory.c. */
#include "adopt/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/adopted.h"
#include "support/directory.h"
#include "support/suite.h"

static struct adopted one, two, three;
static const char *path; /* where the service is found */

static void setup(void)
{
	adopted_setup();
	path = adopted_path("sock");
}

static ino_t file_inode(const char *name)
{
	struct stat status;

	ck_assert_int_eq(lstat(adopted_path(name), &status), 0);
	return status.st_ino;
}

static void make_file(const char *name)
{
	int fd = open(adopted_path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	fd_close(fd);
}

START_TEST(next_generation_is_given_the_socket_of_a_path)
{
	static const char *const kinds[] = { "unix stream", "unix seqpacket", "unix dgram" };

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	for (size_t i = 0; i < array_length(kinds); i++) {
		char name[] = { (char)('a' + i), '\0' };
		const char *here = adopted_path(name);
		int fd = (int)adopted_ask(&one, "socket %s", kinds[i]);
		int other = (int)adopted_ask(&two, "socket %s", kinds[i]);

		adopted_do(&one, "bind %d %s", fd, here);
		adopted_do(&two, "bind %d %s", other, here);
		ck_assert_uint_eq(adopted_inode(&two, other), adopted_inode(&one, fd));
	}
}
END_TEST

START_TEST(path_of_a_held_socket_is_not_removed)
{
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	int fd = adopted_listen(&one, "unix stream", path);
	ino_t file = file_inode("sock");

	adopted_do(&one, "unlink %s", path);
	adopted_do(&two, "unlink %s", path); /* as servers do before they bind */
	int other = adopted_listen(&two, "unix stream", path);

	ck_assert_uint_eq(adopted_inode(&two, other), adopted_inode(&one, fd));
	adopted_do(&one, "unlink %s", path); /* and as they end */
	ck_assert_uint_eq(file_inode("sock"), file);
	adopted_expect_served(&two, other, path);
}
END_TEST

START_TEST(path_is_not_removed_by_its_name_in_a_directory)
{
	adopted_start(&one, 1);
	(void)adopted_listen(&one, "unix stream", path);
	make_file("other");
	ck_assert_int_eq(mkdir(adopted_path("sub"), 0700), 0);
	int dir = (int)adopted_ask(&one, "opendir %s", directory);

	ck_assert_int_gt(dir, 0);
	adopted_do(&one, "unlinkat %d sock", dir);
	adopted_do(&one, "unlinkat 1000 %s", path); /* of an absolute path it does not matter */
	ck_assert(adopted_exists("sock"));
	adopted_do(&one, "unlinkat %d other", dir);
	ck_assert(!adopted_exists("other"));
	adopted_do(&one, "rmdirat %d sub", dir);
	ck_assert(!adopted_exists("sub"));
	ck_assert_int_eq(adopted_ask(&one, "rmdirat %d sock", dir), -ENOTDIR);
	ck_assert_int_eq(adopted_ask(&one, "unlinkat 1000 sock"), -EBADF);
}
END_TEST

START_TEST(other_files_are_removed)
{
	char trailing[160];

	adopted_start(&one, 1);
	(void)adopted_listen(&one, "unix stream", path);
	make_file("plain");
	ck_assert_int_eq(symlink("sock", adopted_path("link")), 0);
	adopted_do(&one, "unlink %s", adopted_path("plain"));
	adopted_do(&one, "unlink %s", adopted_path("link"));
	ck_assert(!adopted_exists("plain"));
	ck_assert(!adopted_exists("link"));
	ck_assert_int_eq(adopted_ask(&one, "unlink %s", adopted_path("plain")), -ENOENT);
	ck_assert_int_eq(adopted_ask(&one, "unlink %s", directory), -EISDIR);
	(void)snprintf(trailing, sizeof(trailing), "%s/", path);
	ck_assert_int_eq(adopted_ask(&one, "unlink %s", trailing), -ENOTDIR);
	ck_assert_int_eq(adopted_ask(&one, "unlink-nowhere"), -EFAULT);
	ck_assert(adopted_exists("sock"));
}
END_TEST

START_TEST(paths_are_known_from_wherever_they_are_seen)
{
	char through[160];
	struct adopted *workers[] = { &two, &three };

	ck_assert_int_eq(symlink(directory, adopted_path("here")), 0);
	(void)snprintf(through, sizeof(through), "%s/../sock", adopted_path("here/sub"));
	ck_assert_int_eq(mkdir(adopted_path("sub"), 0700), 0);
	const char *addresses[] = { "../sock", through };

	adopted_start(&one, 1);
	adopted_do(&one, "chdir %s", directory);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "unix stream", "sock"));

	adopted_do(&one, "chdir /");
	for (unsigned i = 0; i < array_length(addresses); i++) {
		adopted_start(workers[i], i + 2);
		adopted_do(workers[i], "chdir %s", adopted_path("sub"));
		adopted_do(workers[i], "unlink %s", addresses[i]);
		int fd = adopted_listen(workers[i], "unix stream", addresses[i]);

		ck_assert_uint_eq(adopted_inode(workers[i], fd), held);
		adopted_do(workers[i], "unlink %s", addresses[i]);
	}
	ck_assert(adopted_exists("sock"));
}
END_TEST

START_TEST(paths_below_another_root_are_known)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may change its root\n");
		return;
	}
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "unix stream", path));

	adopted_do(&two, "chroot %s", directory);
	ck_assert_int_eq(symlink("/", adopted_path("top")), 0);
	int fd = adopted_listen(&two, "unix stream", "/top/sock");

	ck_assert_uint_eq(adopted_inode(&two, fd), held);
	adopted_do(&two, "unlink /sock");
	ck_assert(adopted_exists("sock"));
	fd = adopted_listen(&two, "unix stream", "/another");
	held_settle(&adopt.held, 0);
	adopted_do(&one, "unlink %s", adopted_path("another"));
	ck_assert(adopted_exists("another"));
}
END_TEST

/* As HAProxy does. */
static int bind_beside_and_rename(struct adopted *worker, const char *name)
{
	const char *beside = adopted_path(name);
	int fd = adopted_listen(worker, "unix stream", beside);

	adopted_do(worker, "rename %s %s", beside, path);
	ck_assert(!adopted_exists(name));
	return fd;
}

START_TEST(socket_that_is_renamed_to_its_place_is_replaced)
{
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	adopted_start(&three, 3);
	int fd = bind_beside_and_rename(&one, "sock.1.tmp");
	ino_t held = adopted_inode(&one, fd), file = file_inode("sock");

	ck_assert_uint_eq(held, one.claimed);
	int other = bind_beside_and_rename(&two, "sock.2.tmp");

	ck_assert_uint_eq(adopted_inode(&two, other), held);
	ck_assert_uint_eq(two.claimed, held);
	ck_assert_uint_eq(file_inode("sock"), file);
	adopted_expect_served(&two, other, path);
	adopted_end(&one);
	int third = bind_beside_and_rename(&three, "sock.3.tmp");

	ck_assert_uint_eq(adopted_inode(&three, third), held);
	adopted_expect_served(&three, third, path);
	adopt_finish(&adopt);
	ck_assert(!adopted_exists("sock"));
}
END_TEST

START_TEST(socket_that_is_renamed_by_directory_is_replaced)
{
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "unix stream", path));
	int fd = adopted_listen(&two, "unix stream", adopted_path("tmp"));
	int dir = (int)adopted_ask(&two, "opendir %s", directory);

	adopted_do(&two, "renameat %d tmp %d sock", dir, dir);
	ck_assert_uint_eq(adopted_inode(&two, fd), held);
	ck_assert(!adopted_exists("tmp"));
}
END_TEST

/* Who says that nothing may be replaced is told that there is something. */
START_TEST(socket_that_may_replace_nothing_replaces_nothing)
{
	const char *beside = adopted_path("beside");

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "unix stream", path));
	int fd = adopted_listen(&two, "unix stream", beside);

	ck_assert_int_eq(adopted_ask(&two, "rename-new %s %s", beside, path), -EEXIST);
	ck_assert_uint_ne(adopted_inode(&two, fd), held);
	ck_assert(adopted_exists("beside"));
	adopted_do(&two, "rename-new %s %s", beside, adopted_path("elsewhere"));
	ck_assert(adopted_exists("elsewhere"));
}
END_TEST

/* Both files are there afterwards, and the server removes what it thinks is the old one. */
static void expect_exchanged(const char *from, const char *to)
{
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "unix stream", path));
	ino_t file = file_inode("sock");
	int fd = adopted_listen(&two, "unix stream", adopted_path("beside"));

	adopted_do(&two, "exchange %s %s", from, to);
	ck_assert_uint_eq(adopted_inode(&two, fd), held);
	ck_assert_uint_eq(file_inode("sock"), file);
	adopted_do(&two, "unlink %s", adopted_path("beside"));
	ck_assert(!adopted_exists("beside"));
	adopted_expect_served(&two, fd, path);
}

START_TEST(socket_that_is_exchanged_for_the_held_one_is_replaced)
{
	expect_exchanged(adopted_path("beside"), path);
}
END_TEST

START_TEST(socket_that_the_held_one_is_exchanged_for_is_replaced)
{
	expect_exchanged(path, adopted_path("beside"));
}
END_TEST

START_TEST(socket_that_is_exchanged_for_a_file_is_known_by_its_new_name)
{
	const char *plain = adopted_path("plain");

	make_file("plain");
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "unix stream", path));

	adopted_do(&one, "exchange %s %s", plain, path);
	ck_assert_uint_eq(adopted_inode(&two, adopted_listen(&two, "unix stream", plain)), held);
	adopt_finish(&adopt);
	ck_assert(adopted_exists("sock"));
	ck_assert(!adopted_exists("plain"));
}
END_TEST

START_TEST(renamed_socket_is_known_by_its_new_name)
{
	const char *moved = adopted_path("moved");

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "unix stream", path));

	adopted_do(&one, "rename %s %s", path, moved);
	ck_assert(!adopted_exists("sock"));
	adopted_do(&two, "unlink %s", moved);
	ck_assert_uint_eq(adopted_inode(&two, adopted_listen(&two, "unix stream", moved)), held);
	(void)adopted_listen(&two, "unix stream", path); /* which is another now */
	ck_assert_uint_ne(two.claimed, held);
	adopt_finish(&adopt);
	ck_assert(!adopted_exists("moved"));
	ck_assert(!adopted_exists("sock"));
}
END_TEST

START_TEST(other_files_are_renamed)
{
	adopted_start(&one, 1);
	(void)adopted_listen(&one, "unix stream", path);
	make_file("plain");
	ino_t file = file_inode("plain");

	adopted_do(&one, "rename %s %s", adopted_path("plain"), adopted_path("renamed"));
	ck_assert_uint_eq(file_inode("renamed"), file);
	ck_assert_int_eq(adopted_ask(&one, "rename %s %s", adopted_path("plain"), path), -ENOENT);
	ck_assert_int_eq(
		adopted_ask(&one, "rename %s %s", path, "/nonexistent/directory"), -ENOENT);
	adopted_do(&one, "rename %s %s", adopted_path("renamed"), path);
	ck_assert_uint_eq(file_inode("sock"), file);
}
END_TEST

START_TEST(second_name_of_a_held_socket_is_removed)
{
	const char *second = adopted_path("second");

	adopted_start(&one, 1);
	int fd = adopted_listen(&one, "unix stream", path);

	adopted_do(&one, "link %s %s", path, second);
	adopted_do(&one, "unlink %s", path);
	ck_assert(adopted_exists("sock"));
	adopted_do(&one, "unlink %s", second);
	ck_assert(!adopted_exists("second"));
	adopted_do(&one, "unlink %s", path);
	ck_assert(adopted_exists("sock"));
	adopted_expect_served(&one, fd, path);
}
END_TEST

START_TEST(second_name_in_another_directory_is_removed)
{
	const char *second = adopted_path("sub/sock");

	ck_assert_int_eq(mkdir(adopted_path("sub"), 0700), 0);
	adopted_start(&one, 1);
	(void)adopted_listen(&one, "unix stream", path);
	adopted_do(&one, "link %s %s", path, second);
	adopted_do(&one, "unlink %s", second);
	ck_assert(!adopted_exists("sub/sock"));
	ck_assert(adopted_exists("sock"));
}
END_TEST

START_TEST(file_to_keep_is_kept_from_the_retired_alone)
{
	char *keep[] = { (char *)(uintptr_t)adopted_path("nothing"),
		(char *)(uintptr_t)adopted_path("pid"), NULL };

	adopted_keep(keep);
	make_file("pid");
	make_file("other");
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	adopted_do(&one, "unlink %s", keep[1]);
	ck_assert(!adopted_exists("pid"));
	make_file("pid");
	broker_retire(one.broker);
	adopted_do(&one, "unlink %s", adopted_path("other"));
	ck_assert(!adopted_exists("other"));
	adopted_do(&one, "unlink %s", keep[1]);
	ck_assert(adopted_exists("pid"));
	adopted_do(&one, "chdir %s", directory);
	adopted_do(&one, "unlink pid");
	ck_assert(adopted_exists("pid"));
	adopted_do(&two, "unlink %s", keep[1]);
	ck_assert(!adopted_exists("pid"));
	ck_assert_int_eq(adopted_ask(&one, "unlink %s", keep[1]), -ENOENT);
	make_file("pid");
	adopt_finish(&adopt);
	adopted_do(&one, "unlink %s", keep[1]); /* nobody comes after it */
	ck_assert(!adopted_exists("pid"));
}
END_TEST

START_TEST(files_of_the_service_go_with_it)
{
	adopted_start(&one, 1);
	adopted_do(&one, "chdir %s", directory);
	(void)adopted_listen(&one, "unix stream", path);
	(void)adopted_listen(&one, "unix stream", "last"); /* nobody has looked at it yet */
	make_file("plain");
	adopt_finish(&adopt);
	ck_assert(!adopted_exists("sock"));
	ck_assert(!adopted_exists("last"));
	ck_assert(adopted_exists("plain"));
	ck_assert_int_eq(adopted_ask(&one, "unlink %s", path), -ENOENT);
}
END_TEST

START_TEST(file_of_a_server_that_goes_on_stays)
{
	adopted_start(&one, 1);
	(void)adopted_listen(&one, "unix stream", path);
	adopt.is_borrowing = true;
	adopt_finish(&adopt);
	ck_assert(adopted_exists("sock"));
}
END_TEST

START_TEST(path_that_exists_already_is_not_held)
{
	adopted_start(&one, 1);
	make_file("sock");
	int fd = (int)adopted_ask(&one, "socket unix stream");

	ck_assert_int_eq(adopted_ask(&one, "bind %d %s", fd, path), -EADDRINUSE);
	adopted_do(&one, "unlink %s", path);
	adopted_do(&one, "bind %d %s", fd, path);
	ck_assert_uint_eq(one.claims, 2);
	held_settle(&adopt.held, one.pid);
	ck_assert_ptr_eq(adopt.held.sockets.next, adopt.held.sockets.prev);
}
END_TEST

/* Whether the next worker will have to ask. */
static bool asks_about_files(void)
{
	struct filter filter, without;

	adopt_build_filter(&adopt, &filter);
	ck_assert(filter_build(&without, &(struct filter_options){ false, false }));
	return filter.program.len > without.program.len;
}

START_TEST(workers_ask_about_files_until_one_was_ready_without)
{
	ck_assert(asks_about_files());
	adopted_start(&one, 1);
	ck_assert(asks_about_files()); /* it may be about to bind a path */
	(void)adopted_listen(&one, "inet stream", adopted_free_address());
	ck_assert(asks_about_files());
	broker_ready(one.broker);
	ck_assert(!asks_about_files());
	adopted_end(&one);
	ck_assert(asks_about_files());
}
END_TEST

START_TEST(workers_ask_about_files_if_there_are_any)
{
	char abstract[32];

	(void)snprintf(abstract, sizeof(abstract), "@baton-paths-%d", (int)getpid());
	adopted_start(&one, 1);
	broker_ready(one.broker);
	(void)adopted_listen(&one, "unix stream", abstract);
	ck_assert(!asks_about_files());
	(void)adopted_listen(&one, "unix stream", path); /* later than ready */
	ck_assert(asks_about_files());
	broker_ready(one.broker);
	ck_assert(asks_about_files());
}
END_TEST

START_TEST(workers_ask_about_files_if_there_are_any_to_keep)
{
	char *keep[] = { (char *)(uintptr_t)adopted_path("pid"), NULL };

	adopted_keep(keep);
	adopted_start(&one, 1);
	broker_ready(one.broker);
	ck_assert(asks_about_files());
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		next_generation_is_given_the_socket_of_a_path,
		path_of_a_held_socket_is_not_removed,
		path_is_not_removed_by_its_name_in_a_directory,
		other_files_are_removed,
		paths_are_known_from_wherever_they_are_seen,
		paths_below_another_root_are_known,
		socket_that_is_renamed_to_its_place_is_replaced,
		socket_that_is_renamed_by_directory_is_replaced,
		socket_that_may_replace_nothing_replaces_nothing,
		socket_that_is_exchanged_for_the_held_one_is_replaced,
		socket_that_the_held_one_is_exchanged_for_is_replaced,
		socket_that_is_exchanged_for_a_file_is_known_by_its_new_name,
		renamed_socket_is_known_by_its_new_name,
		other_files_are_renamed,
		second_name_of_a_held_socket_is_removed,
		second_name_in_another_directory_is_removed,
		file_to_keep_is_kept_from_the_retired_alone,
		files_of_the_service_go_with_it,
		file_of_a_server_that_goes_on_stays,
		path_that_exists_already_is_not_held,
		workers_ask_about_files_until_one_was_ready_without,
		workers_ask_about_files_if_there_are_any,
		workers_ask_about_files_if_there_are_any_to_keep,
	};

	return suite_run(&(struct suite){
		.name = "broker_paths",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = adopted_teardown,
	});
}
