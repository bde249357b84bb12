package web

import (
	"context"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
	"entente.example/entente/store/passwords"
)

// How often one may fail to sign in: so many at once, and again after ten minutes.
const triesWindow = 10 * time.Minute

func triesPerAccount() limit.Rate { return limit.Rate{Burst: 10, Every: triesWindow / 10} }
func triesPerAddress() limit.Rate { return limit.Rate{Burst: 30, Every: triesWindow / 30} }

// accountTries names the attempts at an account by what was typed, whether there
// is such an account or not: the limit must not tell. A hash bounds its length.
func accountTries(login string) string { return "account " + string(store.Hash(login)) }

// signInForm is what the sign-in page shows.
type signInForm struct {
	Login, To string
	Provider  bool // there is one to sign in with
}

// front says which company this is; whoever has signed in goes home.
func (w *Web) front(_ context.Context, v *visit) (answer, error) {
	if v.viewer.Is() {
		return redirect("/home"), nil
	}
	return answer{page: "front", title: "Entente"}, nil
}

func (w *Web) askSignIn(_ context.Context, v *visit) (answer, error) {
	to := local(v.URL.Query().Get("to"), "/home")
	if v.viewer.Is() {
		return redirect(to), nil
	}
	return v.signInPage(signInForm{To: to, Provider: w.Provider != nil}, nil), nil
}

func (v *visit) signInPage(f signInForm, p *problem) answer {
	return answer{page: "sign_in", title: v.book.say("sign_in.title"), data: f, problem: p}
}

// signIn takes in who has a password.
func (w *Web) signIn(ctx context.Context, v *visit) (answer, error) {
	form := signInForm{Login: v.text("login"), To: local(v.PostFormValue("to"), "/home"), Provider: w.Provider != nil}
	member, err := w.recognise(ctx, w.accountName(form.Login), v.PostFormValue("password"), v.RemoteAddr)
	if err != nil {
		p, err := v.problemOf(err, map[string]string{"wrong_password": "login"})
		return v.signInPage(form, p), err
	}
	return w.openSession(ctx, v, member, form.To)
}

// openSession opens a session, always a new one: a cookie that was there before
// may be known to somebody else.
func (w *Web) openSession(ctx context.Context, v *visit, member store.Key, to string) (answer, error) {
	secret := store.NewSecret()
	err := w.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.EndSession(ctx, v.secret); err != nil {
			return err
		}
		return tx.PutSession(ctx, store.Session{Hash: store.Hash(secret), Member: member, ExpiresAt: tx.Now.Add(sessionLife)})
	})
	v.cookies = append(v.cookies, w.cookie(sessionCookie, secret, sessionLife), w.noCookie(visitorCookie))
	return redirect(to), err
}

// accountName is the e-mail address or username in what was typed, which may
// also be a handle: "alice", "@alice", "@alice@acme.example".
func (w *Web) accountName(login string) string {
	login = strings.ToLower(login)
	name, isHandle := strings.CutPrefix(login, "@")
	if isHandle {
		name = strings.TrimSuffix(name, "@"+strings.ToLower(w.house.Host))
	}
	return name
}

// recognise is the member with this name and password. For an unknown name, a
// wrong password and a locked account the answer is the same, after the same
// time: one query and one hash.
func (w *Web) recognise(ctx context.Context, name, password, address string) (store.Key, error) {
	now := w.now()
	from, account := "sign-in "+limit.Address(address), accountTries(name)
	if w.tries.Take(from, triesPerAddress(), now) > 0 || w.tries.Take(account, triesPerAccount(), now) > 0 {
		return 0, activity.After(triesWindow, activity.Refuse(activity.TooMany, "many_sign_ins", "too many attempts; wait ten minutes and try again"))
	}
	member, err := w.db.MemberByLogin(ctx, name)
	if err != nil && activity.KindOf(err) != activity.NotFound {
		return 0, err
	}
	select {
	case w.hashing <- struct{}{}:
		defer func() { <-w.hashing }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if !passwords.Check(member.Password, password) || member.Locked() {
		return 0, activity.Refuse(activity.Unauthenticated, "wrong_password", "this name and this password do not belong together")
	}
	w.tries.GiveBack(from, triesPerAddress()) // many may share the address of an office
	w.tries.GiveBack(account, triesPerAccount())
	return member.Actor, nil
}

// signOut ends the session at once, here and for whoever has its cookie.
func (w *Web) signOut(ctx context.Context, v *visit) (answer, error) {
	v.cookies = append(v.cookies, w.noCookie(sessionCookie))
	return redirect("/"), w.db.InTx(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, v.secret) })
}

// setLocale keeps the reader's language, with the account and in the browser: it
// stays after signing out.
func (w *Web) setLocale(ctx context.Context, v *visit) (answer, error) {
	lang := w.choose(v.PostFormValue("locale"), v.book.lang).lang
	v.cookies = append(v.cookies, w.cookie(localeCookie, lang, localeLife))
	to := redirect(v.back("/"))
	if !v.viewer.Is() {
		return to, nil
	}
	return to, w.db.InTx(ctx, func(tx *store.Tx) error { return tx.SetLocale(ctx, v.me().Key, lang) })
}
