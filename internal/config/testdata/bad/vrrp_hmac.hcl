vrrp_instance "keys" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.1"]
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
  auth_hmac {
    key "1" { value = "short" }
    key "1" { value = "hex:0011" }
    key "2" { value = "hex:xyz" }
    key "3" { value = "file:key" }
    key "256" { value = "01234567890123456789012345678901" }
    key "four" {}
    anti_replay = "monotonic"
    time_window = 5
    mode        = "off"
  }
}
vrrp_instance "none" {
  interface         = "eth0"
  virtual_router_id = 2
  virtual_ipaddress = ["192.0.2.2"]
  auth_hmac {}
}
vrrp_instance "which" {
  interface         = "eth0"
  virtual_router_id = 3
  virtual_ipaddress = ["192.0.2.3"]
  auth_hmac {
    key "1" { value = "01234567890123456789012345678901" }
    key "2" { value = "01234567890123456789012345678901" }
  }
}
vrrp_instance "unknown" {
  interface         = "eth0"
  virtual_router_id = 4
  virtual_ipaddress = ["192.0.2.4"]
  auth_hmac {
    active_key = 2
    key "1" { value = "01234567890123456789012345678901" }
  }
}
