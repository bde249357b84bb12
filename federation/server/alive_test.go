package server_test

import (
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Signs of life are kept of us all, and of hosts whose silence counts; and now and then.
func TestASignOfLifeIsKeptWhereItCounts(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	speaks := func() {
		t.Helper()
		c.globex.send(c.company, c.globex.create(c.globex.person("gus"), "/notes/"+time.Now().Format("150405.000000000"), "hello"))
	}
	kept := func() (hosts []string, last time.Time) {
		t.Helper()
		rows := c.sql("SELECT host, heard_at FROM signs ORDER BY host")
		defer rows.Close()
		for rows.Next() {
			var host string
			c.do(rows.Scan(&host, &last))
			hosts = append(hosts, host)
		}
		c.do(rows.Err())
		return hosts, last
	}
	speaks()
	if hosts, _ := kept(); !slices.Equal(hosts, []string{store.Anybody}) {
		t.Errorf("before a group of theirs has a successor, signs are kept of %q", hosts)
	}
	c.tx(func(tx *store.Tx) error {
		_, err := tx.LearnSuccession(t.Context(), store.Succession{Group: c.knows(string(c.group())).Key, Version: 1, Successor: "https://initech.example/actor", Silence: 14, Named: []byte("{}")})
		return err
	})
	c.ahead.Add(int64(limits.AliveEvery))
	speaks()
	hosts, first := kept()
	if !slices.Equal(hosts, []string{store.Anybody, c.globex.host}) {
		t.Errorf("afterwards of %q", hosts)
	}
	speaks()
	if _, again := kept(); !again.Equal(first) {
		t.Error("each sign is kept")
	}
}
