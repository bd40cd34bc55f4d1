/* SPDX-License-Identifier: Apache-2.0 */
/* A test-run of live frames that ends by the clock: the kernel ends it when a signal comes. */
#define _GNU_SOURCE
#include "traffic.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void ignore(int signal)
{
	(void)signal;
}

/* Repeats, so that a signal that comes just before the run does not leave it running for ever. */
static int start_clock(timer_t *clock, unsigned int milliseconds)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGRTMIN,
		._sigev_un._tid = gettid(),
	};
	struct itimerspec time = {
		.it_value = { milliseconds / 1000, milliseconds % 1000 * 1000000 },
		.it_interval = { .tv_nsec = 50000000 },
	};

	if (timer_create(CLOCK_MONOTONIC, &event, clock))
		return -errno;
	return timer_settime(*clock, 0, &time, NULL) ? -errno : 0;
}

static int run(int program, const void *frame, unsigned int length, unsigned int batch)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length, .batch_size = batch,
		    .repeat = INT_MAX, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int result = bpf_prog_test_run_opts(program, &options);

	return result == -EINTR ? 0 : result;
}

int traffic_run(int program, const void *frame, unsigned int length, unsigned int batch, unsigned int milliseconds,
		int processor)
{
	struct sigaction action = { .sa_handler = ignore }, old_action;
	sigset_t signals, old_signals;
	cpu_set_t processors, old_processors;
	timer_t clock;
	int result;

	CPU_ZERO(&processors);
	CPU_SET(processor, &processors);
	if (sched_getaffinity(0, sizeof(old_processors), &old_processors) ||
	    sched_setaffinity(0, sizeof(processors), &processors))
		return -errno;
	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigaction(SIGRTMIN, &action, &old_action);
	pthread_sigmask(SIG_UNBLOCK, &signals, &old_signals);
	result = start_clock(&clock, milliseconds);
	if (!result) {
		result = run(program, frame, length, batch);
		timer_delete(clock);
	}
	pthread_sigmask(SIG_SETMASK, &old_signals, NULL);
	sigaction(SIGRTMIN, &old_action, NULL);
	sched_setaffinity(0, sizeof(old_processors), &old_processors);
	return result;
}

int traffic_stay(void)
{
	int processor = sched_getcpu();
	cpu_set_t processors;

	if (processor < 0)
		return -errno;
	CPU_ZERO(&processors);
	CPU_SET(processor, &processors);
	return sched_setaffinity(0, sizeof(processors), &processors) ? -errno : 0;
}
