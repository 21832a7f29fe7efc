# A sorry server: the director itself says "sorry" while too few web servers are
# there, and scripts hear of it.
#
#     clients ── 192.168.25.100:80 ──▶ director ──▶ web servers .31, .32, .33    at least two of them
#                                               └─▶ its own port 8080            otherwise
#
# Hysteresis keeps this from flapping: the quorum is lost when none is left
# (below 2 - 1) and gained when all three are back (2 + 1).
#
#     director:      a small web server on port 8080, and
#                    ip address add 192.168.25.100/24 dev eth0
#                    ldirector run -c sorry-server.hcl
#     web servers:   ldirector realserver up -c sorry-server.hcl

variable "notify" { default = "/usr/local/sbin/notify-web" } # is given one or two words

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "1s"
  tcp_check {
    connect_timeout = "2s"
    retry           = 0
  }

  quorum      = 2
  hysteresis  = 1
  quorum_up   = [var.notify, "quorum-up"]
  quorum_down = [var.notify, "quorum-down"]
  omega       = true # when ldirector stops, everything is reported as down

  # The director translates for itself; the web servers get by DR what they get.
  sorry_server "192.168.25.11:8080" { lvs_method = "NAT" }
  sorry_server_inhibit = true # stays in the table, with weight 0, while it is not needed

  dynamic "real_server" {
    for_each = [31, 32, 33]
    labels   = ["192.168.25.${real_server.value}:80"]
    content {
      notify_up   = [var.notify, "up", "r${real_server.value}"]
      notify_down = [var.notify, "down", "r${real_server.value}"]
    }
  }
}
