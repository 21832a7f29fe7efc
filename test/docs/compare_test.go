package docs

import "testing"

func TestCompare(t *testing.T) {
	const want = "web  up  12s\n…\nend of … at 2026-01-02 03:04:05\n"
	for got, good := range map[string]bool{
		"web   up    3m4s   \nend of x at 2026-11-28 06:41:44\n":     true,
		"web up 1h2m\na\nb\nend of that at 2026-11-28 06:41:44\n":    true,
		"web down 3m4s\nend of x at 2026-11-28 06:41:44\n":           false,
		"web up 1h2m\na\nb\nend of that at 2026-11-28 06:41:44\nx\n": false,
		"web up now\nend of that at 2026-11-28 06:41:44\n":           false,
	} {
		if err := compare(got, want); (err == nil) != good {
			t.Errorf("%q: %v", got, err)
		}
	}
}
