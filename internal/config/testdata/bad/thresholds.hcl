virtual_server "web" {
  address    = "192.0.2.1:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  lthreshold = 80
  real_server "192.0.2.31" {}
  real_server "192.0.2.32" { uthreshold = 50 }
  real_server "192.0.2.33" {
    uthreshold = 50
    lthreshold = 51
  }
  real_servers = ["192.0.2.34 lthreshold 5", "192.0.2.35 uthreshold 5 lthreshold 6", "192.0.2.36 uthreshold 5 uthreshold 6", "192.0.2.37 uthreshold 4294967296"]
}
