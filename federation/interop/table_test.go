package interop_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// minShare is how many of the activities of the listed types must have their
// effect, in per cent.
const minShare = 98.0

// without are the activities that have no effect here, and why.
var without = map[string]string{
	"bridgy/accept-event-rsvp.json":       "its actor has no id: nobody could send it",
	"bridgy/invite.json":                  "its actor has no id: nobody could send it",
	"c2s/fedbox-activity-private.json":    "a template: its type is left open",
	"mastodon/doc-create-ldsig.json":      "its note has no id: it could be neither answered nor deleted",
	"mls/inner-create-note.json":          "it has no actor: it travels inside of an encrypted message",
	"pleroma/c2s-outbox-create-note.json": "it has no actor: a client sends it to its own server",
}

// silent are the types of activities that have no effect here, and why.
var silent = map[string]string{
	"Arrive":  "it says where somebody is, which is shown nowhere here",
	"Dislike": "ignored by design: colleagues do not vote each other down, and no number of it is shown",
	"Warn":    "it is between a moderator of another host and one of ours, who have no list of warnings here",
}

// isListed says whether a row counts: an activity of a type that has an effect, also
// where nobody could send it, for it has no actor.
func (r row) isListed() bool { return r.isReal() && slices.Contains(listed, r.verb) }

// isSendable leaves out what has no actor who could have sent it.
func (r row) isSendable() bool { return r.isListed() && r.reason != "no_actor" }

// isReal says whether it is an activity that somebody could mean.
func (r row) isReal() bool { return r.kind == anActivity && !r.hostile() }

// A tally is how many of some activities have their effect.
type tally struct{ all, done int }

func count(rows []row, which func(row) bool) tally {
	var c tally
	for _, r := range rows {
		if which(r) {
			c.all++
			if r.effect != "" && silent[r.verb] == "" {
				c.done++
			}
		}
	}
	return c
}

func (c tally) share() float64 { return 100 * float64(c.done) / float64(max(c.all, 1)) }

func (c tally) String() string { return fmt.Sprintf("%d of %d (%.1f %%)", c.done, c.all, c.share()) }

// compare writes the table, and fails when it was another one.
func compare(t *testing.T, rows []row) {
	t.Helper()
	const name = "../../docs/interop-table.md"
	was, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	is := table(rows)
	if string(was) == is || t.Failed() {
		return
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(is), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Error("docs/interop-table.md was not what this test has found: it is now, look at the difference and commit it")
}

func table(rows []row) string {
	var b strings.Builder
	sent, all, any := count(rows, row.isSendable), count(rows, row.isListed), count(rows, row.isReal)
	fmt.Fprintf(&b, `# What becomes of the messages of others

The test in federation/interop has written this page; it is not edited by hand.
It takes messages that were recorded from other software and delivers each one,
signed, over HTTP, to an instance of ours that is set up as the one whom it
concerns, in an open federation. What is looked at is the database afterwards.

**%s of the activities whose type has an effect here have it; counting also those that
nobody could send, since they have no actor, %s; of all activities, %s.**

`, sent, all, any)
	b.WriteString("| type | with effect |\n|---|---|\n")
	for _, verb := range listed {
		if c := count(rows, func(r row) bool { return r.isListed() && r.verb == verb }); c.all > 0 {
			fmt.Fprintf(&b, "| %s | %s |\n", verb, c)
		}
	}
	b.WriteString("\n| other type | activities | why it has no effect |\n|---|---|---|\n")
	for _, verb := range slices.Sorted(maps.Keys(silent)) {
		fmt.Fprintf(&b, "| %s | %d | %s |\n", verb, count(rows, func(r row) bool { return r.isReal() && r.verb == verb }).all, silent[verb])
	}
	b.WriteString("\n| software | with effect |\n|---|---|\n")
	for _, name := range softwares(rows) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, count(rows, func(r row) bool { return r.isListed() && r.software() == name }))
	}
	section(&b, rows, "Activities", "Types that are not in the list above are answered 202 and kept as unknown. What has no actor can be sent by nobody, and counts as without effect.",
		func(r row) bool { return r.kind == anActivity && !r.hostile() })
	section(&b, rows, "Hostile documents", "None of them has any effect. Those of other folders are called invalid by the project that they are from.", row.hostile)
	section(&b, rows, "Other documents", "They are served to us, not delivered. Excerpts, and what could not be spoken to, are read as JSON only.",
		func(r row) bool { return r.kind != anActivity && !r.hostile() })
	return b.String()
}

func softwares(rows []row) []string {
	names := map[string]bool{}
	for _, r := range rows {
		if r.isListed() {
			names[r.software()] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func section(b *strings.Builder, rows []row, title, say string, which func(row) bool) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| document | software | type | effect, or why there is none |\n|---|---|---|---|\n", title, say)
	for _, r := range rows {
		if which(r) {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", r.path, r.software(), r.verb, strings.ReplaceAll(r.became(), "|", `\|`))
		}
	}
}

// became is the last column.
func (r row) became() string {
	why := r.reason
	if say := without[r.path]; say != "" {
		why = fmt.Sprintf("none: %s (%s)", say, r.reason)
	}
	switch {
	case r.effect == "":
		return why
	case r.reason == "":
		return r.effect
	}
	return r.effect + "; " + r.reason
}
