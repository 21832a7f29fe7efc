variable "a" { default = null }
