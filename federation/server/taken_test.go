package server_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/export"
	"entente.example/entente/store"
	"entente.example/entente/store/blob"
)

// Each company takes a group out: what is in an export is what is there.

// crate is an export as somebody unpacks it.
type crate struct {
	t     testing.TB
	files map[string][]byte
	export.Manifest
}

// packed is what a company exports of a group.
func (c *company) packed(group store.Actor) crate {
	c.t.Helper()
	var b bytes.Buffer
	to := export.NewTar(&b)
	_, err := c.ExportGroup(c.t.Context(), group, to, nil)
	c.do(errors.Join(err, to.Done()))
	return unpack(c.t, &b)
}

// unpack reads a tar and holds everything against the manifest.
func unpack(t testing.TB, from io.Reader) crate {
	t.Helper()
	c := crate{t: t, files: map[string][]byte{}}
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.files[h.Name], err = io.ReadAll(r); err != nil || h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) {
			t.Fatalf("%q is a %c: %v", h.Name, h.Typeflag, err)
		}
	}
	if err := json.Unmarshal(c.files["manifest.json"], &c.Manifest); err != nil {
		t.Fatalf("the manifest of %d files: %v", len(c.files), err)
	}
	for _, s := range c.Sheets {
		if text := c.files[s.Name]; len(text) != s.Bytes || blob.Hash(text) != s.SHA256 || bytes.Count(text, []byte("\n")) != s.Lines {
			t.Errorf("%s is not as the manifest says: %+v", s.Name, s)
		}
	}
	for name, content := range c.files {
		if hash, is := strings.CutPrefix(name, "files/"); is && hash != blob.Hash(content) {
			t.Errorf("%s has something else in it", name)
		}
	}
	return c
}

// linesOf are the lines of a noun.
func linesOf[T any](c crate, noun string) (lines []T) {
	c.t.Helper()
	for _, s := range c.Sheets {
		if s.Name != noun+".jsonl" && !strings.HasPrefix(s.Name, noun+"-") { // noun with its folder
			continue
		}
		for text := range bytes.Lines(c.files[s.Name]) {
			var line T
			if err := json.Unmarshal(text, &line); err != nil {
				c.t.Fatalf("%s: %v", s.Name, err)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// contents are the texts of the posts in it.
func (c crate) contents() (texts []string) {
	for _, p := range linesOf[export.Post](c, "posts") {
		texts = append(texts, string(p.Post.Content))
	}
	return texts
}

func TestAGroupIsTakenOutAsItIs(t *testing.T) {
	t.Parallel()
	b, ctx := newBoard(t, activity.AccessClosed), t.Context()
	b.comes(b.bea)
	picture := b.acme.sends(b.alice, drawing(t))
	minutes, err := b.acme.Post(ctx, b.alice, federation.Draft{Title: "The minutes", Text: "of **Monday** \u202e\x1b[31m", Group: b.group.Key, Media: []store.Key{picture.Key}})
	must(b.acme, minutes, err)
	b.pump()
	answer, err := b.globex.Post(ctx, b.bea, federation.Draft{Text: "seen", ReplyTo: b.globex.note(minutes.ID).Key})
	must(b.globex, answer, err)
	gone := b.globex.writes(b.bea, "an advertisement", b.there())
	b.globex.do(b.globex.React(ctx, b.bea, b.globex.note(minutes.ID), "🎉"))
	b.globex.do(b.globex.Like(ctx, b.bea, b.globex.note(minutes.ID)))
	b.pump()
	b.acme.do(b.acme.MarkAnswer(ctx, b.alice, b.acme.note(answer.ID), true))
	b.acme.do(b.acme.Pin(ctx, b.alice, b.acme.note(minutes.ID)))
	news := b.topic("News")
	b.acme.do(b.acme.MoveToTopic(ctx, b.alice, b.acme.note(minutes.ID), news.Key()))
	b.acme.do(b.acme.TakeDown(ctx, b.alice, b.acme.note(gone.ID), "it sells"))
	b.pump()

	c := b.acme.packed(b.group)
	if g := linesOf[export.Group](c, "group"); len(g) != 1 || len(g[0].Topics) != 1 || g[0].Topics[0].ID != news.ID || g[0].Topics[0].Name != "News" || g[0].ID != b.group.ID || g[0].Access != activity.AccessClosed || len(g[0].Companies) != 1 || g[0].Companies[0].Company != b.globex.Host {
		t.Errorf("the group is %+v", g)
	}
	var who []string
	for _, m := range linesOf[export.Member](c, "members") {
		who = append(who, m.Role+" "+m.Handle+" "+m.Company)
	}
	if want := []string{"owner alice@" + b.acme.Host + " " + b.acme.Host, "member bea@" + b.globex.Host + " " + b.globex.Host}; !slices.Equal(who, want) {
		t.Errorf("in it are %q", who)
	}
	posts := linesOf[export.Post](c, "posts")
	if len(posts) != 2 {
		t.Fatalf("there are %d posts", len(posts))
	}
	first, second, here := posts[0], posts[1], b.acme.note(minutes.ID)
	if first.Post.ID != minutes.ID || first.Post.Name != "The minutes" || first.Post.Content != here.Content || !first.Post.Published.Equal(here.Published.Time) ||
		first.Author.ID != b.alice.ID || !first.Pinned || first.Answer != answer.ID || first.Thread != minutes.ID || first.Post.Topic.ID != news.ID {
		t.Errorf("the first is %+v", first)
	}
	if second.Post.ID != answer.ID || second.Author.Company != b.globex.Host || second.Post.InReplyTo.First() != minutes.ID || second.Thread != minutes.ID || second.Pinned {
		t.Errorf("the second is %+v", second)
	}
	own, err := b.acme.Media().Own(ctx, picture.Key, b.alice.Reader())
	b.acme.do(err)
	if f := first.Files; len(f) != 1 || f[0].Name != "a line" || !bytes.Equal(c.files["files/"+f[0].SHA256], own.Content) || f[0].Bytes != len(own.Content) || c.Files.Count != 1 {
		t.Errorf("its files are %+v of %+v", f, c.Files)
	}
	kinds := map[string]string{}
	for _, r := range linesOf[export.Reaction](c, "reactions") {
		kinds[r.Kind+r.Emoji] = r.By.Handle
	}
	if bea := "bea@" + b.globex.Host; len(kinds) != 2 || kinds["like"] != bea || kinds["reaction🎉"] != bea {
		t.Errorf("the reactions are %v", kinds)
	}
	if r := linesOf[export.Removal](c, "removals"); len(r) != 1 || r[0].Post != gone.ID || r[0].Reason != "it sells" || r[0].By == nil || r[0].By.ID != b.alice.ID || r[0].Author.Company != b.globex.Host {
		t.Errorf("the removals are %+v", r)
	}
	if lines, err := b.acme.db.Audited(ctx, string(b.group.ID), b.acme.now().AddDate(0, 0, -1), 1); err != nil || len(lines) != 1 || lines[0].What != "group.exported" {
		t.Errorf("the audit log has %+v, %v", lines, err)
	}
}

func TestACompanyTakesOutWhatItsPeopleMayRead(t *testing.T) {
	t.Parallel()
	b, ctx := newBoard(t, activity.AccessClosed), t.Context()
	b.comes(b.bea)
	picture := b.acme.sends(b.alice, drawing(t))
	n, err := b.acme.Post(ctx, b.alice, federation.Draft{Text: "for the group", Group: b.group.Key, Media: []store.Key{picture.Key}})
	must(b.acme, n, err)
	secret, err := b.acme.Post(ctx, b.alice, federation.Draft{Text: "hush, @bea@" + b.globex.Host, Visibility: activity.VisibleDirect})
	must(b.acme, secret, err)
	other, err := b.acme.OpenGroup(ctx, b.alice, federation.GroupDraft{Name: "Other", Access: activity.AccessClosed})
	b.acme.do(err)
	b.acme.writes(b.alice, "hush, elsewhere", other)
	yes := true
	_, err = b.acme.ChangeGroup(ctx, b.alice, b.group, federation.Settings{Reviewed: &yes})
	b.acme.do(err)
	b.globex.writes(b.bea, "hush, not read yet", b.there())
	b.pump()

	c := b.globex.packed(b.there())
	if got := c.contents(); !slices.Equal(got, []string{"<p>for the group</p>"}) {
		t.Errorf("Globex takes out %q", got)
	}
	if c.Files.Count != 0 || c.Files.Missing != 1 {
		t.Errorf("it has not looked at the picture, and has %+v", c.Files)
	}
	there := b.globex.note(n.ID)
	shown, err := b.globex.Media().Remote(ctx, there.Key, 0, b.bea.Reader())
	b.globex.do(err)
	c = b.globex.packed(b.there())
	if f := linesOf[export.Post](c, "posts")[0].Files; len(f) != 1 || !bytes.Equal(c.files["files/"+f[0].SHA256], shown.Content) {
		t.Errorf("the picture that bea has seen is not in it: %+v", f)
	}
	for name, content := range c.files {
		if bytes.Contains(content, []byte("hush")) || bytes.Contains(content, []byte("@acme.example")) {
			t.Errorf("%s has in it what nobody may read", name)
		}
	}
	b.globex.do(b.globex.Leave(ctx, b.bea, b.there()))
	b.pump()
	if got := b.globex.packed(b.there()).contents(); got != nil {
		t.Errorf("when all are out Globex takes out %q", got)
	}
	if got := b.acme.packed(b.group).contents(); len(got) != 1 {
		t.Errorf("the host takes out %q", got)
	}
	b.acme.tx(func(tx *store.Tx) error { return tx.Suspend(ctx, b.alice.Key, tx.Now) })
	if got := b.acme.packed(b.group).contents(); got != nil {
		t.Errorf("of who is suspended it takes out %q", got)
	}
}

// eavesdrop is a shelf that does something when a file comes.
type eavesdrop struct {
	export.Shelf
	on func(name string) error
}

func (h eavesdrop) Put(name string, content []byte) error {
	return errors.Join(h.on(name), h.Shelf.Put(name, content))
}

func TestAnExportShowsOneMomentOfALargeGroup(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, ctx := acme.person("alice"), t.Context()
	group := acme.makes(alice, activity.AccessClosed)
	const many = 1100
	acme.tx(func(tx *store.Tx) error {
		for i := range many {
			id := activity.ID(fmt.Sprint(acme.URL, "/old/", i))
			n := store.Note{Note: activity.Note{ID: id, Type: "Note", AttributedTo: activity.IDs{alice.ID}, Content: activity.Text(strings.Repeat("long ", 1000))},
				Key: store.NewKey(tx.Now), AuthorKey: alice.Key, GroupKey: group.Key, Admitted: true, Visibility: activity.VisibleFollowers}
			n.ThreadKey = n.Key
			if _, err := tx.PutNote(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	var b bytes.Buffer
	var told []int
	to := export.NewTar(&b)
	_, err := acme.ExportGroup(ctx, group, eavesdrop{to, func(name string) error {
		if name == "group.jsonl" {
			acme.writes(alice, "too late", group)
		}
		return nil
	}}, func(noun string, lines int) {
		if noun == "posts" {
			told = append(told, lines)
		}
	})
	acme.do(errors.Join(err, to.Done()))
	c := unpack(t, &b)
	seen := map[activity.ID]bool{}
	for _, p := range linesOf[export.Post](c, "posts") {
		seen[p.Post.ID] = true
	}
	if len(seen) != many || c.Lines("posts") != many || c.files["posts-2.jsonl"] == nil {
		t.Errorf("there are %d posts, %d lines", len(seen), c.Lines("posts"))
	}
	if len(told) != many/100+1 || told[0] != 100 || !slices.IsSorted(told) || told[len(told)-1] != many {
		t.Errorf("it tells %v", told)
	}
}

func TestAnExportThatIsInterruptedLeavesNothing(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	group := acme.makes(alice, activity.AccessOpen)
	acme.writes(alice, "minutes", group)
	parent := t.TempDir()
	dir := filepath.Join(parent, "atlas")
	for _, at := range []string{"group.jsonl", "posts.jsonl", "manifest.json"} {
		to, err := export.NewFolder(dir)
		acme.do(err)
		ctx, stop := context.WithCancel(t.Context())
		_, err = acme.ExportGroup(ctx, group, eavesdrop{to, func(name string) error {
			if name == at {
				stop()
				return ctx.Err()
			}
			return nil
		}}, nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted at %s it says %v", at, err)
		}
		if left, _ := os.ReadDir(parent); len(left) != 1 || !strings.HasPrefix(left[0].Name(), "atlas.partial-") {
			t.Errorf("while it is made there is %v", left)
		}
		acme.do(to.Abandon())
		if left, _ := os.ReadDir(parent); len(left) != 0 {
			t.Errorf("interrupted at %s it leaves %v", at, left)
		}
	}
	to, err := export.NewFolder(dir)
	acme.do(err)
	_, err = acme.ExportGroup(t.Context(), group, to, nil)
	acme.do(errors.Join(err, to.Done()))
	if info, err := os.Stat(filepath.Join(dir, "manifest.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the folder is not there, or for everybody: %v", err)
	}
	if _, err := export.NewFolder(dir + "/"); reason(err) != "folder_exists" {
		t.Errorf("a folder that is there gives %v", err)
	}
}

// carries is what a company exports of what it shares with another one.
func (c *company) carries(other *company, messages bool) (crate, error) {
	c.t.Helper()
	var b bytes.Buffer
	to := export.NewTar(&b)
	if _, err := c.ExportPartner(c.t.Context(), other.Host, messages, to, nil); err != nil {
		return crate{}, err
	}
	c.do(to.Done())
	return unpack(c.t, &b), nil
}

// texts are those of the posts in a sheet.
func (c crate) texts(noun string) (texts []string) {
	for _, p := range linesOf[export.Post](c, noun) {
		texts = append(texts, activity.PlainText(string(p.Post.Content)))
	}
	return texts
}

func TestWhatIsSharedWithAPartnerIsTakenOutUntilTheWindowCloses(t *testing.T) {
	t.Parallel()
	acme, globex, alice, boris, _, _, _ := shared(t)
	ctx := t.Context()
	group := acme.makes(alice, activity.AccessClosed, globex.Host)
	acme.do(acme.Invite(ctx, alice, group, acme.sees(boris)))
	pump(t, acme, globex)
	globex.do(globex.Join(ctx, boris, globex.knows(string(group.ID))))
	pump(t, acme, globex)
	acme.writes(alice, "in the group", group)
	inner, err := acme.OpenGroup(ctx, alice, federation.GroupDraft{Name: "Inner", Access: activity.AccessClosed})
	acme.do(err)
	acme.writes(alice, "hush, among us", inner)
	acme.person("bob")
	for _, d := range []federation.Draft{{Text: "hush, a message to @bob", Visibility: activity.VisibleDirect}, {Text: "hush, to followers", Visibility: activity.VisibleFollowers}, {Text: "hush, another thread"}} {
		_, err := acme.Post(ctx, alice, d)
		acme.do(err)
	}
	pump(t, acme, globex)

	check := func(when string) {
		t.Helper()
		c, err := acme.carries(globex, false)
		acme.do(err)
		if got := c.texts("threads"); !slices.Equal(got, []string{"the plan", "yes @alice"}) {
			t.Errorf("%s the threads are %q", when, got)
		}
		if got := c.texts("groups/" + group.Key.String() + "/posts"); !slices.Equal(got, []string{"in the group"}) {
			t.Errorf("%s the posts of the group are %q", when, got)
		}
		if c.Files.Count != 1 || c.Kind != "partner" || c.About != globex.Host {
			t.Errorf("%s it is %+v", when, c.Manifest)
		}
		for name, content := range c.files {
			if bytes.Contains(content, []byte("hush")) || bytes.Contains(content, []byte("psst")) || strings.Contains(name, inner.Key.String()) {
				t.Errorf("%s %s has in it what is not shared", when, name)
			}
		}
		if c, err = acme.carries(globex, true); err != nil || len(c.texts("messages")) != 1 || !strings.HasPrefix(c.texts("messages")[0], "psst") {
			t.Errorf("%s the messages are %q, %v", when, c.texts("messages"), err)
		}
	}
	check("while it lasts")
	acme.do(acme.Partnerships().End(ctx, globex.Host, "done"))
	pump(t, acme, globex)
	isState(t, agreement.StateWindingDown, acme, globex)
	check("afterwards")
	if c, err := globex.carries(acme, true); err != nil || len(c.texts("messages")) != 1 || len(c.texts("groups/"+globex.knows(string(group.ID)).Key.String()+"/posts")) != 1 {
		t.Errorf("the other side takes out %+v, %v", c.Manifest, err)
	}
	by := acme.shows(globex).ExportBy
	if by == nil || by.Sub(acme.now()) > limits.WindDown || by.Sub(acme.now()) < limits.WindDown-time.Hour {
		t.Errorf("it can be taken out until %v", by)
	}
	acme.ahead.Add(int64(limits.WindDown + time.Minute))
	if _, err := acme.carries(globex, false); reason(err) != "export_over" || !strings.Contains(err.Error(), "could be taken out until") {
		t.Errorf("when the window is over: %v", err)
	}
	if _, err := acme.ExportPartner(ctx, "nobody.example", false, nil, nil); reason(err) != "no_agreement" {
		t.Errorf("with nobody: %v", err)
	}
}

func TestNothingIsTakenOutAfterABreach(t *testing.T) {
	t.Parallel()
	acme, globex, _, _, _, _, _ := shared(t)
	acme.do(acme.Partnerships().Revoke(t.Context(), globex.Host, "a breach"))
	if _, err := acme.carries(globex, true); reason(err) != "partnership_revoked" {
		t.Errorf("after a breach: %v", err)
	}
}

// clockRuns is how much one side's clock is ahead in these tests: less than what is taken for a
// forgery, more than what a slow machine needs.
const clockRuns = 40 * time.Minute

// What has ended can be taken out for its time, also when a new agreement is offered meanwhile.
func TestANewOfferLeavesTheTimeToTakeThingsOut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, globex, _, _, _, _, _ := shared(t)
	acme.do(acme.Partnerships().End(ctx, globex.Host, "done"))
	pump(t, acme, globex)
	by := acme.shows(globex).ExportBy
	acme.ahead.Store(int64(limits.WindDown - clockRuns))
	globex.ahead.Store(int64(limits.WindDown + time.Second)) // its clock runs fast: there it is over
	acme.do(globex.Partnerships().Propose(ctx, acme.host(), everything()))
	pump(t, acme, globex)
	isState(t, agreement.StateProposed, acme, globex)
	if _, err := acme.carries(globex, true); err != nil {
		t.Errorf("with a new offer: %v", err)
	}
	if got := acme.shows(globex).ExportBy; by == nil || got == nil || !got.Equal(*by) {
		t.Errorf("it can be taken out until %v, and with a new offer until %v", by, got)
	}
	acme.do(acme.Partnerships().Decline(ctx, globex.Host, "no"))
	if _, err := acme.carries(globex, true); err != nil {
		t.Errorf("with an offer that was declined: %v", err)
	}
	acme.ahead.Add(int64(limits.WindDown + time.Minute))
	if _, err := acme.carries(globex, false); reason(err) != "export_over" {
		t.Errorf("when the window is over: %v", err)
	}
}

func TestANewOfferOpensNothingAfterABreach(t *testing.T) {
	t.Parallel()
	acme, globex, _, _, _, _, _ := shared(t)
	acme.do(acme.Partnerships().Revoke(t.Context(), globex.Host, "a breach"))
	pump(t, acme, globex)
	acme.ahead.Store(int64(limits.WindDown + time.Minute))
	globex.ahead.Store(int64(limits.WindDown + time.Minute))
	acme.do(globex.Partnerships().Propose(t.Context(), acme.host(), everything()))
	pump(t, acme, globex)
	for _, c := range []struct{ by, other *company }{{acme, globex}, {globex, acme}} {
		if _, err := c.by.carries(c.other, true); reason(err) != "partnership_revoked" {
			t.Errorf("%s, after a breach and with a new offer: %v", c.by.Host, err)
		}
	}
}
