package stories

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// A diary is what a client sees that asks again and again.
type diary struct {
	t    *testing.T
	stop chan struct{}
	done sync.WaitGroup

	mu    sync.Mutex
	who   []string // answered, in order, one that follows itself once
	fails int      // questions that nobody answered
	since string   // the last answer but one that failed, "" since a failure
}

// follow asks from the client until close.
func (p *pair) follow(ask func(from *lab.Host) (name string, err error)) *diary {
	d := &diary{t: p.t, stop: make(chan struct{})}
	d.done.Go(func() {
		for {
			select {
			case <-d.stop:
				return
			case <-time.After(10 * time.Millisecond):
				d.note(ask(p.client))
			}
		}
	})
	p.t.Cleanup(d.end)
	return d
}

func (d *diary) note(name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.fails++
		d.since = ""
		return
	}
	if d.since = name; len(d.who) == 0 || d.who[len(d.who)-1] != name {
		d.who = append(d.who, name)
	}
}

// awaitFailure waits until a question was not answered.
func (d *diary) awaitFailure() {
	d.t.Helper()
	nettest.Eventually(d.t, soon, "the client notices", func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.fails == 0 {
			return errors.New("every question was answered")
		}
		return nil
	})
}

// awaitServed waits until the last question was answered by that server.
func (d *diary) awaitServed(name string) {
	d.t.Helper()
	nettest.Eventually(d.t, soon, "the client is served by "+name, func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.since != name {
			return fmt.Errorf("last answer from %q after %q", d.since, d.who)
		}
		return nil
	})
}

func (d *diary) end() {
	select {
	case <-d.stop:
	default:
		close(d.stop)
	}
	d.done.Wait()
}

// close ends the diary and compares who answered with "d1 d2". It returns how many
// questions were not answered.
func (d *diary) close(want string) (fails int) {
	d.t.Helper()
	d.end()
	if got := strings.Join(d.who, " "); got != want {
		d.t.Errorf("the client was served by %q, want %q", got, want)
	}
	return d.fails
}

// patience is how long a client waits for an answer.
const patience = time.Second

// get asks the virtual address over HTTP for the name of the server.
func get(from *lab.Host) (name string, err error) {
	err = from.Do(func() error {
		c, err := net.DialTimeout("tcp", web, patience)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
			return err
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		name = strings.TrimSpace(string(body))
		return err
	})
	return name, err
}

// ask asks a server of the lab for its name.
func ask(from *lab.Host) (name string, err error) { return from.Ask("tcp", web) }
