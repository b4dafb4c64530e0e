/* SPDX-License-Identifier: MIT */
/*
 * Drives a fuzzer where there is no libFuzzer: replay SEEDS DICT. Each line of
 * SEEDS is an input, with the escapes \n, \r, \t, \0, \xNN and \\; each line of DICT a
 * word in quotes, as libFuzzer reads them. Every seed is run as it is and then
 * many times with a few changes: bytes flipped, cut out and repeated, words
 * put in. The changes are the same at every run, so that a failure stays.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS_PER_SEED = 10000,
	CHANGES_MAX = 6,
	INPUT_MAX = 4096,
	LINES_MAX = 512,
};

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t length;
};

struct lines {
	struct input *items;
	size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint32_t random_state = 1;

/* xorshift32: below a bound that is not 0. */
static size_t pick(size_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % bound;
}

/* Reads one byte, escaped or not, and returns what comes after it. */
static const char *unescape(const char *text, uint8_t *ret)
{
	static const char letters[] = "n\nr\rt\t0\0\\\\\"\"";
	char hex[3] = "";

	if (*text != '\\' || !text[1]) {
		*ret = (uint8_t)*text;
		return text + 1;
	}
	if (text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
		isxdigit((unsigned char)text[3])) {
		memcpy(hex, text + 2, 2);
		*ret = (uint8_t)strtoul(hex, NULL, 16);
		return text + 4;
	}
	*ret = (uint8_t)text[1];
	for (size_t i = 0; i + 1 < sizeof(letters); i += 2)
		if (letters[i] == text[1])
			*ret = (uint8_t)letters[i + 1];
	return text + 2;
}

/* A line of the dictionary is name="word" or "word"; # begins a comment. */
static const char *strip_quotes(char *line)
{
	char *start = strchr(line, '"'), *end = strrchr(line, '"');

	if (*line == '#' || !start || start == end)
		return NULL;
	*end = '\0';
	return start + 1;
}

static bool read_lines(const char *path, bool is_dictionary, struct lines *ret)
{
	static char line[INPUT_MAX * 4];
	FILE *file = fopen(path, "re");

	ret->items = calloc(LINES_MAX, sizeof(*ret->items));
	ret->count = 0;
	if (!file || !ret->items) {
		perror(path);
		return false;
	}
	while (ret->count < LINES_MAX && fgets(line, sizeof(line), file)) {
		struct input *input = &ret->items[ret->count];

		line[strcspn(line, "\n")] = '\0';
		const char *text = is_dictionary ? strip_quotes(line) : line;

		if (!text)
			continue;
		while (*text && input->length < INPUT_MAX)
			text = unescape(text, &input->bytes[input->length++]);
		ret->count++;
	}
	fclose(file);
	return true;
}

static void cut_out(struct input *input, size_t at, size_t length)
{
	memmove(input->bytes + at, input->bytes + at + length, input->length - at - length);
	input->length -= length;
}

static void put_in(struct input *input, size_t at, const uint8_t *bytes, size_t length)
{
	uint8_t copy[INPUT_MAX];

	if (input->length + length > INPUT_MAX)
		return;
	memcpy(copy, bytes, length); /* it may be a part of the input itself */
	memmove(input->bytes + at + length, input->bytes + at, input->length - at);
	memcpy(input->bytes + at, copy, length);
	input->length += length;
}

static void change(struct input *input, const struct lines *words)
{
	size_t at = pick(input->length + 1);
	size_t rest = input->length - at;
	size_t length = rest ? 1 + pick(rest) : 0;
	uint8_t byte = (uint8_t)pick(256);

	switch (pick(6)) {
	case 0:
		if (rest)
			input->bytes[at] = byte;
		break;
	case 1:
		if (rest)
			input->bytes[at] ^= (uint8_t)(1U << pick(8));
		break;
	case 2:
		put_in(input, at, &byte, 1);
		break;
	case 3:
		cut_out(input, at, length);
		break;
	case 4:
		put_in(input, pick(input->length + 1), input->bytes + at, length);
		break;
	case 5:
		if (words->count) {
			const struct input *word = &words->items[pick(words->count)];

			put_in(input, at, word->bytes, word->length);
		}
		break;
	}
}

/* Hands over a copy of just that length, so that a sanitizer sees a read behind it. */
static void run(const struct input *input)
{
	uint8_t *copy = malloc(input->length ? input->length : 1);

	if (!copy)
		abort();
	memcpy(copy, input->bytes, input->length);
	(void)LLVMFuzzerTestOneInput(copy, input->length); /* always 0: libFuzzer's convention */
	free(copy);
}

int main(int argc, char **argv)
{
	struct lines seeds = { 0 }, words = { 0 };

	if (argc != 3) {
		fprintf(stderr, "usage: %s SEEDS DICT\n", argv[0]);
		return 64;
	}
	if (!read_lines(argv[1], false, &seeds) || !read_lines(argv[2], true, &words))
		return 66;
	for (size_t i = 0; i < seeds.count; i++) {
		run(&seeds.items[i]);
		for (int round = 0; round < ROUNDS_PER_SEED; round++) {
			struct input input = seeds.items[i];

			for (size_t n = 1 + pick(CHANGES_MAX); n > 0; n--)
				change(&input, &words);
			run(&input);
		}
	}
	free(seeds.items);
	free(words.items);
	return 0;
}
