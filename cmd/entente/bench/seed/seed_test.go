package seed

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"entente.example/entente/federation"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

var house = federation.House{Host: "bench.example", URL: "https://bench.example"}

// few is a data set with something of everything.
var few = Size{Accounts: 400, Members: 12, Groups: 8, Posts: 3000, Follows: 40}

// mixed is one with partners.
var mixed = Size{Accounts: 200, Members: 60, Groups: 8, Posts: 3000, Follows: 10, Partners: 5, Largest: 50}

func filled(t *testing.T, address string, size Size) *store.Store {
	t.Helper()
	if err := Fill(t.Context(), address, house, size, io.Discard); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// schema is every index and constraint that there is.
func schema(t *testing.T, address string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestADataSetIsReadAsItWasPlanned(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]Size{"alone": few, "with partners": mixed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readAsPlanned(t, size)
		})
	}
}

func readAsPlanned(t *testing.T, size Size) {
	t.Helper()
	address := storetest.DSN(t)
	before := schema(t, address)
	db := filled(t, address, size)
	if after := schema(t, address); !slices.Equal(before, after) {
		t.Errorf("the schema is another one:\n%s\nwas\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
	p := New(size, house)
	planned := map[store.Key]map[store.Key]bool{}
	p.lines(func(l store.HomeLine) bool {
		if planned[l.Reader] == nil {
			planned[l.Reader] = map[store.Key]bool{}
		}
		planned[l.Reader][l.Key] = true
		return true
	})
	total := 0
	for m := range size.Members {
		seen := 0
		for page := (store.Page{Limit: 80}); ; {
			entries, err := db.Home(t.Context(), p.Keys[m], page)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if !planned[p.Keys[m]][e.Key] {
					t.Fatalf("member %d reads %v, which is not planned", m, e.Key)
				}
			}
			seen += len(entries)
			if len(entries) == 0 {
				break
			}
			page.Before = entries[len(entries)-1].Key
		}
		if seen != len(planned[p.Keys[m]]) {
			t.Errorf("member %d may read %d of %d planned lines", m, seen, len(planned[p.Keys[m]]))
		}
		total += seen
	}
	if total < 300 {
		t.Errorf("only %d lines in all", total)
	}
}

// The largest group has as many people as it should, of all the companies, each once.
func TestTheLargestGroupIsOfAllCompanies(t *testing.T) {
	t.Parallel()
	db := filled(t, storetest.DSN(t), mixed)
	p := New(mixed, house)
	group := p.Keys[mixed.Members]
	digests, err := db.Digests(t.Context(), store.Membership, group)
	if err != nil {
		t.Fatal(err)
	}
	people := 0
	for _, d := range digests {
		people += d.People
	}
	if people != mixed.Largest || len(digests) != 1+mixed.Partners {
		t.Errorf("%d people of %d companies", people, len(digests))
	}
	g, err := db.Group(t.Context(), group)
	if err != nil || len(g.Companies) != mixed.Partners {
		t.Errorf("it is for %v, %v", g.Companies, err)
	}
	if owns, err := db.HasEdge(t.Context(), store.Owner, p.Keys[0], group); err != nil || !owns {
		t.Errorf("the first of ours owns it: %v, %v", owns, err)
	}
	for n := range mixed.Posts {
		at := p.at(n)
		if at.group < 0 {
			continue
		}
		if in, err := db.IsMember(t.Context(), p.Keys[at.author], p.Keys[mixed.Members+at.group]); err != nil || !in {
			t.Fatalf("who wrote post %d is not in its group: %v", n, err)
		}
	}
}

func TestADataSetIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	sameEachTime(t, few)
	sameEachTime(t, mixed)
}

func sameEachTime(t *testing.T, size Size) {
	t.Helper()
	one, two := New(size, house), New(size, house)
	edges := map[store.Key]bool{}
	one.edges(func(e store.Edge) bool {
		if edges[e.Key] {
			t.Errorf("two edges have the key %v", e.Key)
		}
		edges[e.Key] = true
		return true
	})
	two.edges(func(e store.Edge) bool {
		if !edges[e.Key] {
			t.Errorf("the edge %v is not there the first time", e.Key)
		}
		return true
	})
	for n := range size.Posts {
		if a, b := one.note(one.at(n)), two.note(two.at(n)); a.ID != b.ID || a.Key != b.Key || a.Content != b.Content || a.AuthorKey != b.AuthorKey {
			t.Fatalf("post %d is %+v once, and %+v then", n, a, b)
		}
	}
}

func TestADataSetIsNotWrittenBesideOthersNorElsewhere(t *testing.T) {
	t.Parallel()
	address := storetest.DSN(t)
	filled(t, address, few)
	err := Fill(t.Context(), address, house, few, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("beside others: %v", err)
	}
	for _, there := range []string{"postgres://user@192.0.2.1/x", "postgres://db.example/x", "host=10.0.0.1 dbname=x", "postgres://127.0.0.1,192.0.2.1/x"} {
		if err := Fill(t.Context(), there, house, few, io.Discard); err == nil || !strings.Contains(err.Error(), "is not this machine") {
			t.Errorf("%s: %v", there, err)
		}
	}
	for _, here := range []string{"postgres://user@127.0.0.1/x", "postgres:///x?host=/run/postgresql", "host=localhost dbname=x", "postgres://[::1]/x"} {
		if err := OnlyHere(here); err != nil {
			t.Errorf("%s: %v", here, err)
		}
	}
}
