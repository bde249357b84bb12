package activity_test

import (
	"encoding/json"
	"slices"
	"testing"

	"entente.example/entente/activity"
)

func TestTheLinesOfAProfileAreReadInTheWayOfEachSoftware(t *testing.T) {
	t.Parallel()
	const link = `<a href="https://x.example/?a&amp;b" rel="nofollow noreferrer">https://x.example/?a&amp;b</a>`
	for sent, want := range map[string][]activity.Field{
		`{"type":"PropertyValue","name":"Web","value":"<b>x</b>"}`:        {{Type: "PropertyValue", Name: "Web", Value: "<b>x</b>"}},
		`[{"type":"schema:PropertyValue","name":"Web","value":"x"}]`:      {{Type: "PropertyValue", Name: "Web", Value: "x"}},
		`[{"type":"Note","name":"Web","content":"<script>y</script>x"}]`:  {{Type: "PropertyValue", Name: "Web", Value: "x"}}, // FEP-fb2a
		`{"type":"Link","name":"Web","href":"https://x.example/?a&b"}`:    {{Type: "PropertyValue", Name: "Web", Value: link}},
		`{"type":"Link","name":"Web","href":"javascript:alert(1)"}`:       {{Type: "PropertyValue", Name: "Web", Value: "javascript:alert(1)"}},
		`[{"type":"IdentityProof","name":"bea","signatureValue":"00"}]`:   nil,
		`[{"type":"VerifiableIdentityStatement"},{"type":"Image"}, null]`: nil, // FEP-c390
	} {
		a, err := activity.ReadActor(json.RawMessage(`{"id":"https://a.example/u","type":"Person","preferredUsername":"bea","inbox":"https://a.example/u/inbox","attachment":` + sent + `}`))
		if err != nil || !slices.Equal(a.Fields, want) {
			t.Errorf("%s became %+v, %v", sent, a.Fields, err)
		}
	}
}

func TestAnActorMayHaveItsNameInALanguage(t *testing.T) {
	t.Parallel()
	a, err := activity.ReadActor(json.RawMessage(`{"id":"https://a.example/u","type":"Person","preferredUsername":"bea","inbox":"https://a.example/u/inbox",
		"nameMap":{"de":"Bea B."},"summaryMap":{"de":"<p>hallo<script>x</script></p>"}}`))
	if err != nil || a.Name != "Bea B." || a.Summary != "<p>hallo</p>" {
		t.Errorf("%q, %q, %v", a.Name, a.Summary, err)
	}
}
