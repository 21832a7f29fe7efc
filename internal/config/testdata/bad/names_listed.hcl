variable "vip" { default = "192.0.2.1" }
locals {}
global {
  router_id   = var.address
  script_user = "${vip}${vars.vip}"
  log { level = local.level }
}
