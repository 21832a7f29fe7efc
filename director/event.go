package director

import (
	"context"
	"log/slog"
	"net/netip"
)

// An event is a piece of news for the operator. Nothing is decided by it.
type event struct {
	kind       eventKind
	service    string
	realServer netip.AddrPort // or the sorry server; not for quorums
	reason     string         // why down
	first      bool           // good news about something of which nothing was known before
}

type eventKind uint8

const (
	serverUp eventKind = iota
	serverDown
	quorumGained
	quorumLost
	sorryIn
	sorryOut
)

// log writes the event. A start has thousands of first results: the good ones
// are worth a line only to somebody who debugs.
func (e event) log(ctx context.Context, log *slog.Logger) {
	level := slog.LevelInfo
	if e.first {
		level = slog.LevelDebug
	}
	service := slog.String("service", e.service)
	server := slog.String("real_server", e.realServer.String())
	switch e.kind {
	case serverUp:
		log.LogAttrs(ctx, level, "real server up", service, server)
	case serverDown:
		log.LogAttrs(ctx, slog.LevelWarn, "real server down", service, server, slog.String("reason", e.reason))
	case quorumGained:
		log.LogAttrs(ctx, level, "quorum gained", service)
	case quorumLost:
		log.LogAttrs(ctx, slog.LevelWarn, "quorum lost", service)
	case sorryIn:
		log.LogAttrs(ctx, slog.LevelWarn, "sorry server in", service, server)
	case sorryOut:
		log.LogAttrs(ctx, level, "sorry server out", service, server)
	}
}
