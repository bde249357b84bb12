package web

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// elsewhere is a group of Globex's with companies, in which alice is and has posted, a poll
// of bea's, and what marc sees, who is not in it.
type elsewhere struct {
	*company
	alice, marc, group store.Actor
	poll, own          store.Note
}

func newElsewhere(t *testing.T, access activity.Access) *elsewhere {
	t.Helper()
	e := &elsewhere{company: newCompany(t)}
	e.alice, e.marc = e.member("alice", "Alice"), e.member("marc", "Marc")
	bea := e.partner(activity.Actor{Username: "bea"})
	e.group = e.partner(activity.Actor{Type: "Group", Username: "labs", Name: "Labs", Summary: "<p>To try things"})
	e.group.SetAccess(access)
	e.group.Streams = activity.List[activity.Topic]{e.group.NewTopic("1", "News")}
	e.says(nil)
	e.joined(store.Membership, e.alice, e.group)
	in := store.Note{GroupKey: e.group.Key, Admitted: true}
	in.Note = activity.Note{Content: "her words"}
	e.own = e.wrote(e.alice, in)
	in.Note = activity.Note{Type: "Question", Content: "tea?", Question: activity.Question{OneOf: activity.List[activity.PollOption]{{Name: "yes"}}}}
	e.poll = e.wrote(bea, in)
	return e
}

// says makes the group tell which companies it has.
func (e *elsewhere) says(seats activity.Seats) {
	e.Helper()
	e.group.Companies = seats
	e.tx(func(tx *store.Tx) (err error) {
		e.group, err = tx.PutActor(e.Context(), e.group)
		return err
	})
}

func TestAMemberIsOfferedWhatTheirCompanyMayDoInAGroupElsewhere(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t, activity.AccessClosed)
	alice := e.as(e.alice)
	bea := e.partner(activity.Actor{Username: "bea"})
	page, post, own := "/@labs@globex.example", notePath(bea, e.poll), notePath(e.alice, e.own)
	compose, vote, answer := `action="/@labs@globex.example"`, `action="`+post+`/vote"`, `action="`+post+`"`
	like, react := `formaction="`+post+`/like"`, `name="emoji" value="👍"`
	readsAlong, begins := "read along here. The group’s owner at globex.example", "answer and react here, and begin nothing. The group’s owner at globex.example"
	all := func() {
		t.Helper()
		alice.get(page).is(200).has(compose).hasNot(readsAlong, begins)
		alice.get(post).is(200).has(vote, answer, like, react).hasNot(readsAlong)
		alice.get(own + "/edit").is(200).has("<textarea").hasNot(readsAlong)
		alice.get(own).is(200).has(own + "/topic")
	}
	all() // what its host has not said
	at := func(level activity.Level) {
		e.says(activity.Seats{{Host: "*", Level: activity.Invites}, {Host: "acme.example", Level: level}})
	}
	at(activity.Posts)
	all()
	at(activity.Comments)
	alice.get(page).is(200).has(begins).hasNot(compose, readsAlong)
	alice.get(post).is(200).has(vote, answer, like, react).hasNot(readsAlong)
	at(activity.Reads)
	alice.get(page).is(200).has(readsAlong).hasNot(compose, like, react)
	alice.get(post).is(200).has(readsAlong).hasNot(vote, answer, like, react)
	alice.get(own+"/edit").is(200).has(readsAlong, own+"/delete").hasNot("<textarea")
	alice.get("/home").is(200).hasNot(like)
	alice.get(own).is(200).hasNot(own + "/topic")
	for path, fields := range map[string][]string{page: {"text", "news"}, post: {"text", "an answer"}, own + "/edit": {"text", "edited"}} {
		alice.post(path, fields...).is(403).has("may not do this in this group")
	}
	alice.post(post + "/like").is(403)
	alice.header.Set("Accept-Language", "fr")
	alice.get(page).has("suivent ce groupe en lecture")
	at(activity.Comments)
	alice.get(page).has("répondent et réagissent ici")
	alice.header.Set("Accept-Language", "en")

	e.does(e.engine.Like(t.Context(), e.alice, e.poll)) // what was done can be taken back
	at(activity.Reads)
	alice.get(post).has(`formaction="` + post + `/unlike"`)
	alice.post(post + "/unlike").leadsTo(post)
	at(activity.Comments)
	e.does(e.engine.React(t.Context(), e.alice, e.poll, "🎉"))
	at(activity.Reads)
	alice.get(post).has(`name="emoji" value="🎉"`)
	alice.post(post+"/react", "emoji", "🎉").leadsTo(post)
	alice.get(post).hasNot("unlike", `name="emoji"`)
}

// Whose company is in a group elsewhere sees what it is for and with whom, and asks to join.
func TestThePeopleOfItsCompaniesSeeWhatAGroupElsewhereIs(t *testing.T) {
	t.Parallel()
	for access, asks := range map[activity.Access]string{activity.AccessOpen: "Join", activity.AccessClosed: "Ask to join"} {
		e := newElsewhere(t, access)
		marc := e.as(e.marc)
		page := "/@labs@globex.example"
		marc.get(page).is(200).has("Labs", "To try things", asks).hasNot("Also open to")
		e.says(activity.Seats{{Host: "initech.example", Level: activity.Posts}, {Host: "acme.example", Level: activity.Reads}, {Host: "*", Level: activity.Comments}})
		p := marc.get(page).is(200).has("Labs", "To try things", asks, "Also open to", "initech.example</bdi></span> <strong>", "may post", "may read", "Every other partner company, now and later may comment and react")
		p.hasNot("read along here", "acme.example</bdi></span> <strong>")
	}
}

func TestAGroupElsewhereIsAsWellMadeAsOurs(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t, activity.AccessClosed)
	e.does(e.engine.Like(t.Context(), e.alice, e.poll))
	ours, err := e.engine.OpenGroup(t.Context(), e.alice, federation.GroupDraft{Name: "Atlas", Companies: []string{"globex.example=read"}})
	e.does(err)
	_, err = e.engine.Post(t.Context(), e.alice, federation.Draft{Text: "ours", Group: ours.Key})
	e.does(err)
	e.says(activity.Seats{{Host: "acme.example", Level: activity.Reads}})
	bea := e.partner(activity.Actor{Username: "bea"})
	for _, lang := range []string{"en", "fr"} {
		e.tx(func(tx *store.Tx) error { return tx.SetLocale(t.Context(), e.alice.Key, lang) })
		alice := e.as(e.alice)
		for _, path := range []string{"/@labs@globex.example", notePath(bea, e.poll), notePath(e.alice, e.own) + "/edit"} {
			checkPage(t, lang+" "+path, lang, alice.get(path).is(200))
		}
	}
	e.tx(func(tx *store.Tx) error { return tx.SetLocale(t.Context(), e.alice.Key, "en") })
	e.as(e.alice).get("/@atlas").has("may read", "<textarea") // in one's own group everybody may do everything
}
