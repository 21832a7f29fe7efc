locals {
  a = cidrhost("10.0.0.0/30", 4)
  b = cidrsubnet("10.0.0.0/24", 9, 0)
  c = cidrsubnet("10.0.0.0/24", 2, 4)
  d = cidrhost("10.0.0.0", 1)
  e = cidrhost("10.0.0.0/24", 1.5)
}
