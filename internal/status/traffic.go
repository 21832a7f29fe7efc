package status

import "github.com/ldirector/ldirector/internal/api"

// Connections are those of t, "-" where they are not known.
func Connections(t *api.Traffic) string {
	return number(t, func(t *api.Traffic) uint64 { return t.Connections })
}

// Bytes are those of t in both directions; with DR and TUN, the kernel sees only
// those that come in.
func Bytes(t *api.Traffic) string {
	return number(t, func(t *api.Traffic) uint64 { return t.BytesIn + t.BytesOut })
}

// BytesIn are those that come from clients.
func BytesIn(t *api.Traffic) string {
	return number(t, func(t *api.Traffic) uint64 { return t.BytesIn })
}

// BytesOut are those that go to clients.
func BytesOut(t *api.Traffic) string {
	return number(t, func(t *api.Traffic) uint64 { return t.BytesOut })
}

func number(t *api.Traffic, of func(*api.Traffic) uint64) string {
	if t == nil {
		return "-"
	}
	return Number(of(t))
}
