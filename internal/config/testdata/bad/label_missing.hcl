virtual_server {
}
