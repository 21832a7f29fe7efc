// Package docs reads the project's documents as tests want them: what they link
// to, which configurations and which commands they show, and what is to be
// played on which machine. Its tests play them.
package docs
