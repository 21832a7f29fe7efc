locals { a = file("/etc/hostname") }
