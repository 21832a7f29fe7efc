package ftp

// Ports returns what the parsers of passive mode find in a line.
func Ports(line string) (extended, old uint16) {
	return extendedPort(reply{229, line}), oldPort(reply{227, line})
}
