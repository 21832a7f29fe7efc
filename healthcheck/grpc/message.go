package grpc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A health is a HealthCheckResponse.ServingStatus.
type health int32

// The states of health.
const (
	unknown        health = 0
	serving        health = 1
	notServing     health = 2
	serviceUnknown health = 3
)

// String returns the name that the service's definition has for it.
func (h health) String() string {
	switch h {
	case unknown:
		return "UNKNOWN"
	case serving:
		return "SERVING"
	case notServing:
		return "NOT_SERVING"
	case serviceUnknown:
		return "SERVICE_UNKNOWN"
	default:
		return fmt.Sprintf("health status %d", int32(h))
	}
}

var errMessage = errors.New("the answer is not a HealthCheckResponse")

// maxField is the highest number of a field.
const maxField = 1<<29 - 1

// encodeRequest returns a HealthCheckRequest behind gRPC's five bytes: not
// compressed, and its length. An empty service is the default and not sent.
func encodeRequest(service string) []byte {
	var message []byte
	if service != "" {
		message = append(message, 1<<3|2) // field 1, bytes
		message = binary.AppendUvarint(message, uint64(len(service)))
		message = append(message, service...)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// decodeResponse returns what a HealthCheckResponse says, which is in field 1.
// It is behind gRPC's five bytes.
func decodeResponse(b []byte) (health, error) {
	switch {
	case len(b) == 0:
		return 0, errors.New("the server answers OK without a message")
	case b[0] != 0:
		return 0, errors.New("the answer is compressed, which was not asked for")
	case len(b) < 5 || uint32(len(b)-5) != binary.BigEndian.Uint32(b[1:]):
		return 0, errMessage
	}
	h := unknown
	for b = b[5:]; len(b) > 0; {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag>>3 == 0 || tag>>3 > maxField {
			return 0, errMessage
		}
		b = b[n:]
		value, size := field(b, tag&7)
		if size < 0 || tag>>3 == 1 && tag&7 != 0 {
			return 0, errMessage
		}
		if tag>>3 == 1 {
			h = health(int32(value)) // an enum is an int32, sent with 64 bits
		}
		b = b[size:]
	}
	return h, nil
}

// field returns the value of a field by its wire type, if it is a number, and
// how many bytes it has; -1 if it has no end.
func field(b []byte, wireType uint64) (value uint64, size int) {
	switch wireType {
	case 0: // number
		value, size = binary.Uvarint(b)
		if size <= 0 {
			return 0, -1
		}
	case 1: // eight bytes
		size = 8
	case 2: // bytes
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return 0, -1
		}
		size = n + int(length)
	case 5: // four bytes
		size = 4
	default:
		return 0, -1
	}
	if size > len(b) {
		return 0, -1
	}
	return value, size
}
