package media

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/names"
	"entente.example/entente/store"
)

// Pages and clients load pictures without a cookie or a token, so an address carries
// what lets one member see one picture, for linkLife at least and twice that at most.
// Between two steps it is the same, so that a browser loads a picture once. Whoever
// gets hold of it sees that picture, as long as that member may.
const linkLife = 6 * time.Hour

// Links makes addresses on this instance for one member.
type Links struct{ url, secret, member, until string }

// Links are those for this member, from now on.
func (l *Library) Links(ctx context.Context, member store.Key) (Links, error) {
	secret, err := l.signs(ctx)
	until := l.find.Now().Truncate(linkLife).Add(2 * linkLife)
	return Links{l.find.URL, secret, member.String(), strconv.FormatInt(until.Unix(), 10)}, err
}

// Own is the address of a picture of ours.
func (l Links) Own(key store.Key) string { return l.to("/media/" + key.String()) }

// Key is that of the i-th of a note's Files, where it is a picture of ours.
func (l Links) Key(n store.Note, i int) (key store.Key, isOurs bool) {
	key, isOurs = names.House{URL: l.url}.MediaKey(n.Files()[i].URL.First())
	return key, isOurs && n.Local
}

// Of is the address of the i-th of a note's Files, "" where that is not a picture that
// we can show.
func (l Links) Of(n store.Note, i int) string {
	if own, ok := l.Key(n, i); ok {
		return l.Own(own)
	}
	if n.Local || n.Files()[i].Kind() != "image" {
		return ""
	}
	return l.to(fmt.Sprintf("/media/%s/%d", n.Key, i))
}

func (l Links) to(path string) string {
	query := url.Values{"for": {l.member}, "until": {l.until}, "by": {signature(l.secret, path, l.member, l.until)}}
	return l.url + path + "?" + query.Encode()
}

// IsLink says whether a query claims to be that of a link.
func IsLink(query url.Values) bool { return query.Has("by") }

// Reader is on whose behalf a link is used, who may be asked for anything of theirs at
// that moment: the member, if it is still one. A link that is not of our making, or too
// old, is NotFound, like everything that it could be for.
func (l *Library) Reader(ctx context.Context, path string, query url.Values) (store.Reader, error) {
	secret, err := l.signs(ctx)
	if err != nil {
		return store.Reader{}, err
	}
	member, until := query.Get("for"), query.Get("until")
	if !hmac.Equal([]byte(query.Get("by")), []byte(signature(secret, path, member, until))) {
		return store.Reader{}, activity.ErrNotFound()
	}
	key, err := store.ParseKey(member)
	if err != nil {
		return store.Reader{}, err
	}
	if end, err := strconv.ParseInt(until, 10, 64); err != nil || l.find.Now().Unix() >= end {
		return store.Reader{}, activity.ErrNotFound()
	}
	m, err := l.db.Member(ctx, key)
	if err != nil {
		return store.Reader{}, err
	}
	a, err := l.db.ActorByKey(ctx, key)
	if err == nil && (m.Locked() || !a.Usable()) {
		err = activity.ErrNotFound()
	}
	return store.Reader{Actor: key}, err
}

func signature(secret, path, member, until string) string {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "media\n%s\n%s\n%s", path, member, until) // a Hash never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// signs is the key of this instance, read once: it never changes.
func (l *Library) signs(ctx context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.secret != "" {
		return l.secret, nil
	}
	secret, err := l.db.MediaSecret(ctx)
	if err == nil {
		l.secret = secret
	}
	return secret, err
}
