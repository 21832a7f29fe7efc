virtual_server "gue" {
  address  = "192.0.2.10:80"
  lb_algo  = "wrr"
  lb_kind  = "TUN"
  tun_type = "gue"
  tun_port = 6080
  tun_csum = "remcsum"
  real_server "198.51.100.1" {}
  real_server "198.51.100.2" { tun_port = 6081 }
  real_server "198.51.100.3" { tun_csum = "csum" }
  real_server "198.51.100.4" { tun_type = "ipip" }
  real_server "198.51.100.5" {
    tun_type = "gre"
    tun_csum = "csum"
  }
  real_server "192.0.2.31" { lvs_method = "DR" }
  real_server "10.0.0.1:8080" { lvs_method = "NAT" }
  sorry_server "127.0.0.1" { lvs_method = "DR" }
}

virtual_server "some" {
  address  = "192.0.2.11:80"
  lb_algo  = "wrr"
  lb_kind  = "DR"
  tun_type = "gre"
  real_server "192.0.2.31" {}
  real_server "[2001:db8::1]" { lvs_method = "TUN" }
  sorry_server "198.51.100.9" {
    lvs_method = "TUN"
    tun_type   = "gue"
    tun_port   = 6080
  }
}
