// Counts what the calling thread asks of the heap and of Swift's reference counting, for the tests that prove that the
// packet path asks for nothing. Its functions stand before those of the C library and of Swift's runtime in the order of
// the dynamic linker, and call them.
#ifndef HEAP_WATCH_H
#define HEAP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct heap_watch {
	uint64_t heap_calls;      // malloc, calloc, realloc, memalign, free and their like
	uint64_t reference_calls; // swift_retain, swift_release and their like
};

// Whether counting works in this process: not under a sanitizer, which brings a heap of its own.
bool heap_watch_works(void);

// Begins to count the calls of this thread, from 0. Several threads may at a time.
void heap_watch_begin(void);

// Ends counting; what was counted.
struct heap_watch heap_watch_end(void);

#endif
