package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// noticeBoard is a website on which a list can be put.
type noticeBoard struct {
	url  string
	text []byte
}

func pinboard(t *testing.T) *noticeBoard {
	t.Helper()
	b := &noticeBoard{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b.text) }))
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(s.Listener.Addr().String(), ":")
	b.url = "http://board.localhost:" + port + "/circle.json"
	return b
}

// puts has a list signed by a company.
func (b *noticeBoard) puts(by *company, list string) {
	by.t.Helper()
	signed, err := by.Partnerships().PublishCircle(by.t.Context(), json.RawMessage(list))
	b.text = must(by, signed, err)
}

func listOf(hosts ...string) string {
	var all []string
	for _, h := range hosts {
		all = append(all, fmt.Sprintf(`{"host": %q, "name": "one", "lets": ["follow"], "takes": ["all"]}`, h))
	}
	return `{"type": "TrustCircle", "name": "Rail sector", "organisations": [` + strings.Join(all, ",") + `]}`
}

func TestOnlyTheKeyThatWasPinnedSpeaksForACircle(t *testing.T) {
	t.Parallel()
	acme, sector, mallory := found(t, "acme", false), found(t, "sector", false), found(t, "mallory", false)
	ctx, b, d := t.Context(), pinboard(t), acme.Partnerships()
	b.puts(sector, listOf("globex.example", "initech.example"))
	kept, err := d.SubscribeCircle(ctx, b.url)
	if acme.do(err); kept.Name != "Rail sector" || kept.Signer.Host() != sector.host() || !strings.HasPrefix(kept.Key, "z6Mk") {
		t.Errorf("%+v", kept)
	}
	b.puts(sector, listOf("globex.example"))
	c, err := d.Circle(ctx, kept)
	if acme.do(err); len(c.Organisations) != 1 || !c.Organisations[0].Proposal().Takes.Lets("file.upload", "") || c.Organisations[0].Proposal().Lets.Lets("profile", "") {
		t.Errorf("%+v", c)
	}
	if all, err := acme.db.Partnerships(ctx, ""); err != nil || len(all) > 0 {
		t.Errorf("a list has made agreements: %v %v", all, err)
	}
	genuine := string(b.text)
	refused := func(what, reason string) {
		t.Helper()
		if _, err := d.Circle(ctx, kept); activity.FaultOf(err).Reason != reason {
			t.Errorf("%s: %v, not %s", what, err, reason)
		}
	}
	b.text = []byte(strings.Replace(genuine, "globex.example", "mallory.example", 1))
	refused("a host was changed on the way", "key_changed")
	if _, err := d.SubscribeCircle(ctx, b.url); activity.FaultOf(err).Reason != "proof_wrong" {
		t.Errorf("who subscribes to what was changed: %v", err)
	}
	b.puts(mallory, listOf("mallory.example"))
	refused("somebody else has signed it", "key_changed")
	b.text = []byte(listOf("globex.example"))
	refused("nobody has signed it", "no_proof")
	b.text = []byte(genuine)
	acme.do(d.UnsubscribeCircle(ctx, kept))
	if _, err := d.FindCircle(ctx, "rail sector"); activity.FaultOf(err).Reason != "no_circle" {
		t.Errorf("what was unsubscribed from: %v", err)
	}
}

func TestAHostileCircleIsRefused(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	many := make([]string, limits.CircleOrganisations+1)
	for n := range many {
		many[n] = fmt.Sprintf("h%d.example", n)
	}
	short := func(hosts []string) string {
		return `{"type":"TrustCircle","name":"n","organisations":[{"host":"` + strings.Join(hosts, `","name":""},{"host":"`) + `","name":""}]}`
	}
	for list, reason := range map[string]string{
		short(many): "large_circle",
		strings.Replace(listOf("globex.example"), `"one"`, `"`+strings.Repeat("x", limits.Discovery)+`"`, 1): "large_circle",
		listOf("globex.example", "globex.example"):                                                           "bad_circle",
		listOf("Globex.example"):                                             "bad_circle",
		listOf("https://globex.example"):                                     "bad_circle",
		strings.Replace(listOf("globex.example"), `"all"`, `"launch"`, 1):    "bad_circle",
		strings.Replace(listOf("globex.example"), "TrustCircle", "Note", 1):  "bad_circle",
		strings.Replace(listOf("globex.example"), "Rail sector", "", 1):      "bad_circle",
		`{"type": "TrustCircle", "name": "n", "organisations": "everybody"}`: "bad_circle",
	} {
		b := pinboard(t)
		b.text = []byte(list)
		for who, does := range map[string]func() error{
			"publishes": func() error {
				_, err := acme.Partnerships().PublishCircle(t.Context(), json.RawMessage(list))
				return err
			},
			"subscribes": func() error { _, err := acme.Partnerships().SubscribeCircle(t.Context(), b.url); return err },
		} {
			err := does()
			if who == "subscribes" && len(list) > limits.Discovery { // it is not even read to its end
				if activity.KindOf(err) != activity.TooLarge && activity.FaultOf(err).Reason != "too_large" {
					t.Errorf("who subscribes to a long one: %v", err)
				}
			} else if activity.FaultOf(err).Reason != reason {
				t.Errorf("who %s %.80s: %v, not %s", who, list, err, reason)
			}
		}
	}
	if _, err := acme.Partnerships().PublishCircle(t.Context(), json.RawMessage(short(many[1:]))); err != nil {
		t.Errorf("the most that a list may have: %v", err)
	}
	if all, err := acme.db.TrustCircles(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%v %v", all, err)
	}
}
