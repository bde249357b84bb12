package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"entente.example/entente/api"
	"entente.example/entente/store"
)

func TestPagesAreTwentyAndAtMostEighty(t *testing.T) {
	t.Parallel()
	for in, want := range map[api.Page]store.Page{
		{}:                   {Limit: 20},
		{Limit: -1}:          {Limit: 20},
		{Limit: 1000}:        {Limit: 80},
		{MaxID: 9, Limit: 5}: {Before: 9, Limit: 5},
		{SinceID: 3}:         {After: 3, Limit: 20},
		{MinID: 3}:           {After: 3, Oldest: true, Limit: 20},
		{MinID: 3, MaxID: 9}: {After: 3, Before: 9, Oldest: true, Limit: 20},
	} {
		if got := in.Rows(); got != want {
			t.Errorf("%+v is %+v, not %+v", in, got, want)
		}
	}
}

func TestAListLinksToItsNeighbours(t *testing.T) {
	t.Parallel()
	self := func(k store.Key) store.Key { return k }
	for name, tc := range map[string]struct {
		rows []store.Key
		link string
	}{
		"full":  {[]store.Key{9, 8}, `<https://acme.example/x?a=b+c&limit=2&max_id=8>; rel="next", <https://acme.example/x?a=b+c&limit=2&min_id=9>; rel="prev"`},
		"last":  {[]store.Key{7}, `<https://acme.example/x?a=b+c&limit=2&min_id=7>; rel="prev"`},
		"empty": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			route := api.Endpoint("GET /x", api.Anyone(), func(_ context.Context, _ store.Viewer, p api.Page) (api.List[string], error) {
				return api.Paged([]string(nil), tc.rows, self, p), nil
			})
			w, _ := serve(t, route, httptest.NewRequest("GET", "/x?limit=2&max_id=5&a=b+c", nil))
			if got := w.Header().Get("Link"); got != tc.link || strings.TrimSpace(w.Body.String()) != "[]" {
				t.Errorf("%s %s", got, w.Body)
			}
		})
	}
}
