vrrp_script "chk" {
  script = "/bin/true"
  weight = 5
}
vrrp_instance "a" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.1"]
  track_interface   = ["eth5 weight 5", "eth6"]
  track_script      = ["chk"]
}
vrrp_instance "b" {
  interface         = "eth1"
  virtual_router_id = 2
  virtual_ipaddress = ["192.0.2.2"]
}
vrrp_instance "owner" {
  state             = "MASTER"
  priority          = 255
  interface         = "eth2"
  virtual_router_id = 3
  virtual_ipaddress = ["192.0.2.3"]
}
vrrp_sync_group "one" {
  group           = ["a", "b", "c", "b"]
  track_script    = ["chk"]
  track_interface = ["eth1 weight 5"]
}
vrrp_sync_group "two" {
  group        = ["b", "owner"]
  track_script = ["chk"]
}
vrrp_sync_group "two" { group = [] }
garp_group { interfaces = ["eth0", "eth0", "eth:0"] }
garp_group {
  garp_interval = 1
  interfaces    = []
}
garp_group {
  gna_interval = 1
  interfaces   = ["eth0"]
}
vrrp_instance "limits" {
  interface         = "eth0"
  virtual_router_id = 4
  virtual_ipaddress = ["192.0.2.4"]
  garp_interval     = 1
}
static_ipaddress { addresses = ["192.0.2.9/24", "192.0.2.9/24 dev eth0", "192.0.2.9/24 dev eth0 track_group lots", "239.0.0.1 dev eth0"] }
static_routes { routes = ["blackhole 10.0.0.0/8 track_group lost", "10.0.0.0/8"] }
static_rules { rules = ["nop track_group none", "nonsense"] }
track_group "lost" { group = ["a", "x"] }
track_group "unused" { group = ["a"] }
