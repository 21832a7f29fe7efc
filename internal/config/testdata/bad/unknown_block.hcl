virtual_serverr "web" {
}
vrrp_script "chk" {
}
