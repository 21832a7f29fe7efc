package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// maxStreams bounds the event streams of one listener. Others are refused.
	maxStreams = 64
	// heartbeat is the time between two signs of life in a stream, by which both
	// ends learn that the other one is gone.
	heartbeat = 15 * time.Second
	// streamTimeout is how long a reader may take nothing.
	streamTimeout = 10 * time.Second
)

// getEvents answers with events: after=SEQ says after which, limit=N how many at
// most, the newest.
func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) {
	after, err := number(r.FormValue("after"), 0)
	if err != nil {
		s.answer(w, r, http.StatusBadRequest, problem{"after: " + err.Error()})
		return
	}
	limit, err := number(r.FormValue("limit"), keptEvents)
	if err != nil {
		s.answer(w, r, http.StatusBadRequest, problem{"limit: " + err.Error()})
		return
	}
	events, _ := s.events.After(after, int(min(limit, keptEvents)))
	s.answer(w, r, http.StatusOK, events)
}

// number reads a number of a request; without one it is the default.
func number(text string, def uint64) (uint64, error) {
	if text == "" {
		return def, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return n, nil
}

// streamEvents sends events as they come (server-sent events, HTML Living
// Standard, section 9.2), from the one after Last-Event-ID or after=SEQ on, or
// only new ones. An event "missed" says that some are not kept any more. A
// reader that takes nothing for a while, or is so slow that events are
// forgotten before it has taken them, is cut off; it may come again.
func (h *handlers) streamEvents(w http.ResponseWriter, r *http.Request) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.FormValue("after")
	}
	after, err := number(text, h.events.Last())
	if err != nil {
		h.answer(w, r, http.StatusBadRequest, problem{"Last-Event-ID: " + err.Error()})
		return
	}
	select {
	case h.streams <- struct{}{}:
		defer func() { <-h.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		h.answer(w, r, http.StatusServiceUnavailable, problem{fmt.Sprintf("there are %d event streams already", maxStreams)})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := stream{w: w, control: http.NewResponseController(w)}
	_ = out.control.SetReadDeadline(time.Time{}) // nothing more is to be read
	if err := out.follow(r, h.events, after); err != nil {
		h.log.Debug("event stream ended", "reader", peer(r.Context()), "err", err)
	}
}

// A stream is the sending end of server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// follow sends what comes after one event until the reader is gone.
func (s stream) follow(r *http.Request, log *EventLog, after uint64) error {
	if err := s.send(": hello\n\n"); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for begun := false; ; begun = true {
		events, news := log.After(after, keptEvents)
		if events.Missed && begun {
			return fmt.Errorf("the reader is slower than the events")
		}
		if err := s.sendAll(events); err != nil {
			return err
		}
		if n := len(events.Events); n > 0 {
			after = events.Events[n-1].Seq
			continue // there may be more meanwhile
		}
		select {
		case <-news:
		case <-beat.C:
			if err := s.send(": still here\n\n"); err != nil {
				return err
			}
		case <-r.Context().Done():
			return nil
		}
	}
}

// sendAll sends events.
func (s stream) sendAll(events Events) error {
	if events.Missed {
		if err := s.send("event: missed\ndata: {}\n\n"); err != nil {
			return err
		}
	}
	for _, e := range events.Events {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if err := s.send(fmt.Sprintf("id: %d\ndata: %s\n\n", e.Seq, data)); err != nil {
			return err
		}
	}
	return nil
}

// send gives the reader a while to take some text.
func (s stream) send(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamTimeout)) // a test's writer has none
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
