// Package install plays the life of the Debian package: it is installed, used,
// upgraded and removed under systemd.
package install
