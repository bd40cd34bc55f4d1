/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Pins the layout of the contract, on the Swift side of it, and names its counters. Keys are compared and hashed as
 * bytes: where the members add up to the size, none of them is padding.
 */
#include "steering.h"

#include <stddef.h>

#define ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " has another size")
#define ASSERT_OFFSET(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member " has moved")

ASSERT_SIZE(steering_address, 4 * 4);
ASSERT_SIZE(steering_tuple, 16 + 16 + 2 + 2 + 1 + 1 + 1 + 1);
ASSERT_OFFSET(steering_tuple, source_port, 32);
ASSERT_OFFSET(steering_tuple, protocol, 36);
ASSERT_SIZE(steering_translation, 16 + 16 + 2 + 2);
ASSERT_SIZE(steering_flow, 36 + 4 + 4 + 4 + 8 + 8);
ASSERT_OFFSET(steering_flow, last_seen, 40);
ASSERT_OFFSET(steering_flow, packets, 48);
ASSERT_SIZE(steering_pinhole, 36 + 4 + 4 + 4 + 4);
ASSERT_OFFSET(steering_pinhole, claimed_port, 44);
ASSERT_SIZE(steering_link_key, 4 + 2 * 2);
ASSERT_SIZE(steering_link, 4 + 4 + 4 + 6 + 1 + 1);
ASSERT_OFFSET(steering_link, mac, 12);
ASSERT_SIZE(steering_egress, 4 + 2 * 2 + 2 * 2 + 4);
ASSERT_SIZE(steering_settings, 4 + 4 + 2 + 2 + 4);

static const char *const names[] = {
#define X(name, meaning) #name,
	STEERING_COUNTERS(X)
#undef X
};

static const char *const meanings[] = {
#define X(name, meaning) meaning,
	STEERING_COUNTERS(X)
#undef X
};

const char *steering_counter_name(unsigned int counter)
{
	return counter < STEERING_COUNTER_COUNT ? names[counter] : NULL;
}

const char *steering_counter_meaning(unsigned int counter)
{
	return counter < STEERING_COUNTER_COUNT ? meanings[counter] : NULL;
}
