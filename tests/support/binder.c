/* SPDX-License-Identifier: MIT */
/*
 * A server of sorts that does as it is told: one command a line on standard input, one
 * line on standard output for each, with what came of it: a number, or the -errno.
 *
 * fork: the child goes on answering until it is told to exit, and its parent from
 * then on, with the child's status as the answer to that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 4, LINE_SIZE = 512, DEADLINE_MS = 20000 };

/* The words behind the command; "" where there are no more. */
typedef long (*command_fn)(char **words);

static int number(const char *word)
{
	return (int)strtol(word, NULL, 10);
}

static long result(long r)
{
	return r == -1 ? -errno : r;
}

static const struct {
	const char *name;
	int value;
} names[] = {
	{ "inet", AF_INET },
	{ "inet6", AF_INET6 },
	{ "netlink", AF_NETLINK },
	{ "unix", AF_UNIX },
	{ "stream", SOCK_STREAM },
	{ "dgram", SOCK_DGRAM },
	{ "raw", SOCK_RAW },
	{ "seqpacket", SOCK_SEQPACKET },
	{ "rd", SHUT_RD },
	{ "wr", SHUT_WR },
	{ "rdwr", SHUT_RDWR },
	{ "level", EPOLLIN },
	{ "edge", (int)(EPOLLIN | EPOLLET) },
};

static int value(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].value;
	abort();
}

static long open_socket(char **words)
{
	return result(socket(value(words[0]), value(words[1]) | SOCK_CLOEXEC, 0));
}

static long set_option(int fd, int level, int option)
{
	int on = 1;

	return result(setsockopt(fd, level, option, &on, sizeof(on)));
}

static long reuseport(char **words)
{
	return set_option(number(words[0]), SOL_SOCKET, SO_REUSEPORT);
}

static long reuseaddr(char **words)
{
	return set_option(number(words[0]), SOL_SOCKET, SO_REUSEADDR);
}

static long v6only(char **words)
{
	return set_option(number(words[0]), IPPROTO_IPV6, IPV6_V6ONLY);
}

static long nonblock(char **words)
{
	int flags = fcntl(number(words[0]), F_GETFL);

	return result(fcntl(number(words[0]), F_SETFL, flags | O_NONBLOCK));
}

static long is_nonblock(char **words)
{
	int flags = fcntl(number(words[0]), F_GETFL);

	return flags == -1 ? -errno : (flags & O_NONBLOCK) != 0;
}

/* FD LOWEST: not close-on-exec. */
static long duplicate(char **words)
{
	return result(fcntl(number(words[0]), F_DUPFD, number(words[1])));
}

static long cloexec(char **words)
{
	return result(fcntl(number(words[0]), F_SETFD, number(words[1]) ? FD_CLOEXEC : 0));
}

static long is_cloexec(char **words)
{
	return result(fcntl(number(words[0]), F_GETFD));
}

static long close_fd(char **words)
{
	return result(close(number(words[0])));
}

static long inode(char **words)
{
	struct stat status;

	return fstat(number(words[0]), &status) == -1 ? -errno : (long)status.st_ino;
}

static long port(char **words)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} name = { .any = { .sa_family = AF_UNSPEC } };
	socklen_t length = sizeof(name);

	if (getsockname(number(words[0]), &name.any, &length) == -1)
		return -errno;
	return ntohs(name.any.sa_family == AF_INET6 ? name.in6.sin6_port : name.in.sin_port);
}

/* FD LEVEL-OR-EDGE: a new set, whose events say the number. */
static long epoll_add(char **words)
{
	int fd = number(words[0]), set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = (uint32_t)value(words[1]), .data = { .fd = fd } };

	return set == -1 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == -1 ? -errno : set;
}

static long wait_on_set(int set, int timeout)
{
	struct epoll_event event;
	int r = epoll_wait(set, &event, 1, timeout);

	return r == 1 ? event.data.fd : r == 0 ? -EAGAIN : -errno;
}

static long await_epoll(char **words)
{
	return wait_on_set(number(words[0]), DEADLINE_MS);
}

static long poll_epoll(char **words)
{
	return wait_on_set(number(words[0]), 0);
}

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* "[HOST]:PORT", "HOST:PORT", "@NAME", or else a path; "-" is a bare family. */
static socklen_t parse_address(int fd, char *text, union address *ret)
{
	int family = AF_UNIX;
	socklen_t size = sizeof(family);
	char *colon = strrchr(text, ':');
	uint16_t port_number = htons((uint16_t)(colon ? number(colon + 1) : 0));

	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
	*ret = (union address){ .un = { .sun_family = (sa_family_t)family } };
	if (family == AF_UNIX) {
		size_t length = strcmp(text, "-") == 0 ? 0 : strlen(text) + (text[0] != '@');

		memcpy(ret->un.sun_path, text,
			length < sizeof(ret->un.sun_path) ? length : sizeof(ret->un.sun_path));
		if (text[0] == '@')
			ret->un.sun_path[0] = '\0';
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	}
	if (!colon)
		return 12; /* sockaddr_nl, all zero */
	*colon = '\0';
	if (family == AF_INET) {
		ret->in.sin_port = port_number;
		(void)inet_pton(AF_INET, text, &ret->in.sin_addr);
		return sizeof(ret->in);
	}
	text[strlen(text) - 1] = '\0';
	ret->in6.sin6_port = port_number;
	(void)inet_pton(AF_INET6, text + 1, &ret->in6.sin6_addr);
	return sizeof(ret->in6);
}

static long bind_to(char **words)
{
	union address address;
	socklen_t length = parse_address(number(words[0]), words[1], &address);

	return result(bind(number(words[0]), &address.any, length));
}

/* As a program of 32 bits does; -ENOSYS where there are none. */
static long bind_foreign(char **words)
{
#if defined(__x86_64__)
	union address *address = mmap(NULL, sizeof(*address), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (address == MAP_FAILED)
		return -errno;
	socklen_t length = parse_address(number(words[0]), words[1], address);
	int r;

	__asm__ volatile(
		"int $0x80"
		: "=a"(r)
		: "a"(361), "b"(number(words[0])), "c"((uint32_t)(uintptr_t)address), "d"(length)
		: "memory", "r8", "r9", "r10", "r11");
	return r;
#else
	(void)words;
	return -ENOSYS;
#endif
}

static long bind_nowhere(char **words)
{
	return result(bind(number(words[0]), NULL, sizeof(struct sockaddr_in)));
}

static long connect_to(char **words)
{
	union address address;
	socklen_t length = parse_address(number(words[0]), words[1], &address);

	return result(connect(number(words[0]), &address.any, length));
}

static long listen_on(char **words)
{
	return result(listen(number(words[0]), 64));
}

/* The connection. */
static long accept_one(char **words)
{
	struct pollfd wait = { .fd = number(words[0]), .events = POLLIN };

	if (poll(&wait, 1, DEADLINE_MS) != 1)
		return -ETIME;
	return result(accept4(wait.fd, NULL, NULL, SOCK_CLOEXEC));
}

static long accept_now(char **words)
{
	struct pollfd wait = { .fd = number(words[0]), .events = POLLIN };

	if (poll(&wait, 1, 0) != 1)
		return -EAGAIN;
	return result(accept4(wait.fd, NULL, NULL, SOCK_CLOEXEC));
}

static long shut_down(char **words)
{
	return result(shutdown(number(words[0]), value(words[1])));
}

static long remove_file(char **words)
{
	return result(unlink(words[0]));
}

static long remove_nowhere(char **words)
{
	(void)words;
	return result(unlink((const char *)(uintptr_t)16));
}

static long open_directory(char **words)
{
	return result(open(words[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static long remove_at(char **words)
{
	return result(unlinkat(number(words[0]), words[1], 0));
}

static long remove_directory_at(char **words)
{
	return result(unlinkat(number(words[0]), words[1], AT_REMOVEDIR));
}

static long rename_file(char **words)
{
	return result(rename(words[0], words[1]));
}

static long rename_at(char **words)
{
	return result(renameat(number(words[0]), words[1], number(words[2]), words[3]));
}

static long rename_new(char **words)
{
	return result(renameat2(AT_FDCWD, words[0], AT_FDCWD, words[1], RENAME_NOREPLACE));
}

static long exchange(char **words)
{
	return result(renameat2(AT_FDCWD, words[0], AT_FDCWD, words[1], RENAME_EXCHANGE));
}

static long link_file(char **words)
{
	return result(link(words[0], words[1]));
}

static long change_directory(char **words)
{
	return result(chdir(words[0]));
}

static long change_root(char **words)
{
	return result(chroot(words[0]));
}

static long change_user(char **words)
{
	return result(setuid((uid_t)number(words[0])));
}

static long fork_child(char **words)
{
	int status;
	pid_t pid = fork();

	(void)words;
	if (pid <= 0)
		return pid == 0 ? getpid() : -errno;
	return waitpid(pid, &status, 0) == -1 ? -errno
		: WIFEXITED(status)           ? WEXITSTATUS(status)
					      : 128 + WTERMSIG(status);
}

static long end(char **words)
{
	_exit(number(words[0]));
}

static const struct {
	const char *name;
	command_fn run;
} commands[] = {
	{ "accept", accept_one },
	{ "accept-now", accept_now },
	{ "bind", bind_to },
	{ "bind-foreign", bind_foreign },
	{ "bind-nowhere", bind_nowhere },
	{ "chdir", change_directory },
	{ "chroot", change_root },
	{ "cloexec", cloexec },
	{ "close", close_fd },
	{ "connect", connect_to },
	{ "dup", duplicate },
	{ "epoll-add", epoll_add },
	{ "epoll-poll", poll_epoll },
	{ "epoll-wait", await_epoll },
	{ "exchange", exchange },
	{ "exit", end },
	{ "fork", fork_child },
	{ "inode", inode },
	{ "is-cloexec", is_cloexec },
	{ "is-nonblock", is_nonblock },
	{ "link", link_file },
	{ "listen", listen_on },
	{ "nonblock", nonblock },
	{ "opendir", open_directory },
	{ "port", port },
	{ "rename", rename_file },
	{ "rename-new", rename_new },
	{ "renameat", rename_at },
	{ "reuseaddr", reuseaddr },
	{ "reuseport", reuseport },
	{ "rmdirat", remove_directory_at },
	{ "setuid", change_user },
	{ "shutdown", shut_down },
	{ "socket", open_socket },
	{ "unlink", remove_file },
	{ "unlink-nowhere", remove_nowhere },
	{ "unlinkat", remove_at },
	{ "v6only", v6only },
};

static long run(char *line)
{
	char *words[WORDS_MAX + 1] = { "", "", "", "", "" }, *rest = NULL;
	size_t count = 0;

	for (char *word = strtok_r(line, " ", &rest); word && count <= WORDS_MAX;
		word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, words[0]) == 0)
			return commands[i].run(words + 1);
	return -ENOSYS;
}

/* Byte by byte: what comes after belongs to whoever answers then. */
static bool read_line(char line[LINE_SIZE])
{
	size_t length = 0;

	while (length < LINE_SIZE && read(STDIN_FILENO, &line[length], 1) == 1) {
		if (line[length] != '\n') {
			length++;
			continue;
		}
		line[length] = '\0';
		return true;
	}
	return false;
}

int main(void)
{
	char line[LINE_SIZE], answer[32];

	while (read_line(line)) {
		int length = snprintf(answer, sizeof(answer), "%ld\n", run(line));

		if (write(STDOUT_FILENO, answer, (size_t)length) != length)
			return 1;
	}
	return 0;
}
