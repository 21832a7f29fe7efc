virtual_server "web" {
  address = 
}
global {
