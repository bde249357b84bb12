package web

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

// consentForm is the page on which a member lets an app act for them.
type consentForm struct {
	grant.Request
	Permissions []string
	Token       string
}

// shownCode is the page for apps that nobody can be sent back to.
type shownCode struct{ App, Code string }

// askConsent shows who asks for what (RFC 6749 §4.1.1). Whatever is wrong is
// told to the app where its address is known to be its own, else to the member.
func (w *Web) askConsent(ctx context.Context, v *visit) (answer, error) {
	r, err := grant.Read(ctx, w.db, v.URL.Query())
	if err != nil {
		return w.refuse(v, r, err)
	}
	form := consentForm{Request: r, Token: v.token()}
	for _, s := range r.Scopes {
		wider := func(t string) bool { return t != s && store.Covers([]string{t}, s) }
		if !slices.ContainsFunc(r.Scopes, wider) {
			form.Permissions = append(form.Permissions, v.book.permission(s))
		}
	}
	return answer{page: "consent", title: v.book.say("consent.title", "app", r.App.Name), data: form, forms: formTarget(r.RedirectURI)}, nil
}

// permission is a scope in plain words.
func (b *book) permission(scope string) string {
	deed, of, narrow := strings.Cut(scope, ":")
	if !narrow {
		return b.say("scope." + scope)
	}
	return b.say("scope."+deed+".some", "what", b.say("scope.of."+of))
}

// consent is the member's answer.
func (w *Web) consent(ctx context.Context, v *visit) (answer, error) {
	r, err := grant.Read(ctx, w.db, v.PostForm)
	if err != nil {
		return w.refuse(v, r, err)
	}
	if v.PostForm.Get("consent") != "yes" {
		return w.refuse(v, r, activity.Refuse(activity.Denied, "access_denied", "the member said no"))
	}
	code, err := grant.Issue(ctx, w.db, r, v.me().Key)
	if err != nil {
		return w.refuse(v, r, err)
	}
	if r.IsOutOfBand() {
		return answer{page: "code", title: v.book.say("code.title"), data: shownCode{r.App.Name, code}}, nil
	}
	return redirect(r.Granted(code)), nil
}

// refuse sends the member back to the app with the error, or shows it.
func (w *Web) refuse(v *visit, r grant.Request, err error) (answer, error) {
	if r.App.Key == 0 && activity.KindOf(err) == activity.NotFound { // no secret: the app itself is told so
		err = activity.Because(activity.Invalid, activity.FaultOf(err).Reason, err, activity.FaultOf(err).Say)
	}
	to := r.Refused(err)
	if to == "" || runs(to) {
		return answer{}, err
	}
	if activity.KindOf(err) == activity.Internal {
		w.log.ErrorContext(v.Context(), "consent failed", "app", r.App.ClientID, "err", err)
	}
	return redirect(to), nil
}

// runs says whether an address is a program: no app that may be trusted is
// reached under one.
func runs(address string) bool {
	scheme, _, _ := strings.Cut(strings.ToLower(address), ":")
	return scheme == "javascript" || scheme == "data" || scheme == "vbscript"
}

// formTarget is the place that the consent form may lead to, for the page's CSP:
// an origin, or the scheme of an app on a phone. What could be read as more than
// that is left out, and the browser stops there.
func formTarget(redirect string) string {
	u, err := url.Parse(redirect)
	switch {
	case err != nil || strings.Trim(u.Scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" || u.Scheme == "" || redirect == grant.OutOfBand || runs(redirect):
		return ""
	case u.Scheme != "https" && u.Scheme != "http":
		return u.Scheme + ":"
	}
	host, err := activity.CleanHost(u.Host)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + host
}
