global { router_id = var.address }
