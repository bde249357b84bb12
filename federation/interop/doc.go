// Package interop has no program, only the test of real input: what the servers
// of the world have sent, recorded by their projects, is delivered to instances
// of ours, and ends with its effect in the database or is named with the reason
// why not (docs/interop-table.md).
//
// The documents are not part of this repository. The test reads them in the
// folder that ENTENTE_FIXTURES names, one sub-folder for each software.
package interop
