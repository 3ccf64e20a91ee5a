// SPDX-License-Identifier: GPL-2.0
/*
 * Rulesets of a CE and a BR, in the form of docs/examples: each load replaces
 * what was loaded before, in one transaction.
 */
#include <arpa/inet.h>
#include <string.h>

#include "rules.h"
#include "tool.h"

#define IPV6_HEADER	40
#define IPV4_HEADER	20
#define TCP_HEADER	20

const struct ce_ruleset ce_ruleset_defaults = {
	.device	= "wan",
	.tunnel	= "s46",
	.table	= "mapt",
	.mtu	= 1500,
};

/**
 * ce_mtu - largest IPv4 packet that passes the softwire
 * @ce: CE
 * @mtu: MTU of the device that faces the provider
 */
unsigned int ce_mtu(const struct s46_ce *ce, unsigned int mtu)
{
	return mtu - IPV6_HEADER + (ce->kind == S46_MAPT ? IPV4_HEADER : 0);
}

static void replace(const char *family, const char *table, struct buf *out)
{
	buf_printf(out, "table %s %s\ndelete table %s %s\n", family, table,
		   family, table);
}

/**
 * ruleset_none - take all of a CE back
 * @table: name of its tables
 * @out: commands are added here
 */
void ruleset_none(const char *table, struct buf *out)
{
	replace("ip", table, out);
	replace("ip6", table, out);
}

static void open_table(const char *family, const char *table,
		       const char *comment, struct buf *out)
{
	buf_printf(out, "\ntable %s %s {\n\tcomment \"%s\"\n", family, table,
		   comment);
}

static void open_chain(const char *name, const char *hook, struct buf *out)
{
	buf_printf(out, "\tchain %s {\n\t\ttype %s;\n", name, hook);
}

static void close_block(const char *indent, struct buf *out)
{
	buf_printf(out, "%s}\n", indent);
}

static void add_stmt(const char *match, const char *device,
		     const struct mapt_stmt *stmt, const char *options,
		     struct buf *out)
{
	buf_printf(out, "\t\t%s \"%s\" ", match, device);
	mapt_print(stmt, out);
	buf_printf(out, "%s%s\n", options ? " " : "", options ? options : "");
}

/* The NAPT of a CE, as far as it follows. */
static void napt_stmt(const struct s46_ce *ce, struct mapt_stmt *napt)
{
	mapt_stmt_init(napt, NFT_MAPT_NAPT);
	napt->bmr = ce->stmt.bmr;
	napt->end_user = ce->stmt.end_user;
}

/**
 * ruleset_napt_options - can these words end the mapt napt of a CE?
 * @ce: CE
 * @options: words
 *
 * Return: false after an error in nft's manner.
 */
bool ruleset_napt_options(const struct s46_ce *ce, const char *options)
{
	struct mapt_stmt napt;
	struct buf text = {};
	bool ok;

	napt_stmt(ce, &napt);
	mapt_print(&napt, &text);
	buf_printf(&text, " %s", options);
	/* one statement, not the beginning of something else */
	ok = !options[strcspn(options, "\n;{}\"#")] &&
	     nftfile_stmt(text.data, &napt);
	if (options[strcspn(options, "\n;{}\"#")])
		usage("'%s' is more than options of mapt napt", options);
	buf_free(&text);
	return ok;
}

static void port_set(const struct s46_ce *ce, struct nf_mapt_port_set *set)
{
	nf_mapt_port_set_init(set, ce->psid_offset, ce->psid_len, ce->psid);
}

static void head(const struct s46_ce *ce, struct buf *out)
{
	struct nf_mapt_port_set set;

	port_set(ce, &set);
	buf_printf(out, "# A CE of %s: ", ce->kind == S46_MAPT ? "MAP-T" :
		   ce->kind == S46_MAPE ? "MAP-E" : "Lightweight 4over6");
	if (ce->ipv4.len == 32)
		mapt_print_addr4(ce->ipv4.addr, out);
	else
		mapt_print_prefix4(&ce->ipv4, out);
	if (ce->shared) {
		buf_adds(out, ", ports ");
		ports_text(&set, 4, out);
	}
	buf_adds(out, "\n# IPv6 ");
	addr6_text(&ce->local, out);
	if (ce->kind != S46_MAPT) {
		buf_adds(out, ", tunnel to ");
		addr6_text(&ce->remote, out);
	}
	buf_adds(out, "\n");
}

static const char *inner_device(const struct s46_ce *ce,
				const struct ce_ruleset *options)
{
	return ce->kind == S46_MAPT ? options->device : options->tunnel;
}

/* TCP on both sides of the softwire learns what fits. */
static void mss_chain(const struct s46_ce *ce, const struct ce_ruleset *options,
		      struct buf *out)
{
	const char *device = inner_device(ce, options);
	unsigned int mss = ce_mtu(ce, options->mtu) - IPV4_HEADER - TCP_HEADER;

	open_chain("mss", "filter hook forward priority mangle", out);
	buf_printf(out,
		   "\t\toifname \"%s\" tcp flags & (syn | rst) == syn tcp option maxseg size set %u\n\t\tiifname \"%s\" tcp flags & (syn | rst) == syn tcp option maxseg size set %u\n",
		   device, mss, device, mss);
	close_block("\t", out);
}

/* From outside come answers, what dnat publishes and what has a mapping. */
static void protect_chain(const struct s46_ce *ce,
			  const struct ce_ruleset *options, struct buf *out)
{
	const char *device = inner_device(ce, options);
	unsigned int i;

	open_chain("protect", "filter hook forward priority filter", out);
	for (i = 0; i < options->num_lans; i++)
		buf_printf(out,
			   "\t\tiifname \"%s\" oifname \"%s\" ct state { new, invalid } ct status & dnat == 0 drop\n",
			   device, options->lan[i]);
	close_block("\t", out);
}

static void extra_chains(const struct s46_ce *ce,
			 const struct ce_ruleset *options, struct buf *out)
{
	if (options->mss)
		mss_chain(ce, options, out);
	if (options->num_lans)
		protect_chain(ce, options, out);
}

static void mapt_tables(const struct s46_ce *ce,
			const struct ce_ruleset *options, struct buf *out)
{
	static const char comment[] =
		"MAP-T: stock nft does not show its statements, list with nft-mapt";
	struct mapt_stmt napt;

	napt_stmt(ce, &napt);
	open_table("ip", options->table, comment, out);
	open_chain("napt", "nat hook postrouting priority srcnat", out);
	add_stmt("oifname", options->device, &napt, options->napt, out);
	close_block("\t", out);
	open_chain("up", "filter hook postrouting priority srcnat + 10", out);
	add_stmt("oifname", options->device, &ce->stmt, NULL, out);
	close_block("\t", out);
	extra_chains(ce, options, out);
	close_block("", out);

	open_table("ip6", options->table, comment, out);
	open_chain("down", "filter hook prerouting priority raw", out);
	add_stmt("iifname", options->device, &ce->stmt, NULL, out);
	close_block("\t", out);
	close_block("", out);
}

/* Source NAT without ports, where all of them are the CE's. */
static void snat_rule(const struct s46_ce *ce, const char *device,
		      struct buf *out)
{
	uint32_t hosts = ce->ipv4.len < 32 ? ~0U >> ce->ipv4.len : 0;

	buf_printf(out, "\t\toifname \"%s\" snat to ", device);
	mapt_print_addr4(ce->ipv4.addr, out);
	if (hosts) {
		buf_adds(out, "-");
		mapt_print_addr4(ce->ipv4.addr | hosts, out);
	}
	buf_adds(out, "\n");
}

static void guard_ports(const struct s46_ce *ce, const char *device,
			const char *match, struct buf *out)
{
	struct nf_mapt_port_set set;

	port_set(ce, &set);
	buf_printf(out, "\t\toifname \"%s\" %s & 0x%04x != 0x%04x drop\n",
		   device, match, ((1U << set.k) - 1) << set.m,
		   (unsigned int)set.psid << set.m);
	if (set.a)
		buf_printf(out, "\t\toifname \"%s\" %s < %u drop\n", device,
			   match, 1U << (16 - set.a));
}

/* Nothing translates behind the NAPT and looks at its work again. */
static void guard_chain(const struct s46_ce *ce, const char *device,
			struct buf *out)
{
	open_chain("guard", "filter hook postrouting priority srcnat + 10",
		   out);
	buf_printf(out, "\t\toifname \"%s\" ip saddr != ", device);
	mapt_print_prefix4(&ce->ipv4, out);
	buf_adds(out, " drop\n");
	if (ce->shared) {
		guard_ports(ce, device,
			    "meta l4proto { tcp, udp, sctp } th sport", out);
		guard_ports(ce, device, "icmp type echo-request icmp id", out);
	}
	close_block("\t", out);
}

static void tunnel_table(const struct s46_ce *ce,
			 const struct ce_ruleset *options, struct buf *out)
{
	open_table("ip", options->table,
		   "NAPT of MAP: stock nft does not show its statement, list with nft-mapt",
		   out);
	open_chain("napt", "nat hook postrouting priority srcnat", out);
	if (ce->shared)
		add_stmt("oifname", options->tunnel, &ce->stmt, options->napt,
			 out);
	else
		snat_rule(ce, options->tunnel, out);
	close_block("\t", out);
	guard_chain(ce, options->tunnel, out);
	extra_chains(ce, options, out);
	close_block("", out);
}

/**
 * ruleset_ce - the ruleset of a CE
 * @ce: what it is
 * @options: devices and names
 * @out: commands are added here
 */
void ruleset_ce(const struct s46_ce *ce, const struct ce_ruleset *options,
		struct buf *out)
{
	head(ce, out);
	ruleset_none(options->table, out);
	if (ce->kind == S46_MAPT)
		mapt_tables(ce, options, out);
	else
		tunnel_table(ce, options, out);
}

/**
 * ruleset_br - the ruleset of a BR with up to 32 rules
 * @br: its statement
 * @table: name of its table
 * @out: commands are added here
 */
void ruleset_br(const struct mapt_stmt *br, const char *table, struct buf *out)
{
	replace("inet", table, out);
	open_table("inet", table,
		   "MAP-T: stock nft does not show its statements, list with nft-mapt",
		   out);
	open_chain("relay", "filter hook prerouting priority raw", out);
	buf_adds(out, "\t\t");
	mapt_print(br, out);
	buf_adds(out, "\n\t}\n");
	open_chain("errors", "filter hook output priority raw", out);
	buf_adds(out, "\t\tmeta l4proto { icmp, ipv6-icmp } ");
	mapt_print(br, out);
	buf_adds(out, "\n\t}\n}\n");
}
