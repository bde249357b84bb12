package server_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

// items are the entries of one of acme's collections, as bea's server reads it.
func (s *stranger) items(c *company, actor string, id activity.ID) (entries []string) {
	s.t.Helper()
	status, body := c.get(s, actor, string(id)[len(c.House.URL):])
	var doc struct {
		Type  string   `json:"type"`
		Items []string `json:"orderedItems"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || status != 200 || doc.Type != "OrderedCollection" {
		s.t.Fatalf("%s answers %d %s", id, status, body)
	}
	return doc.Items
}

func TestAThreadOfOursIsOneCollectionThatBeginsWithItsFirstPost(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	root, err := acme.Post(t.Context(), alice, federation.Draft{Text: "question"})
	acme.do(err)
	answer := globex.create(bea, "/notes/1", "answer")
	answer["object"].(map[string]any)["inReplyTo"] = root.ID
	answer["object"].(map[string]any)["published"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) // says bea
	globex.send(acme, answer)
	pump(t, acme)
	last, err := acme.Post(t.Context(), alice, federation.Draft{Text: "thanks", ReplyTo: root.Key})
	acme.do(err)
	hidden, err := acme.Post(t.Context(), alice, federation.Draft{Text: "between us", ReplyTo: root.Key, Visibility: activity.VisibleDirect})
	acme.do(err)

	if root.Thread.ID != root.ID+"/context" || activity.ID(root.Conversation) != root.Thread.ID || root.Replies.ID != root.ID+"/replies" {
		t.Fatalf("the post names %q, %q, %q", root.Thread.ID, root.Conversation, root.Replies.ID)
	}
	if last.Thread.ID != root.Thread.ID || last.Conversation != root.Conversation || hidden.Thread.ID != root.Thread.ID {
		t.Errorf("the answer is in the thread %q", last.Thread.ID)
	}
	want := []string{string(root.ID), globex.id("/notes/1"), string(last.ID)}
	if got := globex.items(acme, bea, root.Thread.ID); !slices.Equal(got, want) {
		t.Errorf("the thread is %q", got)
	}
	if got := globex.items(acme, bea, root.Replies.ID); !slices.Equal(got, want[1:]) {
		t.Errorf("the answers are %q", got)
	}
	if status, _ := acme.get(globex, bea, "/notes/"+last.Key.String()+"/context"); status != 404 {
		t.Errorf("an answer has a thread of its own: %d", status)
	}
}

func TestAnAnswerStaysInTheThreadThatItsPartnerKeeps(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	question := globex.create(bea, "/notes/1", "question")
	object := question["object"].(map[string]any)
	object["context"], object["conversation"] = globex.id("/contexts/1"), "tag:globex,2026:1"
	globex.send(acme, question)
	pump(t, acme)
	answer, err := acme.Post(t.Context(), alice, federation.Draft{Text: "answer", ReplyTo: acme.note(activity.ID(globex.id("/notes/1"))).Key})
	acme.do(err)
	if string(answer.Thread.ID) != globex.id("/contexts/1") || answer.Conversation != "tag:globex,2026:1" {
		t.Fatalf("it is in the thread %q, %q", answer.Thread.ID, answer.Conversation)
	}
}
