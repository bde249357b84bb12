// Package sending has no program, only the test of what we send: two companies do
// all that their people can do, and every document that goes over the wire is kept
// as a golden file in testdata and held against the rules by which other software
// takes or refuses it. Each software has a file with its rules.
//
// go test ./federation/sending -update writes the golden files anew.
package sending
