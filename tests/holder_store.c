/* SPDX-License-Identifier: MIT */
/* What a holder has: supervisor/holder/holder_store.c. The suite fails if a descriptor is lost. */
#include "holder/holder_store.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/suite.h"

static struct holder_store store;

static void setup(void)
{
	holder_store_init(&store);
}

static void teardown(void)
{
	holder_store_finish(&store);
	ck_assert(list_empty(&store.items));
}

static struct holder_item *put(uint64_t key, unsigned char content)
{
	struct holder_entry entry = { .key = key, .size = 1, .record = { content } };

	entry.fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	entry.fd_count = 1;
	return holder_store_put(&store, &entry);
}

START_TEST(entry_is_found_by_its_key)
{
	struct holder_item *one = put(1, 'a'), *two = put(2, 'b');

	ck_assert_ptr_eq(holder_store_find(&store, 1), one);
	ck_assert_ptr_eq(holder_store_find(&store, 2), two);
	ck_assert_ptr_null(holder_store_find(&store, 3));
}
END_TEST

START_TEST(second_of_a_key_takes_the_place_of_the_first)
{
	struct holder_item *item = put(1, 'a');
	int first = item->entry.fds[0];

	ck_assert_ptr_nonnull(put(2, 'b'));
	ck_assert_ptr_eq(put(1, 'c'), item);
	ck_assert_int_eq(item->entry.record[0], 'c');
	ck_assert_int_eq(fcntl(first, F_GETFD), -1);
	ck_assert_ptr_eq(list_first(&store.items, struct holder_item, link), item);
}
END_TEST

START_TEST(dropped_entry_is_closed)
{
	struct holder_item *item = put(1, 'a');
	int fd = item->entry.fds[0];

	holder_store_drop(item);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_ptr_null(holder_store_find(&store, 1));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		entry_is_found_by_its_key,
		second_of_a_key_takes_the_place_of_the_first,
		dropped_entry_is_closed,
	};
	const struct suite suite = {
		.name = "holder_store",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
