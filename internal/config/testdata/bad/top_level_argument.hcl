router_id = "a"
