package healthcheck

import "testing"

// TestHysteresis plays answers to a check and notes the state after each. The
// rows with rise 1 are keepalived's rules, as it goes by them at its start.
func TestHysteresis(t *testing.T) {
	tests := []struct {
		name        string
		retry, rise int
		answers     string // . good, x bad
		states      string // U up, D down
		retries     string // r: the next attempt is a retry
	}{
		{"first good answer brings up", 3, 1, ".", "U", "-"},
		{"first bad answer takes down without retries", 3, 1, "x", "D", "-"},
		{"retry+1 bad answers take down", 3, 1, ".xxxx", "UUUUD", "-rrr-"},
		{"a good answer forgives the bad ones", 3, 1, ".xxx.xxx.", "UUUUUUUUU", "-rrr-rrr-"},
		{"retry 0: one bad answer takes down", 0, 1, "..x", "UUD", "---"},
		{"one good answer brings up", 1, 1, "xxx.", "DDDU", "----"},
		{"down, then retries are full again", 1, 1, ".xx.xx", "UUDUUD", "-r--r-"},
		{"flapping within retries stays up", 1, 1, ".x.x.x.", "UUUUUUU", "-r-r-r-"},
		{"no retries while down", 2, 1, "xxxxx", "DDDDD", "-----"},
		{"rise counts good answers in a row", 1, 3, "x..x...", "DDDDDDU", "-------"},
		{"rise does not delay the first answer", 1, 3, ".", "U", "-"},
		{"rise 0 counts as 1", 1, 0, "x.", "DU", "--"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h hysteresis
			var states, retries []byte
			timing := Timing{Retry: tt.retry, Rise: tt.rise}
			for _, answer := range tt.answers {
				before := h.state
				if changed := h.observe(answer == '.', timing); changed != (h.state != before) {
					t.Errorf("observe returned %v going from %v to %v", changed, before, h.state)
				}
				states = append(states, "?UD"[h.state])
				if h.retrying() {
					retries = append(retries, 'r')
				} else {
					retries = append(retries, '-')
				}
			}
			if string(states) != tt.states || string(retries) != tt.retries {
				t.Errorf("answers %s: states %s retries %s, want %s %s", tt.answers, states, retries, tt.states, tt.retries)
			}
		})
	}
}
