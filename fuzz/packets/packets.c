// SPDX-License-Identifier: GPL-2.0
/*
 * packets ROLE[,ROLE]... SEED PACKETS [SECONDS [EPOCH [CASE]]]: random packets through a router with random rules
 *
 * Ends, in each role, after so many packets or seconds, whichever comes first; 0: no limit. An epoch is a router, a case one packet or the fragments of
 * one. What is random in a case follows from seed, epoch and its number alone: with EPOCH that one is run, with CASE only that one, and
 * told in full.
 *
 * FUZZ_FAIL=1: each allocation on a packet's way fails once; what comes out all the same is judged. FUZZ_LOAD=1: only make traffic, for others to
 * disturb. ruleset in place of CASE: only print the router's.
 *
 * Exit status 1: the judge objected.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define EPOCH_CASES	1000U
#define BATCH		32U	/* cases between looks at the clock */
#define FAULTS_MAX	10U

uint64_t rnd_state;

static struct {
	enum role	role;
	uint64_t	seed;
	uint64_t	packets;
	double		seconds;
	long		epoch, one;
	bool		fail, load;
} want = { .epoch = -1, .one = -1 };

static struct {
	uint64_t	packets, refused, translated, errors, passed, cases, judged, failed, answers, faults;
} total;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void tell(const struct conf *conf, const struct fuzz_case *c)
{
	static char text[16384];
	struct frame *f;
	unsigned int i;

	conf_ruleset(conf, text, sizeof(text));
	printf("MTU %d and %d, of routes %d and %d, offloads %#x and %#x, ruleset:\n%s", conf->mtu4, conf->mtu6,
	       conf->route_mtu4, conf->route_mtu6, conf->offload4, conf->offload6, text);
	for (i = 0; i < c->num; i++) {
		f = c->frame[i];
		printf("flags %#x gso_type %#x hdr_len %u gso_size %u csum_start %u csum_offset %u\n", f->vh.flags,
		       f->vh.gso_type, f->vh.hdr_len, f->vh.gso_size, f->vh.csum_start, f->vh.csum_offset);
		hexdump("in", f->data, f->len);
	}
}

static void fault(const struct conf *conf, const struct fuzz_case *c, unsigned long epoch, unsigned long n,
		  const char *what)
{
	printf("FAULT %s SEED=%llu.%lu.%lu: %s\n", role_names[conf->role], (unsigned long long)want.seed, epoch, n,
	       what);
	tell(conf, c);
	fflush(stdout);
	total.faults++;
}

/* A raw socket has no device that could do anything, and the kernel writes some of an IPv4 header, whatever stands there. */
static void case_make_local(const struct conf *conf, struct fuzz_case *c)
{
	struct frame *f;
	unsigned int i;

	frame_finish(&c->whole);
	frame_mutate(c);
	for (i = 0; i < c->num; i++) {
		f = c->frame[i];
		memset(&f->vh, 0, sizeof(f->vh));
		if (conf->role != BR_LOCAL4)
			continue;
		put16(f->data + 2, f->len);
		if (!get32(f->data + 12))
			put32(f->data + 12, 0x05000001);
	}
}

static void case_make(const struct conf *conf, struct fuzz_case *c, unsigned long epoch, unsigned long n)
{
	bool local = conf->role == BR_LOCAL4 || conf->role == BR_LOCAL6;

	rnd_seed(want.seed ^ (uint64_t)conf->role << 56, epoch, n + 1);
	c->num = 0;
	c->fragments = false;
	c->complete = false;
	c->mutated = false;
	frame_build(conf, c);
	if (!local)
		frame_mutate(c);
	else
		case_make_local(conf, c);
}

static void case_free(struct fuzz_case *c)
{
	unsigned int i;

	for (i = 0; i < c->num; i++)
		if (c->frame[i] != &c->whole)
			free(c->frame[i]);
}

static void look(const struct seen *seen, struct verdict *v)
{
	judge_seen(seen, v);
	if (want.one < 0)
		return;
	printf("device %d flags %#x gso_type %#x hdr_len %u gso_size %u csum_start %u csum_offset %u\n", seen->side ? 6 : 4,
	       seen->vh.flags, seen->vh.gso_type, seen->vh.hdr_len, seen->vh.gso_size, seen->vh.csum_start,
	       seen->vh.csum_offset);
	hexdump("out", seen->data, seen->len);
}

/* --- allocations that fail ---------------------------------------------------------- */

static int fail_nth = -1;

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

/* The kernel says nothing of each, which would look like a fault. */
static void fail_set_up(void)
{
	write_to("/sys/kernel/debug/failslab/verbose", "0");
	write_to("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_to("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	write_to("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_to("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_nth < 0)
		die("this kernel has no /proc/thread-self/fail-nth");
}

static void arm(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(fail_nth, text, strlen(text), 0) < 0)
		die("fail-nth: %s", strerror(errno));
}

/* Did it happen? */
static bool disarm(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth: %s", strerror(errno));
	arm(0);

	return atoi(text) == 0;
}

/* Once for each of its allocations, and once more. */
static int send_failing(const struct conf *conf, struct fuzz_case *c, const struct frame *f, struct verdict *v)
{
	struct verdict one;
	unsigned int n = 0;
	struct seen seen;
	bool hit;
	int res;

	c->must = false;
	do {
		judge_begin(conf, c, &one);
		arm(++n);
		res = net_send(conf, f);
		hit = disarm();
		while (net_next(&seen))
			look(&seen, &one);
		net_release();
		/* What goes out in parts may go in part: judge_end() has nothing to say. */
		if (one.fault[0] && !v->fault[0])
			*v = one;
		total.failed += hit;
	} while (hit && n < 1000);
	v->translated += one.translated;

	return res;
}

/* --- cases ------------------------------------------------------------------------------ */

/* Through a CE's NAPT, the other end answers: a case of its own. */
static void answer_run(const struct conf *conf, unsigned long epoch, unsigned long n)
{
	static struct fuzz_case c;
	struct verdict v;
	struct seen seen;

	if (!conf->napt || !chance(50) || !judge_answer(&c.whole))
		return;
	c.frame[0] = &c.whole;
	c.num = 1;
	judge_begin(conf, &c, &v);
	if (net_send_to(1, &c.whole) < 0)
		total.refused++;
	while (net_next(&seen))
		look(&seen, &v);
	net_release();
	judge_end(&v);
	if (v.fault[0] && !want.load)
		fault(conf, &c, epoch, n, v.fault);
	total.packets++;
	total.answers += !!v.translated;
}

static void case_run(const struct conf *conf, unsigned long epoch, unsigned long n)
{
	static struct fuzz_case c;
	bool exact;
	struct ledger before, after;
	struct verdict v;
	struct seen seen;
	unsigned int i;
	int refused = 0;

	case_make(conf, &c, epoch, n);
	/* Reading all counters takes longer than the packet. */
	exact = !want.load && (want.one >= 0 || n % 16 == 0);
	if (want.one >= 0)
		tell(conf, &c);
	judge_begin(conf, &c, &v);
	if (exact)
		net_ledger(&before);
	for (i = 0; i < c.num; i++) {
		if ((want.fail ? send_failing(conf, &c, c.frame[i], &v) : net_send(conf, c.frame[i])) < 0)
			refused++;
		while (net_next(&seen))
			look(&seen, &v);
		net_release();
	}
	if (!want.fail)
		judge_end(&v);
	if (exact && !want.fail) {
		net_ledger(&after);
		judge_ledger(&before, &after, refused, &v);
		total.judged++;
	}
	if (v.fault[0] && !want.load)
		fault(conf, &c, epoch, n, v.fault);
	total.packets += c.num;
	total.refused += refused;
	total.translated += !!v.translated;
	total.errors += v.errors;
	total.passed += v.passed;
	total.cases++;
	case_free(&c);
	if (!want.fail)
		answer_run(conf, epoch, n);
}

/* The machine may have been busy with others: a packet that takes so long takes it again. */
static void slow_again(const struct conf *conf, unsigned long epoch, unsigned long first)
{
	static struct fuzz_case c;
	unsigned long n;
	double start;

	for (n = first; n < first + BATCH; n++) {
		start = now();
		case_run(conf, epoch, n);
		if (now() - start < 1)
			continue;
		start = now();
		case_run(conf, epoch, n);
		if (now() - start < 1)
			continue;
		case_make(conf, &c, epoch, n);
		fault(conf, &c, epoch, n, "takes more than a second");
		case_free(&c);
	}
}

static bool over(double start)
{
	return (want.packets && total.packets >= want.packets) || (want.seconds && now() - start >= want.seconds) ||
	       total.faults >= FAULTS_MAX;
}

static void epoch_run(unsigned long epoch, double start)
{
	unsigned long n, first;
	struct conf conf;
	double before;

	rnd_seed(want.seed ^ (uint64_t)want.role << 56, epoch, 0);
	conf_random(&conf, want.role);
	net_open(&conf);
	if (want.one >= 0) {
		case_run(&conf, epoch, want.one);
		net_close();
		return;
	}
	for (first = 0; first < EPOCH_CASES && !over(start); first += BATCH) {
		before = now();
		for (n = first; n < first + BATCH; n++)
			case_run(&conf, epoch, n);
		/* Leave the others some time. */
		if (want.load)
			usleep(100000);
		/* A route for 28 or 56 bytes makes 8,000 fragments of a packet. */
		if (now() - before > 1 && !want.load && !want.fail && !conf.route_mtu4 && !conf.route_mtu6)
			slow_again(&conf, epoch, first);
		if (first / BATCH % 16 == 0)
			net_drain();
		else
			net_purge();
	}
	if (getenv("FUZZ_COUNTERS")) {
		static char text[8192];

		net_counters(text, sizeof(text));
		printf("%s", text);
	}
	net_close();
}

static enum role role_named(const char *name)
{
	enum role role;

	for (role = 0; role < ROLES; role++)
		if (!strcmp(name, role_names[role]))
			return role;
	die("no such role: %s", name);
}

static void print_ruleset(enum role role)
{
	static char text[16384];
	struct conf conf;

	rnd_seed(want.seed ^ (uint64_t)role << 56, want.epoch, 0);
	conf_random(&conf, role);
	conf_ruleset(&conf, text, sizeof(text));
	printf("%s", text);
	exit(0);
}

static void options(int argc, char **argv)
{
	if (argc < 4)
		die("usage: packets ROLE SEED PACKETS [SECONDS [EPOCH [CASE]]]");
	want.seed = strtoull(argv[2], NULL, 10);
	want.packets = strtoull(argv[3], NULL, 10);
	if (argc > 4)
		want.seconds = strtod(argv[4], NULL);
	if (argc > 5)
		want.epoch = strtol(argv[5], NULL, 10);
	want.fail = getenv("FUZZ_FAIL");
	want.load = getenv("FUZZ_LOAD");
	if (argc > 6 && !strcmp(argv[6], "ruleset"))
		print_ruleset(role_named(argv[1]));
	else if (argc > 6)
		want.one = strtol(argv[6], NULL, 10);
}

/* Number of faults. */
static unsigned long role_run(enum role role)
{
	unsigned long epoch = 0;
	double start = now(), took;

	want.role = role;
	memset(&total, 0, sizeof(total));
	if (want.epoch >= 0) {
		epoch_run(want.epoch, start);
	} else {
		while (!over(start))
			epoch_run(epoch++, start);
	}
	took = now() - start;
	if (want.fail)
		printf("# %llu allocations have failed\n", (unsigned long long)total.failed);
	if (total.answers)
		printf("# %llu answers came back through the NAPT\n", (unsigned long long)total.answers);
	printf("%s packets %s: %llu packets in %.0f s (%.0f a second), %llu %% translated, %llu errors sent, %llu passed by, "
	       "%llu refused; %llu with all counters; %lu routers; SEED=%llu\n",
	       total.faults ? "not ok" : "ok", role_names[want.role], (unsigned long long)total.packets, took,
	       total.packets / took, (unsigned long long)(total.translated * 100 / (total.cases ?: 1)),
	       (unsigned long long)total.errors, (unsigned long long)total.passed, (unsigned long long)total.refused,
	       (unsigned long long)total.judged, epoch, (unsigned long long)want.seed);

	return total.faults;
}

int main(int argc, char **argv)
{
	unsigned long faults = 0;
	char *name;

	options(argc, argv);
	if (want.fail)
		fail_set_up();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (name = strtok(argv[1], ","); name; name = strtok(NULL, ","))
		faults += role_run(role_named(name));

	return faults ? 1 : 0;
}
