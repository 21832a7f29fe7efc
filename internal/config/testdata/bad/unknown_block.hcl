virtual_serverr "web" {
}
something "chk" {
}
