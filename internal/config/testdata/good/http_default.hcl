global {
  http {}
}
