# Weights that the servers themselves ask for, and one that an operator writes
# into a file.
#
#     clients ── 192.168.25.100:80 ──▶ director .11 ──▶ web servers .31, .32
#
# An agent on each web server says on port 8081 how much it can take: "50%" is
# half of the configured weight, "7" is 7, and "0" drains the server: it gets no
# new connections and keeps those that it has. A server without an answer is out.
#
# What is in the file is added, at once when the file is written:
#
#     echo -10 > /etc/ldirector/r32.weight     drains web server .32 at its full weight
#     echo 0 > /etc/ldirector/r32.weight       and brings it back
#
#     192.168.25.11:  ldirector run -c agent-weight.hcl
#     192.168.25.31:  ldirector realserver up -c agent-weight.hcl --for 192.168.25.31     (and .32)

variable "directory" { default = "/etc/ldirector" }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.168.25.100/24"]
}

track_file "r32" { file = "${var.directory}/r32.weight" }

check "agent" {
  http_get {
    connect_port    = 8081
    connect_timeout = "2s"
    delay_loop      = "2s"
    retry           = 1
    weight_from     = body()
    url { path = "/weight" }
  }
}

virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"

  real_server "192.168.25.31" {
    weight = 10
    checks = ["agent"]
  }
  real_server "192.168.25.32" {
    weight = 10
    checks = ["agent"]
    file_check {
      track_file = "r32"
      delay_loop = "10m"
    }
  }
}
