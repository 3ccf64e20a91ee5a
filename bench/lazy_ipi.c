// SPDX-License-Identifier: GPL-2.0
/*
 * User-mode Linux with two CPUs at full speed: preloaded into its process
 *
 * The kernel keeps interrupts from other CPUs, which are signals, away by
 * sigprocmask() whenever it switches interrupts off: several system calls a
 * packet, for which its threads wait for each other in the host. Here the
 * signal stays let in, and what comes while it should not is kept and raised
 * again when it may. Before the kernel sleeps, which it does in poll() on that
 * signal, it is blocked in earnest.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define IPI_SIGNAL	SIGRTMIN
#define KEPT_MAX	64
#define EXPORT		__attribute__((visibility("default")))
#define TLS		static __thread __attribute__((tls_model("initial-exec")))

/* Of a thread, that is of a CPU: as the kernel wants it, and as the host has it. */
TLS volatile int masked = 1, blocked = 1;
TLS volatile unsigned int kept_num;
TLS union sigval kept[KEPT_MAX];

static void (*ipi_handler)(int sig, siginfo_t *info, void *context);

int __sigaction(int sig, const struct sigaction *new, struct sigaction *old);

static int host_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, 8);
}

static void raise_kept(void)
{
	while (kept_num)
		pthread_sigqueue(pthread_self(), IPI_SIGNAL, kept[--kept_num]);
}

static void on_ipi(int sig, siginfo_t *info, void *context)
{
	if (masked) {
		if (kept_num == KEPT_MAX)
			_exit(1);
		kept[kept_num++] = info->si_value;
		return;
	}
	/* Blocked by the host while it is handled, unless the handler lets the
	 * next one in. To let it in afterwards is left to the return from the
	 * signal: the kernel does not ask for it.
	 */
	blocked = 1;
	ipi_handler(sig, info, context);
	blocked = 0;
	masked = 0;
	raise_kept();
}

EXPORT int sigaction(int sig, const struct sigaction *new, struct sigaction *old)
{
	struct sigaction ours;

	if (sig != IPI_SIGNAL || !new)
		return __sigaction(sig, new, old);

	ipi_handler = new->sa_sigaction;
	ours = *new;
	ours.sa_sigaction = on_ipi;

	return __sigaction(sig, &ours, old);
}

static int only(const sigset_t *set, int sig)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, sig);

	return !__builtin_memcmp(&one, set, 8);
}

static void ipi_let_in(void)
{
	sigset_t ipi;

	masked = 0;
	if (blocked) {
		blocked = 0;
		sigemptyset(&ipi);
		sigaddset(&ipi, IPI_SIGNAL);
		host_sigprocmask(SIG_UNBLOCK, &ipi, NULL);
	}
	raise_kept();
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t both;

	if (set && !old && how != SIG_SETMASK && only(set, IPI_SIGNAL)) {
		if (how == SIG_BLOCK)
			masked = 1;
		else
			ipi_let_in();
		return 0;
	}
	/* Before it sleeps */
	if (set && how == SIG_BLOCK && masked && only(set, SIGALRM)) {
		both = *set;
		sigaddset(&both, IPI_SIGNAL);
		blocked = 1;
		host_sigprocmask(SIG_BLOCK, &both, old);
		raise_kept();
		return 0;
	}

	return host_sigprocmask(how, set, old);
}
