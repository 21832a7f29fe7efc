# Servers judged by what they say: pages with a known content, an encrypted
# page, and a script that looks at what no page shows.
#
#     clients ── 192.168.25.100 :80, :443 ──▶ director .11 ──▶ web servers .31, .32
#
# The digest is the MD5 of the body as it is now. Let the program print it:
#
#     ldirector genhash --digest md5 http://192.168.25.31/testurl/test.jsp
#
#     192.168.25.11:  ldirector run -c content-check.hcl
#     192.168.25.31:  ldirector realserver up -c content-check.hcl --for 192.168.25.31     (and .32)

variable "script" { default = "/etc/ldirector/check-app" }
variable "ca" { default = "/etc/ldirector/ca.pem" }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "shop" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "2s"

  # Every probe asks for all pages; the first that is wrong takes the server out.
  http_get {
    connect_timeout    = "3s" # for each page
    retry              = 1
    delay_before_retry = "1s"
    virtualhost        = "www.example.com"

    url {
      path   = "/testurl/test.jsp"
      digest = "439133af006e5a29d76de11b9add990c"
    }
    url {
      path        = "/health"
      status_code = "200"
      regex       = "database: (up|slow)"
    }
  }

  # The script gets RIP, RPORT, VIP and VPORT in its environment. Exit code 0 is
  # good, everything else is not, and the last line that it prints is the reason
  # in "ldirector status". Nobody but root may be able to change it, or user says
  # for whom it runs.
  misc_check {
    misc_path    = [var.script, "--max-load", "20"]
    misc_timeout = "5s"
  }

  real_server "192.168.25.31" {}
  real_server "192.168.25.32" {}
}

virtual_server "shop-tls" {
  address    = "192.168.25.100:443"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "2s"

  # The certificate has to be good for sni_name and signed by the authority. That
  # it expires soon is a warning in the status and in the log.
  ssl_get {
    connect_timeout    = "3s"
    retry              = 1
    delay_before_retry = "1s"
    virtualhost        = "www.example.com"
    sni_name           = "www.example.com"
    ca                 = var.ca
    expiry_warning     = "336h" # 14 days

    url { path = "/health" }
  }

  real_server "192.168.25.31" {}
  real_server "192.168.25.32" {}
}
