package guardian

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// A link is one end of a connection between daemon and process.
type link struct {
	conn   net.Conn
	outbox *outbox

	written chan struct{} // closed when nothing is written any more
	closing chan struct{} // closed when the outbox is to be emptied and that is all
	once    sync.Once

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan<- received // for replies; nil: the link has ended
}

// What becomes of a request when the other end is gone, and when it hangs.
var (
	errBroken = errors.New("the VRRP process is gone")
	errBusy   = errors.New("the VRRP process does not answer")
)

// newLink starts to write to conn. The caller calls serve.
func newLink(conn net.Conn) *link {
	l := &link{
		conn: conn, outbox: newOutbox(),
		written: make(chan struct{}), closing: make(chan struct{}),
		waiting: make(map[uint64]chan<- received),
	}
	go l.write()
	return l
}

// write writes what the outbox gets until the connection ends, or finish.
func (l *link) write() {
	defer close(l.written)
	w := bufio.NewWriter(l.conn)
	encoder := json.NewEncoder(w)
	for {
		m, ok := l.outbox.take()
		if ok {
			if encoder.Encode(m) != nil {
				_ = l.conn.Close() // serve sees that, too
				return
			}
			continue
		}
		if w.Flush() != nil {
			_ = l.conn.Close()
			return
		}
		select {
		case <-l.outbox.filled:
		case <-l.closing:
			if l.outbox.empty() {
				return
			}
		}
	}
}

// finish writes what the outbox has, which may take as long as the limit, and
// closes the connection.
func (l *link) finish(limit time.Duration) {
	_ = l.conn.SetWriteDeadline(time.Now().Add(limit))
	l.once.Do(func() { close(l.closing) })
	<-l.written
	_ = l.conn.Close()
}

// serve reads messages and gives those that are no replies to handle, one after
// the other, until the connection ends. It returns nil if the other end has
// closed it.
func (l *link) serve(handle func(received)) error {
	defer l.fail()
	in := bufio.NewScanner(l.conn)
	in.Buffer(nil, maxMessage)
	for in.Scan() {
		var m received
		if err := json.Unmarshal(in.Bytes(), &m); err != nil {
			return fmt.Errorf("read message: %w", err)
		}
		if m.Call != "" {
			handle(m)
			continue
		}
		l.mu.Lock()
		reply := l.waiting[m.ID]
		delete(l.waiting, m.ID)
		l.mu.Unlock()
		if reply != nil {
			reply <- m
		}
	}
	if err := in.Err(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("read message: %w", err)
	}
	return nil
}

// ended reports whether there will be no more replies.
func (l *link) ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting == nil
}

// fail ends the connection and all requests.
func (l *link) fail() {
	_ = l.conn.Close()
	l.once.Do(func() { close(l.closing) })
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, reply := range l.waiting {
		close(reply)
	}
	l.waiting = nil
}

// start sends a request without waiting. The channel gives the reply, and is
// closed without one if the connection ends or too many others wait.
func (l *link) start(name string, body any) (id uint64, reply <-chan received) {
	replies := make(chan received, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		close(replies)
		return 0, replies
	}
	l.last++
	if !l.outbox.put(message{ID: l.last, Call: name, Body: body}) {
		close(replies)
		return 0, replies
	}
	l.waiting[l.last] = replies
	return l.last, replies
}

// call sends a request and waits for its result.
func (l *link) call(ctx context.Context, name string, body, result any) error {
	id, reply := l.start(name, body)
	return l.await(ctx, id, reply, result)
}

// await waits for the result of a request.
func (l *link) await(ctx context.Context, id uint64, reply <-chan received, result any) error {
	select {
	case m, ok := <-reply:
		switch {
		case !ok && l.ended():
			return errBroken
		case !ok:
			return errBusy
		case m.Error != "":
			return errors.New(m.Error)
		}
		return m.read(result)
	case <-ctx.Done():
		l.mu.Lock()
		delete(l.waiting, id)
		l.mu.Unlock()
		return ctx.Err()
	}
}
