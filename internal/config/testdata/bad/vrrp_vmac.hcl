vrrp_instance "base alone" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.1"]
  vmac_xmit_base    = true
}
vrrp_instance "words" {
  interface         = "eth0"
  virtual_router_id = 2
  virtual_ipaddress = ["192.0.2.2"]
  use_vmac          = "vmac2 group 5"
}
vrrp_instance "multicast" {
  interface         = "eth0"
  virtual_router_id = 3
  virtual_ipaddress = ["192.0.2.3"]
  use_vmac          = "01:00:5e:00:00"
}
vrrp_instance "no MAC address" {
  interface         = "eth0"
  virtual_router_id = 4
  virtual_ipaddress = ["192.0.2.4"]
  use_vmac          = "00:00:5e:00:00:0g"
}
vrrp_instance "same as below" {
  interface         = "eth0"
  virtual_router_id = 5
  virtual_ipaddress = ["192.0.2.5"]
  use_vmac          = "eth0"
}
vrrp_instance "one" {
  interface         = "eth0"
  virtual_router_id = 6
  virtual_ipaddress = ["192.0.2.6"]
  use_vmac          = "vmac"
}
vrrp_instance "two" {
  interface         = "eth0"
  virtual_router_id = 7
  virtual_ipaddress = ["192.0.2.7"]
  use_vmac          = "vmac"
}
vrrp_instance "long" {
  interface         = "eth0"
  virtual_router_id = 8
  virtual_ipaddress = ["192.0.2.8"]
  use_vmac          = "much-too-long-a-name"
}
vrrp_instance "empty" {
  interface         = "eth0"
  virtual_router_id = 9
  virtual_ipaddress = ["192.0.2.9"]
  use_vmac          = ""
}
