package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

func TestAMemberPostsAndFollowersReadIt(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice Martin"), c.member("marc", "Marc")
	b, m := c.as(alice), c.as(marc)
	m.post("/@alice/follow", "back", "/@alice").leadsTo("/@alice")
	m.get("/@alice").has("Following", "/@alice/unfollow")
	b.post("/home", "text", "Hello **Lyon**\r\n\r\n<script>alert(1)</script>", "visibility", "private", "language", "fr", "warning", "careful").leadsTo("/home")
	p := m.get("/home").has("<strong>Lyon</strong>", `lang="fr"`, "<summary>", "careful", "followers")
	p.hasNot("<script>", "Answer to")
	m.post("/@alice/unfollow").leadsTo("/@alice")
	m.get("/@alice").has("/@alice/follow").hasNot("/@alice/unfollow")
	b.post("/home", "text", "hello", "visibility", "everybody").is(http.StatusBadRequest).has("Choose from the list", ">hello</textarea>", `href="#visibility"`)
}

func TestWhatWasWrittenIsGivenBackWithTheProblem(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	long := strings.Repeat("<", activity.MaxNote+1)
	p := b.post("/home", "text", long, "warning", `"w"`, "visibility", "direct", "language", "de").is(http.StatusBadRequest)
	p.has("<title>Problem: Home", `role="alert"`, "<a href=\"#text\">A post has at most 5,000 characters.</a>", `aria-invalid="true"`, strings.Repeat("&lt;", activity.MaxNote+1),
		`value="&#34;w&#34;"`, `<option value="direct" selected>`, `<option value="de" lang="de" selected>`, "<details class=\"options\" open>")
}

func TestAnAnswerIsInTheThreadAndNoWiderThanTheQuestion(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	c.joined(store.Follow, marc, alice)
	n, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "who comes?", Visibility: activity.VisibleFollowers})
	c.does(err)
	at, m := notePath(alice, n), c.as(marc)
	m.get(at).has("Answer to Alice", `<option value="private" selected>`, `<option value="direct">`).hasNot(`<option value="public"`, `<option value="unlisted"`)
	m.post(at, "text", "me", "visibility", "public").is(http.StatusBadRequest)
	m.post(at, "text", "", "visibility", "private").is(http.StatusBadRequest).has(`href="#text"`, "who comes?")
	m.post(at, "text", "I do", "visibility", "direct").leadsTo(at + "#answers")
	c.as(alice).get(at).has("I do", "In answer to", "named people")
	c.as(alice).get("/notifications").has("I do")
	c.as(c.member("nina", "Nina")).get(at).is(http.StatusNotFound)
}

func TestAPrivateAnswerNamesAllWhoAreInTheConversation(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc, nina := c.member("alice", "Alice"), c.member("marc", "Marc"), c.member("nina", "Nina")
	n, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "@marc @nina a word?", Visibility: activity.VisibleDirect})
	c.does(err)
	c.as(marc).get(notePath(alice, n)).has(">@nina@acme.example </textarea>")
	c.as(nina).get(notePath(alice, n)).has(">@marc@acme.example </textarea>")
}

func TestAnEditKeepsALanguageThatTheFormDoesNotOffer(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	n, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "hej", Language: "sv"})
	c.does(err)
	b, at := c.as(alice), notePath(alice, n)
	b.get(at + "/edit").has(`<option value="sv" selected>sv</option>`)
	b.post(at+"/edit", "text", "hej då", "language", "sv").leadsTo(at)
	b.get(at).has(`lang="sv"`)
	b.post(at+"/edit", "text", "hej då", "language", `x" onclick="y`).leadsTo(at)
	b.get(at).hasNot("lang=\"x", "onclick")
}

func TestAPostIsEditedAndDeletedByItsAuthorOnly(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	n, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "teh **train**", Warning: "rail", Language: "en"})
	c.does(err)
	at, b, m := notePath(alice, n), c.as(alice), c.as(marc)
	m.get(at).is(http.StatusOK).hasNot(at + "/edit")
	m.get(at + "/edit").is(http.StatusNotFound)
	m.post(at+"/edit", "text", "mine now").is(http.StatusNotFound)
	m.post(at + "/delete").is(http.StatusNotFound)
	b.get(at).has(at + "/edit")
	b.get(at+"/edit").has(">teh **train**</textarea>", `value="rail"`, `<option value="en" lang="en" selected>`, "Yes, delete for good")
	b.post(at+"/edit", "text", "").is(http.StatusBadRequest).has("Write something first.")
	b.post(at+"/edit", "text", "the **train**", "warning", "").leadsTo(at)
	m.get(at).has("the <strong>train</strong>", "edited", at+"/history").hasNot("teh", `class="warning"`)
	m.get(at+"/history").is(http.StatusOK).has("the <strong>train</strong>", "teh <strong>train</strong>", "as it was first posted")
	b.post(at + "/delete").leadsTo("/home")
	b.get(at).is(http.StatusNotFound)
	b.get("/home").hasNot("train")
}

func TestALikeAndABoostAreGivenAndTakenBack(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	n, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "good news"})
	c.does(err)
	at, m := notePath(alice, n), c.as(marc)
	for _, deed := range []string{"like", "boost"} {
		m.get(at).has(`formaction="` + at + "/" + deed + `" aria-pressed="false"`)
		m.post(at+"/"+deed, "back", at+"#p1").leadsTo(at + "#p1")
		m.get(at).has(`formaction="`+at+"/un"+deed+`" aria-pressed="true"`, ", 1 "+deed+"<")
		m.post(at+"/"+deed, "back", "https://evil.example").leadsTo(at)
	}
	c.as(alice).get("/notifications").has("likes your post", "boosted your post", "good news")
	m.get("/@marc").has("boosted this", "good news")
	for _, deed := range []string{"like", "boost"} {
		m.post(at + "/un" + deed).leadsTo(at)
		m.get(at).has(`formaction="` + at + "/" + deed + `" aria-pressed="false"`)
	}
}

func TestWhatIsNotPublicHasNoBoostButton(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	for v, boosts := range map[activity.Visibility]bool{activity.VisiblePublic: true, activity.VisibleUnlisted: true, activity.VisibleFollowers: false, activity.VisibleDirect: false} {
		n := c.wrote(alice, store.Note{Note: activity.Note{Content: "x"}, Visibility: v})
		if got := strings.Contains(c.as(alice).get(notePath(alice, n)).body, "/boost"); got != boosts {
			t.Errorf("%s: %v", v, got)
		}
	}
}

func TestAGroupIsOpenedJoinedAndPostedIn(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc, bea := c.member("alice", "Alice"), c.member("marc", "Marc"), c.partner(activity.Actor{Username: "bea", Name: "Bea"})
	b, m := c.as(alice), c.as(marc)
	b.get("/groups").has(`<option value="globex.example=read">`, "Globex Logistics", `<option value="*">`)
	b.post("/groups", "name", "Project Atlas", "username", "atlas", "purpose", "To *rail*", "company", "globex.example", "company", "").leadsTo("/@atlas")
	b.get("/@atlas").has("Project Atlas", "<em>rail</em>", "You own this group", "globex.example", "Read by 1 person, 1 company", "1 member<")
	c.joined(store.Membership, bea, must(c.db.ActorByHandle(t.Context(), "atlas", "")))

	m.get("/groups").has("More groups at acme.example", "Project Atlas")
	m.get("/@atlas").has("/@atlas/join").hasNot("<textarea")
	m.post("/@atlas", "text", "may I?").is(http.StatusForbidden).has("Only members of the group can post in it")
	m.post("/@atlas/join", "back", "/@atlas").leadsTo("/@atlas")
	m.get("/@atlas").has("Read by 3 people, 2 companies", "/@atlas/leave")
	m.post("/@atlas", "text", "we leave at **six**").leadsTo("/@atlas")
	b.get("/@atlas").has("we leave at <strong>six</strong>")
	b.get("/home").has("we leave at", "In the group", `href="/@atlas"`)
	m.get("/@atlas/members").has("Alice", "Bea", "globex.example", "2 people")
	b.post("/@atlas/leave").is(http.StatusConflict).has("This group needs another owner first")
	m.post("/@atlas/leave").leadsTo("/@atlas")
	m.get("/home").hasNot("My groups", "may I?")
	m.get("/@alice/members").is(http.StatusNotFound)
	m.post("/@alice", "text", "x").is(http.StatusNotFound)
}

func TestAGroupWithAWrongNameIsNotOpened(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	for _, tc := range []struct{ name, username, company, field, say string }{
		{"", "atlas", "globex.example", "name", "A group needs a name"},
		{"Atlas", "At las!", "globex.example", "username", "The short name has 1 to 30"},
		{"Atlas", "alice", "globex.example", "username", "This short name is taken."},
		{"Atlas", "atlas", "evil.example", "", "not one of our partners"},
	} {
		p := b.post("/groups", "name", tc.name, "username", tc.username, "purpose", "why", "company", tc.company, "company", "globex.example")
		if p.code < 400 || p.code >= 500 {
			t.Errorf("%v: %d", tc, p.code)
		}
		p.has(tc.say, ">why</textarea>", `<option value="globex.example" selected>`)
		if tc.field != "" {
			p.has(`<a href="#`+tc.field+`">`, `aria-invalid="true"`)
		}
	}
}

func TestBlockingHidesAndUnblockingShowsAgain(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	c.wrote(marc, store.Note{Note: activity.Note{Content: "<p>noise"}})
	b := c.as(alice)
	b.get("/@marc").has("noise", "/@marc/block")
	b.post("/@marc/block").leadsTo("/@marc")
	b.get("/@marc").has("/@marc/unblock").hasNot("noise", `formaction="/@marc/follow"`)
	b.post("/@marc/unblock").leadsTo("/@marc")
	b.get("/@marc").has("noise")
}

func TestAListIsReadFromEndToEnd(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	for range 2*store.PageDefault + 5 {
		_, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "post"})
		c.does(err)
	}
	b := c.as(alice)
	for _, start := range []string{"/home", "/@alice"} {
		var counts []int
		p := b.get(start)
		for {
			counts = append(counts, strings.Count(p.body, "<article"))
			older := link(p, "next")
			if older == "" {
				break
			}
			p = b.get(older)
		}
		if len(counts) != 3 || counts[0] != 20 || counts[1] != 20 || counts[2] != 5 {
			t.Errorf("%s: the pages have %v", start, counts)
		}
		for newer := link(p, "prev"); newer != ""; newer = link(p, "prev") {
			counts = append(counts, 0)
			if p = b.get(newer); len(counts) > 9 {
				t.Fatalf("%s: there is no first page", start)
			}
		}
		if got := strings.Count(b.get(start+"?before=garbage&after=-1").body, "<article"); got != 20 {
			t.Errorf("%s: %d posts on the page that nobody asked for", start, got)
		}
	}
	b.get("/home?before=1").is(http.StatusOK).has(`rel="prev" href="/home"`)
}

func link(p page, rel string) string {
	for n := range p.doc().Descendants() {
		if n.Data == "a" && attr(n, "rel") == rel {
			return attr(n, "href")
		}
	}
	return ""
}

func TestAThreadShowsWhatIsAnsweredAndHowDeep(t *testing.T) {
	t.Parallel()
	note := func(key, to store.Key) store.Note { return store.Note{Key: key, ReplyTo: to} }
	ring := []store.Note{note(1, 3), note(2, 1), note(3, 2)}
	tree := []store.Note{note(1, 0), note(2, 1), note(3, 2), note(4, 3), note(5, 2), note(6, 3), note(7, 1)}
	above, below, depths := around(tree[1], tree)
	if len(above) != 1 || above[0].Key != 1 {
		t.Errorf("above: %v", above)
	}
	want := []struct {
		key   store.Key
		depth int
	}{{3, 0}, {4, 1}, {6, 1}, {5, 0}}
	for i, w := range want {
		if len(below) != len(want) || below[i].Key != w.key || depths[i] != w.depth {
			t.Fatalf("below: %v %v", below, depths)
		}
	}
	if above, below, _ := around(ring[0], ring); len(above)+len(below) > 5 {
		t.Errorf("a ring has no end: %d, %d", len(above), len(below))
	}
}

func TestSearchFindsPeopleGroupsAndPosts(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice Martin")
	bea := c.partner(activity.Actor{Username: "bea", Name: "Bea Lindqvist"})
	n := c.wrote(bea, store.Note{Note: activity.Note{Content: "<p>containers"}})
	b := c.as(alice)
	find := func(q string) page { return b.get("/search?q=" + url.QueryEscape(q)) }
	find("bea").is(http.StatusOK).has("Bea Lindqvist", "globex.example", `value="bea"`)
	find("@bea@globex.example").is(http.StatusOK).has("Bea Lindqvist")
	find(string(n.ID)).is(http.StatusOK).has("containers")
	find("<nobody>").is(http.StatusOK).has("Nothing was found for “&lt;nobody&gt;”.")
	find("@eve@evil.example").is(http.StatusForbidden).has("not one of our partners", `href="#q"`)
	find("   ").is(http.StatusOK)
}

func TestSomebodyIsLookedForInDirectoriesWhereTheyWantIt(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	const offer = "Ask these directories"
	b.get("/search?q=bea").is(http.StatusOK).hasNot(offer)
	c.tx(func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: "globex.example", Agreement: "https://globex.example/partnerships/1", Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	})
	b.get("/search?q=bea").is(http.StatusOK).has(offer, "people of globex.example")
	b.get("/search?q=%23bea").is(http.StatusOK).hasNot(offer)
	b.get("/search?q=bea&directories=1").is(http.StatusOK).has("have not answered: globex.example").hasNot(offer)
}

func TestSomebodyOfAPartnerIsShownWithTheCompany(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutActor(t.Context(), store.Actor{Host: "globex.localhost:8081", Actor: activity.Actor{ID: "http://globex.localhost:8081/users/ida", Type: "Person", Username: "ida", Name: "Ida"}})
		return err
	})
	b := c.as(alice)
	for _, path := range []string{"/@ida@globex.localhost:8081", "/@IDA@Globex.localhost:8081", "/%40ida%40globex.localhost%3A8081"} {
		b.get(path).is(http.StatusOK).has(`class="badge"`, "globex.localhost:8081", "From a partner company", `formaction="/@ida@globex.localhost:8081/follow"`)
	}
	b.get("/@alice@acme.example").is(http.StatusOK).has("Works here")
	b.get("/@acme.example").is(http.StatusNotFound) // the instance itself
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAProfileShowsWhatIsPinnedAndWhereSomebodyHasGone(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	ada, old := c.member("ada", "Ada"), c.partner(activity.Actor{Username: "bea", Name: "Bea"})
	next := c.partner(activity.Actor{Username: "beatrice", Name: "Beatrice"})
	pinned := c.wrote(old, store.Note{Note: activity.Note{Content: "<p>read this first</p>"}})
	hidden := c.wrote(old, store.Note{Note: activity.Note{Content: "<p>not for ada</p>"}, Visibility: activity.VisibleDirect})
	c.tx(func(tx *store.Tx) error {
		return tx.SetFeatured(t.Context(), old.Key, []store.Key{pinned.Key, hidden.Key}, 0)
	})
	c.tx(func(tx *store.Tx) error { return tx.PutMove(t.Context(), old.Key, next.Key) })
	b := c.as(ada)
	b.get("/@bea@globex.example").is(http.StatusOK).has("Pinned posts", "read this first", "It goes on as", "/@beatrice@globex.example").hasNot("not for ada")
	b.get("/@beatrice@globex.example").is(http.StatusOK).hasNot("Pinned posts", "It goes on as")
}

func TestAnAdminSeesWhoEachReportIsAbout(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	boss, alice := c.member("boss", "Boss"), c.member("alice", "Alice Martin")
	for _, about := range []store.Actor{c.member("amir", "Amir Reported"), c.member("bob", "Bob Reported")} {
		_, err := c.engine.Report(t.Context(), alice, federation.Complaint{Account: about})
		c.does(err)
	}
	c.as(boss).get("/notifications").has("reports something", "Amir Reported", "Bob Reported")
}
