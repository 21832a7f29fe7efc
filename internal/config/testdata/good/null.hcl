# null is as good as nothing written, which dynamic blocks need.
virtual_server "web" {
  address             = "192.0.2.10:80"
  lb_algo             = "rr"
  lb_kind             = "DR"
  protocol            = null
  delay_loop          = null
  persistence_timeout = null
  alpha               = null
  real_servers        = null
  real_server "192.0.2.31" {
    weight             = null
    inhibit_on_failure = null
    tcp_check {
      connect_ip   = null
      connect_port = null
      bindto       = null
    }
  }
}
