global "a" {
}
virtual_server "a" "b" {
}
