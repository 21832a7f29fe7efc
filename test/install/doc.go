// Package install plays the life of the packages: they are installed, used,
// upgraded under traffic and removed under systemd.
package install
