package netif

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Removals calls removed when routes or rules were removed from the host, by
// whomever, until ctx is done: it is time to look whether one of ours is missing
// ([Host.Missing]). The kernel does not tell of routes that go with their
// interface or source address; [Interfaces] does. Removals that come together
// are told of once. removed is called from Removals' goroutine and must not block.
func Removals(ctx context.Context, removed func(), log *slog.Logger) {
	keepWatching(ctx, "routes and rules", log, func(ctx context.Context) error { return watchRemovals(ctx, removed) })
}

func watchRemovals(ctx context.Context, removed func()) error {
	messages, err := subscribeMessages(
		unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE)
	if err != nil {
		return fmt.Errorf("subscribe to routes and rules: %w", err)
	}
	defer func() { _ = messages.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = messages.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	removed() // perhaps there were some before
	return readRemovals(messages, removed)
}

// readRemovals reads messages until that fails.
func readRemovals(messages *os.File, removed func()) error {
	for buf := make([]byte, answerSize); ; {
		any := false
		err := drain(messages, buf, func(b []byte) error {
			all, err := syscall.ParseNetlinkMessage(b)
			for _, m := range all {
				any = any || m.Header.Type == unix.RTM_DELROUTE || m.Header.Type == unix.RTM_DELRULE
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("read messages about routes and rules: %w", err)
		}
		if any {
			removed()
		}
	}
}
