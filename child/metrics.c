/* SPDX-License-Identifier: MIT */
/* See metrics.h. */
#include "metrics.h"

#include <stdio.h>

enum { LABELS_SIZE = 64 };

/* The upper bounds of the buckets; beyond the last is +Inf. */
static const struct {
	int64_t us;
	const char *text;
} buckets[METRICS_BUCKETS] = {
	{ 1000, "0.001" },
	{ 5000, "0.005" },
	{ 10000, "0.01" },
	{ 25000, "0.025" },
	{ 50000, "0.05" },
	{ 100000, "0.1" },
	{ 250000, "0.25" },
	{ 500000, "0.5" },
	{ 1000000, "1" },
	{ 2500000, "2.5" },
	{ 10000000, "10" },
	{ 60000000, "60" },
};

void metrics_add(struct metrics *metrics, int status, uint64_t sent, int64_t took_us)
{
	size_t bucket = 0;

	metrics->requests[response_status_index(status)]++;
	metrics->sent += sent;
	while (bucket < METRICS_BUCKETS && took_us > buckets[bucket].us)
		bucket++;
	metrics->took[bucket]++;
	metrics->took_us += took_us > 0 ? (uint64_t)took_us : 0;
}

int metrics_begin(struct buffer *out, const char *name, const char *type, const char *help)
{
	return buffer_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

int metrics_sample(struct buffer *out, const char *name, const char *labels, double value)
{
	return buffer_appendf(out, "%s%s %.17g\n", name, labels, value);
}

static int write_requests(struct buffer *out, const struct metrics *metrics, const char *name)
{
	char labels[LABELS_SIZE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < RESPONSE_STATUSES; i++) {
		if (!metrics->requests[i])
			continue;
		(void)snprintf(labels, sizeof(labels), "{server=\"%s\",code=\"%d\"}", name,
			response_status(i));
		r = metrics_sample(
			out, "baton_httpd_requests_total", labels, (double)metrics->requests[i]);
	}
	return r;
}

static int write_took(struct buffer *out, const struct metrics *metrics, const char *name)
{
	static const char family[] = "baton_httpd_request_duration_seconds";
	char labels[LABELS_SIZE];
	uint64_t count = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i <= METRICS_BUCKETS; i++) {
		count += metrics->took[i];
		(void)snprintf(labels, sizeof(labels), "{server=\"%s\",le=\"%s\"}", name,
			i < METRICS_BUCKETS ? buckets[i].text : "+Inf");
		r = buffer_appendf(
			out, "%s_bucket%s %llu\n", family, labels, (unsigned long long)count);
	}
	if (r == 0)
		r = buffer_appendf(out,
			"%s_sum{server=\"%s\"} %.6f\n%s_count{server=\"%s\"} %llu\n", family, name,
			(double)metrics->took_us / 1e6, family, name, (unsigned long long)count);
	return r;
}

static int write_sent(struct buffer *out, const struct metrics *metrics, const char *name)
{
	char labels[LABELS_SIZE];

	(void)snprintf(labels, sizeof(labels), "{server=\"%s\"}", name);
	return metrics_sample(out, "baton_httpd_sent_bytes_total", labels, (double)metrics->sent);
}

int metrics_write(struct buffer *out, const struct metrics *const *metrics,
	const char *const *names, size_t count)
{
	static const struct {
		const char *name, *type, *help;
		int (*write)(struct buffer *out, const struct metrics *metrics, const char *name);
	} families[] = {
		{ "baton_httpd_requests_total", "counter",
			"Requests that are over, by the status of their answer.", write_requests },
		{ "baton_httpd_sent_bytes_total", "counter", "Bytes of content in the answers.",
			write_sent },
		{ "baton_httpd_request_duration_seconds", "histogram",
			"From the end of a request's head to the end of its answer.", write_took },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(families) / sizeof(families[0]); i++) {
		r = metrics_begin(out, families[i].name, families[i].type, families[i].help);
		for (size_t j = 0; r == 0 && j < count; j++)
			r = families[i].write(out, metrics[j], names[j]);
	}
	return r;
}
