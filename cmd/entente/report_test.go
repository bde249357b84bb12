package main

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestAReportIsListedShownAndResolved(t *testing.T) {
	t.Parallel()
	env, ctx := acme(t), t.Context()
	does(t, env, "report", "list") // makes the schema
	db := open(t, env)
	var key string
	change(t, db, func(tx *store.Tx) error {
		who := map[string]store.Actor{}
		for _, name := range []string{"mallory", "bea"} {
			id := activity.ID("https://globex.example/users/" + name)
			a, err := tx.PutActor(ctx, store.Actor{Host: "globex.example", Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(name), Inbox: activity.Ref{ID: id + "/inbox"}}})
			if err != nil {
				return err
			}
			who[name] = a
		}
		r, err := tx.PutReport(ctx, store.Report{IRI: "https://globex.example/flags/1", Reporter: who["bea"].Key, Account: who["mallory"].Key, Comment: "rude\n\x1b[31mReport 7, resolved", Category: "spam"})
		key = r.Key.String()
		return err
	})
	if out := does(t, env, "report", "list"); !strings.Contains(out, key) || !strings.Contains(out, "@mallory@globex.example") || strings.Contains(out, "\x1b") {
		t.Errorf("list says %q", out)
	}
	if out := does(t, env, "report", "show", key); !strings.Contains(out, ", open\n") || !strings.Contains(out, "  | [31mReport 7") || strings.Contains(out, "\x1b") {
		t.Errorf("show says %q", out)
	}
	if out := does(t, env, "report", "resolve", key, "--suspend"); !strings.Contains(out, "The report is resolved. @mallory@globex.example is suspended.") {
		t.Errorf("resolve says %q", out)
	}
	if a, err := db.Actor(ctx, "https://globex.example/users/mallory"); err != nil || a.Usable() {
		t.Errorf("mallory is not suspended: %v", err)
	}
	for _, step := range []struct{ args, want string }{
		{"list", "There are no reports."}, {"list --all", "@mallory@globex.example"}, {"resolve " + key, "was resolved already"},
	} {
		if out := does(t, env, append([]string{"report"}, strings.Fields(step.args)...)...); !strings.Contains(out, step.want) {
			t.Errorf("%s says %q", step.args, out)
		}
	}
	fails(t, exitMisuse, "is no report", env, "report", "show", "x")
	fails(t, exitFailed, "there is no report 7", env, "report", "show", "7")
}
