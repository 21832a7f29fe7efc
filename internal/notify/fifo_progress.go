package notify

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// stuckAfter is how long a reader may leave lines alone before it counts as
// stuck.
const stuckAfter = 10 * time.Second

// A progress says how far the reader of a FIFO has come. Bytes are counted from
// the start.
type progress struct {
	ends          []int64 // of the lines that were written and not read, the oldest first
	written, read int64
	lines         uint64    // that were read
	since         time.Time // when it was last seen to read, or the oldest of the lines was written
}

// wrote notes that a line of so many bytes has been written.
func (p *progress) wrote(bytes int, now time.Time) {
	if len(p.ends) == 0 {
		p.since = now
	}
	p.written += int64(bytes)
	p.ends = append(p.ends, p.written)
}

// left notes how many bytes the FIFO holds. A line that is being written may be
// among them.
func (p *progress) left(bytes int, now time.Time) {
	read := p.written - int64(bytes)
	if read <= p.read {
		return
	}
	p.read, p.since = read, now
	for len(p.ends) > 0 && p.ends[0] <= read {
		p.ends = p.ends[1:]
		p.lines++
	}
}

// stuck says since when nobody reads, and false if somebody does.
func (p *progress) stuck(now time.Time) (since time.Time, stuck bool) {
	return p.since, len(p.ends) > 0 && now.Sub(p.since) >= stuckAfter
}

// look finds out how far the reader has come.
func (f *FIFO) look(now time.Time) {
	conn, err := f.file.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { // it fails after the end, when nobody asks
		f.mu.Lock() // a line that is noted as written in between would count as read
		defer f.mu.Unlock()
		if n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ); err == nil {
			f.progress.left(n, now)
		}
	})
}

// Health says how well the reader reads: what it leaves in the FIFO waits as
// what has no room there.
func (f *FIFO) Health() Health {
	now := time.Now()
	f.look(now)
	f.mu.Lock()
	defer f.mu.Unlock()
	h := Health{Delivered: f.progress.lines, Dropped: f.total, Waiting: len(f.progress.ends) + len(f.lines)}
	if f.writing {
		h.Waiting++
	}
	if since, stuck := f.progress.stuck(now); stuck {
		h.Since, h.Trouble = since, fmt.Sprintf("nobody reads %s", f.cfg.Path)
	}
	return h
}
