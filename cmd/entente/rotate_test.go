package main

import (
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
)

func TestKeysRotateByCommand(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "member", "add", "alice", "--email", "alice@acme.example")
	db := open(t, env)
	keys := func() (person, instance activity.IDs) {
		a, err := db.ActorByHandle(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
		i, err := db.ActorByHandle(t.Context(), "acme.example", "")
		if err != nil {
			t.Fatal(err)
		}
		return a.KeyIDs(), i.KeyIDs()
	}
	person, instance := keys()
	if out := does(t, env, "member", "rotate-key", "alice"); !strings.Contains(out, "alice") || !strings.Contains(out, "has new keys") {
		t.Error(out)
	}
	if out := does(t, env, "instance", "rotate-key"); !strings.Contains(out, "acme.example has new keys") {
		t.Error(out)
	}
	newPerson, newInstance := keys()
	for _, ids := range [][2]activity.IDs{{person, newPerson}, {instance, newInstance}} {
		if was, is := ids[0], ids[1]; len(was) != 2 || len(is) != 3 || is.Has(was[0]) || !is.Has(was[1]) {
			t.Errorf("%v became %v", was, is)
		}
	}
	for _, args := range [][]string{{"member", "rotate-key", "alice", "--lost"}, {"instance", "rotate-key", "--lost"}} {
		out := does(t, env, args...)
		if !strings.Contains(out, "the old ones are forgotten") || strings.Contains(out, "entente partner verify") != (args[0] == "instance") {
			t.Errorf("%v: %s", args, out)
		}
	}
	lostPerson, lostInstance := keys()
	for _, ids := range [][2]activity.IDs{{newPerson, lostPerson}, {newInstance, lostInstance}} {
		if was, is := ids[0], ids[1]; len(is) != 2 || slices.ContainsFunc(is, was.Has) {
			t.Errorf("%v became %v", was, is)
		}
	}
	for _, args := range [][]string{{"member", "rotate-key", "nobody"}, {"instance", "rotate-key", "--group", "alice"}, {"member", "rotate-key"}} {
		if s := entente(t, env, args...); s.code == 0 || strings.Count(s.errs, "\n") > 2 {
			t.Errorf("%v: %+v", args, s)
		}
	}
	for _, args := range [][]string{{"member", "rotate-key", "--help"}, {"instance", "rotate-key", "--help"}} {
		if out := does(t, env, args...); !strings.Contains(out, "Nothing that is on its way is lost") || !strings.Contains(out, "After a week") {
			t.Errorf("%v: %s", args, out)
		}
	}
}
