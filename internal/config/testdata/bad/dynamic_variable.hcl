dynamic "variable" {
  for_each = []
  labels = [variable.value]
  content {}
}
