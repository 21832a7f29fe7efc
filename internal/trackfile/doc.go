// Package trackfile tells when files change whose content decides something:
// the weight of a real server (file_check), or the priority of a VRRP instance
// (track_file).
//
// It asks inotify(7) itself, because a general library for watching files has
// no word for IN_CLOSE_WRITE. Without that, a file that is truncated and then
// written is read in between and found empty: for a moment a drained server
// would get its weight back. keepalived waits for the same event.
//
// What is watched is every directory on the way to a file and every symbolic
// link, as far as they exist. So a file is noticed that is renamed into place,
// that is removed, that appears in a directory which did not exist, or whose
// content changes because a link on the way leads elsewhere now, as with
// volumes of Kubernetes. keepalived resolves links once, at start.
//
// Not seen are what a writer has written before it closes the file, what
// happens on other hosts that share a network file system, and mounts.
package trackfile
