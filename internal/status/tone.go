package status

// A Tone is how a state is to be taken.
type Tone int

// Tones.
const (
	Plain Tone = iota
	Good
	Odd // not serving, by command or not yet
	Bad
)

// ToneOf returns that of a state of a real server or a virtual router.
func ToneOf(state string) Tone {
	switch state {
	case "up", "MASTER":
		return Good
	case "down", "FAULT":
		return Bad
	case "drained", "disabled", "unknown", "INIT":
		return Odd
	default:
		return Plain
	}
}
