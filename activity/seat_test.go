package activity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func companiesOf(t *testing.T, kind, companies string) string {
	t.Helper()
	a, err := activity.ReadActor([]byte(`{"id":"` + topicGroup + `","type":"` + kind + `","preferredUsername":"g","inbox":"` + topicGroup + `/inbox","companies":` + companies + `}`))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range a.Companies {
		all = append(all, s.Host+"="+string(s.Level))
	}
	return strings.Join(all, " ")
}

func TestTheCompaniesOfAGroupAreReadWithCare(t *testing.T) {
	t.Parallel()
	for companies, want := range map[string]string{
		`[{"host":"globex.example","level":"read"}]`:                                                                                      "globex.example=read",
		`{"host":"globex.example","level":"read"}`:                                                                                        "globex.example=read",
		`[{"host":"*","level":"post"},{"host":"globex.example:8443","level":"invite"}]`:                                                   "*=post globex.example:8443=invite",
		`[{"host":"GLOBEX.example.","level":"read"},{"host":"globex.example","level":"post"}]`:                                            "globex.example=read",
		`[{"host":"bücher.example","level":"read"}]`:                                                                                      "xn--bcher-kva.example=read",
		`[{"host":"globex.example","level":"write"},{"host":"a.example"},{"level":"read"}]`:                                               "",
		`[{"host":"a/b","level":"read"},{"host":"**","level":"read"},{"host":"[\u0001<b>","level":"read"},{"host":"a b","level":"read"}]`: "",
		`["globex.example", 5, null, {"host":5,"level":"read"}, {"host":"a.example","level":["read"]}, []]`:                               "",
		`"globex.example"`: "",
		many(limits.Companies+1, `{"host":"c%d.example","level":"read"}`): "",
		many(10_000, `{"host":"c%d.example","level":"read"}`):             "",
	} {
		if got := companiesOf(t, "Group", companies); got != want {
			t.Errorf("of %.100s are read %q, not %q", companies, got, want)
		}
	}
	if got := strings.Fields(companiesOf(t, "Group", many(limits.Companies, `{"host":"c%d.example","level":"read"}`))); len(got) != limits.Companies {
		t.Errorf("of as many as there may be %d are read", len(got))
	}
	if got := companiesOf(t, "Person", `[{"host":"globex.example","level":"read"}]`); got != "" {
		t.Errorf("a person has %q", got)
	}
}

// A list has one form on the wire, also of one.
func TestTheCompaniesOfAGroupAreWrittenAsAList(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(activity.Actor{Companies: activity.Seats{{Host: "a.example", Level: activity.Reads}}})
	if err != nil || !strings.Contains(string(raw), `"companies":[{"host":"a.example","level":"read"}]`) {
		t.Errorf("%s (%v)", raw, err)
	}
}

func TestTheLevelOfACompany(t *testing.T) {
	t.Parallel()
	seats := activity.Seats{{Host: "a.example", Level: activity.Posts}, {Host: "ids.a.example", Level: activity.Reads}, {Host: "b.example", Level: activity.Comments}}
	open := append(activity.Seats{{Host: "*", Level: activity.Invites}}, seats...)
	for _, c := range []struct {
		seats activity.Seats
		hosts []string
		want  activity.Level
	}{
		{seats, []string{"a.example"}, activity.Posts},
		{seats, []string{"a.example", "ids.a.example"}, activity.Reads},
		{seats, []string{"c.example", "b.example"}, activity.Comments},
		{seats, []string{"c.example"}, ""},
		{open, []string{"c.example"}, activity.Invites},
		{open, []string{"b.example"}, activity.Comments},
		{nil, []string{"a.example"}, ""},
	} {
		if got := c.seats.Level(c.hosts...); got != c.want {
			t.Errorf("%v has %q in %v, not %q", c.hosts, got, fmt.Sprint(c.seats), c.want)
		}
	}
}
