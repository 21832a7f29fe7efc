virtual_serverr "web" {
}
bfd_instance "chk" {
}
