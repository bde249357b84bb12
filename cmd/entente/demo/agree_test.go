package demo

import "testing"

func TestTheStateOfAPartnerIsFoundInTheList(t *testing.T) {
	t.Parallel()
	list := "HOST                   SINCE                 BY         STATE         RUNS           NOTE\n" +
		"globex.localhost:8081  2026-11-30 12:00:00Z  agreement  winding down  entente 1.0.0  of old\n" +
		"forum.example          2026-11-30 12:00:00Z  our word   -\n" +
		"initech.example        -                     -          proposed\n"
	for host, want := range map[string]string{"globex.localhost:8081": "winding down", "forum.example": "-", "initech.example": "proposed", "nobody.example": ""} {
		if got := stateIn(list, host); got != want {
			t.Errorf("%s is %q, not %q", host, got, want)
		}
	}
	if got := stateIn("There are no partners yet: see 'entente partner propose --help'.\n", "There"); got != "" {
		t.Error(got)
	}
}
