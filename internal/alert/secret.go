package alert

import (
	"fmt"
	"os"
	"strings"
)

// maxSecret is how long what is in a file may be.
const maxSecret = 4096

// secret returns a text, or what is in the file that it names with "file:": one
// line.
func secret(text string) (string, error) {
	path, ok := strings.CutPrefix(text, "file:")
	if !ok {
		return text, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	value := strings.TrimSpace(string(data))
	if value == "" || len(value) > maxSecret || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", fmt.Errorf("%s has to hold one line, of at most %d bytes", path, maxSecret)
	}
	return value, nil
}
