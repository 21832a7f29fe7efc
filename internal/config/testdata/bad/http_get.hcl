virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  http_get {}
  http_get {
    http_protocol = "3"
    method        = "GET IT"
    headers       = { "X-A" = null }
    basic_auth    = "user"
    weight_from   = "X-Weight"
    redirects     = -1
    body_limit    = 0
    tls_verify    = false
    url {}
    url {
      path        = "/"
      status_code = ""
      digest      = "9b3a0c85"
      sha256      = "z3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      regex       = "a(?=b)"
    }
    url {
      path          = "/"
      regex_options = ["caseless"]
    }
    url {
      path             = "/"
      regex            = "a"
      regex_options    = ["utf"]
      regex_min_offset = 9
      regex_max_offset = 8
    }
  }
  http_get {
    weight_from = header("")
    url { path = "/" }
  }
  http_get {
    weight_from = body("(")
    url { path = "/" }
  }
  http_get {
    weight_from = body("a", "b")
    url { path = "/" }
  }
  http_get {
    url { path = "no-slash" }
  }
  http_get {
    url {
      path        = "/"
      status_code = "200-"
    }
  }
  http_get {
    method = "GET IT"
    url { path = "/" }
  }
  real_server "192.168.25.31" {}
}
