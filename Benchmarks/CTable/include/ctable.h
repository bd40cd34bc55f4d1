/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table that Sallyport's FlowIndex is measured beside: open addressing with linear probing at a load of at most one
 * half, written in C as one would for speed, with the same keys, the same hash and no checks at all. The loops over many
 * keys stand here too, so that nothing of Swift is in what is measured.
 */
#ifndef CTABLE_H
#define CTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The two ends of a conversation. */
struct ctable_ends {
	uint32_t client_address;
	uint16_t client_port;
	uint16_t server_port;
	uint32_t server_address;
};

struct ctable;

/* Room for `capacity` entries; null when there is no memory. */
struct ctable *_Nullable ctable_new(size_t capacity, uint64_t seed);

void ctable_free(struct ctable *_Nonnull table);

/* Each does `count` operations, one for each of `ends`, and returns a sum over what they found. */
uint64_t ctable_find(const struct ctable *_Nonnull table, const struct ctable_ends *_Nonnull ends, size_t count);
uint64_t ctable_insert(struct ctable *_Nonnull table, const struct ctable_ends *_Nonnull ends, size_t count);
uint64_t ctable_remove(struct ctable *_Nonnull table, const struct ctable_ends *_Nonnull ends, size_t count);

/* Removes each and inserts it again, one after the other. */
uint64_t ctable_replace(struct ctable *_Nonnull table, const struct ctable_ends *_Nonnull ends, size_t count);

#endif
