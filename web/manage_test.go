package web

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

func TestAGroupIsLookedAfterOnItsPage(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, bob, carol := c.member("alice", "Alice"), c.member("bob", "Bob"), c.member("carol", "Carol")
	a, b, m := c.as(alice), c.as(bob), c.as(carol)
	a.post("/groups", "name", "Board", "username", "board", "access", "closed").leadsTo("/@board")
	b.get("/@board").has("Ask to join", "Only members see what is written here").hasNot("/@board/members", "Look after this group")
	b.get("/@board/members").is(403)
	b.get("/@board/manage").is(403)
	b.post("/@board/join").leadsTo("/@board")
	a.get("/notifications").has("asks to join a group that you look after")
	a.get("/@board").has("Look after this group")
	a.get("/@board/manage").has("Who asks to join", `aria-label="Let in: Bob"`, `aria-label="Refuse: Bob"`)
	a.post("/@board/manage/people", "who", bob.Key.String(), "do", "accept").leadsTo("/@board/manage")
	a.post("/@board/manage/invite", "handle", "@nobody").has("Nobody is called that").is(400)
	a.post("/@board/manage/invite", "handle", "@carol").leadsTo("/@board/manage")
	m.get("/groups").has("You are invited to", "Board")
	m.get("/notifications").has("invites you")
	m.get("/@board").has("You are invited", "Decline")
	m.post("/@board/decline").leadsTo("/groups")
	a.post("/@board/manage/people", "who", bob.Key.String(), "do", store.Moderator).leadsTo("/@board/manage")
	b.get("/@board/manage").has("Owner").hasNot("Save the settings", "Make the owner")
	a.post("/@board/manage", "name", "The board", "access", "closed", "posting", "all", "inviting", "all", "reviewed", "1").leadsTo("/@board/manage")
	a.get("/@board/manage").has("The board", `name="reviewed" value="1" checked`)
	a.post("/@board/manage", "name", "The board", "access", "closed", "posting", "all", "inviting", "all", "reviewed", "1", "company", "globex.example=comment").leadsTo("/@board/manage")
	a.get("/@board/manage").has(`<option value="globex.example=comment" selected>`)
	a.get("/@board").has("may comment and react")
	a.post("/@board/manage/people", "who", bob.Key.String(), "do", store.Membership).leadsTo("/@board/manage")
	b.get("/@board").has("Title (optional)")
	b.post("/@board", "text", "to be read", "title", strings.Repeat("x", limits.Title+1)).has("at most 200 characters", `href="#title"`).is(400)
	b.post("/@board", "text", "to be read", "title", "The <minutes>").leadsTo("/@board")
	a.get("/@board/manage").has("Posts that wait to be read", "to be read", `aria-label="Take it in: Bob"`)
	c.as(alice).get("/@board").hasNot("to be read")
	g, err := c.db.ActorByHandle(t.Context(), "board", "")
	c.does(err)
	_, waiting, err := c.db.Waiting(t.Context(), g.Key, store.Page{})
	c.does(err)
	a.post("/@board/manage/people", "who", waiting[0].Key.String(), "do", "take").leadsTo("/@board/manage")
	a.get("/@board").has("to be read")
	post := "/@bob/" + waiting[0].Key.String()
	a.get(post).has("Pin in the group", "Close the thread")
	b.get(post).hasNot("Pin in the group")
	a.post(post + "/pin").leadsTo(post)
	a.post(post + "/lock").leadsTo(post)
	a.get(post).has("Unpin", "Open the thread again", "only moderators can answer")
	b.post(post + "/unlock").is(403)
	a.post(post + "/unlock").leadsTo(post)
	a.post(post + "/unpin").leadsTo(post)
	a.get(post).has("Pin in the group", "Close the thread", "Take it out of the group")
	b.get(post).has("<strong>The</strong>").hasNot("Take it out of the group").hasNot("Report this post")
	b.get(post + "/edit").has(`name="title" dir="auto" value="The"`)
	a.get(post).has("Report this post", "and so does who looks after the group").hasNot("which does not learn who you are</span>")
	a.post(post+"/report", "comment", strings.Repeat("x", limits.ReportComment+1)).has("too long for a report", `aria-invalid="true"`).is(400)
	a.post(post+"/report", "comment", "it is <rude>").leadsTo(post + "?reported")
	a.get(post + "?reported").has("Thank you: it will be looked at.")
	a.get("/@board/manage").has("What was reported", "it is &lt;rude&gt;", `aria-label="Dealt with: Bob"`)
	rs, err := c.db.Reports(t.Context(), true, store.Page{})
	c.does(err)
	a.post("/@board/manage/people", "who", rs[0].Key.String(), "do", "settle").leadsTo("/@board/manage")
	a.get("/@board/manage").hasNot("What was reported")
	b.post(post+"/takedown", "reason", "mine").is(403)
	a.post(post+"/takedown", "reason", " ").has("Say why in a few words", `aria-invalid="true"`).is(400)
	a.post(post+"/takedown", "reason", "not for the <board>").leadsTo("/@board")
	a.get("/@board").hasNot("to be read")
	a.get("/@board/manage").has("What was taken out", "not for the &lt;board&gt;")
	a.post("/@board", "text", "who knows?").leadsTo("/@board")
	list, err := c.db.GroupWall(t.Context(), g.Key, store.Reader{Actor: alice.Key}, store.Page{})
	c.does(err)
	asked := "/@alice/" + list[0].Note.Key.String()
	a.post(asked, "text", "I do").leadsTo(asked + "#answers")
	answers, err := c.db.Replies(t.Context(), list[0].Note.Key, store.Reader{Actor: alice.Key}, store.Page{})
	c.does(err)
	reply := "/@alice/" + answers[0].Key.String()
	a.get(asked).has("Mark as the answer").hasNot("The answer</strong>")
	b.get(asked).hasNot("Mark as the answer")
	b.post(reply + "/answer").is(403)
	a.post(reply + "/answer").leadsTo(reply)
	b.get(asked).has("The answer</strong>")
	a.get(asked).has(reply + "/unanswer")
	a.post(reply + "/unanswer").leadsTo(reply)
	b.get(asked).hasNot("The answer</strong>")
	a.post(asked + "/delete").leadsTo("/home")
	a.get(reply).has("I do").hasNot("Mark as the answer") // what began the thread is gone
	b.get("/notifications").has("has taken out a post of yours", "not for the &lt;board&gt;")
	a.post("/@board/manage/people", "who", bob.Key.String(), "do", "ban").leadsTo("/@board/manage")
	a.get("/@board/manage").has("Who is kept out", `aria-label="Let in again: Bob"`)
	b.get("/@board").has("Ask to join")
}

// Every page of a secret group is like that of one that is not there, for who is not in it.
func TestASecretGroupIsOnNoPage(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, bob := c.member("alice", "Alice"), c.member("bob", "Bob")
	g, err := c.engine.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Zebra", Access: activity.AccessSecret})
	c.does(err)
	_, err = c.engine.Post(t.Context(), alice, federation.Draft{Text: "hush", Group: g.Key})
	c.does(err)
	b := c.as(bob)
	for _, path := range []string{"", "/members", "/manage"} {
		there, none := b.get(actorPath(g)+path), b.get("/@nosuchgroupatallandneverwas"+path)
		if there.code != 404 || none.code != 404 || there.main() != none.main() {
			t.Errorf("%s gives %d:\n%s\nand %d for what is missing:\n%s", path, there.code, there.main(), none.code, none.main())
		}
	}
	for _, path := range []string{"/groups", "/search?q=zeb", "/home"} {
		b.get(path).hasNot("Zebra", "hush")
	}
	c.as(alice).get(actorPath(g)).has("Zebra", "hush", "Secret")
}
