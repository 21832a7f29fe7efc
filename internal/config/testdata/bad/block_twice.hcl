global {
  log {}
  log {}
}
global {
}
