// SPDX-License-Identifier: GPL-2.0
/* mapt stats: the counters in words, with what to do about each. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include "counters.h"
#include "netns.h"
#include "tool.h"

static const char help[] =
"Usage: mapt stats [OPTION]...\n"
"\n"
"What was translated, and what was dropped, by reason, with what to do about it:\n"
"the counters of /proc/net/stat/nf_mapt (docs/packet.md) that are not zero.\n"
"\n"
"  --all               of all network namespaces that have MAP-T, by their names\n"
"  --netns NAME        of this one (ip netns)\n"
"  -w, --watch [SECS]  what comes from now on, every second, or SECS\n"
"  --count N           end after N times\n"
"  --zero              also counters that are zero\n"
"  --brief             without advice\n"
"  --json              as JSON; with -w an object in a line for each time\n"
"  --prometheus        in the text format of Prometheus\n"
"  --output FILE       to a file that is replaced at once, for node_exporter's\n"
"                      textfile collector\n"
"\n"
"Exit status: 0; 2 where an option is wrong; 3 without the kernel module.\n"
"\n"
"  mapt stats --all --prometheus \\\n"
"      --output /var/lib/prometheus/node-exporter/mapt.prom\n";

enum form {
	FORM_TEXT,
	FORM_JSON,
	FORM_PROMETHEUS,
};

struct asking {
	enum form	form;
	bool		all;
	bool		zero;
	bool		brief;
	bool		watch;
	const char	*netns;
	const char	*output;
	unsigned int	seconds;
	unsigned int	count;
};

/* The counters of one namespace. */
struct sample {
	char		*name;
	struct counters	counters;
};

struct samples {
	struct sample	*list;
	size_t		num;
};

static void samples_free(struct samples *samples)
{
	while (samples->num)
		free(samples->list[--samples->num].name);
	free(samples->list);
	samples->list = NULL;
}

static void add_sample(struct samples *samples, const char *name,
		       const struct counters *counters)
{
	samples->list = xrealloc(samples->list, (samples->num + 1) *
						sizeof(*samples->list));
	samples->list[samples->num].name = xstrdup(name);
	samples->list[samples->num++].counters = *counters;
}

static int no_module(void)
{
	if (errno == ENOENT)
		return failed("no counters: the kernel module is not loaded (modprobe nft_mapt)");
	return failed("cannot read the counters: %s", strerror(errno));
}

static int read_named(const struct asking *ask, struct samples *samples)
{
	struct netns_list list;
	struct counters counters;
	bool any = false, ok;
	size_t i;
	int back;

	errno = ENOENT;
	netns_list(&list);
	for (i = 0; i < list.num; i++) {
		if (ask->netns && strcmp(list.list[i].name, ask->netns))
			continue;
		any = true;
		if (!netns_enter(&list.list[i], &back)) {
			warn("namespace %s: %s", list.list[i].name,
			     strerror(errno));
			continue;
		}
		ok = counters_read(COUNTERS_PATH, &counters);
		netns_leave(back);
		if (ok)
			add_sample(samples, list.list[i].name, &counters);
	}
	netns_free(&list);
	if (samples->num)
		return STATUS_OK;
	if (ask->netns && !any)
		return failed("no network namespace is called %s (ip netns)",
			      ask->netns);
	return no_module();
}

static int read_samples(const struct asking *ask, struct samples *samples)
{
	struct counters counters;

	if (ask->all || ask->netns)
		return read_named(ask, samples);
	if (!counters_read(COUNTERS_PATH, &counters))
		return no_module();
	add_sample(samples, "self", &counters);
	return STATUS_OK;
}

static const struct counters *find_sample(const struct samples *samples,
					  const char *name)
{
	size_t i;

	for (i = 0; i < samples->num; i++) {
		if (!strcmp(samples->list[i].name, name))
			return &samples->list[i].counters;
	}
	return NULL;
}

/* --- forms -------------------------------------------------------------- */

static const char * const kind_name[] = {
	[COUNT_DONE]		= "done",
	[COUNT_ANSWERED]	= "answered",
	[COUNT_DROPPED]		= "dropped",
	[COUNT_UNKNOWN]		= "unknown",
};

static void print_kind(const struct asking *ask, const struct counters *counters,
		       enum counter_kind kind, FILE *out)
{
	static const char * const title[] = {
		[COUNT_DONE]		= "translated",
		[COUNT_ANSWERED]	= "answered with an ICMP error",
		[COUNT_DROPPED]		= "dropped",
		[COUNT_UNKNOWN]		= "others",
	};
	const struct counter_info *info;
	bool first = true;
	size_t i;

	for (i = 0; i < counters->num; i++) {
		info = counter_info(counters->list[i].name);
		if (info->kind != kind ||
		    (!counters->list[i].value && !ask->zero))
			continue;
		if (first)
			fprintf(out, "%s\n", title[kind]);
		first = false;
		fprintf(out, "  %14llu  %-20s %s\n", counters->list[i].value,
			counters->list[i].name, info->words);
		if (info->advice && !ask->brief && counters->list[i].value)
			fprintf(out, "  %14s  %-20s -> %s\n", "", "",
				info->advice);
	}
}

static void print_text(const struct asking *ask, const struct samples *samples,
		       FILE *out)
{
	int kind;
	size_t i;

	for (i = 0; i < samples->num; i++) {
		if (ask->all || ask->netns)
			fprintf(out, "%snamespace %s\n", i ? "\n" : "",
				samples->list[i].name);
		for (kind = COUNT_DONE; kind <= COUNT_UNKNOWN; kind++)
			print_kind(ask, &samples->list[i].counters, kind, out);
	}
}

static json_t *sample_json(const struct sample *sample)
{
	const struct counter_info *info;
	json_t *obj = json_object(), *one;
	size_t i;

	for (i = 0; i < sample->counters.num; i++) {
		info = counter_info(sample->counters.list[i].name);
		one = json_pack("{s:I, s:s, s:s}", "value",
				(json_int_t)sample->counters.list[i].value,
				"kind", kind_name[info->kind],
				"words", info->words);
		if (info->advice)
			json_object_set_new(one, "advice",
					    json_string(info->advice));
		json_object_set_new(obj, sample->counters.list[i].name, one);
	}
	return json_pack("{s:s, s:o}", "netns", sample->name, "counters", obj);
}

static void print_json_form(const struct asking *ask,
			    const struct samples *samples, FILE *out)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < samples->num; i++)
		json_array_append_new(list, sample_json(&samples->list[i]));
	json_dumpf(list, out, ask->watch ? JSON_COMPACT : JSON_INDENT(2));
	fputc('\n', out);
	json_decref(list);
}

static void print_label(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
}

static void print_prometheus(const struct samples *samples, FILE *out)
{
	const struct counters *counters;
	size_t i, j;

	fputs("# HELP nf_mapt_packets_total Packets of MAP-T, by what became of them.\n"
	      "# TYPE nf_mapt_packets_total counter\n", out);
	for (i = 0; i < samples->num; i++) {
		counters = &samples->list[i].counters;
		for (j = 0; j < counters->num; j++) {
			fputs("nf_mapt_packets_total{netns=\"", out);
			print_label(samples->list[i].name, out);
			fprintf(out, "\",kind=\"%s\",reason=\"%s\"} %llu\n",
				kind_name[counter_info(counters->list[j].name)->kind],
				counters->list[j].name,
				counters->list[j].value);
		}
	}
}

static void print_samples(const struct asking *ask,
			  const struct samples *samples, FILE *out)
{
	switch (ask->form) {
	case FORM_JSON:
		print_json_form(ask, samples, out);
		break;
	case FORM_PROMETHEUS:
		print_prometheus(samples, out);
		break;
	default:
		print_text(ask, samples, out);
	}
}

/* A reader of the file sees all of it, or what was there before. */
static int write_output(const struct asking *ask, const struct samples *samples)
{
	struct buf temp = {};
	FILE *out = NULL;
	bool ok;
	int fd;

	buf_printf(&temp, "%s.XXXXXX", ask->output);
	fd = mkstemp(temp.data);
	if (fd >= 0)
		out = fdopen(fd, "w");
	ok = out && !fchmod(fd, 0644);
	if (ok) {
		print_samples(ask, samples, out);
		ok = !fflush(out) && !ferror(out);
	}
	if (out && fclose(out))
		ok = false;
	if (ok)
		ok = !rename(temp.data, ask->output);
	if (!ok) {
		failed("%s: %s", ask->output, strerror(errno));
		if (fd >= 0)
			unlink(temp.data);
	}
	buf_free(&temp);
	return ok ? STATUS_OK : STATUS_FAILED;
}

/* --- watching ----------------------------------------------------------- */

static void print_time(FILE *out)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &tm));
	fprintf(out, "-- %s\n", text);
}

/* What came between two samples, of each namespace that was in both. */
static void diff_samples(const struct samples *now,
			 const struct samples *before, struct samples *diff)
{
	const struct counters *old;
	struct counters counters;
	size_t i;

	for (i = 0; i < now->num; i++) {
		old = find_sample(before, now->list[i].name);
		if (old)
			counters_diff(&now->list[i].counters, old, &counters);
		else
			counters = now->list[i].counters;
		add_sample(diff, now->list[i].name, &counters);
	}
}

static int watch(const struct asking *ask)
{
	struct samples before = {}, now = {}, diff = {};
	unsigned int times = 0;
	int rc;

	rc = read_samples(ask, &before);
	while (!rc && (!ask->count || times++ < ask->count)) {
		sleep(ask->seconds);
		rc = read_samples(ask, &now);
		if (rc)
			break;
		diff_samples(&now, &before, &diff);
		if (ask->form == FORM_TEXT)
			print_time(stdout);
		print_samples(ask, &diff, stdout);
		fflush(stdout);
		samples_free(&before);
		samples_free(&diff);
		before = now;
		memset(&now, 0, sizeof(now));
		if (ferror(stdout))
			break;
	}
	samples_free(&before);
	samples_free(&now);
	return rc;
}

static int print_once(const struct asking *ask)
{
	struct samples samples = {};
	int rc = read_samples(ask, &samples);

	if (!rc && ask->output)
		rc = write_output(ask, &samples);
	else if (!rc)
		print_samples(ask, &samples, stdout);
	samples_free(&samples);
	return rc;
}

static int read_option(int option, struct asking *ask)
{
	switch (option) {
	case 'a':
		ask->all = true;
		return STATUS_OK;
	case 'n':
		ask->netns = optarg;
		return STATUS_OK;
	case 'w':
		ask->watch = true;
		return STATUS_OK;
	case 'c':
		return parse_uint(optarg, 1, 1U << 30, &ask->count) ? STATUS_OK :
			usage("'%s' is not a number of times", optarg);
	case 'z':
		ask->zero = true;
		return STATUS_OK;
	case 'b':
		ask->brief = true;
		return STATUS_OK;
	case 'j':
		ask->form = FORM_JSON;
		return STATUS_OK;
	case 'p':
		ask->form = FORM_PROMETHEUS;
		return STATUS_OK;
	case 'o':
		ask->output = optarg;
		return STATUS_OK;
	default:
		return STATUS_USAGE;
	}
}

static int check_options(const struct asking *ask, int argc, char **argv)
{
	if (argc > 1 || (argc && !ask->watch))
		return usage("'%s' is too much", argv[argc - 1]);
	if (ask->watch && (ask->output || ask->form == FORM_PROMETHEUS))
		return usage("--watch does not go with --output or --prometheus");
	if (ask->count && !ask->watch)
		return usage("--count goes with --watch");
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "netns", required_argument, NULL, 'n' },
		{ "watch", no_argument, NULL, 'w' },
		{ "count", required_argument, NULL, 'c' },
		{ "zero", no_argument, NULL, 'z' },
		{ "brief", no_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "prometheus", no_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'o' },
		{}
	};
	struct asking ask = { .seconds = 1 };
	int option, rc;

	while ((option = getopt_long(argc, argv, "w", options, NULL)) >= 0) {
		rc = read_option(option, &ask);
		if (rc)
			return rc;
	}
	argc -= optind;
	argv += optind;
	rc = check_options(&ask, argc, argv);
	if (rc)
		return rc;
	if (argc && !parse_uint(argv[0], 1, 86400, &ask.seconds))
		return usage("'%s' is not a number of seconds", argv[0]);
	return ask.watch ? watch(&ask) : print_once(&ask);
}

const struct command command_stats = {
	.name		= "stats",
	.summary	= "what was translated and dropped, in words",
	.help		= help,
	.run		= run,
};
