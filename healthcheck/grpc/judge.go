package grpc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// The codes of grpc-status that are of interest here.
const (
	codeOK            = 0
	codeUnimplemented = 12
)

// judge returns why the response does not say that the server is healthy.
func (r *response) judge() error {
	switch {
	case r.status != "200":
		return fmt.Errorf("the server answers HTTP status %s", dialog.Clean(r.status))
	case r.content != "application/grpc" && !strings.HasPrefix(r.content, "application/grpc+") && !strings.HasPrefix(r.content, "application/grpc;"):
		return fmt.Errorf("the server does not speak gRPC: content-type %s", dialog.Clean(r.content))
	case r.grpcStatus == "":
		return errors.New("the server answers without a grpc-status")
	}
	code, err := strconv.ParseUint(r.grpcStatus, 10, 32)
	if err != nil {
		return fmt.Errorf("the server answers grpc-status %s", dialog.Clean(r.grpcStatus))
	}
	said := because(decodePercent(r.grpcMessage))
	switch code {
	case codeOK:
	case codeUnimplemented:
		return fmt.Errorf("UNIMPLEMENTED, the server has no grpc.health.v1.Health service%s", said)
	default:
		return fmt.Errorf("%s%s", codeName(code), said)
	}
	h, err := decodeResponse(r.message)
	if err != nil {
		return err
	}
	if h != serving {
		return errors.New(h.String())
	}
	return nil
}

// codeName returns the name of a grpc-status.
func codeName(code uint64) string {
	names := [...]string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
		"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
	}
	if code < uint64(len(names)) {
		return names[code]
	}
	return fmt.Sprintf("grpc-status %d", code)
}

// decodePercent decodes a grpc-message. What is not well encoded stays as it
// is, as the protocol demands.
func decodePercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
