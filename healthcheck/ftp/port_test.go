package ftp

import "testing"

func TestPorts(t *testing.T) {
	for _, tt := range []struct {
		parse func(reply) uint16
		reply reply
		want  uint16
	}{
		{extendedPort, reply{229, "229 Entering Extended Passive Mode (|||6446|)"}, 6446},
		{extendedPort, reply{229, "229 go (!!!65535!)."}, 65535},
		{extendedPort, reply{229, "229 go (|||65536|)"}, 0},
		{extendedPort, reply{229, "229 go (||6446|)"}, 0},
		{extendedPort, reply{229, "229 go (|1|192.0.2.1|6446|)"}, 0},
		{extendedPort, reply{229, "229 go (||||"}, 0},
		{extendedPort, reply{229, "229 go (|||)"}, 0},
		{extendedPort, reply{229, "229 go"}, 0},
		{extendedPort, reply{200, "200 (|||6446|)"}, 0},
		{oldPort, reply{227, "227 Entering Passive Mode (192,0,2,9,25,46)."}, 6446},
		{oldPort, reply{227, "227 =192,0,2,9,25,46"}, 6446},
		{oldPort, reply{227, "227 go (192,0,2,9,256,46)"}, 0},
		{oldPort, reply{227, "227 go (192,0,2,9,25)"}, 0},
		{oldPort, reply{227, "227 go (192,0,2,9,25,x)"}, 0},
		{oldPort, reply{227, "227 go"}, 0},
	} {
		if got := tt.parse(tt.reply); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.reply.line, got, tt.want)
		}
	}
}
