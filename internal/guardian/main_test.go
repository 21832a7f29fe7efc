package guardian

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/vrrp"
)

// TestMain makes the test binary the VRRP process, and a small daemon.
func TestMain(m *testing.M) {
	var err error
	switch role := os.Getenv("GUARDIAN_TEST_ROLE"); {
	case len(os.Args) == 3 && os.Args[1] == "guardian":
		err = processMain(os.Args[2])
	case role == "older":
		err = olderProcess(os.Args[1])
	case role != "":
		err = daemon(role, os.Args[1])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// processMain writes the log, and what the runtime says, to a file: the daemon's
// output ends with the daemon.
func processMain(stateDir string) error {
	file, err := os.OpenFile(filepath.Join(stateDir, "process.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, output := range []int{1, 2} {
		if err := unix.Dup3(int(file.Fd()), output, 0); err != nil {
			return err
		}
	}
	return Main(stateDir, slog.NewTextHandler(os.Stderr, nil))
}

// daemon does what setup.json in the state directory says, until SIGTERM. It prints
// the news, and obeys what it reads.
func daemon(role, stateDir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	o := Options{
		StateDir: stateDir,
		Log:      slog.New(slog.NewTextHandler(os.Stdout, nil)),
		Notify: func(n vrrp.Notice) {
			switch {
			case n.Kind != vrrp.StateChanged:
			case n.Resumed:
				fmt.Printf("%s is %s as before\n", n.Name, n.To)
			default:
				fmt.Printf("%s is %s\n", n.Name, n.To)
			}
		},
	}
	if role == "process" {
		o.Command = []string{"ldirector guardian", "guardian", stateDir}
	}
	s, err := Start(ctx, o)
	if err != nil {
		return err
	}
	if err := reload(ctx, s, stateDir); err != nil {
		return err
	}
	fmt.Println("ready")
	leave := make(chan time.Duration)
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			command := strings.Fields(in.Text())
			if command[0] == "leave" {
				limit, _ := time.ParseDuration(command[1])
				leave <- limit
				return
			}
			fmt.Println(obey(ctx, s, stateDir, command))
		}
	}()
	limited, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	select {
	case limit := <-leave:
		return s.Leave(limited, limit)
	case <-ctx.Done():
		return s.Stop(limited)
	}
}

// olderProcess is a VRRP process of a version that does not know how to leave. It
// has the address until it is told to end.
func olderProcess(stateDir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	l, err := listenSocket(socketPath(stateDir))
	if err != nil {
		return err
	}
	defer l.close()
	fmt.Println("ready")
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		link := newLink(conn)
		_ = link.serve(func(m received) {
			reply := message{ID: m.ID, Error: fmt.Sprintf("unknown request %q", m.Call)}
			if m.Call == callHello {
				reply = message{ID: m.ID, Body: hello{Protocol: 0, PID: os.Getpid()}}
			}
			link.outbox.put(reply)
		})
	}()
	<-ctx.Done()
	fmt.Println("hands over")
	return nil
}

// reload puts setup.json in force.
func reload(ctx context.Context, s Service, stateDir string) error {
	text, err := os.ReadFile(filepath.Join(stateDir, "setup.json"))
	if err != nil {
		return err
	}
	var setup Setup
	if err := json.Unmarshal(text, &setup); err != nil {
		return err
	}
	if err := s.Prepare(ctx, setup); err != nil {
		return err
	}
	return s.Commit(ctx)
}

// obey does a command and returns the outcome.
func obey(ctx context.Context, s Service, stateDir string, command []string) string {
	var err error
	switch command[0] {
	case "reload":
		err = reload(ctx, s, stateDir)
	case "prepare":
		err = s.Prepare(ctx, Setup{Routers: []Router{router(1, time.Second), router(1, time.Second)}})
	case "discard":
		s.Discard()
		err = s.Commit(ctx)
	case "release":
		err = s.Release(ctx, command[1])
	case "preempt":
		err = s.Preempt(ctx, command[1])
	case "priority":
		err = s.SetPriority(ctx, command[1], 7)
	case "down":
		s.SetTracks(vrrp.Track{Kind: vrrp.TrackScript, Name: command[1]})
	case "up":
		s.SetTracks(vrrp.Track{Kind: vrrp.TrackScript, Name: command[1], Value: 1})
	case "status":
		var report vrrp.Report
		report, err = s.Status(ctx)
		for _, r := range report.Routers {
			fmt.Printf("%s %s %d\n", r.Name, r.State, r.Priority)
		}
	}
	if err != nil {
		return strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return "done " + strings.Join(command, " ")
}
