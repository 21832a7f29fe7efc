package guardian

import (
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

// daemon does what setup.json in the state directory says, until SIGTERM. It reads
// that again at SIGHUP, and prints the news.
func daemon(role, stateDir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	o := Options{
		StateDir: stateDir,
		Log:      slog.New(slog.NewTextHandler(os.Stdout, nil)),
		Notify: func(n vrrp.Notice) {
			if n.Kind == vrrp.StateChanged {
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
	load := func() error {
		text, err := os.ReadFile(stateDir + "/setup.json")
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
	if err := load(); err != nil {
		return err
	}
	fmt.Println("ready")
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-hangups:
			outcome := "reloaded"
			if err := load(); err != nil {
				outcome = strings.ReplaceAll(err.Error(), "\n", "; ")
			}
			fmt.Println(outcome)
		}
	}
	limited, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return s.Stop(limited)
}
