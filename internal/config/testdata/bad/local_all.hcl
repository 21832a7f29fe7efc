locals {
  a = keys(local)
  b = 1
}
