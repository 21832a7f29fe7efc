package sip

// Parse returns why a datagram is no answer.
func Parse(message string) error {
	_, err := parse(message)
	return err
}
