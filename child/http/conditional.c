/* SPDX-License-Identifier: MIT */
/* See conditional.h. */
#include "http/conditional.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "http/text.h"

/* Of the longest date and the NUL: "Wednesday, 09-Nov-94 08:49:37 GMT". */
enum { DATE_SIZE = 34 };

/* As struct tm counts: a year has four digits, or two that mean as many (section 5.6.7). */
enum { YEAR_1000 = 1000 - 1900 };

static struct text value_of(const struct request *request, const char *head, enum request_kept kept)
{
	struct request_part part = request->kept[kept];

	return (struct text){ part.size ? request_text(head, part) : "", part.size };
}

static bool is_same(struct text a, const char *b)
{
	return a.size == strlen(b) && memcmp(a.data, b, a.size) == 0;
}

/* The entity tag that the list begins with, taken off its front; empty at the end. */
static struct text take_tag(struct text *list)
{
	struct text tag = { list->data, 0 };
	bool is_quoted = false;

	while (list->size && strchr(" \t,", *list->data)) {
		list->data++;
		list->size--;
	}
	tag.data = list->data;
	while (tag.size < list->size && (is_quoted || tag.data[tag.size] != ',')) {
		is_quoted ^= tag.data[tag.size] == '"';
		tag.size++;
	}
	*list = (struct text){ list->data + tag.size, list->size - tag.size };
	while (tag.size && strchr(" \t", tag.data[tag.size - 1]))
		tag.size--;
	return tag;
}

/* Whether one of them is ours. By the weak comparison W/ makes no difference, by the strong
 * one a weak tag is never the same (section 8.8.3.2); ours are strong. */
static bool has_tag(struct text list, const char *etag, bool is_weak)
{
	struct text tag;

	if (list.size == 1 && *list.data == '*')
		return true;
	while ((tag = take_tag(&list)).size) {
		if (is_weak && tag.size > 2 && memcmp(tag.data, "W/", 2) == 0)
			tag = (struct text){ tag.data + 2, tag.size - 2 };
		if (is_same(tag, etag))
			return true;
	}
	return false;
}

static time_t date_in_form(const char *text, const char *form)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, form, &tm);

	if (!end || *end)
		return -1;
	struct tm told = tm;
	time_t time = timegm(&tm); /* makes 3 March of 31 February, and sets the day of the week */
	bool is_one = told.tm_year >= YEAR_1000 && tm.tm_sec == told.tm_sec &&
		tm.tm_mday == told.tm_mday && tm.tm_wday == told.tm_wday;

	return is_one ? time : -1;
}

time_t conditional_date(const char *text, size_t size)
{
	/* The preferred one, and the obsolete ones of RFC 850 and asctime(3). The names of days and
	 * months are the C locale's, as this process sets no other. */
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};
	char copy[DATE_SIZE];
	time_t time = -1;

	if (size >= sizeof(copy))
		return -1;
	memcpy(copy, text, size);
	copy[size] = '\0';
	for (size_t i = 0; time == -1 && i < sizeof(forms) / sizeof(forms[0]); i++)
		time = date_in_form(copy, forms[i]);
	return strlen(copy) == size ? time : -1;
}

/* Section 13.2.2, in its order. */
int conditional_status(const struct request *request, const char *head,
	const struct representation *representation)
{
	const char *etag = representation->etag;
	struct text match = value_of(request, head, REQUEST_IF_MATCH);
	struct text none = value_of(request, head, REQUEST_IF_NONE_MATCH);
	struct text unmodified = value_of(request, head, REQUEST_IF_UNMODIFIED_SINCE);
	struct text modified = value_of(request, head, REQUEST_IF_MODIFIED_SINCE);

	if (match.size && !has_tag(match, etag, false))
		return 412;
	if (!match.size && unmodified.size) {
		time_t date = conditional_date(unmodified.data, unmodified.size);
		if (date != -1 && representation->modified > date)
			return 412;
	}
	if (none.size)
		return has_tag(none, etag, true) ? 304 : 200;
	if (modified.size) {
		time_t date = conditional_date(modified.data, modified.size);
		if (date != -1 && representation->modified <= date)
			return 304;
	}
	return 200;
}

/* Section 13.1.5: whether the client has a part of this very state. */
static bool is_still_the_same(struct text if_range, const struct representation *representation)
{
	if (!if_range.size)
		return true;
	if (strchr("\"W", *if_range.data))
		return is_same(if_range, representation->etag);
	time_t date = conditional_date(if_range.data, if_range.size);

	return date != -1 && date == representation->modified;
}

/* Digits off the front of text; false if there are none, or too many. */
static bool take_number(struct text *text, uint64_t *ret)
{
	uint64_t number = 0;
	bool has_digits = false;

	for (; text->size && *text->data >= '0' && *text->data <= '9'; text->data++, text->size--) {
		uint64_t digit = (uint64_t)(*text->data - '0');

		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
		has_digits = true;
	}
	*ret = number;
	return has_digits;
}

/* The last bytes of all. */
static int take_suffix(struct text spec, uint64_t size, struct range *ret)
{
	uint64_t count;

	spec.data++;
	spec.size--;
	if (!take_number(&spec, &count) || spec.size)
		return 200;
	if (count == 0 || size == 0)
		return 416;
	if (count > size)
		count = size;
	*ret = (struct range){ size - count, count };
	return 206;
}

static int take_range(struct text spec, uint64_t size, struct range *ret)
{
	uint64_t first, last = UINT64_MAX;

	if (spec.size && *spec.data == '-')
		return take_suffix(spec, size, ret);
	if (!take_number(&spec, &first) || !spec.size || *spec.data != '-')
		return 200;
	spec.data++;
	spec.size--;
	if (spec.size && (!take_number(&spec, &last) || last < first))
		return 200;
	if (spec.size)
		return 200; /* several, or malformed */
	if (first >= size)
		return 416;
	if (last > size - 1)
		last = size - 1;
	*ret = (struct range){ first, last - first + 1 };
	return 206;
}

int conditional_range(const struct request *request, const char *head,
	const struct representation *representation, struct range *ret)
{
	static const char unit[] = "bytes=";
	size_t unit_size = sizeof(unit) - 1;
	struct text range = value_of(request, head, REQUEST_RANGE);

	if (request->method != REQUEST_GET || range.size <= unit_size ||
		strncasecmp(range.data, unit, unit_size) != 0)
		return 200;
	if (!is_still_the_same(value_of(request, head, REQUEST_IF_RANGE), representation))
		return 200;
	return take_range((struct text){ range.data + unit_size, range.size - unit_size },
		representation->size, ret);
}
