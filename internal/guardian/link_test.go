package guardian

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// linked returns a link and the bare other end. Inside a bubble of synctest
// net.Pipe can stand for the socket.
func linked(t *testing.T, handle func(received)) (*link, net.Conn, <-chan error) {
	ours, theirs := net.Pipe()
	l := newLink(ours)
	served := make(chan error, 1)
	go func() { served <- l.serve(handle) }()
	t.Cleanup(func() { theirs.Close(); ours.Close() })
	return l, theirs, served
}

func TestLinkCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		client, server := newLink(ours), newLink(theirs)
		go client.serve(func(received) {})
		go server.serve(func(m received) {
			var text string
			switch err := m.read(&text); {
			case err != nil:
				t.Error(err)
			case text == "never":
			case text == "wrong":
				server.outbox.put(message{ID: m.ID, Error: "it is wrong"})
			default:
				server.outbox.put(message{ID: m.ID, Body: strings.ToUpper(text)})
			}
		})
		var result string
		if err := client.call(t.Context(), "shout", "hello", &result); err != nil || result != "HELLO" {
			t.Errorf("got %q, %v", result, err)
		}
		if err := client.call(t.Context(), "shout", "wrong", &result); err == nil || err.Error() != "it is wrong" {
			t.Errorf("got the error %v", err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.call(short, "shout", "never", &result); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got the error %v", err)
		}
		if len(client.waiting) != 0 {
			t.Errorf("%d requests are remembered", len(client.waiting))
		}
		server.finish(time.Second)
		synctest.Wait()
		if err := client.call(t.Context(), "shout", "hello", &result); !errors.Is(err, errBroken) {
			t.Errorf("got the error %v", err)
		}
	})
}

func TestLinkThatBreaksEndsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, theirs, served := linked(t, func(received) {})
		result := make(chan error, 1)
		go func() { result <- l.call(t.Context(), "anything", nil, nil) }()
		if _, err := theirs.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		theirs.Close()
		if err := <-result; !errors.Is(err, errBroken) {
			t.Errorf("got the error %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("the link ended with %v", err)
		}
	})
}

func TestLinkRefusesNonsense(t *testing.T) {
	for _, text := range []string{"nonsense\n", "{\"id\":-1}\n", "{\"call\":1}\n", "[]\n"} {
		synctest.Test(t, func(t *testing.T) {
			_, theirs, served := linked(t, func(m received) { t.Errorf("got %v", m) })
			go fmt.Fprint(theirs, text)
			if err := <-served; err == nil {
				t.Errorf("%q was accepted", text)
			}
		})
	}
}

// A daemon that does not read costs news, and nobody waits for it.
func TestSlowReaderLosesNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, theirs, _ := linked(t, func(received) {})
		const more = 10
		for i := range maxNotices + more {
			l.outbox.put(message{Call: newsNotice, Body: vrrp.Notice{Name: fmt.Sprint(i)}})
			l.outbox.put(message{Call: newsRecord, Body: record{Message: fmt.Sprint(i)}})
		}
		synctest.Wait() // the writer has one message, and its buffer holds some
		reader := newLink(theirs)
		var notices, records int
		var told lost
		go reader.serve(func(m received) {
			switch m.Call {
			case newsNotice:
				notices++
			case newsRecord:
				records++
			case newsLost:
				if err := m.read(&told); err != nil {
					t.Error(err)
				}
			}
		})
		synctest.Wait()
		if notices+told.Notices != maxNotices+more || records+told.Records != maxNotices+more {
			t.Errorf("got %d notices and %d records, and was told of %+v", notices, records, told)
		}
		if told.Notices > more || records > 2*maxRecords {
			t.Errorf("got %d notices and %d records", notices, records)
		}
	})
}

func TestOutboxBoundsReplies(t *testing.T) {
	o := newOutbox()
	for i := range maxDirect {
		if !o.put(message{ID: uint64(i + 1)}) {
			t.Fatalf("reply %d refused", i)
		}
	}
	if o.put(message{ID: maxDirect + 1}) {
		t.Error("one too many accepted")
	}
	o.put(message{Call: newsRecord, Body: 1})
	o.put(message{Call: newsNotice, Body: 2})
	for i := range maxDirect {
		if m, ok := o.take(); !ok || m.ID != uint64(i+1) {
			t.Fatalf("took %v, want reply %d", m, i+1)
		}
	}
	if m, _ := o.take(); m.Call != newsNotice {
		t.Errorf("took %v before the notice", m)
	}
	if left := o.close(); len(left) != 1 || left[0].Body != 1 {
		t.Errorf("records left: %v", left)
	}
	if o.put(message{ID: 1}) {
		t.Error("accepted after the end")
	}
}
