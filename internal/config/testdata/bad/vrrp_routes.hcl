vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.1"]
  virtual_routes = [
    "",
    "via 192.0.2.254",
    "198.51.100.1/24 via 192.0.2.254",
    "198.51.100.0/24",
    "blackhole 198.51.100.0/24 via 192.0.2.254",
    "198.51.100.0/24 via 192.0.2.254 realms 5",
    "198.51.100.0/24 via 192.0.2.254 rtt lock 5",
    "198.51.100.0/24 via 192.0.2.254 table blue",
    "198.51.100.0/24 via 192.0.2.254 src 2001:db8::1",
    "2001:db8::/32 via 192.0.2.254",
    "198.51.100.0/24 via 192.0.2.254 nexthop via 192.0.2.1",
    "198.51.100.0/24 nexthop weight 2",
    "198.51.100.0/24 nexthop via 192.0.2.1 metric 5",
    "198.51.100.0/24 via 192.0.2.254 mtu 0",
    "198.51.100.0/24 via 192.0.2.254 via 192.0.2.253",
    "198.51.100.0/24 via 192.0.2.254 nonsense",
    "198.51.100.0/24 via 192.0.2.254 track_group lost",
    "198.51.100.0/24 dev eth0",
    "198.51.100.0/24   dev eth0",
  ]
  virtual_rules = [
    "",
    "from 198.51.100.1",
    "from 198.51.100.1/24 table 1",
    "from 198.51.100.0/24 to 2001:db8::/32 table 1",
    "from 198.51.100.0/24 table 1 goto 5",
    "goto 5 preference 5",
    "nop suppress_prefixlength 0",
    "table 1 sport 5-1",
    "table 1 fwmark 5/0",
    "table 1 realms 5",
    "table 1 nonsense",
    "table 1 ipproto http",
    "table 1 track_group lost",
  ]
}
