package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ldirector/ldirector/healthcheck/script"
	"github.com/ldirector/ldirector/internal/api"
)

// inputGrace is how long somebody whom a program has left behind may keep the
// rest of its input.
const inputGrace = time.Second

// maxVariable is how many characters of a text are in a variable: the kernel
// takes 128 KiB (MAX_ARG_STRLEN).
const maxVariable = 16 << 10

// A program runs for each event. It is not run again if it fails: what it has
// done until then is not known.
type program struct {
	command Command
	router  string
}

// deliver runs the program for the only event of a batch.
func (p *program) deliver(ctx context.Context, b batch) error {
	for _, e := range b.events {
		if err := p.run(ctx, e); err != nil {
			return &refusal{err}
		}
	}
	return nil
}

// run runs the program in a process group of its own, which is ended at its
// deadline.
func (p *program) run(ctx context.Context, e api.Event) error {
	ctx, cancel := context.WithTimeout(ctx, p.command.Timeout)
	defer cancel()
	account, err := script.FindAccount(p.command.User, "")
	if err != nil {
		return err
	}
	input, err := json.Marshal(struct {
		RouterID string `json:"router_id"`
		api.Event
	}{p.router, e})
	if err != nil {
		return err
	}
	cmd, err := account.Command(p.command.Command, environment(p.router, e))
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.WaitDelay = bytes.NewReader(append(input, '\n')), inputGrace
	outcome, err := script.Run(ctx, cmd)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("killed after %v", p.command.Timeout)
	case err != nil:
		return err
	case outcome.Signal != 0:
		err = fmt.Errorf("killed by %v", outcome.Signal)
	case outcome.Code != 0:
		err = fmt.Errorf("exit status %d", outcome.Code)
	default:
		return nil
	}
	if outcome.Last != "" {
		err = fmt.Errorf("%w: %s", err, outcome.Last)
	}
	return err
}

// environment is an event for programs that do not read JSON.
func environment(router string, e api.Event) []string {
	var env []string
	for _, v := range []struct{ name, value string }{
		{"ROUTER_ID", router},
		{"KIND", e.Kind},
		{"TIME", e.Time.Format(time.RFC3339Nano)},
		{"WARNING", strconv.FormatBool(e.Warning)},
		{"VIRTUAL_SERVER", e.VirtualServer},
		{"REAL_SERVER", e.RealServer},
		{"INSTANCE", e.Instance},
		{"TEXT", e.Text},
	} {
		env = append(env, "LDIRECTOR_"+v.name+"="+shorten(line(v.value), maxVariable))
	}
	return env
}
