/* SPDX-License-Identifier: MIT */
/* See process_metrics.h. */
#include "debug/process_metrics.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metrics.h"

static int add(
	struct buffer *out, const char *name, const char *type, const char *help, double value)
{
	int r = metrics_begin(out, name, type, help);

	return r < 0 ? r : metrics_sample(out, name, "", value);
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int add_cpu(struct buffer *out)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage); /* valid arguments: cannot fail */
	return add(out, "process_cpu_seconds_total", "counter", "Processor time used, in seconds.",
		seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

static int add_memory(struct buffer *out)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size, resident;
	bool is_known = file && fscanf(file, "%lu %lu", &size, &resident) == 2;
	double page = (double)sysconf(_SC_PAGESIZE);

	if (file)
		(void)fclose(file); /* it was only read */
	if (!is_known)
		return 0;
	int r = add(out, "process_virtual_memory_bytes", "gauge", "Virtual memory, in bytes.",
		(double)size * page);

	return r < 0 ? r
		     : add(out, "process_resident_memory_bytes", "gauge",
			       "Resident memory, in bytes.", (double)resident * page);
}

/* Without the one that it takes to count; -1: nobody knows. Not baton_leak_snapshot, which finds
 * out what each is: that takes long for ten thousand. */
static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -3; /* of ".", ".." and the directory's own */

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	(void)closedir(dir); /* it was only read */
	return count;
}

static int add_fds(struct buffer *out)
{
	struct rlimit limit;
	int count = count_fds(), r = 0;

	if (count >= 0)
		r = add(out, "process_open_fds", "gauge", "Open descriptors.", count);
	(void)getrlimit(RLIMIT_NOFILE, &limit); /* valid arguments: cannot fail */
	return r < 0 ? r
		     : add(out, "process_max_fds", "gauge", "Descriptors that may be open.",
			       (double)limit.rlim_cur);
}

int process_metrics_write(struct buffer *out)
{
	int r = add_cpu(out);

	if (r == 0)
		r = add_memory(out);
	return r < 0 ? r : add_fds(out);
}
