package keepalived

import (
	"strconv"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// lvsRows are the keywords of global_defs about IPVS.
func lvsRows() []keyword {
	return []keyword{
		row("lvs_sync_daemon", "ipvs { sync_daemon { … } }", syncDaemon),
		row("lvs_timeouts", "ipvs { tcp_timeout, tcp_fin_timeout, udp_timeout }", lvsTimeouts),
		none("lvs_flush", migrate.Assumption, "Not needed: what an earlier run left behind is removed, and services of others stay. exclusive = true in the block ipvs would remove those of others as well, all the time."),
		none("lvs_flush_on_stop", migrate.Note, "Not needed: at the end the services are removed in one go; on_exit = \"keep\" in the block ipvs keeps them."),
		none("lvs_flush_onstop", migrate.Note, "Not needed: at the end the services are removed in one go; on_exit = \"keep\" in the block ipvs keeps them."),
		row("nftables_ipvs", "", nftablesIPVS).with("A group is one IPVS service for each address. For one service in all, write fwmark and match."),
		none("nftables_ipvs_priority", migrate.Note, "There is no equivalent."),
		none("nftables_ipvs_start_fwmark", migrate.Note, "There is no equivalent: marks are written with fwmark and match."),
	}
}

func nftablesIPVS(c *converter, out *migrate.Body, s *statement) {
	c.nft = s
	c.drop(out, s, migrate.Assumption, "each address of a virtual_server_group is an IPVS service of its own here; they share real servers and probes. For one service in all, write fwmark and a match block.")
}

// lvsTimeouts reads "[tcp S] [tcpfin S] [udp S]".
func lvsTimeouts(c *converter, out *migrate.Body, s *statement) {
	if _, ok := c.value(s); !ok {
		return
	}
	ipvs := out.One("ipvs", c.implied(s))
	for i := 1; i < len(s.words); i += 2 {
		names := map[string]string{"tcp": "tcp_timeout", "tcpfin": "tcp_fin_timeout", "udp": "udp_timeout"}
		name, ok := names[s.words[i]]
		if !ok {
			c.assume(s, "%q is none of tcp, tcpfin and udp. keepalived ignores it, and so does the import.", s.words[i])
			i--
			continue
		}
		if i+1 == len(s.words) {
			c.assume(s, "%s needs a number. keepalived ignores it, and so does the import.", s.words[i])
			return
		}
		if d, ok := c.seconds(s, i+1, time.Second, 24*24*time.Hour); ok {
			ipvs.Set(name, migrate.Duration(d), c.from(s))
		}
	}
}

// syncDaemon reads "IF [inst] [VI] [id N] [maxlen N] [port N] [ttl N] [group
// ADDR]", and the old "IF VI ID".
func syncDaemon(c *converter, out *migrate.Body, s *statement) {
	device, ok := c.value(s)
	if !ok {
		return
	}
	daemon := out.One("ipvs", c.implied(s)).One("sync_daemon", c.implied(s))
	daemon.Set("interface", migrate.String(device), c.from(s))
	for i := 2; i < len(s.words); i++ {
		word := s.words[i]
		limits := map[string][2]int64{"id": {0, 255}, "maxlen": {1, 65507}, "port": {1, 65535}, "ttl": {1, 255}}
		limit, known := limits[word]
		switch {
		case known && i+1 < len(s.words):
			i++
			if n, ok := c.number(s, i, limit[0], limit[1]); ok {
				daemon.Set(word, migrate.Number(n), c.implied(s))
			}
		case word == "group" && i+1 < len(s.words):
			i++
			daemon.Set("group", migrate.String(s.words[i]), c.implied(s))
		case word == "inst" && i+1 < len(s.words):
			i++
			daemon.Set("vrrp_instance", migrate.String(s.words[i]), c.implied(s))
		case i == 2:
			daemon.Set("vrrp_instance", migrate.String(word), c.implied(s))
		case i == 3 && isNumber(word):
			if n, ok := c.number(s, i, 0, 255); ok {
				daemon.Set("id", migrate.Number(n), c.implied(s))
			}
		default:
			c.assume(s, "%q is not understood here. It is left out.", word)
		}
	}
}

func isNumber(word string) bool {
	_, err := strconv.Atoi(word)
	return err == nil
}
