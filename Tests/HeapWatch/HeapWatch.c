#define _GNU_SOURCE
#include "HeapWatch.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static __thread bool watching;
static __thread struct heap_watch watched;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_IS_FOREIGN 1
#endif
#endif

bool heap_watch_works(void)
{
#ifdef HEAP_IS_FOREIGN
	return false;
#else
	return true;
#endif
}

#ifndef HEAP_IS_FOREIGN
// glibc's own functions, under the names that it keeps for those who replace malloc.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void note_heap(void)
{
	if (watching)
		watched.heap_calls++;
}

void *malloc(size_t size)
{
	note_heap();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	note_heap();
	return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	note_heap();
	return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
	note_heap();
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	note_heap();
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	note_heap();
	*memory = __libc_memalign(alignment, size);
	return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
	note_heap();
	__libc_free(memory);
}
#endif

// The runtime's functions of the same names, which stand behind these in the order of the dynamic linker.
#define RUNTIME_FUNCTION(result, name, parameters, arguments)                                \
	result name parameters                                                               \
	{                                                                                    \
		static result(*real) parameters;                                             \
		if (!real)                                                                   \
			real = (result(*) parameters)dlsym(RTLD_NEXT, #name);                \
		if (watching)                                                                \
			watched.reference_calls++;                                           \
		return real arguments;                                                       \
	}

RUNTIME_FUNCTION(void *, swift_retain, (void *object), (object))
RUNTIME_FUNCTION(void *, swift_retain_n, (void *object, uint32_t count), (object, count))
RUNTIME_FUNCTION(void, swift_release, (void *object), (object))
RUNTIME_FUNCTION(void, swift_release_n, (void *object, uint32_t count), (object, count))
RUNTIME_FUNCTION(void *, swift_bridgeObjectRetain, (void *object), (object))
RUNTIME_FUNCTION(void, swift_bridgeObjectRelease, (void *object), (object))

// Swift Testing keeps a backtrace of every error that is thrown, on the heap; no other program does that. Its handlers
// stand in variables of the runtime, which are looked up because the linker would make copies of them.
static const char *const handler_names[] = {"_swift_willThrow", "_swift_willThrowTypedImpl"};
static void *handlers[2];

static void exchange_handlers(void)
{
	for (int i = 0; i < 2; i++) {
		void *_Atomic *variable = dlsym(RTLD_DEFAULT, handler_names[i]);
		if (variable)
			handlers[i] = atomic_exchange(variable, handlers[i]);
	}
}

// The first of several watches at a time takes the handlers away, and the last one brings them back.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int watches;

void heap_watch_begin(void)
{
	pthread_mutex_lock(&lock);
	if (watches++ == 0)
		exchange_handlers();
	pthread_mutex_unlock(&lock);
	watched = (struct heap_watch){0};
	watching = true;
}

struct heap_watch heap_watch_end(void)
{
	watching = false;
	pthread_mutex_lock(&lock);
	if (--watches == 0)
		exchange_handlers();
	pthread_mutex_unlock(&lock);
	return watched;
}
