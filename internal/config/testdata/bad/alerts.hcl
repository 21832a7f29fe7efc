global {
  email {
    smtp_server       = "mail example:x"
    to                = ["ops@example.com", "nobody", "ops@example.com"]
    from              = "a@b\r\nBcc: c@d"
    helo_name         = "two words"
    tls               = "none"
    user              = "u"
    password          = "hunter2"
    no_checker_emails = true
    ca                = "/a"
  }
  webhook "a" {
    url     = "ftp://hunter2"
    headers = { "a b" = "c" }
    token   = ""
    events  = ["all", "started"]
  }
  webhook "quotes" {
    url  = "https://a"
    body = "{\"text\": \"{{ .Subject }}\"}"
  }
  webhook "unfinished" {
    url  = "https://a"
    body = "{{ range .Events }}"
  }
  webhook "b" {
    url  = "https://a"
    body = "{{ .Nothing }}"
  }
  webhook "c" {
    url        = "https://a"
    headers    = { authorization = "x", Authorization = "y" }
    tls_verify = false
    ca         = "/a"
  }
  webhook "c" { url = "file:relative" }
  alert_command "d" {
    command = "relative/path"
    events  = []
  }
  alert_command "" {}
}
