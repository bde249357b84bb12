package mastodon_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
)

// shapes are the fields of Mastodon's entities as documented (entities/*.md of
// mastodon/documentation), and the types that clients insist on. "?" may be null.
var shapes = map[string]string{
	"Account": `id:id username:string acct:string url:string uri:string display_name:string note:string avatar:url avatar_static:url header:url header_static:url
		locked:bool fields:list emojis:list bot:bool group:bool discoverable:bool? noindex:bool indexable:bool created_at:time last_status_at:date?
		statuses_count:number followers_count:number following_count:number roles:list`,
	"CredentialAccount": `id:id acct:string source:object role:object`,
	"Source":            `note:string fields:list privacy:string sensitive:bool language:string? follow_requests_count:number`,
	"Role":              `id:string name:string permissions:string color:string highlighted:bool`,
	"Status": `id:id uri:string created_at:time account:object content:string visibility:string sensitive:bool spoiler_text:string media_attachments:list
		mentions:list tags:list emojis:list reblogs_count:number favourites_count:number replies_count:number url:string? in_reply_to_id:id?
		in_reply_to_account_id:id? reblog:object? poll:object? card:object? language:string? edited_at:time? favourited:bool reblogged:bool muted:bool
		bookmarked:bool filtered:list group:object? quote:object? quote_approval:object quotes_count:number`,
	"Mention":    `id:id username:string url:url acct:string`,
	"StatusTag":  `name:string url:url`,
	"Attachment": `id:string type:string url:url preview_url:url? remote_url:string? preview_remote_url:string? text_url:string? meta:object description:string? blurhash:string?`,
	"Relationship": `id:id following:bool showing_reblogs:bool notifying:bool languages:list followed_by:bool blocking:bool blocked_by:bool muting:bool
		muting_notifications:bool requested:bool requested_by:bool domain_blocking:bool endorsed:bool note:string`,
	"Notification": `id:id type:string created_at:time account:object`,
	"Context":      `ancestors:list descendants:list`,
	"Search":       `accounts:list statuses:list hashtags:list`,
	"Application":  `id:id name:string website:string? scopes:list redirect_uris:list redirect_uri:string`,
	"Group": `id:id username:string acct:string host:string display_name:string note:string url:url uri:url avatar:url created_at:time members_count:number
		access:string companies:list? levels:object? posting:string? inviting:string? reviewed:bool relationship:object`,
	"Preferences": `posting/default/visibility:string posting/default/sensitive:bool posting/default/language:string? reading/expand/media:string reading/expand/spoilers:bool`,
	"Instance": `domain:string title:string version:string source_url:url description:string usage:object thumbnail:object icon:list languages:list
		configuration:object registrations:object contact:object rules:list`,
	"InstanceV1": `uri:string title:string short_description:string description:string email:string version:string languages:list registrations:bool
		approval_required:bool invites_enabled:bool urls:object stats:object thumbnail:url? contact_account:object? rules:list configuration:object`,
	"Configuration": `accounts:object statuses:object media_attachments:object polls:object translation:object`,
	"StatusLimits":  `max_characters:number max_media_attachments:number characters_reserved_per_url:number`,
	"MediaLimits": `supported_mime_types:list image_size_limit:number image_matrix_limit:number video_size_limit:number video_frame_rate_limit:number
		video_matrix_limit:number`,
	"Poll":       `id:id expires_at:time? expired:bool multiple:bool votes_count:number voters_count:number? voted:bool own_votes:list options:list emojis:list`,
	"PollLimits": `max_options:number max_characters_per_option:number min_expiration:number max_expiration:number`,
}

var forms = map[string]*regexp.Regexp{
	"id":   regexp.MustCompile(`^[1-9][0-9]{10,19}$`),
	"time": regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`),
	"date": regexp.MustCompile(`^\d{4}-\d\d-\d\d$`),
	"url":  regexp.MustCompile(`^https?://[^ ]+$`),
}

// kindOf is the JSON type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "bool"
	case float64:
		return "number"
	case []any:
		return "list"
	}
	return "object"
}

// has checks that a value has the shape of an entity.
func has(t *testing.T, shape string, v any) {
	t.Helper()
	o, ok := v.(object)
	if !ok {
		t.Errorf("%s: %v is no object", shape, v)
		return
	}
	for _, field := range strings.Fields(shapes[shape]) {
		name, kind, _ := strings.Cut(field, ":")
		name = strings.ReplaceAll(name, "/", ":") // the preferences have colons in their names
		kind, mayBeNull := strings.CutSuffix(kind, "?")
		got, isThere := o[name]
		form, isForm := forms[kind]
		switch {
		case !isThere:
			t.Errorf("%s lacks %s", shape, name)
		case got == nil && mayBeNull:
		case isForm && !form.MatchString(fmt.Sprint(got)), !isForm && kindOf(got) != kind:
			t.Errorf("%s: %s is %v (%s), not a %s", shape, name, got, kindOf(got), kind)
		case isForm && kindOf(got) != "string":
			t.Errorf("%s: %s is no string", shape, name)
		}
	}
}

func TestEntitiesHaveTheShapesThatMastodonDocuments(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	bea := c.stranger("bea", "globex.example")
	far := c.arrives(bea, "far", activity.Audience{To: activity.IDs{activity.Public}}, withFile)
	group := alice.does("POST", "/api/v1/groups", "display_name", "Atlas").object()
	asked := alice.post("hello @bob #launch", "group_id", id(group))
	bob.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	bob.does("POST", "/api/v1/groups/"+id(group)+"/join")
	answered := bob.post("hi", "in_reply_to_id", id(asked), "language", "en")
	bob.does("POST", "/api/v1/statuses/"+id(asked)+"/favourite")
	plain := alice.post("plain")
	boosted := bob.does("POST", "/api/v1/statuses/"+id(plain)+"/reblog").object()

	get := func(path string) any { return decode[any](alice.does("GET", path)) }
	first := func(v any) any { return v.([]any)[0] }
	statuses := []any{asked, answered, boosted, boosted["reblog"], get("/api/v1/statuses/" + far.Key.String()), alice.does("DELETE", "/api/v1/statuses/"+id(plain)).object()}
	for _, s := range statuses {
		has(t, "Status", s)
		has(t, "Account", dig(s, "account"))
	}
	has(t, "Mention", first(asked["mentions"]))
	has(t, "StatusTag", first(asked["tags"]))
	has(t, "Attachment", first(dig(statuses[4], "media_attachments")))
	me := get("/api/v1/accounts/verify_credentials")
	has(t, "Account", me)
	has(t, "CredentialAccount", me)
	has(t, "Source", dig(me, "source"))
	has(t, "Role", dig(me, "role"))
	has(t, "Account", get("/api/v1/accounts/"+bea.Key.String()))
	has(t, "Relationship", first(get("/api/v1/accounts/relationships?id[]="+bob.Key.String())))
	has(t, "Context", get("/api/v1/statuses/"+id(asked)+"/context"))
	has(t, "Search", get("/api/v2/search?q=bob"))
	has(t, "Application", get("/api/v1/apps/verify_credentials"))
	has(t, "Group", group)
	has(t, "Preferences", get("/api/v1/preferences"))
	for _, n := range get("/api/v1/notifications").([]any) {
		has(t, "Notification", n)
		has(t, "Account", dig(n, "account"))
		if dig(n, "type") != "follow" {
			has(t, "Status", dig(n, "status"))
		}
	}
	if kinds := each(alice.does("GET", "/api/v1/notifications").list(), "type"); len(kinds) < 3 || !slices.Contains(kinds, any("favourite")) {
		t.Errorf("notifications: %v", kinds)
	}
}

func TestTheInstanceDescribesItself(t *testing.T) {
	t.Parallel()
	c := open(t)
	v2, v1 := c.send(c.request("GET", "/api/v2/instance", "", "")).object(), c.send(c.request("GET", "/api/v1/instance", "", "")).object()
	has(t, "Instance", v2)
	has(t, "InstanceV1", v1)
	for _, i := range []object{v1, v2} {
		has(t, "Configuration", i["configuration"])
		has(t, "StatusLimits", dig(i, "configuration", "statuses"))
		has(t, "MediaLimits", dig(i, "configuration", "media_attachments"))
		has(t, "PollLimits", dig(i, "configuration", "polls"))
		if i["version"] != "4.2.0 (compatible; Entente 1.2.3)" || dig(i, "configuration", "statuses", "max_characters") != float64(activity.MaxNote) {
			t.Errorf("%v", i)
		}
	}
	if v1["uri"] != "acme.example" || v2["domain"] != "acme.example" || dig(v2, "configuration", "urls", "streaming") != "wss://social.acme.example" {
		t.Errorf("%v\n%v", v1, v2)
	}
	a := c.send(c.request("GET", "/api/blank.png", "", ""))
	if a.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(a.body, "\x89PNG") {
		t.Errorf("the blank picture is %v", a.Header)
	}
}

func TestStockClientsGetWhatTheyAskForWhenTheyStart(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	for path, want := range map[string]string{
		"/api/v1/custom_emojis": "[]", "/api/v1/filters": "[]", "/api/v2/filters": "[]", "/api/v1/lists": "[]", "/api/v1/announcements": "[]",
		"/api/v1/markers?timeline[]=home": "{}", "/api/v1/follow_requests": "[]", "/api/v1/bookmarks": "[]", "/api/v1/favourites": "[]",
		"/api/v1/mutes": "[]", "/api/v1/blocks": "[]", "/api/v1/domain_blocks": "[]", "/api/v1/followed_tags": "[]",
		"/api/v1/notifications": "[]", "/api/v1/timelines/home": "[]", "/api/v1/groups": "[]",
	} {
		if got := strings.TrimSpace(alice.does("GET", path).body); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
