package canonical_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/canonical"
)

func TestCanonicalSaysTheSameInOneWay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// RFC 8785 §3.2.3: by UTF-16 code units, where 😂 comes before U+FB33
		`{"\ufb33":1,"😂":2,"é":3,"b":4,"a":5,"":6,"10":7,"1":8,"A":9}`: `{"":6,"1":8,"10":7,"A":9,"a":5,"b":4,"é":3,"😂":2,` + "\"\ufb33\":1}",
		" [ { } , [ ] , \"\" ]\r\n\t ":                                 `[{},[],""]`,
		// §3.2.2.2: strings
		`"\u003c\u0026>\u2028\/\u007f\u00e9"`: "\"<&>\u2028/\x7fé\"",
		`"\u0000\u001f\b\t\n\f\r\"\\"`:        `"\u0000\u001f\b\t\n\f\r\"\\"`,
		`"\ud83d\ude02"`:                      `"😂"`,
		`"A\u030a"`:                           "\"A\u030a\"", // is not normalised
		// §3.2.2.3: numbers
		`[0,-0,0.0,-0.0,0e9]`:                    `[0,0,0,0,0]`,
		`[1.0,1.50,100e-2,-2E0]`:                 `[1,1.5,1,-2]`,
		`[1e21,1e20,123456789012345678901]`:      `[1e+21,100000000000000000000,123456789012345680000]`,
		`[1e-6,1e-7,0.00000012]`:                 `[0.000001,1e-7,1.2e-7]`,
		`[9007199254740993,-9007199254740993]`:   `[9007199254740992,-9007199254740992]`,
		`[5e-324,1.7976931348623157e308,1e-999]`: `[5e-324,1.7976931348623157e+308,0]`,
		`[333333333.33333329,1E30,4.50,2e-3]`:    `[333333333.3333333,1e+30,4.5,0.002]`,
		`true`:                                   `true`, ` null `: `null`,
	} {
		got, err := canonical.JSON([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestCanonicalRefusesWhatHasNoOneMeaning(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, reason string }{
		"nothing":                    {"", "bad_json"},
		"blanks":                     {" ", "bad_json"},
		"two values":                 {"1 2", "bad_json"},
		"a comma at the end":         {"[1,]", "bad_json"},
		"a comma at the end of all":  {`{"a":1,}`, "bad_json"},
		"no comma":                   {"[1 2]", "bad_json"},
		"no colon":                   {`{"a"1}`, "bad_json"},
		"no end":                     {`{"a":[1`, "bad_json"},
		"another end":                {`[1}`, "bad_json"},
		"a name that is a number":    {`{1:1}`, "bad_json"},
		"a zero in front":            {"01", "bad_json"},
		"a plus":                     {"+1", "bad_json"},
		"a bare point":               {"1.", "bad_json"},
		"hexadecimal":                {"0x10", "bad_json"},
		"not a number":               {"NaN", "bad_json"},
		"an endless number":          {"1e999", "bad_json"},
		"a line break in a string":   {"\"a\nb\"", "bad_json"},
		"another escape":             {`"\x41"`, "bad_json"},
		"half an escape":             {`"\u00`, "bad_json"},
		"a sign in an escape":        {`"\u+123"`, "bad_json"},
		"the first of a pair":        {`"\ud83d"`, "bad_json"},
		"the second of a pair":       {`"\ude02"`, "bad_json"},
		"a pair turned round":        {`"\ude02\ud83d"`, "bad_json"},
		"not UTF-8":                  {"\"\xff\"", "bad_json"},
		"half a pair in UTF-8":       {"\"\xed\xa0\xbd\"", "bad_json"},
		"too long for a character":   {"\"\xc0\xaf\"", "bad_json"},
		"a name twice":               {`{"a":1,"a":1}`, "bad_json"},
		"a name twice, once escaped": {`{"a":1,"b":2,"\u0061":3}`, "bad_json"},
		"a blank of other languages": {"\u00a0[]", "bad_json"},
		"a byte order mark":          {"\ufeff[]", "bad_json"},
		"65 levels":                  {strings.Repeat("[", 65) + strings.Repeat("]", 65), "too_deep"},
		"a million levels":           {strings.Repeat(`{"a":[`, 500_000), "too_deep"},
	} {
		_, err := canonical.JSON([]byte(tc.text))
		if err == nil || activity.FaultOf(err).Reason != tc.reason || activity.FaultOf(err).Say == "" {
			t.Errorf("%s: err = %v, want %q", name, err, tc.reason)
		}
	}
	if _, err := canonical.JSON([]byte(strings.Repeat("[", 64) + strings.Repeat("]", 64))); err != nil {
		t.Errorf("64 levels: %v", err)
	}
	if _, err := canonical.JSON([]byte(`"` + strings.Repeat("[{", 64) + `\"["`)); err != nil {
		t.Errorf("brackets in a string: %v", err)
	}
}

// FuzzJSON: what has a canonical form is JSON, the form says the same, and is
// its own.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"b":[1e21,-0,0.5],"a":"\u20ac\ud83d\ude02<\/"}`, `[[],{},"",null,true,1E-7]`, `{"a":1,"\u0061":2}`, `"\ud83d"`, "\"\xff\"", `[1,]`, `1e400`, `{"😂":1,"\ufb33":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		once, err := canonical.JSON(doc)
		if err != nil {
			if fault := activity.FaultOf(err); fault.Kind != activity.Invalid && fault.Kind != activity.TooLarge || fault.Say == "" {
				t.Fatalf("err = %#v", fault)
			}
			return
		}
		if twice, err := canonical.JSON(once); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s becomes %s, %v", once, twice, err)
		}
		var before, after any
		if err := json.Unmarshal(doc, &before); err != nil {
			t.Fatalf("%q is not JSON: %v", doc, err)
		}
		if err := json.Unmarshal(once, &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Fatalf("%s says %v, not %v (%v)", once, after, before, err)
		}
	})
}
