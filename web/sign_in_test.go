package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"entente.example/entente/store"
)

func TestAMemberSignsInWithAnyNameAndIsSentBack(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("alice", "Alice Martin")
	for _, login := range []string{"alice", "ALICE", " alice ", "@alice", "@alice@acme.example", "alice@mail.example", "Alice@Mail.Example"} {
		b := c.browser()
		b.get("/groups?before=5").leadsTo("/sign-in?to=%2Fgroups%3Fbefore%3D5")
		p := b.get("/sign-in?to=%2Fgroups%3Fbefore%3D5").is(http.StatusOK)
		b.post("/sign-in", "login", login, "password", password, "to", p.field("to")).leadsTo("/groups?before=5")
		b.get("/groups").is(http.StatusOK).has("Alice Martin")
		b.get("/sign-in").leadsTo("/home")
		b.get("/").leadsTo("/home")
	}
}

func TestSigningInGivesANewSessionAndEndsTheOldOne(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	b := c.as(alice)
	old := *b.cookies["__Host-entente_session"]
	b.post("/sign-in", "login", "alice", "password", password).leadsTo("/home")
	if b.cookies["__Host-entente_session"].Value == old.Value {
		t.Fatal("the session is the one from before")
	}
	thief := c.browser()
	thief.cookies[old.Name] = &old
	thief.get("/home").is(http.StatusSeeOther)
}

func TestTheSessionCookieCannotBeReadOrSentByOthers(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct {
		name   string
		secure bool
	}{
		"https://acme.example":  {"__Host-entente_session", true},
		"http://localhost:8080": {"entente_session", false},
	} {
		c := newCompanyAt(t, address)
		c.member("alice", "Alice")
		b := c.browser()
		b.get("/sign-in")
		b.post("/sign-in", "login", "alice", "password", password).is(http.StatusSeeOther)
		got := b.cookies[want.name]
		if got == nil {
			t.Fatalf("no cookie %s", want.name)
		}
		if got.Secure != want.secure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" || got.MaxAge != 14*24*3600 {
			t.Errorf("the cookie is %+v", got)
		}
		if len(got.Value) < 43 {
			t.Errorf("the secret has less than 256 bits: %q", got.Value)
		}
	}
}

func TestAnUnknownNameAndAWrongPasswordGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("alice", "Alice")
	locked := c.member("carol", "Carol")
	c.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), locked.Key) })
	answers := map[string]string{}
	for _, login := range []string{"alice", "nobody", "carol", "dave@mail.example", ""} {
		b := c.browser()
		b.get("/sign-in")
		secret := "not the password"
		if login == "carol" {
			secret = password
		}
		p := b.post("/sign-in", "login", login, "password", secret).is(http.StatusUnauthorized)
		if len(b.cookies) != 1 {
			t.Errorf("%q: cookies are set: %v", login, b.cookies)
		}
		answers[strings.NewReplacer(`value="`+login+`"`, "", b.token, "").Replace(p.body)] = login
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ for %v", answers)
	}
}

func TestSigningOutEndsTheSessionEverywhere(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	copied := *b.cookies["__Host-entente_session"]
	b.post("/sign-out").leadsTo("/")
	if len(b.cookies) != 0 {
		t.Errorf("cookies stay: %v", b.cookies)
	}
	b.get("/home").is(http.StatusSeeOther)
	thief := c.browser()
	thief.cookies[copied.Name] = &copied
	thief.get("/home").is(http.StatusSeeOther)
}

func TestWhoIsLockedOrSuspendedIsSignedOutAndCannotSignIn(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*store.Tx, store.Key) error{
		"locked":    func(tx *store.Tx, key store.Key) error { return tx.Lock(t.Context(), key) },
		"suspended": func(tx *store.Tx, key store.Key) error { return tx.Suspend(t.Context(), key, tx.Now) },
		"locked, and the session was left": func(tx *store.Tx, key store.Key) error {
			if err := tx.Lock(t.Context(), key); err != nil {
				return err
			}
			return tx.PutSession(t.Context(), store.Session{Hash: store.Hash("left"), Member: key, ExpiresAt: tx.Now.Add(time.Hour)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			alice := c.member("alice", "Alice")
			b := c.as(alice)
			b.get("/home").is(http.StatusOK)
			c.tx(func(tx *store.Tx) error { return end(tx, alice.Key) })
			if name == "locked, and the session was left" {
				b.cookies["__Host-entente_session"].Value = "left"
			}
			b.get("/home").is(http.StatusSeeOther)
			b.post("/home", "text", "hello").is(http.StatusSeeOther)
			again := c.browser()
			again.get("/sign-in")
			again.post("/sign-in", "login", "alice", "password", password).is(http.StatusUnauthorized)
		})
	}
}

func TestASessionEndsAfterItsTime(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	b.get("/home").is(http.StatusOK)
	c.web.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	b.get("/home").is(http.StatusSeeOther)
}

func TestGuessingPasswordsIsLimitedPerAccount(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("alice", "Alice")
	now := time.Now() // however long the hashes take
	c.web.now = func() time.Time { return now }
	for _, login := range []string{"alice", "nobody"} {
		for i := range triesPerAccount().Burst {
			b := c.browser() // each from another address
			b.get("/sign-in")
			if p := b.post("/sign-in", "login", login, "password", "guess"); p.code != http.StatusUnauthorized {
				t.Fatalf("attempt %d: %d", i+1, p.code)
			}
		}
		b := c.browser()
		b.get("/sign-in")
		b.post("/sign-in", "login", login, "password", password).is(http.StatusTooManyRequests).has("Too many attempts. Wait ten minutes")
	}
	c.web.now = func() time.Time { return now.Add(triesWindow) }
	b := c.browser()
	b.get("/sign-in")
	b.post("/sign-in", "login", "alice", "password", password).leadsTo("/home")
}

func TestGuessingAccountsIsLimitedPerAddress(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("alice", "Alice")
	now := time.Now() // however long the hashes take
	c.web.now = func() time.Time { return now }
	b := c.browser()
	b.get("/sign-in")
	for i := range triesPerAddress().Burst {
		b.post("/sign-in", "login", "user"+string(rune('a'+i)), "password", "guess").is(http.StatusUnauthorized)
	}
	b.post("/sign-in", "login", "alice", "password", password).is(http.StatusTooManyRequests)
	other := c.browser()
	other.get("/sign-in")
	other.post("/sign-in", "login", "alice", "password", password).leadsTo("/home")
}

func TestManyMayShareTheAddressOfAnOffice(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("alice", "Alice")
	office := c.browser()
	for range triesPerAddress().Burst + 5 {
		clear(office.cookies)
		office.get("/sign-in")
		office.post("/sign-in", "login", "alice", "password", password).leadsTo("/home")
	}
}

func TestTheReadersLanguageIsKept(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	b := c.browser()
	b.header.Set("Accept-Language", "de, fr-CA;q=0.8, en;q=0.5")
	b.get("/sign-in").has(`<html lang="fr">`, "Se connecter")
	b.post("/locale", "locale", "en", "back", "/sign-in?to=%2Fgroups").leadsTo("/sign-in?to=%2Fgroups")
	b.get("/sign-in").has(`<html lang="en">`)
	b.post("/sign-in", "login", "alice", "password", password).leadsTo("/home")
	b.get("/home").has(`<html lang="en">`)
	b.post("/locale", "locale", "fr", "back", "/home").leadsTo("/home")
	b.get("/home").has(`<html lang="fr">`, "Accueil")
	elsewhere := c.as(alice)
	elsewhere.header.Set("Accept-Language", "en")
	elsewhere.get("/home").has(`<html lang="fr">`)
	b.post("/locale", "locale", "xx", "back", "/home").leadsTo("/home")
	b.get("/home").has(`<html lang="fr">`)
}
