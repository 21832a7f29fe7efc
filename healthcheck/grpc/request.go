package grpc

import (
	"encoding/binary"
	"strconv"
	"time"

	"golang.org/x/net/http2"
)

// The only stream, and what is told to the server: RFC 9113, section 6.5.2.
const (
	stream        = 1
	maxHeaderList = 16 << 10
)

// A request is a call of Check.
type request struct {
	scheme    string
	authority string
	deadline  time.Time // zero for none
	message   []byte    // with its length
}

// encode returns all that is sent for the request: the connection preface of
// RFC 9113, section 3.4, and a HEADERS and a DATA frame, which ends the stream.
func (r request) encode(now time.Time) []byte {
	b := append(make([]byte, 0, 512), http2.ClientPreface...)
	b = appendFrame(b, http2.FrameSettings, 0, 0, func(b []byte) []byte {
		b = appendSetting(b, http2.SettingEnablePush, 0)
		return appendSetting(b, http2.SettingMaxHeaderListSize, maxHeaderList)
	})
	b = appendFrame(b, http2.FrameHeaders, http2.FlagHeadersEndHeaders, stream, func(b []byte) []byte {
		return r.appendHeaders(b, now)
	})
	return appendFrame(b, http2.FrameData, http2.FlagDataEndStream, stream, func(b []byte) []byte {
		return append(b, r.message...)
	})
}

// appendHeaders appends the header that gRPC wants, in HPACK.
func (r request) appendHeaders(b []byte, now time.Time) []byte {
	b = appendField(b, ":method", "POST")
	b = appendField(b, ":scheme", r.scheme)
	b = appendField(b, ":path", "/grpc.health.v1.Health/Check")
	b = appendField(b, ":authority", r.authority)
	b = appendField(b, "te", "trailers")
	b = appendField(b, "content-type", "application/grpc")
	b = appendField(b, "user-agent", "ldirector")
	if !r.deadline.IsZero() {
		left := max(1, min(r.deadline.Sub(now).Milliseconds(), 99_999_999)) // eight digits
		b = appendField(b, "grpc-timeout", strconv.FormatInt(left, 10)+"m")
	}
	return b
}

// appendFrame appends a frame: RFC 9113, section 4.1.
func appendFrame(b []byte, kind http2.FrameType, flags http2.Flags, id uint32, payload func([]byte) []byte) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, byte(kind), byte(flags))
	b = binary.BigEndian.AppendUint32(b, id)
	b = payload(b)
	n := len(b) - at - 9
	b[at], b[at+1], b[at+2] = byte(n>>16), byte(n>>8), byte(n)
	return b
}

func appendSetting(b []byte, id http2.SettingID, value uint32) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(id))
	return binary.BigEndian.AppendUint32(b, value)
}

// appendField appends a header field that no table keeps: RFC 7541, section
// 6.2.2, with a new name.
func appendField(b []byte, name, value string) []byte {
	return appendString(appendString(append(b, 0), name), value)
}

// appendString appends a string without Huffman coding: RFC 7541, sections 5.1
// and 5.2.
func appendString(b []byte, s string) []byte {
	const prefix = 1<<7 - 1
	n := len(s)
	if n < prefix {
		return append(append(b, byte(n)), s...)
	}
	b = append(b, prefix)
	b = binary.AppendUvarint(b, uint64(n-prefix)) // the same seven bits at a time
	return append(b, s...)
}
