virtual_server "forms" {
  addresses = [
    "192.0.2.10-5",
    "192.0.2.10-300",
    "192.0.2.10-2001:db8::1",
    "192.0.2.17/28",
    "192.0.2.0/33",
    "2001:db8::1",
    "[2001:db8::1-zz]:80",
    "[192.0.2.1]:80",
    "[2001:db8::1",
    "192.0.2.1:http",
    "127.0.0.0/30",
    "0.0.0.0/30",
    "www.example.com",
    "",
  ]
  ports   = [80]
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "empty" {
  addresses = []
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "without-port" {
  addresses = ["192.0.2.1:80", "192.0.2.2"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "ports-unused" {
  addresses = ["192.0.2.3:80"]
  ports     = [443]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "ports" {
  addresses = ["192.0.2.4"]
  ports     = [80, "http", "90-85", "0-5", 70000, "79-81", 1.5]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "no-ports" {
  addresses = ["192.0.2.5"]
  ports     = []
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
