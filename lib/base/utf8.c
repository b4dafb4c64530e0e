/* SPDX-License-Identifier: MIT */
/* See utf8.h. */
#include "base/utf8.h"

#include "base/container.h"

/* The form of a first byte, by the number of bytes that follow it. */
static const struct {
	unsigned char mask, lead;
	uint32_t min; /* what is less has a shorter form */
} forms[] = {
	{ 0x80, 0x00, 0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

size_t utf8_decode(const char *text, size_t size, uint32_t *ret)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t more = 0;

	while (more < size && more < array_length(forms) &&
		(bytes[0] & forms[more].mask) != forms[more].lead)
		more++;
	if (more >= size || more == array_length(forms))
		return 0;
	uint32_t point = bytes[0] & (unsigned char)~forms[more].mask;

	for (size_t i = 1; i <= more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < forms[more].min || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret = point;
	return more + 1;
}
