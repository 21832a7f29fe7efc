package guardian

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// A record is a log record on its way to the daemon.
type record struct {
	Time    time.Time
	Level   slog.Level
	Message string
	Attrs   []attr
}

// An attr is an attribute with its value as text. Those of groups have the names
// of these before their own, as slog.TextHandler writes them.
type attr struct {
	Key   string
	Kind  string // of the value, as slog.Kind prints it; others are String
	Value string
}

// appendAttr appends an attribute, which is converted here and now: the caller may
// change what it points to.
func appendAttr(all []attr, prefix string, a slog.Attr) []attr {
	v := a.Value.Resolve()
	key := prefix + a.Key
	switch v.Kind() {
	case slog.KindGroup:
		if a.Key != "" {
			prefix = key + "."
		}
		for _, member := range v.Group() {
			all = appendAttr(all, prefix, member)
		}
		return all
	case slog.KindTime:
		return append(all, attr{key, v.Kind().String(), v.Time().Format(time.RFC3339Nano)})
	case slog.KindBool, slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindDuration:
		return append(all, attr{key, v.Kind().String(), v.String()})
	default:
		return append(all, attr{key, slog.KindString.String(), fmt.Sprint(v.Any())})
	}
}

// value returns the value again; one that is not understood is text.
func (a attr) value() slog.Value {
	var v any
	var err error
	switch a.Kind {
	case slog.KindBool.String():
		v, err = strconv.ParseBool(a.Value)
	case slog.KindInt64.String():
		v, err = strconv.ParseInt(a.Value, 10, 64)
	case slog.KindUint64.String():
		v, err = strconv.ParseUint(a.Value, 10, 64)
	case slog.KindFloat64.String():
		v, err = strconv.ParseFloat(a.Value, 64)
	case slog.KindDuration.String():
		v, err = time.ParseDuration(a.Value)
	case slog.KindTime.String():
		v, err = time.Parse(time.RFC3339Nano, a.Value)
	default:
		v = a.Value
	}
	if err != nil {
		v = a.Value
	}
	return slog.AnyValue(v)
}

// handle gives the record to a handler, if that wants it.
func (r record) handle(h slog.Handler) error {
	ctx := context.Background()
	if !h.Enabled(ctx, r.Level) {
		return nil
	}
	out := slog.NewRecord(r.Time, r.Level, r.Message, 0)
	for _, a := range r.Attrs {
		out.AddAttrs(slog.Attr{Key: a.Key, Value: a.value()})
	}
	return h.Handle(ctx, out)
}

// A relay is a slog.Handler that gives records to emit, which must not block.
type relay struct {
	emit   func(record)
	attrs  []attr
	prefix string // names of open groups
}

var _ slog.Handler = relay{}

// Enabled implements slog.Handler: the daemon decides.
func (relay) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (r relay) Handle(_ context.Context, from slog.Record) error {
	to := record{Time: from.Time, Level: from.Level, Message: from.Message}
	to.Attrs = append(to.Attrs, r.attrs...)
	from.Attrs(func(a slog.Attr) bool {
		to.Attrs = appendAttr(to.Attrs, r.prefix, a)
		return true
	})
	r.emit(to)
	return nil
}

// WithAttrs implements slog.Handler.
func (r relay) WithAttrs(more []slog.Attr) slog.Handler {
	r.attrs = append([]attr(nil), r.attrs...)
	for _, a := range more {
		r.attrs = appendAttr(r.attrs, r.prefix, a)
	}
	return r
}

// WithGroup implements slog.Handler.
func (r relay) WithGroup(name string) slog.Handler {
	if name != "" {
		r.prefix += name + "."
	}
	return r
}
