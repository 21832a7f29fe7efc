# Kinds of tunnels, IPv6, and a scheduler with flags.
virtual_server "2001:db8::80-80-tcp" {
  address  = "[2001:db8::80]:80"
  protocol = "TCP"
  lb_algo  = "mh"
  lb_kind  = "TUN"
  tun_type = "gue"
  tun_port = 6080
  tun_csum = "csum"
  alpha    = false
  mh_port  = true

  real_server "[2001:db8:1::1]:80" { weight = 1 }

  real_server "[2001:db8:1::2]:80" {
    weight     = 2
    lvs_method = "TUN"
    tun_type   = "gre"
  }

  real_server "[2001:db8:1::3]:80" {
    uthreshold = 100
    lthreshold = 50
    lvs_method = "DR"
  }
}
