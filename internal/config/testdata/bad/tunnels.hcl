virtual_server "none" {
  address  = "192.0.2.1:80"
  lb_algo  = "rr"
  lb_kind  = "DR"
  tun_type = "gue"
  tun_port = 6080
  real_server "192.0.2.31" {}
  real_server "192.0.2.32" { tun_type = "gre" }
  real_server "192.0.2.33" {
    lvs_method = "NAT"
    tun_csum   = "csum"
  }
}
virtual_server "options" {
  address = "192.0.2.2:80"
  lb_algo = "rr"
  lb_kind = "TUN"
  real_server "192.0.2.31" { tun_type = "gue" }
  real_server "192.0.2.32" { tun_port = 6080 }
  real_server "192.0.2.33" { tun_csum = "csum" }
  real_server "192.0.2.34" {
    tun_type = "gre"
    tun_csum = "remcsum"
  }
  real_server "192.0.2.35" {
    tun_type = "gre"
    tun_port = 6080
  }
  real_server "192.0.2.36:81" {}
  sorry_server "127.0.0.1" { tun_type = "gue" }
}
virtual_server "inherited" {
  address  = "192.0.2.3:80"
  lb_algo  = "rr"
  lb_kind  = "TUN"
  tun_type = "gre"
  tun_csum = "remcsum"
  real_servers = ["192.0.2.31", "192.0.2.32"]
}
