/* SPDX-License-Identifier: Apache-2.0 */
#include "ctable.h"

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>

/* 16 bytes, so that four stand in a cache line; slot 0 means empty. */
struct entry {
	uint64_t most;
	uint32_t rest;
	uint32_t slot;
};

struct ctable {
	struct entry *entries;
	size_t mask;
	uint64_t seeds[2];
	size_t count;
	size_t capacity;
};

struct ctable *ctable_new(size_t capacity, uint64_t seed)
{
	struct ctable *table = malloc(sizeof(*table));
	size_t size = 2, bytes;

	if (!table)
		return NULL;
	while (size < 2 * capacity)
		size *= 2;
	bytes = size * sizeof(struct entry);
	table->entries = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table->entries == MAP_FAILED) {
		free(table);
		return NULL;
	}
	madvise(table->entries, bytes, MADV_HUGEPAGE);
	madvise(table->entries, bytes, MADV_POPULATE_WRITE);
	table->mask = size - 1;
	table->seeds[0] = seed;
	table->seeds[1] = seed * 0xff51afd7ed558ccd;
	table->count = 0;
	table->capacity = capacity;
	return table;
}

void ctable_free(struct ctable *table)
{
	munmap(table->entries, (table->mask + 1) * sizeof(struct entry));
	free(table);
}

static inline size_t home(const struct ctable *table, uint64_t most, uint32_t rest)
{
	unsigned __int128 product = (unsigned __int128)(most ^ table->seeds[0]) * (rest ^ table->seeds[1]);

	return (uint64_t)(product ^ product >> 64) & table->mask;
}

static inline uint64_t most_of(const struct ctable_ends *ends)
{
	return (uint64_t)ends->client_address << 32 | (uint64_t)ends->client_port << 16 | ends->server_port;
}

/* Where the ends stand, or the empty entry where they would. */
static inline size_t position(const struct ctable *table, const struct ctable_ends *ends)
{
	uint64_t most = most_of(ends);
	uint32_t rest = ends->server_address;
	size_t at = home(table, most, rest);

	while (table->entries[at].slot && (table->entries[at].most != most || table->entries[at].rest != rest))
		at = (at + 1) & table->mask;
	return at;
}

uint64_t ctable_find(const struct ctable *table, const struct ctable_ends *ends, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += table->entries[position(table, &ends[i])].slot;
	return sum;
}

static inline bool insert(struct ctable *table, const struct ctable_ends *ends, uint32_t slot)
{
	if (table->count == table->capacity)
		return false;
	table->entries[position(table, ends)] = (struct entry){ most_of(ends), ends->server_address, slot + 1 };
	table->count++;
	return true;
}

uint64_t ctable_insert(struct ctable *table, const struct ctable_ends *ends, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += insert(table, &ends[i], (uint32_t)i);
	return sum;
}

static inline bool take_out(struct ctable *table, const struct ctable_ends *ends)
{
	struct entry *entries = table->entries;
	size_t mask = table->mask, hole = position(table, ends), next = hole;

	if (!entries[hole].slot)
		return false;
	for (;;) {
		size_t from;

		next = (next + 1) & mask;
		if (!entries[next].slot)
			break;
		from = home(table, entries[next].most, entries[next].rest);
		/* The entry may move into the hole unless its home lies after the hole. */
		if (((next - from) & mask) >= ((next - hole) & mask)) {
			entries[hole] = entries[next];
			hole = next;
		}
	}
	entries[hole].slot = 0;
	table->count--;
	return true;
}

uint64_t ctable_remove(struct ctable *table, const struct ctable_ends *ends, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += take_out(table, &ends[i]);
	return sum;
}

uint64_t ctable_replace(struct ctable *table, const struct ctable_ends *ends, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += take_out(table, &ends[i]) + insert(table, &ends[i], (uint32_t)i);
	return sum;
}
