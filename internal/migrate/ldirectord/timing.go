package ldirectord

import (
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// spread is the time over which the first checks are spread. ldirectord makes
// them at once, one after the other.
const spread = time.Second

// timing converts when and how often the servers of a virtual are checked.
func (c *converter) timing(b *migrate.Block, v *virtual) {
	if !v.checks() {
		return
	}
	if line := v.lines["checkinterval"]; line != 0 && !c.file.fork {
		c.assume(line, "checkinterval", "ldirectord ignores it in a virtual section without fork = yes, and so does the import.")
	}
	interval := c.interval(v)
	line := c.file.lines["checkinterval"]
	if c.file.fork {
		line = first(v.lines["checkinterval"], line)
	}
	b.Set("delay_loop", migrate.Duration(interval), c.from(first(line, v.line), "checkinterval"))
	b.Set("warmup", migrate.Duration(min(spread, interval)), c.from(v.line, "checkinterval"))

	timeout, from := c.checkTimeout(v), "checktimeout"
	if v.negotiates() {
		timeout, from = c.negotiateTimeout(v), "negotiatetimeout"
	}
	_, line = c.chosen(v, from)
	b.Set("connect_timeout", migrate.Duration(timeout), c.from(first(line, v.line), from))
	c.retries(b, v, interval)
}

// retries converts failurecount, and checkcount for pings.
func (c *converter) retries(b *migrate.Block, v *virtual, interval time.Duration) {
	_, line := c.chosen(v, "failurecount")
	failures := first(v.failureCount, c.file.failureCount, 1)
	_, countLine := c.chosen(v, "checkcount")
	count := first(v.checkCount, c.file.checkCount, 1)
	if !v.pings() {
		if countLine != 0 {
			c.note(countLine, "checkcount", "it has no effect but for pings. The number of failures is failurecount.")
		}
		count = 1
	} else if count > 1 {
		c.assume(countLine, "checkcount", "ldirectord pings up to %d times in one check. Here each ping is a check of its own: retry is %d, spread over the same time.", count, failures*count-1)
	}
	from := c.from(first(line, v.line), "failurecount")
	b.Set("retry", migrate.Number(int64(failures*count-1)), from)
	if failures*count > 1 {
		b.Set("delay_before_retry", migrate.Duration((interval / time.Duration(count)).Truncate(time.Millisecond)), from)
	}
}

// checks tells whether anything is asked at all.
func (v *virtual) checks() bool {
	switch v.checkType {
	case checkOn, checkOff:
		return false
	case checkNegotiate:
		return v.checkedService() != serviceNone
	default:
		return true
	}
}

// negotiates tells whether the only check is a negotiate check.
func (v *virtual) negotiates() bool {
	return v.checkType == checkNegotiate || v.checkType == checkCombined && v.connects == 0
}

// pings tells whether the check is a ping, which is also what ldirectord does
// to connect by UDP.
func (v *virtual) pings() bool {
	return v.checkType == checkPing || v.checkType == checkConnect && v.protocol == protocolUDP
}
